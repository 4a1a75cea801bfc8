package conformance

import (
	"fmt"
	"strings"
)

func memberRows() []row {
	var rows []row
	const deployments = `{"name":"ci","scopes":["read_repository"]}`
	const token = `{"name":"ci","scopes":["read_api"],"access_level":10,"expires_at":"<day:30>"}`
	for _, of := range []struct{ path, manager, short string }{{"/projects/<lib>", "maintainer", "developer"}, {"/groups/<group>", "owner", "maintainer"}} {
		list := of.path + "/members"
		invite := func(body string) call { return call{as: of.manager, do: "POST " + list, body: body} }
		rows = append(rows,
			row{fact: "a new member by user_id: " + list, source: memberDocs, ask: invite(`{"user_id":<user.outsider>,"access_level":20}`), want: says(201, "keys id username name state access_level created_at expires_at membership_state")},
			row{fact: "a new member by username: " + list, source: "spec/requests/api/members_spec.rb", ask: invite(`{"username":"<user.outsider.name>","access_level":20}`), want: says(201, `~"access_level":20`)},
			row{fact: "neither user_id nor username: " + list, source: "lib/api/members.rb", ask: invite(`{"access_level":20}`), want: says(400, "~user_id, username are missing")},
			row{fact: "both user_id and username: " + list, source: "lib/api/members.rb", ask: invite(`{"user_id":1,"username":"a","access_level":20}`), want: says(400, complaint("user_id, username are mutually exclusive"))},
			row{fact: "several members at once: " + list, source: "spec/requests/api/members_spec.rb", ask: invite(`{"user_id":"<user.outsider>,<user.guest>","access_level":40}`), want: says(201, `{"status":"success"}`)},
			row{fact: "a member who is there: " + list, source: "spec/requests/api/members_spec.rb", given: []call{invite(`{"user_id":<user.outsider>,"access_level":20}`)}, ask: invite(`{"user_id":<user.outsider>,"access_level":20}`), want: says(409, message("Member already exists"))},
			row{fact: "no such user: " + list, source: "spec/requests/api/members_spec.rb", ask: invite(`{"user_id":999999999,"access_level":20}`), want: says(404, message("404 User Not Found"))},
			row{fact: "no level: " + list, source: memberDocs, ask: invite(`{"user_id":<user.outsider>}`), want: says(400, complaint("access_level is missing"))},
			row{fact: "no such level: " + list, source: "spec/requests/api/members_spec.rb", ask: invite(`{"user_id":<user.outsider>,"access_level":1234}`), want: says(400, "~is not included in the list")},
			row{fact: "a role below the inherited one: " + list, source: "app/models/member.rb", ask: invite(`{"user_id":<user.maintainer>,"access_level":10}`), want: says(400, "~should be greater than or equal to Maintainer inherited membership from group")},
			row{fact: "no right to invite: " + list, source: "spec/requests/api/members_spec.rb", ask: call{as: of.short, do: "POST " + list, body: `{"user_id":<user.outsider>,"access_level":20}`}, want: says(403, forbids)},
			row{fact: "no such member: " + list, source: "spec/requests/api/members_spec.rb", ask: call{as: of.manager, do: "GET " + list + "/999999999"}, want: says(404, noRecord)},
			row{fact: "all members hold the inherited: " + list, source: memberDocs, ask: call{as: of.manager, do: "GET " + list + "/all/<user.guest>"}, want: says(200, `~"access_level":10`)},
			row{fact: "a member who left: " + list, source: memberDocs, given: []call{invite(`{"user_id":<user.outsider>,"access_level":20}`)}, ask: call{as: of.manager, do: "DELETE " + list + "/<user.outsider>"}, want: says(204, "empty")},
		)
		role := func(ability string) []call {
			return []call{
				{as: "admin", do: "POST /member_roles", body: `{"name":"custom","base_access_level":30,"` + ability + `":true}`, save: "role=id"},
				{as: "admin", do: "POST " + list, body: `{"user_id":<user.outsider>,"access_level":30,"member_role_id":<role>}`},
			}
		}
		access := "manage_project_access_tokens"
		if strings.HasPrefix(of.path, "/groups") {
			access = "manage_group_access_tokens"
		}
		asOutsider := func(do, body string) call { return call{as: "outsider", do: do, body: body} }
		rows = append(rows,
			row{fact: "a member of a custom role: " + list, source: memberDocs, given: role("manage_deploy_tokens"), ask: call{as: of.manager, do: "GET " + list + "/<user.outsider>"}, want: says(200, `~"member_role":{`)},
			row{fact: "a custom role shows its abilities: " + list, source: memberRoleDocs, given: role("manage_deploy_tokens"), ask: call{as: of.manager, do: "GET " + list + "/<user.outsider>"}, want: says(200, `~"manage_deploy_tokens":true`)},
			row{fact: "manage_deploy_tokens lists them: " + list, source: customRoles, given: role("manage_deploy_tokens"), ask: asOutsider("GET "+of.path+"/deploy_tokens", ""), want: says(200, `[]`)},
			row{fact: "manage_deploy_tokens makes them: " + list, source: customRoles, given: role("manage_deploy_tokens"), ask: asOutsider("POST "+of.path+"/deploy_tokens", deployments), want: says(201, "keys token")},
			row{fact: "manage_deploy_tokens is no right to variables: " + list, source: customRoles, given: role("manage_deploy_tokens"), ask: asOutsider("GET "+of.path+"/variables", ""), want: says(403, forbids)},
			row{fact: access + " makes tokens: " + list, source: customRoles, given: role(access), ask: asOutsider("POST "+of.path+"/access_tokens", token), want: says(201, "keys token")},
			row{fact: access + " lists tokens: " + list, source: customRoles, given: role(access), ask: asOutsider("GET "+of.path+"/access_tokens", ""), want: says(200, `[]`)},
			row{fact: "admin_cicd_variables makes them: " + list, source: customRoles, given: role("admin_cicd_variables"), ask: asOutsider("POST "+of.path+"/variables", `{"key":"A","value":"x"}`), want: says(201, `~"key":"A"`)},
			row{fact: "a custom role without the ability: " + list, source: customRoles, given: role("admin_push_rules"), ask: asOutsider("GET "+of.path+"/deploy_tokens", ""), want: says(403, forbids)},
		)
	}
	return append(rows,
		row{fact: "a custom role is no right to the allowlist", source: customRoles, given: []call{
			{as: "admin", do: "POST /member_roles", body: `{"name":"custom","base_access_level":30,"manage_deploy_tokens":true}`, save: "role=id"},
			{as: "admin", do: "POST /projects/<lib>/members", body: `{"user_id":<user.outsider>,"access_level":30,"member_role_id":<role>}`},
		}, ask: call{as: "outsider", do: "GET /projects/<lib>/job_token_scope"}, want: says(403, forbids)},
		row{fact: "custom roles are the administrators'", source: memberRoleDocs, ask: call{as: "owner", do: "POST /member_roles", body: `{"name":"custom","base_access_level":30}`}, want: says(403, forbids)},
		row{fact: "a custom role has a base", source: memberRoleDocs, ask: call{as: "admin", do: "POST /member_roles", body: `{"name":"custom"}`}, want: says(400, complaint("base_access_level is missing"))},
	)
}

func projectRows() []row {
	return []row{
		{fact: "a project", source: projectDocs, ask: call{as: "guest", do: "GET /projects/<lib>"}, want: says(200, "keys id name path path_with_namespace namespace visibility archived marked_for_deletion_at web_url permissions")},
		{fact: "a project by its path", source: projectDocs, ask: call{as: "guest", do: "GET /projects/<lib.url>"}, want: says(200, `~"id":<lib>,`)},
		{fact: "a project out of sight", source: projectDocs, ask: call{as: "outsider", do: "GET /projects/<lib>"}, want: says(404, noProject)},
		{fact: "no such project", source: projectDocs, ask: call{as: "owner", do: "GET /projects/999999999"}, want: says(404, noProject)},
		{fact: "a private project, signed out", source: projectDocs, ask: call{do: "GET /projects/<lib>"}, want: says(404, noProject)},
		{fact: "a public project, signed out", source: projectDocs, ask: call{do: "GET /projects/<public>"}, want: says(200, `~"id":<public>,`)},
		{fact: "an internal project, signed out", source: projectDocs, ask: call{do: "GET /projects/<internal>"}, want: says(404, noProject)},
		{fact: "an internal project, signed in", source: projectDocs, ask: call{as: "outsider", do: "GET /projects/<internal>"}, want: says(200, `~"id":<internal>,`)},
		{fact: "an old path leads on", source: "spec/requests/api/projects_spec.rb", given: []call{{as: "owner", do: "GET /projects/<lib>", save: "old=path"}, {as: "owner", do: "PUT /projects/<lib>", body: `{"path":"moved"}`}}, ask: call{as: "owner", do: "GET /projects/<group.url>%2F<old>"}, want: answer{status: 301, header: "Location: /api/v4/projects/<lib>"}},
		{fact: "an old path takes no write", source: "lib/api/helpers.rb", given: []call{{as: "owner", do: "GET /projects/<lib>", save: "old=path"}, {as: "owner", do: "PUT /projects/<lib>", body: `{"path":"moved"}`}}, ask: call{as: "owner", do: "PUT /projects/<group.url>%2F<old>", body: `{"description":"d"}`}, want: says(405, message("Non GET methods are not allowed for moved projects"))},
		{fact: "a project scheduled for deletion stays", source: projectDocs, since: "18.0", given: []call{{as: "owner", do: "DELETE /projects/<lib>"}}, ask: call{as: "owner", do: "GET /projects/<lib>"}, want: says(200, `~-deletion_scheduled-<lib>"`)},
		{fact: "a group", source: groupDocs, ask: call{as: "guest", do: "GET /groups/<group>"}, want: says(200, "keys id name path full_path parent_id visibility web_url")},
		{fact: "a group out of sight", source: groupDocs, ask: call{as: "outsider", do: "GET /groups/<group>"}, want: says(404, noGroup)},
		{fact: "no such group", source: groupDocs, ask: call{as: "owner", do: "GET /groups/999999999"}, want: says(404, noGroup)},
		{fact: "an unknown route", source: restDocs, ask: call{as: "owner", do: "GET /nowhere"}, want: says(404, complaint("404 Not Found"))},
		{fact: "the caller", source: "https://docs.gitlab.com/api/users/", ask: call{as: "guest", do: "GET /user"}, want: says(200, "keys id username name state")},
		{fact: "the caller, signed out", source: "https://docs.gitlab.com/api/users/", ask: call{do: "GET /user"}, want: says(401, unauthorized)},
		{fact: "the caller's token", source: "https://docs.gitlab.com/api/personal_access_tokens/", ask: call{as: "guest", do: "GET /personal_access_tokens/self"}, want: says(200, "keys id name revoked scopes user_id active expires_at")},
		{fact: "a token as bearer", source: "https://docs.gitlab.com/api/rest/authentication/", given: []call{{as: "admin", do: "POST /users/<user.guest>/personal_access_tokens", body: `{"name":"b","scopes":["read_api"],"expires_at":"<day:9>"}`, save: "secret=token"}}, ask: call{as: "bearer:<secret>", do: "GET /projects/<lib>"}, want: says(200, `~"id":<lib>,`)},
		{fact: "a reading token does not write", source: "https://docs.gitlab.com/api/rest/authentication/", given: []call{{as: "admin", do: "POST /users/<user.owner>/personal_access_tokens", body: `{"name":"b","scopes":["read_api"],"expires_at":"<day:9>"}`, save: "secret=token"}}, ask: call{as: "token:<secret>", do: "PUT /projects/<lib>", body: `{"description":"d"}`}, want: says(403, `~"error":"insufficient_scope"`)},
		{fact: "an update of nothing", source: "lib/api/projects.rb", ask: call{as: "owner", do: "PUT /projects/<lib>", body: `{}`}, want: says(400, "~at least one parameter must be provided")},
		{fact: "the metadata", source: "https://docs.gitlab.com/api/metadata/", ask: call{as: "guest", do: "GET /metadata"}, want: says(200, "keys version revision enterprise")},
		{fact: "the version, signed out", source: "https://docs.gitlab.com/api/version/", ask: call{do: "GET /version"}, want: says(401, unauthorized)},
		{fact: "an archived project takes entries", source: "config/authz/permission_groups/internal/project/archived.yml", given: []call{{as: "owner", do: "POST /projects/<lib>/archive"}}, ask: call{as: "maintainer", do: "POST /projects/<lib>/job_token_scope/allowlist", body: `{"target_project_id":<app>}`}, want: says(201, `{"source_project_id":<lib>,"target_project_id":<app>}`)},
		{fact: "an archived project takes deploy tokens", source: "config/authz/permission_groups/internal/project/archived.yml", given: []call{{as: "owner", do: "POST /projects/<lib>/archive"}}, ask: call{as: "maintainer", do: "POST /projects/<lib>/deploy_tokens", body: `{"name":"d","scopes":["read_repository"]}`}, want: says(201, "keys token")},
		{fact: "an archived project takes access tokens", source: "config/authz/permission_groups/internal/project/archived.yml", given: []call{{as: "owner", do: "POST /projects/<lib>/archive"}}, ask: call{as: "maintainer", do: "POST /projects/<lib>/access_tokens", body: `{"name":"d","scopes":["api"],"expires_at":"<day:9>"}`}, want: says(201, "keys token")},
		{fact: "an archived project takes variables", source: "config/authz/permission_groups/internal/project/archived.yml", given: []call{{as: "owner", do: "POST /projects/<lib>/archive"}}, ask: call{as: "maintainer", do: "POST /projects/<lib>/variables", body: `{"key":"A","value":"x"}`}, want: says(201, `~"key":"A"`)},
		{fact: "an archived project takes no release", source: "config/authz/permission_groups/internal/project/archived.yml", given: []call{{as: "owner", do: "POST /projects/<lib>/archive"}}, ask: call{as: "owner", do: "POST /projects/<lib>/releases", body: `{"tag_name":"v1","ref":"main"}`}, want: says(403, forbids)},
		{fact: "an archived project takes no package", source: "config/authz/permission_groups/internal/project/archived.yml", given: []call{{as: "owner", do: "POST /projects/<lib>/archive"}}, ask: call{as: "owner", do: "PUT /projects/<lib>/packages/generic/tool/1.0/tool.txt", body: "content"}, want: says(403, forbids)},
		{fact: "an archived project is not transferred", source: "config/authz/permission_groups/internal/project/archived.yml", given: []call{{as: "owner", do: "POST /projects/<lib>/archive"}}, ask: call{as: "owner", do: "PUT /projects/<lib>/transfer", body: `{"namespace":"<open>"}`}, want: says(403, forbids)},
	}
}

// packageFile is a file of the generic registry in a project.
func packageFile(project string) string {
	return "/projects/" + project + "/packages/generic/tool/1.0/tool.txt"
}

func packageRows() []row {
	publish := func(project string) call {
		return call{as: "owner", do: "PUT " + packageFile(project), body: "content"}
	}
	deploy := func(project, scope string) call {
		return call{as: "owner", do: "POST /projects/" + project + "/deploy_tokens", body: `{"name":"d","username":"robot","scopes":["` + scope + `"]}`, save: "secret=token"}
	}
	const challenge = `WWW-Authenticate: Basic realm="GitLab Packages Registry"`
	get, put := "GET "+packageFile("<lib>"), "PUT "+packageFile("<lib>")
	rows := []row{
		{fact: "a published file", source: packageSpec, ask: publish("<lib>"), want: says(201, message("201 Created"))},
		{fact: "a downloaded file", source: packageSpec, given: []call{publish("<lib>")}, ask: call{as: "reporter", do: get}, want: says(200, "content")},
		{fact: "no such file", source: packageSpec, ask: call{as: "reporter", do: get}, want: answer{status: 404}},
		{fact: "a Guest downloads nothing", source: packageSpec, given: []call{publish("<lib>")}, ask: call{as: "guest", do: get}, want: says(403, forbids)},
		{fact: "a Reporter publishes nothing", source: packageSpec, ask: call{as: "reporter", do: put, body: "x"}, want: says(403, forbids)},
		{fact: "a private registry, signed out", source: packageSpec, ask: call{do: get}, want: answer{401, unauthorized, challenge}},
		{fact: "a private registry, signed out, to publish", source: packageSpec, ask: call{do: put, body: "x"}, want: answer{401, unauthorized, challenge}},
		{fact: "a private registry out of sight", source: packageSpec, ask: call{as: "outsider", do: get}, want: says(404, nothing)},
		{fact: "a registry of no project", source: packageSpec, ask: call{as: "owner", do: "GET " + packageFile("999999999")}, want: says(404, nothing)},
		{fact: "a public registry, signed out", source: packageSpec, given: []call{publish("<public>")}, ask: call{do: "GET " + packageFile("<public>")}, want: says(200, "content")},
		{fact: "a private registry to a job that is not let in", source: packageSpec, given: []call{publish("<lib>")}, ask: call{as: "job:app:developer", do: get}, want: says(404, nothing)},
		{fact: "a private registry to a job that is not let in, to publish", source: packageSpec, ask: call{as: "job:app:developer", do: put, body: "x"}, want: says(404, nothing)},
		{fact: "a private registry to a job by basic authentication", source: packageSpec, given: []call{publish("<lib>")}, ask: call{as: "jobgit:app:developer", do: get}, want: says(404, nothing)},
		{fact: "a private registry to a job of no member", source: packageSpec, given: []call{publish("<lib>"), enter("<app>")}, ask: call{as: "job:app:outsider", do: get}, want: says(404, nothing)},
		{fact: "a private registry to a job on the list", source: packageSpec, given: []call{publish("<lib>"), enter("<app>")}, ask: call{as: "job:app:developer", do: get}, want: says(200, "content")},
		{fact: "a public registry to any job", source: packageSpec, given: []call{publish("<public>")}, ask: call{as: "job:app:outsider", do: "GET " + packageFile("<public>")}, want: says(200, "content")},
		{fact: "an internal registry to any job", source: packageSpec, given: []call{publish("<internal>")}, ask: call{as: "job:app:outsider", do: "GET " + packageFile("<internal>")}, want: says(200, "content")},
	}
	for _, by := range []string{"deploy:<secret>", "basic:robot:<secret>"} {
		named := func(fact string) string { return fact + ", " + strings.Split(by, ":")[0] }
		rows = append(rows,
			row{fact: named("a deploy token that reads"), source: packageSpec, given: []call{publish("<lib>"), deploy("<lib>", "read_package_registry")}, ask: call{as: by, do: get}, want: says(200, "content")},
			row{fact: named("a deploy token that reads does not write"), source: packageSpec, given: []call{deploy("<lib>", "read_package_registry")}, ask: call{as: by, do: put, body: "x"}, want: says(403, forbids)},
			row{fact: named("a deploy token that writes"), source: packageSpec, given: []call{deploy("<lib>", "write_package_registry")}, ask: call{as: by, do: put, body: "x"}, want: says(201, message("201 Created"))},
			row{fact: named("a deploy token that writes reads as well"), source: projectPolicy, given: []call{publish("<lib>"), deploy("<lib>", "write_package_registry")}, ask: call{as: by, do: get}, want: says(200, "content")},
			row{fact: named("a deploy token for other things"), source: projectPolicy, given: []call{publish("<lib>"), deploy("<lib>", "read_repository")}, ask: call{as: by, do: get}, want: says(403, forbids)},
			row{fact: named("a group's deploy token"), source: packageSpec, given: []call{publish("<lib>"), {as: "owner", do: "POST /groups/<group>/deploy_tokens", body: `{"name":"d","username":"robot","scopes":["read_package_registry"]}`, save: "secret=token"}}, ask: call{as: by, do: get}, want: says(200, "content")},
			row{fact: named("a deploy token of another project"), source: packageSpec, given: []call{publish("<lib>"), deploy("<app>", "read_package_registry")}, ask: call{as: by, do: get}, want: says(404, nothing)},
		)
	}
	return append(rows,
		row{fact: "an unknown deploy token", source: packageSpec, ask: call{as: "deploy:gldt-none", do: get}, want: says(401, unauthorized)},
		row{fact: "a deploy token under another name", source: packageSpec, given: []call{deploy("<lib>", "read_package_registry")}, ask: call{as: "basic:other:<secret>", do: get}, want: says(401, unauthorized)},
		row{fact: "an expired deploy token", source: packageSpec, given: []call{{as: "owner", do: "POST /projects/<lib>/deploy_tokens", body: `{"name":"d","scopes":["read_package_registry"],"expires_at":"2020-01-01"}`, save: "secret=token"}}, ask: call{as: "deploy:<secret>", do: get}, want: says(401, unauthorized)},
	)
}

// enter puts a project on the list of <lib>.
func enter(target string) call {
	return call{as: "admin", do: "POST /projects/<lib>/job_token_scope/allowlist", body: `{"target_project_id":` + target + `}`}
}

// permit makes an entry of <lib> for <app> with permissions alone.
func permit(permissions string) call {
	return query("admin", `mutation{a:ciJobTokenScopeAddGroupOrProject(input:{projectPath:"<lib.path>",targetPath:"<app.path>",defaultPermissions:false,jobTokenPolicies:[`+permissions+`]}){errors}}`)
}

func jobTokenRows() []row {
	const release = `{"tag_name":"v1","ref":"main"}`
	file := func(project string) string { return "GET /projects/" + project + "/repository/files/README.md/raw" }
	releases := func(project string) string { return "GET /projects/" + project + "/releases" }
	made := func(project string) call {
		return call{as: "owner", do: "POST /projects/" + project + "/releases", body: release}
	}
	artifact := func(project string) []call {
		return []call{
			{as: "admin", do: "POST //-/emulator/jobs", body: `{"project":"` + project + `","user":<user.developer>}`, save: "job=id"},
			{as: "admin", do: "DELETE //-/emulator/jobs/<job>"},
		}
	}
	notLetIn := func(to string) string {
		return message("403 Forbidden - Authentication by CI/CD job token not allowed from <app.name> to " + to + ".")
	}
	lacks := func(in, permission string) string {
		return message("403 Forbidden - Insufficient permissions to access this resource in project " + in + ". The following token permission is required: " + permission + ".")
	}
	job := func(do string) call { return call{as: "job:app:developer", do: do} }
	rows := []row{
		{fact: "a job that is not let in, by number", source: helpers, since: "19.0", ask: job(file("<lib>")), want: says(403, notLetIn("project #<lib>"))},
		{fact: "a job that is not let in, by name", source: helpers, since: "18.3", until: "19.0", ask: job(file("<lib>")), want: says(403, notLetIn("<lib.name>"))},
		{fact: "a job of no member is told the same", source: helpers, since: "19.0", given: []call{enter("<app>")}, ask: call{as: "job:app:outsider", do: releases("<lib>")}, want: says(403, notLetIn("project #<lib>"))},
		{fact: "a job without the permission, by number", source: fineGrained, since: "19.0", given: []call{permit("READ_JOBS")}, ask: job(releases("<lib>")), want: says(403, lacks("#<lib>", "read_releases"))},
		{fact: "a job without the permission, by name", source: fineGrained, since: "18.3", until: "19.0", given: []call{permit("READ_JOBS")}, ask: job(releases("<lib>")), want: says(403, lacks("<lib.name>", "read_releases"))},
		{fact: "a job with the permission", source: fineGrained, since: "18.3", given: []call{permit("READ_RELEASES")}, ask: job(releases("<lib>")), want: says(200, `[]`)},
		{fact: "to administer is to read", source: "app/models/ci/job_token/expanded_job_token_policies.rb", since: "18.3", given: []call{permit("ADMIN_RELEASES")}, ask: job(releases("<lib>")), want: says(200, `[]`)},
		{fact: "to read is not to administer", source: fineGrained, since: "19.0", given: []call{permit("READ_RELEASES")}, ask: call{as: "job:app:developer", do: "POST /projects/<lib>/releases", body: release}, want: says(403, lacks("#<lib>", "admin_releases"))},
		{fact: "no permissions open no REST", source: fineGrained, since: "19.0", given: []call{permit("")}, ask: job(file("<lib>")), want: says(403, lacks("#<lib>", "read_repositories"))},
		{fact: "default permissions open what the role may", source: jobTokenDocs, given: []call{enter("<app>")}, ask: job(releases("<lib>")), want: says(200, `[]`)},
		{fact: "a role too low is a bare refusal", source: projectPolicy, since: "18.0", given: []call{enter("<app>")}, ask: call{as: "job:app:guest", do: file("<lib>")}, want: says(403, forbids)},
		{fact: "a public project's code is open to any job", source: fileSpec, since: "18.0", ask: call{as: "job:app:outsider", do: file("<public>")}, want: says(200, "~#")},
		{fact: "an internal project's code is open to any job", source: fileSpec, since: "18.0", ask: call{as: "job:app:outsider", do: file("<internal>")}, want: says(200, "~#")},
		{fact: "a public project's code for members is not", source: policySpec, since: "19.0", given: []call{{as: "owner", do: "PUT /projects/<public>", body: `{"repository_access_level":"private"}`}}, ask: job(file("<public>")), want: says(403, lacks("#<public>", "read_repositories"))},
		{fact: "a public project's releases are open to any job", source: releaseSpec, given: []call{made("<public>")}, ask: call{as: "job:app:outsider", do: releases("<public>")}, want: says(200, `~"tag_name":"v1"`)},
		{fact: "an internal project's releases are open to any job", source: releaseSpec, given: []call{made("<internal>")}, ask: call{as: "job:app:outsider", do: releases("<internal>")}, want: says(200, `~"tag_name":"v1"`)},
		{fact: "a public project's release by its tag", source: releaseSpec, given: []call{made("<public>")}, ask: call{as: "job:app:outsider", do: releases("<public>") + "/v1"}, want: says(200, `~"tag_name":"v1"`)},
		{fact: "an internal project's latest release", source: releaseSpec, given: []call{made("<internal>")}, ask: call{as: "job:app:outsider", do: releases("<internal>") + "/permalink/latest"}, want: answer{status: 302, header: "Location: /releases/v1"}},
		{fact: "a public project's releases for members are not", source: policySpec, since: "19.0", given: []call{{as: "owner", do: "PUT /projects/<public>", body: `{"releases_access_level":"private"}`}}, ask: job(releases("<public>")), want: says(403, lacks("#<public>", "read_releases"))},
		{fact: "nobody's job writes to a public project", source: policySpec, since: "19.0", ask: call{as: "job:app:developer", do: "POST /projects/<public>/releases", body: release}, want: says(403, lacks("#<public>", "admin_releases"))},
		{fact: "a job token is nobody elsewhere", source: jobTokenDocs, ask: job("GET /user"), want: says(401, unauthorized)},
		{fact: "a job token is nobody on the list's routes", source: jobTokenDocs, ask: call{as: "job:lib:maintainer", do: "GET /projects/<lib>/job_token_scope"}, want: says(401, unauthorized)},
		{fact: "a job token is nobody in GraphQL", source: graphqlDocs, ask: call{as: "job:lib:maintainer", do: `QUERY {currentUser{username}}`}, want: says(200, `{"data":{"currentUser":null}}`)},
		{fact: "a job knows itself", source: "https://docs.gitlab.com/api/jobs/#get-job-tokens-job", ask: job("GET /job"), want: says(200, "keys id status name ref user")},
		{fact: "an unknown job token", source: "https://docs.gitlab.com/api/jobs/#get-job-tokens-job", ask: call{as: "jobtoken:glcbt-none", do: "GET /job"}, want: says(401, unauthorized)},
		{fact: "a release of a tag that is not there", source: releaseService, ask: call{as: "owner", do: "POST /projects/<lib>/releases", body: `{"tag_name":"v9"}`}, want: says(422, message("Ref is not specified"))},
		{fact: "a release makes its tag from ref", source: releaseService, ask: made("<lib>"), want: says(201, `~"tag_name":"v1"`)},
		{fact: "a release of a tag that is there", source: releaseService, given: []call{made("<lib>")}, ask: made("<lib>"), want: says(409, message("Release already exists"))},
		{fact: "a raw file by read_repository", source: fileSpec, given: []call{{as: "admin", do: "POST /users/<user.developer>/personal_access_tokens", body: `{"name":"r","scopes":["read_repository"],"expires_at":"<day:9>"}`, save: "secret=token"}}, ask: call{as: "token:<secret>", do: file("<lib>") + "?ref=main"}, want: says(200, "~#")},
		{fact: "a raw file's head by read_repository", source: fileSpec, given: []call{{as: "admin", do: "POST /users/<user.developer>/personal_access_tokens", body: `{"name":"r","scopes":["read_repository"],"expires_at":"<day:9>"}`, save: "secret=token"}}, ask: call{as: "token:<secret>", do: strings.Replace(file("<lib>"), "GET", "HEAD", 1) + "?ref=main"}, want: says(200, "empty")},
		{fact: "a raw file by read_registry", source: fileSpec, given: []call{{as: "admin", do: "POST /users/<user.developer>/personal_access_tokens", body: `{"name":"r","scopes":["read_registry"],"expires_at":"<day:9>"}`, save: "secret=token"}}, ask: call{as: "token:<secret>", do: file("<lib>") + "?ref=main"}, want: says(403, `~"error":"insufficient_scope"`)},
	}
	for _, project := range []string{"<public>", "<internal>"} {
		rows = append(rows,
			row{fact: "a single artifact is open to any job: " + project, source: artifactSpec, given: artifact(project), ask: call{as: "job:app:outsider", do: "GET /projects/" + project + "/jobs/artifacts/main/raw/job.txt?job=test"}, want: says(200, "~job <job>")},
			row{fact: "a whole archive asks for read_jobs: " + project, source: artifactSpec, since: "19.0", given: artifact(project), ask: job("GET /projects/" + project + "/jobs/artifacts/main/download?job=test"), want: says(403, lacks("#"+project, "read_jobs"))},
			row{fact: "the archive of a job asks for read_jobs: " + project, source: artifactSpec, since: "19.0", given: artifact(project), ask: job("GET /projects/" + project + "/jobs/<job>/artifacts"), want: says(403, lacks("#"+project, "read_jobs"))},
		)
	}
	own := query("admin", `mutation{a:ciJobTokenScopeUpdatePolicies(input:{projectPath:"<lib.path>",targetPath:"<lib.path>",defaultPermissions:false,jobTokenPolicies:[READ_JOBS]}){errors}}`)
	return append(rows,
		row{fact: "a job reads its own project without an entry", source: jobTokenDocs, ask: call{as: "job:lib:developer", do: releases("<lib>")}, want: says(200, `[]`)},
		row{fact: "an own entry narrows own jobs", source: fineGrained, since: "19.0", given: []call{own}, ask: call{as: "job:lib:developer", do: releases("<lib>")}, want: says(403, lacks("#<lib>", "read_releases"))},
		row{fact: "a group's entry lets its projects in", source: jobTokenDocs, given: []call{{as: "admin", do: "POST /projects/<lib>/job_token_scope/groups_allowlist", body: `{"target_group_id":<group>}`}}, ask: job(releases("<lib>")), want: says(200, `[]`)},
		row{fact: "a project's entry rules over its group's", source: "app/models/ci/job_token/allowlist.rb", since: "19.0", given: []call{permit("READ_JOBS"), {as: "admin", do: "POST /projects/<lib>/job_token_scope/groups_allowlist", body: `{"target_group_id":<group>}`}}, ask: job(releases("<lib>")), want: says(403, lacks("#<lib>", "read_releases"))},
		row{fact: "a job starts a pipeline elsewhere", source: "https://docs.gitlab.com/ci/triggers/", given: []call{enter("<app>"), {as: "admin", do: "POST //-/emulator/jobs", body: `{"project":<app>,"user":<user.developer>}`, save: "secret=token"}}, ask: call{do: "POST /projects/<lib>/trigger/pipeline", body: `{"ref":"main","token":"<secret>"}`}, want: says(201, `~"ref":"main"`)},
		row{fact: "a job that is not let in starts no pipeline", source: "https://docs.gitlab.com/ci/triggers/", given: []call{{as: "admin", do: "POST //-/emulator/jobs", body: `{"project":<app>,"user":<user.developer>}`, save: "secret=token"}}, ask: call{do: "POST /projects/<lib>/trigger/pipeline", body: `{"ref":"main","token":"<secret>"}`}, want: says(404, nothing)},
		row{fact: "public use without an entry is not recorded", source: "app/models/ci/job_token/scope.rb", given: []call{made("<public>"), {as: "job:app:developer", do: releases("<public>")}}, ask: query("admin", `{project(fullPath:"<public.path>"){ciJobTokenAuthLogs{count}}}`), want: says(200, `{"data":{"project":{"ciJobTokenAuthLogs":{"count":0}}}}`)},
		row{fact: "use by an entry is recorded", source: "app/models/ci/job_token/authorization.rb", given: []call{enter("<app>"), {as: "job:app:developer", do: releases("<lib>")}}, ask: query("admin", `{project(fullPath:"<lib.path>"){ciJobTokenAuthLogs{nodes{originProject{fullPath}}}}}`), want: says(200, `{"data":{"project":{"ciJobTokenAuthLogs":{"nodes":[{"originProject":{"fullPath":"<app.path>"}}]}}}}`)},
		row{fact: "the newest row of the log comes first, and a later use keeps its row", source: "app/finders/ci/auth_logs", given: []call{enter("<app>"), enter("<web>"), {as: "job:app:developer", do: releases("<lib>")}, {as: "job:web:developer", do: releases("<lib>")}, {as: "job:app:developer", do: releases("<lib>")}}, ask: query("admin", `{project(fullPath:"<lib.path>"){ciJobTokenAuthLogs{nodes{originProject{fullPath}}}}}`), want: says(200, `{"data":{"project":{"ciJobTokenAuthLogs":{"nodes":[{"originProject":{"fullPath":"<web.path>"}},{"originProject":{"fullPath":"<app.path>"}}]}}}}`)},
	)
}

func gitRows() []row {
	refs := func(project string) string { return "GET //" + project + ".git/info/refs?service=git-upload-pack" }
	const pushRefs = "GET //<lib.path>.git/info/refs?service=git-receive-pack"
	const advertises, denied = "~# service=git-upload-pack", "~HTTP Basic: Access denied."
	const missing = "The project you were looking for could not be found or you don't have permission to view it."
	token := func(scope string) call {
		return call{as: "admin", do: "POST /users/<user.developer>/personal_access_tokens", body: `{"name":"g","scopes":["` + scope + `"],"expires_at":"<day:9>"}`, save: "secret=token"}
	}
	both := []call{
		enter("<app>"), {as: "owner", do: "PUT /projects/<lib>", body: `{"ci_push_repository_for_job_token_allowed":true}`},
		query("owner", `mutation{p:projectCiCdSettingsUpdate(input:{fullPath:"<lib.path>",crossProjectPushForJobTokenAllowed:true}){errors}}`),
	}
	return []row{
		{fact: "git: a job on the list clones", source: gitAccess, given: []call{enter("<app>")}, ask: call{as: "jobgit:app:developer", do: refs("<lib.path>")}, want: says(200, advertises)},
		{fact: "git: an entry without permissions clones", source: fineGrained, since: "18.3", given: []call{permit("")}, ask: call{as: "jobgit:app:developer", do: refs("<lib.path>")}, want: says(200, advertises)},
		{fact: "git: a job that is not let in, by number", source: gitAccess, since: "19.0", ask: call{as: "jobgit:app:developer", do: refs("<lib.path>")}, want: says(403, "Authentication by CI/CD job token not allowed from <app.name> to project #<lib>.")},
		{fact: "git: a job that is not let in, by name", source: gitAccess, since: "17.4", until: "19.0", ask: call{as: "jobgit:app:developer", do: refs("<lib.path>")}, want: says(403, "Authentication by CI/CD job token not allowed from <app.name> to <lib.name>.")},
		{fact: "git: a job of no member, by number", source: gitAccess, since: "19.0", given: []call{enter("<app>")}, ask: call{as: "jobgit:app:outsider", do: refs("<lib.path>")}, want: says(403, "Insufficient permissions to pull from the repository of project #<lib>.")},
		{fact: "git: a job of no member, by name", source: gitAccess, since: "17.4", until: "19.0", given: []call{enter("<app>")}, ask: call{as: "jobgit:app:outsider", do: refs("<lib.path>")}, want: says(403, "Insufficient permissions to pull from the repository of project <lib.name>.")},
		{fact: "git: a Guest's job", source: gitAccess, given: []call{enter("<app>")}, ask: call{as: "jobgit:app:guest", do: refs("<lib.path>")}, want: says(403, "You are not allowed to download code from this project.")},
		{fact: "git: no such project", source: gitAccess, ask: call{as: "jobgit:app:developer", do: refs("<group.path>/none")}, want: says(404, missing)},
		{fact: "git: a public project to any job", source: policySpec, ask: call{as: "jobgit:app:outsider", do: refs("<public.path>")}, want: says(200, advertises)},
		{fact: "git: an internal project to any job", source: policySpec, ask: call{as: "jobgit:app:outsider", do: refs("<internal.path>")}, want: says(200, advertises)},
		{fact: "git: an unknown job token", source: "lib/gitlab/auth.rb", ask: call{as: "basic:gitlab-ci-token:glcbt-none", do: refs("<lib.path>")}, want: answer{401, denied, `WWW-Authenticate: Basic realm="GitLab"`}},
		{fact: "git: a job of a project whose CI is off", source: "lib/gitlab/auth.rb", given: []call{enter("<app>"), {as: "owner", do: "PUT /projects/<app>", body: `{"builds_access_level":"disabled"}`}}, ask: call{as: "jobgit:app:developer", do: refs("<lib.path>")}, want: says(401, denied)},
		{fact: "git: nobody, a private project", source: gitAccess, ask: call{do: refs("<lib.path>")}, want: says(401, denied)},
		{fact: "git: nobody, a public project", source: gitAccess, ask: call{do: refs("<public.path>")}, want: says(200, advertises)},
		{fact: "git: a token of the scope read_repository", source: "lib/gitlab/auth.rb", given: []call{token("read_repository")}, ask: call{as: "basic:anyone:<secret>", do: refs("<lib.path>")}, want: says(200, advertises)},
		{fact: "git: which does not push", source: "lib/gitlab/auth.rb", given: []call{token("read_repository")}, ask: call{as: "basic:anyone:<secret>", do: pushRefs}, want: answer{status: 403}},
		{fact: "git: a token of the scope write_repository", source: "lib/gitlab/auth.rb", given: []call{token("write_repository")}, ask: call{as: "basic:anyone:<secret>", do: pushRefs}, want: says(200, "~# service=git-receive-pack")},
		{fact: "git: push options are offered", source: "https://docs.gitlab.com/topics/git/commit/#push-options", given: []call{token("write_repository")}, ask: call{as: "basic:anyone:<secret>", do: pushRefs}, want: says(200, "~push-options")},
		{fact: "git: partial clones are offered", source: "https://docs.gitlab.com/topics/git/clone/#clone-with-partial-clone", given: []call{token("read_repository")}, ask: call{as: "basic:anyone:<secret>", do: refs("<lib.path>")}, want: says(200, "~filter")},
		{fact: "git: without .git", source: "config/routes/git_http.rb", given: []call{token("read_repository")}, ask: call{as: "basic:anyone:<secret>", do: "GET //<lib.path>/info/refs?service=git-upload-pack"}, want: answer{status: 301, header: "Location: <lib.path>.git/info/refs"}},
		{fact: "git: without .git and service", source: "config/routes/git_http.rb", given: []call{token("read_repository")}, ask: call{as: "basic:anyone:<secret>", do: "GET //<lib.path>/info/refs"}, want: answer{status: 301, header: "Location: <lib.path>.git/info/refs"}},
		{fact: "git: without a service", source: "app/controllers/repositories/git_http_controller.rb", given: []call{token("read_repository")}, ask: call{as: "basic:anyone:<secret>", do: "GET //<lib.path>.git/info/refs"}, want: answer{status: 403}},
		{fact: "git: without a service, nobody", source: "app/controllers/repositories/git_http_controller.rb", ask: call{do: "GET //<lib.path>.git/info/refs"}, want: says(401, denied)},
		{fact: "git: a job does not push", source: "https://docs.gitlab.com/ci/jobs/ci_job_token/#allow-git-push-requests-to-your-project-repository", ask: call{as: "jobgit:lib:developer", do: pushRefs}, want: says(403, "You are not allowed to push code to this project.")},
		{fact: "git: a job pushes to its project by the setting", source: "https://docs.gitlab.com/ci/jobs/ci_job_token/#allow-git-push-requests-to-your-project-repository", given: []call{{as: "owner", do: "PUT /projects/<lib>", body: `{"ci_push_repository_for_job_token_allowed":true}`}}, ask: call{as: "jobgit:lib:developer", do: pushRefs}, want: says(200, "~# service=git-receive-pack")},
		{fact: "git: a job pushes elsewhere by both settings and an entry", source: "https://docs.gitlab.com/ci/jobs/ci_job_token/", since: "19.1", given: both, ask: call{as: "jobgit:app:developer", do: pushRefs}, want: says(200, "~# service=git-receive-pack")},
		{fact: "git: in 19.0 both settings and an entry wait for a flag", source: "https://docs.gitlab.com/ci/jobs/ci_job_token/", since: "19.0", until: "19.1", given: both, ask: call{as: "jobgit:app:developer", do: pushRefs}, want: answer{status: 403}},
		{fact: "git: a job pushes nowhere else without an entry", source: projectPolicy, since: "19.1", given: both[1:], ask: call{as: "jobgit:app:developer", do: pushRefs}, want: answer{status: 403}},
		{fact: "git: a deploy token clones", source: "https://docs.gitlab.com/user/project/deploy_tokens/", given: []call{{as: "owner", do: "POST /projects/<lib>/deploy_tokens", body: `{"name":"d","username":"robot","scopes":["read_repository"]}`, save: "secret=token"}}, ask: call{as: "basic:robot:<secret>", do: refs("<lib.path>")}, want: says(200, advertises)},
		{fact: "git: a deploy token of another project", source: "https://docs.gitlab.com/user/project/deploy_tokens/", given: []call{{as: "owner", do: "POST /projects/<app>/deploy_tokens", body: `{"name":"d","username":"robot","scopes":["read_repository"]}`, save: "secret=token"}}, ask: call{as: "basic:robot:<secret>", do: refs("<lib.path>")}, want: says(401, denied)},
		{fact: "git: an archived project is read", source: "config/authz/permission_groups/internal/project/archived.yml", given: []call{token("api"), {as: "owner", do: "POST /projects/<lib>/archive"}}, ask: call{as: "basic:anyone:<secret>", do: refs("<lib.path>")}, want: says(200, advertises)},
		{fact: "git: an archived project takes no push", source: "config/authz/permission_groups/internal/project/archived.yml", given: []call{token("api"), {as: "owner", do: "POST /projects/<lib>/archive"}}, ask: call{as: "basic:anyone:<secret>", do: pushRefs}, want: answer{status: 403}},
	}
}

func graphqlRows() []row {
	mutate := func(as, name, input, selection string) call {
		return query(as, fmt.Sprintf(`mutation{m:%s(input:{projectPath:"<lib.path>",%s}){errors %s}}`, name, input, selection))
	}
	add := func(input string) call {
		return mutate("maintainer", "ciJobTokenScopeAddGroupOrProject", input, "ciJobTokenScopeAllowlistEntry{defaultPermissions jobTokenPolicies}")
	}
	update := func(input string) call {
		return mutate("maintainer", "ciJobTokenScopeUpdatePolicies", input, "ciJobTokenScopeAllowlistEntry{defaultPermissions jobTokenPolicies}")
	}
	refused := func(text string) string {
		return `{"data":{"m":{"errors":[` + quoted(text) + `],"ciJobTokenScopeAllowlistEntry":null}}}`
	}
	stored := func(entry string) string {
		return `{"data":{"m":{"errors":[],"ciJobTokenScopeAllowlistEntry":` + entry + `}}}`
	}
	const app = `targetPath:"<app.path>"`
	const noAccess = `~The resource that you are attempting to access does not exist or you don't have permission to perform this action`
	names := `{project(fullPath:"<lib.path>"){ciJobTokenScopeAllowlist{projectsAllowlist{nodes{target{... on CiJobTokenAccessibleProject{fullPath}}}}}}}`
	rows := []row{
		{fact: "the caller, by GraphQL", source: graphqlDocs, ask: query("guest", `{currentUser{username}}`), want: says(200, `{"data":{"currentUser":{"username":"<user.guest.name>"}}}`)},
		{fact: "the path with a slash at its end", source: "https://gitlab.com/gitlab-org/cli", ask: call{as: "guest", do: "POST //api/graphql/", body: `{"query":"{currentUser{username}}"}`}, want: says(200, `~"username":"<user.guest.name>"`)},
		{fact: "an unknown token, by GraphQL", source: graphqlDocs, ask: query("token:glpat-nobody", `{currentUser{username}}`), want: says(401, `{"errors":[{"message":"Invalid token"}]}`)},
		{fact: "an unknown field", source: graphqlDocs, ask: query("guest", `{nope}`), want: says(200, `~"code":"undefinedField"`)},
		{fact: "a project out of sight, by GraphQL", source: graphqlDocs, ask: query("outsider", `{project(fullPath:"<lib.path>"){id}}`), want: says(200, `{"data":{"project":null}}`)},
		{fact: "the scope for a Developer", source: "spec/graphql/types/ci/job_token_scope_type_spec.rb", ask: query("developer", `{project(fullPath:"<lib.path>"){ciJobTokenScope{inboundAllowlistCount}}}`), want: says(200, "~don't have permission")},
		{fact: "the settings for a Developer", source: graphqlDocs, ask: query("developer", `{project(fullPath:"<lib.path>"){ciCdSettings{inboundJobTokenScopeEnabled}}}`), want: says(200, `{"data":{"project":{"ciCdSettings":null}}}`)},
		{fact: "the settings for a Maintainer", source: graphqlDocs, ask: query("maintainer", `{project(fullPath:"<lib.path>"){ciCdSettings{inboundJobTokenScopeEnabled pushRepositoryForJobTokenAllowed}}}`), want: says(200, `{"data":{"project":{"ciCdSettings":{"inboundJobTokenScopeEnabled":true,"pushRepositoryForJobTokenAllowed":false}}}}`)},
		{fact: "an empty list counts the project itself", source: "spec/graphql/types/ci/job_token_scope_type_spec.rb", ask: query("maintainer", `{project(fullPath:"<lib.path>"){ciJobTokenScope{inboundAllowlistCount groupsAllowlistCount}}}`), want: says(200, `{"data":{"project":{"ciJobTokenScope":{"inboundAllowlistCount":1,"groupsAllowlistCount":0}}}}`)},
		{fact: "an entry by GraphQL", source: graphqlDocs, ask: add(app), want: says(200, stored(`{"defaultPermissions":true,"jobTokenPolicies":[]}`))},
		{fact: "an entry with permissions", source: graphqlDocs, since: "18.3", ask: add(app + `,defaultPermissions:false,jobTokenPolicies:[READ_JOBS]`), want: says(200, stored(`{"defaultPermissions":false,"jobTokenPolicies":["READ_JOBS"]}`))},
		{fact: "permissions keep their order", source: entriesSpec, since: "18.3", ask: add(app + `,defaultPermissions:false,jobTokenPolicies:[READ_RELEASES,ADMIN_JOBS,READ_JOBS]`), want: says(200, stored(`{"defaultPermissions":false,"jobTokenPolicies":["READ_RELEASES","ADMIN_JOBS","READ_JOBS"]}`))},
		{fact: "where permissions are inactive an entry is stored as default", source: "app/services/ci/job_token_scope/add_project_service.rb", until: "18.0", ask: add(app + `,defaultPermissions:false,jobTokenPolicies:[READ_JOBS]`), want: says(200, stored(`{"defaultPermissions":true,"jobTokenPolicies":[]}`))},
		{fact: "where permissions are inactive an update fails", source: updatePolicies, until: "18.0", given: []call{add(app)}, ask: update(app + `,defaultPermissions:false,jobTokenPolicies:[READ_JOBS]`), want: says(200, refused("Failed to update job token scope"))},
		{fact: "and fails before it looks at the target", source: updatePolicies, until: "18.0", ask: update(`targetPath:"<group.path>/none",defaultPermissions:false,jobTokenPolicies:[READ_JOBS]`), want: says(200, refused("Failed to update job token scope"))},
		{fact: "a target that does not exist", source: graphqlDocs, ask: add(`targetPath:"<group.path>/none"`), want: says(200, refused("The group or project does not exist."))},
		{fact: "a target out of sight", source: graphqlDocs, ask: add(`targetPath:"<hidden.path>"`), want: says(200, refused("The target_project that you are attempting to access does not exist or you don't have permission to perform this action"))},
		{fact: "a group out of sight, by GraphQL", source: graphqlDocs, ask: add(`targetPath:"<away.path>"`), want: says(200, refused("The target_group that you are attempting to access does not exist or you don't have permission to perform this action"))},
		{fact: "an entry a second time, by GraphQL", source: graphqlDocs, since: "18.0", given: []call{add(app)}, ask: add(app), want: says(200, refused("This project is already in the job token allowlist."))},
		{fact: "a permission twice", source: "app/validators/json_schemas/ci_job_token_policies.json", since: "18.3", given: []call{add(app)}, ask: update(app + `,defaultPermissions:false,jobTokenPolicies:[READ_JOBS,READ_JOBS]`), want: says(200, refused("Job token policies must be a valid json schema"))},
		{fact: "a permission there is not", source: graphqlDocs, ask: add(app + `,jobTokenPolicies:[READ_MINDS]`), want: says(200, `~"code":"argumentLiteralsIncompatible"`)},
		{fact: "an update of what does not exist", source: updatePolicies, since: "18.3", ask: update(`targetPath:"<group.path>/none",defaultPermissions:true,jobTokenPolicies:[]`), want: says(200, refused("The target does not exist"))},
		{fact: "an update of what is not on the list", source: updatePolicies, since: "18.3", ask: update(app + `,defaultPermissions:true,jobTokenPolicies:[]`), want: says(200, refused("Unable to find a job token scope for the given project & target"))},
		{fact: "an update of a target out of sight", source: updatePolicies, since: "18.3", given: []call{{as: "admin", do: "POST /projects/<lib>/job_token_scope/allowlist", body: `{"target_project_id":<hidden>}`}}, ask: update(`targetPath:"<hidden.path>",defaultPermissions:true,jobTokenPolicies:[]`), want: says(200, refused("You have insufficient permission to update this job token scope"))},
		{fact: "an update replaces", source: updatePolicies, since: "18.3", given: []call{add(app + `,defaultPermissions:false,jobTokenPolicies:[READ_JOBS]`)}, ask: update(app + `,defaultPermissions:false,jobTokenPolicies:[READ_RELEASES]`), want: says(200, stored(`{"defaultPermissions":false,"jobTokenPolicies":["READ_RELEASES"]}`))},
		{fact: "an update of the own entry makes it", source: updatePolicies, since: "18.3", ask: update(`targetPath:"<lib.path>",defaultPermissions:false,jobTokenPolicies:[READ_JOBS]`), want: says(200, stored(`{"defaultPermissions":false,"jobTokenPolicies":["READ_JOBS"]}`))},
		{fact: "the newest entry comes first", source: entriesSpec, given: []call{enter("<app>"), enter("<web>")}, ask: query("maintainer", names), want: says(200, `{"data":{"project":{"ciJobTokenScopeAllowlist":{"projectsAllowlist":{"nodes":[{"target":{"fullPath":"<web.path>"}},{"target":{"fullPath":"<app.path>"}}]}}}}}`)},
		{fact: "a target out of sight is shown", source: entriesSpec, given: []call{{as: "admin", do: "POST /projects/<lib>/job_token_scope/allowlist", body: `{"target_project_id":<hidden>}`}}, ask: query("maintainer", names), want: says(200, `~"fullPath":"<hidden.path>"`)},
		{fact: "a target out of sight can be removed", source: "app/services/ci/job_token_scope/remove_project_service.rb", since: "18.0", given: []call{{as: "admin", do: "POST /projects/<lib>/job_token_scope/allowlist", body: `{"target_project_id":<hidden>}`}}, ask: mutate("maintainer", "ciJobTokenScopeRemoveProject", `targetProjectPath:"<hidden.path>",direction:INBOUND`, ""), want: says(200, `{"data":{"m":{"errors":[]}}}`)},
		{fact: "removing what is not on the list", source: graphqlDocs, ask: mutate("maintainer", "ciJobTokenScopeRemoveProject", `targetProjectPath:"<app.path>",direction:INBOUND`, ""), want: says(200, `{"data":{"m":{"errors":["Target project is not in the job token scope"]}}}`)},
		{fact: "removing the project itself", source: graphqlDocs, ask: mutate("maintainer", "ciJobTokenScopeRemoveProject", `targetProjectPath:"<lib.path>",direction:INBOUND`, ""), want: says(200, `{"data":{"m":{"errors":["Source project cannot be removed from the job token scope"]}}}`)},
		{fact: "removing a group that is not on the list, by GraphQL", source: graphqlDocs, ask: mutate("maintainer", "ciJobTokenScopeRemoveGroup", `targetGroupPath:"<open.path>"`, ""), want: says(200, `{"data":{"m":{"errors":["Target group is not in the job token scope"]}}}`)},
		{fact: "without a direction the entry is inbound", source: graphqlDocs, since: "19.0", given: []call{enter("<app>")}, ask: mutate("maintainer", "ciJobTokenScopeRemoveProject", `targetProjectPath:"<app.path>"`, ""), want: says(200, `{"data":{"m":{"errors":[]}}}`)},
		{fact: "letter case does not count in a target", source: "app/models/concerns/routable.rb", ask: add(`targetPath:"` + "<open.path>" + `"`), want: says(200, stored(`{"defaultPermissions":true,"jobTokenPolicies":[]}`))},
		{fact: "the outbound switch is only switched off", source: graphqlDocs, ask: query("maintainer", `mutation{m:projectCiCdSettingsUpdate(input:{fullPath:"<lib.path>",jobTokenScopeEnabled:true}){errors}}`), want: says(200, "~job_token_scope_enabled can only be set to false")},
		{fact: "too many paths", source: "app/graphql/resolvers/projects_resolver.rb", ask: query("guest", `{projects(fullPaths:[`+strings.Repeat(`"a/b",`, 51)+`]){nodes{id}}}`), want: says(200, "~You cannot provide more than 50 full_paths")},
		{fact: "a query too large", source: "https://docs.gitlab.com/api/graphql/#limits", ask: query("guest", `{currentUser{username}} #`+strings.Repeat("x", 10_001)), want: says(422, `{"errors":[{"message":"Query too large"}]}`)},
	}
	for _, name := range []struct{ mutation, input string }{
		{"ciJobTokenScopeAddGroupOrProject", app}, {"ciJobTokenScopeAddProject", `targetProjectPath:"<app.path>"`}, {"ciJobTokenScopeRemoveProject", `targetProjectPath:"<app.path>"`},
		{"ciJobTokenScopeRemoveGroup", `targetGroupPath:"<open.path>"`}, {"ciJobTokenScopeUpdatePolicies", app + `,defaultPermissions:true,jobTokenPolicies:[]`},
	} {
		for _, who := range []string{"developer", "outsider", ""} {
			rows = append(rows, row{fact: "no right to " + name.mutation + " for " + who, source: graphqlDocs, ask: mutate(who, name.mutation, name.input, ""), want: says(200, noAccess)})
		}
	}
	for _, permission := range strings.Fields(`READ_BADGES ADMIN_BADGES READ_DEPLOYMENTS ADMIN_DEPLOYMENTS READ_ENVIRONMENTS ADMIN_ENVIRONMENTS READ_JOBS ADMIN_JOBS
		READ_MERGE_REQUESTS READ_PACKAGES ADMIN_PACKAGES READ_PIPELINES ADMIN_PIPELINES READ_RELEASES ADMIN_RELEASES READ_REPOSITORIES ADMIN_REPOSITORIES
		READ_SECURE_FILES ADMIN_SECURE_FILES READ_TERRAFORM_STATE ADMIN_TERRAFORM_STATE READ_WORK_ITEMS`) {
		rows = append(rows, row{fact: "the permission " + permission, source: fineGrained, since: "19.0", ask: add(app + `,defaultPermissions:false,jobTokenPolicies:[` + permission + `]`), want: says(200, stored(`{"defaultPermissions":false,"jobTokenPolicies":["`+permission+`"]}`))})
	}
	return rows
}

// versionRows are what a version has, or has no more.
func versionRows() []row {
	unknown := func(permission string) call {
		return query("maintainer", `mutation{m:ciJobTokenScopeAddGroupOrProject(input:{projectPath:"<lib.path>",targetPath:"<app.path>",jobTokenPolicies:[`+permission+`]}){errors}}`)
	}
	return []row{
		{fact: "18 has no permissions for badges", source: "lib/ci/job_token/policies.rb", since: "18.4", until: "18.5", ask: unknown("READ_BADGES"), want: says(200, `~argumentLiteralsIncompatible`)},
		{fact: "18 has no permission to push", source: "lib/ci/job_token/policies.rb", since: "18.4", until: "18.5", ask: unknown("ADMIN_REPOSITORIES"), want: says(200, `~argumentLiteralsIncompatible`)},
		{fact: "17 has no permission for repositories", source: "lib/ci/job_token/policies.rb", until: "18.0", ask: unknown("READ_REPOSITORIES"), want: says(200, `~argumentLiteralsIncompatible`)},
		{fact: "17 has permissions for containers", source: "lib/ci/job_token/policies.rb", until: "18.0", ask: unknown("READ_CONTAINERS"), want: says(200, `{"data":{"m":{"errors":[]}}}`)},
		{fact: "before 19 no project takes pushes of others", source: graphqlDocs, until: "19.0", ask: query("maintainer", `{project(fullPath:"<lib.path>"){ciCdSettings{crossProjectPushForJobTokenAllowed}}}`), want: says(200, `~undefinedField`)},
		{fact: "from 19 on a project may take pushes of others", source: graphqlDocs, since: "19.0", ask: query("maintainer", `{project(fullPath:"<lib.path>"){ciCdSettings{crossProjectPushForJobTokenAllowed}}}`), want: says(200, `{"data":{"project":{"ciCdSettings":{"crossProjectPushForJobTokenAllowed":false}}}}`)},
		{fact: "17 fills a list from its log", source: "https://docs.gitlab.com/17.11/api/graphql/reference/", until: "18.0", ask: query("maintainer", `mutation{m:ciJobTokenScopeAutopopulateAllowlist(input:{projectPath:"<lib.path>"}){status errors}}`), want: says(200, `{"data":{"m":{"status":"complete","errors":[]}}}`)},
		{fact: "19 does so no more", source: graphqlDocs, since: "19.0", ask: query("maintainer", `mutation{m:ciJobTokenScopeAutopopulateAllowlist(input:{projectPath:"<lib.path>"}){status errors}}`), want: says(200, `~undefinedField`)},
		{fact: "a Security Manager's token", source: "https://docs.gitlab.com/user/permissions/", since: "19.0", ask: call{as: "owner", do: "POST /projects/<lib>/access_tokens", body: `{"name":"s","scopes":["api"],"access_level":25,"expires_at":"<day:9>"}`}, want: says(201, `~"access_level":25`)},
		{fact: "access tokens name what they belong to", source: accessSpec, since: "18.4", ask: call{as: "owner", do: "POST /projects/<lib>/access_tokens", body: `{"name":"s","scopes":["api"],"expires_at":"<day:9>"}`}, want: says(201, `~"resource_type":"project","resource_id":<lib>`)},
	}
}
