package emulator_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

const (
	deployTokensPath      = sharedLib + "/deploy_tokens"
	groupDeployTokensPath = "/api/v4/groups/5/deploy_tokens"
)

// madeToken is a deploy token or access token as its creation shows it.
type madeToken struct {
	ID       int64
	UserID   int64 `json:"user_id"`
	Username string
	Token    string
}

// makeToken makes a deploy token or an access token. An access token that is made
// without an end gets the last day that GitLab allows.
func (i instance) makeToken(t *testing.T, path, body string) madeToken {
	t.Helper()
	if strings.HasSuffix(path, "/access_tokens") && !strings.Contains(body, `"expires_at"`) {
		body = i.ending(365, body)
	}
	return decode[madeToken](t, i.must(t, request{"root", post, path, body}).body)
}

// ending adds expires_at to a body: the day so many days after the instance's.
func (i instance) ending(days int, body string) string {
	var day time.Time
	i.Inspect(func(st *store.State) { day = store.Today(st.Now()).AddDate(0, 0, days) })
	return fmt.Sprintf(`%s,"expires_at":%q}`, strings.TrimSuffix(body, "}"), day.Format(time.DateOnly))
}

func TestDeployTokens(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme", Now: midday})
	create := func(path, body string) request { return request{"root", post, path, body} }
	const (
		one   = `{"id":1,"name":"d","username":"gitlab+deploy-token-1","expires_at":null,"scopes":["read_repository","read_registry"],"revoked":false,"expired":false}`
		group = `{"id":2,"name":"d","username":"g","expires_at":"2030-01-02T03:04:05.000Z","scopes":["write_virtual_registry"],"revoked":false,"expired":false}`
		bad   = `{"message":"Username can contain only letters, digits, '_', '-', '+', and '.'"}`
	)
	i.play(t, []step{
		{"none yet", request{"terraform", get, deployTokensPath, ""}, 200, `[]`},
		{"create: scopes come in GitLab's order", request{"terraform", post, deployTokensPath, `{"name":"d","scopes":["read_registry","read_repository"],"username":""}`}, 201,
			"~" + one[:len(one)-1] + `,"token":"gldt-`},
		{"read: no secret", request{"terraform", get, deployTokensPath + "/1", ""}, 200, one},
		{"of a group, with a time of day in another zone", create(groupDeployTokensPath, `{"name":"d","username":"g","scopes":"write_virtual_registry","expires_at":"2030-01-02T04:04:05+01:00"}`), 201,
			"~" + group[:len(group)-1] + `,"token":"gldt-`},
		{"read it", request{"terraform", get, groupDeployTokensPath + "/2", ""}, 200, group},
		{"comma-separated scopes, a bare date", create(deployTokensPath, `{"name":"d","scopes":"read_repository, write_registry","expires_at":"2027-01-31"}`), 201,
			`~"expires_at":"2027-01-31T00:00:00.000Z","scopes":["read_repository","write_registry"],"revoked":false,"expired":false`},
		{"expired at birth", create(deployTokensPath, `{"name":"old","scopes":["read_repository"],"expires_at":"2027-01-30T23:59:59Z"}`), 201, `~"expired":true`},
		{"active ones go by the instant", request{"terraform", get, deployTokensPath + "?active=true", ""}, 200, `[` + one + `]`},
		{"all of them", request{"terraform", get, deployTokensPath + "?active=false", ""}, 200, `~"id":4`},
		{"the instance's", request{"root", get, "/api/v4/deploy_tokens?active=true", ""}, 200, `[` + one + `,` + group + `]`},
		{"not for users", request{"terraform", get, "/api/v4/deploy_tokens", ""}, 403, `{"message":"403 Forbidden"}`},
		{"not for the anonymous", request{"", get, "/api/v4/deploy_tokens", ""}, 401, `{"message":"401 Unauthorized"}`},

		{"no name", create(deployTokensPath, `{"scopes":["read_repository"]}`), 400, `{"error":"name is missing"}`},
		{"no scopes", create(deployTokensPath, `{"name":"d"}`), 400, `{"error":"scopes is missing"}`},
		{"an empty list of scopes", create(deployTokensPath, `{"name":"d","scopes":[]}`), 400, `{"message":"Scopes can't be blank"}`},
		{"an unknown scope", create(deployTokensPath, `{"name":"d","scopes":["api"]}`), 400, `{"error":"scopes does not have a valid value"}`},
		{"a bad user name", create(deployTokensPath, `{"name":"d","scopes":["read_repository"],"username":"a b"}`), 400, bad},
		{"two faults", create(deployTokensPath, `{"name":"d","scopes":[],"username":"ä"}`), 400, strings.Replace(bad, "Username", "Scopes can't be blank and Username", 1)},
		{"a long name", create(deployTokensPath, fmt.Sprintf(`{"name":%q,"scopes":["read_repository"]}`, strings.Repeat("ä", 256))), 400, `{"message":"Name is too long (maximum is 255 characters)"}`},
		{"the longest name", create(deployTokensPath, fmt.Sprintf(`{"name":%q,"scopes":["read_repository"]}`, strings.Repeat("ä", 255))), 201, `~"id":5`},
		{"a long user name", create(deployTokensPath, fmt.Sprintf(`{"name":"d","username":%q,"scopes":["read_repository"]}`, strings.Repeat("u", 256))), 400, `{"message":"Username is too long (maximum is 255 characters)"}`},
		{"no time", create(deployTokensPath, `{"name":"d","scopes":["read_repository"],"expires_at":"soon"}`), 400, `{"error":"expires_at is invalid"}`},

		{"no such id", request{"terraform", get, deployTokensPath + "/99", ""}, 404, `{"message":"404 Not found"}`},
		{"of another parent", request{"terraform", get, deployTokensPath + "/2", ""}, 404, `{"message":"404 Not found"}`},
		{"of the group with the project's number", request{"root", get, "/api/v4/groups/5/deploy_tokens/1", ""}, 404, `{"message":"404 Not found"}`},
		{"no id", request{"terraform", get, deployTokensPath + "/x", ""}, 400, `{"error":"token_id is invalid"}`},
		{"no update", request{"terraform", put, deployTokensPath + "/1", `{"name":"e"}`}, 405, `{"error":"405 Not Allowed"}`},
		{"delete", request{"terraform", del, deployTokensPath + "/1", ""}, 204, ``},
		{"it is gone", request{"terraform", get, deployTokensPath + "/1", ""}, 404, `{"message":"404 Not found"}`},
		{"twice", request{"terraform", del, deployTokensPath + "/1", ""}, 404, `{"message":"404 Not found"}`},
		{"revoked in the user interface", plant(`{"project":1,"revoked_deploy_tokens":[5]}`), 204, ``},
		{"shows it", request{"terraform", get, deployTokensPath + "/5", ""}, 200, `~"revoked":true,"expired":false`},
		{"and is not active", request{"terraform", get, deployTokensPath + "?active=true", ""}, 200, `[]`},
		{"no such token to revoke", plant(`{"project":1,"revoked_deploy_tokens":[99]}`), 404, `{"message":"404 Deploy Token 99 Not Found"}`},
	})
	if pages := i.must(t, request{"terraform", get, deployTokensPath + "?per_page=2", ""}).header.Get("X-Total-Pages"); pages != "2" {
		t.Errorf("three tokens fill %s pages of two", pages)
	}
}

func TestDeployTokenRights(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	const body = `{"name":"d","scopes":["read_repository"]}`
	i.must(t, request{"root", put, "/api/v4/groups/5", `{"visibility":"public"}`})
	i.must(t, request{"root", put, "/api/v4/projects/2", `{"visibility":"public"}`})
	project, group := i.makeToken(t, deployTokensPath, body), i.makeToken(t, groupDeployTokensPath, body)
	for _, c := range []struct {
		name, as, method, path string
		status                 int
		want                   string
	}{
		{"a Maintainer reads a group's", "terraform", get, groupDeployTokensPath, 200, `~"id":2`},
		{"and makes none", "terraform", post, groupDeployTokensPath, 403, `{"message":"403 Forbidden"}`},
		{"nor deletes one", "terraform", del, fmt.Sprintf("%s/%d", groupDeployTokensPath, group.ID), 403, `{"message":"403 Forbidden"}`},
		{"a Developer reads none", "dev", get, deployTokensPath, 403, `{"message":"403 Forbidden"}`},
		{"makes none", "dev", post, deployTokensPath, 403, `{"message":"403 Forbidden"}`},
		{"deletes none", "dev", del, fmt.Sprintf("%s/%d", deployTokensPath, project.ID), 403, `{"message":"403 Forbidden"}`},
		{"hidden project", "mallory", get, deployTokensPath, 404, `{"message":"404 Project Not Found"}`},
		{"hidden group", "mallory", get, "/api/v4/groups/6/deploy_tokens", 404, `{"message":"404 Group Not Found"}`},
		{"signed out, a public project", "", get, "/api/v4/projects/2/deploy_tokens", 403, `{"message":"403 Forbidden"}`},
		{"signed out, a private project", "", get, deployTokensPath, 404, `{"message":"404 Project Not Found"}`},
		{"a deploy token calls no API", project.Token, get, deployTokensPath, 401, `{"message":"401 Unauthorized"}`},
		{"not even for all to see", project.Token, get, "/api/v4/projects/2", 401, `{"message":"401 Unauthorized"}`},
	} {
		i.play(t, []step{{c.name, request{c.as, c.method, c.path, body}, c.status, c.want}})
	}
}

// A deploy token dies at its instant, and says so on the next day.
func TestDeployTokenExpiry(t *testing.T) {
	t.Parallel()
	const path = "acme/shared-lib" + refs
	i := start(t, emulator.Options{Seed: "acme", Now: midday})
	token := i.makeToken(t, deployTokensPath, `{"name":"d","scopes":["read_repository"],"expires_at":"2027-01-31T20:30:00Z"}`)
	for _, c := range []struct {
		later   time.Duration
		at      string
		status  int
		expired bool
	}{
		{8*time.Hour + 29*time.Minute, "20:29", 200, false},
		{time.Minute, "20:30", 401, false},
		{3*time.Hour + 29*time.Minute, "23:59", 401, false},
		{time.Minute, "the next day", 401, true},
	} {
		i.Advance(c.later)
		if answer := i.refsCall(t, token.Username, token.Token, path); answer.status != c.status {
			t.Errorf("%s: git %d, want %d", c.at, answer.status, c.status)
		}
		i.play(t, []step{{c.at, request{"terraform", get, deployTokensPath + "/1", ""}, 200, fmt.Sprintf(`~"expired":%t`, c.expired)}})
	}
}

// Tokens of both kinds move with their project, and go with it.
func TestTokensFollowTheirParent(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme", Version: "17.11"})
	deploy := i.makeToken(t, "/api/v4/projects/7/deploy_tokens", `{"name":"d","scopes":["read_repository"]}`)
	access := i.makeToken(t, "/api/v4/projects/7/access_tokens", `{"name":"a","scopes":["api"]}`)
	ofGroup := i.makeToken(t, "/api/v4/groups/6/access_tokens", `{"name":"g","scopes":["api"]}`)
	i.makeToken(t, "/api/v4/groups/6/deploy_tokens", `{"name":"g","scopes":["read_repository"]}`)
	i.must(t, request{"root", put, "/api/v4/projects/7/transfer", `{"namespace":"acme"}`})
	i.must(t, request{"root", put, "/api/v4/projects/7", `{"path":"images"}`})
	i.play(t, []step{
		{"the deploy token stays", request{"root", get, "/api/v4/projects/7/deploy_tokens/1", ""}, 200, `~"revoked":false`},
		{"the access token works", request{access.Token, get, "/api/v4/projects/acme%2Fimages", ""}, 200, `~"path":"images"`},
	})
	if answer := i.refsCall(t, deploy.Username, deploy.Token, "acme/images"+refs); answer.status != 200 {
		t.Errorf("git after the transfer: %d %s", answer.status, answer.body)
	}
	i.must(t, request{"root", del, "/api/v4/projects/7", ""})
	i.must(t, request{"root", del, "/api/v4/groups/6", ""})
	i.play(t, []step{
		{"no deploy token is left", request{"root", get, "/api/v4/deploy_tokens", ""}, 200, `[]`},
		{"nor the project's bot", request{"root", get, fmt.Sprintf("/api/v4/users/%d", access.UserID), ""}, 404, `{"message":"404 User Not Found"}`},
		{"nor the group's token", request{ofGroup.Token, get, "/api/v4/user", ""}, 401, `{"message":"401 Unauthorized"}`},
	})
}
