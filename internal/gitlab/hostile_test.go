package gitlab_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/gitlabtest"
)

// null answers null in place of all.
func null(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
	return gitlabtest.Text(200, "null", "application/json")
}

// Null where an object belongs is an error of ours, and never a panic that was caught.
func TestNullInPlaceOfAnObject(t *testing.T) {
	t.Parallel()
	resolve := func(ref gitlab.Ref) func(context.Context, *gitlab.Client) error {
		return func(ctx context.Context, c *gitlab.Client) error {
			_, err := c.Resolve(ctx, gitlab.KindProject, ref)
			return err
		}
	}
	for name, c := range map[string]struct {
		route string
		ask   func(context.Context, *gitlab.Client) error
	}{
		"the version":    {gitlabtest.MetadataRoute, func(ctx context.Context, c *gitlab.Client) error { _, err := c.Server(ctx); return err }},
		"the user":       {gitlabtest.UserRoute, func(ctx context.Context, c *gitlab.Client) error { _, err := c.Caller(ctx); return err }},
		"a project":      {"GET /api/v4/projects/acme%2Fold", resolve(gitlab.Ref{Path: "acme/old"})},
		"all of GraphQL": {"ProjectReferencesByPath", resolve(gitlab.Ref{Path: "acme/old"})},
		"GraphQL, by id": {"ProjectReferencesByID", resolve(gitlab.Ref{ID: 1})},
		"GraphQL, a group": {"GroupReferencesByPath", func(ctx context.Context, c *gitlab.Client) error {
			_, err := c.Resolve(ctx, gitlab.KindGroup, gitlab.Ref{Path: "acme"})
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := gitlabtest.NewStub(t, gitlabtest.Numbered(1)...).On(c.route, null)
			err := c.ask(t.Context(), s.Client())
			e, ok := apierror.As(err)
			if !ok || strings.Contains(err.Error(), "panic") || apierror.Is(err, apierror.NotFound) || e.Note == "" {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("the own token", func(t *testing.T) {
		t.Parallel()
		s := gitlabtest.NewStub(t).On(gitlabtest.TokenRoute, null)
		if s.Client().TokenIsFineGrained(t.Context()) {
			t.Error("null is taken for a fine-grained token")
		}
	})
}

// An answer about something else than was asked is refused, and is no proof that what was asked is gone.
func TestAnswerAboutAnother(t *testing.T) {
	t.Parallel()
	nodes := func(list string, node gitlabtest.Record) gitlabtest.Override {
		return func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
			return gitlabtest.Data(map[string]any{list: map[string]any{"nodes": []any{node}}})
		}
	}
	one := func(node gitlabtest.Record) gitlabtest.Override {
		return func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
			return gitlabtest.Data(map[string]any{"result0": node})
		}
	}
	other := gitlabtest.Record{"id": gitlabtest.Gid("Project", 66), "fullPath": "evil/other"}
	group := gitlabtest.Record{"id": gitlabtest.Gid("Group", 66), "fullPath": "evil/others"}
	for name, c := range map[string]struct {
		operation string
		answer    gitlabtest.Override
		kind      gitlab.Kind
		ref       gitlab.Ref
	}{
		"project by path":         {"ProjectReferencesByPath", nodes("projects", other), gitlab.KindProject, gitlab.Ref{Path: "acme/p1"}},
		"project by id":           {"ProjectReferencesByID", nodes("projects", other), gitlab.KindProject, gitlab.Ref{ID: 1}},
		"group by path":           {"GroupReferencesByPath", one(group), gitlab.KindGroup, gitlab.Ref{Path: "acme/g7"}},
		"group by id":             {"GroupReferencesByID", nodes("groups", group), gitlab.KindGroup, gitlab.Ref{ID: 7}},
		"a path without an id":    {"GroupReferencesByPath", one(gitlabtest.Record{"id": "7", "fullPath": "acme/g7"}), gitlab.KindGroup, gitlab.Ref{Path: "acme/g7"}},
		"a project without an id": {"ProjectReferencesByPath", nodes("projects", gitlabtest.Record{"fullPath": "acme/p1"}), gitlab.KindProject, gitlab.Ref{Path: "acme/p1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := gitlabtest.NewStub(t, gitlabtest.Numbered(1)...).On(c.operation, c.answer)
			got, err := s.Client().Resolve(t.Context(), c.kind, c.ref)
			if got.ID != 0 {
				t.Errorf("got %s", got)
			}
			gitlabtest.WantError(t, err, apierror.Misdirected, "and answered about")
		})
	}
	t.Run("a namespace", func(t *testing.T) {
		t.Parallel()
		s := gitlabtest.NewStub(t).On("NamespaceReferences", one(group))
		_, err := s.Client().NamespaceVisible(t.Context(), "acme")
		gitlabtest.WantError(t, err, apierror.Misdirected, "and answered about")
	})
	t.Run("the size of a group", func(t *testing.T) {
		t.Parallel()
		s := gitlabtest.NewStub(t).On("GroupSizes", one(gitlabtest.Record{"id": gitlabtest.Gid("Group", 66), "fullPath": "evil/others", "projects": gitlabtest.Record{"count": 1}}))
		_, err := s.Client().GroupSizes(t.Context(), []string{"acme/team"})
		gitlabtest.WantError(t, err, apierror.Misdirected, "and answered about")
	})
	t.Run("a group without a size", func(t *testing.T) {
		t.Parallel()
		s := gitlabtest.NewStub(t).On("GroupSizes", one(gitlabtest.Record{"id": gitlabtest.Gid("Group", 7), "fullPath": "acme/team", "projects": nil}))
		_, err := s.Client().GroupSizes(t.Context(), []string{"acme/team"})
		gitlabtest.WantError(t, err, apierror.Unsupported, "it has no number of projects")
	})
	t.Run("a target of a list", func(t *testing.T) {
		t.Parallel()
		s := gitlabtest.NewStub(t).On("TargetSights", func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
			return gitlabtest.Data(gitlabtest.Record{"projects": gitlabtest.Record{"nodes": []any{gitlabtest.Record{"id": gitlabtest.Gid("Project", 66), "fullPath": "evil/others"}}}})
		})
		_, err := s.Client().TargetSights(t.Context(), []gitlab.Target{{Kind: gitlab.KindProject, ID: 7}})
		gitlabtest.WantError(t, err, apierror.Misdirected, "and answered about")
	})
	t.Run("no targets of a list", func(t *testing.T) {
		t.Parallel()
		s := gitlabtest.NewStub(t).On("TargetSights", func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
			return gitlabtest.Data(gitlabtest.Record{"groups": nil})
		})
		_, err := s.Client().TargetSights(t.Context(), []gitlab.Target{{Kind: gitlab.KindGroup, ID: 7}})
		gitlabtest.WantError(t, err, apierror.Unsupported, "it has no list of groups")
	})
	t.Run("a member", func(t *testing.T) {
		t.Parallel()
		gitlabtest.EachOwner(t, func(t *testing.T, in gitlab.Target) {
			s := gitlabtest.NewStub(t).On(gitlabtest.UserRoute, answering(200, anna)).
				On(gitlabtest.RESTRoute("GET", in, "members/all/5"), answering(200, gitlabtest.Record{"id": 6, "access_level": 50}))
			_, err := s.Client().RoleIn(t.Context(), in)
			gitlabtest.WantError(t, err, apierror.Misdirected, "the user with id 6")
		})
	})
}
