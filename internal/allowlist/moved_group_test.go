package allowlist_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest/core"
)

// A configuration that holds the old paths of a group that was renamed costs little more than before, as
// long as it is not mended: lists with an entry each for another project of the group. How many snapshots
// share a request hangs on who asks meanwhile; all other requests are counted.
func TestRenamedGroupNeedsFewRequests(t *testing.T) {
	t.Parallel()
	const count = 40
	g := acctest.New(t)
	acctest.NeedsEmbedded(t, g)
	group := g.Group(t, "services", &g.Root)
	terraform := core.Core{Provider: map[string]any{"base_url": g.BaseURL, "token": g.Token, "allow_plain_http": true}}
	resources := map[string]core.Resource{}
	var projects []acctest.Project
	for i := range count {
		projects = append(projects, g.ProjectIn(t, group, fmt.Sprintf("p%03d", i)))
	}
	for i, project := range projects {
		resources[fmt.Sprintf("list %03d", i)] = core.Resource{Kind: "jobtoken_allowlist", Config: map[string]any{
			"project":  project.Path,
			"projects": map[string]any{projects[(i+1)%count].Path: map[string]any{}},
		}}
	}
	plan := func() (*core.Plan, int) {
		t.Helper()
		g.ForgetRequests(t)
		plan := terraform.Plan(t, resources, core.Options{Parallel: true})
		for _, d := range core.Errors(plan.Diagnostics) {
			t.Fatalf("%s: %s", d.Summary, d.Detail)
		}
		requests, _ := g.Requests(t)
		return plan, requests.Total - requests.GraphQL["ProjectSnapshots"]
	}
	first, _ := plan()
	if terraform.Apply(t, first, "").Failed() {
		t.Fatal("the apply fails")
	}
	unchanged, usual := plan()
	if !unchanged.Empty() {
		t.Fatal("the second plan is not empty")
	}
	g.Admin(t, http.MethodPut, fmt.Sprintf("/groups/%d", group.ID), map[string]any{"path": "apps"}, nil)
	renamed, asked := plan()
	if !renamed.Empty() {
		t.Error("the rename changes the plan")
	}
	if asked > usual+5 {
		t.Errorf("%d requests beside the snapshots after the rename, %d before", asked, usual)
	}
	warned := 0
	for _, d := range renamed.Diagnostics {
		if strings.Contains(d.Summary, "Was Renamed") {
			warned++
		}
	}
	if warned != 2*count {
		t.Errorf("%d warnings of %d paths", warned, 2*count)
	}

	// A group had the old path for a while, and with it a project that has gone elsewhere: to that one the
	// old path leads.
	const at = 7
	again := g.Group(t, "services", &g.Root)
	other := g.Transfer(t, g.ProjectIn(t, again, fmt.Sprintf("p%03d", at)), g.Root)
	taken, _ := plan()
	told := slices.ContainsFunc(taken.Diagnostics, func(d core.Diagnostic) bool {
		return strings.Contains(d.Detail, projects[at].Path+" belongs to the "+other.Target())
	})
	if !told || taken.Empty() {
		t.Errorf("a redirect leads to another project: told %t, the plan is empty %t", told, taken.Empty())
	}
}
