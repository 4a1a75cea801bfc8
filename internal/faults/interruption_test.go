package faults_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// An apply of many lists is ended at points spread over it, in three ways. The next apply ends at the
// wish, whatever the state came to.
func TestAccInterruption(t *testing.T) { //nolint:paralleltest // one after the other, for they take all cores
	lists := 40
	points := []int{lists / 2}
	if *all {
		lists = 100
		points = []int{1, lists / 4, lists / 2, 3 * lists / 4, lists}
	}
	for name, end := range map[string]func(*acctest.Running){
		"interrupted":     (*acctest.Running).Interrupt,
		"provider killed": (*acctest.Running).KillProvider,
		"both killed":     (*acctest.Running).Kill,
	} {
		for _, at := range points {
			t.Run(fmt.Sprintf("%s at write %d", name, at), func(t *testing.T) {
				t.Parallel()
				g := acctest.New(t)
				acctest.NeedsEmbedded(t, g)
				p := newProxy(t, g)
				sources, app, web := g.Projects(t, "list", lists), g.Project(t, "app"), g.Project(t, "web")
				for _, source := range sources[:lists/2] {
					g.Allow(t, source, web.Path) // to be removed
				}
				cli := acctest.NewRacingCLI(t, g, many(sources, app))
				cli.Setenv("GITLAB_BASE_URL=" + p.URL)
				cli.NoteProviders(t)

				running := make(chan *acctest.Running, 1)
				p.watch(strike{write: at, fault: fault{do: func(s *struckRequest) {
					answer := s.pass(s.body)
					end(<-running)
					copyAnswer(s.w, answer)
				}}})
				r := cli.Start(t, "apply", "-auto-approve", "-input=false")
				running <- r
				result := r.Wait()
				if _, strikes := p.seen(); strikes != 1 || result.Code == 0 {
					t.Fatalf("%d requests were struck, and the apply ended with %d:\n%s", strikes, result.Code, result.Output)
				}
				p.watch(strike{})
				cli.Apply(t, 0)
				for _, source := range sources {
					g.CheckAllowlist(t, source, acctest.Entries{app.Path: "default"})
				}
				cli.Plan(t, acctest.NoChanges)
			})
		}
	}
}

// many declares a list of one consumer for each of many projects.
func many(sources []acctest.Project, consumer acctest.Project) string {
	var b strings.Builder
	for i, source := range sources {
		fmt.Fprintf(&b, "resource \"jobtoken_allowlist\" \"list%d\" {\n  project  = %q\n  projects = { %q = {} }\n}\n", i, source.Path, consumer.Path)
	}
	return b.String()
}
