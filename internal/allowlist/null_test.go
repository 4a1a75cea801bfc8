package allowlist_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest/core"
)

// TestNullEntries: null means {} from the plan of a creation to the end. What Terraform shows no line for is
// named by a warning, or by removes.
func TestNullEntries(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app, web := g.Project(t, "source"), g.Project(t, "app"), g.Project(t, "web")
	c := &core.Core{Provider: map[string]any{"base_url": g.BaseURL, "token": g.Token, "allow_plain_http": true}}
	const address = "jobtoken_allowlist.this"
	step := func(name string, projects map[string]any, action core.Action, removes []any, says string, want ...string) {
		t.Helper()
		plan := c.Plan(t, map[string]core.Resource{address: {Kind: "jobtoken_allowlist", Config: map[string]any{
			"project": source.Path, "enabled": true, "projects": projects,
		}}}, core.Options{})
		said := ""
		for _, d := range plan.Diagnostics {
			said += d.Summary + ": " + d.Detail + "\n"
		}
		change := plan.Change(address)
		if change == nil || change.Action != action || len(plan.Findings) > 0 {
			t.Fatalf("%s: planned %+v, found %v, said %s", name, change, plan.Findings, said)
		}
		if !reflect.DeepEqual(change.Planned["removes"], removes) && action != core.NoOp {
			t.Errorf("%s: removes %v, want %v", name, change.Planned["removes"], removes)
		}
		if says == "" && strings.Contains(said, "Are Null") || !strings.Contains(said, says) {
			t.Errorf("%s: it says %s", name, said)
		}
		if outcome := c.Apply(t, plan, ""); outcome.Failed() || len(outcome.Inconsistent) > 0 {
			t.Fatalf("%s: %+v", name, outcome)
		}
		entries := acctest.Entries{}
		for _, entry := range want {
			path, permissions, _ := strings.Cut(entry, "=")
			entries[path] = permissions
		}
		g.CheckAllowlist(t, source, entries)
	}
	fine := map[string]any{"permissions": []any{"read_jobs"}}
	step("a creation", map[string]any{app.Path: nil}, core.Create, []any{}, "  - project "+app.Path, app.Path+"=default")
	step("the same", map[string]any{app.Path: nil}, core.NoOp, nil, "", app.Path+"=default")
	step("as an object", map[string]any{app.Path: map[string]any{}}, core.NoOp, nil, "", app.Path+"=default")
	step("beside another", map[string]any{app.Path: nil, web.Path: fine}, core.Update, []any{}, "", app.Path+"=default", web.Path+"=read_jobs")
	step("in the place of permissions", map[string]any{app.Path: nil, web.Path: nil}, core.Update, []any{}, "  - project "+web.Path, app.Path+"=default", web.Path+"=default")
	step("leaving", map[string]any{web.Path: nil}, core.Update, []any{app.Path}, fmt.Sprintf("  - %s", app.Target()), web.Path+"=default")
	step("with permissions again", map[string]any{web.Path: fine}, core.Update, []any{}, "", web.Path+"=read_jobs")
}
