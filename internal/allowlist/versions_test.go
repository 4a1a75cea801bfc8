package allowlist_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator"
)

// versionCase is what has to hold on GitLab versions that differ from the newest in it, or on a newest
// one that turns out to be other than it is believed to be.
type versionCase struct {
	versions []string
	flips    []string
	check    func(t *testing.T, g *acctest.GitLab)
}

// The tests of this file choose their GitLab themselves. The whole suite on each version is
// "make test-versions".
var versionCases = map[string]versionCase{
	"an entry that someone else has just added is adopted": {versions: []string{"17.11", "18.4"}, check: adoptsDuplicate},
	"projects and groups are removed":                      {versions: []string{"17.11", "18.4"}, check: removesBoth},
	"a hidden project stays on the list, and is said to":   {versions: []string{"17.11"}, check: cannotRemoveHidden},
	"the own entry has no permissions yet":                 {versions: []string{"17.11"}, check: ownEntryUnsupported},
	"the own entry has permissions":                        {versions: []string{"18.4"}, check: ownEntry},
	"names of permissions, 17.11":                          {versions: []string{"17.11"}, check: names("read_containers", "read_merge_requests", "read_badges", "admin_repositories")},
	"names of permissions, 18.4":                           {versions: []string{"18.4"}, check: names("read_merge_requests", "read_containers", "read_badges", "admin_repositories")},
	"no enforcement until told":                            {versions: []string{"17.11"}, check: offWithoutEnforcement},
	"off is stored under enforcement, without effect":      {versions: []string{"17.11", "18.4"}, check: offWithoutEffect},
	"and perhaps on the newest":                            {versions: []string{"19.4"}, flips: []string{"enforcement-accepts-off"}, check: offWithoutEffect},
	"cross-project push is unknown":                        {versions: []string{"17.11", "18.4"}, check: crossProjectPushUnknown},
	"lists of several pages":                               {versions: []string{"17.11", "18.4"}, check: severalPages},
	"permissions that are not active are refused":          {versions: []string{"17.11"}, check: permissionsInactive},
	"and perhaps on the newest, inactive":                  {versions: []string{"19.4"}, flips: []string{"permissions-inactive"}, check: permissionsInactive},
	"a permission of older days":                           {versions: []string{"18.4", "19.4"}, check: unknownPermissionStored},
	"a permission of older days, null":                     {versions: []string{"19.4"}, flips: []string{"unknown-permission-null"}, check: unknownPermissionStored},
	"a permission of older days, left out":                 {versions: []string{"19.4"}, flips: []string{"unknown-permission-left-out"}, check: unknownPermissionLeftOut},
}

func TestVersions(t *testing.T) {
	t.Parallel()
	for name, c := range versionCases {
		for _, version := range c.versions {
			t.Run(name+"/"+version, func(t *testing.T) {
				t.Parallel()
				g := acctest.NewWith(t, emulator.Options{Version: version, Flip: c.flips})
				acctest.NeedsEmbedded(t, g)
				c.check(t, g)
			})
		}
	}
}

// says fails the test unless an output holds all of the words.
func says(t *testing.T, output string, words ...string) {
	t.Helper()
	for _, want := range words {
		if !acctest.Says(output, want) {
			t.Errorf("%q is not said:\n%s", want, output)
		}
	}
}

// granting is an entry of a map of projects.
func granting(key string, permissions ...string) string {
	return fmt.Sprintf(`projects = { %q = { permissions = ["%s"] } }`, key, strings.Join(permissions, `", "`))
}

// byHand is a mutation that another actor makes.
func byHand(name, input string) acctest.Call {
	return acctest.Call{Method: http.MethodPost, Path: "/api/graphql", Body: map[string]any{
		"query": fmt.Sprintf("mutation ByHand { %s(input: { %s }) { errors } }", name, input),
	}}
}

// The words for "already there" changed with 18.0.
func adoptsDuplicate(t *testing.T, g *acctest.GitLab) {
	t.Helper()
	source, app := g.Project(t, "shared-lib"), g.Project(t, "app")
	platform := g.Group(t, "platform", &g.Root)
	g.Before(t, "AddEntries",
		byHand("ciJobTokenScopeAddGroupOrProject", fmt.Sprintf("projectPath: %q, targetPath: %q", source.Path, app.Path)),
		byHand("ciJobTokenScopeAddGroupOrProject", fmt.Sprintf("projectPath: %q, targetPath: %q", source.Path, platform.Path)))
	cli := acctest.NewCLI(t, g, list(source.Path, granting(app.Path, "read_jobs"), entries("groups", platform.Path)))
	cli.Apply(t, 0)
	g.CheckAllowlist(t, source, acctest.Entries{app.Path: "read_jobs", platform.Path: "default"})
	cli.Plan(t, acctest.NoChanges)
}

// Below 19.0 a removal looks at the outbound list unless it names the direction.
func removesBoth(t *testing.T, g *acctest.GitLab) {
	t.Helper()
	source, app, web := g.Project(t, "shared-lib"), g.Project(t, "app"), g.Project(t, "web")
	platform := g.Group(t, "platform", &g.Root)
	cli := acctest.NewCLI(t, g, list(source.Path, entries("projects", app.Path, web.Path), entries("groups", platform.Path)))
	cli.Apply(t, 0)
	g.CheckAllowlist(t, source, acctest.Entries{app.Path: "default", web.Path: "default", platform.Path: "default"})
	cli.Configure(t, list(source.Path, entries("projects", web.Path), "groups = {}"))
	cli.Apply(t, 0)
	g.CheckAllowlist(t, source, acctest.Entries{web.Path: "default"})
	cli.Must(t, 0, "destroy", "-auto-approve")
	g.CheckAllowlist(t, source, acctest.Entries{})
}

func cannotRemoveHidden(t *testing.T, g *acctest.GitLab) {
	t.Helper()
	source, hidden := g.Project(t, "shared-lib"), g.Hidden(t, "secret")
	g.Allow(t, source, hidden.Path)
	cli := acctest.NewCLI(t, g, list(source.Path, "projects = {}"))
	says(t, cli.Apply(t, 1), "Unable to Remove Project from Job Token Allowlist", hidden.Path, source.Path, "you don't have permission")
	g.CheckAllowlist(t, source, acctest.Entries{hidden.Path: "default"})
	if output := cli.Plan(t, acctest.Changes); !acctest.Says(output, hidden.Path) {
		t.Errorf("the next plan has forgotten it:\n%s", output)
	}
}

func ownEntryUnsupported(t *testing.T, g *acctest.GitLab) {
	t.Helper()
	source, app := g.Project(t, "shared-lib"), g.Project(t, "app")
	cli := acctest.NewCLI(t, g, list(source.Path, entries("projects", app.Path, source.Path)))
	cli.Apply(t, 0)
	cli.Plan(t, acctest.NoChanges)
	g.CheckAllowlist(t, source, acctest.Entries{app.Path: "default"})
	for _, configuration := range []string{
		list(source.Path, granting(source.Path, "read_jobs")),
		single(source.Path, targetProject(source.Path), `permissions = ["read_jobs"]`),
	} {
		cli := acctest.NewCLI(t, g, configuration)
		says(t, cli.Plan(t, acctest.Failed), "Not Supported by This GitLab", "18.1")
	}
}

func ownEntry(t *testing.T, g *acctest.GitLab) {
	t.Helper()
	source := g.Project(t, "shared-lib")
	cli := acctest.NewCLI(t, g, list(source.Path, granting(source.Path, "read_jobs")))
	cli.Apply(t, 0)
	g.CheckAllowlist(t, source, acctest.Entries{source.Path: "read_jobs"})
	cli.Must(t, 0, "destroy", "-auto-approve")
	g.CheckAllowlist(t, source, acctest.Entries{source.Path: "default"})
}

// names checks that one name is accepted and others are refused at plan.
func names(known string, unknown ...string) func(*testing.T, *acctest.GitLab) {
	return func(t *testing.T, g *acctest.GitLab) {
		t.Helper()
		source, app := g.Project(t, "shared-lib"), g.Project(t, "app")
		cli := acctest.NewCLI(t, g, list(source.Path, granting(app.Path, unknown...)))
		output := cli.Plan(t, acctest.Failed)
		for _, name := range unknown {
			says(t, output, "Unknown Permission", fmt.Sprintf("asks for %q, which this GitLab does not know", name))
		}
		cli.Configure(t, list(source.Path, granting(app.Path, known)))
		cli.Apply(t, 0)
		cli.Plan(t, acctest.NoChanges)
		g.CheckAllowlist(t, source, acctest.Entries{app.Path: known})
	}
}

func offWithoutEnforcement(t *testing.T, g *acctest.GitLab) {
	t.Helper()
	source := g.Project(t, "shared-lib")
	cli := acctest.NewCLI(t, g, list(source.Path, "enabled = false", "projects = {}"))
	says(t, cli.Apply(t, 0), "Job Token Allowlist Has No Effect")
	g.CheckSettings(t, source, acctest.Settings{})
	cli.Plan(t, acctest.NoChanges)
}

// Nobody but an administrator knows beforehand. What is stored is what was asked for, so that there is
// no drift; that it changes nothing has to be said.
func offWithoutEffect(t *testing.T, g *acctest.GitLab) {
	t.Helper()
	g.Enforce(t, true)
	source := g.Project(t, "shared-lib")
	cli := acctest.NewCLI(t, g, list(source.Path, "enabled = false", "projects = {}"))
	if output := cli.Apply(t, 0); acctest.Says(output, "is not limited: any project's job token may reach it") {
		t.Errorf("an enforced list is said not to limit:\n%s", output)
	}
	g.CheckSettings(t, source, acctest.Settings{})
	cli.Plan(t, acctest.NoChanges)
	cli.Configure(t, list(source.Path, "enabled = true", "projects = {}"))
	cli.Apply(t, 0)
	g.CheckSettings(t, source, acctest.Settings{Inbound: true})
}

func crossProjectPushUnknown(t *testing.T, g *acctest.GitLab) {
	t.Helper()
	source := g.Project(t, "shared-lib")
	settings := func(line string) string {
		return fmt.Sprintf("resource \"jobtoken_settings\" \"this\" {\n  project = %q\n  %s\n}\n", source.Path, line)
	}
	cli := acctest.NewCLI(t, g, settings("cross_project_push_allowed = true"))
	says(t, cli.Plan(t, acctest.Failed), "Not Supported by This GitLab", "cross_project_push_allowed = true", "came with GitLab 19.1")
	cli.Configure(t, settings("push_repository_allowed = true"))
	cli.Apply(t, 0)
	g.CheckSettings(t, source, acctest.Settings{Inbound: true, PushRepository: true})
}

// Below 19.0 a page holds 100 entries, however many are asked for.
func severalPages(t *testing.T, g *acctest.GitLab) {
	t.Helper()
	source, targets := g.Project(t, "shared-lib"), g.Projects(t, "consumer", 150)
	keys, want := make([]any, 0, len(targets)), acctest.Entries{}
	for _, target := range targets {
		keys, want[target.Path] = append(keys, target.Path), "default"
	}
	cli := acctest.NewCLI(t, g, list(source.Path, entries("projects", keys...)))
	cli.Apply(t, 0)
	g.CheckAllowlist(t, source, want)
	cli.Plan(t, acctest.NoChanges)
	// The oldest and the newest entry are on different pages.
	theirs := g.Project(t, "theirs")
	g.Allow(t, source, theirs.Path)
	g.Deny(t, source, targets[0].Path)
	cli.Apply(t, 0)
	g.CheckAllowlist(t, source, want)
	cli.Configure(t, list(source.Path, entries("projects", keys[:1]...)))
	cli.Apply(t, 0)
	g.CheckAllowlist(t, source, acctest.Entries{targets[0].Path: "default"})
}

// An entry that was to be narrow must not stay on the list wide, nor be taken for narrow: the
// permissions of an entry bind nobody there.
func permissionsInactive(t *testing.T, g *acctest.GitLab) {
	t.Helper()
	source, app, web := g.Project(t, "shared-lib"), g.Project(t, "app"), g.Project(t, "web")
	off := false
	g.Plant(t, source, acctest.Planting{JobTokenPoliciesEnabled: &off})
	g.Allow(t, source, web.Path)
	adding := []string{
		list(source.Path, fmt.Sprintf(`projects = { %q = { permissions = ["read_jobs"] }, %q = {} }`, app.Path, web.Path)),
		single(source.Path, targetProject(app.Path), `permissions = ["read_jobs"]`),
	}
	if !g.Since(t, "18.3") { // from there on every GitLab has them, and the answer to an empty list tells nothing
		adding = append(adding, list(source.Path, fmt.Sprintf(`projects = { %q = { permissions = [] }, %q = {} }`, app.Path, web.Path)))
	}
	for _, configuration := range adding {
		cli := acctest.NewCLI(t, g, configuration)
		says(t, cli.Apply(t, 1), app.Path, source.Path, "ine-grained permissions are not active")
		g.CheckAllowlist(t, source, acctest.Entries{web.Path: "default"})
		cli.Plan(t, acctest.Changes)
	}
	for _, configuration := range []string{
		list(source.Path, granting(web.Path, "read_jobs")),
		single(source.Path, targetProject(web.Path), `permissions = ["read_jobs"]`),
	} {
		cli := acctest.NewCLI(t, g, configuration)
		says(t, cli.Apply(t, 1), web.Path, source.Path, "Failed to update job token scope", "ine-grained permissions are not active")
		g.CheckAllowlist(t, source, acctest.Entries{web.Path: "default"})
		cli.Plan(t, acctest.Changes)
	}
	// Without permissions everything works.
	cli := acctest.NewCLI(t, g, list(source.Path, entries("projects", app.Path)))
	cli.Apply(t, 0)
	g.CheckAllowlist(t, source, acctest.Entries{app.Path: "default"})
}

// The permissions cannot be read, the list can: nothing is planned for the entry, and a warning says
// so. Naming its permissions anew cures it.
func unknownPermissionStored(t *testing.T, g *acctest.GitLab) {
	t.Helper()
	source, app := g.Project(t, "shared-lib"), g.Project(t, "app")
	cli := acctest.NewCLI(t, g, list(source.Path, granting(app.Path, "read_jobs")))
	cli.Apply(t, 0)
	g.Plant(t, source, acctest.Planting{Permissions: []acctest.PlantedPermissions{{Target: app.Path, Names: []string{"read_containers", "read_jobs"}}}})
	says(t, cli.Plan(t, acctest.NoChanges), "Job Token Permissions Cannot Be Read", app.Path)
	cli.Configure(t, list(source.Path, granting(app.Path, "read_packages")))
	cli.Apply(t, 0)
	g.CheckAllowlist(t, source, acctest.Entries{app.Path: "read_packages"})
	cli.Plan(t, acctest.NoChanges)
}

func unknownPermissionLeftOut(t *testing.T, g *acctest.GitLab) {
	t.Helper()
	source, app := g.Project(t, "shared-lib"), g.Project(t, "app")
	cli := acctest.NewCLI(t, g, list(source.Path, granting(app.Path, "read_jobs")))
	cli.Apply(t, 0)
	g.Plant(t, source, acctest.Planting{Permissions: []acctest.PlantedPermissions{{Target: app.Path, Names: []string{"read_containers"}}}})
	cli.Apply(t, 0)
	g.CheckAllowlist(t, source, acctest.Entries{app.Path: "read_jobs"})
}
