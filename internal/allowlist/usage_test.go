package allowlist_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

const checkUsage = "provider \"jobtoken\" {\n  check_usage = true\n}\n"

// With check_usage a plan tells of entries that go although jobs have used them, projects and groups
// in one warning, and of projects that a list would refuse once it is switched on.
func TestAccUsage(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsEmbedded(t, g)
	g.Enforce(t, false)
	source, app, web, idle := g.Project(t, "shared-lib"), g.Project(t, "app"), g.Project(t, "web"), g.Project(t, "idle")
	team := g.Group(t, "team", &g.Root)
	tool := g.ProjectIn(t, team, "tool")
	used := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	g.Plant(t, source, acctest.Planting{AuthLog: []acctest.PlantedUse{
		{Origin: app.Path, LastAuthorizedAt: used}, {Origin: tool.Path, LastAuthorizedAt: used}, {Origin: web.Path, LastAuthorizedAt: used},
	}})
	cli := acctest.NewCLI(t, g, checkUsage+list(source.Path, entries("projects", app.Path, idle.Path), entries("groups", team.Path)))
	cli.Apply(t, 0)

	cli.Configure(t, checkUsage+list(source.Path, "projects = {}", "groups = {}"))
	output := cli.Plan(t, acctest.Changes)
	for _, want := range []string{"Job Token Allowlist Entry Is Still in Use (" + source.Path + ")", app.Target() + ", last used 2026-03-14", fmt.Sprintf("group %s (id %d), last used 2026-03-14", team.Path, team.ID)} {
		if !acctest.Says(output, want) {
			t.Errorf("the plan does not say %q:\n%s", want, output)
		}
	}
	if acctest.Says(output, idle.Path+" (id") {
		t.Errorf("the plan tells of an entry that nobody uses:\n%s", output)
	}

	g.SetToggle(t, source, false)
	cli.Configure(t, checkUsage+list(source.Path, "enabled = true", entries("projects", app.Path), "groups = {}"))
	output = cli.Plan(t, acctest.Changes)
	for _, want := range []string{"Job Token Allowlist Refuses Projects That Use It (" + source.Path + ")", web.Target() + ", last used", tool.Target() + ", last used"} {
		if !acctest.Says(output, want) {
			t.Errorf("the plan does not say %q:\n%s", want, output)
		}
	}
	// Without check_usage nothing is asked and nothing told.
	cli.Configure(t, list(source.Path, "enabled = true", "projects = {}"))
	g.ForgetRequests(t)
	if output := cli.Plan(t, acctest.Changes); acctest.Says(output, "last used") {
		t.Errorf("the plan tells of usage unasked:\n%s", output)
	}
	if requests, ok := g.Requests(t); ok && requests.GraphQL["AuthenticationLog"] > 0 {
		t.Error("the log was asked for")
	}
}

// A resource that has only got another address destroys and makes the same list side by side: the plan
// tells, and shows the moved block as the way out. Where it plans the destroy last, that leaves what the
// other one holds, and there is nothing to tell.
func TestAccOverlap_anotherAddress(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app := g.Project(t, "shared-lib"), g.Project(t, "app")
	for name, config := range map[string]string{"list": list(source.Path, entries("projects", app.Path)), "entry": single(source.Path, targetProject(app.Path))} {
		cli := acctest.NewCLI(t, g, config)
		cli.Apply(t, 0)
		cli.Configure(t, strings.Replace(config, `"this"`, `"renamed"`, 1))
		output := cli.PlanJSON(t).Output
		switch told := acctest.Says(output, "Job Token Access Is Destroyed and Made in One Apply ("+source.Path+")"); {
		case told && !acctest.Says(output, "moved block"):
			t.Errorf("%s: the plan does not tell the way out:\n%s", name, output)
		case !told:
			cli.ApplySaved(t, 0)
			g.CheckAllowlist(t, source, acctest.Entries{app.Path: "default"})
		}
		cli.Configure(t, "")
		if output := cli.Apply(t, 0); acctest.Says(output, "Destroyed and Made") {
			t.Errorf("%s: a mere destroy warns:\n%s", name, output)
		}
	}
}

// A permission that GitLab's enumeration no longer holds, really stored: the list is read without
// permissions, and the other lists of the same plan are read with theirs.
func TestAccBadServer_storedNameIsUnknown(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsEmbedded(t, g)
	sources, app := g.Projects(t, "source", 3), g.Project(t, "app")
	narrow := fmt.Sprintf(`projects = { %q = { permissions = ["read_jobs"] } }`, app.Path)
	cli := acctest.NewCLI(t, g, several(sources, narrow))
	cli.Apply(t, 0)
	g.Plant(t, sources[1], acctest.Planting{Permissions: []acctest.PlantedPermissions{{Target: app.Path, Names: []string{"read_gone"}}}})
	output := cli.Plan(t, acctest.NoChanges)
	if !acctest.Says(output, "Job Token Permissions Cannot Be Read ("+sources[1].Path+")") || strings.Count(output, "Job Token Permissions Cannot Be Read") != 1 {
		t.Errorf("the plan does not warn of the one list:\n%s", output)
	}
	// Written anew, the entry is readable again.
	cli.Configure(t, several(sources, fmt.Sprintf(`projects = { %q = { permissions = ["read_packages"] } }`, app.Path)))
	cli.Apply(t, 0)
	g.CheckAllowlist(t, sources[1], acctest.Entries{app.Path: "read_packages"})
	if output := cli.Plan(t, acctest.NoChanges); acctest.Says(output, "Cannot Be Read") {
		t.Errorf("the plan still warns:\n%s", output)
	}
}
