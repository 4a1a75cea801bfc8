package gitlab_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/gitlabtest"
)

// moved are projects that were below the group old and are below the group new by now. GitLab redirects
// their old paths, except where another id is given.
func moved(t *testing.T, count int, elsewhere map[int64]int64) (*gitlabtest.Stub, []gitlab.Former) {
	t.Helper()
	projects := gitlabtest.Numbered(count)
	formers := make([]gitlab.Former, count)
	s := gitlabtest.NewStub(t, append(projects, &gitlabtest.Project{ID: 999, Path: "other/p"})...)
	s.Groups = []*gitlabtest.Group{{ID: 7, Path: "new"}}
	for i, p := range projects {
		p.Path = fmt.Sprintf("new/p%d", p.ID)
		formers[i] = gitlab.Former{Target: gitlab.Target{Kind: gitlab.KindProject, ID: p.ID, Path: p.Path}, Path: fmt.Sprintf("Old/p%d", p.ID)}
		leadsTo, given := elsewhere[p.ID]
		if !given {
			leadsTo = p.ID
		}
		s.On(oldPath(formers[i]), func(r gitlabtest.Request, _ func() gitlabtest.Reply) gitlabtest.Reply {
			if leadsTo == 0 {
				return gitlabtest.NotFound(r, nil)
			}
			return gitlabtest.Reply{Body: map[string]any{"id": leadsTo}}
		})
	}
	return s, formers
}

func oldPath(former gitlab.Former) string {
	return "GET /api/v4/projects/" + url.PathEscape(strings.ToLower(former.Path))
}

func TestSuccessors(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		there     bool // a group has the old path again
		direct    int64
		elsewhere map[int64]int64
		// asked are the look-ups of three paths, but for the group's.
		asked []string
		taken map[int64]int64
	}{
		"the group was renamed": {asked: []string{"old p1"}},
		"the first of its paths is redirected to another project": {
			elsewhere: map[int64]int64{1: 999}, asked: []string{"ProjectReferencesByPath", "old p1", "old p2", "old p3", "ProjectReferencesByID"}, taken: map[int64]int64{1: 999},
		},
		"none is redirected": {
			elsewhere: map[int64]int64{1: 0, 2: 0, 3: 0}, asked: []string{"ProjectReferencesByPath", "old p1", "old p1", "old p2", "old p3"},
		},
		"another group has the path, and a redirect leads to a third project": {
			there: true, elsewhere: map[int64]int64{2: 999}, asked: []string{"ProjectReferencesByPath", "old p1", "old p2", "old p3", "ProjectReferencesByID"}, taken: map[int64]int64{2: 999},
		},
		"another project has one of the paths": {
			there: true, direct: 3, asked: []string{"ProjectReferencesByPath", "old p1", "old p2", "ProjectReferencesByID"}, taken: map[int64]int64{3: 999},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, formers := moved(t, 3, c.elsewhere)
			if c.there {
				s.Groups = append(s.Groups, &gitlabtest.Group{ID: 8, Path: "old"})
			}
			if c.direct != 0 {
				s.Project(999).Path = fmt.Sprintf("old/p%d", c.direct)
			}
			client := s.Client()
			for range 2 { // the answers are kept
				for i, found := range client.Successors(t.Context(), formers) {
					if id := formers[i].Target.ID; found.Err != nil || found.Value.ID != c.taken[id] {
						t.Errorf("the path of %d is that of %v, %v", id, found.Value, found.Err)
					}
				}
			}
			var want []string
			for _, name := range append(c.asked, "NamespaceReferences") {
				var id int
				if _, err := fmt.Sscanf(name, "old p%d", &id); err == nil {
					name = oldPath(formers[id-1])
				}
				want = append(want, name)
			}
			got := s.Names()
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("asked %v, want %v", got, want)
			}
		})
	}
}

// What was renamed by itself, or is a group, is looked up for itself; a path that cannot be looked up is an
// error.
func TestSuccessorsOfOthers(t *testing.T) {
	t.Parallel()
	s, _ := moved(t, 2, nil)
	s.Groups = append(s.Groups, &gitlabtest.Group{ID: 9, Path: "gone/here"})
	at := func(kind gitlab.Kind, id int64, was, is string) gitlab.Former {
		return gitlab.Former{Target: gitlab.Target{Kind: kind, ID: id, Path: is}, Path: was}
	}
	alone, group, below, taken, broken := at(gitlab.KindProject, 1, "new/before", "new/p1"), at(gitlab.KindGroup, 7, "old", "new"),
		at(gitlab.KindGroup, 70, "old/sub", "new/sub"), at(gitlab.KindGroup, 7, "gone/here", "new"), at(gitlab.KindProject, 2, "new/broken", "new/p2")
	s.On(oldPath(alone), func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
		return gitlabtest.Reply{Body: map[string]any{"id": 999}}
	})
	s.On(oldPath(broken), func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
		return gitlabtest.Refusal(403, "403 Forbidden")
	})
	found := s.Client().Successors(t.Context(), []gitlab.Former{alone, group, below, taken, broken})
	for i, want := range []int64{999, 0, 0, 9, 0} {
		if found[i].Value.ID != want || (found[i].Err != nil) != (i == 4) {
			t.Errorf("%d: got %v, %v", i, found[i].Value, found[i].Err)
		}
	}
}

// What a fine-grained token is not shown may be there.
func TestSuccessorsForAFineGrainedToken(t *testing.T) {
	t.Parallel()
	s, formers := moved(t, 2, map[int64]int64{2: 0})
	s.On(gitlabtest.TokenRoute, gitlabtest.Denied)
	found := s.Client().Successors(t.Context(), formers)
	if found[0].Err != nil || found[0].Value.ID != 0 || found[1].Err == nil {
		t.Errorf("got %v", found)
	}
}

// Ten at a time, as Terraform reads by default.
func TestManyFormerPathsNeedFewRequests(t *testing.T) {
	t.Parallel()
	s, formers := moved(t, 100, nil)
	synctest.Test(t, func(t *testing.T) {
		client := s.Client(s.Far(100 * time.Millisecond))
		due := make(chan gitlab.Former)
		var readers sync.WaitGroup
		for range 10 {
			readers.Go(func() {
				for former := range due {
					if found := client.Successors(t.Context(), []gitlab.Former{former})[0]; found.Err != nil || found.Value.ID != 0 {
						t.Errorf("%s: got %v, %v", former.Path, found.Value, found.Err)
					}
				}
			})
		}
		for _, former := range formers {
			due <- former
		}
		close(due)
		readers.Wait()
		if got := s.Names(); len(got) != 2 || got[0] != "NamespaceReferences" || !strings.HasPrefix(got[1], "GET /api/v4/projects/old%2F") {
			t.Errorf("asked %v", got)
		}
	})
}
