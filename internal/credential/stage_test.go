package credential_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// kind is one of the four resources.
type kind struct {
	// name is the resource type without its prefix.
	name string
	// parent is the attribute that names the project or group.
	parent string
	// of and tokens are the segments of the API's paths.
	of, tokens string
	scope      string
}

var (
	projectDeploy = kind{"project_deploy_token", "project", "projects", "deploy_tokens", "read_repository"}
	groupDeploy   = kind{"group_deploy_token", "group", "groups", "deploy_tokens", "read_repository"}
	projectAccess = kind{"project_access_token", "project", "projects", "access_tokens", "read_api"}
	groupAccess   = kind{"group_access_token", "group", "groups", "access_tokens", "read_api"}

	deployKinds = []kind{projectDeploy, groupDeploy}
	accessKinds = []kind{projectAccess, groupAccess}
	allKinds    = []kind{projectDeploy, groupDeploy, projectAccess, groupAccess}
)

func (k kind) resource() string { return "jobtoken_" + k.name }

func (k kind) address() string { return k.resource() + ".this" }

func (k kind) access() bool { return k.tokens == "access_tokens" }

// stage is a GitLab with what a test of one resource needs: the project or group of the token, and a
// project for its variable.
type stage struct {
	*acctest.GitLab
	kind
	path string
	id   int64
	app  acctest.Project
}

func newStage(t *testing.T, k kind) *stage {
	t.Helper()
	return stageIn(t, acctest.New(t), k)
}

func stageIn(t *testing.T, g *acctest.GitLab, k kind) *stage {
	t.Helper()
	s := &stage{GitLab: g, kind: k, path: g.Root.Path, id: g.Root.ID, app: g.Project(t, "app-"+strings.ReplaceAll(k.name, "_", "-"))}
	if k.parent == "project" {
		source := g.Project(t, "lib-"+strings.ReplaceAll(k.name, "_", "-"))
		s.path, s.id = source.Path, source.ID
	}
	return s
}

// everyKind is the variable that has tests of behaviour which the resources share run for all of them; without
// it they run for half, another one from test to test.
const everyKind = "JOBTOKEN_TEST_EVERY_KIND"

// some are every other one of the kinds, by the test's name.
func some(test string, kinds []kind) (half []kind) {
	if os.Getenv(everyKind) != "" {
		return kinds
	}
	for i := len(test) % 2; i < len(kinds); i += 2 {
		half = append(half, kinds[i])
	}
	return half
}

// each runs a test on a stage of its own for each of some resources, with the scenarios' ids in its name.
func each(t *testing.T, kinds []kind, ids []string, test func(*testing.T, *stage)) {
	t.Helper()
	if ids == nil {
		kinds = some(t.Name(), kinds)
	}
	for i, k := range kinds {
		name := k.name
		if ids != nil {
			name = ids[i] + " " + name
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newStage(t, k))
		})
	}
}

// labelled is the configuration of one token, by whatever lines.
func (s *stage) labelled(label string, lines ...string) string {
	return fmt.Sprintf("resource %q %q {\n  %s = %q\n  %s\n}\n", s.resource(), label, s.parent, s.path, strings.Join(lines, "\n  "))
}

// token is the configuration of a token named ci, with one scope and, for an access token, an end where
// no line says otherwise.
func (s *stage) token(lines ...string) string { return s.unended(s.ending(lines)...) }

// unended is token without the end.
func (s *stage) unended(lines ...string) string {
	for name, line := range map[string]string{"name": `name = "ci"`, "scopes": fmt.Sprintf("scopes = [%q]", s.scope)} {
		if !strings.Contains("\n"+strings.Join(lines, "\n"), "\n"+name+" ") {
			lines = append([]string{line}, lines...)
		}
	}
	return s.labelled("this", lines...)
}

// ending adds an end to the lines of an access token that has none: GitLab makes none without.
func (s *stage) ending(lines []string) []string {
	text := strings.Join(lines, "\n")
	if !s.access() || strings.Contains(text, "expires_at") || strings.Contains(text, "rotation") {
		return lines
	}
	return append(slices.Clone(lines), expires(someDay()))
}

// someDay is the end of access tokens whose end does not matter.
func someDay() string { return time.Now().UTC().AddDate(0, 0, 90).Format(time.DateOnly) }

// delivered is the attribute deliveries with one variable, TOKEN, of the stage's project.
func (s *stage) delivered() string {
	return fmt.Sprintf("deliveries = { ci = { project = %q, key = \"TOKEN\" } }", s.app.Path)
}

// secret is what the variable TOKEN holds.
func (s *stage) secret(t *testing.T) string {
	t.Helper()
	return s.Variable(t, "projects", s.app.ID, "TOKEN").Value
}

// live are the ids of the tokens that GitLab lists as not revoked.
func (s *stage) live(t *testing.T) []int64 {
	t.Helper()
	ids := []int64{}
	for _, token := range s.Tokens(t, s.of, s.id, s.tokens) {
		ids = append(ids, token.ID)
	}
	return ids
}

// inDays is an expires_at: of a deploy token with a time of day.
func (s *stage) inDays(t *testing.T, days int) string {
	t.Helper()
	at := s.Clock(t).AddDate(0, 0, days)
	if s.access() {
		return at.Format(time.DateOnly)
	}
	return at.Format(time.RFC3339)
}

func expires(at string) string { return fmt.Sprintf("expires_at = %q", at) }

func rotation(every, overlap int) string {
	return fmt.Sprintf("rotation = { every_days = %d, overlap_days = %d }", every, overlap)
}

// heldBy gives the attributes that the state holds of a resource; nil where it holds none.
func heldBy(t *testing.T, cli *acctest.CLI, address string) map[string]any {
	t.Helper()
	var state struct {
		Resources []struct {
			Type, Name string
			Instances  []struct{ Attributes map[string]any }
		}
	}
	if err := json.Unmarshal([]byte(stateFile(t, cli)), &state); err != nil {
		t.Fatal(err)
	}
	for _, r := range state.Resources {
		if r.Type+"."+r.Name == address && len(r.Instances) == 1 {
			return r.Instances[0].Attributes
		}
	}
	return nil
}

// stateFile is the text of the state, private state and all.
func stateFile(t *testing.T, cli *acctest.CLI) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(cli.Dir, "terraform.tfstate"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// tokenID is the token_id that the state holds.
func tokenID(t *testing.T, cli *acctest.CLI, address string) int64 {
	t.Helper()
	id, ok := heldBy(t, cli, address)["token_id"].(float64)
	if !ok {
		t.Fatalf("%s has no token_id in the state", address)
	}
	return int64(id)
}

// holds compares attributes of the state; numbers are float64, as JSON has them.
func holds(t *testing.T, cli *acctest.CLI, address string, want map[string]any) {
	t.Helper()
	got := heldBy(t, cli, address)
	for name, value := range want {
		if fmt.Sprint(got[name]) != fmt.Sprint(value) {
			t.Errorf("%s.%s is %v, want %v", address, name, got[name], value)
		}
	}
}

// says fails the test unless an output holds all words.
func says(t *testing.T, output string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !acctest.Says(output, w) {
			t.Errorf("it does not say %q:\n%s", w, output)
		}
	}
}

// checkWrites fails the test unless so many requests wrote since [acctest.GitLab.ForgetRequests]. A real GitLab
// does not tell.
func checkWrites(t *testing.T, g *acctest.GitLab, want int) {
	t.Helper()
	if requests, counted := g.Requests(t); counted && len(requests.Writes()) != want {
		t.Errorf("it wrote %v", requests.Writes())
	}
}

// writes are the writing requests since [acctest.GitLab.ForgetRequests].
func writes(t *testing.T, g *acctest.GitLab) []string {
	t.Helper()
	requests, _ := g.Requests(t)
	return requests.Writes()
}
