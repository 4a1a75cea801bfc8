package gitlab_test

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/version"
)

// What a caller does to what it got reaches nobody else; the race detector sees what a comparison
// would not.
func TestAnswersAreTheCallersOwn(t *testing.T) {
	t.Parallel()
	projects := numbered(1)
	leftover := onList(3)
	leftover.outbound = true
	projects[0].entries = []*stubEntry{
		onList(2, "read_jobs", "read_packages"), onList(4, "admin_jobs"), leftover,
		{kind: gitlab.KindGroup, id: 9, path: "acme/platform", permissions: []string{"read_jobs"}},
	}
	s := newStub(t, projects...)
	s.on("PermissionNames", func(request, func() reply) reply {
		return data(map[string]any{"__type": map[string]any{"enumValues": []any{map[string]any{"name": "READ_JOBS"}}}})
	})
	s.plant(target(1), "deploy_tokens", record{"name": "one", "scopes": []string{"read_registry"}})
	s.plant(target(1), "variables", record{"key": "ONE", "value": "1"})
	client := s.client()
	all := func(spoil bool) (*gitlab.Project, []gitlab.Token, []gitlab.Variable, []string) {
		project, err := client.Project(t.Context(), 1)
		if err != nil {
			t.Error(err)
			return nil, nil, nil, nil
		}
		tokens, _ := client.Tokens(t.Context(), gitlab.DeployToken, target(1))
		variables, _ := client.Variables(t.Context(), target(1))
		names, _ := client.PermissionNames(t.Context())
		if spoil {
			project.Settings.InboundAllowlist = false
			*project.Settings.CrossProjectPush = true
			project.Outbound[0].Path = "spoilt"
			for _, list := range [][]gitlab.Entry{project.Projects, project.Groups} {
				list[0].Target.Path = "spoilt"
				list[0].Permissions.Names[0] = "spoilt"
				_ = append(list[0].Permissions.Names, "spoilt")
			}
			tokens[0].Scopes[0], tokens[0].Name = "spoilt", "spoilt"
			variables[0].Key = "SPOILT"
			names[0] = "spoilt"
		}
		return project, tokens, variables, names
	}
	first, firstTokens, firstVariables, firstNames := all(false)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { all(true) })
	}
	wg.Wait()
	again, tokens, variables, names := all(false)
	if !reflect.DeepEqual(again, first) {
		t.Errorf("got  %+v\nwant %+v", again, first)
	}
	if !reflect.DeepEqual(tokens, firstTokens) || !reflect.DeepEqual(variables, firstVariables) || !reflect.DeepEqual(names, firstNames) {
		t.Errorf("got %v, %v, %v", tokens, variables, names)
	}
	s.wantRequests("ProjectSnapshots", 1)
}

// Every REST answer that a grant is missing is known as such, and none is taken for a missing role.
func TestMissingGrantsOverREST(t *testing.T) {
	t.Parallel()
	off := false
	cases := map[string]struct {
		route string
		do    func(context.Context, *gitlab.Client) error
		known bool // the answer is no error: what it would tell is not known
	}{
		"the version": {metadataRoute, func(ctx context.Context, c *gitlab.Client) error {
			server, err := c.Server(ctx)
			if server.Version != (version.Version{}) {
				return fmt.Errorf("a version %v", server)
			}
			return err
		}, false},
		"the effect": {effectiveRoute, func(ctx context.Context, c *gitlab.Client) error {
			_, err := c.EffectiveAllowlist(ctx, &gitlab.Project{ID: 1})
			return err
		}, false},
		"the instance": {instanceRoute, func(ctx context.Context, c *gitlab.Client) error {
			enforced, err := c.Enforcement(ctx)
			if enforced != gitlab.EnforcementUnknown {
				return fmt.Errorf("enforcement %v", enforced)
			}
			return err
		}, true},
		"the caller": {userRoute, func(ctx context.Context, c *gitlab.Client) error {
			caller, err := c.Caller(ctx)
			if caller.Known() {
				return fmt.Errorf("the caller %v", caller)
			}
			return err
		}, true},
		"the role": {"GET /api/v4/projects/1/members/all/5", func(ctx context.Context, c *gitlab.Client) error {
			role, err := c.RoleIn(ctx, target(1))
			if role.Known {
				return fmt.Errorf("a role")
			}
			return err
		}, true},
		"deploy tokens": {restRoute("GET", target(1), "deploy_tokens"), func(ctx context.Context, c *gitlab.Client) error {
			_, err := c.Tokens(ctx, gitlab.DeployToken, target(1))
			return err
		}, false},
		"access tokens": {restRoute("GET", target(1), "access_tokens"), func(ctx context.Context, c *gitlab.Client) error {
			_, err := c.Tokens(ctx, gitlab.AccessToken, target(1))
			return err
		}, false},
		"variables": {restRoute("GET", target(1), "variables"), func(ctx context.Context, c *gitlab.Client) error {
			_, err := c.Variables(ctx, target(1))
			return err
		}, false},
		"a variable to delete": {restRoute("DELETE", target(1), "variables/KEY"), func(ctx context.Context, c *gitlab.Client) error {
			return c.DeleteVariable(ctx, target(1), "KEY", "")
		}, false},
		"a removal": {removing(target(2)), func(ctx context.Context, c *gitlab.Client) error {
			return c.ChangeAllowlist(ctx, target(1), []gitlab.Change{remove(target(2))})[0].Err
		}, false},
		"a switch": {switching, func(ctx context.Context, c *gitlab.Client) error {
			_, err := c.UpdateSettings(ctx, target(1), gitlab.SettingsChange{InboundAllowlist: &off})
			return err
		}, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStub(t, &stubProject{id: 1, path: "acme/p1", inbound: true, entries: []*stubEntry{onList(2)}}, &stubProject{id: 2, path: "acme/p2"})
			s.on(userRoute, func(request, func() reply) reply { return reply{body: map[string]any{"id": 5, "username": "anna"}} })
			s.on(tokenRoute, denied).on(c.route, denied)
			err := c.do(t.Context(), s.client())
			if c.known {
				if err != nil {
					t.Error(err)
				}
				return
			}
			e, ok := apierror.As(err)
			if !ok || e.Kind != apierror.FineGrained || e.Words != requires || e.Doing == "" {
				t.Errorf("got %+v", err)
			}
		})
	}
}

func TestOldServerStopsEverything(t *testing.T) {
	t.Parallel()
	s := newStub(t, numbered(2)...)
	s.version = "17.10.3"
	client := s.client()
	_, err := client.Project(t.Context(), 1)
	if !apierror.Is(err, apierror.Unsupported) || !strings.Contains(err.Error(), "17.11 or newer") || !strings.Contains(err.Error(), "17.10.3") {
		t.Errorf("got %v", err)
	}
	results := client.ChangeAllowlist(t.Context(), target(1), []gitlab.Change{{Action: gitlab.Remove, Target: target(2)}})
	if !apierror.Is(results[0].Err, apierror.Unsupported) {
		t.Errorf("the write gives %v", results[0].Err)
	}
	if names := s.names(); len(names) > 0 {
		t.Errorf("an unsupported GitLab was still asked %v", names)
	}
}

func TestVersionIsReadOnce(t *testing.T) {
	t.Parallel()
	s := newStub(t, numbered(3)...)
	client := s.client()
	for id := range int64(3) {
		if _, err := client.Project(t.Context(), id+1); err != nil {
			t.Error(err)
		}
	}
	s.wantRequests(metadataRoute, 1)
}
