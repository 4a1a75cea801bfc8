package gitlab_test

import (
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

// An entry whose making was not answered is as much our own as one that was.
func TestWiderEntryIsTakenBackAfterALostAnswer(t *testing.T) {
	t.Parallel()
	s := changing(t)
	wider := func(raw any) any {
		in := inputOf(raw)
		in["defaultPermissions"] = true
		return s.add(raw)
	}
	s.on("AddEntries", s.losing(1, 1, wider))
	s.on("SetPermissions", func(r request, _ func() reply) reply {
		return s.aliased(r, func(raw any) any {
			inputOf(raw)["defaultPermissions"] = true
			return s.set(raw)
		})
	})
	wantKinds(t, change(t, s.client(retrying), add(target(2), "read_jobs")), apierror.Unsupported)
	s.wantList()
}

// The path of a target that is gone can belong to someone who is on the list already: their
// permissions are not ours to change.
func TestAdoptingLeavesAnotherTargetAlone(t *testing.T) {
	t.Parallel()
	s := changing(t)
	s.during("AddEntries", func() {
		s.projects[1].id = 77
		s.projects[0].entries = []*stubEntry{{kind: "project", id: 77, path: "acme/p2", permissions: []string{"read_jobs"}}}
	})
	errs := change(t, s.client(), add(target(2)))
	wantKinds(t, errs, apierror.Conflict)
	wantNote(t, errs[0], "the path acme/p2 now belongs to another project, which is on the list")
	s.wantList("project 77: read_jobs")
}
