package credential_test

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// Each list resource finds the tokens of its project or group, and says of each what its import does.
func TestTokenLists(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsEmbedded(t, g)
	lib, libs := g.Project(t, "lib"), g.Group(t, "libs", &g.Root)
	today := g.Clock(t).Truncate(24 * time.Hour)
	parents := map[string]struct {
		id         int64
		path, of   string
		configured string
	}{
		"project": {lib.ID, lib.Path, "projects", lib.Path},
		"group":   {libs.ID, libs.Path, "groups", fmt.Sprint(libs.ID)},
	}
	ids := map[string]int64{}
	for _, parent := range parents {
		for _, kind := range []string{"deploy_tokens", "access_tokens"} {
			for i, name := range []string{"first", "brief", "last"} {
				body := map[string]any{"name": name, "scopes": []string{"read_repository"}, "expires_at": today.AddDate(0, 0, 10*i+20).Format(time.DateOnly)}
				if name == "brief" {
					body["expires_at"] = today.AddDate(0, 0, 1).Format(time.DateOnly)
				}
				ids[parent.of+kind+name] = outside(t, g, parent.of, parent.id, kind, body).ID
			}
		}
	}
	g.Advance(t, 25*time.Hour)
	q := acctest.NewQuery(t, g, g.Token)
	for on, parent := range parents {
		for _, kind := range []string{"deploy_token", "access_token"} {
			name := "jobtoken_" + on + "_" + kind
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				config := map[string]any{on: parent.configured}
				named := func(limit int64, titles []string, want ...string) {
					t.Helper()
					if got, said := q.Named(t, name, config, limit); !slices.Equal(got, want) || !slices.Equal(said, titles) {
						t.Errorf("up to %d are %v, want %v; said is %q", limit, got, want, said)
					}
				}
				named(0, nil, "first", "last")
				named(1, []string{"List Is Cut at Its Limit (" + parent.configured + ")"}, "first")
				named(2, nil, "first", "last")
				config["include_inactive"] = true
				named(100, nil, "first", "brief", "last")
				found, problems := q.Ask(t, name, config, 100, true)
				for _, problem := range problems {
					t.Fatalf("%s: %s", problem.Summary, problem.Detail)
				}
				for _, result := range found {
					id := ids[parent.of+kind+"s"+result.DisplayName]
					if got, want := q.Identity(t, name, result.Identity), map[string]any{on + "_id": parent.id, "token_id": id}; !maps.Equal(got, want) {
						t.Errorf("the identity of %q is %v, want %v", result.DisplayName, got, want)
					}
					got, want := q.Resource(t, name, result.Resource), q.Imported(t, name, result.Identity)
					if !reflect.DeepEqual(got, want) {
						t.Errorf("%q is\n%v, and its import\n%v", result.DisplayName, got, want)
					}
					attributes, _ := got.(map[string]any)
					if attributes[on] != parent.path || attributes["name"] != result.DisplayName || attributes["active"] != (result.DisplayName != "brief") {
						t.Errorf("%q is %v", result.DisplayName, got)
					}
				}
			})
		}
	}
}

// One list request serves every list block, and its results are not made where nobody reads on.
func TestTokenLists_requests(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsEmbedded(t, g)
	lib := g.Project(t, "lib")
	for i := range 3 {
		outside(t, g, "projects", lib.ID, "deploy_tokens", map[string]any{"name": fmt.Sprint(i), "scopes": []string{"read_repository"}})
	}
	q := acctest.NewQuery(t, g, g.Token)
	g.ForgetRequests(t)
	const name = "jobtoken_project_deploy_token"
	stream := q.Stream(t, name, map[string]any{"project": lib.Path}, 0, true)
	if requests, _ := g.Requests(t); requests.Total != 0 {
		t.Errorf("GitLab was asked before anybody read: %v", requests.Counts)
	}
	for result := range stream.Results {
		if result.DisplayName != "0" {
			t.Errorf("the first is %q", result.DisplayName)
		}
		break
	}
	if got, _ := q.Ask(t, name, map[string]any{"project": fmt.Sprint(lib.ID), "include_inactive": true}, 2, true); len(got) != 2 {
		t.Errorf("%d are listed, want 2", len(got))
	}
	if requests, _ := g.Requests(t); requests.Counts["GET /api/v4/projects/:id/deploy_tokens"] != 1 {
		t.Errorf("requests are %v, want one list", requests.Counts)
	}
}

// What keeps a list from being read is a result, on the attribute where that is at fault.
func TestTokenLists_errors(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	lib, libs, hidden := g.Project(t, "lib"), g.Group(t, "libs", &g.Root), g.Hidden(t, "secret")
	maintainer := g.NewUser(t)
	g.Member(t, "groups", g.Root.ID, maintainer, acctest.Maintainer)
	q, nobody := acctest.NewQuery(t, g, g.NewToken(t, maintainer, "read_api")), acctest.NewQuery(t, g, "glpat-of-nobody")
	for name, test := range map[string]struct {
		q         acctest.Query
		list      string
		config    map[string]any
		attribute string
		words     string
	}{
		"a project that is not there": {q, "project_deploy_token", map[string]any{"project": hidden.Path}, "project", "Could not find project " + hidden.Path},
		"a group that is not there":   {q, "group_access_token", map[string]any{"group": "4711"}, "group", "Could not find group"},
		"a role too low":              {q, "group_access_token", map[string]any{"group": libs.Path}, "group", "This needs the Owner role in the group; the token's user, "},
		"a token of nobody":           {nobody, "project_access_token", map[string]any{"project": lib.Path}, "", "The provider's token is missing, wrong, expired or revoked."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			results, problems := test.q.Ask(t, "jobtoken_"+test.list, test.config, 10, true)
			if len(results) != 0 || len(problems) != 1 {
				t.Fatalf("got %+v and %+v, want one diagnostic", results, problems)
			}
			problem := problems[0]
			var at *tftypes.AttributePath
			if test.attribute != "" {
				at = tftypes.NewAttributePath().WithAttributeName(test.attribute)
			}
			if problem.Severity != tfprotov6.DiagnosticSeverityError || !problem.Attribute.Equal(at) || !strings.Contains(problem.Detail, test.words) {
				t.Errorf("got %s at %s: %s: %s", problem.Severity, problem.Attribute, problem.Summary, problem.Detail)
			}
		})
	}
	if got, said := q.Named(t, "jobtoken_group_deploy_token", map[string]any{"group": libs.Path}, 10); len(got)+len(said) != 0 {
		t.Errorf("a group without deploy tokens has %v, and a Maintainer may list them", got)
	}
}

// The tokens of all projects of a group, and of a group and its subgroups, are told apart by their paths. What the
// token may not list is named before the first.
func TestTokenLists_descendants(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsEmbedded(t, g)
	libs := g.Group(t, "libs", &g.Root)
	core := g.Group(t, "core", &libs)
	app, lib := g.Project(t, "app"), g.ProjectIn(t, core, "lib")
	archived, doomed := g.Project(t, "old"), g.Project(t, "doomed")
	for _, p := range []acctest.Project{app, lib, archived, doomed} {
		for _, name := range []string{"ci", "cd"} {
			outside(t, g, "projects", p.ID, "deploy_tokens", map[string]any{"name": name, "scopes": []string{"read_repository"}})
		}
	}
	for _, group := range []acctest.Group{g.Root, libs, core} {
		outside(t, g, "groups", group.ID, "deploy_tokens", map[string]any{"name": "ci", "scopes": []string{"read_repository"}})
	}
	g.Admin(t, http.MethodPost, fmt.Sprintf("/projects/%d/archive", archived.ID), nil, nil)
	g.Admin(t, http.MethodDelete, fmt.Sprintf("/projects/%d", doomed.ID), nil, nil)
	reader := g.NewUser(t)
	g.Member(t, "groups", g.Root.ID, reader, acctest.Developer)
	g.Member(t, "groups", core.ID, reader, acctest.Maintainer)
	q, some := acctest.NewQuery(t, g, g.Token), acctest.NewQuery(t, g, g.NewToken(t, reader, "read_api"))
	root := g.Root.Path
	withheld, cut := fmt.Sprintf("Some Are Not Listed (%s)", root), fmt.Sprintf("List Is Cut at Its Limit (%s)", root)
	const ofProjects, ofGroups = "jobtoken_project_deploy_token", "jobtoken_group_deploy_token"
	for name, c := range map[string]struct {
		q      acctest.Query
		list   string
		more   map[string]any
		limit  int64
		want   []string
		titles []string
	}{
		"projects":            {q, ofProjects, nil, 0, []string{app.Path + ": ci", app.Path + ": cd", lib.Path + ": ci", lib.Path + ": cd"}, nil},
		"archived ones too":   {q, ofProjects, map[string]any{"include_archived": true}, 0, []string{app.Path + ": ci", app.Path + ": cd", lib.Path + ": ci", lib.Path + ": cd", archived.Path + ": ci", archived.Path + ": cd"}, nil},
		"projects, cut":       {q, ofProjects, nil, 3, []string{app.Path + ": ci", app.Path + ": cd", lib.Path + ": ci"}, []string{cut}},
		"projects, some only": {some, ofProjects, nil, 1, []string{lib.Path + ": ci"}, []string{withheld, cut}},
		"groups":              {q, ofGroups, map[string]any{"include_descendants": true}, 3, []string{root + ": ci", libs.Path + ": ci", core.Path + ": ci"}, nil},
		"groups, some only":   {some, ofGroups, map[string]any{"include_descendants": true}, 3, []string{core.Path + ": ci"}, []string{withheld}},
	} {
		config := map[string]any{"group": root}
		maps.Copy(config, c.more)
		got, titles := c.q.Named(t, c.list, config, c.limit)
		slices.Sort(got)
		slices.Sort(c.want)
		if c.limit != 3 && !slices.Equal(got, c.want) || len(got) != len(c.want) || !slices.Equal(titles, c.titles) {
			t.Errorf("%s: got %q, want %q; said is %q", name, got, c.want, titles)
		}
	}
	found, problems := q.Ask(t, ofGroups, map[string]any{"group": fmt.Sprint(g.Root.ID), "include_descendants": true}, 0, true)
	if len(found) != 3 || len(problems) != 0 {
		t.Fatalf("got %v, %v", found, problems)
	}
	for _, result := range found {
		if got, want := q.Resource(t, ofGroups, result.Resource), q.Imported(t, ofGroups, result.Identity); !reflect.DeepEqual(got, want) {
			t.Errorf("%q is\n%v, and its import\n%v", result.DisplayName, got, want)
		}
	}
}

// The schemas name what is needed and refuse what cannot be a project or group. The pages, which only
// the newest Terraform could generate, say what the schemas do.
func TestTokenLists_schemas(t *testing.T) {
	t.Parallel()
	q := acctest.NewQuery(t, acctest.New(t), "glpat-of-nobody")
	for _, on := range []string{"project", "group"} {
		for _, kind := range []string{"deploy_token", "access_token"} {
			name := "jobtoken_" + on + "_" + kind
			schema := q.Schemas.ListResourceSchemas[name]
			if schema == nil {
				t.Errorf("%s cannot be listed", name)
				continue
			}
			role := "Maintainer"
			if on == "group" && kind == "access_token" {
				role = "Owner"
			}
			if !strings.Contains(schema.Block.Description, "Needs the "+role+" role in each "+on) {
				t.Errorf("%s does not tell its role: %s", name, schema.Block.Description)
			}
			page, err := os.ReadFile("../../templates/list-resources/" + strings.TrimPrefix(name, "jobtoken_") + ".md")
			if err != nil || !strings.Contains(string(page), "\n\n"+schema.Block.Description+"\n\n") {
				t.Errorf("the page of %s does not describe it: %v", name, err)
			}
			for _, attribute := range schema.Block.Attributes {
				if !strings.Contains(string(page), "- `"+attribute.Name+"` (") || !strings.Contains(string(page), ") "+attribute.Description+"\n") {
					t.Errorf("the page of %s does not describe %s", name, attribute.Name)
				}
				if attribute.Description == "" || attribute.Required != (attribute.Name == on && on == "group") {
					t.Errorf("%s.%s is %+v", name, attribute.Name, attribute)
				}
			}
			if problems := q.Validate(t, name, map[string]any{on: "https://gitlab.example.com/acme"}); len(problems) != 1 || !strings.Contains(problems[0].Detail, "it is a URL") {
				t.Errorf("%s takes a URL: %+v", name, problems)
			}
		}
	}
}
