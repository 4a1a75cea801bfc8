package rest

import (
	"net/http"
	"slices"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rules"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// deployTokenEndpoints is the API of the page "Deploy tokens". Nothing of a
// token can be changed, and only the answer to its creation has the secret.
func (a *API) deployTokenEndpoints() []endpoint {
	filters := paging(opt("active", boolean))
	id := req("token_id", integer)
	endpoints := []endpoint{{http.MethodGet, "/deploy_tokens", admin, filters, a.listAllDeployTokens}}
	for _, kind := range []store.SourceKind{store.ProjectSource, store.GroupSource} {
		path := "/" + string(kind) + "s/:id/deploy_tokens"
		endpoints = append(endpoints,
			endpoint{http.MethodGet, path, anyone, filters, a.listDeployTokens(kind)},
			endpoint{http.MethodPost, path, anyone, []param{
				req("name", text), opt("username", text), opt("expires_at", instant),
				{name: "scopes", is: list, required: true, values: rules.DeployTokenScopes},
			}, a.createDeployToken(kind)},
			endpoint{http.MethodGet, path + "/:token_id", anyone, []param{id}, a.getDeployToken(kind)},
			endpoint{http.MethodDelete, path + "/:token_id", anyone, []param{id}, a.deleteDeployToken(kind)},
		)
	}
	return endpoints
}

type deployTokenEntity struct {
	ID        int64    `json:"id"`
	Name      string   `json:"name"`
	Username  string   `json:"username"`
	ExpiresAt *string  `json:"expires_at"`
	Scopes    []string `json:"scopes"`
	Revoked   bool     `json:"revoked"`
	Expired   bool     `json:"expired"`
	Token     string   `json:"token,omitempty"`
}

func (r *request) deployToken(t *store.DeployToken) deployTokenEntity {
	entity := deployTokenEntity{
		ID: t.ID, Name: t.Name, Username: t.Username, Scopes: t.Scopes, Revoked: t.Revoked, Expired: t.ExpiredAt(r.state.Now()),
	}
	if t.ExpiresAt != nil {
		ends := timestamp(*t.ExpiresAt)
		entity.ExpiresAt = &ends
	}
	return entity
}

func (r *request) deployTokenPage(tokens []*store.DeployToken) (answer, error) {
	if r.boolean("active") {
		tokens = slices.DeleteFunc(tokens, func(t *store.DeployToken) bool { return !rules.ActiveDeployToken(r.state, t) })
	}
	return paged(r, tokens, func(t *store.DeployToken) any { return r.deployToken(t) })
}

func (a *API) listAllDeployTokens(r *request) (answer, error) {
	return r.deployTokenPage(r.state.DeployTokens())
}

// deployTokensOf finds the project or group whose tokens the caller has a right
// to. These routes ask for no credential: signed out, the right is missing.
func (r *request) deployTokensOf(kind store.SourceKind, allowed func(*store.State, rules.Caller, store.Source) bool) (store.Source, error) {
	parent, err := r.findSource(kind)
	switch {
	case err != nil:
		return store.Source{}, err
	case allowed(r.state, r.caller, parent):
		return parent, nil
	}
	return store.Source{}, forbidden("")
}

func (r *request) findDeployToken(parent store.Source) (*store.DeployToken, error) {
	token := r.state.DeployToken(r.integer("token_id"))
	if token == nil || token.Parent != parent {
		return nil, recordNotFound()
	}
	return token, nil
}

func (a *API) listDeployTokens(kind store.SourceKind) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		parent, err := r.deployTokensOf(kind, rules.CanReadDeployTokens)
		if err != nil {
			return answer{}, err
		}
		return r.deployTokenPage(r.state.DeployTokensOf(parent))
	}
}

func (a *API) createDeployToken(kind store.SourceKind) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		parent, err := r.deployTokensOf(kind, rules.CanWriteDeployTokens)
		if err != nil {
			return answer{}, err
		}
		token, refusal := a.services.CreateDeployToken(r.state, parent, rules.DeployTokenAttributes{
			Name: r.text("name"), Username: r.text("username"), Scopes: r.scopes(), ExpiresAt: given[time.Time](r, "expires_at"),
		})
		if refusal != nil {
			return answer{}, refused(refusal)
		}
		entity := r.deployToken(token)
		entity.Token = token.Secret
		return created(entity)
	}
}

func (a *API) getDeployToken(kind store.SourceKind) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		parent, err := r.deployTokensOf(kind, rules.CanReadDeployTokens)
		if err != nil {
			return answer{}, err
		}
		token, err := r.findDeployToken(parent)
		if err != nil {
			return answer{}, err
		}
		return ok(r.deployToken(token))
	}
}

func (a *API) deleteDeployToken(kind store.SourceKind) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		parent, err := r.deployTokensOf(kind, rules.CanWriteDeployTokens)
		if err != nil {
			return answer{}, err
		}
		token, err := r.findDeployToken(parent)
		if err != nil {
			return answer{}, err
		}
		r.state.DeleteDeployToken(token)
		return noContent()
	}
}
