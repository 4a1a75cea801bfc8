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

func TestRemovalsGoByID(t *testing.T) {
	t.Parallel()
	s := changing(t, gitlabtest.OnList(2), &gitlabtest.Entry{Kind: gitlab.KindGroup, ID: 101, Path: "acme/g101", IsDefault: true})
	s.Swap(1, 3) // long ago, and unnoticed
	wantKinds(t, change(t, connect(s), remove(gitlabtest.Target(2)), remove(gitlabtest.GroupTarget(101))), 0, 0)
	s.WantList()
	if got := s.Names(); !slices.Equal(got, []string{gitlabtest.Removing(gitlabtest.Target(2)), gitlabtest.Removing(gitlabtest.GroupTarget(101))}) {
		t.Errorf("sent %v", got)
	}
}

func TestRemovalOfWhatTheUserCannotSee(t *testing.T) {
	t.Parallel()
	s := changing(t, gitlabtest.OnList(2), gitlabtest.OnList(3))
	s.Projects[1].Unseen = true
	wantKinds(t, change(t, connect(s), remove(gitlabtest.Target(2)), remove(gitlabtest.Target(3))), 0, 0)
	s.WantList()
	want := []string{gitlabtest.Removing(gitlabtest.Target(2)), gitlabtest.Removing(gitlabtest.Target(3)), "ProjectSnapshots", "RemoveProjects"}
	if got := s.Names(); !slices.Equal(got, want) {
		t.Errorf("sent %v, want %v", got, want)
	}
}

func TestRemovalOfWhatIsGone(t *testing.T) {
	t.Parallel()
	s := changing(t, gitlabtest.OnList(2))
	gone := gitlab.Target{Kind: gitlab.KindProject, ID: 500, Path: "acme/gone"}
	wantKinds(t, change(t, connect(s), remove(gone), remove(gitlabtest.Target(3)), remove(gitlabtest.GroupTarget(103)), remove(gitlabtest.Target(2))), 0, 0, 0, 0)
	s.WantRequests("ProjectSnapshots", 1)
	s.WantRequests("RemoveProjects", 0)
	s.WantRequests("RemoveGroups", 0)
	s.WantList()
}

func TestRemovalFromAProjectThatIsGone(t *testing.T) {
	t.Parallel()
	s := changing(t)
	s.Projects = s.Projects[1:]
	wantKinds(t, change(t, connect(s), remove(gitlabtest.Target(2))), apierror.NotFound)
}

func TestRemovalOfAnUnseenProjectBelow18(t *testing.T) {
	t.Parallel()
	s := changing(t, gitlabtest.OnList(2))
	s.Version = "17.11.7"
	s.Projects[1].Unseen = true
	s.On("RemoveProjects", func(r gitlabtest.Request, _ func() gitlabtest.Reply) gitlabtest.Reply {
		return s.Aliased(r, func(any) any {
			return gitlabtest.Refused("The target_project that you are attempting to access does not exist or you don't have permission to perform this action")
		})
	})
	errs := change(t, connect(s), remove(gitlabtest.Target(2)))
	wantKinds(t, errs, apierror.Forbidden)
	if errs[0] != nil && !strings.Contains(errs[0].Note, "still on the list") {
		t.Errorf("got %q", errs[0].Note)
	}
}

func TestRemovalStopsWhereTheNextWouldFailToo(t *testing.T) {
	t.Parallel()
	s := changing(t, gitlabtest.OnList(2), gitlabtest.OnList(3))
	s.On(gitlabtest.Removing(gitlabtest.Target(2)), func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
		return gitlabtest.Reply{Status: 403, Body: map[string]any{"error": "insufficient_scope", "error_description": "The request requires higher privileges than provided by the access token."}}
	})
	wantKinds(t, change(t, connect(s), remove(gitlabtest.Target(2)), remove(gitlabtest.Target(3))), apierror.InsufficientScope, apierror.InsufficientScope)
	s.WantRequests(gitlabtest.Removing(gitlabtest.Target(3)), 0)
}

// many are removals of the projects 2 to 41, and the entries that they remove; names are theirs.
func many(s *gitlabtest.Stub) (removals []allowlists.Change) {
	for id := int64(2); id <= 41; id++ {
		s.Projects[0].Entries = append(s.Projects[0].Entries, gitlabtest.OnList(id, "read_jobs"))
		removals = append(removals, remove(gitlabtest.Target(id)))
	}
	return removals
}

func TestManyRemovalsGoByThePathsOfNow(t *testing.T) {
	t.Parallel()
	s := changing(t)
	removals := many(s)
	client := connect(s)
	readAll(t, client, 1)
	s.Swap(1, 50)
	s.Swap(2, 51)
	for i, e := range change(t, client, removals...) {
		if e != nil {
			t.Errorf("removal %d: %v", i, e)
		}
	}
	s.WantList()
	s.WantListOf(50)
	s.WantRequests("ProjectSnapshots", 2)
	s.WantRequests("RemoveProjects", 2)
}

func TestTwentyRemovalsGoByID(t *testing.T) {
	t.Parallel()
	s := changing(t)
	change(t, connect(s), many(s)[:20]...)
	s.WantRequests("RemoveProjects", 0)
	s.WantRequests("ProjectSnapshots", 0)
	if got := len(s.List(1)); got != 20 {
		t.Errorf("%d entries are left", got)
	}
}

func TestManyRemovalsWhileATargetsPathChangesHands(t *testing.T) {
	t.Parallel()
	s := changing(t)
	removals := many(s)
	stays := gitlabtest.OnList(50, "admin_jobs", "read_packages")
	s.Projects[0].Entries = append(s.Projects[0].Entries, stays)
	once := false
	s.On("RemoveProjects", func(_ gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
		if !once {
			once = true
			s.Swap(2, 50)
		}
		return usual()
	})
	errs := change(t, connect(s), removals...)
	wantKinds(t, errs[:2], apierror.Conflict, 0)
	wantNote(t, errs[0], "acme/p2 now belongs to the project with id 50", "put back at once")
	s.WantList("project 2: read_jobs", "project 50: admin_jobs,read_packages")
	s.WantRequests("AddEntries", 1)
}

func TestManyRemovalsWhileTheSourcesPathChangesHands(t *testing.T) {
	t.Parallel()
	s := changing(t)
	removals := many(s)
	s.Projects[54].Entries = []*gitlabtest.Entry{gitlabtest.OnList(3, "read_packages")}
	s.On("RemoveProjects", func(_ gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
		if s.Projects[0].Path == "acme/p1" {
			s.Swap(1, 55)
		}
		return usual()
	})
	errs := change(t, connect(s), removals...)
	wantNote(t, errs[1], "the path acme/p1 now belongs to the project with id 55", "put back at once")
	s.WantListOf(55, "project 3: read_packages")
	// What was not on the taker's list is found on ours under the path of now.
	if got := s.List(1); !slices.Equal(got, []string{"project 3: read_jobs"}) {
		t.Errorf("the list holds %v", got)
	}
}

func TestManyRemovalsThatGitLabDoesNotShow(t *testing.T) {
	t.Parallel()
	s := changing(t)
	removals := many(s)
	s.On("RemoveProjects", func(_ gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
		answer := usual()
		body, _ := answer.Body.(map[string]any)
		results, _ := body["data"].(map[string]any)
		for alias := range results {
			results[alias] = map[string]any{"errors": []string{}, "ciJobTokenScopeAllowlistEntry": nil}
		}
		return answer
	})
	for i, e := range change(t, connect(s), removals...) {
		if e != nil {
			t.Errorf("removal %d: %v", i, e)
		}
	}
	s.WantRequests("RemoveProjects", 2)
	s.WantRequests("ProjectSnapshots", 2) // before, and to confirm
}

func TestManyRemovalsOfUnreadablePermissions(t *testing.T) {
	t.Parallel()
	s := changing(t)
	removals := many(s)
	s.Projects[0].Spoiled = true
	s.On("RemoveProjects", func(r gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
		if strings.Contains(r.Query, "jobTokenPolicies") {
			return gitlabtest.InternalError()
		}
		return usual()
	})
	for i, e := range change(t, connect(s), removals...) {
		if e != nil {
			t.Errorf("removal %d: %v", i, e)
		}
	}
	s.WantList()
}

// The project's path passes to another one at the moment of the write.
func TestSourcePathChangesHandsDuringAWrite(t *testing.T) {
	t.Parallel()
	t.Run("addition", func(t *testing.T) {
		t.Parallel()
		s := changing(t)
		s.During("AddEntries", func() { s.During("AddEntries", func() {}); s.Swap(1, 55) })
		errs := change(t, connect(s), add(gitlabtest.GroupTarget(101)), add(gitlabtest.GroupTarget(102), "read_jobs"))
		wantKinds(t, errs, apierror.Conflict, apierror.Conflict)
		wantNote(t, errs[0], "now belongs to the project with id 55", "again as it was before")
		s.WantListOf(55)
		s.WantList()
	})
	t.Run("addition that the other list has", func(t *testing.T) {
		t.Parallel()
		s := changing(t)
		s.Projects[54].Entries = []*gitlabtest.Entry{gitlabtest.OnList(2, "read_jobs")}
		s.On("AddEntries", func(_ gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
			if s.Projects[0].Path == "acme/p1" {
				s.Swap(1, 55)
			}
			return usual()
		})
		wantKinds(t, change(t, connect(s), add(gitlabtest.Target(2))), 0)
		s.WantListOf(55, "project 2: read_jobs")
		s.WantList("project 2: default")
	})
	t.Run("permissions", func(t *testing.T) {
		t.Parallel()
		s := changing(t, gitlabtest.OnList(2))
		s.Projects[54].Entries = []*gitlabtest.Entry{gitlabtest.OnList(2, "read_packages")}
		s.During("SetPermissions", func() { s.Swap(1, 55) })
		errs := change(t, connect(s), set(gitlabtest.Target(2), "read_jobs"))
		wantKinds(t, errs, apierror.Conflict)
		wantNote(t, errs[0], "the project with id 55", "the project with id 2", "look after the entry by hand")
		s.WantList("project 2: default")
	})
	t.Run("permissions of a list that was read", func(t *testing.T) {
		t.Parallel()
		s := changing(t, gitlabtest.OnList(2))
		s.Projects[54].Entries = []*gitlabtest.Entry{gitlabtest.OnList(2, "read_packages")}
		s.During("SetPermissions", func() { s.During("SetPermissions", func() {}); s.Swap(1, 55) })
		client := connect(s)
		if _, err := client.Project(t.Context(), 55); err != nil {
			t.Fatal(err)
		}
		errs := change(t, client, set(gitlabtest.Target(2), "read_jobs"))
		wantKinds(t, errs, apierror.Conflict)
		wantNote(t, errs[0], "the project with id 55", "the project with id 2", "again as it was before")
		s.WantList("project 2: default")
		s.WantListOf(55, "project 2: read_packages")
	})
	t.Run("permissions of what was just added, below 18.3", func(t *testing.T) {
		t.Parallel()
		s := changing(t)
		s.Version = "17.11.7"
		s.Projects[54].Entries = []*gitlabtest.Entry{gitlabtest.OnList(2, "read_packages")}
		s.During("SetPermissions", func() { s.During("SetPermissions", func() {}); s.Swap(1, 55) })
		client := connect(s)
		if _, err := client.Project(t.Context(), 55); err != nil {
			t.Fatal(err)
		}
		errs := change(t, client, add(gitlabtest.Target(2), "read_jobs"))
		wantKinds(t, errs, apierror.Conflict)
		wantNote(t, errs[0], "the project with id 55", "again as it was before")
		s.WantList()
		s.WantListOf(55, "project 2: read_packages")
	})
	t.Run("removal", func(t *testing.T) {
		t.Parallel()
		s := changing(t, gitlabtest.OnList(2))
		s.Projects[54].Entries = []*gitlabtest.Entry{gitlabtest.OnList(2, "read_packages")}
		s.During(gitlabtest.Removing(gitlabtest.Target(2)), func() { s.Swap(1, 55) })
		wantKinds(t, change(t, connect(s), remove(gitlabtest.Target(2))), 0)
		s.WantList()
		s.WantListOf(55, "project 2: read_packages")
	})
}

func TestTargetPathChangesHandsDuringAWrite(t *testing.T) {
	t.Parallel()
	s := changing(t, gitlabtest.OnList(2, "read_jobs"), gitlabtest.OnList(3, "read_packages"))
	s.During("SetPermissions", func() { s.During("SetPermissions", func() {}); s.Swap(2, 3) })
	errs := change(t, connect(s), set(gitlabtest.Target(2), "admin_jobs"))
	wantKinds(t, errs, apierror.Conflict)
	wantNote(t, errs[0], "acme/p2 now belongs to the project with id 3", "again as it was before")
	s.WantList("project 2: read_jobs", "project 3: read_packages")
}

func TestAdditionThatGitLabDoesNotShow(t *testing.T) {
	t.Parallel()
	s := changing(t)
	s.On("AddEntries", func(r gitlabtest.Request, _ func() gitlabtest.Reply) gitlabtest.Reply {
		return s.Aliased(r, func(raw any) any {
			s.Add(raw)
			return map[string]any{"errors": []string{}, "ciJobTokenScopeAllowlistEntry": nil}
		})
	})
	wantKinds(t, change(t, connect(s), add(gitlabtest.Target(2))), 0)
	s.WantRequests("ProjectSnapshots", 2)
	s.WantList("project 2: default")
}

func TestSettingsWhileThePathChangesHands(t *testing.T) {
	t.Parallel()
	on, off := true, false
	t.Run("the allowlist's own toggle goes by id", func(t *testing.T) {
		t.Parallel()
		s := gitlabtest.NewStub(t, gitlabtest.Numbered(2)...)
		s.During(gitlabtest.Switching, func() { s.Swap(1, 2) })
		stored, err := connect(s).UpdateSettings(t.Context(), gitlabtest.Target(1), allowlists.SettingsChange{InboundAllowlist: &off})
		if err != nil || stored.InboundAllowlist || s.Projects[0].Inbound || !s.Projects[1].Inbound {
			t.Errorf("got %+v, %v", stored, err)
		}
		s.WantRequests("UpdateSettings", 0)
	})
	for _, known := range []bool{true, false} {
		t.Run(fmt.Sprintf("the other's settings are known: %t", known), func(t *testing.T) {
			t.Parallel()
			s := gitlabtest.NewStub(t, gitlabtest.Numbered(2)...)
			client := connect(s)
			if known {
				readAll(t, client, 2)
			}
			s.During("UpdateSettings", func() { s.During("UpdateSettings", func() {}); s.Swap(1, 2) })
			stored, err := client.UpdateSettings(t.Context(), gitlabtest.Target(1), allowlists.SettingsChange{PushRepository: &on, CrossProjectPush: &off})
			e, _ := apierror.As(err)
			if e == nil || e.Kind != apierror.Conflict || stored.PushRepository || s.Projects[0].Push {
				t.Fatalf("got %+v, %v", stored, err)
			}
			note := map[bool]string{true: "again as they were", false: "look after them by hand"}[known]
			if !strings.Contains(e.Note, "the project with id 2") || !strings.Contains(e.Note, note) || s.Projects[1].Push == known {
				t.Errorf("got %q, and push is %t", e.Note, s.Projects[1].Push)
			}
		})
	}
	t.Run("the other's settings were written just now", func(t *testing.T) {
		t.Parallel()
		s := gitlabtest.NewStub(t, gitlabtest.Numbered(2)...)
		client := connect(s)
		if _, err := client.UpdateSettings(t.Context(), gitlabtest.Target(2), allowlists.SettingsChange{PushRepository: &on}); err != nil {
			t.Fatal(err)
		}
		s.During("UpdateSettings", func() { s.During("UpdateSettings", func() {}); s.Swap(1, 2) })
		_, err := client.UpdateSettings(t.Context(), gitlabtest.Target(1), allowlists.SettingsChange{PushRepository: &off})
		if e, _ := apierror.As(err); e == nil || !strings.Contains(e.Note, "again as they were") || !s.Projects[1].Push {
			t.Errorf("got %v, and push is %t", err, s.Projects[1].Push)
		}
	})
	t.Run("a rename is followed", func(t *testing.T) {
		t.Parallel()
		s := gitlabtest.NewStub(t, gitlabtest.Numbered(1)...)
		s.On("UpdateSettings", func(_ gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
			s.Projects[0].Path = "acme/renamed"
			return usual()
		})
		stored, err := connect(s).UpdateSettings(t.Context(), gitlabtest.Target(1), allowlists.SettingsChange{PushRepository: &on})
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
		change        allowlists.SettingsChange
		order         []string
	}{
		"the list goes on":       {false, true, allowlists.SettingsChange{InboundAllowlist: &on, PushRepository: &off}, []string{gitlabtest.Switching, "UpdateSettings"}},
		"push goes off":          {true, true, allowlists.SettingsChange{InboundAllowlist: &off, PushRepository: &off}, []string{"UpdateSettings", gitlabtest.Switching}},
		"both make access wider": {true, false, allowlists.SettingsChange{InboundAllowlist: &off, PushRepository: &on}, []string{gitlabtest.Switching, "UpdateSettings"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := gitlabtest.NewStub(t, gitlabtest.Numbered(1)...)
			s.Projects[0].Inbound, s.Projects[0].Push = c.inbound, c.push
			change, order := c.change, append([]string{"ProjectSnapshots"}, c.order...)
			s.On(order[2], forbidden)
			stored, err := connect(s).UpdateSettings(t.Context(), gitlabtest.Target(1), change)
			if !apierror.Is(err, apierror.Forbidden) || stored.InboundAllowlist != s.Projects[0].Inbound || stored.PushRepository != s.Projects[0].Push {
				t.Errorf("got %+v, %v", stored, err)
			}
			if (stored.InboundAllowlist != c.inbound) == (stored.PushRepository != c.push) {
				t.Errorf("not just the first half is written: %+v", stored)
			}
			if got := s.Names(); !slices.Equal(got, order) {
				t.Errorf("sent %v, want %v", got, order)
			}
		})
	}
}

func TestSettingsAfterLostAnswers(t *testing.T) {
	t.Parallel()
	on, off := true, false
	for _, done := range []bool{true, false} {
		for route, change := range map[string]allowlists.SettingsChange{gitlabtest.Switching: {InboundAllowlist: &off}, "UpdateSettings": {PushRepository: &on}} {
			t.Run(fmt.Sprint(route, done), func(t *testing.T) {
				t.Parallel()
				s := gitlabtest.NewStub(t, gitlabtest.Numbered(1)...).On(route, func(_ gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
					if done {
						usual()
					}
					return gitlabtest.Reply{Cut: true}
				})
				stored, err := connect(s).UpdateSettings(t.Context(), gitlabtest.Target(1), change)
				if done != (err == nil) || stored.InboundAllowlist != s.Projects[0].Inbound || stored.PushRepository != s.Projects[0].Push {
					t.Errorf("got %+v, %v", stored, err)
				}
				s.WantRequests(route, 1)
			})
		}
	}
}
