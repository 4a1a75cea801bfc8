package conformance

import "fmt"

const (
	shareDocs    = "https://docs.gitlab.com/api/projects/#share-a-project-with-a-group"
	shareSpec    = "spec/services/groups/group_links/create_service_spec.rb"
	sudoDocs     = "https://docs.gitlab.com/api/rest/authentication/#sudo"
	sudoSpec     = "spec/requests/api/helpers_spec.rb"
	keysetDocs   = "https://docs.gitlab.com/api/rest/#keyset-based-pagination"
	keysetSource = "lib/api/helpers/pagination_strategies.rb"
)

// shareRows are about groups that projects and groups are shared with.
func shareRows() []row {
	var rows []row
	for _, of := range []struct{ path, manager, short, taken string }{
		{"/projects/<lib>", "maintainer", "developer", "already shared with this group"}, {"/groups/<group>", "owner", "maintainer", "already been shared with this group"},
	} {
		share := func(level int) call {
			return call{as: "admin", do: "POST " + of.path + "/share", body: fmt.Sprintf(`{"group_id":<away>,"group_access":%d}`, level)}
		}
		by := func(as, body string) call { return call{as: as, do: "POST " + of.path + "/share", body: body} }
		rows = append(rows,
			row{fact: "shared with a group: " + of.path, source: shareDocs, ask: by(of.manager, `{"group_id":<open>,"group_access":30}`), want: answer{status: 201}},
			row{fact: "shared with a role that is none: " + of.path, source: "spec/requests/api/projects_spec.rb", ask: by(of.manager, `{"group_id":<open>,"group_access":1234}`), want: says(400, complaint("group_access does not have a valid value"))},
			row{fact: "what is shared says so: " + of.path, source: shareDocs, given: []call{share(30)}, ask: call{as: "admin", do: "GET " + of.path}, want: says(200, `~"shared_with_groups":[{"group_id":<away>,`)},
			row{fact: "shared twice: " + of.path, source: shareSpec, given: []call{share(30)}, ask: share(30), want: says(409, "~"+of.taken)},
			row{fact: "shared with no group: " + of.path, source: shareSpec, ask: by(of.manager, `{"group_id":999999999,"group_access":30}`), want: answer{status: 404}},
			row{fact: "shared with a group out of sight: " + of.path, source: shareSpec, ask: by(of.manager, `{"group_id":<away>,"group_access":30}`), want: answer{status: 404}},
			row{fact: "shared without a level: " + of.path, source: shareDocs, ask: by(of.manager, `{"group_id":<open>}`), want: says(400, complaint("group_access is missing"))},
			row{fact: "shared without a group: " + of.path, source: shareDocs, ask: by(of.manager, `{"group_access":30}`), want: says(400, complaint("group_id is missing"))},
			row{fact: "no right to share: " + of.path, source: shareDocs, ask: by(of.short, `{"group_id":<open>,"group_access":30}`), want: says(403, forbids)},
			row{fact: "signed out, to share: " + of.path, source: shareDocs, ask: by("", `{"group_id":<open>,"group_access":30}`), want: says(401, unauthorized)},
			row{fact: "a share that ended: " + of.path, source: shareDocs, given: []call{share(30)}, ask: call{as: "admin", do: "DELETE " + of.path + "/share/<away>"}, want: says(204, "empty")},
			row{fact: "no such share: " + of.path, source: "lib/api/projects.rb", ask: call{as: "admin", do: "DELETE " + of.path + "/share/<open>"}, want: says(404, "~Not Found")},
			row{fact: "members of the group have the level: " + of.path, source: shareDocs, given: []call{share(40)}, ask: call{as: "outsider", do: "GET /projects/<lib>/job_token_scope"}, want: says(200, "keys inbound_enabled")},
			row{fact: "and no more than the level: " + of.path, source: shareDocs, given: []call{share(30)}, ask: call{as: "outsider", do: "GET /projects/<lib>/job_token_scope"}, want: says(403, forbids)},
			row{fact: "and nothing once it has ended: " + of.path, source: shareDocs, given: []call{share(30), {as: "admin", do: "DELETE " + of.path + "/share/<away>"}}, ask: call{as: "outsider", do: "GET /projects/<lib>"}, want: says(404, noProject)},
			row{fact: "the groups that are invited: " + of.path, source: "https://docs.gitlab.com/api/projects/#list-all-invited-groups-in-a-project", given: []call{share(30)}, ask: call{as: "admin", do: "GET " + of.path + "/invited_groups"}, want: says(200, "keys id web_url name")},
		)
	}
	return append(rows, projectShareRows()...)
}

// projectShareRows are what projects have beyond groups.
func projectShareRows() []row {
	const (
		linkable = "app/services/concerns/group_linkable.rb"
		creating = "app/services/projects/group_links/create_service.rb"
		policy   = "app/policies/project_group_link_policy.rb"
		api      = "lib/api/projects.rb"
	)
	share := func(as, group string, level int) call {
		return call{as: as, do: "POST /projects/<lib>/share", body: fmt.Sprintf(`{"group_id":<%s>,"group_access":%d}`, group, level)}
	}
	stranger := call{as: "admin", do: "POST /projects/<lib>/members", body: `{"user_id":<user.outsider>,"access_level":40}`}
	elsewhere := []call{
		{as: "admin", do: "PUT /groups/<away>", body: `{"prevent_sharing_groups_outside_hierarchy":true}`},
		{as: "admin", do: "POST /projects", body: `{"name":"of-<group.name>","path":"of-<group.name>","namespace_id":<away>}`, save: "other=id"},
	}
	setting := func(body string) call { return call{as: "admin", do: "PUT /groups/<group>", body: body} }
	read := func(as string) call { return call{as: as, do: "GET /projects/<lib>"} }
	none := says(404, message("Not Found"))
	return []row{
		{fact: "a share with a group that the caller is no member of, public as it is", source: creating, given: []call{stranger}, ask: share("outsider", "open", 30), want: none},
		{fact: "a share that ends says when", source: shareDocs, ask: call{as: "admin", do: "POST /projects/<lib>/share", body: `{"group_id":<away>,"group_access":30,"expires_at":"<day:9>"}`}, want: says(201, `~"expires_at":"<day:9>"`)},
		{fact: "and is listed so", source: "lib/api/entities/shared_group_with_project.rb", given: []call{{as: "admin", do: "POST /projects/<lib>/share", body: `{"group_id":<away>,"group_access":20,"expires_at":"<day:9>"}`}}, ask: read("admin"), want: says(200, `~"group_access_level":20,"expires_at":"<day:9>"`)},
		{fact: "Owner is given by Owners", source: creating, ask: share("maintainer", "open", 50), want: says(403, forbids)},
		{fact: "and by them it is", source: creating, ask: share("admin", "open", 50), want: answer{status: 201}},
		{fact: "a share that gives Owner is ended by Owners", source: policy, given: []call{share("admin", "away", 50)}, ask: call{as: "maintainer", do: "DELETE /projects/<lib>/share/<away>"}, want: answer{status: 403}},
		{fact: "no share with the group a project is in", source: "app/models/project_group_link.rb", ask: share("admin", "group", 30), want: says(409, "~Project cannot be shared with the group it is in or one of its ancestors.")},
		{fact: "a group whose projects are shared with none", source: api, given: []call{setting(`{"share_with_group_lock":true}`)}, ask: share("admin", "away", 30), want: says(400, message("The project sharing with group is disabled"))},
		{fact: "and that says so", source: "https://docs.gitlab.com/api/groups/", given: []call{setting(`{"share_with_group_lock":true}`)}, ask: call{as: "admin", do: "GET /groups/<group>"}, want: says(200, `~"share_with_group_lock":true`)},
		{fact: "no share outside the hierarchy", source: linkable, given: elsewhere, ask: call{as: "admin", do: "POST /projects/<other>/share", body: `{"group_id":<group>,"group_access":30}`}, want: none},
		{fact: "which the top-level group says", source: "lib/api/entities/group_detail.rb", given: elsewhere[:1], ask: call{as: "admin", do: "GET /groups/<away>"}, want: says(200, `~"prevent_sharing_groups_outside_hierarchy":true`)},
		{fact: "a Maintainer sees every share", source: policy, given: []call{share("admin", "away", 30)}, ask: read("maintainer"), want: says(200, `~"shared_with_groups":[{"group_id":<away>,`)},
		{fact: "who is less sees those of groups that they see", source: policy, given: []call{share("admin", "away", 30)}, ask: read("developer"), want: says(200, `~"shared_with_groups":[]`)},
		{fact: "a share is changed by no route", source: api, given: []call{share("admin", "away", 30)}, ask: call{as: "admin", do: "PUT /projects/<lib>/share/<away>", body: `{"group_access":40}`}, want: answer{status: 405}},
	}
}

// granularRows are about fine-grained personal access tokens.
func granularRows() []row {
	const (
		routes  = "https://docs.gitlab.com/auth/tokens/fine_grained_access_tokens_rest/"
		graphql = "https://docs.gitlab.com/auth/tokens/fine_grained_access_tokens_graphql/"
		service = "app/services/authz/tokens/authorize_granular_scopes_service.rb"
		types   = "lib/gitlab/graphql/authz/granular_scope_authorization.rb"
		filter  = "GitLab's shared examples \"authorizing granular token permissions\""
		pending = "GitLab's list of GraphQL mutations and types that are missing granular token authorization"
	)
	grant := func(permissions string) call {
		return call{as: "admin", do: "POST //-/emulator/tokens", body: `{"user":<user.maintainer>,"permissions":[` + permissions + `]}`, save: "secret=token"}
	}
	with := func(fact, source, permissions, do, body string, want answer) row {
		return row{fact: "fine-grained: " + fact, source: source, since: "18.10", given: []call{grant(permissions)}, ask: call{as: "token:<secret>", do: do, body: body}, want: want}
	}
	denied := func(boundary, label string) answer {
		return says(403, `{"error":"insufficient_granular_scope","error_description":"Access denied: This operation requires a fine-grained personal access token with the following `+boundary+` permissions: [`+label+`]."}`)
	}
	const unsupported = `Access denied: This operation doesn't support fine-grained personal access tokens.`
	project := func(fields string) string { return `QUERY {project(fullPath:"<lib.path>"){` + fields + `}}` }
	listed := func(fields string) string {
		return `QUERY {projects(ids:["gid://gitlab/Project/<lib>"]){` + fields + `}}`
	}
	rows := []row{
		with("a project is shown with read_project", graphql, `"read_project"`, project("fullPath"), "", says(200, `{"data":{"project":{"fullPath":"<lib.path>"}}}`)),
		with("a project is null without read_project", types, ``, project("id"), "", says(200, `{"data":{"project":null}}`)),
		with("a list is without what is null", filter, ``, listed("nodes{id}"), "", says(200, `{"data":{"projects":{"nodes":[]}}}`)),
		with("a list holds what is shown", filter, `"read_project"`, listed("nodes{fullPath}"), "", says(200, `{"data":{"projects":{"nodes":[{"fullPath":"<lib.path>"}]}}}`)),
		with("edges are without what is null", filter, ``, listed("edges{node{id}}"), "", says(200, `{"data":{"projects":{"edges":[]}}}`)),
		with("a page has no end", pending, `"read_project"`, listed("nodes{id} pageInfo{hasNextPage}"), "", says(200, `~"data":{"projects":null},"errors":[{"message":"Cannot return null for non-nullable field ProjectConnection.pageInfo"`)),
		with("a group is shown with read_group", graphql, `"read_group"`, `QUERY {group(fullPath:"<group.path>"){fullPath}}`, "", says(200, `{"data":{"group":{"fullPath":"<group.path>"}}}`)),
		with("a group is null without read_group", types, ``, `QUERY {group(fullPath:"<group.path>"){id}}`, "", says(200, `{"data":{"group":null}}`)),
		with("a namespace is null", pending, `"read_group"`, `QUERY {namespace(fullPath:"<group.path>"){id}}`, "", says(200, `{"data":{"namespace":null}}`)),
		with("the allowlist is null, without an error", pending, `"read_project","read_job_token_scope","read_job_token_scope_allowlist"`, project("ciJobTokenScopeAllowlist{projectsAllowlist{nodes{createdAt}}}"), "", says(200, `{"data":{"project":{"ciJobTokenScopeAllowlist":null}}}`)),
		with("the old scope is null", pending, `"read_project","read_job_token_scope"`, project("ciJobTokenScope{inboundAllowlistCount}"), "", says(200, `{"data":{"project":{"ciJobTokenScope":null}}}`)),
		with("the settings are null", pending, `"read_project","read_job_token_scope","update_ci_cd_setting"`, project("ciCdSettings{inboundJobTokenScopeEnabled}"), "", says(200, `{"data":{"project":{"ciCdSettings":null}}}`)),
		with("the authentication log is empty", pending, `"read_project"`, project("ciJobTokenAuthLogs{nodes{lastAuthorizedAt}}"), "", says(200, `{"data":{"project":{"ciJobTokenAuthLogs":{"nodes":[]}}}}`)),
		with("permissions of the user are missing too", pending, `"read_project"`, project("userPermissions{adminProject}"), "", says(200, `~Cannot return null for non-nullable field Project.userPermissions`)),
		with("oneself without read_user", graphql, ``, `QUERY {currentUser{id}}`, "", says(200, `{"data":{"currentUser":null}}`)),
		with("the version with read_metadata", graphql, `"read_metadata"`, `QUERY {metadata{version kas{enabled}}}`, "", says(200, `~"enabled":false`)),
		with("the version without read_metadata", graphql, ``, `QUERY {metadata{version}}`, "", says(200, `{"data":{"metadata":null}}`)),

		with("the role is still asked", service, `"read_resource_access_token"`, "GET /groups/<group>/access_tokens", "", says(401, unauthorized)),
		with("a route without a permission", service, `"read_project","read_user"`, "GET /users", "", says(403, `{"error":"insufficient_granular_scope","error_description":"`+unsupported+`"}`)),
		with("the scopes of the token are one", "https://github.com/jmrplens/gitlab-mcp-server/issues/952", `"read_personal_access_token"`, "GET /personal_access_tokens/self", "", says(200, `~"scopes":["granular"]`)),
	}
	for _, route := range []struct {
		boundary, permission, label, do, body string
		want                                  answer
	}{
		{"project", "read_project", "Project: Read", "GET /projects/<lib>", "", answer{status: 200}},
		{"group", "read_group", "Group: Read", "GET /groups/<group>", "", answer{status: 200}},
		{"user", "read_user", "User: Read", "GET /user", "", answer{status: 200}},
		{"user", "read_personal_access_token", "Personal Access Token: Read", "GET /personal_access_tokens/self", "", answer{status: 200}},
		{"user", "rotate_personal_access_token", "Personal Access Token: Rotate", "POST /personal_access_tokens/self/rotate", "", answer{status: 200}},
		{"instance", "read_metadata", "Metadata: Read", "GET /metadata", "", answer{status: 200}},
		{"project", "read_job_token_scope", "Job Token Scope: Read", "GET /projects/<lib>/job_token_scope", "", answer{status: 200}},
		{"project", "update_job_token_scope", "Job Token Scope: Update", "PATCH /projects/<lib>/job_token_scope", `{"enabled":true}`, answer{status: 204}},
		{"project", "read_job_token_scope_allowlist", "Job Token Scope Allowlist: Read", "GET /projects/<lib>/job_token_scope/allowlist", "", answer{status: 200}},
		{"project", "create_job_token_scope_allowlist", "Job Token Scope Allowlist: Create", "POST /projects/<lib>/job_token_scope/allowlist", `{"target_project_id":<app>}`, answer{status: 201}},
		{"project", "delete_job_token_scope_allowlist", "Job Token Scope Allowlist: Delete", "DELETE /projects/<lib>/job_token_scope/allowlist/<app>", "", answer{status: 400}},
		{"project", "read_member", "Member: Read", "GET /projects/<lib>/members/all/<user.maintainer>", "", answer{status: 200}},
		{"project", "read_deploy_token", "Deploy Token: Read", "GET /projects/<lib>/deploy_tokens", "", answer{status: 200}},
		{"project", "create_deploy_token", "Deploy Token: Create", "POST /projects/<lib>/deploy_tokens", `{"name":"d","scopes":["read_repository"]}`, answer{status: 201}},
		{"project", "delete_deploy_token", "Deploy Token: Delete", "DELETE /projects/<lib>/deploy_tokens/999999999", "", answer{status: 404}},
		{"project", "read_resource_access_token", "Resource Access Token: Read", "GET /projects/<lib>/access_tokens", "", answer{status: 200}},
		{"project", "create_resource_access_token", "Resource Access Token: Create", "POST /projects/<lib>/access_tokens", `{"name":"d","scopes":["api"],"expires_at":"<day:9>"}`, answer{status: 201}},
		{"project", "rotate_resource_access_token", "Resource Access Token: Rotate", "POST /projects/<lib>/access_tokens/999999999/rotate", "", answer{status: 401}},
		{"project", "read_variable", "Variable: Read", "GET /projects/<lib>/variables", "", answer{status: 200}},
		{"project", "create_variable", "Variable: Create", "POST /projects/<lib>/variables", `{"key":"A","value":"x"}`, answer{status: 201}},
		{"project", "update_variable", "Variable: Update", "PUT /projects/<lib>/variables/NONE", `{"value":"x"}`, answer{status: 404}},
		{"project", "delete_variable", "Variable: Delete", "DELETE /projects/<lib>/variables/NONE", "", answer{status: 404}},
	} {
		rows = append(rows,
			with(route.permission+" opens "+route.do, routes, `"`+route.permission+`"`, route.do, route.body, route.want),
			with("without "+route.permission+": "+route.do, routes, ``, route.do, route.body, denied(route.boundary, route.label)),
		)
	}
	const done = `{"data":{"m":{"errors":[]}}}`
	entry := `projectPath:"<lib.path>",targetPath:"<app.path>"`
	member := call{as: "maintainer", do: `QUERY mutation{ciJobTokenScopeAddGroupOrProject(input:{` + entry + `}){errors}}`}
	for _, mutation := range []struct{ permission, label, do, want string }{
		{"create_job_token_scope_allowlist", "Job Token Scope Allowlist: Create", `ciJobTokenScopeAddGroupOrProject(input:{` + entry + `,defaultPermissions:true}){errors}`, `~"data":{"m":{"errors":["This project is already in the job token allowlist."]}}`},
		{"delete_job_token_scope_allowlist", "Job Token Scope Allowlist: Delete", `ciJobTokenScopeRemoveProject(input:{projectPath:"<lib.path>",targetProjectPath:"<app.path>",direction:INBOUND}){errors}`, done},
		{"update_job_token_scope", "Job Token Scope: Update", `ciJobTokenScopeUpdatePolicies(input:{` + entry + `,defaultPermissions:false,jobTokenPolicies:[]}){errors}`, done},
		{"update_ci_cd_setting", "CI/CD Setting: Update", `projectCiCdSettingsUpdate(input:{fullPath:"<lib.path>",pushRepositoryForJobTokenAllowed:true}){errors}`, done},
	} {
		ask := "QUERY mutation{m:" + mutation.do + "}"
		granted := with(mutation.permission+" opens "+mutation.do, graphql, `"`+mutation.permission+`"`, ask, "", says(200, mutation.want))
		refused := with("without "+mutation.permission+": "+mutation.do, graphql, `"read_project"`, ask, "", says(200,
			`~{"data":{"m":null},"errors":[{"message":"Access denied: This operation requires a fine-grained personal access token with the following project permissions: [`+mutation.label+`].",`))
		granted.given, refused.given = append(granted.given, member), append(refused.given, member)
		rows = append(rows, granted, refused)
	}
	shown := with("what a mutation stored is not shown", pending, `"update_ci_cd_setting"`,
		`QUERY mutation{m:projectCiCdSettingsUpdate(input:{fullPath:"<lib.path>",pushRepositoryForJobTokenAllowed:true}){errors ciCdSettings{pushRepositoryForJobTokenAllowed}}}`, "",
		says(200, `~{"data":{"m":null},"errors":[{"message":"Cannot return null for non-nullable field ProjectCiCdSettingsUpdatePayload.ciCdSettings"`))
	return append(rows, shown)
}

// serviceAccountRows are about service accounts, the identity that is nobody's.
func serviceAccountRows() []row {
	const docs = "https://docs.gitlab.com/api/service_accounts/"
	var rows []row
	for _, of := range []string{"/groups/<group>", "/projects/<lib>"} {
		list := of + "/service_accounts"
		made := call{as: "owner", do: "POST " + list, body: `{"name":"deployer"}`, save: "robot=id"}
		token := call{as: "owner", do: "POST " + list + "/<robot>/personal_access_tokens", body: `{"name":"t","scopes":["api"],"expires_at":"<day:20>"}`, save: "secret=token id=id"}
		member := call{as: "owner", do: "POST " + of + "/members", body: `{"user_id":<robot>,"access_level":50}`}
		fact := func(name string, given []call, ask call, want answer) {
			rows = append(rows, row{fact: "service account: " + name + ": " + of, source: docs, since: "18.11", given: given, ask: ask, want: want})
		}
		robot := func(do, body string) call { return call{as: "token:<secret>", do: do, body: body} }
		fact("made by an Owner", nil, call{as: "owner", do: "POST " + list, body: `{}`}, says(201, "keys id username name email"))
		if of == "/groups/<group>" {
			fact("not by a Maintainer", nil, call{as: "maintainer", do: "POST " + list, body: `{}`}, says(403, forbids))
		} else {
			fact("made by a Maintainer", nil, call{as: "maintainer", do: "POST " + list, body: `{}`}, says(201, "keys id username"))
			fact("not by a Developer", nil, call{as: "developer", do: "POST " + list, body: `{}`}, says(403, forbids))
		}
		fact("not signed out", nil, call{do: "POST " + list, body: `{}`}, says(401, unauthorized))
		fact("listed", []call{made}, call{as: "owner", do: "GET " + list}, says(200, "keys id username name"))
		fact("its token", []call{made}, token, says(201, "keys id token expires_at scopes user_id"))
		fact("its tokens are listed, without their secrets", []call{made, token}, call{as: "owner", do: "GET " + list + "/<robot>/personal_access_tokens"}, says(200, "keys id name expires_at scopes active"))
		fact("no token of another", []call{made}, call{as: "owner", do: "POST " + list + "/<user.guest>/personal_access_tokens", body: `{"name":"t","scopes":["api"]}`}, says(404, message("404 User Not Found")))
		fact("a bot in REST", []call{made, token}, robot("GET /user", ""), says(200, `~"bot":true`))
		fact("its type in GraphQL", []call{made, token}, robot(`QUERY {currentUser{type bot human}}`, ""), says(200, `{"data":{"currentUser":{"type":"SERVICE_ACCOUNT","bot":true,"human":false}}}`))
		fact("no role by itself", []call{made, token}, robot("GET /projects/<lib>", ""), says(404, noProject))
		fact("makes access tokens", []call{made, token, member}, robot("POST "+of+"/access_tokens", `{"name":"ci","scopes":["api"],"expires_at":"<day:9>"}`), says(201, "keys token"))
		fact("its token is rotated by the Owner", []call{made, token}, call{as: "owner", do: "POST " + list + "/<robot>/personal_access_tokens/<id>/rotate"}, says(200, "keys token expires_at"))
		fact("rotates itself", []call{made, token}, robot("POST /personal_access_tokens/self/rotate", `{"expires_at":"<day:20>"}`), says(200, `~"expires_at":"<day:20>"`))
		fact("its token is revoked", []call{made, token}, call{as: "owner", do: "DELETE " + list + "/<robot>/personal_access_tokens/<id>"}, says(204, "empty"))
		fact("deleted", []call{made}, call{as: "owner", do: "DELETE " + list + "/<robot>"}, says(204, "empty"))
	}
	return append(rows,
		row{fact: "service account: of the instance", source: docs, since: "18.11", ask: call{as: "admin", do: "POST /service_accounts", body: `{}`}, want: says(201, "keys id username name email")},
		row{fact: "service account: of the instance, for others", source: docs, since: "18.11", ask: call{as: "owner", do: "POST /service_accounts", body: `{}`}, want: says(403, forbids)},
	)
}

// readRows are about who asks and how lists are paged.
func readRows() []row {
	token := func(user, scopes string) call {
		return call{as: "admin", do: "POST /users/" + user + "/personal_access_tokens", body: `{"name":"s","scopes":[` + scopes + `],"expires_at":"<day:9>"}`, save: "secret=token"}
	}
	super := []call{{as: "admin", do: "GET /user", save: "root=id"}, token("<root>", `"api","sudo"`)}
	as := func(do string) call { return call{as: "token:<secret>", do: do} }
	page := func(query string) call { return call{as: "owner", do: "GET /projects?" + query} }
	keyset := "pagination=keyset&order_by=id&per_page=1"
	three := []call{
		{as: "owner", do: "GET /projects/<lib>"}, {as: "owner", do: "GET /projects/<app>"}, {as: "owner", do: "GET /projects/<web>"},
	}
	return []row{
		{fact: "an administrator acts as another, by id", source: sudoDocs, given: super, ask: as("GET /user?sudo=<user.guest>"), want: says(200, `~"id":<user.guest>,`)},
		{fact: "an administrator acts as another, by name", source: sudoDocs, given: super, ask: as("GET /user?sudo=<user.guest.name>"), want: says(200, `~"id":<user.guest>,`)},
		{fact: "and has the rights of the other", source: sudoDocs, given: super, ask: as("GET /projects/<lib>/job_token_scope?sudo=<user.guest>"), want: says(403, forbids)},
		{fact: "sudo as nobody", source: sudoSpec, given: super, ask: as("GET /user?sudo=nobody-there"), want: says(404, message("404 User with ID or username 'nobody-there' Not Found"))},
		{fact: "sudo without the scope", source: sudoSpec, given: []call{super[0], token("<root>", `"api"`)}, ask: as("GET /user?sudo=<user.guest>"), want: says(403, `~"error":"insufficient_scope"`)},
		{fact: "sudo of who is no administrator", source: sudoSpec, ask: call{as: "owner", do: "GET /user?sudo=<user.guest>"}, want: says(403, message("403 Forbidden - Must be admin to use sudo"))},
		{fact: "sudo, signed out", source: sudoSpec, ask: call{do: "GET /user?sudo=<user.guest>"}, want: says(401, unauthorized)},

		{fact: "a keyset page leads on by id_after", source: keysetDocs, given: three, ask: page(keyset + "&sort=asc"), want: answer{status: 200, header: `Link: id_after=`}},
		{fact: "downwards it leads on by id_before", source: keysetDocs, given: three, ask: page(keyset), want: answer{status: 200, header: `Link: id_before=`}},
		{fact: "a keyset page has nothing but a next", source: keysetDocs, given: three, ask: page(keyset), want: answer{status: 200, header: `Link: rel="next"`}},
		{fact: "a page after an id", source: projectDocs, given: three, ask: page("order_by=id&sort=asc&per_page=1&id_after=<app>&search_namespaces=true&search=<group.name>"), want: says(200, `~"id":<web>,`)},
		{fact: "a page before an id", source: projectDocs, given: three, ask: page("order_by=id&per_page=1&id_before=<app>&search_namespaces=true&search=<group.name>"), want: says(200, `~"id":<lib>,`)},
		{fact: "a keyset page of another order", source: keysetSource, ask: page("pagination=keyset&order_by=name"), want: says(405, complaint("Keyset pagination is not yet available for this type of request"))},
		{fact: "a keyset page of another list", source: keysetSource, ask: call{as: "owner", do: "GET /projects/<lib>/deploy_tokens?pagination=keyset"}, want: says(405, complaint("Keyset pagination is not yet available for this type of request"))},
		{fact: "offset pages end", source: keysetSource, ask: page("page=501&per_page=100"), want: says(405, complaint("Offset pagination has a maximum allowed offset of 50000 for requests that return objects of type Project. Remaining records can be retrieved using keyset pagination."))},
		{fact: "the last offset page", source: keysetSource, ask: page("page=500&per_page=100"), want: says(200, `[]`)},
		{fact: "a search in namespaces", source: projectDocs, ask: page("search=<lib.path>&search_namespaces=true"), want: says(200, `~"id":<lib>,`)},
		{fact: "groups without some", source: groupDocs, ask: call{as: "owner", do: "GET /groups?search=<group.path>&skip_groups[]=<group>"}, want: says(200, `[]`)},
	}
}
