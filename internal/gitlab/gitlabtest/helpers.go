// Package gitlabtest is a scripted GitLab for tests of the client and its services: it answers what it
// is told to answer, also what no GitLab would. How GitLab behaves is internal/emulator's affair.
package gitlabtest

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/documents"
)

// Losses are the ways in which the answer to a request that makes a secret is lost, given the answer
// that GitLab had meant.
var Losses = map[string]struct {
	Lose func(meant Reply) Reply
	Kind apierror.Kind
	// Proxied means that a proxy answered, which may have sent the request on or not.
	Proxied bool
}{
	"cut":             {func(Reply) Reply { return Reply{Cut: true} }, apierror.Unavailable, false},
	"cut half-way":    {func(meant Reply) Reply { meant.half = true; return meant }, apierror.Unavailable, false},
	"500":             {func(Reply) Reply { return Refusal(500, "500 Internal Server Error") }, apierror.Unavailable, false},
	"502 of a proxy":  {func(Reply) Reply { return Page(502, "Bad Gateway") }, apierror.Unavailable, true},
	"503 with a wait": {func(Reply) Reply { return Reply{Status: 503, Header: map[string]string{"Retry-After": "1"}} }, apierror.Unavailable, true},
	"504":             {func(Reply) Reply { return Page(504, "Gateway Timeout") }, apierror.Unavailable, true},
	"a login page":    {func(Reply) Reply { return Page(200, "Sign in") }, apierror.Misdirected, false},
	"plain text":      {func(meant Reply) Reply { return Text(meant.Status, "done", "text/plain") }, apierror.Unsupported, false},
	"null":            {func(meant Reply) Reply { return Text(meant.Status, "null", "application/json") }, apierror.Unsupported, false},
	"nothing":         {func(meant Reply) Reply { return Text(meant.Status, "", "application/json") }, apierror.Unsupported, false},
	"no content":      {func(Reply) Reply { return Reply{Status: 204} }, apierror.Unsupported, false},
	"a list":          {func(meant Reply) Reply { return Text(meant.Status, "[]", "application/json") }, apierror.Unsupported, false},
	"no secret":       {without("token"), apierror.Unsupported, false},
	"no id":           {without("id"), apierror.Unsupported, false},
	"no time":         {With("expires_at", "tomorrow"), apierror.Unsupported, false},
}

// Page is an answer in HTML, such as a proxy's.
func Page(status int, title string) Reply {
	return Text(status, "<html><title>"+title+"</title></html>", "text/html")
}

// Text is an answer whose body is no JSON of GitLab's, as it stands.
func Text(status int, body, contentType string) Reply {
	return Reply{Status: status, Raw: &body, Header: map[string]string{"Content-Type": contentType}}
}

func without(field string) func(Reply) Reply { return With(field, nil) }

// With changes one field of a record that is answered; nil makes it null.
func With(field string, value any) func(Reply) Reply {
	return func(meant Reply) Reply {
		shown, _ := meant.Body.(Record)
		changed := maps.Clone(shown)
		changed[field] = value
		return Reply{Status: meant.Status, Body: changed}
	}
}

// GroupTarget is the stub's group acme/g<id>.
func GroupTarget(id int64) gitlab.Target {
	return gitlab.Target{Kind: gitlab.KindGroup, ID: id, Path: fmt.Sprintf("acme/g%d", id)}
}

// WantList checks the list of project 1; see [Stub.List] for its lines.
func (s *Stub) WantList(want ...string) {
	s.t.Helper()
	if got := s.List(1); !slices.Equal(got, want) {
		s.t.Errorf("the list holds %v, want %v", got, want)
	}
}

// Ignoring is a GitLab on which fine-grained permissions are not active: what is added gets the
// default ones.
func (s *Stub) Ignoring() Override {
	return func(r Request, _ func() Reply) Reply {
		return s.Aliased(r, func(raw any) any {
			in := InputOf(raw)
			in["defaultPermissions"] = true
			return s.Add(raw)
		})
	}
}

// Widening is a GitLab that stores default permissions in place of others, so often.
func (s *Stub) Widening(times int) Override {
	return func(r Request, _ func() Reply) Reply {
		return s.Aliased(r, func(raw any) any {
			if times > 0 {
				times--
				InputOf(raw)["defaultPermissions"] = true
			}
			return s.Set(raw)
		})
	}
}

// NotFound is GitLab's answer about a project that is gone or out of sight.
func NotFound(Request, func() Reply) Reply {
	return Reply{Status: http.StatusNotFound, Body: map[string]any{"message": "404 Project Not Found"}}
}

// Swap has two projects of the stub change their paths, on lists too.
func (s *Stub) Swap(a, b int64) {
	one, other := s.Project(a), s.Project(b)
	one.Path, other.Path = other.Path, one.Path
	for _, p := range s.Projects {
		for _, e := range p.Entries {
			if e.Kind == gitlab.KindProject && s.Project(e.ID) != nil {
				e.Path = s.Project(e.ID).Path
			}
		}
	}
}

// WantListOf checks what a project's list holds.
func (s *Stub) WantListOf(id int64, want ...string) {
	s.t.Helper()
	if got := s.List(id); !slices.Equal(got, want) {
		s.t.Errorf("the list of project %d holds %v, want %v", id, got, want)
	}
}

// Losing loses the first answers to an operation, after the write was done for the first of its
// inputs: how many of them tells done.
func (s *Stub) Losing(times, done int, write func(raw any) any) Override {
	return func(r Request, usual func() Reply) Reply {
		if times == 0 {
			return usual()
		}
		times--
		for at := range min(done, len(r.Variables)) {
			write(r.Variables[documents.Input(at)])
		}
		return Reply{Cut: true}
	}
}

// targets are the targets that each request of an operation named.
func (s *Stub) targets(name string) [][]string {
	var requests [][]string
	for _, r := range s.Asked(name) {
		var paths []string
		for at := range len(r.Variables) {
			in := InputOf(r.Variables[documents.Input(at)])
			paths = append(paths, in.Text("targetPath")+in.Text("targetProjectPath")+in.Text("targetGroupPath"))
		}
		requests = append(requests, paths)
	}
	return requests
}

// WantTargets checks which targets each request of an operation named, in order.
func (s *Stub) WantTargets(name string, want ...[]string) {
	s.t.Helper()
	if got := s.targets(name); !slices.EqualFunc(got, want, slices.Equal) {
		s.t.Errorf("%s was sent for %v, want %v", name, got, want)
	}
}

// WantError checks the kind of an error and what stands in its note.
func WantError(t *testing.T, err error, kind apierror.Kind, notes ...string) {
	t.Helper()
	_ = FailureOf(t, err, kind, notes...)
}

// FailureOf is [WantError], and gives the error, in which no secret may stand.
func FailureOf(t *testing.T, err error, kind apierror.Kind, notes ...string) *apierror.Error {
	t.Helper()
	e, ok := apierror.As(err)
	if !ok || e.Kind != kind {
		t.Fatalf("got %v, want kind %v", err, kind)
	}
	if strings.Contains(e.Error()+e.Note+e.Words, SecretPrefix) {
		t.Errorf("a secret stands in the error: %v", e)
	}
	for _, note := range notes {
		if !strings.Contains(e.Note, note) {
			t.Errorf("the note %q does not say %q", e.Note, note)
		}
	}
	return e
}

// Batches are the sizes of the snapshot requests, largest first.
func (s *Stub) Batches() []int {
	var sizes []int
	for _, r := range s.Asked("ProjectSnapshots") {
		sizes = append(sizes, len(IDsOf(r)))
	}
	slices.Sort(sizes)
	slices.Reverse(sizes)
	return sizes
}

// Denied is GitLab's answer to a fine-grained token whose grant does not cover a route.
func Denied(Request, func() Reply) Reply {
	return Reply{Status: http.StatusForbidden, Body: map[string]any{"error": "insufficient_granular_scope", "error_description": Requires}}
}

// GitLab's words to a fine-grained token whose grants do not reach.
const (
	Requires    = "Access denied: This operation requires a fine-grained personal access token with the following project permissions: [Job Token Scope: Read]."
	Unsupported = "Access denied: This operation doesn't support fine-grained personal access tokens."
	NonNull     = "Cannot return null for non-nullable field CiJobTokenScopeAllowlistEntryConnection.pageInfo"
)

// GroupPages answers GroupSnapshots with the stub's projects below a group, some to a page.
func (s *Stub) GroupPages(size int) Override {
	return func(r Request, _ func() Reply) Reply {
		path, _ := r.Variables["fullPath"].(string)
		begin := 0
		if after, ok := r.Variables["after"].(string); ok {
			_, _ = fmt.Sscanf(after, "at%d", &begin)
		}
		var below []*Project
		for _, p := range s.Projects {
			if strings.HasPrefix(p.Path, path+"/") {
				below = append(below, p)
			}
		}
		if len(below) == 0 {
			return Data(map[string]any{"group": nil})
		}
		end := min(begin+size, len(below))
		var nodes, errors []any
		for at, p := range below[begin:end] {
			if p.Spoiled && strings.Contains(r.Query, "jobTokenPolicies") {
				return InternalError()
			}
			if p.Refused {
				errors = append(errors, Problem(NotAccessible, "group", "projects", "nodes", at, "ciJobTokenScopeAllowlist"))
			}
			nodes = append(nodes, s.snapshot(r, p))
		}
		return Data(map[string]any{"group": map[string]any{"projects": map[string]any{
			"pageInfo": map[string]any{"hasNextPage": end < len(below), "endCursor": fmt.Sprintf("at%d", end)},
			"nodes":    nodes,
		}}}, errors...)
	}
}

// UserRoute tells whose the token is.
const UserRoute = "GET /api/v4/user"

// LogTo writes all that the client logs.
func LogTo(mu *sync.Mutex, to *strings.Builder) func(context.Context, string, map[string]any) {
	return func(_ context.Context, message string, fields map[string]any) {
		mu.Lock()
		defer mu.Unlock()
		_, _ = fmt.Fprintln(to, message, fields)
	}
}

var owners = map[string]gitlab.Target{"project": Target(1), "group": GroupTarget(101)}

// EachOwner runs a test for a project and for a group that owns tokens or variables.
func EachOwner(t *testing.T, test func(*testing.T, gitlab.Target)) {
	t.Helper()
	for name, owner := range owners {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, owner)
		})
	}
}

// What the instance enforces, and GitLab's words about it.
const (
	InstanceRoute  = "GET /api/v4/application/settings"
	EffectiveRoute = "GET /api/v4/projects/1/job_token_scope"
	EnforcedText   = "Job token scope cannot be disabled for this project because it is enforced for the instance."
)
