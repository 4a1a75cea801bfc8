package allowlists_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/gitlabtest"
)

func TestPrefetchReadsWholeGroups(t *testing.T) {
	t.Parallel()
	projects := gitlabtest.Numbered(7)
	projects = append(projects, &gitlabtest.Project{ID: 20, Path: "other/app", Inbound: true}, &gitlabtest.Project{ID: 21, Path: "other/deep/app", Inbound: true})
	s := gitlabtest.NewStub(t, projects...)
	s.On("GroupSnapshots", s.GroupPages(3))
	client := prefetching(s, "acme", "other")
	got := readAll(t, client, 1, 2, 3, 4, 5, 6, 7, 20, 21)
	if got[21].Path != "other/deep/app" || !got[7].Settings.InboundAllowlist {
		t.Errorf("got %+v and %+v", got[21], got[7])
	}
	if names := s.Names(); slices.Contains(names, "ProjectSnapshots") {
		t.Errorf("projects of the groups are read again: %v", names)
	}
	var cursors []any
	for _, r := range s.Asked("GroupSnapshots") {
		if r.Variables["fullPath"] == "acme" {
			cursors = append(cursors, r.Variables["after"])
		}
	}
	if !slices.Equal(cursors, []any{nil, "at3", "at6"}) {
		t.Errorf("pages %v", cursors)
	}
	s.WantRequests("GroupSnapshots", 4)
}

func TestPrefetchIsOnlyAnOptimisation(t *testing.T) {
	t.Parallel()
	cases := map[string]gitlabtest.Override{
		"the request fails": func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply { return gitlabtest.InternalError() },
		"the group fails": func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
			return gitlabtest.Data(map[string]any{"group": nil}, gitlabtest.Problem("Internal server error", "group"))
		},
		"pages do not advance": func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
			return gitlabtest.Data(map[string]any{"group": map[string]any{"projects": map[string]any{
				"pageInfo": map[string]any{"hasNextPage": true, "endCursor": "same"}, "nodes": []any{},
			}}})
		},
	}
	for name, answer := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := gitlabtest.NewStub(t, gitlabtest.Numbered(2)...).On("GroupSnapshots", answer)
			if got := readAll(t, prefetching(s, "acme"), 1, 2); len(got) != 2 {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestPrefetchOfAGroupThatIsNotThere(t *testing.T) {
	t.Parallel()
	s := gitlabtest.NewStub(t, gitlabtest.Numbered(2)...)
	s.On("GroupSnapshots", s.GroupPages(50))
	_, errs := read(t, prefetching(s, "acme", "nowhere"), 1, 2)
	for id := range int64(2) {
		e, ok := apierror.As(errs[id+1])
		if !ok || e.Kind != apierror.Invalid || e.Target != "group nowhere" || e.Words != "" || !strings.Contains(e.Note, "prefetch_groups") {
			t.Errorf("project %d: got %v", id+1, errs[id+1])
		}
	}
	s.WantRequests("GroupSnapshots", 2)
	s.WantRequests("ProjectSnapshots", 0)
}

func TestPrefetchLeavesErrorsToTheProject(t *testing.T) {
	t.Parallel()
	projects := gitlabtest.Numbered(2)
	projects[0].Refused = true
	s := gitlabtest.NewStub(t, projects...)
	s.On("GroupSnapshots", s.GroupPages(50))
	_, errs := read(t, prefetching(s, "acme"), 1, 2)
	if !apierror.Is(errs[1], apierror.Forbidden) || errs[2] != nil {
		t.Errorf("got %v and %v", errs[1], errs[2])
	}
	for _, r := range s.Asked("ProjectSnapshots") {
		if !slices.Equal(gitlabtest.IDsOf(r), []int64{1}) {
			t.Errorf("projects %v are read again", gitlabtest.IDsOf(r))
		}
	}
}

func TestPrefetchReadsOnce(t *testing.T) {
	t.Parallel()
	s := gitlabtest.NewStub(t, gitlabtest.Numbered(1)...)
	s.On("GroupSnapshots", s.GroupPages(50))
	client := prefetching(s, "acme")
	readAll(t, client, 1)
	off := false
	if _, err := client.UpdateSettings(t.Context(), gitlabtest.Target(1), allowlists.SettingsChange{InboundAllowlist: &off}); err != nil {
		t.Fatal(err)
	}
	if got := readAll(t, client, 1)[1]; got.Settings.InboundAllowlist {
		t.Error("a snapshot from before the write is kept")
	}
	s.WantRequests("GroupSnapshots", 1)
	s.WantRequests("ProjectSnapshots", 0)
}

func TestPrefetchWaitsForTheFirstRead(t *testing.T) {
	t.Parallel()
	s := gitlabtest.NewStub(t)
	prefetching(s, "acme")
	if names := s.Names(); len(names) > 0 {
		t.Errorf("sent %v", names)
	}
}
