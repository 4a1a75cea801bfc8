package provider_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator"
)

// TestAccKeepAGroupSafe does what the guide says, with its own words: it finds what is too wide, mends it, and is
// warned when it comes back.
func TestAccKeepAGroupSafe(t *testing.T) {
	t.Parallel()
	guide := read(t, filepath.Join(repository, "templates", "guides", "keep-a-group-safe.md"))
	g := acctest.NewWith(t, emulator.Options{Seed: "acme"})
	acctest.NeedsEmbedded(t, g)
	var acme acctest.Group
	g.Admin(t, http.MethodGet, "/groups/acme", nil, &acme)
	g.Member(t, "groups", acme.ID, g.User, acctest.Maintainer)
	set := func(path string, enabled bool) {
		t.Helper()
		var project acctest.Project
		g.Admin(t, http.MethodGet, "/projects/"+strings.ReplaceAll(path, "/", "%2F"), nil, &project)
		g.SetToggle(t, project, enabled)
	}
	block := func(of string) string {
		t.Helper()
		_, rest, found := strings.Cut(guide, "```terraform\n# "+of+"\n")
		text, _, closed := strings.Cut(rest, "\n```")
		if !found || !closed {
			t.Fatalf("the guide has no %s", of)
		}
		return text + "\n"
	}
	c := acctest.NewCLI(t, g, block("look.tf")+block("mend.tf"))
	look := c.Apply(t, 0)
	if !acctest.Says(look, "medium group_with_default_permissions: Jobs of every project below acme/platform may do in acme/shared-lib all that their users may.") {
		t.Errorf("the group's entry is not found:\n%s", look)
	}
	if !strings.Contains(look, `"\"acme/platform\" = { permissions = [] }"`) {
		t.Errorf("what mends it is not told:\n%s", look)
	}
	if picture := c.Must(t, 0, "output", "-raw", "picture"); !strings.HasPrefix(picture, "```mermaid\nflowchart LR\n") {
		t.Errorf("the picture is\n%s", picture)
	}

	// The toggle of a project is off where nobody notices, until the instance no longer enforces its list.
	for _, name := range []string{"acme/deployer", "acme/web"} {
		set(name, false)
	}
	g.Enforce(t, true)
	c.Configure(t, block("look.tf")+block("store.tf")+block("keep.tf"))
	kept := c.Plan(t, acctest.Changes)
	if !strings.Contains(kept, "Plan: 2 to add") || !acctest.Says(kept, "Whole groups: Jobs of every project below acme/platform") {
		t.Errorf("the plan is\n%s", kept)
	}
	c.Apply(t, 0)

	// What comes back fails the plan, unless it is accepted.
	g.Enforce(t, false)
	for name, fails := range map[string]bool{"acme/docs": false, "acme/reports": true} {
		set(name, false)
		code := 2
		if fails {
			code = 1
		}
		c.Configure(t, block("look.tf")+block("store.tf")+block("keep.tf")+block("fail.tf"))
		plan := c.Run(t, "plan", "-detailed-exitcode", "-no-color")
		if told := acctest.Says(plan.Output, "Too wide: Any project's job token may reach "+name); plan.Code != code || told != fails {
			t.Errorf("%s is open: the plan ends with %d:\n%s", name, plan.Code, plan.Output)
		}
		set(name, true)
	}

	c.Configure(t, block("one.tf"))
	if one := c.Apply(t, 0, "-auto-approve"); !strings.Contains(one, `"acme/platform/runner-images" = "acme/platform"`) {
		t.Errorf("who reaches the project is not told:\n%s", one)
	}
}
