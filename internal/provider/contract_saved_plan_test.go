package provider_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// cast are the consumers that the scenes have in common.
type cast struct{ app, web, added, newcomer acctest.Project }

// scene is what somebody does to a resource while a plan of ours changes something else of it.
type scene struct {
	name, resourceType string
	// before and after are the attributes as configured at first, and as the plan wants them.
	before, after func(cast) []string
	// prepare is done before the resource is made, meanwhile by somebody else.
	prepare, meanwhile func(testing.TB, *acctest.GitLab, acctest.Project, cast)
	// entries and settings are what the server is to hold in the end; nil and zero are not looked at.
	entries  func(cast) acctest.Entries
	settings acctest.Settings
	// names are what the warning names beside the project, and drifted the attribute in which the next
	// plan shows what was done.
	names   func(cast) string
	drifted string
}

func (s scene) address() string { return s.resourceType + "." + s.name }

// both are entries of a list of projects.
func both(elements ...string) string {
	return fmt.Sprintf("projects = { %s }", strings.Join(elements, ", "))
}

func appPath(c cast) string { return c.app.Path }

func toggled(enabled bool) func(testing.TB, *acctest.GitLab, acctest.Project, cast) {
	return func(t testing.TB, g *acctest.GitLab, source acctest.Project, _ cast) {
		t.Helper()
		g.SetToggle(t, source, enabled)
	}
}

var scenes = []scene{
	{
		name: "list_switched_on", resourceType: "jobtoken_allowlist", prepare: toggled(false), meanwhile: toggled(true),
		before:   func(c cast) []string { return []string{"enabled = false", admit("projects", c.app.Path)} },
		after:    func(c cast) []string { return []string{"enabled = false", admit("projects", c.app.Path, c.added.Path)} },
		entries:  func(c cast) acctest.Entries { return acctest.Entries{c.app.Path: "default", c.added.Path: "default"} },
		settings: acctest.Settings{Inbound: true}, names: func(cast) string { return "enabled" }, drifted: "enabled",
	},
	{
		name: "default_narrowed", resourceType: "jobtoken_allowlist",
		before: func(c cast) []string { return []string{admit("projects", c.app.Path)} },
		after:  func(c cast) []string { return []string{admit("projects", c.app.Path, c.added.Path)} },
		meanwhile: func(t testing.TB, g *acctest.GitLab, source acctest.Project, c cast) {
			t.Helper()
			g.Permit(t, source, c.app.Path, "read_jobs")
		},
		entries: func(c cast) acctest.Entries { return acctest.Entries{c.app.Path: "read_jobs", c.added.Path: "default"} },
		names:   appPath, drifted: "projects",
	},
	{
		name: "narrowed_beside_a_narrowing", resourceType: "jobtoken_allowlist",
		before: func(c cast) []string {
			return []string{both(limited(c.app, "admin_packages"), limited(c.web, "read_jobs", "read_packages"))}
		},
		after: func(c cast) []string {
			return []string{both(limited(c.app, "admin_packages"), limited(c.web, "read_jobs"))}
		},
		meanwhile: func(t testing.TB, g *acctest.GitLab, source acctest.Project, c cast) {
			t.Helper()
			g.Permit(t, source, c.app.Path, acctest.None)
		},
		entries: func(c cast) acctest.Entries { return acctest.Entries{c.app.Path: "", c.web.Path: "read_jobs"} },
		names:   appPath, drifted: "projects",
	},
	{
		name: "widened", resourceType: "jobtoken_allowlist",
		before: func(c cast) []string { return []string{both(limited(c.app, "read_jobs"))} },
		after: func(c cast) []string {
			return []string{both(limited(c.app, "read_jobs"), limited(c.added, "read_jobs"))}
		},
		meanwhile: func(t testing.TB, g *acctest.GitLab, source acctest.Project, c cast) {
			t.Helper()
			g.Permit(t, source, c.app.Path)
		},
		entries: func(c cast) acctest.Entries { return acctest.Entries{c.app.Path: "default", c.added.Path: "read_jobs"} },
		names:   appPath, drifted: "projects",
	},
	{
		name: "removed_beside_a_removal", resourceType: "jobtoken_allowlist",
		before: func(c cast) []string { return []string{admit("projects", c.app.Path, c.web.Path)} },
		after:  func(c cast) []string { return []string{admit("projects", c.app.Path)} },
		meanwhile: func(t testing.TB, g *acctest.GitLab, source acctest.Project, c cast) {
			t.Helper()
			g.Deny(t, source, c.app.Path)
		},
		entries: func(cast) acctest.Entries { return acctest.Entries{} },
		names:   appPath, drifted: "projects",
	},
	{
		name: "added_by_hand", resourceType: "jobtoken_allowlist",
		before: func(c cast) []string { return []string{admit("projects", c.app.Path)} },
		after:  func(c cast) []string { return []string{admit("projects", c.app.Path, c.added.Path)} },
		meanwhile: func(t testing.TB, g *acctest.GitLab, source acctest.Project, c cast) {
			t.Helper()
			g.Allow(t, source, c.newcomer.Path)
		},
		entries: func(c cast) acctest.Entries {
			return acctest.Entries{c.app.Path: "default", c.added.Path: "default", c.newcomer.Path: "default"}
		},
		names: func(c cast) string { return c.newcomer.Path }, drifted: "projects",
	},
	{
		name: "push_forbidden", resourceType: "jobtoken_settings", prepare: toggled(false),
		before: func(cast) []string {
			return []string{"inbound_allowlist_enabled = false", "push_repository_allowed = true"}
		},
		after: func(cast) []string {
			return []string{"inbound_allowlist_enabled = true", "push_repository_allowed = true"}
		},
		meanwhile: func(t testing.TB, g *acctest.GitLab, source acctest.Project, _ cast) {
			t.Helper()
			g.SetSettings(t, source, acctest.Settings{})
		},
		settings: acctest.Settings{Inbound: true}, names: func(cast) string { return "push_repository_allowed" }, drifted: "push_repository_allowed",
	},
	{
		name: "inbound_switched_on", resourceType: "jobtoken_settings", prepare: toggled(false), meanwhile: toggled(true),
		before: func(cast) []string {
			return []string{"inbound_allowlist_enabled = false", "push_repository_allowed = false"}
		},
		after: func(cast) []string {
			return []string{"inbound_allowlist_enabled = false", "push_repository_allowed = true"}
		},
		settings: acctest.Settings{Inbound: true, PushRepository: true},
		names:    func(cast) string { return "inbound_allowlist_enabled" }, drifted: "inbound_allowlist_enabled",
	},
}

// What a plan does not show stays as others left it: a warning of the apply names it, and the next
// plan shows it as drift. That holds for what came between plan and apply, and with -refresh=false for
// what came before the plan, which then warns of nothing that it does not do.
func TestAccContractSavedPlan_whatItDoesNotShow(t *testing.T) {
	t.Parallel()
	for name, refresh := range map[string]bool{"between plan and apply": true, "without refresh": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := acctest.New(t)
			g.Enforce(t, false)
			c := cast{g.Project(t, "app"), g.Project(t, "web"), g.Project(t, "added"), g.Project(t, "newcomer")}
			sources := make([]acctest.Project, len(scenes))
			var before, after strings.Builder
			for i, s := range scenes {
				sources[i] = g.Project(t, strings.ReplaceAll(s.name, "_", "-"))
				if s.prepare != nil {
					s.prepare(t, g, sources[i], c)
				}
				before.WriteString(block(s.resourceType, s.name, append([]string{of(sources[i])}, s.before(c)...)...))
				after.WriteString(block(s.resourceType, s.name, append([]string{of(sources[i])}, s.after(c)...)...))
			}
			meanwhile := func() {
				for i, s := range scenes {
					s.meanwhile(t, g, sources[i], c)
				}
			}
			cli := acctest.NewCLI(t, g, before.String())
			cli.Apply(t, 0)
			if refresh {
				cli.Configure(t, after.String())
				cli.PlanJSON(t)
				meanwhile()
			} else {
				meanwhile()
				output := empty(t, cli, "-refresh=false")
				cli.Configure(t, after.String())
				output += cli.PlanJSON(t, "-refresh=false").Output
				for _, alarm := range []string{"Is Widened", "Will Be Removed", "Changed by Adoption"} {
					if acctest.Says(output, alarm) {
						t.Errorf("the plan warns of what it does not do: %q:\n%s", alarm, output)
					}
				}
			}
			output := ends(t, cli, 0, "apply", "saved.tfplan")
			for i, s := range scenes {
				if s.entries != nil {
					g.CheckAllowlist(t, sources[i], s.entries(c))
				}
				if s.settings != (acctest.Settings{}) {
					g.CheckSettings(t, sources[i], s.settings)
				}
				if !diagnosed(output, "Warning: Changed Meanwhile", sources[i].Path, s.names(c)) {
					t.Errorf("%s: no warning names %s and %s", s.name, sources[i].Path, s.names(c))
				}
			}
			next := cli.PlanJSON(t)
			for _, s := range scenes {
				if !differs(t, next, s.address(), s.drifted) {
					t.Errorf("%s: the next plan does not show it as drift", s.name)
				}
			}
			if t.Failed() {
				t.Logf("the apply said:\n%s\nand the next plan:\n%s", output, next.Output)
			}
		})
	}
}

// An entry whose permissions a plan changes, and which was removed by hand meanwhile, is not let in
// again: the apply says so.
func TestAccContractSavedPlan_changesWhatIsGone(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	listed, entered, app := g.Project(t, "listed"), g.Project(t, "entered"), g.Project(t, "app")
	config := func(permissions ...string) string {
		return block("jobtoken_allowlist", "this", of(listed), both(limited(app, permissions...))) +
			block("jobtoken_allowlist_entry", "this", of(entered), towards(app), permitted(permissions...))
	}
	cli := acctest.NewCLI(t, g, config("read_jobs", "read_packages"))
	cli.Apply(t, 0)
	for _, source := range []acctest.Project{listed, entered} {
		g.CheckAllowlist(t, source, acctest.Entries{app.Path: "read_jobs,read_packages"})
	}
	cli.Configure(t, config("read_jobs"))
	cli.PlanJSON(t)
	g.Deny(t, listed, app.Path)
	g.Deny(t, entered, app.Path)
	output := ends(t, cli, 1, "apply", "saved.tfplan")
	for _, source := range []acctest.Project{listed, entered} {
		g.CheckAllowlist(t, source, acctest.Entries{})
		if !diagnosed(output, "Error: ", source.Path, app.Path) {
			t.Errorf("no error names the entry for %s of %s:\n%s", app.Path, source.Path, output)
		}
	}
	// The next plan says that the entry is made anew.
	ends(t, cli, 0, "apply", "-auto-approve")
	for _, source := range []acctest.Project{listed, entered} {
		g.CheckAllowlist(t, source, acctest.Entries{app.Path: "read_jobs"})
	}
	empty(t, cli)
}

// A list that becomes managed, or exclusive, would have to remove somebody whom the plan did not name,
// since they came after it: the apply stops with an error of its own, and nothing is written.
func TestAccContractSavedPlan_becomesManaged(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	unmanaged, shared := g.Project(t, "unmanaged"), g.Project(t, "shared")
	app, web, old, newcomer := g.Project(t, "app"), g.Project(t, "web"), g.Project(t, "old"), g.Project(t, "newcomer")
	sources := []acctest.Project{unmanaged, shared}
	for _, source := range sources {
		g.Allow(t, source, old.Path)
	}
	cli, wire := newWired(t, g, block("jobtoken_allowlist", "unmanaged", of(unmanaged), "enabled = true")+
		block("jobtoken_allowlist", "shared", of(shared), "exclusive = false", admit("projects", app.Path)))
	cli.Apply(t, 0)
	g.CheckAllowlist(t, unmanaged, acctest.Entries{old.Path: "default"})
	g.CheckAllowlist(t, shared, acctest.Entries{app.Path: "default", old.Path: "default"})
	cli.Configure(t, block("jobtoken_allowlist", "unmanaged", of(unmanaged), "enabled = true", admit("projects", app.Path))+
		block("jobtoken_allowlist", "shared", of(shared), admit("projects", app.Path, web.Path)))
	plan := cli.PlanJSON(t)
	for _, name := range []string{"unmanaged", "shared"} {
		if got, want := removesOf(t, plan.Plan, "jobtoken_allowlist."+name), []string{old.Path}; !slices.Equal(got, want) {
			t.Errorf("%s removes %v, want %v", name, got, want)
		}
	}
	for _, source := range sources {
		g.Allow(t, source, newcomer.Path)
	}
	wire.forget()
	output := ends(t, cli, 1, "apply", "saved.tfplan")
	wire.none(t, "something was written")
	g.CheckAllowlist(t, unmanaged, acctest.Entries{old.Path: "default", newcomer.Path: "default"})
	g.CheckAllowlist(t, shared, acctest.Entries{app.Path: "default", old.Path: "default", newcomer.Path: "default"})
	for _, address := range []string{"jobtoken_allowlist.unmanaged", "jobtoken_allowlist.shared"} {
		if !diagnosed(output, "Error: ", address, newcomer.Path) {
			t.Errorf("no error of %s names %s:\n%s", address, newcomer.Path, output)
		}
	}
	// A new plan names both.
	ends(t, cli, 0, "apply", "-auto-approve")
	g.CheckAllowlist(t, unmanaged, acctest.Entries{app.Path: "default"})
	g.CheckAllowlist(t, shared, acctest.Entries{app.Path: "default", web.Path: "default"})
	empty(t, cli)
}

// What an earlier apply removed is no order for a later one: added again by hand, it stays until a
// plan names it.
func TestAccContractSavedPlan_removesOfAnOldApply(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app, web, old := g.Projects(t, "source", 1), g.Project(t, "app"), g.Project(t, "web"), g.Project(t, "old")
	const address = "jobtoken_allowlist.list0"
	g.Allow(t, source[0], old.Path)
	cli := acctest.NewCLI(t, g, lists(source, []acctest.Project{app}))
	if got := removesOf(t, cli.PlanJSON(t).Plan, address); !slices.Equal(got, []string{old.Path}) {
		t.Fatalf("the first apply is to remove %v", got)
	}
	cli.ApplySaved(t, 0)
	g.CheckAllowlist(t, source[0], acctest.Entries{app.Path: "default"})
	g.Allow(t, source[0], old.Path)
	cli.Configure(t, lists(source, []acctest.Project{app, web}))
	if got := removesOf(t, cli.PlanJSON(t, "-refresh=false").Plan, address); len(got) != 0 {
		t.Errorf("the plan removes %v again", got)
	}
	ends(t, cli, 0, "apply", "saved.tfplan")
	g.CheckAllowlist(t, source[0], acctest.Entries{app.Path: "default", web.Path: "default", old.Path: "default"})
	if plan := cli.PlanJSON(t); !differs(t, plan, address, "projects") || !acctest.Says(plan.Output, fmt.Sprintf("- %q", old.Path)) {
		t.Errorf("the next plan does not name %s:\n%s", old.Path, plan.Output)
	}
}

// Nor does it go unseen: a list that becomes exclusive again names nobody by what it once removed, and
// the apply stops before it writes.
func TestAccContractSavedPlan_removesOfAnOldApplyUnseen(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app, web, old := g.Project(t, "source"), g.Project(t, "app"), g.Project(t, "web"), g.Project(t, "old")
	const address = "jobtoken_allowlist.this"
	g.Allow(t, source, old.Path)
	cli, wire := newWired(t, g, block("jobtoken_allowlist", "this", of(source), admit("projects", app.Path)))
	cli.Apply(t, 0)
	g.CheckAllowlist(t, source, acctest.Entries{app.Path: "default"})
	cli.Configure(t, block("jobtoken_allowlist", "this", of(source), "exclusive = false", admit("projects", app.Path)))
	cli.Apply(t, 0, "-refresh=false")
	cli.Configure(t, block("jobtoken_allowlist", "this", of(source), admit("projects", app.Path, web.Path)))
	if got := removesOf(t, cli.PlanJSON(t, "-refresh=false").Plan, address); len(got) != 0 {
		t.Errorf("the plan removes %v again", got)
	}
	g.Allow(t, source, old.Path)
	wire.forget()
	output := ends(t, cli, 1, "apply", "saved.tfplan")
	wire.none(t, "something was written")
	g.CheckAllowlist(t, source, acctest.Entries{app.Path: "default", old.Path: "default"})
	if !diagnosed(output, "Error: ", address, old.Path) {
		t.Errorf("no error names %s:\n%s", old.Path, output)
	}
}
