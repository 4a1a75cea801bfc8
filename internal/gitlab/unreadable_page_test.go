package gitlab_test

import (
	"strings"
	"testing"
)

// Below GitLab 19.0 a page holds 100 entries, so a permission that spoils its request can be on a
// further page.
func TestUnreadablePermissionOnAFurtherPage(t *testing.T) {
	t.Parallel()
	projects := numbered(2)
	for id := range int64(12) {
		projects[0].entries = append(projects[0].entries, onList(100+id, "read_jobs"))
	}
	s := newStub(t, projects...)
	s.pageSize = 10
	s.on("AllowlistPage", func(r request, usual func() reply) reply {
		if strings.Contains(r.query, "jobTokenPolicies") {
			return internalError()
		}
		return usual()
	})
	projects[1].entries = []*stubEntry{onList(100, "read_jobs")}
	got := readAll(t, s.client(), 1, 2)
	if len(got[1].Projects) != 12 {
		t.Errorf("%d entries", len(got[1].Projects))
	}
	if got[2].Projects[0].PermissionsUnreadable {
		t.Error("a project in the same request loses its permissions too")
	}
}
