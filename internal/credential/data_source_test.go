package credential_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// outside makes a token by hand.
func outside(t *testing.T, g *acctest.GitLab, of string, id int64, kind string, body map[string]any) acctest.Token {
	t.Helper()
	var made acctest.Token
	g.Admin(t, http.MethodPost, fmt.Sprintf("/%s/%d/%s", of, id, kind), body, &made)
	return made
}

// listing is a data source.
func listing(kind, name string, attributes ...string) string {
	return fmt.Sprintf("data %q %q {\n  %s\n}\n\n", "jobtoken_"+kind, name, strings.Join(attributes, "\n  "))
}

// shown are the tokens that a plan has read into a data source.
func shown(t *testing.T, planned acctest.Planned, address string) []map[string]any {
	t.Helper()
	for _, r := range planned.PriorState.Values.RootModule.Resources {
		if r.Address != "data.jobtoken_"+address {
			continue
		}
		var tokens []map[string]any
		encoded, err := json.Marshal(r.AttributeValues["tokens"])
		if err == nil {
			err = json.Unmarshal(encoded, &tokens)
		}
		if err != nil {
			t.Fatal(err)
		}
		return tokens
	}
	t.Fatalf("the plan has read no %s", address)
	return nil
}

func namesOf(tokens []map[string]any) []string {
	names := []string{}
	for _, token := range tokens {
		names = append(names, fmt.Sprint(token["name"]))
	}
	return names
}

// Tokens are listed with what authentication makes of them, not GitLab's own fields, and filtered.
func TestAccTokensDataSource(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsEmbedded(t, g)
	lib, libs := g.Project(t, "lib"), g.Group(t, "libs", &g.Root)
	midnight := g.Clock(t).Truncate(24*time.Hour).AddDate(0, 0, 1)
	noon := midnight.Add(12 * time.Hour)
	date := func(days int) string { return midnight.AddDate(0, 0, days).Format(time.DateOnly) }
	scopes := []string{"read_registry", "read_repository"}

	never := outside(t, g, "projects", lib.ID, "deploy_tokens", map[string]any{"name": "never", "username": "puller", "scopes": scopes})
	ends := outside(t, g, "projects", lib.ID, "deploy_tokens", map[string]any{"name": "noon", "scopes": scopes[:1], "expires_at": noon.Format(time.RFC3339)})
	outside(t, g, "projects", lib.ID, "deploy_tokens", map[string]any{"name": "past", "scopes": scopes, "expires_at": "2020-01-31"})
	outside(t, g, "groups", libs.ID, "deploy_tokens", map[string]any{"name": "shared", "scopes": scopes})
	reader := outside(t, g, "projects", lib.ID, "access_tokens", map[string]any{
		"name": "reader", "description": "reads", "access_level": 20, "scopes": []string{"read_api"}, "expires_at": date(30),
	})
	revoked := outside(t, g, "projects", lib.ID, "access_tokens", map[string]any{"name": "revoked", "scopes": []string{"api"}, "expires_at": date(10)})
	g.Revoke(t, "projects", lib.ID, "access_tokens", revoked.ID)
	outside(t, g, "groups", libs.ID, "access_tokens", map[string]any{"name": "bot", "access_level": 50, "scopes": []string{"api"}, "expires_at": date(20)})

	project, group := fmt.Sprintf("project = %q", lib.Path), fmt.Sprintf("group = \"%d\"", libs.ID)
	before := func(at string) string { return fmt.Sprintf("expires_before = %q", at) }
	config := listing("deploy_tokens", "all", project) +
		listing("deploy_tokens", "active", project, "active = true") +
		listing("deploy_tokens", "inactive", project, "active = false") +
		listing("deploy_tokens", "by_date", project, before(date(0))) +
		listing("deploy_tokens", "by_noon", project, before(noon.Format(time.RFC3339))) +
		listing("deploy_tokens", "after_noon", project, "active = true", before(noon.Add(time.Second).Format(time.RFC3339))) +
		listing("deploy_tokens", "of_group", group) +
		listing("access_tokens", "all", fmt.Sprintf("project = \"%d\"", lib.ID)) +
		listing("access_tokens", "active", project, "active = true") +
		listing("access_tokens", "by_date", project, before(date(30))) +
		listing("access_tokens", "of_group", fmt.Sprintf("group = %q", libs.Path))
	cli := acctest.NewCLI(t, g, config)
	lists := func(when string, want map[string][]string) acctest.Planned {
		t.Helper()
		planned := cli.PlanJSON(t)
		for address, names := range want {
			if got := namesOf(shown(t, planned, address)); !slices.Equal(got, names) {
				t.Errorf("%s: %s are %v, want %v", when, address, got, names)
			}
		}
		return planned
	}

	planned := lists("today", map[string][]string{
		"deploy_tokens.all":        {"never", "noon", "past"},
		"deploy_tokens.active":     {"never", "noon"},
		"deploy_tokens.inactive":   {"past"},
		"deploy_tokens.by_date":    {"past"},
		"deploy_tokens.by_noon":    {"past"},
		"deploy_tokens.after_noon": {"noon"},
		"deploy_tokens.of_group":   {"shared"},
		"access_tokens.all":        {"reader", "revoked"},
		"access_tokens.active":     {"reader"},
		"access_tokens.by_date":    {"revoked"},
		"access_tokens.of_group":   {"bot"},
	})
	object := func(address string, at int, want map[string]any) {
		t.Helper()
		if got := shown(t, planned, address)[at]; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s has %v, want %v", address, got, want)
		}
	}
	object("deploy_tokens.all", 0, map[string]any{
		"id": never.ID, "name": "never", "username": "puller", "scopes": scopes, "expires_at": nil,
		"active": true, "revoked": false, "expired": false,
	})
	object("deploy_tokens.all", 1, map[string]any{
		"id": ends.ID, "name": "noon", "username": fmt.Sprintf("gitlab+deploy-token-%d", ends.ID), "scopes": scopes[:1],
		"expires_at": noon.Format(time.RFC3339), "active": true, "revoked": false, "expired": false,
	})
	token := shown(t, planned, "access_tokens.all")[0]
	created, err := time.Parse(time.RFC3339, fmt.Sprint(token["created_at"]))
	if age := g.Clock(t).Sub(created); err != nil || age < 0 || age > time.Hour {
		t.Errorf("created_at is %v", token["created_at"])
	}
	object("access_tokens.all", 0, map[string]any{
		"id": reader.ID, "name": "reader", "description": "reads", "access_level": "reporter", "user_id": reader.UserID,
		"scopes": []string{"read_api"}, "expires_at": date(30), "created_at": token["created_at"],
		"active": true, "revoked": false, "expired": false,
	})

	g.Advance(t, noon.Add(time.Hour).Sub(g.Clock(t)))
	planned = lists("tomorrow, past noon", map[string][]string{"deploy_tokens.active": {"never"}, "deploy_tokens.inactive": {"noon", "past"}})
	if token := shown(t, planned, "deploy_tokens.inactive")[0]; !reflect.DeepEqual([]any{token["active"], token["expired"]}, []any{false, true}) {
		t.Errorf("the token that ended at noon is %v", token)
	}
	var theirs []struct{ Expired bool }
	g.Admin(t, http.MethodGet, fmt.Sprintf("/projects/%d/deploy_tokens", lib.ID), nil, &theirs)
	if theirs[1].Expired {
		t.Error("GitLab's own field says so too: this shows nothing")
	}
	for _, secret := range g.Secrets(t) {
		if state, err := json.Marshal(planned.PriorState); err != nil || strings.Contains(string(state), secret) {
			t.Errorf("a secret was read, %v", err)
		}
	}
}

// A mistake is shown where it was made.
func TestAccTokensDataSource_errors(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	lib, libs := g.Project(t, "lib"), g.Group(t, "libs", &g.Root)
	project := fmt.Sprintf("project = %q", lib.Path)
	cli := acctest.NewCLI(t, g, listing("deploy_tokens", "neither")+
		listing("access_tokens", "both", project, fmt.Sprintf("group = %q", libs.Path))+
		listing("access_tokens", "url", `group = "https://gitlab.example.com/acme"`)+
		listing("access_tokens", "soon", project, `expires_before = "soon"`))
	output := cli.Must(t, acctest.Failed, "validate")
	for _, words := range []string{
		`Write exactly one of project and group; there is neither.`, `Write exactly one of project and group; there are both.`,
		`it is a URL`, `"soon" is not a date such as 2027-01-31, or a time such as 2027-01-31T12:00:00Z.`,
	} {
		if !acctest.Says(output, words) {
			t.Errorf("%q is missing in:\n%s", words, output)
		}
	}

	maintainer := g.NewUser(t)
	g.Member(t, "groups", libs.ID, maintainer, acctest.Maintainer)
	developed, hidden := g.Project(t, "developed"), g.Hidden(t, "secret")
	g.Member(t, "projects", developed.ID, maintainer, acctest.Developer)
	cli.Setenv("GITLAB_TOKEN=" + g.NewToken(t, maintainer, "read_api"))
	cli.Configure(t, listing("deploy_tokens", "allowed", fmt.Sprintf("group = %q", libs.Path))+
		listing("access_tokens", "of_group", fmt.Sprintf("group = %q", libs.Path))+
		listing("deploy_tokens", "of_project", fmt.Sprintf("project = %q", developed.Path))+
		listing("deploy_tokens", "hidden", fmt.Sprintf("project = %q", hidden.Path)))
	output = cli.Plan(t, acctest.Failed)
	for _, words := range []string{
		fmt.Sprintf("Could not list the access tokens of group %s (id %d). This needs the Owner role in the group; the token's user, %s, has the role maintainer there.", libs.Path, libs.ID, maintainer.Username),
		fmt.Sprintf("Could not list the deploy tokens of project %s (id %d). This needs the Maintainer role in the project; the token's user, %s, has the role developer there.", developed.Path, developed.ID, maintainer.Username),
		"Unable to Find Project",
		fmt.Sprintf("14: group = %q", libs.Path), fmt.Sprintf("18: project = %q", developed.Path), fmt.Sprintf("22: project = %q", hidden.Path),
	} {
		if !acctest.Says(output, words) {
			t.Errorf("%q is missing in:\n%s", words, output)
		}
	}
	if strings.Contains(output, "deploy_tokens.allowed,") {
		t.Errorf("a Maintainer may list a group's deploy tokens:\n%s", output)
	}
}

// Resources and data sources of one project share one list of each kind of token, until one is made.
func TestAccTokensDataSource_requests(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsEmbedded(t, g)
	lib := g.Project(t, "lib")
	var config strings.Builder
	for kind, end := range map[string]string{"deploy": someDay() + "T00:00:00Z", "access": someDay()} {
		fmt.Fprintf(&config, `
resource "jobtoken_project_%[1]s_token" "many" {
  count          = 10
  project        = %[2]q
  name           = "${count.index}"
  scopes         = ["read_repository"]
  token_in_state = true
  expires_at     = %[4]q
}

data "jobtoken_%[1]s_tokens" "all" {
  project    = %[2]q
  depends_on = [jobtoken_project_%[1]s_token.many]
}

output "%[1]s_tokens_made" {
  value = length(data.jobtoken_%[1]s_tokens.all.tokens)

  precondition {
    condition     = length(data.jobtoken_%[1]s_tokens.all.tokens) == 10
    error_message = "The list was read before the tokens were made."
  }
}

data "jobtoken_%[1]s_tokens" "active" {
  project = "%[3]d"
  active  = true
}
`, kind, lib.Path, lib.ID, end)
	}
	cli := acctest.NewCLI(t, g, config.String())
	cli.SecretsInState()
	cli.Apply(t, 0)
	g.ForgetRequests(t)
	planned := cli.PlanJSON(t)
	requests, _ := g.Requests(t)
	for _, kind := range []string{"deploy_tokens", "access_tokens"} {
		if listed := len(shown(t, planned, kind+".all")); listed != 10 {
			t.Errorf("%d %s are listed, want 10", listed, kind)
		}
		if made := requests.Counts["GET /api/v4/projects/:id/"+kind]; made != 1 {
			t.Errorf("%s were listed %d times, want once: %v", kind, made, requests.Counts)
		}
	}
}
