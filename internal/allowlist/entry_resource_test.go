package allowlist_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

const entryAddress = "jobtoken_allowlist_entry.this"

// single is the configuration of one entry.
func single(source any, lines ...string) string {
	return fmt.Sprintf("resource \"jobtoken_allowlist_entry\" \"this\" {\n  project = %q\n  %s\n}\n", fmt.Sprint(source), strings.Join(lines, "\n  "))
}

func targetProject(reference any) string {
	return fmt.Sprintf("target_project = %q", fmt.Sprint(reference))
}
func targetGroup(reference any) string {
	return fmt.Sprintf("target_group = %q", fmt.Sprint(reference))
}

func entryPlanned(action plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{
		PreApply:             []plancheck.PlanCheck{plancheck.ExpectResourceAction(entryAddress, action)},
		PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
	}
}

func TestAccEntry_basic(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app, web, theirs := g.Project(t, "shared-lib"), g.Project(t, "app"), g.Project(t, "web"), g.Project(t, "theirs")
	platform := g.Group(t, "platform", &g.Root)
	g.Allow(t, source, theirs.Path, "read_jobs")
	with := func(path, permissions string) acctest.Entries {
		return acctest.Entries{theirs.Path: "read_jobs", path: permissions}
	}
	value := func(name string, check knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue(entryAddress, tfjsonpath.New(name), check)
	}
	acctest.Run(t, g,
		resource.TestStep{
			Config:           single(source.Path, targetProject(app.Path)),
			ConfigPlanChecks: entryPlanned(plancheck.ResourceActionCreate),
			ConfigStateChecks: []statecheck.StateCheck{
				value("project_id", knownvalue.Int64Exact(source.ID)), value("target_project_id", knownvalue.Int64Exact(app.ID)),
				value("target_group_id", knownvalue.Null()), value("permissions", knownvalue.Null()),
			},
		},
		resource.TestStep{
			PreConfig:        func() { g.CheckAllowlist(t, source, with(app.Path, "default")) },
			Config:           single(source.Path, targetProject(app.Path), `permissions = ["read_packages"]`),
			ConfigPlanChecks: entryPlanned(plancheck.ResourceActionUpdate),
		},
		resource.TestStep{
			PreConfig: func() { g.CheckAllowlist(t, source, with(app.Path, "read_packages")) },
			// Other spellings of the same are no change.
			Config:           single(source.ID, targetProject(app.ID), `permissions = ["read_packages"]`),
			ConfigPlanChecks: unchanged(),
		},
		resource.TestStep{
			Config:           single(source.Path, targetProject(web.Path)),
			ConfigPlanChecks: entryPlanned(plancheck.ResourceActionDestroyBeforeCreate),
		},
		resource.TestStep{
			PreConfig:        func() { g.CheckAllowlist(t, source, with(web.Path, "default")) },
			Config:           single(source.Path, targetGroup(platform.Path), `permissions = []`),
			ConfigPlanChecks: entryPlanned(plancheck.ResourceActionDestroyBeforeCreate),
			ConfigStateChecks: []statecheck.StateCheck{
				value("target_group_id", knownvalue.Int64Exact(platform.ID)), value("target_project_id", knownvalue.Null()),
			},
		},
		resource.TestStep{
			PreConfig: func() { g.CheckAllowlist(t, source, with(platform.Path, "")); g.DenyGroup(t, source, platform.Path) },
			// Removed by hand, it is planned anew.
			Config:           single(source.Path, targetGroup(platform.Path), `permissions = []`),
			ConfigPlanChecks: entryPlanned(plancheck.ResourceActionCreate),
		},
	)
	g.CheckAllowlist(t, source, acctest.Entries{theirs.Path: "read_jobs"})
}

// Every import id that names an entry imports it with an empty plan: paths and ids, three parts and the
// two of the official provider's older versions.
func TestAccEntry_import(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app := g.Project(t, "shared-lib"), g.Project(t, "app")
	platform := g.Group(t, "platform", &g.Root)
	g.Allow(t, source, app.Path, "read_jobs")
	g.Allow(t, source, platform.Path)
	project, group := single(source.Path, targetProject(app.Path), `permissions = ["read_jobs"]`), single(source.Path, targetGroup(platform.Path))
	for id, config := range map[string]string{
		fmt.Sprintf("%s:project:%s", source.Path, app.Path):    project,
		fmt.Sprintf("%d:project:%d", source.ID, app.ID):        project,
		fmt.Sprintf("%d:%d", source.ID, app.ID):                project,
		fmt.Sprintf("%s:%d", source.Path, app.ID):              project,
		fmt.Sprintf("%s:group:%s", source.Path, platform.Path): group,
		fmt.Sprintf("%d:group:%d", source.ID, platform.ID):     group,
	} {
		cli := acctest.NewCLI(t, g, config)
		cli.Must(t, 0, "import", entryAddress, id)
		cli.Plan(t, acctest.NoChanges)
	}
	cli := acctest.NewCLI(t, g, project)
	for _, id := range []string{"acme", source.Path + ":user:3", source.Path + ":project:", "::", source.Path + ":project:" + platform.Path + ":4"} {
		if output := cli.Must(t, 1, "import", entryAddress, id); !acctest.Says(output, "Unable to Import") {
			t.Errorf("%q is refused with other words:\n%s", id, output)
		}
	}
}

// An entry that is there already is adopted; that its permissions change is said before.
func TestAccEntry_adopts(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app := g.Project(t, "shared-lib"), g.Project(t, "app")
	g.Allow(t, source, app.Path, "admin_packages")
	cli := acctest.NewCLI(t, g, single(source.Path, targetProject(app.Path), `permissions = ["read_jobs"]`))
	output := cli.Apply(t, 0)
	for _, want := range []string{"Job Token Allowlist Entry Is Changed by Adoption", app.Path, "which has admin_packages", "changes its permissions"} {
		if !acctest.Says(output, want) {
			t.Errorf("the plan does not say %q:\n%s", want, output)
		}
	}
	g.CheckAllowlist(t, source, acctest.Entries{app.Path: "read_jobs"})
	// Gone before the destroy, it is done.
	g.Deny(t, source, app.Path)
	cli.Must(t, 0, "destroy", "-auto-approve", "-refresh=false")
}

// An entry whose target is hidden is imported, kept and removed.
func TestAccEntry_hiddenTarget(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsVersion(t, g, "18.0")
	source, hidden := g.Project(t, "shared-lib"), g.Hidden(t, "secret")
	g.Allow(t, source, hidden.Path)
	cli := acctest.NewCLI(t, g, single(source.Path, targetProject(hidden.Path)))
	cli.Must(t, 0, "import", entryAddress, source.Path+":project:"+hidden.Path)
	cli.Plan(t, acctest.NoChanges)
	cli.Must(t, 0, "destroy", "-auto-approve")
	g.CheckAllowlist(t, source, acctest.Entries{})
}

// The project's own entry: made by its permissions, returned to the default ones by the destroy.
func TestAccEntry_own(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsVersion(t, g, "18.1")
	source := g.Project(t, "shared-lib")
	cli := acctest.NewCLI(t, g, single(source.Path, targetProject(source.Path), `permissions = ["read_jobs"]`))
	cli.Apply(t, 0)
	g.CheckAllowlist(t, source, acctest.Entries{source.Path: "read_jobs"})
	cli.Plan(t, acctest.NoChanges)
	cli.Must(t, 0, "destroy", "-auto-approve")
	g.CheckAllowlist(t, source, acctest.Entries{source.Path: "default"})
}

// Mistakes are found at plan, on the attribute.
func TestAccEntry_mistakes(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app := g.Project(t, "shared-lib"), g.Project(t, "app")
	platform := g.Group(t, "platform", &g.Root)
	cli := acctest.NewCLI(t, g, "")
	for name, mistake := range map[string]struct {
		config string
		says   []string
	}{
		"no target":          {single(source.Path), []string{"target_project", "target_group"}},
		"two targets":        {single(source.Path, targetProject(app.Path), targetGroup(platform.Path)), []string{"target_project", "target_group"}},
		"a group as project": {single(source.Path, targetProject(platform.Path)), []string{"Wrong Kind of Job Token Allowlist Target", "target_project =", "Write it as target_group."}},
		"missing":            {single(source.Path, targetProject(g.Root.Path+"/missing")), []string{"Unable to Find Job Token Allowlist Target", "target_project ="}},
		"permission":         {single(source.Path, targetProject(app.Path), `permissions = ["write_packages"]`), []string{"Unknown Permission", "admin_packages"}},
	} {
		cli.Configure(t, mistake.config)
		output := cli.Plan(t, acctest.Failed)
		for _, want := range mistake.says {
			if !acctest.Says(output, want) {
				t.Errorf("%s: the plan does not say %q:\n%s", name, want, output)
			}
		}
	}
}

// What two resources manage at once is told, with the project and both resource types.
func TestAccOverlap(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app, web := g.Project(t, "shared-lib"), g.Project(t, "app"), g.Project(t, "web")
	second := func(config string) string { return strings.Replace(config, `"this"`, `"second"`, 1) }
	whole, loose := list(source.Path, entries("projects", app.Path)), list(source.Path, "exclusive = false", entries("projects", app.Path))
	cli := acctest.NewCLI(t, g, "")
	for name, c := range map[string]struct {
		config string
		says   string
	}{
		"list and entry":           {whole + single(source.Path, targetProject(web.Path)), "the list of projects is managed by a jobtoken_allowlist"},
		"two lists":                {whole + second(whole), "the list of projects is managed by a jobtoken_allowlist and by a jobtoken_allowlist"},
		"two entries":              {single(source.Path, targetProject(app.Path)) + second(single(source.ID, targetProject(app.ID))), "the entry for project " + app.Path},
		"loose list and its entry": {loose + single(source.Path, targetProject(app.Path)), "the entry for project " + app.Path},
		"loose list and another":   {loose + single(source.Path, targetProject(web.Path)), ""},
		"list of groups and entry": {list(source.Path, "groups = {}") + single(source.Path, targetProject(app.Path)), ""},
		"toggle twice": {list(source.Path, "enabled = true") + fmt.Sprintf("resource \"jobtoken_settings\" \"s\" {\n  project = %q\n  inbound_allowlist_enabled = true\n}\n", source.Path),
			`the toggle "Limit access to this project" is managed by`},
	} {
		cli.Configure(t, c.config)
		output := cli.Plan(t, acctest.Changes)
		told := acctest.Says(output, "Job Token Access Is Managed Twice ("+source.Path+")")
		if told != (c.says != "") || !acctest.Says(output, c.says) {
			t.Errorf("%s: the plan does not say %q:\n%s", name, c.says, output)
		}
	}
}

// Cautions are told when an entry comes or changes, and not again.
func TestAccCautions(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app := g.Project(t, "shared-lib"), g.Project(t, "app")
	team := g.Group(t, "team", &g.Root)
	below := g.ProjectIn(t, team, "tool")
	for name, c := range map[string]struct{ config, title string }{
		"top-level group": {list(source.Path, entries("groups", g.Root.Path)), "Job Token Allowlist Admits a Whole Top-Level Group"},
		"no permissions":  {list(source.Path, fmt.Sprintf(`projects = { %q = { permissions = [] } }`, app.Path)), "Job Token Allowlist Entry Leaves Git Open"},
		"own group":       {list(below.Path, fmt.Sprintf(`groups = { %q = { permissions = ["read_jobs"] } }`, team.Path)), "Job Token Allowlist Entry Binds the Project's Own Jobs"},
		"single entry":    {single(source.Path, targetGroup(g.Root.Path)), "Job Token Allowlist Admits a Whole Top-Level Group"},
	} {
		cli := acctest.NewCLI(t, g, c.config)
		if output := cli.Apply(t, 0); !acctest.Says(output, c.title) {
			t.Errorf("%s: the plan does not say %q:\n%s", name, c.title, output)
		}
		if output := cli.Plan(t, acctest.NoChanges); acctest.Says(output, c.title) {
			t.Errorf("%s: a plan without change warns again:\n%s", name, output)
		}
		cli.Must(t, 0, "destroy", "-auto-approve")
	}
	// Adopted with narrower permissions than configured: widening is told, for a list and for an entry.
	g.Allow(t, source, app.Path, "read_jobs")
	for _, config := range []string{list(source.Path, entries("projects", app.Path)), single(source.Path, targetProject(app.Path))} {
		if output := acctest.NewCLI(t, g, config).Plan(t, acctest.Changes); !acctest.Says(output, "Job Token Allowlist Entry Is Widened ("+source.Path) {
			t.Errorf("the plan does not tell of the widening:\n%s", output)
		}
	}
}
