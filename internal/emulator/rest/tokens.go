package rest

import (
	"net/http"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

var tokenScopes = []string{
	"api", "read_user", "read_api", "read_repository", "write_repository", "read_registry", "write_registry",
	"sudo", "admin_mode", "create_runner", "manage_runner", "ai_features", "k8s_proxy", "self_rotate",
}

func (a *API) tokenEndpoints() []endpoint {
	return []endpoint{
		{http.MethodPost, "/users/:user_id/personal_access_tokens", admin, []param{
			req("user_id", integer), req("name", text), opt("description", text), opt("expires_at", day),
			{name: "scopes", is: list, required: true, notBlank: true, values: tokenScopes},
		}, a.createToken},
		{http.MethodGet, "/personal_access_tokens/self", signedIn, nil, a.getOwnToken},
		{http.MethodPost, "/personal_access_tokens/self/rotate", signedIn, []param{opt("expires_at", day)}, a.rotateOwnToken},
		{http.MethodPost, "/personal_access_tokens/:id/rotate", signedIn, []param{req("id", integer), opt("expires_at", day)}, a.rotateTokenByID},
		{http.MethodGet, "/personal_access_tokens/:id", signedIn, []param{req("id", integer)}, a.getToken},
		{http.MethodDelete, "/personal_access_tokens/:id", signedIn, []param{req("id", integer)}, a.revokeToken},
	}
}

type tokenEntity struct {
	ID          int64    `json:"id"`
	Name        string   `json:"name"`
	Revoked     bool     `json:"revoked"`
	CreatedAt   string   `json:"created_at"`
	Description *string  `json:"description"`
	Scopes      []string `json:"scopes"`
	UserID      int64    `json:"user_id"`
	LastUsedAt  *string  `json:"last_used_at"`
	Active      bool     `json:"active"`
	ExpiresAt   *string  `json:"expires_at"`
	Granular    *bool    `json:"granular,omitempty"`
	Token       string   `json:"token,omitempty"`
}

func (r *request) token(t *store.Token) tokenEntity {
	entity := tokenEntity{
		ID: t.ID, Name: t.Name, Revoked: t.Revoked, CreatedAt: timestamp(t.CreatedAt), Description: t.Description,
		Scopes: t.Scopes, UserID: t.UserID, Active: t.ActiveAt(r.state.Now()), ExpiresAt: date(t.ExpiresAt),
	}
	if t.LastUsedAt != nil {
		used := timestamp(*t.LastUsedAt)
		entity.LastUsedAt = &used
	}
	if r.api.services.Version.ShowsGranularTokens() {
		granular := t.Permissions != nil
		entity.Granular = &granular
	}
	return entity
}

func (a *API) createToken(r *request) (answer, error) {
	user := r.state.User(r.integer("user_id"))
	if user == nil {
		return answer{}, notFound("User")
	}
	token := r.state.CreateToken(store.Token{
		UserID: user.ID, Name: r.text("name"), Description: given[string](r, "description"),
		Scopes: r.scopes(), ExpiresAt: given[time.Time](r, "expires_at"),
	})
	return created(r.tokenWithSecret(token))
}

func (r *request) tokenWithSecret(t *store.Token) tokenEntity {
	entity := r.token(t)
	entity.Token = t.Secret
	return entity
}

func (a *API) rotateOwnToken(r *request) (answer, error) { return a.rotateToken(r, r.caller.Token) }

func (a *API) rotateTokenByID(r *request) (answer, error) {
	token, err := r.findToken()
	if err != nil {
		return answer{}, err
	}
	return a.rotateToken(r, token)
}

func (a *API) rotateToken(r *request, t *store.Token) (answer, error) {
	next, refusal := a.services.RotatePersonalToken(r.state, t, given[time.Time](r, "expires_at"))
	if refusal != nil {
		return answer{}, refused(refusal)
	}
	return ok(r.tokenWithSecret(next))
}

func (a *API) getOwnToken(r *request) (answer, error) { return ok(r.token(r.caller.Token)) }

func (r *request) findToken() (*store.Token, error) {
	token := r.state.Token(r.integer("id"))
	switch {
	case token != nil && (r.caller.Admin() || token.UserID == r.caller.ID()):
		return token, nil
	case r.caller.Admin():
		return nil, &failure{status: http.StatusNotFound, body: message("404 Not Found")}
	}
	return nil, unauthorized()
}

func (a *API) getToken(r *request) (answer, error) {
	token, err := r.findToken()
	if err != nil {
		return answer{}, err
	}
	return ok(r.token(token))
}

func (a *API) revokeToken(r *request) (answer, error) {
	token, err := r.findToken()
	if err != nil {
		return answer{}, err
	}
	r.state.UpdateToken(token, func(t *store.Token) { t.Revoked = true })
	return noContent()
}
