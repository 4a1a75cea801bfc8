package gitlab_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/gitlabtest"
)

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
			s := gitlabtest.NewStub(t, &gitlabtest.Project{ID: 12, Path: "Acme/App"}).On("GET /api/v4/projects/acme%2Fnothing", gitlabtest.NotFound)
			s.Groups = []*gitlabtest.Group{{ID: 7, Path: "acme/Platform"}}
			got, err := s.Client().Resolve(t.Context(), c.kind, c.ref)
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
	s := gitlabtest.NewStub(t, gitlabtest.Numbered(120)...)
	var byPath, byID, groups []gitlab.Ref
	for i := range 120 {
		byPath = append(byPath, gitlab.Ref{Path: fmt.Sprintf("ACME/p%d", i+1)})
		s.Groups = append(s.Groups, &gitlabtest.Group{ID: int64(1000 + i), Path: fmt.Sprintf("acme/g%d", i)})
		groups = append(groups, gitlab.Ref{Path: fmt.Sprintf("acme/g%d", i)})
	}
	for id := range int64(60) {
		byID = append(byID, gitlab.Ref{ID: 61 + id})
	}
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
		client := s.Client()
		for ref, answer := range client.ResolveAll(t.Context(), asked.kind, asked.refs) {
			if answer.Err != nil || answer.Value.ID == 0 || (ref.ID != 0 && ref.ID != answer.Value.ID) {
				t.Errorf("%s: %v, %v", ref, answer.Value, answer.Err)
			}
		}
		s.WantRequests(asked.name, asked.requests)
		client.ResolveAll(t.Context(), asked.kind, asked.refs[:10])
		s.WantRequests(asked.name, asked.requests)
	}
}

// What a path has led to needs not be asked for by its id.
func TestPathTellsTheID(t *testing.T) {
	t.Parallel()
	s := gitlabtest.NewStub(t, gitlabtest.Numbered(1)...)
	client := s.Client()
	for _, ref := range []gitlab.Ref{{Path: "acme/p1"}, {ID: 1}} {
		if found, err := client.Resolve(t.Context(), gitlab.KindProject, ref); err != nil || found != gitlabtest.Target(1) {
			t.Errorf("%s: %v, %v", ref, found, err)
		}
	}
	s.WantRequests("ProjectReferencesByPath", 1)
	s.WantRequests("ProjectReferencesByID", 0)
}

func TestReferenceInTwoSpellingsIsAskedOnce(t *testing.T) {
	t.Parallel()
	s := gitlabtest.NewStub(t, gitlabtest.Numbered(1)...)
	refs := []gitlab.Ref{{Path: "acme/p1"}, {Path: "Acme/P1"}, {Path: "acme/p1"}}
	for ref, answer := range s.Client().ResolveAll(t.Context(), gitlab.KindProject, refs) {
		if answer.Err != nil || answer.Value != gitlabtest.Target(1) {
			t.Errorf("%s: %v, %v", ref, answer.Value, answer.Err)
		}
	}
	asked := s.Asked("ProjectReferencesByPath")
	if len(asked) != 1 || len(gitlabtest.StringsOf(asked[0].Variables["fullPaths"])) != 1 {
		t.Errorf("asked %v", asked)
	}
}

func TestOldPathOfAProject(t *testing.T) {
	t.Parallel()
	const route = "GET /api/v4/projects/acme%2Fold"
	entity := func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
		return gitlabtest.Reply{Body: map[string]any{"id": 12, "path_with_namespace": "acme/new"}}
	}
	cases := map[string]struct {
		script map[string]gitlabtest.Override
		kind   apierror.Kind
	}{
		"answered at once": {map[string]gitlabtest.Override{route: entity}, 0},
		"answered by a redirect": {map[string]gitlabtest.Override{
			route: func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
				return gitlabtest.Reply{Status: http.StatusMovedPermanently, Header: map[string]string{"Location": "/api/v4/projects/12"}}
			},
			"GET /api/v4/projects/12": entity,
		}, 0},
		"redirected to another host": {map[string]gitlabtest.Override{route: func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
			return gitlabtest.Reply{Status: http.StatusMovedPermanently, Header: map[string]string{"Location": "https://elsewhere.example.com/api/v4/projects/12"}}
		}}, apierror.Misdirected},
		"unknown to REST too": {map[string]gitlabtest.Override{route: gitlabtest.NotFound}, apierror.NotFound},
		"refused": {map[string]gitlabtest.Override{route: func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
			return gitlabtest.Reply{Status: http.StatusForbidden, Body: map[string]any{"message": "403 Forbidden"}}
		}}, apierror.Forbidden},
		"a failure": {map[string]gitlabtest.Override{route: func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
			return gitlabtest.Reply{Status: http.StatusBadGateway}
		}}, apierror.Unavailable},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := gitlabtest.NewStub(t, &gitlabtest.Project{ID: 12, Path: "acme/new"})
			s.Overrides = c.script
			client := s.Client()
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
				s.WantRequests(route, 1)
			}
		})
	}
}

func TestOldPathOfAGroupIsNotFollowed(t *testing.T) {
	t.Parallel()
	s := gitlabtest.NewStub(t)
	if _, err := s.Client().Resolve(t.Context(), gitlab.KindGroup, gitlab.Ref{Path: "acme/old"}); !apierror.Is(err, apierror.NotFound) {
		t.Errorf("got %v", err)
	}
	if names := s.Names(); !slices.Equal(names, []string{"GroupReferencesByPath"}) {
		t.Errorf("asked %v", names)
	}
}

func TestReferencesThatFail(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		answer gitlabtest.Reply
		kind   apierror.Kind
	}{
		"an error of the whole":  {gitlabtest.RefusedWhole("You cannot provide more than 50 full_paths"), apierror.Invalid},
		"an error beside data":   {gitlabtest.Data(map[string]any{"projects": nil}, gitlabtest.Problem("Timeout on projects", "projects")), apierror.Unavailable},
		"a token that is wrong":  {gitlabtest.Reply{Status: http.StatusUnauthorized, Body: map[string]any{"errors": []any{gitlabtest.Problem("Invalid token")}}}, apierror.Unauthenticated},
		"an answer of no use":    {gitlabtest.Reply{Body: []string{"?"}}, apierror.Unsupported},
		"neither data nor error": {gitlabtest.Reply{Body: map[string]any{}}, apierror.Unavailable},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			failing := true
			s := gitlabtest.NewStub(t, gitlabtest.Numbered(1)...).On("ProjectReferencesByPath", func(_ gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
				if failing {
					return c.answer
				}
				return usual()
			})
			client := s.Client()
			_, err := client.Resolve(t.Context(), gitlab.KindProject, gitlab.Ref{Path: "acme/p1"})
			if e, ok := apierror.As(err); !ok || e.Kind != c.kind || e.Doing != "look up" || e.Target != "project acme/p1" {
				t.Errorf("got %v", err)
			}
			s.Mu.Lock()
			failing = false
			s.Mu.Unlock()
			if got, err := client.Resolve(t.Context(), gitlab.KindProject, gitlab.Ref{Path: "acme/p1"}); err != nil || got != gitlabtest.Target(1) {
				t.Errorf("asked again: %v, %v", got, err)
			}
		})
	}
}

func TestNamespaceVisible(t *testing.T) {
	t.Parallel()
	s := gitlabtest.NewStub(t)
	s.Groups = []*gitlabtest.Group{{ID: 7, Path: "acme"}}
	client := s.Client()
	for path, want := range map[string]bool{"acme": true, "ACME": true, "acme/hidden": false} {
		if got, err := client.NamespaceVisible(t.Context(), path); err != nil || got != want {
			t.Errorf("%s: %t, %v", path, got, err)
		}
	}
	failing := gitlabtest.NewStub(t).On("NamespaceReferences", func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply { return gitlabtest.InternalError() })
	if visible, err := failing.Client().NamespaceVisible(t.Context(), "acme"); !apierror.Is(err, apierror.Unavailable) || visible {
		t.Errorf("a failure says %t, %v", visible, err)
	}
}
