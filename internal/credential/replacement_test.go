package credential_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// replaced is a token in two variables, one of them hidden, and a third that the next configuration drops.
type replaced struct {
	*acctest.GitLab
	cli      *acctest.CLI
	lib, app acctest.Project
	parent   parentage
}

const (
	replacedAddress = "jobtoken_project_deploy_token.t"
	lifecycleCBD    = "  lifecycle {\n    create_before_destroy = true\n  }\n"
)

func newReplaced(t *testing.T, more string) *replaced {
	t.Helper()
	g := acctest.New(t)
	r := &replaced{GitLab: g, lib: g.Project(t, "lib"), app: g.Project(t, "app")}
	r.parent = ofProject(r.lib, "deploy")
	r.cli = acctest.NewCLI(t, g, r.config(more, true))
	r.cli.Apply(t, 0)
	changeVariable(t, g, r.app, "STAYS", map[string]any{"description": "by hand"})
	r.ForgetRequests(t)
	return r
}

func (r *replaced) config(more string, dropped bool) string {
	deliveries := map[string]string{"stays": `key = "STAYS"`, "hidden": "key = \"HIDDEN\"\n hidden = true"}
	if dropped {
		deliveries["dropped"] = `key = "DROPPED"`
	}
	return "resource \"terraform_data\" \"trigger\" {\n  input = \"" + map[bool]string{true: "a", false: "b"}[dropped] + "\"\n}\n" +
		r.parent.block("t", more+deliver(r.app, deliveries))
}

// writes counts the writing requests by method and the last word of their route.
func (r *replaced) writes(t *testing.T) string {
	t.Helper()
	requests, counted := r.Requests(t)
	if !counted {
		t.Skip("a real GitLab does not count requests")
	}
	var all []string
	for _, route := range requests.Writes() {
		short := strings.NewReplacer("/api/v4/projects/:id/", "", "/:key", "", "/:token_id", "", "/:deploy_token_id", "").Replace(route)
		all = append(all, fmt.Sprintf("%d %s", requests.Counts[route], short))
	}
	return strings.Join(all, ", ")
}

// secret is what the variable that stays holds.
func (r *replaced) secret(t *testing.T) string {
	t.Helper()
	return r.Variable(t, "projects", r.app.ID, "STAYS").Value
}

// refuse answers requests of a method to the tokens of a project, or to variables, with an error.
func (r *replaced) refuse(t *testing.T, method, route string) {
	t.Helper()
	acctest.NeedsEmbedded(t, r.GitLab)
	r.Disturb(t, acctest.Fault{"match": map[string]any{"method": method, "route": route}, "kind": "status", "status": 403, "content_type": "application/json", "body": `{"message":"403 Forbidden"}`})
}

func unalarmed(t *testing.T, output string) {
	t.Helper()
	for _, words := range []string{"is there already", "Left as It Is", "is not deleted", "Another Token Is Deleted"} {
		if acctest.Says(output, words) {
			t.Errorf("it says %q of the resource's own variables:\n%s", words, output)
		}
	}
}

// A token that Terraform replaces by itself is renewed: the new one is made and delivered over the old one's
// variables, what is dropped is deleted, and then the old one ends.
func TestAccReplacement(t *testing.T) {
	t.Parallel()
	triggered := "  lifecycle {\n    replace_triggered_by = [terraform_data.trigger]\n  }\n"
	for name, c := range map[string]struct {
		more string
		args []string
		// taint does it before.
		taint bool
	}{
		"-replace":             {args: []string{"-replace=" + replacedAddress}},
		"taint":                {taint: true},
		"replace_triggered_by": {more: triggered},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newReplaced(t, c.more)
			first, secret := mustState(t, r.cli, "t"), r.secret(t)
			if c.taint {
				r.cli.Must(t, 0, "taint", replacedAddress)
			}
			r.cli.Configure(t, r.config(c.more, false))
			output := r.cli.Apply(t, 0, c.args...)
			unalarmed(t, output)
			says(t, output, "Token Works On Until Its Replacement Is Delivered", fmt.Sprintf("terraform import ADDRESS %s:%d", r.lib.Path, first.TokenID))
			if got, want := r.writes(t), "1 DELETE deploy_tokens, 1 DELETE variables, 1 POST deploy_tokens, 2 PUT variables"; got != want {
				t.Errorf("the apply wrote %s, want %s", got, want)
			}
			checkNamed(t, r.GitLab, r.cli, r.parent, "t")
			checkKeys(t, r.GitLab, "projects", r.app.ID, "HIDDEN", "STAYS")
			checkOpens(t, r.GitLab, r.cli, "t", r.lib, r.secret(t))
			if mustState(t, r.cli, "t").TokenID == first.TokenID || r.secret(t) == secret {
				t.Error("no new token was made and delivered")
			}
			r.cli.Plan(t, acctest.NoChanges)
			if strings.Contains(stateFile(t, r.cli), "replacement") {
				t.Error("the mark of the replacement is in the state")
			}
			r.cli.Must(t, 0, "destroy", "-auto-approve")
			checkKeys(t, r.GitLab, "projects", r.app.ID)
			checkNamed(t, r.GitLab, r.cli, r.parent)
		})
	}
}

// A replacement that fails leaves the old token, its variables and a state that names them.
func TestAccReplacement_refused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		more, method, route string
	}{
		"the creation":                         {"", "POST", "/api/v4/projects/:id/deploy_tokens"},
		"the delivery":                         {"", "PUT", "/api/v4/projects/:id/variables/:key"},
		"the creation, create_before_destroy":  {lifecycleCBD, "POST", "/api/v4/projects/:id/deploy_tokens"},
		"the delivery, create_before_destroy":  {lifecycleCBD, "PUT", "/api/v4/projects/:id/variables/:key"},
		"the end of the old":                   {"", "DELETE", "/api/v4/projects/:id/deploy_tokens/:token_id"},
		"the variable that nobody needs to go": {"", "DELETE", "/api/v4/projects/:id/variables/:key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newReplaced(t, c.more)
			first, secret := mustState(t, r.cli, "t"), r.secret(t)
			r.refuse(t, c.method, c.route)
			r.cli.Configure(t, r.config(c.more, false))
			r.cli.Apply(t, acctest.Failed, "-replace="+replacedAddress)
			r.Calm(t)
			checkNamed(t, r.GitLab, r.cli, r.parent, "t")
			checkOpens(t, r.GitLab, r.cli, "t", r.lib, r.secret(t))
			if c.method != "DELETE" {
				if got := mustState(t, r.cli, "t"); got.TokenID != first.TokenID || r.secret(t) != secret {
					t.Errorf("the state has the token %d, and the variable was changed: %t", got.TokenID, r.secret(t) != secret)
				}
				checkKeys(t, r.GitLab, "projects", r.app.ID, "DROPPED", "HIDDEN", "STAYS")
			}
			if name == "the creation" {
				r.cli.Configure(t, r.config(c.more, true))
				r.cli.Must(t, 0, "untaint", replacedAddress)
				r.cli.Plan(t, acctest.NoChanges, "-target="+replacedAddress)
				r.cli.Must(t, 0, "taint", replacedAddress)
				r.cli.Configure(t, r.config(c.more, false))
			}
			unalarmed(t, r.cli.Apply(t, 0))
			r.cli.Plan(t, acctest.NoChanges)
			checkNamed(t, r.GitLab, r.cli, r.parent, "t")
			checkKeys(t, r.GitLab, "projects", r.app.ID, "HIDDEN", "STAYS")
			checkOpens(t, r.GitLab, r.cli, "t", r.lib, r.secret(t))
		})
	}
}

// With create_before_destroy the deposed half leaves what the new token is in, hidden or not, without a word,
// and takes back the rest.
func TestAccReplacement_createBeforeDestroy(t *testing.T) {
	t.Parallel()
	r := newReplaced(t, lifecycleCBD)
	r.cli.Configure(t, r.config(lifecycleCBD, false))
	output := r.cli.Apply(t, 0, "-replace="+replacedAddress)
	for _, words := range []string{"Left as It Is", "is not deleted"} {
		if acctest.Says(output, words) {
			t.Errorf("it says %q:\n%s", words, output)
		}
	}
	if got, want := r.writes(t), "1 DELETE deploy_tokens, 1 DELETE variables, 1 POST deploy_tokens, 2 PUT variables"; got != want {
		t.Errorf("the apply wrote %s, want %s", got, want)
	}
	checkNamed(t, r.GitLab, r.cli, r.parent, "t")
	checkKeys(t, r.GitLab, "projects", r.app.ID, "HIDDEN", "STAYS")
	checkOpens(t, r.GitLab, r.cli, "t", r.lib, r.secret(t))
	r.cli.Plan(t, acctest.NoChanges)
}

// A process that was killed between the creation and the end of the deposed half: the next apply ends the old
// token, and leaves the variables that the new one is in.
func TestAccReplacement_killed(t *testing.T) {
	t.Parallel()
	r := newReplaced(t, lifecycleCBD)
	before := instances(t, r.cli)
	r.cli.Must(t, 0, "state", "rm", replacedAddress)
	r.cli.Apply(t, 0)
	deposed := before[0]
	deposed["deposed"] = "01234567"
	addInstance(t, r.cli, deposed)
	says(t, r.cli.Plan(t, acctest.Changes, "-refresh=false"), "CI/CD Variable of Another Token Is Deleted", "HIDDEN of "+r.app.Target())
	unalarmed(t, r.cli.Apply(t, 0))
	checkKeys(t, r.GitLab, "projects", r.app.ID, "DROPPED", "HIDDEN", "STAYS")
	checkNamed(t, r.GitLab, r.cli, r.parent, "t")
	checkOpens(t, r.GitLab, r.cli, "t", r.lib, r.secret(t))
	r.cli.Plan(t, acctest.NoChanges)
}

// Another project replaces the token: the variables go on, and the old project's token ends.
func TestAccReplacement_ofAnotherProject(t *testing.T) {
	t.Parallel()
	r := newReplaced(t, "")
	old, oldLib := r.parent, r.lib
	r.lib = r.Project(t, "other")
	r.parent = ofProject(r.lib, "deploy")
	r.cli.Configure(t, r.config("", false))
	r.refuse(t, "POST", "/api/v4/projects/:id/deploy_tokens")
	r.cli.Apply(t, acctest.Failed)
	r.Calm(t)
	checkNamed(t, r.GitLab, r.cli, old, "t")
	checkOpens(t, r.GitLab, r.cli, "t", oldLib, r.secret(t))
	r.refuse(t, "DELETE", "/api/v4/projects/:id/deploy_tokens/:token_id")
	r.cli.Apply(t, acctest.Failed)
	r.Calm(t)
	checkOpens(t, r.GitLab, r.cli, "t", r.lib, r.secret(t))
	unalarmed(t, r.cli.Apply(t, 0))
	r.cli.Plan(t, acctest.NoChanges)
	checkNamed(t, r.GitLab, r.cli, old)
	checkNamed(t, r.GitLab, r.cli, r.parent, "t")
	checkKeys(t, r.GitLab, "projects", r.app.ID, "HIDDEN", "STAYS")
	checkOpens(t, r.GitLab, r.cli, "t", r.lib, r.secret(t))
}

// After a taint without a refresh nothing is left of what was delivered: what is dropped is named.
func TestAccReplacement_withoutRefresh(t *testing.T) {
	t.Parallel()
	r := newReplaced(t, "")
	r.cli.Must(t, 0, "taint", replacedAddress)
	r.cli.Configure(t, r.config("", false))
	output := r.cli.Apply(t, 0, "-refresh=false")
	says(t, output, "DROPPED of "+r.app.Target()+" is not deleted: it was not read before")
	checkNamed(t, r.GitLab, r.cli, r.parent, "t")
	checkKeys(t, r.GitLab, "projects", r.app.ID, "DROPPED", "HIDDEN", "STAYS")
	checkOpens(t, r.GitLab, r.cli, "t", r.lib, r.secret(t))
	r.cli.Plan(t, acctest.NoChanges)
}

// Without a variable in common nothing can be handed over: the old token ends first.
func TestAccReplacement_elsewhere(t *testing.T) {
	t.Parallel()
	r := newReplaced(t, "")
	r.cli.Configure(t, r.parent.block("t", deliver(r.app, map[string]string{"stays": `key = "OTHER"`})))
	if output := r.cli.Apply(t, 0, "-replace="+replacedAddress); acctest.Says(output, "Token Works On") {
		t.Errorf("it says that the token works on:\n%s", output)
	}
	checkNamed(t, r.GitLab, r.cli, r.parent, "t")
	checkKeys(t, r.GitLab, "projects", r.app.ID, "OTHER")
	r.cli.Plan(t, acctest.NoChanges)
}

// A creation that failed half-way is replaced, and nothing of it is left.
func TestAccReplacement_halfFailed(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsEmbedded(t, g)
	r := &replaced{GitLab: g, lib: g.Project(t, "lib"), app: g.Project(t, "app")}
	r.parent = ofProject(r.lib, "deploy")
	r.cli = acctest.NewCLI(t, g, r.config("", true))
	r.Disturb(t, acctest.Fault{"match": map[string]any{"method": "POST", "route": "/api/v4/projects/:id/variables"}, "skip": 1, "kind": "status", "status": 403, "content_type": "application/json", "body": `{}`})
	r.refuse(t, "DELETE", "/api/v4/projects/:id/deploy_tokens/:token_id")
	r.refuse(t, "DELETE", "/api/v4/projects/:id/variables/:key")
	r.cli.Apply(t, acctest.Failed)
	r.Calm(t)
	checkNamed(t, g, r.cli, r.parent, "t")
	unalarmed(t, r.cli.Apply(t, 0))
	r.cli.Plan(t, acctest.NoChanges)
	checkNamed(t, g, r.cli, r.parent, "t")
	checkKeys(t, g, "projects", r.app.ID, "DROPPED", "HIDDEN", "STAYS")
	checkOpens(t, g, r.cli, "t", r.lib, r.secret(t))
}

// instances are those that the state has of the replaced token.
func instances(t *testing.T, cli *acctest.CLI) []map[string]any {
	t.Helper()
	_, resource := tokenInState(t, cli)
	var found []map[string]any
	for _, instance := range resource["instances"].([]any) { //nolint:forcetypeassert // a state
		found = append(found, instance.(map[string]any)) //nolint:forcetypeassert // as above
	}
	return found
}

// addInstance puts an instance beside those of the replaced token.
func addInstance(t *testing.T, cli *acctest.CLI, instance map[string]any) {
	t.Helper()
	state, resource := tokenInState(t, cli)
	resource["instances"] = append(resource["instances"].([]any), instance) //nolint:forcetypeassert // a state
	text, err := json.Marshal(state)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(cli.Dir, "terraform.tfstate"), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func tokenInState(t *testing.T, cli *acctest.CLI) (state, resource map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(stateFile(t, cli)), &state); err != nil {
		t.Fatal(err)
	}
	all, _ := state["resources"].([]any)
	at := slices.IndexFunc(all, func(of any) bool { return of.(map[string]any)["type"] == "jobtoken_project_deploy_token" }) //nolint:forcetypeassert // a state
	if at < 0 {
		t.Fatal("the state has no token")
	}
	return state, all[at].(map[string]any) //nolint:forcetypeassert // as above
}
