package tokens

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

// Fate is what became of a token that was made, or may have been, and is not given to the caller.
type Fate int

const (
	// FateUnknown means that the tokens could not be listed afterwards.
	FateUnknown Fate = iota + 1
	// FateNotFound means that no such token came up within some seconds.
	FateNotFound
	// FateRevoked means that it was found and revoked: nothing is left.
	FateRevoked
	// FateNotRevoked means that it was found and could not be revoked: it is live.
	FateNotRevoked
	// FateAmbiguous means that what was found may be somebody else's, so that nothing was revoked: several
	// tokens may be it, or nothing proves that the one is.
	FateAmbiguous
	// FateUntouched means of a rotation that the token it was to replace is still live.
	FateUntouched
)

// Lost is in the chain of an error of [Service.Create] or [Service.Rotate] where the answer
// was lost, or showed another token than was asked.
type Lost struct {
	Fate Fate
	// IDs are the tokens found: the one concerned, or those that may be it.
	IDs []int64
	// OldRevoked means of a rotation that the token it was to replace is dead.
	OldRevoked bool
	// Before are the tokens that there were before one may have been made, for [Service.FindLost].
	Before []int64
	// Doubt means with [FateUnknown] that even a single token that is found later may be somebody else's.
	Doubt bool

	cause error
}

// Error says why there is no answer to go by.
func (l *Lost) Error() string { return l.cause.Error() }

// Unwrap returns the failure below.
func (l *Lost) Unwrap() error { return l.cause }

// LostOf finds out of an error what became of a token that is not given to the caller.
func LostOf(err error) (*Lost, bool) {
	var l *Lost
	return l, errors.As(err, &l)
}

var (
	errNoToken    = errors.New("the answer holds no token")
	errLostAnswer = errors.New("the answer was lost")
	errOtherToken = errors.New("the token is not the one asked for")
)

// lookAgain are the waits between looks for a token that a slow GitLab may still be making, as
// multiples of the wait between tries: 2 s in all where that is 250 ms.
var lookAgain = []int64{1, 2, 5}

// lookFor lists tokens afresh until there is something to see. Its error means that the last list
// could not be read.
func (s *Service) lookFor(ctx context.Context, of tokenList, see func([]Token) bool) error {
	for look := 0; ; look++ {
		s.lists.Invalidate(of)
		list, err := s.lists.Load(ctx, of)
		if err == nil && see(list) {
			return nil
		}
		if look == len(lookAgain) {
			return err
		}
		timer := time.NewTimer(time.Duration(lookAgain[look] * int64(s.gitlab.RetryWait())))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// FindLost looks for a token that a creation has made whose answer was lost and whose fate was
// [FateUnknown] then: new since, live, and like the request. There may be several that are. Alone means that
// there is one, and no other new token of that name.
func (s *Service) FindLost(ctx context.Context, kind Kind, parent gitlab.Target, request Request, before []int64) (found []Token, alone bool, err error) {
	list, err := s.List(ctx, kind, parent)
	if err != nil {
		return nil, false, err
	}
	request = request.normal(kind)
	known := make([]Token, 0, len(before))
	for _, id := range before {
		known = append(known, Token{ID: id})
	}
	found, namesakes := request.among(kind, newTokens(list, known))
	return found, len(found) == 1 && len(namesakes) == 0, nil
}

// doubt is why a token that came up after a lost answer may be somebody else's; empty where it can only have
// been made by the request.
func (s *Service) doubt(failure error, request Request, before, namesakes []Token, own []int64) string {
	if why := proxied(failure); why != "" {
		return why
	}
	now := s.gitlab.Now()
	others := slices.DeleteFunc(slices.Clone(before), func(t Token) bool {
		return t.Name != request.Name || !t.Active(now) || slices.Contains(own, t.ID)
	})
	switch {
	case len(others) > 0:
		return fmt.Sprintf("there were tokens of that name before (%s), whose maker may have made this one", ids(others))
	case len(namesakes) > 0:
		return fmt.Sprintf("others of that name came up at the same time (%s)", ids(namesakes))
	}
	return ""
}

// proxied is the doubt after the answer of a proxy, which may have sent a request on twice, or may still.
func proxied(failure error) string {
	e, ok := apierror.As(failure)
	if !ok || e.Status != http.StatusBadGateway && e.Status != http.StatusServiceUnavailable && e.Status != http.StatusGatewayTimeout {
		return ""
	}
	return fmt.Sprintf("a proxy answered in GitLab's place (HTTP %d), and nothing tells what it did with the request", e.Status)
}

// ids names tokens for messages.
func ids(tokens []Token) string {
	if len(tokens) == 1 {
		return fmt.Sprintf("id %d", tokens[0].ID)
	}
	return "ids " + enumerate(idsOf(tokens))
}

func idsOf(tokens []Token) []int64 {
	ids := make([]int64, len(tokens))
	for i, t := range tokens {
		ids[i] = t.ID
	}
	return ids
}

// newTokens are those of a list that were not there before and are not revoked. Whether one has
// expired is not asked: a clock that is wrong must not hide a live one.
func newTokens(list, before []Token) []Token {
	return slices.DeleteFunc(slices.Clone(list), func(t Token) bool {
		_, old := byID(before, t.ID)
		return old || t.Revoked
	})
}

// orphaned ends the token that a lost answer left behind, if there is no doubt whose it is, and says what
// became of it.
func (s *Service) orphaned(ctx context.Context, of tokenList, found []Token, doubt string) (*Lost, string) {
	lost := &Lost{IDs: idsOf(found)}
	switch {
	case len(found) == 0:
		lost.Fate, lost.IDs = FateNotFound, nil
		if doubt != "" {
			return lost, "no such token came up at GitLab afterwards; one may still: " + doubt
		}
		return lost, "no such token came up at GitLab afterwards"
	case len(found) > 1:
		lost.Fate = FateAmbiguous
		return lost, fmt.Sprintf("it may have been made all the same: GitLab holds %d new tokens like it (%s), of which none was revoked; revoke the one that nobody uses", len(found), ids(found))
	case doubt != "":
		lost.Fate = FateAmbiguous
		return lost, fmt.Sprintf("it may have been made all the same: GitLab holds a new token like it (%s), which was not revoked, since it may be somebody else's: %s; look whose it is, and revoke it if nobody uses it", ids(found), doubt)
	}
	if err := s.end(ctx, of, found[0].ID); err != nil {
		lost.Fate = FateNotRevoked
		return lost, fmt.Sprintf("GitLab made the token all the same (%s), and it could not be revoked (%v): revoke it by hand", ids(found), err)
	}
	lost.Fate = FateRevoked
	return lost, fmt.Sprintf("GitLab made the token all the same (%s); it is revoked, and nothing was kept", ids(found))
}

func enumerate(ids []int64) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(ids), " ", ", "), "[]")
}

// tell gives a lost answer the note of what became of the token.
func (l *Lost) tell(err error, note string) error {
	e, ok := apierror.As(err)
	if !ok {
		return err
	}
	told := *e
	told.AddNote(note)
	told.Uncertain = l.Fate != FateRevoked && l.Fate != FateUntouched
	l.cause = told.Cause
	if l.cause == nil {
		l.cause = errLostAnswer
	}
	told.Cause = l
	return &told
}
