package gitlab_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

// groupPages answers GroupSnapshots with the stub's projects below a group, some to a page.
func (s *stub) groupPages(size int) override {
	return func(r request, _ func() reply) reply {
		path, _ := r.variables["fullPath"].(string)
		begin := 0
		if after, ok := r.variables["after"].(string); ok {
			_, _ = fmt.Sscanf(after, "at%d", &begin)
		}
		var below []*stubProject
		for _, p := range s.projects {
			if strings.HasPrefix(p.path, path+"/") {
				below = append(below, p)
			}
		}
		if len(below) == 0 {
			return data(map[string]any{"group": nil})
		}
		end := min(begin+size, len(below))
		var nodes, errors []any
		for at, p := range below[begin:end] {
			if p.refused {
				errors = append(errors, problem(notAccessible, "group", "projects", "nodes", at, "ciJobTokenScopeAllowlist"))
			}
			nodes = append(nodes, s.snapshot(r, p))
		}
		return data(map[string]any{"group": map[string]any{"projects": map[string]any{
			"pageInfo": map[string]any{"hasNextPage": end < len(below), "endCursor": fmt.Sprintf("at%d", end)},
			"nodes":    nodes,
		}}}, errors...)
	}
}

func prefetching(s *stub, groups ...string) *gitlab.Client {
	return s.client(func(c *gitlab.Config) { c.PrefetchGroups = groups })
}

func TestPrefetchReadsWholeGroups(t *testing.T) {
	t.Parallel()
	projects := numbered(7)
	projects = append(projects, &stubProject{id: 20, path: "other/app", inbound: true}, &stubProject{id: 21, path: "other/deep/app", inbound: true})
	s := newStub(t, projects...)
	s.on("GroupSnapshots", s.groupPages(3))
	client := prefetching(s, "acme", "other")
	got := readAll(t, client, 1, 2, 3, 4, 5, 6, 7, 20, 21)
	if got[21].Path != "other/deep/app" || !got[7].Settings.InboundAllowlist {
		t.Errorf("got %+v and %+v", got[21], got[7])
	}
	if names := s.names(); slices.Contains(names, "ProjectSnapshots") {
		t.Errorf("projects of the groups are read again: %v", names)
	}
	var cursors []any
	for _, r := range s.asked("GroupSnapshots") {
		if r.variables["fullPath"] == "acme" {
			cursors = append(cursors, r.variables["after"])
		}
	}
	if !slices.Equal(cursors, []any{nil, "at3", "at6"}) {
		t.Errorf("pages %v", cursors)
	}
	s.wantRequests("GroupSnapshots", 4)
}

func TestPrefetchIsOnlyAnOptimisation(t *testing.T) {
	t.Parallel()
	cases := map[string]override{
		"the request fails": func(request, func() reply) reply { return internalError() },
		"the group fails": func(request, func() reply) reply {
			return data(map[string]any{"group": nil}, problem("Internal server error", "group"))
		},
		"pages do not advance": func(request, func() reply) reply {
			return data(map[string]any{"group": map[string]any{"projects": map[string]any{
				"pageInfo": map[string]any{"hasNextPage": true, "endCursor": "same"}, "nodes": []any{},
			}}})
		},
	}
	for name, answer := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStub(t, numbered(2)...).on("GroupSnapshots", answer)
			if got := readAll(t, prefetching(s, "acme"), 1, 2); len(got) != 2 {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestPrefetchOfAGroupThatIsNotThere(t *testing.T) {
	t.Parallel()
	s := newStub(t, numbered(2)...)
	s.on("GroupSnapshots", s.groupPages(50))
	_, errs := read(t, prefetching(s, "acme", "nowhere"), 1, 2)
	for id := range int64(2) {
		e, ok := apierror.As(errs[id+1])
		if !ok || e.Kind != apierror.Invalid || e.Target != "group nowhere" || e.Words != "" || !strings.Contains(e.Note, "prefetch_groups") {
			t.Errorf("project %d: got %v", id+1, errs[id+1])
		}
	}
	s.wantRequests("GroupSnapshots", 2)
	s.wantRequests("ProjectSnapshots", 0)
}

func TestPrefetchLeavesErrorsToTheProject(t *testing.T) {
	t.Parallel()
	projects := numbered(2)
	projects[0].refused = true
	s := newStub(t, projects...)
	s.on("GroupSnapshots", s.groupPages(50))
	_, errs := read(t, prefetching(s, "acme"), 1, 2)
	if !apierror.Is(errs[1], apierror.Forbidden) || errs[2] != nil {
		t.Errorf("got %v and %v", errs[1], errs[2])
	}
	for _, r := range s.asked("ProjectSnapshots") {
		if !slices.Equal(idsOf(r), []int64{1}) {
			t.Errorf("projects %v are read again", idsOf(r))
		}
	}
}

func TestPrefetchReadsOnce(t *testing.T) {
	t.Parallel()
	s := newStub(t, numbered(1)...)
	s.on("GroupSnapshots", s.groupPages(50))
	client := prefetching(s, "acme")
	readAll(t, client, 1)
	off := false
	if _, err := client.UpdateSettings(t.Context(), target(1), gitlab.SettingsChange{InboundAllowlist: &off}); err != nil {
		t.Fatal(err)
	}
	if got := readAll(t, client, 1)[1]; got.Settings.InboundAllowlist {
		t.Error("a snapshot from before the write is kept")
	}
	s.wantRequests("GroupSnapshots", 1)
	s.wantRequests("ProjectSnapshots", 1)
}

func TestPrefetchWaitsForTheFirstRead(t *testing.T) {
	t.Parallel()
	s := newStub(t)
	prefetching(s, "acme")
	if names := s.names(); len(names) > 0 {
		t.Errorf("sent %v", names)
	}
}
