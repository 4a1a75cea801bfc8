package credential_test

import (
	"fmt"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

func TestAccScratch(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	lib, app := g.Project(t, "lib"), g.Project(t, "app")
	for _, typ := range []string{"deploy", "access"} {
		config := fmt.Sprintf(`
resource "jobtoken_project_%s_token" "t" {
  project = %q
  name    = "consumer"
  scopes  = ["read_repository"]
  rotation = { every_days = 30, overlap_days = 2 }
  deliveries = {
    app = { project = %q, key = "LIB_TOKEN" }
  }
}
`, typ, lib.Path, app.Path)
		cli := acctest.NewCLI(t, g, config)
		fmt.Println(cli.Apply(t, 0))
		fmt.Println(cli.Plan(t, 0))
		cli.Configure(t, "")
		fmt.Println(cli.Apply(t, 0))
	}
}
