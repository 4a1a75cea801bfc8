package gitlab_test

import (
	"slices"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

// logPage is one page of project 1's authentication log, with uses by the projects given.
func logPage(cursor string, origins ...int64) reply {
	nodes := []any{}
	for _, id := range origins {
		at := time.Date(2026, 1, int(id), 0, 0, 0, 0, time.UTC).Format(time.RFC3339)
		nodes = append(nodes, map[string]any{"lastAuthorizedAt": at, "originProject": reference("Project", id, target(id).Path)})
	}
	return data(map[string]any{"projects": map[string]any{"nodes": []any{map[string]any{"ciJobTokenAuthLogs": map[string]any{
		"pageInfo": map[string]any{"hasNextPage": cursor != "", "endCursor": cursor}, "nodes": nodes,
	}}}}})
}

func TestAuthenticationLogIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	pages := map[any]reply{nil: logPage("one", 2, 3), "one": logPage("two", 4), "two": logPage("", 5)}
	s := newStub(t).on("AuthenticationLog", func(r request, _ func() reply) reply { return pages[r.variables["after"]] })
	log, err := s.client().AuthenticationLog(t.Context(), target(1))
	if err != nil {
		t.Fatal(err)
	}
	want := []gitlab.LogEntry{}
	for id := int64(2); id <= 5; id++ {
		want = append(want, gitlab.LogEntry{Origin: target(id), LastAuthorized: time.Date(2026, 1, int(id), 0, 0, 0, 0, time.UTC)})
	}
	if !slices.Equal(log, want) {
		t.Errorf("got %v", log)
	}
	s.wantRequests("AuthenticationLog", 3)
}

func TestAuthenticationLog(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		answer   reply
		entries  int
		kind     apierror.Kind
		requests int
	}{
		"empty":                {logPage(""), 0, 0, 1},
		"pages do not advance": {logPage("same", 2), 2, 0, 2},
		"no such project":      {data(map[string]any{"projects": map[string]any{"nodes": []any{}}}), 0, apierror.NotFound, 1},
		"refused": {
			data(map[string]any{"projects": map[string]any{"nodes": []any{map[string]any{"ciJobTokenAuthLogs": nil}}}},
				problem("You don't have permission", "projects", "nodes", 0, "ciJobTokenAuthLogs")), 0, apierror.Forbidden, 1,
		},
		"a GitLab without a log": {
			reply{body: map[string]any{"errors": []any{map[string]any{
				"message": "Field 'ciJobTokenAuthLogs' doesn't exist on type 'Project'", "extensions": map[string]any{"code": "undefinedField"},
			}}}}, 0, apierror.Unsupported, 1,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStub(t).on("AuthenticationLog", func(request, func() reply) reply { return c.answer })
			log, err := s.client().AuthenticationLog(t.Context(), target(1))
			if kind, _ := apierror.KindOf(err); kind != c.kind || len(log) != c.entries {
				t.Errorf("got %v, %v", log, err)
			}
			if e, ok := apierror.As(err); ok && e.Target != target(1).String() {
				t.Errorf("the error is about %q", e.Target)
			}
			s.wantRequests("AuthenticationLog", c.requests)
		})
	}
}
