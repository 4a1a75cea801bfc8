package gitlab_test

import (
	"sync"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
)

// A spoilt copy must not be seen through the names that lie beside it.
func TestNamesOfEntriesAreApart(t *testing.T) {
	t.Parallel()
	projects := numbered(1)
	projects[0].entries = []*stubEntry{onList(2, "read_jobs"), onList(3, "read_packages")}
	project := readAll(t, newStub(t, projects...).client(), 1)[1]
	_ = append(project.Projects[0].Permissions.Names, "admin_jobs")
	if got := project.Projects[1].Permissions.Names; len(got) != 1 || got[0] != "read_packages" {
		t.Errorf("got %v", got)
	}
}

// hands is a clock that only a test moves.
type hands struct {
	mu  sync.Mutex
	now time.Time
}

func (h *hands) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hands) forward(by time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(by)
}

// timed makes a client whose clock a test moves.
func timed(s *stub, groups ...string) (*gitlab.Client, *hands) {
	h := &hands{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	return s.client(func(c *gitlab.Config) { c.Clock, c.PrefetchGroups = h.Now, groups }), h
}

func TestFreshProject(t *testing.T) {
	t.Parallel()
	s := newStub(t, numbered(3)...)
	s.on("GroupSnapshots", s.groupPages(50))
	client, clock := timed(s, "acme")
	fresh := func() {
		t.Helper()
		var wg sync.WaitGroup
		for id := range int64(3) {
			wg.Go(func() {
				if _, err := client.FreshProject(t.Context(), id+1); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	readAll(t, client, 1, 2, 3)
	clock.forward(5 * time.Second)
	fresh()
	s.wantRequests("ProjectSnapshots", 0)
	clock.forward(time.Second)
	readAll(t, client, 1)
	s.wantRequests("ProjectSnapshots", 0)
	fresh()
	s.wantRequests("ProjectSnapshots", 1)
	fresh()
	s.wantRequests("ProjectSnapshots", 1)
	s.wantRequests("GroupSnapshots", 1)
}

// A path that was learnt long ago is looked up by id before it is written, in one request for all.
func TestOldPathsAreConfirmedBeforeTheWrite(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		age     time.Duration
		lookups int
		reads   int
	}{
		"young": {5 * time.Second, 0, 1},
		"old":   {6 * time.Second, 1, 2},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := changing(t, onList(5))
			client, clock := timed(s)
			readAll(t, client, 1)
			client.ResolveAll(t.Context(), gitlab.KindProject, []gitlab.Ref{{Path: "acme/P2"}, {Path: "acme/p3"}})
			clock.forward(c.age)
			if c.lookups > 0 { // the two have swapped their paths
				s.projects[1].path, s.projects[2].path = "acme/p3", "acme/p2"
				s.projects[0].path = "acme/lib"
			}
			results := client.ChangeAllowlist(t.Context(), target(1), []gitlab.Change{add(target(2)), add(target(3), "read_jobs"), set(target(5), "read_jobs")})
			for _, result := range results {
				if result.Err != nil {
					t.Error(result.Err)
				}
			}
			s.wantList("project 2: default", "project 3: read_jobs", "project 5: read_jobs")
			s.wantRequests("ProjectReferencesByID", c.lookups)
			s.wantRequests("ProjectSnapshots", c.reads)
			s.wantRequests("AddEntries", 1)
		})
	}
}

func TestNothingIsWrittenByPathsThatCannotBeConfirmed(t *testing.T) {
	t.Parallel()
	for name, route := range map[string]string{"the list": "ProjectSnapshots", "the target": "ProjectReferencesByID"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := changing(t, onList(4))
			s.on(route, forbidden)
			errs := change(t, s.client(), add(target(2)), remove(target(4)))
			if errs[0] == nil || errs[0].Uncertain || errs[1] != nil {
				t.Errorf("got %v", errs)
			}
			s.wantList()
			s.wantRequests("AddEntries", 0)
		})
	}
}
