package emulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/graphqlapi"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rest"
)

// hang is how long an answer may take.
const hang = 5 * time.Second

// methods are what a byte of a fuzz test stands for.
var methods = []string{
	http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodHead, http.MethodOptions, "get",
}

func methodByte(method string) byte { return byte(slices.Index(methods, method)) }

// furnished is a server with one of each thing the routes are about.
func furnished(t testing.TB) *Server {
	t.Helper()
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	server, err := Start(Options{Seed: "acme", Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []fuzzed{
		{http.MethodPost, "/api/v4/projects/1/variables", "application/json", `{"key":"TOKEN","value":"x"}`},
		{http.MethodPost, "/api/v4/groups/5/variables", "application/json", `{"key":"TOKEN","value":"x"}`},
		{http.MethodPost, "/api/v4/projects/1/deploy_tokens", "application/json", `{"name":"x","scopes":["read_repository"]}`},
		{http.MethodPost, "/api/v4/groups/5/deploy_tokens", "application/json", `{"name":"x","scopes":["read_repository"]}`},
		{http.MethodPost, "/api/v4/projects/1/access_tokens", "application/json", `{"name":"x","scopes":["api"],"access_level":30,"expires_at":"2026-12-31"}`},
		{http.MethodPost, "/api/v4/groups/5/access_tokens", "application/json", `{"name":"x","scopes":["api"],"access_level":30,"expires_at":"2026-12-31"}`},
		{http.MethodPut, "/api/v4/projects/1/packages/generic/x/1/x", "", `x`},
		{http.MethodPost, "/-/emulator/jobs", "application/json", `{"project":1,"user":2}`},
	} {
		if answer := r.send(t, server, "root"); answer.Code != http.StatusCreated {
			t.Fatalf("%+v: status %d %s", r, answer.Code, answer.Body)
		}
	}
	return server
}

// fuzzed is a request as a fuzz test makes one up.
type fuzzed struct {
	method, target, contentType, body string
}

// request gives nil for what the server's own HTTP library refuses.
func (f fuzzed) request(t testing.TB) *http.Request {
	t.Helper()
	if !strings.HasPrefix(f.target, "/") || strings.ContainsFunc(f.contentType, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return nil
	}
	target, err := url.ParseRequestURI(f.target)
	if err != nil {
		return nil
	}
	r, err := http.NewRequestWithContext(t.Context(), f.method, target.String(), strings.NewReader(f.body))
	if err != nil {
		return nil
	}
	r.URL, r.RequestURI, r.Host, r.RemoteAddr = target, f.target, "127.0.0.1", "127.0.0.1:1"
	if f.contentType != "" {
		r.Header.Set("Content-Type", f.contentType)
	}
	return r
}

// send lets the handler answer, in this goroutine: a panic ends the test.
func (f fuzzed) send(t testing.TB, server *Server, as string) *httptest.ResponseRecorder {
	t.Helper()
	r := f.request(t)
	if as != "" {
		r.Header.Set("Private-Token", server.Tokens()[as])
	}
	watchdog := time.AfterFunc(hang, func() { panic(fmt.Sprintf("%+v as %q hangs", f, as)) })
	defer watchdog.Stop()
	answer := httptest.NewRecorder()
	server.handle(answer, r)
	if answer.Code >= http.StatusInternalServerError {
		t.Fatalf("%+v as %q: status %d %s", f, as, answer.Code, answer.Body)
	}
	if strings.HasPrefix(answer.Header().Get("Content-Type"), "application/json") && f.method != http.MethodHead && !json.Valid(answer.Body.Bytes()) {
		t.Fatalf("%+v as %q: status %d, invalid JSON %q", f, as, answer.Code, answer.Body)
	}
	return answer
}

// sendAsAll sends a request as nobody, as a member and as an administrator.
func (f fuzzed) sendAsAll(t testing.TB) {
	t.Helper()
	if f.request(t) == nil {
		t.Skip("the input cannot be written as an HTTP request")
	}
	server := furnished(t)
	defer server.Close()
	for _, as := range []string{"", "terraform", "root"} {
		f.send(t, server, as)
	}
}

// sample is a value that the parameters of a name take.
func sample(parameter string) any {
	switch {
	case strings.HasSuffix(parameter, "scopes"):
		return []string{"read_repository", "api"}
	case strings.HasSuffix(parameter, "_at"), strings.HasSuffix(parameter, "_before"), strings.HasSuffix(parameter, "_after"):
		return "2026-12-31"
	case parameter == "filter":
		return map[string]string{"environment_scope": "*"}
	case parameter == "access_level", parameter == "min_access_level":
		return 30
	case parameter == "visibility":
		return "private"
	case parameter == "namespace":
		return "acme/platform"
	case parameter == "key":
		return "TOKEN"
	}
	return "1"
}

func seedRoutes(f *testing.F, routes []rest.Route) {
	f.Helper()
	for _, route := range routes {
		var path []string
		for segment := range strings.SplitSeq(route.Template, "/") {
			if name, isParameter := strings.CutPrefix(segment, ":"); isParameter {
				segment = fmt.Sprint(sample(name))
			}
			path = append(path, segment)
		}
		fields, form := map[string]any{}, url.Values{}
		for _, name := range route.Parameters {
			fields[name] = sample(name)
			form.Set(name, fmt.Sprint(fields[name]))
		}
		body, err := json.Marshal(fields)
		if err != nil {
			f.Fatal(err)
		}
		target := strings.TrimPrefix(strings.Join(path, "/"), rest.Prefix)
		f.Add(methodByte(route.Method), target, "application/json", string(body))
		f.Add(methodByte(route.Method), target+"?"+form.Encode(), "", "")
	}
}

func FuzzREST(f *testing.F) {
	server, err := Start(Options{})
	if err != nil {
		f.Fatal(err)
	}
	seedRoutes(f, server.rest.Routes())
	server.Close()
	for _, seed := range []fuzzed{
		{http.MethodPost, "/projects/acme%2Fshared-lib/variables", "application/x-www-form-urlencoded", "key=A&value=x&filter[environment_scope]=*&a[b][]=c"},
		{http.MethodPatch, "/projects/1/job_token_scope", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"enabled\"\r\n\r\ntrue\r\n--b--\r\n"},
		{http.MethodGet, "/projects/1/job_token_scope/allowlist?page=99999999999&per_page=-1", "", ""},
		{http.MethodGet, "/projects/1/job_token_scope/allowlist?page=9223372036854775807&per_page=2", "", ""},
		{http.MethodHead, "/groups/acme%2fplatform/", "", ""},
		{http.MethodOptions, "/nowhere/%00/%ff?private_token=x&job_token=y", "text/plain; q", "\xff"},
		{http.MethodGet, "/projects/1/repository/files/README%2Emd/raw?ref=-x", "", ""},
		{http.MethodGet, "/projects/1/repository/files/%00/raw?ref=%00", "", ""},
		{http.MethodGet, "/projects/1/repository/files/a%0Ab/raw?ref=%ff", "", ""},
		{http.MethodPost, "/projects/1/access_tokens", "application/json", `{"name":"x","scopes":[1,{}],"access_level":1e3,"expires_at":"0000-00-00"}`},
		{http.MethodPost, "/projects", "application/json", `{"name":"\u0000","path":".","namespace_id":-1,"visibility":"public"}`},
		{http.MethodPost, "/groups", "application/json", `{"name":"x","path":"TERRAFORM","parent_id":5}`},
		{http.MethodPut, "/projects/1/transfer", "application/json", `{"namespace":"terraform"}`},
		{http.MethodDelete, "/users/1?hard_delete=true", "", ""},
	} {
		f.Add(methodByte(seed.method), seed.target, seed.contentType, seed.body)
	}
	f.Fuzz(func(t *testing.T, method byte, target, contentType, body string) {
		fuzzed{methods[int(method)%len(methods)], rest.Prefix + target, contentType, body}.sendAsAll(t)
	})
}

func FuzzGraphQL(f *testing.F) {
	const (
		asJSON = "application/json"
		asForm = "application/x-www-form-urlencoded"
	)
	mutate := `mutation M($i:CiJobTokenScopeUpdatePoliciesInput!,$d:Boolean=false){a:ciJobTokenScopeUpdatePolicies(input:$i){errors ciJobTokenScopeAllowlistEntry{jobTokenPolicies target{...on CiJobTokenAccessibleProject{id}}}} b:projectCiCdSettingsUpdate(input:{fullPath:"acme/app",inboundJobTokenScopeEnabled:$d}){errors}}`
	read := `query R($n:Int){currentUser{id} projects(fullPaths:["acme/app","acme/shared-lib"],first:$n){nodes{id ciCdSettings{inboundJobTokenScopeEnabled} ciJobTokenAuthLogs{nodes{lastAuthorizedAt}} ciJobTokenScopeAllowlist{projectsAllowlist(first:2,after:"e30"){pageInfo{endCursor} nodes{createdAt addedBy{username}}}}}}}`
	quoted := func(fields map[string]any) string {
		text, err := json.Marshal(fields)
		if err != nil {
			f.Fatal(err)
		}
		return string(text)
	}
	policies := map[string]any{"i": map[string]any{"projectPath": "acme/shared-lib", "targetPath": "acme/app", "defaultPermissions": false, "jobTokenPolicies": []string{"READ_JOBS"}}}
	mutation, query := quoted(map[string]any{"query": mutate, "variables": policies}), quoted(map[string]any{"query": read, "variables": `{"n":1}`, "operationName": "R"})
	for _, seed := range []fuzzed{
		{http.MethodPost, "", asJSON, mutation},
		{http.MethodPost, "", asJSON, query},
		{http.MethodPost, "", asJSON + "; charset=utf-16", "[" + query + "," + mutation + "," + query + "]"},
		{http.MethodPost, "", asJSON, `[]`},
		{http.MethodPost, "", asJSON, `[null,{"query":null}]`},
		{http.MethodPost, "", asJSON, `{"query":"{__schema{types{name}}}","variables":"null"}`},
		{http.MethodPost, "", "", `null`},
		{http.MethodPost, "", asForm, url.Values{"query": {read}, "variables": {`{"n":-1}`}}.Encode()},
		{http.MethodPost, "?query={currentUser{id}}", "text/plain", ``},
		{http.MethodPost, "", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"query\"\r\n\r\n{currentUser{id}}\r\n--b--\r\n"},
		{http.MethodPost, "", "multipart/form-data", "--"},
		{http.MethodPost, "", "application/graphql", `{currentUser{id}}`},
		{http.MethodGet, "?" + url.Values{"query": {mutate}, "operationName": {"M"}, "variables": {"{"}}.Encode(), "", ""},
		{http.MethodHead, "?query=query%20A{__typename}%20query%20B{__typename}", "", ""},
		{http.MethodPut, "", asJSON, query},
		{http.MethodPost, "", asJSON, "\xef\xbb\xbf" + query},
		{http.MethodPost, "", asJSON, `{"query":"` + strings.Repeat("{a", 200) + `"}`},
		{http.MethodPost, "", asJSON, string(bytes.Repeat([]byte("["), 11000))},
	} {
		f.Add(methodByte(seed.method), seed.target, seed.contentType, seed.body)
	}
	f.Fuzz(func(t *testing.T, method byte, query, contentType, body string) {
		fuzzed{methods[int(method)%len(methods)], graphqlapi.Path + query, contentType, body}.sendAsAll(t)
	})
}
