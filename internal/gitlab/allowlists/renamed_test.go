package allowlists_test

import (
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/gitlabtest"
)

// GitLab's mutations take paths, and follow none of old: what was renamed after it was read is found
// by its id.
func TestChangesAfterARename(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		entries []*gitlabtest.Entry
		rename  func(*gitlabtest.Stub)
		change  allowlists.Change
		want    []string
	}{
		"target of a removal": {
			[]*gitlabtest.Entry{gitlabtest.OnList(2)},
			func(s *gitlabtest.Stub) {
				s.Projects[1].Path, s.Projects[0].Entries[0].Path = "acme/renamed", "acme/renamed"
			},
			remove(gitlabtest.Target(2)), nil,
		},
		"target of a permission": {
			[]*gitlabtest.Entry{gitlabtest.OnList(2)},
			func(s *gitlabtest.Stub) {
				s.Projects[1].Path, s.Projects[0].Entries[0].Path = "acme/renamed", "acme/renamed"
			},
			set(gitlabtest.Target(2), "read_jobs"), []string{"project 2: read_jobs"},
		},
		"target of an addition": {
			nil, func(s *gitlabtest.Stub) { s.Projects[1].Path = "acme/renamed" },
			add(gitlabtest.Target(2), "read_jobs"), []string{"project 2: read_jobs"},
		},
		"group to add": {
			nil, func(s *gitlabtest.Stub) { s.Groups[0].Path = "acme/renamed" },
			add(gitlabtest.GroupTarget(101)), []string{"group 101: default"},
		},
		"group to remove": {
			[]*gitlabtest.Entry{{Kind: gitlab.KindGroup, ID: 101, Path: "acme/renamed", IsDefault: true}},
			func(s *gitlabtest.Stub) { s.Groups[0].Path = "acme/renamed" },
			remove(gitlabtest.GroupTarget(101)), nil,
		},
		"the project whose list it is": {
			[]*gitlabtest.Entry{gitlabtest.OnList(2)}, func(s *gitlabtest.Stub) { s.Projects[0].Path = "acme/lib" },
			remove(gitlabtest.Target(2)), nil,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := changing(t, c.entries...)
			c.rename(s)
			wantKinds(t, change(t, connect(s), c.change), 0)
			s.WantList(c.want...)
		})
	}
}

func TestRemovalOfWhatIsGoneIsCheckedOnTheList(t *testing.T) {
	t.Parallel()
	s := changing(t, gitlabtest.OnList(2))
	s.On("RemoveProjects", func(r gitlabtest.Request, _ func() gitlabtest.Reply) gitlabtest.Reply {
		return s.Aliased(r, func(any) any { return gitlabtest.Refused("Target project is not in the job token scope") })
	})
	s.On(gitlabtest.Removing(gitlabtest.Target(2)), func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
		return gitlabtest.Refusal(400, "400 Bad request - Target project is not in the job token scope")
	})
	errs := change(t, connect(s), remove(gitlabtest.Target(2)), remove(gitlabtest.Target(3)))
	// GitLab says of both that they are not there; the list it shows still holds one.
	wantKinds(t, errs, apierror.NotFound, 0)
	s.WantList("project 2: default")
}

func TestTargetThatIsGoneIsNotLookedForWithoutEnd(t *testing.T) {
	t.Parallel()
	s := changing(t)
	gone := gitlab.Target{Kind: gitlab.KindProject, ID: 500, Path: "acme/gone"}
	wantKinds(t, change(t, connect(s), add(gone)), apierror.NotFound)
	s.WantRequests("AddEntries", 0)
	s.WantRequests("ProjectReferencesByID", 1)
}
