package emulator_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator"
)

const (
	requestsPath = "/-/emulator/requests"
	faultsPath   = "/-/emulator/faults"
)

func TestRequestsAreCounted(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	i.play(t, []step{
		{"nothing yet", request{"root", get, requestsPath, ""}, 200, `{"total":0,"counts":{},"graphql":{}}`},
		{"for administrators", request{"terraform", get, requestsPath, ""}, 403, `{"message":"403 Forbidden"}`},
	})
	for _, r := range []request{
		{"terraform", get, scopePath, ""},
		{"terraform", get, "/api/v4/projects/acme%2Fapp/job_token_scope", ""},
		{"mallory", del, projectsPath + "/3", ""},
		{"terraform", get, "/api/v4/nowhere", ""},
		document(t, "terraform", "query Mine{currentUser{id}}"),
		{"terraform", post, "/api/graphql", `[{"query":"query A{currentUser{id}} query B{currentUser{id}}","operationName":"B"},{"query":"{currentUser{id}}"},{"query":"query Mine{nope}"}]`},
	} {
		i.send(t, r)
	}
	i.play(t, []step{
		{"counted by route", request{"root", get, requestsPath, ""}, 200, `{"total":6,"counts":{
			"GET /api/v4/projects/:id/job_token_scope":2,"DELETE /api/v4/projects/:id/job_token_scope/allowlist/:target_project_id":1,
			"GET (unknown)":1,"POST /api/graphql":2},"graphql":{"Mine":2,"B":1,"(anonymous)":1}}`},
		{"reset", request{"root", del, requestsPath, ""}, 204, ``},
		{"nothing again", request{"root", get, requestsPath, ""}, 200, `{"total":0,"counts":{},"graphql":{}}`},
	})
}

func (i instance) addFault(t *testing.T, body string) {
	t.Helper()
	i.must(t, request{"root", post, faultsPath, body})
}

func TestFaultStatus(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	i.addFault(t, `{"match":{"method":"GET","route":"/api/v4/projects/:id/job_token_scope"},"skip":1,"times":2,"kind":"status",
		"status":503,"body":"<html>down</html>","content_type":"text/html","headers":{"Retry-After":"1"}}`)
	const fine = `{"inbound_enabled":true,"outbound_enabled":false}`
	read := request{"terraform", get, scopePath, ""}
	i.play(t, []step{{"skipped", read, 200, fine}, {"another method", request{"terraform", patch, scopePath, `{"enabled":true}`}, 204, ``}})
	answer := i.send(t, read)
	if answer.status != 503 || answer.body != "<html>down</html>" || answer.header.Get("Retry-After") != "1" || answer.header.Get("Content-Type") != "text/html" {
		t.Errorf("fault answers %d %q %v", answer.status, answer.body, answer.header)
	}
	i.play(t, []step{
		{"second time", read, 503, `~down`},
		{"used up", read, 200, fine},
		{"listed", request{"root", get, faultsPath, ""}, 200, `~"hits":2`},
		{"cleared", request{"root", del, faultsPath, ""}, 204, ``},
		{"empty", request{"root", get, faultsPath, ""}, 200, `[]`},
		{"unknown kind", request{"root", post, faultsPath, `{"kind":"explode"}`}, 400, `{"message":"unknown kind \"explode\""}`},
		{"unknown field", request{"root", post, faultsPath, `{"kind":"latency","seconds":1}`}, 400, `~unknown field`},
		{"for administrators", request{"terraform", post, faultsPath, `{"kind":"cut_before"}`}, 403, `{"message":"403 Forbidden"}`},
	})
}

func TestFaultCuts(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	add := mutation(t, "terraform", "ciJobTokenScopeAddProject", `projectPath:"acme/shared-lib",targetProjectPath:"acme/web"`, "")
	add.body = strings.Replace(add.body, "mutation{", "mutation Add{", 1)
	i.addFault(t, `{"match":{"operation":"Add"},"times":1,"kind":"cut_before"}`)
	i.addFault(t, `{"match":{"operation":"Add"},"skip":1,"times":1,"kind":"cut_after"}`)
	count := func() string { return i.must(t, request{"terraform", get, projectsPath, ""}).header.Get("X-Total") }
	if _, err := i.try(t, add); err == nil {
		t.Error("cut_before gave an answer")
	}
	if got := count(); got != "3" {
		t.Errorf("cut_before executed the request: %s entries, want 3", got)
	}
	if _, err := i.try(t, add); err == nil {
		t.Error("cut_after gave an answer")
	}
	if got := count(); got != "4" {
		t.Errorf("cut_after did not execute the request: %s entries, want 4", got)
	}
	i.play(t, []step{{"and then", add, 200, `{"data":{"m":{"errors":["This project is already in the job token allowlist."]}}}`}})
}

func TestFaultEdit(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	i.addFault(t, `{"match":{"method":"PATCH"},"times":1,"kind":"edit","calls":[
		{"method":"POST","path":"/api/v4/projects/1/job_token_scope/allowlist","body":{"target_project_id":8}},
		{"method":"DELETE","path":"/api/v4/projects/1/job_token_scope/allowlist/5"},
		{"method":"POST","path":"/api/graphql","body":{"query":"mutation{projectCiCdSettingsUpdate(input:{fullPath:\"acme/app\",pushRepositoryForJobTokenAllowed:true}){errors}}"}}]}`)
	i.must(t, request{"terraform", patch, scopePath, `{"enabled":true}`})
	i.play(t, []step{
		{"added", request{"terraform", get, projectsPath, ""}, 200, `~outside/intruder`},
		{"by graphql", document(t, "terraform", `{project(fullPath:"acme/app"){ciCdSettings{pushRepositoryForJobTokenAllowed}}}`), 200, `{"data":{"project":{"ciCdSettings":{"pushRepositoryForJobTokenAllowed":true}}}}`},
		{"what was refused is told", request{"root", get, faultsPath, ""}, 200, `~DELETE /api/v4/projects/1/job_token_scope/allowlist/5: 400`},
		{"not counted", request{"root", get, requestsPath, ""}, 200, `{"total":3,"counts":{"PATCH /api/v4/projects/:id/job_token_scope":1,"GET /api/v4/projects/:id/job_token_scope/allowlist":1,"POST /api/graphql":1},"graphql":{"(anonymous)":1}}`},
	})
}

func TestTimeTaken(t *testing.T) {
	t.Parallel()
	took := func(i instance, r request) time.Duration {
		began := time.Now()
		i.must(t, r)
		return time.Since(began)
	}
	slow := start(t, emulator.Options{Seed: "estate:3x20", Latency: 20 * time.Millisecond, CostPerProject: 30 * time.Millisecond, CostPerEntry: 2 * time.Millisecond})
	snapshot := document(t, "terraform", `{projects(fullPaths:["estate/p0001","estate/p0002","estate/p0003"]){nodes{ciJobTokenScopeAllowlist{projectsAllowlist{nodes{createdAt}}}}}}`)
	if got, least := took(slow, snapshot), (20+3*30+3*20*2)*time.Millisecond; got < least {
		t.Errorf("a snapshot of 3 projects with 20 entries each took %v, want at least %v", got, least)
	}
	page := request{"terraform", get, "/api/v4/projects/21/job_token_scope/allowlist?per_page=10", ""}
	if got, least := took(slow, page), (20+30+10*2)*time.Millisecond; got < least {
		t.Errorf("a page of 10 entries took %v, want at least %v", got, least)
	}
	waiting := start(t, emulator.Options{Seed: "acme"})
	waiting.addFault(t, `{"times":1,"kind":"latency","ms":50}`)
	if got := took(waiting, request{"terraform", get, scopePath, ""}); got < 50*time.Millisecond {
		t.Errorf("a latency of 50 ms took %v", got)
	}
}

func TestStatementTimeout(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "estate:4x1", CostPerProject: 20 * time.Millisecond, StatementTimeout: 50 * time.Millisecond})
	ask := func(paths string) request {
		return document(t, "terraform", `{projects(fullPaths:[`+paths+`]){count}}`)
	}
	i.play(t, []step{
		{"two projects", ask(`"estate/p0001","estate/p0002"`), 200, `{"data":{"projects":{"count":2}}}`},
		{"three projects", ask(`"estate/p0001","estate/p0002","estate/p0003"`), 503,
			`{"errors":[{"message":"Request timed out. Please try a less complex query or a smaller set of records."}]}`},
	})
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	clock := time.Date(2026, 1, 2, 3, 4, 50, 0, time.UTC)
	i := start(t, emulator.Options{Seed: "acme", RateLimit: 2, Now: func() time.Time { return clock }})
	read := request{"terraform", get, scopePath, ""}
	if h := i.must(t, read).header; h.Get("RateLimit-Limit") != "2" || h.Get("RateLimit-Observed") != "1" || h.Get("RateLimit-Remaining") != "1" || h.Get("Retry-After") != "" {
		t.Errorf("headers of an admitted request: %v", h)
	}
	i.must(t, document(t, "terraform", "{currentUser{id}}"))
	answer := i.send(t, read)
	h := answer.header
	if answer.status != 429 || strings.TrimSpace(answer.body) != "Retry later" || !strings.HasPrefix(h.Get("Content-Type"), "text/plain") {
		t.Errorf("the third request: %d %q %q", answer.status, answer.body, h.Get("Content-Type"))
	}
	if h.Get("Retry-After") != "10" || h.Get("RateLimit-Reset") != "1767323100" || h.Get("RateLimit-Remaining") != "0" || h.Get("RateLimit-Name") != "throttle_authenticated_api" {
		t.Errorf("headers of a throttled request: %v", h)
	}
	i.must(t, request{"dev", get, "/api/v4/projects/1", ""})
	plain := start(t, emulator.Options{Seed: "acme"})
	for name := range plain.must(t, read).header {
		if strings.HasPrefix(strings.ToLower(name), "ratelimit") {
			t.Errorf("a default instance sends %s", name)
		}
	}
}
