package answers_test

import (
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// consumed is a library with two groups that use it, one of them for its packages only.
type consumed struct {
	*acctest.GitLab

	lib, old       acctest.Project
	web, ops, apps acctest.Group
	all            []acctest.Project
}

func newConsumed(t *testing.T) consumed {
	t.Helper()
	g := acctest.New(t)
	acctest.NeedsEmbedded(t, g)
	c := consumed{GitLab: g, lib: g.Project(t, "lib"), old: g.Project(t, "old")}
	c.apps = g.Group(t, "apps", &g.Root)
	c.web, c.ops = g.Group(t, "web", &c.apps), g.Group(t, "ops", &c.apps)
	var uses []acctest.PlantedUse
	at := time.Date(2026, time.January, 31, 12, 0, 0, 0, time.UTC)
	for i, group := range []acctest.Group{c.web, c.web, c.web, c.web, c.ops, c.ops} {
		project := g.ProjectIn(t, group, fmt.Sprintf("p%d", i))
		c.all = append(c.all, project)
		if i != 3 {
			uses = append(uses, acctest.PlantedUse{Origin: project.Path, LastAuthorizedAt: at.AddDate(0, 0, -i)})
		}
	}
	uses = append(uses, acctest.PlantedUse{Origin: c.old.Path, LastAuthorizedAt: at.AddDate(0, -3, 0)})
	g.Plant(t, c.lib, acctest.Planting{AuthLog: uses})
	g.Allow(t, c.lib, c.old.Path)
	g.Allow(t, c.lib, c.all[0].Path, "read_packages")
	return c
}

func TestAccAllowlistProposal(t *testing.T) {
	t.Parallel()
	c := newConsumed(t)
	p := configured(t, c.GitLab, c.Token)
	const since = "2026-01-01"
	kept := map[string]string{c.old.Path: "default", c.all[0].Path: "read_packages"}
	with := func(more ...string) map[string]string {
		entries := maps.Clone(kept)
		for _, path := range more {
			entries[path] = "default"
		}
		return entries
	}
	for name, test := range map[string]struct {
		config           map[string]any
		groups, projects map[string]string
		says             string
	}{
		"each by itself": {
			map[string]any{"since": since}, map[string]string{}, with(c.all[1].Path, c.all[2].Path, c.all[4].Path, c.all[5].Path), "used it last on 2026-01-30",
		},
		"two make a group": {
			map[string]any{"since": since, "group_when": 2}, map[string]string{c.web.Path: "default", c.ops.Path: "default"}, kept, "2 of its 4 projects used it, the last on 2026-01-30; 2 make a group an entry",
		},
		"room for five": {
			map[string]any{"since": since, "max_entries": 5}, map[string]string{c.ops.Path: "default"}, with(c.all[1].Path, c.all[2].Path), "2 of its 2 projects used it, the last on 2026-01-27; there would be more than 5 entries without it",
		},
		"the unused goes": {
			map[string]any{"since": since, "group_when": 2, "keep_existing": false}, map[string]string{c.web.Path: "default", c.ops.Path: "default"},
			map[string]string{c.all[0].Path: "read_packages"}, "on the list, and last used on 2026-01-31",
		},
	} {
		config := maps.Clone(test.config)
		config["project"] = c.lib.Path
		answer, diags := ask(t, p, "jobtoken_allowlist_proposal", config)
		if len(diags) > 0 {
			t.Fatalf("%s: %s", name, diags[0].Detail)
		}
		if got := granted(answer["groups"]); !reflect.DeepEqual(got, test.groups) {
			t.Errorf("%s: groups are %v, want %v", name, got, test.groups)
		}
		if got := granted(answer["projects"]); !reflect.DeepEqual(got, test.projects) {
			t.Errorf("%s: projects are %v, want %v", name, got, test.projects)
		}
		hcl, _ := answer["hcl"].(string)
		if !strings.Contains(hcl, "# "+test.says+"\n") {
			t.Errorf("%s: %q is not in\n%s", name, test.says, hcl)
		}
		unused, _ := answer["unused"].(map[string]any)
		if of, _ := unused[c.old.Path].(map[string]any); len(unused) != 1 || of["last_used_at"] != "2025-10-31T12:00:00Z" || of["kind"] != "project" {
			t.Errorf("%s: unused are %v", name, unused)
		}
	}

	c.ForgetRequests(t)
	if _, diags := ask(t, configured(t, c.GitLab, c.Token), "jobtoken_allowlist_proposal", map[string]any{"project": c.lib.Path, "group_when": 2}); len(diags) > 0 {
		t.Fatal(diags[0].Detail)
	}
	requests, _ := c.Requests(t)
	if want := map[string]int{"ProjectSnapshots": 1, "AuthenticationLog": 1, "GroupSizes": 1, "ProjectReferencesByPath": 1}; !maps.Equal(requests.GraphQL, want) {
		t.Errorf("requests are %v, want %v", requests.GraphQL, want)
	}
}

// granted are the permissions by path.
func granted(of any) map[string]string {
	entries, _ := of.(map[string]any)
	got := make(map[string]string, len(entries))
	for path, entry := range entries {
		fields, _ := entry.(map[string]any)
		names, _ := fields["permissions"].([]any)
		got[path] = strings.Trim(fmt.Sprint(names), "[]")
	}
	return got
}

// Where groups cannot make it fit the error says what would.
func TestAccAllowlistProposal_tooMany(t *testing.T) {
	t.Parallel()
	c := newConsumed(t)
	_, diags := ask(t, configured(t, c.GitLab, c.Token), "jobtoken_allowlist_proposal", map[string]any{"project": c.lib.Path, "max_entries": 2})
	if len(diags) != 1 || diags[0].Summary != "Too Many Job Token Allowlist Entries" || !strings.Contains(diags[0].Detail, "takes 3 entries at least, and there may be 2") {
		t.Errorf("got %v", diags)
	}
}

// What is proposed can be pasted, and handed to the resource as it is: the plan after its apply is empty, and
// each consumer gets in.
func TestAccAllowlistProposal_applied(t *testing.T) {
	t.Parallel()
	c := newConsumed(t)
	cli := acctest.NewCLI(t, c.GitLab, fmt.Sprintf(`
data "jobtoken_allowlist_proposal" "lib" {
  project       = %[1]q
  since         = "2026-01-01"
  keep_existing = false
}

resource "jobtoken_allowlist" "lib" {
  project  = %[1]q
  enabled  = true
  groups   = data.jobtoken_allowlist_proposal.lib.groups
  projects = data.jobtoken_allowlist_proposal.lib.projects
}

output "hcl" {
  value = data.jobtoken_allowlist_proposal.lib.hcl
}
`, c.lib.Path))
	cli.Apply(t, 0)
	want := acctest.Entries{c.all[0].Path: "read_packages"}
	for _, i := range []int{1, 2, 4, 5} {
		want[c.all[i].Path] = "default"
	}
	c.CheckAllowlist(t, c.lib, want)
	dev := c.NewUser(t)
	c.Member(t, "projects", c.lib.ID, dev, acctest.Developer)
	for _, i := range []int{0, 1, 2, 4, 5} {
		if allowed, words := c.CanClone(t, c.lib, c.Job(t, c.all[i], dev)); !allowed {
			t.Errorf("%s is refused: %s", c.all[i].Path, words)
		}
	}
	pasted := cli.Must(t, 0, "output", "-raw", "hcl")
	cli.Configure(t, pasted+"\nmoved {\n  from = jobtoken_allowlist.lib\n  to   = jobtoken_allowlist.this\n}\n")
	if planned := cli.PlanJSON(t); !planned.Actions("jobtoken_allowlist.this").NoOp() {
		t.Errorf("what is pasted changes the list:\n%s", planned.Output)
	}
	if !slices.Contains(strings.Fields(pasted), "enabled") {
		t.Errorf("the list would stay as it is:\n%s", pasted)
	}
}

// Permissions that GitLab cannot show cannot be left as they are.
func TestAccAllowlistProposal_unreadablePermissions(t *testing.T) {
	t.Parallel()
	c := newConsumed(t)
	p := configured(t, c.GitLab, c.Token)
	// Every attempt with permissions fails; the one without them is let through.
	c.Refuse(t, "ProjectSnapshots", 3, http.StatusInternalServerError, "application/json", `{"errors":[{"message":"Internal server error"}]}`)
	_, diags := ask(t, p, "jobtoken_allowlist_proposal", map[string]any{"project": c.lib.Path})
	if len(diags) != 1 || diags[0].Summary != "Unable to Read Job Token Allowlist" || !strings.Contains(diags[0].Detail, "Could not read the permissions of project "+c.all[0].Path) {
		for _, d := range diags {
			t.Errorf("%s: %s", d.Summary, d.Detail)
		}
	}
}
