package credential_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// TestAccOfficialDefects shows, one by one, that known defects of the official provider's token resources
// (versions 16 to 19.1) are not possible here. Those of its job token resources are in the package of the
// allowlists.
func TestAccOfficialDefects(t *testing.T) {
	t.Parallel()
	importing := func(t *testing.T, s *stage, token acctest.Token, lines ...string) *acctest.CLI {
		t.Helper()
		return acctest.NewCLI(t, s.GitLab, s.unended(lines...)+importBlock(s.address(), fmt.Sprintf("%s:%d", s.path, token.ID)))
	}
	for name, d := range map[string]struct {
		kinds []kind
		show  func(*testing.T, *stage)
	}{
		"B14 an import never plans destruction": {deployKinds, func(t *testing.T, s *stage) {
			token := s.byHand(t, map[string]any{"username": "reader", "expires_at": s.inDays(t, 30)})
			cli := importing(t, s, token)
			planned := cli.PlanJSON(t)
			if actions := planned.Actions(s.address()); !actions.NoOp() {
				t.Errorf("the import plans %v", actions)
			}
			cli.ApplySaved(t, 0)
			// Nor does any change after it: what GitLab fixes changes by a new token, in place.
			for _, lines := range [][]string{
				{"token_in_state = true"}, {`username = "writer"`, "token_in_state = true"}, {expires(s.inDays(t, 60)), "token_in_state = true"}, {s.delivered()},
			} {
				cli.Configure(t, s.token(lines...))
				if actions := cli.PlanJSON(t).Actions(s.address()); !slices.Equal(actions, tfjson.Actions{tfjson.ActionUpdate}) {
					t.Errorf("%v plans %v", lines, actions)
				}
			}
			if live := s.live(t); !slices.Equal(live, []int64{token.ID}) {
				t.Errorf("live are %v", live)
			}
		}},
		"B15 scopes are a set of lower-case names": {deployKinds, func(t *testing.T, s *stage) {
			cli := acctest.NewCLI(t, s.GitLab, s.token(s.delivered(), `scopes = ["Read_Registry"]`))
			s.ForgetRequests(t)
			says(t, cli.Plan(t, acctest.Changes), "Unknown Scope of Token (Read_Registry)", `the nearest is "read_registry"`)
			if done := writes(t, s.GitLab); len(done) > 0 {
				t.Errorf("the plan wrote %v", done)
			}
			cli.Configure(t, s.token(s.delivered(), `scopes = ["write_registry", "read_repository", "read_registry"]`))
			cli.Apply(t, 0)
			cli.Configure(t, s.token(s.delivered(), `scopes = ["read_registry", "write_registry", "read_repository"]`))
			cli.Plan(t, acctest.NoChanges)
		}},
		"B18 tokens without a secret in the state, or an expiry, are left alone and can be changed": {allKinds, func(t *testing.T, s *stage) {
			if s.access() && s.Embedded() {
				s.RequireExpiry(t, false)
			}
			attributes := map[string]any{}
			if s.access() && s.Embedded() {
				attributes["expires_at"] = nil
			}
			token := s.byHand(t, attributes)
			lines := []string{}
			if s.access() {
				lines = []string{expires(cmp.Or(token.ExpiresAt, "never"))} // older GitLabs make none that never end
			}
			cli := importing(t, s, token, lines...)
			cli.Apply(t, 0)
			if s.access() && s.Embedded() {
				holds(t, cli, s.address(), map[string]any{"expires_at": cmp.Or(token.ExpiresAt, "never"), "token": nil})
			} else if s.Embedded() {
				holds(t, cli, s.address(), map[string]any{"expires_at": nil, "token": nil})
			}
			s.Advance(t, 200*24*time.Hour)
			cli.Plan(t, acctest.NoChanges)
			cli.Configure(t, s.token(s.delivered(), `name = "renamed"`, expires(s.inDays(t, 30))))
			cli.Apply(t, 0)
			cli.Plan(t, acctest.NoChanges)
			if live := s.Tokens(t, s.of, s.id, s.tokens); len(live) != 1 || live[0].Name != "renamed" {
				t.Errorf("live are %+v", live)
			}
		}},
		"B19 a rotation of an expired token ends in what was planned": {allKinds, func(t *testing.T, s *stage) {
			overlap := 1
			if s.access() {
				overlap = 0
			}
			cli := acctest.NewCLI(t, s.GitLab, s.token(s.delivered(), rotation(3, overlap)))
			cli.Apply(t, 0)
			s.Advance(t, 30*24*time.Hour)
			cli.Must(t, 0, "apply", "-refresh-only", "-auto-approve")
			holds(t, cli, s.address(), map[string]any{"active": false, "expired": true})
			if output := cli.Apply(t, 0); acctest.Says(output, "inconsistent") {
				t.Error(output)
			}
			holds(t, cli, s.address(), map[string]any{"active": true, "expired": false})
			cli.Plan(t, acctest.NoChanges)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, d.kinds, nil, d.show)
		})
	}
}
