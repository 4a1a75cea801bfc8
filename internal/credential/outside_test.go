package credential_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// everyParent are the four kinds of tokens, in one project and one group.
func everyParent(project acctest.Project, group acctest.Group) map[string]parentage {
	return map[string]parentage{
		"of_project": ofProject(project, "deploy"), "for_project": ofProject(project, "access"),
		"of_group": ofGroup(group, "deploy"), "for_group": ofGroup(group, "access"),
	}
}

// blocks declares a token of each parent, with a variable KEY_<label> in a project.
func blocks(parents map[string]parentage, to acctest.Project, more string) string {
	config := ""
	for label, parent := range parents {
		config += parent.block(label, more+"\n"+deliver(to, map[string]string{"one": fmt.Sprintf("key = %q", "KEY_"+label)}))
	}
	return config
}

// A token that somebody ended before its time is made anew, and the plan says why.
func TestAccOutside_ended(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	lib, app := g.Project(t, "lib"), g.Project(t, "app")
	parents := everyParent(lib, g.Root)
	cli := acctest.NewCLI(t, g, blocks(parents, app, ""))
	cli.Apply(t, 0)
	before := map[string]stated{}
	for label, parent := range parents {
		before[label] = mustState(t, cli, label)
		g.Revoke(t, parent.of, parent.id, parent.list, before[label].TokenID)
	}
	planned := cli.PlanJSON(t)
	for label, parent := range parents {
		checkPlanned(t, planned, "jobtoken_"+parent.resource+"."+label, true)
		why := fmt.Sprintf("deploy token %d was deleted", before[label].TokenID)
		if parent.list == "access_tokens" {
			why = fmt.Sprintf("access token %d was revoked", before[label].TokenID)
		}
		if !planned.Says(why) {
			t.Errorf("the plan does not say %q:\n%s", why, planned.Output)
		}
	}
	cli.ApplySaved(t, 0)
	cli.Plan(t, acctest.NoChanges)
	for label, parent := range parents {
		after := mustState(t, cli, label)
		if after.TokenID == before[label].TokenID || !after.Active || after.RotationDue != nil {
			t.Errorf("%s is %+v after the repair", label, after)
		}
		checkNamed(t, g, cli, parent, label)
		checkOpens(t, g, cli, label, lib, g.Variable(t, "projects", app.ID, "KEY_"+label).Value)
	}
}

// A token that came to its fixed end warns and plans nothing; a later end makes a new one.
func TestAccOutside_expired(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	lib, app := g.Project(t, "lib"), g.Project(t, "app")
	parents := everyParent(lib, g.Root)
	until := func(days int) string {
		return fmt.Sprintf("  expires_at = %q\n", g.Clock(t).AddDate(0, 0, days).Format(time.DateOnly))
	}
	cli := acctest.NewCLI(t, g, blocks(parents, app, until(5)))
	cli.Apply(t, 0)
	before := map[string]stated{}
	for label := range parents {
		before[label] = mustState(t, cli, label)
	}
	g.Advance(t, 6*24*time.Hour)
	output := cli.Plan(t, acctest.NoChanges)
	for label, parent := range parents {
		if !acctest.Says(output, "Token Has Expired ("+parent.path+": "+label+")") {
			t.Errorf("the plan does not warn of %s:\n%s", label, output)
		}
	}
	cli.Configure(t, blocks(parents, app, until(5)))
	cli.Apply(t, 0)
	cli.Plan(t, acctest.NoChanges)
	for label := range parents {
		if after := mustState(t, cli, label); after.TokenID == before[label].TokenID || !after.Active {
			t.Errorf("%s is %+v after a later expires_at", label, after)
		}
		checkOpens(t, g, cli, label, lib, g.Variable(t, "projects", app.ID, "KEY_"+label).Value)
	}
}

// A project that moved keeps its token, and the token can still be destroyed.
func TestAccOutside_parentMoved(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		move func(*testing.T, *acctest.GitLab, acctest.Project) acctest.Project
		says string
	}{
		"renamed": {
			func(t *testing.T, g *acctest.GitLab, lib acctest.Project) acctest.Project {
				t.Helper()
				return g.Rename(t, lib, "renamed")
			}, "Project Was Renamed",
		},
		"C05 transferred": {
			func(t *testing.T, g *acctest.GitLab, lib acctest.Project) acctest.Project {
				t.Helper()
				return g.Transfer(t, lib, g.Group(t, "sub", &g.Root))
			}, "Project Was Renamed",
		},
		"scheduled for deletion": {
			func(t *testing.T, g *acctest.GitLab, lib acctest.Project) acctest.Project {
				t.Helper()
				return g.ScheduleDeletion(t, lib)
			}, "Project Is Scheduled for Deletion",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := acctest.New(t)
			lib, app := g.Project(t, "lib"), g.Project(t, "app")
			parents := map[string]parentage{"of_project": ofProject(lib, "deploy"), "for_project": ofProject(lib, "access")}
			cli := acctest.NewCLI(t, g, blocks(parents, app, ""))
			cli.Apply(t, 0)
			before := mustState(t, cli, "of_project")
			secret := g.Variable(t, "projects", app.ID, "KEY_of_project").Value
			lib = c.move(t, g, lib)
			if output := cli.Plan(t, acctest.NoChanges); !acctest.Says(output, c.says) {
				t.Errorf("the plan does not say %q:\n%s", c.says, output)
			}
			for label, parent := range parents {
				checkNamed(t, g, cli, parent, label)
			}
			cli.Configure(t, "")
			cli.Apply(t, 0)
			for _, parent := range parents {
				checkNamed(t, g, cli, parent)
			}
			checkKeys(t, g, "projects", app.ID)
			if opens(t, g, lib, before.Username, secret) {
				t.Error("the token still works after it was destroyed")
			}
		})
	}
}

// A project that was deleted takes its tokens along. They stay in the state for what was delivered of them to
// projects that live, until an apply takes that back.
func TestAccOutside_parentDeleted(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	lib, app := g.Project(t, "lib"), g.Project(t, "app")
	parents := map[string]parentage{"of_project": ofProject(lib, "deploy"), "for_project": ofProject(lib, "access")}
	config := blocks(parents, app, "")
	cli := acctest.NewCLI(t, g, strings.Replace(config, "deliveries = {", fmt.Sprintf("deliveries = {\n inside = { project = %q, key = \"INSIDE\" }", lib.Path), 1))
	cli.Apply(t, 0)
	g.Delete(t, lib)
	says(t, cli.Plan(t, 0), "Project Was Deleted ("+lib.Path+")", "No changes")
	cli.Configure(t, "")
	output := cli.Apply(t, 0)
	if !acctest.Says(output, "Project Was Deleted ("+lib.Path+")") {
		t.Errorf("nothing warns of the deletion:\n%s", output)
	}
	if !acctest.Says(output, "is still there: KEY_of_project of project "+app.Path) || !acctest.Says(output, "2 destroyed") {
		t.Errorf("the variables that the apply deletes are not named, or it has no line:\n%s", output)
	}
	if acctest.Says(output, "INSIDE of") {
		t.Errorf("it asks for a variable of the project that is gone:\n%s", output)
	}
	for label := range parents {
		if _, there := tokenInFile(t, cli, label); there {
			t.Errorf("the state still has %s", label)
		}
	}
	checkKeys(t, g, "projects", app.ID)
}

// A destroy whose token went with its project still takes back what was delivered to projects that live, and
// asks for nothing of those that do not.
func TestAccOutside_parentDeletedBeforeTheDestroy(t *testing.T) {
	t.Parallel()
	for name, ofTeam := range map[string]bool{"a project's": false, "a group's": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := acctest.New(t)
			team, app := g.Group(t, "team", &g.Root), g.Project(t, "app")
			lib := g.ProjectIn(t, team, "lib")
			parent := ofProject(lib, "access")
			if ofTeam {
				parent = ofGroup(team, "access")
			}
			cli := acctest.NewCLI(t, g, parent.block("t", fmt.Sprintf("  deliveries = {\n a = { project = %q, key = \"DEAD\" }\n b = { project = %q, key = \"LIVES\" }\n c = { project = %q, key = \"HIDDEN\", hidden = true }\n d = { project = %q, key = \"CHANGED\" }\n }",
				lib.Path, app.Path, app.Path, app.Path)))
			cli.Apply(t, 0)
			changeVariable(t, g, app, "CHANGED", map[string]any{"value": "by-hand-12"})
			cli.PlanJSON(t, "-destroy")
			g.Delete(t, lib)
			if ofTeam {
				g.DeleteGroup(t, team)
			}
			output := cli.ApplySaved(t, 0)
			if acctest.Says(output, "DEAD") {
				t.Errorf("it asks for a variable of the project that is gone:\n%s", output)
			}
			says(t, output, "Was Deleted ("+parent.path+")", "CHANGED of "+app.Target()+" is not deleted: it holds another value than was delivered.")
			checkKeys(t, g, "projects", app.ID, "CHANGED")
			if _, there := tokenInFile(t, cli, "t"); there {
				t.Error("the state still has the token")
			}
		})
	}
}

// The same where the deletion came before the plan: a destroy takes back what was delivered, and a new project
// at the same path gets a new token, which the variables are given.
func TestAccOutside_parentDeletedBeforeThePlan(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	lib, app := g.Project(t, "lib"), g.Project(t, "app")
	cli := acctest.NewCLI(t, g, ofProject(lib, "deploy").block("t", fmt.Sprintf(
		"  deliveries = {\n a = { project = %q, key = \"LIVES\" }\n b = { project = %q, key = \"HIDDEN\", hidden = true }\n }", app.Path, app.Path)))
	cli.Apply(t, 0)
	g.Delete(t, lib)
	taker := g.Project(t, "lib")
	output := cli.Apply(t, 0)
	says(t, output, "Project Was Deleted ("+lib.Path+")", "1 added, 0 changed, 1 destroyed")
	if token, there := tokenInFile(t, cli, "t"); !there || token.ProjectID != taker.ID {
		t.Errorf("the state has %v, not a token of the new project", token)
	}
	checkKeys(t, g, "projects", app.ID, "HIDDEN", "LIVES")
	cli.Plan(t, 0)

	g.Delete(t, taker)
	says(t, cli.Must(t, 0, "destroy", "-auto-approve", "-no-color"), "1 destroyed")
	checkKeys(t, g, "projects", app.ID)
	if _, there := tokenInFile(t, cli, "t"); there {
		t.Error("the state still has the token")
	}
}

// What is out of sight is not gone: an error, nothing is dropped from the state and nothing is changed,
// however many tokens there are.
func TestAccOutside_outOfSight(t *testing.T) {
	t.Parallel()
	for name, inProject := range map[string]bool{"a project": true, "a top-level group": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := acctest.New(t)
			app := g.Project(t, "app")
			team := g.Group(t, "team-"+g.Root.Path, nil)
			g.Member(t, "groups", team.ID, g.User, acctest.Owner)
			lib := g.ProjectIn(t, team, "lib")
			parents := map[string]parentage{"one": ofProject(lib, "deploy"), "two": ofProject(lib, "deploy"), "three": ofProject(lib, "access")}
			if !inProject {
				parents = map[string]parentage{"one": ofGroup(team, "deploy"), "two": ofGroup(team, "deploy"), "three": ofGroup(team, "access")}
			}
			cli := acctest.NewCLI(t, g, blocks(parents, app, ""))
			cli.Apply(t, 0)
			before := map[string]stated{}
			for label := range parents {
				before[label] = mustState(t, cli, label)
			}
			g.Expel(t, "groups", team.ID, g.User)
			g.ForgetRequests(t)
			for _, command := range [][]string{
				{"plan", "-input=false"}, {"refresh"}, {"apply", "-auto-approve", "-refresh-only"}, {"destroy", "-auto-approve", "-refresh=false"},
			} {
				if output := cli.Must(t, acctest.Failed, command...); !acctest.Says(output, "Unable to") {
					t.Errorf("%v says:\n%s", command, output)
				}
			}
			if requests, counted := g.Requests(t); counted && len(requests.Writes()) > 0 {
				t.Errorf("something was written: %v", requests.Writes())
			}
			for label := range parents {
				after, there := tokenInFile(t, cli, label)
				if !there || after.TokenID != before[label].TokenID || after.RotationDue != nil || !after.Active {
					t.Errorf("the state has %+v in place of %+v", after, before[label])
				}
			}
			checkKeys(t, g, "projects", app.ID, "KEY_one", "KEY_three", "KEY_two")

			g.Member(t, "groups", team.ID, g.User, acctest.Owner)
			cli.Plan(t, acctest.NoChanges)
			for _, parent := range parents {
				if parent.list == "deploy_tokens" {
					checkNamed(t, g, cli, parent, "one", "two")
				} else {
					checkNamed(t, g, cli, parent, "three")
				}
			}
		})
	}
}

// A role that is too low for the list of tokens is an error for all of them, and changes no state.
func TestAccOutside_roleTooLowToRead(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	app := g.Project(t, "app")
	team := g.Group(t, "team-"+g.Root.Path, nil)
	g.Member(t, "groups", team.ID, g.User, acctest.Owner)
	lib := g.ProjectIn(t, team, "lib")
	parents := map[string]parentage{"one": ofProject(lib, "deploy"), "two": ofProject(lib, "deploy"), "three": ofProject(lib, "access")}
	cli := acctest.NewCLI(t, g, blocks(parents, app, ""))
	cli.Apply(t, 0)
	before := mustState(t, cli, "two")
	g.SetRole(t, "groups", team.ID, g.User, acctest.Developer)
	for _, command := range [][]string{{"plan", "-input=false"}, {"refresh"}, {"destroy", "-auto-approve", "-refresh=false"}} {
		if output := cli.Must(t, acctest.Failed, command...); !acctest.Says(output, "Maintainer role") {
			t.Errorf("%v says:\n%s", command, output)
		}
	}
	g.SetRole(t, "groups", team.ID, g.User, acctest.Owner)
	for label := range parents {
		if after, there := tokenInFile(t, cli, label); !there || !after.Active || after.RotationDue != nil || label == "two" && after.TokenID != before.TokenID {
			t.Errorf("the state of %s is %+v", label, after)
		}
	}
	cli.Plan(t, acctest.NoChanges)
	checkNamed(t, g, cli, parents["one"], "one", "two")
	checkNamed(t, g, cli, parents["three"], "three")
}

// A role lost between plan and apply ends in an error, with no token that the state does not name; once
// it is given again, one apply makes all of it right.
func TestAccOutside_roleLost(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind string
		// first is applied before, second planned; more lines of the token.
		first, second string
		// inTeam says where the role is lost: of the token's project, or of the second variable's.
		tokenInTeam bool
		says        string
		// live is how many tokens there are after the failed apply.
		live int
	}{
		"making a deploy token": {
			kind: "deploy", second: " ", tokenInTeam: true, says: "Unable to Create Token",
		},
		"making an access token": {
			kind: "access", second: " ", tokenInTeam: true, says: "Unable to Create Token",
		},
		"making the next token": {
			kind: "deploy", first: "  username = \"first\"", second: "  username = \"second\"", tokenInTeam: true, says: "Unable to Create Token", live: 1,
		},
		"having GitLab rotate it": {
			kind: "access", first: "  rotation = {\n every_days = 10\n overlap_days = 0\n }", tokenInTeam: true, says: "Unable to", live: 1,
		},
		"delivering the first token": {
			kind: "deploy", second: " ", says: "Unable to Deliver Token to CI/CD Variable",
		},
		"delivering the next token": {
			kind: "deploy", first: "  username = \"first\"", second: "  username = \"second\"", says: "Unable to Deliver Token to CI/CD Variable", live: 2,
		},
		"delivering what GitLab rotated": {
			kind: "access", first: "  rotation = {\n every_days = 10\n overlap_days = 0\n }", says: "Unable to Deliver Token to CI/CD Variable", live: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := acctest.New(t)
			team := g.Group(t, "team-"+g.Root.Path, nil)
			g.Member(t, "groups", team.ID, g.User, acctest.Maintainer)
			lib, near, far := g.Project(t, "lib"), g.Project(t, "near"), g.Project(t, "far")
			if c.tokenInTeam {
				lib = g.ProjectIn(t, team, "lib-of-team")
			} else {
				far = g.ProjectIn(t, team, "far-of-team")
			}
			parent := ofProject(lib, c.kind)
			config := func(more string) string {
				return parent.block("t", more+fmt.Sprintf("\n  deliveries = {\n a = { project = %q, key = \"KEY\" }\n b = { project = %q, key = \"KEY\" }\n }", near.Path, far.Path))
			}
			cli := acctest.NewCLI(t, g, config(c.first))
			if c.first != "" {
				cli.Apply(t, 0)
			}
			rotates := strings.Contains(c.first, "rotation")
			if rotates {
				g.Advance(t, 10*24*time.Hour+time.Minute)
			} else {
				cli.Configure(t, config(c.second))
			}
			cli.PlanJSON(t)
			g.SetRole(t, "groups", team.ID, g.User, acctest.Developer)
			if output := cli.ApplySaved(t, acctest.Failed); !acctest.Says(output, c.says) || !acctest.Says(output, "Maintainer") {
				t.Errorf("the apply says:\n%s", output)
			}
			checkNamed(t, g, cli, parent, "t")
			if live := len(g.Tokens(t, parent.of, parent.id, parent.list)); live != c.live {
				t.Errorf("%d tokens live, want %d", live, c.live)
			}
			if _, there := tokenInFile(t, cli, "t"); there != (c.first != "") {
				t.Errorf("the state has the token: %t", there)
			}

			g.SetRole(t, "groups", team.ID, g.User, acctest.Maintainer)
			cli.Apply(t, 0)
			cli.Plan(t, acctest.NoChanges)
			checkNamed(t, g, cli, parent, "t")
			if live := len(g.Tokens(t, parent.of, parent.id, parent.list)); live != 1 {
				t.Errorf("%d tokens live in the end", live)
			}
			for _, to := range []acctest.Project{near, far} {
				checkOpens(t, g, cli, "t", lib, g.Variable(t, "projects", to.ID, "KEY").Value)
			}
		})
	}
}

// A role lost for the variable alone leaves a state that tells what is there, whatever was to be done;
// once it is given again, one apply makes all of it right.
func TestAccOutside_roleLostForVariable(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		// deliveries are those after the change, in the project where the role is lost; none destroys.
		deliveries map[string]string
		// keys are the variables in the end.
		keys []string
	}{
		"destroyed":         {nil, nil},
		"taken out":         {map[string]string{"user": "key = \"NAME\"\n store = \"username\""}, []string{"NAME"}},
		"other flags":       {map[string]string{"one": "key = \"KEY\"\n protected = false", "user": "key = \"NAME\"\n store = \"username\"\n protected = false"}, []string{"KEY", "NAME"}},
		"one more":          {map[string]string{"one": `key = "KEY"`, "user": "key = \"NAME\"\n store = \"username\"", "more": "key = \"MORE\"\n store = \"username\""}, []string{"KEY", "MORE", "NAME"}},
		"under another key": {map[string]string{"one": `key = "KEY"`, "user": "key = \"OTHER\"\n store = \"username\""}, []string{"KEY", "OTHER"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := acctest.New(t)
			team := g.Group(t, "team-"+g.Root.Path, nil)
			g.Member(t, "groups", team.ID, g.User, acctest.Maintainer)
			lib, app := g.Project(t, "lib"), g.ProjectIn(t, team, "app")
			parent := ofProject(lib, "deploy")
			cli := acctest.NewCLI(t, g, parent.block("t", deliver(app, map[string]string{"one": `key = "KEY"`, "user": "key = \"NAME\"\n store = \"username\""})))
			cli.Apply(t, 0)
			before := mustState(t, cli, "t")
			if cli.Configure(t, ""); c.deliveries != nil {
				cli.Configure(t, parent.block("t", deliver(app, c.deliveries)))
			}
			cli.PlanJSON(t)
			g.SetRole(t, "groups", team.ID, g.User, acctest.Developer)
			if output := cli.ApplySaved(t, acctest.Failed); !acctest.Says(output, "CI/CD Variable") || !acctest.Says(output, "Maintainer") {
				t.Errorf("the apply says:\n%s", output)
			}
			if after := mustState(t, cli, "t"); after.TokenID != before.TokenID || len(after.Deliveries) != 2 {
				t.Errorf("the state is %+v, was %+v", after, before)
			}
			if c.deliveries != nil {
				checkNamed(t, g, cli, parent, "t")
			}

			g.SetRole(t, "groups", team.ID, g.User, acctest.Maintainer)
			cli.Apply(t, 0)
			cli.Plan(t, acctest.NoChanges)
			checkKeys(t, g, "projects", app.ID, c.keys...)
			checkNamed(t, g, cli, parent, "t")
			if after, there := tokenInFile(t, cli, "t"); there != (c.deliveries != nil) || there && after.TokenID != before.TokenID {
				t.Errorf("in the end the state has the token: %t, %+v", there, after)
			}
		})
	}
}

// Tokens of one project share one request for the list, and those into one project another: a plan of 10
// takes as many requests as of one.
func TestAccOutside_requestsOfOneProject(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	lib, app := g.Project(t, "lib"), g.Project(t, "app")
	parent, config := ofProject(lib, "deploy"), ""
	for i := range 10 {
		config += parent.block(fmt.Sprintf("t%d", i), deliver(app, map[string]string{"one": fmt.Sprintf("key = \"KEY%d\"", i)}))
	}
	cli := acctest.NewCLI(t, g, config)
	cli.Apply(t, 0)
	g.ForgetRequests(t)
	cli.Plan(t, acctest.NoChanges)
	requests, counted := g.Requests(t)
	if !counted {
		t.Skip("a real GitLab does not count requests")
	}
	t.Logf("%d requests: %v %v", requests.Total, requests.Counts, requests.GraphQL)
	for _, route := range []string{"GET /api/v4/projects/:id/deploy_tokens", "GET /api/v4/projects/:id/variables", "GET /api/v4/metadata"} {
		if requests.Counts[route] != 1 {
			t.Errorf("%d requests of %s, want 1", requests.Counts[route], route)
		}
	}
	if requests.Total > 5 {
		t.Errorf("the plan took %d requests: %v", requests.Total, requests.Counts)
	}
}

// Every project costs a plan two lists and no more.
func TestAccOutside_requestsOfManyProjects(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	config, projects := "", g.Projects(t, "lib", 20)
	for i, lib := range projects {
		config += ofProject(lib, "deploy").block(fmt.Sprintf("t%d", i), deliver(projects[(i+1)%len(projects)], map[string]string{"one": `key = "KEY"`}))
	}
	cli := acctest.NewRacingCLI(t, g, config)
	cli.Apply(t, 0)
	g.ForgetRequests(t)
	cli.Plan(t, acctest.NoChanges)
	requests, counted := g.Requests(t)
	if !counted {
		t.Skip("a real GitLab does not count requests")
	}
	t.Logf("%d requests: %v %v", requests.Total, requests.Counts, requests.GraphQL)
	if requests.Counts["GET /api/v4/projects/:id/deploy_tokens"] != 20 || requests.Counts["GET /api/v4/projects/:id/variables"] != 20 {
		t.Errorf("the lists took %v", requests.Counts)
	}
	if rest := requests.Total - 40; rest > 21 {
		t.Errorf("the plan took %d requests beside the lists: %v %v", rest, requests.Counts, requests.GraphQL)
	}
	if len(requests.Writes()) > 0 {
		t.Errorf("the plan wrote: %v", requests.Writes())
	}
}
