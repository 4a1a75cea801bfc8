package credential_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// What "terraform query" generates for the tokens of a group, of its subgroups and of their projects is imported, and
// nothing is changed.
func TestAccTokenLists_query(t *testing.T) {
	t.Parallel()
	acctest.NeedsTerraform(t, 14, "terraform query")
	g := acctest.New(t)
	libs := g.Group(t, "libs", &g.Root)
	end := time.Now()
	if g.Embedded() {
		end = g.Clock(t)
	}
	body := map[string]any{"name": "ci", "scopes": []string{"read_repository"}, "expires_at": end.AddDate(0, 0, 30).Format(time.DateOnly)}
	app, lib := g.Project(t, "app"), g.ProjectIn(t, libs, "lib")
	var shown []string
	var lists strings.Builder
	for _, kind := range []string{"deploy_token", "access_token"} {
		for of, parents := range map[string]map[int64]string{
			"project": {app.ID: app.Path, lib.ID: lib.Path},
			"group":   {g.Root.ID: g.Root.Path, libs.ID: libs.Path},
		} {
			more := ""
			if of == "group" {
				more = "    include_descendants = true\n"
			}
			fmt.Fprintf(&lists, "list \"jobtoken_%s_%s\" \"all\" {\n  provider = jobtoken\n\n  config {\n    group = %q\n%s  }\n}\n\n", of, kind, g.Root.Path, more)
			for id, path := range parents {
				outside(t, g, of+"s", id, kind+"s", body)
				shown = append(shown, path+": ci")
			}
		}
	}
	c := acctest.NewCLI(t, g, "")
	if err := os.WriteFile(filepath.Join(c.Dir, "lists.tfquery.hcl"), []byte(lists.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	output := c.Must(t, 0, "query", "-generate-config-out=generated.tf")
	for _, name := range shown {
		if strings.Count(output, name) != 2 {
			t.Errorf("%s is there %d times, want once for each kind:\n%s", name, strings.Count(output, name), output)
		}
	}
	c.Must(t, 0, "validate")
	want := fmt.Sprintf("Plan: %d to import, 0 to add, 0 to change, 0 to destroy.", len(shown))
	if output := c.Plan(t, acctest.Changes); !strings.Contains(output, want) {
		text, _ := os.ReadFile(filepath.Join(c.Dir, "generated.tf"))
		t.Fatalf("want %q in:\n%s\n%s", want, output, text)
	}
	c.Apply(t, 0)
	c.Plan(t, acctest.NoChanges)
}
