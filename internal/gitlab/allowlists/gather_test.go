package allowlists_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/gitlabtest"
)

// 1,000 single entries over 10 projects, written by as many resources at a time as Terraform walks, in an
// order of its own. Removals go by id, each in a request.
func TestEntriesShareTheirWrites(t *testing.T) {
	t.Parallel()
	const sources, each = 10, 100
	cases := map[int]struct{ create, reads int }{10: {280, 40}, 50: {80, 15}}
	for parallelism, most := range cases {
		t.Run(fmt.Sprint(parallelism), func(t *testing.T) {
			t.Parallel()
			s := gitlabtest.NewStub(t, gitlabtest.Numbered(sources+each)...)
			order := rand.New(rand.NewPCG(1, 2)).Perm(sources * each) //nolint:gosec // the same in every run
			synctest.Test(t, func(t *testing.T) {
				walk := func(what string, most int, do func(client *services, source, target gitlab.Target) []allowlists.Result) {
					before := len(s.Names())
					client := connect(s, s.Far(100*time.Millisecond)) // a process of its own
					inParallel(parallelism, sources*each, func(i int) {
						source, target := gitlabtest.Target(int64(1+order[i]%sources)), gitlabtest.Target(int64(1+sources+order[i]/sources))
						for _, result := range do(client, source, target) {
							if result.Err != nil {
								t.Error(result.Err)
							}
						}
					})
					if names := s.Names()[before:]; len(names) > most {
						t.Errorf("to %s takes %d requests, want at most %d: %v", what, len(names), most, counted(names))
					} else {
						t.Logf("to %s takes %d requests: %.160s", what, len(names), fmt.Sprint(counted(names)))
					}
				}
				walk("create", most.create, func(client *services, source, target gitlab.Target) []allowlists.Result {
					for _, of := range []gitlab.Target{source, target} { // the plan at apply
						if _, err := client.Resolve(t.Context(), of.Kind, gitlab.Ref{Path: of.Path}); err != nil {
							t.Error(err)
						}
					}
					if _, err := client.Resolve(t.Context(), target.Kind, target.Ref()); err != nil {
						t.Error(err)
					}
					if _, err := client.FreshProject(t.Context(), source.ID); err != nil {
						t.Error(err)
					}
					return client.Change(t.Context(), source, []allowlists.Change{add(target, "read_jobs")})
				})
				for id := range int64(sources) {
					if got := s.List(id + 1); len(got) != each {
						t.Errorf("the list of %d holds %d", id+1, len(got))
					}
				}
				walk("destroy", sources*each+most.reads, func(client *services, source, target gitlab.Target) []allowlists.Result {
					if _, err := client.FreshProject(t.Context(), source.ID); err != nil {
						t.Error(err)
					}
					return client.Change(t.Context(), source, []allowlists.Change{remove(target)})
				})
				for id := range int64(sources) {
					s.WantListOf(id + 1)
				}
			})
		})
	}
}

func counted(names []string) map[string]int {
	counts := map[string]int{}
	for _, name := range names {
		counts[name]++
	}
	return counts
}

// inParallel does things in order, so many at once.
func inParallel(parallelism, count int, do func(int)) {
	due := make(chan int)
	var workers sync.WaitGroup
	for range parallelism {
		workers.Go(func() {
			for i := range due {
				do(i)
			}
		})
	}
	for i := range count {
		due <- i
	}
	close(due)
	workers.Wait()
}
