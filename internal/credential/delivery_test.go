package credential_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator"
)

// parentage is a kind of token in one project or group.
type parentage struct {
	// resource is the type without the provider's name: project_deploy_token.
	resource string
	// of and list are GitLab's words for the parent and its tokens: projects, deploy_tokens.
	of, list string
	id       int64
	path     string
}

func ofProject(p acctest.Project, kind string) parentage {
	return parentage{"project_" + kind + "_token", "projects", kind + "_tokens", p.ID, p.Path}
}

func ofGroup(group acctest.Group, kind string) parentage {
	return parentage{"group_" + kind + "_token", "groups", kind + "_tokens", group.ID, group.Path}
}

// block is the resource of a token that reads code, with more lines.
func (p parentage) block(label, more string) string {
	parent, _, _ := strings.Cut(p.resource, "_")
	if p.list == "access_tokens" && !strings.Contains(more, "expires_at") && !strings.Contains(more, "rotation") {
		more = "  " + expires(someDay()) + "\n" + more
	}
	return fmt.Sprintf("resource \"jobtoken_%s\" %q {\n  %s = %q\n  name = %q\n  scopes = [\"read_repository\"]\n%s\n}\n", p.resource, label, parent, p.path, label, more)
}

// deliver are the lines of deliveries that go to a project, by label.
func deliver(to acctest.Project, deliveries map[string]string) string {
	var b strings.Builder
	b.WriteString("  deliveries = {\n")
	for label, more := range deliveries {
		fmt.Fprintf(&b, "    %q = {\n      project = %q\n      %s\n    }\n", label, to.Path, more)
	}
	b.WriteString("  }")
	return b.String()
}

// stated is what a state says of a token.
type stated struct {
	Project     string                    `json:"project"`
	ProjectID   int64                     `json:"project_id"`
	TokenID     int64                     `json:"token_id"`
	Previous    []int64                   `json:"previous_token_ids"`
	Username    string                    `json:"username"`
	Token       *string                   `json:"token"`
	Active      bool                      `json:"active"`
	RotationDue *string                   `json:"rotation_due"`
	Deliveries  map[string]map[string]any `json:"deliveries"`
}

// tokenInFile reads a token from the file of the state; false where it is not there.
func tokenInFile(t *testing.T, cli *acctest.CLI, label string) (stated, bool) {
	t.Helper()
	var state struct {
		Resources []struct {
			Name      string `json:"name"`
			Instances []struct {
				Attributes stated `json:"attributes"`
			} `json:"instances"`
		} `json:"resources"`
	}
	raw, err := os.ReadFile(filepath.Join(cli.Dir, "terraform.tfstate"))
	if errors.Is(err, fs.ErrNotExist) {
		return stated{}, false
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &state); err != nil {
		t.Fatal(err)
	}
	for _, resource := range state.Resources {
		if resource.Name == label && len(resource.Instances) > 0 {
			return resource.Instances[0].Attributes, true
		}
	}
	return stated{}, false
}

// mustState is [tokenInFile] for what has to be there.
func mustState(t *testing.T, cli *acctest.CLI, label string) stated {
	t.Helper()
	found, there := tokenInFile(t, cli, label)
	if !there {
		t.Fatalf("the state has no %s", label)
	}
	return found
}

// checkNamed fails the test if a token lives that the state does not name, or the other way round.
func checkNamed(t *testing.T, g *acctest.GitLab, cli *acctest.CLI, parent parentage, labels ...string) {
	t.Helper()
	var live, named []int64
	for _, token := range g.Tokens(t, parent.of, parent.id, parent.list) {
		live = append(live, token.ID)
	}
	for _, label := range labels {
		if s, there := tokenInFile(t, cli, label); there && s.TokenID != 0 {
			named = append(append(named, s.TokenID), s.Previous...)
		}
	}
	slices.Sort(live)
	slices.Sort(named)
	if !slices.Equal(live, named) {
		t.Errorf("%s has the live %s %v, the state names %v", parent.path, parent.list, live, named)
	}
}

// opens tells whether a user name and a secret fetch from a project.
func opens(t *testing.T, g *acctest.GitLab, project acctest.Project, username, secret string) bool {
	t.Helper()
	_, ok := g.Git(t, project, username, secret, "ls-remote", "origin")
	return ok
}

// checkOpens fails the test unless what a variable holds is the secret of the token in the state.
func checkOpens(t *testing.T, g *acctest.GitLab, cli *acctest.CLI, label string, in acctest.Project, secret string) {
	t.Helper()
	if !opens(t, g, in, cmp.Or(mustState(t, cli, label).Username, "oauth2"), secret) {
		t.Errorf("the variable's value does not open %s", in.Path)
	}
}

// makeVariable makes a CI/CD variable by hand.
func makeVariable(t *testing.T, g *acctest.GitLab, of string, id int64, attributes map[string]any) {
	t.Helper()
	g.Admin(t, http.MethodPost, fmt.Sprintf("/%s/%d/variables", of, id), attributes, nil)
}

// changeVariable changes a CI/CD variable of a project by hand.
func changeVariable(t *testing.T, g *acctest.GitLab, project acctest.Project, key string, attributes map[string]any) {
	t.Helper()
	g.Admin(t, http.MethodPut, fmt.Sprintf("/projects/%d/variables/%s", project.ID, key), attributes, nil)
}

// dropVariable deletes a CI/CD variable of a project by hand.
func dropVariable(t *testing.T, g *acctest.GitLab, project acctest.Project, key string) {
	t.Helper()
	g.Admin(t, http.MethodDelete, fmt.Sprintf("/projects/%d/variables/%s", project.ID, key), nil, nil)
}

// keyOf is the key of a variable, with its scope where that is not all.
func keyOf(v acctest.Variable) string {
	if v.Scope == "*" {
		return v.Key
	}
	return v.Key + "@" + v.Scope
}

func checkKeys(t *testing.T, g *acctest.GitLab, of string, id int64, want ...string) {
	t.Helper()
	var got []string
	for _, v := range g.Variables(t, of, id) {
		got = append(got, keyOf(v))
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the variables of %s %d are %v, want %v", of, id, got, want)
	}
}

// In a plan, a token that stays has its id, and one to be made has none yet.
func checkPlanned(t *testing.T, planned acctest.Planned, address string, anew bool) {
	t.Helper()
	for _, change := range planned.ResourceChanges {
		if change.Address != address {
			continue
		}
		unknown, _ := change.Change.AfterUnknown.(map[string]any)
		if got := unknown["token_id"] == true; got != anew {
			t.Errorf("the plan makes a new token: %t, want %t\n%s", got, anew, planned.Output)
		}
		if !change.Change.Actions.Update() {
			t.Errorf("the plan of %s is %v, want an update in place", address, change.Change.Actions)
		}
		return
	}
	t.Errorf("%s is not in the plan:\n%s", address, planned.Output)
}

// Every kind of token goes into variables of projects and groups, opens what it is for, and leaves
// nothing behind.
func TestAccDelivery_everyKind(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	lib, app, below := g.Project(t, "lib"), g.Project(t, "app"), g.Group(t, "below", &g.Root)
	labels := []string{"of_project", "for_project", "of_group", "for_group"}
	parents := []parentage{ofProject(lib, "deploy"), ofProject(lib, "access"), ofGroup(g.Root, "deploy"), ofGroup(g.Root, "access")}
	config := ""
	for i, parent := range parents {
		config += parent.block(labels[i], fmt.Sprintf("  deliveries = {\n    a = { project = %q, key = %q }\n    b = { group = %d, key = %q }\n  }",
			app.Path, "P_"+strings.ToUpper(labels[i]), below.ID, "G_"+strings.ToUpper(labels[i])))
	}
	cli := acctest.NewCLI(t, g, config)
	cli.Apply(t, 0)
	cli.Plan(t, acctest.NoChanges)
	var secrets []string
	for i, label := range labels {
		inProject := g.Variable(t, "projects", app.ID, "P_"+strings.ToUpper(label))
		inGroup := g.Variable(t, "groups", below.ID, "G_"+strings.ToUpper(label))
		if inProject.Value != inGroup.Value {
			t.Errorf("%s: the two variables hold different values", label)
		}
		for _, v := range []acctest.Variable{inProject, inGroup} {
			if !v.Protected || !v.Masked || !v.Raw || v.Hidden || v.Scope != "*" || v.Type != "env_var" {
				t.Errorf("%s: the variable is %+v", label, v)
			}
		}
		checkOpens(t, g, cli, label, lib, inProject.Value)
		checkNamed(t, g, cli, parents[i], label)
		secrets = append(secrets, inProject.Value)
	}
	names := make([]string, len(labels))
	for i, label := range labels {
		names[i] = cmp.Or(mustState(t, cli, label).Username, "oauth2")
	}
	cli.Configure(t, "")
	cli.Apply(t, 0)
	for i, parent := range parents {
		checkNamed(t, g, cli, parent)
		if opens(t, g, lib, names[i], secrets[i]) {
			t.Errorf("%s still opens the project after it was destroyed", labels[i])
		}
	}
	checkKeys(t, g, "projects", app.ID)
	checkKeys(t, g, "groups", below.ID)
}

// The flags of a variable are as configured, and change in place: the token and the value stay.
func TestAccDelivery_flags(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	lib, app := g.Project(t, "lib"), g.Project(t, "app")
	parent := ofProject(lib, "deploy")
	const address = "jobtoken_project_deploy_token.t"
	cli := acctest.NewCLI(t, g, parent.block("t", "  username = \"reader.of-lib\"\n"+deliver(app, map[string]string{
		"plain":  `key = "PLAIN"`,
		"open":   "key = \"OPEN\"\n protected = false\n masked = false\n raw = false",
		"hidden": "key = \"HIDDEN\"\n hidden = true",
		"scoped": "key = \"PLAIN\"\n environment_scope = \"production\"",
		"review": "key = \"PLAIN\"\n environment_scope = \"review/*\"",
		"user":   "key = \"NAME\"\n store = \"username\"",
		"masked": "key = \"MASKED_NAME\"\n store = \"username\"\n masked = true",
	})))
	cli.Apply(t, 0)
	cli.Plan(t, acctest.NoChanges)
	first := mustState(t, cli, "t")
	secret := g.Variable(t, "projects", app.ID, "OPEN").Value
	checkOpens(t, g, cli, "t", lib, secret)
	checkVariables(t, g, app, map[string]string{
		"HIDDEN":           "protected masked hidden raw: ",
		"MASKED_NAME":      "protected masked raw: reader.of-lib",
		"NAME":             "protected raw: reader.of-lib",
		"OPEN":             ": " + secret,
		"PLAIN":            "protected masked raw: " + secret,
		"PLAIN@production": "protected masked raw: " + secret,
		"PLAIN@review/*":   "protected masked raw: " + secret,
	})

	// Flags, a variable less, and one more whose value is known: nothing of that needs the secret.
	cli.Configure(t, parent.block("t", "  username = \"reader.of-lib\"\n"+deliver(app, map[string]string{
		"plain":  "key = \"PLAIN\"\n protected = false\n masked = true",
		"open":   "key = \"OPEN\"\n protected = true\n masked = true\n raw = true",
		"hidden": "key = \"HIDDEN\"\n hidden = true\n protected = false",
		"scoped": "key = \"PLAIN\"\n environment_scope = \"production\"\n masked = false",
		"user":   "key = \"NAME\"\n store = \"username\"\n masked = true",
		"more":   "key = \"MORE_NAME\"\n store = \"username\"",
	})))
	planned := cli.PlanJSON(t)
	checkPlanned(t, planned, address, false)
	g.ForgetRequests(t)
	cli.ApplySaved(t, 0)
	if requests, counted := g.Requests(t); counted {
		for route := range requests.Counts {
			if strings.Contains(route, "deploy_tokens") && !strings.HasPrefix(route, "GET ") {
				t.Errorf("tokens were written: %v", requests.Counts)
			}
		}
	}
	cli.Plan(t, acctest.NoChanges)
	if second := mustState(t, cli, "t"); second.TokenID != first.TokenID {
		t.Errorf("the token %d became %d", first.TokenID, second.TokenID)
	}
	checkNamed(t, g, cli, parent, "t")
	checkVariables(t, g, app, map[string]string{
		"HIDDEN":           "masked hidden raw: ",
		"MORE_NAME":        "protected raw: reader.of-lib",
		"NAME":             "protected masked raw: reader.of-lib",
		"OPEN":             "protected masked raw: " + secret,
		"PLAIN":            "masked raw: " + secret,
		"PLAIN@production": "protected raw: " + secret,
	})
}

// checkVariables compares a project's variables: their flags and values, by key and scope.
func checkVariables(t *testing.T, g *acctest.GitLab, project acctest.Project, want map[string]string) {
	t.Helper()
	got := map[string]string{}
	for _, v := range g.Variables(t, "projects", project.ID) {
		var flags []string
		for _, flag := range []struct {
			name string
			on   bool
		}{{"protected", v.Protected}, {"masked", v.Masked}, {"hidden", v.Hidden}, {"raw", v.Raw}} {
			if flag.on {
				flags = append(flags, flag.name)
			}
		}
		got[keyOf(v)] = strings.Join(flags, " ") + ": " + v.Value
	}
	if !maps.Equal(got, want) {
		t.Errorf("the variables of %s are\n%v, want\n%v", project.Path, got, want)
	}
}

// A delivery that comes or moves takes the secret from a variable that holds it: no new token is made, and nothing
// says so. Only where every one is hidden a new one is.
func TestAccDelivery_moves(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		// second is what the delivery of KEY in app becomes.
		second func(app, other acctest.Project) string
		// inApp and inOther are the variables afterwards.
		inApp, inOther []string
		// written are the kinds of writes.
		written int
	}{
		"to another key": {
			func(app, _ acctest.Project) string {
				return deliver(app, map[string]string{"one": `key = "OTHER"`, "stays": `key = "STAYS"`})
			}, []string{"OTHER", "STAYS"}, nil, 2,
		},
		"to another project, by id": {
			func(app, other acctest.Project) string {
				return fmt.Sprintf("  deliveries = {\n one = { project = %d, key = \"KEY\" }\n stays = { project = %q, key = \"STAYS\" }\n }", other.ID, app.Path)
			}, []string{"STAYS"}, []string{"KEY"}, 2,
		},
		"to another scope": {
			func(app, _ acctest.Project) string {
				return deliver(app, map[string]string{"one": "key = \"KEY\"\n environment_scope = \"production\"", "stays": `key = "STAYS"`})
			}, []string{"KEY@production", "STAYS"}, nil, 2,
		},
		"into a hidden one": {
			func(app, _ acctest.Project) string {
				return deliver(app, map[string]string{"one": "key = \"KEY\"\n hidden = true", "stays": `key = "STAYS"`})
			}, []string{"KEY", "STAYS"}, nil, 2,
		},
		"one more": {
			func(app, _ acctest.Project) string {
				return deliver(app, map[string]string{"one": `key = "KEY"`, "stays": `key = "STAYS"`, "more": `key = "MORE"`})
			}, []string{"KEY", "MORE", "STAYS"}, nil, 1,
		},
		"all": {
			func(_, other acctest.Project) string {
				return deliver(other, map[string]string{"one": `key = "KEY"`, "stays": "key = \"STAYS\"\n hidden = true"})
			}, nil, []string{"KEY", "STAYS"}, 2,
		},
	} {
		for _, hidden := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, all hidden %t", name, hidden), func(t *testing.T) {
				t.Parallel()
				g := acctest.New(t)
				lib, app, other := g.Project(t, "lib"), g.Project(t, "app"), g.Project(t, "other")
				parent := ofProject(lib, "deploy")
				veiled := func(lines string) string {
					if !hidden {
						return lines
					}
					lines = strings.ReplaceAll(lines, "\n hidden = true", "")
					return regexp.MustCompile(`key = "\w+"`).ReplaceAllString(lines, "$0\n hidden = true")
				}
				if hidden && (strings.Contains(name, "hidden") || strings.Contains(name, "by id")) {
					return // nothing moves, or it stands in one line
				}
				cli := acctest.NewCLI(t, g, parent.block("t", veiled(deliver(app, map[string]string{"one": `key = "KEY"`, "stays": `key = "STAYS"`}))))
				cli.Apply(t, 0)
				before := mustState(t, cli, "t")
				cli.Configure(t, parent.block("t", veiled(c.second(app, other))))
				planned := cli.PlanJSON(t)
				checkPlanned(t, planned, "jobtoken_project_deploy_token.t", hidden)
				if planned.Says("Token Is Made Anew") != hidden || hidden && !planned.Says("needs its secret, which nobody knows any more") || planned.Says("is there already") {
					t.Errorf("the plan says:\n%s", planned.Output)
				}
				g.ForgetRequests(t)
				cli.ApplySaved(t, 0)
				if !hidden {
					checkWrites(t, g, c.written)
				}
				cli.Plan(t, acctest.NoChanges)
				checkKeys(t, g, "projects", app.ID, c.inApp...)
				checkKeys(t, g, "projects", other.ID, c.inOther...)
				checkNamed(t, g, cli, parent, "t")
				if after := mustState(t, cli, "t"); (after.TokenID != before.TokenID) != hidden {
					t.Errorf("token %d became %d", before.TokenID, after.TokenID)
				}
				for _, v := range slices.Concat(g.Variables(t, "projects", app.ID), g.Variables(t, "projects", other.ID)) {
					if !v.Hidden {
						checkOpens(t, g, cli, "t", lib, v.Value)
					}
				}
			})
		}
	}
}

// A secret that the state has can go into one more variable, and need not be made anew.
func TestAccDelivery_fromTheState(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	lib, app := g.Project(t, "lib"), g.Project(t, "app")
	parent := ofProject(lib, "access")
	cli := acctest.NewCLI(t, g, parent.block("t", "  token_in_state = true"))
	cli.SecretsInState()
	cli.Apply(t, 0)
	before := mustState(t, cli, "t")
	cli.Configure(t, parent.block("t", "  token_in_state = true\n"+deliver(app, map[string]string{"one": `key = "KEY"`})))
	planned := cli.PlanJSON(t)
	checkPlanned(t, planned, "jobtoken_project_access_token.t", false)
	cli.ApplySaved(t, 0)
	cli.Plan(t, acctest.NoChanges)
	checkNamed(t, g, cli, parent, "t")
	after, value := mustState(t, cli, "t"), g.Variable(t, "projects", app.ID, "KEY").Value
	if after.TokenID != before.TokenID || before.Token == nil || value != *before.Token {
		t.Errorf("the variable does not hold the token of the state, or that is another one: %d, %d", before.TokenID, after.TokenID)
	}
}

// A variable that is there already is taken over, with a warning; a hidden one, or one in its place that
// is to be hidden, is refused while planning.
func TestAccDelivery_takesOver(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	lib, app := g.Project(t, "lib"), g.Project(t, "app")
	parent := ofProject(lib, "deploy")
	makeVariable(t, g, "projects", app.ID, map[string]any{"key": "THERE", "value": "by-hand", "environment_scope": "production"})
	makeVariable(t, g, "projects", app.ID, map[string]any{"key": "THERE", "value": "by-hand-too"})
	makeVariable(t, g, "projects", app.ID, map[string]any{"key": "HIDDEN", "value": "by-hand-8", "masked_and_hidden": true})

	cli := acctest.NewCLI(t, g, parent.block("t", deliver(app, map[string]string{"one": `key = "HIDDEN"`, "two": "key = \"THERE\"\n hidden = true"})))
	output := cli.Plan(t, acctest.Failed)
	for _, words := range []string{
		"HIDDEN of " + app.Target() + " is there already with hidden = true", "Write hidden = true, or delete it first.",
		"THERE of " + app.Target() + " is there already with hidden = false",
	} {
		if !acctest.Says(output, words) {
			t.Errorf("the plan does not say %q:\n%s", words, output)
		}
	}
	checkNamed(t, g, cli, parent)

	cli.Configure(t, parent.block("t", deliver(app, map[string]string{"one": "key = \"THERE\"\n environment_scope = \"production\""})))
	planned := cli.PlanJSON(t)
	if !planned.Says("CI/CD Variable Is Taken Over") || !planned.Says("THERE (production) of "+app.Target()+" is there already") {
		t.Errorf("the plan does not warn:\n%s", planned.Output)
	}
	cli.ApplySaved(t, 0)
	cli.Plan(t, acctest.NoChanges)
	for _, v := range g.Variables(t, "projects", app.ID) {
		switch {
		case v.Key == "THERE" && v.Scope == "production":
			checkOpens(t, g, cli, "t", lib, v.Value)
			if !v.Masked || !v.Protected {
				t.Errorf("the variable that was taken over is %+v", v)
			}
		case v.Key == "THERE" && v.Value != "by-hand-too":
			t.Error("the variable of the other scope was changed")
		}
	}

	// The same holds for what needs no new token.
	makeVariable(t, g, "projects", app.ID, map[string]any{"key": "NAME", "value": "by-hand"})
	cli.Configure(t, parent.block("t", deliver(app, map[string]string{
		"one": "key = \"THERE\"\n environment_scope = \"production\"", "user": "key = \"NAME\"\n store = \"username\"",
	})))
	planned = cli.PlanJSON(t)
	checkPlanned(t, planned, "jobtoken_project_deploy_token.t", false)
	if !planned.Says("NAME of " + app.Target() + " is there already") {
		t.Errorf("the plan that makes no token does not warn:\n%s", planned.Output)
	}
	cli.ApplySaved(t, 0)
	cli.Configure(t, "")
	cli.Apply(t, 0)
	checkKeys(t, g, "projects", app.ID, "HIDDEN", "THERE")
}

// What GitLab would not mask or keep apart is said by the plan, or leaves nothing behind.
func TestAccDelivery_refused(t *testing.T) {
	t.Parallel()
	t.Run("a short user name masked", func(t *testing.T) {
		t.Parallel()
		g := acctest.New(t)
		lib, app := g.Project(t, "lib"), g.Project(t, "app")
		parent := ofProject(lib, "deploy")
		user := "  username = \"short\"\n"
		cli := acctest.NewCLI(t, g, parent.block("t", user+deliver(app, map[string]string{"one": `key = "KEY"`, "user": "key = \"NAME\"\n store = \"username\"\n masked = true"})))
		output := cli.Plan(t, acctest.Failed)
		if !acctest.Says(output, "GitLab cannot mask the user name: it is shorter than 8 characters. Set masked = false; a user name is no secret.") {
			t.Errorf("the plan says:\n%s", output)
		}
		// Nor in place: nothing may end half done.
		cli.Configure(t, parent.block("t", user+deliver(app, map[string]string{"one": `key = "KEY"`, "user": "key = \"NAME\"\n store = \"username\""})))
		cli.Apply(t, 0)
		cli.Configure(t, parent.block("t", user+deliver(app, map[string]string{"one": `key = "KEY"`, "user": "key = \"NAME\"\n store = \"username\"\n masked = true"})))
		if output := cli.Plan(t, acctest.Failed); !acctest.Says(output, "GitLab cannot mask the user name") {
			t.Errorf("the plan of the change says:\n%s", output)
		}
	})
	t.Run("a scope in a group without a licence", func(t *testing.T) {
		t.Parallel()
		g := acctest.New(t)
		if g.Flipped("group-environment-scopes") {
			t.Skip("this GitLab has a licence for scopes in groups")
		}
		lib, below := g.Project(t, "lib"), g.Group(t, "below", &g.Root)
		makeVariable(t, g, "groups", below.ID, map[string]any{"key": "TAKEN", "value": "by-hand"})
		parent := ofProject(lib, "deploy")
		cli := acctest.NewCLI(t, g, parent.block("t", fmt.Sprintf("  deliveries = { one = { group = %q, key = \"KEY\", environment_scope = \"production\" } }", below.Path))+
			parent.block("u", fmt.Sprintf("  deliveries = { one = { group = %q, key = \"TAKEN\", environment_scope = \"production\" } }", below.Path)))
		output := cli.Apply(t, 1)
		for _, words := range []string{"Unable to Deliver Token to CI/CD Variable", "environment scope * instead of production", "without a licence for such scopes"} {
			if !acctest.Says(output, words) {
				t.Errorf("the apply does not say %q:\n%s", words, output)
			}
		}
		checkNamed(t, g, cli, parent)
		checkKeys(t, g, "groups", below.ID, "TAKEN")
		if value := g.Variable(t, "groups", below.ID, "TAKEN").Value; value != "by-hand" {
			t.Error("the variable of another scope was changed")
		}
		if _, there := tokenInFile(t, cli, "t"); there {
			t.Error("the state has a token that was revoked")
		}
	})
	t.Run("several scopes of a key in an old group", func(t *testing.T) {
		t.Parallel()
		g := acctest.NewWith(t, emulator.Options{Flip: []string{"group-environment-scopes", "group-variable-filter-ignored"}})
		lib, below := g.Project(t, "lib"), g.Group(t, "below", &g.Root)
		for _, scope := range []string{"production", "review/*"} {
			makeVariable(t, g, "groups", below.ID, map[string]any{"key": "KEY", "value": "by-hand", "environment_scope": scope})
		}
		parent := ofProject(lib, "deploy")
		cli := acctest.NewCLI(t, g, parent.block("t", fmt.Sprintf("  deliveries = { one = { group = %q, key = \"KEY\", environment_scope = \"production\" } }", below.Path)))
		if output := cli.Apply(t, 1); !acctest.Says(output, "Unable to Deliver Token to CI/CD Variable") {
			t.Errorf("the apply says:\n%s", output)
		}
		checkNamed(t, g, cli, parent)
		for _, v := range g.Variables(t, "groups", below.ID) {
			if v.Value != "by-hand" {
				t.Errorf("the variable of %s was changed", v.Scope)
			}
		}
	})
}

// Keys that several scopes share are told apart, in a project and in a group with a licence for scopes.
func TestAccDelivery_sharedKeys(t *testing.T) {
	t.Parallel()
	g := acctest.NewWith(t, emulator.Options{Flip: []string{"group-environment-scopes"}})
	if g.Flipped("group-variable-filter-ignored") {
		t.Skip("this GitLab finds a group's variables by key alone: several_scopes_of_a_key_in_an_old_group is for it")
	}
	lib, app, below := g.Project(t, "lib"), g.Project(t, "app"), g.Group(t, "below", &g.Root)
	for _, scope := range []string{"*", "review/*"} {
		makeVariable(t, g, "projects", app.ID, map[string]any{"key": "KEY", "value": "by-hand", "environment_scope": scope})
		makeVariable(t, g, "groups", below.ID, map[string]any{"key": "KEY", "value": "by-hand", "environment_scope": scope})
	}
	parent := ofProject(lib, "deploy")
	config := func(protected bool) string {
		return parent.block("t", fmt.Sprintf(`  deliveries = {
    app   = { project = %q, key = "KEY", environment_scope = "production", protected = %[3]t }
    below = { group = %[2]q, key = "KEY", environment_scope = "production", protected = %[3]t }
  }`, app.Path, below.Path, protected))
	}
	cli := acctest.NewCLI(t, g, config(true))
	cli.Apply(t, 0)
	cli.Configure(t, config(false))
	cli.Apply(t, 0)
	cli.Plan(t, acctest.NoChanges)
	for _, v := range slices.Concat(g.Variables(t, "projects", app.ID), g.Variables(t, "groups", below.ID)) {
		switch {
		case v.Scope != "production" && v.Value != "by-hand":
			t.Errorf("the variable of %s was changed", v.Scope)
		case v.Scope == "production":
			checkOpens(t, g, cli, "t", lib, v.Value)
			if v.Protected {
				t.Errorf("the flags did not change: %+v", v)
			}
		}
	}
	cli.Configure(t, "")
	cli.Apply(t, 0)
	checkKeys(t, g, "projects", app.ID, "KEY", "KEY@review/*")
	checkKeys(t, g, "groups", below.ID, "KEY", "KEY@review/*")
}

// A resource under another name is destroyed and made in one apply, side by side: whichever comes first,
// the variable of the new one is there in the end.
func TestAccDelivery_renamedResource(t *testing.T) {
	t.Parallel()
	variableLate := acctest.Fault{"match": map[string]any{"method": "DELETE", "route": "/api/v4/projects/:id/variables/:key"}, "kind": "latency", "ms": 700}
	lookLate := acctest.Fault{"match": map[string]any{"method": "GET", "route": "/api/v4/projects/:id/deploy_tokens"}, "kind": "latency", "ms": 700}
	for name, c := range map[string]struct {
		late   acctest.Fault
		hidden bool
	}{
		"as it comes":                    {},
		"the variable deleted late":      {late: variableLate},
		"the old one destroyed late":     {late: lookLate},
		"hidden, the variable late":      {late: variableLate, hidden: true},
		"hidden, the old destroyed late": {late: lookLate, hidden: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := acctest.New(t)
			lib, app := g.Project(t, "lib"), g.Project(t, "app")
			parent, lines := ofProject(lib, "deploy"), deliver(app, map[string]string{
				"one": fmt.Sprintf("key = \"KEY\"\n hidden = %t", c.hidden), "shown": "key = \"SHOWN\"",
			})
			cli := acctest.NewCLI(t, g, parent.block("old", lines))
			cli.Apply(t, 0)
			cli.Configure(t, parent.block("new", lines))
			planned := cli.PlanJSON(t)
			if !planned.Says("KEY of " + app.Target() + " is there already") {
				t.Errorf("the plan does not warn:\n%s", planned.Output)
			}
			if c.late != nil {
				acctest.NeedsEmbedded(t, g)
				g.Disturb(t, c.late)
			}
			cli.ApplySaved(t, 0)
			cli.Plan(t, acctest.NoChanges)
			checkNamed(t, g, cli, parent, "new")
			checkKeys(t, g, "projects", app.ID, "KEY", "SHOWN")
			checkOpens(t, g, cli, "new", lib, g.Variable(t, "projects", app.ID, "SHOWN").Value)
		})
	}
}

// Two tokens cannot share a variable: the second of them is refused and not left alive.
func TestAccDelivery_twoResources(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	lib, app := g.Project(t, "lib"), g.Project(t, "app")
	parent, lines := ofProject(lib, "deploy"), deliver(app, map[string]string{"one": `key = "KEY"`})
	cli := acctest.NewCLI(t, g, parent.block("a", lines)+parent.block("b", lines))
	if output := cli.Apply(t, acctest.Failed); !acctest.Says(output, "Another resource has just delivered its token there; give one of the two another key or environment scope.") {
		t.Errorf("the apply says:\n%s", output)
	}
	checkNamed(t, g, cli, parent, "a", "b")
	if live := len(g.Tokens(t, parent.of, parent.id, parent.list)); live != 1 {
		t.Errorf("%d tokens live, want 1", live)
	}
	// Whoever came second gives way.
	first, second := "a", "b"
	if strings.Contains(cli.Must(t, 0, "state", "list"), "_token.b") {
		first, second = second, first
	}
	cli.Configure(t, parent.block(first, lines)+parent.block(second, deliver(app, map[string]string{"one": `key = "OTHER"`})))
	cli.Apply(t, 0)
	cli.Plan(t, acctest.NoChanges)
	checkNamed(t, g, cli, parent, "a", "b")
	checkOpens(t, g, cli, first, lib, g.Variable(t, "projects", app.ID, "KEY").Value)
	checkOpens(t, g, cli, second, lib, g.Variable(t, "projects", app.ID, "OTHER").Value)
}
