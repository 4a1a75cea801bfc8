package rest

import (
	"net/http"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rules"
)

// failure is an answer that ends a request, with one of GitLab's error bodies.
type failure struct {
	status int
	body   any
	header http.Header
}

func (f *failure) Error() string { return http.StatusText(f.status) }

// grapeError is the body of parameter errors and of unknown routes.
type grapeError struct {
	Error string `json:"error"`
}

type messageBody struct {
	Message any `json:"message"`
}

func message(text any) messageBody { return messageBody{Message: text} }

func unauthorized() error {
	return &failure{status: http.StatusUnauthorized, body: message("401 Unauthorized")}
}

type oauthError struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
	Scope       string `json:"scope,omitempty"`
}

func invalidToken(description string) error {
	return &failure{status: http.StatusUnauthorized, body: oauthError{Error: "invalid_token", Description: description}}
}

func insufficientScope(scope string) error {
	return &failure{status: http.StatusForbidden, body: oauthError{
		Error:       "insufficient_scope",
		Description: "The request requires higher privileges than provided by the access token.",
		Scope:       scope,
	}}
}

func forbidden(reason string) error {
	text := "403 Forbidden"
	if reason != "" {
		text += " - " + reason
	}
	return &failure{status: http.StatusForbidden, body: message(text)}
}

// notFound is the answer for a thing with a name, such as "404 Project Not Found".
func notFound(thing string) error {
	return &failure{status: http.StatusNotFound, body: message("404 " + thing + " Not Found")}
}

// nothingFound is the answer that says no more.
func nothingFound() error {
	return &failure{status: http.StatusNotFound, body: message("404 Not Found")}
}

// recordNotFound is the answer where GitLab looks a record up without naming it.
func recordNotFound() error {
	return &failure{status: http.StatusNotFound, body: message("404 Not found")}
}

func invalidParams(text string) error {
	return &failure{status: http.StatusBadRequest, body: grapeError{text}}
}

func badRequest(reason string) error {
	return &failure{status: http.StatusBadRequest, body: message("400 Bad request - " + reason)}
}

// refused turns a service's refusal into its answer; nil stays nil.
func refused(r *rules.Refusal) error {
	if r == nil {
		return nil
	}
	switch r.Reason {
	case rules.BadRequest:
		return badRequest(r.Text)
	case rules.Invalid:
		return &failure{status: http.StatusBadRequest, body: message(r.Fields)}
	case rules.Plain:
		return &failure{status: http.StatusBadRequest, body: message(r.Text)}
	case rules.Forbidden:
		return forbidden(r.Text)
	case rules.NotFound:
		return &failure{status: http.StatusNotFound, body: message(r.Text)}
	case rules.Conflict:
		return &failure{status: http.StatusConflict, body: message(r.Text)}
	}
	return &failure{status: http.StatusInternalServerError, body: message("500 Internal Server Error")}
}
