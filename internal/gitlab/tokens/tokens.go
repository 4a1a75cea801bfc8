package tokens

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	client "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

// Kind says which of GitLab's credentials of a project or group a token is.
type Kind int

const (
	// Deploy reaches a project's or group's repositories, registries and packages, under a name
	// of its own. See https://docs.gitlab.com/user/project/deploy_tokens/.
	Deploy Kind = iota + 1
	// Access reaches the API too, as a bot user with a role. See
	// https://docs.gitlab.com/user/project/settings/project_access_tokens/.
	Access
)

// String names the kind for messages.
func (k Kind) String() string {
	if k == Access {
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
	kind   Kind
	parent gitlab.Kind
	id     int64
}

func listOf(kind Kind, parent gitlab.Target) tokenList {
	return tokenList{kind: kind, parent: parent.Kind, id: parent.ID}
}

func (l tokenList) key() gitlab.Key { return gitlab.Key{Kind: l.parent, ID: l.id} }

// reader is the role that lists tokens, writer the one that makes and ends them.
func (l tokenList) reader() gitlab.Role { return ListingRole(l.kind, l.parent) }

func (l tokenList) writer() gitlab.Role { return gitlab.ManagingRole(l.parent) }

// List lists all tokens of one kind of a project or group, revoked and expired ones too, by id. A
// deploy token that was revoked is not listed: GitLab deletes it. Callers share requests; the list is
// kept until this client makes or ends a token there, and each caller has a copy of its own.
//
// Without the role that reads the list the error is Forbidden; NotFound means the parent, never a token.
func (s *Service) List(ctx context.Context, kind Kind, parent gitlab.Target) ([]Token, error) {
	list, err := s.lists.Load(ctx, listOf(kind, parent))
	if err != nil {
		of := listOf(kind, parent)
		return nil, s.gitlab.Annotate(s.gitlab.RefusedFor(ctx, err, of.reader(), of.key()), "list the "+kind.String()+"s of", parent.String())
	}
	own := slices.Clone(list)
	for i := range own {
		own[i].Scopes = slices.Clone(own[i].Scopes)
	}
	return own, nil
}

// Fresh is [Service.List] as GitLab holds them now.
func (s *Service) Fresh(ctx context.Context, kind Kind, parent gitlab.Target) ([]Token, error) {
	s.lists.Invalidate(listOf(kind, parent))
	return s.List(ctx, kind, parent)
}

func (s *Service) fetch(ctx context.Context, of tokenList) ([]Token, error) {
	if _, err := s.gitlab.Server(ctx); err != nil {
		return nil, err
	}
	list, err := gitlab.AllPages(func(page client.ListOptions) ([]Token, *client.Response, error) {
		return s.page(ctx, of, page)
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

func byID(tokens []Token, id int64) (Token, bool) {
	at := slices.IndexFunc(tokens, func(t Token) bool { return t.ID == id })
	if at < 0 {
		return Token{}, false
	}
	return tokens[at], true
}

// ListingRole is the role that lists tokens: only for deploy tokens of groups it is another one than
// makes them.
func ListingRole(kind Kind, parent gitlab.Kind) gitlab.Role {
	if kind == Deploy {
		return gitlab.ManagingRole(gitlab.KindProject)
	}
	return gitlab.ManagingRole(parent)
}
