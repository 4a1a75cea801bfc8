package allowlist_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

const dataAddress = "data.jobtoken_allowlist.this"

var rfc3339 = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$`)

// read is the configuration of the data source.
func read(project any) string {
	return fmt.Sprintf("data \"jobtoken_allowlist\" \"this\" {\n  project = %q\n}\n", fmt.Sprint(project))
}

func stored(name string, check knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(dataAddress, tfjsonpath.New(name), check)
}

// entry expects an entry as it is stored: nil permissions are the default ones.
func entry(id int64, permissions []string, addedBy knownvalue.Check) knownvalue.Check {
	var names knownvalue.Check = knownvalue.Null()
	if permissions != nil {
		elements := make([]knownvalue.Check, len(permissions))
		for i, permission := range permissions {
			elements[i] = knownvalue.StringExact(permission)
		}
		names = knownvalue.SetExact(elements)
	}
	return knownvalue.ObjectExact(map[string]knownvalue.Check{
		"id":                  knownvalue.Int64Exact(id),
		"default_permissions": knownvalue.Bool(permissions == nil),
		"permissions":         names,
		"added_by":            addedBy,
		"added_at":            knownvalue.StringRegexp(rfc3339),
	})
}

// Entries are shown as stored, with who added them, the targets that the reader cannot see included.
func TestAccAllowlistDataSource(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	g.Enforce(t, false)
	source, app, web, hidden := g.Project(t, "shared-lib"), g.Project(t, "app"), g.Project(t, "web"), g.Hidden(t, "secret")
	platform := g.Group(t, "platform", &g.Root)
	g.Allow(t, source, app.Path)
	g.Allow(t, source, web.Path, "read_packages", "read_jobs")
	g.Allow(t, source, hidden.Path, acctest.None)
	g.Allow(t, source, platform.Path)
	var byHand knownvalue.Check = knownvalue.NotNull()
	if g.Embedded() {
		byHand = knownvalue.StringExact("root")
	}
	projects := knownvalue.MapExact(map[string]knownvalue.Check{
		app.Path:    entry(app.ID, nil, byHand),
		web.Path:    entry(web.ID, []string{"read_jobs", "read_packages"}, byHand),
		hidden.Path: entry(hidden.ID, []string{}, byHand),
	})
	acctest.Run(t, g,
		resource.TestStep{
			Config: read(source.Path),
			ConfigStateChecks: []statecheck.StateCheck{
				stored("project_id", knownvalue.Int64Exact(source.ID)),
				stored("enabled", knownvalue.Bool(true)),
				stored("effective", knownvalue.Bool(true)),
				stored("projects", projects),
				stored("groups", knownvalue.MapExact(map[string]knownvalue.Check{platform.Path: entry(platform.ID, nil, byHand)})),
			},
		},
		resource.TestStep{
			PreConfig: func() {
				g.DenyGroup(t, source, platform.Path)
				g.SetToggle(t, source, false)
				g.Enforce(t, true)
			},
			Config: read(source.ID),
			ConfigStateChecks: []statecheck.StateCheck{
				stored("enabled", knownvalue.Bool(false)),
				stored("effective", knownvalue.Bool(true)),
				stored("projects", projects),
				stored("groups", knownvalue.MapExact(map[string]knownvalue.Check{})),
			},
		},
		resource.TestStep{
			Config:      read(g.Root.Path + "/missing"),
			ExpectError: acctest.MessageAt("project", fmt.Sprintf("Could not find project %s/missing.", g.Root.Path)),
		},
	)
}

// What the provider adds is shown with its own user.
func TestAccAllowlistDataSource_addedByTheProvider(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app := g.Project(t, "shared-lib"), g.Project(t, "app")
	acctest.Run(t, g, resource.TestStep{
		Config: list(source.Path, fmt.Sprintf(`projects = { %q = {} }`, app.Path)) +
			"data \"jobtoken_allowlist\" \"this\" {\n  project    = jobtoken_allowlist.this.project\n  depends_on = [jobtoken_allowlist.this]\n}\n",
		ConfigStateChecks: []statecheck.StateCheck{
			stored("projects", knownvalue.MapExact(map[string]knownvalue.Check{app.Path: entry(app.ID, nil, knownvalue.StringExact(g.User.Username))})),
		},
	})
}

// The roles below Maintainer see the project, but not its list.
func TestAccAllowlistDataSource_roles(t *testing.T) {
	t.Parallel()
	for name, role := range map[string]acctest.Role{"reporter": acctest.Reporter, "developer": acctest.Developer} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := acctest.New(t)
			source := g.Project(t, "shared-lib")
			user := g.NewUser(t)
			g.Member(t, "projects", source.ID, user, role)
			g.Token = g.NewToken(t, user, "read_api")
			acctest.Run(t, g, resource.TestStep{
				Config:      read(source.Path),
				ExpectError: acctest.MessageAt("project", "The provider's user needs at least the Maintainer role on the project"),
			})
		})
	}
}
