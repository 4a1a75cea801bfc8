package allowlist_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

const checkUsage = "provider \"jobtoken\" {\n  check_usage = true\n}\n"

// With check_usage a plan tells of every way in which it takes access away that jobs have used, by project, and
// asks once for each list that is concerned.
func TestAccUsage(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsEmbedded(t, g)
	g.Enforce(t, false)
	app, idle := g.Project(t, "app"), g.Project(t, "idle")
	team := g.Group(t, "team", &g.Root)
	tool, mate := g.ProjectIn(t, team, "tool"), g.ProjectIn(t, team, "mate")
	used := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	names := []string{"removed", "named", "narrowed", "replaced", "switched", "entry", "retargeted", "settings", "destroyed", "same", "widened"}
	sources := map[string]acctest.Project{}
	for _, name := range names {
		sources[name] = g.Project(t, name)
		g.Plant(t, sources[name], acctest.Planting{AuthLog: []acctest.PlantedUse{{Origin: app.Path, LastAuthorizedAt: used}, {Origin: tool.Path, LastAuthorizedAt: used}, {Origin: mate.Path, LastAuthorizedAt: used}}})
	}
	of := func(name string, lines ...string) string {
		return strings.Replace(list(sources[name].Path, lines...), `"this"`, fmt.Sprintf("%q", name), 1)
	}
	one := func(name, target string) string {
		return strings.Replace(single(sources[name].Path, targetProject(target)), `"this"`, fmt.Sprintf("%q", name), 1)
	}
	narrow := func(permission string) string {
		return fmt.Sprintf("projects = { %q = { permissions = [%q] } }", app.Path, permission)
	}
	toggles := func(on bool) string {
		return fmt.Sprintf("resource \"jobtoken_settings\" \"settings\" {\n  project = %q\n  inbound_allowlist_enabled = %t\n}\n", sources["settings"].Path, on)
	}
	g.Allow(t, sources["named"], app.Path)
	cli := acctest.NewCLI(t, g, checkUsage+of("removed", entries("projects", app.Path, idle.Path), entries("groups", team.Path))+
		of("narrowed", entries("projects", app.Path))+of("replaced", entries("groups", team.Path))+of("switched", "enabled = false", entries("projects", app.Path))+
		one("entry", app.Path)+one("retargeted", app.Path)+toggles(false)+of("destroyed", entries("projects", app.Path))+
		of("same", entries("projects", app.Path))+of("widened", narrow("read_jobs")))
	cli.Apply(t, 0)

	cli.Configure(t, checkUsage+of("removed", "projects = {}", "groups = {}")+of("named", entries("projects", idle.Path))+
		of("narrowed", narrow("read_jobs"))+of("replaced", entries("projects", mate.Path), "groups = {}")+of("switched", "enabled = true", entries("projects", app.Path))+
		one("retargeted", idle.Path)+toggles(true)+of("same", entries("projects", app.Path))+of("widened", entries("projects", app.Path)))
	g.ForgetRequests(t)
	output := cli.Plan(t, acctest.Changes)
	const still, refuses, narrows = "Entry Is Still in Use", "Refuses Projects That Use It", "Entry in Use Is Narrowed"
	last := func(p acctest.Project) string { return "- " + p.Target() + ", last used 2026-03-14" }
	through := fmt.Sprintf(", let in by the group %s (id %d)", team.Path, team.ID)
	for name, want := range map[string]struct {
		title string
		says  []string
	}{
		"removed":    {still, []string{last(app), last(mate) + through, last(tool) + through}},
		"named":      {still, []string{last(app)}},
		"narrowed":   {narrows, []string{last(app) + ": default permissions -> read_jobs"}},
		"replaced":   {still, []string{last(tool) + through}},
		"switched":   {refuses, []string{last(mate), last(tool)}},
		"entry":      {still, []string{last(app)}},
		"retargeted": {still, []string{last(app)}},
		"settings":   {refuses, []string{last(app), last(mate), last(tool)}},
		"destroyed":  {still, []string{last(app)}},
		"same":       {}, "widened": {},
	} {
		got := warningsOf(output, sources[name].Path, still, refuses, narrows)
		wanted := map[string]string{}
		if want.title != "" {
			wanted[want.title] = strings.Join(want.says, " ")
		}
		if !maps.Equal(got, wanted) {
			t.Errorf("%s: the plan tells %q, want %q:\n%s", name, got, wanted, output)
		}
	}
	if requests, _ := g.Requests(t); requests.GraphQL["AuthenticationLog"] != len(names)-2 {
		t.Errorf("the logs of %d lists are concerned; asked %v", len(names)-2, requests.GraphQL)
	}

	// Without check_usage nothing is asked and nothing told.
	cli.Configure(t, of("removed", "projects = {}", "groups = {}"))
	g.ForgetRequests(t)
	if output := cli.Plan(t, acctest.Changes); acctest.Says(output, "last used") {
		t.Errorf("the plan tells of usage unasked:\n%s", output)
	}
	if requests, _ := g.Requests(t); requests.GraphQL["AuthenticationLog"] > 0 {
		t.Error("the log was asked for")
	}
}

// warningsOf are the lists of the warnings with these titles about a project, by title.
func warningsOf(output, project string, titles ...string) map[string]string {
	found := map[string]string{}
	flat := strings.Join(strings.Fields(output), " ")
	for _, title := range titles {
		_, text, told := strings.Cut(flat, "Warning: Job Token Allowlist "+title+" ("+project+")")
		if !told {
			continue
		}
		text, _, _ = strings.Cut(text, "Warning:")
		text, _, _ = strings.Cut(text, " Note: ")
		_, items, _ := strings.Cut(text, ": - ")
		found[title] = strings.TrimSpace("- " + items)
	}
	return found
}

// A resource that has only got another address destroys and makes the same list side by side: the plan
// tells, and shows the moved block as the way out. Where it plans the destroy last, that leaves what the
// other one holds, and there is nothing to tell.
func TestAccOverlap_anotherAddress(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app := g.Project(t, "shared-lib"), g.Project(t, "app")
	for name, config := range map[string]string{"list": list(source.Path, entries("projects", app.Path)), "entry": single(source.Path, targetProject(app.Path))} {
		cli := acctest.NewCLI(t, g, config)
		cli.Apply(t, 0)
		cli.Configure(t, strings.Replace(config, `"this"`, `"renamed"`, 1))
		output := cli.PlanJSON(t).Output
		switch told := acctest.Says(output, "Job Token Access Is Destroyed and Made in One Apply ("+source.Path+")"); {
		case told && !acctest.Says(output, "moved block"):
			t.Errorf("%s: the plan does not tell the way out:\n%s", name, output)
		case !told:
			cli.ApplySaved(t, 0)
			g.CheckAllowlist(t, source, acctest.Entries{app.Path: "default"})
		}
		cli.Configure(t, "")
		if output := cli.Apply(t, 0); acctest.Says(output, "Destroyed and Made") {
			t.Errorf("%s: a mere destroy warns:\n%s", name, output)
		}
	}
}

// A permission that GitLab's enumeration no longer holds, really stored: the list is read without
// permissions, and the other lists of the same plan are read with theirs.
func TestAccBadServer_storedNameIsUnknown(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsEmbedded(t, g)
	sources, app := g.Projects(t, "source", 3), g.Project(t, "app")
	narrow := fmt.Sprintf(`projects = { %q = { permissions = ["read_jobs"] } }`, app.Path)
	cli := acctest.NewCLI(t, g, several(sources, narrow))
	cli.Apply(t, 0)
	g.Plant(t, sources[1], acctest.Planting{Permissions: []acctest.PlantedPermissions{{Target: app.Path, Names: []string{"read_gone"}}}})
	output := cli.Plan(t, acctest.NoChanges)
	if !acctest.Says(output, "Job Token Permissions Cannot Be Read ("+sources[1].Path+")") || strings.Count(output, "Job Token Permissions Cannot Be Read") != 1 {
		t.Errorf("the plan does not warn of the one list:\n%s", output)
	}
	// Written anew, the entry is readable again.
	cli.Configure(t, several(sources, fmt.Sprintf(`projects = { %q = { permissions = ["read_packages"] } }`, app.Path)))
	cli.Apply(t, 0)
	g.CheckAllowlist(t, sources[1], acctest.Entries{app.Path: "read_packages"})
	if output := cli.Plan(t, acctest.NoChanges); acctest.Says(output, "Cannot Be Read") {
		t.Errorf("the plan still warns:\n%s", output)
	}
}
