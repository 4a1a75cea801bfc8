package settings_test

import (
	"fmt"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// What the settings keep beside their state is never taken for nothing.
func TestAccUnreadablePrivateState(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	project := g.Project(t, "app")
	cli := acctest.NewCLI(t, g, fmt.Sprintf("resource \"jobtoken_settings\" \"this\" {\n  project = %q\n  push_repository_allowed = true\n}\n", project.Path))
	cli.Apply(t, 0)
	cli.Private(t, "jobtoken_settings", func(values map[string][]byte) { values["project"] = []byte(`{"version":2}`) })
	if output := cli.Plan(t, acctest.Failed); !acctest.Says(output, "version 2 of the format") {
		t.Errorf("it says:\n%s", output)
	}
}
