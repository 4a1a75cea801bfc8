package allowlist_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// A consumer that is on the list before and after is refused at no moment: not while the list is
// switched on, not while its permissions change, not while others come and go.
func TestAccJobs_neverRefusedMeanwhile(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsEmbedded(t, g)
	g.Enforce(t, false)
	source, app, web, old := g.Project(t, "shared-lib"), g.Project(t, "app"), g.Project(t, "web"), g.Project(t, "old")
	g.SetToggle(t, source, false)
	g.Allow(t, source, old.Path)
	token := g.Job(t, app, g.User)

	ctx, stop := context.WithCancel(context.Background())
	var watching sync.WaitGroup
	var asked int
	watching.Go(func() {
		for ctx.Err() == nil {
			asked++
			if ok, words := g.CanClone(t, source, token); !ok {
				t.Errorf("request %d was refused: %s", asked, words)
				return
			}
		}
	})
	cli := acctest.NewRacingCLI(t, g, list(source.Path, "enabled = true", entries("projects", app.Path)))
	cli.Apply(t, 0)
	cli.Configure(t, list(source.Path, "enabled = true", fmt.Sprintf(`projects = { %q = { permissions = ["read_jobs"] }, %q = {} }`, app.Path, web.Path)))
	cli.Apply(t, 0)
	cli.Configure(t, list(source.ID, "enabled = true", entries("projects", app.ID)))
	cli.Apply(t, 0)
	stop()
	watching.Wait()
	if asked < 10 {
		t.Errorf("only %d requests were made meanwhile", asked)
	}
	// The watch can fail: a project that is not on the list is refused.
	if ok, words := g.CanClone(t, source, g.Job(t, web, g.User)); ok || !strings.HasPrefix(words, "Authentication by CI/CD job token not allowed from web to ") {
		t.Errorf("a project off the list gets %t %q", ok, words)
	}
	g.CheckAllowlist(t, source, acctest.Entries{app.Path: "default"})
}
