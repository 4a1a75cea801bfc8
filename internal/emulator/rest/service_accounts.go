package rest

import (
	"net/http"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rules"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// serviceAccountEndpoints is the API of the page "Service accounts", which every tier has
// since 18.11, also for subgroups and projects. A service account is nobody's bot: it is
// given a role as people are, and may make and rotate access tokens.
func (a *API) serviceAccountEndpoints() []endpoint {
	if !a.services.Version.HasServiceAccounts() {
		return nil
	}
	attributes := []param{opt("name", text), opt("username", text), opt("email", text)}
	endpoints := []endpoint{
		{http.MethodGet, "/service_accounts", admin, paging(), a.listServiceAccounts("")},
		{http.MethodPost, "/service_accounts", admin, attributes, a.createServiceAccount("")},
	}
	for _, kind := range []store.SourceKind{store.GroupSource, store.ProjectSource} {
		path := "/" + string(kind) + "s/:id/service_accounts"
		user, token := req("user_id", integer), req("token_id", integer)
		endpoints = append(endpoints,
			endpoint{http.MethodGet, path, signedIn, paging(), a.listServiceAccounts(kind)},
			endpoint{http.MethodPost, path, signedIn, attributes, a.createServiceAccount(kind)},
			endpoint{http.MethodDelete, path + "/:user_id", signedIn, []param{user, opt("hard_delete", boolean)}, a.deleteServiceAccount(kind)},
			endpoint{http.MethodGet, path + "/:user_id/personal_access_tokens", signedIn, append([]param{user}, paging()...), a.listServiceAccountTokens(kind)},
			endpoint{http.MethodPost, path + "/:user_id/personal_access_tokens", signedIn, []param{
				user, req("name", text), opt("description", text), opt("expires_at", day), {name: "scopes", is: list, required: true, notBlank: true, values: tokenScopes},
			}, a.createServiceAccountToken(kind)},
			endpoint{http.MethodPost, path + "/:user_id/personal_access_tokens/:token_id/rotate", signedIn, []param{user, token, opt("expires_at", day)}, a.rotateServiceAccountToken(kind)},
			endpoint{http.MethodDelete, path + "/:user_id/personal_access_tokens/:token_id", signedIn, []param{user, token}, a.revokeServiceAccountToken(kind)},
		)
	}
	return endpoints
}

type serviceAccountEntity struct {
	ID       int64  `json:"id"`
	Username string `json:"username"`
	Name     string `json:"name"`
	Email    string `json:"email"`
}

func serviceAccount(u *store.User) serviceAccountEntity {
	return serviceAccountEntity{u.ID, u.Username, u.Name, u.Email}
}

// serviceAccountsOf finds whose service accounts an endpoint is about: the instance's, or
// those of a group or project for who manages them.
func (r *request) serviceAccountsOf(kind store.SourceKind) (store.Source, error) {
	if kind == "" {
		return store.Source{}, nil
	}
	of, err := r.findSource(kind)
	if err != nil {
		return store.Source{}, err
	}
	if !rules.CanManageServiceAccounts(r.state, r.caller, of) {
		return store.Source{}, forbidden("")
	}
	return of, nil
}

func (r *request) findServiceAccount(kind store.SourceKind) (*store.User, error) {
	of, err := r.serviceAccountsOf(kind)
	if err != nil {
		return nil, err
	}
	user := r.state.User(r.integer("user_id"))
	if user == nil || !user.ServiceAccount || user.ServiceAccountOf != of {
		return nil, notFound("User")
	}
	return user, nil
}

func (a *API) listServiceAccounts(kind store.SourceKind) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		of, err := r.serviceAccountsOf(kind)
		if err != nil {
			return answer{}, err
		}
		return paged(r, r.state.ServiceAccountsOf(of), func(u *store.User) any { return serviceAccount(u) })
	}
}

func (a *API) createServiceAccount(kind store.SourceKind) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		of, err := r.serviceAccountsOf(kind)
		if err != nil {
			return answer{}, err
		}
		username := r.text("username")
		if username != "" && (r.state.UserByUsername(username) != nil || r.state.PathTaken(username)) {
			return answer{}, badRequest("Username has already been taken")
		}
		return created(serviceAccount(r.state.CreateServiceAccount(of, r.text("name"), username, r.text("email"))))
	}
}

func (a *API) deleteServiceAccount(kind store.SourceKind) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		user, err := r.findServiceAccount(kind)
		if err != nil {
			return answer{}, err
		}
		r.state.DeleteUser(user.ID)
		return noContent()
	}
}

func (a *API) listServiceAccountTokens(kind store.SourceKind) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		user, err := r.findServiceAccount(kind)
		if err != nil {
			return answer{}, err
		}
		return paged(r, r.state.TokensOf(user.ID), func(t *store.Token) any { return r.token(t) })
	}
}

// createServiceAccountToken makes a token that ends after a year unless a day is named.
func (a *API) createServiceAccountToken(kind store.SourceKind) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		user, err := r.findServiceAccount(kind)
		if err != nil {
			return answer{}, err
		}
		ends := given[time.Time](r, "expires_at")
		if ends == nil {
			day := store.Today(r.state.Now()).AddDate(0, 0, rules.MaxTokenDays)
			ends = &day
		}
		return created(r.tokenWithSecret(r.state.CreateToken(store.Token{
			UserID: user.ID, Name: r.text("name"), Description: given[string](r, "description"), Scopes: r.scopes(), ExpiresAt: ends,
		})))
	}
}

func (r *request) findServiceAccountToken(kind store.SourceKind) (*store.Token, error) {
	user, err := r.findServiceAccount(kind)
	if err != nil {
		return nil, err
	}
	token := r.state.Token(r.integer("token_id"))
	if token == nil || token.UserID != user.ID {
		return nil, notFound("Personal Access Token")
	}
	return token, nil
}

func (a *API) rotateServiceAccountToken(kind store.SourceKind) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		token, err := r.findServiceAccountToken(kind)
		if err != nil {
			return answer{}, err
		}
		return a.rotateToken(r, token)
	}
}

func (a *API) revokeServiceAccountToken(kind store.SourceKind) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		token, err := r.findServiceAccountToken(kind)
		if err != nil {
			return answer{}, err
		}
		r.state.UpdateToken(token, func(t *store.Token) { t.Revoked = true })
		return noContent()
	}
}
