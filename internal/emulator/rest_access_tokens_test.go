package emulator_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator"
)

const (
	accessTokensPath      = sharedLib + "/access_tokens"
	groupAccessTokensPath = "/api/v4/groups/5/access_tokens"
)

// accessToken is the JSON of an access token that was made at midday.
func accessToken(id, userID int, rest string) string {
	return fmt.Sprintf(`{"id":%d,"user_id":%d,"created_at":"2027-01-31T12:00:00.000Z","last_used_at":null,"last_used_ips":[],"granular":false,%s}`, id, userID, rest)
}

func TestAccessTokens(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme", Now: midday})
	create := func(body string) request { return request{"terraform", post, accessTokensPath, body} }
	until := func(body string) request {
		return create(strings.TrimSuffix(body, "}") + `,"expires_at":"2027-06-01"}`)
	}
	made := i.makeToken(t, accessTokensPath, `{"name":"ci","description":"for CI","scopes":["read_repository","api"],"access_level":30,"expires_at":"2027-06-01"}`)
	if made.ID != 5 || made.UserID != 5 || !strings.HasPrefix(made.Token, "glpat-") {
		t.Fatalf("made %+v", made)
	}
	one := accessToken(5, 5, `"name":"ci","description":"for CI","revoked":false,"scopes":["read_repository","api"],"active":true,"expires_at":"2027-06-01",`+
		`"access_level":30,"resource_type":"project","resource_id":1`)
	i.play(t, []step{
		{"read: no secret", request{"terraform", get, accessTokensPath + "/5", ""}, 200, one},
		{"the id's leading digits count", request{"terraform", get, accessTokensPath + "/5-ci", ""}, 200, one},
		{"by default a Maintainer", until(`{"name":"m","scopes":["read_api"]}`), 201, `~"active":true,"expires_at":"2027-06-01",`},
		{"which is level 40", request{"terraform", get, accessTokensPath + "/6", ""}, 200, `~"access_level":40,"resource_type":"project","resource_id":1`},
		{"the last day there is", create(`{"name":"m","scopes":["read_api"],"expires_at":"2028-01-31"}`), 201, `~"expires_at":"2028-01-31"`},
		{"a day more", create(`{"name":"m","scopes":["read_api"],"expires_at":"2028-02-01"}`), 400, `{"message":"400 Bad request - Expires at must be before 2028-01-31"}`},
		{"today: dead at once", create(`{"name":"m","scopes":["read_api"],"expires_at":"2027-01-31"}`), 201, `~"active":false,"expires_at":"2027-01-31"`},
		{"of a group", request{"root", post, groupAccessTokensPath, `{"name":"g","scopes":["read_api"],"access_level":50,"expires_at":"2027-06-01"}`}, 201, `~"access_level":50,"resource_type":"group","resource_id":5`},

		{"no name", create(`{"scopes":["api"]}`), 400, `{"error":"name is missing"}`},
		{"an empty name", until(`{"name":"","scopes":["api"]}`), 400, `{"message":"400 Bad request - Name can't be blank"}`},
		{"a long name", until(fmt.Sprintf(`{"name":%q,"scopes":["api"]}`, strings.Repeat("n", 256))), 400, `{"message":"400 Bad request - Name is too long (maximum is 255 characters)"}`},
		{"no scopes", create(`{"name":"m"}`), 400, `{"error":"scopes is missing"}`},
		{"an empty list of scopes", until(`{"name":"m","scopes":[]}`), 400, `{"message":"400 Bad request - Scopes can't be blank"}`},
		{"two faults", create(`{"name":"m","scopes":[],"expires_at":"2029-01-01"}`), 400, `{"message":"400 Bad request - Scopes can't be blank and Expires at must be before 2028-01-31"}`},
		{"a scope of people alone", create(`{"name":"m","scopes":["read_user"]}`), 400, `{"error":"scopes does not have a valid value"}`},
		{"scopes as one text", create(`{"name":"m","scopes":"api,read_api"}`), 400, `{"error":"scopes is invalid"}`},
		{"no such level", create(`{"name":"m","scopes":["api"],"access_level":35}`), 400, `{"error":"access_level does not have a valid value"}`},
		{"a level above the caller's", until(`{"name":"m","scopes":["api"],"access_level":50}`), 400,
			`{"message":"400 Bad request - Access level of the token contains permissions not held by the creating user"}`},
		{"no day", create(`{"name":"m","scopes":["api"],"expires_at":"soon"}`), 400, `{"error":"expires_at is invalid"}`},

		{"no such id", request{"terraform", get, accessTokensPath + "/99", ""}, 404, `{"message":"404 project Access Token Not Found"}`},
		{"no number", request{"terraform", get, accessTokensPath + "/x", ""}, 404, `{"message":"404 project Access Token Not Found"}`},
		{"a person's token", request{"terraform", get, accessTokensPath + "/2", ""}, 404, `{"message":"404 project Access Token Not Found"}`},
		{"of another parent", request{"root", get, groupAccessTokensPath + "/5", ""}, 404, `{"message":"404 group Access Token Not Found"}`},
		{"no update", request{"terraform", put, accessTokensPath + "/5", `{"name":"e"}`}, 405, `{"error":"405 Not Allowed"}`},
		{"revoke", request{"terraform", del, accessTokensPath + "/5", ""}, 204, ``},
		{"it stays", request{"terraform", get, accessTokensPath + "/5", ""}, 200, `~"revoked":true`},
		{"and can be revoked again", request{"terraform", del, accessTokensPath + "/5", ""}, 204, ``},
		{"no such id to revoke", request{"terraform", del, accessTokensPath + "/99", ""}, 404, `{"message":"404 project Access Token Not Found"}`},
	})
}

// What the versions do not share.
func TestAccessTokensOfOlderVersions(t *testing.T) {
	t.Parallel()
	fields := `"name":"ci","description":null,"revoked":false,"created_at":"2027-01-31T12:00:00.000Z","last_used_at":null,"scopes":["api"],"active":true,"expires_at":"2028-01-31","access_level":40`
	for version, want := range map[string]string{
		"17.11": `{"id":5,"user_id":5,` + fields + `}`,
		"18.4":  `{"id":5,"user_id":5,"resource_type":"project","resource_id":1,` + fields + `}`,
		"19.4":  `{"id":5,"user_id":5,"resource_type":"project","resource_id":1,"last_used_ips":[],"granular":false,` + fields + `}`,
	} {
		i := start(t, emulator.Options{Seed: "acme", Now: midday, Version: version})
		i.makeToken(t, accessTokensPath, `{"name":"ci","scopes":["api"]}`)
		i.play(t, []step{{version, request{"terraform", get, accessTokensPath + "/5", ""}, 200, want}})
		answer := i.send(t, request{"terraform", post, accessTokensPath, `{"name":"s","scopes":["api"],"access_level":25,"expires_at":"2028-01-31"}`})
		if knows := answer.status == 201; knows != (version == "19.4") {
			t.Errorf("%s makes a Security Manager: %d %s", version, answer.status, answer.body)
		}
	}
}

func TestAccessTokenRights(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	own := i.makeToken(t, accessTokensPath, `{"name":"bot","scopes":["api"],"access_level":40}`)
	owner := i.makeToken(t, accessTokensPath, `{"name":"owner","scopes":["api"],"access_level":50}`)
	group := i.makeToken(t, groupAccessTokensPath, `{"name":"group bot","scopes":["api"]}`)
	const (
		body         = `{"name":"m","scopes":["api"]}`
		unauthorized = `{"message":"401 Unauthorized"}`
	)
	path := func(token madeToken, below string) string {
		return fmt.Sprintf("%s/%d%s", accessTokensPath, token.ID, below)
	}
	groupPath := fmt.Sprintf("%s/%d", groupAccessTokensPath, group.ID)
	i.play(t, []step{
		{"a Developer lists none", request{"dev", get, accessTokensPath, ""}, 401, unauthorized},
		{"reads none", request{"dev", get, path(own, ""), ""}, 401, unauthorized},
		{"makes none", request{"dev", post, accessTokensPath, body}, 400, `{"message":"400 Bad request - User does not have permission to create project access token"}`},
		{"rotates none", request{"dev", post, path(own, "/rotate"), ""}, 401, unauthorized},
		{"revokes none", request{"dev", del, path(own, ""), ""}, 400, `{"message":"400 Bad request - Dev Eloper cannot delete bot"}`},
		{"and learns what exists", request{"dev", del, path(madeToken{ID: 99}, ""), ""}, 404, `{"message":"404 project Access Token Not Found"}`},
		{"a Maintainer lists no group's", request{"terraform", get, groupAccessTokensPath, ""}, 401, unauthorized},
		{"makes no group's", request{"terraform", post, groupAccessTokensPath, body}, 400, `{"message":"400 Bad request - User does not have permission to create group access token"}`},
		{"revokes no group's", request{"terraform", del, groupPath, ""}, 400, `{"message":"400 Bad request - Terraform cannot delete group bot"}`},
		{"rotates no Owner's", request{"terraform", post, path(owner, "/rotate"), ""}, 400,
			`{"message":"400 Bad request - Not eligible to rotate tokens with permissions not held by the user"}`},
		{"rotates none that is not there", request{"terraform", post, path(madeToken{ID: 99}, "/rotate"), ""}, 401, unauthorized},
		{"an administrator is told", request{"root", post, path(madeToken{ID: 99}, "/rotate"), ""}, 404, `{"message":"404 Not Found"}`},
		{"hidden", request{"mallory", get, accessTokensPath, ""}, 404, `{"message":"404 Project Not Found"}`},
		{"hidden group", request{"mallory", get, groupAccessTokensPath, ""}, 404, `{"message":"404 Group Not Found"}`},
		{"signed out", request{"", get, accessTokensPath, ""}, 401, unauthorized},
		{"a bot makes none", request{own.Token, post, accessTokensPath, body}, 400, `{"message":"400 Bad request - User does not have permission to create project access token"}`},
		{"a person rotates no token of their own here", request{"terraform", post, accessTokensPath + "/self/rotate", ""}, 405, `{"message":"405 Method Not Allowed"}`},
		{"a bot rotates itself nowhere else", request{group.Token, post, accessTokensPath + "/self/rotate", ""}, 401, unauthorized},
		{"the administrator's reach", request{"root", del, groupPath, ""}, 204, ``},
	})
}

func TestAccessTokenFilters(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme", Now: midday})
	// The ids are 5 to 8; the clock goes on a day between two of them.
	for _, body := range []string{
		`{"name":"Zebra","scopes":["api"],"expires_at":"2027-02-20"}`, `{"name":"ape house","scopes":["api"],"expires_at":"2027-02-03"}`,
		`{"name":"house","scopes":["api"],"expires_at":"2027-02-10"}`, `{"name":"revoked","scopes":["api"],"expires_at":"2027-02-10"}`,
	} {
		i.makeToken(t, accessTokensPath, body)
		i.Advance(24 * time.Hour)
	}
	i.must(t, request{"terraform", del, accessTokensPath + "/8", ""})
	i.must(t, request{"root", put, "/api/v4/application/settings", `{"require_personal_access_token_expiry":false}`})
	i.must(t, request{"terraform", post, accessTokensPath, `{"name":"for ever","scopes":["api"]}`})
	for query, want := range map[string]string{
		"":                                    "5 6 7 8 9",
		"per_page=2&page=2":                   "7 8",
		"state=active":                        "5 7 9",
		"state=inactive":                      "6 8",
		"revoked=true":                        "8",
		"revoked=false":                       "5 6 7 9",
		"state=inactive&revoked=false":        "6",
		"search=HOUSE":                        "6 7",
		"search=house ape":                    "6",
		"created_before=2027-02-01T12:00:00Z": "5 6",
		"created_after=2027-02-01T12:00:00Z":  "6 7 8 9",
		"created_after=2027-02-02":            "7 8 9",
		"expires_before=2027-02-10":           "6",
		"expires_after=2027-02-10":            "5 7 8",
		"last_used_after=2020-01-01":          "",
		"sort=created_desc":                   "9 8 7 6 5",
		"sort=name_asc":                       "6 9 7 8 5",
		"sort=expires_asc":                    "6 8 7 5 9",
		"sort=expires_desc":                   "9 5 8 7 6",
		"sort=nonsense":                       "5 6 7 8 9",
	} {
		t.Run(query, func(t *testing.T) {
			t.Parallel()
			answer := i.must(t, request{"terraform", get, accessTokensPath + "?" + strings.ReplaceAll(query, " ", "%20"), ""})
			ids := []string{}
			for _, token := range decode[[]madeToken](t, answer.body) {
				ids = append(ids, fmt.Sprint(token.ID))
			}
			if got := strings.Join(ids, " "); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}

// On the day a token dies it is neither active nor inactive to the filter.
func TestAccessTokenOnItsLastDay(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme", Now: midday})
	token := i.makeToken(t, accessTokensPath, `{"name":"ci","scopes":["api"],"expires_at":"2027-02-01"}`)
	i.Advance(11*time.Hour + 59*time.Minute)
	i.play(t, []step{
		{"the evening before", request{token.Token, get, sharedLib, ""}, 200, `~"id":1`},
		{"active", request{"terraform", get, accessTokensPath + "?state=active", ""}, 200, `~"id":5`},
	})
	i.Advance(time.Minute)
	i.play(t, []step{
		{"midnight", request{token.Token, get, sharedLib, ""}, 401, `~Token is expired.`},
		{"says so", request{"terraform", get, accessTokensPath + "/5", ""}, 200, `~"active":false`},
		{"not active", request{"terraform", get, accessTokensPath + "?state=active", ""}, 200, `[]`},
		{"not inactive", request{"terraform", get, accessTokensPath + "?state=inactive", ""}, 200, `[]`},
	})
	i.Advance(24 * time.Hour)
	i.play(t, []step{{"inactive", request{"terraform", get, accessTokensPath + "?state=inactive", ""}, 200, `~"id":5`}})
}

func TestAccessTokenRotation(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme", Now: midday})
	first := i.makeToken(t, accessTokensPath, `{"name":"ci","description":"d","scopes":["api"],"access_level":30,"expires_at":"2027-02-01"}`)
	i.Advance(72 * time.Hour)
	i.play(t, []step{{"it has expired", request{first.Token, get, sharedLib, ""}, 401, `~Token is expired.`}})
	second := i.makeToken(t, accessTokensPath+"/5/rotate", "")
	if second.ID != 6 || second.UserID != first.UserID || second.Token == first.Token {
		t.Errorf("rotated %+v into %+v", first, second)
	}
	rotate := func(body string) request { return request{"terraform", post, accessTokensPath + "/6/rotate", body} }
	i.play(t, []step{
		{"one week", request{"terraform", get, accessTokensPath + "/6", ""}, 200,
			`~"name":"ci","revoked":false,"created_at":"2027-02-03T12:00:00.000Z","description":"d","scopes":["api"],"user_id":5,"last_used_at":null,"active":true,"expires_at":"2027-02-10",`},
		{"the old one is revoked", request{"terraform", get, accessTokensPath + "/5", ""}, 200, `~"revoked":true`},
		{"the new one works", request{second.Token, get, sharedLib, ""}, 200, `~"id":1`},
		{"too late a day", rotate(`{"expires_at":"2028-02-04"}`), 400, `{"message":"400 Bad request - Expires at must be before 2028-02-03"}`},
		{"leaves the old one working", request{second.Token, get, sharedLib, ""}, 200, `~"id":1`},
		{"a day", rotate(`{"expires_at":"2028-02-03"}`), 200, `~"expires_at":"2028-02-03"`},
		{"a second time", rotate(``), 400, `{"message":"400 Bad request - Token already revoked"}`},
		{"leaves the newest alone", request{"terraform", get, accessTokensPath + "/7", ""}, 200, `~"revoked":false`},
		{"a revoked token lists", request{second.Token, get, accessTokensPath, ""}, 401, `~Token was revoked.`},
		{"which leaves the newest alone, too", request{"terraform", get, accessTokensPath + "/7", ""}, 200, `~"revoked":false`},
		{"a revoked token rotates", request{second.Token, post, accessTokensPath + "/self/rotate", ""}, 401, `~Token was revoked.`},
		{"that ends the family", request{"terraform", get, accessTokensPath + "/7", ""}, 200, `~"revoked":true`},
		{"no expiry asked for", request{"root", put, "/api/v4/application/settings", `{"require_personal_access_token_expiry":false}`}, 200, `~"require_personal_access_token_expiry":false`},
		{"create", request{"terraform", post, accessTokensPath, `{"name":"e","scopes":["api"]}`}, 201, `~"expires_at":null`},
		{"far away", request{"terraform", post, accessTokensPath, `{"name":"e","scopes":["api"],"expires_at":"2099-01-01"}`}, 201, `~"expires_at":"2099-01-01"`},
		{"rotate", request{"terraform", post, accessTokensPath + "/9/rotate", ""}, 200, `~"expires_at":null`},
		{"null", request{"root", put, "/api/v4/application/settings", `{"require_personal_access_token_expiry":null}`}, 400, `{"message":{"require_personal_access_token_expiry":["must be a boolean value"]}}`},
	})
}

// Of many rotations at once one wins, and its token is the living one.
func TestRotationsAtOnce(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	i.makeToken(t, accessTokensPath, `{"name":"ci","scopes":["api"]}`)
	var group sync.WaitGroup
	var won atomic.Int32
	for range 8 {
		group.Go(func() {
			answer, err := i.try(t, request{"terraform", post, accessTokensPath + "/5/rotate", ""})
			switch {
			case err != nil:
				t.Error(err)
			case answer.status == http.StatusOK:
				won.Add(1)
			case answer.status != http.StatusBadRequest || !strings.Contains(answer.body, "Token already revoked"):
				t.Errorf("%d %s", answer.status, answer.body)
			}
		})
	}
	group.Wait()
	if won.Load() != 1 {
		t.Errorf("%d rotations have won", won.Load())
	}
	if total := i.must(t, request{"terraform", get, accessTokensPath + "?state=active", ""}).header.Get("X-Total"); total != "1" {
		t.Errorf("%s tokens are alive", total)
	}
}

// An access token rotates itself, whatever its role.
func TestAccessTokenRotatesItself(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme", Now: midday})
	for _, parent := range []string{accessTokensPath, groupAccessTokensPath} {
		bySelfRotate := i.makeToken(t, parent, `{"name":"ci","scopes":["self_rotate"],"access_level":10}`)
		byAPI := i.makeToken(t, parent, `{"name":"ci","scopes":["api"],"access_level":10}`)
		reader := i.makeToken(t, parent, `{"name":"ci","scopes":["read_api"],"access_level":10}`)
		i.play(t, []step{
			{"no scope for it", request{reader.Token, post, parent + "/self/rotate", ""}, 403, `~"error":"insufficient_scope"`},
			{"self_rotate is for nothing else", request{bySelfRotate.Token, get, "/api/v4/user", ""}, 403, `~"scope":"api read_api read_user"`},
			{"self_rotate", request{bySelfRotate.Token, post, parent + "/self/rotate", `{"expires_at":"2027-02-02"}`}, 200, `~"expires_at":"2027-02-02"`},
			{"api", request{byAPI.Token, post, parent + "/self/rotate", ""}, 200, `~"expires_at":"2027-02-07"`},
			{"once", request{byAPI.Token, get, "/api/v4/user", ""}, 401, `~Token was revoked.`},
		})
	}
}

// Behind an access token is a bot with a role of its own.
func TestBots(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme", Now: midday})
	writer := i.makeToken(t, accessTokensPath, `{"name":"ci bot","scopes":["api"],"access_level":30}`)
	reader := i.makeToken(t, accessTokensPath, `{"name":"reader","scopes":["read_api"],"access_level":40}`)
	group := i.makeToken(t, groupAccessTokensPath, `{"name":"g","scopes":["api"],"access_level":40}`)
	bot := i.must(t, request{writer.Token, get, "/api/v4/user", ""}).body
	if form := regexp.MustCompile(`"username":"project_1_bot_[0-9a-f]{32}","name":"ci bot".*"bot":true`); !form.MatchString(bot) {
		t.Errorf("the bot is %s", bot)
	}
	inviteGroup := request{writer.Token, post, "/api/v4/groups/7/members", `{"user_id":5,"access_level":30}`}
	i.play(t, []step{
		{"a group's bot", request{group.Token, get, "/api/v4/user", ""}, 200, `~"username":"group_5_bot_`},
		{"itself", request{reader.Token, get, "/api/v4/personal_access_tokens/self", ""}, 200,
			`{"id":6,"name":"reader","description":null,"revoked":false,"scopes":["read_api"],"user_id":6,"active":true,"expires_at":"2028-01-31","created_at":"2027-01-31T12:00:00.000Z","last_used_at":"2027-01-31T12:00:00.000Z","granular":false}`},
		{"is a member", request{"terraform", get, sharedLib + "/members/5", ""}, 200, `~"name":"ci bot"`},
		{"with its level", request{"terraform", get, sharedLib + "/members/5", ""}, 200, `~"access_level":30`},
		{"that stays", request{"terraform", put, sharedLib + "/members/5", `{"access_level":40}`}, 403, `{"message":"403 Forbidden"}`},
		{"and cannot be removed", request{"terraform", del, sharedLib + "/members/5", ""}, 403, `{"message":"403 Forbidden"}`},
		{"of the group below which all is in reach", request{group.Token, get, "/api/v4/projects/7", ""}, 200, `~"id":7`},
		{"sees its project", request{writer.Token, get, sharedLib, ""}, 200, `~"id":1`},
		{"and no other", request{writer.Token, get, "/api/v4/projects/2", ""}, 404, `{"message":"404 Project Not Found"}`},
		{"does what its role may", request{reader.Token, get, scopePath, ""}, 200, `{"inbound_enabled":true,"outbound_enabled":false}`},
		{"no more", request{writer.Token, get, scopePath, ""}, 403, `{"message":"403 Forbidden"}`},
		{"nor beyond its scopes", request{reader.Token, patch, scopePath, `{"enabled":true}`}, 403, `~"error":"insufficient_scope"`},
		{"nor elsewhere", inviteGroup, 404, `{"message":"404 Group Not Found"}`},
		{"GraphQL", document(t, reader.Token, `{currentUser{bot type name} project(fullPath:"acme/shared-lib"){ciCdSettings{inboundJobTokenScopeEnabled}}}`), 200,
			`{"data":{"currentUser":{"bot":true,"type":"PROJECT_BOT","name":"reader"},"project":{"ciCdSettings":{"inboundJobTokenScopeEnabled":true}}}}`},
		{"a bot may leave", request{reader.Token, del, sharedLib + "/members/6", ""}, 403, `~"error":"insufficient_scope"`},
		{"with the scope for it", request{group.Token, del, "/api/v4/groups/5/members/7", ""}, 204, ``},
		{"its token is out of sight", request{"root", get, groupAccessTokensPath, ""}, 200, `[]`},
		{"by its id, too", request{"root", get, groupAccessTokensPath + "/7", ""}, 404, `{"message":"404 group Access Token Not Found"}`},
		{"the administrator deletes a bot", request{"root", del, "/api/v4/users/5", ""}, 204, ``},
		{"with its token", request{"root", get, accessTokensPath + "/5", ""}, 404, `{"message":"404 project Access Token Not Found"}`},
		{"that nobody knows any more", request{writer.Token, get, sharedLib, ""}, 401, `{"message":"401 Unauthorized"}`},
	})
}

// A bot goes 30 days after the last of its tokens has ended, and takes them along.
func TestBotsOfEndedTokens(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme", Now: midday})
	i.makeToken(t, accessTokensPath, `{"name":"revoked","scopes":["api"],"access_level":30}`)
	i.makeToken(t, accessTokensPath, `{"name":"expires","scopes":["api"],"access_level":30,"expires_at":"2027-02-10"}`)
	i.makeToken(t, accessTokensPath, `{"name":"lives","scopes":["api"],"access_level":30}`)
	i.must(t, request{"terraform", del, accessTokensPath + "/5", ""})
	const gone = `{"message":"404 project Access Token Not Found"}`
	i.Advance(30*24*time.Hour - time.Minute)
	i.play(t, []step{
		{"a revoked one is still there", request{"terraform", get, accessTokensPath + "/5", ""}, 200, `~"revoked":true`},
		{"so is its bot", request{"terraform", get, sharedLib + "/members/5", ""}, 200, `~"name":"revoked"`},
	})
	i.Advance(time.Minute)
	i.play(t, []step{
		{"it goes", request{"terraform", get, accessTokensPath + "/5", ""}, 404, gone},
		{"with its bot", request{"terraform", get, sharedLib + "/members/5", ""}, 404, `{"message":"404 Not found"}`},
		{"the expired one has its own time", request{"terraform", get, accessTokensPath + "/6", ""}, 200, `~"active":false`},
	})
	i.Advance(30 * 24 * time.Hour)
	i.play(t, []step{
		{"which comes", request{"terraform", get, accessTokensPath + "/6", ""}, 404, gone},
		{"what lives stays", request{"terraform", get, accessTokensPath + "/7", ""}, 200, `~"active":true`},
	})
}

// The last use is written down, at most once a minute.
func TestLastUse(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme", Now: midday})
	token := i.makeToken(t, accessTokensPath, `{"name":"ci","scopes":["api","read_repository"]}`)
	last := func(at string) step {
		return step{at, request{"terraform", get, accessTokensPath + "/5", ""}, 200, `~"last_used_at":` + at}
	}
	i.play(t, []step{last("null")})
	i.must(t, request{token.Token, get, sharedLib, ""})
	i.Advance(59 * time.Second)
	i.must(t, request{token.Token, get, sharedLib, ""})
	i.play(t, []step{last(`"2027-01-31T12:00:00.000Z"`)})
	i.Advance(time.Second)
	i.refsCall(t, "ci", token.Token, "acme/shared-lib"+refs)
	i.play(t, []step{last(`"2027-01-31T12:01:00.000Z"`)})
}

// Every secret that was ever made is known to the instance, and no person's.
func TestSecrets(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	deploy := i.makeToken(t, deployTokensPath, `{"name":"d","scopes":["read_repository"]}`).Token
	first := i.makeToken(t, accessTokensPath, `{"name":"ci","scopes":["api"]}`).Token
	second := i.makeToken(t, accessTokensPath+"/5/rotate", "").Token
	i.must(t, request{"root", del, deployTokensPath + "/1", ""})
	i.must(t, request{"root", del, "/api/v4/users/5", ""})
	i.play(t, []step{{"secrets", request{"root", get, "/-/emulator/secrets", ""}, 200, quote(t, []string{deploy, first, second})}})
}
