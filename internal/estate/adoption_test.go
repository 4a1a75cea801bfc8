package estate_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// An estate of sixty odd projects is adopted by the text, with its settings, and by the file of the example:
// all are imported, nothing is changed, and the plan after it is empty.
func TestAccAdoption(t *testing.T) {
	t.Parallel()
	s := newSmall(t)
	g := s.GitLab
	deep := g.Group(t, "core", &s.libs)
	for i := range 28 {
		a, b := g.ProjectIn(t, s.libs, fmt.Sprintf("lib-%d.x", i)), g.ProjectIn(t, deep, fmt.Sprintf("%d", i+1000))
		g.Allow(t, a, b.Path)
		g.Allow(t, b, a.Path, "read_packages", "read_jobs")
		g.Allow(t, b, s.libs.Path, acctest.None)
		if i%7 == 0 {
			allowOwn(t, g, a)
			g.Allow(t, a, s.hidden.Path)
			g.SetToggle(t, a, false)
		}
	}
	got := newReading(t, g, s.reader).must(t, map[string]any{"group": g.Root.Path, "settings": true})
	prefetched := fmt.Sprintf("provider \"jobtoken\" {\n  prefetch_groups = [%q]\n}\n\n", g.Root.Path)
	example, err := os.ReadFile("../../examples/estate/main.tf")
	if err != nil {
		t.Fatal(err)
	}
	for name, way := range map[string]struct {
		configuration string
		resources     int
		adopts        string
	}{
		"configuration": {prefetched + cleanHCL(t, got["configuration"]), 120, ""},
		"estate":        {"", 60, "estate"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := acctest.NewCLI(t, g, way.configuration)
			if way.adopts != "" {
				c.Configure(t, fmt.Sprintf("data \"jobtoken_allowlists\" \"all\" {\n  group = %q\n}\n\noutput \"estate\" {\n  value     = yamlencode(data.jobtoken_allowlists.all.estate)\n  sensitive = true\n}\n", g.Root.Path))
				if output := c.Apply(t, 0); strings.Contains(output, "lib-1.x") {
					t.Errorf("the apply prints the estate:\n%s", output)
				}
				file := c.Run(t, "output", "-raw", "estate")
				main := strings.Replace(string(example), "provider \"jobtoken\" {\n", fmt.Sprintf("provider \"jobtoken\" {\n  prefetch_groups = [%q]\n", g.Root.Path), 1)
				for name, text := range map[string]string{"estate.yaml": file.Output, "main.tf": main} {
					if err := os.WriteFile(filepath.Join(c.Dir, name), []byte(text), 0o600); err != nil {
						t.Fatal(err)
					}
				}
			} else if result := c.Run(t, "fmt", "-check"); result.Code != 0 {
				t.Errorf("it is not formatted: %s", result.Output)
			}
			want := fmt.Sprintf("Plan: %d to import, 0 to add, 0 to change, 0 to destroy.", way.resources)
			if output := c.Plan(t, acctest.Changes); !strings.Contains(output, want) {
				t.Fatalf("want %q in:\n%s", want, output)
			}
			c.Apply(t, 0)
			c.Plan(t, acctest.NoChanges)
		})
	}
}

// What "terraform query" generates for the same estate is imported, and nothing is changed.
func TestAccAdoption_query(t *testing.T) {
	t.Parallel()
	acctest.NeedsTerraform(t, 14, "terraform query")
	s := newSmall(t)
	c := acctest.NewCLI(t, s.GitLab, "")
	lists := ""
	for _, name := range []string{"jobtoken_allowlist", "jobtoken_settings"} {
		lists += fmt.Sprintf("list %q \"all\" {\n  provider = jobtoken\n\n  config {\n    group = %q\n  }\n}\n\n", name, s.Root.Path)
	}
	if err := os.WriteFile(filepath.Join(c.Dir, "lists.tfquery.hcl"), []byte(lists), 0o600); err != nil {
		t.Fatal(err)
	}
	if output := c.Must(t, 0, "query", "-generate-config-out=generated.tf"); !strings.Contains(output, s.lib.Path) {
		t.Errorf("the query does not show %s:\n%s", s.lib.Path, output)
	}
	if output := c.Plan(t, acctest.Changes); !strings.Contains(output, "Plan: 8 to import, 0 to add, 0 to change, 0 to destroy.") {
		t.Fatalf("got\n%s", output)
	}
	c.Apply(t, 0)
	c.Plan(t, acctest.NoChanges)
}
