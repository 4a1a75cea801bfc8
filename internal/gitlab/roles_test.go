package gitlab_test

import (
	"slices"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/gitlabtest"
)

func TestRoles(t *testing.T) {
	t.Parallel()
	for level, want := range map[int64]string{10: "guest", 15: "planner", 20: "reporter", 25: "security_manager", 30: "developer", 40: "maintainer", 50: "owner", 5: "5", 60: "60"} {
		if got := gitlab.RoleName(level); got != want {
			t.Errorf("%d is %q, want %q", level, got, want)
		}
		if known := slices.Contains(gitlab.RoleNames(), want); known != (gitlab.RoleLevel(want) == level) {
			t.Errorf("%q has the level %d", want, gitlab.RoleLevel(want))
		}
	}
}

// A missing role names the user, the role they have, and the one they need.
func TestRefusedFor(t *testing.T) {
	t.Parallel()
	refused := func() error { return &apierror.Error{Kind: apierror.Forbidden, Status: 403, Words: "403 Forbidden"} }
	for name, c := range map[string]struct {
		user, member gitlabtest.Override
		note         string
	}{
		"a Developer":     {answering(200, anna), answering(200, gitlabtest.Record{"id": 5, "access_level": 30}), "the token's user, anna, has the role developer there"},
		"a custom role":   {answering(200, anna), answering(200, gitlabtest.Record{"id": 5, "access_level": 30, "member_role": gitlabtest.Record{"id": 3, "name": "Releaser"}}), "the token's user, anna, has the custom role Releaser there, on top of developer"},
		"no member":       {answering(200, anna), answering(404, gitlabtest.Record{"message": "404 Not found"}), "the token's user, anna, is no member of the project"},
		"members hidden":  {answering(200, anna), answering(403, gitlabtest.Record{"message": "403 Forbidden"}), "the token's user is anna"},
		"nobody tells":    {insufficientScope(), answering(500, nil), ""},
		"a failure of it": {answering(200, anna), answering(500, nil), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := gitlabtest.Target(1)
			s := gitlabtest.NewStub(t).On(gitlabtest.UserRoute, c.user).On(gitlabtest.RESTRoute("GET", in, "members/all/5"), c.member)
			want := "this needs the Maintainer role in the project"
			if c.note != "" {
				want += "; " + c.note
			}
			err := s.Client().RefusedFor(t.Context(), refused(), gitlab.ManagingRole(in.Kind), in.Key())
			e, ok := apierror.As(err)
			if !ok || e.Note != want || e.Role != "Maintainer" {
				t.Errorf("got %v", err)
			}
		})
	}
}
