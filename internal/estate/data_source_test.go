package estate_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// reading is a configured provider that reads the data source.
type reading struct{ *acctest.Protocol }

func newReading(t *testing.T, g *acctest.GitLab, token string) reading {
	t.Helper()
	p := acctest.NewProtocol(t)
	for _, problem := range p.Configure(t, map[string]any{"base_url": g.BaseURL, "token": token, "allow_plain_http": true}) {
		t.Fatalf("%s: %s", problem.Summary, problem.Detail)
	}
	return reading{p}
}

func (r reading) ask(t *testing.T, config map[string]any) (map[string]any, []*tfprotov6.Diagnostic) {
	t.Helper()
	of := r.Schemas.DataSourceSchemas["jobtoken_allowlists"].ValueType()
	resp, err := r.ReadDataSource(t.Context(), &tfprotov6.ReadDataSourceRequest{TypeName: "jobtoken_allowlists", Config: acctest.Encode(t, of, config)})
	if err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(resp.Diagnostics, func(d *tfprotov6.Diagnostic) bool { return d.Severity == tfprotov6.DiagnosticSeverityError }) {
		return nil, resp.Diagnostics
	}
	attributes := map[string]any{}
	for name, value := range acctest.Decode(t, of, resp.State) {
		attributes[name] = acctest.Plain(t, value)
	}
	return attributes, resp.Diagnostics
}

// must reads without any diagnostic.
func (r reading) must(t *testing.T, config map[string]any) map[string]any {
	t.Helper()
	got, problems := r.ask(t, config)
	for _, problem := range problems {
		t.Fatalf("%s: %s", problem.Summary, problem.Detail)
	}
	return got
}

func at(t *testing.T, from any, keys ...string) any {
	t.Helper()
	for _, key := range keys {
		object, ok := from.(map[string]any)
		if !ok {
			t.Fatalf("%q is of %v", key, from)
		}
		from = object[key]
	}
	return from
}

func paths(t *testing.T, from any) []string {
	t.Helper()
	object, ok := from.(map[string]any)
	if !ok {
		t.Fatalf("%v is no map", from)
	}
	return slices.Sorted(maps.Keys(object))
}

// small is an estate with one of each.
type small struct {
	*acctest.GitLab

	app, lib, off, empty, unreadable, hidden acctest.Project
	archived, doomed                         acctest.Project
	libs                                     acctest.Group
	reader                                   string
}

func newSmall(t *testing.T) small {
	t.Helper()
	g := acctest.New(t)
	g.Enforce(t, false)
	s := small{GitLab: g, libs: g.Group(t, "libs", &g.Root)}
	s.app, s.lib, s.off, s.empty = g.Project(t, "app"), g.ProjectIn(t, s.libs, "core.v2"), g.Project(t, "off"), g.Project(t, "7empty")
	s.archived, s.doomed, s.hidden = g.Project(t, "archived"), g.Project(t, "doomed"), g.Hidden(t, "secret")
	g.Allow(t, s.lib, s.app.Path)
	g.Allow(t, s.lib, s.hidden.Path, "read_packages", "read_jobs")
	g.Allow(t, s.lib, s.off.Path, acctest.None)
	g.Allow(t, s.lib, g.Root.Path)
	allowOwn(t, g, s.app)
	g.Allow(t, s.off, s.app.Path)
	g.SetToggle(t, s.off, false)
	g.Admin(t, http.MethodPost, fmt.Sprintf("/projects/%d/archive", s.archived.ID), nil, nil)
	g.Admin(t, http.MethodDelete, fmt.Sprintf("/projects/%d", s.doomed.ID), nil, nil)
	s.unreadable = g.ProjectIn(t, g.Group(t, "elsewhere", nil), "guest")
	s.reader = g.NewToken(t, g.User, "read_api")
	return s
}

// allowOwn stores an entry of the project itself, where GitLab does.
func allowOwn(t *testing.T, g *acctest.GitLab, p acctest.Project) {
	t.Helper()
	if g.Since(t, "18.1") {
		g.Allow(t, p, p.Path, "read_jobs")
	}
}

func TestAllowlists(t *testing.T) {
	t.Parallel()
	s := newSmall(t)
	g := s.GitLab
	got := newReading(t, g, s.reader).must(t, map[string]any{"group": g.Root.Path})
	if found, want := paths(t, got["allowlists"]), []string{s.empty.Path, s.app.Path, s.lib.Path, s.off.Path}; !slices.Equal(found, slices.Sorted(slices.Values(want))) {
		t.Fatalf("found %v, want %v", found, want)
	}
	lib := at(t, got, "allowlists", s.lib.Path)
	for name, want := range map[string]any{
		"project_id": s.lib.ID, "readable": true, "reason": nil, "enabled": true, "effective": true, "archived": false, "deletion_scheduled": false,
		"push_repository_allowed": false,
	} {
		if found := at(t, lib, name); found != want {
			t.Errorf("%s is %v, want %v", name, found, want)
		}
	}
	hidden := at(t, lib, "projects", s.hidden.Path)
	if at(t, hidden, "id") != s.hidden.ID || at(t, hidden, "default_permissions") != false ||
		fmt.Sprint(at(t, hidden, "permissions")) != "[read_jobs read_packages]" || at(t, hidden, "added_by") != "root" || at(t, hidden, "added_at") == nil {
		t.Errorf("the entry is %v", hidden)
	}
	if at(t, lib, "projects", s.app.Path, "permissions") != nil || at(t, lib, "groups", g.Root.Path, "id") != g.Root.ID {
		t.Errorf("the list is %v", lib)
	}
	if off := at(t, got, "allowlists", s.off.Path); at(t, off, "enabled") != false || at(t, off, "effective") != false {
		t.Errorf("the list that is off is %v", off)
	}
	want := map[string]any{
		s.app.Path:   map[string]any{"projects": map[string]any{s.app.Path: []any{"read_jobs"}}},
		s.empty.Path: map[string]any{},
		s.off.Path:   map[string]any{"enabled": false, "projects": map[string]any{s.app.Path: []any{"default"}}},
		s.lib.Path: map[string]any{
			"projects": map[string]any{s.app.Path: []any{"default"}, s.hidden.Path: []any{"read_jobs", "read_packages"}, s.off.Path: []any{}},
			"groups":   map[string]any{g.Root.Path: []any{"default"}},
		},
	}
	if fmt.Sprint(got["estate"]) != fmt.Sprint(want) {
		t.Errorf("the estate is\n%v, want\n%v", got["estate"], want)
	}
}

// A list that is off is in effect where the instance enforces all, and its stored toggle stays as it is.
func TestAllowlists_enforced(t *testing.T) {
	t.Parallel()
	s := newSmall(t)
	s.Enforce(t, true)
	got := newReading(t, s.GitLab, s.reader).must(t, map[string]any{"group": s.Root.Path})
	for _, p := range []acctest.Project{s.off, s.lib} {
		if at(t, got, "allowlists", p.Path, "effective") != true {
			t.Errorf("%s is %v", p.Path, at(t, got, "allowlists", p.Path))
		}
	}
	stored := at(t, got, "allowlists", s.off.Path, "enabled")
	if compact, _ := at(t, got, "estate", s.off.Path).(map[string]any); stored == false && compact["enabled"] != false {
		t.Errorf("the estate switches it on: %v", compact)
	}
}

func TestAllowlists_configuration(t *testing.T) {
	t.Parallel()
	s := newSmall(t)
	g := s.GitLab
	r := newReading(t, g, s.reader)
	got := r.must(t, map[string]any{"group": g.Root.Path, "settings": true})
	text := cleanHCL(t, got["configuration"])
	list := fmt.Sprintf(`import {
  to = jobtoken_allowlist.libs_core_v2
  id = %[1]q
}

resource "jobtoken_allowlist" "libs_core_v2" {
  project = %[1]q
  enabled = true

  projects = {
`, s.lib.Path)
	for _, part := range []string{
		list,
		"{ permissions = [\"read_jobs\", \"read_packages\"] }\n", "{ permissions = [\"default\"] }\n",
		"resource \"jobtoken_allowlist\" \"_7empty\" {\n  project = " + fmt.Sprintf("%q", s.empty.Path) + "\n  enabled = true\n\n  projects = {}\n\n  groups = {}\n}\n",
		"resource \"jobtoken_settings\" \"off\" {\n", "  push_repository_allowed    = false\n",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("it has no\n%s\nin\n%s", part, text)
		}
	}
	if again := newReading(t, g, s.reader).must(t, map[string]any{"group": fmt.Sprint(g.Root.ID), "settings": true}); again["configuration"] != text {
		t.Errorf("another run writes\n%s", again["configuration"])
	}
	files := paths(t, got["files"])
	if want := []string{g.Root.Path + ".tf", g.Root.Path + "_libs.tf"}; !slices.Equal(files, want) {
		t.Errorf("the files are %v, want %v", files, want)
	}
	blocks := 0
	for _, name := range files {
		blocks += strings.Count(cleanHCL(t, at(t, got, "files", name)), "\nresource ")
	}
	if blocks != 8 {
		t.Errorf("%d resources in files, want two for each of four projects", blocks)
	}
	skipping := r.must(t, map[string]any{"group": g.Root.Path, "skip": []any{strings.ToUpper(s.app.Path), fmt.Sprint(s.off.ID)}, "only_with_entries": true})
	if found := paths(t, skipping["allowlists"]); !slices.Equal(found, []string{s.lib.Path}) {
		t.Errorf("what is left is %v", found)
	}
}

// cleanHCL checks that a text is HCL as "terraform fmt" leaves it.
func cleanHCL(t *testing.T, value any) string {
	t.Helper()
	text, _ := value.(string)
	if _, diags := hclsyntax.ParseConfig([]byte(text), "main.tf", hcl.InitialPos); diags.HasErrors() {
		t.Fatalf("%v in\n%s", diags, text)
	}
	if formatted := string(hclwrite.Format([]byte(text))); formatted != text {
		t.Errorf("it is not formatted:\n%s", text)
	}
	return text
}

func TestAllowlists_inactive(t *testing.T) {
	t.Parallel()
	s := newSmall(t)
	r := newReading(t, s.GitLab, s.reader)
	for name, c := range map[string]struct {
		ask       map[string]any
		archived  bool
		scheduled bool
	}{
		"archived":               {map[string]any{"include_archived": true}, true, false},
		"scheduled for deletion": {map[string]any{"include_deletion_scheduled": true}, false, true},
		"both":                   {map[string]any{"include_archived": true, "include_deletion_scheduled": true}, true, true},
	} {
		c.ask["group"] = s.Root.Path
		found := paths(t, r.must(t, c.ask)["allowlists"])
		scheduled := slices.ContainsFunc(found, func(path string) bool { return strings.HasPrefix(path, s.doomed.Path) })
		if slices.Contains(found, s.archived.Path) != c.archived || scheduled != c.scheduled {
			t.Errorf("%s: found %v", name, found)
		}
	}
	named := r.must(t, map[string]any{"projects": []any{s.archived.Path, fmt.Sprint(s.doomed.ID), s.app.Path, fmt.Sprint(s.app.ID)}})
	if found := paths(t, named["allowlists"]); len(found) != 3 {
		t.Errorf("of what is named it shows %v", found)
	}
}

// What the token may not administer is listed, with the reason.
func TestAllowlists_withheld(t *testing.T) {
	t.Parallel()
	s := newSmall(t)
	user := s.NewUser(t)
	s.Member(t, "groups", s.Root.ID, user, acctest.Developer)
	s.Member(t, "projects", s.app.ID, user, acctest.Maintainer)
	r := newReading(t, s.GitLab, s.NewToken(t, user, "read_api"))
	got := r.must(t, map[string]any{"group": s.Root.Path, "only_with_entries": true})
	lib := at(t, got, "allowlists", s.lib.Path)
	if reason, _ := at(t, lib, "reason").(string); at(t, lib, "readable") != false || !strings.Contains(reason, "Maintainer role") || at(t, lib, "projects") != nil || at(t, lib, "project_id") != s.lib.ID {
		t.Errorf("got %v", lib)
	}
	if found := paths(t, got["estate"]); !slices.Equal(found, []string{s.app.Path}) {
		t.Errorf("the estate has %v", found)
	}
	text := cleanHCL(t, got["configuration"])
	if !strings.HasPrefix(text, "# Left out, since the provider's token may not administer them:\n#   "+s.empty.Path+"\n") || strings.Contains(text, "\""+s.lib.Path) {
		t.Errorf("the configuration is\n%s", text)
	}
	named := r.must(t, map[string]any{"projects": []any{s.unreadable.Path, "4711", s.app.Path}})
	for _, path := range []string{s.unreadable.Path, "4711"} {
		if reason, _ := at(t, named, "allowlists", path, "reason").(string); !strings.Contains(reason, "no such project") {
			t.Errorf("%s: %v", path, at(t, named, "allowlists", path))
		}
	}
}

func TestAllowlists_errors(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	for name, c := range map[string]struct{ token, group, title string }{
		"no such group":     {g.Token, "nowhere", "Unable to Find Group"},
		"no such id":        {g.Token, "4711", "Unable to Find Group"},
		"a token of nobody": {"glpat-of-nobody", g.Root.Path, "Unable to Sign In to GitLab"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, problems := newReading(t, g, c.token).ask(t, map[string]any{"group": c.group})
			if len(problems) != 1 || problems[0].Summary != c.title {
				t.Errorf("got %+v", problems)
			}
		})
	}
}

func TestAllowlists_usage(t *testing.T) {
	t.Parallel()
	s := newSmall(t)
	acctest.NeedsEmbedded(t, s.GitLab)
	const use = "2026-03-14T12:00:00Z"
	when, err := time.Parse(time.RFC3339, use)
	if err != nil {
		t.Fatal(err)
	}
	s.Plant(t, s.lib, acctest.Planting{AuthLog: []acctest.PlantedUse{{Origin: s.app.Path, LastAuthorizedAt: when}}})
	s.ForgetRequests(t)
	got := newReading(t, s.GitLab, s.reader).must(t, map[string]any{"group": s.Root.Path, "usage": true})
	lib := at(t, got, "allowlists", s.lib.Path)
	if at(t, lib, "projects", s.app.Path, "last_used") != use || at(t, lib, "groups", s.Root.Path, "last_used") != use {
		t.Errorf("the list is %v", lib)
	}
	if at(t, lib, "projects", s.off.Path, "last_used") != nil {
		t.Error("an entry that nobody used has a use")
	}
	if requests, _ := s.Requests(t); requests.GraphQL["AuthenticationLog"] != 3 {
		t.Errorf("the lists with entries are three; asked %v", requests.GraphQL)
	}
}

// A log that GitLab does not show is a warning, and the rest is shown.
func TestAllowlists_usageUnknown(t *testing.T) {
	t.Parallel()
	s := newSmall(t)
	acctest.NeedsEmbedded(t, s.GitLab)
	s.Refuse(t, "AuthenticationLog", 1, http.StatusForbidden, "application/json", `{"message":"403 Forbidden"}`)
	got, problems := newReading(t, s.GitLab, s.reader).ask(t, map[string]any{"projects": []any{s.lib.Path}, "usage": true})
	if len(problems) != 1 || problems[0].Summary != "Job Token Usage Cannot Be Checked" || !strings.Contains(problems[0].Detail, s.lib.Path) {
		t.Fatalf("got %+v", problems)
	}
	if lib := at(t, got, "allowlists", s.lib.Path); at(t, lib, "readable") != true || at(t, lib, "projects", s.app.Path, "last_used") != nil {
		t.Errorf("the list is %v", lib)
	}
}

// The projects of a group, or those that are named, are read 50 to a request, beside one for the version; lists that are off cost one more,
// however many they are.
func TestAllowlists_requests(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsEmbedded(t, g)
	g.Enforce(t, false)
	projects := g.Projects(t, "p", 101)
	var named, numbered []any
	for _, p := range projects {
		named, numbered = append(named, p.Path), append(numbered, fmt.Sprint(p.ID))
	}
	for _, read := range []struct {
		config map[string]any
		off    int
		want   int
	}{
		{map[string]any{"group": g.Root.Path}, 0, 3 + 1},
		{map[string]any{"projects": named}, 0, 3 + 1},
		{map[string]any{"projects": numbered}, 0, 3 + 1},
		{map[string]any{"group": g.Root.Path}, 3, 3 + 1 + 1},
		{map[string]any{"group": fmt.Sprint(g.Root.ID)}, 3, 3 + 1 + 1 + 1},
	} {
		for _, p := range projects[:read.off] {
			g.SetToggle(t, p, false)
		}
		g.ForgetRequests(t)
		newReading(t, g, g.Token).must(t, read.config)
		if requests, _ := g.Requests(t); requests.Total != read.want {
			t.Errorf("%d requests, want %d: %v %v", requests.Total, read.want, requests.Counts, requests.GraphQL)
		}
	}
}

// The imports of a group that is prefetched, by their paths and as many at a time as Terraform makes, ask nothing
// beside its pages and what is asked once.
func TestImports_requests(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsEmbedded(t, g)
	projects := g.Projects(t, "p", 101)
	p := acctest.NewProtocol(t)
	for _, problem := range p.Configure(t, map[string]any{"base_url": g.BaseURL, "token": g.Token, "allow_plain_http": true, "prefetch_groups": []any{g.Root.Path}}) {
		t.Fatalf("%s: %s", problem.Summary, problem.Detail)
	}
	g.ForgetRequests(t)
	const name = "jobtoken_allowlist"
	var all sync.WaitGroup
	turns := make(chan struct{}, 10)
	for _, project := range projects {
		turns <- struct{}{}
		all.Go(func() {
			defer func() { <-turns }()
			resp, err := p.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{TypeName: name, ID: project.Path})
			if err != nil || len(resp.ImportedResources) != 1 {
				t.Errorf("%s: %+v, %v", project.Path, resp, err)
				return
			}
			found := resp.ImportedResources[0]
			read, err := p.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{TypeName: name, CurrentState: found.State, Private: found.Private, CurrentIdentity: found.Identity})
			if err != nil || len(read.Diagnostics) > 0 {
				t.Errorf("%s: %+v, %v", project.Path, read, err)
			}
		})
	}
	all.Wait()
	if requests, _ := g.Requests(t); requests.GraphQL["GroupSnapshots"] != 3 || requests.Total > 3+3 {
		t.Errorf("101 imports made %d requests: %v %v", requests.Total, requests.Counts, requests.GraphQL)
	}
}
