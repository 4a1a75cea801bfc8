package gitlab_test

import (
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

// GitLab's mutations take paths, and follow none of old: what was renamed after it was read is found
// by its id.
func TestChangesAfterARename(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		entries []*stubEntry
		rename  func(*stub)
		change  gitlab.Change
		want    []string
	}{
		"target of a removal": {
			[]*stubEntry{onList(2)},
			func(s *stub) { s.projects[1].path, s.projects[0].entries[0].path = "acme/renamed", "acme/renamed" },
			remove(target(2)), nil,
		},
		"target of a permission": {
			[]*stubEntry{onList(2)},
			func(s *stub) { s.projects[1].path, s.projects[0].entries[0].path = "acme/renamed", "acme/renamed" },
			set(target(2), "read_jobs"), []string{"project 2: read_jobs"},
		},
		"target of an addition": {
			nil, func(s *stub) { s.projects[1].path = "acme/renamed" },
			add(target(2), "read_jobs"), []string{"project 2: read_jobs"},
		},
		"group to add": {
			nil, func(s *stub) { s.groups[0].path = "acme/renamed" },
			add(group(101)), []string{"group 101: default"},
		},
		"group to remove": {
			[]*stubEntry{{kind: gitlab.KindGroup, id: 101, path: "acme/renamed", isDefault: true}},
			func(s *stub) { s.groups[0].path = "acme/renamed" },
			remove(group(101)), nil,
		},
		"the project whose list it is": {
			[]*stubEntry{onList(2)}, func(s *stub) { s.projects[0].path = "acme/lib" },
			remove(target(2)), nil,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := changing(t, c.entries...)
			c.rename(s)
			wantKinds(t, change(t, s.client(), c.change), 0)
			s.wantList(c.want...)
		})
	}
}

func TestRemovalOfWhatIsGoneIsCheckedOnTheList(t *testing.T) {
	t.Parallel()
	s := changing(t, onList(2))
	s.on("RemoveProjects", func(r request, _ func() reply) reply {
		return s.aliased(r, func(any) any { return refused("Target project is not in the job token scope") })
	})
	s.on(removing(target(2)), func(request, func() reply) reply {
		return refusal(400, "400 Bad request - Target project is not in the job token scope")
	})
	errs := change(t, s.client(), remove(target(2)), remove(target(3)))
	// GitLab says of both that they are not there; the list it shows still holds one.
	wantKinds(t, errs, apierror.NotFound, 0)
	s.wantList("project 2: default")
}

func TestTargetThatIsGoneIsNotLookedForWithoutEnd(t *testing.T) {
	t.Parallel()
	s := changing(t)
	gone := gitlab.Target{Kind: gitlab.KindProject, ID: 500, Path: "acme/gone"}
	wantKinds(t, change(t, s.client(), add(gone)), apierror.NotFound)
	s.wantRequests("AddEntries", 0)
	s.wantRequests("ProjectReferencesByID", 1)
}
