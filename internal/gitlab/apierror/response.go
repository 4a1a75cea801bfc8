package apierror

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// maxErrorBody bounds what is read of an error's body, in bytes.
const maxErrorBody = 1 << 20

// maxNesting bounds how deep a "message" object is read.
const maxNesting = 6

// FromResponse reads an HTTP answer that is not what was hoped for. All of
// GitLab's JSON shapes are understood, and what proxies write instead: plain
// text is repeated, of an HTML page only the title is.
//
// A 404 is NotFound only where GitLab's API says it of a record; the 404 of an
// unknown route is Unsupported, and the 404 page of a web server is Invalid:
// callers take NotFound for "gone", and these prove nothing of the kind.
func FromResponse(status int, header http.Header, body []byte) *Error {
	return Hide(nil).FromResponse(status, header, body)
}

// FromResponse is [FromResponse] without the secrets that an answer may repeat.
func (h Hide) FromResponse(status int, header http.Header, body []byte) *Error {
	body = body[:min(len(body), maxErrorBody)]
	e := &Error{
		Status:    status,
		RequestID: clean(h.text(header.Get("X-Request-Id"))),
	}
	e.RetryAfter, _ = RetryAfter(header, time.Now())

	form, messages := h.readBody(header.Get("Content-Type"), body)
	for i, message := range messages {
		messages[i] = h.text(message)
	}
	e.Words = joinWords(status, messages)
	e.Kind = kindOfStatus(status, form, messages)
	return e
}

// shape is the form of an error's body.
type shape int

const (
	empty shape = iota
	page
	text
	object
	// route is GitLab's answer where it has no such endpoint.
	route
	// grant is GitLab's answer to a fine-grained token whose grant does not cover a request.
	grant
)

func (h Hide) readBody(contentType string, body []byte) (shape, []string) {
	trimmed := bytes.TrimSpace(body)
	if len(trimmed) == 0 {
		return empty, nil
	}
	if IsHTML(contentType, trimmed) {
		if title := h.titleOf(trimmed); title != "" {
			return page, []string{title}
		}
		return page, nil
	}
	var members map[string]any
	if err := json.Unmarshal(trimmed, &members); err == nil {
		if members["error"] == "404 Not Found" && members["message"] == nil {
			return route, []string{"this GitLab has no such endpoint"}
		}
		if members["error"] == "insufficient_granular_scope" {
			return grant, messagesOf(members)
		}
		return object, messagesOf(members)
	}
	var other any
	if err := json.Unmarshal(trimmed, &other); err == nil {
		return object, flatten("", other, 0)
	}
	if trimmed[0] == '{' || trimmed[0] == '[' || trimmed[0] == '<' {
		return text, nil
	}
	return text, []string{string(trimmed)}
}

// messagesOf reads the members that carry words; others are left alone, since
// they may repeat what was sent.
func messagesOf(members map[string]any) []string {
	var messages []string
	if description, ok := members["error_description"].(string); ok && description != "" {
		messages = append(messages, description)
		if scope, ok := members["scope"].(string); ok && scope != "" {
			messages = append(messages, "needed scope: "+scope)
		}
	} else {
		messages = append(messages, flatten("", members["error"], 0)...)
	}
	messages = append(messages, flatten("", members["message"], 0)...)
	return append(messages, flatten("", members["errors"], 0)...)
}

// flatten turns a "message" of any form into sentences. A field's name stands
// before each of its messages, as GitLab's own pages show them.
func flatten(field string, value any, depth int) []string {
	if depth > maxNesting {
		return nil
	}
	switch value := value.(type) {
	case string:
		if field == "" {
			return []string{value}
		}
		return []string{field + " " + value}
	case []any:
		var messages []string
		for _, item := range value {
			messages = append(messages, flatten(field, item, depth+1)...)
		}
		return messages
	case map[string]any:
		// An element of a GraphQL answer's "errors": nothing but its message
		// may be repeated, extensions hold what was sent.
		if message, ok := value["message"].(string); ok {
			return flatten(field, message, depth+1)
		}
		var messages []string
		for _, name := range slices.Sorted(maps.Keys(value)) {
			inner := strings.TrimSpace(field + " " + name)
			if name == "base" || name == "error" {
				inner = field
			}
			messages = append(messages, flatten(inner, value[name], depth+1)...)
		}
		return messages
	default:
		return nil
	}
}

var statusKinds = map[int]Kind{
	http.StatusUnauthorized:          Unauthenticated,
	http.StatusForbidden:             Forbidden,
	http.StatusGone:                  NotFound,
	http.StatusRequestTimeout:        Unavailable,
	http.StatusConflict:              Conflict,
	http.StatusPreconditionFailed:    Conflict,
	http.StatusRequestEntityTooLarge: Limit,
	http.StatusRequestURITooLong:     Limit,
	http.StatusLocked:                Conflict,
	http.StatusTooManyRequests:       RateLimited,
	http.StatusNotImplemented:        Unsupported,
}

func kindOfStatus(status int, form shape, messages []string) Kind {
	if status == http.StatusNotFound {
		switch form {
		case route:
			return Unsupported
		case page, text:
			return Invalid
		default:
			return NotFound
		}
	}
	if form == grant {
		return FineGrained
	}
	if status == http.StatusForbidden && slices.Contains(kindsOfPhrases(messages), InsufficientScope) {
		return InsufficientScope
	}
	if kind, ok := statusKinds[status]; ok {
		return kind
	}
	if status >= http.StatusInternalServerError {
		return Unavailable
	}
	// 405 is what GitLab answers to a write under a project's old path: the
	// record is there, so no phrase may make a NotFound of it.
	if form == object && (status == http.StatusBadRequest || status == http.StatusUnprocessableEntity) {
		return heaviest(kindsOfPhrases(messages))
	}
	return Invalid
}
