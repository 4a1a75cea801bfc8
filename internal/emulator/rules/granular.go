package rules

import (
	"slices"
	"strings"
)

// scopeRoutes are the permissions of the routes of one object, by method and path below
// the project or group.
type scopeRoutes map[string]string

// routePermissions are the permissions that routes ask of a fine-grained personal access
// token, as route settings of GitLab 19.1 name them. A route that is not listed is closed
// to such tokens: its permission was not read.
var routePermissions = permissionsOfRoutes()

func permissionsOfRoutes() map[string]string {
	routes := map[string]string{
		"GET /metadata": "read_metadata", "GET /version": "read_metadata", "GET /user": "read_user",
		"GET /projects/:id": "read_project", "GET /groups/:id": "read_group",
	}
	of := func(path, object string, permissions scopeRoutes) {
		for route, action := range permissions {
			method, below, _ := strings.Cut(route, " ")
			routes[method+" "+path+below] = action + "_" + object
		}
	}
	const scope = "/projects/:id/job_token_scope"
	of(scope, "job_token_scope", scopeRoutes{"GET ": "read", "PATCH ": "update"})
	of(scope, "job_token_scope_allowlist", scopeRoutes{
		"GET /allowlist": "read", "POST /allowlist": "create", "DELETE /allowlist/:target_project_id": "delete",
		"GET /groups_allowlist": "read", "POST /groups_allowlist": "create", "DELETE /groups_allowlist/:target_group_id": "delete",
	})
	for _, parent := range []string{"/projects/:id", "/groups/:id"} {
		of(parent+"/members/all", "member", scopeRoutes{"GET ": "read"})
		of(parent+"/deploy_tokens", "deploy_token", scopeRoutes{"GET ": "read", "POST ": "create", "GET /:token_id": "read", "DELETE /:token_id": "delete"})
		of(parent+"/access_tokens", "resource_access_token", scopeRoutes{
			"GET ": "read", "POST ": "create", "GET /:token_id": "read", "DELETE /:token_id": "delete", "POST /:token_id/rotate": "rotate",
		})
	}
	return routes
}

// concealedTypes are the GraphQL types that declare no permission yet, so that a
// fine-grained token sees null in their place.
var concealedTypes = []string{
	"CiJobTokenScopeAllowlist", "CiJobTokenScopeAllowlistEntry", "CiJobTokenAccessibleProject", "CiJobTokenAccessibleGroup",
	"CiJobTokenAuthLog", "Namespace", "CiProjectVariable", "PageInfo",
}

// IsGranular says whether the caller's token is a fine-grained personal access token.
func (c Caller) IsGranular() bool { return c.Token != nil && c.Token.Permissions != nil }

// Lacks gives the permission that a route asks of a fine-grained token and that the
// caller's does not have; "" is none.
func (c Caller) Lacks(method, path string) string {
	if !c.IsGranular() {
		return ""
	}
	needed, known := routePermissions[method+" "+path]
	switch {
	case !known:
		return "(none that could be granted)"
	case slices.Contains(c.Token.Permissions, needed):
		return ""
	}
	return needed
}

// Conceals says whether a GraphQL type is null to the caller.
func (c Caller) Conceals(typeName string) bool {
	switch {
	case !c.IsGranular():
		return false
	case typeName == "Project":
		return !slices.Contains(c.Token.Permissions, "read_project")
	}
	return slices.Contains(concealedTypes, typeName)
}

// AccessDenied is the sentence to a fine-grained token without a permission. That it
// names the permissions is known, its words are not.
func AccessDenied(permission string) string {
	return "Access denied: This operation requires a fine-grained personal access token with the following permissions: [" + permission + "]."
}
