package allowlist_test

import (
	"fmt"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// A transfer of either side is a rename.
func TestAccDeletions_transfer(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app := g.Project(t, "shared-lib"), g.Project(t, "app")
	cli := acctest.NewCLI(t, g, list(source.Path, entries("projects", app.Path)))
	cli.Apply(t, 0)
	elsewhere := g.Group(t, "elsewhere", &g.Root)
	source, app = g.Transfer(t, source, elsewhere), g.Transfer(t, app, elsewhere)
	if output := cli.Plan(t, acctest.NoChanges); !acctest.Says(output, "is now "+source.Path) || !acctest.Says(output, "is now "+app.Path) {
		t.Errorf("the plan does not tell the new paths:\n%s", output)
	}
	g.CheckAllowlist(t, source, acctest.Entries{app.Path: "default"})
}

// A project that is scheduled for deletion keeps its list and its entries; it is reported as such, is
// no rename, and nothing is planned.
func TestAccDeletions_scheduled(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app := g.Project(t, "shared-lib"), g.Project(t, "app")
	cli := acctest.NewCLI(t, g, list(source.Path, entries("projects", app.Path)))
	cli.Apply(t, 0)
	app = g.ScheduleDeletion(t, app)
	output := cli.Plan(t, acctest.NoChanges)
	if !acctest.Says(output, "Is Scheduled for Deletion") || !acctest.Says(output, app.Path) || acctest.Says(output, "Was Renamed") {
		t.Errorf("the target's deletion is not reported as such:\n%s", output)
	}
	source = g.ScheduleDeletion(t, source)
	output = cli.Plan(t, acctest.NoChanges)
	if !acctest.Says(output, "Project Is Scheduled for Deletion") || !acctest.Says(output, source.Path) || acctest.Says(output, "Was Renamed") {
		t.Errorf("the project's deletion is not reported as such:\n%s", output)
	}
}

// An archived project's list is still read, and planned without a change.
func TestAccDeletions_archived(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app := g.Project(t, "shared-lib"), g.Project(t, "app")
	cli := acctest.NewCLI(t, g, list(source.Path, entries("projects", app.Path)))
	cli.Apply(t, 0)
	g.Archive(t, app)
	cli.Plan(t, acctest.NoChanges)
	g.Archive(t, source)
	cli.Plan(t, acctest.NoChanges)
}

// A project deleted for good is dropped from the state with a warning, since its namespace is still
// there; the destroy has nothing left to do.
func TestAccDeletions_forGood(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app := g.Project(t, "shared-lib"), g.Project(t, "app")
	cli := acctest.NewCLI(t, g, list(source.Path, entries("projects", app.Path)))
	cli.Apply(t, 0)
	g.Delete(t, source)
	if output := cli.Apply(t, 0, "-refresh-only"); !acctest.Says(output, "Project Was Deleted") || !acctest.Says(output, source.Path) {
		t.Errorf("the refresh does not tell of the deletion:\n%s", output)
	}
	if output := cli.Must(t, 0, "state", "list"); output != "" {
		t.Errorf("the state still holds %s", output)
	}
}

// Also when the state was not refreshed, the destroy of a list whose project is gone succeeds.
func TestAccDeletions_destroyWithoutRefresh(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app := g.Project(t, "shared-lib"), g.Project(t, "app")
	cli := acctest.NewCLI(t, g, list(source.Path, entries("projects", app.Path)))
	cli.Apply(t, 0)
	g.Delete(t, source)
	cli.Must(t, 0, "destroy", "-auto-approve", "-refresh=false")
}

// The path of a consumer is taken over by another project before the plan: a warning names both, the
// plan shows the one leave and the other enter, and neither happens without the plan.
func TestAccDeletions_targetPathTakenOver(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app := g.Project(t, "shared-lib"), g.Project(t, "app")
	cli := acctest.NewCLI(t, g, list(source.Path, entries("projects", app.Path)))
	cli.Apply(t, 0)
	old := app.Path
	app = g.Rename(t, app, "frontend")
	usurper := g.Project(t, "app")
	output := cli.Plan(t, acctest.Changes)
	for _, want := range []string{"Path Belongs to Another Project Now", fmt.Sprintf("(id %d)", usurper.ID), fmt.Sprintf("(id %d)", app.ID),
		fmt.Sprintf("- %q", app.Path), fmt.Sprintf("+ %q", old)} {
		if !acctest.Says(output, want) {
			t.Errorf("the plan does not say %q:\n%s", want, output)
		}
	}
	g.CheckAllowlist(t, source, acctest.Entries{app.Path: "default"})
	cli.Apply(t, 0)
	g.CheckAllowlist(t, source, acctest.Entries{usurper.Path: "default"})
	cli.Plan(t, acctest.NoChanges)
}

// Taken over between plan and apply, the path admits nobody that the plan did not name.
func TestAccDeletions_targetPathTakenOverBetween(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app, web := g.Project(t, "shared-lib"), g.Project(t, "app"), g.Project(t, "web")
	cli := acctest.NewCLI(t, g, list(source.Path, entries("projects", app.Path)))
	cli.Apply(t, 0)
	cli.Configure(t, list(source.Path, entries("projects", app.Path, web.Path)))
	cli.PlanJSON(t)
	moved := g.Rename(t, app, "frontend")
	g.Project(t, "app")
	cli.ApplySaved(t, 0)
	g.CheckAllowlist(t, source, acctest.Entries{moved.Path: "default", web.Path: "default"})
	if output := cli.Plan(t, acctest.Changes); !acctest.Says(output, "Path Belongs to Another Project Now") {
		t.Errorf("the next plan does not tell of it:\n%s", output)
	}
}

// The path of the managed project is taken over: a warning names both, and the plan replaces.
func TestAccDeletions_projectPathTakenOver(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app := g.Project(t, "shared-lib"), g.Project(t, "app")
	cli := acctest.NewCLI(t, g, list(source.Path, entries("projects", app.Path)))
	cli.Apply(t, 0)
	old := source.Path
	source = g.Rename(t, source, "common-lib")
	usurper := g.Project(t, "shared-lib")
	plan := cli.PlanJSON(t)
	for _, want := range []string{"Path Belongs to Another Project Now", fmt.Sprintf("(id %d)", usurper.ID), fmt.Sprintf("(id %d)", source.ID),
		fmt.Sprintf("%q -> %q # forces replacement", source.Path, old)} {
		if !plan.Says(want) {
			t.Errorf("the plan does not say %q:\n%s", want, plan.Output)
		}
	}
	if !plan.Actions(address).Replace() {
		t.Errorf("the plan is %v", plan.Actions(address))
	}
	cli.ApplySaved(t, 0)
	g.CheckAllowlist(t, source, acctest.Entries{})
	g.CheckAllowlist(t, usurper, acctest.Entries{app.Path: "default"})
}

// Taken over between plan and apply, the new owner of the path is not touched.
func TestAccDeletions_projectPathTakenOverBetween(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app, web := g.Project(t, "shared-lib"), g.Project(t, "app"), g.Project(t, "web")
	cli := acctest.NewCLI(t, g, list(source.Path, entries("projects", app.Path)))
	cli.Apply(t, 0)
	cli.Configure(t, list(source.Path, entries("projects", app.Path, web.Path)))
	cli.PlanJSON(t)
	source = g.Rename(t, source, "common-lib")
	usurper := g.Project(t, "shared-lib")
	cli.ApplySaved(t, 0)
	g.CheckAllowlist(t, source, acctest.Entries{app.Path: "default", web.Path: "default"})
	g.CheckAllowlist(t, usurper, acctest.Entries{})
}
