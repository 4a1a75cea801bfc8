package emulator_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator"
)

const (
	get, post, put, patch, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete

	scopePath    = "/api/v4/projects/1/job_token_scope"
	projectsPath = scopePath + "/allowlist"
	groupsPath   = scopePath + "/groups_allowlist"
)

func TestJobTokenScopeToggle(t *testing.T) {
	t.Parallel()
	enforce := func(on bool) request {
		return request{"root", put, "/api/v4/application/settings", fmt.Sprintf(`{"enforce_ci_inbound_job_token_scope_enabled":%t}`, on)}
	}
	start(t, emulator.Options{Seed: "acme"}).play(t, []step{
		{"read", request{"terraform", get, scopePath, ""}, 200, `{"inbound_enabled":true,"outbound_enabled":false}`},
		{"read by path", request{"terraform", get, "/api/v4/projects/acme%2Fshared-lib/job_token_scope", ""}, 200, `{"inbound_enabled":true,"outbound_enabled":false}`},
		{"off", request{"terraform", patch, scopePath, `{"enabled":false}`}, 204, ``},
		{"off again", request{"terraform", patch, scopePath, `{"enabled":false}`}, 204, ``},
		{"is off", request{"terraform", get, scopePath, ""}, 200, `{"inbound_enabled":false,"outbound_enabled":false}`},
		{"on by path, as text", request{"terraform", patch, "/api/v4/projects/acme%2Fshared-lib/job_token_scope", `{"enabled":"true"}`}, 204, ``},
		{"nothing", request{"terraform", patch, scopePath, `{}`}, 400, `{"error":"enabled is missing"}`},
		{"another name", request{"terraform", patch, scopePath, `{"outbound_scope_enabled":false}`}, 400, `{"error":"enabled is missing"}`},
		{"a number", request{"terraform", patch, scopePath, `{"enabled":123}`}, 400, `{"error":"enabled is invalid"}`},
		{"null", request{"terraform", patch, scopePath, `{"enabled":null}`}, 400, `{"error":"enabled is empty"}`},
		{"off before enforcement", request{"terraform", patch, scopePath, `{"enabled":false}`}, 204, ``},
		{"enforce", enforce(true), 200, `~"enforce_ci_inbound_job_token_scope_enabled":true`},
		{"effective", request{"terraform", get, scopePath, ""}, 200, `{"inbound_enabled":true,"outbound_enabled":false}`},
		{"off under enforcement", request{"terraform", patch, scopePath, `{"enabled":false}`}, 400,
			`{"message":"400 Bad request - Job token scope cannot be disabled for this project because it is enforced for the instance."}`},
		{"on under enforcement", request{"terraform", patch, scopePath, `{"enabled":true}`}, 204, ``},
		{"lift", enforce(false), 200, `~"enforce_ci_inbound_job_token_scope_enabled":false`},
		{"off after enforcement", request{"terraform", patch, scopePath, `{"enabled":false}`}, 204, ``},
	})
}

func TestJobTokenScopeRights(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	i.must(t, request{"", put, "/api/v4/groups/5", `{"visibility":"public"}`})
	i.must(t, request{"", put, "/api/v4/projects/2", `{"visibility":"public"}`})
	const target = `{"target_project_id":3,"target_group_id":6,"enabled":true}`
	for _, endpoint := range []struct{ method, path string }{
		{get, scopePath}, {patch, scopePath}, {get, projectsPath}, {post, projectsPath}, {del, projectsPath + "/3"},
		{get, groupsPath}, {post, groupsPath}, {del, groupsPath + "/6"},
	} {
		ownText := `{"message":"403 Forbidden"}`
		if endpoint.method == del {
			ownText = `{"message":"403 Forbidden - Insufficient permissions to modify the job token scope"}`
		}
		public := "/api/v4/projects/2" + endpoint.path[len("/api/v4/projects/1"):]
		name := endpoint.method + " " + endpoint.path
		i.play(t, []step{
			{name + " anonymous", request{"", endpoint.method, endpoint.path, target}, 401, `{"message":"401 Unauthorized"}`},
			{name + " anonymous, public project", request{"", endpoint.method, public, target}, 401, `{"message":"401 Unauthorized"}`},
			{name + " unknown token", request{"glpat-nobody", endpoint.method, endpoint.path, target}, 401, `{"message":"401 Unauthorized"}`},
			{name + " hidden project", request{"mallory", endpoint.method, endpoint.path, target}, 404, `{"message":"404 Project Not Found"}`},
			{name + " too low", request{"dev", endpoint.method, endpoint.path, target}, 403, ownText},
			{name + " public, no member", request{"mallory", endpoint.method, public, target}, 403, ownText},
		})
	}
}

func TestProjectAllowlist(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	const notThere = `{"message":"400 Bad request - Target project is not in the job token scope"}`
	add := func(id string) request {
		return request{"terraform", post, projectsPath, `{"target_project_id":` + id + `}`}
	}
	i.play(t, []step{
		{"add", add("3"), 201, `{"source_project_id":1,"target_project_id":3}`},
		{"add as text", add(`"4"`), 201, `{"source_project_id":1,"target_project_id":4}`},
		{"add again", add("3"), 400, `{"message":"400 Bad request - This project is already in the job token allowlist."}`},
		{"unknown target", add("999"), 404, `{"message":"404 target_project_id not found Not Found"}`},
		{"hidden target", add("8"), 400, `{"message":"400 Bad request - The target_project that you are attempting to access does not exist or you don't have permission to perform this action"}`},
		{"no target", request{"terraform", post, projectsPath, `{}`}, 400, `{"error":"target_project_id is missing"}`},
		{"null target", add("null"), 400, `{"error":"target_project_id is empty"}`},
		{"blank target", add(`""`), 400, `{"error":"target_project_id is empty"}`},
		{"fraction", add("1.5"), 400, `{"error":"target_project_id is invalid"}`},
		{"path as id", request{"terraform", post, "/api/v4/projects/acme%2Fshared-lib/job_token_scope/allowlist", `{"target_project_id":3}`}, 400, `{"error":"id is invalid"}`},
		{"path as id, no target", request{"terraform", post, "/api/v4/projects/acme%2Fshared-lib/job_token_scope/allowlist", `{}`}, 400, `{"error":"id is invalid, target_project_id is missing"}`},
		{"remove by path", request{"terraform", del, "/api/v4/projects/acme%2Fshared-lib/job_token_scope/allowlist/3", ""}, 400, `{"error":"id is invalid"}`},
		{"remove", request{"terraform", del, projectsPath + "/3", ""}, 204, ``},
		{"remove again", request{"terraform", del, projectsPath + "/3", ""}, 400, notThere},
		{"remove unknown", request{"terraform", del, projectsPath + "/999", ""}, 404, `{"message":"404 Project Not Found"}`},
		{"remove hidden", request{"terraform", del, projectsPath + "/8", ""}, 400, notThere},
		{"remove itself", request{"terraform", del, projectsPath + "/1", ""}, 400, `{"message":"400 Bad request - Source project cannot be removed from the job token scope"}`},
		{"add itself", add("1"), 201, `{"source_project_id":1,"target_project_id":1}`},
		{"remove itself once stored", request{"terraform", del, projectsPath + "/1", ""}, 400, `{"message":"400 Bad request - Source project cannot be removed from the job token scope"}`},
	})
	type listed struct {
		ID int64 `json:"id"`
	}
	answer := i.must(t, request{"terraform", get, projectsPath, ""})
	if got, want := fmt.Sprint(decode[[]listed](t, answer.body)), "[{1} {1} {2} {4} {6}]"; got != want {
		t.Errorf("the list with a stored self entry is %s, want %s", got, want)
	}
	if got := answer.header.Get("X-Total"); got != "5" {
		t.Errorf("X-Total %s, want 5: the project itself counts", got)
	}
}

func TestProjectAllowlistEntity(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	answer := i.must(t, request{"terraform", get, "/api/v4/projects/2/job_token_scope/allowlist", ""})
	listed := decode[[]map[string]any](t, answer.body)
	if len(listed) != 1 {
		t.Fatalf("an untouched list is %s, want the project itself", answer.body)
	}
	for _, name := range []string{"created_at", "last_activity_at"} {
		if text, _ := listed[0][name].(string); len(text) != len("2013-09-30T13:46:02.000Z") {
			t.Errorf("%s is %q, want a time with milliseconds", name, text)
		}
		delete(listed[0], name)
	}
	want := `{"id":2,"description":null,"name":"app","name_with_namespace":"acme / app","path":"app",
		"path_with_namespace":"acme/app","tag_list":[],"topics":[],"ssh_url_to_repo":"git@localhost:acme/app.git",
		"http_url_to_repo":"` + i.URL() + `/acme/app.git","web_url":"` + i.URL() + `/acme/app","avatar_url":null,
		"star_count":0,"visibility":"private","namespace":{"id":5,"name":"acme","path":"acme","kind":"group",
		"full_path":"acme","parent_id":null,"avatar_url":null,"web_url":"` + i.URL() + `/groups/acme"}}`
	if got := quote(t, listed[0]); !sameJSON(t, got, want) {
		t.Errorf("entity\n%s\nwant\n%s", got, want)
	}
}

func TestGroupAllowlist(t *testing.T) {
	t.Parallel()
	add := func(id string) request {
		return request{"terraform", post, groupsPath, `{"target_group_id":` + id + `}`}
	}
	i := start(t, emulator.Options{Seed: "acme"})
	i.play(t, []step{
		{"list", request{"terraform", get, groupsPath, ""}, 200, `[{"id":6,"web_url":"{url}/groups/acme/platform","name":"platform"}]`},
		{"empty list", request{"terraform", get, "/api/v4/projects/2/job_token_scope/groups_allowlist", ""}, 200, `[]`},
		{"add", add("5"), 201, `{"source_project_id":1,"target_group_id":5}`},
		{"add again", add("5"), 400, `{"message":"400 Bad request - This group is already in the job token allowlist."}`},
		{"unknown", add("999"), 404, `{"message":"404 target_group_id not found Not Found"}`},
		{"a user's namespace", add("2"), 404, `{"message":"404 target_group_id not found Not Found"}`},
		{"hidden", add("7"), 400, `{"message":"400 Bad request - The target_group that you are attempting to access does not exist or you don't have permission to perform this action"}`},
		{"none", request{"terraform", post, groupsPath, `{}`}, 400, `{"error":"target_group_id is missing"}`},
		{"remove", request{"terraform", del, groupsPath + "/5", ""}, 204, ``},
		{"remove again", request{"terraform", del, groupsPath + "/5", ""}, 400, `{"message":"400 Bad request - Target group is not in the job token scope"}`},
		{"remove unknown", request{"terraform", del, groupsPath + "/999", ""}, 404, `{"message":"404 target_group_id not found Not Found"}`},
		{"root adds a hidden one", request{"root", post, groupsPath, `{"target_group_id":7}`}, 201, `{"source_project_id":1,"target_group_id":7}`},
		{"hidden is listed", request{"terraform", get, groupsPath, ""}, 200,
			`[{"id":6,"web_url":"{url}/groups/acme/platform","name":"platform"},{"id":7,"web_url":"{url}/groups/outside","name":"outside"}]`},
		{"hidden can be removed", request{"terraform", del, groupsPath + "/7", ""}, 204, ``},
	})
}

func TestLinksGoWithTheirTarget(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	for _, r := range []request{
		{"", del, "/api/v4/projects/6", ""},
		{"", del, "/api/v4/projects/6?permanently_remove=true&full_path=acme/reports-deletion_scheduled-6", ""},
		{"", del, "/api/v4/groups/6", ""},
		{"", del, "/api/v4/groups/6?permanently_remove=true&full_path=acme/platform-deletion_scheduled-6", ""},
	} {
		i.must(t, r)
	}
	if got := i.must(t, request{"terraform", get, projectsPath, ""}).header.Get("X-Total"); got != "2" {
		t.Errorf("%s projects are listed, want 2", got)
	}
	i.play(t, []step{{"groups", request{"terraform", get, groupsPath, ""}, 200, `[]`}})
}

func TestAllowlistLimits(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "estate:2x200"})
	// The 200 targets are the projects 1 to 200, the sources 201 and 202; the
	// groups are estate 2 and pool 3.
	const source = "/api/v4/projects/201/job_token_scope"
	for n := range 201 {
		i.must(t, request{"", post, "/api/v4/groups", fmt.Sprintf(`{"name":"g%d","path":"g%d","visibility":"public"}`, n, n)})
	}
	first := decode[struct{ ID int }](t, i.must(t, request{"", get, "/api/v4/groups/g0", ""}).body).ID
	for n := range 200 {
		i.must(t, request{"terraform", post, source + "/groups_allowlist", fmt.Sprintf(`{"target_group_id":%d}`, first+n)})
	}
	i.play(t, []step{
		{"201st project", request{"terraform", post, source + "/allowlist", `{"target_project_id":202}`}, 400,
			`{"message":"400 Bad request - Validation failed: Source project exceeds the allowable number of project links in this direction"}`},
		{"201st group", request{"terraform", post, source + "/groups_allowlist", fmt.Sprintf(`{"target_group_id":%d}`, first+200)}, 400,
			`{"message":"400 Bad request - Validation failed: Source project exceeds the allowable number of group links"}`},
		{"a duplicate on a full list", request{"terraform", post, source + "/allowlist", `{"target_project_id":7}`}, 400,
			`{"message":"400 Bad request - This project is already in the job token allowlist."}`},
		{"make room", request{"terraform", del, source + "/allowlist/7", ""}, 204, ``},
		{"200th project", request{"terraform", post, source + "/allowlist", `{"target_project_id":202}`}, 201, `{"source_project_id":201,"target_project_id":202}`},
	})
	if got := i.must(t, request{"terraform", get, source + "/allowlist", ""}).header.Get("X-Total"); got != "201" {
		t.Errorf("a full list has X-Total %s, want 201: the project itself counts, but is no link", got)
	}
}

func TestPagination(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "estate:1x150"})
	const path = "/api/v4/projects/151/job_token_scope/allowlist"
	type page struct{ page, perPage, prev, next, total, pages string }
	url := func(page, perPage int) string {
		return fmt.Sprintf("<%s%s?id=151&page=%d&per_page=%d>", i.URL(), path, page, perPage)
	}
	for query, want := range map[string]struct {
		headers page
		items   int
		link    string
	}{
		"": {page{"1", "20", "", "2", "151", "8"}, 20,
			url(2, 20) + `; rel="next", ` + url(1, 20) + `; rel="first", ` + url(8, 20) + `; rel="last"`},
		"?page=8": {page{"8", "20", "7", "", "151", "8"}, 11,
			url(7, 20) + `; rel="prev", ` + url(1, 20) + `; rel="first", ` + url(8, 20) + `; rel="last"`},
		"?per_page=1000&page=2": {page{"2", "100", "1", "", "151", "2"}, 51,
			url(1, 100) + `; rel="prev", ` + url(1, 100) + `; rel="first", ` + url(2, 100) + `; rel="last"`},
		"?page=99": {page{"99", "20", "", "", "151", "8"}, 0,
			url(1, 20) + `; rel="first", ` + url(8, 20) + `; rel="last"`},
	} {
		t.Run(query, func(t *testing.T) {
			t.Parallel()
			answer := i.must(t, request{"terraform", get, path + query, ""})
			h := answer.header
			got := page{h.Get("X-Page"), h.Get("X-Per-Page"), h.Get("X-Prev-Page"), h.Get("X-Next-Page"), h.Get("X-Total"), h.Get("X-Total-Pages")}
			if got != want.headers {
				t.Errorf("headers %+v, want %+v", got, want.headers)
			}
			if _, sent := h["X-Next-Page"]; !sent {
				t.Error("X-Next-Page is not sent: it is empty on the last page")
			}
			if h.Get("Link") != want.link {
				t.Errorf("Link\n%s\nwant\n%s", h.Get("Link"), want.link)
			}
			if items := len(decode[[]any](t, answer.body)); items != want.items {
				t.Errorf("%d items, want %d", items, want.items)
			}
		})
	}
}
