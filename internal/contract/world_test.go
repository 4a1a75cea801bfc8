package contract_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// world is the GitLab of one walk. Names are those that things had at the start: "app" is that project
// even after a rename, and whatever holds its path by then is another.
type world struct {
	gitLab *emulator.Server
	proxy  *proxy
	// token is the provider's user's: Owner of acme, Developer of ext, no administrator but in some walks.
	token string
	user  int64

	projects, groups map[string]int64
	modern           bool
}

// where everything is at the start. Groups come first, parents before what is in them.
var (
	groupPaths = []struct{ name, path string }{
		{"acme", "acme"}, {"team", "acme/team"}, {"inner", "acme/team/inner"}, {"guild", "acme/guild"}, {"ext", "ext"},
	}
	projectPaths = []struct{ name, path string }{
		{"lib", "acme/lib"}, {"tool", "acme/tool"}, {"app", "acme/app"}, {"web", "acme/web"}, {"job", "acme/job"},
		{"deep", "acme/team/deep"}, {"nest", "acme/team/inner/nest"}, {"part", "ext/part"},
	}
	versions = []string{"17.11", "18.4", "19.4"}
)

func newWorld(t testing.TB, version string, admin bool) *world {
	t.Helper()
	server, err := emulator.Start(emulator.Options{Version: version})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{gitLab: server, projects: map[string]int64{}, groups: map[string]int64{}, modern: version != versions[0]}
	w.must(t, http.MethodPut, "/application/settings", map[string]any{"enforce_ci_inbound_job_token_scope_enabled": false})
	for _, g := range groupPaths {
		parent, name := split(g.path)
		body := map[string]any{"name": name, "path": name, "visibility": "private"}
		if parent != "" {
			body["parent_id"] = w.groups[groupNamed(parent)]
		}
		w.groups[g.name] = w.must(t, http.MethodPost, "/groups", body)
	}
	for _, p := range projectPaths {
		w.newProject(t, p.name, p.path)
	}
	w.user = w.must(t, http.MethodPost, "/users", map[string]any{"username": "terraform", "name": "terraform", "email": "terraform@example.com", "force_random_password": true, "skip_confirmation": true})
	w.member(t, "acme", 50)
	w.member(t, "ext", 30)
	var token struct{ Token string }
	w.call(t, http.MethodPost, fmt.Sprintf("/users/%d/personal_access_tokens", w.user), map[string]any{
		"name": "test", "scopes": []string{"api"}, "expires_at": time.Now().AddDate(0, 0, 360).Format(time.DateOnly),
	}, &token)
	w.token = token.Token
	if admin {
		w.token = server.AdminToken()
	}
	w.proxy = newProxy(w)
	return w
}

func (w *world) close() {
	w.proxy.close()
	w.gitLab.Close()
}

func split(path string) (parent, name string) {
	at := strings.LastIndex(path, "/")
	if at < 0 {
		return "", path
	}
	return path[:at], path[at+1:]
}

// groupNamed finds the name of the group at a path of the start.
func groupNamed(path string) string {
	for _, g := range groupPaths {
		if g.path == path {
			return g.name
		}
	}
	return ""
}

// newProject makes a project at a path and remembers it by a name; where it cannot, all stays as it is.
func (w *world) newProject(t testing.TB, name, path string) {
	t.Helper()
	parent, last := split(path)
	group := w.groupAt(parent)
	var made struct{ ID int64 }
	if w.call(t, http.MethodPost, "/projects", map[string]any{"name": last, "path": last, "namespace_id": group, "visibility": "private"}, &made) >= 300 {
		return // the path is taken
	}
	w.projects[name] = made.ID
	if !w.modern {
		// Before 18.3 a setting of the namespace switches fine-grained permissions on.
		w.post(t, "/-/emulator/plant", map[string]any{"project": made.ID, "job_token_policies_enabled": true})
	}
}

func (w *world) member(t testing.TB, group string, level int) {
	t.Helper()
	w.call(t, http.MethodPost, fmt.Sprintf("/groups/%d/members", w.groups[group]), map[string]any{"user_id": w.user, "access_level": level}, nil)
}

// must calls the REST API as an administrator and gives the id in the answer.
func (w *world) must(t testing.TB, method, path string, body any) int64 {
	t.Helper()
	var answer struct{ ID int64 }
	if status := w.call(t, method, path, body, &answer); status >= 300 {
		t.Fatalf("%s %s: %d", method, path, status)
	}
	return answer.ID
}

// call calls the REST API as an administrator. What others do may fail: then nothing has changed.
func (w *world) call(t testing.TB, method, path string, body, answer any) int {
	t.Helper()
	return w.ask(t, method, "/api/v4"+path, body, answer)
}

func (w *world) post(t testing.TB, path string, body any) {
	t.Helper()
	w.ask(t, http.MethodPost, path, body, nil)
}

func (w *world) ask(t testing.TB, method, path string, body, answer any) int {
	t.Helper()
	var payload bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&payload).Encode(body); err != nil {
			t.Fatal(err)
		}
	}
	r := httptest.NewRequestWithContext(t.Context(), method, path, &payload)
	r.Header.Set("PRIVATE-TOKEN", w.gitLab.AdminToken())
	r.Header.Set("Content-Type", "application/json")
	got := httptest.NewRecorder()
	w.gitLab.ServeHTTP(got, r)
	if answer != nil && got.Code < 300 {
		if err := json.Unmarshal(got.Body.Bytes(), answer); err != nil {
			t.Fatalf("%s %s: %v in %s", method, path, err, got.Body)
		}
	}
	return got.Code
}

// mutate sends a mutation as an administrator.
func (w *world) mutate(t testing.TB, field, inputType string, input map[string]any) {
	t.Helper()
	w.post(t, "/api/graphql", map[string]any{
		"query":     fmt.Sprintf("mutation ByHand($input: %s!) { %s(input: $input) { errors } }", inputType, field),
		"variables": map[string]any{"input": input},
	})
}

// pathOf is where a project is now; empty where it is gone.
func (w *world) pathOf(name string) (path string) {
	w.gitLab.Inspect(func(s *store.State) {
		if p := s.Project(w.projects[name]); p != nil {
			path = p.FullPath
		}
	})
	return path
}

func (w *world) groupPath(name string) (path string) {
	w.gitLab.Inspect(func(s *store.State) {
		if g := s.Group(w.groups[name]); g != nil {
			path = g.FullPath
		}
	})
	return path
}

func (w *world) groupAt(path string) (id int64) {
	w.gitLab.Inspect(func(s *store.State) {
		if g := s.GroupByPath(path); g != nil {
			id = g.ID
		}
	})
	return id
}

// nameOf gives something a readable name for a report: "project:5" is "app".
func (w *world) nameOf(ref string) string {
	for kind, names := range map[string]map[string]int64{"project": w.projects, "group": w.groups} {
		var found []string
		for name, id := range names {
			if ref == fmt.Sprintf("%s:%d", kind, id) {
				found = append(found, name)
			}
		}
		if len(found) > 0 {
			slices.Sort(found)
			return kind + " " + found[0]
		}
	}
	return ref
}
