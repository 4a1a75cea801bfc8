package provider_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// wire stands between the provider and GitLab: it notes the requests that write, and lets others act
// right before one.
type wire struct {
	mu     sync.Mutex
	writes []written
	// before is what others do right before a write; one at a time.
	before func(written)
}

// written is a request of the provider that may change something at GitLab.
type written struct{ method, path, body string }

// newWired prepares a folder whose provider reaches GitLab by a wire.
func newWired(t *testing.T, g *acctest.GitLab, configuration string) (*acctest.CLI, *wire) {
	t.Helper()
	w := &wire{}
	pass := front(t, g)
	address := serve(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.note(r)
		pass.ServeHTTP(rw, r)
	}))
	cli := acctest.NewCLI(t, g, configuration)
	cli.Setenv("GITLAB_BASE_URL=" + address)
	return cli, w
}

// meddle says what others do right before each write from now on.
func (w *wire) meddle(before func(written)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.before = before
}

func (w *wire) note(r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the provider has gone
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	noted := written{r.Method, r.URL.EscapedPath(), string(body)}
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	if strings.HasSuffix(noted.path, "/api/graphql") {
		reads = !strings.Contains(noted.body, `"mutation `)
	}
	if reads {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writes = append(w.writes, noted)
	if w.before != nil {
		w.before(noted)
	}
}

// String leaves out the text of a document.
func (w written) String() string {
	if at := strings.Index(w.body, `"variables"`); at >= 0 {
		return w.method + " " + w.path + " {" + w.body[at:]
	}
	return w.method + " " + w.path + " " + w.body
}

// forget starts the notes anew.
func (w *wire) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writes = nil
}

// sent are the writes of some sort since [wire.forget].
func (w *wire) sent(of ...func(written) bool) []written {
	w.mu.Lock()
	defer w.mu.Unlock()
	var found []written
	for _, sent := range w.writes {
		if !slices.ContainsFunc(of, func(is func(written) bool) bool { return !is(sent) }) {
			found = append(found, sent)
		}
	}
	return found
}

// none fails the test if anything of some sort was written.
func (w *wire) none(t *testing.T, what string, of ...func(written) bool) {
	t.Helper()
	if sent := w.sent(of...); len(sent) > 0 {
		t.Errorf("%s: %v", what, sent)
	}
}

// removes tells of a request that takes an entry off a list.
func (w written) removes() bool {
	return w.method == http.MethodDelete && strings.Contains(w.path, "/job_token_scope/") || strings.Contains(w.body, "ciJobTokenScopeRemove")
}

// removesGroup tells of a request that takes a group off a list.
func (w written) removesGroup() bool {
	return w.removes() && (strings.Contains(w.path, "/groups_allowlist/") || strings.Contains(w.body, "ciJobTokenScopeRemoveGroup"))
}

// toggles tells of a request that sets a toggle.
func (w written) toggles() bool {
	return !w.removes() && (strings.Contains(w.body, "projectCiCdSettingsUpdate") || w.method == http.MethodPatch || w.method == http.MethodPut)
}

// switchesOff tells of a request that sets a toggle to false.
func (w written) switchesOff() bool { return w.toggles() && strings.Contains(w.body, "false") }

// concerns tells whether a request names a project, by path or id.
func (w written) concerns(project acctest.Project) bool {
	return strings.Contains(w.body, fmt.Sprintf("%q", project.Path)) || strings.Contains(w.body, fmt.Sprintf("\"gid://gitlab/Project/%d\"", project.ID)) ||
		strings.Contains(w.path+"/", fmt.Sprintf("/%d/", project.ID)) || strings.Contains(w.path+"/", "/"+url.PathEscape(project.Path)+"/")
}

// naming are the requests that name one of these projects.
func naming(projects ...acctest.Project) func(written) bool {
	return func(w written) bool { return slices.ContainsFunc(projects, w.concerns) }
}

// block declares a resource.
func block(resourceType, name string, lines ...string) string {
	return fmt.Sprintf("resource %q %q {\n  %s\n}\n", resourceType, name, strings.Join(lines, "\n  "))
}

// of is the attribute that names a project.
func of(project acctest.Project) string { return fmt.Sprintf("project = %q", project.Path) }

// towards is the attribute that names the target of an entry.
func towards(project acctest.Project) string { return fmt.Sprintf("target_project = %q", project.Path) }

// admit is a map of entries with the default permissions.
func admit(kind string, paths ...string) string {
	var b strings.Builder
	for _, path := range paths {
		fmt.Fprintf(&b, " %q = {},", path)
	}
	return fmt.Sprintf("%s = {%s }", kind, strings.TrimSuffix(b.String(), ","))
}

// limited is an element of a map of entries, with permissions.
func limited(project acctest.Project, permissions ...string) string {
	return fmt.Sprintf("%q = { %s }", project.Path, permitted(permissions...))
}

func permitted(permissions ...string) string {
	quoted := make([]string, len(permissions))
	for i, permission := range permissions {
		quoted[i] = fmt.Sprintf("%q", permission)
	}
	return "permissions = [" + strings.Join(quoted, ", ") + "]"
}

// ends expects an exit code and no word by which Terraform blames the provider. It goes on in any
// case: the test is about what the server holds by then.
func ends(t *testing.T, cli *acctest.CLI, code int, args ...string) string {
	t.Helper()
	result := cli.Run(t, slices.Insert(slices.Clone(args), 1, "-no-color", "-input=false")...)
	blamed := acctest.Says(result.Output, "inconsistent") || acctest.Says(result.Output, "bug in the provider")
	if result.Code != code || blamed {
		t.Errorf("%v exited with %d, want %d and no blame:\n%s", args, result.Code, code, result.Output)
	}
	return result.Output
}

// empty expects a plan without changes, and goes on where there are some.
func empty(t *testing.T, cli *acctest.CLI, args ...string) string {
	t.Helper()
	return ends(t, cli, acctest.NoChanges, append([]string{"plan", "-detailed-exitcode"}, args...)...)
}

// beginning is that of a diagnostic.
var beginning = regexp.MustCompile(`(?m)^[│\s]*(Warning|Error): `)

// diagnosed tells whether one diagnostic, of a title that begins with these words, names all of these:
// "Warning: Changed Meanwhile". What the CLI says of the provider under development is none.
func diagnosed(output, title string, names ...string) bool {
	starts := append(beginning.FindAllStringIndex(output, -1), []int{len(output)})
	for i, start := range starts[:len(starts)-1] {
		text := strings.Join(strings.Fields(strings.ReplaceAll(output[start[0]:starts[i+1][0]], "│", " ")), " ")
		lacks := func(name string) bool { return !strings.Contains(text, name) }
		if strings.HasPrefix(text, title) && !strings.Contains(text, "development overrides") && !slices.ContainsFunc(names, lacks) {
			return true
		}
	}
	return false
}

// changeOf is what a plan does to a resource.
func changeOf(t *testing.T, plan acctest.Planned, address string) *tfjson.Change {
	t.Helper()
	for _, change := range plan.ResourceChanges {
		if change.Address == address {
			return change.Change
		}
	}
	t.Fatalf("the plan has no %s", address)
	return nil
}

// differs tells whether a plan updates a resource, and an attribute of it is among what changes.
func differs(t *testing.T, plan acctest.Planned, address, attribute string) bool {
	t.Helper()
	change := changeOf(t, plan, address)
	before, _ := change.Before.(map[string]any)
	after, _ := change.After.(map[string]any)
	return change.Actions.Update() && !reflect.DeepEqual(before[attribute], after[attribute])
}

// projectsIn are the keys of a list's projects in a value of a plan, sorted.
func projectsIn(value any) []string {
	object, _ := value.(map[string]any)
	elements, _ := object["projects"].(map[string]any)
	keys := make([]string, 0, len(elements))
	for key := range elements {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// addressesIn lists what the state holds.
func addressesIn(t *testing.T, cli *acctest.CLI) []string {
	t.Helper()
	return strings.Fields(cli.Must(t, 0, "state", "list"))
}

// refuseMutation has GitLab refuse the mutations whose input has these values, until [acctest.GitLab.Calm].
func refuseMutation(t *testing.T, g *acctest.GitLab, input map[string]string) {
	t.Helper()
	g.Disturb(t, acctest.Fault{"kind": "refuse", "mutation": map[string]any{"input": input}, "errors": []string{"Refused by this test"}})
}

// usurp renames a project, and makes another one at the path it had.
func usurp(t *testing.T, g *acctest.GitLab, project acctest.Project) (renamed, usurper acctest.Project) {
	t.Helper()
	name := project.Path[strings.LastIndex(project.Path, "/")+1:]
	return g.Rename(t, project, name+"-of-old"), g.Project(t, name)
}

// swap lets two projects exchange their paths, or takes that back.
func swap(t *testing.T, g *acctest.GitLab, a, b acctest.Project, back bool) {
	t.Helper()
	nameA, nameB := a.Path[strings.LastIndex(a.Path, "/")+1:], b.Path[strings.LastIndex(b.Path, "/")+1:]
	if back {
		nameA, nameB = nameB, nameA
	}
	g.Rename(t, a, nameA+"-aside")
	g.Rename(t, b, nameA)
	g.Rename(t, a, nameB)
}

// stateFile is the state of a folder as it is stored.
type stateFile map[string]any

// stateResource is a resource in it.
type stateResource map[string]any

func readState(t *testing.T, cli *acctest.CLI) stateFile {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(cli.Dir, "terraform.tfstate"))
	if err != nil {
		t.Fatal(err)
	}
	var state stateFile
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&state); err != nil {
		t.Fatal(err)
	}
	return state
}

func (s stateFile) write(t *testing.T, cli *acctest.CLI) {
	t.Helper()
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(cli.Dir, "terraform.tfstate"), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (s stateFile) resources(t *testing.T) []stateResource {
	t.Helper()
	var resources []stateResource
	for _, object := range objects(t, s["resources"]) {
		resources = append(resources, object)
	}
	return resources
}

// add gives a resource one more instance.
func (s stateFile) add(t *testing.T, address string, instance map[string]any) {
	t.Helper()
	for _, resource := range s.resources(t) {
		if resource.address() == address {
			list, _ := resource["instances"].([]any)
			resource["instances"] = append(list, instance)
			return
		}
	}
	t.Fatalf("the state has no %s", address)
}

func (r stateResource) address() string { return fmt.Sprintf("%s.%s", r["type"], r["name"]) }

func (r stateResource) instances(t *testing.T) []map[string]any {
	t.Helper()
	return objects(t, r["instances"])
}

func objects(t *testing.T, list any) []map[string]any {
	t.Helper()
	elements, _ := list.([]any)
	found := make([]map[string]any, 0, len(elements))
	for _, element := range elements {
		object, is := element.(map[string]any)
		if !is {
			t.Fatalf("the state holds %v in place of an object", element)
		}
		found = append(found, object)
	}
	return found
}
