package gitlab

import (
	"context"
	"slices"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

// explainRefusal tells apart what GitLab's GraphQL API does not: a write that is refused because the
// token may only read is answered like one whose target is not there.
func (c *Client) explainRefusal(ctx context.Context, err error) error {
	refused, ok := apierror.As(err)
	if !ok || refused.Kind != apierror.NotFound && refused.Kind != apierror.Forbidden {
		return err
	}
	scopes, scopesErr := c.scopes.Load(ctx, struct{}{})
	if scopesErr != nil || len(scopes) == 0 || slices.Contains(scopes, "api") {
		return err
	}
	explained := *refused
	explained.Kind = apierror.InsufficientScope
	explained.Note = "the token has only the scope " + strings.Join(scopes, ", ")
	return &explained
}

// fetchScopes reads the scopes of the client's own token; none where it is not an access token.
func (c *Client) fetchScopes(ctx context.Context, _ struct{}) ([]string, error) {
	token, _, err := c.transport.REST().PersonalAccessTokens.GetSinglePersonalAccessToken(restContext(ctx))
	if err != nil {
		return nil, annotate(err, "read the scopes of the token", "")
	}
	return token.Scopes, nil
}
