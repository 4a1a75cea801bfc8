package allowlist_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// movedFrom declares a move from the official provider.
func movedFrom(typeName, to string) string {
	return fmt.Sprintf("moved {\n  from = %s.old\n  to   = %s\n}\n", typeName, to)
}

// A state of gitlab_project_job_token_scopes moves without a write and with an empty plan, refreshed or
// not; the next change then shows by path.
func TestAccMove_scopes(t *testing.T) {
	t.Parallel()
	for name, recorded := range map[string]struct {
		version int
		state   func(source, app acctest.Project, platform acctest.Group) map[string]any
		spelled func(source acctest.Project) any
		refresh bool
	}{
		"version 1, project by path": {1, func(source, app acctest.Project, platform acctest.Group) map[string]any {
			return map[string]any{"id": source.Path, "project": source.Path, "enabled": true, "target_project_ids": []int64{app.ID}, "target_group_ids": []int64{platform.ID}}
		}, func(source acctest.Project) any { return source.Path }, true},
		"version 1, project by id": {1, func(source, app acctest.Project, platform acctest.Group) map[string]any {
			return map[string]any{"id": strconv.FormatInt(source.ID, 10), "project": strconv.FormatInt(source.ID, 10), "enabled": true, "target_project_ids": []int64{app.ID}, "target_group_ids": []int64{platform.ID}}
		}, func(source acctest.Project) any { return source.Path }, true},
		"version 1, not refreshed": {1, func(source, app acctest.Project, platform acctest.Group) map[string]any {
			return map[string]any{"id": source.Path, "project": source.Path, "enabled": true, "target_project_ids": []int64{app.ID}, "target_group_ids": []int64{platform.ID}}
		}, func(source acctest.Project) any { return source.Path }, false},
		"B17: a state of 18.x, version 0, project_id": {0, func(source, app acctest.Project, platform acctest.Group) map[string]any {
			return map[string]any{"id": strconv.FormatInt(source.ID, 10), "project": nil, "project_id": source.ID, "enabled": true, "target_project_ids": []int64{app.ID}, "target_group_ids": []int64{platform.ID}}
		}, func(source acctest.Project) any { return source.ID }, true},
		"B17: a state of 18.x, version 0, project": {0, func(source, app acctest.Project, platform acctest.Group) map[string]any {
			return map[string]any{"id": source.Path, "project": source.Path, "project_id": nil, "enabled": true, "target_project_ids": []int64{app.ID}, "target_group_ids": []int64{platform.ID}}
		}, func(source acctest.Project) any { return source.ID }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := acctest.New(t)
			source, app, web := g.Project(t, "shared-lib"), g.Project(t, "app"), g.Project(t, "web")
			platform := g.Group(t, "platform", &g.Root)
			g.Allow(t, source, app.Path)
			g.Allow(t, source, platform.Path)
			move := movedFrom("gitlab_project_job_token_scopes", address)
			groups := entries("groups", platform.Path)
			cli := acctest.NewCLI(t, g, list(recorded.spelled(source), "enabled = true", entries("projects", app.Path), groups)+move)
			cli.FromOfficial(t, "gitlab_project_job_token_scopes", recorded.version, recorded.state(source, app, platform))
			g.ForgetRequests(t)
			args := []string{}
			if !recorded.refresh {
				args = append(args, "-refresh=false")
			}
			if output := cli.Plan(t, acctest.Changes, args...); !acctest.Says(output, "has moved to "+address) || !acctest.Says(output, "0 to add, 0 to change, 0 to destroy") {
				t.Errorf("the move is not an empty plan:\n%s", output)
			}
			cli.Apply(t, 0, args...)
			if requests, ok := g.Requests(t); ok && len(requests.Writes()) != 0 {
				t.Errorf("the move wrote %v", requests.Writes())
			}
			cli.Plan(t, acctest.NoChanges)
			cli.Configure(t, list(recorded.spelled(source), "enabled = true", entries("projects", app.Path, web.Path), groups))
			if output := cli.Apply(t, 0); !acctest.Says(output, fmt.Sprintf("+ %q", web.Path)) || acctest.Says(output, fmt.Sprintf("- %q", strconv.FormatInt(app.ID, 10))) {
				t.Errorf("the next change does not show by path:\n%s", output)
			}
			g.CheckAllowlist(t, source, acctest.Entries{app.Path: "default", web.Path: "default", platform.Path: "default"})
		})
	}
}

// A state of gitlab_project_job_token_scope moves to an entry likewise.
func TestAccMove_scope(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		version int
		kind    string
		refresh bool
	}{{0, "project", true}, {1, "project", true}, {1, "group", true}, {1, "project", false}} {
		t.Run(fmt.Sprintf("version %d, %s, refresh %t", c.version, c.kind, c.refresh), func(t *testing.T) {
			t.Parallel()
			g := acctest.New(t)
			source, app := g.Project(t, "shared-lib"), g.Project(t, "app")
			platform := g.Group(t, "platform", &g.Root)
			state := map[string]any{"id": fmt.Sprintf("%s:%d", source.Path, app.ID), "project": source.Path, "target_project_id": app.ID, "target_group_id": nil}
			target, path := targetProject(app.Path), app.Path
			if c.version == 1 {
				state["id"] = fmt.Sprintf("%s:project:%d", source.Path, app.ID)
			}
			if c.kind == "group" {
				state = map[string]any{"id": fmt.Sprintf("%s:group:%d", source.Path, platform.ID), "project": source.Path, "target_project_id": nil, "target_group_id": platform.ID}
				target, path = targetGroup(platform.Path), platform.Path
			}
			g.Allow(t, source, path)
			cli := acctest.NewCLI(t, g, single(source.Path, target)+movedFrom("gitlab_project_job_token_scope", entryAddress))
			cli.FromOfficial(t, "gitlab_project_job_token_scope", c.version, state)
			g.ForgetRequests(t)
			args := []string{}
			if !c.refresh {
				args = append(args, "-refresh=false")
			}
			if output := cli.Plan(t, acctest.Changes, args...); !acctest.Says(output, "has moved to "+entryAddress) || !acctest.Says(output, "0 to add, 0 to change, 0 to destroy") {
				t.Errorf("the move is not an empty plan:\n%s", output)
			}
			cli.Apply(t, 0, args...)
			if requests, ok := g.Requests(t); ok && len(requests.Writes()) != 0 {
				t.Errorf("the move wrote %v", requests.Writes())
			}
			cli.Plan(t, acctest.NoChanges)
			cli.Must(t, 0, "destroy", "-auto-approve")
			g.CheckAllowlist(t, source, acctest.Entries{})
		})
	}
}

// Fine-grained permissions, of which the official provider knows nothing, are not lost by the move: the
// plan shows them, and the widening that the configuration asks for.
func TestAccMove_keepsPermissionsInSight(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app := g.Project(t, "shared-lib"), g.Project(t, "app")
	g.Allow(t, source, app.Path, "read_jobs")
	cli := acctest.NewCLI(t, g, list(source.Path, entries("projects", app.Path))+movedFrom("gitlab_project_job_token_scopes", address))
	cli.FromOfficial(t, "gitlab_project_job_token_scopes", 1, map[string]any{
		"id": source.Path, "project": source.Path, "enabled": true, "target_project_ids": []int64{app.ID}, "target_group_ids": []int64{},
	})
	if output := cli.Plan(t, acctest.Changes); !acctest.Says(output, "Job Token Allowlist Entry Is Widened") || !acctest.Says(output, `- "read_jobs"`) {
		t.Errorf("the plan does not show the permissions:\n%s", output)
	}
	g.CheckAllowlist(t, source, acctest.Entries{app.Path: "read_jobs"})
}

// Resources with for_each move with all their instances. OpenTofu names this provider as the source of all but
// the first.
func TestAccMove_manyInstances(t *testing.T) {
	t.Parallel()
	const count = 4
	g := acctest.New(t)
	app, sources := g.Project(t, "app"), g.Projects(t, "shared-lib", 2*count)
	lists, singles := map[string]map[string]any{}, map[string]map[string]any{}
	locals := map[bool][]string{}
	for i, source := range sources {
		g.Allow(t, source, app.Path)
		key := fmt.Sprintf("lib%d", i)
		locals[i < count] = append(locals[i < count], fmt.Sprintf("%q = %q", key, source.Path))
		if i < count {
			lists[key] = map[string]any{"id": source.Path, "project": source.Path, "enabled": true, "target_project_ids": []int64{app.ID}, "target_group_ids": []int64{}}
		} else {
			singles[key] = map[string]any{"id": fmt.Sprintf("%s:project:%d", source.Path, app.ID), "project": source.Path, "target_project_id": app.ID, "target_group_id": nil}
		}
	}
	each := func(ours bool) string { return "  for_each = { " + strings.Join(locals[ours], ", ") + " }\n" }
	for name, c := range map[string]struct {
		from, to, body string
		instances      map[string]map[string]any
	}{
		"lists": {"gitlab_project_job_token_scopes", "jobtoken_allowlist",
			each(true) + fmt.Sprintf("  project  = each.value\n  enabled  = true\n  projects = { %q = {} }\n  groups   = {}\n", app.Path), lists},
		"entries": {"gitlab_project_job_token_scope", "jobtoken_allowlist_entry",
			each(false) + fmt.Sprintf("  project        = each.value\n  target_project = %q\n", app.Path), singles},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cli := acctest.NewCLI(t, g, fmt.Sprintf("resource %q \"this\" {\n%s}\n\n", c.to, c.body)+movedFrom(c.from, c.to+".this"))
			cli.FromOfficialEach(t, c.from, 1, c.instances)
			output := cli.Apply(t, 0)
			if moved := strings.Count(output, "has moved to "+c.to+".this"); moved != count || !acctest.Says(output, "0 added, 0 changed, 0 destroyed") {
				t.Errorf("%d instances have moved:\n%s", moved, output)
			}
			cli.Plan(t, acctest.NoChanges)
		})
	}
}
