package allowlists_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/gitlabtest"
)

// inPages is a stub that gives a group in pages of three.
func inPages(t *testing.T, projects ...*gitlabtest.Project) *gitlabtest.Stub {
	t.Helper()
	s := gitlabtest.NewStub(t, projects...)
	return s.On("GroupSnapshots", s.GroupPages(3))
}

func membersOf(t *testing.T, s *services) (members []allowlists.Member) {
	t.Helper()
	for page, err := range s.Group(t.Context(), "acme") {
		if err != nil {
			t.Fatal(err)
		}
		members = append(members, page...)
	}
	return members
}

func TestGroupIsReadPageByPage(t *testing.T) {
	t.Parallel()
	s := inPages(t, gitlabtest.Numbered(7)...)
	client := connect(s)
	for page, err := range client.Group(t.Context(), "acme") {
		if err != nil || len(page) != 3 {
			t.Fatalf("a page is %v, %v", page, err)
		}
		break
	}
	s.WantRequests("GroupSnapshots", 1)
	members := membersOf(t, client)
	if len(members) != 7 || members[6].Project.Path != "acme/p7" {
		t.Errorf("got %v", members)
	}
	membersOf(t, client)
	s.WantRequests("GroupSnapshots", 3)
	s.WantRequests("ProjectSnapshots", 0)
}

// What a page tells of a project and its path is not asked for again.
func TestGroupPrimes(t *testing.T) {
	t.Parallel()
	s := inPages(t, gitlabtest.Numbered(4)...)
	client := connect(s)
	membersOf(t, client)
	target, err := client.Resolve(t.Context(), gitlab.KindProject, gitlab.Ref{Path: "ACME/p4"})
	if err != nil || target.ID != 4 {
		t.Fatalf("got %v, %v", target, err)
	}
	readAll(t, client, 1, 2, 3, 4)
	if names := s.Names(); !slices.Equal(names, []string{"GroupSnapshots", "GroupSnapshots"}) {
		t.Errorf("sent %v", names)
	}
}

// Projects that are named are read by their paths, 50 to a request, and not resolved first. What that does not tell is
// asked for in the usual way.
func TestAhead(t *testing.T) {
	t.Parallel()
	projects := gitlabtest.Numbered(60)
	projects[1].Refused = true
	for name, c := range map[string]struct {
		override gitlabtest.Override
		want     []string
	}{
		"all but one": {nil, []string{"ProjectSnapshots", "ProjectSnapshotsByPath", "ProjectSnapshotsByPath", "ProjectReferencesByPath", "ProjectSnapshots"}},
		"nothing":     {func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply { return gitlabtest.InternalError() }, nil},
		"another": {func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
			return gitlabtest.Data(map[string]any{"projects": map[string]any{"nodes": []any{nil, gitlabtest.Reference("Project", 1, "acme/p9"), gitlabtest.Reference("Project", 7, "elsewhere/p")}}})
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := gitlabtest.NewStub(t, projects...).On("GET /api/v4/projects/acme%2Fnowhere", gitlabtest.NotFound)
			if c.override != nil {
				s.On("ProjectSnapshotsByPath", c.override)
			}
			client := connect(s)
			refs := []gitlab.Ref{{ID: 60}, {Path: "acme/nowhere"}}
			for _, p := range projects[:59] {
				refs = append(refs, gitlab.Ref{Path: strings.ToUpper(p.Path)})
			}
			client.Ahead(t.Context(), refs)
			client.Ahead(t.Context(), refs[2:3])
			found := client.ResolveAll(t.Context(), gitlab.KindProject, refs)
			var targets []gitlab.Target
			for _, ref := range refs {
				if found[ref].Err == nil {
					targets = append(targets, found[ref].Value)
				}
			}
			members, err := client.Members(t.Context(), targets)
			if err != nil || len(members) != 60 {
				t.Fatalf("%d members, %v", len(members), err)
			}
			for i, m := range members {
				if want := fmt.Sprintf("acme/p%d", (i+59)%60+1); m.Path != want || (m.Err == nil) != (m.Path != "acme/p2") {
					t.Errorf("got %s, want %s: %v", m.Path, want, m.Err)
				}
			}
			names := slices.DeleteFunc(s.Names(), func(name string) bool { return !strings.HasPrefix(name, "Project") })
			if c.want != nil && !slices.Equal(names, c.want) {
				t.Errorf("sent %v", names)
			}
		})
	}
}

// Projects that are named by their paths wait for the groups that are to be read first.
func TestPrefetchComesBeforeLookups(t *testing.T) {
	t.Parallel()
	s := inPages(t, gitlabtest.Numbered(4)...)
	client := prefetching(s, "acme")
	for _, path := range []string{"acme/p1", "acme/p4"} {
		if _, err := client.Resolve(t.Context(), gitlab.KindProject, gitlab.Ref{Path: path}); err != nil {
			t.Fatal(err)
		}
	}
	readAll(t, client, 1, 4)
	if names := s.Names(); !slices.Equal(names, []string{"GroupSnapshots", "GroupSnapshots"}) {
		t.Errorf("sent %v", names)
	}
}

func TestGroupSaysWhatIsWithheld(t *testing.T) {
	t.Parallel()
	projects := gitlabtest.Numbered(4)
	projects[1].Refused, projects[2].Archived = true, true
	projects[3].Path = "acme/old-deletion_scheduled-9/p4"
	members := membersOf(t, connect(inPages(t, projects...)))
	if m := members[1]; m.Project != nil || !apierror.Is(m.Err, apierror.Forbidden) || m.Path != "acme/p2" {
		t.Errorf("got %+v", m)
	}
	for i, m := range members {
		if m.Archived != (i == 2) || m.DeletionScheduled() != (i == 3) {
			t.Errorf("%s: archived %t, scheduled for deletion %t", m, m.Archived, m.DeletionScheduled())
		}
	}
}

// One stored name that GitLab cannot show costs its page more requests, and no other project anything.
func TestGroupWithASpoiledPermission(t *testing.T) {
	t.Parallel()
	projects := gitlabtest.Numbered(3)
	for _, p := range projects {
		p.Entries = []*gitlabtest.Entry{gitlabtest.OnList(100, "read_jobs")}
	}
	projects[1].Spoiled = true
	for i, m := range membersOf(t, connect(inPages(t, projects...))) {
		if m.Err != nil || m.Project.Projects[0].PermissionsUnreadable != (i == 1) {
			t.Errorf("%s: %+v, %v", m, m.Project, m.Err)
		}
	}
}

func TestGroupIsReadAnewAfterAWrite(t *testing.T) {
	t.Parallel()
	s := inPages(t, gitlabtest.Numbered(2)...)
	client := connect(s)
	membersOf(t, client)
	off := false
	if _, err := client.UpdateSettings(t.Context(), gitlabtest.Target(1), allowlists.SettingsChange{InboundAllowlist: &off}); err != nil {
		t.Fatal(err)
	}
	if members := membersOf(t, client); members[0].Project.Settings.InboundAllowlist {
		t.Error("it is what it was before the write")
	}
}

func TestGroupErrors(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		group  string
		answer gitlabtest.Override
		kind   apierror.Kind
	}{
		"not there": {"nowhere", nil, apierror.NotFound},
		"failing": {"acme", func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
			return gitlabtest.InternalError()
		}, apierror.Unavailable},
		"pages that do not advance": {"acme", func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
			return gitlabtest.Data(map[string]any{"group": map[string]any{"projects": map[string]any{
				"pageInfo": map[string]any{"hasNextPage": true, "endCursor": ""}, "nodes": []any{},
			}}})
		}, apierror.Invalid},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := inPages(t, gitlabtest.Numbered(2)...)
			if c.answer != nil {
				s.On("GroupSnapshots", c.answer)
			}
			for _, err := range connect(s).Group(t.Context(), c.group) {
				e, ok := apierror.As(err)
				if !ok || e.Kind != c.kind || e.Target != "group "+c.group {
					t.Errorf("got %v", err)
				}
			}
		})
	}
}
