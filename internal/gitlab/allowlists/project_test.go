package allowlists_test

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/gitlabtest"
)

// read asks for all projects at the same time.
func read(t *testing.T, client *services, ids ...int64) (map[int64]*allowlists.Project, map[int64]error) {
	t.Helper()
	var (
		mu       sync.Mutex
		wg       sync.WaitGroup
		projects = map[int64]*allowlists.Project{}
		errs     = map[int64]error{}
	)
	for _, id := range ids {
		wg.Go(func() {
			project, err := client.Project(t.Context(), id)
			mu.Lock()
			defer mu.Unlock()
			projects[id], errs[id] = project, err
		})
	}
	wg.Wait()
	return projects, errs
}

// readAll is [read] where none may fail.
func readAll(t *testing.T, client *services, ids ...int64) map[int64]*allowlists.Project {
	t.Helper()
	projects, errs := read(t, client, ids...)
	for id, err := range errs {
		if err != nil {
			t.Fatalf("project %d: %v", id, err)
		}
	}
	return projects
}

func upTo(count int) []int64 {
	ids := make([]int64, count)
	for i := range ids {
		ids[i] = int64(i + 1)
	}
	return ids
}

func TestSnapshot(t *testing.T) {
	t.Parallel()
	projects := gitlabtest.Numbered(3)
	projects[0].Outbound, projects[0].Push, projects[0].CrossPush, projects[0].Archived = true, true, true, true
	manual := gitlabtest.OnList(2)
	manual.AddedBy, manual.CreatedAt = "maintainer", "2026-01-02T03:04:05Z"
	leftover := gitlabtest.OnList(3)
	leftover.Outbound = true
	projects[0].Entries = []*gitlabtest.Entry{
		manual, leftover, gitlabtest.OnList(1, "read_packages", "admin_jobs"),
		{Kind: gitlab.KindGroup, ID: 9, Path: "acme/platform"},
	}
	s := gitlabtest.NewStub(t, projects...)
	got := readAll(t, connect(s), 1)[1]
	on := true
	want := &allowlists.Project{
		ID: 1, Path: "acme/p1", Archived: true,
		Settings: allowlists.Settings{InboundAllowlist: true, Outbound: true, PushRepository: true, CrossProjectPush: &on},
		Projects: []allowlists.Entry{
			{
				Target: gitlabtest.Target(2), Permissions: allowlists.DefaultPermissions(),
				AddedBy: "maintainer", CreatedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
			},
			{Target: gitlabtest.Target(1), Permissions: allowlists.FineGrained("admin_jobs", "read_packages")},
		},
		Groups: []allowlists.Entry{{
			Target:      gitlab.Target{Kind: gitlab.KindGroup, ID: 9, Path: "acme/platform"},
			Permissions: allowlists.FineGrained(),
		}},
		Outbound: []gitlab.Target{gitlabtest.Target(3)},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if !got.IsOwn(gitlabtest.Target(1)) || got.IsOwn(gitlabtest.Target(2)) || got.IsOwn(gitlab.Target{Kind: gitlab.KindGroup, ID: 1}) {
		t.Error("its own entry is not told from others")
	}
	if !reflect.DeepEqual(got.Entries(gitlab.KindGroup), want.Groups) || !reflect.DeepEqual(got.Entries(gitlab.KindProject), want.Projects) {
		t.Error("the entries of a kind are not those of that kind")
	}
}

func TestSettingsThatGitLabLeavesOut(t *testing.T) {
	t.Parallel()
	s := gitlabtest.NewStub(t, gitlabtest.Numbered(1)...).On("ProjectSnapshots", func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
		none := map[string]any{"pageInfo": map[string]any{"hasNextPage": false}, "nodes": []any{}}
		return gitlabtest.Data(map[string]any{"projects": map[string]any{"nodes": []any{map[string]any{
			"id": gitlabtest.Gid("Project", 1), "fullPath": "acme/p1",
			"ciCdSettings":             map[string]any{"inboundJobTokenScopeEnabled": nil, "jobTokenScopeEnabled": nil},
			"ciJobTokenScopeAllowlist": map[string]any{"projectsAllowlist": none, "groupsAllowlist": none},
		}}}})
	})
	if got := readAll(t, connect(s), 1)[1].Settings; got != (allowlists.Settings{InboundAllowlist: true}) {
		t.Errorf("got %+v", got)
	}
}

func TestCrossProjectPushIsAskedOfGitLabThatHasIt(t *testing.T) {
	t.Parallel()
	for serverVersion, want := range map[string]bool{"17.11.0": false, "18.11.2-ee": false, "19.0.0": true, "19.4.1-ee": true} {
		t.Run(serverVersion, func(t *testing.T) {
			t.Parallel()
			s := gitlabtest.NewStub(t, gitlabtest.Numbered(1)...)
			s.Version = serverVersion
			client := connect(s)
			project := readAll(t, client, 1)[1]
			if got := project.Settings.CrossProjectPush != nil; got != want {
				t.Errorf("the toggle is known: %t, want %t", got, want)
			}
			off := false
			if _, err := client.UpdateSettings(t.Context(), project.Target(), allowlists.SettingsChange{PushRepository: &off}); err != nil {
				t.Error(err)
			}
			s.Mu.Lock()
			defer s.Mu.Unlock()
			for _, r := range s.Seen {
				if got := strings.Contains(r.Query, "crossProjectPushForJobTokenAllowed"); r.Query != "" && got != want {
					t.Errorf("%s asks for the toggle: %t, want %t", r.Name, got, want)
				}
			}
		})
	}
}

func TestManyProjectsShareARequest(t *testing.T) {
	t.Parallel()
	s := gitlabtest.NewStub(t, gitlabtest.Numbered(120)...)
	synctest.Test(t, func(t *testing.T) {
		client := connect(s, s.Far(100*time.Millisecond))
		projects := readAll(t, client, append(upTo(120), upTo(120)...)...)
		for id, project := range projects {
			if project.ID != id || project.Path != fmt.Sprintf("acme/p%d", id) {
				t.Errorf("%d is answered with %+v", id, project)
			}
		}
		if sizes := s.Batches(); !slices.Equal(sizes, []int{50, 50, 19, 1}) {
			t.Errorf("requests for %v projects", sizes)
		}
	})
}

func TestProjectNotFound(t *testing.T) {
	t.Parallel()
	s := gitlabtest.NewStub(t, gitlabtest.Numbered(2)...)
	_, errs := read(t, connect(s), 1, 2, 77)
	if errs[1] != nil || errs[2] != nil {
		t.Errorf("the others fail: %v, %v", errs[1], errs[2])
	}
	e, ok := apierror.As(errs[77])
	if !ok || e.Kind != apierror.NotFound || e.Target != "project with id 77" || e.Doing == "" {
		t.Errorf("got %+v", errs[77])
	}
}

func TestRefusedListFailsAlone(t *testing.T) {
	t.Parallel()
	projects := gitlabtest.Numbered(3)
	projects[1].Refused = true
	s := gitlabtest.NewStub(t, projects...)
	_, errs := read(t, connect(s), 1, 2, 3)
	if errs[1] != nil || errs[3] != nil {
		t.Errorf("the others fail: %v, %v", errs[1], errs[3])
	}
	e, ok := apierror.As(errs[2])
	if !ok || e.Kind != apierror.Forbidden || e.Words != gitlabtest.NotAccessible || e.Target != "project acme/p2 (id 2)" {
		t.Errorf("got %+v", errs[2])
	}
}

func TestListIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	for name, counts := range map[string]struct{ projects, groups, pages int }{
		"exactly a page":           {10, 3, 0},
		"projects on two pages":    {14, 3, 1},
		"groups on three pages":    {2, 25, 2},
		"both on pages":            {25, 15, 2},
		"no group, many projects":  {40, 0, 3},
		"one of each on next page": {11, 11, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			projects := gitlabtest.Numbered(1)
			for i := range counts.projects {
				projects[0].Entries = append(projects[0].Entries, gitlabtest.OnList(int64(100+i), "read_jobs"))
			}
			for i := range counts.groups {
				projects[0].Entries = append(projects[0].Entries,
					&gitlabtest.Entry{Kind: gitlab.KindGroup, ID: int64(500 + i), Path: fmt.Sprintf("acme/g%d", i), IsDefault: true})
			}
			s := gitlabtest.NewStub(t, projects...)
			s.PageSize = 10
			project := readAll(t, connect(s), 1)[1]
			for kind, want := range map[gitlab.Kind]int{gitlab.KindProject: counts.projects, gitlab.KindGroup: counts.groups} {
				seen := map[int64]bool{}
				for _, e := range project.Entries(kind) {
					seen[e.Target.ID] = true
				}
				if len(project.Entries(kind)) != want || len(seen) != want {
					t.Errorf("%d entries for %d %ss, %d of them different", len(project.Entries(kind)), want, kind, len(seen))
				}
			}
			s.WantRequests("AllowlistPage", counts.pages)
		})
	}
}

func TestPagesThatDoNotAdvance(t *testing.T) {
	t.Parallel()
	projects := gitlabtest.Numbered(2)
	for id := range int64(12) {
		projects[0].Entries = append(projects[0].Entries, gitlabtest.OnList(100+id))
	}
	s := gitlabtest.NewStub(t, projects...)
	s.PageSize = 10
	s.On("AllowlistPage", func(r gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
		delete(r.Variables, "projectsAfter")
		return usual()
	})
	_, errs := read(t, connect(s), 1, 2)
	if !apierror.Is(errs[1], apierror.Invalid) || errs[2] != nil {
		t.Errorf("got %v and %v", errs[1], errs[2])
	}
}

func TestListHiddenBetweenPages(t *testing.T) {
	t.Parallel()
	projects := gitlabtest.Numbered(1)
	for id := range int64(12) {
		projects[0].Entries = append(projects[0].Entries, gitlabtest.OnList(100+id))
	}
	s := gitlabtest.NewStub(t, projects...)
	s.PageSize = 10
	s.On("AllowlistPage", func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
		return gitlabtest.Data(map[string]any{"projects": map[string]any{"nodes": []any{map[string]any{"ciJobTokenScopeAllowlist": nil}}}},
			gitlabtest.Problem(gitlabtest.NotAccessible, "projects", "nodes", 0, "ciJobTokenScopeAllowlist"))
	})
	_, errs := read(t, connect(s), 1)
	if e, ok := apierror.As(errs[1]); !ok || e.Kind != apierror.Forbidden || e.Target != "project acme/p1 (id 1)" {
		t.Errorf("got %v", errs[1])
	}
}

func TestUnreadablePermissionSpoilsOneProjectOnly(t *testing.T) {
	t.Parallel()
	projects := gitlabtest.Numbered(8)
	for _, p := range projects {
		p.Entries = []*gitlabtest.Entry{gitlabtest.OnList(20, "read_jobs"), gitlabtest.OnList(21)}
	}
	projects[4].Spoiled = true
	s := gitlabtest.NewStub(t, projects...)
	read := readAll(t, connect(s), upTo(8)...)
	for id, project := range read {
		fineGrained, isDefault := project.Projects[0], project.Projects[1]
		if !isDefault.Permissions.Default || isDefault.PermissionsUnreadable {
			t.Errorf("project %d: default permissions are read as %+v", id, isDefault)
		}
		if fineGrained.PermissionsUnreadable != (id == 5) {
			t.Errorf("project %d: unreadable is %t", id, fineGrained.PermissionsUnreadable)
		}
		if id != 5 && !fineGrained.Permissions.Equal(allowlists.FineGrained("read_jobs")) {
			t.Errorf("project %d: permissions %s", id, fineGrained.Permissions)
		}
		if id == 5 && !reflect.DeepEqual(fineGrained.Permissions, allowlists.Permissions{}) {
			t.Errorf("permissions that cannot be read are %s", fineGrained.Permissions)
		}
	}
	without := 0
	for _, r := range s.Asked("ProjectSnapshots") {
		if !strings.Contains(r.Query, "jobTokenPolicies") {
			without++
			if !slices.Equal(gitlabtest.IDsOf(r), []int64{5}) {
				t.Errorf("projects %v are read without their permissions", gitlabtest.IDsOf(r))
			}
		}
	}
	if without != 1 {
		t.Errorf("%d requests without permissions", without)
	}
}

func TestBatchThatCostsTooMuchIsHalved(t *testing.T) {
	t.Parallel()
	const most = 3
	s := gitlabtest.NewStub(t, gitlabtest.Numbered(50)...).On("ProjectSnapshots", func(r gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
		if len(gitlabtest.IDsOf(r)) > most {
			return gitlabtest.RefusedWhole("Query has complexity of 251, which exceeds max complexity of 250")
		}
		return usual()
	})
	if got := len(readAll(t, connect(s), upTo(50)...)); got != 50 {
		t.Errorf("%d projects", got)
	}
	if sizes := s.Batches(); sizes[len(sizes)-1] < 1 {
		t.Errorf("batches of %v", sizes)
	}
}

func TestTooLargeAProjectFailsAlone(t *testing.T) {
	t.Parallel()
	s := gitlabtest.NewStub(t, gitlabtest.Numbered(4)...).On("ProjectSnapshots", func(r gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
		if slices.Contains(gitlabtest.IDsOf(r), 3) {
			return gitlabtest.RefusedWhole("Query has complexity of 251, which exceeds max complexity of 250")
		}
		return usual()
	})
	_, errs := read(t, connect(s), upTo(4)...)
	for id, err := range errs {
		if got := apierror.Is(err, apierror.Limit); got != (id == 3) {
			t.Errorf("project %d: %v", id, err)
		}
	}
}

func TestForbiddenRequestIsNotHalved(t *testing.T) {
	t.Parallel()
	s := gitlabtest.NewStub(t, gitlabtest.Numbered(2)...).On("ProjectSnapshots", func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
		return gitlabtest.Reply{Status: http.StatusForbidden, Body: map[string]any{"errors": []any{gitlabtest.Problem("API not accessible for user")}}}
	})
	client := connect(s)
	if _, err := client.Project(t.Context(), 1); !apierror.Is(err, apierror.Forbidden) {
		t.Errorf("got %v", err)
	}
	s.WantRequests("ProjectSnapshots", 1)
}

func TestSnapshotIsKeptAndWritten(t *testing.T) {
	t.Parallel()
	projects := gitlabtest.Numbered(2)
	s := gitlabtest.NewStub(t, projects...)
	client := connect(s)
	first := readAll(t, client, 1, 2)
	s.Mu.Lock()
	projects[0].Push = true // by someone else
	s.Mu.Unlock()
	if again := readAll(t, client, 1); !reflect.DeepEqual(again, map[int64]*allowlists.Project{1: first[1]}) {
		t.Error("a snapshot is read again without a write")
	}
	before := len(s.Batches())

	off := false
	if _, err := client.UpdateSettings(t.Context(), gitlabtest.Target(1), allowlists.SettingsChange{InboundAllowlist: &off}); err != nil {
		t.Fatal(err)
	}
	if again := readAll(t, client, 1)[1]; again.Settings.InboundAllowlist || first[1].Settings.InboundAllowlist == again.Settings.InboundAllowlist {
		t.Errorf("after a write of settings: %+v", again.Settings)
	}
	for _, result := range client.Change(t.Context(), gitlabtest.Target(1), []allowlists.Change{{Action: allowlists.Add, Target: gitlabtest.Target(2), Permissions: allowlists.DefaultPermissions()}}) {
		if result.Err != nil {
			t.Fatal(result.Err)
		}
	}
	if again := readAll(t, client, 1)[1]; len(again.Projects) != 1 {
		t.Errorf("after a write of the list: %+v", again.Projects)
	}
	if again := readAll(t, client, 2); !reflect.DeepEqual(again, map[int64]*allowlists.Project{2: first[2]}) {
		t.Error("a write to one project drops another")
	}
	if got := len(s.Batches()); got != before {
		t.Errorf("%d snapshot requests after %d, want none more: the answers tell", got, before)
	}
	s.Mu.Lock()
	projects[0].Entries[0].AddedBy = "maintainer"
	s.Mu.Unlock()
	if whole, err := client.WholeProject(t.Context(), 1); err != nil || whole.Projects[0].AddedBy != "maintainer" {
		t.Errorf("who added the entry is not read: %+v, %v", whole, err)
	}
}

func TestFailedSnapshotIsNotKept(t *testing.T) {
	t.Parallel()
	projects := gitlabtest.Numbered(1)
	projects[0].Refused = true
	s := gitlabtest.NewStub(t, projects...)
	client := connect(s)
	if _, errs := read(t, client, 1); !apierror.Is(errs[1], apierror.Forbidden) {
		t.Errorf("got %v", errs[1])
	}
	s.Mu.Lock()
	projects[0].Refused = false
	s.Mu.Unlock()
	if _, errs := read(t, client, 1); errs[1] != nil {
		t.Errorf("the second read gives %v", errs[1])
	}
}

func TestReadIsTriedAgain(t *testing.T) {
	t.Parallel()
	failures := []gitlabtest.Reply{{Status: http.StatusBadGateway}, {Cut: true}, {Status: http.StatusTooManyRequests}}
	s := gitlabtest.NewStub(t, gitlabtest.Numbered(1)...).On("ProjectSnapshots", func(_ gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
		if len(failures) > 0 {
			failure := failures[0]
			failures = failures[1:]
			return failure
		}
		return usual()
	})
	client := connect(s, func(c *gitlab.Config) { c.MaxRetries = 5 })
	readAll(t, client, 1)
	s.WantRequests("ProjectSnapshots", 4)
}
