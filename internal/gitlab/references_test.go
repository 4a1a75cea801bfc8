package gitlab_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

func notFound(request, func() reply) reply {
	return reply{status: http.StatusNotFound, body: map[string]any{"message": "404 Project Not Found"}}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	app := gitlab.Target{Kind: gitlab.KindProject, ID: 12, Path: "Acme/App"}
	platform := gitlab.Target{Kind: gitlab.KindGroup, ID: 7, Path: "acme/Platform"}
	cases := map[string]struct {
		kind gitlab.Kind
		ref  gitlab.Ref
		want gitlab.Target
	}{
		"project by path":              {gitlab.KindProject, gitlab.Ref{Path: "Acme/App"}, app},
		"project in other letter case": {gitlab.KindProject, gitlab.Ref{Path: "aCME/aPP"}, app},
		"project by id":                {gitlab.KindProject, gitlab.Ref{ID: 12}, app},
		"group by path":                {gitlab.KindGroup, gitlab.Ref{Path: "acme/Platform"}, platform},
		"group in other letter case":   {gitlab.KindGroup, gitlab.Ref{Path: "ACME/PLATFORM"}, platform},
		"group by id":                  {gitlab.KindGroup, gitlab.Ref{ID: 7}, platform},
		"no such project":              {gitlab.KindProject, gitlab.Ref{Path: "acme/nothing"}, gitlab.Target{}},
		"no project of that id":        {gitlab.KindProject, gitlab.Ref{ID: 7}, gitlab.Target{}},
		"no such group":                {gitlab.KindGroup, gitlab.Ref{Path: "acme/App"}, gitlab.Target{}},
		"no group of that id":          {gitlab.KindGroup, gitlab.Ref{ID: 12}, gitlab.Target{}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStub(t, &stubProject{id: 12, path: "Acme/App"}).on("GET /api/v4/projects/acme%2Fnothing", notFound)
			s.groups = []*stubGroup{{id: 7, path: "acme/Platform"}}
			got, err := s.client().Resolve(t.Context(), c.kind, c.ref)
			if got != c.want {
				t.Errorf("got %v", got)
			}
			if c.want.ID != 0 {
				if err != nil {
					t.Error(err)
				}
				return
			}
			want := fmt.Sprintf("%s %s", c.kind, c.ref)
			if e, ok := apierror.As(err); !ok || e.Kind != apierror.NotFound || !strings.EqualFold(e.Target, want) {
				t.Errorf("got %v, want one about %s", err, want)
			}
		})
	}
}

func TestResolveAllAsksForFiftyAtOnce(t *testing.T) {
	t.Parallel()
	s := newStub(t, numbered(120)...)
	var byPath, byID, groups []gitlab.Ref
	for i := range 120 {
		byPath = append(byPath, gitlab.Ref{Path: fmt.Sprintf("ACME/p%d", i+1)})
		s.groups = append(s.groups, &stubGroup{id: int64(1000 + i), path: fmt.Sprintf("acme/g%d", i)})
		groups = append(groups, gitlab.Ref{Path: fmt.Sprintf("acme/g%d", i)})
	}
	for id := range int64(60) {
		byID = append(byID, gitlab.Ref{ID: 61 + id})
	}
	client := s.client()
	for _, asked := range []struct {
		kind     gitlab.Kind
		refs     []gitlab.Ref
		name     string
		requests int
	}{
		{gitlab.KindProject, byPath, "ProjectReferencesByPath", 3},
		{gitlab.KindProject, byID, "ProjectReferencesByID", 2},
		{gitlab.KindGroup, groups, "GroupReferencesByPath", 3},
	} {
		for ref, answer := range client.ResolveAll(t.Context(), asked.kind, asked.refs) {
			if answer.Err != nil || answer.Value.ID == 0 || (ref.ID != 0 && ref.ID != answer.Value.ID) {
				t.Errorf("%s: %v, %v", ref, answer.Value, answer.Err)
			}
		}
		s.wantRequests(asked.name, asked.requests)
		client.ResolveAll(t.Context(), asked.kind, asked.refs[:10])
		s.wantRequests(asked.name, asked.requests)
	}
}

func TestReferenceInTwoSpellingsIsAskedOnce(t *testing.T) {
	t.Parallel()
	s := newStub(t, numbered(1)...)
	refs := []gitlab.Ref{{Path: "acme/p1"}, {Path: "Acme/P1"}, {Path: "acme/p1"}}
	for ref, answer := range s.client().ResolveAll(t.Context(), gitlab.KindProject, refs) {
		if answer.Err != nil || answer.Value != target(1) {
			t.Errorf("%s: %v, %v", ref, answer.Value, answer.Err)
		}
	}
	asked := s.asked("ProjectReferencesByPath")
	if len(asked) != 1 || len(stringsOf(asked[0].variables["fullPaths"])) != 1 {
		t.Errorf("asked %v", asked)
	}
}

func TestOldPathOfAProject(t *testing.T) {
	t.Parallel()
	const route = "GET /api/v4/projects/acme%2Fold"
	entity := func(request, func() reply) reply {
		return reply{body: map[string]any{"id": 12, "path_with_namespace": "acme/new"}}
	}
	cases := map[string]struct {
		script map[string]override
		kind   apierror.Kind
	}{
		"answered at once": {map[string]override{route: entity}, 0},
		"answered by a redirect": {map[string]override{
			route: func(request, func() reply) reply {
				return reply{status: http.StatusMovedPermanently, header: map[string]string{"Location": "/api/v4/projects/12"}}
			},
			"GET /api/v4/projects/12": entity,
		}, 0},
		"redirected to another host": {map[string]override{route: func(request, func() reply) reply {
			return reply{status: http.StatusMovedPermanently, header: map[string]string{"Location": "https://elsewhere.example.com/api/v4/projects/12"}}
		}}, apierror.Misdirected},
		"unknown to REST too": {map[string]override{route: notFound}, apierror.NotFound},
		"refused": {map[string]override{route: func(request, func() reply) reply {
			return reply{status: http.StatusForbidden, body: map[string]any{"message": "403 Forbidden"}}
		}}, apierror.Forbidden},
		"a failure": {map[string]override{route: func(request, func() reply) reply {
			return reply{status: http.StatusBadGateway}
		}}, apierror.Unavailable},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStub(t, &stubProject{id: 12, path: "acme/new"})
			s.overrides = c.script
			client := s.client()
			for _, ref := range []gitlab.Ref{{Path: "acme/old"}, {Path: "ACME/Old"}} {
				got, err := client.Resolve(t.Context(), gitlab.KindProject, ref)
				if kind, _ := apierror.KindOf(err); kind != c.kind {
					t.Fatalf("got %v", err)
				}
				if c.kind == 0 && got != (gitlab.Target{Kind: gitlab.KindProject, ID: 12, Path: "acme/new"}) {
					t.Errorf("got %v", got)
				}
			}
			if c.kind == 0 {
				s.wantRequests(route, 1)
			}
		})
	}
}

func TestOldPathOfAGroupIsNotFollowed(t *testing.T) {
	t.Parallel()
	s := newStub(t)
	if _, err := s.client().Resolve(t.Context(), gitlab.KindGroup, gitlab.Ref{Path: "acme/old"}); !apierror.Is(err, apierror.NotFound) {
		t.Errorf("got %v", err)
	}
	if names := s.names(); !slices.Equal(names, []string{"GroupReferencesByPath"}) {
		t.Errorf("asked %v", names)
	}
}

func TestReferencesThatFail(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		answer reply
		kind   apierror.Kind
	}{
		"an error of the whole":  {refusedWhole("You cannot provide more than 50 full_paths"), apierror.Invalid},
		"an error beside data":   {data(map[string]any{"projects": nil}, problem("Timeout on projects", "projects")), apierror.Unavailable},
		"a token that is wrong":  {reply{status: http.StatusUnauthorized, body: map[string]any{"errors": []any{problem("Invalid token")}}}, apierror.Unauthenticated},
		"an answer of no use":    {reply{body: []string{"?"}}, apierror.Unsupported},
		"neither data nor error": {reply{body: map[string]any{}}, apierror.Unavailable},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			failing := true
			s := newStub(t, numbered(1)...).on("ProjectReferencesByPath", func(_ request, usual func() reply) reply {
				if failing {
					return c.answer
				}
				return usual()
			})
			client := s.client()
			_, err := client.Resolve(t.Context(), gitlab.KindProject, gitlab.Ref{Path: "acme/p1"})
			if e, ok := apierror.As(err); !ok || e.Kind != c.kind || e.Doing != "look up" || e.Target != "project acme/p1" {
				t.Errorf("got %v", err)
			}
			s.mu.Lock()
			failing = false
			s.mu.Unlock()
			if got, err := client.Resolve(t.Context(), gitlab.KindProject, gitlab.Ref{Path: "acme/p1"}); err != nil || got != target(1) {
				t.Errorf("asked again: %v, %v", got, err)
			}
		})
	}
}

func TestNamespaceVisible(t *testing.T) {
	t.Parallel()
	s := newStub(t)
	s.groups = []*stubGroup{{id: 7, path: "acme"}}
	client := s.client()
	for path, want := range map[string]bool{"acme": true, "ACME": true, "acme/hidden": false} {
		if got, err := client.NamespaceVisible(t.Context(), path); err != nil || got != want {
			t.Errorf("%s: %t, %v", path, got, err)
		}
	}
	failing := newStub(t).on("NamespaceReferences", func(request, func() reply) reply { return internalError() })
	if visible, err := failing.client().NamespaceVisible(t.Context(), "acme"); !apierror.Is(err, apierror.Unavailable) || visible {
		t.Errorf("a failure says %t, %v", visible, err)
	}
}
