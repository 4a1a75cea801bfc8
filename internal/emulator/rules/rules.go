// Package rules holds what GitLab decides: who may do what, and the services
// behind the REST and GraphQL APIs with the texts they refuse with.
//
// All functions expect the lock of the store whose State they are given.
package rules

import (
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/release"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// Services are GitLab's services as one release has them.
type Services struct {
	Version release.Version
}

// Caller is who makes a request.
type Caller struct {
	User  *store.User // nil: anonymous
	Token *store.Token
	Job   *store.Job // nil unless a job token was sent
	// Deploy is a deploy token, which is nobody's; nil unless one was sent.
	Deploy *store.DeployToken
}

// SignedIn says whether the caller is a user.
func (c Caller) SignedIn() bool { return c.User != nil }

// Admin says whether the caller is an administrator; with a job token nobody is.
func (c Caller) Admin() bool { return c.User != nil && c.User.Admin && c.Job == nil }

// IsBot says whether the caller is the bot of a project or group access token.
func (c Caller) IsBot() bool { return c.User != nil && c.User.Bot }

// ID is the caller's user id, 0 for an anonymous one.
func (c Caller) ID() int64 {
	if c.User == nil {
		return 0
	}
	return c.User.ID
}

// HasScope says whether the caller's token has one of the scopes.
func (c Caller) HasScope(scopes ...string) bool {
	if c.Token == nil {
		return true
	}
	for _, have := range c.Token.Scopes {
		for _, scope := range scopes {
			if have == scope {
				return true
			}
		}
	}
	return false
}

// Reason is the kind of a refusal; REST makes a status of it.
type Reason int

// The reasons a service refuses for.
const (
	BadRequest Reason = iota // 400 with the prefix "400 Bad request - "
	Invalid                  // 400 with the model's errors by field
	Plain                    // 400 with the text alone
	Forbidden                // 403
	NotFound                 // 404
	Conflict                 // 409
)

// Refusal is a service's answer that it did nothing.
type Refusal struct {
	Reason Reason
	Text   string              // GitLab's words; empty for a bare 403
	Fields map[string][]string // for Invalid
}

// Summary is a refusal in one text, a model's errors with their fields before them.
func (r *Refusal) Summary() string {
	var texts []string
	for field, errs := range r.Fields {
		for _, text := range errs {
			texts = append(texts, strings.ToUpper(field[:1])+strings.ReplaceAll(field[1:], "_", " ")+" "+text)
		}
	}
	if len(texts) == 0 {
		return r.Text
	}
	return Sentence(texts)
}

func badRequest(text string) *Refusal { return &Refusal{Reason: BadRequest, Text: text} }

func plain(text string) *Refusal { return &Refusal{Reason: Plain, Text: text} }

func forbidden(text string) *Refusal { return &Refusal{Reason: Forbidden, Text: text} }

func invalid(field, text string) *Refusal {
	return &Refusal{Reason: Invalid, Fields: map[string][]string{field: {text}}}
}

// Sentence joins texts as Rails' to_sentence does.
func Sentence(texts []string) string {
	if len(texts) <= 2 {
		return strings.Join(texts, " and ")
	}
	return strings.Join(texts[:len(texts)-1], ", ") + ", and " + texts[len(texts)-1]
}
