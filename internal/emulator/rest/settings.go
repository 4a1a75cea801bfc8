package rest

import "net/http"

const enforcement = "enforce_ci_inbound_job_token_scope_enabled"

func (a *API) settingsEndpoints() []endpoint {
	return []endpoint{
		{http.MethodGet, "/application/settings", admin, nil, a.getSettings},
		{http.MethodPut, "/application/settings", admin, []param{opt(enforcement, boolean)}, a.updateSettings},
	}
}

type settingsEntity struct {
	ID                       int64  `json:"id"`
	DefaultProjectVisibility string `json:"default_project_visibility"`
	DefaultGroupVisibility   string `json:"default_group_visibility"`
	EnforceInboundScope      bool   `json:"enforce_ci_inbound_job_token_scope_enabled"`
}

func (r *request) settings() settingsEntity {
	return settingsEntity{
		ID: 1, DefaultProjectVisibility: "private", DefaultGroupVisibility: "private",
		EnforceInboundScope: r.state.Settings.EnforceInboundJobTokenScope,
	}
}

func (a *API) getSettings(r *request) (answer, error) { return ok(r.settings()) }

func (a *API) updateSettings(r *request) (answer, error) {
	if err := r.anyGiven(); err != nil {
		return answer{}, err
	}
	enforce := given[bool](r, enforcement)
	if enforce == nil {
		return answer{}, &failure{
			status: http.StatusBadRequest,
			body:   message(map[string][]string{enforcement: {"must be a boolean value"}}),
		}
	}
	r.state.Settings.EnforceInboundJobTokenScope = *enforce
	return ok(r.settings())
}
