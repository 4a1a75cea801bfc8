package gitlab

import (
	"context"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/version"
)

// Days that an access token may live where the instance requires an expiry: usually, and where an
// administrator has allowed more. See
// https://docs.gitlab.com/user/project/settings/project_access_tokens/#access-token-expiration.
const (
	UsualTokenDays   = 365
	LongestTokenDays = 400
)

// EndlessAccessTokens is the first GitLab that makes access tokens without an expiry, where the instance
// does not require one.
var EndlessAccessTokens = version.Version{Major: 19, Minor: 0}

// Requirement tells whether access tokens need an expiry.
type Requirement int

// What can be known of it.
const (
	RequirementUnknown Requirement = iota // only administrators may read the setting
	ExpiryRequired
	ExpiryNotRequired
)

// TokenExpiry learns whether the instance requires access tokens to expire. Where it does not, they may
// live for any time.
func (c *Client) TokenExpiry(ctx context.Context) (Requirement, error) {
	caller, err := c.Caller(ctx)
	if err != nil || !caller.Admin {
		return RequirementUnknown, err
	}
	settings, _, err := c.REST().Settings.GetSettings(RESTContext(ctx))
	switch {
	case err != nil:
		return RequirementUnknown, Annotate(err, "read the instance's settings", "at "+c.BaseURL())
	case settings.RequirePersonalAccessTokenExpiry:
		return ExpiryRequired, nil
	default:
		return ExpiryNotRequired, nil
	}
}
