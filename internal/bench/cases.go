package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

func projectName(i int) string { return fmt.Sprintf("p%04d", i+1) }

func targetName(i int) string { return fmt.Sprintf("q%04d", i+1) }

// planned is the command of a plan that changes nothing: with this flag another outcome is an error.
func planned(args ...string) []string { return append([]string{"plan", "-detailed-exitcode"}, args...) }

func applied(args ...string) []string { return append([]string{"apply", "-auto-approve"}, args...) }

func destroyed(args ...string) []string { return append([]string{"destroy", "-auto-approve"}, args...) }

// cases are all that can be measured.
func cases() []benchmark {
	var all []benchmark
	for _, size := range []struct{ lists, entries int }{{20, 20}, {100, 100}, {500, 20}, {500, 100}} {
		for _, how := range []struct {
			name, provider string
			args           []string
		}{
			{name: "plain"},
			{name: "prefetch", provider: `prefetch_groups = ["estate"]`},
			{name: "parallelism=50", args: []string{"-parallelism=50"}},
			{name: "refresh=false", args: []string{"-refresh=false"}},
		} {
			all = append(all, noChange(size.lists, size.entries, how.name, how.provider, how.args))
		}
	}
	return append(all,
		settings(500),
		entries("entries 1000 over 10", 10, 100), entries("entries 1000 over 10 parallelism=50", 10, 100, "-parallelism=50"), entries("entries 1000 over 200", 200, 5),
		oneList(), deployTokens(10, 10), renamedGroup(100, 20), limited(100, 20), firstApply(100, 100),
	)
}

// noChange is a plan of lists with nothing to do.
func noChange(lists, entries int, name, provider string, args []string) benchmark {
	return benchmark{
		name:     fmt.Sprintf("no-op %dx%d %s", lists, entries, name),
		gitlab:   []string{"-seed", estate(lists, entries)},
		config:   required(provider) + repeat(lists, func(i int) string { return list(i, entries) }),
		floor:    repeat(lists, func(i int) string { return listFloor(i, entries) }),
		imports:  repeat(lists, listImport),
		official: officialPlan(lists),
		steps:    []step{{args: planned(args...)}},
	}
}

func settings(projects int) benchmark {
	body := func(i int) string { return fmt.Sprintf("    push_repository_allowed = %t\n", i%2 == 0) }
	return benchmark{
		name:   fmt.Sprintf("no-op settings %d", projects),
		gitlab: []string{"-seed", estate(projects, 0)},
		config: required("") + repeat(projects, func(i int) string {
			return fmt.Sprintf("\nresource \"jobtoken_settings\" %q {\n  project = \"estate/%s\"\n%s}\n", projectName(i), projectName(i), body(i))
		}),
		floor: repeat(projects, func(i int) string {
			return fmt.Sprintf("\nresource \"terraform_data\" %q {\n  input = {\n    project = \"estate/%s\"\n%s  }\n}\n", projectName(i), projectName(i), body(i))
		}),
		steps: []step{{args: planned()}},
	}
}

// entries makes, plans and destroys single entries.
func entries(name string, projects, each int, args ...string) benchmark {
	return benchmark{
		name:   name,
		gitlab: []string{"-seed", estate(projects, 0)},
		plant:  func(ctx context.Context, g *gitlab) error { return g.projects(ctx, "pool", each, targetName) },
		config: required("") + repeat(projects*each, func(n int) string {
			i, target := n/each, n%each
			return fmt.Sprintf("\nresource \"jobtoken_allowlist_entry\" \"%s-%s\" {\n  project = \"estate/%s\"\n  target_project = \"pool/%s\"\n}\n",
				projectName(i), targetName(target), projectName(i), targetName(target))
		}),
		empty: true,
		steps: []step{{name: "create", args: applied(args...), writes: true}, {name: "plan", args: planned(args...)}, {name: "destroy", args: destroyed(args...), writes: true}},
	}
}

// oneList makes a list as long as GitLab stores, changes half of it and destroys it.
func oneList() benchmark {
	const most = 200
	config := func(permissions string) string {
		half := func(i int) string {
			if i%2 == 0 {
				return permissions
			}
			return "{}"
		}
		return required("") + "\nresource \"jobtoken_allowlist\" \"wide\" {\n  project = \"estate/p0001\"\n  enabled = true\n  projects = {\n" +
			repeat(most, func(i int) string { return fmt.Sprintf("    \"pool/%s\" = %s\n", targetName(i), half(i)) }) + "  }\n  groups = {\n" +
			repeat(most, func(i int) string { return fmt.Sprintf("    \"crowd/%s\" = %s\n", targetName(i), half(i)) }) + "  }\n}\n"
	}
	return benchmark{
		name:   "list of 200 + 200",
		gitlab: []string{"-seed", estate(1, 0)},
		plant: func(ctx context.Context, g *gitlab) error {
			if err := g.projects(ctx, "pool", most, targetName); err != nil {
				return err
			}
			return g.groups(ctx, "crowd", most, targetName)
		},
		config: config("{}"),
		empty:  true,
		steps: []step{
			{name: "create", args: applied(), writes: true},
			{name: "change half", args: applied(), config: config(`{ permissions = ["read_packages"] }`), writes: true},
			{name: "destroy", args: destroyed(), writes: true},
		},
	}
}

func deployTokens(projects, each int) benchmark {
	return benchmark{
		name:   fmt.Sprintf("deploy tokens %d over %d", projects*each, projects),
		gitlab: []string{"-seed", estate(projects, 0)},
		config: required("") + repeat(projects*each, func(n int) string {
			name := fmt.Sprintf("t%04d", n)
			return fmt.Sprintf("\nresource \"jobtoken_project_deploy_token\" %q {\n  project = \"estate/%s\"\n  name = %q\n  scopes = [\"read_repository\"]\n"+
				"  deliveries = {\n    password = { project = \"estate/%s\", key = %q }\n  }\n}\n",
				name, projectName(n/each), name, projectName(n/each), strings.ToUpper(name))
		}),
		empty: true,
		steps: []step{{name: "create", args: applied(), writes: true}, {name: "plan", args: planned()}, {name: "destroy", args: destroyed(), writes: true}},
	}
}

// renamedGroup plans before and after the group of all lists is renamed.
func renamedGroup(lists, entries int) benchmark {
	c := noChange(lists, entries, "", "", nil)
	c.name, c.floor, c.official = fmt.Sprintf("group of %d lists", lists), "", nil
	c.steps = []step{
		{name: "usual plan", args: planned()},
		{name: "renamed", args: planned(), before: func(ctx context.Context, g *gitlab) error {
			return g.call(ctx, http.MethodPut, "/api/v4/groups/estate", map[string]any{"path": "renamed"}, nil)
		}},
		{name: "renamed, again", args: planned()},
	}
	return c
}

// limited is a plan against a GitLab that lets few requests through; each sample has a GitLab of its own,
// with a minute that begins anew.
func limited(lists, entries int) benchmark {
	c := noChange(lists, entries, "rate-limit=600", "", nil)
	c.gitlab = append(c.gitlab, "-rate-limit", "600")
	c.official, c.steps[0].writes = nil, true
	return c
}

// firstApply brings lists into being.
func firstApply(lists, entries int) benchmark {
	c := noChange(lists, entries, "", "", nil)
	c.name = fmt.Sprintf("first apply %dx%d", lists, entries)
	c.gitlab, c.official, c.imports, c.empty = []string{"-seed", estate(lists, 0)}, nil, "", true
	c.plant = func(ctx context.Context, g *gitlab) error { return g.projects(ctx, "pool", entries, targetName) }
	c.steps = []step{{args: applied(), writes: true}}
	return c
}

func estate(projects, entries int) string { return fmt.Sprintf("estate:%dx%d", projects, entries) }

func repeat(n int, block func(i int) string) string {
	var text strings.Builder
	for i := range n {
		text.WriteString(block(i))
	}
	return text.String()
}

func required(provider string) string {
	return "terraform {\n  required_providers {\n    jobtoken = {\n      source = \"jobtoken/jobtoken\"\n    }\n  }\n}\n\n" +
		"provider \"jobtoken\" {\n  " + provider + "\n}\n"
}

func list(i, entries int) string {
	return fmt.Sprintf("\nresource \"jobtoken_allowlist\" %q {\n  project = \"estate/%s\"\n  enabled = true\n  projects = {\n%s  }\n  groups = {}\n}\n",
		projectName(i), projectName(i), targets(entries))
}

func listFloor(i, entries int) string {
	return fmt.Sprintf("\nresource \"terraform_data\" %q {\n  input = {\n    project = \"estate/%s\"\n    enabled = true\n    projects = {\n%s    }\n    groups = {}\n  }\n}\n",
		projectName(i), projectName(i), targets(entries))
}

func targets(entries int) string {
	return repeat(entries, func(i int) string { return fmt.Sprintf("    \"pool/%s\" = {}\n", targetName(i)) })
}

func listImport(i int) string {
	return fmt.Sprintf("\nimport {\n  to = jobtoken_allowlist.%s\n  id = \"estate/%s\"\n}\n", projectName(i), projectName(i))
}
