package conformance

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// roles are the users of a run, with their role in the run's group; an outsider has
// none, and is Owner of the group that nobody else sees.
var roles = map[string]int{"owner": 50, "maintainer": 40, "developer": 30, "reporter": 20, "guest": 10, "outsider": 0}

// run is one GitLab with the users that all rows share.
type run struct {
	baseURL, admin string
	foreign        bool
	// number is the version as 1904.
	number int
	tokens map[string]string // by role
	users  map[string]int64
	// root holds the groups of the rows; away is the outsider's.
	root, away int64
}

// newRun makes the users and groups that the rows share.
func newRun(t *testing.T, baseURL, admin string, foreign bool) *run {
	t.Helper()
	r := &run{baseURL: baseURL, admin: admin, foreign: foreign, tokens: map[string]string{"admin": admin}, users: map[string]int64{}}
	var version struct{ Version string }
	r.must(t, call{as: "admin", do: "GET /version"}, &version)
	var major, minor int
	if _, err := fmt.Sscanf(version.Version, "%d.%d", &major, &minor); err != nil {
		t.Fatalf("version %q: %v", version.Version, err)
	}
	r.number = major*100 + minor
	r.root = r.group(t, "public", 0)
	r.away = r.group(t, "private", 0)
	for role, level := range roles {
		name := "conf-" + role + "-" + unique()
		var user struct{ ID int64 }
		r.must(t, call{as: "admin", do: "POST /users", body: fmt.Sprintf(
			`{"username":%[1]q,"name":%[1]q,"email":"%[1]s@example.com","force_random_password":true,"skip_confirmation":true}`, name)}, &user)
		var token struct{ Token string }
		r.must(t, call{as: "admin", do: fmt.Sprintf("POST /users/%d/personal_access_tokens", user.ID), body: fmt.Sprintf(
			`{"name":"conformance","scopes":["api"],"expires_at":%q}`, time.Now().AddDate(0, 0, 300).Format(time.DateOnly))}, &token)
		r.users[role], r.tokens[role] = user.ID, token.Token
		in := r.root
		if level == 0 {
			in, level = r.away, 50
		}
		r.must(t, call{as: "admin", do: fmt.Sprintf("POST /groups/%d/members", in), body: fmt.Sprintf(`{"user_id":%d,"access_level":%d}`, user.ID, level)}, nil)
		if foreign {
			t.Cleanup(func() {
				r.must(t, call{as: "admin", do: fmt.Sprintf("DELETE /users/%d?hard_delete=true", user.ID)}, nil)
			})
		}
	}
	return r
}

func unique() string {
	var random [5]byte
	_, _ = rand.Read(random[:]) // never fails: crypto/rand ends the program instead
	return hex.EncodeToString(random[:])
}

// group makes a group, at the top or in another.
func (r *run) group(t *testing.T, visibility string, parent int64) int64 {
	t.Helper()
	name, in := "conf-"+unique(), ""
	if parent != 0 {
		in = fmt.Sprintf(`,"parent_id":%d`, parent)
	}
	var group struct{ ID int64 }
	r.must(t, call{as: "admin", do: "POST /groups", body: fmt.Sprintf(`{"name":%[1]q,"path":%[1]q,"visibility":%q%s}`, name, visibility, in)}, &group)
	if parent == 0 && r.foreign {
		t.Cleanup(func() { r.must(t, call{as: "admin", do: fmt.Sprintf("DELETE /groups/%d", group.ID)}, nil) })
	}
	return group.ID
}

// must makes a request that has to succeed, with no placeholder in it.
func (r *run) must(t *testing.T, c call, into any) {
	t.Helper()
	status, body, _ := r.send(t, c)
	if status >= http.StatusBadRequest {
		t.Fatalf("%s as %s: %d %s", c.do, c.as, status, body)
	}
	if into != nil {
		if err := json.Unmarshal([]byte(body), into); err != nil {
			t.Fatalf("%s: %v in %s", c.do, err, body)
		}
	}
}

var client = http.Client{
	Timeout:       time.Minute,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func (r *run) send(t *testing.T, c call) (status int, body string, header http.Header) {
	t.Helper()
	method, path, _ := strings.Cut(c.do, " ")
	switch {
	case method == "QUERY":
		text, err := json.Marshal(map[string]string{"query": path})
		if err != nil {
			t.Fatal(err)
		}
		method, path, c.body = http.MethodPost, "/api/graphql", string(text)
	case strings.HasPrefix(path, "//"):
		path = path[1:]
	default:
		path = "/api/v4" + path
	}
	// What is cleaned up is cleaned up after the test's own context has ended.
	request, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), method, r.baseURL+path, bytes.NewReader([]byte(c.body)))
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case strings.HasPrefix(c.body, "{"), strings.HasPrefix(c.body, "["):
		request.Header.Set("Content-Type", "application/json")
	case strings.HasPrefix(c.body, "form:"):
		text := strings.TrimPrefix(c.body, "form:")
		request.Body, request.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	case c.body != "":
		request.Header.Set("Content-Type", "application/octet-stream")
	}
	kind, credential, _ := strings.Cut(c.as, ":")
	switch kind {
	case "":
	case "token":
		request.Header.Set("Private-Token", credential)
	case "bearer":
		request.Header.Set("Authorization", "Bearer "+credential)
	case "deploy":
		request.Header.Set("Deploy-Token", credential)
	case "jobtoken":
		request.Header.Set("Job-Token", credential)
	case "basic":
		name, password, _ := strings.Cut(credential, ":")
		request.SetBasicAuth(name, password)
	default:
		if r.tokens[kind] == "" {
			t.Fatalf("nobody is called %q", c.as)
		}
		request.Header.Set("Private-Token", r.tokens[kind])
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(content), response.Header
}

// world is what one row has for itself. Placeholders make it as they are met:
//
//   - <lib>, <app>, <web>: ids of private projects in <group>; <public> and <internal>
//     of a public and an internal one in <open>; <hidden> of one of the outsider's;
//   - <group>, <sub>, <open>: ids of a private group, one below it, and a public group,
//     in all of which the users have their roles; <away>: the outsider's group;
//   - <lib.path> is a full path, <lib.url> the same for an URL, <lib.name> its last part;
//   - <user.guest> is a user's id, <user.guest.name> the user name;
//   - <day:30> is the day in 30 days;
//   - <name>: what a call has saved.
type world struct {
	*run

	t     *testing.T
	saved map[string]string
	made  map[string]thing
}

type thing struct {
	ID   int64
	Full string
}

var placeholder = regexp.MustCompile(`<([a-z_]+)([.:][a-z0-9.-]+)?>`)

func (w *world) fill(text string) string {
	return placeholder.ReplaceAllStringFunc(text, func(found string) string {
		parts := placeholder.FindStringSubmatch(found)
		name, more := parts[1], parts[2]
		switch {
		case name == "day":
			days, _ := strconv.Atoi(more[1:])
			return time.Now().UTC().AddDate(0, 0, days).Format(time.DateOnly)
		case name == "user":
			role, wantsName := strings.CutSuffix(more[1:], ".name")
			if wantsName {
				var user struct{ Username string }
				w.must(w.t, call{as: "admin", do: fmt.Sprintf("GET /users/%d", w.users[role])}, &user)
				return user.Username
			}
			return strconv.FormatInt(w.users[role], 10)
		case w.saved[name] != "":
			return w.saved[name]
		}
		made := w.thing(name)
		switch more {
		case ".path":
			return made.Full
		case ".url":
			return url.PathEscape(made.Full)
		case ".name":
			return made.Full[strings.LastIndexByte(made.Full, '/')+1:]
		}
		return strconv.FormatInt(made.ID, 10)
	})
}

// thing is a project or group of the row, made when it is first named.
func (w *world) thing(name string) thing {
	w.t.Helper()
	if made, present := w.made[name]; present {
		return made
	}
	var made thing
	switch name {
	case "group":
		made = w.lookUpGroup(w.group(w.t, "private", w.root))
	case "open":
		made = w.lookUpGroup(w.group(w.t, "public", w.root))
	case "sub":
		made = w.lookUpGroup(w.group(w.t, "private", w.thing("group").ID))
	case "away":
		made = w.lookUpGroup(w.away)
	default:
		made = w.project(name)
	}
	w.made[name] = made
	return made
}

func (w *world) lookUpGroup(id int64) thing {
	w.t.Helper()
	var group struct {
		ID       int64
		FullPath string `json:"full_path"`
	}
	w.must(w.t, call{as: "admin", do: fmt.Sprintf("GET /groups/%d", id)}, &group)
	return thing{group.ID, group.FullPath}
}

func (w *world) project(name string) thing {
	w.t.Helper()
	in, visibility := "group", "private"
	switch name {
	case "public", "internal":
		in, visibility = "open", name
	case "hidden":
		in = "away"
	case "lib", "app", "web":
	default:
		w.t.Fatalf("nothing is called %q", name)
	}
	called := name + "-" + unique()
	var project struct {
		ID   int64
		Path string `json:"path_with_namespace"`
	}
	w.must(w.t, call{as: "admin", do: "POST /projects", body: fmt.Sprintf(
		`{"name":%[1]q,"path":%[1]q,"namespace_id":%d,"visibility":%q,"initialize_with_readme":true}`, called, w.thing(in).ID, visibility)}, &project)
	return thing{project.ID, project.Path}
}

// do makes a call of the row.
func (w *world) do(c call) (status int, body string, header http.Header) {
	w.t.Helper()
	c.as, c.do, c.body = w.fill(c.as), w.fill(c.do), w.fill(c.body)
	for prefix, as := range map[string]string{"job:": "jobtoken:", "jobgit:": "basic:gitlab-ci-token:"} {
		if of, isJob := strings.CutPrefix(c.as, prefix); isJob {
			project, role, _ := strings.Cut(of, ":")
			c.as = as + w.job(project, role)
		}
	}
	status, body, header = w.send(w.t, c)
	for pair := range strings.FieldsSeq(c.save) {
		name, field, _ := strings.Cut(pair, "=")
		var fields map[string]any
		decoder := json.NewDecoder(strings.NewReader(body))
		decoder.UseNumber()
		if err := decoder.Decode(&fields); err != nil {
			w.t.Fatalf("%s: %v in %s", c.do, err, body)
		}
		w.saved[name] = fmt.Sprint(fields[field])
	}
	return status, body, header
}

// job is the token of a running job of a project, started by the user of a role.
func (w *world) job(project, role string) string {
	w.t.Helper()
	var job struct{ Token string }
	w.must(w.t, call{as: "admin", do: "POST //-/emulator/jobs", body: fmt.Sprintf(`{"project":%d,"user":%d}`, w.thing(project).ID, w.users[role])}, &job)
	return job.Token
}

// check makes the row's request, and compares.
func (r row) check(t *testing.T, of *run) {
	t.Helper()
	w := &world{run: of, t: t, saved: map[string]string{}, made: map[string]thing{}}
	for _, c := range r.given {
		if status, body, _ := w.do(c); status >= http.StatusBadRequest || strings.HasPrefix(c.do, "QUERY") && !strings.Contains(body, `"errors":[]`) {
			t.Fatalf("given %s as %s: %d %s", c.do, c.as, status, body)
		}
	}
	status, body, header := w.do(r.ask)
	if status != r.want.status {
		t.Errorf("%s as %q: status %d, want %d; %s\n%s", r.ask.do, r.ask.as, status, r.want.status, body, r.source)
		return
	}
	if problem := compare(body, w.fill(r.want.body)); problem != "" {
		t.Errorf("%s as %q: %s\n%s\n%s", r.ask.do, r.ask.as, problem, body, r.source)
	}
	if name, value, wanted := strings.Cut(w.fill(r.want.header), ": "); wanted && !strings.Contains(header.Get(name), value) {
		t.Errorf("%s as %q: header %s is %q, want %q\n%s", r.ask.do, r.ask.as, name, header.Get(name), value, r.source)
	}
}

// compare gives what is wrong with a body, or "".
func compare(body, want string) string {
	if part, isPart := strings.CutPrefix(want, "~"); isPart {
		if !strings.Contains(body, part) {
			return "the body lacks " + part
		}
		return ""
	}
	if keys, areKeys := strings.CutPrefix(want, "keys "); areKeys {
		return lacking(body, strings.Fields(keys))
	}
	switch want {
	case "":
		return ""
	case "empty":
		if body != "" {
			return "there is a body"
		}
		return ""
	}
	var got, wanted any
	if json.Unmarshal([]byte(body), &got) != nil || json.Unmarshal([]byte(want), &wanted) != nil {
		if body != want {
			return "the body is not " + want
		}
		return ""
	}
	if !reflect.DeepEqual(got, wanted) {
		return "the body is not " + want
	}
	return ""
}

func lacking(body string, keys []string) string {
	var fields map[string]any
	if strings.HasPrefix(body, "[") {
		var list []map[string]any
		if err := json.Unmarshal([]byte(body), &list); err != nil || len(list) == 0 {
			return "the body is no list of objects"
		}
		fields = list[0]
	} else if err := json.Unmarshal([]byte(body), &fields); err != nil {
		return "the body is no object"
	}
	for _, key := range keys {
		if _, present := fields[key]; !present {
			return "the key " + key + " is missing"
		}
	}
	return ""
}
