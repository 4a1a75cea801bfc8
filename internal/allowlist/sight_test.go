package allowlist_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// several declares lists that share their entries, one for each source.
func several(sources []acctest.Project, lines ...string) string {
	var b strings.Builder
	for i, source := range sources {
		b.WriteString(strings.Replace(list(source.Path, lines...), `"this"`, fmt.Sprintf(`"list%d"`, i), 1))
	}
	return b.String()
}

// A target that the provider's user cannot see is shown by path when the list is imported, keeps an
// empty plan, and can be removed; its permissions cannot be changed, and it cannot be added again.
func TestAccSight_hiddenTarget(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsVersion(t, g, "18.0")
	source, hidden, app := g.Project(t, "shared-lib"), g.Hidden(t, "secret"), g.Project(t, "app")
	g.Allow(t, source, hidden.Path)
	cli := acctest.NewCLI(t, g, list(source.Path, entries("projects", hidden.Path), "groups = {}"))
	cli.Must(t, 0, "import", address, source.Path)
	cli.Plan(t, acctest.NoChanges)

	cli.Configure(t, list(source.Path, fmt.Sprintf(`projects = { %q = { permissions = ["read_jobs"] }, %q = {} }`, hidden.Path, app.Path), "groups = {}"))
	output := cli.Apply(t, 1)
	for _, want := range []string{"Unable to Change Permissions on Job Token Allowlist", hidden.Path, source.Path, "insufficient permission", "must be able to see a target"} {
		if !acctest.Says(output, want) {
			t.Errorf("the apply does not say %q:\n%s", want, output)
		}
	}
	g.CheckAllowlist(t, source, acctest.Entries{hidden.Path: "default", app.Path: "default"})

	cli.Configure(t, list(source.Path, entries("projects", app.Path), "groups = {}"))
	if output := cli.Apply(t, 0); !acctest.Says(output, fmt.Sprintf("- %q", hidden.Path)) {
		t.Errorf("the plan does not name the hidden target:\n%s", output)
	}
	g.CheckAllowlist(t, source, acctest.Entries{app.Path: "default"})

	cli.Configure(t, list(source.Path, entries("projects", app.Path, hidden.Path), "groups = {}"))
	if output := cli.Plan(t, acctest.Failed); !acctest.Says(output, "Unable to Find Job Token Allowlist Target") {
		t.Errorf("a hidden target is refused with other words:\n%s", output)
	}
}

// The role on one project is lost: an error for its list, and nothing is dropped from the state.
func TestAccSight_roleLostOnOneProject(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	user := g.NewUser(t)
	token := g.NewToken(t, user, "api")
	team := g.Group(t, "team", &g.Root)
	g.Member(t, "groups", team.ID, user, acctest.Developer)
	source, app := g.ProjectIn(t, team, "shared-lib"), g.ProjectIn(t, team, "app")
	g.Member(t, "projects", source.ID, user, acctest.Maintainer)
	g.Token = token
	cli := acctest.NewCLI(t, g, list(source.Path, entries("projects", app.Path)))
	cli.Apply(t, 0)
	g.Expel(t, "projects", source.ID, user)
	output := cli.Plan(t, acctest.Failed)
	for _, want := range []string{"Unable to Read Job Token Allowlist", source.Path, "at least the Maintainer role"} {
		if !acctest.Says(output, want) {
			t.Errorf("the plan does not say %q:\n%s", want, output)
		}
	}
	g.Member(t, "projects", source.ID, user, acctest.Maintainer)
	cli.Plan(t, acctest.NoChanges)
}

// The role on a whole group is lost: one error that names the namespace and shows how to let go, and
// nothing is dropped from the state.
func TestAccSight_roleLostOnGroup(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(*testing.T, *acctest.GitLab, acctest.Group) (says []string){
		"hidden": func(t *testing.T, g *acctest.GitLab, team acctest.Group) []string {
			t.Helper()
			g.Expel(t, "groups", team.ID, g.User)
			return []string{"Unable to Find Project", "nor its namespace " + team.Path, "destroy = false"}
		},
		"too low": func(t *testing.T, g *acctest.GitLab, team acctest.Group) []string {
			t.Helper()
			g.SetRole(t, "groups", team.ID, g.User, acctest.Developer)
			return []string{"Unable to Read Job Token Allowlist", "at least the Maintainer role", "Other projects of " + team.Path}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := acctest.New(t)
			g.Expel(t, "groups", g.Root.ID, g.User)
			team := g.Group(t, "team", &g.Root)
			g.Member(t, "groups", team.ID, g.User, acctest.Maintainer)
			app := g.ProjectIn(t, team, "app")
			var sources []acctest.Project
			for i := range 5 {
				sources = append(sources, g.ProjectIn(t, team, fmt.Sprintf("source%d", i)))
			}
			cli := acctest.NewCLI(t, g, several(sources, entries("projects", app.Path)))
			cli.Apply(t, 0)
			says := lose(t, g, team)
			output := cli.Plan(t, acctest.Failed)
			for _, want := range says {
				if !acctest.Says(output, want) {
					t.Errorf("the plan does not say %q:\n%s", want, output)
				}
			}
			if count := strings.Count(output, "Error:"); count != 1 {
				t.Errorf("one cause gives %d errors:\n%s", count, output)
			}
			if got := strings.Count(cli.Must(t, 0, "state", "list"), address[:len("jobtoken_allowlist")]); got != len(sources) {
				t.Errorf("the state holds %d lists", got)
			}
		})
	}
}

// A token with read_api plans; the first write says what is missing.
func TestAccSight_readOnlyToken(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	g.Token = g.NewToken(t, g.User, "read_api")
	source, app := g.Project(t, "shared-lib"), g.Project(t, "app")
	cli := acctest.NewCLI(t, g, list(source.Path, entries("projects", app.Path)))
	cli.Plan(t, acctest.Changes)
	output := cli.Apply(t, 1)
	for _, want := range []string{"Unable to Add Project to Job Token Allowlist", app.Path, source.Path, "lacks the scope api"} {
		if !acctest.Says(output, want) {
			t.Errorf("the apply does not say %q:\n%s", want, output)
		}
	}
	g.CheckAllowlist(t, source, acctest.Entries{})
}

// A token revoked half-way: what was done is in the state, and the next apply does the rest.
func TestAccSight_tokenRevokedHalfWay(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsEmbedded(t, g)
	source, app, web, old := g.Project(t, "shared-lib"), g.Project(t, "app"), g.Project(t, "web"), g.Project(t, "old")
	cli := acctest.NewCLI(t, g, list(source.Path, entries("projects", old.Path, web.Path)))
	cli.Apply(t, 0)
	cli.Configure(t, list(source.Path, fmt.Sprintf(`projects = { %q = {}, %q = { permissions = ["read_jobs"] } }`, app.Path, web.Path)))
	g.Before(t, "SetPermissions", g.Revocation(g.Token))
	output := cli.Apply(t, 1)
	if !acctest.Says(output, "token is missing, wrong, expired or revoked") {
		t.Errorf("the apply does not tell of the token:\n%s", output)
	}
	g.CheckAllowlist(t, source, acctest.Entries{app.Path: "default", web.Path: "default", old.Path: "default"})
	if strings.Contains(output, g.Token) {
		t.Error("the error shows the token")
	}
	cli.Setenv("GITLAB_TOKEN=" + g.NewToken(t, g.User, "api"))
	if output := cli.Plan(t, acctest.Changes); acctest.Says(output, fmt.Sprintf("+ %q", app.Path)) {
		t.Errorf("what was added is lost from the state:\n%s", output)
	}
	cli.Apply(t, 0)
	g.CheckAllowlist(t, source, acctest.Entries{app.Path: "default", web.Path: "read_jobs"})
}
