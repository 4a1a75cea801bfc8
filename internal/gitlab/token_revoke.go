package gitlab

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

// RevokeToken ends a token for good: a deploy token is deleted, an access token stays listed as
// revoked. A token that is gone or revoked already is no error; a parent that is gone or out of sight
// is NotFound, since it proves nothing about the token.
func (c *Client) RevokeToken(ctx context.Context, kind TokenKind, parent Target, id int64) error {
	err := c.endToken(ctx, tokensOf(kind, parent), id)
	return Annotate(err, fmt.Sprintf("revoke the %s with id %d of", kind, id), parent.String())
}

func (c *Client) endToken(ctx context.Context, of tokenList, id int64) error {
	if _, err := c.Server(ctx); err != nil {
		return err
	}
	defer c.tokens.Invalidate(of)
	err := c.deleteToken(ctx, of, id)
	e, ok := apierror.As(err)
	switch {
	case !ok, tokenMissing(e):
		return nil
	case of.kind == AccessToken && e.Status == http.StatusBadRequest:
		if c.endedAlready(ctx, of, id) {
			return nil
		}
		if strings.Contains(e.Words, " cannot delete ") {
			e.Kind = apierror.Forbidden
		}
	}
	return RefusedFor(e, of.writer(), of.parent)
}

// tokenMissing tells a token that is not there from a parent that is not: GitLab answers 404 to both.
func tokenMissing(e *apierror.Error) bool {
	return e.Kind == apierror.NotFound && (e.Words == "Not found" || strings.HasSuffix(e.Words, "Access Token Not Found"))
}

// endedAlready asks the list what a refusal does not say.
func (c *Client) endedAlready(ctx context.Context, of tokenList, id int64) bool {
	c.tokens.Invalidate(of)
	list, err := c.tokens.Load(ctx, of)
	if err != nil {
		return false
	}
	token, found := tokenByID(list, id)
	return !found || token.Revoked
}
