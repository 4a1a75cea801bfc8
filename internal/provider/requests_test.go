package provider_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// counted runs a command and gives the requests it took.
func counted(t *testing.T, g *acctest.GitLab, run func()) acctest.Requests {
	t.Helper()
	g.ForgetRequests(t)
	run()
	requests, ok := g.Requests(t)
	if !ok {
		t.Skip("a real GitLab does not count requests")
	}
	t.Logf("%d requests: %v %v", requests.Total, requests.Counts, requests.GraphQL)
	return requests
}

// slow lets reads take as long as over a network: those that come meanwhile share the next request.
func slow(t *testing.T, g *acctest.GitLab) {
	t.Helper()
	if g.Embedded() {
		g.Disturb(t, acctest.Fault{"match": map[string]any{"operation": "ProjectSnapshots"}, "kind": "latency", "ms": 100})
	}
}

func sum(counts map[string]int) int {
	total := 0
	for _, count := range counts {
		total += count
	}
	return total
}

// lists declares a list with the same consumers for each of several projects.
func lists(sources, consumers []acctest.Project) string {
	var b strings.Builder
	for i, source := range sources {
		fmt.Fprintf(&b, "resource \"jobtoken_allowlist\" \"list%d\" {\n  project = %q\n  projects = {\n", i, source.Path)
		for _, consumer := range consumers {
			fmt.Fprintf(&b, "    %q = {}\n", consumer.Path)
		}
		b.WriteString("  }\n}\n")
	}
	return b.String()
}

// A plan with no change over 20 lists takes at most 20 GraphQL requests and one for the version.
func TestAccRequests_planOfManyLists(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	cli := acctest.NewRacingCLI(t, g, lists(g.Projects(t, "source", 20), g.Projects(t, "consumer", 30)))
	cli.Apply(t, 0)
	slow(t, g)
	requests := counted(t, g, func() { cli.Plan(t, acctest.NoChanges) })
	if sum(requests.GraphQL) > 20 || requests.Counts["GET /api/v4/metadata"] != 1 || requests.Total > sum(requests.GraphQL)+1 {
		t.Errorf("the plan took %d requests: %v %v", requests.Total, requests.Counts, requests.GraphQL)
	}
}

// 100 entries added to one list take at most 16 requests over plan and apply.
func TestAccRequests_manyAdds(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source := g.Project(t, "source")
	consumers := g.Projects(t, "consumer", 100)
	cli := acctest.NewRacingCLI(t, g, lists([]acctest.Project{source}, nil))
	cli.Apply(t, 0)
	cli.Configure(t, lists([]acctest.Project{source}, consumers))
	requests := counted(t, g, func() { cli.Apply(t, 0) })
	if requests.Total > 16 {
		t.Errorf("100 adds took %d requests: %v %v", requests.Total, requests.Counts, requests.GraphQL)
	}
	if got := len(g.Allowlist(t, source)); got != 100 {
		t.Errorf("the list holds %d entries", got)
	}
}

// With prefetch_groups a whole group is read page by page, however many lists there are.
func TestAccRequests_prefetchGroups(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	body := lists(g.Projects(t, "source", 30), g.Projects(t, "consumer", 2))
	cli := acctest.NewCLI(t, g, fmt.Sprintf("provider \"jobtoken\" {\n  prefetch_groups = [%q]\n}\n", g.Root.Path)+body)
	cli.Apply(t, 0)
	requests := counted(t, g, func() { cli.Plan(t, acctest.NoChanges) })
	if want := map[string]int{"GroupSnapshots": 1}; !maps.Equal(requests.GraphQL, want) {
		t.Errorf("the plan took %v, want %v", requests.GraphQL, want)
	}
}

// Nothing is written where nothing changes, and validate asks nothing at all.
func TestAccRequests_noWritesWithoutChange(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	cli := acctest.NewCLI(t, g, lists(g.Projects(t, "source", 2), g.Projects(t, "consumer", 3)))
	if requests := counted(t, g, func() { cli.Must(t, 0, "validate") }); requests.Total != 0 {
		t.Errorf("validate took %v", requests.Counts)
	}
	if requests := counted(t, g, func() { cli.Apply(t, 0) }); !slices.Contains(requests.Writes(), "AddEntries") {
		t.Errorf("the first apply shows no writes, so neither would the second: %v", requests.GraphQL)
	}
	if requests := counted(t, g, func() { cli.Apply(t, 0) }); len(requests.Writes()) != 0 {
		t.Errorf("an apply without changes wrote: %v", requests.Writes())
	}
}

// 200 lists with 50 operations at a time, on a provider with the race detector where the tests have it.
func TestAccRequests_manyListsInParallel(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	sources := g.Projects(t, "source", 200)
	cli := acctest.NewRacingCLI(t, g, lists(sources, g.Projects(t, "consumer", 3)))
	requests := counted(t, g, func() { cli.Apply(t, 0, "-parallelism=50") })
	if got := requests.GraphQL["AddEntries"]; got == 0 || got > len(sources) {
		t.Errorf("%d lists took %d writes: some were sent twice", len(sources), got)
	}
	slow(t, g)
	requests = counted(t, g, func() { cli.Plan(t, acctest.NoChanges, "-parallelism=50") })
	if got := requests.GraphQL["ProjectSnapshots"]; got > len(sources) {
		t.Errorf("%d lists were read with %d requests: some were read twice", len(sources), got)
	}
}
