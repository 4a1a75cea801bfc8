package settings_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// read is the configuration of the data source.
func read(project any) string {
	return fmt.Sprintf("data \"jobtoken_settings\" \"this\" {\n  project = %q\n}\n", fmt.Sprint(project))
}

func TestAccSettingsDataSource(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	g.Enforce(t, false)
	project := g.Project(t, "app")
	_, refused := crossProjectPush(t, g, false)
	_, allowed := crossProjectPush(t, g, true)
	acctest.Run(t, g,
		resource.TestStep{
			Config: read(project.Path),
			ConfigStateChecks: attributes(dataAddress, map[string]any{
				"project": project.Path, "project_id": project.ID,
				"inbound_allowlist_enabled": true, "outbound_allowlist_enabled": false,
				"push_repository_allowed": false, "cross_project_push_allowed": refused,
				"inbound_allowlist_effective": true, "enforced_by_instance": nil,
			}),
		},
		resource.TestStep{
			PreConfig: func() {
				g.SetSettings(t, project, acctest.Settings{Inbound: false, PushRepository: true, CrossProjectPush: true})
			},
			Config: read(project.ID),
			ConfigStateChecks: attributes(dataAddress, map[string]any{
				"project_id": project.ID, "inbound_allowlist_enabled": false,
				"push_repository_allowed": true, "cross_project_push_allowed": allowed,
				"inbound_allowlist_effective": false, "enforced_by_instance": false,
			}),
		},
		resource.TestStep{
			Config:      read(g.Root.Path + "/missing"),
			ExpectError: acctest.MessageAt("project", fmt.Sprintf("Could not find project %s/missing.", g.Root.Path)),
		},
	)
}

// Under enforcement a stored false and its effect differ.
func TestAccSettingsDataSource_enforced(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	g.Enforce(t, false)
	project := g.Project(t, "app")
	g.SetSettings(t, project, acctest.Settings{Inbound: false})
	g.Enforce(t, true)
	acctest.Run(t, g, resource.TestStep{
		Config: read(project.Path),
		ConfigStateChecks: attributes(dataAddress, map[string]any{
			"inbound_allowlist_enabled": false, "inbound_allowlist_effective": true, "enforced_by_instance": true,
		}),
	})
}

// The roles below Maintainer see the project, but not its toggles.
func TestAccSettingsDataSource_roles(t *testing.T) {
	t.Parallel()
	for name, role := range map[string]acctest.Role{"reporter": acctest.Reporter, "developer": acctest.Developer} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := acctest.New(t)
			project := g.Project(t, "app")
			user := g.NewUser(t)
			g.Member(t, "projects", project.ID, user, role)
			g.Token = g.NewToken(t, user, "read_api")
			acctest.Run(t, g, resource.TestStep{
				Config:      read(project.Path),
				ExpectError: acctest.MessageAt("project", "The provider's user needs at least the Maintainer role on the project"),
			})
		})
	}
}
