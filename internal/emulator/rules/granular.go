package rules

import "slices"

// restPermissions are the permissions that routes ask of a fine-grained personal access
// token, as route settings of GitLab 19.1 name them. A route that is not listed is closed
// to such tokens: its permission was not read.
var restPermissions = map[string]string{
	"GET /metadata": "read_metadata",
	"GET /version":  "read_metadata",
	"GET /user":     "read_user",

	"GET /projects/:id":             "read_project",
	"GET /groups/:id":               "read_group",
	"GET /projects/:id/members/all": "read_member",
	"GET /groups/:id/members/all":   "read_member",

	"GET /projects/:id/job_token_scope":                                      "read_job_token_scope",
	"PATCH /projects/:id/job_token_scope":                                    "update_job_token_scope",
	"GET /projects/:id/job_token_scope/allowlist":                            "read_job_token_scope_allowlist",
	"POST /projects/:id/job_token_scope/allowlist":                           "create_job_token_scope_allowlist",
	"DELETE /projects/:id/job_token_scope/allowlist/:target_project_id":      "delete_job_token_scope_allowlist",
	"GET /projects/:id/job_token_scope/groups_allowlist":                     "read_job_token_scope_allowlist",
	"POST /projects/:id/job_token_scope/groups_allowlist":                    "create_job_token_scope_allowlist",
	"DELETE /projects/:id/job_token_scope/groups_allowlist/:target_group_id": "delete_job_token_scope_allowlist",
}

func init() {
	for _, kind := range []string{"/projects", "/groups"} {
		for list, name := range map[string]string{"deploy_tokens": "deploy_token", "access_tokens": "resource_access_token"} {
			path := kind + "/:id/" + list
			restPermissions["GET "+path] = "read_" + name
			restPermissions["POST "+path] = "create_" + name
			restPermissions["GET "+path+"/:token_id"] = "read_" + name
			restPermissions["DELETE "+path+"/:token_id"] = "delete_" + name
		}
		restPermissions["POST "+kind+"/:id/access_tokens/:token_id/rotate"] = "rotate_resource_access_token"
	}
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
	needed, known := restPermissions[method+" "+path]
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
