package settings_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

const (
	attribute    = "inbound_allowlist_enabled"
	off          = attribute + " = false"
	refusedByUs  = "cannot be switched off: the instance enforces it for every project"
	refusedByLab = "GitLab says: Job token scope cannot be disabled for this project because it is enforced for the instance."
)

// An administrator's plan knows of the enforcement; leaving the toggle out works under it.
func TestAccSettings_enforcedForAdministrator(t *testing.T) {
	t.Parallel()
	g := acctest.NewAdmin(t)
	g.Enforce(t, true)
	project := g.Project(t, "app")
	acctest.Run(t, g,
		resource.TestStep{Config: toggles(project.Path, off), PlanOnly: true, ExpectError: acctest.MessageAt(attribute, refusedByUs)},
		resource.TestStep{
			Config:           toggles(project.Path, "push_repository_allowed = true"),
			ConfigPlanChecks: planned(plancheck.ResourceActionCreate),
			ConfigStateChecks: attributes(address, map[string]any{
				attribute: nil, "inbound_allowlist_effective": true, "enforced_by_instance": true,
			}),
		},
		resource.TestStep{
			PreConfig:   func() { g.CheckSettings(t, project, acctest.Settings{Inbound: true, PushRepository: true}) },
			Config:      toggles(project.Path, off),
			ExpectError: acctest.MessageAt(attribute, refusedByUs),
		},
	)
}

// Others cannot know while the stored value is true; GitLab's own refusal lands on the attribute.
func TestAccSettings_enforcedForOthers(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsVersion(t, g, "18.11")
	g.Enforce(t, true)
	project := g.Project(t, "app")
	acctest.Run(t, g,
		resource.TestStep{Config: toggles(project.Path, off), ExpectError: acctest.MessageAt(attribute, refusedByLab)},
		resource.TestStep{
			PreConfig:        func() { g.CheckSettings(t, project, acctest.Settings{Inbound: true}) },
			Config:           toggles(project.Path, "inbound_allowlist_enabled = true"),
			ConfigPlanChecks: planned(plancheck.ResourceActionCreate),
			ConfigStateChecks: attributes(address, map[string]any{
				attribute: true, "inbound_allowlist_effective": true, "enforced_by_instance": nil,
			}),
		},
		resource.TestStep{
			Config:      toggles(project.Path, off, "push_repository_allowed = true"),
			ExpectError: acctest.MessageAt(attribute, refusedByLab),
		},
		resource.TestStep{
			// A refused update has changed nothing, neither at GitLab nor in the state.
			PreConfig: func() { g.CheckSettings(t, project, acctest.Settings{Inbound: true}) },
			Config:    toggles(project.Path, "inbound_allowlist_enabled = true"), ConfigPlanChecks: unchanged(),
		},
	)
}

// A value that was false before the enforcement began shows it to everybody, and is no error itself.
func TestAccSettings_storedOffUnderEnforcement(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	g.Enforce(t, false)
	project := g.Project(t, "app")
	config := toggles(project.Path, off)
	g.SetSettings(t, project, acctest.Settings{Inbound: false})
	g.Enforce(t, true)
	shown := attributes(address, map[string]any{attribute: false, "inbound_allowlist_effective": true, "enforced_by_instance": true})
	acctest.Run(t, g,
		resource.TestStep{
			Config: config, ResourceName: address, ImportState: true, ImportStateId: project.Path, ImportStatePersist: true,
		},
		resource.TestStep{Config: config, ConfigPlanChecks: unchanged(), ConfigStateChecks: shown},
	)
	// An import alone brought it into the state, so the destroy has left it.
	g.CheckSettings(t, project, acctest.Settings{Inbound: false})
}

// What one project shows is known of the whole instance, and so refuses for another one at plan.
func TestAccSettings_enforcementShownByAnother(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	g.Enforce(t, false)
	project, other := g.Project(t, "app"), g.Project(t, "other")
	config := toggles(project.Path, off)
	cli := acctest.NewCLI(t, g, config)
	cli.Apply(t, 0)
	g.Enforce(t, true)
	cli.Configure(t, config+fmt.Sprintf("resource \"jobtoken_settings\" \"other\" {\n  project = %q\n  %s\n  depends_on = [%s]\n}\n",
		other.Path, off, address))
	if output := cli.Plan(t, acctest.Failed); !acctest.MessageAt(attribute, refusedByUs).MatchString(output) {
		t.Errorf("the plan said:\n%s", output)
	}
}

// The instance's settings, which most users may not read, are asked for once however many projects
// there are.
func TestAccSettings_enforcementIsLearntOnce(t *testing.T) {
	t.Parallel()
	for name, newGitLab := range map[string]func(testing.TB) *acctest.GitLab{
		"administrator": acctest.NewAdmin,
		"others":        acctest.New,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGitLab(t)
			acctest.NeedsEmbedded(t, g)
			g.Projects(t, "app", 10)
			config := func(push bool) string {
				return fmt.Sprintf("resource \"jobtoken_settings\" \"all\" {\n  count   = 10\n  project = format(\"%s/app%%03d\", count.index)\n  push_repository_allowed = %t\n}\n", g.Root.Path, push)
			}
			cli := acctest.NewCLI(t, g, config(true))
			askedOnce := func(command string) {
				t.Helper()
				requests, _ := g.Requests(t)
				if got := requests.Counts["GET /api/v4/application/settings"]; got != 1 {
					t.Errorf("%s asked for the instance's settings %d times, want once", command, got)
				}
				g.ForgetRequests(t)
			}
			g.ForgetRequests(t)
			cli.Apply(t, 0)
			askedOnce("the creation")
			cli.Plan(t, acctest.NoChanges)
			askedOnce("a plan")
			cli.Configure(t, config(false))
			cli.Apply(t, 0)
			askedOnce("an update")
		})
	}
}
