package tokens

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
)

// Request is a token to be made. See https://docs.gitlab.com/api/deploy_tokens/ and
// https://docs.gitlab.com/api/project_access_tokens/.
type Request struct {
	Name string
	// Username is a deploy token's; GitLab makes one up where it is empty.
	Username string
	// Description is an access token's.
	Description string
	Scopes      []string
	// AccessLevel is an access token's role, 10 to 50; 0 is Maintainer, GitLab's own default.
	AccessLevel int64
	// ExpiresAt is kept to the second for a deploy token; of an access token the date in UTC counts. Zero
	// is never.
	ExpiresAt time.Time
}

// normal is the request with what its kind has no use for left out, and the rest as GitLab keeps it.
func (r Request) normal(kind Kind) Request {
	r.Scopes = sorted(r.Scopes)
	if kind == Access {
		r.Username = ""
		r.ExpiresAt = dateOf(r.ExpiresAt)
		if r.AccessLevel == 0 {
			r.AccessLevel = gitlab.Maintainer
		}
		return r
	}
	r.Description, r.AccessLevel = "", 0
	r.ExpiresAt = r.ExpiresAt.UTC().Truncate(time.Second)
	return r
}

// dateOf is midnight UTC of an instant's date; the zero time stays.
func dateOf(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// madeAs tells whether a token may be the one that a normal request made.
func (r Request) madeAs(kind Kind, t Token) bool {
	return t.Name == r.Name && t.Description == r.Description && len(r.differences(kind, t)) == 0
}

// among sorts tokens into those that a normal request may have made, and others of the same name.
func (r Request) among(kind Kind, tokens []Token) (alike, namesakes []Token) {
	for _, t := range tokens {
		switch {
		case r.madeAs(kind, t):
			alike = append(alike, t)
		case t.Name == r.Name:
			namesakes = append(namesakes, t)
		}
	}
	return alike, namesakes
}

// differences name what a token opens, or how long, otherwise than a normal request says.
func (r Request) differences(kind Kind, t Token) []string {
	var found []string
	differ := func(what string, got, want any) {
		found = append(found, fmt.Sprintf("%s %v instead of %v", what, got, want))
	}
	if !slices.Equal(t.Scopes, r.Scopes) {
		differ("scopes", strings.Join(t.Scopes, ", "), strings.Join(r.Scopes, ", "))
	}
	if expires := t.ExpiresAt.Truncate(time.Second); !expires.Equal(r.ExpiresAt) {
		differ("expiry", expiry(t.ExpiresAt), expiry(r.ExpiresAt))
	}
	if kind == Access && t.AccessLevel != r.AccessLevel {
		differ("access level", t.AccessLevel, r.AccessLevel)
	}
	if r.Username != "" && t.Username != r.Username {
		differ("username", fmt.Sprintf("%q", t.Username), fmt.Sprintf("%q", r.Username))
	}
	return found
}

func expiry(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format(time.RFC3339)
}
