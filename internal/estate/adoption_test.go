package estate_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// large is an estate of sixty projects that its reader may administer, beside some that it may not: with subgroups,
// names that are no labels, own and fine-grained entries, targets that it cannot see, and lists that are off.
type large struct {
	small

	closed []acctest.Project
}

const sixty = 60

func newLarge(t *testing.T) large {
	t.Helper()
	l := large{small: newSmall(t)}
	g := l.GitLab
	core := g.Group(t, "core-2.x", &l.libs)
	deep := g.Group(t, "9deep", &core)
	for i := range 28 {
		in := []acctest.Group{core, deep}[i%2]
		a, b := g.ProjectIn(t, l.libs, fmt.Sprintf("lib-%d.x", i)), g.ProjectIn(t, in, fmt.Sprintf("lib-%d_x", i))
		g.Allow(t, a, b.Path)
		g.Allow(t, b, a.Path, "read_packages", "read_jobs")
		g.Allow(t, b, l.libs.Path, acctest.None)
		if i%7 == 0 {
			allowOwn(t, g, a)
			g.Allow(t, a, l.hidden.Path)
			g.SetToggle(t, a, false)
		}
	}
	apart := g.Group(t, "closed", &g.Root)
	for _, name := range []string{"one", "two.x"} {
		p := g.ProjectIn(t, apart, name)
		g.Allow(t, p, l.app.Path)
		l.closed = append(l.closed, p)
	}
	user := g.NewUser(t)
	g.Member(t, "groups", g.Root.ID, user, acctest.Developer)
	g.Member(t, "groups", l.libs.ID, user, acctest.Maintainer)
	for _, p := range []acctest.Project{l.app, l.off, l.empty} {
		g.Member(t, "projects", p.ID, user, acctest.Maintainer)
	}
	l.reader = g.NewToken(t, user, "read_api")
	return l
}

// cli is a folder in which the reader works, who may write nothing.
func (l large) cli(t *testing.T, configuration string) *acctest.CLI {
	t.Helper()
	c := acctest.NewCLI(t, l.GitLab, configuration)
	c.Setenv("GITLAB_TOKEN=" + l.reader)
	return c
}

// adopt imports all that a folder holds, which changes nothing.
func adopt(t *testing.T, c *acctest.CLI, resources int) {
	t.Helper()
	c.Must(t, 0, "validate")
	if result := c.Run(t, "fmt", "-check", "-diff"); result.Code != 0 {
		t.Errorf("it is not formatted:\n%s", result.Output)
	}
	want := fmt.Sprintf("Plan: %d to import, 0 to add, 0 to change, 0 to destroy.", resources)
	if output := c.Plan(t, acctest.Changes); !strings.Contains(output, want) {
		t.Fatalf("want %q in:\n%s", want, output)
	}
	c.Apply(t, 0)
	c.Plan(t, acctest.NoChanges)
}

// An estate is adopted by the text, by its files with the settings, and by the file of the example: all are imported,
// nothing is changed, and the plan after it is empty. What the data source writes is the same from run to run.
func TestAccAdoption(t *testing.T) {
	t.Parallel()
	l := newLarge(t)
	ahead := func(more string) string {
		return fmt.Sprintf("provider \"jobtoken\" {\n  prefetch_groups%s = [%q]\n", more, l.Root.Path)
	}
	prefetch := ahead("") + "}\n\n"
	find := l.cli(t, fmt.Sprintf(`data "jobtoken_allowlists" "all" {
  group = %[1]q
}

data "jobtoken_allowlists" "with_settings" {
  group    = %[1]q
  settings = true
}

output "estate" {
  value     = yamlencode(data.jobtoken_allowlists.all.estate)
  sensitive = true
}

output "configuration" {
  value     = data.jobtoken_allowlists.all.configuration
  sensitive = true
}

output "files" {
  value     = jsonencode(data.jobtoken_allowlists.with_settings.files)
  sensitive = true
}

output "withheld" {
  value = { for path, list in data.jobtoken_allowlists.all.allowlists : path => list.reason if !list.readable }
}
`, l.Root.Path))
	output := find.Apply(t, 0)
	if strings.Contains(output, "lib-1.x") {
		t.Errorf("the apply prints the estate:\n%s", output)
	}
	for _, p := range l.closed {
		if !strings.Contains(output, fmt.Sprintf("%q", p.Path)) {
			t.Errorf("%s is withheld in silence:\n%s", p.Path, output)
		}
	}
	texts := map[string]string{}
	for _, name := range []string{"estate", "configuration", "files"} {
		texts[name] = find.Must(t, 0, "output", "-raw", name)
	}
	example, err := os.ReadFile("../../examples/estate/main.tf")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	if err := json.Unmarshal([]byte(texts["files"]), &files); err != nil || len(files) < 4 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	files["provider.tf"] = strings.TrimSuffix(prefetch, "\n")
	ways := map[string]struct {
		files     map[string]string
		resources int
	}{
		"configuration": {map[string]string{"allowlists.tf": prefetch + cleanHCL(t, texts["configuration"])}, sixty},
		"files":         {files, 2 * sixty},
		"estate":        {map[string]string{"estate.yaml": texts["estate"], "main.tf": strings.Replace(string(example), "provider \"jobtoken\" {\n", ahead("    "), 1)}, sixty},
	}
	t.Run("by", func(t *testing.T) {
		for name, way := range ways {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				c := l.cli(t, "")
				for name, text := range way.files {
					if err := os.WriteFile(filepath.Join(c.Dir, name), []byte(text), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				adopt(t, c, way.resources)
			})
		}
	})
	// Outputs that differ would be a change.
	find.Plan(t, acctest.NoChanges)
}

// What "terraform query" generates for the same estate, by whole lists with the settings and by single entries, is
// imported, and nothing is changed.
func TestAccAdoption_query(t *testing.T) {
	t.Parallel()
	acctest.NeedsTerraform(t, 14, "terraform query")
	l := newLarge(t)
	entries := 93
	if l.Since(t, "18.1") {
		entries += 5 // own ones
	}
	for name, way := range map[string]struct {
		lists     []string
		resources int
	}{
		"lists":   {[]string{"jobtoken_allowlist", "jobtoken_settings"}, 2 * sixty},
		"entries": {[]string{"jobtoken_allowlist_entry"}, entries},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := l.cli(t, fmt.Sprintf("provider \"jobtoken\" {\n  prefetch_groups = [%q]\n}\n", l.Root.Path))
			l.ask(t, c, 1000, l.Root.Path, way.lists...)
			output := c.Must(t, 0, "query", "-generate-config-out=generated.tf")
			for _, p := range append(l.closed, l.lib) {
				if !acctest.Says(output, p.Path) {
					t.Errorf("the query does not name %s:\n%s", p.Path, output)
				}
			}
			again := filepath.Join(c.Dir, "again.tf")
			c.Must(t, 0, "query", "-generate-config-out="+filepath.Base(again))
			first, err := os.ReadFile(filepath.Join(c.Dir, "generated.tf"))
			second, errAgain := os.ReadFile(again)
			if err := errors.Join(err, errAgain, os.Remove(again)); err != nil || !bytes.Equal(first, second) {
				t.Errorf("another run writes something else: %v", err)
			}
			adopt(t, c, way.resources)
		})
	}
}

// A user of "terraform query" hears where the limit cuts, and why nothing is listed.
func TestAccQuery_says(t *testing.T) {
	t.Parallel()
	acctest.NeedsTerraform(t, 14, "terraform query")
	l := large{small: newSmall(t)}
	l.reader = l.Token
	lists := []string{"jobtoken_allowlist", "jobtoken_allowlist_entry", "jobtoken_settings"}
	for name, c := range map[string]struct {
		group       string
		code, shown int
		says        string
	}{
		"cut":     {l.Root.Path, 0, 2, "List Is Cut at Its Limit (" + l.Root.Path + ")"},
		"nowhere": {"nowhere", 1, 0, "Could not find group nowhere"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cli := l.cli(t, "")
			for _, list := range lists {
				l.ask(t, cli, 2, c.group, list)
				output := cli.Must(t, c.code, "query")
				if shown := strings.Count(output, "list."+list+".all "); shown != c.shown || !acctest.Says(output, c.says) {
					t.Errorf("%s: %d are shown, want %d, and %q:\n%s", list, shown, c.shown, c.says, output)
				}
			}
		})
	}
}

// ask writes list blocks of a group.
func (l large) ask(t *testing.T, c *acctest.CLI, limit int, group string, lists ...string) {
	t.Helper()
	var text strings.Builder
	for _, name := range lists {
		fmt.Fprintf(&text, "list %q \"all\" {\n  provider = jobtoken\n  limit    = %d\n\n  config {\n    group = %q\n  }\n}\n\n", name, limit, group)
	}
	if err := os.WriteFile(filepath.Join(c.Dir, "lists.tfquery.hcl"), []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}
