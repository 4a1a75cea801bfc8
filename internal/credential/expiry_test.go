package credential_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// lenient lets access tokens live without an end.
func lenient(t *testing.T, g *acctest.GitLab) {
	t.Helper()
	acctest.NeedsVersion(t, g, "19.0")
	g.RequireExpiry(t, false)
}

// TestAccExpiry_never: a token without an end is asked for by name, stays, and can get an end and lose it.
func TestAccExpiry_never(t *testing.T) {
	t.Parallel()
	each(t, allKinds, nil, func(t *testing.T, s *stage) {
		if s.access() {
			lenient(t, s.GitLab)
		}
		cli := acctest.NewCLI(t, s.GitLab, s.token(s.delivered(), expires("never")))
		cli.Apply(t, 0)
		cli.Plan(t, acctest.NoChanges)
		holds(t, cli, s.address(), map[string]any{"expires_at": "never"})
		first := tokenID(t, cli, s.address())
		if tokens := s.Tokens(t, s.of, s.id, s.tokens); len(tokens) != 1 || tokens[0].ExpiresAt != "" {
			t.Errorf("live are %+v", tokens)
		}
		cli.Configure(t, s.token(s.delivered(), expires(s.inDays(t, 30))))
		cli.Apply(t, 0)
		cli.Plan(t, acctest.NoChanges)
		cli.Configure(t, s.token(s.delivered(), expires("never")))
		cli.Apply(t, 0)
		cli.Plan(t, acctest.NoChanges)
		if tokens := s.Tokens(t, s.of, s.id, s.tokens); len(tokens) != 1 || tokens[0].ExpiresAt != "" || tokens[0].ID <= first+1 {
			t.Errorf("live are %+v", tokens)
		}
	})
}

// TestAccExpiry_neverRefused: an instance that requires an end says so on the attribute; an administrator is
// told at plan.
func TestAccExpiry_neverRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		make  func(testing.TB) *acctest.GitLab
		since string
		words []string
	}{
		"a user":           {acctest.New, "19.0", []string{"Unable to Create Token", "expires_at is missing"}},
		"an administrator": {acctest.NewAdmin, "19.0", []string{"Invalid Expiry", "This GitLab requires an expiry"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := c.make(t)
			acctest.NeedsVersion(t, g, c.since)
			g.RequireExpiry(t, true)
			s := stageIn(t, g, projectAccess)
			cli := acctest.NewCLI(t, g, s.token(s.delivered(), expires("never")))
			says(t, cli.Apply(t, 1), append(c.words, `expires_at = "never"`)...)
			if live := s.live(t); len(live) > 0 {
				t.Errorf("live are %v", live)
			}
		})
	}
}

// TestAccExpiry_spellings: one instant, however it is written, is stable, and another spelling of it changes
// nothing.
func TestAccExpiry_spellings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind      kind
		first     string
		spellings []string
	}{
		"a date":       {projectDeploy, "2027-03-04", []string{"2027-03-04T00:00:00Z", "2027-03-04T05:30:00+05:30", "2027-03-04T00:00:00.999Z"}},
		"fractions":    {groupDeploy, "2027-03-04T10:20:30.456789Z", []string{"2027-03-04T10:20:30Z", "2027-03-04T11:20:30.1+01:00"}},
		"an offset":    {projectDeploy, "2027-03-04T10:20:30-07:00", []string{"2027-03-04T17:20:30Z"}},
		"access token": {projectAccess, "2027-03-04T00:00:00.000Z", []string{"2027-03-04", "2027-03-04T02:00:00+02:00"}},
		"of a group":   {groupAccess, "2027-03-03T22:00:00.5-02:00", []string{"2027-03-04"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, c.kind)
			year := func(text string) string {
				return strings.Replace(text, "2027", fmt.Sprint(s.Clock(t).AddDate(0, 0, 200).Year()), 1)
			}
			if at := s.Clock(t); at.Month() < 5 { // so that the date lies ahead, and less than a year
				year = func(text string) string { return strings.Replace(text, "2027-03", fmt.Sprintf("%d-12", at.Year()), 1) }
			}
			cli := acctest.NewCLI(t, s.GitLab, s.token(s.delivered(), expires(year(c.first))))
			cli.Apply(t, 0)
			cli.Plan(t, acctest.NoChanges)
			holds(t, cli, s.address(), map[string]any{"expires_at": year(c.first)})
			s.ForgetRequests(t)
			for _, spelling := range c.spellings {
				cli.Configure(t, s.token(s.delivered(), expires(year(spelling))))
				cli.Plan(t, acctest.NoChanges)
				cli.Plan(t, acctest.NoChanges, "-refresh=false")
			}
			if done := writes(t, s.GitLab); len(done) > 0 {
				t.Errorf("it wrote %v", done)
			}
		})
	}
}

// TestAccExpiry_long: what only some GitLabs take is warned of, and their refusal is on the attribute.
func TestAccExpiry_long(t *testing.T) {
	t.Parallel()
	for name, line := range map[string]func(*testing.T, *stage) string{
		"expires_at": func(t *testing.T, s *stage) string { t.Helper(); return expires(s.inDays(t, 380)) },
		"rotation":   func(*testing.T, *stage) string { return rotation(360, 20) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, projectAccess)
			if !s.Embedded() { // where another test may have lifted it
				s.RequireExpiry(t, true)
			}
			cli := acctest.NewCLI(t, s.GitLab, s.token(s.delivered(), line(t, s)))
			says(t, cli.Plan(t, acctest.Changes), "Expiry Is Far Away", "more than 365 days away")
			if s.Flipped("buffered-token-lifetime") { // what no GitLab takes is refused by the plan
				cli.Apply(t, 0)
				return
			}
			says(t, cli.Apply(t, 1), "Unable to Create Token", "Expires at must be before", name+" = ")
		})
	}
	t.Run("where no end is required, none is too far away", func(t *testing.T) { // only an administrator can know
		t.Parallel()
		g := acctest.NewAdmin(t)
		lenient(t, g)
		s := stageIn(t, g, groupAccess)
		cli := acctest.NewCLI(t, g, s.token(s.delivered(), expires(s.inDays(t, 4000))))
		cli.Apply(t, 0)
		cli.Plan(t, acctest.NoChanges)
	})
}

// TestAccScopes_open: GitLab decides which scopes there are.
func TestAccScopes_open(t *testing.T) {
	t.Parallel()
	s := newStage(t, projectAccess)
	acctest.NeedsVersion(t, s.GitLab, "19.0")
	cli := acctest.NewCLI(t, s.GitLab, s.token(s.delivered(), `scopes = ["mcp", "read_api"]`))
	says(t, cli.Apply(t, 0), "Unknown Scope of Token (mcp)", "the nearest is")
	if output := cli.Plan(t, acctest.NoChanges); acctest.Says(output, "Unknown Scope") {
		t.Errorf("a token that is there is warned of:\n%s", output)
	}
	cli.Configure(t, s.token(s.delivered(), `scopes = ["read_apy"]`))
	before := s.live(t)
	says(t, cli.Apply(t, 1), `"read_apy" is no scope`, `the nearest is "read_api"`, "Unable to Create Token", `scopes = ["read_apy"]`, "scopes does not have a valid value")
	if live := s.live(t); !slices.Equal(live, before) {
		t.Errorf("live are %v, before %v", live, before)
	}
}

// TestAccDescription_blank: it is as good as none, made, changed and imported.
func TestAccDescription_blank(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"empty": "", "spaces": "  "} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, groupAccess)
			blank := fmt.Sprintf("description = %q", text)
			cli := acctest.NewCLI(t, s.GitLab, s.token(s.delivered(), blank))
			cli.Apply(t, 0)
			cli.Plan(t, acctest.NoChanges)
			cli.Configure(t, s.token(s.delivered()))
			cli.Plan(t, acctest.NoChanges)
			cli.Configure(t, s.token(s.delivered(), `description = "why"`))
			cli.Apply(t, 0)
			id := tokenID(t, cli, s.address())
			cli.Configure(t, s.token(s.delivered(), blank))
			cli.Plan(t, acctest.NoChanges)
			if live := s.live(t); !slices.Equal(live, []int64{id}) {
				t.Errorf("live are %v", live)
			}
			other := s.byHand(t, map[string]any{"name": "other"})
			imports := acctest.NewCLI(t, s.GitLab, s.token(`name = "other"`, blank, expires(other.ExpiresAt))+importBlock(s.address(), fmt.Sprintf("%s:%d", s.path, other.ID)))
			imports.Apply(t, 0)
			imports.Plan(t, acctest.NoChanges)
		})
	}
}
