package credential_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// An imported token without deliveries that somebody has revoked is told of, and nothing is planned for it:
// nobody could get a new one's secret. Everything else goes on. What the configuration asks for is an error as
// ever.
func TestAccEndedWithNowhereToGo(t *testing.T) {
	t.Parallel()
	for _, k := range some(t.Name(), allKinds) {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, k)
			token := s.byHand(t, nil)
			settings := func(push bool) string {
				return fmt.Sprintf("resource \"jobtoken_settings\" \"other\" {\n  project = %q\n  push_repository_allowed = %t\n}\n", s.app.Path, push)
			}
			imported := importBlock(s.address(), fmt.Sprintf("%s:%d", s.path, token.ID))
			lines := []string{fmt.Sprintf("name = %q", token.Name), fmt.Sprintf("scopes = [%q]", token.Scopes[0])}
			if s.access() {
				lines = append(lines, expires(token.ExpiresAt))
			}
			block := s.labelled("this", lines...)
			cli := acctest.NewCLI(t, s.GitLab, imported+block+settings(false))
			cli.Apply(t, 0)
			s.Revoke(t, s.of, s.id, s.tokens, token.ID)

			words := []string{"Token Has Ended and None Is Made Anew (" + s.path + ": " + token.Name + ")", fmt.Sprintf("with id %d of the ", token.ID),
				"first seen at 20", "name a CI/CD variable for it in deliveries", "token_in_state = true"}
			says(t, cli.Plan(t, acctest.NoChanges), words...)
			cli.Configure(t, block+settings(true))
			planned := cli.PlanJSON(t)
			says(t, planned.Output, append(words, "0 to add, 1 to change, 0 to destroy")...)
			cli.ApplySaved(t, 0)
			first := heldBy(t, cli, s.address())["rotation_due"]
			if output := cli.Plan(t, acctest.NoChanges); first == nil || !acctest.Says(output, words[0]) {
				t.Errorf("rotation_due is %v, and the plan says:\n%s", first, output)
			}
			cli.Configure(t, s.labelled("this", append([]string{`scopes = ["read_registry"]`}, slices.Concat(lines[:1], lines[2:])...)...)+settings(true))
			says(t, cli.Plan(t, acctest.Failed), "Token Would Go Nowhere")
			cli.Configure(t, block+settings(true))
			cli.Must(t, 0, "destroy", "-auto-approve", "-input=false")
		})
	}
}

// A delivery that is added gives it somewhere to go: the token is made anew.
func TestAccEndedWithNowhereToGo_delivered(t *testing.T) {
	t.Parallel()
	s := newStage(t, projectDeploy)
	token := s.byHand(t, map[string]any{"name": "ci"})
	cli := acctest.NewCLI(t, s.GitLab, s.token()+importBlock(s.address(), fmt.Sprintf("%s:%d", s.path, token.ID)))
	cli.Apply(t, 0)
	s.Revoke(t, s.of, s.id, s.tokens, token.ID)
	cli.Plan(t, acctest.NoChanges)
	cli.Configure(t, s.token(s.delivered()))
	cli.Apply(t, 0)
	if id := tokenID(t, cli, s.address()); id == token.ID || s.secret(t) == "" {
		t.Errorf("the token is still %d", id)
	}
	cli.Plan(t, acctest.NoChanges)
}
