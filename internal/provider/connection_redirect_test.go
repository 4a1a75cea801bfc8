package provider_test

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// The requests of a read, by which tests choose what is answered otherwise.
const (
	metadata = "/api/v4/metadata"
	graphQL  = "/api/graphql"
)

// instead answers a path itself, and passes the rest on.
func instead(path string, answer http.HandlerFunc, pass http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == path {
			answer(w, r)
			return
		}
		pass.ServeHTTP(w, r)
	})
}

func redirect(status int, target string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, target, status) }
}

// page answers with a page for people.
func page(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, "<!DOCTYPE html><html><head><title>Sign in · Example</title></head></html>")
}

// stranger is a host that the provider was not told to trust, and what it was sent.
type stranger struct {
	mu       sync.Mutex
	requests []string
}

func (s *stranger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var sent strings.Builder
	_ = r.Header.Write(&sent)
	s.mu.Lock()
	s.requests = append(s.requests, r.Method+" "+r.URL.Path+"\n"+sent.String())
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, "{}")
}

// untouched fails the test if the host was sent anything, and so the token or the configured headers.
func (s *stranger) untouched(t *testing.T) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, request := range s.requests {
		t.Errorf("the other host was sent %s", request)
	}
}

// No redirect takes a request elsewhere: neither the token nor a configured header leaves base_url.
func TestAccConnection_redirectElsewhere(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	project, pass := g.Project(t, "app"), front(t, g)
	ours := newAuthority(t, "Authority of the tests")
	certificate := ours.issue(t, "127.0.0.1", time.Now().Add(time.Hour))
	for name, test := range map[string]struct {
		path   string
		status int
		secure bool
	}{
		"a GET, 302":                {metadata, http.StatusFound, false},
		"a POST, 302":               {graphQL, http.StatusFound, false},
		"a POST, 308":               {graphQL, http.StatusPermanentRedirect, false},
		"a GET from http to https":  {metadata, http.StatusMovedPermanently, true},
		"a POST from http to https": {graphQL, http.StatusPermanentRedirect, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			other := &stranger{}
			target := ""
			if test.secure {
				target = serveTLS(t, other, certificate)
			} else {
				target = serve(t, other)
			}
			address := serve(t, instead(test.path, redirect(test.status, target+test.path+"?ticket=of-the-redirect"), pass))
			cli := acctest.NewCLI(t, g, reading(project, `headers = { Authorization = "Basic b2YgdGhlIGdhdGU=", X-Gate = "open-sesame" }`,
				// The other host would be trusted, so that nothing but the redirect keeps the token.
				"insecure = true"))
			cli.Setenv("GITLAB_BASE_URL=" + address)
			output := cli.Plan(t, acctest.Failed)
			shows(t, output, "Redirected from "+address+" to "+target+test.path+", to which the token is not sent. Is base_url right?")
			if strings.Contains(output, "of-the-redirect") {
				t.Errorf("the query of the redirect is repeated:\n%s", output)
			}
			other.untouched(t)
		})
	}
}

// A read may move within the host, as the old path of a project does.
func TestAccConnection_redirectWithin(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	const moved = "/moved"
	mux := http.NewServeMux()
	mux.Handle("/", instead(metadata, redirect(http.StatusMovedPermanently, moved+metadata), front(t, g)))
	mux.Handle(moved+"/", http.StripPrefix(moved, front(t, g)))
	cli := acctest.NewCLI(t, g, reading(g.Project(t, "app")))
	cli.Setenv("GITLAB_BASE_URL=" + serve(t, mux))
	cli.Plan(t, acctest.NoChanges)
}

// A login page in between is called one, whether it comes at once or by a redirect.
func TestAccConnection_loginPage(t *testing.T) {
	t.Parallel()
	const (
		signIn = "/users/sign_in"
		called = `GitLab answered with an HTML page titled "Sign in · Example" instead of data: is base_url right, and is no login page in between?`
	)
	g := acctest.New(t)
	project, pass := g.Project(t, "app"), front(t, g)
	for name, test := range map[string]struct {
		path   string
		answer http.HandlerFunc
		words  string
	}{
		"in place of a GET":    {metadata, page, called},
		"in place of a POST":   {graphQL, page, called},
		"a redirect of a GET":  {metadata, redirect(http.StatusFound, signIn), called},
		"a redirect of a POST": {graphQL, redirect(http.StatusFound, signIn), signIn + "; only reads are redirected. Is base_url right?"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cli := acctest.NewCLI(t, g, reading(project))
			cli.Setenv("GITLAB_BASE_URL=" + serve(t, instead(signIn, page, instead(test.path, test.answer, pass))))
			shows(t, cli.Plan(t, acctest.Failed), test.words)
		})
	}
}
