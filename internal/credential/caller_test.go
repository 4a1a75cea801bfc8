package credential_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// TestAccCaller_customRole: a role below the one that is needed may be a custom role that allows it. GitLab
// decides in the apply.
func TestAccCaller_customRole(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind    kind
		ability string
		code    int
	}{
		"a deploy token":               {projectDeploy, "manage_deploy_tokens", 0},
		"an access token":              {projectAccess, "manage_project_access_tokens", 0},
		"a deploy token, not allowed":  {projectDeploy, "admin_push_rules", 1},
		"an access token, not allowed": {projectAccess, "manage_deploy_tokens", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, c.kind)
			var role struct{ ID int64 }
			s.Admin(t, http.MethodPost, "/member_roles", map[string]any{"name": "Releaser", "base_access_level": 30, c.ability: true}, &role)
			s.Admin(t, http.MethodPut, fmt.Sprintf("/groups/%d/members/%d", s.Root.ID, s.User.ID), map[string]any{"access_level": 30, "member_role_id": role.ID}, nil)
			lines := []string{"token_in_state = true"}
			if s.access() {
				lines = append(lines, `access_level = "developer"`)
			}
			cli := acctest.NewCLI(t, s.GitLab, s.token(lines...))
			cli.SecretsInState()
			says(t, cli.Plan(t, acctest.Changes), "Custom Role May Not Be Enough", "needs the Maintainer role there", "the custom role Releaser on top of the role developer", "GitLab tells in the apply")
			cli.Apply(t, c.code)
			if live := s.live(t); len(live) != 1-c.code {
				t.Errorf("live are %v", live)
			}
		})
	}
}

// TestAccCaller_botRotates: a bot may not have GitLab rotate a token either, which the plan says. A service
// account may.
func TestAccCaller_botRotates(t *testing.T) {
	t.Parallel()
	each(t, accessKinds, nil, func(t *testing.T, s *stage) {
		cli := acctest.NewCLI(t, s.GitLab, s.token(s.delivered(), rotation(30, 0)))
		cli.Apply(t, 0)
		before := s.live(t)
		var bot struct{ Token string }
		s.Admin(t, http.MethodPost, fmt.Sprintf("/groups/%d/access_tokens", s.Root.ID), map[string]any{"name": "bot", "scopes": []string{"api"}, "access_level": 50, "expires_at": s.inDays(t, 90)}, &bot)
		s.Advance(t, 30*oneDay)
		cli.Setenv("GITLAB_TOKEN=" + bot.Token)
		s.ForgetRequests(t)
		says(t, cli.Plan(t, acctest.Failed), "Unable to Rotate Token", "GitLab lets no bot rotate access tokens", "service account")
		if done := writes(t, s.GitLab); len(done) > 0 {
			t.Errorf("the plan wrote %v", done)
		}
		if s.parent == "project" && !slices.Equal(s.live(t), before) {
			t.Errorf("live are %v, before %v", s.live(t), before)
		}
		acctest.NeedsVersion(t, s.GitLab, "18.11")
		var account struct{ ID int64 }
		s.Admin(t, http.MethodPost, fmt.Sprintf("/groups/%d/service_accounts", s.Root.ID), map[string]any{"name": "terraform"}, &account)
		s.Admin(t, http.MethodPost, fmt.Sprintf("/groups/%d/members", s.Root.ID), map[string]any{"user_id": account.ID, "access_level": 50}, nil)
		var token struct{ Token string }
		s.Admin(t, http.MethodPost, fmt.Sprintf("/groups/%d/service_accounts/%d/personal_access_tokens", s.Root.ID, account.ID), map[string]any{"name": "terraform", "scopes": []string{"api"}, "expires_at": s.inDays(t, 60)}, &token)
		cli.Setenv("GITLAB_TOKEN=" + token.Token)
		cli.Apply(t, 0)
		cli.Plan(t, acctest.NoChanges)
	})
}
