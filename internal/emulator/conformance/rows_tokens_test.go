package conformance

import (
	"fmt"
	"strings"
)

func deployTokenRows() []row {
	var rows []row
	const body = `{"name":"ci","scopes":["read_repository"]}`
	for _, of := range []struct{ path, missing string }{{"/projects/<lib>", noProject}, {"/groups/<group>", noGroup}} {
		list := of.path + "/deploy_tokens"
		made := call{as: "owner", do: "POST " + list, body: body, save: "id=id secret=token login=username"}
		for _, route := range []struct{ do, body string }{{"GET " + list, ""}, {"POST " + list, body}, {"GET " + list + "/<id>", ""}, {"DELETE " + list + "/<id>", ""}} {
			rows = append(rows,
				row{fact: "signed out: " + route.do, source: deploySpec, given: []call{made}, ask: call{do: route.do, body: route.body}, want: says(404, of.missing)},
				row{fact: "out of sight: " + route.do, source: deploySpec, given: []call{made}, ask: call{as: "outsider", do: route.do, body: route.body}, want: says(404, of.missing)},
			)
			for _, role := range below {
				rows = append(rows, row{fact: "no right for a " + role + ": " + route.do, source: deploySpec, given: []call{made}, ask: call{as: role, do: route.do, body: route.body}, want: says(403, forbids)})
			}
		}
		refuse := func(fact, sent string, want string) row {
			return row{fact: fact + ": " + list, source: deploySpec, ask: call{as: "owner", do: "POST " + list, body: sent}, want: says(400, want)}
		}
		rows = append(rows,
			row{fact: "a Maintainer lists: " + list, source: deploySpec, given: []call{made}, ask: call{as: "maintainer", do: "GET " + list}, want: says(200, "keys id name username expires_at scopes revoked expired")},
			row{fact: "a Maintainer reads: " + list, source: deploySpec, given: []call{made}, ask: call{as: "maintainer", do: "GET " + list + "/<id>"}, want: says(200, `{"id":<id>,"name":"ci","username":"<login>","expires_at":null,"scopes":["read_repository"],"revoked":false,"expired":false}`)},
			row{fact: "a new token shows its secret once: " + list, source: deployDocs, ask: call{as: "owner", do: "POST " + list, body: body}, want: says(201, "keys id name username token scopes expires_at revoked expired")},
			row{fact: "the user name is made from the id: " + list, source: deployDocs, given: []call{made}, ask: call{as: "owner", do: "GET " + list + "/<id>"}, want: says(200, `~"username":"gitlab+deploy-token-<id>"`)},
			row{fact: "an end in the past is accepted: " + list, source: "app/models/deploy_token.rb", ask: call{as: "owner", do: "POST " + list, body: `{"name":"old","scopes":["read_repository"],"expires_at":"2020-01-01"}`}, want: says(201, `~"expired":true`)},
			row{fact: "a token of today has not expired: " + list, source: "app/models/deploy_token.rb", ask: call{as: "owner", do: "POST " + list, body: `{"name":"old","scopes":["read_repository"],"expires_at":"<day:0>"}`}, want: says(201, `~"expired":false`)},
			row{fact: "active goes by the instant: " + list, source: deploySpec, given: []call{{as: "owner", do: "POST " + list, body: `{"name":"old","scopes":["read_repository"],"expires_at":"<day:0>"}`}}, ask: call{as: "owner", do: "GET " + list + "?active=true"}, want: says(200, `[]`)},
			row{fact: "active=false lists all: " + list, source: deploySpec, given: []call{{as: "owner", do: "POST " + list, body: `{"name":"old","scopes":["read_repository"],"expires_at":"2020-01-01"}`}}, ask: call{as: "owner", do: "GET " + list + "?active=false"}, want: says(200, `~"expired":true`)},
			row{fact: "a deleted token answers nothing: " + list, source: deploySpec, given: []call{made}, ask: call{as: "owner", do: "DELETE " + list + "/<id>"}, want: says(204, "empty")},
			row{fact: "a deleted token is gone: " + list, source: deploySpec, given: []call{made, {as: "owner", do: "DELETE " + list + "/<id>"}}, ask: call{as: "owner", do: "GET " + list + "/<id>"}, want: says(404, noRecord)},
			row{fact: "deleting twice: " + list, source: deploySpec, given: []call{made, {as: "owner", do: "DELETE " + list + "/<id>"}}, ask: call{as: "owner", do: "DELETE " + list + "/<id>"}, want: says(404, noRecord)},
			row{fact: "no such token: " + list, source: deploySpec, ask: call{as: "owner", do: "GET " + list + "/999999999"}, want: says(404, noRecord)},
			row{fact: "no number for a token: " + list, source: deploySpec, ask: call{as: "owner", do: "GET " + list + "/x"}, want: says(400, complaint("token_id is invalid"))},
			row{fact: "two tokens may share name and user name: " + list, source: "app/models/deploy_token.rb", given: []call{{as: "owner", do: "POST " + list, body: `{"name":"a","username":"twin","scopes":["read_repository"]}`}}, ask: call{as: "owner", do: "POST " + list, body: `{"name":"a","username":"twin","scopes":["read_repository"]}`}, want: says(201, `~"username":"twin"`)},
			refuse("no name", `{"scopes":["read_repository"]}`, complaint("name is missing")),
			refuse("no scopes", `{"name":"ci"}`, complaint("scopes is missing")),
			refuse("an unknown scope", `{"name":"ci","scopes":["api"]}`, complaint("scopes does not have a valid value")),
			refuse("an empty list of scopes", `{"name":"ci","scopes":[]}`, message("Scopes can't be blank")),
			refuse("a user name with a space", `{"name":"ci","username":"a b","scopes":["read_repository"]}`, message("Username can contain only letters, digits, '_', '-', '+', and '.'")),
			refuse("an end that is no time", `{"name":"ci","scopes":["read_repository"],"expires_at":"soon"}`, complaint("expires_at is invalid")),
		)
		for _, scope := range []string{"read_repository", "read_registry", "write_registry", "read_package_registry", "write_package_registry", "read_virtual_registry", "write_virtual_registry"} {
			rows = append(rows, row{fact: "the scope " + scope + ": " + list, source: deploySpec, ask: call{as: "owner", do: "POST " + list, body: `{"name":"ci","scopes":["` + scope + `"]}`}, want: says(201, `~"scopes":["`+scope+`"]`)})
		}
	}
	group := "/groups/<group>/deploy_tokens"
	return append(rows,
		row{fact: "a Maintainer makes a project's", source: deploySpec, ask: call{as: "maintainer", do: "POST /projects/<lib>/deploy_tokens", body: body}, want: says(201, "keys token")},
		row{fact: "a Maintainer makes no group's", source: "app/policies/group_policy.rb", ask: call{as: "maintainer", do: "POST " + group, body: body}, want: says(403, forbids)},
		row{fact: "a Maintainer deletes no group's", source: "app/policies/group_policy.rb", given: []call{{as: "owner", do: "POST " + group, body: body, save: "id=id"}}, ask: call{as: "maintainer", do: "DELETE " + group + "/<id>"}, want: says(403, forbids)},
		row{fact: "signed out, a public group", source: deploySpec, ask: call{do: "GET /groups/<open>/deploy_tokens"}, want: says(403, forbids)},
		row{fact: "signed out, a public project", source: deploySpec, ask: call{do: "GET /projects/<public>/deploy_tokens"}, want: says(403, forbids)},
		row{fact: "all of the instance, for administrators", source: deploySpec, given: []call{{as: "owner", do: "POST " + group, body: body}}, ask: call{as: "admin", do: "GET /deploy_tokens"}, want: says(200, "keys id name username expires_at scopes revoked expired")},
		row{fact: "all of the instance, for others", source: deploySpec, ask: call{as: "owner", do: "GET /deploy_tokens"}, want: says(403, forbids)},
		row{fact: "all of the instance, for nobody", source: deploySpec, ask: call{do: "GET /deploy_tokens"}, want: says(401, unauthorized)},
		row{fact: "there is no update", source: deployDocs, ask: call{as: "owner", do: "PUT /projects/<lib>/deploy_tokens/1", body: `{"name":"b"}`}, want: says(405, "~405 Not Allowed")},
		row{fact: "a deploy token is nobody in the API", source: "https://docs.gitlab.com/user/project/deploy_tokens/", given: []call{{as: "owner", do: "POST /projects/<lib>/deploy_tokens", body: body, save: "secret=token"}}, ask: call{as: "token:<secret>", do: "GET /user"}, want: says(401, unauthorized)},
	)
}

func accessTokenRows() []row {
	var rows []row
	const body = `{"name":"ci","scopes":["api"],"access_level":30,"expires_at":"<day:30>"}`
	for _, of := range []struct{ kind, path, missing, enough, short string }{
		{"project", "/projects/<lib>", noProject, "maintainer", "developer"}, {"group", "/groups/<group>", noGroup, "owner", "maintainer"},
	} {
		list := of.path + "/access_tokens"
		made := call{as: "owner", do: "POST " + list, body: body, save: "id=id secret=token bot=user_id"}
		other := call{as: "owner", do: "POST " + list, body: strings.Replace(body, "30", "40", 1), save: "other=id"}
		strong := call{as: "owner", do: "POST " + list, body: strings.Replace(body, `"access_level":30`, `"access_level":50`, 1), save: "id=id secret=token"}
		gone := call{as: "owner", do: "DELETE " + list + "/<id>"}
		missing := message("404 " + of.kind + " Access Token Not Found")
		noMaking := message("400 Bad request - User does not have permission to create " + of.kind + " access token")
		for _, route := range []struct{ do, body string }{
			{"GET " + list, ""}, {"POST " + list, body}, {"GET " + list + "/<id>", ""}, {"DELETE " + list + "/<id>", ""}, {"POST " + list + "/<id>/rotate", `{}`},
		} {
			rows = append(rows,
				row{fact: "signed out: " + route.do, source: accessSpec, given: []call{made}, ask: call{do: route.do, body: route.body}, want: says(401, unauthorized)},
				row{fact: "out of sight: " + route.do, source: accessSpec, given: []call{made}, ask: call{as: "outsider", do: route.do, body: route.body}, want: says(404, of.missing)},
			)
		}
		for _, role := range below {
			rows = append(rows,
				row{fact: "no right for a " + role + " to list: " + list, source: accessSpec, ask: call{as: role, do: "GET " + list}, want: says(401, unauthorized)},
				row{fact: "no right for a " + role + " to read: " + list, source: accessSpec, given: []call{made}, ask: call{as: role, do: "GET " + list + "/<id>"}, want: says(401, unauthorized)},
				row{fact: "no right for a " + role + " to rotate: " + list, source: accessSpec, given: []call{made}, ask: call{as: role, do: "POST " + list + "/<id>/rotate"}, want: says(401, unauthorized)},
				row{fact: "no right for a " + role + " to make: " + list, source: accessSpec, ask: call{as: role, do: "POST " + list, body: body}, want: says(400, noMaking)},
				row{fact: "no right for a " + role + " to revoke: " + list, source: accessSpec, given: []call{made}, ask: call{as: role, do: "DELETE " + list + "/<id>"}, want: says(400, "~<user."+role+".name> cannot delete ci")},
			)
		}
		refuse := func(fact, sent, want string) row {
			return row{fact: fact + ": " + list, source: accessSpec, ask: call{as: "owner", do: "POST " + list, body: sent}, want: says(400, want)}
		}
		without := `{"name":"ci","scopes":["api"]}`
		notRequired := call{as: "admin", do: "PUT /application/settings", body: `{"require_personal_access_token_expiry":false}`}
		rows = append(rows,
			row{fact: "a new token: " + list, source: accessDocs, ask: call{as: of.enough, do: "POST " + list, body: body}, want: says(201, "keys id name revoked created_at description scopes user_id last_used_at active expires_at access_level token")},
			row{fact: "its end is the day that was asked for: " + list, source: accessSpec, ask: call{as: of.enough, do: "POST " + list, body: body}, want: says(201, `~"expires_at":"<day:30>"`)},
			row{fact: "by default a Maintainer's: " + list, source: accessSpec, ask: call{as: of.enough, do: "POST " + list, body: `{"name":"ci","scopes":["api"],"expires_at":"<day:30>"}`}, want: says(201, `~"access_level":40`)},
			row{fact: "reading shows no secret: " + list, source: accessSpec, given: []call{made}, ask: call{as: of.enough, do: "GET " + list + "/<id>"}, want: says(200, `~"name":"ci"`)},
			row{fact: "an access token without expires_at is refused: " + list, source: accessSpec, since: "19.0", ask: call{as: "owner", do: "POST " + list, body: without}, want: says(400, message("400 Bad request - expires_at is missing"))},
			row{fact: "an access token without expires_at is refused, by the parameter: " + list, source: "https://gitlab.com/gitlab-org/terraform-provider-gitlab/-/issues/4133", until: "18.5", ask: call{as: "owner", do: "POST " + list, body: without}, want: says(400, complaint("expires_at is missing"))},
			row{fact: "where no expiry is required a token never ends: " + list, source: accessSpec, since: "19.0", alone: true, given: []call{notRequired}, ask: call{as: "owner", do: "POST " + list, body: without}, want: says(201, `~"expires_at":null`)},
			row{fact: "before 19 the setting does not matter: " + list, source: "https://gitlab.com/gitlab-org/gitlab/-/issues/574745", until: "18.5", alone: true, given: []call{notRequired}, ask: call{as: "owner", do: "POST " + list, body: without}, want: says(400, complaint("expires_at is missing"))},
			row{fact: "where no expiry is required any day will do: " + list, source: "app/models/personal_access_token.rb", alone: true, given: []call{notRequired}, ask: call{as: "owner", do: "POST " + list, body: `{"name":"ci","scopes":["api"],"expires_at":"<day:900>"}`}, want: says(201, `~"expires_at":"<day:900>"`)},
			row{fact: "a day too far away: " + list, source: "app/models/personal_access_token.rb", ask: call{as: "owner", do: "POST " + list, body: `{"name":"ci","scopes":["api"],"expires_at":"<day:900>"}`}, want: says(400, "~Expires at must be before")},
			row{fact: "a day in the past: " + list, source: "app/models/personal_access_token.rb", ask: call{as: "owner", do: "POST " + list, body: `{"name":"ci","scopes":["api"],"expires_at":"2020-01-01"}`}, want: says(201, `~"active":false`)},
			refuse("no name", `{"scopes":["api"],"expires_at":"<day:30>"}`, "~name is missing"),
			refuse("no scopes", `{"name":"ci","expires_at":"<day:30>"}`, "~scopes is missing"),
			refuse("an unknown scope", `{"name":"ci","scopes":["test"],"expires_at":"<day:30>"}`, "~scopes does not have a valid value"),
			refuse("no such level", `{"name":"ci","scopes":["api"],"access_level":0,"expires_at":"<day:30>"}`, "~access_level does not have a valid value"),
			refuse("a day that is none", `{"name":"ci","scopes":["api"],"expires_at":"soon"}`, complaint("expires_at is invalid")),
			row{fact: "no such token: " + list, source: accessSpec, ask: call{as: "owner", do: "GET " + list + "/999999999"}, want: says(404, missing)},
			row{fact: "no such token to revoke: " + list, source: accessSpec, ask: call{as: "owner", do: "DELETE " + list + "/999999999"}, want: says(404, missing)},
			row{fact: "revoking tells who may not that a token is missing: " + list, source: "lib/api/resource_access_tokens.rb", ask: call{as: "developer", do: "DELETE " + list + "/999999999"}, want: says(404, missing)},
			row{fact: "rotating what is missing: " + list, source: accessSpec, ask: call{as: "owner", do: "POST " + list + "/999999999/rotate"}, want: says(401, unauthorized)},
			row{fact: "rotating what is missing, as an administrator: " + list, source: accessSpec, ask: call{as: "admin", do: "POST " + list + "/999999999/rotate"}, want: says(404, nothing)},
			row{fact: "revoked: " + list, source: accessSpec, given: []call{made}, ask: gone, want: says(204, "empty")},
			row{fact: "a revoked token stays to be seen: " + list, source: accessSpec, given: []call{made, gone}, ask: call{as: "owner", do: "GET " + list + "/<id>"}, want: says(200, `~"revoked":true`)},
			row{fact: "the bot of a revoked token stays: " + list, source: accessSpec, given: []call{made, gone}, ask: call{as: "admin", do: "GET /users/<bot>"}, want: says(200, `~"bot":true`)},
			row{fact: "a revoked token is not accepted: " + list, source: restDocs, given: []call{made, gone}, ask: call{as: "token:<secret>", do: "GET /user"}, want: says(401, "~Token was revoked.")},
			row{fact: "rotation gives a new secret: " + list, source: accessSpec, given: []call{made}, ask: call{as: "owner", do: "POST " + list + "/<id>/rotate"}, want: says(200, `keys id token expires_at`)},
			row{fact: "rotated for a week: " + list, source: accessSpec, given: []call{made}, ask: call{as: "owner", do: "POST " + list + "/<id>/rotate"}, want: says(200, `~"expires_at":"<day:7>"`)},
			row{fact: "rotated until a day: " + list, source: accessSpec, given: []call{made}, ask: call{as: "owner", do: "POST " + list + "/<id>/rotate", body: `{"expires_at":"<day:20>"}`}, want: says(200, `~"expires_at":"<day:20>"`)},
			row{fact: "rotated for ever where no expiry is required: " + list, source: "https://docs.gitlab.com/api/project_access_tokens/#rotate-a-project-access-token", alone: true, given: []call{notRequired, made}, ask: call{as: "owner", do: "POST " + list + "/<id>/rotate"}, want: says(200, `~"expires_at":null`)},
			row{fact: "rotating a revoked token by its id: " + list, source: "app/services/personal_access_tokens/rotate_service.rb", given: []call{made, gone}, ask: call{as: "owner", do: "POST " + list + "/<id>/rotate"}, want: says(400, message("400 Bad request - Token already revoked"))},
			row{fact: "that leaves its family alone: " + list, source: "app/services/personal_access_tokens/rotate_service.rb", given: []call{made, {as: "owner", do: "POST " + list + "/<id>/rotate", save: "next=id"}}, ask: call{as: "owner", do: "GET " + list + "/<next>"}, want: says(200, `~"revoked":false`)},
			row{fact: "a bot lists: " + list, source: accessSpec, given: []call{strong}, ask: call{as: "token:<secret>", do: "GET " + list}, want: says(200, "keys id name")},
			row{fact: "a bot reads another: " + list, source: accessSpec, given: []call{strong, other}, ask: call{as: "token:<secret>", do: "GET " + list + "/<other>"}, want: says(200, `~"id":<other>,`)},
			row{fact: "a bot revokes another: " + list, source: accessSpec, given: []call{strong, other}, ask: call{as: "token:<secret>", do: "DELETE " + list + "/<other>"}, want: says(204, "empty")},
			row{fact: "a bot makes none: " + list, source: accessSpec, given: []call{strong}, ask: call{as: "token:<secret>", do: "POST " + list, body: body}, want: says(400, noMaking)},
			row{fact: "a bot rotates no other: " + list, source: projectPolicy, given: []call{strong, other}, ask: call{as: "token:<secret>", do: "POST " + list + "/<other>/rotate"}, want: says(401, unauthorized)},
			row{fact: "a bot does not rotate itself by its number: " + list, source: projectPolicy, given: []call{strong}, ask: call{as: "token:<secret>", do: "POST " + list + "/<id>/rotate"}, want: says(401, unauthorized)},
			row{fact: "a bot rotates itself: " + list, source: accessDocs, given: []call{made}, ask: call{as: "token:<secret>", do: "POST " + list + "/self/rotate"}, want: says(200, "keys id token expires_at")},
			row{fact: "a bot rotates itself by the scope self_rotate: " + list, source: accessDocs, given: []call{{as: "owner", do: "POST " + list, body: `{"name":"ci","scopes":["self_rotate"],"access_level":10,"expires_at":"<day:30>"}`, save: "secret=token"}}, ask: call{as: "token:<secret>", do: "POST " + list + "/self/rotate"}, want: says(200, "keys token")},
			row{fact: "a bot without the scope does not rotate itself: " + list, source: accessDocs, given: []call{{as: "owner", do: "POST " + list, body: `{"name":"ci","scopes":["read_api"],"access_level":10,"expires_at":"<day:30>"}`, save: "secret=token"}}, ask: call{as: "token:<secret>", do: "POST " + list + "/self/rotate"}, want: says(403, `~"error":"insufficient_scope"`)},
			row{fact: "a person has nothing to rotate here: " + list, source: "lib/api/resource_access_tokens/self_rotation.rb", ask: call{as: "owner", do: "POST " + list + "/self/rotate"}, want: says(405, message("405 Method Not Allowed"))},
			row{fact: "a rotated token is not accepted any more: " + list, source: accessDocs, given: []call{made, {as: "owner", do: "POST " + list + "/<id>/rotate"}}, ask: call{as: "token:<secret>", do: "GET /user"}, want: says(401, "~Token was revoked.")},
			row{fact: "a filter by state: " + list, source: accessSpec, given: []call{made, gone}, ask: call{as: "owner", do: "GET " + list + "?state=active"}, want: says(200, `[]`)},
			row{fact: "a filter by revoked: " + list, source: accessSpec, given: []call{made, gone}, ask: call{as: "owner", do: "GET " + list + "?revoked=true"}, want: says(200, `~"revoked":true`)},
			row{fact: "a filter by name: " + list, source: accessSpec, given: []call{made}, ask: call{as: "owner", do: "GET " + list + "?search=nothing"}, want: says(200, `[]`)},
			row{fact: "a state there is not: " + list, source: accessSpec, ask: call{as: "owner", do: "GET " + list + "?state=asleep"}, want: says(400, complaint("state does not have a valid value"))},
		)
		if of.kind == "group" {
			for _, route := range []string{"GET " + list, "GET " + list + "/<id>", "POST " + list + "/<id>/rotate"} {
				rows = append(rows, row{fact: "a Maintainer of the group: " + route, source: accessSpec, given: []call{made}, ask: call{as: "maintainer", do: route}, want: says(401, unauthorized)})
			}
		} else {
			rows = append(rows,
				row{fact: "a role above one's own", source: "app/services/resource_access_tokens/create_service.rb", ask: call{as: "maintainer", do: "POST " + list, body: strings.Replace(body, `"access_level":30`, `"access_level":50`, 1)}, want: says(400, message("400 Bad request - Access level of the token contains permissions not held by the creating user"))},
				row{fact: "a Maintainer does not rotate an Owner's", source: accessSpec, given: []call{strong}, ask: call{as: "maintainer", do: "POST " + list + "/<id>/rotate"}, want: says(400, message("400 Bad request - Not eligible to rotate tokens with permissions not held by the user"))},
			)
		}
	}
	return append(rows,
		row{fact: "only administrators read the expiry setting", source: settingsDocs, ask: call{as: "owner", do: "GET /application/settings"}, want: says(403, forbids)},
		row{fact: "the expiry setting has this name", source: settingsDocs, ask: call{as: "admin", do: "GET /application/settings"}, want: says(200, "keys require_personal_access_token_expiry enforce_ci_inbound_job_token_scope_enabled")},
		row{fact: "a null setting", source: "app/models/application_setting.rb", ask: call{as: "admin", do: "PUT /application/settings", body: `{"enforce_ci_inbound_job_token_scope_enabled":null}`}, want: says(400, `{"message":{"enforce_ci_inbound_job_token_scope_enabled":["must be a boolean value"]}}`)},
	)
}

func variableRows() []row {
	var rows []row
	for _, of := range []struct{ kind, path, missing, docs, thing string }{
		{"project", "/projects/<lib>", noProject, variableDocs, "404 Variable Not Found"}, {"group", "/groups/<group>", noGroup, groupVariables, "404 GroupVariable Not Found"},
	} {
		list := of.path + "/variables"
		made := call{as: "owner", do: "POST " + list, body: `{"key":"KEY","value":"content-1"}`}
		hidden := call{as: "owner", do: "POST " + list, body: `{"key":"KEY","value":"content-1","masked_and_hidden":true}`}
		for _, route := range []struct{ do, body string }{
			{"GET " + list, ""}, {"POST " + list, `{"key":"OTHER","value":"x"}`}, {"GET " + list + "/KEY", ""}, {"PUT " + list + "/KEY", `{"value":"x"}`}, {"DELETE " + list + "/KEY", ""},
		} {
			rows = append(rows,
				row{fact: "signed out: " + route.do, source: of.docs, given: []call{made}, ask: call{do: route.do, body: route.body}, want: says(401, unauthorized)},
				row{fact: "out of sight: " + route.do, source: of.docs, given: []call{made}, ask: call{as: "outsider", do: route.do, body: route.body}, want: says(404, of.missing)},
			)
			for _, role := range below {
				rows = append(rows, row{fact: "no right for a " + role + ": " + route.do, source: "spec/requests/api/ci/variables_spec.rb", given: []call{made}, ask: call{as: role, do: route.do, body: route.body}, want: says(403, forbids)})
			}
		}
		send := func(body string) call { return call{as: "owner", do: "POST " + list, body: body} }
		rows = append(rows,
			row{fact: "a new variable: " + list, source: of.docs, ask: send(`{"key":"A","value":"x"}`), want: says(201, "keys variable_type key value hidden protected masked raw environment_scope description")},
			row{fact: "by default nothing is set: " + list, source: of.docs, ask: send(`{"key":"A","value":"x"}`), want: says(201, `{"variable_type":"env_var","key":"A","value":"x","hidden":false,"protected":false,"masked":false,"raw":false,"environment_scope":"*","description":null}`)},
			row{fact: "a variable of a taken key: " + list, source: "spec/requests/api/ci/variables_spec.rb", given: []call{made}, ask: send(`{"key":"KEY","value":"x"}`), want: says(400, `{"message":{"key":["(KEY) has already been taken"]}}`)},
			row{fact: "no key: " + list, source: of.docs, ask: send(`{"value":"x"}`), want: says(400, complaint("key is missing"))},
			row{fact: "no value: " + list, source: of.docs, ask: send(`{"key":"A"}`), want: says(400, complaint("value is missing"))},
			row{fact: "a key with a dash: " + list, source: of.docs, ask: send(`{"key":"A-B","value":"x"}`), want: says(400, `{"message":{"key":["can contain only letters, digits and '_'."]}}`)},
			row{fact: "a value too short to be masked: " + list, source: of.docs, ask: send(`{"key":"A","value":"x","masked":true}`), want: says(400, `{"message":{"value":["is invalid"]}}`)},
			row{fact: "no such type: " + list, source: of.docs, ask: send(`{"key":"A","value":"x","variable_type":"secret"}`), want: says(400, complaint("variable_type does not have a valid value"))},
			row{fact: "flags as text: " + list, source: "spec/requests/api/ci/group_variables_spec.rb", ask: send(`{"key":"A","value":"content-1","protected":"true","masked":"false"}`), want: says(201, `~"protected":true,"masked":false`)},
			row{fact: "a hidden variable does not show its value: " + list, source: of.docs, ask: hidden, want: says(201, `~"value":null,"hidden":true`)},
			row{fact: "a hidden variable is masked: " + list, source: of.docs, ask: hidden, want: says(201, `~"masked":true`)},
			row{fact: "a hidden variable stays masked: " + list, source: "app/models/concerns/ci/hidable_variable.rb", given: []call{hidden}, ask: call{as: "owner", do: "PUT " + list + "/KEY", body: `{"masked":false}`}, want: says(400, `{"message":{"base":["The visibility setting cannot be changed for masked and hidden variables."]}}`)},
			row{fact: "an update without a value keeps it: " + list, source: "lib/api/ci/variables.rb", given: []call{made}, ask: call{as: "owner", do: "PUT " + list + "/KEY", body: `{"protected":true}`}, want: says(200, `~"value":"content-1"`)},
			row{fact: "no such variable: " + list, source: of.docs, ask: call{as: "owner", do: "GET " + list + "/NONE"}, want: says(404, message(of.thing))},
			row{fact: "no such variable to change: " + list, source: of.docs, ask: call{as: "owner", do: "PUT " + list + "/NONE", body: `{"value":"x"}`}, want: says(404, message(of.thing))},
			row{fact: "no such variable to delete: " + list, source: of.docs, ask: call{as: "owner", do: "DELETE " + list + "/NONE"}, want: says(404, message(of.thing))},
			row{fact: "a deleted variable: " + list, source: of.docs, given: []call{made}, ask: call{as: "owner", do: "DELETE " + list + "/KEY"}, want: says(204, "empty")},
			row{
				fact: "too many variables: " + list, source: "app/models/concerns/limitable.rb", alone: true,
				given: []call{{as: "admin", do: "POST //-/emulator/plant", body: `{"project":<lib>,"variable_limits":{"project":1,"group":1}}`}, made},
				ask:   send(`{"key":"B","value":"x"}`), want: says(400, fmt.Sprintf(`{"message":{"base":["Maximum number of %s ci variables (1) exceeded"]}}`, of.kind)),
			},
		)
	}
	list := "/projects/<lib>/variables"
	twice := []call{
		{as: "owner", do: "POST " + list, body: `{"key":"KEY","value":"a","environment_scope":"prod"}`}, {as: "owner", do: "POST " + list, body: `{"key":"KEY","value":"b","environment_scope":"test"}`},
	}
	return append(rows,
		row{fact: "a key of two scopes asks for the scope", source: variableDocs, given: twice, ask: call{as: "owner", do: "GET " + list + "/KEY"}, want: says(409, message("There are multiple variables with provided parameters. Please use 'filter[environment_scope]'"))},
		row{fact: "a filter names the scope", source: variableDocs, given: twice, ask: call{as: "owner", do: "GET " + list + "/KEY?filter[environment_scope]=test"}, want: says(200, `~"value":"b"`)},
	)
}
