package allowlists_test

import (
	"slices"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/gitlabtest"
)

// logPage is one page of project 1's authentication log, with uses by the projects given.
func logPage(cursor string, origins ...int64) gitlabtest.Reply {
	nodes := []any{}
	for _, id := range origins {
		at := time.Date(2026, 1, int(id), 0, 0, 0, 0, time.UTC).Format(time.RFC3339)
		nodes = append(nodes, map[string]any{"lastAuthorizedAt": at, "originProject": gitlabtest.Reference("Project", id, gitlabtest.Target(id).Path)})
	}
	return gitlabtest.Data(map[string]any{"projects": map[string]any{"nodes": []any{map[string]any{"id": gitlabtest.Gid("Project", 1), "ciJobTokenAuthLogs": map[string]any{
		"pageInfo": map[string]any{"hasNextPage": cursor != "", "endCursor": cursor}, "nodes": nodes,
	}}}}})
}

func TestAuthenticationLogIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	pages := map[any]gitlabtest.Reply{nil: logPage("one", 2, 3), "one": logPage("two", 4), "two": logPage("", 5)}
	s := gitlabtest.NewStub(t).On("AuthenticationLog", func(r gitlabtest.Request, _ func() gitlabtest.Reply) gitlabtest.Reply {
		return pages[r.Variables["after"]]
	})
	log, err := connect(s).AuthenticationLog(t.Context(), gitlabtest.Target(1))
	if err != nil {
		t.Fatal(err)
	}
	want := []allowlists.LogEntry{}
	for id := int64(2); id <= 5; id++ {
		want = append(want, allowlists.LogEntry{Origin: gitlabtest.Target(id), LastAuthorized: time.Date(2026, 1, int(id), 0, 0, 0, 0, time.UTC)})
	}
	if !slices.Equal(log, want) {
		t.Errorf("got %v", log)
	}
	s.WantRequests("AuthenticationLog", 3)
}

func TestAuthenticationLog(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		answer   gitlabtest.Reply
		entries  int
		kind     apierror.Kind
		requests int
	}{
		"empty":                {logPage(""), 0, 0, 1},
		"pages do not advance": {logPage("same", 2), 2, 0, 2},
		"no such project":      {gitlabtest.Data(map[string]any{"projects": map[string]any{"nodes": []any{}}}), 0, apierror.NotFound, 1},
		"refused": {
			gitlabtest.Data(map[string]any{"projects": map[string]any{"nodes": []any{map[string]any{"id": gitlabtest.Gid("Project", 1), "ciJobTokenAuthLogs": nil}}}},
				gitlabtest.Problem("You don't have permission", "projects", "nodes", 0, "ciJobTokenAuthLogs")), 0, apierror.Forbidden, 1,
		},
		"a GitLab without a log": {
			gitlabtest.Reply{Body: map[string]any{"errors": []any{map[string]any{
				"message": "Field 'ciJobTokenAuthLogs' doesn't exist on type 'Project'", "extensions": map[string]any{"code": "undefinedField"},
			}}}}, 0, apierror.Unsupported, 1,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := gitlabtest.NewStub(t).On("AuthenticationLog", func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply { return c.answer })
			log, err := connect(s).AuthenticationLog(t.Context(), gitlabtest.Target(1))
			if kind, _ := apierror.KindOf(err); kind != c.kind || len(log) != c.entries {
				t.Errorf("got %v, %v", log, err)
			}
			if e, ok := apierror.As(err); ok && e.Target != gitlabtest.Target(1).String() {
				t.Errorf("the error is about %q", e.Target)
			}
			s.WantRequests("AuthenticationLog", c.requests)
		})
	}
}
