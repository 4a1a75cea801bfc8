package gitlab_test

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

// read asks for all projects at the same time.
func read(t *testing.T, client *gitlab.Client, ids ...int64) (map[int64]*gitlab.Project, map[int64]error) {
	t.Helper()
	var (
		mu       sync.Mutex
		wg       sync.WaitGroup
		projects = map[int64]*gitlab.Project{}
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
func readAll(t *testing.T, client *gitlab.Client, ids ...int64) map[int64]*gitlab.Project {
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

// batches are the sizes of the snapshot requests, largest first.
func (s *stub) batches() []int {
	var sizes []int
	for _, r := range s.asked("ProjectSnapshots") {
		sizes = append(sizes, len(idsOf(r)))
	}
	slices.Sort(sizes)
	slices.Reverse(sizes)
	return sizes
}

func TestSnapshot(t *testing.T) {
	t.Parallel()
	projects := numbered(3)
	projects[0].outbound, projects[0].push, projects[0].crossPush, projects[0].archived = true, true, true, true
	manual := onList(2)
	manual.addedBy, manual.createdAt = "maintainer", "2026-01-02T03:04:05Z"
	leftover := onList(3)
	leftover.outbound = true
	projects[0].entries = []*stubEntry{
		manual, leftover, onList(1, "read_packages", "admin_jobs"),
		{kind: gitlab.KindGroup, id: 9, path: "acme/platform"},
	}
	s := newStub(t, projects...)
	got := readAll(t, s.client(), 1)[1]
	on := true
	want := &gitlab.Project{
		ID: 1, Path: "acme/p1",
		Settings: gitlab.Settings{InboundAllowlist: true, Outbound: true, PushRepository: true, CrossProjectPush: &on},
		Projects: []gitlab.Entry{
			{
				Target: target(2), Permissions: gitlab.DefaultPermissions(),
				AddedBy: "maintainer", CreatedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
			},
			{Target: target(1), Permissions: gitlab.FineGrained("admin_jobs", "read_packages")},
		},
		Groups: []gitlab.Entry{{
			Target:      gitlab.Target{Kind: gitlab.KindGroup, ID: 9, Path: "acme/platform"},
			Permissions: gitlab.FineGrained(),
		}},
		Outbound: []gitlab.Target{target(3)},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if !got.IsOwn(target(1)) || got.IsOwn(target(2)) || got.IsOwn(gitlab.Target{Kind: gitlab.KindGroup, ID: 1}) {
		t.Error("its own entry is not told from others")
	}
	if !reflect.DeepEqual(got.Entries(gitlab.KindGroup), want.Groups) || !reflect.DeepEqual(got.Entries(gitlab.KindProject), want.Projects) {
		t.Error("the entries of a kind are not those of that kind")
	}
}

func TestSettingsThatGitLabLeavesOut(t *testing.T) {
	t.Parallel()
	s := newStub(t, numbered(1)...).on("ProjectSnapshots", func(request, func() reply) reply {
		none := map[string]any{"pageInfo": map[string]any{"hasNextPage": false}, "nodes": []any{}}
		return data(map[string]any{"projects": map[string]any{"nodes": []any{map[string]any{
			"id": gid("Project", 1), "fullPath": "acme/p1",
			"ciCdSettings":             map[string]any{"inboundJobTokenScopeEnabled": nil, "jobTokenScopeEnabled": nil},
			"ciJobTokenScopeAllowlist": map[string]any{"projectsAllowlist": none, "groupsAllowlist": none},
		}}}})
	})
	if got := readAll(t, s.client(), 1)[1].Settings; got != (gitlab.Settings{InboundAllowlist: true}) {
		t.Errorf("got %+v", got)
	}
}

func TestCrossProjectPushIsAskedOfGitLabThatHasIt(t *testing.T) {
	t.Parallel()
	for serverVersion, want := range map[string]bool{"17.11.0": false, "18.11.2-ee": false, "19.0.0": true, "19.4.1-ee": true} {
		t.Run(serverVersion, func(t *testing.T) {
			t.Parallel()
			s := newStub(t, numbered(1)...)
			s.version = serverVersion
			client := s.client()
			project := readAll(t, client, 1)[1]
			if got := project.Settings.CrossProjectPush != nil; got != want {
				t.Errorf("the toggle is known: %t, want %t", got, want)
			}
			off := false
			if _, err := client.UpdateSettings(t.Context(), project.Target(), gitlab.SettingsChange{PushRepository: &off}); err != nil {
				t.Error(err)
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			for _, r := range s.seen {
				if got := strings.Contains(r.query, "crossProjectPushForJobTokenAllowed"); r.query != "" && got != want {
					t.Errorf("%s asks for the toggle: %t, want %t", r.name, got, want)
				}
			}
		})
	}
}

func TestManyProjectsShareARequest(t *testing.T) {
	t.Parallel()
	s := newStub(t, numbered(120)...)
	client := s.client()
	projects := readAll(t, client, append(upTo(120), upTo(120)...)...)
	for id, project := range projects {
		if project.ID != id || project.Path != fmt.Sprintf("acme/p%d", id) {
			t.Errorf("%d is answered with %+v", id, project)
		}
	}
	sizes := s.batches()
	sum := 0
	for _, size := range sizes {
		sum += size
	}
	if sum != 120 || sizes[0] > 50 {
		t.Errorf("requests for %v projects", sizes)
	}
	if len(sizes) > 40 {
		t.Errorf("%d requests for 120 projects asked for at the same time", len(sizes))
	}
}

func TestProjectNotFound(t *testing.T) {
	t.Parallel()
	s := newStub(t, numbered(2)...)
	_, errs := read(t, s.client(), 1, 2, 77)
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
	projects := numbered(3)
	projects[1].refused = true
	s := newStub(t, projects...)
	_, errs := read(t, s.client(), 1, 2, 3)
	if errs[1] != nil || errs[3] != nil {
		t.Errorf("the others fail: %v, %v", errs[1], errs[3])
	}
	e, ok := apierror.As(errs[2])
	if !ok || e.Kind != apierror.Forbidden || e.Words != notAccessible || e.Target != "project acme/p2 (id 2)" {
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
			projects := numbered(1)
			for i := range counts.projects {
				projects[0].entries = append(projects[0].entries, onList(int64(100+i), "read_jobs"))
			}
			for i := range counts.groups {
				projects[0].entries = append(projects[0].entries,
					&stubEntry{kind: gitlab.KindGroup, id: int64(500 + i), path: fmt.Sprintf("acme/g%d", i), isDefault: true})
			}
			s := newStub(t, projects...)
			s.pageSize = 10
			project := readAll(t, s.client(), 1)[1]
			for kind, want := range map[gitlab.Kind]int{gitlab.KindProject: counts.projects, gitlab.KindGroup: counts.groups} {
				seen := map[int64]bool{}
				for _, e := range project.Entries(kind) {
					seen[e.Target.ID] = true
				}
				if len(project.Entries(kind)) != want || len(seen) != want {
					t.Errorf("%d entries for %d %ss, %d of them different", len(project.Entries(kind)), want, kind, len(seen))
				}
			}
			s.wantRequests("AllowlistPage", counts.pages)
		})
	}
}

func TestPagesThatDoNotAdvance(t *testing.T) {
	t.Parallel()
	projects := numbered(2)
	for id := range int64(12) {
		projects[0].entries = append(projects[0].entries, onList(100+id))
	}
	s := newStub(t, projects...)
	s.pageSize = 10
	s.on("AllowlistPage", func(r request, usual func() reply) reply {
		delete(r.variables, "projectsAfter")
		return usual()
	})
	_, errs := read(t, s.client(), 1, 2)
	if !apierror.Is(errs[1], apierror.Invalid) || errs[2] != nil {
		t.Errorf("got %v and %v", errs[1], errs[2])
	}
}

func TestListHiddenBetweenPages(t *testing.T) {
	t.Parallel()
	projects := numbered(1)
	for id := range int64(12) {
		projects[0].entries = append(projects[0].entries, onList(100+id))
	}
	s := newStub(t, projects...)
	s.pageSize = 10
	s.on("AllowlistPage", func(request, func() reply) reply {
		return data(map[string]any{"projects": map[string]any{"nodes": []any{map[string]any{"ciJobTokenScopeAllowlist": nil}}}},
			problem(notAccessible, "projects", "nodes", 0, "ciJobTokenScopeAllowlist"))
	})
	_, errs := read(t, s.client(), 1)
	if e, ok := apierror.As(errs[1]); !ok || e.Kind != apierror.Forbidden || e.Target != "project acme/p1 (id 1)" {
		t.Errorf("got %v", errs[1])
	}
}

func TestUnreadablePermissionSpoilsOneProjectOnly(t *testing.T) {
	t.Parallel()
	projects := numbered(8)
	for _, p := range projects {
		p.entries = []*stubEntry{onList(20, "read_jobs"), onList(21)}
	}
	projects[4].spoiled = true
	s := newStub(t, projects...)
	read := readAll(t, s.client(), upTo(8)...)
	for id, project := range read {
		fineGrained, isDefault := project.Projects[0], project.Projects[1]
		if !isDefault.Permissions.Default || isDefault.PermissionsUnreadable {
			t.Errorf("project %d: default permissions are read as %+v", id, isDefault)
		}
		if fineGrained.PermissionsUnreadable != (id == 5) {
			t.Errorf("project %d: unreadable is %t", id, fineGrained.PermissionsUnreadable)
		}
		if id != 5 && !fineGrained.Permissions.Equal(gitlab.FineGrained("read_jobs")) {
			t.Errorf("project %d: permissions %s", id, fineGrained.Permissions)
		}
		if id == 5 && !reflect.DeepEqual(fineGrained.Permissions, gitlab.Permissions{}) {
			t.Errorf("permissions that cannot be read are %s", fineGrained.Permissions)
		}
	}
	without := 0
	for _, r := range s.asked("ProjectSnapshots") {
		if !strings.Contains(r.query, "jobTokenPolicies") {
			without++
			if !slices.Equal(idsOf(r), []int64{5}) {
				t.Errorf("projects %v are read without their permissions", idsOf(r))
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
	s := newStub(t, numbered(50)...).on("ProjectSnapshots", func(r request, usual func() reply) reply {
		if len(idsOf(r)) > most {
			return refusedWhole("Query has complexity of 251, which exceeds max complexity of 250")
		}
		return usual()
	})
	if got := len(readAll(t, s.client(), upTo(50)...)); got != 50 {
		t.Errorf("%d projects", got)
	}
	if sizes := s.batches(); sizes[len(sizes)-1] < 1 {
		t.Errorf("batches of %v", sizes)
	}
}

func TestTooLargeAProjectFailsAlone(t *testing.T) {
	t.Parallel()
	s := newStub(t, numbered(4)...).on("ProjectSnapshots", func(r request, usual func() reply) reply {
		if slices.Contains(idsOf(r), 3) {
			return refusedWhole("Query has complexity of 251, which exceeds max complexity of 250")
		}
		return usual()
	})
	_, errs := read(t, s.client(), upTo(4)...)
	for id, err := range errs {
		if got := apierror.Is(err, apierror.Limit); got != (id == 3) {
			t.Errorf("project %d: %v", id, err)
		}
	}
}

func TestForbiddenRequestIsNotHalved(t *testing.T) {
	t.Parallel()
	s := newStub(t, numbered(2)...).on("ProjectSnapshots", func(request, func() reply) reply {
		return reply{status: http.StatusForbidden, body: map[string]any{"errors": []any{problem("API not accessible for user")}}}
	})
	client := s.client()
	if _, err := client.Project(t.Context(), 1); !apierror.Is(err, apierror.Forbidden) {
		t.Errorf("got %v", err)
	}
	s.wantRequests("ProjectSnapshots", 1)
}

func TestSnapshotIsKeptUntilAWrite(t *testing.T) {
	t.Parallel()
	projects := numbered(2)
	s := newStub(t, projects...)
	client := s.client()
	first := readAll(t, client, 1, 2)
	s.mu.Lock()
	projects[0].push = true // by someone else
	s.mu.Unlock()
	if again := readAll(t, client, 1); !reflect.DeepEqual(again, map[int64]*gitlab.Project{1: first[1]}) {
		t.Error("a snapshot is read again without a write")
	}
	before := len(s.batches())

	off := false
	if _, err := client.UpdateSettings(t.Context(), target(1), gitlab.SettingsChange{InboundAllowlist: &off}); err != nil {
		t.Fatal(err)
	}
	if again := readAll(t, client, 1)[1]; again.Settings.InboundAllowlist || !again.Settings.PushRepository {
		t.Errorf("after a write of settings: %+v", again.Settings)
	}
	for _, result := range client.ChangeAllowlist(t.Context(), target(1), []gitlab.Change{{Action: gitlab.Add, Target: target(2), Permissions: gitlab.DefaultPermissions()}}) {
		if result.Err != nil {
			t.Fatal(result.Err)
		}
	}
	if again := readAll(t, client, 1)[1]; len(again.Projects) != 1 {
		t.Errorf("after a write of the list: %+v", again.Projects)
	}
	if again := readAll(t, client, 2); !reflect.DeepEqual(again, map[int64]*gitlab.Project{2: first[2]}) {
		t.Error("a write to one project drops another")
	}
	if got := len(s.batches()); got != before+2 {
		t.Errorf("%d snapshot requests after %d, want two more", got, before)
	}
}

func TestFailedSnapshotIsNotKept(t *testing.T) {
	t.Parallel()
	projects := numbered(1)
	projects[0].refused = true
	s := newStub(t, projects...)
	client := s.client()
	if _, errs := read(t, client, 1); !apierror.Is(errs[1], apierror.Forbidden) {
		t.Errorf("got %v", errs[1])
	}
	s.mu.Lock()
	projects[0].refused = false
	s.mu.Unlock()
	if _, errs := read(t, client, 1); errs[1] != nil {
		t.Errorf("the second read gives %v", errs[1])
	}
}

func TestReadIsTriedAgain(t *testing.T) {
	t.Parallel()
	failures := []reply{{status: http.StatusBadGateway}, {cut: true}, {status: http.StatusTooManyRequests}}
	s := newStub(t, numbered(1)...).on("ProjectSnapshots", func(_ request, usual func() reply) reply {
		if len(failures) > 0 {
			failure := failures[0]
			failures = failures[1:]
			return failure
		}
		return usual()
	})
	client := s.client(func(c *gitlab.Config) { c.MaxRetries = 5 })
	readAll(t, client, 1)
	s.wantRequests("ProjectSnapshots", 4)
}
