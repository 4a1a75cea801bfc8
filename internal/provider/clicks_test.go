package provider_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// TestAccFromClicksToCode does what the guide says, with its own words: some projects are the official
// provider's, in a resource with for_each, and the rest is nobody's.
func TestAccFromClicksToCode(t *testing.T) {
	t.Parallel()
	guide := read(t, filepath.Join(repository, "templates", "guides", "from-clicks-to-code.md"))
	block := func(language, of string) string {
		t.Helper()
		_, rest, found := strings.Cut(guide, "```"+language+"\n# "+of+"\n")
		text, _, closed := strings.Cut(rest, "\n```")
		if !found || !closed {
			t.Fatalf("the guide has no %s", of)
		}
		return text + "\n"
	}
	acme := func(keys map[string]string) func(*testing.T) (*acctest.GitLab, string, map[string]string) {
		return func(t *testing.T) (*acctest.GitLab, string, map[string]string) {
			t.Helper()
			return start(t), "acme", keys
		}
	}
	for name, c := range map[string]struct {
		block  string
		estate func(*testing.T) (g *acctest.GitLab, group string, keys map[string]string)
	}{
		"by path":      {"moved.tf", acme(map[string]string{"acme/shared-lib": "acme/shared-lib", "acme/web": "acme/web", "acme/deployer": "acme/deployer"})},
		"by other key": {"other-moved.tf", acme(map[string]string{"acme/shared-lib": "library", "acme/web": "web", "acme/deployer": "deployer"})},
		"by many":      {"moved.tf", halfOfficial},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, group, keys := c.estate(t)
			found := allowlistsOf(t, g, group)
			cli := acctest.NewCLI(t, g, strings.Replace(block("terraform", "find.tf"), `group = "acme"`, fmt.Sprintf("group = %q", group), 1))
			cli.Apply(t, 0)
			cli = layEstate(t, g, cli.Run(t, "output", "-raw", "estate").Output)
			write(t, filepath.Join(cli.Dir, "moved.tf"), block("terraform", c.block))
			official := map[string]map[string]any{}
			for path, key := range keys {
				official[key] = officialList(t, found, path)
			}
			cli.FromOfficialEach(t, "gitlab_project_job_token_scopes", 1, official)
			plan := cli.Plan(t, acctest.Changes)
			want := fmt.Sprintf("Plan: %d to import, 0 to add, 0 to change, 0 to destroy.", len(found)-len(keys))
			if moved := strings.Count(plan, "has moved to jobtoken_allowlist.this"); moved != len(keys) || !strings.Contains(plan, want) {
				t.Fatalf("%d have moved, want %d, and %q:\n%s", moved, len(keys), want, plan)
			}
			cli.Apply(t, 0)
			cli.Plan(t, acctest.NoChanges)
		})
	}
}

// halfOfficial is an estate of sixty projects, of which the official provider manages every second one, by its path.
func halfOfficial(t *testing.T) (g *acctest.GitLab, group string, keys map[string]string) {
	t.Helper()
	g = acctest.New(t)
	g.Enforce(t, false)
	projects, keys := g.Projects(t, "p", 60), map[string]string{}
	for i, p := range projects {
		g.Allow(t, p, projects[(i+1)%len(projects)].Path)
		if i%7 == 0 {
			g.SetToggle(t, p, false)
		}
		if i%2 == 0 {
			g.Allow(t, p, g.Group(t, fmt.Sprintf("team-%d", i), &g.Root).Path)
			keys[p.Path] = p.Path
		} else {
			g.Allow(t, p, projects[(i+2)%len(projects)].Path, "read_jobs")
		}
	}
	return g, g.Root.Path, keys
}

// allowlistsOf are what the data source finds in a group, by path.
func allowlistsOf(t *testing.T, g *acctest.GitLab, group string) map[string]any {
	t.Helper()
	p := acctest.NewProtocol(t)
	for _, problem := range p.Configure(t, map[string]any{"base_url": g.BaseURL, "token": g.Token, "allow_plain_http": true}) {
		t.Fatalf("%s: %s", problem.Summary, problem.Detail)
	}
	of := p.Schemas.DataSourceSchemas["jobtoken_allowlists"].ValueType()
	resp, err := p.ReadDataSource(t.Context(), &tfprotov6.ReadDataSourceRequest{TypeName: "jobtoken_allowlists", Config: acctest.Encode(t, of, object{"group": group})})
	if err != nil || len(resp.Diagnostics) > 0 {
		t.Fatalf("%v, %+v", err, resp.Diagnostics)
	}
	found, _ := acctest.Plain(t, acctest.Decode(t, of, resp.State)["allowlists"]).(map[string]any)
	return found
}

// officialList is a list as the official provider's state has it.
func officialList(t *testing.T, found map[string]any, path string) map[string]any {
	t.Helper()
	list, _ := found[path].(map[string]any)
	ids := func(of string) []any {
		ids := []any{}
		entries, _ := list[of].(map[string]any)
		for _, entry := range entries {
			attributes, _ := entry.(map[string]any)
			ids = append(ids, attributes["id"])
		}
		return ids
	}
	if list["enabled"] == nil {
		t.Fatalf("%s is not found", path)
	}
	return map[string]any{"id": path, "project": path, "enabled": list["enabled"], "target_project_ids": ids("projects"), "target_group_ids": ids("groups")}
}
