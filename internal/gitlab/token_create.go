package gitlab

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

// CreateToken makes a token and returns it with its secret, which GitLab shows this once. The request
// is never sent twice.
//
// No token is left behind that the caller does not get. One with other scopes, another expiry, role or
// user name than asked is revoked at once: a Conflict. Where the answer is lost, the tokens are listed,
// and the one live token that is new and like the request is revoked, if it can be nobody else's: the name
// was not there before but for the caller's own tokens, nothing else of that name came up, and no proxy
// answered. Otherwise the note names it, and it is left.
// The error stays the failure that lost the answer, its note says what became of the token, and
// [LostTokenOf] tells it to programs. An interrupt does not keep this from being done.
func (c *Client) CreateToken(ctx context.Context, kind TokenKind, parent Target, request TokenRequest, own ...int64) (Token, Secret, error) {
	of := tokensOf(kind, parent)
	request = request.normal(kind)
	made, err := c.createToken(ctx, of, request, own)
	if err != nil {
		doing := fmt.Sprintf("create the %s %q of", kind, request.Name)
		return Token{}, Secret{}, Annotate(err, doing, parent.String())
	}
	return made.Token, NewSecret(made.secret), nil
}

func (c *Client) createToken(ctx context.Context, of tokenList, request TokenRequest, own []int64) (issued, error) {
	// Of two alike made at once here, neither could be told from the other after a lost answer; and a
	// list that grows while it is paged through has to be read again.
	done, err := c.tokenTurns.Take(ctx, of)
	if err != nil {
		return issued{}, err
	}
	defer done()
	c.tokens.Invalidate(of)
	before, err := c.tokens.Load(ctx, of)
	if err != nil {
		return issued{}, RefusedFor(err, of.writer(), of.parent)
	}
	defer c.tokens.Invalidate(of)
	made, err := c.postToken(ctx, of, request)
	if err == nil {
		return made, c.checkMade(ctx, of, made, request.differences(of.kind, made.Token))
	}
	if !apierror.MayBeDone(err) {
		return issued{}, RefusedFor(aboutField(err), of.writer(), of.parent)
	}
	ctx, cancel := CleanUp(ctx)
	defer cancel()
	var found, namesakes []Token
	unread := c.lookFor(ctx, of, func(list []Token) bool {
		made := slices.DeleteFunc(newTokens(list, before), func(t Token) bool { return rotated(t, before) })
		found, namesakes = request.among(of.kind, made)
		return len(found) > 0
	})
	doubt := c.doubt(err, request, before, namesakes, own)
	if unread != nil {
		fate := &LostToken{Fate: FateUnknown, Before: idsOf(before), Doubt: doubt != ""}
		return issued{}, fate.tell(err, fmt.Sprintf("whether GitLab made the token could not be found out (%v): look for one named %q and revoke it", unread, request.Name))
	}
	fate, note := c.orphaned(ctx, of, found, doubt)
	return issued{}, fate.tell(err, note)
}

// rotated tells a rotation by someone else, which keeps the bot user, from a creation, which makes one.
func rotated(t Token, before []Token) bool {
	return t.UserID != 0 && slices.ContainsFunc(before, func(old Token) bool { return old.UserID == t.UserID })
}

// checkMade ends a token that is not what was asked.
func (c *Client) checkMade(ctx context.Context, of tokenList, made issued, differences []string) error {
	if len(differences) == 0 {
		return nil
	}
	ctx, cancel := CleanUp(ctx)
	defer cancel()
	fate := &LostToken{Fate: FateRevoked, IDs: []int64{made.ID}, cause: errOtherToken}
	note := fmt.Sprintf("GitLab made a token (id %d) with %s", made.ID, strings.Join(differences, " and "))
	if err := c.endToken(ctx, of, made.ID); err != nil {
		fate.Fate = FateNotRevoked
		note += fmt.Sprintf("; it could not be revoked (%v): revoke it by hand", err)
	} else {
		note += "; it was revoked at once"
	}
	return &apierror.Error{Kind: apierror.Conflict, Status: made.status, Note: note, Cause: fate}
}
