package rest

import "net/http"

// The settings that can be written, under GitLab's names.
const (
	enforcement = "enforce_ci_inbound_job_token_scope_enabled"
	tokenExpiry = "require_personal_access_token_expiry"
)

func (a *API) settingsEndpoints() []endpoint {
	return []endpoint{
		{http.MethodGet, "/application/settings", admin, nil, a.getSettings},
		{http.MethodPut, "/application/settings", admin, []param{opt(enforcement, boolean), opt(tokenExpiry, boolean)}, a.updateSettings},
	}
}

type settingsEntity struct {
	ID                       int64  `json:"id"`
	DefaultProjectVisibility string `json:"default_project_visibility"`
	DefaultGroupVisibility   string `json:"default_group_visibility"`
	EnforceInboundScope      bool   `json:"enforce_ci_inbound_job_token_scope_enabled"`
	RequireTokenExpiry       bool   `json:"require_personal_access_token_expiry"`
}

func (r *request) settings() settingsEntity {
	return settingsEntity{
		ID: 1, DefaultProjectVisibility: "private", DefaultGroupVisibility: "private",
		EnforceInboundScope: r.state.Settings.EnforceInboundJobTokenScope,
		RequireTokenExpiry:  !r.state.Settings.TokensMayLiveForever,
	}
}

func (a *API) getSettings(r *request) (answer, error) { return ok(r.settings()) }

func (a *API) updateSettings(r *request) (answer, error) {
	if err := r.anyGiven(); err != nil {
		return answer{}, err
	}
	enforce, expiry := given[bool](r, enforcement), given[bool](r, tokenExpiry)
	for name, value := range map[string]*bool{enforcement: enforce, tokenExpiry: expiry} {
		if _, sent := r.params[name]; sent && value == nil {
			return answer{}, &failure{
				status: http.StatusBadRequest,
				body:   message(map[string][]string{name: {"must be a boolean value"}}),
			}
		}
	}
	if enforce != nil {
		r.state.Settings.EnforceInboundJobTokenScope = *enforce
	}
	if expiry != nil {
		r.state.Settings.TokensMayLiveForever = !*expiry
	}
	return ok(r.settings())
}
