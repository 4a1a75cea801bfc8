package gitlab_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/documents"
)

func add(to gitlab.Target, names ...string) gitlab.Change {
	return gitlab.Change{Action: gitlab.Add, Target: to, Permissions: granting(names)}
}

func set(to gitlab.Target, names ...string) gitlab.Change {
	return gitlab.Change{Action: gitlab.SetPermissions, Target: to, Permissions: granting(names)}
}

func remove(from gitlab.Target) gitlab.Change {
	return gitlab.Change{Action: gitlab.Remove, Target: from}
}

func granting(names []string) gitlab.Permissions {
	if len(names) == 0 {
		return gitlab.DefaultPermissions()
	}
	return gitlab.FineGrained(names...)
}

func group(id int64) gitlab.Target {
	return gitlab.Target{Kind: gitlab.KindGroup, ID: id, Path: fmt.Sprintf("acme/g%d", id)}
}

// changing is a stub of a list of project 1, and of the projects and groups that may come onto it.
func changing(t *testing.T, entries ...*stubEntry) *stub {
	t.Helper()
	projects := numbered(60)
	projects[0].entries = entries
	s := newStub(t, projects...)
	s.groups = []*stubGroup{{id: 101, path: "acme/g101"}, {id: 102, path: "acme/g102"}}
	return s
}

// change carries changes out on project 1 and checks that each is answered, in order.
func change(t *testing.T, client *gitlab.Client, changes ...gitlab.Change) []*apierror.Error {
	t.Helper()
	results := client.ChangeAllowlist(t.Context(), target(1), changes)
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

func (s *stub) wantList(want ...string) {
	s.t.Helper()
	if got := s.list(1); !slices.Equal(got, want) {
		s.t.Errorf("the list holds %v, want %v", got, want)
	}
}

func TestNoChangesSendNothing(t *testing.T) {
	t.Parallel()
	s := changing(t)
	if results := s.client().ChangeAllowlist(t.Context(), target(1), nil); len(results) > 0 || len(s.names()) > 0 {
		t.Errorf("got %v after %v", results, s.names())
	}
}

func TestChangesAreOrdered(t *testing.T) {
	t.Parallel()
	s := changing(t, onList(2), onList(3), &stubEntry{kind: gitlab.KindGroup, id: 101, path: "acme/g101", isDefault: true})
	client := s.client()
	readAll(t, client, 1)
	errs := change(t, client, remove(group(101)), remove(target(2)), set(target(3), "read_jobs"), add(target(4)), add(group(102), "admin_jobs", "read_packages"))
	wantKinds(t, errs, 0, 0, 0, 0, 0)
	s.wantList("group 102: admin_jobs,read_packages", "project 3: read_jobs", "project 4: default")
	// The list as it was is known from the first read.
	want := []string{
		"ProjectSnapshots", "ProjectReferencesByID", "GroupReferencesByID", "AddEntries", "AddEntries", "SetPermissions",
		removing(group(101)), removing(target(2)),
	}
	if got := s.names(); !slices.Equal(got, want) {
		t.Errorf("sent %v, want %v", got, want)
	}
}

func TestWhatAWriteSends(t *testing.T) {
	t.Parallel()
	s := changing(t, onList(3))
	none := gitlab.Change{Action: gitlab.Add, Target: target(4), Permissions: gitlab.FineGrained()}
	change(t, s.client(), add(target(2)), none, set(target(3), "read_jobs", "admin_packages"))
	inputs := func(name string) []any {
		sent := []any{}
		for _, r := range s.asked(name) {
			for at := range len(r.variables) {
				sent = append(sent, r.variables[documents.Input(at)])
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
	var adds, removes []gitlab.Change
	for id := int64(2); id <= 46; id++ {
		adds = append(adds, add(target(id)))
		removes = append(removes, remove(target(id)))
	}
	client := s.client()
	for name, changes := range map[string][]gitlab.Change{"AddEntries": adds} {
		change(t, client, changes...)
		sizes := []int{}
		for _, r := range s.asked(name) {
			sizes = append(sizes, len(r.variables))
		}
		if !slices.Equal(sizes, []int{20, 20, 5}) {
			t.Errorf("%s in batches of %v", name, sizes)
		}
	}
	if got := len(s.list(1)); got != 45 {
		t.Errorf("the list holds %d entries", got)
	}
	change(t, client, removes...)
	s.wantList()
	s.wantRequests("RemoveProjects", 3)
}

func TestRefusalsAreGivenToTheirEntries(t *testing.T) {
	t.Parallel()
	const unreadable = "The target_project that you are attempting to access does not exist or you don't have permission to perform this action"
	s := changing(t, onList(5), onList(6))
	refuse := func(message string, paths ...string) override {
		return func(r request, _ func() reply) reply {
			return s.aliased(r, func(raw any) any {
				in := inputOf(raw)
				if slices.Contains(paths, in.text("targetPath")) {
					return refused(message)
				}
				return s.add(raw)
			})
		}
	}
	s.on("AddEntries", refuse(unreadable, "acme/p3"))
	s.on(removing(target(6)), func(request, func() reply) reply {
		return refusal(403, "403 Forbidden - Insufficient permissions to modify the job token scope")
	})
	errs := change(t, s.client(), add(target(2)), add(target(3)), add(target(4)), remove(target(5)), remove(target(6)), set(target(7)))
	wantKinds(t, errs, 0, apierror.NotFound, 0, 0, apierror.Forbidden, apierror.NotFound)
	if errs[1] != nil && errs[1].Words != unreadable {
		t.Errorf("GitLab's words are lost: %q", errs[1].Words)
	}
	s.wantList("project 2: default", "project 4: default", "project 6: default")
}

func TestErrorOfOneAlias(t *testing.T) {
	t.Parallel()
	s := changing(t)
	s.on("AddEntries", func(r request, _ func() reply) reply {
		return s.aliased(r, func(raw any) any {
			if inputOf(raw).text("targetPath") == "acme/p3" {
				return notAccessible // a string is an error at the top, with the field null
			}
			return s.add(raw)
		})
	})
	errs := change(t, s.client(), add(target(2)), add(target(3)), add(target(4)))
	wantKinds(t, errs, 0, apierror.NotFound, 0)
	if errs[1] != nil && errs[1].Words != notAccessible {
		t.Errorf("GitLab's words are lost: %q", errs[1].Words)
	}
	s.wantList("project 2: default", "project 4: default")
}

func TestChangeWithoutAnAnswerOfItsOwn(t *testing.T) {
	t.Parallel()
	s := changing(t, onList(2))
	s.on("SetPermissions", func(request, func() reply) reply { return data(map[string]any{"result0": nil}) })
	errs := change(t, s.client(), set(target(2), "read_jobs"))
	wantKinds(t, errs, apierror.Invalid)
}

func TestRefusedRequestIsTheErrorOfItsBatch(t *testing.T) {
	t.Parallel()
	s := changing(t, onList(4))
	s.on("AddEntries", func(request, func() reply) reply {
		return reply{status: http.StatusForbidden, body: map[string]any{"errors": []any{problem("API not accessible for user")}}}
	})
	errs := change(t, s.client(), add(target(2)), add(target(3)), remove(target(4)))
	wantKinds(t, errs, apierror.Forbidden, apierror.Forbidden, 0)
	s.wantRequests("AddEntries", 1)
}

func TestEntryThatIsThereIsAdopted(t *testing.T) {
	t.Parallel()
	s := changing(t, onList(2, "admin_jobs"), &stubEntry{kind: gitlab.KindGroup, id: 101, path: "acme/g101", isDefault: true})
	errs := change(t, s.client(), add(target(2), "read_packages"), add(group(101), "read_jobs"), add(target(3)))
	wantKinds(t, errs, 0, 0, 0)
	s.wantList("group 101: read_jobs", "project 2: read_packages", "project 3: default")
}

func TestEntryThatIsGoneIsDone(t *testing.T) {
	t.Parallel()
	s := changing(t, onList(2))
	errs := change(t, s.client(), remove(target(2)), remove(target(3)), remove(group(101)))
	wantKinds(t, errs, 0, 0, 0)
	s.wantList()
}

func TestPermissionsOfAnEntryThatIsGone(t *testing.T) {
	t.Parallel()
	s := changing(t)
	errs := change(t, s.client(), set(target(2), "read_jobs"))
	wantKinds(t, errs, apierror.NotFound)
	s.wantList()
}

// ignoring is a GitLab on which fine-grained permissions are not active: what is added gets the
// default ones.
func (s *stub) ignoring() override {
	return func(r request, _ func() reply) reply {
		return s.aliased(r, func(raw any) any {
			in := inputOf(raw)
			in["defaultPermissions"] = true
			return s.add(raw)
		})
	}
}

func TestWiderEntryIsTakenBackAtOnce(t *testing.T) {
	t.Parallel()
	s := changing(t)
	s.on("AddEntries", s.ignoring())
	errs := change(t, s.client(), add(target(2), "read_jobs"), add(target(3)), add(group(101), "read_jobs"))
	wantKinds(t, errs, apierror.Unsupported, 0, apierror.Unsupported)
	wantNote(t, errs[0], "default permissions instead of read_jobs", "again as it was before")
	s.wantList("project 3: default")
}

func TestWiderEntryThatStaysIsReported(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		answer override
		reason string
	}{
		"refused": {func(request, func() reply) reply { return refusal(400, "400 Bad request - No.") }, "No."},
		"lost":    {func(request, func() reply) reply { return reply{cut: true} }, "closed before an answer"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := changing(t)
			s.on("AddEntries", s.ignoring()).on(removing(target(2)), c.answer)
			errs := change(t, s.client(), add(target(2), "read_jobs"))
			wantKinds(t, errs, apierror.Unsupported)
			wantNote(t, errs[0], "could not be taken back", "look after the entry by hand", c.reason)
			if errs[0] != nil && strings.Contains(errs[0].Note, "as it was before") {
				t.Errorf("an entry that stays is said to be taken back: %q", errs[0].Note)
			}
			s.wantList("project 2: default")
			s.wantRequests(removing(target(2)), 1)
		})
	}
}

func TestWiderPermissionsAreReported(t *testing.T) {
	t.Parallel()
	s := changing(t, onList(2))
	s.on("SetPermissions", func(r request, _ func() reply) reply {
		return s.aliased(r, func(any) any { return stored(s.project(1), s.project(1).entries[0]) })
	})
	errs := change(t, s.client(), set(target(2), "read_jobs"))
	wantKinds(t, errs, apierror.Unsupported)
	wantNote(t, errs[0], "default permissions instead of read_jobs", "again as it was before")
	s.wantRequests("SetPermissions", 1)
	s.wantRequests(removing(target(2)), 0)
	s.wantList("project 2: default") // it was there before, and so it stays
}

// widening is a GitLab that stores default permissions in place of others, so often.
func (s *stub) widening(times int) override {
	return func(r request, _ func() reply) reply {
		return s.aliased(r, func(raw any) any {
			if times > 0 {
				times--
				inputOf(raw)["defaultPermissions"] = true
			}
			return s.set(raw)
		})
	}
}

func TestWidenedEntryGetsItsFormerPermissionsBack(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		change  gitlab.Change
		times   int
		note    string
		list    string
		written int
	}{
		"set":                {set(target(2), "read_jobs"), 1, "again as it was before", "project 2: read_packages", 2},
		"added, being there": {add(target(2), "read_jobs"), 1, "again as it was before", "project 2: read_packages", 2},
		"widened again": {
			set(target(2), "read_jobs"), 2, "could not be taken back (GitLab stored default permissions instead of read_packages)", "project 2: default", 2,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := changing(t, onList(2, "read_packages"))
			s.on("SetPermissions", s.widening(c.times))
			errs := change(t, s.client(), c.change)
			wantKinds(t, errs, apierror.Unsupported)
			wantNote(t, errs[0], "default permissions instead of read_jobs", c.note)
			s.wantRequests("SetPermissions", c.written)
			s.wantRequests(removing(target(2)), 0)
			s.wantList(c.list)
		})
	}
}

// What a stored permission is called that GitLab no longer knows cannot be written back.
func TestWidenedEntryOfUnreadablePermissions(t *testing.T) {
	t.Parallel()
	s := changing(t, onList(2, "read_packages"))
	s.projects[0].spoiled = true
	s.on("SetPermissions", s.widening(1))
	errs := change(t, s.client(), set(target(2), "read_jobs"))
	wantKinds(t, errs, apierror.Unsupported)
	wantNote(t, errs[0], "could not be taken back (its former permissions are not known)")
	s.wantRequests("SetPermissions", 1)
}

func TestEntryOfAnotherTargetIsTakenBack(t *testing.T) {
	t.Parallel()
	s := changing(t)
	s.during("AddEntries", func() { s.projects[1].id = 77 }) // acme/p2 was deleted, and someone else took its path
	errs := change(t, s.client(), add(target(2)), add(target(3)))
	wantKinds(t, errs, apierror.Conflict, 0)
	wantNote(t, errs[0], "acme/p2 now belongs to the project with id 77", "again as it was before")
	s.wantList("project 3: default")
}

// Names that GitLab drops may mean that it binds none of them: such an entry is not kept.
func TestNarrowerEntryIsTakenBack(t *testing.T) {
	t.Parallel()
	s := changing(t)
	s.on("AddEntries", func(r request, _ func() reply) reply {
		return s.aliased(r, func(raw any) any {
			inputOf(raw)["jobTokenPolicies"] = []any{"READ_JOBS"}
			return s.add(raw)
		})
	})
	errs := change(t, s.client(), add(target(2), "admin_jobs"))
	wantKinds(t, errs, apierror.Unsupported)
	wantNote(t, errs[0], "fine-grained permissions are not active there", "again as it was before")
	s.wantList()
}

func TestEntryWithOtherPermissionsIsTakenBack(t *testing.T) {
	t.Parallel()
	s := changing(t)
	s.on("AddEntries", func(r request, _ func() reply) reply {
		return s.aliased(r, func(raw any) any {
			inputOf(raw)["jobTokenPolicies"] = []any{"READ_PACKAGES"}
			return s.add(raw)
		})
	})
	errs := change(t, s.client(), add(target(2), "read_jobs"))
	wantKinds(t, errs, apierror.Unsupported)
	s.wantList()
}

func TestReadDuringAWriteIsNotKept(t *testing.T) {
	t.Parallel()
	s := changing(t)
	client := s.client()
	s.during("AddEntries", func() {
		if got := readAll(t, client, 1)[1]; len(got.Projects) > 0 {
			t.Errorf("before the write the list holds %v", got.Projects)
		}
	})
	wantKinds(t, change(t, client, add(target(2))), 0)
	if got := readAll(t, client, 1)[1]; len(got.Projects) != 1 {
		t.Errorf("after the write the list holds %v", got.Projects)
	}
}
