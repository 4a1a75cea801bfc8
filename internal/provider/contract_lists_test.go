package provider_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// A full list exchanges entries in one apply: as many leave first as room is needed for, and nobody
// who stays leaves. Where GitLab then refuses who was to come, the next apply ends at the wish.
func TestAccContractLists_fullListExchanges(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	const full, exchanged = 200, 3
	source, consumers := g.Project(t, "source"), g.Projects(t, "consumer", full+exchanged+1)
	cli, wire := newWired(t, g, lists([]acctest.Project{source}, consumers[:full]))
	cli.Apply(t, 0)
	check := func(from, to int) {
		t.Helper()
		want := acctest.Entries{}
		for _, consumer := range consumers[from:to] {
			want[consumer.Path] = "default"
		}
		g.CheckAllowlist(t, source, want)
	}
	check(0, full)
	cli.Configure(t, lists([]acctest.Project{source}, consumers[exchanged:full+exchanged]))
	wire.forget()
	ends(t, cli, 0, "apply", "-auto-approve")
	check(exchanged, full+exchanged)
	wire.none(t, "somebody who stays was removed", written.removes, naming(consumers[exchanged:full]...))

	cli.Configure(t, lists([]acctest.Project{source}, consumers[exchanged+1:]))
	if g.Embedded() {
		refuseMutation(t, g, map[string]string{"projectPath": source.Path, "targetPath": consumers[full+exchanged].Path})
		ends(t, cli, 1, "apply", "-auto-approve")
		check(exchanged+1, full+exchanged)
		g.Calm(t)
	}
	ends(t, cli, 0, "apply", "-auto-approve")
	check(exchanged+1, full+exchanged+1)
	empty(t, cli)
}

// The project's own entry, narrowed by somebody and not configured, is none of the list's business: it
// is not in the state, no plan names it and no apply changes it.
func TestAccContractLists_ownEntry(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsVersion(t, g, "18.1")
	source, app, web := g.Project(t, "source"), g.Project(t, "app"), g.Project(t, "web")
	g.Permit(t, source, source.Path, "read_jobs")
	g.CheckAllowlist(t, source, acctest.Entries{source.Path: "read_jobs"})
	const address = "jobtoken_allowlist.list0"
	cli := acctest.NewCLI(t, g, lists([]acctest.Project{source}, []acctest.Project{app}))
	namesNobody := func(plan acctest.Planned) {
		t.Helper()
		after, _ := changeOf(t, plan, address).After.(map[string]any)
		if removes, known := after["removes"].([]any); !known || len(removes) > 0 {
			t.Errorf("the plan removes %v, want an empty list", after["removes"])
		}
		if slices.Contains(projectsIn(after), source.Path) {
			t.Errorf("the plan holds the project's own entry: %v", after["projects"])
		}
	}
	namesNobody(cli.PlanJSON(t))
	ends(t, cli, 0, "apply", "saved.tfplan")
	g.CheckAllowlist(t, source, acctest.Entries{source.Path: "read_jobs", app.Path: "default"})
	empty(t, cli)
	cli.Configure(t, lists([]acctest.Project{source}, []acctest.Project{app, web}))
	plan := cli.PlanJSON(t)
	namesNobody(plan)
	if before := projectsIn(changeOf(t, plan, address).Before); !slices.Equal(before, []string{app.Path}) {
		t.Errorf("the state holds %v", before)
	}
	ends(t, cli, 0, "apply", "saved.tfplan")
	g.CheckAllowlist(t, source, acctest.Entries{source.Path: "read_jobs", app.Path: "default", web.Path: "default"})
	empty(t, cli)
}

// A consumer that was deleted for good is a warning, without a line and without a write; other changes
// apply. Taken out of the configuration it is one line. A reference that never was stays an error.
func TestAccContractLists_goneConsumer(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	listed, entered, app := g.Project(t, "listed"), g.Project(t, "entered"), g.Project(t, "app")
	gone, goneToo := g.Project(t, "gone"), g.Project(t, "gone-too")
	const list, entry = "jobtoken_allowlist.this", "jobtoken_allowlist_entry.gone"
	ofList := func(consumers ...string) string {
		return block("jobtoken_allowlist", "this", of(listed), admit("projects", consumers...))
	}
	ofEntry := block("jobtoken_allowlist_entry", "gone", of(entered), towards(goneToo))
	cli, wire := newWired(t, g, ofList(app.Path, gone.Path)+ofEntry)
	cli.Apply(t, 0)
	g.CheckAllowlist(t, listed, acctest.Entries{app.Path: "default", gone.Path: "default"})
	g.CheckAllowlist(t, entered, acctest.Entries{goneToo.Path: "default"})
	g.Delete(t, gone)
	g.Delete(t, goneToo)

	output := empty(t, cli)
	for source, consumer := range map[acctest.Project]acctest.Project{listed: gone, entered: goneToo} {
		if !diagnosed(output, "Warning: ", source.Path, consumer.Path) {
			t.Errorf("no warning names %s on the list of %s:\n%s", consumer.Path, source.Path, output)
		}
	}
	web := g.Project(t, "web")
	cli.Configure(t, ofList(app.Path, gone.Path, web.Path)+ofEntry)
	wire.forget()
	ends(t, cli, 0, "apply", "-auto-approve")
	g.CheckAllowlist(t, listed, acctest.Entries{app.Path: "default", web.Path: "default"})
	wire.none(t, "something was written for who is gone", naming(gone, goneToo))

	// Taken out of the configuration: one line each.
	cli.Configure(t, ofList(app.Path, web.Path))
	plan := cli.PlanJSON(t)
	before, after := changeOf(t, plan, list).Before, changeOf(t, plan, list).After
	left := []string{app.Path, gone.Path, web.Path}
	slices.Sort(left)
	if got := projectsIn(before); !slices.Equal(got, left) {
		t.Errorf("the plan starts from %v, want %v", got, left)
	}
	if got, want := projectsIn(after), []string{app.Path, web.Path}; !slices.Equal(got, want) {
		t.Errorf("the plan ends at %v, want %v", got, want)
	}
	if !plan.Actions(entry).Delete() {
		t.Errorf("the plan of the entry is %v", plan.Actions(entry))
	}
	wire.forget()
	ends(t, cli, 0, "apply", "saved.tfplan")
	wire.none(t, "something was written")
	empty(t, cli)

	cli.Configure(t, ofList(app.Path, web.Path, g.Root.Path+"/never"))
	if output := cli.Plan(t, acctest.Failed); !acctest.Says(output, g.Root.Path+"/never") {
		t.Errorf("the error does not name what is not there:\n%s", output)
	}
}

// After an import by a configuration that mentions only the project, a destroy takes nothing back: the
// state only carried what the server holds.
func TestAccContractLists_destroyAfterImport(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	g.Enforce(t, false)
	listed, toggled, app, team := g.Project(t, "listed"), g.Project(t, "toggled"), g.Project(t, "app"), g.Group(t, "team", &g.Root)
	g.Allow(t, listed, app.Path, "read_jobs")
	g.Allow(t, listed, team.Path)
	g.SetToggle(t, listed, false)
	g.SetSettings(t, toggled, acctest.Settings{PushRepository: true})
	check := func() {
		t.Helper()
		g.CheckAllowlist(t, listed, acctest.Entries{app.Path: "read_jobs", team.Path: "default"})
		g.CheckSettings(t, listed, acctest.Settings{})
		g.CheckSettings(t, toggled, acctest.Settings{PushRepository: true})
	}
	check()
	cli, wire := newWired(t, g, block("jobtoken_allowlist", "this", of(listed))+block("jobtoken_settings", "this", of(toggled)))
	cli.Must(t, 0, "import", "jobtoken_allowlist.this", listed.Path)
	cli.Must(t, 0, "import", "jobtoken_settings.this", toggled.Path)
	empty(t, cli)
	wire.forget()
	ends(t, cli, 0, "apply", "-destroy", "-auto-approve")
	check()
	wire.none(t, "something was written")
	if left := addressesIn(t, cli); len(left) > 0 {
		t.Errorf("the state still holds %v", left)
	}
}

// A creation that finds its entries there says so in the plan, and what it will change of them.
func TestAccContractLists_adoption(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	listed, same, other := g.Project(t, "listed"), g.Project(t, "same"), g.Project(t, "other")
	app, web := g.Project(t, "app"), g.Project(t, "web")
	g.Allow(t, listed, app.Path, "read_jobs")
	g.Allow(t, listed, web.Path)
	g.Allow(t, same, app.Path)
	g.Allow(t, other, app.Path, "admin_packages")
	cli, wire := newWired(t, g, block("jobtoken_allowlist", "this", of(listed), both(limited(app, "read_packages"), fmt.Sprintf("%q = {}", web.Path)))+
		block("jobtoken_allowlist_entry", "same", of(same), towards(app))+
		block("jobtoken_allowlist_entry", "other", of(other), towards(app), permitted("read_packages")))
	plan := cli.PlanJSON(t)
	for _, want := range [][]string{
		{listed.Path, app.Path, "read_jobs"}, {listed.Path, web.Path}, {same.Path, app.Path}, {other.Path, app.Path, "admin_packages"},
	} {
		if !diagnosed(plan.Output, "Warning: ", want...) {
			t.Errorf("no warning names %v:\n%s", want, plan.Output)
		}
	}
	if after, _ := changeOf(t, plan, "jobtoken_allowlist.this").After.(map[string]any); !reflect.DeepEqual(after["removes"], []any{}) {
		t.Errorf("the plan removes %v, want an empty list", after["removes"])
	}
	ends(t, cli, 0, "apply", "saved.tfplan")
	g.CheckAllowlist(t, listed, acctest.Entries{app.Path: "read_packages", web.Path: "default"})
	g.CheckAllowlist(t, same, acctest.Entries{app.Path: "default"})
	g.CheckAllowlist(t, other, acctest.Entries{app.Path: "read_packages"})
	wire.none(t, "somebody was removed", written.removes)
	empty(t, cli)
}

// What one resource gives up and another of the same run takes over, at another address and without a
// moved block, stays: here the old ones are destroyed after the new ones were made.
func TestAccContractLists_destroyBesideAClaim(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	app := g.Project(t, "app")
	sources := g.Projects(t, "source", 4)
	push := "push_repository_allowed = true"
	// pairs are the resource that goes and the one that comes, for each source.
	pairs := []struct {
		old, new           string
		oldLines, newLines []string
	}{
		{aList, aList, []string{admit("projects", app.Path)}, []string{admit("projects", app.Path)}},
		{aList, anEntry, []string{admit("projects", app.Path)}, []string{towards(app)}},
		{anEntry, aList, []string{towards(app)}, []string{admit("projects", app.Path)}},
		{"jobtoken_settings", "jobtoken_settings", []string{push}, []string{push}},
	}
	configuration := func(count int) string {
		var b strings.Builder
		var olds []string
		for i, pair := range pairs {
			old := fmt.Sprintf("old%d", i)
			olds = append(olds, pair.old+"."+old)
			b.WriteString(block(pair.old, old, append([]string{fmt.Sprintf("count = %d", count), of(sources[i])}, pair.oldLines...)...))
			if count == 0 {
				b.WriteString(block(pair.new, fmt.Sprintf("new%d", i), append([]string{of(sources[i])}, pair.newLines...)...))
			}
		}
		// What depends on the old ones is destroyed before them, and takes its time.
		b.WriteString(block("terraform_data", "holder", fmt.Sprintf("count = %d", count), "depends_on = ["+strings.Join(olds, ", ")+"]",
			"provisioner \"local-exec\" {\n    when = destroy\n    command = \"sleep 2\"\n  }"))
		return b.String()
	}
	check := func() {
		t.Helper()
		for _, source := range sources[:3] {
			g.CheckAllowlist(t, source, acctest.Entries{app.Path: "default"})
		}
		g.CheckSettings(t, sources[3], acctest.Settings{Inbound: true, PushRepository: true})
	}
	cli, wire := newWired(t, g, configuration(1))
	cli.Apply(t, 0)
	check()
	cli.Configure(t, configuration(0))
	wire.forget()
	ends(t, cli, 0, "apply", "-auto-approve")
	check()
	wire.none(t, "somebody was refused in between", written.removes)
	wire.none(t, "a toggle was written", written.toggles)
	empty(t, cli)
}
