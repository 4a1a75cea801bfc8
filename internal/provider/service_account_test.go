package provider_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// script runs a script of the guide as a job would.
func script(t *testing.T, name string, env ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "sh", filepath.Join(examples, "service-account", name)) //nolint:gosec // of the project
	command.Env = append([]string{"PATH=" + os.Getenv("PATH")}, env...)
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, output)
	}
	return string(output)
}

// The guide's service account manages a list and makes an access token, which no bot may, and its token
// renews itself: the old one ends, the variable holds the new one, and neither is printed.
func TestAccServiceAccountGuide(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsVersion(t, g, "18.11")
	lib, app, pipeline := g.Project(t, "lib"), g.Project(t, "app"), g.Project(t, "pipeline")
	api := "CI_API_V4_URL=" + strings.TrimRight(g.BaseURL, "/") + "/api/v4"
	end := time.Now().UTC().AddDate(0, 0, 60).Format(time.DateOnly)
	printed := script(t, "create.sh", api, "OWNER_TOKEN="+g.Token, fmt.Sprintf("GROUP=%d", g.Root.ID),
		"PROJECT="+strings.ReplaceAll(pipeline.Path, "/", "%2F"), "ACCESS_LEVEL=40", "EXPIRES_AT="+end)
	stored := g.Variable(t, "projects", pipeline.ID, "GITLAB_TOKEN")
	first := stored.Value
	if !stored.Masked || !stored.Protected || !strings.HasPrefix(first, "glpat-") || !strings.Contains(printed, end) {
		t.Fatalf("the variable is %+v; printed was:\n%s", stored, printed)
	}

	cli := acctest.NewCLI(t, g, fmt.Sprintf(`
resource "jobtoken_allowlist" "lib" {
  project  = %q
  projects = { %q = {} }
}
resource "jobtoken_project_access_token" "ci" {
  project    = %q
  name       = "ci"
  scopes     = ["read_api"]
  expires_at = %q
  deliveries = { ci = { project = %q, key = "CI" } }
}
`, lib.Path, app.Path, lib.Path, end, app.Path))
	cli.Setenv("GITLAB_TOKEN=" + first)
	cli.Apply(t, 0)
	g.CheckAllowlist(t, lib, acctest.Entries{app.Path: "default"})

	printed += script(t, "rotate.sh", api, "GITLAB_TOKEN="+first, fmt.Sprintf("CI_PROJECT_ID=%d", pipeline.ID))
	second := g.Variable(t, "projects", pipeline.ID, "GITLAB_TOKEN").Value
	if second == first || !strings.HasPrefix(second, "glpat-") {
		t.Fatalf("the variable holds %q", second)
	}
	for _, secret := range []string{first, second, g.Token} {
		if strings.Contains(printed, secret) {
			t.Errorf("a secret was printed:\n%s", printed)
		}
	}
	if output := cli.Plan(t, acctest.Failed); !acctest.Says(output, "expired or revoked") {
		t.Errorf("the old token still works:\n%s", output)
	}
	cli.Setenv("GITLAB_TOKEN=" + second)
	cli.Plan(t, acctest.NoChanges)
	var own struct {
		ExpiresAt string `json:"expires_at"`
	}
	g.ReadAs(t, second, "/personal_access_tokens/self", &own)
	if day, err := time.Parse(time.DateOnly, own.ExpiresAt); err != nil || time.Until(day) < 80*24*time.Hour || time.Until(day) > 91*24*time.Hour {
		t.Errorf("the new token ends on %q", own.ExpiresAt)
	}
}
