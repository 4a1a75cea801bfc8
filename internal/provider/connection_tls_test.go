package provider_test

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// A server's certificate has to be of a known authority, for the host, and of today; insecure takes any,
// and is warned of. A refused one gets no request, and so no token.
func TestAccConnection_serverCertificate(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	project, pass := g.Project(t, "app"), front(t, g)
	ours, foreign := newAuthority(t, "Authority of the tests"), newAuthority(t, "Some other authority")
	later := time.Now().Add(time.Hour)
	trusting := fmt.Sprintf("ca_cert_file = %q", ours.file)
	for name, test := range map[string]struct {
		certificate tls.Certificate
		lines       []string
		code        int
		words       []string
	}{
		"own authority": {ours.issue(t, "127.0.0.1", later), []string{trusting}, acctest.NoChanges, []string{"No changes"}},
		"unknown authority": {
			ours.issue(t, "127.0.0.1", later), nil, acctest.Failed,
			[]string{"No TLS connection to GitLab: tls: failed to verify certificate: x509: certificate signed by unknown authority"},
		},
		"another authority": {
			foreign.issue(t, "127.0.0.1", later), []string{trusting}, acctest.Failed,
			[]string{"No TLS connection to GitLab: tls: failed to verify certificate: x509: certificate signed by unknown authority"},
		},
		"another host": {
			ours.issue(t, "gitlab.example.com", later), []string{trusting}, acctest.Failed,
			[]string{"No TLS connection to GitLab: tls: failed to verify certificate: x509: cannot validate certificate for 127.0.0.1"},
		},
		"expired": {
			ours.issue(t, "127.0.0.1", time.Now().Add(-time.Minute)), []string{trusting}, acctest.Failed,
			[]string{"No TLS connection to GitLab: tls: failed to verify certificate: x509: certificate has expired or is not yet valid"},
		},
		"insecure": {
			foreign.issue(t, "gitlab.example.com", time.Now().Add(-time.Minute)), []string{"insecure = true"}, acctest.NoChanges,
			[]string{"Certificates Are Not Verified", "is not verified: anyone on the way can read the token. Set ca_cert_file instead."},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var requests atomic.Int64
			address := serveTLS(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				requests.Add(1)
				pass.ServeHTTP(w, r)
			}), test.certificate)
			cli := acctest.NewCLI(t, g, reading(project, test.lines...))
			cli.Setenv("GITLAB_BASE_URL=" + address)
			output := cli.Plan(t, test.code)
			for _, words := range test.words {
				shows(t, output, words)
			}
			if refused := test.code == acctest.Failed; refused != (requests.Load() == 0) {
				t.Errorf("the server got %d requests", requests.Load())
			}
		})
	}
}

// A server that demands a certificate of its clients takes one of its own authority alone.
func TestAccConnection_clientCertificate(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	project, pass := g.Project(t, "app"), front(t, g)
	ours, foreign := newAuthority(t, "Authority of the tests"), newAuthority(t, "Some other authority")
	var strangers atomic.Int64
	address := serveTLS(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS.PeerCertificates[0].Subject.CommonName != "runner" {
			strangers.Add(1)
		}
		pass.ServeHTTP(w, r)
	}), ours.issue(t, "127.0.0.1", time.Now().Add(time.Hour)), func(server *httptest.Server) {
		server.TLS.ClientAuth, server.TLS.ClientCAs = tls.RequireAndVerifyClientCert, ours.pool()
	})
	certificate, key := ours.issueFiles(t)
	foreignCertificate, foreignKey := foreign.issueFiles(t)
	_, otherKey := ours.issueFiles(t)
	for name, test := range map[string]struct {
		certificate, key string
		code             int
		words            string
	}{
		"shown":                {certificate, key, acctest.NoChanges, "No changes"},
		"none":                 {"", "", acctest.Failed, "remote error: tls: certificate required;"},
		"of another authority": {foreignCertificate, foreignKey, acctest.Failed, "remote error: tls:"},
		"of another key": {
			certificate, otherKey, acctest.Failed,
			"The client certificate and its key cannot be used: tls: private key does not match public key. Both must be PEM files, and belong together.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lines := []string{fmt.Sprintf("ca_cert_file = %q", ours.file)}
			if test.certificate != "" {
				lines = append(lines, fmt.Sprintf("client_cert_file = %q", test.certificate), fmt.Sprintf("client_key_file = %q", test.key))
			}
			cli := acctest.NewCLI(t, g, reading(project, lines...))
			cli.Setenv("GITLAB_BASE_URL=" + address)
			shows(t, cli.Plan(t, test.code), test.words)
		})
	}
	t.Cleanup(func() {
		if strangers.Load() > 0 {
			t.Errorf("%d requests came with another certificate", strangers.Load())
		}
	})
}

// Where a server speaks HTTP/2 the provider does, and HTTP/1.1 where it does not; a plain connection
// is always HTTP/1.1.
func TestAccConnection_protocol(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	project, pass := g.Project(t, "app"), front(t, g)
	ours := newAuthority(t, "Authority of the tests")
	certificate := ours.issue(t, "127.0.0.1", time.Now().Add(time.Hour))
	for name, test := range map[string]struct {
		start func(*testing.T, http.Handler) string
		major int
	}{
		"HTTP/1.1 in plain": {serve, 1},
		"HTTP/1.1 over TLS": {func(t *testing.T, handler http.Handler) string {
			t.Helper()
			return serveTLS(t, handler, certificate)
		}, 1},
		"HTTP/2 over TLS": {func(t *testing.T, handler http.Handler) string {
			t.Helper()
			return serveTLS(t, handler, certificate, func(server *httptest.Server) { server.EnableHTTP2 = true })
		}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var requests, others atomic.Int64
			address := test.start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				requests.Add(1)
				if r.ProtoMajor != test.major {
					others.Add(1)
				}
				pass.ServeHTTP(w, r)
			}))
			cli := acctest.NewCLI(t, g, reading(project, fmt.Sprintf("ca_cert_file = %q", ours.file)))
			cli.Setenv("GITLAB_BASE_URL=" + address)
			cli.Plan(t, acctest.NoChanges)
			if requests.Load() == 0 || others.Load() > 0 {
				t.Errorf("%d of %d requests came in another protocol", others.Load(), requests.Load())
			}
		})
	}
}

// https to a port that speaks plain http says so.
func TestAccConnection_tlsToPlainPort(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	cli := acctest.NewCLI(t, g, reading(g.Project(t, "app")))
	cli.Setenv("GITLAB_BASE_URL=" + strings.Replace(serve(t, front(t, g)), "http:", "https:", 1))
	shows(t, cli.Plan(t, acctest.Failed), "No TLS connection to GitLab: tls: first record does not look like a TLS handshake")
}
