package gitlab_test

import (
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/gitlabtest"
)

// What GitLab does not show is not taken for false.
func TestProjectSight(t *testing.T) {
	t.Parallel()
	const route = "GET /api/v4/projects/7"
	s := gitlabtest.NewStub(t).On(route, answering(200, gitlabtest.Record{
		"id": 7, "visibility": "internal", "archived": false, "marked_for_deletion_on": nil, "repository_access_level": "private",
		"namespace": gitlabtest.Record{"kind": "user", "full_path": "anna"},
	}))
	got, err := s.Client().ProjectSight(t.Context(), gitlabtest.Target(7))
	if err != nil {
		t.Fatal(err)
	}
	if got.Visibility != "internal" || got.Repository != "private" || got.Namespace.Kind != "user" || got.Archived == nil || *got.Archived {
		t.Errorf("%+v", got)
	}
	if got.DeletionOn != nil || got.PublicJobs != nil || got.Outbound != nil || got.PushRepository != nil || got.Builds != "" {
		t.Errorf("%+v shows what was not shown", got)
	}
	missing := gitlabtest.NewStub(t).On(route, answering(404, gitlabtest.Record{"message": "404 Project Not Found"}))
	if _, err := missing.Client().ProjectSight(t.Context(), gitlabtest.Target(7)); !apierror.Is(err, apierror.NotFound) {
		t.Errorf("%v", err)
	}
}

func TestUserSight(t *testing.T) {
	t.Parallel()
	const route = "GET /api/v4/users"
	users := func(of ...any) gitlabtest.Override { return answering(200, of) }
	yes := true
	for name, c := range map[string]struct {
		answer gitlabtest.Override
		want   gitlab.UserSight
		kind   apierror.Kind
	}{
		"as others see them":     {users(gitlabtest.Record{"id": 5, "username": "anna", "state": "active"}), gitlab.UserSight{ID: 5, Username: "anna", State: "active"}, 0},
		"as administrators do":   {users(gitlabtest.Record{"id": 5, "username": "anna", "state": "blocked", "external": true, "is_admin": true}), gitlab.UserSight{ID: 5, Username: "anna", State: "blocked", External: &yes, Admin: &yes}, 0},
		"nobody":                 {users(), gitlab.UserSight{}, apierror.NotFound},
		"users may not be asked": {answering(403, gitlabtest.Record{"message": "403 Forbidden"}), gitlab.UserSight{}, apierror.Forbidden},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := gitlabtest.NewStub(t).On(route, c.answer)
			got, err := s.Client().UserSight(t.Context(), "anna+b")
			if kind, _ := apierror.KindOf(err); kind != c.kind {
				t.Fatal(err)
			}
			same := func(a, b *bool) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }
			if got.ID != c.want.ID || got.Username != c.want.Username || got.State != c.want.State || !same(got.External, c.want.External) || !same(got.Admin, c.want.Admin) {
				t.Errorf("%+v", got)
			}
			if asked := s.Asked(route); len(asked) != 1 || asked[0].Query != "username=anna%2Bb" {
				t.Errorf("asked %+v", asked)
			}
		})
	}
}

func TestRoleOf(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer gitlabtest.Override
		want   gitlab.Membership
		kind   apierror.Kind
	}{
		"a Reporter":     {answering(200, gitlabtest.Record{"id": 6, "access_level": 20}), gitlab.Membership{Level: 20, Known: true}, 0},
		"no member":      {answering(404, gitlabtest.Record{"message": "404 Not found"}), gitlab.Membership{Known: true}, 0},
		"no project":     {answering(404, gitlabtest.Record{"message": "404 Project Not Found"}), gitlab.Membership{}, apierror.NotFound},
		"members hidden": {answering(403, gitlabtest.Record{"message": "403 Forbidden"}), gitlab.Membership{}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := gitlabtest.Target(7)
			s := gitlabtest.NewStub(t).On(gitlabtest.RESTRoute("GET", in, "members/all/6"), c.answer)
			got, err := s.Client().RoleOf(t.Context(), in, 6)
			if kind, _ := apierror.KindOf(err); got != c.want || kind != c.kind {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}
