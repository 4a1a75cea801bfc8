package credential_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// A delivery is its variable: under another label nothing is written, and no token is made.
func TestAccRelabel(t *testing.T) {
	t.Parallel()
	const one, two = `key = "ONE"`, "key = \"TWO\"\n hidden = true"
	for name, c := range map[string]struct {
		after map[string]string
		// first is done before.
		first func(t *testing.T, g *acctest.GitLab, app acctest.Project) acctest.Project
		// keys are those that are left; writes are those that the apply does.
		keys   []string
		writes int
	}{
		"one renamed": {after: map[string]string{"uno": one, "two": two}, keys: []string{"ONE", "TWO"}},
		"exchanged":   {after: map[string]string{"two": one, "one": two}, keys: []string{"ONE", "TWO"}},
		"renamed, spelled by id": {
			after: map[string]string{"uno": one, "two": two},
			first: func(_ *testing.T, _ *acctest.GitLab, app acctest.Project) acctest.Project {
				return acctest.Project{ID: app.ID, Path: fmt.Sprint(app.ID)}
			},
			keys: []string{"ONE", "TWO"},
		},
		"renamed, the path taken over": {
			after: map[string]string{"uno": one, "dos": two},
			first: func(t *testing.T, g *acctest.GitLab, app acctest.Project) acctest.Project {
				t.Helper()
				takeOver(t, g, app, "app")
				return app
			},
			keys: []string{"ONE", "TWO"},
		},
		"one takes the other's label": {after: map[string]string{"one": two}, keys: []string{"TWO"}, writes: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := acctest.New(t)
			lib, app := g.Project(t, "lib"), g.Project(t, "app")
			parent := ofProject(lib, "deploy")
			cli := acctest.NewCLI(t, g, parent.block("t", deliver(app, map[string]string{"one": one, "two": two})))
			cli.Apply(t, 0)
			before := mustState(t, cli, "t")
			if c.first != nil {
				app = c.first(t, g, app)
			}
			cli.Configure(t, parent.block("t", deliver(app, c.after)))
			planned := cli.PlanJSON(t)
			checkPlanned(t, planned, "jobtoken_project_deploy_token.t", false)
			if planned.Says("Token Is Made Anew") || planned.Says("is there already") {
				t.Errorf("the plan alarms:\n%s", planned.Output)
			}
			g.ForgetRequests(t)
			cli.ApplySaved(t, 0)
			checkWrites(t, g, c.writes)
			cli.Plan(t, acctest.NoChanges)
			after := mustState(t, cli, "t")
			if after.TokenID != before.TokenID {
				t.Errorf("token %d became %d", before.TokenID, after.TokenID)
			}
			if labels := slices.Sorted(maps.Keys(after.Deliveries)); !slices.Equal(labels, slices.Sorted(maps.Keys(c.after))) {
				t.Errorf("the state has the labels %v", labels)
			}
			checkKeys(t, g, "projects", app.ID, c.keys...)
			cli.Configure(t, "")
			cli.Apply(t, 0)
			checkKeys(t, g, "projects", app.ID)
		})
	}
}

// A new token that is refused leaves the labels of the state as they were.
func TestAccRelabel_refused(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsEmbedded(t, g)
	lib, app := g.Project(t, "lib"), g.Project(t, "app")
	parent := ofProject(lib, "deploy")
	cli := acctest.NewCLI(t, g, parent.block("t", deliver(app, map[string]string{"one": `key = "ONE"`, "two": `key = "TWO"`})))
	cli.Apply(t, 0)
	cli.Configure(t, parent.block("t", "  username = \"renewed\"\n"+deliver(app, map[string]string{"two": `key = "ONE"`, "one": `key = "TWO"`})))
	g.Refuse(t, "POST /api/v4/projects/:id/deploy_tokens", 1, 400, "application/json", `{"message":"400 Bad request - not now"}`)
	cli.Apply(t, acctest.Failed)
	state := mustState(t, cli, "t")
	if state.Deliveries["one"]["key"] != "ONE" || state.Deliveries["two"]["key"] != "TWO" {
		t.Errorf("the state has %v", state.Deliveries)
	}
	cli.Configure(t, parent.block("t", deliver(app, map[string]string{"one": `key = "ONE"`, "two": `key = "TWO"`})))
	cli.Plan(t, acctest.NoChanges)
	cli.Configure(t, parent.block("t", "  username = \"renewed\"\n"+deliver(app, map[string]string{"two": `key = "ONE"`, "one": `key = "TWO"`})))
	cli.Apply(t, 0)
	cli.Plan(t, acctest.NoChanges)
	checkKeys(t, g, "projects", app.ID, "ONE", "TWO")
	checkOpens(t, g, cli, "t", lib, g.Variable(t, "projects", app.ID, "ONE").Value)
}
