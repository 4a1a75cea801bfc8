package credential_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// pulled is a rotation by hand alone.
func pulled(overlap int, trigger string) string {
	return fmt.Sprintf("rotation = { overlap_days = %d, trigger = %s }", overlap, trigger)
}

// TestAccTrigger: the first trigger and each other one make a new token beside the old one, also without a
// refresh; the same one and none make nothing. The end is the configured one.
func TestAccTrigger(t *testing.T) {
	t.Parallel()
	each(t, allKinds, nil, func(t *testing.T, s *stage) {
		end := expires(s.inDays(t, 60))
		cli := acctest.NewCLI(t, s.GitLab, s.token(s.delivered(), end))
		cli.Apply(t, 0)
		first, old := tokenID(t, cli, s.address()), s.secret(t)

		cli.Configure(t, s.token(s.delivered(), end, pulled(7, `"leak of May"`)))
		says(t, cli.Plan(t, acctest.Changes, "-refresh=false"), "Token Is Made Anew", "because rotation.trigger was set", fmt.Sprintf("id %d ends after the overlap", first))
		cli.PlanJSON(t)
		cli.ApplySaved(t, 0)
		cli.Plan(t, acctest.NoChanges)
		second := tokenID(t, cli, s.address())
		holds(t, cli, s.address(), map[string]any{"previous_token_ids": []any{float64(first)}, "rotates_at": nil, "rotation_due": nil})
		if live := s.live(t); !slices.Equal(live, []int64{first, second}) || s.secret(t) == old {
			t.Errorf("live are %v", live)
		}

		// Taken out, written blank, and back to nothing: no new token.
		s.ForgetRequests(t)
		for _, line := range []string{"rotation = { overlap_days = 7 }", pulled(7, `" "`)} {
			cli.Configure(t, s.token(s.delivered(), end, line))
			cli.Apply(t, 0)
			cli.Plan(t, acctest.NoChanges)
		}
		if done := writes(t, s.GitLab); len(done) > 0 {
			t.Errorf("it wrote %v", done)
		}

		// The previous one ends with the first apply after its overlap, though it would not by itself.
		s.Advance(t, 8*oneDay)
		cli.Apply(t, 0)
		cli.Plan(t, acctest.NoChanges)
		if live := s.live(t); !slices.Equal(live, []int64{second}) {
			t.Errorf("live are %v, want %d", live, second)
		}
	})
}

// TestAccTrigger_leak: with no overlap the old token ends in the apply that the trigger makes a new one in,
// and in that order.
func TestAccTrigger_leak(t *testing.T) {
	t.Parallel()
	each(t, allKinds, nil, func(t *testing.T, s *stage) {
		cli := acctest.NewCLI(t, s.GitLab, s.token(s.delivered(), "rotation = { every_days = 90, overlap_days = 14, trigger = \"a\" }"))
		cli.Apply(t, 0)
		first, bot := tokenID(t, cli, s.address()), heldBy(t, cli, s.address())["user_id"]
		cli.Configure(t, s.token(s.delivered(), "rotation = { every_days = 90, overlap_days = 0, trigger = \"b\" }"))
		planned := cli.PlanJSON(t)
		if actions := planned.Actions(s.address()); !slices.Equal(actions, tfjson.Actions{tfjson.ActionUpdate}) {
			t.Errorf("planned are %v", actions)
		}
		if !s.access() { // that the old one ends last shows where it cannot
			old := s.secret(t)
			s.Refuse(t, fmt.Sprintf("DELETE /api/v4/%s/:id/%s/:token_id", s.of, s.tokens), 1, 403, "application/json", `{"message":"403 Forbidden"}`)
			cli.ApplySaved(t, 1)
			if s.secret(t) == old || !slices.Contains(s.live(t), first) {
				t.Errorf("live are %v, the variable holds %q", s.live(t), s.secret(t))
			}
			cli.PlanJSON(t)
		}
		cli.ApplySaved(t, 0)
		second := tokenID(t, cli, s.address())
		if live := s.live(t); !slices.Equal(live, []int64{second}) || second == first {
			t.Errorf("live are %v, the tokens were %d and %d", live, first, second)
		}
		if s.access() {
			holds(t, cli, s.address(), map[string]any{"user_id": bot}) // GitLab has replaced it
		}
		holds(t, cli, s.address(), map[string]any{"previous_token_ids": []any{}})
		cli.Plan(t, acctest.NoChanges)
	})
}

// TestAccTrigger_unknown: known only in the apply, it makes a new token if it is another one, and writes
// nothing if it is not. Either way the plan afterwards is empty.
func TestAccTrigger_unknown(t *testing.T) {
	t.Parallel()
	each(t, allKinds, nil, func(t *testing.T, s *stage) {
		config := func(input, again, line string) string {
			return fmt.Sprintf("resource \"terraform_data\" \"leak\" {\n  input = %q\n  triggers_replace = %q\n}\n", input, again) +
				fmt.Sprintf("resource \"terraform_data\" \"sink\" {\n  input = %s.token_id\n}\n", s.address()) +
				s.token(s.delivered(), line)
		}
		pull := "rotation = { every_days = 90, overlap_days = 1, trigger = terraform_data.leak.output }"
		if s.access() {
			pull = "expires_at = \"" + s.inDays(t, 90) + "\"\n  " + pulled(1, "terraform_data.leak.output")
		}
		cli := acctest.NewCLI(t, s.GitLab, config("a", "1", pull))
		cli.Apply(t, 0)
		first := tokenID(t, cli, s.address())
		cli.Configure(t, config("a", "2", pull))
		says(t, cli.Plan(t, acctest.Changes), "Token Is Made Anew", "The trigger is known only after the apply")
		s.ForgetRequests(t)
		cli.Apply(t, 0)
		if done := writes(t, s.GitLab); len(done) > 0 {
			t.Errorf("the trigger is the same, and it wrote %v", done)
		}
		holds(t, cli, s.address(), map[string]any{"token_id": float64(first)})
		cli.Plan(t, acctest.NoChanges)
		cli.Configure(t, config("b", "3", pull))
		cli.Apply(t, 0)
		cli.Plan(t, acctest.NoChanges)
		if second := tokenID(t, cli, s.address()); second == first || !slices.Equal(s.live(t), []int64{first, second}) {
			t.Errorf("the tokens were %d and %d, live are %v", first, second, s.live(t))
		}
	})
}

// TestAccTrigger_unknownEnded: a token whose time is over, and whose trigger turns out to be the same.
func TestAccTrigger_unknownEnded(t *testing.T) {
	t.Parallel()
	s := newStage(t, projectDeploy)
	end := s.inDays(t, 10)
	config := func(again string) string {
		return fmt.Sprintf("resource \"terraform_data\" \"leak\" {\n  input = \"a\"\n  triggers_replace = %q\n}\n", again) +
			s.token(s.delivered(), expires(end), pulled(1, "terraform_data.leak.output"))
	}
	cli := acctest.NewCLI(t, s.GitLab, config("1"))
	cli.Apply(t, 0)
	s.Advance(t, 11*oneDay)
	cli.Configure(t, config("2"))
	s.ForgetRequests(t)
	cli.Apply(t, 0)
	if done := writes(t, s.GitLab); len(done) > 0 {
		t.Errorf("it wrote %v", done)
	}
	holds(t, cli, s.address(), map[string]any{"expired": true, "active": false})
	cli.Plan(t, acctest.NoChanges)
}

// TestAccTrigger_olderState: a state from before there were triggers is as good as one without.
func TestAccTrigger_olderState(t *testing.T) {
	t.Parallel()
	s := newStage(t, groupAccess)
	cli := acctest.NewCLI(t, s.GitLab, s.token(s.delivered(), rotation(30, 2)))
	cli.Apply(t, 0)
	older := regexp.MustCompile(`,\s*"trigger": null`).ReplaceAllString(stateFile(t, cli), "")
	if older == stateFile(t, cli) {
		t.Fatal("the state holds no trigger")
	}
	if err := os.WriteFile(filepath.Join(cli.Dir, "terraform.tfstate"), []byte(older), 0o600); err != nil {
		t.Fatal(err)
	}
	cli.Plan(t, acctest.NoChanges)
	cli.Plan(t, acctest.NoChanges, "-refresh=false")
}

// TestAccTrigger_wholeUnknown: nothing of the rotation is known before the apply, and all is as it was.
func TestAccTrigger_wholeUnknown(t *testing.T) {
	t.Parallel()
	each(t, []kind{projectDeploy, projectAccess}, nil, func(t *testing.T, s *stage) {
		config := func(again, trigger string) string {
			return fmt.Sprintf("resource \"terraform_data\" \"how\" {\n  input = { every_days = 30, overlap_days = 2, trigger = %q }\n  triggers_replace = %q\n}\n", trigger, again) +
				s.token(s.delivered(), "rotation = terraform_data.how.output")
		}
		cli := acctest.NewCLI(t, s.GitLab, config("1", "a"))
		cli.Apply(t, 0)
		cli.Plan(t, acctest.NoChanges)
		first := tokenID(t, cli, s.address())
		cli.Configure(t, config("2", "a"))
		s.ForgetRequests(t)
		cli.Apply(t, 0)
		if done := writes(t, s.GitLab); len(done) > 0 {
			t.Errorf("it wrote %v", done)
		}
		cli.Plan(t, acctest.NoChanges)
		cli.Configure(t, config("3", "b"))
		cli.Apply(t, 0)
		cli.Plan(t, acctest.NoChanges)
		holds(t, cli, s.address(), map[string]any{"previous_token_ids": []any{float64(first)}})
	})
}

// TestAccTrigger_imported: an import under a trigger rotates, which the plan says.
func TestAccTrigger_imported(t *testing.T) {
	t.Parallel()
	s := newStage(t, groupDeploy)
	old := s.byHand(t, nil)
	cli := acctest.NewCLI(t, s.GitLab, s.token(s.delivered(), pulled(1, `"a"`))+importBlock(s.address(), fmt.Sprintf("%s:%d", s.path, old.ID)))
	says(t, cli.Plan(t, acctest.Changes), "Token Is Made Anew", "rotation.trigger was set")
	cli.Apply(t, 0)
	holds(t, cli, s.address(), map[string]any{"previous_token_ids": []any{float64(old.ID)}})
	cli.Plan(t, acctest.NoChanges)
}

// TestAccTrigger_prolonged: a later end under an overlap cuts nobody off.
func TestAccTrigger_prolonged(t *testing.T) {
	t.Parallel()
	each(t, allKinds, nil, func(t *testing.T, s *stage) {
		overlap := "rotation = { overlap_days = 3 }"
		cli := acctest.NewCLI(t, s.GitLab, s.token(s.delivered(), overlap, expires(s.inDays(t, 30))))
		cli.Apply(t, 0)
		first := tokenID(t, cli, s.address())
		cli.Configure(t, s.token(s.delivered(), overlap, expires(s.inDays(t, 60))))
		cli.Apply(t, 0)
		cli.Plan(t, acctest.NoChanges)
		if live := s.live(t); !slices.Equal(live, []int64{first, tokenID(t, cli, s.address())}) {
			t.Errorf("live are %v", live)
		}
	})
}
