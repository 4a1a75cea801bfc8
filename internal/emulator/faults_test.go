package emulator_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator"
)

// listed is how many projects the allowlist of shared-lib has, with itself.
func (i instance) listed(t *testing.T) string {
	t.Helper()
	return i.must(t, request{"root", get, projectsPath, ""}).header.Get("X-Total")
}

func TestFaultCutHalf(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	i.addFault(t, `{"match":{"method":"POST","route":"/api/v4/projects/:id/job_token_scope/allowlist"},"times":1,"kind":"cut_half"}`)
	i.addFault(t, `{"match":{"method":"PATCH"},"times":1,"kind":"cut_half"}`)
	const whole = `{"source_project_id":1,"target_project_id":3}`
	answer, err := i.try(t, request{"terraform", post, projectsPath, `{"target_project_id":3}`})
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("error %v, want an unexpected end", err)
	}
	if answer.status != http.StatusCreated || answer.body != whole[:len(whole)/2] || answer.header.Get("Content-Length") != fmt.Sprint(len(whole)) {
		t.Errorf("status %d, body %q of %s bytes", answer.status, answer.body, answer.header.Get("Content-Length"))
	}
	if got := i.listed(t); got != "4" {
		t.Errorf("cut_half did not execute the request: %s projects, want 4", got)
	}
	if answer, err := i.try(t, request{"terraform", patch, scopePath, `{"enabled":false}`}); err == nil {
		t.Errorf("an answer without a body was sent: %d", answer.status)
	}
	i.play(t, []step{{"it was executed", request{"terraform", get, scopePath, ""}, 200, `{"inbound_enabled":false,"outbound_enabled":false}`}})
}

// Whether a request whose client gave up waiting is executed depends on the fault.
func TestFaultTimeouts(t *testing.T) {
	t.Parallel()
	requests := map[string]request{
		"REST":    {"terraform", post, projectsPath, `{"target_project_id":3}`},
		"GraphQL": mutation(t, "terraform", "ciJobTokenScopeAddProject", `projectPath:"acme/shared-lib",targetProjectPath:"acme/web"`, ""),
	}
	for kind, c := range map[string]struct {
		pause time.Duration
		after time.Duration // when to look
		want  string
	}{
		"latency":       {time.Second, 2 * time.Second, "3"},
		"latency_after": {time.Minute, 0, "4"},
	} {
		for name, do := range requests {
			t.Run(kind+"/"+name, func(t *testing.T) {
				t.Parallel()
				i := start(t, emulator.Options{Seed: "acme"})
				i.addFault(t, fmt.Sprintf(`{"match":{"method":"POST"},"kind":%q,"ms":%d}`, kind, c.pause.Milliseconds()))
				impatient, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
				defer cancel()
				call, err := http.NewRequestWithContext(impatient, do.method, i.URL()+do.path, strings.NewReader(do.body))
				if err != nil {
					t.Fatal(err)
				}
				call.Header.Set("Private-Token", i.Tokens()[do.as])
				call.Header.Set("Content-Type", "application/json")
				if answer, err := http.DefaultClient.Do(call); err == nil {
					_ = answer.Body.Close()
					t.Fatalf("status %d before the time was over", answer.StatusCode)
				}
				time.Sleep(c.after)
				if got := i.listed(t); got != c.want {
					t.Errorf("%s projects, want %s", got, c.want)
				}
			})
		}
	}
}

// A status of 200 answers GraphQL with errors alone.
func TestFaultGraphQLErrors(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	i.addFault(t, `{"match":{"route":"/api/graphql"},"times":1,"kind":"status","status":200,"content_type":"application/json","body":"{\"errors\":[{\"message\":\"Timeout on Project.id\"}]}"}`)
	add := mutation(t, "terraform", "ciJobTokenScopeAddProject", `projectPath:"acme/shared-lib",targetProjectPath:"acme/web"`, "")
	i.play(t, []step{{"errors alone", add, 200, `{"errors":[{"message":"Timeout on Project.id"}]}`}})
	if got := i.listed(t); got != "3" {
		t.Errorf("the mutation was executed: %s projects, want 3", got)
	}
	i.play(t, []step{{"then as ever", add, 200, `{"data":{"m":{"errors":[]}}}`}})
}

func TestFaultRefuse(t *testing.T) {
	t.Parallel()
	add := func(alias, target string) string {
		return alias + `ciJobTokenScopeAddGroupOrProject(input:{projectPath:"acme/shared-lib",targetPath:"` + target + `",clientMutationId:"c"}){clientMutationId errors ciJobTokenScopeAllowlistEntry{defaultPermissions}}`
	}
	const (
		done     = `{"clientMutationId":"c","errors":[],"ciJobTokenScopeAllowlistEntry":{"defaultPermissions":true}}`
		refused  = `{"clientMutationId":"c","errors":["Not today"],"ciJobTokenScopeAllowlistEntry":null}`
		toggles  = `t:projectCiCdSettingsUpdate(input:{fullPath:"acme/app",pushRepositoryForJobTokenAllowed:true}){errors}`
		foreign  = `f:projectCiCdSettingsUpdate(input:{fullPath:"outside/intruder",pushRepositoryForJobTokenAllowed:true}){errors}`
		toggling = `{"errors":["Not today"]}`
	)
	for name, c := range map[string]struct{ mutation, query, want, listed string }{
		"by alias":      {`{"alias":"b"}`, add("a:", "acme/web") + add("b:", "acme/docs") + add("c:", "acme/deployer"), `{"data":{"a":` + done + `,"b":` + refused + `,"c":` + done + `}}`, "5"},
		"by name":       {`{"alias":"ciJobTokenScopeAddGroupOrProject"}`, add("a:", "acme/web") + add("", "acme/docs"), `{"data":{"a":` + done + `,"ciJobTokenScopeAddGroupOrProject":` + refused + `}}`, "4"},
		"by input":      {`{"input":{"targetPath":"acme/web"}}`, add("a:", "acme/web") + add("b:", "acme/docs"), `{"data":{"a":` + refused + `,"b":` + done + `}}`, "4"},
		"by both":       {`{"alias":"b","input":{"targetPath":"acme/web"}}`, add("a:", "acme/web") + add("b:", "acme/docs"), `{"data":{"a":` + done + `,"b":` + done + `}}`, "5"},
		"all":           {`{}`, add("a:", "acme/web") + toggles, `{"data":{"a":` + refused + `,"t":` + toggling + `}}`, "3"},
		"access before": {`{}`, foreign, `{"data":{"f":null},"errors":[{"message":"` + noAccess + `","locations":[{"line":1,"column":10}],"path":["f"]}]}`, "3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := start(t, emulator.Options{Seed: "acme"})
			i.addFault(t, `{"kind":"refuse","times":1,"mutation":`+c.mutation+`,"errors":["Not today"]}`)
			i.play(t, []step{{name, document(t, "terraform", "mutation{"+c.query+"}"), 200, c.want}})
			if got := i.listed(t); got != c.listed {
				t.Errorf("%s projects, want %s", got, c.listed)
			}
		})
	}
	start(t, emulator.Options{}).play(t, []step{
		{"no errors", request{"root", post, faultsPath, `{"kind":"refuse"}`}, 400, `{"message":"refuse needs errors"}`},
	})
}
