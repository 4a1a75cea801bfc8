package credential_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

const readableAddress = "jobtoken_project_deploy_token.t"

// The secret goes into the state from a variable that holds it.
func TestAccReadable_tokenInState(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	lib, app := g.Project(t, "lib"), g.Project(t, "app")
	parent := ofProject(lib, "deploy")
	lines := deliver(app, map[string]string{"one": `key = "KEY"`})
	cli := acctest.NewCLI(t, g, parent.block("t", lines))
	cli.Apply(t, 0)
	before := mustState(t, cli, "t")
	cli.SecretsInState()
	cli.Configure(t, parent.block("t", "  token_in_state = true\n"+lines))
	planned := cli.PlanJSON(t)
	checkPlanned(t, planned, readableAddress, false)
	g.ForgetRequests(t)
	cli.ApplySaved(t, 0)
	if done := writes(t, g); len(done) > 0 {
		t.Errorf("the apply wrote %v", done)
	}
	cli.Plan(t, acctest.NoChanges)
	after := mustState(t, cli, "t")
	if after.TokenID != before.TokenID || after.Token == nil || *after.Token != g.Variable(t, "projects", app.ID, "KEY").Value {
		t.Errorf("token %d became %d, and the state does not have its secret", before.TokenID, after.TokenID)
	}
}

// What the plan saw is gone at the apply: an error before any write, and the next plan makes a new token.
func TestAccReadable_goneMeanwhile(t *testing.T) {
	t.Parallel()
	for name, happens := range map[string]func(t *testing.T, g *acctest.GitLab, app acctest.Project){
		"deleted": func(t *testing.T, g *acctest.GitLab, app acctest.Project) { t.Helper(); dropVariable(t, g, app, "KEY") },
		"changed": func(t *testing.T, g *acctest.GitLab, app acctest.Project) {
			t.Helper()
			changeVariable(t, g, app, "KEY", map[string]any{"value": "by-hand-12"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := acctest.New(t)
			lib, app, other := g.Project(t, "lib"), g.Project(t, "app"), g.Project(t, "other")
			parent := ofProject(lib, "deploy")
			one := fmt.Sprintf("one = { project = %q, key = \"KEY\" }", app.Path)
			cli := acctest.NewCLI(t, g, parent.block("t", "  deliveries = { "+one+" }"))
			cli.Apply(t, 0)
			before := mustState(t, cli, "t")
			// The one that stays is relabelled too: the state keeps its label.
			cli.Configure(t, parent.block("t", fmt.Sprintf("  deliveries = {\n %s\n two = { project = %q, key = \"KEY\" }\n }", strings.Replace(one, "one", "uno", 1), other.Path)))
			checkPlanned(t, cli.PlanJSON(t), readableAddress, false)
			happens(t, g, app)
			g.ForgetRequests(t)
			output := cli.ApplySaved(t, acctest.Failed)
			says(t, output, "Unable to Deliver Token to CI/CD Variable", fmt.Sprintf("Could not find the secret of the deploy token with id %d of the %s.", before.TokenID, lib.Target()), "Nothing was written.")
			if done := writes(t, g); len(done) > 0 {
				t.Errorf("the apply wrote %v", done)
			}
			state := mustState(t, cli, "t")
			if len(state.Deliveries) != 1 || state.Deliveries["one"] == nil || state.RotationDue == nil || *state.RotationDue != "its secret is in no variable any more" {
				t.Errorf("the state has %v, due %v", state.Deliveries, state.RotationDue)
			}
			planned := cli.PlanJSON(t)
			checkPlanned(t, planned, readableAddress, true)
			cli.ApplySaved(t, 0)
			cli.Plan(t, acctest.NoChanges)
			checkNamed(t, g, cli, parent, "t")
			for _, project := range []acctest.Project{app, other} {
				checkOpens(t, g, cli, "t", lib, g.Variable(t, "projects", project.ID, "KEY").Value)
			}
		})
	}
}

// A variable that is gone is made again from one that holds the secret.
func TestAccReadable_variableGone(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	lib, app := g.Project(t, "lib"), g.Project(t, "app")
	parent := ofProject(lib, "deploy")
	cli := acctest.NewCLI(t, g, parent.block("t", deliver(app, map[string]string{"one": `key = "ONE"`, "two": `key = "TWO"`})))
	cli.Apply(t, 0)
	before := mustState(t, cli, "t")
	dropVariable(t, g, app, "ONE")
	checkPlanned(t, cli.PlanJSON(t), readableAddress, false)
	cli.ApplySaved(t, 0)
	cli.Plan(t, acctest.NoChanges)
	if after := mustState(t, cli, "t"); after.TokenID != before.TokenID {
		t.Errorf("token %d became %d", before.TokenID, after.TokenID)
	}
	checkOpens(t, g, cli, "t", lib, g.Variable(t, "projects", app.ID, "ONE").Value)
	// A token that has ended is not handed on.
	g.Revoke(t, "projects", lib.ID, "deploy_tokens", before.TokenID)
	dropVariable(t, g, app, "ONE")
	cli.Apply(t, 0)
	if after := mustState(t, cli, "t"); after.TokenID == before.TokenID {
		t.Error("no new token was made")
	}
	checkOpens(t, g, cli, "t", lib, g.Variable(t, "projects", app.ID, "ONE").Value)
}

// An owner that is known only in the apply is a delivery to come: the token stays, and what hangs on it.
func TestAccReadable_unknownOwner(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		hidden, moves bool
		// writes are the kinds of writes of the apply.
		writes int
	}{
		"the same in the end": {},
		"another in the end":  {moves: true, writes: 2},
		// The plan cannot promise that the token stays, and then it does.
		"hidden, the same":    {hidden: true},
		"hidden, another one": {hidden: true, moves: true, writes: 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := acctest.New(t)
			lib, app, other := g.Project(t, "lib"), g.Project(t, "app"), g.Project(t, "other")
			parent := ofProject(lib, "deploy")
			config := func(path string, rev int) string {
				return fmt.Sprintf("resource \"terraform_data\" \"consumer\" {\n input = { path = %q, rev = %d }\n}\n", path, rev) +
					parent.block("t", fmt.Sprintf("  username = \"reader-of-lib\"\n  deliveries = { a = { project = terraform_data.consumer.output.path, key = \"KEY\", hidden = %t } }", c.hidden)) +
					"resource \"terraform_data\" \"downstream\" {\n triggers_replace = jobtoken_project_deploy_token.t.token_id\n}\n"
			}
			cli := acctest.NewCLI(t, g, config(app.Path, 1))
			cli.Apply(t, 0)
			before := mustState(t, cli, "t")
			to := app
			if c.moves {
				to = other
			}
			cli.Configure(t, config(to.Path, 2))
			planned := cli.PlanJSON(t)
			if planned.Says("Token Is Made Anew") != c.hidden {
				t.Errorf("the plan says:\n%s", planned.Output)
			}
			for _, change := range planned.ResourceChanges {
				if change.Address == "terraform_data.downstream" && change.Change.Actions.NoOp() == c.hidden {
					t.Errorf("what hangs on the token is %v", change.Change.Actions)
				}
			}
			checkPlanned(t, planned, readableAddress, c.hidden)
			g.ForgetRequests(t)
			cli.ApplySaved(t, 0)
			checkWrites(t, g, c.writes)
			cli.Plan(t, acctest.NoChanges)
			checkNamed(t, g, cli, parent, "t")
			if after := mustState(t, cli, "t"); (after.TokenID != before.TokenID) != (c.hidden && c.moves) {
				t.Errorf("token %d became %d", before.TokenID, after.TokenID)
			}
			checkKeys(t, g, "projects", to.ID, "KEY")
			if c.moves {
				checkKeys(t, g, "projects", app.ID)
			}
		})
	}
}
