package tokens

import (
	"context"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/version"
)

// Days that an access token may live where the instance requires an expiry: usually, and where an
// administrator has allowed more. See
// https://docs.gitlab.com/user/project/settings/project_access_tokens/#access-token-expiration.
const (
	UsualDays   = 365
	LongestDays = 400
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

// Expiry learns whether the instance requires access tokens to expire. Where it does not, they may
// live for any time.
func (s *Service) Expiry(ctx context.Context) (Requirement, error) {
	caller, err := s.gitlab.Caller(ctx)
	if err != nil || !caller.Admin {
		return RequirementUnknown, err
	}
	settings, response, err := s.gitlab.REST().Settings.GetSettings(gitlab.RESTContext(ctx))
	if err == nil && settings == nil {
		err = gitlab.Answered(gitlab.ErrNothing, response)
	}
	switch {
	case err != nil:
		return RequirementUnknown, s.gitlab.Annotate(err, "read the instance's settings", "at "+s.gitlab.BaseURL())
	case settings.RequirePersonalAccessTokenExpiry:
		return ExpiryRequired, nil
	default:
		return ExpiryNotRequired, nil
	}
}
