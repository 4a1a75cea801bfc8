// Package apierror holds the one error type of the GitLab client and reads
// GitLab's many shapes of an error into it.
//
// Shapes and statuses: https://docs.gitlab.com/api/rest/troubleshooting/ and
// GitLab 17.11 to 19.x as observed.
package apierror

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Administrator is the [Error.Role] of what only an administrator of the instance may do.
const Administrator = "Administrator"

// Kind says what sort of failure an [Error] is, as far as a caller has to tell
// failures apart.
type Kind int

const (
	// NotFound means GitLab says the thing is not there, or is hidden from the
	// token's user: GitLab does not tell these two apart.
	NotFound Kind = iota + 1
	// Forbidden means the role is not enough, or an instance rule is against it.
	Forbidden
	// InsufficientScope means the token's scope is not enough, whatever the user's role.
	InsufficientScope
	// Unauthenticated means the token is missing, unknown, expired or revoked.
	Unauthenticated
	// Conflict means the thing is there already, or someone else is changing it.
	Conflict
	// Limit means a size limit: too many entries, too large or too complex a query.
	Limit
	// RateLimited means too many requests; see [Error.RetryAfter].
	RateLimited
	// Unsupported means this GitLab does not know the endpoint, field or argument.
	Unsupported
	// Unavailable means no usable answer: network, proxy, timeout or a 5xx.
	Unavailable
	// Invalid means GitLab refused the request as it was written.
	Invalid
	// FineGrained means that the token is a fine-grained personal access token, or has to be one, and
	// GitLab shows or allows it less than was asked, whatever the user's role.
	FineGrained
	// Misdirected means that something else answered in GitLab's place: a login page, a redirect.
	Misdirected
)

var kindNames = map[Kind]string{
	NotFound:          "not found",
	Forbidden:         "forbidden",
	InsufficientScope: "insufficient scope",
	Unauthenticated:   "unauthenticated",
	Conflict:          "conflict",
	Limit:             "limit",
	RateLimited:       "rate limited",
	Unsupported:       "unsupported",
	Unavailable:       "unavailable",
	Invalid:           "invalid",
	FineGrained:       "fine-grained token",
	Misdirected:       "misdirected",
}

// String returns the kind in lower-case English.
func (k Kind) String() string {
	if name, ok := kindNames[k]; ok {
		return name
	}
	return fmt.Sprintf("kind %d", int(k))
}

// Error is the one error type of the GitLab client.
type Error struct {
	// Kind is what callers decide by.
	Kind Kind
	// Doing is what was being done, as an infinitive that leads to Target: "read the job token allowlist of".
	Doing string
	// Target is to what it was being done: "project acme/app (id 12)".
	Target string
	// Status is the HTTP status, 0 if there was no answer.
	Status int
	// Words are GitLab's own words: no markup, no control characters, no
	// secrets, at most 500 runes; empty if GitLab gave none.
	Words string
	// Note is what the client itself found wrong, in its own words.
	Note string
	// Field is the parameter of the request that GitLab's words are about, where they name one.
	Field string
	// Role is the one that would be enough, where a missing role is why; [Administrator] is none in a project.
	Role string
	// Connecting means that this was the first thing asked of GitLab: it is about the connection, not about what
	// was to be done.
	Connecting bool
	// RequestID is GitLab's X-Request-Id, by which its logs can be searched.
	RequestID string
	// Uncertain means that a write may have been done although no proper answer came.
	// It has no meaning for a read.
	Uncertain bool
	// RetryAfter is how long GitLab asked to wait; 0 if it did not say.
	RetryAfter time.Duration
	// Cause is the error below, if there is one.
	Cause error
}

// Error says what failed, to what, in GitLab's words, and how GitLab's logs name it.
// Secrets are taken out of every part of it.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Doing != "" {
		b.WriteString("could not " + e.Doing)
		if e.Target != "" {
			b.WriteString(" " + e.Target)
		}
		b.WriteString(": ")
	} else if e.Target != "" {
		b.WriteString(e.Target + ": ")
	}
	b.WriteString(e.reason())
	if e.Uncertain {
		b.WriteString("; the change may have been made all the same")
	}
	if facts := e.facts(); facts != "" {
		b.WriteString(" (" + facts + ")")
	}
	return Scrub(b.String())
}

func (e *Error) reason() string {
	said := e.Words
	if said == "" {
		said = e.Note
	}
	if said == "" && e.Cause != nil {
		said = clean(e.Cause.Error())
	}
	switch {
	case e.Kind == Unauthenticated && said == "":
		return "GitLab does not accept the token: it is missing, unknown, expired or revoked"
	case e.Kind == Unauthenticated && e.Words == "" && e.Status == 0:
		return said
	case e.Kind == Unauthenticated:
		return "GitLab does not accept the token (" + said + "): it is missing, unknown, expired or revoked"
	case said != "":
		return said
	case e.Status != 0 && http.StatusText(e.Status) != "":
		return "GitLab answered " + http.StatusText(e.Status) + " and gave no reason"
	default:
		return e.Kind.String()
	}
}

func (e *Error) facts() string {
	var facts []string
	if e.Status != 0 {
		facts = append(facts, fmt.Sprintf("HTTP %d", e.Status))
	}
	if e.RetryAfter > 0 {
		facts = append(facts, fmt.Sprintf("to be tried again in %s", e.RetryAfter.Round(time.Second)))
	}
	if e.RequestID != "" {
		facts = append(facts, "request id "+e.RequestID)
	}
	return strings.Join(facts, ", ")
}

// Unwrap returns the cause, so that errors.Is finds a context's end below.
func (e *Error) Unwrap() error { return e.Cause }

// With returns a copy that says what was being done and to what, where the
// error does not say so yet. It returns nil for nil.
func (e *Error) With(doing, target string) *Error {
	if e == nil {
		return nil
	}
	told := *e
	if told.Doing == "" {
		told.Doing = doing
	}
	if told.Target == "" {
		told.Target = target
	}
	return &told
}

// KindOf returns the kind of the first [Error] in err's chain, and whether there is one.
func KindOf(err error) (Kind, bool) {
	var e *Error
	if !errors.As(err, &e) || e == nil {
		return 0, false
	}
	return e.Kind, true
}

// Is reports whether the first [Error] in err's chain is of this kind.
func Is(err error, kind Kind) bool {
	got, ok := KindOf(err)
	return ok && got == kind
}

// AddNote adds to what the client itself found wrong.
func (e *Error) AddNote(note string) {
	if e.Note != "" {
		note = e.Note + "; " + note
	}
	e.Note = note
}

// Unsettled tells whether only a reading can tell what a write has come to: it may be done, or the server could not be
// reached or is another one.
func Unsettled(err error) bool {
	e, ok := As(err)
	return ok && (e.Kind == Unavailable || e.Kind == Misdirected || MayBeDone(err))
}

// MayBeDone tells whether a write may have been made although it failed here: no proper answer came, or
// one that says yes and cannot be read.
func MayBeDone(err error) bool {
	e, ok := As(err)
	return ok && (e.Uncertain || e.Status >= 200 && e.Status < 300)
}
