package credential_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// takeOver gives the path of a project to a new one.
func takeOver(t *testing.T, g *acctest.GitLab, of acctest.Project, name string) (renamed, taker acctest.Project) {
	t.Helper()
	return g.Rename(t, of, name+"-renamed"), g.Project(t, name)
}

// A path that changes hands between plan and apply stops the apply, before a token is made or a variable
// written; Terraform names both ids.
func TestAccOwners_takenOverAfterThePlan(t *testing.T) {
	t.Parallel()
	stops := func(t *testing.T, g *acctest.GitLab, cli *acctest.CLI, was, is acctest.Project) {
		t.Helper()
		g.ForgetRequests(t)
		output := cli.ApplySaved(t, acctest.Failed)
		says(t, output, ".delivery_owners", fmt.Sprintf(`"project:%d"`, was.ID), fmt.Sprintf(`"project:%d"`, is.ID))
		if done := writes(t, g); len(done) > 0 {
			t.Errorf("the apply wrote %v", done)
		}
		checkKeys(t, g, "projects", is.ID)
	}
	for name, c := range map[string]func(t *testing.T, g *acctest.GitLab, parent parentage, app, other acctest.Project){
		"created": func(t *testing.T, g *acctest.GitLab, parent parentage, app, _ acctest.Project) {
			t.Helper()
			cli := acctest.NewCLI(t, g, parent.block("t", deliver(app, map[string]string{"one": `key = "KEY"`})))
			cli.PlanJSON(t)
			was, is := takeOver(t, g, app, "app")
			stops(t, g, cli, was, is)
			checkNamed(t, g, cli, parent)
		},
		"updated": func(t *testing.T, g *acctest.GitLab, parent parentage, app, other acctest.Project) {
			t.Helper()
			cli := acctest.NewCLI(t, g, parent.block("t", deliver(app, map[string]string{"one": `key = "KEY"`})))
			cli.Apply(t, 0)
			cli.Configure(t, parent.block("t", fmt.Sprintf("  deliveries = {\n one = { project = %q, key = \"KEY\" }\n two = { project = %q, key = \"KEY\" }\n }", app.Path, other.Path)))
			cli.PlanJSON(t)
			was, is := takeOver(t, g, other, "other")
			stops(t, g, cli, was, is)
			checkNamed(t, g, cli, parent, "t")
		},
		"one unknown": func(t *testing.T, g *acctest.GitLab, parent parentage, app, other acctest.Project) {
			t.Helper()
			cli := acctest.NewCLI(t, g, fmt.Sprintf("resource \"terraform_data\" \"to\" {\n input = %q\n}\n", app.Path)+
				parent.block("t", fmt.Sprintf("  deliveries = {\n one = { project = terraform_data.to.output, key = \"KEY\" }\n two = { project = %q, key = \"KEY\" }\n }", other.Path)))
			cli.PlanJSON(t)
			was, is := takeOver(t, g, other, "other")
			stops(t, g, cli, was, is)
			checkNamed(t, g, cli, parent)
		},
		"replaced": func(t *testing.T, g *acctest.GitLab, parent parentage, app, other acctest.Project) {
			t.Helper()
			config := parent.block("t", fmt.Sprintf("  deliveries = {\n one = { project = %q, key = \"KEY\" }\n two = { project = %q, key = \"KEY\" }\n }", app.Path, other.Path))
			cli := acctest.NewCLI(t, g, config)
			cli.Apply(t, 0)
			cli.PlanJSON(t, "-replace=jobtoken_project_deploy_token.t")
			was, is := takeOver(t, g, other, "other")
			stops(t, g, cli, was, is)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := acctest.New(t)
			c(t, g, ofProject(g.Project(t, "lib"), "deploy"), g.Project(t, "app"), g.Project(t, "other"))
		})
	}
}

// A renewal goes to the project that the token was delivered to, whoever has its path by now, and whether or
// not the variable is still there. Every plan says so.
func TestAccOwners_renewal(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ gone, pending bool }{
		"taken over":                              {},
		"variable gone, taken over":               {gone: true},
		"pending deletion, remade":                {pending: true},
		"variable gone, pending deletion, remade": {gone: true, pending: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := acctest.New(t)
			lib, app := g.Project(t, "lib"), g.Project(t, "app")
			parent := ofProject(lib, "deploy")
			lines := func(scope string) string { return deliver(app, map[string]string{"one": `key = "KEY"`}) + scope }
			cli := acctest.NewCLI(t, g, parent.block("t", lines("")))
			cli.Apply(t, 0)
			if c.gone {
				dropVariable(t, g, app, "KEY")
			}
			var taker acctest.Project
			if c.pending {
				g.ScheduleDeletion(t, app)
				taker = g.Project(t, "app")
			} else {
				_, taker = takeOver(t, g, app, "app")
			}
			code := acctest.NoChanges
			if c.gone {
				code = acctest.Changes
			}
			says(t, cli.Plan(t, code), "Path Belongs to Another Project Now ("+app.Path+")", "belongs to the "+taker.Target(), fmt.Sprintf("It stays with the one with id %d", app.ID))
			if c.pending {
				return // GitLab takes no more variables there
			}
			cli.Configure(t, parent.block("t", lines("\n  username = \"renewed\"")))
			cli.Apply(t, 0)
			checkKeys(t, g, "projects", taker.ID)
			checkKeys(t, g, "projects", app.ID, "KEY")
			checkOpens(t, g, cli, "t", lib, g.Variable(t, "projects", app.ID, "KEY").Value)
			says(t, cli.Plan(t, acctest.NoChanges), "Path Belongs to Another Project Now")

			// The one that is meant: both ids are in the plan.
			cli.Configure(t, parent.block("t", fmt.Sprintf("  username = \"renewed\"\n  deliveries = { one = { project = %d, key = \"KEY\" } }", taker.ID)))
			says(t, cli.Apply(t, 0), fmt.Sprintf(`"project:%d" -> "project:%d"`, app.ID, taker.ID))
			checkKeys(t, g, "projects", app.ID)
			checkKeys(t, g, "projects", taker.ID, "KEY")
			cli.Plan(t, acctest.NoChanges)
		})
	}
}

// A renamed project is followed, with a warning until the new path is written, which changes nothing.
func TestAccOwners_renamed(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	lib, app := g.Project(t, "lib"), g.Project(t, "app")
	parent := ofProject(lib, "deploy")
	cli := acctest.NewCLI(t, g, parent.block("t", deliver(app, map[string]string{"one": `key = "KEY"`})))
	cli.Apply(t, 0)
	app = g.Rename(t, app, "renamed")
	says(t, cli.Plan(t, acctest.NoChanges), "Project Was Renamed", "is now "+app.Path)
	cli.Configure(t, parent.block("t", deliver(app, map[string]string{"one": `key = "KEY"`})))
	if output := cli.Plan(t, acctest.NoChanges); acctest.Says(output, "Project Was Renamed") {
		t.Errorf("it still warns:\n%s", output)
	}
}

// A state of an older version has no owners: its plan is empty, with a refresh and without.
func TestAccOwners_olderState(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	lib, app := g.Project(t, "lib"), g.Project(t, "app")
	parent := ofProject(lib, "deploy")
	config := parent.block("t", deliver(app, map[string]string{"one": `key = "KEY"`}))
	cli := acctest.NewCLI(t, g, config)
	cli.Apply(t, 0)
	older := regexp.MustCompile(`(?s)"delivery_owners": \{.*?\}`).ReplaceAllString(stateFile(t, cli), `"delivery_owners": null`)
	if !strings.Contains(older, `"description": null,`) {
		t.Fatal("the state has no description of a delivery")
	}
	older = strings.Replace(older, `"description": null,`, "", 1) // of a delivery, in versions before it could say one
	if err := os.WriteFile(filepath.Join(cli.Dir, "terraform.tfstate"), []byte(older), 0o600); err != nil {
		t.Fatal(err)
	}
	cli.Plan(t, acctest.NoChanges, "-refresh=false")
	cli.Plan(t, acctest.NoChanges)
	cli.Configure(t, parent.block("t", deliver(app, map[string]string{"one": "key = \"KEY\"\n protected = false"})))
	cli.Apply(t, 0, "-refresh=false")
	cli.Plan(t, acctest.NoChanges)
	holds(t, cli, "jobtoken_project_deploy_token.t", map[string]any{"delivery_owners": map[string]any{"one": fmt.Sprintf("project:%d", app.ID)}})
}
