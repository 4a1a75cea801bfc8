package gitlab_test

import "testing"

// An empty list has no cursor, and GitLab need not take an empty one for the beginning.
func TestNoEmptyCursorIsSent(t *testing.T) {
	t.Parallel()
	projects := numbered(1)
	for id := range int64(35) {
		projects[0].entries = append(projects[0].entries, onList(100+id))
	}
	s := newStub(t, projects...)
	s.pageSize = 10
	readAll(t, s.client(), 1)
	for _, r := range s.asked("AllowlistPage") {
		for name, value := range r.variables {
			if value == "" {
				t.Errorf("%s is sent empty", name)
			}
		}
	}
}
