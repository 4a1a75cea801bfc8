package provider_test

import (
	"cmp"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// forwardProxy reaches one server under whatever name it is asked for, by CONNECT and in plain.
type forwardProxy struct {
	// server is the host and port behind all names, pass hands plain requests to it.
	server string
	pass   http.Handler
	// credentials are the Proxy-Authorization that is demanded; none: "".
	credentials string

	connects, forwards atomic.Int64
	// strange counts requests for another host than gitlab.test, and tunnels asked for with a token.
	strange atomic.Int64
}

func (p *forwardProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p.credentials != "" && r.Header.Get("Proxy-Authorization") != p.credentials {
		w.Header().Set("Proxy-Authenticate", "Basic")
		w.WriteHeader(http.StatusProxyAuthRequired)
		return
	}
	if r.Method != http.MethodConnect {
		p.forwards.Add(1)
		p.pass.ServeHTTP(w, r)
		return
	}
	p.connects.Add(1)
	if r.Host != "gitlab.test:443" || r.Header.Get("Private-Token") != "" || r.Header.Get("X-Gate") != "" {
		p.strange.Add(1)
	}
	p.tunnel(w, r)
}

func (p *forwardProxy) tunnel(w http.ResponseWriter, r *http.Request) {
	there, err := (&net.Dialer{}).DialContext(r.Context(), "tcp", p.server)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer func() { _ = there.Close() }()
	here, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = here.Close() }()
	_, _ = io.WriteString(here, "HTTP/1.1 200 Connection established\r\n\r\n")
	go func() {
		_, _ = io.Copy(there, buffered)
		_ = there.Close()
	}()
	_, _ = io.Copy(here, there)
}

// noProxies are the variables of the machine that runs the tests, taken back.
var noProxies = []string{"HTTP_PROXY=", "http_proxy=", "HTTPS_PROXY=", "https_proxy=", "NO_PROXY=", "no_proxy=", "REQUEST_METHOD="}

// A proxy is taken from the environment, for the scheme that it is named for. Only the proxy knows the
// name gitlab.test. Over plain http none is asked.
func TestAccConnection_proxy(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	project, pass := g.Project(t, "app"), front(t, g)
	ours := newAuthority(t, "Authority of the tests")
	plain := serve(t, pass)
	secure := serveTLS(t, pass, ours.issue(t, "gitlab.test", time.Now().Add(time.Hour)))
	mismatched := serveTLS(t, pass, ours.issue(t, "gitlab.example.com", time.Now().Add(time.Hour)))
	_, port, err := net.SplitHostPort(strings.TrimPrefix(plain, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	// Dialed, this is the machine itself, but unlike a loopback address it is no exception from a proxy.
	unspecified := "http://0.0.0.0:" + port
	unspecifiedTLS := strings.Replace(serveTLS(t, pass, ours.issue(t, "0.0.0.0", time.Now().Add(time.Hour))), "127.0.0.1", "0.0.0.0", 1)

	for name, test := range map[string]struct {
		baseURL string
		// server is what the proxy reaches; plain, if it is left out.
		server string
		// user is that of the proxy's URL, demands what the proxy asks for.
		user, demands string
		// environment names the proxy by %s.
		environment []string
		code        int
		words       string
		connects    bool
	}{
		"https by HTTPS_PROXY": {
			baseURL: "https://gitlab.test", server: secure, environment: []string{"HTTPS_PROXY=%s"},
			code: acctest.NoChanges, words: "No changes", connects: true,
		},
		"https by https_proxy": {
			baseURL: "https://gitlab.test", server: secure, environment: []string{"https_proxy=%s"},
			code: acctest.NoChanges, words: "No changes", connects: true,
		},
		"http past HTTP_PROXY, which would see the token": {
			baseURL: unspecified, environment: []string{"HTTP_PROXY=%s", "http_proxy=%s"},
			code: acctest.NoChanges, words: "No changes",
		},
		"http to a name that only HTTP_PROXY knows": {
			baseURL: "http://gitlab.invalid", environment: []string{"HTTP_PROXY=%s"},
			code: acctest.Failed, words: "the proxy that the environment names was not asked, since over plain http it would see the token",
		},
		"a certificate behind the proxy is verified": {
			baseURL: "https://gitlab.test", server: mismatched, environment: []string{"HTTPS_PROXY=%s"},
			code: acctest.Failed, words: "x509: certificate is valid for gitlab.example.com, not gitlab.test", connects: true,
		},
		"a host that is not in NO_PROXY": {
			baseURL: "https://gitlab.test", server: secure, environment: []string{"HTTPS_PROXY=%s", "NO_PROXY=10.0.0.0/8,.example.com"},
			code: acctest.NoChanges, words: "No changes", connects: true,
		},
		"a host in NO_PROXY": {
			baseURL: unspecifiedTLS, environment: []string{"HTTPS_PROXY=%s", "NO_PROXY=.example.com,0.0.0.0"},
			code: acctest.NoChanges, words: "No changes",
		},
		"with a password": {
			baseURL: "https://gitlab.test", server: secure, environment: []string{"HTTPS_PROXY=%s"},
			user: "runner:second-half@", demands: "Basic cnVubmVyOnNlY29uZC1oYWxm",
			code: acctest.NoChanges, words: "No changes", connects: true,
		},
		"with a wrong password": {
			baseURL: "https://gitlab.test", server: secure, environment: []string{"HTTPS_PROXY=%s"},
			user: "runner:second-half@", demands: "Basic b3RoZXI6b3RoZXI=",
			code: acctest.Failed, words: "Proxy Authentication Required",
		},
		"a server that the proxy cannot reach": {
			baseURL: "https://gitlab.test", server: "https://127.0.0.1:1", environment: []string{"HTTPS_PROXY=%s"},
			code: acctest.Failed, words: "Bad Gateway", connects: true,
		},
		"a proxy that is not there": {
			baseURL: "https://gitlab.test", environment: []string{"HTTPS_PROXY=http://127.0.0.1:1"},
			code: acctest.Failed, words: "proxyconnect tcp: dial tcp 127.0.0.1:1: connect: connection refused",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, err := url.Parse(cmp.Or(test.server, plain))
			if err != nil {
				t.Fatal(err)
			}
			proxy := &forwardProxy{server: server.Host, pass: pass, credentials: test.demands}
			address := strings.Replace(serve(t, proxy), "http://", "http://"+test.user, 1)
			cli := acctest.NewCLI(t, g, reading(project, fmt.Sprintf("ca_cert_file = %q", ours.file),
				"allow_plain_http = true", "max_retries = 0", `headers = { X-Gate = "open-sesame" }`))
			cli.Setenv(noProxies...)
			for _, variable := range test.environment {
				cli.Setenv(strings.ReplaceAll(variable, "%s", address))
			}
			cli.Setenv("GITLAB_BASE_URL=" + test.baseURL)
			output := cli.Plan(t, test.code)
			shows(t, output, test.words)
			if strings.Contains(output, "second-half") {
				t.Errorf("the proxy's password is repeated:\n%s", output)
			}
			if connects := proxy.connects.Load(); test.connects != (connects > 0) {
				t.Errorf("%d tunnels were asked for", connects)
			}
			if forwards := proxy.forwards.Load(); forwards > 0 {
				t.Errorf("%d requests were shown to the proxy", forwards)
			}
			if proxy.strange.Load() > 0 {
				t.Error("a tunnel was asked for with a token, or to another host")
			}
		})
	}
}
