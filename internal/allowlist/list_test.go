package allowlist_test

import (
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// listed is a small estate: two projects with lists, one without, and what no list shows unless it is asked for.
type listed struct {
	*acctest.GitLab

	app, lib, off, archived, doomed, hidden acctest.Project
}

func newListed(t *testing.T) listed {
	t.Helper()
	g := acctest.New(t)
	g.Enforce(t, false)
	e := listed{GitLab: g, app: g.Project(t, "app"), lib: g.ProjectIn(t, g.Group(t, "libs", &g.Root), "app"), off: g.Project(t, "off")}
	e.archived, e.doomed, e.hidden = g.Project(t, "old"), g.Project(t, "doomed"), g.Hidden(t, "secret")
	g.Allow(t, e.lib, e.app.Path)
	g.Allow(t, e.lib, e.hidden.Path, "read_packages")
	g.Allow(t, e.lib, g.Root.Path, acctest.None)
	g.Allow(t, e.lib, e.lib.Path, "read_jobs")
	g.Allow(t, e.app, e.off.Path)
	g.SetToggle(t, e.off, false)
	g.Admin(t, http.MethodPost, fmt.Sprintf("/projects/%d/archive", e.archived.ID), nil, nil)
	g.Admin(t, http.MethodDelete, fmt.Sprintf("/projects/%d", e.doomed.ID), nil, nil)
	return e
}

// What a list shows of lists and entries is what their import makes.
func TestLists(t *testing.T) {
	t.Parallel()
	e := newListed(t)
	q := acctest.NewQuery(t, e.GitLab, e.NewToken(t, e.User, "read_api"))
	entries := []string{
		e.lib.Path + ": project " + e.app.Path, e.lib.Path + ": project " + e.hidden.Path,
		e.lib.Path + ": project " + e.lib.Path, e.lib.Path + ": group " + e.Root.Path,
	}
	inApp := e.app.Path + ": project " + e.off.Path
	for name, c := range map[string]struct {
		list   string
		config map[string]any
		want   []string
	}{
		"lists of a group":   {"jobtoken_allowlist", map[string]any{"group": e.Root.Path}, []string{e.app.Path, e.lib.Path, e.off.Path}},
		"archived ones too":  {"jobtoken_allowlist", map[string]any{"group": fmt.Sprint(e.Root.ID), "include_archived": true}, []string{e.app.Path, e.lib.Path, e.off.Path, e.archived.Path}},
		"of a project":       {"jobtoken_allowlist", map[string]any{"project": strings.ToUpper(e.lib.Path)}, []string{e.lib.Path}},
		"entries of a group": {"jobtoken_allowlist_entry", map[string]any{"group": e.Root.Path}, append(slices.Clone(entries), inApp)},
		"of a project's":     {"jobtoken_allowlist_entry", map[string]any{"project": fmt.Sprint(e.lib.ID)}, entries},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, problems := q.Ask(t, c.list, c.config, 100, true)
			for _, problem := range problems {
				t.Fatalf("%s: %s", problem.Summary, problem.Detail)
			}
			names := map[string]bool{}
			for _, result := range found {
				names[result.DisplayName] = true
				if got, want := q.Resource(t, c.list, result.Resource), q.Imported(t, c.list, result.Identity); !reflect.DeepEqual(got, want) {
					t.Errorf("%q is\n%v, and its import\n%v", result.DisplayName, got, want)
				}
			}
			if got := slices.Sorted(maps.Keys(names)); !slices.Equal(got, slices.Sorted(slices.Values(c.want))) || len(found) != len(c.want) {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
}

// What the token may not read is named before what it may; of a project that is asked for it is an error.
func TestLists_withheld(t *testing.T) {
	t.Parallel()
	e := newListed(t)
	user := e.NewUser(t)
	e.Member(t, "groups", e.Root.ID, user, acctest.Developer)
	e.Member(t, "projects", e.lib.ID, user, acctest.Maintainer)
	q, nobody := acctest.NewQuery(t, e.GitLab, e.NewToken(t, user, "read_api")), acctest.NewQuery(t, e.GitLab, "glpat-of-nobody")
	for result := range q.Stream(t, "jobtoken_allowlist", map[string]any{"group": e.Root.Path}, 1, false).Results {
		if len(result.Diagnostics) != 1 || !strings.Contains(result.Diagnostics[0].Detail, e.app.Path) || !strings.Contains(result.Diagnostics[0].Detail, e.off.Path) || !strings.Contains(result.Diagnostics[0].Detail, "Maintainer") {
			t.Errorf("the first is %+v", result)
		}
		break
	}
	const list = "jobtoken_allowlist"
	withheld, cut := fmt.Sprintf("Some Are Not Listed (%s)", e.Root.Path), fmt.Sprintf("List Is Cut at Its Limit (%s)", e.Root.Path)
	for name, c := range map[string]struct {
		q      acctest.Query
		list   string
		config map[string]any
		limit  int64
		count  int
		titles []string
	}{
		"lists":             {q, list, map[string]any{"group": e.Root.Path}, 1, 1, []string{withheld}},
		"entries, cut":      {q, list + "_entry", map[string]any{"group": e.Root.Path}, 2, 2, []string{withheld, cut}},
		"a role too low":    {q, list, map[string]any{"project": e.app.Path}, 0, 0, []string{"Unable to Read Job Token Allowlist"}},
		"no such project":   {q, list + "_entry", map[string]any{"project": e.hidden.Path}, 0, 0, []string{"Unable to Find Project"}},
		"no such group":     {q, list, map[string]any{"group": "nowhere"}, 0, 0, []string{"Unable to Find Group"}},
		"no group of an id": {q, list, map[string]any{"group": "4711"}, 0, 0, []string{"Unable to Find Group"}},
		"a token of nobody": {nobody, list, map[string]any{"group": e.Root.Path}, 0, 0, []string{"Unable to Sign In to GitLab"}},
	} {
		names, titles := c.q.Named(t, c.list, c.config, c.limit)
		if len(names) != c.count || !slices.Equal(titles, c.titles) {
			t.Errorf("%s: found %q; said is %q, want %q", name, names, titles, c.titles)
		}
	}
}

// No more pages of a group are read than the limit asks for, and one page serves every list.
func TestLists_pages(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsEmbedded(t, g)
	g.Projects(t, "p", 101)
	q := acctest.NewQuery(t, g, g.Token)
	g.ForgetRequests(t)
	for _, step := range []struct {
		limit int64
		found int
		pages int
	}{{10, 10, 1}, {49, 49, 1}, {50, 50, 2}, {0, 101, 3}, {101, 101, 3}} {
		found, _ := q.Ask(t, "jobtoken_allowlist", map[string]any{"group": g.Root.Path}, step.limit, true)
		requests, _ := g.Requests(t)
		if len(found) != step.found || requests.GraphQL["GroupSnapshots"] != step.pages || requests.Total != step.pages+1 {
			t.Errorf("with the limit %d: %d found, requests %v %v", step.limit, len(found), requests.GraphQL, requests.Counts)
		}
	}
}
