package main

import (
	"fmt"
	"strings"
)

func projectName(i int) string { return fmt.Sprintf("p%04d", i+1) }

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
	return all
}

// noChange is a plan of lists with nothing to do.
func noChange(lists, entries int, name, provider string, args []string) benchmark {
	return benchmark{
		name:     fmt.Sprintf("no-op %dx%d %s", lists, entries, name),
		gitlab:   []string{"-seed", fmt.Sprintf("estate:%dx%d", lists, entries)},
		config:   required(provider) + repeat(lists, func(i int) string { return list(i, entries) }),
		floor:    repeat(lists, func(i int) string { return listFloor(i, entries) }),
		imports:  repeat(lists, listImport),
		official: officialPlan(lists),
		args:     append([]string{"plan", "-detailed-exitcode"}, args...),
	}
}

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
	return repeat(entries, func(i int) string { return fmt.Sprintf("    \"pool/q%04d\" = {}\n", i+1) })
}

func listImport(i int) string {
	return fmt.Sprintf("\nimport {\n  to = jobtoken_allowlist.%s\n  id = \"estate/%s\"\n}\n", projectName(i), projectName(i))
}
