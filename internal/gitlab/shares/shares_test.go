package shares_test

import (
	"fmt"
	"net/http"
	"reflect"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/gitlabtest"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/shares"
)

const (
	reading = "GET /api/v4/projects/1"
	making  = "POST /api/v4/projects/1/share"
	ending  = "DELETE /api/v4/projects/1/share/101"
)

var (
	project = gitlabtest.Target(1)
	group   = gitlab.Target{Kind: gitlab.KindGroup, ID: 101, Path: "acme/g101"}

	reporter   = shares.Role{Level: 20}
	developer  = shares.Role{Level: 30, ExpiresAt: "2099-01-31"}
	maintainer = shares.Role{Level: gitlab.Maintainer}
)

// shared is a GitLab with one project, and the role that one group has there.
type shared struct {
	*gitlabtest.Stub

	service *shares.Service
	role    *shares.Role
	// asked counts the requests that were answered in another way.
	asked int
}

func share(t *testing.T, has *shares.Role) *shared {
	t.Helper()
	s := &shared{Stub: gitlabtest.NewStub(t), role: has}
	s.On(reading, func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply { return s.project() })
	s.On(making, func(r gitlabtest.Request, _ func() gitlabtest.Reply) gitlabtest.Reply { return s.make(r) })
	s.On(ending, func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply { return s.end() })
	s.service = shares.New(s.Client(gitlabtest.Retrying))
	return s
}

func (s *shared) project() gitlabtest.Reply {
	groups := []any{}
	if s.role != nil {
		var expiry any
		if s.role.ExpiresAt != "" {
			expiry = s.role.ExpiresAt
		}
		groups = append(groups, map[string]any{"group_id": group.ID, "group_name": "g", "group_full_path": group.Path, "group_access_level": s.role.Level, "expires_at": expiry})
	}
	return gitlabtest.Reply{Body: map[string]any{"id": 1, "path_with_namespace": project.Path, "archived": false, "shared_with_groups": groups}}
}

func (s *shared) make(r gitlabtest.Request) gitlabtest.Reply {
	if s.role != nil {
		return gitlabtest.Refusal(http.StatusConflict, "Group already shared with this Project")
	}
	level, _ := r.Variables["group_access"].(float64)
	expiry, _ := r.Variables["expires_at"].(string)
	s.role = &shares.Role{Level: int64(level), ExpiresAt: expiry}
	return gitlabtest.Reply{Status: http.StatusCreated, Body: map[string]any{"id": 5, "project_id": 1, "group_id": group.ID, "group_access": level, "expires_at": r.Variables["expires_at"]}}
}

func (s *shared) end() gitlabtest.Reply {
	if s.role == nil {
		return gitlabtest.Refusal(http.StatusNotFound, "404 Group Not Found")
	}
	s.role = nil
	return gitlabtest.Reply{Status: http.StatusNoContent}
}

// failing answers the first so many requests in another way, of which some are carried out all the same.
func (s *shared) failing(route string, times int, done bool, answer func(meant gitlabtest.Reply) gitlabtest.Reply) {
	s.Mu.Lock()
	usual := s.Overrides[route]
	s.Mu.Unlock()
	s.On(route, func(r gitlabtest.Request, none func() gitlabtest.Reply) gitlabtest.Reply {
		if times--; times < 0 {
			return usual(r, none)
		}
		s.asked++
		meant := gitlabtest.Reply{Status: http.StatusCreated}
		if done {
			meant = usual(r, none)
		}
		return answer(meant)
	})
}

func refuse(status int, words string) func(gitlabtest.Reply) gitlabtest.Reply {
	return func(gitlabtest.Reply) gitlabtest.Reply { return gitlabtest.Refusal(status, words) }
}

func cut(gitlabtest.Reply) gitlabtest.Reply { return gitlabtest.Reply{Cut: true} }

func (s *shared) has(t *testing.T, want *shares.Role) {
	t.Helper()
	s.Mu.Lock()
	defer s.Mu.Unlock()
	if !reflect.DeepEqual(s.role, want) {
		t.Errorf("the group has %v, want %v", s.role, want)
	}
}

// wantKind wants an error of a kind; zero is none.
func wantKind(t *testing.T, err error, kind apierror.Kind, notes ...string) {
	t.Helper()
	switch {
	case kind != 0:
		gitlabtest.WantError(t, err, kind, notes...)
	case err != nil:
		t.Fatal(err)
	}
}

func comesTo(t *testing.T, got, want shares.Outcome) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("it comes to %v %t, want %v %t", got.Now, got.Doubtful, want.Now, want.Doubtful)
	}
}

func TestProject(t *testing.T) {
	t.Parallel()
	s := share(t, &developer)
	for range 2 {
		found, err := s.service.Project(t.Context(), 1)
		if err != nil || found.Path != project.Path || !reflect.DeepEqual(found.Of(group.ID), &shares.Share{Group: group, Role: developer}) || found.Of(1) != nil {
			t.Fatalf("got %+v, %v", found, err)
		}
	}
	s.WantRequests(reading, 1)
	if found, _ := s.service.Project(t.Context(), 1); !found.Within(gitlab.Target{Kind: gitlab.KindGroup, Path: "Acme"}) || found.Within(group) {
		t.Errorf("%s is in acme and in no other group", found.Path)
	}
}

// An answer that cannot be what was asked for is never taken for a project without shares.
func TestProject_unreadable(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer gitlabtest.Reply
		kind   apierror.Kind
	}{
		"another project": {gitlabtest.Reply{Body: map[string]any{"id": 2, "path_with_namespace": "acme/p2", "shared_with_groups": []any{}}}, apierror.Misdirected},
		"no shares":       {gitlabtest.Reply{Body: map[string]any{"id": 1, "path_with_namespace": project.Path}}, apierror.Unsupported},
		"null":            {gitlabtest.Text(200, "null", "application/json"), apierror.Misdirected},
		"a login page":    {gitlabtest.Page(200, "Sign in"), apierror.Misdirected},
		"forbidden":       {gitlabtest.Refusal(403, "403 Forbidden"), apierror.Forbidden},
		"cut":             {gitlabtest.Reply{Cut: true}, apierror.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := share(t, &developer)
			s.failing(reading, 99, false, func(gitlabtest.Reply) gitlabtest.Reply { return c.answer })
			_, err := s.service.Project(t.Context(), 1)
			gitlabtest.WantError(t, err, c.kind)
		})
	}
}

func TestMake(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		has     *shares.Role
		prepare func(*shared)
		want    *shares.Role
		kind    apierror.Kind
		notes   []string
	}{
		"none":          {want: &developer},
		"the same":      {has: &developer, want: &developer},
		"another":       {has: &maintainer, want: &maintainer, kind: apierror.Conflict},
		"done, and cut": {prepare: func(s *shared) { s.failing(making, 1, true, cut) }, want: &developer},
		"done, and a page": {prepare: func(s *shared) {
			s.failing(making, 1, true, func(gitlabtest.Reply) gitlabtest.Reply { return gitlabtest.Page(502, "Bad Gateway") })
		}, want: &developer},
		"not done, and cut": {prepare: func(s *shared) { s.failing(making, 1, false, cut) }, kind: apierror.Unavailable},
		"locked": {prepare: func(s *shared) {
			s.failing(making, 1, false, refuse(400, "The project sharing with group is disabled"))
		}, kind: apierror.Invalid,
			notes: []string{"share_with_group_lock"}},
		"no member of the group": {prepare: func(s *shared) { s.failing(making, 1, false, refuse(404, "404 Group Not Found")) }, kind: apierror.NotFound,
			notes: []string{"only with a group of which the token's user is a member"}},
		"forbidden": {prepare: func(s *shared) { s.failing(making, 1, false, refuse(403, "403 Forbidden")) }, kind: apierror.Forbidden, notes: []string{"the Maintainer role in the project"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := share(t, c.has)
			if c.prepare != nil {
				c.prepare(s)
			}
			got, err := s.service.Make(t.Context(), project, group, developer)
			wantKind(t, err, c.kind, c.notes...)
			if e, failed := apierror.As(err); failed && e.Target != fmt.Sprintf("%s with %s as developer until 2099-01-31", project, group) {
				t.Errorf("the target is %q", e.Target)
			}
			comesTo(t, got, shares.Outcome{Now: c.want})
			s.WantRequests(making, 1)
			s.has(t, c.want)
		})
	}
}

// What cannot be read after a lost answer is in doubt.
func TestMake_doubtful(t *testing.T) {
	t.Parallel()
	s := share(t, nil)
	s.failing(making, 1, true, cut)
	s.failing(reading, 99, false, cut)
	got, err := s.service.Make(t.Context(), project, group, developer)
	gitlabtest.WantError(t, err, apierror.Unavailable)
	comesTo(t, got, shares.Outcome{Doubtful: true})
}

func TestEnd(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		has     *shares.Role
		prepare func(*shared)
		left    *shares.Role
		kind    apierror.Kind
	}{
		"there":         {has: &developer},
		"gone":          {},
		"done, and cut": {has: &developer, prepare: func(s *shared) { s.failing(ending, 1, true, cut) }},
		"forbidden":     {&developer, func(s *shared) { s.failing(ending, 1, false, refuse(403, "403 Forbidden")) }, &developer, apierror.Forbidden},
		"no project":    {&developer, func(s *shared) { s.failing(ending, 1, false, refuse(404, "404 Project Not Found")) }, &developer, apierror.NotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := share(t, c.has)
			if c.prepare != nil {
				c.prepare(s)
			}
			err := s.service.End(t.Context(), project, group, developer)
			wantKind(t, err, c.kind)
			s.has(t, c.left)
		})
	}
}

// A change is an end and a share made anew; what fails in between puts the former one back, or says what there is.
func TestExchange(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare func(*shared)
		want    *shares.Role
		kind    apierror.Kind
		notes   []string
	}{
		"done":               {want: &developer},
		"the end is refused": {func(s *shared) { s.failing(ending, 1, false, refuse(403, "403 Forbidden")) }, &reporter, apierror.Forbidden, nil},
		"the end, and cut":   {func(s *shared) { s.failing(ending, 1, true, cut) }, &developer, 0, nil},
		"refused":            {func(s *shared) { s.failing(making, 1, false, refuse(403, "403 Forbidden")) }, &reporter, apierror.Forbidden, []string{"(reporter) was ended first", "it is back, and nothing has changed"}},
		"refused twice":      {func(s *shared) { s.failing(making, 2, false, refuse(403, "403 Forbidden")) }, nil, apierror.Forbidden, []string{"could not be put back either", "has no role in the project by this share now"}},
		"made, and cut":      {func(s *shared) { s.failing(making, 1, true, cut) }, &developer, 0, nil},
		"not made, and cut":  {func(s *shared) { s.failing(making, 1, false, cut) }, &reporter, apierror.Unavailable, []string{"it is back"}},
		"somebody is quicker": {func(s *shared) {
			s.failing(making, 1, false, func(gitlabtest.Reply) gitlabtest.Reply {
				s.role = &maintainer
				return gitlabtest.Refusal(409, "Group already shared with this Project")
			})
		}, &maintainer, apierror.Conflict, []string{"Somebody else has shared the project", "it has the role maintainer"}},
		"made late": {func(s *shared) {
			s.failing(making, 2, false, func(gitlabtest.Reply) gitlabtest.Reply {
				if s.asked == 1 {
					return gitlabtest.Reply{Cut: true}
				}
				s.role = &developer
				return gitlabtest.Refusal(409, "Group already shared with this Project")
			})
		}, &developer, 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := share(t, &reporter)
			if c.prepare != nil {
				c.prepare(s)
			}
			got, err := s.service.Exchange(t.Context(), project, group, reporter, developer)
			wantKind(t, err, c.kind, c.notes...)
			comesTo(t, got, shares.Outcome{Now: c.want})
			s.has(t, c.want)
		})
	}
}

// A group that is not shown tells nothing of its rules, which is no error.
func TestRules(t *testing.T) {
	t.Parallel()
	const route = "GET /api/v4/groups/acme"
	for name, c := range map[string]struct {
		answer gitlabtest.Reply
		want   shares.Rules
		kind   apierror.Kind
	}{
		"both":   {gitlabtest.Reply{Body: map[string]any{"share_with_group_lock": true, "prevent_sharing_groups_outside_hierarchy": true}}, shares.Rules{Locked: true, Within: true}, 0},
		"none":   {gitlabtest.Reply{Body: map[string]any{"id": 1}}, shares.Rules{}, 0},
		"hidden": {gitlabtest.Refusal(404, "404 Group Not Found"), shares.Rules{}, 0},
		"cut":    {gitlabtest.Reply{Cut: true}, shares.Rules{}, apierror.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := share(t, nil)
			s.On(route, func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply { return c.answer })
			got, err := s.service.Rules(t.Context(), "acme")
			if got != c.want {
				t.Errorf("got %+v", got)
			}
			wantKind(t, err, c.kind)
		})
	}
}
