package gitlab

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	client "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

// TokenKind says which of GitLab's credentials of a project or group a token is.
type TokenKind int

const (
	// DeployToken reaches a project's or group's repositories, registries and packages, under a name
	// of its own. See https://docs.gitlab.com/user/project/deploy_tokens/.
	DeployToken TokenKind = iota + 1
	// AccessToken reaches the API too, as a bot user with a role. See
	// https://docs.gitlab.com/user/project/settings/project_access_tokens/.
	AccessToken
)

// String names the kind for messages.
func (k TokenKind) String() string {
	if k == AccessToken {
		return "access token"
	}
	return "deploy token"
}

// Token is a deploy token or an access token of a project or group, without its secret, which GitLab
// shows only when it makes one.
type Token struct {
	ID   int64
	Name string
	// Username is what a deploy token signs in with; empty for an access token.
	Username string
	// Description is an access token's.
	Description string
	// Scopes are sorted.
	Scopes []string
	// ExpiresAt is the instant from which the token is refused; zero means never. An access token
	// expires at midnight UTC.
	ExpiresAt time.Time
	// AccessLevel is the role of an access token's bot user (10 Guest to 50 Owner), 0 for a deploy
	// token or where the bot is no member any more.
	AccessLevel int64
	// UserID is an access token's bot user; 0 for a deploy token.
	UserID int64
	// CreatedAt is zero for a deploy token: GitLab does not tell.
	CreatedAt time.Time
	// LastUsedAt is zero for a deploy token, and for an access token that was never used.
	LastUsedAt time.Time
	Revoked    bool
}

// Ended tells whether a token's time is over, as authentication sees it. GitLab's own field says so of
// a deploy token only on the day after.
func (t Token) Ended(now time.Time) bool { return !t.ExpiresAt.IsZero() && !now.Before(t.ExpiresAt) }

// Active tells whether a token still opens something.
func (t Token) Active(now time.Time) bool { return !t.Revoked && !t.Ended(now) }

// tokenList is what a list of tokens is kept under.
type tokenList struct {
	kind   TokenKind
	parent Kind
	id     int64
}

func tokensOf(kind TokenKind, parent Target) tokenList {
	return tokenList{kind: kind, parent: parent.Kind, id: parent.ID}
}

// reader is the role that lists tokens, writer the one that makes and ends them.
func (l tokenList) reader() Role { return ListingRole(l.kind, l.parent) }

func (l tokenList) writer() Role { return ManagingRole(l.parent) }

// Tokens lists all tokens of one kind of a project or group, revoked and expired ones too, by id. A
// deploy token that was revoked is not listed: GitLab deletes it. Callers share requests; the list is
// kept until this client makes or ends a token there, and each caller has a copy of its own.
//
// Without the role that reads the list the error is Forbidden; NotFound means the parent, never a token.
func (c *Client) Tokens(ctx context.Context, kind TokenKind, parent Target) ([]Token, error) {
	list, err := c.tokens.Load(ctx, tokensOf(kind, parent))
	if err != nil {
		of := tokensOf(kind, parent)
		return nil, Annotate(RefusedFor(err, of.reader(), of.parent), "list the "+kind.String()+"s of", parent.String())
	}
	own := slices.Clone(list)
	for i := range own {
		own[i].Scopes = slices.Clone(own[i].Scopes)
	}
	return own, nil
}

// FreshTokens is [Client.Tokens] as GitLab holds them now.
func (c *Client) FreshTokens(ctx context.Context, kind TokenKind, parent Target) ([]Token, error) {
	c.tokens.Invalidate(tokensOf(kind, parent))
	return c.Tokens(ctx, kind, parent)
}

func (c *Client) fetchTokens(ctx context.Context, of tokenList) ([]Token, error) {
	if _, err := c.Server(ctx); err != nil {
		return nil, err
	}
	list, err := AllPages(func(page client.ListOptions) ([]Token, *client.Response, error) {
		return c.tokenPage(ctx, of, page)
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b Token) int { return cmp.Compare(a.ID, b.ID) })
	return slices.CompactFunc(list, func(a, b Token) bool { return a.ID == b.ID }), nil
}

// aboutField notes which parameter a refused token's refusal is about.
func aboutField(err error) error {
	e, ok := apierror.As(err)
	if !ok || e.Status != http.StatusBadRequest {
		return err
	}
	told := *e
	told.Field = fieldOf(e.Words)
	return &told
}

// fieldOf is the parameter that GitLab's refusal of a token begins with: "Expires at must be before …",
// "expires_at is missing".
func fieldOf(words string) string {
	words = strings.ReplaceAll(strings.ToLower(words), " ", "_") + "_"
	for _, name := range []string{"name", "username", "description", "scopes", "access_level", "expires_at"} {
		if strings.HasPrefix(words, name+"_") || strings.HasPrefix(words, name+"[") {
			return name
		}
	}
	return ""
}

func tokenByID(tokens []Token, id int64) (Token, bool) {
	at := slices.IndexFunc(tokens, func(t Token) bool { return t.ID == id })
	if at < 0 {
		return Token{}, false
	}
	return tokens[at], true
}

// ListingRole is the role that lists tokens: only for deploy tokens of groups it is another one than
// makes them.
func ListingRole(kind TokenKind, parent Kind) Role {
	if kind == DeployToken {
		return ManagingRole(KindProject)
	}
	return ManagingRole(parent)
}
