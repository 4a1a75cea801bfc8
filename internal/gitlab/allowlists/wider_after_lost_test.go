package allowlists_test

import (
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/gitlabtest"
)

// An entry whose making was not answered is as much our own as one that was.
func TestWiderEntryIsTakenBackAfterALostAnswer(t *testing.T) {
	t.Parallel()
	s := changing(t)
	wider := func(raw any) any {
		in := gitlabtest.InputOf(raw)
		in["defaultPermissions"] = true
		return s.Add(raw)
	}
	s.On("AddEntries", s.Losing(1, 1, wider))
	s.On("SetPermissions", func(r gitlabtest.Request, _ func() gitlabtest.Reply) gitlabtest.Reply {
		return s.Aliased(r, func(raw any) any {
			gitlabtest.InputOf(raw)["defaultPermissions"] = true
			return s.Set(raw)
		})
	})
	wantKinds(t, change(t, connect(s, gitlabtest.Retrying), add(gitlabtest.Target(2), "read_jobs")), apierror.Unsupported)
	s.WantList()
}

// The path of a target that is gone can belong to someone who is on the list already: their
// permissions are not ours to change.
func TestAdoptingLeavesAnotherTargetAlone(t *testing.T) {
	t.Parallel()
	s := changing(t)
	s.During("AddEntries", func() {
		s.Projects[1].ID = 77
		s.Projects[0].Entries = []*gitlabtest.Entry{{Kind: "project", ID: 77, Path: "acme/p2", Permissions: []string{"read_jobs"}}}
	})
	errs := change(t, connect(s), add(gitlabtest.Target(2)))
	wantKinds(t, errs, apierror.Conflict)
	wantNote(t, errs[0], "the path acme/p2 now belongs to another project, which is on the list")
	s.WantList("project 77: read_jobs")
}
