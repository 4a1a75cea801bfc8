package allowlists_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/gitlabtest"
)

// rename has an answer's project be another one.
func rename(from, to int64) gitlabtest.Override {
	return func(_ gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
		meant := usual()
		body, err := json.Marshal(meant.Body)
		if err != nil {
			panic(err)
		}
		text := strings.ReplaceAll(string(body), gitlabtest.Gid("Project", from)+`"`, gitlabtest.Gid("Project", to)+`"`)
		return gitlabtest.Text(200, text, "application/json")
	}
}

// An answer about another project than asked is refused.
func TestAnswerAboutAnotherProject(t *testing.T) {
	t.Parallel()
	t.Run("a snapshot", func(t *testing.T) {
		t.Parallel()
		s := gitlabtest.NewStub(t, gitlabtest.Numbered(1)...).On("ProjectSnapshots", rename(1, 66))
		_, err := connect(s).Project(t.Context(), 1)
		gitlabtest.WantError(t, err, apierror.Misdirected, "answered about project acme/p1 (id 66)")
	})
	t.Run("a further page", func(t *testing.T) {
		t.Parallel()
		projects := gitlabtest.Numbered(5)
		for id := range int64(4) {
			projects[0].Entries = append(projects[0].Entries, gitlabtest.OnList(id+2))
		}
		s := gitlabtest.NewStub(t, projects...).On("AllowlistPage", rename(1, 66))
		s.PageSize = 2
		_, err := connect(s).Project(t.Context(), 1)
		gitlabtest.WantError(t, err, apierror.Misdirected, "id 66")
	})
	t.Run("the log", func(t *testing.T) {
		t.Parallel()
		s := gitlabtest.NewStub(t).On("AuthenticationLog", func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
			return logPage("")
		})
		_, err := connect(s).AuthenticationLog(t.Context(), gitlabtest.Target(2))
		gitlabtest.WantError(t, err, apierror.Misdirected, "and answered about project with id 1")
	})
}

// Null where an object belongs is an error of ours.
func TestNullInPlaceOfSettings(t *testing.T) {
	t.Parallel()
	null := func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
		return gitlabtest.Text(200, "null", "application/json")
	}
	s := gitlabtest.NewStub(t, gitlabtest.Numbered(1)...).On(gitlabtest.InstanceRoute, null).On(gitlabtest.EffectiveRoute, null)
	client := connect(s)
	_, err := client.Enforcement(t.Context())
	gitlabtest.WantError(t, err, apierror.Unsupported, "expected form")
	_, err = client.Effective(t.Context(), &allowlists.Project{ID: 1})
	gitlabtest.WantError(t, err, apierror.Unsupported, "expected form")
}

// A list that never ends is given up.
func TestEndlessLists(t *testing.T) {
	t.Parallel()
	t.Run("an allowlist", func(t *testing.T) {
		t.Parallel()
		projects := gitlabtest.Numbered(2)
		projects[0].Entries = []*gitlabtest.Entry{gitlabtest.OnList(2), gitlabtest.OnList(1)}
		s := gitlabtest.NewStub(t, projects...)
		s.PageSize = 1
		page := 0
		s.On("AllowlistPage", func(_ gitlabtest.Request, _ func() gitlabtest.Reply) gitlabtest.Reply {
			page++
			list := func(nodes ...any) map[string]any {
				return map[string]any{"pageInfo": map[string]any{"hasNextPage": true, "endCursor": fmt.Sprintf("p%d", page)}, "nodes": append([]any{}, nodes...)}
			}
			return gitlabtest.Data(map[string]any{"projects": map[string]any{"nodes": []any{map[string]any{
				"id": gitlabtest.Gid("Project", 1), "ciJobTokenScopeAllowlist": map[string]any{"projectsAllowlist": list(), "groupsAllowlist": list()},
			}}}})
		})
		_, err := connect(s).Project(t.Context(), 1)
		gitlabtest.WantError(t, err, apierror.Limit, fmt.Sprintf("after %d pages", gitlab.MaxPages))
	})
	t.Run("a log", func(t *testing.T) {
		t.Parallel()
		page := 0
		s := gitlabtest.NewStub(t).On("AuthenticationLog", func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
			page++
			return logPage(fmt.Sprintf("p%d", page))
		})
		_, err := connect(s).AuthenticationLog(t.Context(), gitlabtest.Target(1))
		gitlabtest.WantError(t, err, apierror.Limit, fmt.Sprintf("after %d pages", gitlab.MaxPages))
	})
	t.Run("a group that is prefetched", func(t *testing.T) {
		t.Parallel()
		page := 0
		s := gitlabtest.NewStub(t, gitlabtest.Numbered(1)...).On("GroupSnapshots", func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
			page++
			return gitlabtest.Data(map[string]any{"group": map[string]any{"projects": map[string]any{
				"pageInfo": map[string]any{"hasNextPage": true, "endCursor": fmt.Sprintf("p%d", page)}, "nodes": []any{},
			}}})
		})
		if _, err := prefetching(s, "acme").Project(t.Context(), 1); err != nil {
			t.Error(err)
		}
		s.WantRequests("GroupSnapshots", 200)
	})
}

// A project that is not below the group is not taken from its prefetch.
func TestPrefetchOfAnotherGroupsProject(t *testing.T) {
	t.Parallel()
	projects := gitlabtest.Numbered(1)
	s := gitlabtest.NewStub(t, projects...)
	elsewhere := s.GroupPages(50)
	s.On("GroupSnapshots", func(r gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
		projects[0].Inbound = false
		defer func() { projects[0].Inbound = true }()
		r.Variables["fullPath"] = "acme"
		return elsewhere(r, usual)
	})
	projects[0].Inbound = true
	project, err := prefetching(s, "other").Project(t.Context(), 1)
	if err != nil || !project.Settings.InboundAllowlist {
		t.Errorf("got %+v, %v", project, err)
	}
	s.WantRequests("ProjectSnapshots", 1)
}

// Whoever waits for a prefetch waits no longer than it may.
func TestPrefetchThatHangs(t *testing.T) {
	t.Parallel()
	s := gitlabtest.NewStub(t, gitlabtest.Numbered(2)...)
	begun, end := make(chan struct{}), make(chan struct{})
	begin := sync.OnceFunc(func() { close(begun) })
	s.On("GroupSnapshots", func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
		s.Mu.Unlock()
		defer s.Mu.Lock()
		begin()
		<-end
		return gitlabtest.InternalError()
	})
	client := prefetching(s, "acme")
	var first sync.WaitGroup
	first.Go(func() { _, _ = client.Project(t.Context(), 1) })
	defer first.Wait()
	defer close(end)
	<-begun
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := client.Project(ctx, 2); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}
