package credential_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

const oneDay = 24 * time.Hour

// rotated declares a token of a project that is made anew every 30 days and delivered to another.
func rotated(kind string, lib, app acctest.Project, overlap int) string {
	return fmt.Sprintf(`
resource "jobtoken_project_%s_token" "t" {
  project    = %q
  name       = "consumer"
  scopes     = ["read_repository"]
  rotation   = { every_days = 30, overlap_days = %d }
  deliveries = { app = { project = %q, key = "LIB_TOKEN" } }
}
`, kind, lib.Path, overlap, app.Path)
}

// held is what the state says of the token.
type held struct {
	ID       int64   `json:"token_id"`
	Previous []int64 `json:"previous_token_ids"`
	Due      string  `json:"rotation_due"`
	Rotates  string  `json:"rotates_at"`
	Expires  string  `json:"expires_at"`
	Token    string  `json:"token"`
	UserID   int64   `json:"user_id"`
	Active   bool    `json:"active"`
}

// inState reads the token from the state.
func inState(t *testing.T, cli *acctest.CLI) held {
	t.Helper()
	var state struct {
		Values struct {
			Root struct {
				Resources []struct {
					Values held `json:"values"`
				} `json:"resources"`
			} `json:"root_module"`
		} `json:"values"`
	}
	cli.ShowJSON(t, &state)
	if len(state.Values.Root.Resources) != 1 {
		t.Fatalf("the state holds %d resources", len(state.Values.Root.Resources))
	}
	return state.Values.Root.Resources[0].Values
}

// works tells whether git takes a secret, under the user name of one of a project's deploy tokens or as
// an access token.
func works(t *testing.T, g *acctest.GitLab, lib acctest.Project, secret string) bool {
	t.Helper()
	users := []string{"any"}
	for _, token := range g.Tokens(t, "projects", lib.ID, "deploy_tokens") {
		users = append(users, token.Username)
	}
	for _, user := range users {
		if g.SignsIn(t, lib, user, secret) {
			return true
		}
	}
	return false
}

// With an overlap the old token works on beside the new one, which is delivered before; then it ends by
// itself. The plan says why, and afterwards is empty.
func TestAccRotation_overlap(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"deploy", "access"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			g := acctest.New(t)
			acctest.NeedsEmbedded(t, g)
			lib, app := g.Project(t, "lib"), g.Project(t, "app")
			cli := acctest.NewCLI(t, g, rotated(kind, lib, app, 2))
			cli.Setenv("TF_LOG_CORE=TRACE") // searched for secrets in the end, as the provider's log is
			cli.Apply(t, 0)
			first := inState(t, cli)
			old := g.Variable(t, "projects", app.ID, "LIB_TOKEN").Value
			g.Advance(t, 29*oneDay)
			cli.Plan(t, acctest.NoChanges)

			g.Advance(t, oneDay+time.Hour)
			planned := cli.PlanJSON(t)
			if !strings.Contains(planned.Output, "every 30 days; due since ") || !strings.Contains(planned.Output, "will be updated in-place") {
				t.Errorf("the plan does not say why:\n%s", planned.Output)
			}
			cli.ApplySaved(t, 0)
			second := inState(t, cli)
			fresh := g.Variable(t, "projects", app.ID, "LIB_TOKEN").Value
			if second.ID == first.ID || !slices.Equal(second.Previous, []int64{first.ID}) || second.Due != "" {
				t.Errorf("the state says %+v after %+v", second, first)
			}
			if fresh == old || !works(t, g, lib, fresh) || !works(t, g, lib, old) {
				t.Error("the new token is not delivered, or not both work")
			}
			cli.Plan(t, acctest.NoChanges)

			g.Advance(t, 4*oneDay)
			if works(t, g, lib, old) || !works(t, g, lib, fresh) {
				t.Error("the old token outlives its overlap, or the new one does not")
			}
			cli.Apply(t, 0)
			if got := inState(t, cli); len(got.Previous) != 0 || got.ID != second.ID {
				t.Errorf("the state says %+v", got)
			}
			cli.Plan(t, acctest.NoChanges)
		})
	}
}

// Without an overlap GitLab replaces the token: the same bot user, and the old secret is dead at once.
func TestAccRotation_byGitLab(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsEmbedded(t, g)
	lib, app := g.Project(t, "lib"), g.Project(t, "app")
	cli := acctest.NewCLI(t, g, rotated("access", lib, app, 0))
	cli.Apply(t, 0)
	first, old := inState(t, cli), g.Variable(t, "projects", app.ID, "LIB_TOKEN").Value
	g.Advance(t, 30*oneDay+time.Minute)
	cli.Apply(t, 0)
	second, fresh := inState(t, cli), g.Variable(t, "projects", app.ID, "LIB_TOKEN").Value
	if second.UserID != first.UserID || second.ID == first.ID || len(second.Previous) != 0 || !second.Active {
		t.Errorf("the state says %+v after %+v", second, first)
	}
	if works(t, g, lib, old) || !works(t, g, lib, fresh) {
		t.Error("the old secret works still, or the new one does not")
	}
	cli.Plan(t, acctest.NoChanges)
}

// A plan for something else, saved before the date and applied after it, does what it said. The next
// plan makes the new token.
func TestAccRotation_savedPlan(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsEmbedded(t, g)
	lib, app, web := g.Project(t, "lib"), g.Project(t, "app"), g.Project(t, "web")
	config := rotated("deploy", lib, app, 2)
	cli := acctest.NewCLI(t, g, config)
	cli.Apply(t, 0)
	first := inState(t, cli)
	cli.Configure(t, strings.Replace(config, `key = "LIB_TOKEN" }`, fmt.Sprintf(`key = "LIB_TOKEN" }, name = { project = %q, key = "LIB_USER", store = "username" }`, web.Path), 1))
	cli.PlanJSON(t)
	g.Advance(t, 31*oneDay)
	cli.ApplySaved(t, 0)
	if got := inState(t, cli); got.ID != first.ID {
		t.Errorf("the saved plan made another token: %+v", got)
	}
	if user := g.Variable(t, "projects", web.ID, "LIB_USER").Value; !strings.HasPrefix(user, "gitlab+deploy-token-") {
		t.Errorf("the user name delivered is %q", user)
	}
	cli.Apply(t, 0)
	if got := inState(t, cli); got.ID == first.ID {
		t.Error("no new token was made by the next apply")
	}
	cli.Plan(t, acctest.NoChanges)
}

// A token that is made anew twice within one overlap leaves both older ones alive and named, until
// their overlaps are over.
func TestAccRotation_twiceWithinOneOverlap(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsEmbedded(t, g)
	lib, app := g.Project(t, "lib"), g.Project(t, "app")
	config := rotated("deploy", lib, app, 5)
	cli := acctest.NewCLI(t, g, config)
	var ids []int64
	var secrets []string
	for _, name := range []string{"consumer", "renamed", "again"} {
		cli.Configure(t, strings.Replace(config, `"consumer"`, fmt.Sprintf("%q", name), 1))
		cli.Apply(t, 0)
		state := inState(t, cli)
		if !slices.Equal(state.Previous, ids) && len(ids) > 0 {
			t.Errorf("the state names %v, want %v", state.Previous, ids)
		}
		ids = append(ids, state.ID)
		secrets = append(secrets, g.Variable(t, "projects", app.ID, "LIB_TOKEN").Value)
		g.Advance(t, oneDay)
	}
	for i, secret := range secrets {
		if !works(t, g, lib, secret) {
			t.Errorf("token %d is dead within its overlap", i+1)
		}
	}
	// Their own ends are far off: the overlap being over, an apply ends them.
	g.Advance(t, 10*oneDay)
	output := cli.Apply(t, 0)
	if works(t, g, lib, secrets[0]) || works(t, g, lib, secrets[1]) || !works(t, g, lib, secrets[2]) {
		t.Errorf("the older tokens live on, or the newest does not:\n%s", output)
	}
	if live := g.Tokens(t, "projects", lib.ID, "deploy_tokens"); len(live) != 1 || live[0].ID != ids[2] {
		t.Errorf("GitLab holds %+v", live)
	}
	cli.Plan(t, acctest.NoChanges)
}

// Where nobody applies, the token ends by itself after interval and overlap; the apply that comes at
// last makes a new one.
func TestAccRotation_nobodyApplies(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"deploy", "access"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			g := acctest.New(t)
			acctest.NeedsEmbedded(t, g)
			lib, app := g.Project(t, "lib"), g.Project(t, "app")
			cli := acctest.NewCLI(t, g, rotated(kind, lib, app, 2))
			cli.Apply(t, 0)
			secret := g.Variable(t, "projects", app.ID, "LIB_TOKEN").Value
			g.Advance(t, 33*oneDay-time.Minute)
			if !works(t, g, lib, secret) {
				t.Error("the token ends before interval, overlap and a day are over")
			}
			g.Advance(t, oneDay+2*time.Minute)
			if works(t, g, lib, secret) {
				t.Error("the token does not end by itself")
			}
			cli.Plan(t, acctest.NoChanges, "-refresh=false")
			cli.Apply(t, 0)
			if !works(t, g, lib, g.Variable(t, "projects", app.ID, "LIB_TOKEN").Value) || len(inState(t, cli).Previous) != 0 {
				t.Errorf("the state says %+v", inState(t, cli))
			}
			cli.Plan(t, acctest.NoChanges)
		})
	}
}
