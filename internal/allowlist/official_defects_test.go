package allowlist_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// TestAccOfficialDefects shows, one by one, that known defects of the official provider's job token
// resources (versions 16 to 19.1) are not possible here. B17, a state of 18.x that 19.0 could not read,
// is in TestAccMove_scopes.
func TestAccOfficialDefects(t *testing.T) {
	t.Parallel()
	type fixture struct {
		*acctest.GitLab
		source, app, web acctest.Project
		team             acctest.Group
	}
	with := func(t *testing.T) fixture {
		t.Helper()
		g := acctest.New(t)
		return fixture{g, g.Project(t, "shared-lib"), g.Project(t, "app"), g.Project(t, "web"), g.Group(t, "team", &g.Root)}
	}
	for name, show := range map[string]func(*testing.T, fixture){
		"B1 a toggle left out at creation does not open the project": func(t *testing.T, f fixture) {
			f.Enforce(t, false)
			cli := acctest.NewCLI(t, f.GitLab, list(f.source.Path, "projects = {}", "groups = {}"))
			cli.Apply(t, 0)
			f.CheckSettings(t, f.source, acctest.Settings{Inbound: true})
		},
		"B2 a toggle left out is not sent on an enforcing instance": func(t *testing.T, f fixture) {
			f.Enforce(t, true)
			cli := acctest.NewCLI(t, f.GitLab, list(f.source.Path, entries("projects", f.app.Path)))
			cli.Apply(t, 0)
			cli.Must(t, 0, "destroy", "-auto-approve")
			if requests, ok := f.Requests(t); ok && requests.GraphQL["UpdateSettings"]+requests.Counts[acctest.SwitchAllowlist] > 0 {
				t.Error("the toggle was sent")
			}
		},
		"B3 lists left out keep their entries, and no removal goes unnamed": func(t *testing.T, f fixture) {
			f.Allow(t, f.source, f.app.Path)
			f.Allow(t, f.source, f.team.Path)
			cli := acctest.NewCLI(t, f.GitLab, list(f.source.Path))
			cli.Apply(t, 0)
			f.CheckAllowlist(t, f.source, acctest.Entries{f.app.Path: "default", f.team.Path: "default"})
			cli.Configure(t, list(f.source.Path, "projects = {}"))
			if plan := cli.PlanJSON(t); !plan.Says(fmt.Sprintf("+ %q,", f.app.Path)) {
				t.Errorf("the plan does not name the removal:\n%s", plan.Output)
			}
		},
		"B4 a deleted project does not fail every plan": func(t *testing.T, f fixture) {
			cli := acctest.NewCLI(t, f.GitLab, list(f.source.Path, entries("projects", f.app.Path)))
			cli.Apply(t, 0)
			f.Delete(t, f.source)
			cli.Configure(t, "")
			cli.Plan(t, acctest.NoChanges)
		},
		"B5 a failed clean-up is not reported as destroyed": func(t *testing.T, f fixture) {
			acctest.NeedsEmbedded(t, f.GitLab)
			cli := acctest.NewCLI(t, f.GitLab, list(f.source.Path, entries("projects", f.app.Path)))
			cli.Apply(t, 0)
			f.Refuse(t, acctest.RemoveProject, 1, http.StatusForbidden, asJSON, `{"message":"403 Forbidden"}`)
			cli.Must(t, 1, "destroy", "-auto-approve")
			if cli.Must(t, 0, "state", "list") == "" {
				t.Error("the resource left the state")
			}
			cli.Must(t, 0, "destroy", "-auto-approve")
		},
		"B6 path, id and rename are one project": func(t *testing.T, f fixture) {
			cli := acctest.NewCLI(t, f.GitLab, list(f.source.Path, entries("projects", f.app.Path)))
			cli.Apply(t, 0)
			renamed := f.Rename(t, f.source, "common-lib")
			for _, spelled := range []any{f.source.Path, f.source.ID, renamed.Path} {
				cli.Configure(t, list(spelled, entries("projects", f.app.Path)))
				cli.Plan(t, acctest.NoChanges)
			}
		},
		"B7 the own project is known under any spelling": func(t *testing.T, f fixture) {
			cli := acctest.NewCLI(t, f.GitLab, "")
			for _, spelled := range []any{f.source.Path, f.source.ID, strings.ToUpper(f.source.Path)} {
				cli.Configure(t, list(spelled, entries("projects", f.app.Path)))
				cli.Apply(t, 0)
				cli.Plan(t, acctest.NoChanges)
			}
			f.CheckAllowlist(t, f.source, acctest.Entries{f.app.Path: "default"})
		},
		"B8 what is added is there before anything goes": func(t *testing.T, f fixture) {
			acctest.NeedsEmbedded(t, f.GitLab)
			cli := acctest.NewCLI(t, f.GitLab, list(f.source.Path, entries("projects", f.app.Path)))
			cli.Apply(t, 0)
			cli.Configure(t, list(f.source.Path, entries("projects", f.web.Path)))
			f.Refuse(t, acctest.RemoveProject, 1, http.StatusForbidden, asJSON, `{"message":"403 Forbidden"}`)
			cli.Apply(t, 1)
			f.CheckAllowlist(t, f.source, acctest.Entries{f.app.Path: "default", f.web.Path: "default"})
		},
		"B9 an update does not repeat the toggle": func(t *testing.T, f fixture) {
			cli := acctest.NewCLI(t, f.GitLab, list(f.source.Path, "enabled = true", entries("projects", f.app.Path)))
			cli.Apply(t, 0)
			cli.Configure(t, list(f.source.Path, "enabled = true", entries("projects", f.app.Path, f.web.Path)))
			f.ForgetRequests(t)
			cli.Apply(t, 0)
			if requests, ok := f.Requests(t); ok && strings.Join(requests.Writes(), " ") != "AddEntries" {
				t.Errorf("the update wrote %v", requests.Writes())
			}
		},
		"B10 permissions set by hand are seen, and none are widened unsaid": func(t *testing.T, f fixture) {
			cli := acctest.NewCLI(t, f.GitLab, list(f.source.Path, fmt.Sprintf(`projects = { %q = { permissions = ["read_jobs"] } }`, f.app.Path)))
			cli.Apply(t, 0)
			f.Permit(t, f.source, f.app.Path)
			if output := cli.Plan(t, acctest.Changes); !acctest.Says(output, `+ "read_jobs"`) {
				t.Errorf("the plan does not show the drift:\n%s", output)
			}
			cli.Apply(t, 0, "-replace="+address)
			f.CheckAllowlist(t, f.source, acctest.Entries{f.app.Path: "read_jobs"})
		},
		"B11 the instance's settings are not asked for": func(t *testing.T, f fixture) {
			cli := acctest.NewCLI(t, f.GitLab, several([]acctest.Project{f.source, f.app}, "enabled = true", entries("projects", f.web.Path)))
			f.ForgetRequests(t)
			cli.Apply(t, 0)
			if requests, ok := f.Requests(t); ok && requests.Counts["GET /api/v4/application/settings"] > 0 {
				t.Errorf("%v", requests.Counts)
			}
		},
		"B12 single entries of one list share one read": func(t *testing.T, f fixture) {
			var config strings.Builder
			for i, consumer := range f.Projects(t, "consumer", 12) {
				config.WriteString(strings.Replace(single(f.source.Path, targetProject(consumer.Path)), `"this"`, `"e`+strconv.Itoa(i)+`"`, 1))
			}
			cli := acctest.NewCLI(t, f.GitLab, config.String())
			cli.Apply(t, 0)
			f.ForgetRequests(t)
			cli.Plan(t, acctest.NoChanges)
			if requests, ok := f.Requests(t); ok && requests.GraphQL["ProjectSnapshots"] != 1 {
				t.Errorf("12 entries of one list took %v", requests.GraphQL)
			}
		},
		"B13 an entry that is there already, or gone already, is no error": func(t *testing.T, f fixture) {
			f.Allow(t, f.source, f.app.Path)
			cli := acctest.NewCLI(t, f.GitLab, single(f.source.Path, targetProject(f.app.Path)))
			cli.Apply(t, 0)
			f.Deny(t, f.source, f.app.Path)
			cli.Must(t, 0, "destroy", "-auto-approve", "-refresh=false")
		},
		"B16 a group's entry is really removed": func(t *testing.T, f fixture) {
			cli := acctest.NewCLI(t, f.GitLab, single(f.source.Path, targetGroup(f.team.Path)))
			cli.Apply(t, 0)
			f.CheckAllowlist(t, f.source, acctest.Entries{f.team.Path: "default"})
			cli.Must(t, 0, "destroy", "-auto-approve")
			f.CheckAllowlist(t, f.source, acctest.Entries{})
		},
		"B20 an answer lost after the write does not fail the apply": func(t *testing.T, f fixture) {
			acctest.NeedsEmbedded(t, f.GitLab)
			cli := acctest.NewCLI(t, f.GitLab, single(f.source.Path, targetProject(f.app.Path)))
			f.Cut(t, "AddEntries", 1, true)
			cli.Apply(t, 0)
			f.CheckAllowlist(t, f.source, acctest.Entries{f.app.Path: "default"})
			cli.Plan(t, acctest.NoChanges)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			show(t, with(t))
		})
	}
}
