package tokens

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

// Rotate replaces an access token by a new one of the same bot user, name, role and scopes, which
// expires at a date (of which the one in UTC counts). The old token is dead at once. The request is
// never sent twice, and never for a token known to be revoked: GitLab takes that for theft and may
// revoke the bot user's other tokens.
//
// What is made otherwise than asked, or was made and not answered, is revoked as by [Service.Create];
// the credential is then dead, which the note says and [Lost] tells.
//
// See https://docs.gitlab.com/api/project_access_tokens/#rotate-a-project-access-token.
func (s *Service) Rotate(ctx context.Context, parent gitlab.Target, id int64, expiresAt time.Time) (Token, gitlab.Secret, error) {
	made, err := s.rotate(ctx, listOf(Access, parent), id, dateOf(expiresAt))
	if err != nil {
		return Token{}, gitlab.Secret{}, s.gitlab.Annotate(err, fmt.Sprintf("rotate the access token with id %d of", id), parent.String())
	}
	return made.Token, gitlab.NewSecret(made.secret), nil
}

func (s *Service) rotate(ctx context.Context, of tokenList, id int64, expiresAt time.Time) (issued, error) {
	if expiresAt.IsZero() {
		return issued{}, &apierror.Error{Kind: apierror.Invalid, Note: "a rotation needs an expiry: without one GitLab chooses a week or none at all"}
	}
	s.lists.Invalidate(of)
	before, err := s.lists.Load(ctx, of)
	if err != nil {
		return issued{}, s.gitlab.RefusedFor(ctx, err, of.writer(), of.key())
	}
	old, err := rotatable(before, id)
	if err != nil {
		return issued{}, err
	}
	defer s.lists.Invalidate(of)
	made, err := s.postRotation(ctx, of, id, expiresAt)
	if err == nil {
		err = made.newAmong(before, old.Name)
	}
	if err == nil {
		wanted := Request{Scopes: old.Scopes, AccessLevel: old.AccessLevel, ExpiresAt: expiresAt}
		if old.AccessLevel == 0 {
			wanted.AccessLevel = made.AccessLevel // not known
		}
		return made, nowDead(s.checkMade(ctx, of, made, wanted.differences(Access, made.Token)))
	}
	if !apierror.MayBeDone(err) {
		return issued{}, s.gitlab.RefusedFor(ctx, aboutField(err), of.writer(), of.key())
	}
	return issued{}, s.settleRotation(ctx, of, old, before, err)
}

func rotatable(list []Token, id int64) (Token, error) {
	token, found := byID(list, id)
	switch {
	case !found:
		return Token{}, &apierror.Error{Kind: apierror.NotFound, Note: "GitLab lists no such token"}
	case token.Revoked:
		return Token{}, &apierror.Error{Kind: apierror.Conflict, Note: "it is revoked already"}
	}
	return token, nil
}

// settleRotation finds out what a rotation did whose answer was lost, and ends the token it made.
func (s *Service) settleRotation(ctx context.Context, of tokenList, old Token, before []Token, failure error) error {
	ctx, cancel := gitlab.CleanUp(ctx)
	defer cancel()
	var made []Token
	revoked := false
	unread := s.lookFor(ctx, of, func(list []Token) bool {
		now, listed := byID(list, old.ID)
		revoked = !listed || now.Revoked
		made = slices.DeleteFunc(newTokens(list, before), func(t Token) bool { return t.UserID != old.UserID })
		return revoked && len(made) > 0
	})
	switch {
	case unread != nil:
		fate := &Lost{Fate: FateUnknown, Before: idsOf(before), Doubt: proxied(failure) != ""}
		return fate.tell(failure, fmt.Sprintf("whether GitLab rotated the token could not be found out (%v): if it did, the credential is dead and a live token of the same bot user is left, to be revoked by hand", unread))
	case !revoked:
		fate := &Lost{Fate: FateUntouched, IDs: []int64{old.ID}}
		return fate.tell(failure, "nothing was rotated: the old token is still live")
	default:
		fate, note := s.orphaned(ctx, of, made, proxied(failure))
		return nowDead(fate.tell(failure, note))
	}
}

// nowDead says of a rotation whose new token was not kept what that means.
func nowDead(err error) error {
	fate, ok := LostOf(err)
	e, isOurs := apierror.As(err)
	if !ok || !isOurs {
		return err
	}
	fate.OldRevoked = true
	told := *e
	told.AddNote("the old token is dead, so the credential is too until the next apply makes a new one")
	return &told
}
