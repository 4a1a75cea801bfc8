package gitlab_test

import (
	"slices"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/documents"
)

// losing loses the first answers to an operation, after the write was done for the first of its
// inputs: how many of them tells done.
func (s *stub) losing(times, done int, write func(raw any) any) override {
	return func(r request, usual func() reply) reply {
		if times == 0 {
			return usual()
		}
		times--
		for at := range min(done, len(r.variables)) {
			write(r.variables[documents.Input(at)])
		}
		return reply{cut: true}
	}
}

// targets are the targets that each request of an operation named.
func (s *stub) targets(name string) [][]string {
	var requests [][]string
	for _, r := range s.asked(name) {
		var paths []string
		for at := range len(r.variables) {
			in := inputOf(r.variables[documents.Input(at)])
			paths = append(paths, in.text("targetPath")+in.text("targetProjectPath")+in.text("targetGroupPath"))
		}
		requests = append(requests, paths)
	}
	return requests
}

func (s *stub) wantTargets(name string, want ...[]string) {
	s.t.Helper()
	if got := s.targets(name); !slices.EqualFunc(got, want, slices.Equal) {
		s.t.Errorf("%s was sent for %v, want %v", name, got, want)
	}
}

func TestLostAnswerToAnAdd(t *testing.T) {
	t.Parallel()
	s := changing(t)
	s.on("AddEntries", s.losing(1, 2, s.add))
	client := s.client(retrying)
	readAll(t, client, 1)
	errs := change(t, client, add(target(2)), add(target(3), "read_jobs"), add(target(4)), add(target(5)))
	wantKinds(t, errs, 0, 0, 0, 0)
	s.wantTargets("AddEntries", []string{"acme/p2", "acme/p3", "acme/p4", "acme/p5"}, []string{"acme/p4", "acme/p5"})
	s.wantRequests("ProjectSnapshots", 2) // before the write, and to find out what became of it
	s.wantList("project 2: default", "project 3: read_jobs", "project 4: default", "project 5: default")
}

func TestLostAnswerAfterAllWasDone(t *testing.T) {
	t.Parallel()
	s := changing(t, onList(2), onList(3))
	s.on("AddEntries", s.losing(1, 9, s.add))
	s.on("SetPermissions", s.losing(1, 9, s.set))
	s.on(removing(target(3)), func(_ request, usual func() reply) reply { usual(); return reply{cut: true} })
	errs := change(t, s.client(retrying), add(target(4)), set(target(2), "read_jobs"), remove(target(3)))
	wantKinds(t, errs, 0, 0, 0)
	s.wantTargets("AddEntries", []string{"acme/p4"})
	s.wantTargets("SetPermissions", []string{"acme/p2"})
	s.wantRequests(removing(target(3)), 1)
	s.wantList("project 2: read_jobs", "project 4: default")
}

func TestLostAnswerAfterNothingWasDone(t *testing.T) {
	t.Parallel()
	s := changing(t, onList(2), &stubEntry{kind: gitlab.KindGroup, id: 101, path: "acme/g101", isDefault: true})
	s.on(removing(group(101)), s.losing(1, 0, nil))
	errs := change(t, s.client(retrying), remove(group(101)), remove(target(2)))
	wantKinds(t, errs, 0, 0)
	s.wantRequests(removing(target(2)), 1)
	s.wantRequests(removing(group(101)), 2)
	s.wantList()
}

func TestRemovalWaitsForTheLostAnswerOfAnAdd(t *testing.T) {
	t.Parallel()
	s := changing(t, onList(2))
	s.on("AddEntries", s.losing(1, 0, nil))
	errs := change(t, s.client(retrying), remove(target(2)), add(target(3)))
	wantKinds(t, errs, 0, 0)
	want := []string{"ProjectSnapshots", "ProjectReferencesByID", "AddEntries", "ProjectSnapshots", "AddEntries", removing(target(2))}
	if got := s.names(); !slices.Equal(got, want) {
		t.Errorf("sent %v, want %v", got, want)
	}
}

func TestAnswersThatAreAlwaysLost(t *testing.T) {
	t.Parallel()
	s := changing(t, onList(9))
	s.on("AddEntries", s.losing(100, 0, nil))
	errs := change(t, s.client(retrying), add(target(2)), remove(target(9)))
	wantKinds(t, errs, apierror.Unavailable, apierror.Unavailable)
	if errs[0] != nil && !errs[0].Uncertain {
		t.Error("it is not said that the change may have been made")
	}
	// Whoever is to have access has it before anyone loses it.
	s.wantRequests(removing(target(9)), 0)
	s.wantList("project 9: default")
	if got := len(s.asked("AddEntries")); got > 4 {
		t.Errorf("sent %d times", got)
	}
}

func TestListThatCannotBeReadAfterALostAnswer(t *testing.T) {
	t.Parallel()
	s := changing(t)
	s.on("AddEntries", s.losing(1, 1, s.add)).on("ProjectSnapshots", func(_ request, usual func() reply) reply {
		if len(s.seen) > 0 && slices.ContainsFunc(s.seen, func(r request) bool { return r.name == "AddEntries" }) {
			return internalError()
		}
		return usual()
	})
	errs := change(t, s.client(), add(target(2)), add(target(3)))
	wantKinds(t, errs, apierror.Unavailable, apierror.Unavailable)
	for i, e := range errs {
		if e != nil && !e.Uncertain {
			t.Errorf("change %d: it is not said that it may have been made", i)
		}
	}
	s.wantRequests("AddEntries", 1)
}

func TestListIsReadAfreshAfterALostAnswer(t *testing.T) {
	t.Parallel()
	s := changing(t)
	client := s.client(retrying)
	readAll(t, client, 1)
	s.on("AddEntries", s.losing(1, 1, s.add))
	errs := change(t, client, add(target(2)))
	wantKinds(t, errs, 0)
	s.wantRequests("AddEntries", 1)
	if got := readAll(t, client, 1)[1]; len(got.Projects) != 1 {
		t.Errorf("the next read gives %+v", got.Projects)
	}
}
