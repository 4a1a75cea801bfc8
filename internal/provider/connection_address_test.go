package provider_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// The address of GitLab may be written with /api/v4 and slashes at its end, at the root of its host
// and below a path of it.
func TestAccConnection_spellings(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	project, pass := g.Project(t, "app"), front(t, g)
	for _, test := range []struct{ root, end string }{
		{"", ""}, {"", "/"}, {"", "/api/v4"}, {"", "//api/v4//"},
		{"/gitlab", ""}, {"/gitlab", "/api/v4/"}, {"/tools/gitlab", "/"},
	} {
		t.Run("HOST"+test.root+test.end, func(t *testing.T) {
			t.Parallel()
			mux := http.NewServeMux()
			mux.Handle(test.root+"/api/v4/", http.StripPrefix(test.root, pass))
			mux.Handle(test.root+graphQL, http.StripPrefix(test.root, pass))
			var strays atomic.Int64
			mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
				strays.Add(1)
				http.NotFound(w, r)
			})
			cli := acctest.NewCLI(t, g, reading(project))
			cli.Setenv("GITLAB_BASE_URL=" + serve(t, mux) + test.root + test.end)
			cli.Plan(t, acctest.NoChanges)
			if strays.Load() > 0 {
				t.Errorf("%d requests missed the API", strays.Load())
			}
		})
	}
}

// GitLab below a path of its host is written to like any other.
func TestAccConnection_relativeRoot(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	project := g.Project(t, "app")
	mux := http.NewServeMux()
	mux.Handle("/gitlab/", http.StripPrefix("/gitlab", front(t, g)))
	cli := acctest.NewCLI(t, g, fmt.Sprintf("resource \"jobtoken_settings\" \"this\" {\n  project = %q\n  push_repository_allowed = true\n}\n", project.Path))
	cli.Setenv("GITLAB_BASE_URL=" + serve(t, mux) + "/gitlab/")
	cli.Apply(t, 0)
	cli.Plan(t, acctest.NoChanges)
	g.CheckSettings(t, project, acctest.Settings{Inbound: true, PushRepository: true})
}
