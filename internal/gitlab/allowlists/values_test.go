package allowlists_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/gitlabtest"
)

// A spoilt copy must not be seen through the names that lie beside it.
func TestNamesOfEntriesAreApart(t *testing.T) {
	t.Parallel()
	projects := gitlabtest.Numbered(1)
	projects[0].Entries = []*gitlabtest.Entry{gitlabtest.OnList(2, "read_jobs"), gitlabtest.OnList(3, "read_packages")}
	project := readAll(t, connect(gitlabtest.NewStub(t, projects...)), 1)[1]
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
func timed(s *gitlabtest.Stub) (*services, *hands) {
	h := &hands{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	client := s.Client(func(c *gitlab.Config) { c.Clock = h.Now })
	return &services{client, allowlists.New(client)}, h
}

func TestFreshProject(t *testing.T) {
	t.Parallel()
	s := gitlabtest.NewStub(t, gitlabtest.Numbered(3)...)
	s.On("GroupSnapshots", s.GroupPages(50))
	synctest.Test(t, func(t *testing.T) {
		far := s.Client(s.Far(time.Millisecond))
		client := &services{far, allowlists.New(far, "acme")}
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
		asked := time.Now()
		readAll(t, client, 1, 2, 3)
		time.Sleep(time.Until(asked.Add(5 * time.Second)))
		fresh()
		s.WantRequests("ProjectSnapshots", 0)
		time.Sleep(time.Second)
		readAll(t, client, 1)
		s.WantRequests("ProjectSnapshots", 0)
		fresh()
		s.WantRequests("ProjectSnapshots", 2) // the first for one, the other two gathered meanwhile
		fresh()
		s.WantRequests("ProjectSnapshots", 2)
		s.WantRequests("GroupSnapshots", 1)
	})
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
			s := changing(t, gitlabtest.OnList(5))
			client, clock := timed(s)
			readAll(t, client, 1)
			client.ResolveAll(t.Context(), gitlab.KindProject, []gitlab.Ref{{Path: "acme/P2"}, {Path: "acme/p3"}})
			clock.forward(c.age)
			if c.lookups > 0 { // the two have swapped their paths
				s.Projects[1].Path, s.Projects[2].Path = "acme/p3", "acme/p2"
				s.Projects[0].Path = "acme/lib"
			}
			results := client.Change(t.Context(), gitlabtest.Target(1), []allowlists.Change{add(gitlabtest.Target(2)), add(gitlabtest.Target(3), "read_jobs"), set(gitlabtest.Target(5), "read_jobs")})
			for _, result := range results {
				if result.Err != nil {
					t.Error(result.Err)
				}
			}
			s.WantList("project 2: default", "project 3: read_jobs", "project 5: read_jobs")
			s.WantRequests("ProjectReferencesByID", c.lookups)
			s.WantRequests("ProjectSnapshots", c.reads)
			s.WantRequests("AddEntries", 1)
		})
	}
}

func TestNothingIsWrittenByPathsThatCannotBeConfirmed(t *testing.T) {
	t.Parallel()
	for name, route := range map[string]string{"the list": "ProjectSnapshots", "the target": "ProjectReferencesByID"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := changing(t, gitlabtest.OnList(4))
			s.On(route, forbidden)
			errs := change(t, connect(s), add(gitlabtest.Target(2)), remove(gitlabtest.Target(4)))
			if errs[0] == nil || errs[0].Uncertain || errs[1] != nil {
				t.Errorf("got %v", errs)
			}
			s.WantList()
			s.WantRequests("AddEntries", 0)
		})
	}
}
