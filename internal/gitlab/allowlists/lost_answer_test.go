package allowlists_test

import (
	"slices"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/gitlabtest"
)

func TestLostAnswerToAnAdd(t *testing.T) {
	t.Parallel()
	s := changing(t)
	s.On("AddEntries", s.Losing(1, 2, s.Add))
	client := connect(s, gitlabtest.Retrying)
	readAll(t, client, 1)
	errs := change(t, client, add(gitlabtest.Target(2)), add(gitlabtest.Target(3), "read_jobs"), add(gitlabtest.Target(4)), add(gitlabtest.Target(5)))
	wantKinds(t, errs, 0, 0, 0, 0)
	s.WantTargets("AddEntries", []string{"acme/p2", "acme/p3", "acme/p4", "acme/p5"}, []string{"acme/p4", "acme/p5"})
	s.WantRequests("ProjectSnapshots", 2) // before the write, and to find out what became of it
	s.WantList("project 2: default", "project 3: read_jobs", "project 4: default", "project 5: default")
}

func TestLostAnswerAfterAllWasDone(t *testing.T) {
	t.Parallel()
	s := changing(t, gitlabtest.OnList(2), gitlabtest.OnList(3))
	s.On("AddEntries", s.Losing(1, 9, s.Add))
	s.On("SetPermissions", s.Losing(1, 9, s.Set))
	s.On(gitlabtest.Removing(gitlabtest.Target(3)), func(_ gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
		usual()
		return gitlabtest.Reply{Cut: true}
	})
	errs := change(t, connect(s, gitlabtest.Retrying), add(gitlabtest.Target(4)), set(gitlabtest.Target(2), "read_jobs"), remove(gitlabtest.Target(3)))
	wantKinds(t, errs, 0, 0, 0)
	s.WantTargets("AddEntries", []string{"acme/p4"})
	s.WantTargets("SetPermissions", []string{"acme/p2"})
	s.WantRequests(gitlabtest.Removing(gitlabtest.Target(3)), 1)
	s.WantList("project 2: read_jobs", "project 4: default")
}

func TestLostAnswerAfterNothingWasDone(t *testing.T) {
	t.Parallel()
	s := changing(t, gitlabtest.OnList(2), &gitlabtest.Entry{Kind: gitlab.KindGroup, ID: 101, Path: "acme/g101", IsDefault: true})
	s.On(gitlabtest.Removing(gitlabtest.GroupTarget(101)), s.Losing(1, 0, nil))
	errs := change(t, connect(s, gitlabtest.Retrying), remove(gitlabtest.GroupTarget(101)), remove(gitlabtest.Target(2)))
	wantKinds(t, errs, 0, 0)
	s.WantRequests(gitlabtest.Removing(gitlabtest.Target(2)), 1)
	s.WantRequests(gitlabtest.Removing(gitlabtest.GroupTarget(101)), 2)
	s.WantList()
}

func TestRemovalWaitsForTheLostAnswerOfAnAdd(t *testing.T) {
	t.Parallel()
	s := changing(t, gitlabtest.OnList(2))
	s.On("AddEntries", s.Losing(1, 0, nil))
	errs := change(t, connect(s, gitlabtest.Retrying), remove(gitlabtest.Target(2)), add(gitlabtest.Target(3)))
	wantKinds(t, errs, 0, 0)
	want := []string{"ProjectSnapshots", "ProjectReferencesByID", "AddEntries", "ProjectSnapshots", "AddEntries", gitlabtest.Removing(gitlabtest.Target(2))}
	if got := s.Names(); !slices.Equal(got, want) {
		t.Errorf("sent %v, want %v", got, want)
	}
}

func TestAnswersThatAreAlwaysLost(t *testing.T) {
	t.Parallel()
	s := changing(t, gitlabtest.OnList(9))
	s.On("AddEntries", s.Losing(100, 0, nil))
	errs := change(t, connect(s, gitlabtest.Retrying), add(gitlabtest.Target(2)), remove(gitlabtest.Target(9)))
	wantKinds(t, errs, apierror.Unavailable, apierror.Unavailable)
	if errs[0] != nil && !errs[0].Uncertain {
		t.Error("it is not said that the change may have been made")
	}
	// Whoever is to have access has it before anyone loses it.
	s.WantRequests(gitlabtest.Removing(gitlabtest.Target(9)), 0)
	s.WantList("project 9: default")
	if got := len(s.Asked("AddEntries")); got > 4 {
		t.Errorf("sent %d times", got)
	}
}

func TestListThatCannotBeReadAfterALostAnswer(t *testing.T) {
	t.Parallel()
	s := changing(t)
	s.On("AddEntries", s.Losing(1, 1, s.Add)).On("ProjectSnapshots", func(_ gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
		if len(s.Seen) > 0 && slices.ContainsFunc(s.Seen, func(r gitlabtest.Request) bool { return r.Name == "AddEntries" }) {
			return gitlabtest.InternalError()
		}
		return usual()
	})
	errs := change(t, connect(s), add(gitlabtest.Target(2)), add(gitlabtest.Target(3)))
	wantKinds(t, errs, apierror.Unavailable, apierror.Unavailable)
	for i, e := range errs {
		if e != nil && !e.Uncertain {
			t.Errorf("change %d: it is not said that it may have been made", i)
		}
	}
	s.WantRequests("AddEntries", 1)
}

func TestListIsReadAfreshAfterALostAnswer(t *testing.T) {
	t.Parallel()
	s := changing(t)
	client := connect(s, gitlabtest.Retrying)
	readAll(t, client, 1)
	s.On("AddEntries", s.Losing(1, 1, s.Add))
	errs := change(t, client, add(gitlabtest.Target(2)))
	wantKinds(t, errs, 0)
	s.WantRequests("AddEntries", 1)
	if got := readAll(t, client, 1)[1]; len(got.Projects) != 1 {
		t.Errorf("the next read gives %+v", got.Projects)
	}
}
