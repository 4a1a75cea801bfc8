package allowlist_test

import (
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// Where the instance enforces allowlists, switching one off is refused: at plan where the user may
// know of it, otherwise by GitLab at apply; always on the attribute.
func TestAccEnforcement_switchOff(t *testing.T) {
	t.Parallel()
	for name, newGitLab := range map[string]func(testing.TB) *acctest.GitLab{"administrator": acctest.NewAdmin, "maintainer": acctest.New} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGitLab(t)
			g.Enforce(t, true)
			source := g.Project(t, "shared-lib")
			cli := acctest.NewCLI(t, g, list(source.Path, "enabled = false"))
			if name == "administrator" {
				if output := cli.Plan(t, acctest.Failed); !acctest.Says(output, "Job Token Allowlist Is Enforced by the Instance") || !acctest.Says(output, "enabled = false") {
					t.Errorf("the plan does not refuse it:\n%s", output)
				}
				return
			}
			acctest.NeedsVersion(t, g, "18.11")
			output := cli.Apply(t, 1)
			for _, want := range []string{"Unable to Change Job Token Settings", "enforced for the instance", "enabled = false", source.Path, "Leave the attribute out"} {
				if !acctest.Says(output, want) {
					t.Errorf("the apply does not say %q:\n%s", want, output)
				}
			}
			g.CheckSettings(t, source, acctest.Settings{Inbound: true})
		})
	}
}

// Stored as off before the instance began to enforce: imported and planned without a change, and the
// list is not said to be without effect.
func TestAccEnforcement_storedOff(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	g.Enforce(t, false)
	source := g.Project(t, "shared-lib")
	g.SetToggle(t, source, false)
	cli := acctest.NewCLI(t, g, list(source.Path, "enabled = false", "projects = {}"))
	if output := cli.Plan(t, acctest.Changes); !acctest.Says(output, "Job Token Allowlist Has No Effect") {
		t.Errorf("the plan does not tell that the list has no effect:\n%s", output)
	}
	g.Enforce(t, true)
	cli.Must(t, 0, "import", address, source.Path)
	if output := cli.Plan(t, acctest.NoChanges); acctest.Says(output, "Has No Effect") {
		t.Errorf("an enforced list is said to be without effect:\n%s", output)
	}
	g.CheckSettings(t, source, acctest.Settings{Inbound: false})
}

// The own entry's permissions drift like any other's.
func TestAccOwnEntry_drift(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsVersion(t, g, "18.1")
	source := g.Project(t, "shared-lib")
	own := `projects = { "` + source.Path + `" = { permissions = ["read_jobs"] } }`
	cli := acctest.NewCLI(t, g, list(source.Path, own))
	cli.Apply(t, 0)
	g.CheckAllowlist(t, source, acctest.Entries{source.Path: "read_jobs"})
	for _, drift := range [][]string{nil, {"admin_packages"}, {acctest.None}} {
		g.Permit(t, source, source.Path, drift...)
		cli.Plan(t, acctest.Changes)
		cli.Apply(t, 0)
		g.CheckAllowlist(t, source, acctest.Entries{source.Path: "read_jobs"})
	}
	// Its entry cannot be removed, only returned to the default permissions.
	cli.Must(t, 0, "destroy", "-auto-approve")
	g.CheckAllowlist(t, source, acctest.Entries{source.Path: "default"})
}
