// Package authn finds out who makes a request, for REST and GraphQL alike.
package authn

import (
	"net/http"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rules"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// Failure is why a credential that was sent is not accepted.
type Failure int

// The failures of a credential.
const (
	None    Failure = iota
	Unknown         // no such token
	Expired
	Revoked
	Blocked // the token is good, its user is not
)

// Secret gives the access token a request carries, or "". A JOB-TOKEN header
// is no access token: routes that do not opt in to job tokens ignore it.
func Secret(r *http.Request) string {
	if secret := r.Header.Get("Private-Token"); secret != "" {
		return secret
	}
	if secret := r.URL.Query().Get("private_token"); secret != "" {
		return secret
	}
	scheme, secret, found := strings.Cut(r.Header.Get("Authorization"), " ")
	if found && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(secret)
	}
	return ""
}

// Caller finds who a secret belongs to; no secret is an anonymous caller.
func Caller(st *store.State, secret string) (rules.Caller, Failure) {
	if secret == "" {
		return rules.Caller{}, None
	}
	token := st.TokenBySecret(secret)
	switch {
	case token == nil:
		return rules.Caller{}, Unknown
	case token.Revoked:
		return rules.Caller{}, Revoked
	case token.ExpiredAt(st.Now()):
		return rules.Caller{}, Expired
	}
	user := st.User(token.UserID)
	if user.State != "active" {
		return rules.Caller{}, Blocked
	}
	return rules.Caller{User: user, Token: token}, None
}

// JobUsername is the user name that goes with a job token in basic
// authentication.
const JobUsername = "gitlab-ci-token"
