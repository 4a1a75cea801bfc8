package emulator_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator"
)

func TestRenamedProject(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	i.must(t, request{"", put, "/api/v4/projects/1", `{"path":"common-lib"}`})
	const old = "/api/v4/projects/acme%2Fshared-lib"
	i.play(t, []step{
		{"read", request{"terraform", get, old, ""}, 301, `{"message":"This resource has been moved permanently to {url}/api/v4/projects/1"}`},
		{"write", request{"terraform", patch, old + "/job_token_scope", `{"enabled":true}`}, 405, `{"message":"Non GET methods are not allowed for moved projects"}`},
		{"not for strangers", request{"mallory", get, old, ""}, 404, `{"message":"404 Project Not Found"}`},
		{"letter case is no move", request{"terraform", get, "/api/v4/projects/ACME%2FCommon-Lib/job_token_scope", ""}, 200, `{"inbound_enabled":true,"outbound_enabled":false}`},
		{"graphql, old path", document(t, "terraform", `{project(fullPath:"acme/shared-lib"){id}}`), 200, `{"data":{"project":null}}`},
		{"graphql, letter case", document(t, "terraform", `{project(fullPath:"ACME/common-LIB"){fullPath}}`), 200, `{"data":{"project":{"fullPath":"acme/common-lib"}}}`},
		{"a new project takes the old path", request{"root", post, "/api/v4/projects", `{"name":"Another","path":"shared-lib","namespace_id":5}`}, 201, `~"path_with_namespace":"acme/shared-lib"`},
		{"and the redirect is gone", request{"terraform", get, old, ""}, 200, `~"id":9`},
	})
}

func TestRedirectKeepsTheRequest(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	i.must(t, request{"", put, "/api/v4/groups/5", `{"path":"acme2"}`})
	answer := i.send(t, request{"terraform", get, "/api/v4/projects/acme%2Fplatform%2Frunner-images/job_token_scope/allowlist?per_page=5", ""})
	if want := i.URL() + "/api/v4/projects/7/job_token_scope/allowlist?per_page=5"; answer.status != 301 || answer.header.Get("Location") != want {
		t.Errorf("%d to %q, want 301 to %q", answer.status, answer.header.Get("Location"), want)
	}
	i.play(t, []step{
		{"groups are not redirected", request{"terraform", get, "/api/v4/groups/acme", ""}, 404, `{"message":"404 Group Not Found"}`},
		{"below a renamed group", document(t, "terraform", `{group(fullPath:"acme2/platform"){projects{nodes{fullPath}}}}`), 200,
			`{"data":{"group":{"projects":{"nodes":[{"fullPath":"acme2/platform/runner-images"}]}}}}`},
	})
}

func TestScheduledDeletion(t *testing.T) {
	t.Parallel()
	const path = "/api/v4/projects/2"
	start(t, emulator.Options{Seed: "acme"}).play(t, []step{
		{"maintainers may not", request{"terraform", del, path, ""}, 403, `{"message":"403 Forbidden"}`},
		{"not at once", request{"root", del, path + "?permanently_remove=true&full_path=acme/app", ""}, 400, `{"message":"Project must be marked for deletion first."}`},
		{"schedule", request{"root", del, path, ""}, 202, `{"message":"202 Accepted"}`},
		{"still answers", request{"terraform", get, path, ""}, 200, `~"path_with_namespace":"acme/app-deletion_scheduled-2"`},
		{"archived", request{"terraform", get, path, ""}, 200, `~"archived":true`},
		{"marked", document(t, "terraform", `{project(fullPath:"acme/app-deletion_scheduled-2"){markedForDeletion archived isSelfDeletionScheduled}}`), 200,
			`{"data":{"project":{"markedForDeletion":true,"archived":true,"isSelfDeletionScheduled":true}}}`},
		{"still on the list", request{"terraform", get, projectsPath, ""}, 200, `~"path_with_namespace":"acme/app-deletion_scheduled-2"`},
		{"old path redirects", request{"terraform", get, "/api/v4/projects/acme%2Fapp", ""}, 301, `~/api/v4/projects/2`},
		{"restore", request{"root", post, path + "/restore", ""}, 201, `~"path_with_namespace":"acme/app"`},
		{"restore again", request{"root", post, path + "/restore", ""}, 400, `{"message":"Project has not been marked for deletion"}`},
		{"schedule again", request{"root", del, path, ""}, 202, `{"message":"202 Accepted"}`},
		{"old path is free", request{"terraform", post, "/api/v4/projects", `{"name":"app","namespace_id":5}`}, 201, `~"id":9`},
		{"wrong path", request{"root", del, path + "?permanently_remove=true&full_path=acme/app", ""}, 400, "{\"message\":\"`full_path` is incorrect. You must enter the complete path for the project.\"}"},
		{"for good", request{"root", del, path + "?permanently_remove=true&full_path=acme/app-deletion_scheduled-2", ""}, 202, `{"message":"202 Accepted"}`},
		{"gone", request{"root", get, path, ""}, 404, `{"message":"404 Project Not Found"}`},
	})
}

func TestTransferAndArchive(t *testing.T) {
	t.Parallel()
	start(t, emulator.Options{Seed: "acme"}).play(t, []step{
		{"maintainers may not", request{"terraform", put, "/api/v4/projects/2/transfer", `{"namespace":"outside"}`}, 403, `{"message":"403 Forbidden"}`},
		{"unknown namespace", request{"root", put, "/api/v4/projects/2/transfer", `{"namespace":"nowhere"}`}, 404, `{"message":"404 Namespace Not Found"}`},
		{"transfer", request{"root", put, "/api/v4/projects/2/transfer", `{"namespace":"acme/platform"}`}, 200, `~"path_with_namespace":"acme/platform/app"`},
		{"old path", request{"terraform", get, "/api/v4/projects/acme%2Fapp", ""}, 301, `~moved permanently`},
		{"transfer by id", request{"root", put, "/api/v4/projects/2/transfer", `{"namespace":7}`}, 200, `~"path_with_namespace":"outside/app"`},
		{"out of sight", request{"terraform", get, "/api/v4/projects/2", ""}, 404, `{"message":"404 Project Not Found"}`},
		{"archive", request{"root", post, "/api/v4/projects/3/archive", ""}, 201, `~"archived":true`},
		{"unarchive", request{"root", post, "/api/v4/projects/3/unarchive", ""}, 201, `~"archived":false`},
	})
}

func TestCreateAndChange(t *testing.T) {
	t.Parallel()
	start(t, emulator.Options{Seed: "acme"}).play(t, []step{
		{"project", request{"dev", post, "/api/v4/projects", `{"name":"New Thing","namespace_id":5}`}, 201, `~"path":"new-thing"`},
		{"taken", request{"dev", post, "/api/v4/projects", `{"name":"app","namespace_id":5}`}, 400,
			`{"message":{"name":["has already been taken"],"path":["has already been taken"],"project_namespace.name":["has already been taken"]}}`},
		{"own namespace", request{"mallory", post, "/api/v4/projects", `{"name":"mine"}`}, 201, `~"path_with_namespace":"mallory/mine"`},
		{"foreign namespace", request{"mallory", post, "/api/v4/projects", `{"name":"mine","namespace_id":5}`}, 400, `{"message":{"namespace":["is not valid"]}}`},
		{"too open", request{"terraform", post, "/api/v4/projects", `{"name":"open","namespace_id":5,"visibility":"public"}`}, 400,
			`{"message":{"visibility_level":["public is not allowed in a private group."]}}`},
		{"bad visibility", request{"terraform", post, "/api/v4/projects", `{"name":"open","visibility":"secret"}`}, 400, `{"error":"visibility does not have a valid value"}`},
		{"no name", request{"terraform", post, "/api/v4/projects", `{}`}, 400, `~at least one parameter must be provided`},
		{"push", request{"terraform", put, "/api/v4/projects/1", `{"ci_push_repository_for_job_token_allowed":true}`}, 200, `~"ci_push_repository_for_job_token_allowed":true`},
		{"nothing known", request{"terraform", put, "/api/v4/projects/1", `{"ci_job_token_scope_enabled":true}`}, 400, `~are missing, at least one parameter must be provided`},
		{"rename as maintainer", request{"terraform", put, "/api/v4/projects/1", `{"name":"x"}`}, 403, `{"message":"403 Forbidden"}`},
		{"group", request{"terraform", post, "/api/v4/groups", `{"name":"own","path":"own"}`}, 201, `~"full_path":"own"`},
		{"subgroup", request{"terraform", post, "/api/v4/groups", `{"name":"sub","path":"sub","parent_id":5}`}, 201, `~"full_path":"acme/sub"`},
		{"subgroup as developer", request{"dev", post, "/api/v4/groups", `{"name":"sub2","path":"sub2","parent_id":5}`}, 403, `{"message":"403 Forbidden"}`},
		{"group taken", request{"mallory", post, "/api/v4/groups", `{"name":"own","path":"OWN"}`}, 400, `{"message":"Failed to save group {:path=>[\"has already been taken\"]}"}`},
		{"group without path", request{"mallory", post, "/api/v4/groups", `{"name":"own"}`}, 400, `{"error":"path is missing"}`},
		{"hidden group", request{"mallory", get, "/api/v4/groups/acme", ""}, 404, `{"message":"404 Group Not Found"}`},
		{"namespace", request{"terraform", get, "/api/v4/namespaces/acme%2Fplatform", ""}, 200,
			`{"id":6,"name":"platform","path":"platform","kind":"group","full_path":"acme/platform","parent_id":5,"avatar_url":null,"web_url":"{url}/groups/acme/platform"}`},
		{"own user namespace", request{"terraform", get, "/api/v4/namespaces/2", ""}, 200, `~"kind":"user"`},
		{"foreign user namespace", request{"terraform", get, "/api/v4/namespaces/mallory", ""}, 404, `{"message":"404 Namespace Not Found"}`},
		{"user", request{"root", post, "/api/v4/users", `{"email":"a@example.com","name":"A","username":"a","force_random_password":true}`}, 201, `~"username":"a"`},
		{"user taken", request{"root", post, "/api/v4/users", `{"email":"b@example.com","name":"A","username":"A","force_random_password":true}`}, 409, `{"message":"Username has already been taken"}`},
		{"users may not", request{"terraform", post, "/api/v4/users", `{"email":"c@example.com","name":"C","username":"c","force_random_password":true}`}, 403, `{"message":"403 Forbidden"}`},
		{"find user", request{"terraform", get, "/api/v4/users?username=DEV", ""}, 200, `[{"id":3,"username":"dev","name":"Dev Eloper","state":"active","locked":false,"avatar_url":null,"web_url":"{url}/dev"}]`},
		{"bad scope", request{"root", post, "/api/v4/users/2/personal_access_tokens", `{"name":"x","scopes":["all"]}`}, 400, `{"error":"scopes does not have a valid value"}`},
	})
}

func TestMembers(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	const mallory = `"user_id":4`
	i.play(t, []step{
		{"hidden", request{"mallory", get, "/api/v4/projects/7", ""}, 404, `{"message":"404 Project Not Found"}`},
		{"a group's maintainer may not add to it", request{"terraform", post, "/api/v4/groups/5/members", `{` + mallory + `,"access_level":40}`}, 403, `{"message":"403 Forbidden"}`},
		{"add to the top group", request{"root", post, "/api/v4/groups/5/members", `{` + mallory + `,"access_level":20}`}, 201, `~"access_level":20`},
		{"inherited by a subgroup's project", request{"mallory", get, "/api/v4/projects/7", ""}, 200, `~"group_access":{"access_level":20`},
		{"too low for the scope", request{"mallory", get, "/api/v4/projects/7/job_token_scope", ""}, 403, `{"message":"403 Forbidden"}`},
		{"again", request{"root", post, "/api/v4/groups/5/members", `{` + mallory + `,"access_level":40}`}, 409, `{"message":"Member already exists"}`},
		{"unknown user", request{"root", post, "/api/v4/groups/5/members", `{"user_id":99,"access_level":40}`}, 404, `{"message":"404 User Not Found"}`},
		{"no such level", request{"root", post, "/api/v4/projects/1/members", `{` + mallory + `,"access_level":33}`}, 400, `{"message":{"access_level":["is not included in the list"]}}`},
		{"raise", request{"root", put, "/api/v4/groups/5/members/4", `{"access_level":40}`}, 200, `~"access_level":40`},
		{"maintainer of the subgroup's project", request{"mallory", get, "/api/v4/projects/7/job_token_scope", ""}, 200, `{"inbound_enabled":true,"outbound_enabled":false}`},
		{"no own member", request{"root", get, "/api/v4/projects/7/members/4", ""}, 404, `{"message":"404 Not found"}`},
		{"but an inherited one", request{"root", get, "/api/v4/projects/7/members/all/4", ""}, 200, `~"access_level":40`},
		{"below the inherited level", request{"root", post, "/api/v4/projects/7/members", `{` + mallory + `,"access_level":10}`}, 400, `~should be greater than or equal to Maintainer inherited membership from group acme`},
		{"remove", request{"root", del, "/api/v4/groups/5/members/4", ""}, 204, ``},
		{"out again", request{"mallory", get, "/api/v4/projects/7", ""}, 404, `{"message":"404 Project Not Found"}`},
		{"project member", request{"terraform", post, "/api/v4/projects/7/members", `{` + mallory + `,"access_level":10}`}, 201, `~"access_level":10`},
		{"sees the group of its project", request{"mallory", get, "/api/v4/groups/6?with_projects=false", ""}, 200, `~"full_path":"acme/platform"`},
		{"and the group above", request{"mallory", get, "/api/v4/groups/5?with_projects=false", ""}, 200, `~"full_path":"acme"`},
		{"but no other project", request{"mallory", get, "/api/v4/projects/1", ""}, 404, `{"message":"404 Project Not Found"}`},
	})
	if body := i.must(t, request{"root", get, "/api/v4/projects/7/members/all", ""}).body; strings.Count(body, `"username"`) < 4 {
		t.Errorf("members/all lacks inherited members: %s", body)
	}
}

func TestProjectLists(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	for path, want := range map[string]string{
		"/api/v4/projects?order_by=id&sort=asc":                 "[1 2 3 4 5 6 7]",
		"/api/v4/projects?search=RE":                            "[6 1]",
		"/api/v4/groups/5/projects":                             "[6 5 4 3 2 1]",
		"/api/v4/groups/5/projects?include_subgroups=true":      "[7 6 5 4 3 2 1]",
		"/api/v4/projects?min_access_level=50":                  "[]",
		"/api/v4/projects?membership=true&per_page=2&page=2":    "[5 4]",
		"/api/v4/groups?top_level_only=true":                    "[5]",
		"/api/v4/groups/5/descendant_groups":                    "[6]",
		"/api/v4/groups/acme/projects?search=app&archived=true": "[]",
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			var ids []int
			for _, item := range decode[[]struct{ ID int }](t, i.must(t, request{"terraform", get, path, ""}).body) {
				ids = append(ids, item.ID)
			}
			if got := fmt.Sprint(ids); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		})
	}
}
