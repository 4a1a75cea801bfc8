package emulator_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator"
)

func TestWaysToSendParameters(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	var form bytes.Buffer
	multi := multipart.NewWriter(&form)
	if err := multi.WriteField("target_project_id", "5"); err != nil {
		t.Fatal(err)
	}
	if err := multi.Close(); err != nil {
		t.Fatal(err)
	}
	for _, sent := range []struct {
		name, contentType, query, body string
		status                         int
	}{
		{"query", "", "?target_project_id=3", "", 201},
		{"form", "application/x-www-form-urlencoded", "", "target_project_id=4", 201},
		{"multipart", multi.FormDataContentType(), "", form.String(), 201},
		{"JSON with a charset", "application/json; charset=utf-8", "", `{"target_project_id":7}`, 201},
		{"broken JSON", "application/json", "", `{"target`, 400},
		{"plain text", "text/plain", "", `target_project_id=6`, 415},
	} {
		t.Run(sent.name, func(t *testing.T) {
			t.Parallel()
			call, err := http.NewRequestWithContext(t.Context(), post, i.URL()+projectsPath+sent.query, strings.NewReader(sent.body))
			if err != nil {
				t.Fatal(err)
			}
			call.Header.Set("Authorization", "Bearer "+i.Tokens()["terraform"])
			if sent.contentType != "" {
				call.Header.Set("Content-Type", sent.contentType)
			}
			answer, err := http.DefaultClient.Do(call)
			if err != nil {
				t.Fatal(err)
			}
			if err := answer.Body.Close(); err != nil || answer.StatusCode != sent.status {
				t.Errorf("status %d, want %d (%v)", answer.StatusCode, sent.status, err)
			}
		})
	}
}

func TestWaysToAuthenticate(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	for name, c := range map[string]struct {
		header, value, query string
		status               int
	}{
		"private token":     {"PRIVATE-TOKEN", i.Tokens()["terraform"], "", 200},
		"bearer":            {"Authorization", "Bearer " + i.Tokens()["terraform"], "", 200},
		"parameter":         {"Accept", "*/*", "?private_token=" + i.Tokens()["terraform"], 200},
		"job token ignored": {"JOB-TOKEN", i.Tokens()["terraform"], "", 401},
		"basic":             {"Authorization", "Basic eDp5", "", 401},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			call, err := http.NewRequestWithContext(t.Context(), get, i.URL()+scopePath+c.query, nil)
			if err != nil {
				t.Fatal(err)
			}
			call.Header.Set(c.header, c.value)
			answer, err := http.DefaultClient.Do(call)
			if err != nil {
				t.Fatal(err)
			}
			if err := answer.Body.Close(); err != nil || answer.StatusCode != c.status {
				t.Errorf("status %d, want %d (%v)", answer.StatusCode, c.status, err)
			}
		})
	}
}

func TestUsersAndTokens(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	id, secret := i.newToken(t, "3", `["api"]`, "2099-12-31")
	own := fmt.Sprintf("/api/v4/personal_access_tokens/%d", id)
	i.play(t, []step{
		{"current user", request{"dev", get, "/api/v4/user", ""}, 200, `~"namespace_id":3`},
		{"no is_admin for users", request{"dev", get, "/api/v4/user", ""}, 200, `~"username":"dev","name":"Dev Eloper","state":"active"`},
		{"is_admin for administrators", request{"root", get, "/api/v4/user", ""}, 200, `~"is_admin":true`},
		{"another user", request{"dev", get, "/api/v4/users/4", ""}, 200, `{"id":4,"username":"mallory","name":"Mallory","state":"active","locked":false,"avatar_url":null,"web_url":"{url}/mallory"}`},
		{"no such user", request{"dev", get, "/api/v4/users/99", ""}, 404, `{"message":"404 User Not Found"}`},
		{"own token", request{secret, get, "/api/v4/personal_access_tokens/self", ""}, 200, `~"active":true,"expires_at":"2099-12-31"`},
		{"own token by id", request{"dev", get, own, ""}, 200, `~"scopes":["api"],"user_id":3`},
		{"another's token", request{"mallory", get, own, ""}, 401, `{"message":"401 Unauthorized"}`},
		{"unknown token, administrator", request{"root", del, "/api/v4/personal_access_tokens/99", ""}, 404, `{"message":"404 Not Found"}`},
		{"another's token revoked", request{"mallory", del, own, ""}, 401, `{"message":"401 Unauthorized"}`},
		{"revoked", request{"dev", del, own, ""}, 204, ``},
		{"revoked token", request{"root", get, own, ""}, 200, `~"revoked":true`},
		{"delete a user", request{"root", del, "/api/v4/users/3", ""}, 204, ``},
		{"whose tokens are gone", request{"dev", get, "/api/v4/user", ""}, 401, `{"message":"401 Unauthorized"}`},
	})
}

func TestGroupLife(t *testing.T) {
	t.Parallel()
	const path = "/api/v4/groups/6"
	start(t, emulator.Options{Seed: "acme"}).play(t, []step{
		{"rename as maintainer", request{"terraform", put, path, `{"name":"x"}`}, 403, `{"message":"403 Forbidden"}`},
		{"too open", request{"root", put, path, `{"visibility":"public"}`}, 400, `~public is not allowed since the parent group has a private visibility.`},
		{"bad path", request{"root", put, path, `{"path":"-x"}`}, 400, `~Failed to save group {:path=>`},
		{"nothing known", request{"root", put, path, `{}`}, 400, `~at least one parameter must be provided`},
		{"schedule as maintainer", request{"terraform", del, path, ""}, 403, `{"message":"403 Forbidden"}`},
		{"schedule", request{"root", del, path, ""}, 202, `{"message":"202 Accepted"}`},
		{"schedule again", request{"root", del, path, ""}, 400, `{"message":"Group has been already marked for deletion"}`},
		{"its projects moved", request{"terraform", get, "/api/v4/projects/7", ""}, 200, `~acme/platform-deletion_scheduled-6/runner-images`},
		{"wrong path", request{"root", del, path + "?permanently_remove=true&full_path=acme/platform", ""}, 400, `~is incorrect`},
		{"restore", request{"root", post, path + "/restore", ""}, 201, `~"full_path":"acme/platform"`},
		{"its projects are back", request{"terraform", get, "/api/v4/projects/acme%2Fplatform%2Frunner-images", ""}, 200, `~"id":7`},
		{"delete the top", request{"root", del, "/api/v4/groups/5", ""}, 202, `{"message":"202 Accepted"}`},
		{"for good", request{"root", del, "/api/v4/groups/5?permanently_remove=true&full_path=acme-deletion_scheduled-5", ""}, 202, `{"message":"202 Accepted"}`},
		{"and all that was in it", request{"root", get, "/api/v4/projects/7", ""}, 404, `{"message":"404 Project Not Found"}`},
		{"subgroups, too", request{"root", get, path, ""}, 404, `{"message":"404 Group Not Found"}`},
	})
}

func TestTotalsOfLargeListsAreLeftOut(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "estate:10001x0"})
	header := i.must(t, request{"root", get, "/api/v4/projects?per_page=100", ""}).header
	if total, sent := header["X-Total"]; sent || strings.Contains(header.Get("Link"), "last") {
		t.Errorf("10,001 rows: X-Total %v, Link %s", total, header.Get("Link"))
	}
	if header.Get("X-Next-Page") != "2" {
		t.Errorf("X-Next-Page %q, want 2", header.Get("X-Next-Page"))
	}
	if got := i.must(t, request{"root", get, "/api/v4/groups/estate/projects?search=p1&per_page=100", ""}).header.Get("X-Total"); got == "" {
		t.Error("a short list lacks X-Total")
	}
}
