package tokens

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

// Revoke ends a token for good: a deploy token is deleted, an access token stays listed as
// revoked. A token that is gone or revoked already is no error; a parent that is gone or out of sight
// is NotFound, since it proves nothing about the token.
func (s *Service) Revoke(ctx context.Context, kind Kind, parent gitlab.Target, id int64) error {
	err := s.end(ctx, listOf(kind, parent), id)
	return s.gitlab.Annotate(err, fmt.Sprintf("revoke the %s with id %d of", kind, id), parent.String())
}

func (s *Service) end(ctx context.Context, of tokenList, id int64) error {
	if _, err := s.gitlab.Server(ctx); err != nil {
		return err
	}
	defer s.lists.Invalidate(of)
	err := s.delete(ctx, of, id)
	e, ok := apierror.As(err)
	switch {
	case !ok, missing(e):
		return nil
	case of.kind == Access && e.Status == http.StatusBadRequest:
		if s.endedAlready(ctx, of, id) {
			return nil
		}
		if strings.Contains(e.Words, " cannot delete ") {
			e.Kind = apierror.Forbidden
		}
	}
	return s.gitlab.RefusedFor(ctx, e, of.writer(), of.key())
}

// missing tells a token that is not there from a parent that is not: GitLab answers 404 to both.
func missing(e *apierror.Error) bool {
	return e.Kind == apierror.NotFound && (e.Words == "Not found" || strings.HasSuffix(e.Words, "Access Token Not Found"))
}

// endedAlready asks the list what a refusal does not say.
func (s *Service) endedAlready(ctx context.Context, of tokenList, id int64) bool {
	s.lists.Invalidate(of)
	list, err := s.lists.Load(ctx, of)
	if err != nil {
		return false
	}
	token, found := byID(list, id)
	return !found || token.Revoked
}
