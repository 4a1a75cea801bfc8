package provider_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest/core"
)

// A plan that changes nothing asks for no permission names, which the lists show, and with -refresh=false
// for nothing at all. Its warnings of two managers stay.
func TestRequests_nothingTwice(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	lib, loose, app, tool := g.Project(t, "lib"), g.Project(t, "loose"), g.Project(t, "app"), g.Project(t, "tool")
	c := core.Core{
		State:    core.State{Current: map[string]*core.Object{}, Deposed: map[string][]*core.Object{}},
		Provider: map[string]any{"base_url": g.BaseURL, "token": g.Token, "allow_plain_http": true},
	}
	permitted := map[string]any{"permissions": []any{"read_packages", "read_jobs"}}
	resources := map[string]core.Resource{
		"jobtoken_allowlist.lib": {Kind: "jobtoken_allowlist", Config: map[string]any{
			"project": lib.Path, "enabled": true, "projects": map[string]any{app.Path: permitted, tool.Path: map[string]any{}}, "groups": map[string]any{},
		}},
		"jobtoken_allowlist_entry.loose": {Kind: "jobtoken_allowlist_entry", Config: map[string]any{
			"project": loose.Path, "target_project": app.Path, "permissions": []any{"read_packages"},
		}},
		"jobtoken_settings.loose": {Kind: "jobtoken_settings", Config: map[string]any{"project": loose.Path, "push_repository_allowed": true}},
		"jobtoken_settings.lib":   {Kind: "jobtoken_settings", Config: map[string]any{"project": lib.Path, "inbound_allowlist_enabled": true}},
	}
	quiet := func(what string, found []core.Diagnostic) {
		t.Helper()
		for _, d := range core.Errors(found) {
			t.Fatalf("%s: %s: %s", what, d.Summary, d.Detail)
		}
	}
	first := c.Plan(t, resources, core.Options{})
	quiet("plan", first.Diagnostics)
	quiet("apply", c.Apply(t, first, "").Diagnostics)

	plan := func(options core.Options) (*core.Plan, acctest.Requests) {
		t.Helper()
		var planned *core.Plan
		requests := counted(t, g, func() { planned = c.Plan(t, resources, options) })
		if quiet("plan", planned.Diagnostics); !planned.Empty() {
			t.Fatalf("the plan changes something: %+v", planned.Changes[0])
		}
		return planned, requests
	}
	refreshed, requests := plan(core.Options{})
	if requests.GraphQL["PermissionNames"] != 0 {
		t.Errorf("permission names are asked for, and the lists show them: %v", requests.GraphQL)
	}
	unrefreshed, requests := plan(core.Options{NoRefresh: true})
	if requests.Total != 0 {
		t.Errorf("%d requests with -refresh=false, want none: %v %v", requests.Total, requests.Counts, requests.GraphQL)
	}
	if told, want := titles(unrefreshed), titles(refreshed); !slices.Equal(told, want) || len(want) == 0 {
		t.Errorf("with -refresh=false it warns of %q, else of %q", told, want)
	}

	// What is new is looked up as ever.
	changed := maps.Clone(resources)
	changed["jobtoken_allowlist_entry.loose"] = core.Resource{Kind: "jobtoken_allowlist_entry", Config: map[string]any{
		"project": loose.Path, "target_project": app.Path, "permissions": []any{"read_pakages"},
	}}
	resources = changed
	if errors := core.Errors(c.Plan(t, resources, core.Options{NoRefresh: true}).Diagnostics); len(errors) != 1 {
		t.Errorf("a permission that GitLab does not know: %d errors, want one", len(errors))
	}
}

func titles(plan *core.Plan) (all []string) {
	for _, d := range plan.Diagnostics {
		all = append(all, d.Summary)
	}
	slices.Sort(all)
	return all
}
