package allowlist_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// entries writes a map of entries with default permissions.
func entries(kind string, keys ...any) string {
	var b strings.Builder
	for _, key := range keys {
		fmt.Fprintf(&b, "%q = {}, ", fmt.Sprint(key))
	}
	return fmt.Sprintf("%s = { %s }", kind, strings.TrimSuffix(b.String(), ", "))
}

// A spelling that changes while nothing else does is no change: not in a plan, not with
// -refresh=false, not in a saved plan; and it costs no write.
func TestAccReferences_respelled(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app := g.Project(t, "shared-lib"), g.Project(t, "app")
	cli := acctest.NewCLI(t, g, list(source.Path, entries("projects", app.Path)))
	cli.Apply(t, 0)
	movedSource, movedApp := g.Rename(t, source, "common-lib"), g.Rename(t, app, "frontend")
	for name, config := range map[string]string{
		"old paths":    list(source.Path, entries("projects", app.Path)),
		"new paths":    list(movedSource.Path, entries("projects", movedApp.Path)),
		"ids":          list(source.ID, entries("projects", app.ID)),
		"letter case":  list(strings.ToUpper(movedSource.Path), entries("projects", strings.ToUpper(movedApp.Path))),
		"target by id": list(source.ID, fmt.Sprintf(`projects = { any = { target = "%d" } }`, app.ID)),
	} {
		cli.Configure(t, config)
		for _, args := range [][]string{nil, {"-refresh=false"}} {
			if output := cli.Plan(t, acctest.NoChanges, args...); !acctest.Says(output, "No changes") {
				t.Errorf("%s %v:\n%s", name, args, output)
			}
		}
	}
}

// The renames are told until the configuration is mended, then no more.
func TestAccReferences_renameWarning(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app := g.Project(t, "shared-lib"), g.Project(t, "app")
	cli := acctest.NewCLI(t, g, list(source.Path, entries("projects", app.Path)))
	cli.Apply(t, 0)
	movedSource, movedApp := g.Rename(t, source, "common-lib"), g.Rename(t, app, "frontend")
	output := cli.Plan(t, acctest.NoChanges)
	for _, want := range []string{"Project Was Renamed", "is now " + movedSource.Path, "Job Token Allowlist Target Was Renamed", "is now " + movedApp.Path} {
		if !acctest.Says(output, want) {
			t.Errorf("the plan does not say %q:\n%s", want, output)
		}
	}
	cli.Configure(t, list(movedSource.Path, entries("projects", movedApp.Path)))
	if output := cli.Plan(t, acctest.NoChanges); acctest.Says(output, "Was Renamed") {
		t.Errorf("the mended configuration still warns:\n%s", output)
	}
}

// When another entry changes in the same plan, a re-spelled key shows as a pair of lines, a warning
// says that it is none, and nothing is written for it: its permissions stay.
func TestAccReferences_respelledBesideAChange(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app, web := g.Project(t, "shared-lib"), g.Project(t, "app"), g.Project(t, "web")
	cli := acctest.NewCLI(t, g, list(source.Path, fmt.Sprintf(`projects = { %q = { permissions = ["read_jobs"] } }`, app.Path)))
	cli.Apply(t, 0)
	cli.Configure(t, list(source.Path, fmt.Sprintf(`projects = { "%d" = { permissions = ["read_jobs"] }, %q = {} }`, app.ID, web.Path)))
	output := cli.Plan(t, acctest.Changes)
	for _, want := range []string{"Job Token Allowlist Entry Is Spelled Differently", fmt.Sprintf(`- %q`, app.Path), fmt.Sprintf(`+ "%d"`, app.ID), fmt.Sprintf(`+ %q`, web.Path)} {
		if !acctest.Says(output, want) {
			t.Errorf("the plan does not say %q:\n%s", want, output)
		}
	}
	g.ForgetRequests(t)
	cli.Apply(t, 0)
	if requests, ok := g.Requests(t); ok && strings.Join(requests.Writes(), " ") != "AddEntries" {
		t.Errorf("the apply wrote %v", requests.Writes())
	}
	g.CheckAllowlist(t, source, acctest.Entries{app.Path: "read_jobs", web.Path: "default"})
	cli.Plan(t, acctest.NoChanges)
}

// A plan saved before a rename is applied after it.
func TestAccReferences_renameBetweenPlanAndApply(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app, web := g.Project(t, "shared-lib"), g.Project(t, "app"), g.Project(t, "web")
	cli := acctest.NewCLI(t, g, list(source.Path, entries("projects", app.Path)))
	cli.Apply(t, 0)
	cli.Configure(t, list(source.Path, entries("projects", app.Path, web.Path)))
	cli.PlanJSON(t)
	source, app, web = g.Rename(t, source, "common-lib"), g.Rename(t, app, "frontend"), g.Rename(t, web, "site")
	cli.ApplySaved(t, 0)
	g.CheckAllowlist(t, source, acctest.Entries{app.Path: "default", web.Path: "default"})
	cli.Plan(t, acctest.NoChanges)
}

// A project unknown at plan is an update in place. The same project afterwards is fine; another one
// stops the apply before any write, and the next apply replaces.
func TestAccReferences_unknownProject(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	first, second, app := g.Project(t, "first"), g.Project(t, "second"), g.Project(t, "app")
	config := func(project any, trigger int) string {
		return fmt.Sprintf("resource \"terraform_data\" \"p\" {\n  input = %q\n  triggers_replace = %d\n}\n", fmt.Sprint(project), trigger) +
			fmt.Sprintf("resource \"jobtoken_allowlist\" \"this\" {\n  project = terraform_data.p.output\n  %s\n}\n", entries("projects", app.Path))
	}
	cli := acctest.NewCLI(t, g, config(first.Path, 1))
	cli.Apply(t, 0)

	cli.Configure(t, config(first.ID, 2))
	if plan := cli.PlanJSON(t); !plan.Actions(address).Update() {
		t.Errorf("an unknown project plans %v", plan.Actions(address))
	}
	cli.ApplySaved(t, 0)
	g.CheckAllowlist(t, first, acctest.Entries{app.Path: "default"})

	cli.Configure(t, config(second.Path, 3))
	g.ForgetRequests(t)
	cli.Apply(t, 1)
	if requests, ok := g.Requests(t); ok && len(requests.Writes()) != 0 {
		t.Errorf("the stopped apply wrote %v", requests.Writes())
	}
	g.CheckAllowlist(t, first, acctest.Entries{app.Path: "default"})
	cli.Apply(t, 0)
	g.CheckAllowlist(t, first, acctest.Entries{})
	g.CheckAllowlist(t, second, acctest.Entries{app.Path: "default"})
}

// Both sides are renamed by another resource of the same apply, so that their paths are unknown at plan:
// nothing is written for it, and the next plan is empty.
func TestAccReferences_renamedByTheSameApply(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app := g.Project(t, "shared-lib"), g.Project(t, "app")
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	renamed := func(name string, project acctest.Project, path string) string {
		order := fmt.Sprintf("%s %s %d %s", g.BaseURL, g.Token, project.ID, path)
		return fmt.Sprintf("resource \"terraform_data\" %q {\n  input            = %q\n  triggers_replace = %q\n  provisioner \"local-exec\" {\n    command     = %q\n    environment = { %s = %q }\n  }\n}\n",
			name, g.Root.Path+"/"+path, path, program, renames, order)
	}
	both := func(sourcePath, appPath string) string {
		return renamed("source", source, sourcePath) + renamed("app", app, appPath) +
			"resource \"jobtoken_allowlist\" \"this\" {\n  project  = terraform_data.source.output\n  projects = { app = { target = terraform_data.app.output, permissions = [\"read_jobs\"] } }\n}\n"
	}
	cli := acctest.NewCLI(t, g, both("shared-lib", "app"))
	cli.Apply(t, 0)
	cli.Configure(t, both("common-lib", "frontend"))
	g.ForgetRequests(t)
	cli.Apply(t, 0)
	if requests, ok := g.Requests(t); ok && slices.ContainsFunc(requests.Writes(), func(w string) bool { return !strings.HasPrefix(w, "PUT ") }) {
		t.Errorf("the renames made the provider write %v", requests.Writes())
	}
	source.Path = g.Root.Path + "/common-lib"
	g.CheckAllowlist(t, source, acctest.Entries{g.Root.Path + "/frontend": "read_jobs"})
	cli.Plan(t, acctest.NoChanges)
}

// Mistakes in references are found at plan, on the attribute at fault.
func TestAccReferences_mistakes(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app := g.Project(t, "shared-lib"), g.Project(t, "app")
	platform := g.Group(t, "platform", &g.Root)
	cli := acctest.NewCLI(t, g, "")
	for name, mistake := range map[string]struct {
		config string
		says   []string
	}{
		"two keys": {list(source.Path, entries("projects", app.Path, app.ID)),
			[]string{"Two Keys for One Job Token Allowlist Entry", fmt.Sprintf("%q and %q both mean", fmt.Sprint(app.ID), app.Path)}},
		"key and target": {list(source.Path, fmt.Sprintf(`projects = { %q = {}, other = { target = %q } }`, app.Path, strings.ToUpper(app.Path))),
			[]string{"Two Keys for One Job Token Allowlist Entry", `"other"`}},
		"group under projects": {list(source.Path, entries("projects", platform.Path)),
			[]string{"Wrong Kind of Job Token Allowlist Target", "List it under groups."}},
		"project under groups": {list(source.Path, entries("groups", app.Path)),
			[]string{"Wrong Kind of Job Token Allowlist Target", "List it under projects."}},
		"missing target": {list(source.Path, entries("projects", g.Root.Path+"/missing")),
			[]string{"Unable to Find Job Token Allowlist Target", g.Root.Path + "/missing"}},
		"missing project": {list(g.Root.Path+"/missing", entries("projects", app.Path)),
			[]string{"Unable to Find Project", g.Root.Path + "/missing"}},
		"a URL":           {list("https://gitlab.example.com/acme/app"), []string{"Invalid Project or Group Reference", "it is a URL"}},
		"a slash":         {list("/acme/app"), []string{"Invalid Project or Group Reference", "begins or ends with a slash"}},
		"a bare name":     {list("app"), []string{"Invalid Project or Group Reference", "not a full path"}},
		"a clone address": {list("acme/app.git"), []string{"Invalid Project or Group Reference", "ends in .git"}},
		"id zero":         {list("0"), []string{"Invalid Project or Group Reference", "not an id"}},
		"an empty key":    {list(source.Path, `projects = { "" = {} }`), []string{"projects"}},
		"a malformed key": {list(source.Path, entries("projects", "acme//app")), []string{"Invalid Project or Group Reference", "acme//app"}},
		"unknown permission": {list(source.Path, fmt.Sprintf(`projects = { %q = { permissions = ["read_package"] } }`, app.Path)),
			[]string{"Unknown Permission", "Did you mean read_packages", "It knows:"}},
		"permission in capitals": {list(source.Path, fmt.Sprintf(`projects = { %q = { permissions = ["READ_JOBS"] } }`, app.Path)),
			[]string{"lower case"}},
	} {
		cli.Configure(t, mistake.config)
		output := cli.Plan(t, acctest.Failed)
		for _, want := range mistake.says {
			if !acctest.Says(output, want) {
				t.Errorf("%s: the plan does not say %q:\n%s", name, want, output)
			}
		}
	}
	g.CheckAllowlist(t, source, acctest.Entries{})
}
