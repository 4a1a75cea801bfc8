// Package acctest points a test at a GitLab: the embedded one, started for the test, or a real one
// named by GITLAB_BASE_URL and GITLAB_TOKEN (an administrator's token with the scope api), with TF_ACC=1.
//
// Fixtures and checks go through GitLab's public API alone, so that the suite runs unchanged against
// either. What only the embedded GitLab can tell, such as the requests made, is left unchecked on a
// real one.
package acctest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest/foreign"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/version"
)

// GitLab is the instance a test works on, with a group of its own.
type GitLab struct {
	BaseURL string
	// Token is that of the user the provider works as: Owner of Root, no administrator.
	Token string
	// User is that user.
	User User
	// Root is a group that only this test uses.
	Root Group

	admin   string
	foreign bool
	flips   []string

	versionOnce sync.Once
	version     version.Version
	// holdsInstance means that the test may change settings of the instance until it ends.
	holdsInstance bool
	// tokens are the ids of the tokens made for the test.
	tokens map[string]int64
}

// New gives a test its GitLab, its group and its user.
func New(t testing.TB) *GitLab { return NewWith(t, emulator.Options{}) }

// NewWith is [New] with options for the embedded GitLab. A real one is what it is: a test that needs
// another version, or other facts, is skipped there.
func NewWith(t testing.TB, options emulator.Options) *GitLab {
	t.Helper()
	server, is := foreign.Named()
	g := &GitLab{BaseURL: server.BaseURL, admin: server.Token, foreign: is, tokens: map[string]int64{}}
	if is && (options.Version != "" || len(options.Flip) > 0) {
		t.Skip("a real GitLab has one version, and its own facts")
	}
	if !is {
		options = chosen(options)
		server, err := emulator.Start(options)
		if err != nil {
			t.Fatalf("start the embedded GitLab: %v", err)
		}
		t.Cleanup(server.Close)
		g.BaseURL, g.admin = server.URL(), server.AdminToken()
		g.flips = options.Flip
	}
	g.Root = g.Group(t, "jobtoken-"+unique(), nil)
	g.User = g.NewUser(t)
	g.Token = g.NewToken(t, g.User, "api")
	g.Member(t, "groups", g.Root.ID, g.User, Owner)
	return g
}

// NewAdmin is [New] with an administrator as the provider's user.
func NewAdmin(t testing.TB) *GitLab {
	t.Helper()
	g := New(t)
	g.Token = g.admin
	return g
}

// AdminToken is an administrator's.
func (g *GitLab) AdminToken() string { return g.admin }

// Embedded tells whether the GitLab is the embedded one, whose requests can be counted and disturbed.
func (g *GitLab) Embedded() bool { return !g.foreign }

// Role is an access level.
type Role int

// The roles that matter to job tokens.
const (
	Guest      Role = 10
	Reporter   Role = 20
	Developer  Role = 30
	Maintainer Role = 40
	Owner      Role = 50
)

// User is a user made for a test.
type User struct {
	ID       int64  `json:"id"`
	Username string `json:"username"`
}

// Group is a group made for a test.
type Group struct {
	ID   int64  `json:"id"`
	Path string `json:"full_path"`
}

// Project is a project made for a test.
type Project struct {
	ID   int64  `json:"id"`
	Path string `json:"path_with_namespace"`
}

// Group makes a private group, below a parent or at the top.
func (g *GitLab) Group(t testing.TB, name string, parent *Group) Group {
	t.Helper()
	body := map[string]any{"name": name, "path": name, "visibility": "private"}
	if parent != nil {
		body["parent_id"] = parent.ID
	}
	var group Group
	g.Admin(t, http.MethodPost, "/groups", body, &group)
	if parent == nil && g.foreign {
		t.Cleanup(func() { g.Admin(t, http.MethodDelete, fmt.Sprintf("/groups/%d", group.ID), nil, nil) })
	}
	return group
}

// Project makes a private project in the test's own group.
func (g *GitLab) Project(t testing.TB, name string) Project {
	t.Helper()
	return g.ProjectIn(t, g.Root, name)
}

// ProjectIn makes a private project in a group.
func (g *GitLab) ProjectIn(t testing.TB, group Group, name string) Project {
	t.Helper()
	var project Project
	g.Admin(t, http.MethodPost, "/projects", map[string]any{"name": name, "path": name, "namespace_id": group.ID, "visibility": "private"}, &project)
	g.permitFineGrained(t, project)
	return project
}

// Projects makes many projects: prefix000, prefix001 and so on.
func (g *GitLab) Projects(t testing.TB, prefix string, count int) []Project {
	t.Helper()
	projects := make([]Project, count)
	for i := range projects {
		projects[i] = g.Project(t, fmt.Sprintf("%s%03d", prefix, i))
	}
	return projects
}

// Hidden makes a private project that the provider's user cannot see.
func (g *GitLab) Hidden(t testing.TB, name string) Project {
	t.Helper()
	return g.ProjectIn(t, g.Group(t, "hidden-"+unique(), nil), name)
}

// NewUser makes a user.
func (g *GitLab) NewUser(t testing.TB) User {
	t.Helper()
	name := "user-" + unique()
	var user User
	g.Admin(t, http.MethodPost, "/users", map[string]any{
		"username": name, "name": name, "email": name + "@example.com", "force_random_password": true, "skip_confirmation": true,
	}, &user)
	if g.foreign {
		t.Cleanup(func() { g.Admin(t, http.MethodDelete, fmt.Sprintf("/users/%d?hard_delete=true", user.ID), nil, nil) })
	}
	return user
}

// NewToken makes a personal access token.
func (g *GitLab) NewToken(t testing.TB, user User, scopes ...string) string {
	t.Helper()
	var token struct {
		ID    int64  `json:"id"`
		Token string `json:"token"`
	}
	g.Admin(t, http.MethodPost, fmt.Sprintf("/users/%d/personal_access_tokens", user.ID), map[string]any{
		"name": "test", "scopes": scopes, "expires_at": time.Now().AddDate(0, 0, 360).Format(time.DateOnly),
	}, &token)
	g.tokens[token.Token] = token.ID
	return token.Token
}

// Revocation is the call that revokes a token of [GitLab.NewToken], for [GitLab.Before].
func (g *GitLab) Revocation(token string) Call {
	return Call{Method: http.MethodDelete, Path: fmt.Sprintf("/api/v4/personal_access_tokens/%d", g.tokens[token])}
}

// Member gives a user a role in a group ("groups") or project ("projects").
func (g *GitLab) Member(t testing.TB, of string, id int64, user User, role Role) {
	t.Helper()
	g.Admin(t, http.MethodPost, fmt.Sprintf("/%s/%d/members", of, id), map[string]any{"user_id": user.ID, "access_level": role}, nil)
}

// Dismiss takes a user's role in a group ("groups") or project ("projects").
func (g *GitLab) Dismiss(t testing.TB, of string, id int64, user User) {
	t.Helper()
	g.Admin(t, http.MethodDelete, fmt.Sprintf("/%s/%d/members/%d", of, id, user.ID), nil, nil)
}

// Rename gives a project another last path segment.
func (g *GitLab) Rename(t testing.TB, project Project, path string) Project {
	t.Helper()
	g.Admin(t, http.MethodPut, fmt.Sprintf("/projects/%d", project.ID), map[string]any{"path": path, "name": path}, &project)
	return project
}

// Delete removes a project for good; GitLab 18.0 and newer schedule that first.
func (g *GitLab) Delete(t testing.TB, project Project) {
	t.Helper()
	at := fmt.Sprintf("/projects/%d", project.ID)
	g.Admin(t, http.MethodDelete, at, nil, nil)
	if g.Since(t, "18.0") {
		var scheduled Project
		g.Admin(t, http.MethodGet, at, nil, &scheduled)
		g.Admin(t, http.MethodDelete, at, map[string]any{"permanently_remove": true, "full_path": scheduled.Path}, nil)
	}
	Eventually(t, func() error {
		if status, _ := g.try(t, g.admin, http.MethodGet, "/api/v4"+at, nil, nil); status != http.StatusNotFound {
			return fmt.Errorf("project %d still answers %d", project.ID, status)
		}
		return nil
	})
}

// DeleteGroup deletes an empty group for good.
func (g *GitLab) DeleteGroup(t testing.TB, group Group) {
	t.Helper()
	at := fmt.Sprintf("/groups/%d", group.ID)
	g.Admin(t, http.MethodDelete, at, nil, nil)
	if g.Since(t, "18.0") {
		var scheduled struct {
			Path string `json:"full_path"`
		}
		if status, _ := g.try(t, g.admin, http.MethodGet, "/api/v4"+at, nil, &scheduled); status == http.StatusOK {
			g.Admin(t, http.MethodDelete, at, map[string]any{"permanently_remove": true, "full_path": scheduled.Path}, nil)
		}
	}
	Eventually(t, func() error {
		if status, _ := g.try(t, g.admin, http.MethodGet, "/api/v4"+at, nil, nil); status != http.StatusNotFound {
			return fmt.Errorf("group %d still answers %d", group.ID, status)
		}
		return nil
	})
}

// instance is held by a test that changes a setting of a real instance.
var instance sync.Mutex

// Enforce sets whether the instance enforces allowlists, for the length of the test.
func (g *GitLab) Enforce(t testing.TB, enforce bool) {
	t.Helper()
	g.set(t, "enforce_ci_inbound_job_token_scope_enabled", enforce)
}

// Enforces tells whether the instance enforces allowlists.
func (g *GitLab) Enforces(t testing.TB) bool {
	t.Helper()
	var settings struct {
		Enforces bool `json:"enforce_ci_inbound_job_token_scope_enabled"`
	}
	g.Admin(t, http.MethodGet, "/application/settings", nil, &settings)
	return settings.Enforces
}

// RequireExpiry sets whether access tokens have to end, for the length of the test.
func (g *GitLab) RequireExpiry(t testing.TB, require bool) {
	t.Helper()
	g.set(t, "require_personal_access_token_expiry", require)
}

// set changes a setting of the instance. A real one is held until the test ends, and gets back what it had.
func (g *GitLab) set(t testing.TB, setting string, value bool) {
	t.Helper()
	const settings = "/application/settings"
	if g.foreign && !g.holdsInstance {
		instance.Lock()
		g.holdsInstance = true
		t.Cleanup(func() { g.holdsInstance = false; instance.Unlock() })
	}
	if g.foreign {
		before := map[string]any{}
		g.Admin(t, http.MethodGet, settings, nil, &before)
		t.Cleanup(func() { g.Admin(t, http.MethodPut, settings, map[string]any{setting: before[setting]}, nil) })
	}
	g.Admin(t, http.MethodPut, settings, map[string]any{setting: value}, nil)
}

// Admin calls the REST API as an administrator and fails the test unless it succeeds.
func (g *GitLab) Admin(t testing.TB, method, path string, body, answer any) {
	t.Helper()
	g.call(t, g.admin, method, "/api/v4"+path, body, answer)
}

// ReadAs reads from the REST API with a token, and fails the test unless it succeeds.
func (g *GitLab) ReadAs(t testing.TB, token, path string, answer any) {
	t.Helper()
	g.call(t, token, http.MethodGet, "/api/v4"+path, nil, answer)
}

// GraphQL sends a document as an administrator and fails the test on any error in the answer.
func (g *GitLab) GraphQL(t testing.TB, query string, variables map[string]any, data any) {
	t.Helper()
	var answer struct {
		Data   json.RawMessage `json:"data"`
		Errors []struct {
			Message string `json:"message"`
		} `json:"errors"`
	}
	g.call(t, g.admin, http.MethodPost, "/api/graphql", map[string]any{"query": query, "variables": variables}, &answer)
	if len(answer.Errors) > 0 {
		t.Fatalf("GraphQL: %s", answer.Errors[0].Message)
	}
	if err := json.Unmarshal(answer.Data, data); err != nil {
		t.Fatalf("GraphQL: %v", err)
	}
}

func (g *GitLab) call(t testing.TB, token, method, path string, body, answer any) {
	t.Helper()
	status, text := g.try(t, token, method, path, body, answer)
	if status < 200 || status > 299 {
		t.Fatalf("%s %s: %d %s", method, path, status, text)
	}
}

func (g *GitLab) try(t testing.TB, token, method, path string, body, answer any) (status int, text string) {
	t.Helper()
	var payload io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		payload = bytes.NewReader(encoded)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(g.BaseURL, "/")+path, payload)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("PRIVATE-TOKEN", token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	if answer != nil && resp.StatusCode < 300 {
		if err := json.Unmarshal(raw, answer); err != nil {
			t.Fatalf("%s %s: %v in %s", method, path, err, raw)
		}
	}
	return resp.StatusCode, string(raw)
}

// Eventually polls until check succeeds, for what a real GitLab does in the background.
func Eventually(t testing.TB, check func() error) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if err = check(); err == nil {
			return
		}
	}
	t.Fatal(err)
}

func unique() string { return strings.ToLower(rand.Text()[:10]) }

// Transfer moves a project into another group.
func (g *GitLab) Transfer(t testing.TB, project Project, to Group) Project {
	t.Helper()
	g.Admin(t, http.MethodPut, fmt.Sprintf("/projects/%d/transfer", project.ID), map[string]any{"namespace": to.ID}, &project)
	return project
}

// Archive archives a project.
func (g *GitLab) Archive(t testing.TB, project Project) {
	t.Helper()
	g.Admin(t, http.MethodPost, fmt.Sprintf("/projects/%d/archive", project.ID), nil, nil)
}

// ScheduleDeletion deletes a project as the first step of GitLab does: its path moves aside. Before
// 18.0 there is no such step, and the test is skipped.
func (g *GitLab) ScheduleDeletion(t testing.TB, project Project) Project {
	t.Helper()
	NeedsVersion(t, g, "18.0")
	g.Admin(t, http.MethodDelete, fmt.Sprintf("/projects/%d", project.ID), nil, nil)
	g.Admin(t, http.MethodGet, fmt.Sprintf("/projects/%d", project.ID), nil, &project)
	return project
}

// Expel takes a user's role in a group ("groups") or project ("projects").
func (g *GitLab) Expel(t testing.TB, of string, id int64, user User) {
	t.Helper()
	g.Admin(t, http.MethodDelete, fmt.Sprintf("/%s/%d/members/%d", of, id, user.ID), nil, nil)
}

// SetRole changes a user's role in a group ("groups") or project ("projects").
func (g *GitLab) SetRole(t testing.TB, of string, id int64, user User, role Role) {
	t.Helper()
	g.Admin(t, http.MethodPut, fmt.Sprintf("/%s/%d/members/%d", of, id, user.ID), map[string]any{"access_level": role}, nil)
}

// Target writes the project as the provider's messages do.
func (p Project) Target() string { return fmt.Sprintf("project %s (id %d)", p.Path, p.ID) }
