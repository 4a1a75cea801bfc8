package rules

import (
	"maps"
	"slices"
	"strings"
)

// scopeRoutes are the permissions of the routes of one object, by method and path below
// the project or group.
type scopeRoutes map[string]string

// routePermissions are the permissions that routes ask of a fine-grained personal access
// token, as route settings of GitLab 19.1 and the page "Fine-grained permissions for REST
// API" name them. A route that is not listed is closed to such tokens.
var routePermissions = permissionsOfRoutes()

func permissionsOfRoutes() map[string]string {
	routes := map[string]string{
		"GET /metadata": "read_metadata", "GET /version": "read_metadata", "GET /user": "read_user",
		"GET /projects/:id": "read_project", "GET /groups/:id": "read_group",
		"GET /personal_access_tokens/self": "read_personal_access_token", "POST /personal_access_tokens/self/rotate": "rotate_personal_access_token",
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
		of(parent+"/members", "member", scopeRoutes{"GET ": "read", "GET /all": "read", "GET /:user_id": "read", "GET /all/:user_id": "read"})
		of(parent+"/variables", "variable", scopeRoutes{"GET ": "read", "POST ": "create", "GET /:key": "read", "PUT /:key": "update", "DELETE /:key": "delete"})
		of(parent+"/deploy_tokens", "deploy_token", scopeRoutes{"GET ": "read", "POST ": "create", "GET /:token_id": "read", "DELETE /:token_id": "delete"})
		of(parent+"/access_tokens", "resource_access_token", scopeRoutes{
			"GET ": "read", "POST ": "create", "GET /:token_id": "read", "DELETE /:token_id": "delete", "POST /:token_id/rotate": "rotate",
		})
	}
	return routes
}

// mutationPermissions are those of GraphQL mutations, from the page "Fine-grained
// permissions for GraphQL API".
var mutationPermissions = map[string]string{
	"ciJobTokenScopeAddGroupOrProject": "create_job_token_scope_allowlist",
	"ciJobTokenScopeAddProject":        "create_job_token_scope_allowlist",
	"ciJobTokenScopeRemoveGroup":       "delete_job_token_scope_allowlist",
	"ciJobTokenScopeRemoveProject":     "delete_job_token_scope_allowlist",
	"ciJobTokenScopeUpdatePolicies":    "update_job_token_scope",
	"projectCiCdSettingsUpdate":        "update_ci_cd_setting",
}

// typePermissions are the permissions that show GraphQL types, from the same page.
var typePermissions = map[string]string{
	"Project": "read_project", "Group": "read_group", "CurrentUser": "read_user", "UserCore": "read_user", "Metadata": "read_metadata", "Kas": "read_metadata",
}

// concealedTypes are the GraphQL types that declare no permission yet, so that a
// fine-grained token sees null in their place.
var concealedTypes = []string{
	"CiJobTokenScopeAllowlist", "CiJobTokenScopeAllowlistEntry", "CiJobTokenAccessibleProject", "CiJobTokenAccessibleGroup",
	"CiJobTokenScopeType", "CiJobTokenAuthLog", "ProjectCiCdSetting", "CiCdSettings", "Namespace", "AccessLevel",
	"ProjectPermissions", "GroupPermissions", "NamespacePermissions", "PageInfo", "QueryComplexity",
}

// IsGranularPermission says whether something that is served asks for a permission.
func IsGranularPermission(name string) bool {
	for _, asked := range []map[string]string{routePermissions, mutationPermissions, typePermissions} {
		if slices.Contains(slices.Collect(maps.Values(asked)), name) {
			return true
		}
	}
	return false
}

// IsGranular says whether the caller's token is a fine-grained personal access token.
func (c Caller) IsGranular() bool { return c.Token != nil && c.Token.Permissions != nil }

// RouteDenied is GitLab's sentence to a fine-grained token that may not use a route; "" is
// none.
func (c Caller) RouteDenied(method, path string) string {
	boundary := "instance"
	switch {
	case strings.HasPrefix(path, "/projects/"):
		boundary = "project"
	case strings.HasPrefix(path, "/groups/"):
		boundary = "group"
	case strings.HasPrefix(path, "/user"), strings.HasPrefix(path, "/personal_access_tokens"):
		boundary = "user"
	}
	return c.denied(routePermissions[method+" "+path], boundary)
}

// MutationDenied is GitLab's sentence to a fine-grained token that may not use a mutation;
// "" is none. All mutations that are served are about a project.
func (c Caller) MutationDenied(field string) string {
	return c.denied(mutationPermissions[field], "project")
}

func (c Caller) denied(permission, boundary string) string {
	switch {
	case !c.IsGranular() || permission != "" && slices.Contains(c.Token.Permissions, permission):
		return ""
	case permission == "":
		return "Access denied: This operation doesn't support fine-grained personal access tokens."
	}
	return "Access denied: This operation requires a fine-grained personal access token with the following " + boundary +
		" permissions: [" + permissionLabel(permission) + "]."
}

// permissionLabel is a permission as GitLab shows it: read_job_token_scope is "Job Token
// Scope: Read".
func permissionLabel(permission string) string {
	action, resource, _ := strings.Cut(permission, "_")
	if resource == "ci_cd_setting" {
		return "CI/CD Setting: " + titleized(action)
	}
	return titleized(resource) + ": " + titleized(action)
}

func titleized(name string) string {
	words := strings.Split(name, "_")
	for i, word := range words {
		words[i] = strings.ToUpper(word[:1]) + word[1:]
	}
	return strings.Join(words, " ")
}

// Conceals says whether a GraphQL type is null to the caller.
func (c Caller) Conceals(typeName string) bool {
	if !c.IsGranular() {
		return false
	}
	if permission, declared := typePermissions[typeName]; declared {
		return !slices.Contains(c.Token.Permissions, permission)
	}
	return slices.Contains(concealedTypes, typeName)
}
