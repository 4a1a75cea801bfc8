package credential_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// somebodys is a variable that was there before.
func somebodys(key string, more map[string]any) map[string]any {
	attributes := map[string]any{"key": key, "value": "by-hand-12", "description": "of the release team", "protected": false, "masked": false, "raw": false}
	for name, value := range more {
		attributes[name] = value
	}
	return attributes
}

const postVariable = "POST /api/v4/projects/:id/variables"

// The first delivery of a creation overwrites a variable in use, the second is refused: the first gets back
// what it held. What cannot be put back is named, and the token that it holds lives on in the state.
func TestAccBefore_created(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		more map[string]any
		// delivery is what the first delivery says beside its key.
		delivery string
		stuck    bool
	}{
		"visible":          {},
		"of one scope":     {more: map[string]any{"environment_scope": "production"}, delivery: "\n environment_scope = \"production\""},
		"a file":           {more: map[string]any{"variable_type": "file"}},
		"empty":            {more: map[string]any{"value": ""}},
		"masked":           {more: map[string]any{"masked": true, "protected": true}, delivery: "\n masked = false\n description = \"taken\""},
		"hidden":           {more: map[string]any{"masked_and_hidden": true}, delivery: "\n hidden = true", stuck: true},
		"hidden, by label": {more: map[string]any{"masked_and_hidden": true}, delivery: "\n hidden = true\n raw = false", stuck: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := acctest.New(t)
			acctest.NeedsEmbedded(t, g)
			lib, app, other := g.Project(t, "lib"), g.Project(t, "app"), g.Project(t, "other")
			parent := ofProject(lib, "deploy")
			makeVariable(t, g, "projects", app.ID, somebodys("THEIRS", c.more))
			before := g.Variables(t, "projects", app.ID)
			config := parent.block("t", fmt.Sprintf("  deliveries = {\n a = { project = %q\n key = \"THEIRS\"%s\n }\n b = { project = %q, key = \"OURS\" }\n }", app.Path, c.delivery, other.Path))
			cli := acctest.NewCLI(t, g, config)
			g.Refuse(t, postVariable, 2, 400, "application/json", `{"message":"400 Bad request - not now"}`)
			output := cli.Apply(t, acctest.Failed)
			says(t, output, "Unable to Deliver Token to CI/CD Variable", "not now")
			checkNamed(t, g, cli, parent, "t")
			checkKeys(t, g, "projects", other.ID)
			state, kept := tokenInFile(t, cli, "t")
			if kept != c.stuck {
				t.Errorf("the state has the token: %t", kept)
			}
			if !c.stuck {
				if after := g.Variables(t, "projects", app.ID); !slices.Equal(after, before) {
					t.Errorf("the variable was %+v, and is %+v", before, after)
				}
			} else {
				says(t, output, "Unable to Put CI/CD Variable Back ("+app.Path+": THEIRS)", "THEIRS of "+app.Target()+" holds, or may hold, the deploy token with id "+fmt.Sprint(state.TokenID), "hidden")
				if len(state.Deliveries) != 1 || state.Deliveries["a"]["key"] != "THEIRS" {
					t.Errorf("the state has %v", state.Deliveries)
				}
			}
			g.Calm(t)
			cli.Apply(t, 0)
			cli.Plan(t, acctest.NoChanges)
			checkNamed(t, g, cli, parent, "t")
			checkOpens(t, g, cli, "t", lib, g.Variable(t, "projects", other.ID, "OURS").Value)
			want := "of the release team"
			if strings.Contains(c.delivery, "description") {
				want = "taken"
			}
			if v := g.Variable(t, "projects", app.ID, "THEIRS"); v.Description != want {
				t.Errorf("the description is %q, want %q", v.Description, want)
			}
		})
	}
}

// A renewal that takes somebody's variable over and fails puts that back, and leaves its own with tokens that
// live.
func TestAccBefore_renewed(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsEmbedded(t, g)
	lib, app, other := g.Project(t, "lib"), g.Project(t, "app"), g.Project(t, "other")
	parent := ofProject(lib, "deploy")
	cli := acctest.NewCLI(t, g, parent.block("t", deliver(other, map[string]string{"own": `key = "OWN"`})))
	cli.Apply(t, 0)
	makeVariable(t, g, "projects", app.ID, somebodys("THEIRS", nil))
	before := g.Variables(t, "projects", app.ID)
	// What is written is not answered, so that nobody knows whether it was.
	cli.Configure(t, parent.block("t", fmt.Sprintf("  username = \"renewed\"\n  deliveries = {\n a = { project = %q, key = \"THEIRS\" }\n own = { project = %q, key = \"OWN\" }\n }", app.Path, other.Path)))
	g.Cut(t, "PUT /api/v4/projects/:id/variables/:key", 20, true)
	cli.PlanJSON(t)
	output := cli.ApplySaved(t, acctest.Failed)
	if !acctest.Says(output, "Unable to Deliver Token to CI/CD Variable") {
		t.Errorf("the apply says:\n%s", output)
	}
	g.Calm(t)
	checkNamed(t, g, cli, parent, "t")
	if !opens(t, g, lib, "renewed", g.Variable(t, "projects", other.ID, "OWN").Value) {
		found := false
		for _, token := range g.Tokens(t, parent.of, parent.id, parent.list) {
			found = found || opens(t, g, lib, token.Username, g.Variable(t, "projects", other.ID, "OWN").Value)
		}
		if !found {
			t.Error("the own variable holds a dead token")
		}
	}
	theirs := g.Variables(t, "projects", app.ID)
	if state := mustState(t, cli, "t"); state.Deliveries["a"] == nil && !slices.Equal(theirs, before) {
		t.Errorf("the variable was %+v, and is %+v, and the state does not have it", before, theirs)
	}
	cli.Apply(t, 0)
	cli.Plan(t, acctest.NoChanges)
	checkNamed(t, g, cli, parent, "t")
	checkOpens(t, g, cli, "t", lib, g.Variable(t, "projects", app.ID, "THEIRS").Value)
}

// The description of a variable outlives every new token, unless a delivery says another.
func TestAccBefore_description(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	lib, app := g.Project(t, "lib"), g.Project(t, "app")
	parent := ofProject(lib, "deploy")
	makeVariable(t, g, "projects", app.ID, somebodys("THEIRS", nil))
	config := func(more, user string) string {
		return parent.block("t", "  username = \""+user+"\"\n"+deliver(app, map[string]string{"one": `key = "THEIRS"` + more, "two": `key = "OURS"` + more}))
	}
	check := func(theirs, ours string) {
		t.Helper()
		if v := g.Variable(t, "projects", app.ID, "THEIRS"); v.Description != theirs {
			t.Errorf("the variable that was there says %q, want %q", v.Description, theirs)
		}
		if v := g.Variable(t, "projects", app.ID, "OURS"); v.Description != ours {
			t.Errorf("the variable that was made says %q, want %q", v.Description, ours)
		}
		cli := g.Tokens(t, parent.of, parent.id, parent.list)
		if len(cli) != 1 {
			t.Errorf("%d tokens live", len(cli))
		}
	}
	cli := acctest.NewCLI(t, g, config("", "first"))
	cli.Apply(t, 0)
	check("of the release team", "")
	changeVariable(t, g, app, "OURS", map[string]any{"description": "by hand"})
	cli.Plan(t, acctest.NoChanges)
	cli.Configure(t, config("", "second"))
	cli.Apply(t, 0)
	check("of the release team", "by hand")
	cli.Configure(t, config("\n hidden = true", "second"))
	cli.Apply(t, 0)
	check("of the release team", "by hand")
	id := mustState(t, cli, "t").TokenID

	cli.Configure(t, config("\n hidden = true\n description = \"said\"", "second"))
	cli.Apply(t, 0)
	check("said", "said")
	changeVariable(t, g, app, "OURS", map[string]any{"description": "by hand"})
	says(t, cli.Plan(t, acctest.Changes), `description       = "by hand" -> "said"`)
	cli.Apply(t, 0)
	cli.Plan(t, acctest.NoChanges)
	check("said", "said")
	if after := mustState(t, cli, "t").TokenID; after != id {
		t.Errorf("a description made token %d of %d", after, id)
	}
	cli.Configure(t, config("\n hidden = true", "second"))
	cli.Apply(t, 0)
	cli.Plan(t, acctest.NoChanges)
	check("said", "said")
}
