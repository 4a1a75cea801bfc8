package provider_test

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// A refused TLS connection names the setting that helps.
func TestAccConnection_tlsAdvice(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	project, pass := g.Project(t, "app"), front(t, g)
	ours, foreign := newAuthority(t, "Authority of the tests"), newAuthority(t, "Some other authority")
	later := time.Now().Add(time.Hour)
	demanding := func(server *httptest.Server) {
		server.TLS.ClientAuth, server.TLS.ClientCAs = tls.RequireAndVerifyClientCert, ours.pool()
	}
	certificate, key := foreign.issueFiles(t)
	for name, test := range map[string]struct {
		certificate tls.Certificate
		demand      bool
		lines       []string
		setting     string
	}{
		"unknown authority": {certificate: ours.issue(t, "127.0.0.1", later), setting: "ca_cert_file"},
		"another host": {
			certificate: ours.issue(t, "gitlab.example.com", later),
			lines:       []string{fmt.Sprintf("ca_cert_file = %q", ours.file)}, setting: "base_url",
		},
		"no client certificate": {
			certificate: ours.issue(t, "127.0.0.1", later), demand: true,
			lines: []string{fmt.Sprintf("ca_cert_file = %q", ours.file)}, setting: "client_cert_file",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var changes []func(*httptest.Server)
			if test.demand {
				changes = append(changes, demanding)
			}
			cli := acctest.NewCLI(t, g, reading(project, test.lines...))
			cli.Setenv("GITLAB_BASE_URL=" + serveTLS(t, pass, test.certificate, changes...))
			output := cli.Plan(t, acctest.Failed)
			if _, advice, _ := strings.Cut(output, "No TLS connection"); !strings.Contains(advice, test.setting) {
				t.Errorf("%s is not named:\n%s", test.setting, output)
			}
		})
	}

	// crypto/tls keeps a certificate back whose issuer the server does not name, and the server's answer
	// is then that of no certificate at all.
	t.Run("client certificate of another authority", func(t *testing.T) {
		t.Parallel()
		cli := acctest.NewCLI(t, g, reading(project, fmt.Sprintf("ca_cert_file = %q", ours.file),
			fmt.Sprintf("client_cert_file = %q", certificate), fmt.Sprintf("client_key_file = %q", key)))
		cli.Setenv("GITLAB_BASE_URL=" + serveTLS(t, pass, ours.issue(t, "127.0.0.1", later), demanding))
		if output := cli.Plan(t, acctest.Failed); acctest.Says(output, "certificate required") {
			t.Errorf("the certificate was not shown, and nothing says so:\n%s", output)
		}
	})
}

// What stands before GitLab is no fault of the project that is read.
func TestAccConnection_notTheProject(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	project, pass := g.Project(t, "app"), front(t, g)
	for name, answer := range map[string]http.HandlerFunc{
		"login page": page,
		"redirect":   redirect(http.StatusFound, "https://login.example.com/"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cli := acctest.NewCLI(t, g, reading(project))
			cli.Setenv("GITLAB_BASE_URL=" + serve(t, instead(metadata, answer, pass)))
			if output := cli.Plan(t, acctest.Failed); !strings.Contains(output, "Unable to Reach GitLab") {
				t.Errorf("got:\n%s", output)
			}
		})
	}
}
