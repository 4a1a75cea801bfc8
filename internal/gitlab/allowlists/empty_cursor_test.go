package allowlists_test

import (
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/gitlabtest"
)

// An empty list has no cursor, and GitLab need not take an empty one for the beginning.
func TestNoEmptyCursorIsSent(t *testing.T) {
	t.Parallel()
	projects := gitlabtest.Numbered(1)
	for id := range int64(35) {
		projects[0].Entries = append(projects[0].Entries, gitlabtest.OnList(100+id))
	}
	s := gitlabtest.NewStub(t, projects...)
	s.PageSize = 10
	readAll(t, connect(s), 1)
	for _, r := range s.Asked("AllowlistPage") {
		for name, value := range r.Variables {
			if value == "" {
				t.Errorf("%s is sent empty", name)
			}
		}
	}
}
