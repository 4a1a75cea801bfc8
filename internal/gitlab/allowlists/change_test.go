package allowlists_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/documents"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/gitlabtest"
)

func add(to gitlab.Target, names ...string) allowlists.Change {
	return allowlists.Change{Action: allowlists.Add, Target: to, Permissions: granting(names)}
}

func set(to gitlab.Target, names ...string) allowlists.Change {
	return allowlists.Change{Action: allowlists.SetPermissions, Target: to, Permissions: granting(names)}
}

func granting(names []string) allowlists.Permissions {
	if len(names) == 0 {
		return allowlists.DefaultPermissions()
	}
	return allowlists.FineGrained(names...)
}

// changing is a stub of a list of project 1, and of the projects and groups that may come onto it.
func changing(t *testing.T, entries ...*gitlabtest.Entry) *gitlabtest.Stub {
	t.Helper()
	projects := gitlabtest.Numbered(60)
	projects[0].Entries = entries
	s := gitlabtest.NewStub(t, projects...)
	s.Groups = []*gitlabtest.Group{{ID: 101, Path: "acme/g101"}, {ID: 102, Path: "acme/g102"}}
	return s
}

// change carries changes out on project 1 and checks that each is answered, in order.
func change(t *testing.T, client *services, changes ...allowlists.Change) []*apierror.Error {
	t.Helper()
	results := client.Change(t.Context(), gitlabtest.Target(1), changes)
	if len(results) != len(changes) {
		t.Fatalf("%d results for %d changes", len(results), len(changes))
	}
	errs := make([]*apierror.Error, len(results))
	for i, result := range results {
		if got, want := result.Change, changes[i]; got.Action != want.Action || got.Target.Kind != want.Target.Kind || got.Target.ID != want.Target.ID {
			t.Errorf("result %d is about %v", i, got)
		}
		if result.Err == nil {
			continue
		}
		e, ok := apierror.As(result.Err)
		if !ok {
			t.Fatalf("result %d is no error of the client: %v", i, result.Err)
		}
		if e.Target != "project acme/p1 (id 1)" || !strings.Contains(e.Doing, fmt.Sprintf("(id %d)", changes[i].Target.ID)) {
			t.Errorf("result %d does not name list and entry: %q, %q", i, e.Doing, e.Target)
		}
		errs[i] = e
	}
	return errs
}

// wantKinds checks the kind of each error; 0 stands for none.
func wantKinds(t *testing.T, errs []*apierror.Error, kinds ...apierror.Kind) {
	t.Helper()
	for i, e := range errs {
		kind := apierror.Kind(0)
		if e != nil {
			kind = e.Kind
		}
		if kind != kinds[i] {
			t.Errorf("change %d gives %v, want kind %v", i, e, kinds[i])
		}
	}
}

// wantNote checks what the client itself has to say, beside GitLab's own words, of which there are none.
func wantNote(t *testing.T, e *apierror.Error, parts ...string) {
	t.Helper()
	if e == nil {
		return // wantKinds tells
	}
	for _, part := range parts {
		if !strings.Contains(e.Note, part) {
			t.Errorf("%q does not say %q", e.Note, part)
		}
	}
	if e.Words != "" {
		t.Errorf("words are put into GitLab's mouth: %q", e.Words)
	}
}

func TestNoChangesSendNothing(t *testing.T) {
	t.Parallel()
	s := changing(t)
	if results := connect(s).Change(t.Context(), gitlabtest.Target(1), nil); len(results) > 0 || len(s.Names()) > 0 {
		t.Errorf("got %v after %v", results, s.Names())
	}
}

func TestChangesAreOrdered(t *testing.T) {
	t.Parallel()
	s := changing(t, gitlabtest.OnList(2), gitlabtest.OnList(3), &gitlabtest.Entry{Kind: gitlab.KindGroup, ID: 101, Path: "acme/g101", IsDefault: true})
	client := connect(s)
	readAll(t, client, 1)
	errs := change(t, client, remove(gitlabtest.GroupTarget(101)), remove(gitlabtest.Target(2)), set(gitlabtest.Target(3), "read_jobs"), add(gitlabtest.Target(4)), add(gitlabtest.GroupTarget(102), "admin_jobs", "read_packages"))
	wantKinds(t, errs, 0, 0, 0, 0, 0)
	s.WantList("group 102: admin_jobs,read_packages", "project 3: read_jobs", "project 4: default")
	// The list as it was is known from the first read.
	want := []string{
		"ProjectSnapshots", "ProjectReferencesByID", "GroupReferencesByID", "AddEntries", "AddEntries", "SetPermissions",
		gitlabtest.Removing(gitlabtest.GroupTarget(101)), gitlabtest.Removing(gitlabtest.Target(2)),
	}
	if got := s.Names(); !slices.Equal(got, want) {
		t.Errorf("sent %v, want %v", got, want)
	}
}

func TestWhatAWriteSends(t *testing.T) {
	t.Parallel()
	s := changing(t, gitlabtest.OnList(3))
	none := allowlists.Change{Action: allowlists.Add, Target: gitlabtest.Target(4), Permissions: allowlists.FineGrained()}
	change(t, connect(s), add(gitlabtest.Target(2)), none, set(gitlabtest.Target(3), "read_jobs", "admin_packages"))
	inputs := func(name string) []any {
		sent := []any{}
		for _, r := range s.Asked(name) {
			for at := range len(r.Variables) {
				sent = append(sent, r.Variables[documents.Input(at)])
			}
		}
		return sent
	}
	want := []any{
		map[string]any{"projectPath": "acme/p1", "targetPath": "acme/p2", "defaultPermissions": true, "jobTokenPolicies": []any{}},
		map[string]any{"projectPath": "acme/p1", "targetPath": "acme/p4", "defaultPermissions": false, "jobTokenPolicies": []any{}},
	}
	if got := inputs("AddEntries"); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("added with %v", got)
	}
	want = []any{map[string]any{
		"projectPath": "acme/p1", "targetPath": "acme/p3", "defaultPermissions": false,
		"jobTokenPolicies": []any{"ADMIN_PACKAGES", "READ_JOBS"},
	}}
	if got := inputs("SetPermissions"); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("set with %v", got)
	}
}

func TestChangesGoInBatches(t *testing.T) {
	t.Parallel()
	s := changing(t)
	var adds, removes []allowlists.Change
	for id := int64(2); id <= 46; id++ {
		adds = append(adds, add(gitlabtest.Target(id)))
		removes = append(removes, remove(gitlabtest.Target(id)))
	}
	client := connect(s)
	for name, changes := range map[string][]allowlists.Change{"AddEntries": adds} {
		change(t, client, changes...)
		sizes := []int{}
		for _, r := range s.Asked(name) {
			sizes = append(sizes, len(r.Variables))
		}
		if !slices.Equal(sizes, []int{20, 20, 5}) {
			t.Errorf("%s in batches of %v", name, sizes)
		}
	}
	if got := len(s.List(1)); got != 45 {
		t.Errorf("the list holds %d entries", got)
	}
	change(t, client, removes...)
	s.WantList()
	s.WantRequests("RemoveProjects", 3)
}

func TestRefusalsAreGivenToTheirEntries(t *testing.T) {
	t.Parallel()
	const unreadable = "The target_project that you are attempting to access does not exist or you don't have permission to perform this action"
	s := changing(t, gitlabtest.OnList(5), gitlabtest.OnList(6))
	refuse := func(message string, paths ...string) gitlabtest.Override {
		return func(r gitlabtest.Request, _ func() gitlabtest.Reply) gitlabtest.Reply {
			return s.Aliased(r, func(raw any) any {
				in := gitlabtest.InputOf(raw)
				if slices.Contains(paths, in.Text("targetPath")) {
					return gitlabtest.Refused(message)
				}
				return s.Add(raw)
			})
		}
	}
	s.On("AddEntries", refuse(unreadable, "acme/p3"))
	s.On(gitlabtest.Removing(gitlabtest.Target(6)), func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
		return gitlabtest.Refusal(403, "403 Forbidden - Insufficient permissions to modify the job token scope")
	})
	errs := change(t, connect(s), add(gitlabtest.Target(2)), add(gitlabtest.Target(3)), add(gitlabtest.Target(4)), remove(gitlabtest.Target(5)), remove(gitlabtest.Target(6)), set(gitlabtest.Target(7)))
	wantKinds(t, errs, 0, apierror.NotFound, 0, 0, apierror.Forbidden, apierror.NotFound)
	if errs[1] != nil && errs[1].Words != unreadable {
		t.Errorf("GitLab's words are lost: %q", errs[1].Words)
	}
	s.WantList("project 2: default", "project 4: default", "project 6: default")
}

func TestErrorOfOneAlias(t *testing.T) {
	t.Parallel()
	s := changing(t)
	s.On("AddEntries", func(r gitlabtest.Request, _ func() gitlabtest.Reply) gitlabtest.Reply {
		return s.Aliased(r, func(raw any) any {
			if gitlabtest.InputOf(raw).Text("targetPath") == "acme/p3" {
				return gitlabtest.NotAccessible // a string is an error at the top, with the field null
			}
			return s.Add(raw)
		})
	})
	errs := change(t, connect(s), add(gitlabtest.Target(2)), add(gitlabtest.Target(3)), add(gitlabtest.Target(4)))
	wantKinds(t, errs, 0, apierror.NotFound, 0)
	if errs[1] != nil && errs[1].Words != gitlabtest.NotAccessible {
		t.Errorf("GitLab's words are lost: %q", errs[1].Words)
	}
	s.WantList("project 2: default", "project 4: default")
}

func TestChangeWithoutAnAnswerOfItsOwn(t *testing.T) {
	t.Parallel()
	s := changing(t, gitlabtest.OnList(2))
	s.On("SetPermissions", func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
		return gitlabtest.Data(map[string]any{"result0": nil})
	})
	errs := change(t, connect(s), set(gitlabtest.Target(2), "read_jobs"))
	wantKinds(t, errs, apierror.Invalid)
}

func TestRefusedRequestIsTheErrorOfItsBatch(t *testing.T) {
	t.Parallel()
	s := changing(t, gitlabtest.OnList(4))
	s.On("AddEntries", func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
		return gitlabtest.Reply{Status: http.StatusForbidden, Body: map[string]any{"errors": []any{gitlabtest.Problem("API not accessible for user")}}}
	})
	errs := change(t, connect(s), add(gitlabtest.Target(2)), add(gitlabtest.Target(3)), remove(gitlabtest.Target(4)))
	wantKinds(t, errs, apierror.Forbidden, apierror.Forbidden, 0)
	s.WantRequests("AddEntries", 1)
}

func TestEntryThatIsThereIsAdopted(t *testing.T) {
	t.Parallel()
	s := changing(t, gitlabtest.OnList(2, "admin_jobs"), &gitlabtest.Entry{Kind: gitlab.KindGroup, ID: 101, Path: "acme/g101", IsDefault: true})
	errs := change(t, connect(s), add(gitlabtest.Target(2), "read_packages"), add(gitlabtest.GroupTarget(101), "read_jobs"), add(gitlabtest.Target(3)))
	wantKinds(t, errs, 0, 0, 0)
	s.WantList("group 101: read_jobs", "project 2: read_packages", "project 3: default")
}

func TestEntryThatIsGoneIsDone(t *testing.T) {
	t.Parallel()
	s := changing(t, gitlabtest.OnList(2))
	errs := change(t, connect(s), remove(gitlabtest.Target(2)), remove(gitlabtest.Target(3)), remove(gitlabtest.GroupTarget(101)))
	wantKinds(t, errs, 0, 0, 0)
	s.WantList()
}

func TestPermissionsOfAnEntryThatIsGone(t *testing.T) {
	t.Parallel()
	s := changing(t)
	errs := change(t, connect(s), set(gitlabtest.Target(2), "read_jobs"))
	wantKinds(t, errs, apierror.NotFound)
	s.WantList()
}

func TestWiderEntryIsTakenBackAtOnce(t *testing.T) {
	t.Parallel()
	s := changing(t)
	s.On("AddEntries", s.Ignoring())
	errs := change(t, connect(s), add(gitlabtest.Target(2), "read_jobs"), add(gitlabtest.Target(3)), add(gitlabtest.GroupTarget(101), "read_jobs"))
	wantKinds(t, errs, apierror.Unsupported, 0, apierror.Unsupported)
	wantNote(t, errs[0], "default permissions instead of read_jobs", "again as it was before")
	s.WantList("project 3: default")
}

func TestWiderEntryThatStaysIsReported(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		answer gitlabtest.Override
		reason string
	}{
		"refused": {func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
			return gitlabtest.Refusal(400, "400 Bad request - No.")
		}, "No."},
		"lost": {func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply { return gitlabtest.Reply{Cut: true} }, "closed before an answer"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := changing(t)
			s.On("AddEntries", s.Ignoring()).On(gitlabtest.Removing(gitlabtest.Target(2)), c.answer)
			errs := change(t, connect(s), add(gitlabtest.Target(2), "read_jobs"))
			wantKinds(t, errs, apierror.Unsupported)
			wantNote(t, errs[0], "could not be taken back", "look after the entry by hand", c.reason)
			if errs[0] != nil && strings.Contains(errs[0].Note, "as it was before") {
				t.Errorf("an entry that stays is said to be taken back: %q", errs[0].Note)
			}
			s.WantList("project 2: default")
			s.WantRequests(gitlabtest.Removing(gitlabtest.Target(2)), 1)
		})
	}
}

func TestWiderPermissionsAreReported(t *testing.T) {
	t.Parallel()
	s := changing(t, gitlabtest.OnList(2))
	s.On("SetPermissions", func(r gitlabtest.Request, _ func() gitlabtest.Reply) gitlabtest.Reply {
		return s.Aliased(r, func(any) any { return gitlabtest.Stored(s.Project(1), s.Project(1).Entries[0]) })
	})
	errs := change(t, connect(s), set(gitlabtest.Target(2), "read_jobs"))
	wantKinds(t, errs, apierror.Unsupported)
	wantNote(t, errs[0], "default permissions instead of read_jobs", "again as it was before")
	s.WantRequests("SetPermissions", 1)
	s.WantRequests(gitlabtest.Removing(gitlabtest.Target(2)), 0)
	s.WantList("project 2: default") // it was there before, and so it stays
}

func TestWidenedEntryGetsItsFormerPermissionsBack(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		change  allowlists.Change
		times   int
		note    string
		list    string
		written int
	}{
		"set":                {set(gitlabtest.Target(2), "read_jobs"), 1, "again as it was before", "project 2: read_packages", 2},
		"added, being there": {add(gitlabtest.Target(2), "read_jobs"), 1, "again as it was before", "project 2: read_packages", 2},
		"widened again": {
			set(gitlabtest.Target(2), "read_jobs"), 2, "could not be taken back (GitLab stored default permissions instead of read_packages)", "project 2: default", 2,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := changing(t, gitlabtest.OnList(2, "read_packages"))
			s.On("SetPermissions", s.Widening(c.times))
			errs := change(t, connect(s), c.change)
			wantKinds(t, errs, apierror.Unsupported)
			wantNote(t, errs[0], "default permissions instead of read_jobs", c.note)
			s.WantRequests("SetPermissions", c.written)
			s.WantRequests(gitlabtest.Removing(gitlabtest.Target(2)), 0)
			s.WantList(c.list)
		})
	}
}

// What a stored permission is called that GitLab no longer knows cannot be written back.
func TestWidenedEntryOfUnreadablePermissions(t *testing.T) {
	t.Parallel()
	s := changing(t, gitlabtest.OnList(2, "read_packages"))
	s.Projects[0].Spoiled = true
	s.On("SetPermissions", s.Widening(1))
	errs := change(t, connect(s), set(gitlabtest.Target(2), "read_jobs"))
	wantKinds(t, errs, apierror.Unsupported)
	wantNote(t, errs[0], "could not be taken back (its former permissions are not known)")
	s.WantRequests("SetPermissions", 1)
}

func TestEntryOfAnotherTargetIsTakenBack(t *testing.T) {
	t.Parallel()
	s := changing(t)
	s.During("AddEntries", func() { s.Projects[1].ID = 77 }) // acme/p2 was deleted, and someone else took its path
	errs := change(t, connect(s), add(gitlabtest.Target(2)), add(gitlabtest.Target(3)))
	wantKinds(t, errs, apierror.Conflict, 0)
	wantNote(t, errs[0], "acme/p2 now belongs to the project with id 77", "again as it was before")
	s.WantList("project 3: default")
}

// Names that GitLab drops may mean that it binds none of them: such an entry is not kept.
func TestNarrowerEntryIsTakenBack(t *testing.T) {
	t.Parallel()
	s := changing(t)
	s.On("AddEntries", func(r gitlabtest.Request, _ func() gitlabtest.Reply) gitlabtest.Reply {
		return s.Aliased(r, func(raw any) any {
			gitlabtest.InputOf(raw)["jobTokenPolicies"] = []any{"READ_JOBS"}
			return s.Add(raw)
		})
	})
	errs := change(t, connect(s), add(gitlabtest.Target(2), "admin_jobs"))
	wantKinds(t, errs, apierror.Unsupported)
	wantNote(t, errs[0], "fine-grained permissions are not active there", "again as it was before")
	s.WantList()
}

func TestEntryWithOtherPermissionsIsTakenBack(t *testing.T) {
	t.Parallel()
	s := changing(t)
	s.On("AddEntries", func(r gitlabtest.Request, _ func() gitlabtest.Reply) gitlabtest.Reply {
		return s.Aliased(r, func(raw any) any {
			gitlabtest.InputOf(raw)["jobTokenPolicies"] = []any{"READ_PACKAGES"}
			return s.Add(raw)
		})
	})
	errs := change(t, connect(s), add(gitlabtest.Target(2), "read_jobs"))
	wantKinds(t, errs, apierror.Unsupported)
	s.WantList()
}

func TestReadDuringAWriteIsNotKept(t *testing.T) {
	t.Parallel()
	s := changing(t)
	client := connect(s)
	s.During("AddEntries", func() {
		if got := readAll(t, client, 1)[1]; len(got.Projects) > 0 {
			t.Errorf("before the write the list holds %v", got.Projects)
		}
	})
	wantKinds(t, change(t, client, add(gitlabtest.Target(2))), 0)
	if got := readAll(t, client, 1)[1]; len(got.Projects) != 1 {
		t.Errorf("after the write the list holds %v", got.Projects)
	}
}

func remove(from gitlab.Target) allowlists.Change {
	return allowlists.Change{Action: allowlists.Remove, Target: from}
}
