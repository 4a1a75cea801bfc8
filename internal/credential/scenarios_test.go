package credential_test

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// The scenarios C to F restate what the official provider's own acceptance tests cover. C06 and D05 are in
// TestAccMove; C01, C02, D01, D02, E06, F06 and F07 in TestAccValidation.

// imported imports a token under a configuration without deliveries, in a folder of its own, and fails
// the test unless the state agrees with the one that made the token and nothing is planned.
func imported(t *testing.T, s *stage, made *acctest.CLI, id string, lines ...string) {
	t.Helper()
	cli := acctest.NewCLI(t, s.GitLab, s.unended(lines...))
	cli.Must(t, 0, "import", s.address(), id)
	got, want := heldBy(t, cli, s.address()), heldBy(t, made, s.address())
	for _, name := range []string{"deliveries", "delivery_owners", "rotation", "rotates_at"} {
		delete(got, name)
		delete(want, name)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the import holds\n%v, want\n%v", got, want)
	}
	cli.Plan(t, acctest.NoChanges)
}

func (s *stage) importID(t *testing.T, cli *acctest.CLI) string {
	t.Helper()
	return fmt.Sprintf("%s:%d", s.path, tokenID(t, cli, s.address()))
}

const allDeployScopes = `scopes = ["read_repository", "read_registry", "write_registry", "read_package_registry", "write_package_registry", "read_virtual_registry", "write_virtual_registry"]`

func TestAccScenario_deployTokenBasic(t *testing.T) {
	t.Parallel()
	each(t, deployKinds, []string{"C03", "D03"}, func(t *testing.T, s *stage) {
		at := s.inDays(t, 2)
		cli := acctest.NewCLI(t, s.GitLab, s.token(s.delivered(), expires(at)))
		cli.Apply(t, 0)
		first := tokenID(t, cli, s.address())
		holds(t, cli, s.address(), map[string]any{
			"expired": false, "revoked": false, "active": true, "expires_at": at, "username": fmt.Sprintf("gitlab+deploy-token-%d", first), "token": nil,
		})
		if !strings.HasPrefix(s.secret(t), "gldt-") {
			t.Errorf("the variable holds %q", s.secret(t))
		}
		imported(t, s, cli, s.importID(t, cli))

		// An expiry that is left out is kept: a change of the scopes lets no token live longer.
		cli.Configure(t, s.token(s.delivered(), `username = "bar"`, allDeployScopes))
		cli.Apply(t, 0)
		holds(t, cli, s.address(), map[string]any{"username": "bar", "expires_at": at})
		if live := s.live(t); len(live) != 1 || live[0] == first {
			t.Errorf("live are %v, the first was %d", live, first)
		}
		cli.Apply(t, 0, "-replace="+s.address())
		holds(t, cli, s.address(), map[string]any{"username": "bar", "expires_at": nil})
		if tokens := s.Tokens(t, s.of, s.id, s.tokens); len(tokens) != 1 || len(tokens[0].Scopes) != 7 {
			t.Errorf("live are %+v", tokens)
		}
		imported(t, s, cli, s.importID(t, cli), `username = "bar"`, allDeployScopes)
	})
}

func TestAccScenario_pagination(t *testing.T) {
	t.Parallel()
	each(t, deployKinds, []string{"C04", "D04"}, func(t *testing.T, s *stage) {
		for i := range 230 {
			s.Admin(t, http.MethodPost, fmt.Sprintf("/%s/%d/deploy_tokens", s.of, s.id), map[string]any{"name": fmt.Sprint(i), "scopes": []string{"read_repository"}}, nil)
		}
		cli := acctest.NewCLI(t, s.GitLab, s.token("count = 25", `name = "ci-${count.index}"`, expires(s.inDays(t, 2)),
			fmt.Sprintf(`deliveries = { ci = { project = %q, key = "TOKEN_${count.index}" } }`, s.app.Path)))
		cli.Apply(t, 0)
		s.ForgetRequests(t)
		cli.Plan(t, acctest.NoChanges)
		if requests, ok := s.Requests(t); ok {
			for route, count := range requests.Counts {
				if strings.HasSuffix(route, "/deploy_tokens") && count != 3 {
					t.Errorf("%s was asked %d times for 255 tokens, want 3 pages of 100", route, count)
				}
			}
		}
		if live := s.live(t); len(live) != 255 {
			t.Errorf("%d tokens are live", len(live))
		}
	})
}

func TestAccScenario_projectTransferred(t *testing.T) {
	t.Parallel()
	each(t, []kind{projectDeploy}, []string{"C05"}, func(t *testing.T, s *stage) {
		cli := acctest.NewCLI(t, s.GitLab, s.token(s.delivered()))
		cli.Apply(t, 0)
		s.Transfer(t, acctest.Project{ID: s.id, Path: s.path}, s.Group(t, "elsewhere", &s.Root))
		cli.Must(t, 0, "destroy", "-auto-approve")
		if live := s.live(t); len(live) != 0 {
			t.Errorf("live are %v", live)
		}
	})
}

func TestAccScenario_accessTokenBasic(t *testing.T) {
	t.Parallel()
	const every = `scopes = ["api", "read_api", "read_registry", "write_registry", "read_repository", "write_repository", "ai_features", "k8s_proxy", "read_observability", "write_observability"]`
	each(t, accessKinds, []string{"E01", "F01"}, func(t *testing.T, s *stage) {
		at := expires(s.inDays(t, 2))
		cli := acctest.NewCLI(t, s.GitLab, s.token(s.delivered(), at, `scopes = ["api"]`))
		cli.Apply(t, 0)
		holds(t, cli, s.address(), map[string]any{"active": true, "revoked": false, "access_level": "maintainer", "expires_at": s.inDays(t, 2)})
		made := s.Tokens(t, s.of, s.id, s.tokens)
		if len(made) != 1 || fmt.Sprint(heldBy(t, cli, s.address())["user_id"]) != fmt.Sprint(float64(made[0].UserID)) {
			t.Errorf("GitLab lists %+v", made)
		}
		imported(t, s, cli, s.importID(t, cli), at, `scopes = ["api"]`)
		for _, change := range [][]string{
			{every, `access_level = "developer"`},
			{`scopes = ["api", "read_api", "read_repository", "write_repository"]`, `access_level = "owner"`},
		} {
			cli.Configure(t, s.token(append(change, s.delivered(), at)...))
			secret := s.secret(t)
			cli.Apply(t, 0)
			if live := s.live(t); !slices.Equal(live, []int64{tokenID(t, cli, s.address())}) || s.secret(t) == secret {
				t.Errorf("live are %v, and the variable was given anew: %t", live, s.secret(t) != secret)
			}
		}
		holds(t, cli, s.address(), map[string]any{"access_level": "owner"})
		imported(t, s, cli, s.importID(t, cli), at, `scopes = ["api", "read_api", "read_repository", "write_repository"]`, `access_level = "owner"`)
	})
}

func TestAccScenario_renewedByExpiry(t *testing.T) {
	t.Parallel()
	each(t, accessKinds, []string{"E02", "F02"}, func(t *testing.T, s *stage) {
		cli := acctest.NewCLI(t, s.GitLab, "")
		var seen []int64
		for _, step := range [][]string{
			{expires(s.inDays(t, 10)), `access_level = "developer"`},
			{expires(s.inDays(t, 20)), `access_level = "maintainer"`, `name = "my new token"`},
			{expires(s.inDays(t, 30)), `access_level = "maintainer"`, `name = "my new token"`},
		} {
			cli.Configure(t, s.token(append(step, s.delivered())...))
			cli.Apply(t, 0)
			id := tokenID(t, cli, s.address())
			if live := s.live(t); !slices.Equal(live, []int64{id}) || slices.Contains(seen, id) {
				t.Errorf("live are %v, the state has %d, before it there were %v", live, id, seen)
			}
			seen = append(seen, id)
		}
		holds(t, cli, s.address(), map[string]any{"expires_at": s.inDays(t, 30)})
		cli.Plan(t, acctest.NoChanges)
		imported(t, s, cli, s.importID(t, cli), expires(s.inDays(t, 30)), `access_level = "maintainer"`, `name = "my new token"`)
	})
}

// TestAccScenario_rotationConfigured: a longer interval lets no token live longer than GitLab was told,
// a shorter one is due earlier, and neither makes a new token by itself.
func TestAccScenario_rotationConfigured(t *testing.T) {
	t.Parallel()
	each(t, accessKinds, []string{"E04", "F04"}, func(t *testing.T, s *stage) {
		cli := acctest.NewCLI(t, s.GitLab, s.token(s.delivered(), rotation(10, 1)))
		cli.Apply(t, 0)
		first := tokenID(t, cli, s.address())
		ends := s.Clock(t).Truncate(24*time.Hour).AddDate(0, 0, 13)
		holds(t, cli, s.address(), map[string]any{"expires_at": ends.Format(time.DateOnly)})
		imported(t, s, cli, s.importID(t, cli), expires(ends.Format(time.DateOnly)))

		cli.Configure(t, s.token(s.delivered(), rotation(20, 1)))
		cli.Apply(t, 0)
		holds(t, cli, s.address(), map[string]any{
			"token_id": float64(first), "expires_at": ends.Format(time.DateOnly), "rotates_at": ends.AddDate(0, 0, -1).Format(time.RFC3339),
		})
		cli.Plan(t, acctest.NoChanges)

		// An overlap longer than what is left of the old token: a new one is due at once.
		cli.Configure(t, s.token(s.delivered(), rotation(20, 30)))
		cli.Apply(t, 0)
		cli.Apply(t, 0)
		second := tokenID(t, cli, s.address())
		holds(t, cli, s.address(), map[string]any{"previous_token_ids": []any{float64(first)}, "rotation_due": nil, "expires_at": s.inDays(t, 52)})
		if live := s.live(t); !slices.Equal(live, []int64{first, second}) {
			t.Errorf("live are %v, want %d and %d", live, first, second)
		}
		cli.Plan(t, acctest.NoChanges)

		// Shorter: the date moves with the interval, and the token stays.
		cli.Configure(t, s.token(s.delivered(), rotation(5, 1)))
		cli.Apply(t, 0)
		holds(t, cli, s.address(), map[string]any{"token_id": float64(second), "expires_at": s.inDays(t, 52)})
		due, err := time.Parse(time.RFC3339, fmt.Sprint(heldBy(t, cli, s.address())["rotates_at"]))
		if left := due.Sub(s.Clock(t)); err != nil || left > 5*24*time.Hour || left < 5*24*time.Hour-time.Hour {
			t.Errorf("the next one is due in %s, %v", left, err)
		}
	})
}

// TestAccScenario_rotatedByClock: the plan says since when a token is due, the apply makes it, also where
// the old one has expired meanwhile, and the plan after that is empty. F08: GitLab's rotation runs on the
// provider's own token, so the scope self_rotate is a scope like any other.
func TestAccScenario_rotatedByClock(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind    kind
		lines   []string
		advance int
		// previous tells whether the old token works on.
		previous bool
	}{
		"E05 project_access_token, with overlap":      {projectAccess, []string{rotation(3, 1)}, 3, true},
		"E05 project_access_token, replaced":          {projectAccess, []string{rotation(3, 0)}, 3, false},
		"E05 project_access_token, expired meanwhile": {projectAccess, []string{rotation(3, 1)}, 10, false},
		"F05 group_access_token, with overlap":        {groupAccess, []string{rotation(3, 1)}, 3, true},
		"F05 group_access_token, expired, replaced":   {groupAccess, []string{rotation(3, 0)}, 10, false},
		"F08 group_access_token, self_rotate":         {groupAccess, []string{rotation(3, 0), `scopes = ["api", "self_rotate"]`}, 3, false},
		"project_deploy_token, with overlap":          {projectDeploy, []string{rotation(3, 1)}, 3, true},
		"group_deploy_token, expired meanwhile":       {groupDeploy, []string{rotation(3, 1)}, 10, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, c.kind)
			cli := acctest.NewCLI(t, s.GitLab, s.token(append(c.lines, s.delivered())...))
			cli.Apply(t, 0)
			first, secret := tokenID(t, cli, s.address()), s.secret(t)
			due := fmt.Sprint(heldBy(t, cli, s.address())["rotates_at"])
			s.Advance(t, time.Duration(c.advance)*24*time.Hour)
			says(t, cli.Apply(t, 0), "every 3 days; due since "+due, "0 to add, 1 to change, 0 to destroy")
			second := tokenID(t, cli, s.address())
			if second == first || s.secret(t) == secret {
				t.Errorf("token %d, before it %d; the variable was given anew: %t", second, first, s.secret(t) != secret)
			}
			previous := []any{}
			if c.previous {
				previous = []any{float64(first)}
			}
			holds(t, cli, s.address(), map[string]any{"active": true, "expired": false, "revoked": false, "rotation_due": nil, "previous_token_ids": previous})
			cli.Plan(t, acctest.NoChanges)
		})
	}
}

// TestAccScenario_revoked: revoked outside Terraform, a token is made anew with the reason, and destroys
// all the same.
func TestAccScenario_revoked(t *testing.T) {
	t.Parallel()
	each(t, allKinds, []string{"F09 F10", "F09 F10", "F09 F10", "F09 F10"}, func(t *testing.T, s *stage) {
		cli := acctest.NewCLI(t, s.GitLab, s.token(s.delivered(), rotation(30, 15)))
		cli.Apply(t, 0)
		first, secret := tokenID(t, cli, s.address()), s.secret(t)
		s.Revoke(t, s.of, s.id, s.tokens, first)
		says(t, cli.Apply(t, 0), fmt.Sprintf("token %d was", first), "0 to add, 1 to change, 0 to destroy")
		second := tokenID(t, cli, s.address())
		holds(t, cli, s.address(), map[string]any{"revoked": false, "active": true, "rotation_due": nil, "previous_token_ids": []any{}})
		if second == first || s.secret(t) == secret || !slices.Equal(s.live(t), []int64{second}) {
			t.Errorf("token %d, before it %d; live are %v", second, first, s.live(t))
		}
		cli.Plan(t, acctest.NoChanges)
		s.Revoke(t, s.of, s.id, s.tokens, second)
		cli.Must(t, 0, "destroy", "-auto-approve")
		if s.secret(t) != "" {
			t.Error("the variable is still there")
		}
	})
}

// TestAccScenario_expiredStays: a date that was configured and has passed is no reason for a new token,
// revoked or not; a later date is.
func TestAccScenario_expiredStays(t *testing.T) {
	t.Parallel()
	each(t, allKinds, []string{"F11", "F11", "F11", "F11"}, func(t *testing.T, s *stage) {
		cli := acctest.NewCLI(t, s.GitLab, s.token(s.delivered(), expires(s.inDays(t, 2))))
		cli.Apply(t, 0)
		first := tokenID(t, cli, s.address())
		s.Advance(t, 10*24*time.Hour)
		s.Revoke(t, s.of, s.id, s.tokens, first)
		says(t, cli.Plan(t, acctest.NoChanges), "Token Has Expired", "Write a later expires_at")
		cli.Configure(t, s.token(s.delivered(), expires(s.inDays(t, 2))))
		cli.Apply(t, 0)
		if live := s.live(t); !slices.Equal(live, []int64{tokenID(t, cli, s.address())}) {
			t.Errorf("live are %v", live)
		}
		cli.Plan(t, acctest.NoChanges)
	})
}
