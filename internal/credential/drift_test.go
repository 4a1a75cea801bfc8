package credential_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// driftedToken is a token with one variable, applied, for a test that changes the variable by hand.
type driftedToken struct {
	*acctest.GitLab
	cli      *acctest.CLI
	parent   parentage
	lib, app acctest.Project
	before   stated
	secret   string
}

const driftedAddress = "jobtoken_project_deploy_token.t"

// delivered makes a token whose secret is in KEY, and whose user name is in NAME.
func delivered(t *testing.T, more string) driftedToken {
	t.Helper()
	g := acctest.New(t)
	d := driftedToken{GitLab: g, lib: g.Project(t, "lib"), app: g.Project(t, "app")}
	d.parent = ofProject(d.lib, "deploy")
	d.cli = acctest.NewCLI(t, g, d.parent.block("t", deliver(d.app, map[string]string{
		"one": "key = \"KEY\"\n" + more, "user": "key = \"NAME\"\n store = \"username\"",
	})))
	d.cli.Apply(t, 0)
	d.before, d.secret = mustState(t, d.cli, "t"), g.Variable(t, "projects", d.app.ID, "KEY").Value
	return d
}

// checkRepaired fails the test unless plans are empty again, and KEY opens the project with a token that
// is new or is not.
func (d driftedToken) checkRepaired(t *testing.T, anew bool) {
	t.Helper()
	d.cli.Plan(t, acctest.NoChanges)
	after := mustState(t, d.cli, "t")
	if (after.TokenID != d.before.TokenID) != anew {
		t.Errorf("the token %d became %d, want a new one: %t", d.before.TokenID, after.TokenID, anew)
	}
	checkNamed(t, d.GitLab, d.cli, d.parent, "t")
	v := d.Variable(t, "projects", d.app.ID, "KEY")
	if !v.Protected || !v.Masked || !v.Raw || v.Type != "env_var" {
		t.Errorf("the variable is %+v", v)
	}
	if !v.Hidden {
		checkOpens(t, d.GitLab, d.cli, "t", d.lib, v.Value)
	}
	if anew && opens(t, d.GitLab, d.lib, d.before.Username, d.secret) {
		t.Error("the old token still works")
	}
}

// What others do to a variable shows in the plan, as far as it can be seen, and one apply repairs it.
func TestAccDrift_variable(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		more  string
		drift func(*testing.T, driftedToken)
		// anew means that the repair takes a new token, says what the plan shows.
		anew bool
		says []string
		// keys are the variables after the repair.
		keys []string
	}{
		"deleted": {
			drift: func(t *testing.T, d driftedToken) { t.Helper(); dropVariable(t, d.GitLab, d.app, "KEY") },
			anew:  true, keys: []string{"KEY", "NAME"},
			says: []string{`+ "one" = {`, `because the delivery "one" needs its secret, which nobody knows any more`},
		},
		"given another value": {
			drift: func(t *testing.T, d driftedToken) {
				t.Helper()
				changeVariable(t, d.GitLab, d.app, "KEY", map[string]any{"value": "something-else"})
			},
			anew: true, keys: []string{"KEY", "NAME"},
			says: []string{"rotation_due", "KEY of project", "was given another value"},
		},
		"flags changed": {
			drift: func(t *testing.T, d driftedToken) {
				t.Helper()
				changeVariable(t, d.GitLab, d.app, "KEY", map[string]any{"protected": false, "masked": false, "raw": false})
				changeVariable(t, d.GitLab, d.app, "NAME", map[string]any{"masked": true})
			},
			keys: []string{"KEY", "NAME"},
			says: []string{"masked = false -> null", "protected = false -> null", "raw = false -> null", "masked = true -> null"},
		},
		"made a file": {
			drift: func(t *testing.T, d driftedToken) {
				t.Helper()
				changeVariable(t, d.GitLab, d.app, "KEY", map[string]any{"variable_type": "file"})
			},
			anew: true, keys: []string{"KEY", "NAME"},
			says: []string{"rotation_due", "KEY of project"},
		},
		"given another scope": {
			drift: func(t *testing.T, d driftedToken) {
				t.Helper()
				changeVariable(t, d.GitLab, d.app, "KEY", map[string]any{"environment_scope": "production"})
			},
			anew: true, keys: []string{"KEY", "KEY@production", "NAME"},
			says: []string{`+ "one" = {`},
		},
		"given a namesake in another scope": {
			more: `environment_scope = "production"`,
			drift: func(t *testing.T, d driftedToken) {
				t.Helper()
				makeVariable(t, d.GitLab, "projects", d.app.ID, map[string]any{"key": "KEY", "value": "by-hand", "environment_scope": "review/*"})
				d.Admin(t, "PUT", fmt.Sprintf("/projects/%d/variables/KEY?filter[environment_scope]=production", d.app.ID), map[string]any{"protected": false}, nil)
			},
			keys: []string{"KEY@production", "KEY@review/*", "NAME"},
			says: []string{"protected = false -> null"},
		},
		"the user name's deleted": {
			drift: func(t *testing.T, d driftedToken) { t.Helper(); dropVariable(t, d.GitLab, d.app, "NAME") },
			keys:  []string{"KEY", "NAME"},
			says:  []string{`+ "user" = {`},
		},
		"a hidden one deleted": {
			more:  "hidden = true",
			drift: func(t *testing.T, d driftedToken) { t.Helper(); dropVariable(t, d.GitLab, d.app, "KEY") },
			anew:  true, keys: []string{"KEY", "NAME"},
			says: []string{`+ "one" = {`},
		},
		"made again, not hidden": {
			more: "hidden = true",
			drift: func(t *testing.T, d driftedToken) {
				t.Helper()
				dropVariable(t, d.GitLab, d.app, "KEY")
				makeVariable(t, d.GitLab, "projects", d.app.ID, map[string]any{"key": "KEY", "value": "by-hand"})
			},
			anew: true, keys: []string{"KEY", "NAME"},
			says: []string{"rotation_due", "KEY of project"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := delivered(t, c.more)
			c.drift(t, d)
			planned := d.cli.PlanJSON(t)
			checkPlanned(t, planned, driftedAddress, c.anew)
			for _, words := range c.says {
				if !planned.Says(words) {
					t.Errorf("the plan does not say %q:\n%s", words, planned.Output)
				}
			}
			d.cli.ApplySaved(t, 0)
			checkKeys(t, d.GitLab, "projects", d.app.ID, c.keys...)
			if v := d.Variable(t, "projects", d.app.ID, "KEY"); v.Scope == "*" {
				d.checkRepaired(t, c.anew)
				return
			}
			d.cli.Plan(t, acctest.NoChanges)
			checkNamed(t, d.GitLab, d.cli, d.parent, "t")
		})
	}
}

// Nobody can see what a hidden variable holds: what was written into it shows in no plan, and a new
// token puts it right.
func TestAccDrift_hidden(t *testing.T) {
	t.Parallel()
	d := delivered(t, "hidden = true")
	changeVariable(t, d.GitLab, d.app, "KEY", map[string]any{"value": "something-else"})
	d.cli.Plan(t, acctest.NoChanges)
	d.cli.Configure(t, "")
	d.cli.Apply(t, 0)
	checkKeys(t, d.GitLab, "projects", d.app.ID)
	checkNamed(t, d.GitLab, d.cli, d.parent)
}

// Without a refresh nothing of a drift is known: flags are as in the state, and no token is made.
func TestAccDrift_withoutRefresh(t *testing.T) {
	t.Parallel()
	d := delivered(t, "")
	changeVariable(t, d.GitLab, d.app, "KEY", map[string]any{"value": "something-else"})
	d.cli.Plan(t, acctest.NoChanges, "-refresh=false")
	d.Advance(t, time.Hour)
	d.cli.Plan(t, acctest.Changes)
}

// A variable whose value is somebody else's by now outlives the token.
func TestAccDrift_keptAtDestroy(t *testing.T) {
	t.Parallel()
	d := delivered(t, "")
	changeVariable(t, d.GitLab, d.app, "KEY", map[string]any{"value": "something-else"})
	d.cli.Configure(t, "")
	output := d.cli.Apply(t, 0)
	for _, words := range []string{"CI/CD Variable Is Left as It Is", "KEY of " + d.app.Target() + " is not deleted: it holds another value than was delivered."} {
		if !acctest.Says(output, words) {
			t.Errorf("the destroy does not say %q:\n%s", words, output)
		}
	}
	checkVariables(t, d.GitLab, d.app, map[string]string{"KEY": "protected masked raw: something-else"})
	checkNamed(t, d.GitLab, d.cli, d.parent)
}

// The project that a token goes to can be renamed, moved, deleted or out of sight: the token stays, and
// what cannot be seen is a warning.
func TestAccDrift_deliveredProject(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		happens func(*testing.T, driftedToken)
		says    string
		// left are the variables after the destroy; nil where there is no project.
		left []string
	}{
		"renamed": {
			happens: func(t *testing.T, d driftedToken) { t.Helper(); d.Rename(t, d.app, "renamed") },
			says:    "Project Was Renamed",
			left:    []string{},
		},
		"its path taken over": { // the token stays with the project that it was delivered to
			happens: func(t *testing.T, d driftedToken) { t.Helper(); d.Rename(t, d.app, "renamed"); d.Project(t, "app") },
			says:    "Path Belongs to Another Project Now",
			left:    []string{},
		},
		"transferred": {
			happens: func(t *testing.T, d driftedToken) { t.Helper(); d.Transfer(t, d.app, d.Group(t, "sub", &d.Root)) },
			left:    []string{},
		},
		"deleted": {
			happens: func(t *testing.T, d driftedToken) { t.Helper(); d.Delete(t, d.app) },
			says:    "Delivery of Token Cannot Be Checked",
		},
		"out of sight": {
			happens: func(t *testing.T, d driftedToken) {
				t.Helper()
				d.Transfer(t, d.app, d.Group(t, "away-"+d.Root.Path, nil))
			},
			says: "Delivery of Token Cannot Be Checked",
			left: []string{"KEY", "NAME"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := delivered(t, "")
			c.happens(t, d)
			output := d.cli.Plan(t, acctest.NoChanges)
			if c.says != "" && !acctest.Says(output, c.says) {
				t.Errorf("the plan does not say %q:\n%s", c.says, output)
			}
			checkNamed(t, d.GitLab, d.cli, d.parent, "t")
			d.cli.Configure(t, "")
			d.cli.Apply(t, 0)
			checkNamed(t, d.GitLab, d.cli, d.parent)
			if opens(t, d.GitLab, d.lib, d.before.Username, d.secret) {
				t.Error("the token still works after it was destroyed")
			}
			if c.left != nil {
				checkKeys(t, d.GitLab, "projects", d.app.ID, c.left...)
			}
		})
	}
}

// Nothing is delivered to a project that was deleted, whatever is changed of the delivery: somebody else's deletion
// does not hold up the apply. A new variable there is refused at plan.
func TestAccDrift_deliveredToDeleted(t *testing.T) {
	t.Parallel()
	d := delivered(t, "")
	d.Delete(t, d.app)
	d.cli.Configure(t, d.parent.block("t", deliver(d.app, map[string]string{"one": `key = "KEY", description = "of the library"`})))
	says(t, d.cli.Apply(t, 0), "Project of a Delivery Was Deleted", "1 changed")
	d.cli.Plan(t, acctest.NoChanges)
	d.cli.Configure(t, d.parent.block("t", deliver(d.app, map[string]string{"one": `key = "OTHER"`})))
	says(t, d.cli.Plan(t, acctest.Failed), "Unable to Find Project")
}

// A delivery that leads nowhere any more is replaced by one elsewhere.
func TestAccDrift_deliveredElsewhere(t *testing.T) {
	t.Parallel()
	d := delivered(t, "")
	other := d.Project(t, "other")
	d.Delete(t, d.app)
	d.cli.Configure(t, d.parent.block("t", deliver(other, map[string]string{"one": `key = "KEY"`})))
	d.cli.Apply(t, 0)
	d.cli.Plan(t, acctest.NoChanges)
	checkKeys(t, d.GitLab, "projects", other.ID, "KEY")
	checkOpens(t, d.GitLab, d.cli, "t", d.lib, d.Variable(t, "projects", other.ID, "KEY").Value)
	checkNamed(t, d.GitLab, d.cli, d.parent, "t")
}
