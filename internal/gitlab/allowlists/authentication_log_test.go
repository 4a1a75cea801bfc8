package allowlists_test

import (
	"slices"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
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

func TestLastUse(t *testing.T) {
	t.Parallel()
	project := func(id int64, path string) gitlab.Target {
		return gitlab.Target{Kind: gitlab.KindProject, ID: id, Path: path}
	}
	group := func(id int64, path string) gitlab.Target {
		return gitlab.Target{Kind: gitlab.KindGroup, ID: id, Path: path}
	}
	day := func(d int) time.Time { return time.Date(2026, 1, d, 12, 0, 0, 0, time.UTC) }
	use := func(id int64, path string, d int) allowlists.LogEntry {
		return allowlists.LogEntry{Origin: project(id, path), LastAuthorized: day(d)}
	}
	log := []allowlists.LogEntry{
		use(2, "acme/renamed", 3), use(5, "acme/platform/a", 4), use(6, "ACME/Platform/deep/b", 7),
		use(7, "acme/platform/c", 5), use(8, "acme/platform-tools/d", 9),
	}
	cases := map[string]struct {
		target gitlab.Target
		want   time.Time
	}{
		"a project, by id":              {project(2, "acme/app"), day(3)},
		"a project that never came":     {project(3, "acme/web"), time.Time{}},
		"a group: the latest below it":  {group(2, "acme/platform"), day(7)},
		"a group that nobody came from": {group(4, "acme/ops"), time.Time{}},
		"a group is not a project":      {group(5, "acme/other"), time.Time{}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := allowlists.LastUse(c.target, log); !got.Equal(c.want) {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
