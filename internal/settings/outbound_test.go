package settings_test

import (
	"fmt"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// The legacy outbound list: still on in an old project, it is read, stays on untouched, can be switched
// off, and never on again; what is left of it is listed.
func TestAccSettings_legacyOutbound(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsEmbedded(t, g)
	project, target := g.Project(t, "old"), g.Project(t, "target")
	on := true
	g.Plant(t, project, acctest.Planting{OutboundEnabled: &on, OutboundTargets: []string{target.Path}})
	config := func(toggle string) string {
		return fmt.Sprintf("resource \"jobtoken_settings\" \"this\" {\n  project = %q\n  %s\n}\n", project.Path, toggle)
	}
	cli := acctest.NewCLI(t, g, config("outbound_allowlist_enabled = true")+
		fmt.Sprintf("data \"jobtoken_allowlist\" \"this\" {\n  project = %q\n}\noutput \"left\" {\n  value = data.jobtoken_allowlist.this.outbound_projects\n}\n", project.Path))
	if output := cli.Apply(t, 0); !acctest.Says(output, fmt.Sprintf("+ %q", target.Path)) {
		t.Errorf("the leftovers are not listed:\n%s", output)
	}
	cli.Configure(t, config("push_repository_allowed = true"))
	cli.Apply(t, 0)
	if !g.Settings(t, project).Outbound {
		t.Error("the list was switched off unasked")
	}
	cli.Configure(t, config("outbound_allowlist_enabled = false"))
	cli.Apply(t, 0)
	if g.Settings(t, project).Outbound {
		t.Error("the list is still on")
	}
	cli.Plan(t, acctest.NoChanges)
	cli.Configure(t, config("outbound_allowlist_enabled = true"))
	if output := cli.Plan(t, acctest.Failed); !acctest.Says(output, "Legacy Outbound Allowlist Cannot Be Switched On") {
		t.Errorf("switching it on is refused with other words:\n%s", output)
	}
}
