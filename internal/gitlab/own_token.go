package gitlab

import (
	"context"
	"slices"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

// ownToken is what the client knows of its own token. The zero value is not known: GitLab does not tell
// of other kinds than access tokens.
type ownToken struct {
	scopes []string
	// fineGrained means a fine-grained personal access token.
	fineGrained bool
}

const granular = "granular" // the one scope of a fine-grained token

// ExplainRefusal tells apart what GitLab's GraphQL API does not: a write that is refused because the
// token may only read is answered like one whose target is not there.
func (c *Client) ExplainRefusal(ctx context.Context, err error) error {
	err = c.ExplainHidden(ctx, err)
	refused, ok := apierror.As(err)
	if !ok || refused.Kind != apierror.NotFound && refused.Kind != apierror.Forbidden {
		return err
	}
	token, tokenErr := c.token.Load(ctx, struct{}{})
	if tokenErr != nil || len(token.scopes) == 0 || slices.Contains(token.scopes, "api") {
		return err
	}
	explained := *refused
	explained.Kind = apierror.InsufficientScope
	explained.Note = "the token has only the scope " + strings.Join(token.scopes, ", ")
	return &explained
}

// ExplainHidden tells why something is not shown where a fine-grained token is the reason: GitLab
// answers null, or leaves it out, as if it was not there or the role was too low. Such an answer proves
// nothing.
func (c *Client) ExplainHidden(ctx context.Context, err error) error {
	hidden, ok := apierror.As(err)
	if !ok {
		return err
	}
	switch hidden.Kind {
	case apierror.NotFound, apierror.Forbidden, apierror.Invalid:
	default:
		return err
	}
	if !c.TokenIsFineGrained(ctx) {
		return err
	}
	explained := *hidden
	explained.Kind, explained.Note = apierror.FineGrained, "GitLab does not show this to a fine-grained personal access token"
	return &explained
}

// TokenIsFineGrained asks GitLab once; it is not known to be one where GitLab does not answer.
func (c *Client) TokenIsFineGrained(ctx context.Context) bool {
	token, err := c.token.Load(ctx, struct{}{})
	return err == nil && token.fineGrained
}

// fetchToken reads what there is to know of the client's own token. Only a fine-grained one can lack
// the permission for that.
func (c *Client) fetchToken(ctx context.Context, _ struct{}) (ownToken, error) {
	token, response, err := c.REST().PersonalAccessTokens.GetSinglePersonalAccessToken(RESTContext(ctx))
	if err == nil && token == nil {
		err = Answered(ErrNothing, response)
	}
	err = c.Annotate(err, "read the scopes of the token", "")
	switch {
	case apierror.Is(err, apierror.FineGrained):
		return ownToken{scopes: []string{granular}, fineGrained: true}, nil
	case err != nil:
		return ownToken{}, err
	}
	return ownToken{scopes: token.Scopes, fineGrained: slices.Contains(token.Scopes, granular)}, nil
}
