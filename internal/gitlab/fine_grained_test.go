package gitlab_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/version"
)

// denied is GitLab's answer to a fine-grained token whose grant does not cover a route.
func denied(request, func() reply) reply {
	return reply{status: http.StatusForbidden, body: map[string]any{"error": "insufficient_granular_scope", "error_description": requires}}
}

const (
	requires    = "Access denied: This operation requires a fine-grained personal access token with the following project permissions: [Job Token Scope: Read]."
	unsupported = "Access denied: This operation doesn't support fine-grained personal access tokens."
	nonNull     = "Cannot return null for non-nullable field CiJobTokenScopeAllowlistEntryConnection.pageInfo"
)

func granularToken(request, func() reply) reply {
	return reply{body: map[string]any{"id": 1, "scopes": []string{"granular"}, "granular": true}}
}

// withBlank is the usual answer with another value at a place of its data, and the errors given.
func withBlank(t *testing.T, value any, errors []any, place ...any) override {
	t.Helper()
	return func(_ request, usual func() reply) reply {
		encoded, err := json.Marshal(usual().body)
		if err != nil {
			t.Error(err)
		}
		var body map[string]any
		if err := json.Unmarshal(encoded, &body); err != nil {
			t.Error(err)
		}
		body["data"] = replaced(t, body["data"], value, place)
		if len(errors) > 0 {
			body["errors"] = errors
		}
		return reply{body: body}
	}
}

// replaced is a JSON value with another one at a place in it.
func replaced(t *testing.T, in, value any, place []any) any {
	t.Helper()
	if len(place) == 0 {
		return value
	}
	switch in := in.(type) {
	case []any:
		if index, ok := place[0].(int); ok && index < len(in) {
			in[index] = replaced(t, in[index], value, place[1:])
			return in
		}
	case map[string]any:
		if key, ok := place[0].(string); ok {
			in[key] = replaced(t, in[key], value, place[1:])
			return in
		}
	}
	t.Errorf("there is no %v in %v", place, in)
	return in
}

// What GitLab leaves out of an answer is never taken for a list that is empty, nor for something that
// is gone: with a fine-grained token the error says so, and with any other it is an error too.
func TestWhatIsNotShownIsNotEmpty(t *testing.T) {
	t.Parallel()
	project := func(ctx context.Context, c *gitlab.Client) (any, error) { return c.Project(ctx, 1) }
	resolve := func(kind gitlab.Kind, ref gitlab.Ref) func(context.Context, *gitlab.Client) (any, error) {
		return func(ctx context.Context, c *gitlab.Client) (any, error) { return c.Resolve(ctx, kind, ref) }
	}
	log := func(ctx context.Context, c *gitlab.Client) (any, error) { return c.AuthenticationLog(ctx, target(1)) }
	list := []any{"projects", "nodes", 0, "ciJobTokenScopeAllowlist"}
	in := func(steps ...any) []any { return append(slices.Clone(list), steps...) }
	logAt := func(steps ...any) []any { return append([]any{"projects", "nodes", 0, "ciJobTokenAuthLogs"}, steps...) }
	const fine = apierror.Kind(0)
	cases := map[string]struct {
		document string
		read     func(context.Context, *gitlab.Client) (any, error)
		value    any
		errors   []any
		place    []any
		// classic is the kind of the error with a token of another kind; fine is none.
		classic apierror.Kind
	}{
		"a project":                             {"ProjectSnapshots", project, nil, nil, []any{"projects", "nodes", 0}, apierror.NotFound},
		"all projects":                          {"ProjectSnapshots", project, []any{}, nil, []any{"projects", "nodes"}, apierror.NotFound},
		"a connection of projects":              {"ProjectSnapshots", project, nil, nil, []any{"projects"}, apierror.NotFound},
		"a list":                                {"ProjectSnapshots", project, nil, nil, list, apierror.Forbidden},
		"a list, with a refusal":                {"ProjectSnapshots", project, nil, []any{problem(notAccessible, list...)}, list, apierror.Forbidden},
		"a list, with the refusal of a grant":   {"ProjectSnapshots", project, nil, []any{problem(requires, list...)}, list, apierror.FineGrained},
		"a list that no grant opens":            {"ProjectSnapshots", project, nil, []any{problem(unsupported, list...)}, list, apierror.FineGrained},
		"the projects of a list":                {"ProjectSnapshots", project, nil, []any{problem(nonNull, in("projectsAllowlist", "pageInfo")...)}, in("projectsAllowlist"), apierror.Forbidden},
		"the groups of a list":                  {"ProjectSnapshots", project, nil, nil, in("groupsAllowlist"), apierror.Forbidden},
		"the end of a page":                     {"ProjectSnapshots", project, nil, nil, in("projectsAllowlist", "pageInfo"), apierror.Forbidden},
		"the end of a page of groups":           {"ProjectSnapshots", project, nil, nil, in("groupsAllowlist", "pageInfo"), apierror.Forbidden},
		"the entries":                           {"ProjectSnapshots", project, nil, nil, in("projectsAllowlist", "nodes"), apierror.Forbidden},
		"an entry":                              {"ProjectSnapshots", project, nil, nil, in("projectsAllowlist", "nodes", 0), apierror.Forbidden},
		"a group's entry":                       {"ProjectSnapshots", project, []any{nil}, nil, in("groupsAllowlist", "nodes"), apierror.Forbidden},
		"the target of an entry":                {"ProjectSnapshots", project, nil, nil, in("projectsAllowlist", "nodes", 0, "target"), fine},
		"the settings":                          {"ProjectSnapshots", project, nil, nil, []any{"projects", "nodes", 0, "ciCdSettings"}, apierror.Forbidden},
		"a list's further page":                 {"AllowlistPage", project, nil, nil, list, apierror.Forbidden},
		"the project of a further page":         {"AllowlistPage", project, []any{}, nil, []any{"projects", "nodes"}, apierror.Forbidden},
		"the entries of a further page":         {"AllowlistPage", project, nil, nil, in("projectsAllowlist", "nodes"), apierror.Forbidden},
		"the end of a further page":             {"AllowlistPage", project, nil, nil, in("projectsAllowlist", "pageInfo"), apierror.Forbidden},
		"a target of a further page":            {"AllowlistPage", project, nil, nil, in("projectsAllowlist", "nodes", 0, "target"), fine},
		"a project by path":                     {"ProjectReferencesByPath", resolve(gitlab.KindProject, gitlab.Ref{Path: "acme/p1"}), nil, nil, []any{"projects", "nodes", 0}, apierror.NotFound},
		"a project by id":                       {"ProjectReferencesByID", resolve(gitlab.KindProject, gitlab.Ref{ID: 1}), nil, nil, []any{"projects", "nodes", 0}, apierror.NotFound},
		"projects by id":                        {"ProjectReferencesByID", resolve(gitlab.KindProject, gitlab.Ref{ID: 1}), nil, nil, []any{"projects"}, apierror.NotFound},
		"a group by path":                       {"GroupReferencesByPath", resolve(gitlab.KindGroup, gitlab.Ref{Path: "acme"}), nil, nil, []any{"result0"}, apierror.NotFound},
		"a group by id":                         {"GroupReferencesByID", resolve(gitlab.KindGroup, gitlab.Ref{ID: 7}), []any{nil}, nil, []any{"groups", "nodes"}, apierror.NotFound},
		"a namespace":                           {"NamespaceReferences", func(ctx context.Context, c *gitlab.Client) (any, error) { return c.NamespaceVisible(ctx, "acme") }, nil, nil, []any{"result0"}, fine},
		"the log":                               {"AuthenticationLog", log, nil, nil, logAt(), apierror.NotFound},
		"the log, with an error":                {"AuthenticationLog", log, nil, []any{problem(nonNull, logAt("pageInfo")...)}, logAt(), apierror.Invalid},
		"the project of a log":                  {"AuthenticationLog", log, []any{}, nil, []any{"projects", "nodes"}, apierror.NotFound},
		"the end of a log's page":               {"AuthenticationLog", log, nil, nil, logAt("pageInfo"), apierror.NotFound},
		"the rows of a log":                     {"AuthenticationLog", log, nil, nil, logAt("nodes"), apierror.NotFound},
		"a row of a log":                        {"AuthenticationLog", log, nil, nil, logAt("nodes", 0), apierror.NotFound},
		"a group whose projects are prefetched": {"GroupSnapshots", project, nil, nil, []any{"group"}, apierror.Invalid},
	}
	for name, c := range cases {
		for token, ask := range map[string]struct {
			answer override
			want   apierror.Kind
		}{
			"granular":                      {granularToken, apierror.FineGrained},
			"granular, without its own row": {denied, apierror.FineGrained},
			"classic": {func(request, func() reply) reply {
				return reply{body: map[string]any{"id": 1, "scopes": []string{"api"}, "granular": false}}
			}, c.classic},
		} {
			t.Run(name+", "+token, func(t *testing.T) {
				t.Parallel()
				p := &stubProject{id: 1, path: "acme/p1", inbound: true, entries: []*stubEntry{onList(2), onList(3)}}
				s := newStub(t, p, &stubProject{id: 2, path: "acme/p2"}, &stubProject{id: 3, path: "acme/p3"})
				s.groups = []*stubGroup{{id: 7, path: "acme"}}
				s.on(tokenRoute, ask.answer)
				s.on("GET /api/v4/projects/acme%2Fp1", notFound)
				s.on(effectiveRoute, func(request, func() reply) reply { return refusal(403, "403 Forbidden") })
				var change []func(*gitlab.Config)
				switch c.document {
				case "AllowlistPage":
					s.pageSize = 1
				case "AuthenticationLog":
					s.on(c.document, func(request, func() reply) reply { return logPage("", 2) })
					wrapped := s.overrides[c.document]
					blank := withBlank(t, c.value, c.errors, c.place...)
					s.on(c.document, func(r request, usual func() reply) reply {
						return blank(r, func() reply { return wrapped(r, usual) })
					})
				case "GroupSnapshots":
					pages := s.groupPages(9)
					blank := withBlank(t, c.value, c.errors, c.place...)
					s.on(c.document, func(r request, usual func() reply) reply {
						return blank(r, func() reply { return pages(r, usual) })
					})
					change = append(change, prefetching("acme"))
				}
				if c.document != "AuthenticationLog" && c.document != "GroupSnapshots" {
					s.on(c.document, withBlank(t, c.value, c.errors, c.place...))
				}
				got, err := c.read(t.Context(), s.client(change...))
				if kind, _ := apierror.KindOf(err); kind != ask.want {
					t.Fatalf("got %+v and %v, want an error of kind %q", got, err, ask.want)
				}
				if e, ok := apierror.As(err); ok && (e.Doing == "" || e.Target == "") {
					t.Errorf("the error does not say what it is about: %+v", e)
				}
			})
		}
	}
}

// A group that accepts fine-grained tokens alone answers a classic one as it answers these.
func TestAGroupThatTakesOnlyFineGrainedTokens(t *testing.T) {
	t.Parallel()
	hide := func(name string) *stub {
		list := []any{"projects", "nodes", 0, "ciJobTokenScopeAllowlist"}
		return newStub(t, numbered(1)...).on(name, withBlank(t, nil, nil, list...))
	}
	cases := map[string]struct {
		rest  override
		kind  apierror.Kind
		words string
	}{
		"it does":           {denied, apierror.FineGrained, requires},
		"the role is low":   {func(request, func() reply) reply { return refusal(403, "403 Forbidden") }, apierror.Forbidden, ""},
		"it cannot be told": {func(request, func() reply) reply { return reply{status: http.StatusBadGateway} }, apierror.Forbidden, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := hide("ProjectSnapshots").on(effectiveRoute, c.rest)
			_, err := s.client().Project(t.Context(), 1)
			e, ok := apierror.As(err)
			if !ok || e.Kind != c.kind || e.Words != c.words || e.Target != target(1).String() {
				t.Errorf("got %+v", err)
			}
		})
	}
}

// The null that a fine-grained token sees costs one question about the token, and no other answer does.
func TestTheTokenIsAskedOnceAndOnlyAfterANull(t *testing.T) {
	t.Parallel()
	projects := numbered(3)
	s := newStub(t, projects...).on(tokenRoute, granularToken)
	client := s.client()
	readAll(t, client, 1, 2, 3)
	s.wantRequests(tokenRoute, 0)
	for _, p := range projects {
		p.refused = true
	}
	again := s.client()
	for id := int64(1); id <= 3; id++ {
		if _, err := again.Project(t.Context(), id); !apierror.Is(err, apierror.FineGrained) {
			t.Errorf("project %d: %v", id, err)
		}
	}
	s.wantRequests(tokenRoute, 1)
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

// A mutation outside the grant is known by its words; one whose answer may not be shown was done.
func TestMissingGrantsOfMutations(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		words     string
		uncertain bool
	}{
		"not granted":      {requires, false},
		"no grant is made": {unsupported, false},
		"not shown":        {"Cannot return null for non-nullable field ProjectCiCdSettingsUpdatePayload.ciCdSettings", true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refuseAll := func(request, func() reply) reply {
				return data(map[string]any{"result0": nil, "projectCiCdSettingsUpdate": nil},
					problem(c.words, "result0"), problem(c.words, "projectCiCdSettingsUpdate"))
			}
			s := changing(t).on("AddEntries", refuseAll).on("SetPermissions", refuseAll).on("UpdateSettings", refuseAll).on(tokenRoute, denied)
			on := true
			_, err := s.client().UpdateSettings(t.Context(), target(1), gitlab.SettingsChange{PushRepository: &on})
			e, ok := apierror.As(err)
			if !ok || e.Kind != apierror.FineGrained || e.Words != c.words || e.Uncertain != c.uncertain {
				t.Errorf("settings give %+v", err)
			}
			wantKinds(t, change(t, s.client(), add(target(2))), apierror.FineGrained)
		})
	}
}
