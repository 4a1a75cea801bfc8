package acctest_test

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// What a shell or a job has set for the provider leads no test to that server.
func TestEnvironmentAloneNamesNoServer(t *testing.T) {
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	t.Cleanup(server.Close)
	t.Setenv("TF_ACC", "")
	t.Setenv("GITLAB_BASE_URL", server.URL)
	t.Setenv("CI_API_V4_URL", server.URL+"/api/v4")
	t.Setenv("GITLAB_TOKEN", "glpat-of-somebody")

	g := acctest.New(t)
	lib, app := g.Project(t, "lib"), g.Project(t, "app")
	cli := acctest.NewCLI(t, g, `
resource "jobtoken_allowlist_entry" "app" {
  project        = "`+lib.Path+`"
  target_project = "`+app.Path+`"
}`)
	cli.Apply(t, 0)
	if !g.Embedded() || asked.Load() > 0 {
		t.Errorf("%d requests were sent to the server that the environment names", asked.Load())
	}
}
