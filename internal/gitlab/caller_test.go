package gitlab_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/gitlabtest"
)

func answering(status int, body any) gitlabtest.Override {
	return func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
		return gitlabtest.Reply{Status: status, Body: body}
	}
}

var anna = gitlabtest.Record{"id": 5, "username": "anna"}

func insufficientScope() gitlabtest.Override {
	return answering(403, gitlabtest.Record{"error": "insufficient_scope", "error_description": "The request requires higher privileges than provided by the access token.", "scope": "api read_user"})
}

func TestCaller(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		answer gitlabtest.Override
		want   gitlab.Caller
		kind   apierror.Kind
	}{
		"a user":            {answering(200, anna), gitlab.Caller{ID: 5, Username: "anna"}, 0},
		"an admin":          {answering(200, gitlabtest.Record{"id": 1, "username": "root", "is_admin": true}), gitlab.Caller{ID: 1, Username: "root", Admin: true}, 0},
		"a group's bot":     {answering(200, gitlabtest.Record{"id": 9, "username": "group_12_bot", "bot": true}), gitlab.Caller{ID: 9, Username: "group_12_bot", Bot: true}, 0},
		"a service account": {answering(200, gitlabtest.Record{"id": 9, "username": "service_account_group_2_abc", "bot": true}), gitlab.Caller{ID: 9, Username: "service_account_group_2_abc"}, 0},
		"a person named so": {answering(200, gitlabtest.Record{"id": 9, "username": "project_1_bot", "bot": false}), gitlab.Caller{ID: 9, Username: "project_1_bot"}, 0},
		"a bot":             {answering(200, gitlabtest.Record{"id": 9, "username": "project_1_bot_x", "bot": true}), gitlab.Caller{ID: 9, Username: "project_1_bot_x", Bot: true}, 0},
		"scope too small":   {insufficientScope(), gitlab.Caller{}, 0},
		"token unknown":     {answering(401, gitlabtest.Record{"message": "401 Unauthorized"}), gitlab.Caller{}, apierror.Unauthenticated},
		"null":              {answering(200, nil), gitlab.Caller{}, apierror.Unsupported},
		"a failure":         {answering(502, nil), gitlab.Caller{}, apierror.Unavailable},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := gitlabtest.NewStub(t).On(gitlabtest.UserRoute, c.answer)
			client := s.Client()
			for range 2 {
				got, err := client.Caller(t.Context())
				if kind, _ := apierror.KindOf(err); got != c.want || kind != c.kind || got.Known() != (c.want.ID != 0) {
					t.Errorf("got %+v, %v", got, err)
				}
			}
			if c.kind == 0 {
				s.WantRequests(gitlabtest.UserRoute, 1)
			}
		})
	}
}

func TestRoleIn(t *testing.T) {
	t.Parallel()
	member := answering(200, gitlabtest.Record{"id": 5, "access_level": 40})
	cases := map[string]struct {
		user, member gitlabtest.Override
		want         gitlab.Membership
		kind         apierror.Kind
		asked        int
	}{
		"a Maintainer":        {answering(200, anna), member, gitlab.Membership{Level: 40, Known: true}, 0, 1},
		"a custom role":       {answering(200, anna), answering(200, gitlabtest.Record{"id": 5, "access_level": 30, "member_role": gitlabtest.Record{"id": 3, "name": "Releaser"}}), gitlab.Membership{Level: 30, Custom: "Releaser", Known: true}, 0, 1},
		"no member":           {answering(200, anna), answering(404, gitlabtest.Record{"message": "404 Not found"}), gitlab.Membership{Known: true}, 0, 1},
		"no project":          {answering(200, anna), answering(404, gitlabtest.Record{"message": "404 Project Not Found"}), gitlab.Membership{}, apierror.NotFound, 2},
		"no group":            {answering(200, anna), answering(404, gitlabtest.Record{"message": "404 Group Not Found"}), gitlab.Membership{}, apierror.NotFound, 2},
		"members hidden":      {answering(200, anna), answering(403, gitlabtest.Record{"message": "403 Forbidden"}), gitlab.Membership{}, 0, 1},
		"a failure":           {answering(200, anna), answering(500, nil), gitlab.Membership{}, apierror.Unavailable, 2},
		"null":                {answering(200, anna), answering(200, nil), gitlab.Membership{}, apierror.Unsupported, 2},
		"an administrator":    {answering(200, gitlabtest.Record{"id": 5, "is_admin": true}), member, gitlab.Membership{}, 0, 0},
		"a caller not known":  {insufficientScope(), member, gitlab.Membership{}, 0, 0},
		"no caller to be had": {answering(http.StatusBadGateway, nil), member, gitlab.Membership{}, apierror.Unavailable, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gitlabtest.EachOwner(t, func(t *testing.T, in gitlab.Target) {
				route := gitlabtest.RESTRoute("GET", in, "members/all/5")
				s := gitlabtest.NewStub(t).On(gitlabtest.UserRoute, c.user).On(route, c.member)
				client := s.Client()
				for range 2 {
					got, err := client.RoleIn(t.Context(), in)
					if kind, _ := apierror.KindOf(err); got != c.want || kind != c.kind {
						t.Errorf("got %+v, %v", got, err)
					}
				}
				s.WantRequests(route, c.asked)
			})
		})
	}
}

func TestNowIsGitLabs(t *testing.T) {
	t.Parallel()
	ahead := time.Now().Add(48 * time.Hour)
	s := gitlabtest.NewStub(t).On(gitlabtest.UserRoute, func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
		return gitlabtest.Reply{Body: anna, Header: map[string]string{"Date": ahead.UTC().Format(http.TimeFormat)}}
	})
	client := s.Client()
	if off := time.Until(client.Now()).Abs(); off > time.Minute {
		t.Errorf("off by %s before the first answer", off)
	}
	if _, err := client.Caller(t.Context()); err != nil {
		t.Fatal(err)
	}
	if off := client.Now().Sub(ahead).Abs(); off > time.Minute {
		t.Errorf("off by %s", off)
	}
}
