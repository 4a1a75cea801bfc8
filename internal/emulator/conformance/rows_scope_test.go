package conformance

import (
	"fmt"
	"strings"
)

// scopeRoutes are the routes of the job token scope, with a body that would do.
var scopeRoutes = []struct{ do, body string }{
	{"GET /projects/<lib>/job_token_scope", ""},
	{"PATCH /projects/<lib>/job_token_scope", `{"enabled":true}`},
	{"GET /projects/<lib>/job_token_scope/allowlist", ""},
	{"POST /projects/<lib>/job_token_scope/allowlist", `{"target_project_id":<app>}`},
	{"DELETE /projects/<lib>/job_token_scope/allowlist/<app>", ""},
	{"GET /projects/<lib>/job_token_scope/groups_allowlist", ""},
	{"POST /projects/<lib>/job_token_scope/groups_allowlist", `{"target_group_id":<open>}`},
}

// below are the roles below Maintainer.
var below = []string{"guest", "reporter", "developer"}

func scopeRows() []row {
	var rows []row
	for _, route := range scopeRoutes {
		rows = append(rows,
			row{fact: "signed out: " + route.do, source: scopeSpec, ask: call{do: route.do, body: route.body}, want: says(401, unauthorized)},
			row{fact: "out of sight: " + route.do, source: scopeSpec, ask: call{as: "outsider", do: route.do, body: route.body}, want: says(404, noProject)},
			row{fact: "an unknown token: " + route.do, source: restDocs, ask: call{as: "token:glpat-nobody", do: route.do, body: route.body}, want: says(401, unauthorized)},
		)
		for _, role := range below {
			refused := row{
				fact: "no right for a " + role + ": " + route.do, source: scopeSpec,
				given: []call{{as: "maintainer", do: "POST /projects/<lib>/job_token_scope/allowlist", body: `{"target_project_id":<web>}`}},
				ask:   call{as: role, do: route.do, body: route.body}, want: says(403, forbids),
			}
			if strings.HasPrefix(route.do, "DELETE") {
				refused.until = "18.5"
				rows = append(rows, refused)
				refused.since, refused.until, refused.source = "19.0", "", "lib/api/project_job_token_scope.rb"
				refused.want = says(403, message("403 Forbidden - Insufficient permissions to modify the job token scope"))
			}
			rows = append(rows, refused)
		}
	}
	scope := "GET /projects/<lib>/job_token_scope"
	set := func(on bool) call {
		return call{as: "maintainer", do: "PATCH /projects/<lib>/job_token_scope", body: fmt.Sprintf(`{"enabled":%t}`, on)}
	}
	const off = "Job token scope cannot be disabled for this project because it is enforced for the instance."
	enforce := func(on bool) call {
		return call{as: "admin", do: "PUT /application/settings", body: fmt.Sprintf(`{"enforce_ci_inbound_job_token_scope_enabled":%t}`, on)}
	}
	rows = append(rows,
		row{fact: "a Maintainer reads the scope", source: scopeDocs, ask: call{as: "maintainer", do: scope}, want: says(200, `keys inbound_enabled outbound_enabled`)},
		row{fact: "a new project's list is on", source: jobTokenDocs, ask: call{as: "maintainer", do: scope}, want: says(200, `{"inbound_enabled":true,"outbound_enabled":false}`)},
		row{fact: "an Owner reads the scope", source: scopeDocs, ask: call{as: "owner", do: scope}, want: says(200, `keys inbound_enabled outbound_enabled`)},
		row{fact: "the scope by the project's path", source: scopeDocs, ask: call{as: "maintainer", do: "GET /projects/<lib.url>/job_token_scope"}, want: says(200, `keys inbound_enabled`)},
		row{fact: "the scope of no project", source: scopeSpec, ask: call{as: "maintainer", do: "GET /projects/999999999/job_token_scope"}, want: says(404, noProject)},
		row{fact: "switching the list on answers nothing", source: scopeSpec, ask: set(true), want: says(204, "empty")},
		row{fact: "enabled is required", source: scopeSpec, ask: call{as: "maintainer", do: "PATCH /projects/<lib>/job_token_scope", body: `{}`}, want: says(400, complaint("enabled is missing"))},
		row{fact: "enabled is no number", source: scopeSpec, ask: call{as: "maintainer", do: "PATCH /projects/<lib>/job_token_scope", body: `{"enabled":123}`}, want: says(400, complaint("enabled is invalid"))},
		row{fact: "enabled is no word", source: scopeSpec, ask: call{as: "maintainer", do: "PATCH /projects/<lib>/job_token_scope", body: `{"enabled":"perhaps"}`}, want: says(400, complaint("enabled is invalid"))},
		row{fact: "enabled is not null", source: scopeSpec, ask: call{as: "maintainer", do: "PATCH /projects/<lib>/job_token_scope", body: `{"enabled":null}`}, want: says(400, complaint("enabled is empty"))},
		row{fact: "the outbound switch has no parameter", source: scopeSpec, ask: call{as: "maintainer", do: "PATCH /projects/<lib>/job_token_scope", body: `{"outbound_scope_enabled":true}`}, want: says(400, complaint("enabled is missing"))},
		row{fact: "broken JSON", source: "lib/api/api.rb", ask: call{as: "maintainer", do: "PATCH /projects/<lib>/job_token_scope", body: `{"enabled":`}, want: says(400, "~message body does not match declared format")},
		row{
			fact: "switching off is refused under enforcement, by REST", source: scopeSpec, since: "18.11", alone: true,
			given: []call{enforce(true)}, ask: set(false), want: says(400, message("400 Bad request - "+off)),
		},
		row{
			fact: "the refused switch stays on", source: scopeSpec, since: "18.11", alone: true,
			given: []call{enforce(true)},
			ask:   query("maintainer", `{project(fullPath:"<lib.path>"){ciCdSettings{inboundJobTokenScopeEnabled}}}`),
			want:  says(200, `{"data":{"project":{"ciCdSettings":{"inboundJobTokenScopeEnabled":true}}}}`),
		},
		row{
			fact: "switching on is not refused under enforcement", source: scopeSpec, alone: true,
			given: []call{enforce(true)}, ask: set(true), want: says(204, "empty"),
		},
		row{
			fact: "switching off is refused under enforcement, by GraphQL", source: "spec/requests/api/graphql/mutations/namespace_ci_cd_settings_update_spec.rb", since: "18.11", alone: true,
			given: []call{enforce(true)},
			ask:   query("maintainer", `mutation{projectCiCdSettingsUpdate(input:{fullPath:"<lib.path>",inboundJobTokenScopeEnabled:false}){errors}}`),
			want:  says(200, `{"data":{"projectCiCdSettingsUpdate":{"errors":["`+off+`"]}}}`),
		},
		row{
			fact: "17.11 stores off under enforcement", source: "seen on 17.11.7", until: "18.0", alone: true,
			given: []call{enforce(true)}, ask: set(false), want: says(204, "empty"),
		},
		row{
			fact: "without enforcement the list goes off", source: scopeDocs, alone: true,
			given: []call{enforce(false), set(false)}, ask: call{as: "maintainer", do: scope}, want: says(200, `{"inbound_enabled":false,"outbound_enabled":false}`),
		},
		row{
			fact: "under enforcement an off list counts as on", source: "spec/models/project_spec.rb", alone: true,
			given: []call{enforce(false), set(false), enforce(true)}, ask: call{as: "maintainer", do: scope}, want: says(200, `{"inbound_enabled":true,"outbound_enabled":false}`),
		},
	)
	return rows
}

func allowlistRows() []row {
	projects, groups := "/projects/<lib>/job_token_scope/allowlist", "/projects/<lib>/job_token_scope/groups_allowlist"
	add := func(target string) call {
		return call{as: "maintainer", do: "POST " + projects, body: `{"target_project_id":` + target + `}`}
	}
	addGroup := func(target string) call {
		return call{as: "maintainer", do: "POST " + groups, body: `{"target_group_id":` + target + `}`}
	}
	ask := func(do string) call { return call{as: "maintainer", do: do} }
	const unreadable = "400 Bad request - The target_%s that you are attempting to access does not exist or you don't have permission to perform this action"
	rows := []row{
		{fact: "an added project", source: scopeSpec, ask: add("<app>"), want: says(201, `{"source_project_id":<lib>,"target_project_id":<app>}`)},
		{fact: "the list holds the project itself", source: scopeSpec, ask: ask("GET " + projects), want: answer{status: 200, body: `~"id":<lib>,`, header: "X-Total: 1"}},
		{fact: "an entry counts beside the project itself", source: scopeSpec, given: []call{add("<app>")}, ask: ask("GET " + projects), want: answer{status: 200, body: `~"id":<app>,`, header: "X-Total: 2"}},
		{fact: "the list's entries have these keys", source: scopeDocs, ask: ask("GET " + projects), want: says(200, "keys id description name name_with_namespace path path_with_namespace created_at topics ssh_url_to_repo http_url_to_repo web_url avatar_url star_count last_activity_at namespace")},
		{fact: "the list is read by ascending id", source: "app/finders/autocomplete", given: []call{add("<app>"), add("<web>")}, ask: ask("GET " + projects + "?per_page=1&page=3"), want: says(200, `~"id":<web>,`)},
		{fact: "a project that does not exist", source: scopeSpec, ask: add("999999999"), want: says(404, message("404 target_project_id not found Not Found"))},
		{fact: "a project out of sight cannot be added", source: scopeSpec, ask: add("<hidden>"), want: says(400, message(fmt.Sprintf(unreadable, "project")))},
		{fact: "a public project can be added without a role", source: scopeSpec, ask: call{as: "outsider", do: "POST /projects/<hidden>/job_token_scope/allowlist", body: `{"target_project_id":<public>}`}, want: says(201, `{"source_project_id":<hidden>,"target_project_id":<public>}`)},
		{fact: "a second time", source: scopeSpec, since: "18.0", given: []call{add("<app>")}, ask: add("<app>"), want: says(400, message("400 Bad request - This project is already in the job token allowlist."))},
		{fact: "a second time, older words", source: scopeSpec, until: "18.0", given: []call{add("<app>")}, ask: add("<app>"), want: says(400, message("400 Bad request - Target project is already in the job token scope"))},
		{fact: "the project itself can be added", source: "spec/services/ci/job_token_scope/add_project_service_spec.rb", since: "18.1", ask: add("<lib>"), want: says(201, `{"source_project_id":<lib>,"target_project_id":<lib>}`)},
		{fact: "the project itself cannot be added yet", source: "spec/services/ci/job_token_scope/add_project_service_spec.rb", until: "18.1", ask: add("<lib>"), want: says(400, message("400 Bad request - Validation failed: Target project can't be the same as the source project"))},
		{fact: "the project itself is listed twice once it is added", source: "app/models/ci/job_token/allowlist.rb", since: "18.1", given: []call{add("<lib>")}, ask: ask("GET " + projects), want: answer{status: 200, header: "X-Total: 2"}},
		{fact: "the project itself cannot be removed", source: "app/services/ci/job_token_scope/remove_project_service.rb", ask: ask("DELETE " + projects + "/<lib>"), want: says(400, message("400 Bad request - Source project cannot be removed from the job token scope"))},
		{fact: "a stored own entry cannot be removed either", source: "app/services/ci/job_token_scope/remove_project_service.rb", since: "18.1", given: []call{add("<lib>")}, ask: ask("DELETE " + projects + "/<lib>"), want: says(400, message("400 Bad request - Source project cannot be removed from the job token scope"))},
		{fact: "a removed project", source: scopeSpec, given: []call{add("<app>")}, ask: ask("DELETE " + projects + "/<app>"), want: says(204, "empty")},
		{fact: "a removed project is off the list", source: scopeSpec, given: []call{add("<app>"), ask("DELETE " + projects + "/<app>")}, ask: ask("GET " + projects), want: answer{status: 200, header: "X-Total: 1"}},
		{fact: "a project that is not on the list", source: scopeSpec, ask: ask("DELETE " + projects + "/<app>"), want: says(400, message("400 Bad request - Target project is not in the job token scope"))},
		{fact: "removing a project that does not exist", source: scopeSpec, ask: ask("DELETE " + projects + "/999999999"), want: says(404, noProject)},
		{fact: "REST removes a project out of sight", source: "lib/api/project_job_token_scope.rb", since: "19.0", given: []call{{as: "admin", do: "POST " + projects, body: `{"target_project_id":<hidden>}`}}, ask: ask("DELETE " + projects + "/<hidden>"), want: says(204, "empty")},
		{fact: "REST cannot remove a project out of sight", source: "lib/api/project_job_token_scope.rb", until: "18.5", given: []call{{as: "admin", do: "POST " + projects, body: `{"target_project_id":<hidden>}`}}, ask: ask("DELETE " + projects + "/<hidden>"), want: says(404, noProject)},
		{fact: "entries out of sight are listed", source: entriesSpec, given: []call{{as: "admin", do: "POST " + projects, body: `{"target_project_id":<hidden>}`}}, ask: ask("GET " + projects), want: says(200, `~"path_with_namespace":"<hidden.path>"`)},
		{fact: "the entry of a project that was deleted goes", source: "app/models/ci/job_token/project_scope_link.rb", since: "18.0", given: []call{
			add("<app>"), {as: "admin", do: "DELETE /projects/<app>"}, {as: "admin", do: "GET /projects/<app>", save: "moved=path_with_namespace"},
			{as: "admin", do: "DELETE /projects/<app>", body: `{"permanently_remove":true,"full_path":"<moved>"}`},
		}, ask: ask("GET " + projects), want: answer{status: 200, header: "X-Total: 1"}},

		{fact: "an added group", source: scopeSpec, ask: addGroup("<open>"), want: says(201, `{"source_project_id":<lib>,"target_group_id":<open>}`)},
		{fact: "a list without groups", source: scopeSpec, ask: ask("GET " + groups), want: says(200, `[]`)},
		{fact: "groups have three keys", source: "lib/api/entities/basic_group_details.rb", given: []call{addGroup("<open>")}, ask: ask("GET " + groups), want: says(200, "keys id web_url name")},
		{fact: "a group that does not exist", source: scopeSpec, ask: addGroup("999999999"), want: says(404, message("404 target_group_id not found Not Found"))},
		{fact: "a group out of sight cannot be added", source: scopeSpec, ask: addGroup("<away>"), want: says(400, message(fmt.Sprintf(unreadable, "group")))},
		{fact: "a group a second time", source: scopeSpec, since: "18.0", given: []call{addGroup("<open>")}, ask: addGroup("<open>"), want: says(400, message("400 Bad request - This group is already in the job token allowlist."))},
		{fact: "a group a second time, older words", source: scopeSpec, until: "18.0", given: []call{addGroup("<open>")}, ask: addGroup("<open>"), want: says(400, message("400 Bad request - Target group is already in the job token scope"))},
		{fact: "a removed group", source: scopeSpec, given: []call{addGroup("<open>")}, ask: ask("DELETE " + groups + "/<open>"), want: says(204, "empty")},
		{fact: "a group that is not on the list", source: scopeSpec, ask: ask("DELETE " + groups + "/<open>"), want: says(400, message("400 Bad request - Target group is not in the job token scope"))},
		{fact: "removing a group that does not exist", source: "lib/api/project_job_token_scope.rb", ask: ask("DELETE " + groups + "/999999999"), want: says(404, message("404 target_group_id not found Not Found"))},
		{fact: "a group is looked up before the project", source: "lib/api/project_job_token_scope.rb", ask: call{as: "outsider", do: "DELETE " + groups + "/999999999"}, want: says(404, message("404 target_group_id not found Not Found"))},
		{fact: "a group out of sight can be removed", source: "app/services/ci/job_token_scope/remove_group_service.rb", given: []call{{as: "admin", do: "POST " + groups, body: `{"target_group_id":<away>}`}}, ask: ask("DELETE " + groups + "/<away>"), want: says(204, "empty")},
		{fact: "removing a group without the right", source: "app/services/ci/job_token_scope/remove_group_service.rb", given: []call{addGroup("<open>")}, ask: call{as: "developer", do: "DELETE " + groups + "/<open>"}, want: says(403, message("403 Forbidden - Insufficient permissions to modify the job token scope"))},
	}
	for _, kind := range []struct{ path, field string }{{projects, "target_project_id"}, {groups, "target_group_id"}} {
		for sent, words := range map[string]string{
			`{}`: "is missing", `{"%s":null}`: "is empty", `{"%s":""}`: "is empty", `{"%s":"seven"}`: "is invalid", `{"%s":1.5}`: "is invalid", `{"%s":[1]}`: "is invalid",
		} {
			body := sent
			if sent != `{}` {
				body = fmt.Sprintf(sent, kind.field)
			}
			rows = append(rows, row{
				fact: kind.field + " of " + body, source: scopeSpec, ask: call{as: "maintainer", do: "POST " + kind.path, body: body},
				want: says(400, complaint(kind.field+" "+words)),
			})
		}
		rows = append(rows, row{
			fact: "a path will not do where a number is declared: " + kind.field, source: "doc/api/openapi/openapi_v3.yaml",
			ask:  call{as: "maintainer", do: "POST " + replaceLib(kind.path), body: `{"` + kind.field + `":1}`},
			want: says(400, complaint("id is invalid")),
		})
	}
	for query, want := range map[string]answer{
		"per_page=0":   says(400, complaint("per_page has a value not allowed")),
		"per_page=-1":  {status: 200, header: "X-Per-Page: 20"},
		"per_page=500": {status: 200, header: "X-Per-Page: 100"},
		"per_page=x":   says(400, complaint("per_page is invalid")),
		"page=x":       says(400, complaint("page is invalid")),
		"page=1":       {status: 200, header: "X-Page: 1"},
		"per_page=7":   {status: 200, header: "X-Per-Page: 7"},
		"page=9":       {status: 200, body: `[]`},
	} {
		rows = append(rows, row{fact: "a page of the list: " + query, source: "lib/api/helpers/pagination.rb", ask: ask("GET " + projects + "?" + query), want: want})
	}
	return rows
}

func replaceLib(path string) string { return "/projects/<lib.url>" + path[len("/projects/<lib>"):] }

func query(as, text string) call { return call{as: as, do: "QUERY " + text} }
