package allowlist_test

import (
	"fmt"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// What a list and an entry keep beside their state is never taken for nothing.
func TestAccUnreadablePrivateState(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	lib, app := g.Project(t, "lib"), g.Project(t, "app")
	for typeName, body := range map[string]string{
		"jobtoken_allowlist":       fmt.Sprintf("  project  = %q\n  projects = { %q = {} }\n", lib.Path, app.Path),
		"jobtoken_allowlist_entry": fmt.Sprintf("  project        = %q\n  target_project = %q\n", app.Path, lib.Path),
	} {
		t.Run(typeName, func(t *testing.T) {
			t.Parallel()
			cli := acctest.NewCLI(t, g, fmt.Sprintf("resource %q \"this\" {\n%s}\n", typeName, body))
			cli.Apply(t, 0)
			cli.Private(t, typeName, func(values map[string][]byte) { values["known"] = []byte(`{"version":2}`) })
			if output := cli.Plan(t, acctest.Failed); !acctest.Says(output, "version 2 of the format") {
				t.Errorf("it says:\n%s", output)
			}
		})
	}
}
