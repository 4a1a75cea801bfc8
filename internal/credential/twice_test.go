package credential_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// Two resources that deliver into one variable are told of at every plan, and what they do to each other is not
// put down to somebody else.
func TestAccTwice_variable(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsEmbedded(t, g)
	a, b := stageIn(t, g, projectDeploy), stageIn(t, g, projectAccess)
	b.app = a.app
	first := "depends_on = [" + a.address() + "]"
	cli := acctest.NewCLI(t, g, a.token(a.delivered())+b.token(b.delivered(), first))
	words := []string{"CI/CD Variable Is Delivered Into Twice (" + a.app.Path + ": TOKEN)", "TOKEN of " + a.app.Target(), "jobtoken_project_deploy_token", "jobtoken_project_access_token",
		"that is what a new value of it comes from. Give one of the two another key or environment scope"}
	says(t, cli.Plan(t, acctest.Changes), words...)
	cli.Apply(t, acctest.Failed)
	cli.Apply(t, 0)
	says(t, cli.Plan(t, acctest.Changes), words...)
	// Of the other one a read knows that comes after it.
	cli.Configure(t, a.token(a.delivered(), "depends_on = ["+b.address()+"]")+b.token(b.delivered()))
	output := cli.Plan(t, acctest.Changes)
	says(t, output, append(words, "TOKEN of "+a.app.Target()+" holds the token with id ", "which is delivered there too")...)
	if acctest.Says(output, "was given another value") {
		t.Errorf("it puts it down to somebody else:\n%s", output)
	}
	// The worse of the two orders: the variable gets a new token before the other resource has read its own there.
	cli.Configure(t, a.token(a.delivered())+b.token(strings.ReplaceAll(b.delivered(), "TOKEN", "OTHER"), first))
	output = cli.Apply(t, acctest.Failed)
	says(t, output, "Could not find the secret of the access token", "Plan again: a new token is made then.")
	if again := cli.Apply(t, 0); acctest.Says(output+again, words[0]) {
		t.Errorf("it says of two variables:\n%s\n%s", output, again)
	}
	cli.Plan(t, acctest.NoChanges)
}

// A replacement is no second resource.
func TestAccTwice_replacement(t *testing.T) {
	t.Parallel()
	for name, more := range map[string]string{"destroy first": "", "create first": "lifecycle {\n    create_before_destroy = true\n  }"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, projectDeploy)
			cli := acctest.NewCLI(t, s.GitLab, s.token(s.delivered(), more))
			cli.Apply(t, 0)
			for _, output := range []string{cli.Apply(t, 0, "-replace="+s.address()), func() string { cli.Must(t, 0, "taint", s.address()); return cli.Apply(t, 0) }()} {
				if acctest.Says(output, "Twice") {
					t.Errorf("it says:\n%s", output)
				}
			}
			cli.Plan(t, acctest.NoChanges)
		})
	}
}

// Two addresses that hold one token are told of, also where one holds it as an older one, and where one is
// destroyed.
func TestAccTwice_token(t *testing.T) {
	t.Parallel()
	s := newStage(t, projectDeploy)
	acctest.NeedsEmbedded(t, s.GitLab)
	cli := acctest.NewCLI(t, s.GitLab, s.token(s.delivered(), rotation(30, 10)))
	cli.Apply(t, 0)
	first := tokenID(t, cli, s.address())
	other := s.labelled("other", `name = "ci"`, `scopes = ["read_repository"]`)
	to := s.resource() + ".other"
	words := func(id int64) []string {
		return []string{fmt.Sprintf("Token Is Held Twice (%s: %d)", s.path, id), fmt.Sprintf("The deploy token with id %d of the project %s (id %d)", id, s.path, s.id), "is held by a jobtoken_project_deploy_token and by a jobtoken_project_deploy_token"}
	}
	cli.Configure(t, s.token(s.delivered(), rotation(30, 10))+other+importBlock(to, fmt.Sprintf("%s:%d", s.path, first)))
	says(t, cli.Plan(t, acctest.Changes), append(words(first), "keep one of them")...)
	cli.Apply(t, 0)
	cli.Configure(t, s.token(s.delivered(), rotation(30, 10)))
	says(t, cli.Plan(t, acctest.Changes), append(words(first), "One of them is destroyed, which ends the token of the other too")...)
	cli.Configure(t, s.token(s.delivered(), rotation(30, 10))+other)
	s.Advance(t, 30*oneDay+oneDay/24)
	cli.Apply(t, 0)
	if tokenID(t, cli, s.address()) == first {
		t.Fatal("no new token was made")
	}
	says(t, cli.Plan(t, acctest.NoChanges), words(first)...)
}
