package tokens

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

// Create makes a token and returns it with its secret, which GitLab shows this once. The request
// is never sent twice.
//
// No token is left behind that the caller does not get. One with other scopes, another expiry, role or
// user name than asked is revoked at once: a Conflict. Where the answer is lost, the tokens are listed,
// and the one live token that is new and like the request is revoked, if it can be nobody else's: the name
// was not there before but for the caller's own tokens, nothing else of that name came up, and no proxy
// answered. Otherwise the note names it, and it is left.
// The error stays the failure that lost the answer, its note says what became of the token, and
// [LostOf] tells it to programs. An interrupt does not keep this from being done.
func (s *Service) Create(ctx context.Context, kind Kind, parent gitlab.Target, request Request, own ...int64) (Token, gitlab.Secret, error) {
	of := listOf(kind, parent)
	request = request.normal(kind)
	made, err := s.create(ctx, of, request, own)
	if err != nil {
		doing := fmt.Sprintf("create the %s %q of", kind, request.Name)
		return Token{}, gitlab.Secret{}, s.gitlab.Annotate(err, doing, parent.String())
	}
	return made.Token, gitlab.NewSecret(made.secret), nil
}

func (s *Service) create(ctx context.Context, of tokenList, request Request, own []int64) (issued, error) {
	// Of two alike made at once here, neither could be told from the other after a lost answer; and a
	// list that grows while it is paged through has to be read again.
	done, err := s.turns.Take(ctx, of)
	if err != nil {
		return issued{}, err
	}
	defer done()
	s.lists.Invalidate(of)
	before, err := s.lists.Load(ctx, of)
	if err != nil {
		return issued{}, s.gitlab.RefusedFor(ctx, err, of.writer(), of.key())
	}
	defer s.lists.Invalidate(of)
	made, err := s.post(ctx, of, request)
	if err == nil {
		err = made.newAmong(before, request.Name)
	}
	if err == nil {
		return made, s.checkMade(ctx, of, made, request.differences(of.kind, made.Token))
	}
	if !apierror.MayBeDone(err) {
		return issued{}, s.gitlab.RefusedFor(ctx, aboutField(err), of.writer(), of.key())
	}
	ctx, cancel := gitlab.CleanUp(ctx)
	defer cancel()
	var found, namesakes []Token
	unread := s.lookFor(ctx, of, func(list []Token) bool {
		made := slices.DeleteFunc(newTokens(list, before), func(t Token) bool { return rotated(t, before) })
		found, namesakes = request.among(of.kind, made)
		return len(found) > 0
	})
	doubt := s.doubt(err, request, before, namesakes, own)
	if unread != nil {
		fate := &Lost{Fate: FateUnknown, Before: idsOf(before), Doubt: doubt != ""}
		return issued{}, fate.tell(err, fmt.Sprintf("whether GitLab made the token could not be found out (%v): look for one named %q and revoke it", unread, request.Name))
	}
	fate, note := s.orphaned(ctx, of, found, doubt)
	return issued{}, fate.tell(err, note)
}

// newAmong refuses an answer about another token than the one that was to be made. It tells nothing of that one,
// and the other must not be ended.
func (made issued) newAmong(before []Token, name string) error {
	if _, old := byID(before, made.ID); !old && strings.TrimSpace(made.Name) == strings.TrimSpace(name) {
		return nil
	}
	other := gitlab.Unasked(fmt.Sprintf("the token %q with id %d", made.Name, made.ID), fmt.Sprintf("a new token %q", name))
	other.Status, other.Uncertain = made.status, true
	return other
}

// rotated tells a rotation by someone else, which keeps the bot user, from a creation, which makes one.
func rotated(t Token, before []Token) bool {
	return t.UserID != 0 && slices.ContainsFunc(before, func(old Token) bool { return old.UserID == t.UserID })
}

// checkMade ends a token that is not what was asked.
func (s *Service) checkMade(ctx context.Context, of tokenList, made issued, differences []string) error {
	if len(differences) == 0 {
		return nil
	}
	ctx, cancel := gitlab.CleanUp(ctx)
	defer cancel()
	fate := &Lost{Fate: FateRevoked, IDs: []int64{made.ID}, cause: errOtherToken}
	note := fmt.Sprintf("GitLab made a token (id %d) with %s", made.ID, strings.Join(differences, " and "))
	if err := s.end(ctx, of, made.ID); err != nil {
		fate.Fate = FateNotRevoked
		note += fmt.Sprintf("; it could not be revoked (%v): revoke it by hand", err)
	} else {
		note += "; it was revoked at once"
	}
	return &apierror.Error{Kind: apierror.Conflict, Status: made.status, Note: note, Cause: fate}
}
