package gitlabtest_test

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/gitlabtest"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/tokens"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/variables"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/version"
)

// services are the client and all services on top of it.
type services struct {
	*gitlab.Client
	*allowlists.Service
	tokens    *tokens.Service
	variables *variables.Service
}

func connect(s *gitlabtest.Stub) *services { return with(s.Client()) }

// What a caller does to what it got reaches nobody else; the race detector sees what a comparison
// would not.
func TestAnswersAreTheCallersOwn(t *testing.T) {
	t.Parallel()
	projects := gitlabtest.Numbered(1)
	leftover := gitlabtest.OnList(3)
	leftover.Outbound = true
	projects[0].Entries = []*gitlabtest.Entry{
		gitlabtest.OnList(2, "read_jobs", "read_packages"), gitlabtest.OnList(4, "admin_jobs"), leftover,
		{Kind: gitlab.KindGroup, ID: 9, Path: "acme/platform", Permissions: []string{"read_jobs"}},
	}
	s := gitlabtest.NewStub(t, projects...)
	s.On("PermissionNames", func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
		return gitlabtest.Data(map[string]any{"__type": map[string]any{"enumValues": []any{map[string]any{"name": "READ_JOBS"}}}})
	})
	s.Plant(gitlabtest.Target(1), "deploy_tokens", gitlabtest.Record{"name": "one", "scopes": []string{"read_registry"}})
	s.Plant(gitlabtest.Target(1), "variables", gitlabtest.Record{"key": "ONE", "value": "1"})
	client := connect(s)
	all := func(spoil bool) (*allowlists.Project, []tokens.Token, []variables.Variable, []string) {
		project, err := client.Project(t.Context(), 1)
		if err != nil {
			t.Error(err)
			return nil, nil, nil, nil
		}
		listed, _ := client.tokens.List(t.Context(), tokens.Deploy, gitlabtest.Target(1))
		held, _ := client.variables.List(t.Context(), gitlabtest.Target(1))
		names, _ := client.PermissionNames(t.Context())
		if spoil {
			project.Settings.InboundAllowlist = false
			*project.Settings.CrossProjectPush = true
			project.Outbound[0].Path = "spoilt"
			for _, list := range [][]allowlists.Entry{project.Projects, project.Groups} {
				list[0].Target.Path = "spoilt"
				list[0].Permissions.Names[0] = "spoilt"
				_ = append(list[0].Permissions.Names, "spoilt")
			}
			listed[0].Scopes[0], listed[0].Name = "spoilt", "spoilt"
			held[0].Key = "SPOILT"
			names[0] = "spoilt"
		}
		return project, listed, held, names
	}
	first, firstTokens, firstVariables, firstNames := all(false)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { all(true) })
	}
	wg.Wait()
	again, listed, held, names := all(false)
	if !reflect.DeepEqual(again, first) {
		t.Errorf("got  %+v\nwant %+v", again, first)
	}
	if !reflect.DeepEqual(listed, firstTokens) || !reflect.DeepEqual(held, firstVariables) || !reflect.DeepEqual(names, firstNames) {
		t.Errorf("got %v, %v, %v", listed, held, names)
	}
	s.WantRequests("ProjectSnapshots", 1)
}

// Every REST answer that a grant is missing is known as such, and none is taken for a missing role.
func TestMissingGrantsOverREST(t *testing.T) {
	t.Parallel()
	off := false
	cases := map[string]struct {
		route string
		do    func(context.Context, *services) error
		known bool // the answer is no error: what it would tell is not known
	}{
		"the version": {gitlabtest.MetadataRoute, func(ctx context.Context, c *services) error {
			server, err := c.Server(ctx)
			if server.Version != (version.Version{}) {
				return fmt.Errorf("a version %v", server)
			}
			return err
		}, false},
		"the effect": {gitlabtest.EffectiveRoute, func(ctx context.Context, c *services) error {
			_, err := c.Effective(ctx, &allowlists.Project{ID: 1})
			return err
		}, false},
		"the instance": {gitlabtest.InstanceRoute, func(ctx context.Context, c *services) error {
			enforced, err := c.Enforcement(ctx)
			if enforced != allowlists.EnforcementUnknown {
				return fmt.Errorf("enforcement %v", enforced)
			}
			return err
		}, true},
		"the caller": {gitlabtest.UserRoute, func(ctx context.Context, c *services) error {
			caller, err := c.Caller(ctx)
			if caller.Known() {
				return fmt.Errorf("the caller %v", caller)
			}
			return err
		}, true},
		"the role": {"GET /api/v4/projects/1/members/all/5", func(ctx context.Context, c *services) error {
			role, err := c.RoleIn(ctx, gitlabtest.Target(1))
			if role.Known {
				return fmt.Errorf("a role")
			}
			return err
		}, true},
		"deploy tokens": {gitlabtest.RESTRoute("GET", gitlabtest.Target(1), "deploy_tokens"), func(ctx context.Context, c *services) error {
			_, err := c.tokens.List(ctx, tokens.Deploy, gitlabtest.Target(1))
			return err
		}, false},
		"access tokens": {gitlabtest.RESTRoute("GET", gitlabtest.Target(1), "access_tokens"), func(ctx context.Context, c *services) error {
			_, err := c.tokens.List(ctx, tokens.Access, gitlabtest.Target(1))
			return err
		}, false},
		"variables": {gitlabtest.RESTRoute("GET", gitlabtest.Target(1), "variables"), func(ctx context.Context, c *services) error {
			_, err := c.variables.List(ctx, gitlabtest.Target(1))
			return err
		}, false},
		"a variable to delete": {gitlabtest.RESTRoute("DELETE", gitlabtest.Target(1), "variables/KEY"), func(ctx context.Context, c *services) error {
			return c.variables.Delete(ctx, gitlabtest.Target(1), "KEY", "")
		}, false},
		"a removal": {gitlabtest.Removing(gitlabtest.Target(2)), func(ctx context.Context, c *services) error {
			return c.Change(ctx, gitlabtest.Target(1), []allowlists.Change{{Action: allowlists.Remove, Target: gitlabtest.Target(2)}})[0].Err
		}, false},
		"a switch": {gitlabtest.Switching, func(ctx context.Context, c *services) error {
			_, err := c.UpdateSettings(ctx, gitlabtest.Target(1), allowlists.SettingsChange{InboundAllowlist: &off})
			return err
		}, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := gitlabtest.NewStub(t, &gitlabtest.Project{ID: 1, Path: "acme/p1", Inbound: true, Entries: []*gitlabtest.Entry{gitlabtest.OnList(2)}}, &gitlabtest.Project{ID: 2, Path: "acme/p2"})
			s.On(gitlabtest.UserRoute, func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
				return gitlabtest.Reply{Body: map[string]any{"id": 5, "username": "anna"}}
			})
			s.On(gitlabtest.TokenRoute, gitlabtest.Denied).On(c.route, gitlabtest.Denied)
			err := c.do(t.Context(), connect(s))
			if c.known {
				if err != nil {
					t.Error(err)
				}
				return
			}
			e, ok := apierror.As(err)
			if !ok || e.Kind != apierror.FineGrained || e.Words != gitlabtest.Requires || e.Doing == "" {
				t.Errorf("got %+v", err)
			}
		})
	}
}

func TestOldServerStopsEverything(t *testing.T) {
	t.Parallel()
	s := gitlabtest.NewStub(t, gitlabtest.Numbered(2)...)
	s.Version = "17.10.3"
	client := connect(s)
	_, err := client.Project(t.Context(), 1)
	if !apierror.Is(err, apierror.Unsupported) || !strings.Contains(err.Error(), "17.11 or newer") || !strings.Contains(err.Error(), "17.10.3") {
		t.Errorf("got %v", err)
	}
	results := client.Change(t.Context(), gitlabtest.Target(1), []allowlists.Change{{Action: allowlists.Remove, Target: gitlabtest.Target(2)}})
	if !apierror.Is(results[0].Err, apierror.Unsupported) {
		t.Errorf("the write gives %v", results[0].Err)
	}
	if names := s.Names(); len(names) > 0 {
		t.Errorf("an unsupported GitLab was still asked %v", names)
	}
}

func TestVersionIsReadOnce(t *testing.T) {
	t.Parallel()
	s := gitlabtest.NewStub(t, gitlabtest.Numbered(3)...)
	client := connect(s)
	for id := range int64(3) {
		if _, err := client.Project(t.Context(), id+1); err != nil {
			t.Error(err)
		}
	}
	s.WantRequests(gitlabtest.MetadataRoute, 1)
}
