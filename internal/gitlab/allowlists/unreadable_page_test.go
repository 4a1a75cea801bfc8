package allowlists_test

import (
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/gitlabtest"
)

// Below GitLab 19.0 a page holds 100 entries, so a permission that spoils its request can be on a
// further page.
func TestUnreadablePermissionOnAFurtherPage(t *testing.T) {
	t.Parallel()
	projects := gitlabtest.Numbered(2)
	for id := range int64(12) {
		projects[0].Entries = append(projects[0].Entries, gitlabtest.OnList(100+id, "read_jobs"))
	}
	s := gitlabtest.NewStub(t, projects...)
	s.PageSize = 10
	s.On("AllowlistPage", func(r gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
		if strings.Contains(r.Query, "jobTokenPolicies") {
			return gitlabtest.InternalError()
		}
		return usual()
	})
	projects[1].Entries = []*gitlabtest.Entry{gitlabtest.OnList(100, "read_jobs")}
	got := readAll(t, connect(s), 1, 2)
	if len(got[1].Projects) != 12 {
		t.Errorf("%d entries", len(got[1].Projects))
	}
	if got[2].Projects[0].PermissionsUnreadable {
		t.Error("a project in the same request loses its permissions too")
	}
}
