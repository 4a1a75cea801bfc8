package allowlist_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// What others do between plan and apply: the apply ends at what the plan said of its own entries, and
// leaves alone what it did not name; the next plan names that.
func TestAccOthers_betweenPlanAndApply(t *testing.T) {
	t.Parallel()
	for name, meanwhile := range map[string]struct {
		do    func(testing.TB, *acctest.GitLab, acctest.Project, map[string]acctest.Project)
		after map[string]string
		next  string
	}{
		"an entry added": {
			func(t testing.TB, g *acctest.GitLab, source acctest.Project, p map[string]acctest.Project) {
				t.Helper()
				g.Allow(t, source, p["newcomer"].Path)
			}, map[string]string{"app": "read_jobs", "web": "default", "newcomer": "default"}, "- %q",
		},
		"the entry to add added, wider": {
			func(t testing.TB, g *acctest.GitLab, source acctest.Project, p map[string]acctest.Project) {
				t.Helper()
				g.Allow(t, source, p["web"].Path, "admin_packages")
			}, map[string]string{"app": "read_jobs", "web": "default"}, "",
		},
		"a kept entry removed": {
			func(t testing.TB, g *acctest.GitLab, source acctest.Project, p map[string]acctest.Project) {
				t.Helper()
				g.Deny(t, source, p["app"].Path)
			}, map[string]string{"web": "default"}, "+ %q",
		},
		"a kept entry narrowed": {
			func(t testing.TB, g *acctest.GitLab, source acctest.Project, p map[string]acctest.Project) {
				t.Helper()
				g.Permit(t, source, p["app"].Path, acctest.None)
			}, map[string]string{"app": "", "web": "default"}, "~ %q",
		},
		"a kept entry widened": {
			func(t testing.TB, g *acctest.GitLab, source acctest.Project, p map[string]acctest.Project) {
				t.Helper()
				g.Permit(t, source, p["app"].Path)
			}, map[string]string{"app": "default", "web": "default"}, "~ %q",
		},
		"the entry to remove removed": {
			func(t testing.TB, g *acctest.GitLab, source acctest.Project, p map[string]acctest.Project) {
				t.Helper()
				g.Deny(t, source, p["old"].Path)
			}, map[string]string{"app": "read_jobs", "web": "default"}, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := acctest.New(t)
			source := g.Project(t, "shared-lib")
			p := map[string]acctest.Project{}
			for _, name := range []string{"app", "web", "old", "newcomer"} {
				p[name] = g.Project(t, name)
			}
			app := fmt.Sprintf(`%q = { permissions = ["read_jobs"] }`, p["app"].Path)
			cli := acctest.NewCLI(t, g, list(source.Path, fmt.Sprintf(`projects = { %s, %q = {} }`, app, p["old"].Path)))
			cli.Apply(t, 0)
			cli.Configure(t, list(source.Path, fmt.Sprintf(`projects = { %s, %q = {} }`, app, p["web"].Path)))
			cli.PlanJSON(t)
			meanwhile.do(t, g, source, p)
			output := cli.ApplySaved(t, 0)
			if acctest.Says(output, "Changed Meanwhile") != (meanwhile.next != "") {
				t.Errorf("the apply tells of somebody else's change, or does not:\n%s", output)
			}
			want := acctest.Entries{}
			for name, permissions := range meanwhile.after {
				want[p[name].Path] = permissions
			}
			g.CheckAllowlist(t, source, want)
			if meanwhile.next == "" {
				cli.Plan(t, acctest.NoChanges)
				return
			}
			changed := p["app"].Path
			if meanwhile.next == "- %q" {
				changed = p["newcomer"].Path
			}
			if output := cli.Plan(t, acctest.Changes); !acctest.Says(output, fmt.Sprintf(meanwhile.next, changed)) {
				t.Errorf("the next plan does not name %s:\n%s", changed, output)
			}
		})
	}
}

// Two applies at once on one list, each with entries of its own and some in common: none is lost and
// none fails.
func TestAccOthers_twoApplies(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, projects := g.Project(t, "shared-lib"), g.Projects(t, "consumer", 30)
	half := func(from, to int) string {
		var keys []any
		for _, project := range projects[from:to] {
			keys = append(keys, project.Path)
		}
		return list(source.Path, "exclusive = false", entries("projects", keys...))
	}
	clis := []*acctest.CLI{acctest.NewRacingCLI(t, g, half(0, 20)), acctest.NewRacingCLI(t, g, half(10, 30))}
	results := make([]acctest.Result, len(clis))
	var both sync.WaitGroup
	for i, cli := range clis {
		both.Go(func() { results[i] = cli.Run(t, "apply", "-auto-approve", "-no-color") })
	}
	both.Wait()
	for i, cli := range clis {
		if results[i].Code != 0 {
			t.Errorf("apply %d failed:\n%s", i, results[i].Output)
		}
		cli.Plan(t, acctest.NoChanges)
	}
	if got := len(g.Allowlist(t, source)); got != len(projects) {
		t.Errorf("the list holds %d entries", got)
	}
}

// A rename at the very moment of the write: the entry is found again under its new path.
func TestAccOthers_renamedDuringTheWrite(t *testing.T) {
	t.Parallel()
	for operation, change := range map[string]func(source, app, web acctest.Project) string{
		"AddEntries": func(source, app, web acctest.Project) string {
			return list(source.Path, entries("projects", app.Path, web.Path))
		},
		"SetPermissions": func(source, app, _ acctest.Project) string {
			return list(source.Path, fmt.Sprintf(`projects = { %q = { permissions = ["read_jobs"] } }`, app.Path))
		},
		acctest.RemoveProject: func(source, _, _ acctest.Project) string { return list(source.Path, `projects = {}`) },
	} {
		for _, renamed := range []string{"source", "target"} {
			t.Run(operation+" "+renamed, func(t *testing.T) {
				t.Parallel()
				g := acctest.New(t)
				acctest.NeedsEmbedded(t, g)
				source, app, web := g.Project(t, "shared-lib"), g.Project(t, "app"), g.Project(t, "web")
				cli := acctest.NewCLI(t, g, list(source.Path, entries("projects", app.Path)))
				cli.Apply(t, 0)
				cli.Configure(t, change(source, app, web))
				moving := map[string]acctest.Project{"source": source, "target": app}[renamed]
				if renamed == "target" && operation == "AddEntries" {
					moving = web
				}
				g.Before(t, operation, acctest.Call{Method: http.MethodPut, Path: fmt.Sprintf("/api/v4/projects/%d", moving.ID), Body: map[string]any{"path": "moved"}})
				cli.Apply(t, 0)
				want := map[string]acctest.Entries{
					"AddEntries":          {app.Path: "default", web.Path: "default"},
					"SetPermissions":      {app.Path: "read_jobs"},
					acctest.RemoveProject: {},
				}[operation]
				if permissions, listed := want[moving.Path]; listed {
					delete(want, moving.Path)
					want[moving.Path[:strings.LastIndex(moving.Path, "/")]+"/moved"] = permissions
				}
				g.CheckAllowlist(t, source, want)
				cli.Plan(t, acctest.NoChanges)
			})
		}
	}
}

// One of ten entries is refused: nine are applied and in the state, one error names it, and the next
// apply does the rest.
func TestAccOthers_oneOfTenRefused(t *testing.T) {
	t.Parallel()
	for _, phase := range []string{"create", "update"} {
		t.Run(phase, func(t *testing.T) {
			t.Parallel()
			g := acctest.New(t)
			acctest.NeedsEmbedded(t, g)
			source, projects := g.Project(t, "shared-lib"), g.Projects(t, "consumer", 9)
			elsewhere := g.Hidden(t, "refused")
			g.Member(t, "projects", elsewhere.ID, g.User, acctest.Guest)
			keys := []any{elsewhere.Path}
			want := acctest.Entries{}
			for _, project := range projects {
				keys = append(keys, project.Path)
				want[project.Path] = "default"
			}
			adopted := projects[0]
			g.Allow(t, source, adopted.Path)
			cli := acctest.NewCLI(t, g, list(source.Path, `projects = {}`, "exclusive = false"))
			if phase == "update" {
				cli.Apply(t, 0)
			}
			cli.Configure(t, list(source.Path, entries("projects", keys...), "exclusive = false"))
			g.Before(t, "AddEntries", acctest.Call{Method: http.MethodDelete, Path: fmt.Sprintf("/api/v4/projects/%d/members/%d", elsewhere.ID, g.User.ID)})
			output := cli.Apply(t, 1)
			if strings.Count(output, "Error:") != 1 || !acctest.Says(output, "Unable to Add Project to Job Token Allowlist") || !acctest.Says(output, elsewhere.Path) {
				t.Errorf("the apply does not give one error that names the entry:\n%s", output)
			}
			g.CheckAllowlist(t, source, want)

			g.Member(t, "projects", elsewhere.ID, g.User, acctest.Guest)
			g.ForgetRequests(t)
			cli.Apply(t, 0)
			want[elsewhere.Path] = "default"
			g.CheckAllowlist(t, source, want)
			cli.Plan(t, acctest.NoChanges)
		})
	}
}

// A creation that failed half-way is made again by Terraform; entries that were there before it are
// not taken off the list in between.
func TestAccOthers_failedCreationSparesWhatItFound(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsEmbedded(t, g)
	source, found, added := g.Project(t, "shared-lib"), g.Project(t, "found"), g.Project(t, "added")
	refused := g.Hidden(t, "refused")
	g.Member(t, "projects", refused.ID, g.User, acctest.Guest)
	g.Allow(t, source, found.Path)
	cli := acctest.NewCLI(t, g, list(source.Path, entries("projects", found.Path, added.Path, refused.Path)))
	expel := acctest.Call{Method: http.MethodDelete, Path: fmt.Sprintf("/api/v4/projects/%d/members/%d", refused.ID, g.User.ID)}
	g.Before(t, "AddEntries", expel)
	cli.Apply(t, 1)
	// The re-creation stops in its middle, and still nobody is off the list.
	g.Member(t, "projects", refused.ID, g.User, acctest.Guest)
	g.Refuse(t, "AddEntries", 1, http.StatusForbidden, "application/json", `{"message":"403 Forbidden"}`)
	cli.Apply(t, 1)
	g.CheckAllowlist(t, source, acctest.Entries{found.Path: "default", added.Path: "default"})
	cli.Apply(t, 0)
	g.CheckAllowlist(t, source, acctest.Entries{found.Path: "default", added.Path: "default", refused.Path: "default"})
	cli.Plan(t, acctest.NoChanges)
}

// At the moment of the write a group stands at the path where a project was meant: the group is not
// let in, and the error says what is there now.
func TestAccOthers_groupTakesThePathOfATarget(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsEmbedded(t, g)
	source, app := g.Project(t, "shared-lib"), g.Project(t, "app")
	cli := acctest.NewCLI(t, g, list(source.Path, entries("projects", app.Path)))
	g.Before(t, "AddEntries",
		acctest.Call{Method: http.MethodPut, Path: fmt.Sprintf("/api/v4/projects/%d", app.ID), Body: map[string]any{"path": "frontend"}},
		acctest.Call{Method: http.MethodPost, Path: "/api/v4/groups", Body: map[string]any{"name": "app", "path": "app", "parent_id": g.Root.ID, "visibility": "private"}})
	output := cli.Apply(t, 1)
	for _, want := range []string{"Unable to Add Project to Job Token Allowlist", app.Path + " now belongs to the group", "again as it was before"} {
		if !acctest.Says(output, want) {
			t.Errorf("the apply does not say %q:\n%s", want, output)
		}
	}
	g.CheckAllowlist(t, source, acctest.Entries{})
}
