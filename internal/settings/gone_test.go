package settings_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// A project deleted for good is dropped from the state, and planned anew once it is there again.
func TestAccSettings_disappears(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	project := g.Project(t, "app")
	config := toggles(project.Path, "push_repository_allowed = true")
	acctest.Run(t, g,
		resource.TestStep{Config: config},
		resource.TestStep{
			PreConfig:   func() { g.Delete(t, project) },
			Config:      config,
			ExpectError: acctest.MessageAt("project", "Could not find project "+project.Path),
		},
		resource.TestStep{
			PreConfig:        func() { g.Project(t, "app") },
			Config:           config,
			ConfigPlanChecks: planned(plancheck.ResourceActionCreate),
		},
	)
}

// A project out of sight with its whole namespace may still be there: nothing is dropped.
func TestAccSettings_hiddenWithItsNamespace(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	group := g.Group(t, g.Root.Path+"-theirs", nil)
	g.Member(t, "groups", group.ID, g.User, acctest.Maintainer)
	project := g.ProjectIn(t, group, "app")
	config := toggles(project.Path, "push_repository_allowed = true")
	acctest.Run(t, g,
		resource.TestStep{Config: config},
		resource.TestStep{
			PreConfig:   func() { g.Dismiss(t, "groups", group.ID, g.User) },
			Config:      config,
			ExpectError: acctest.Message("Neither the project " + project.Path),
		},
		resource.TestStep{
			Config:      config,
			ExpectError: acctest.Message("nor its namespace " + group.Path + " is visible to the provider's user any more"),
		},
		resource.TestStep{
			PreConfig: func() { g.Member(t, "groups", group.ID, g.User, acctest.Maintainer) },
			Config:    config, ConfigPlanChecks: unchanged(),
		},
	)
}

// A destroy that does not refresh finds out by itself that there is nothing left to reset.
func TestAccSettings_destroyOfDeleted(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	project := g.Project(t, "app")
	cli := acctest.NewCLI(t, g, toggles(project.Path, "push_repository_allowed = true"))
	cli.Apply(t, 0)
	g.Delete(t, project)
	if output := cli.Apply(t, 0, "-destroy", "-refresh=false"); !strings.Contains(output, "1 destroyed") {
		t.Errorf("the destroy said:\n%s", output)
	}
}

// A destroy of what has gone out of sight since the plan fails for each resource: none is taken for
// destroyed while its project may still be there, open as it was.
func TestAccSettings_destroyOutOfSight(t *testing.T) {
	t.Parallel()
	for name, role := range map[string]acctest.Role{"hidden": 0, "role too low": acctest.Developer} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := acctest.New(t)
			group := g.Group(t, g.Root.Path+"-theirs", nil)
			g.Member(t, "groups", group.ID, g.User, acctest.Maintainer)
			for _, path := range []string{"one", "two"} {
				g.ProjectIn(t, group, path)
			}
			cli := acctest.NewCLI(t, g, fmt.Sprintf("resource \"jobtoken_settings\" \"all\" {\n  for_each = toset([\"one\", \"two\"])\n  project = \"%s/${each.key}\"\n  push_repository_allowed = true\n}\n", group.Path))
			cli.Apply(t, 0)
			g.Dismiss(t, "groups", group.ID, g.User)
			if role != 0 {
				g.Member(t, "groups", group.ID, g.User, role)
			}
			cli.Apply(t, 1, "-destroy", "-refresh=false")
			if left := cli.Must(t, 0, "state", "list"); strings.Count(left, "jobtoken_settings.all[") != 2 {
				t.Errorf("the state holds no more than:\n%s", left)
			}
		})
	}
}

// A role that is too low is said as such, with the role that is needed.
func TestAccSettings_developer(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	project := g.Project(t, "app")
	developer := g.NewUser(t)
	g.Member(t, "projects", project.ID, developer, acctest.Developer)
	g.Token = g.NewToken(t, developer, "api")
	acctest.Run(t, g, resource.TestStep{
		Config:      toggles(project.Path, "push_repository_allowed = true"),
		PlanOnly:    true,
		ExpectError: acctest.Message("needs at least the Maintainer role on the project"),
	})
}
