package gitlab_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

// swap has two projects of the stub change their paths, on lists too.
func (s *stub) swap(a, b int64) {
	one, other := s.project(a), s.project(b)
	one.path, other.path = other.path, one.path
	for _, p := range s.projects {
		for _, e := range p.entries {
			if e.kind == gitlab.KindProject && s.project(e.id) != nil {
				e.path = s.project(e.id).path
			}
		}
	}
}

// onListOf is what a project's list holds.
func (s *stub) wantListOf(id int64, want ...string) {
	s.t.Helper()
	if got := s.list(id); !slices.Equal(got, want) {
		s.t.Errorf("the list of project %d holds %v, want %v", id, got, want)
	}
}

func TestRemovalsGoByID(t *testing.T) {
	t.Parallel()
	s := changing(t, onList(2), &stubEntry{kind: gitlab.KindGroup, id: 101, path: "acme/g101", isDefault: true})
	s.swap(1, 3) // long ago, and unnoticed
	wantKinds(t, change(t, s.client(), remove(target(2)), remove(group(101))), 0, 0)
	s.wantList()
	if got := s.names(); !slices.Equal(got, []string{removing(target(2)), removing(group(101))}) {
		t.Errorf("sent %v", got)
	}
}

func TestRemovalOfWhatTheUserCannotSee(t *testing.T) {
	t.Parallel()
	s := changing(t, onList(2), onList(3))
	s.projects[1].unseen = true
	wantKinds(t, change(t, s.client(), remove(target(2)), remove(target(3))), 0, 0)
	s.wantList()
	want := []string{removing(target(2)), removing(target(3)), "ProjectSnapshots", "RemoveProjects"}
	if got := s.names(); !slices.Equal(got, want) {
		t.Errorf("sent %v, want %v", got, want)
	}
}

func TestRemovalOfWhatIsGone(t *testing.T) {
	t.Parallel()
	s := changing(t, onList(2))
	gone := gitlab.Target{Kind: gitlab.KindProject, ID: 500, Path: "acme/gone"}
	wantKinds(t, change(t, s.client(), remove(gone), remove(target(3)), remove(group(103)), remove(target(2))), 0, 0, 0, 0)
	s.wantRequests("ProjectSnapshots", 1)
	s.wantRequests("RemoveProjects", 0)
	s.wantRequests("RemoveGroups", 0)
	s.wantList()
}

func TestRemovalFromAProjectThatIsGone(t *testing.T) {
	t.Parallel()
	s := changing(t)
	s.projects = s.projects[1:]
	wantKinds(t, change(t, s.client(), remove(target(2))), apierror.NotFound)
}

func TestRemovalOfAnUnseenProjectBelow18(t *testing.T) {
	t.Parallel()
	s := changing(t, onList(2))
	s.version = "17.11.7"
	s.projects[1].unseen = true
	s.on("RemoveProjects", func(r request, _ func() reply) reply {
		return s.aliased(r, func(any) any {
			return refused("The target_project that you are attempting to access does not exist or you don't have permission to perform this action")
		})
	})
	errs := change(t, s.client(), remove(target(2)))
	wantKinds(t, errs, apierror.Forbidden)
	if errs[0] != nil && !strings.Contains(errs[0].Note, "still on the list") {
		t.Errorf("got %q", errs[0].Note)
	}
}

func TestRemovalStopsWhereTheNextWouldFailToo(t *testing.T) {
	t.Parallel()
	s := changing(t, onList(2), onList(3))
	s.on(removing(target(2)), func(request, func() reply) reply {
		return reply{status: 403, body: map[string]any{"error": "insufficient_scope", "error_description": "The request requires higher privileges than provided by the access token."}}
	})
	wantKinds(t, change(t, s.client(), remove(target(2)), remove(target(3))), apierror.InsufficientScope, apierror.InsufficientScope)
	s.wantRequests(removing(target(3)), 0)
}

// many are removals of the projects 2 to 41, and the entries that they remove; names are theirs.
func many(s *stub) (removals []gitlab.Change) {
	for id := int64(2); id <= 41; id++ {
		s.projects[0].entries = append(s.projects[0].entries, onList(id, "read_jobs"))
		removals = append(removals, remove(target(id)))
	}
	return removals
}

func TestManyRemovalsGoByThePathsOfNow(t *testing.T) {
	t.Parallel()
	s := changing(t)
	removals := many(s)
	client := s.client()
	readAll(t, client, 1)
	s.swap(1, 50)
	s.swap(2, 51)
	for i, e := range change(t, client, removals...) {
		if e != nil {
			t.Errorf("removal %d: %v", i, e)
		}
	}
	s.wantList()
	s.wantListOf(50)
	s.wantRequests("ProjectSnapshots", 2)
	s.wantRequests("RemoveProjects", 2)
}

func TestTwentyRemovalsGoByID(t *testing.T) {
	t.Parallel()
	s := changing(t)
	change(t, s.client(), many(s)[:20]...)
	s.wantRequests("RemoveProjects", 0)
	s.wantRequests("ProjectSnapshots", 0)
	if got := len(s.list(1)); got != 20 {
		t.Errorf("%d entries are left", got)
	}
}

func TestManyRemovalsWhileATargetsPathChangesHands(t *testing.T) {
	t.Parallel()
	s := changing(t)
	removals := many(s)
	stays := onList(50, "admin_jobs", "read_packages")
	s.projects[0].entries = append(s.projects[0].entries, stays)
	once := false
	s.on("RemoveProjects", func(_ request, usual func() reply) reply {
		if !once {
			once = true
			s.swap(2, 50)
		}
		return usual()
	})
	errs := change(t, s.client(), removals...)
	wantKinds(t, errs[:2], apierror.Conflict, 0)
	wantNote(t, errs[0], "acme/p2 now belongs to the project with id 50", "put back at once")
	s.wantList("project 2: read_jobs", "project 50: admin_jobs,read_packages")
	s.wantRequests("AddEntries", 1)
}

func TestManyRemovalsWhileTheSourcesPathChangesHands(t *testing.T) {
	t.Parallel()
	s := changing(t)
	removals := many(s)
	s.projects[54].entries = []*stubEntry{onList(3, "read_packages")}
	s.on("RemoveProjects", func(_ request, usual func() reply) reply {
		if s.projects[0].path == "acme/p1" {
			s.swap(1, 55)
		}
		return usual()
	})
	errs := change(t, s.client(), removals...)
	wantNote(t, errs[1], "the path acme/p1 now belongs to the project with id 55", "put back at once")
	s.wantListOf(55, "project 3: read_packages")
	// What was not on the taker's list is found on ours under the path of now.
	if got := s.list(1); !slices.Equal(got, []string{"project 3: read_jobs"}) {
		t.Errorf("the list holds %v", got)
	}
}

func TestManyRemovalsThatGitLabDoesNotShow(t *testing.T) {
	t.Parallel()
	s := changing(t)
	removals := many(s)
	s.on("RemoveProjects", func(_ request, usual func() reply) reply {
		answer := usual()
		body, _ := answer.body.(map[string]any)
		results, _ := body["data"].(map[string]any)
		for alias := range results {
			results[alias] = map[string]any{"errors": []string{}, "ciJobTokenScopeAllowlistEntry": nil}
		}
		return answer
	})
	for i, e := range change(t, s.client(), removals...) {
		if e != nil {
			t.Errorf("removal %d: %v", i, e)
		}
	}
	s.wantRequests("RemoveProjects", 2)
	s.wantRequests("ProjectSnapshots", 2) // before, and to confirm
}

func TestManyRemovalsOfUnreadablePermissions(t *testing.T) {
	t.Parallel()
	s := changing(t)
	removals := many(s)
	s.projects[0].spoiled = true
	s.on("RemoveProjects", func(r request, usual func() reply) reply {
		if strings.Contains(r.query, "jobTokenPolicies") {
			return internalError()
		}
		return usual()
	})
	for i, e := range change(t, s.client(), removals...) {
		if e != nil {
			t.Errorf("removal %d: %v", i, e)
		}
	}
	s.wantList()
}

// The project's path passes to another one at the moment of the write.
func TestSourcePathChangesHandsDuringAWrite(t *testing.T) {
	t.Parallel()
	t.Run("addition", func(t *testing.T) {
		t.Parallel()
		s := changing(t)
		s.during("AddEntries", func() { s.during("AddEntries", func() {}); s.swap(1, 55) })
		errs := change(t, s.client(), add(group(101)), add(group(102), "read_jobs"))
		wantKinds(t, errs, apierror.Conflict, apierror.Conflict)
		wantNote(t, errs[0], "now belongs to the project with id 55", "again as it was before")
		s.wantListOf(55)
		s.wantList()
	})
	t.Run("addition that the other list has", func(t *testing.T) {
		t.Parallel()
		s := changing(t)
		s.projects[54].entries = []*stubEntry{onList(2, "read_jobs")}
		s.on("AddEntries", func(_ request, usual func() reply) reply {
			if s.projects[0].path == "acme/p1" {
				s.swap(1, 55)
			}
			return usual()
		})
		wantKinds(t, change(t, s.client(), add(target(2))), 0)
		s.wantListOf(55, "project 2: read_jobs")
		s.wantList("project 2: default")
	})
	t.Run("permissions", func(t *testing.T) {
		t.Parallel()
		s := changing(t, onList(2))
		s.projects[54].entries = []*stubEntry{onList(2, "read_packages")}
		s.during("SetPermissions", func() { s.swap(1, 55) })
		errs := change(t, s.client(), set(target(2), "read_jobs"))
		wantKinds(t, errs, apierror.Conflict)
		wantNote(t, errs[0], "the project with id 55", "the project with id 2", "look after the entry by hand")
		s.wantList("project 2: default")
	})
	t.Run("removal", func(t *testing.T) {
		t.Parallel()
		s := changing(t, onList(2))
		s.projects[54].entries = []*stubEntry{onList(2, "read_packages")}
		s.during(removing(target(2)), func() { s.swap(1, 55) })
		wantKinds(t, change(t, s.client(), remove(target(2))), 0)
		s.wantList()
		s.wantListOf(55, "project 2: read_packages")
	})
}

func TestTargetPathChangesHandsDuringAWrite(t *testing.T) {
	t.Parallel()
	s := changing(t, onList(2, "read_jobs"), onList(3, "read_packages"))
	s.during("SetPermissions", func() { s.during("SetPermissions", func() {}); s.swap(2, 3) })
	errs := change(t, s.client(), set(target(2), "admin_jobs"))
	wantKinds(t, errs, apierror.Conflict)
	wantNote(t, errs[0], "acme/p2 now belongs to the project with id 3", "again as it was before")
	s.wantList("project 2: read_jobs", "project 3: read_packages")
}

func TestAdditionThatGitLabDoesNotShow(t *testing.T) {
	t.Parallel()
	s := changing(t)
	s.on("AddEntries", func(r request, _ func() reply) reply {
		return s.aliased(r, func(raw any) any {
			s.add(raw)
			return map[string]any{"errors": []string{}, "ciJobTokenScopeAllowlistEntry": nil}
		})
	})
	wantKinds(t, change(t, s.client(), add(target(2))), 0)
	s.wantRequests("ProjectSnapshots", 2)
	s.wantList("project 2: default")
}

func TestSettingsWhileThePathChangesHands(t *testing.T) {
	t.Parallel()
	on, off := true, false
	t.Run("the allowlist's own toggle goes by id", func(t *testing.T) {
		t.Parallel()
		s := newStub(t, numbered(2)...)
		s.during(switching, func() { s.swap(1, 2) })
		stored, err := s.client().UpdateSettings(t.Context(), target(1), gitlab.SettingsChange{InboundAllowlist: &off})
		if err != nil || stored.InboundAllowlist || s.projects[0].inbound || !s.projects[1].inbound {
			t.Errorf("got %+v, %v", stored, err)
		}
		s.wantRequests("UpdateSettings", 0)
	})
	for _, known := range []bool{true, false} {
		t.Run(fmt.Sprintf("the other's settings are known: %t", known), func(t *testing.T) {
			t.Parallel()
			s := newStub(t, numbered(2)...)
			client := s.client()
			if known {
				readAll(t, client, 2)
			}
			s.during("UpdateSettings", func() { s.during("UpdateSettings", func() {}); s.swap(1, 2) })
			stored, err := client.UpdateSettings(t.Context(), target(1), gitlab.SettingsChange{PushRepository: &on, CrossProjectPush: &off})
			e, _ := apierror.As(err)
			if e == nil || e.Kind != apierror.Conflict || stored.PushRepository || s.projects[0].push {
				t.Fatalf("got %+v, %v", stored, err)
			}
			note := map[bool]string{true: "again as they were", false: "look after them by hand"}[known]
			if !strings.Contains(e.Note, "the project with id 2") || !strings.Contains(e.Note, note) || s.projects[1].push == known {
				t.Errorf("got %q, and push is %t", e.Note, s.projects[1].push)
			}
		})
	}
	t.Run("a rename is followed", func(t *testing.T) {
		t.Parallel()
		s := newStub(t, numbered(1)...)
		s.on("UpdateSettings", func(_ request, usual func() reply) reply {
			s.projects[0].path = "acme/renamed"
			return usual()
		})
		stored, err := s.client().UpdateSettings(t.Context(), target(1), gitlab.SettingsChange{PushRepository: &on})
		if err != nil || !stored.PushRepository {
			t.Errorf("got %+v, %v", stored, err)
		}
	})
}

// What makes access narrower goes first, and what was written before an error is told.
func TestSettingsInTwoRequests(t *testing.T) {
	t.Parallel()
	on, off := true, false
	cases := map[string]struct {
		inbound, push bool // before
		change        gitlab.SettingsChange
		order         []string
	}{
		"the list goes on":       {false, true, gitlab.SettingsChange{InboundAllowlist: &on, PushRepository: &off}, []string{switching, "UpdateSettings"}},
		"push goes off":          {true, true, gitlab.SettingsChange{InboundAllowlist: &off, PushRepository: &off}, []string{"UpdateSettings", switching}},
		"both make access wider": {true, false, gitlab.SettingsChange{InboundAllowlist: &off, PushRepository: &on}, []string{switching, "UpdateSettings"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStub(t, numbered(1)...)
			s.projects[0].inbound, s.projects[0].push = c.inbound, c.push
			change, order := c.change, append([]string{"ProjectSnapshots"}, c.order...)
			s.on(order[2], forbidden)
			stored, err := s.client().UpdateSettings(t.Context(), target(1), change)
			if !apierror.Is(err, apierror.Forbidden) || stored.InboundAllowlist != s.projects[0].inbound || stored.PushRepository != s.projects[0].push {
				t.Errorf("got %+v, %v", stored, err)
			}
			if (stored.InboundAllowlist != c.inbound) == (stored.PushRepository != c.push) {
				t.Errorf("not just the first half is written: %+v", stored)
			}
			if got := s.names(); !slices.Equal(got, order) {
				t.Errorf("sent %v, want %v", got, order)
			}
		})
	}
}

func TestSettingsAfterLostAnswers(t *testing.T) {
	t.Parallel()
	on, off := true, false
	for _, done := range []bool{true, false} {
		for route, change := range map[string]gitlab.SettingsChange{switching: {InboundAllowlist: &off}, "UpdateSettings": {PushRepository: &on}} {
			t.Run(fmt.Sprint(route, done), func(t *testing.T) {
				t.Parallel()
				s := newStub(t, numbered(1)...).on(route, func(_ request, usual func() reply) reply {
					if done {
						usual()
					}
					return reply{cut: true}
				})
				stored, err := s.client().UpdateSettings(t.Context(), target(1), change)
				if done != (err == nil) || stored.InboundAllowlist != s.projects[0].inbound || stored.PushRepository != s.projects[0].push {
					t.Errorf("got %+v, %v", stored, err)
				}
				s.wantRequests(route, 1)
			})
		}
	}
}
