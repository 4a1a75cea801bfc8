package allowlists_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/gitlabtest"
)

func granularToken(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
	return gitlabtest.Reply{Body: map[string]any{"id": 1, "scopes": []string{"granular"}, "granular": true}}
}

// withBlank is the usual answer with another value at a place of its data, and the errors given.
func withBlank(t *testing.T, value any, errors []any, place ...any) gitlabtest.Override {
	t.Helper()
	return func(_ gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
		encoded, err := json.Marshal(usual().Body)
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
		return gitlabtest.Reply{Body: body}
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
	project := func(ctx context.Context, c *services) (any, error) { return c.Project(ctx, 1) }
	resolve := func(kind gitlab.Kind, ref gitlab.Ref) func(context.Context, *services) (any, error) {
		return func(ctx context.Context, c *services) (any, error) { return c.Resolve(ctx, kind, ref) }
	}
	log := func(ctx context.Context, c *services) (any, error) {
		return c.AuthenticationLog(ctx, gitlabtest.Target(1))
	}
	list := []any{"projects", "nodes", 0, "ciJobTokenScopeAllowlist"}
	in := func(steps ...any) []any { return append(slices.Clone(list), steps...) }
	logAt := func(steps ...any) []any { return append([]any{"projects", "nodes", 0, "ciJobTokenAuthLogs"}, steps...) }
	const fine = apierror.Kind(0)
	cases := map[string]struct {
		document string
		read     func(context.Context, *services) (any, error)
		value    any
		errors   []any
		place    []any
		// classic is the kind of the error with a token of another kind; fine is none.
		classic apierror.Kind
	}{
		"a project":                             {"ProjectSnapshots", project, nil, nil, []any{"projects", "nodes", 0}, apierror.NotFound},
		"all projects":                          {"ProjectSnapshots", project, []any{}, nil, []any{"projects", "nodes"}, apierror.NotFound},
		"a connection of projects":              {"ProjectSnapshots", project, nil, nil, []any{"projects"}, apierror.Unsupported},
		"a list":                                {"ProjectSnapshots", project, nil, nil, list, apierror.Forbidden},
		"a list, with a refusal":                {"ProjectSnapshots", project, nil, []any{gitlabtest.Problem(gitlabtest.NotAccessible, list...)}, list, apierror.Forbidden},
		"a list, with the refusal of a grant":   {"ProjectSnapshots", project, nil, []any{gitlabtest.Problem(gitlabtest.Requires, list...)}, list, apierror.FineGrained},
		"a list that no grant opens":            {"ProjectSnapshots", project, nil, []any{gitlabtest.Problem(gitlabtest.Unsupported, list...)}, list, apierror.FineGrained},
		"the projects of a list":                {"ProjectSnapshots", project, nil, []any{gitlabtest.Problem(gitlabtest.NonNull, in("projectsAllowlist", "pageInfo")...)}, in("projectsAllowlist"), apierror.Forbidden},
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
		"projects by id":                        {"ProjectReferencesByID", resolve(gitlab.KindProject, gitlab.Ref{ID: 1}), nil, nil, []any{"projects"}, apierror.Unsupported},
		"a group by path":                       {"GroupReferencesByPath", resolve(gitlab.KindGroup, gitlab.Ref{Path: "acme"}), nil, nil, []any{"result0"}, apierror.NotFound},
		"a group by id":                         {"GroupReferencesByID", resolve(gitlab.KindGroup, gitlab.Ref{ID: 7}), []any{nil}, nil, []any{"groups", "nodes"}, apierror.NotFound},
		"a namespace":                           {"NamespaceReferences", func(ctx context.Context, c *services) (any, error) { return c.NamespaceVisible(ctx, "acme") }, nil, nil, []any{"result0"}, fine},
		"the log":                               {"AuthenticationLog", log, nil, nil, logAt(), apierror.NotFound},
		"the log, with an error":                {"AuthenticationLog", log, nil, []any{gitlabtest.Problem(gitlabtest.NonNull, logAt("pageInfo")...)}, logAt(), apierror.Invalid},
		"the project of a log":                  {"AuthenticationLog", log, []any{}, nil, []any{"projects", "nodes"}, apierror.NotFound},
		"the end of a log's page":               {"AuthenticationLog", log, nil, nil, logAt("pageInfo"), apierror.NotFound},
		"the rows of a log":                     {"AuthenticationLog", log, nil, nil, logAt("nodes"), apierror.NotFound},
		"a row of a log":                        {"AuthenticationLog", log, nil, nil, logAt("nodes", 0), apierror.NotFound},
		"a group whose projects are prefetched": {"GroupSnapshots", project, nil, nil, []any{"group"}, apierror.Invalid},
	}
	for name, c := range cases {
		for token, ask := range map[string]struct {
			answer gitlabtest.Override
			want   apierror.Kind
		}{
			"granular":                      {granularToken, apierror.FineGrained},
			"granular, without its own row": {gitlabtest.Denied, apierror.FineGrained},
			"classic": {func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
				return gitlabtest.Reply{Body: map[string]any{"id": 1, "scopes": []string{"api"}, "granular": false}}
			}, c.classic},
		} {
			t.Run(name+", "+token, func(t *testing.T) {
				t.Parallel()
				p := &gitlabtest.Project{ID: 1, Path: "acme/p1", Inbound: true, Entries: []*gitlabtest.Entry{gitlabtest.OnList(2), gitlabtest.OnList(3)}}
				s := gitlabtest.NewStub(t, p, &gitlabtest.Project{ID: 2, Path: "acme/p2"}, &gitlabtest.Project{ID: 3, Path: "acme/p3"})
				s.Groups = []*gitlabtest.Group{{ID: 7, Path: "acme"}}
				s.On(gitlabtest.TokenRoute, ask.answer)
				s.On("GET /api/v4/projects/acme%2Fp1", gitlabtest.NotFound)
				s.On(gitlabtest.EffectiveRoute, func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
					return gitlabtest.Refusal(403, "403 Forbidden")
				})
				client := connect(s)
				switch c.document {
				case "AllowlistPage":
					s.PageSize = 1
				case "AuthenticationLog":
					s.On(c.document, func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply { return logPage("", 2) })
					wrapped := s.Overrides[c.document]
					blank := withBlank(t, c.value, c.errors, c.place...)
					s.On(c.document, func(r gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
						return blank(r, func() gitlabtest.Reply { return wrapped(r, usual) })
					})
				case "GroupSnapshots":
					pages := s.GroupPages(9)
					blank := withBlank(t, c.value, c.errors, c.place...)
					s.On(c.document, func(r gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
						return blank(r, func() gitlabtest.Reply { return pages(r, usual) })
					})
					client = prefetching(s, "acme")
				}
				if c.document != "AuthenticationLog" && c.document != "GroupSnapshots" {
					s.On(c.document, withBlank(t, c.value, c.errors, c.place...))
				}
				got, err := c.read(t.Context(), client)
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
	hide := func(name string) *gitlabtest.Stub {
		list := []any{"projects", "nodes", 0, "ciJobTokenScopeAllowlist"}
		return gitlabtest.NewStub(t, gitlabtest.Numbered(1)...).On(name, withBlank(t, nil, nil, list...))
	}
	cases := map[string]struct {
		rest  gitlabtest.Override
		kind  apierror.Kind
		words string
	}{
		"it does": {gitlabtest.Denied, apierror.FineGrained, gitlabtest.Requires},
		"the role is low": {func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
			return gitlabtest.Refusal(403, "403 Forbidden")
		}, apierror.Forbidden, ""},
		"it cannot be told": {func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
			return gitlabtest.Reply{Status: http.StatusBadGateway}
		}, apierror.Forbidden, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := hide("ProjectSnapshots").On(gitlabtest.EffectiveRoute, c.rest)
			_, err := connect(s).Project(t.Context(), 1)
			e, ok := apierror.As(err)
			if !ok || e.Kind != c.kind || e.Words != c.words || e.Target != gitlabtest.Target(1).String() {
				t.Errorf("got %+v", err)
			}
		})
	}
}

// The null that a fine-grained token sees costs one question about the token, and no other answer does.
func TestTheTokenIsAskedOnceAndOnlyAfterANull(t *testing.T) {
	t.Parallel()
	projects := gitlabtest.Numbered(3)
	s := gitlabtest.NewStub(t, projects...).On(gitlabtest.TokenRoute, granularToken)
	client := connect(s)
	readAll(t, client, 1, 2, 3)
	s.WantRequests(gitlabtest.TokenRoute, 0)
	for _, p := range projects {
		p.Refused = true
	}
	again := connect(s)
	for id := int64(1); id <= 3; id++ {
		if _, err := again.Project(t.Context(), id); !apierror.Is(err, apierror.FineGrained) {
			t.Errorf("project %d: %v", id, err)
		}
	}
	s.WantRequests(gitlabtest.TokenRoute, 1)
}

// A mutation outside the grant is known by its words; one whose answer may not be shown was done.
func TestMissingGrantsOfMutations(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		words     string
		uncertain bool
	}{
		"not granted":      {gitlabtest.Requires, false},
		"no grant is made": {gitlabtest.Unsupported, false},
		"not shown":        {"Cannot return null for non-nullable field ProjectCiCdSettingsUpdatePayload.ciCdSettings", true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refuseAll := func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
				return gitlabtest.Data(map[string]any{"result0": nil, "projectCiCdSettingsUpdate": nil},
					gitlabtest.Problem(c.words, "result0"), gitlabtest.Problem(c.words, "projectCiCdSettingsUpdate"))
			}
			s := changing(t).On("AddEntries", refuseAll).On("SetPermissions", refuseAll).On("UpdateSettings", refuseAll).On(gitlabtest.TokenRoute, gitlabtest.Denied)
			on := true
			_, err := connect(s).UpdateSettings(t.Context(), gitlabtest.Target(1), allowlists.SettingsChange{PushRepository: &on})
			e, ok := apierror.As(err)
			if !ok || e.Kind != apierror.FineGrained || e.Words != c.words || e.Uncertain != c.uncertain {
				t.Errorf("settings give %+v", err)
			}
			wantKinds(t, change(t, connect(s), add(gitlabtest.Target(2))), apierror.FineGrained)
		})
	}
}
