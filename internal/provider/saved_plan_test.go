package provider_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// removesOf reads the attribute removes of a planned list out of the plan's JSON.
func removesOf(t *testing.T, plan tfjson.Plan, address string) []string {
	t.Helper()
	for _, change := range plan.ResourceChanges {
		if change.Address != address {
			continue
		}
		raw, err := json.Marshal(change.Change.After)
		if err != nil {
			t.Fatal(err)
		}
		var after struct {
			Removes []string `json:"removes"`
		}
		if err := json.Unmarshal(raw, &after); err != nil {
			t.Fatal(err)
		}
		return after.Removes
	}
	t.Fatalf("the plan has no %s", address)
	return nil
}

// Removals are named in the plan, in the saved plan and in its JSON, for several lists at once.
func TestAccSavedPlan_namesRemovals(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	sources := g.Projects(t, "source", 3)
	old, app := g.Projects(t, "old", 3), g.Projects(t, "app", 1)
	for i, source := range sources {
		g.Allow(t, source, old[i].Path)
	}
	cli := acctest.NewCLI(t, g, lists(sources, app))
	output := cli.Plan(t, acctest.Changes, "-out=saved.tfplan")
	shown := cli.Must(t, 0, "show", "saved.tfplan")
	var plan tfjson.Plan
	cli.ShowJSON(t, &plan, "saved.tfplan")
	for i, source := range sources {
		// A warning for each list, none folded into another.
		if want := fmt.Sprintf("Job Token Allowlist Entries Are Removed (%s)", source.Path); !strings.Contains(output, want) {
			t.Errorf("the plan lacks the warning %q:\n%s", want, output)
		}
		if want := fmt.Sprintf("+ %q,", old[i].Path); !strings.Contains(shown, want) {
			t.Errorf("the saved plan does not name %s:\n%s", old[i].Path, shown)
		}
		if got, want := removesOf(t, plan, fmt.Sprintf("jobtoken_allowlist.list%d", i)), []string{old[i].Path}; !slices.Equal(got, want) {
			t.Errorf("the JSON of the plan removes %v from %s, want %v", got, source.Path, want)
		}
	}
	cli.Must(t, 0, "apply", "saved.tfplan")
	for _, source := range sources {
		g.CheckAllowlist(t, source, acctest.Entries{app[0].Path: "default"})
	}
	cli.Plan(t, acctest.NoChanges)
}

// A saved plan removes exactly what it names, and stops if the list has changed meanwhile.
func TestAccSavedPlan_stopsWhenTheListChanged(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, old, app, newcomer := g.Projects(t, "source", 1), g.Projects(t, "old", 1)[0], g.Projects(t, "app", 1), g.Project(t, "newcomer")
	g.Allow(t, source[0], old.Path)
	cli := acctest.NewCLI(t, g, lists(source, app))
	cli.Plan(t, acctest.Changes, "-out=saved.tfplan")
	g.Allow(t, source[0], newcomer.Path)
	if output := cli.Must(t, 1, "apply", "saved.tfplan"); !strings.Contains(output, "inconsistent final plan") {
		t.Errorf("the apply stopped with other words:\n%s", output)
	}
	g.CheckAllowlist(t, source[0], acctest.Entries{old.Path: "default", newcomer.Path: "default"})
}

// A map that is unknown at plan names no removals, so none happen without a new plan.
func TestAccSavedPlan_unknownMapRemovesNothing(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, old, app := g.Project(t, "source"), g.Project(t, "old"), g.Project(t, "app")
	g.Allow(t, source, old.Path)
	cli := acctest.NewCLI(t, g, fmt.Sprintf(`resource "terraform_data" "new" {
  input = %q
}

resource "jobtoken_allowlist" "list" {
  project  = %q
  projects = { (terraform_data.new.output) = {} }
}
`, app.Path, source.Path))
	cli.Apply(t, 1)
	g.CheckAllowlist(t, source, acctest.Entries{old.Path: "default"})
	// By the next plan the map is known, and the removal is named.
	if output := cli.Apply(t, 0); !strings.Contains(output, fmt.Sprintf("+ %q,", old.Path)) {
		t.Errorf("the plan does not name what it removes:\n%s", output)
	}
	g.CheckAllowlist(t, source, acctest.Entries{app.Path: "default"})
}

// What others add between plan and apply of an update stays, and the next plan names it.
func TestAccSavedPlan_keepsWhatItDidNotName(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app, newcomer := g.Projects(t, "source", 1), g.Projects(t, "app", 2), g.Project(t, "newcomer")
	cli := acctest.NewCLI(t, g, lists(source, app[:1]))
	cli.Apply(t, 0)
	cli.Configure(t, lists(source, app))
	cli.Plan(t, acctest.Changes, "-out=saved.tfplan")
	g.Allow(t, source[0], newcomer.Path)
	cli.Must(t, 0, "apply", "saved.tfplan")
	g.CheckAllowlist(t, source[0], acctest.Entries{app[0].Path: "default", app[1].Path: "default", newcomer.Path: "default"})
	if output := cli.Plan(t, acctest.Changes); !strings.Contains(output, fmt.Sprintf("- %q", newcomer.Path)) {
		t.Errorf("the next plan does not name the newcomer:\n%s", output)
	}
}
