package acctest

import (
	"context"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// Requests are what an embedded GitLab has answered.
type Requests struct {
	Total int `json:"total"`
	// Counts are by method and route: "POST /api/graphql".
	Counts map[string]int `json:"counts"`
	// GraphQL are by operation name.
	GraphQL map[string]int `json:"graphql"`
}

// ForgetRequests starts the count anew.
func (g *GitLab) ForgetRequests(t testing.TB) {
	t.Helper()
	if g.Embedded() {
		g.call(t, g.admin, http.MethodDelete, "/-/emulator/requests", nil, nil)
	}
}

// Requests tells what has been asked since [GitLab.ForgetRequests]; false on a real GitLab, which
// cannot tell.
func (g *GitLab) Requests(t testing.TB) (Requests, bool) {
	t.Helper()
	var requests Requests
	if !g.Embedded() {
		return requests, false
	}
	g.call(t, g.admin, http.MethodGet, "/-/emulator/requests", nil, &requests)
	return requests, true
}

// Writes are the mutations and other writing requests among them, sorted by name.
func (r Requests) Writes() []string {
	var writes []string
	for name := range r.GraphQL {
		if !slices.Contains(reading, name) {
			writes = append(writes, name)
		}
	}
	for route := range maps.Keys(r.Counts) {
		if route != "POST /api/graphql" && route[:3] != "GET" {
			writes = append(writes, route)
		}
	}
	slices.Sort(writes)
	return writes
}

// reading are the operations of the provider that only read.
var reading = []string{
	"ProjectSnapshots", "ProjectSnapshotsByPath", "GroupSnapshots", "AllowlistPage", "ProjectReferencesByPath", "ProjectReferencesByID",
	"GroupReferencesByPath", "GroupReferencesByID", "NamespaceReferences", "PermissionNames", "AuthenticationLog", "GroupSizes",
	"TargetSights", "Check",
}

// Fault is a disturbance that the embedded GitLab is asked for.
type Fault map[string]any

// Disturb asks the embedded GitLab for a fault. Tests that need one say so with [NeedsEmbedded].
func (g *GitLab) Disturb(t testing.TB, fault Fault) {
	t.Helper()
	g.call(t, g.admin, http.MethodPost, "/-/emulator/faults", fault, nil)
}

// Call is a request that another actor makes while the provider is at work.
type Call struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	Body   any    `json:"body,omitempty"`
}

// Before has other actors make calls, as administrators, just before the provider's next request of
// an operation: a GraphQL operation's name, or method and route of REST such as [RemoveProject].
func (g *GitLab) Before(t testing.TB, operation string, calls ...Call) {
	t.Helper()
	g.Disturb(t, Fault{"match": matching(operation), "times": 1, "kind": "edit", "calls": calls})
}

// Refuse answers the provider's next requests of an operation with a status and body.
func (g *GitLab) Refuse(t testing.TB, operation string, times, status int, contentType, body string, headers ...string) {
	t.Helper()
	fault := Fault{
		"match": matching(operation), "times": times, "kind": "status", "status": status,
		"content_type": contentType, "body": body,
	}
	if len(headers) == 2 {
		fault["headers"] = map[string]string{headers[0]: headers[1]}
	}
	g.Disturb(t, fault)
}

// Cut closes the connection of the provider's next request of an operation: after it was carried out,
// or before.
func (g *GitLab) Cut(t testing.TB, operation string, times int, after bool) {
	t.Helper()
	kind := "cut_before"
	if after {
		kind = "cut_after"
	}
	g.Disturb(t, Fault{"match": matching(operation), "times": times, "kind": kind})
}

// Routes of REST that write allowlists.
const (
	RemoveProject   = "DELETE /api/v4/projects/:id/job_token_scope/allowlist/:target_project_id"
	RemoveGroup     = "DELETE /api/v4/projects/:id/job_token_scope/groups_allowlist/:target_group_id"
	SwitchAllowlist = "PATCH /api/v4/projects/:id/job_token_scope"
)

func matching(operation string) map[string]any {
	if method, route, isRoute := strings.Cut(operation, " "); isRoute {
		return map[string]any{"method": method, "route": route}
	}
	return map[string]any{"operation": operation}
}

// Calm takes all disturbances back.
func (g *GitLab) Calm(t testing.TB) {
	t.Helper()
	g.call(t, g.admin, http.MethodDelete, "/-/emulator/faults", nil, nil)
}

// NeedsEmbedded skips a test that disturbs the server, which a real GitLab does not offer.
func NeedsEmbedded(t testing.TB, g *GitLab) {
	t.Helper()
	if !g.Embedded() {
		t.Skip("a real GitLab cannot be asked for faults, nor its clock be moved")
	}
}

// Job starts a CI/CD job of a project, as a pipeline that a user has triggered, and gives its token.
// Only the embedded GitLab runs jobs on demand.
func (g *GitLab) Job(t testing.TB, project Project, user User) (token string) {
	t.Helper()
	var job struct {
		Token string `json:"token"`
	}
	g.call(t, g.admin, http.MethodPost, "/-/emulator/jobs", map[string]any{"project": project.ID, "user": user.Username}, &job)
	return job.Token
}

// NewFineGrainedToken makes a fine-grained personal access token, such as with read_project. Only the
// embedded GitLab makes them on demand, and from 18.10 on.
func (g *GitLab) NewFineGrainedToken(t testing.TB, user User, permissions ...string) string {
	t.Helper()
	NeedsEmbedded(t, g)
	NeedsVersion(t, g, "18.10")
	var token struct {
		Token string `json:"token"`
	}
	g.call(t, g.admin, http.MethodPost, "/-/emulator/tokens", map[string]any{"user": user.ID, "permissions": permissions}, &token)
	return token.Token
}

// CanClone tells whether a job's token may fetch from a project, with GitLab's words where it may not.
func (g *GitLab) CanClone(t testing.TB, project Project, token string) (bool, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, g.BaseURL+"/"+project.Path+".git/info/refs?service=git-upload-pack", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth("gitlab-ci-token", token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	words, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode == http.StatusOK, string(words)
}
