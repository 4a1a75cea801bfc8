package rest

import (
	"slices"
	"strings"
)

// scopesBeside are the scopes that open a route beside api and, for reading,
// read_api. nil opens it to every token.
var scopesBeside = map[string][]string{
	"GET /user":                        {"read_user"},
	"GET /users":                       {"read_user"},
	"GET /users/:user_id":              {"read_user"},
	"GET /personal_access_tokens/self": nil,
	"GET /projects/:id/repository/files/:file_path/raw": {"read_repository"},
	"POST /personal_access_tokens/self/rotate":          {"self_rotate"},
	"POST /projects/:id/access_tokens/self/rotate":      {"self_rotate"},
	"POST /groups/:id/access_tokens/self/rotate":        {"self_rotate"},
}

// scopeAllows refuses tokens without a scope for the route, and names those that
// would do.
func (r *request) scopeAllows(reads bool) error {
	scopes := []string{"api"}
	if reads {
		scopes = append(scopes, "read_api")
	}
	others, listed := scopesBeside[r.endpoint.method+" "+r.endpoint.path]
	if !r.caller.SignedIn() || r.caller.IsGranular() || listed && others == nil {
		return nil
	}
	scopes = slices.Concat(scopes, others)
	if r.caller.HasScope(scopes...) {
		return nil
	}
	return insufficientScope(strings.Join(scopes, " "))
}
