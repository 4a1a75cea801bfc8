package emulator_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator"
)

// The seed acme gives these ids, in this order:
// users root 1, terraform 2, dev 3, mallory 4;
// groups acme 5, acme/platform 6, outside 7;
// projects acme/shared-lib 1, app 2, web 3, deployer 4, docs 5, reports 6,
// acme/platform/runner-images 7, outside/intruder 8.

// instance is a GitLab of a test's own.
type instance struct {
	*emulator.Server
}

func start(t *testing.T, options emulator.Options) instance {
	t.Helper()
	server, err := emulator.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return instance{server}
}

// request is one call; as names a user of the seed, "" is anonymous, and a
// text beginning with "glpat-" or "gldt-" is a token.
type request struct {
	as, method, path, body string
}

type response struct {
	status int
	header http.Header
	body   string
}

// try sends a request and gives the transport's error, too.
func (i instance) try(t *testing.T, r request) (response, error) {
	t.Helper()
	call, err := http.NewRequestWithContext(t.Context(), r.method, i.URL()+r.path, strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	token := r.as
	if !strings.HasPrefix(token, "glpat-") && !strings.HasPrefix(token, "gldt-") {
		token = i.Tokens()[r.as]
	}
	if token != "" {
		call.Header.Set("Private-Token", token)
	}
	if r.body != "" {
		call.Header.Set("Content-Type", "application/json")
	}
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	answer, err := client.Do(call)
	if err != nil {
		return response{}, err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	return response{status: answer.StatusCode, header: answer.Header, body: string(body)}, err
}

func (i instance) send(t *testing.T, r request) response {
	t.Helper()
	answer, err := i.try(t, r)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// must sends a request that has to succeed, as root where nobody is named.
func (i instance) must(t *testing.T, r request) response {
	t.Helper()
	if r.as == "" {
		r.as = "root"
	}
	answer := i.send(t, r)
	if answer.status >= http.StatusBadRequest {
		t.Fatalf("%s %s as %s: %d %s", r.method, r.path, r.as, answer.status, answer.body)
	}
	return answer
}

// step is a request and what GitLab answers. A want that starts with "~" must
// be contained in the body, any other is compared as JSON; "" is no body.
type step struct {
	name   string
	do     request
	status int
	want   string
}

// play makes requests one after the other.
func (i instance) play(t *testing.T, steps []step) {
	t.Helper()
	for _, s := range steps {
		answer := i.send(t, s.do)
		if answer.status != s.status {
			t.Errorf("%s: status %d, want %d; body %s", s.name, answer.status, s.status, answer.body)
			continue
		}
		want := strings.ReplaceAll(s.want, "{url}", i.URL())
		if part, isPart := strings.CutPrefix(want, "~"); isPart {
			if !strings.Contains(answer.body, part) {
				t.Errorf("%s: body %s\nlacks %s", s.name, answer.body, part)
			}
			continue
		}
		if !sameJSON(t, answer.body, want) {
			t.Errorf("%s: body\n%s\nwant\n%s", s.name, answer.body, want)
		}
	}
}

func sameJSON(t *testing.T, got, want string) bool {
	t.Helper()
	if got == "" || want == "" {
		return got == want
	}
	var a, b any
	if err := json.Unmarshal([]byte(want), &b); err != nil {
		t.Fatalf("the test's own JSON: %v in %s", err, want)
	}
	return json.Unmarshal([]byte(got), &a) == nil && reflect.DeepEqual(a, b)
}

func decode[T any](t *testing.T, body string) T {
	t.Helper()
	var value T
	if err := json.Unmarshal([]byte(body), &value); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return value
}

func quote(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// document is a GraphQL request.
func document(t *testing.T, as, query string) request {
	t.Helper()
	return request{as, http.MethodPost, "/api/graphql", quote(t, map[string]any{"query": query})}
}

// Without anybody who listens it answers as a handler, under the URL it is given.
func TestHandler(t *testing.T) {
	t.Parallel()
	server, err := emulator.New(emulator.Options{Seed: "acme", URL: "https://gitlab.example.org/"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	call := httptest.NewRequestWithContext(t.Context(), get, "/api/v4/projects/1", nil)
	call.Header.Set("Private-Token", server.AdminToken())
	answer := httptest.NewRecorder()
	server.ServeHTTP(answer, call)
	if answer.Code != http.StatusOK || !strings.Contains(answer.Body.String(), `"web_url":"https://gitlab.example.org/acme/shared-lib"`) {
		t.Errorf("%d %s", answer.Code, answer.Body)
	}
	if server, err := emulator.StartAt("nowhere:-1", emulator.Options{}); err == nil {
		server.Close()
		t.Error("listens nowhere")
	}
}
