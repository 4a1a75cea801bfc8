package allowlist_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

const (
	asJSON = "application/json"
	asText = "text/plain"
	asHTML = "text/html"
)

// What cannot end right says exactly why, and the next apply does it.
func TestAccBadServer_saysWhy(t *testing.T) {
	t.Parallel()
	for name, trouble := range map[string]struct {
		disturb func(testing.TB, *acctest.GitLab)
		says    []string
	}{
		"rate limited for an hour": {
			func(t testing.TB, g *acctest.GitLab) {
				t.Helper()
				g.Refuse(t, "AddEntries", 1, http.StatusTooManyRequests, asText, "Retry later\n", "Retry-After", "3600")
			}, []string{"Unable to Add Project to Job Token Allowlist", "Retry later", "asks to wait 1h0m0s", "-parallelism"},
		},
		"a login page": {
			func(t testing.TB, g *acctest.GitLab) {
				t.Helper()
				g.Refuse(t, "ProjectSnapshots", 9, http.StatusOK, asHTML, "<html><head><title>Sign in</title></head></html>")
			}, []string{"Unable to Reach GitLab", "Sign in", "base_url"},
		},
		"data and errors": {
			func(t testing.TB, g *acctest.GitLab) {
				t.Helper()
				g.Refuse(t, "AddEntries", 1, http.StatusOK, asJSON,
					`{"data":{"result0":null},"errors":[{"message":"Something odd","path":["result0"]}]}`)
			}, []string{"Unable to Add Project to Job Token Allowlist", "Something odd"},
		},
		"a proxy that forbids": {
			func(t testing.TB, g *acctest.GitLab) {
				t.Helper()
				g.Refuse(t, "AddEntries", 1, http.StatusForbidden, asHTML, "<html><head><title>Blocked by policy</title></head></html>")
			}, []string{"Unable to Add Project to Job Token Allowlist", "Blocked by policy", "HTTP 403"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := acctest.New(t)
			acctest.NeedsEmbedded(t, g)
			source, app := g.Project(t, "shared-lib"), g.Project(t, "app")
			cli := acctest.NewCLI(t, g, list(source.Path, entries("projects", app.Path)))
			trouble.disturb(t, g)
			output := cli.Apply(t, 1)
			for _, want := range trouble.says {
				if !acctest.Says(output, want) {
					t.Errorf("the apply does not say %q:\n%s", want, output)
				}
			}
			if strings.Contains(output, "<html>") {
				t.Errorf("the apply shows markup:\n%s", output)
			}
			g.Calm(t)
			cli.Apply(t, 0)
			g.CheckAllowlist(t, source, acctest.Entries{app.Path: "default"})
		})
	}
}

// A batch that is refused as a whole is halved until it passes: too complex, too large, too slow.
func TestAccBadServer_batchIsHalved(t *testing.T) {
	t.Parallel()
	for name, refusal := range map[string]struct {
		status int
		body   string
	}{
		"complexity": {http.StatusOK, `{"errors":[{"message":"Query has complexity of 301, which exceeds max complexity of 250"}]}`},
		"size":       {http.StatusUnprocessableEntity, `{"errors":[{"message":"Query too large"}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := acctest.New(t)
			acctest.NeedsEmbedded(t, g)
			source, consumers := g.Project(t, "source"), g.Projects(t, "consumer", 40)
			var keys []any
			for _, consumer := range consumers {
				keys = append(keys, consumer.Path)
			}
			cli := acctest.NewCLI(t, g, list(source.Path, "projects = {}"))
			cli.Apply(t, 0)
			cli.Configure(t, list(source.Path, entries("projects", keys...)))
			g.Refuse(t, "ProjectReferencesByPath", 1, refusal.status, asJSON, refusal.body)
			cli.Apply(t, 0)
			if got := len(g.Allowlist(t, source)); got != len(consumers) {
				t.Errorf("the list holds %d entries", got)
			}
		})
	}
}

// A stored permission that GitLab's enumeration no longer knows fails the read of a whole batch. The
// list is read without permissions, which a warning tells, and nothing is planned for it.
func TestAccBadServer_unreadablePermissions(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsEmbedded(t, g)
	source, app := g.Project(t, "shared-lib"), g.Project(t, "app")
	cli := acctest.NewCLI(t, g, list(source.Path, fmt.Sprintf(`projects = { %q = { permissions = ["read_jobs"] } }`, app.Path)))
	cli.Apply(t, 0)
	// Every attempt with permissions fails; the one without them is let through.
	g.Refuse(t, "ProjectSnapshots", 3, http.StatusInternalServerError, asJSON, `{"errors":[{"message":"Internal server error"}]}`)
	output := cli.Plan(t, acctest.NoChanges)
	if !acctest.Says(output, "Job Token Permissions Cannot Be Read") || !acctest.Says(output, app.Path) {
		t.Errorf("the plan does not warn:\n%s", output)
	}
}
