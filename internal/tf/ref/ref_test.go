package ref_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/transport"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
)

// lookup is a GitLab that only looks up projects by path; the value 0 is a failure.
type lookup struct {
	mu    sync.Mutex
	asked []string
}

func newLookup(t *testing.T, projects map[string]int64) (*lookup, *gitlab.Client) {
	t.Helper()
	l := &lookup{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		status, body := l.answer(t, r, projects)
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	}))
	t.Cleanup(server.Close)
	client, err := gitlab.New(gitlab.Config{Config: transport.Config{BaseURL: server.URL, Token: "glpat-example", MaxRetries: -1}})
	if err != nil {
		t.Fatal(err)
	}
	return l, client
}

func (l *lookup) answer(t *testing.T, r *http.Request, projects map[string]int64) (int, any) {
	if r.URL.Path == "/api/v4/metadata" {
		return http.StatusOK, map[string]any{"version": "19.4.1"}
	}
	if r.URL.Path == "/api/v4/personal_access_tokens/self" {
		return http.StatusOK, map[string]any{"id": 1, "scopes": []string{"api"}}
	}
	if strings.HasPrefix(r.URL.Path, "/api/v4/projects/") {
		return http.StatusNotFound, map[string]any{"message": "404 Project Not Found"}
	}
	var query struct {
		OperationName string
		Variables     struct {
			FullPaths []string `json:"fullPaths"`
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&query); err != nil || query.OperationName != "ProjectReferencesByPath" {
		t.Errorf("asked for %s, %v", query.OperationName, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	nodes := []any{}
	for _, fullPath := range query.Variables.FullPaths {
		l.asked = append(l.asked, fullPath)
		id, found := projects[fullPath]
		if found && id == 0 {
			return http.StatusForbidden, map[string]any{"errors": []any{map[string]any{"message": "API not accessible for user"}}}
		}
		if found {
			nodes = append(nodes, map[string]any{"id": fmt.Sprintf("gid://gitlab/Project/%d", id), "fullPath": fullPath})
		}
	}
	return http.StatusOK, map[string]any{"data": map[string]any{"projects": map[string]any{"nodes": nodes}}}
}

var app = gitlab.Target{Kind: gitlab.KindProject, ID: 12, Path: "acme/App"}

func TestValid(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		kind  gitlab.Kind
		value types.String
		wrong string
	}{
		"path":                {gitlab.KindProject, types.StringValue("acme/app"), ""},
		"id":                  {gitlab.KindProject, types.StringValue("12"), ""},
		"group":               {gitlab.KindGroup, types.StringValue("acme"), ""},
		"null":                {gitlab.KindProject, types.StringNull(), ""},
		"not known":           {gitlab.KindProject, types.StringUnknown(), ""},
		"empty":               {gitlab.KindGroup, types.StringValue(""), `"" cannot be a group: it is empty`},
		"URL":                 {gitlab.KindProject, types.StringValue("https://gitlab.example.com/acme/app"), "it is a URL"},
		"project of no group": {gitlab.KindProject, types.StringValue("app"), `"app" cannot be a project: `},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := path.Root("project")
			var resp validator.StringResponse
			ref.Valid(c.kind).ValidateString(t.Context(), validator.StringRequest{Path: at, ConfigValue: c.value}, &resp)
			if c.wrong == "" {
				if len(resp.Diagnostics) > 0 {
					t.Errorf("refused: %v", resp.Diagnostics)
				}
				return
			}
			if len(resp.Diagnostics) != 1 {
				t.Fatalf("got %v", resp.Diagnostics)
			}
			d := resp.Diagnostics[0]
			if d.Summary() != string(diagnose.InvalidReference) || !strings.Contains(d.Detail(), c.wrong) {
				t.Errorf("got %q: %q", d.Summary(), d.Detail())
			}
			if located := resp.Diagnostics.Errors()[0]; !strings.Contains(fmt.Sprint(located), at.String()) {
				t.Errorf("the error is not on the attribute: %v", located)
			}
		})
	}
}

func TestValidDescribesItself(t *testing.T) {
	t.Parallel()
	v := ref.Valid(gitlab.KindGroup)
	if got := v.Description(t.Context()); got != "full path or numeric id of a group" || v.MarkdownDescription(t.Context()) != got {
		t.Errorf("got %q", got)
	}
}

func TestNewOwner(t *testing.T) {
	t.Parallel()
	other := gitlab.Target{Kind: gitlab.KindProject, ID: 99, Path: "acme/old"}
	cases := map[string]struct {
		spelling string
		projects map[string]int64
		owner    gitlab.Target
		asks     bool
		fails    bool
	}{
		"the path":                       {"acme/App", nil, gitlab.Target{}, false, false},
		"in another letter case":         {"ACME/app", nil, gitlab.Target{}, false, false},
		"the id":                         {"12", nil, gitlab.Target{}, false, false},
		"what cannot be a path":          {"a label", nil, gitlab.Target{}, false, false},
		"an old path that leads nowhere": {"acme/old", nil, gitlab.Target{}, true, false},
		"an old path that leads there":   {"acme/old", map[string]int64{"acme/old": 12}, gitlab.Target{}, true, false},
		"a path that another has now":    {"acme/old", map[string]int64{"acme/old": 99}, other, true, false},
		"a failure":                      {"acme/old", map[string]int64{"acme/old": 0}, gitlab.Target{}, true, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, client := newLookup(t, c.projects)
			owner, err := ref.NewOwner(t.Context(), client, c.spelling, app)
			if owner != c.owner || (err != nil) != c.fails {
				t.Errorf("got %v, %v", owner, err)
			}
			if asked := len(l.asked) > 0; asked != c.asks {
				t.Errorf("GitLab was asked about %v", l.asked)
			}
		})
	}
}

func TestRespell(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		spelling types.String
		want     string
		title    diagnose.Title
	}{
		"after an import":             {types.StringNull(), "acme/App", ""},
		"as it was typed":             {types.StringValue("ACME/app"), "ACME/app", ""},
		"by id":                       {types.StringValue("12"), "12", ""},
		"renamed":                     {types.StringValue("acme/old"), "acme/old", ""},
		"its path belongs to another": {types.StringValue("acme/taken"), "acme/App", diagnose.PathTakenOver.For("acme/taken")},
		"a failure":                   {types.StringValue("acme/broken"), "acme/broken", diagnose.FindProject},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, client := newLookup(t, map[string]int64{"acme/taken": 99, "acme/broken": 0})
			got, diags := ref.Respell(t.Context(), client, ref.Attribute, c.spelling, app)
			if got.ValueString() != c.want {
				t.Errorf("got %s", got)
			}
			var titles []string
			for _, d := range diags {
				titles = append(titles, d.Summary())
			}
			if c.title == "" && len(titles) > 0 || c.title != "" && !slices.Equal(titles, []string{string(c.title)}) {
				t.Errorf("says %v", titles)
			}
			if diags.HasError() != (c.title == diagnose.FindProject) {
				t.Errorf("got %v", diags)
			}
		})
	}
}

func TestRenamed(t *testing.T) {
	t.Parallel()
	doomed := gitlab.Target{Kind: gitlab.KindProject, ID: 12, Path: "acme/App-deletion_scheduled-12"}
	elsewhere := path.Root("projects").AtMapKey("acme/old")
	cases := map[string]struct {
		at      path.Path
		config  types.String
		project gitlab.Target
		title   diagnose.Title
	}{
		"the path":                 {ref.Attribute, types.StringValue("acme/App"), app, ""},
		"in another letter case":   {ref.Attribute, types.StringValue("acme/app"), app, ""},
		"the id":                   {ref.Attribute, types.StringValue("12"), app, ""},
		"not known":                {ref.Attribute, types.StringUnknown(), app, ""},
		"not configured":           {ref.Attribute, types.StringNull(), app, ""},
		"no path":                  {ref.Attribute, types.StringValue("a label"), app, ""},
		"the old path":             {ref.Attribute, types.StringValue("acme/old"), app, diagnose.ProjectRenamed},
		"the old path of an entry": {elsewhere, types.StringValue("acme/old"), app, diagnose.TargetRenamed},
		"scheduled for deletion":   {ref.Attribute, types.StringValue("acme/App"), doomed, diagnose.DeletionScheduled},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diags := ref.Renamed(c.at, c.config, c.project)
			if c.title == "" {
				if len(diags) > 0 {
					t.Errorf("warns: %v", diags)
				}
				return
			}
			if len(diags) != 1 || diags.HasError() || diags[0].Summary() != string(c.title) || !strings.Contains(diags[0].Detail(), c.project.Path) {
				t.Errorf("got %v", diags)
			}
		})
	}
}

func TestPlanProject(t *testing.T) {
	t.Parallel()
	_, client := newLookup(t, map[string]int64{"acme/app": 12, "acme/App": 12, "acme/web": 13})
	text, id, noID := types.StringValue, types.Int64Value, types.Int64Null()
	cases := map[string]struct {
		config, state types.String
		stateID       types.Int64
		want          ref.Planned
		fails         bool
	}{
		"created":                 {text("acme/app"), types.StringNull(), noID, ref.Planned{Spelling: text("acme/app"), ID: 12}, false},
		"created, not known":      {types.StringUnknown(), types.StringNull(), noID, ref.Planned{Spelling: types.StringUnknown()}, false},
		"unchanged":               {text("acme/gone"), text("acme/gone"), id(12), ref.Planned{Spelling: text("acme/gone"), ID: 12}, false},
		"in other letters":        {text("acme/App"), text("acme/old"), id(12), ref.Planned{Spelling: text("acme/old"), ID: 12}, false},
		"another project":         {text("acme/web"), text("acme/app"), id(12), ref.Planned{Spelling: text("acme/web"), ID: 13, Replace: true}, false},
		"becomes unknown":         {types.StringUnknown(), text("acme/app"), id(12), ref.Planned{Spelling: types.StringUnknown()}, false},
		"leads nowhere":           {text("acme/gone"), text("acme/app"), id(12), ref.Planned{}, true},
		"cannot be a project":     {text("app"), text("acme/app"), id(12), ref.Planned{}, true},
		"the state without an id": {text("acme/App"), text("acme/app"), noID, ref.Planned{Spelling: text("acme/app"), ID: 12}, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, diags := ref.PlanProject(t.Context(), client, c.config, c.state, c.stateID)
			if diags.HasError() != c.fails {
				t.Fatalf("got %v", diags)
			}
			if c.fails {
				if got.Replace {
					t.Error("what cannot be found is planned as a replacement")
				}
				return
			}
			if got.ID != c.want.ID || got.Replace != c.want.Replace || !got.Spelling.Equal(c.want.Spelling) || got.Unknown() != (c.want.ID == 0) {
				t.Errorf("got %+v", got)
			}
		})
	}
}
