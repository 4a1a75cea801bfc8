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
	return map[string]flipCase{
		"buffered-token-lifetime": {
			options: onTheDay, do: request{"terraform", post, accessTokensPath, `{"name":"ci","scopes":["api"],"expires_at":"2028-03-06"}`},
			likely: outcome{400, `{"message":"400 Bad request - Expires at must be before 2028-01-31"}`}, flipped: outcome{201, `"expires_at":"2028-03-06"`},
		},
	}
}
