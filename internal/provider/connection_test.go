package provider_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// reading is a configuration that reads a project, below a provider block with the lines.
func reading(project acctest.Project, lines ...string) string {
	return fmt.Sprintf("provider \"jobtoken\" {\n  %s\n}\n\ndata \"jobtoken_settings\" \"this\" {\n  project = %q\n}\n",
		strings.Join(lines, "\n  "), project.Path)
}

// shows expects words in what the CLI shows, however it wraps its lines.
func shows(t *testing.T, output, words string) {
	t.Helper()
	if !acctest.Message(words).MatchString(output) {
		t.Errorf("%q is not in:\n%s", words, output)
	}
}

// front is a server before the test's GitLab that passes on what it does not answer itself.
func front(t *testing.T, g *acctest.GitLab) http.Handler {
	t.Helper()
	target, err := url.Parse(g.BaseURL)
	if err != nil {
		t.Fatal(err)
	}
	return &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
}

func serve(t *testing.T, handler http.Handler) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// A provider block that cannot work is refused before anything is sent, on the setting at fault and
// without a word of the token.
func TestAccConnection_refused(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	project := g.Project(t, "app")
	for name, test := range map[string]struct {
		lines       []string
		environment []string
		attribute   string
		words       string
	}{
		"no token": {
			environment: []string{"GITLAB_TOKEN="},
			words:       "No token is given: set GITLAB_TOKEN, or token in the provider block",
		},
		"empty token": {
			lines: []string{`token = ""`}, attribute: "token",
			words: "No token is given: token is empty. GITLAB_TOKEN is set and is not used, since token wins over it.",
		},
		"base_url in environment": {environment: []string{"GITLAB_BASE_URL=gitlab.example.com"}, words: "Put https:// before it. The address comes from the environment variable GITLAB_BASE_URL."},
		"a job's token":           {environment: []string{"GITLAB_TOKEN=glcbt-64_second-half"}, words: "The token begins with glcbt-, so it is a CI/CD job token, and cannot work"},
		"token of two lines":      {lines: []string{`token = "glpat-first\nsecond-half"`}, attribute: "token", words: "The token holds white space, a control character or one that is not ASCII."},
		"token in environment":    {environment: []string{"GITLAB_TOKEN=glpat-first second-half"}, words: "The token holds white space"},
		"base_url of a scheme":    {lines: []string{`base_url = "ftp://gitlab.example.com"`}, attribute: "base_url", words: `GitLab is not reached by "ftp". Use https.`},
		"base_url without one":    {lines: []string{`base_url = "gitlab.example.com"`}, attribute: "base_url", words: "The address of GitLab has no scheme. Put https:// before it."},
		"base_url with password":  {lines: []string{`base_url = "https://me:second-half@gitlab.example.com"`}, attribute: "base_url", words: "holds a user name or a password"},
		"plain http": {
			lines: []string{`base_url = "http://gitlab.invalid"`}, attribute: "base_url",
			words: "The token would travel unencrypted to gitlab.invalid. Use https, or set allow_plain_http = true if that is meant.",
		},
		"no CA file":             {lines: []string{`ca_cert_file = "missing.pem"`}, attribute: "ca_cert_file", words: "The file cannot be read"},
		"key without its pair":   {lines: []string{`client_key_file = "key.pem"`}, attribute: "client_key_file", words: "client_key_file is of no use without client_cert_file."},
		"header of the client's": {lines: []string{`headers = { PRIVATE-TOKEN = "second-half" }`}, attribute: "headers", words: "The header Private-Token cannot be set. Use the token setting."},
		"endless retries":        {lines: []string{`max_retries = 21`}, attribute: "max_retries", words: "max_retries is 21. Write a whole number from 0 to 20."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cli := acctest.NewCLI(t, g, reading(project, test.lines...))
			cli.Setenv(test.environment...)
			output := cli.Plan(t, acctest.Failed)
			shows(t, output, test.words)
			if test.attribute != "" && !acctest.MessageAt(test.attribute, test.words).MatchString(output) {
				t.Errorf("the error does not point at %s:\n%s", test.attribute, output)
			}
			if len(test.environment) > 0 && strings.Contains(output, "second-half") {
				t.Errorf("a secret is repeated:\n%s", output)
			}
		})
	}
}

// The diagnostics themselves repeat no secret. What the CLI adds is the line of the configuration,
// and so the secret that somebody wrote there.
func TestConfigureRepeatsNoSecret(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		block            map[string]any
		attribute, words string
	}{
		"token":    {map[string]any{"base_url": "https://gitlab.invalid", "token": "glpat-first\nsecond-half"}, "token", "one that is not ASCII"},
		"password": {map[string]any{"base_url": "https://me:second-half@gitlab.invalid", "token": "glpat-of-nobody"}, "base_url", "Leave it out; use token."},
		"no URL":   {map[string]any{"base_url": "https://me:second-half@gitlab.invalid:port", "token": "glpat-of-nobody"}, "base_url", "cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diagnostics := acctest.NewProtocol(t).Configure(t, test.block)
			complains(t, diagnostics, test.attribute, test.words)
			if text := diagnostics[0].Summary + diagnostics[0].Detail; strings.Contains(text, "second-half") {
				t.Errorf("a secret is repeated: %s", text)
			}
		})
	}
}

// White space around a token, which files and shells leave there, does no harm.
func TestAccConnection_tokenIsTrimmed(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	cli := acctest.NewCLI(t, g, reading(g.Project(t, "app")))
	cli.Setenv("GITLAB_TOKEN=  " + g.Token + "\r\n")
	cli.Plan(t, acctest.NoChanges)
}

// In a CI job the instance of the job is the host, where nothing else names one.
func TestAccConnection_hostOfTheJob(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	cli := acctest.NewCLI(t, g, reading(g.Project(t, "app")))
	cli.Setenv("GITLAB_BASE_URL=", "CI_API_V4_URL="+strings.TrimRight(g.BaseURL, "/")+"/api/v4")
	cli.Plan(t, acctest.NoChanges)
}

func TestAccConnection_wrongToken(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	cli := acctest.NewCLI(t, g, reading(g.Project(t, "app")))
	cli.Setenv("GITLAB_TOKEN=glpat-of-nobody-at-all")
	output := cli.Plan(t, acctest.Failed)
	shows(t, output, "The provider's token is missing, wrong, expired or revoked.")
	if strings.Contains(output, "glpat-of-nobody") {
		t.Errorf("the token is repeated:\n%s", output)
	}
}

func TestAccConnection_nobodyListens(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	cli := acctest.NewCLI(t, g, reading(g.Project(t, "app"), "max_retries = 0"))
	cli.Setenv("GITLAB_BASE_URL=http://" + address)
	output := cli.Plan(t, acctest.Failed)
	shows(t, output, "No proper answer from GitLab: dial tcp "+address)
	shows(t, output, "connection refused")
}

// A GitLab that is too old is told from its version alone.
func TestAccConnection_tooOld(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	var others atomic.Int64
	cli := acctest.NewCLI(t, g, reading(g.Project(t, "app")))
	cli.Setenv("GITLAB_BASE_URL=" + serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v4/metadata" {
			others.Add(1)
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"version":"17.10.8-ee","revision":"0f1e2d3c4b5","kas":{"enabled":false},"enterprise":true}`)
	})))
	output := cli.Plan(t, acctest.Failed)
	shows(t, output, "Could not use GitLab 17.10.8-ee at ")
	shows(t, output, "This provider needs GitLab 17.11 or newer")
	if others.Load() > 0 {
		t.Errorf("%d more requests were sent to a GitLab that is too old", others.Load())
	}
}

// Validation works offline, without a token too.
func TestAccConnection_validateSendsNothing(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	var requests atomic.Int64
	cli := acctest.NewCLI(t, g, reading(g.Project(t, "app"), `prefetch_groups = ["acme"]`)+
		"resource \"jobtoken_settings\" \"this\" {\n  project = \"acme/app\"\n}\n"+
		"resource \"jobtoken_allowlist\" \"this\" {\n  project  = \"acme/app\"\n  projects = { \"acme/web\" = { permissions = [\"read_jobs\"] } }\n}\n")
	cli.Setenv("GITLAB_TOKEN=", "GITLAB_BASE_URL="+serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		w.WriteHeader(http.StatusInternalServerError)
	})))
	cli.Must(t, 0, "validate")
	if requests.Load() > 0 {
		t.Errorf("validation sent %d requests", requests.Load())
	}
}

// A token of the same apply cannot be planned with.
func TestAccConnection_unknownToken(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	cli := acctest.NewCLI(t, g, "resource \"terraform_data\" \"token\" {\n  input = \"glpat-made-later\"\n}\n"+
		reading(g.Project(t, "app"), "token = terraform_data.token.output"))
	output := cli.Plan(t, acctest.Failed)
	if !acctest.MessageAt("token", `"token" comes from something that is only known after an apply`).MatchString(output) {
		t.Errorf("the plan said:\n%s", output)
	}
}

// Every request carries the headers that a proxy before GitLab asks for.
func TestAccConnection_headers(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	project := g.Project(t, "app")
	var requests, without atomic.Int64
	pass := front(t, g)
	gate := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		if r.Header.Get("X-Gate") != "open-sesame" || !strings.HasPrefix(r.UserAgent(), "terraform-provider-jobtoken/") {
			without.Add(1)
		}
		pass.ServeHTTP(w, r)
	}))
	cli := acctest.NewCLI(t, g, reading(project, `headers = { X-Gate = "open-sesame" }`))
	cli.Setenv("GITLAB_BASE_URL=" + gate)
	cli.Plan(t, acctest.NoChanges)
	if requests.Load() == 0 || without.Load() > 0 {
		t.Errorf("%d of %d requests lacked the headers", without.Load(), requests.Load())
	}
}

// A token that may only read is enough to plan; the first write says what it lacks.
func TestAccConnection_readOnlyToken(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	project, app := g.Project(t, "shared-lib"), g.Project(t, "app")
	g.Token = g.NewToken(t, g.User, "read_api")
	for name, body := range map[string]string{
		"settings":  fmt.Sprintf("resource \"jobtoken_settings\" \"this\" {\n  project = %q\n  push_repository_allowed = true\n}\n", project.Path),
		"allowlist": fmt.Sprintf("resource \"jobtoken_allowlist\" \"this\" {\n  project = %q\n  projects = { %q = {} }\n}\n", project.Path, app.Path),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cli := acctest.NewCLI(t, g, body)
			cli.Plan(t, acctest.Changes, "-out=saved.tfplan")
			output := cli.Must(t, acctest.Failed, "apply", "-input=false", "saved.tfplan")
			shows(t, output, "The provider's token lacks the scope api")
		})
	}
}
