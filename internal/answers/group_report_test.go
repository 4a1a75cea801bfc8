package answers_test

import (
	"fmt"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/answers/report"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator"
)

// reported is a report as a configuration has it.
type reported struct {
	Projects    map[string]reportedProject `json:"projects"`
	Risks       []reportedRisk             `json:"risks"`
	Edges       []map[string]any           `json:"edges"`
	Reaches     []map[string]any           `json:"reaches"`
	ReachableBy []map[string]any           `json:"reachable_by"`
	Mermaid     string                     `json:"mermaid"`
}

type reportedProject struct {
	Readable  bool             `json:"readable"`
	Enabled   *bool            `json:"enabled"`
	Effective *bool            `json:"effective"`
	Archived  bool             `json:"archived"`
	Entries   []map[string]any `json:"entries"`
}

type reportedRisk struct{ Rule, Severity, Project, Entry, HCL string }

// Every rule finds, at GitLabs of three ages, what was made for it and nothing else.
func TestAccGroupReport(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"17.11", "18.4", "19.4"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			g := acctest.NewWith(t, emulator.Options{Version: version})
			acctest.NeedsEmbedded(t, g)
			g.Enforce(t, false)
			web := g.Group(t, "web", &g.Root)
			lib, app, docs, old := g.Project(t, "lib"), g.Project(t, "app"), g.Project(t, "docs"), g.Project(t, "old")
			site, hidden := g.ProjectIn(t, web, "site"), g.Hidden(t, "hidden")
			shop := g.ProjectIn(t, web, "shop")
			day := g.Clock(t)
			g.Allow(t, lib, app.Path)
			g.Allow(t, lib, web.Path)
			g.Allow(t, lib, g.Root.Path, "read_packages")
			g.Allow(t, lib, hidden.Path, "read_jobs")
			g.Allow(t, lib, old.Path)
			g.Allow(t, docs, app.Path)
			g.Plant(t, lib, acctest.Planting{OutboundTargets: []string{docs.Path}, AuthLog: []acctest.PlantedUse{
				{Origin: app.Path, LastAuthorizedAt: day}, {Origin: site.Path, LastAuthorizedAt: day}, {Origin: hidden.Path, LastAuthorizedAt: day},
			}})
			g.Archive(t, old)
			g.SetToggle(t, docs, false)
			g.SetSettings(t, site, acctest.Settings{Inbound: true, CrossProjectPush: true})
			g.Admin(t, http.MethodPost, fmt.Sprintf("/projects/%d/deploy_tokens", app.ID), map[string]any{"name": "pull", "scopes": []string{"read_repository"}}, nil)
			g.Advance(t, 100*24*time.Hour)
			g.Plant(t, lib, acctest.Planting{AuthLog: []acctest.PlantedUse{{Origin: site.Path, LastAuthorizedAt: g.Clock(t)}}})

			cli := acctest.NewCLI(t, g, fmt.Sprintf(`
data "jobtoken_group_report" "all" {
  group       = %q
  project     = %q
  unused_days = 90
  tokens      = true
}

output "report" {
  value = data.jobtoken_group_report.all
}
`, g.Root.Path, lib.Path))
			cli.Apply(t, 0)
			got := reportOf(t, cli)
			want := []reportedRisk{
				{"open", "high", docs.Path, "", "enabled = true"},
				{"top_level_group", "high", lib.Path, g.Root.Path, fmt.Sprintf("%q = { permissions = [\"read_packages\"] }\n%q = { permissions = [\"read_packages\"] }", app.Path, site.Path)},
				{"group_with_default_permissions", "medium", lib.Path, web.Path, fmt.Sprintf("%q = { permissions = [] }", web.Path)},
				{"cross_project_push", "medium", site.Path, "", "cross_project_push_allowed = false"},
				{"deploy_token_never_ends", "medium", app.Path, "", "rotation = { every_days = 90, overlap_days = 14 }"},
				{"target_hidden", "medium", lib.Path, hidden.Path, ""},
				{"unused", "low", docs.Path, app.Path, ""},
				{"unused", "low", lib.Path, hidden.Path, ""},
				{"unused", "low", lib.Path, app.Path, ""},
				{"unused", "low", lib.Path, old.Path, ""},
				{"target_archived", "low", lib.Path, old.Path, ""},
				{"outbound_leftovers", "low", lib.Path, "", ""},
			}
			if !g.Since(t, "19.0") {
				want = slices.Delete(want, 3, 4)
			}
			if !reflect.DeepEqual(got.Risks, want) {
				t.Errorf("risks are\n%+v\nwant\n%+v", got.Risks, want)
			}
			edges := []map[string]any{
				{"from": g.Root.Path, "from_kind": "group", "to": lib.Path, "permissions": []any{"read_packages"}, "admits": 6.},
				{"from": web.Path, "from_kind": "group", "to": lib.Path, "permissions": []any{"default"}, "admits": 2.},
				{"from": hidden.Path, "from_kind": "project", "to": lib.Path, "permissions": []any{"read_jobs"}, "admits": 1.},
				{"from": app.Path, "from_kind": "project", "to": lib.Path, "permissions": []any{"default"}, "admits": 1.},
			}
			if !reflect.DeepEqual(got.Edges, edges) {
				t.Errorf("edges are\n%v\nwant\n%v", got.Edges, edges)
			}
			if len(got.Projects) != 6 || got.Projects[docs.Path].Enabled == nil || *got.Projects[docs.Path].Effective || !got.Projects[old.Path].Archived {
				t.Errorf("projects are %+v", got.Projects)
			}
			checkReach(t, got.ReachableBy, map[string]string{app.Path: app.Path, site.Path: web.Path, shop.Path: web.Path, docs.Path: g.Root.Path, hidden.Path: hidden.Path})
			checkReach(t, got.Reaches, map[string]string{docs.Path: ""})
			if !strings.HasPrefix(got.Mermaid, "flowchart LR\n") {
				t.Errorf("the picture is %q", got.Mermaid)
			}
			checkClones(t, g, lib, got.ReachableBy, app, site, docs)
		})
	}
}

func reportOf(t *testing.T, cli *acctest.CLI) (got reported) {
	t.Helper()
	var state struct {
		Values struct {
			Outputs map[string]struct {
				Value reported `json:"value"`
			} `json:"outputs"`
		} `json:"values"`
	}
	cli.ShowJSON(t, &state)
	return state.Values.Outputs["report"].Value
}

// checkReach compares by which entries others are reached, or reach; none where a list limits nothing.
func checkReach(t *testing.T, got []map[string]any, want map[string]string) {
	t.Helper()
	have := map[string]string{}
	for _, reach := range got {
		through, _ := reach["through"].(string)
		path, _ := reach["path"].(string)
		have[path] = through
	}
	if !reflect.DeepEqual(have, want) {
		t.Errorf("reached are %v, want %v", have, want)
	}
}

// checkClones has jobs of all but the last project clone, which by the report they may.
func checkClones(t *testing.T, g *acctest.GitLab, lib acctest.Project, by []map[string]any, from ...acctest.Project) {
	t.Helper()
	dev := g.NewUser(t)
	g.Member(t, "groups", g.Root.ID, dev, acctest.Developer)
	for _, p := range from {
		told := slices.ContainsFunc(by, func(reach map[string]any) bool { return reach["path"] == p.Path })
		if allowed, words := g.CanClone(t, lib, g.Job(t, p, dev)); allowed != told {
			t.Errorf("a job of %s clones: %t (%s), the report tells: %t", p.Path, allowed, words, told)
		}
	}
}

// enforceOff has an instance enforce a list with an entry that is off.
func enforceOff(t *testing.T, g *acctest.GitLab, project acctest.Project, entry string) {
	t.Helper()
	g.Enforce(t, false)
	g.Allow(t, project, entry)
	g.SetToggle(t, project, false)
	g.Enforce(t, true)
}

// What the instance enforces is neither open nor settled.
func TestAccGroupReport_enforced(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsEmbedded(t, g)
	enforceOff(t, g, g.Project(t, "lib"), g.Project(t, "app").Path)
	answer, diags := ask(t, configured(t, g, g.Token), "jobtoken_group_report", map[string]any{"group": g.Root.Path})
	if len(diags) > 0 {
		t.Fatal(diags[0].Detail)
	}
	risks, _ := answer["risks"].([]any)
	if len(risks) != 1 || !strings.Contains(fmt.Sprint(risks[0]), "enforced_only_by_instance") {
		t.Errorf("risks are %v", risks)
	}
	if edges, _ := answer["edges"].([]any); len(edges) != 1 {
		t.Errorf("edges are %v", edges)
	}
}

// A look that fails is told of once, though it would have served two questions.
func TestAccGroupReport_lookFails(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsEmbedded(t, g)
	enforceOff(t, g, g.Project(t, "lib"), g.Hidden(t, "app").Path)
	g.Refuse(t, "TargetSights", 10, http.StatusBadRequest, "application/json", `{"errors":[{"message":"not today"}]}`)
	_, diags := ask(t, configured(t, g, g.Token), "jobtoken_group_report", map[string]any{"group": g.Root.Path})
	if len(diags) != 1 || !strings.Contains(diags[0].Detail, "not today") {
		t.Errorf("%d diagnostics", len(diags))
		for _, d := range diags {
			t.Errorf("got %s: %s", d.Summary, d.Detail)
		}
	}
}

// Projects are read in as many requests as they have pages, beside those for the version, for what the
// instance enforces, and for what lists name outside of the group.
func TestAccGroupReport_requests(t *testing.T) {
	t.Parallel()
	t.Run("enforced", func(t *testing.T) {
		t.Parallel()
		testReportRequests(t, 500, true)
	})
	t.Run("not enforced", func(t *testing.T) {
		t.Parallel()
		testReportRequests(t, 100, false)
	})
}

func testReportRequests(t *testing.T, count int, enforced bool) {
	t.Helper()
	g := acctest.NewWith(t, emulator.Options{Seed: fmt.Sprintf("estate:%dx10", count)})
	acctest.NeedsEmbedded(t, g)
	var first acctest.Project
	g.Admin(t, http.MethodGet, "/projects/estate%2Fp0001", nil, &first)
	enforceOff(t, g, first, g.Root.Path)
	var group acctest.Group
	g.Admin(t, http.MethodGet, "/groups/estate", nil, &group)
	g.Member(t, "groups", group.ID, g.User, acctest.Owner)
	g.Enforce(t, enforced)
	p := configured(t, g, g.Token)
	g.ForgetRequests(t)
	answer, diags := ask(t, p, "jobtoken_group_report", map[string]any{"group": "estate"})
	if len(diags) > 0 {
		t.Fatal(diags[0].Detail)
	}
	if projects, _ := answer["projects"].(map[string]any); len(projects) != count {
		t.Errorf("%d projects", len(projects))
	}
	want := (count - 1) * 10
	if enforced {
		want = count*10 + 1
	}
	if edges, _ := answer["edges"].([]any); len(edges) != want {
		t.Errorf("%d edges, want %d", len(edges), want)
	}
	requests, _ := g.Requests(t)
	if most := count/50 + 3; requests.Total > most || requests.GraphQL["TargetSights"] != 1 {
		t.Errorf("%d requests, at most %d: %v %v", requests.Total, most, requests.Counts, requests.GraphQL)
	}
	if text, _ := answer["mermaid"].(string); len(text) > 20_000 || strings.Count(text, "\n") > report.MaxNodes+report.MaxLinks+10 {
		t.Errorf("the picture is\n%s", text)
	}
}

// Of a list that the token may not read the report says so, and a project that is elsewhere is refused.
func TestAccGroupReport_unreadable(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsEmbedded(t, g)
	lib, hidden := g.Project(t, "lib"), g.Hidden(t, "elsewhere")
	dev := g.NewUser(t)
	g.Member(t, "groups", g.Root.ID, dev, acctest.Developer)
	g.Member(t, "projects", hidden.ID, dev, acctest.Developer)
	p := configured(t, g, g.NewToken(t, dev, "read_api"))
	answer, diags := ask(t, p, "jobtoken_group_report", map[string]any{"group": g.Root.Path, "project": lib.Path})
	if len(diags) > 0 {
		t.Fatal(diags[0].Detail)
	}
	if text, _ := answer["mermaid"].(string); !strings.Contains(text, "1 project with lists that are not shown") || !strings.Contains(fmt.Sprint(answer["projects"]), "needs the Maintainer role") {
		t.Errorf("got %v", answer)
	}
	_, diags = ask(t, p, "jobtoken_group_report", map[string]any{"group": g.Root.Path, "project": hidden.Path})
	if len(diags) != 1 || diags[0].Summary != "Unable to Find Project" || !strings.Contains(diags[0].Detail, "is not in the group "+g.Root.Path) {
		t.Errorf("got %v", diags)
	}
}

// The page of the data source has every rule with its severity.
func TestGroupReport_rulesAreDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../templates/data-sources/group_report.md.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	for rule, severity := range report.Rules() {
		if !strings.Contains(string(page), fmt.Sprintf("| `%s` | %s |", rule, severity)) {
			t.Errorf("%s, %s, is not on the page", rule, severity)
		}
	}
}
