package emulator_test

import (
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator"
)

func (i instance) newToken(t *testing.T, userID, scopes, expires string) (id int, secret string) {
	t.Helper()
	body := `{"name":"t","scopes":` + scopes + `,"expires_at":"` + expires + `"}`
	made := decode[struct {
		ID    int
		Token string
	}](t, i.must(t, request{"", post, "/api/v4/users/" + userID + "/personal_access_tokens", body}).body)
	return made.ID, made.Token
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	tomorrow := time.Now().AddDate(0, 0, 2).Format(time.DateOnly)
	i := start(t, emulator.Options{Seed: "acme"})
	_, reader := i.newToken(t, "2", `["read_api"]`, tomorrow)
	_, user := i.newToken(t, "2", `["read_user"]`, tomorrow)
	_, expired := i.newToken(t, "2", `["api"]`, "2020-01-01")
	_, revoked := i.newToken(t, "2", `["api"]`, tomorrow)
	i.must(t, request{revoked, del, "/api/v4/personal_access_tokens/8", ""})
	const expiredBody = `{"error":"invalid_token","error_description":"Token is expired. You can either do re-authorization or token refresh."}`
	const revokedBody = `{"error":"invalid_token","error_description":"Token was revoked. You have to re-authorize from the user."}`
	const needsAPI = `{"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token.","scope":"api"}`
	i.play(t, []step{
		{"read_api reads", request{reader, get, scopePath, ""}, 200, `{"inbound_enabled":true,"outbound_enabled":false}`},
		{"read_api writes", request{reader, patch, scopePath, `{"enabled":true}`}, 403, needsAPI},
		{"read_api writes nonsense", request{reader, post, projectsPath, `{}`}, 403, needsAPI},
		{"read_user reads", request{user, get, scopePath, ""}, 403,
			`{"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token.","scope":"api read_api"}`},
		{"expired", request{expired, get, scopePath, ""}, 401, expiredBody},
		{"revoked", request{revoked, get, scopePath, ""}, 401, revokedBody},
		{"revoked, even where anybody may read", request{revoked, get, "/api/v4/projects", ""}, 401, revokedBody},
		{"anonymous list", request{"", get, "/api/v4/projects", ""}, 200, `[]`},
		{"unknown route", request{"terraform", get, "/api/v4/nowhere", ""}, 404, `{"error":"404 Not Found"}`},
		{"unencoded path", request{"terraform", get, "/api/v4/projects/acme/shared-lib", ""}, 404, `{"error":"404 Not Found"}`},
		{"path without slash", request{"terraform", get, "/api/v4/projects/acme", ""}, 404, `{"message":"404 Project Not Found"}`},
		{"trailing slash", request{"terraform", get, scopePath + "/", ""}, 200, `{"inbound_enabled":true,"outbound_enabled":false}`},
		{"no record", request{"terraform", get, "/api/v4/projects/1/members/999", ""}, 404, `{"message":"404 Not found"}`},
		{"graphql: invalid", request{"glpat-nobody", post, "/api/graphql", `{"query":"{currentUser{id}}"}`}, 401, `{"errors":[{"message":"Invalid token"}]}`},
		{"graphql: expired", request{expired, post, "/api/graphql", `{"query":"{currentUser{id}}"}`}, 401, `{"errors":[{"message":"Invalid token"}]}`},
		{"graphql: read_api queries", request{reader, post, "/api/graphql", `{"query":"{currentUser{username}}"}`}, 200, `{"data":{"currentUser":{"username":"terraform"}}}`},
		{"graphql: read_api mutates", document(t, reader, `mutation{projectCiCdSettingsUpdate(input:{fullPath:"acme/app"}){errors}}`), 200,
			`{"data":{"projectCiCdSettingsUpdate":null},"errors":[{"message":"The resource that you are attempting to access does not exist or you don't have permission to perform this action","locations":[{"line":1,"column":10}],"path":["projectCiCdSettingsUpdate"]}]}`},
	})
}

func TestVersion(t *testing.T) {
	t.Parallel()
	start(t, emulator.Options{}).play(t, []step{
		{"version", request{"root", get, "/api/v4/version", ""}, 200, `{"version":"19.4.1","revision":"19040e7a1c5"}`},
		{"metadata", request{"root", get, "/api/v4/metadata", ""}, 200,
			`{"version":"19.4.1","revision":"19040e7a1c5","kas":{"enabled":false,"externalUrl":null,"externalK8sProxyUrl":null,"version":null},"enterprise":false}`},
		{"metadata, anonymous", request{"", get, "/api/v4/metadata", ""}, 401, `{"message":"401 Unauthorized"}`},
		{"graphql", document(t, "root", `{metadata{version enterprise}}`), 200, `{"data":{"metadata":{"version":"19.4.1","enterprise":false}}}`},
	})
}

func TestInstanceSettings(t *testing.T) {
	t.Parallel()
	const path = "/api/v4/application/settings"
	start(t, emulator.Options{Seed: "estate:1x1"}).play(t, []step{
		{"a new instance enforces", request{"root", get, path, ""}, 200, `~"enforce_ci_inbound_job_token_scope_enabled":true`},
		{"not for users", request{"terraform", get, path, ""}, 403, `{"message":"403 Forbidden"}`},
		{"not for the anonymous", request{"", get, path, ""}, 401, `{"message":"401 Unauthorized"}`},
		{"null", request{"root", put, path, `{"enforce_ci_inbound_job_token_scope_enabled":null}`}, 400,
			`{"message":{"enforce_ci_inbound_job_token_scope_enabled":["must be a boolean value"]}}`},
		{"off", request{"root", put, path, `{"enforce_ci_inbound_job_token_scope_enabled":false}`}, 200, `~"enforce_ci_inbound_job_token_scope_enabled":false`},
		{"nothing known", request{"root", put, path, `{}`}, 400, `~are missing, at least one parameter must be provided`},
		{"what is not modelled is said to be", request{"root", put, path, `{"signup_enabled":true}`}, 400, `{"error":"signup_enabled is not modelled by the embedded GitLab"}`},
	})
}
