package settings_test

import (
	"fmt"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// What was written is in the state, even if what follows from it cannot be read any more.
func TestAccSettings_writtenBeforeTheReadFails(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsEmbedded(t, g)
	g.Enforce(t, false)
	project := g.Project(t, "shared-lib")
	cli := acctest.NewCLI(t, g, fmt.Sprintf("resource \"jobtoken_settings\" \"this\" {\n  project = %q\n  inbound_allowlist_enabled = false\n}\n", project.Path))
	g.Disturb(t, acctest.Fault{
		"match": map[string]any{"method": "GET", "route": "/api/v4/projects/:id/job_token_scope"}, "kind": "status", "status": 403,
		"content_type": "application/json", "body": `{"message":"403 Forbidden"}`,
	})
	cli.Apply(t, 0)
	g.CheckSettings(t, project, acctest.Settings{Inbound: false})
	if cli.Must(t, 0, "state", "list") == "" {
		t.Error("the state lost what was written")
	}
	g.Calm(t)
	cli.Plan(t, acctest.NoChanges)
}
