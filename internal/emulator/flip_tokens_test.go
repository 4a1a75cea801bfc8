package emulator_test

import (
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator"
)

// midday is noon of the day on which tokens of these tests expire.
func midday() time.Time { return time.Date(2027, time.January, 31, 12, 0, 0, 0, time.UTC) }

// tokenFlipCases are the flips about deploy tokens and access tokens. The first
// access token in acme has the id 5.
func tokenFlipCases() map[string]flipCase {
	onTheDay := emulator.Options{Now: midday}
	makeToken := request{"terraform", post, accessTokensPath, `{"name":"ci","scopes":["read_api"],"expires_at":"2027-06-01"}`}
	rotate := request{"terraform", post, accessTokensPath + "/5/rotate", ""}
	return map[string]flipCase{
		"deploy-tokens-active-by-day": {
			options: onTheDay, prepare: []request{{"terraform", post, deployTokensPath, `{"name":"d","scopes":["read_repository"],"expires_at":"2027-01-31"}`}},
			do: request{"terraform", get, deployTokensPath + "?active=true", ""}, likely: outcome{200, `[]`}, flipped: outcome{200, `"expired":false`},
		},
		"deploy-tokens-signed-out": {
			prepare: []request{{"root", put, "/api/v4/groups/5", `{"visibility":"public"}`}, {"root", put, sharedLib, `{"visibility":"public"}`}},
			do:      request{"", get, deployTokensPath, ""}, likely: outcome{403, `{"message":"403 Forbidden"}`}, flipped: outcome{401, `{"message":"401 Unauthorized"}`},
		},
		"access-tokens-forbidden": {
			do: request{"dev", get, accessTokensPath, ""}, likely: outcome{401, `{"message":"401 Unauthorized"}`}, flipped: outcome{403, `{"message":"403 Forbidden"}`},
		},
		"rotating-revoked-ends-family": {
			options: onTheDay, prepare: []request{makeToken, rotate}, attempt: []request{rotate},
			do: request{"terraform", get, accessTokensPath + "/6", ""}, likely: outcome{200, `"revoked":false`}, flipped: outcome{200, `"revoked":true`},
		},
		"revocation-deletes-bot": {
			options: onTheDay, prepare: []request{makeToken, {"terraform", del, accessTokensPath + "/5", ""}},
			do: request{"terraform", get, accessTokensPath + "/5", ""}, likely: outcome{200, `"revoked":true`}, flipped: outcome{404, `404 project Access Token Not Found`},
		},
		"buffered-token-lifetime": {
			options: onTheDay, do: request{"terraform", post, accessTokensPath, `{"name":"ci","scopes":["api"],"expires_at":"2028-03-06"}`},
			likely: outcome{400, `{"message":"400 Bad request - Expires at must be before 2028-01-31"}`}, flipped: outcome{201, `"expires_at":"2028-03-06"`},
		},
	}
}
