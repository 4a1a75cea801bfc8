package allowlist_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest/core"
)

// TestRequirePermissions: what states none is refused, "default" is understood from plan to read, and what an
// import or somebody else brings in is written in words.
func TestRequirePermissions(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app, web, group := g.Project(t, "source"), g.Project(t, "app"), g.Project(t, "web"), g.Group(t, "team", &g.Root)
	c := &core.Core{Provider: map[string]any{"base_url": g.BaseURL, "token": g.Token, "allow_plain_http": true, "require_permissions": true}}
	def, none := []any{"default"}, map[string]any{}
	with := func(permissions []any) map[string]any { return map[string]any{"permissions": permissions} }
	list := func(projects, groups map[string]any) map[string]core.Resource {
		return map[string]core.Resource{"this": {Kind: "jobtoken_allowlist", Config: map[string]any{"project": source.Path, "projects": projects, "groups": groups}}}
	}
	entry := func(permissions any) map[string]core.Resource {
		return map[string]core.Resource{"this": {Kind: "jobtoken_allowlist_entry", Config: map[string]any{"project": web.Path, "target_project": app.Path, "permissions": permissions}}}
	}
	for name, resources := range map[string]map[string]core.Resource{
		"a project":     list(map[string]any{app.Path: none}, nil),
		"a group":       list(nil, map[string]any{group.Path: none}),
		"null":          list(map[string]any{app.Path: nil}, nil),
		"a label":       list(map[string]any{"label": map[string]any{"target": app.Path}}, nil),
		"beside others": list(map[string]any{app.Path: none, web.Path: with(def)}, nil),
		"an entry":      entry(nil),
	} {
		errors := core.Errors(c.Plan(t, resources, core.Options{}).Diagnostics)
		if len(errors) != 1 || errors[0].Summary != "Permissions Are Not Stated" || !strings.Contains(errors[0].Detail, `["default"]`) {
			t.Errorf("%s: %+v", name, errors)
		}
	}

	apply := func(resources map[string]core.Resource, options core.Options, action core.Action) *core.Change {
		t.Helper()
		plan := c.Plan(t, resources, options)
		change := plan.Change("this")
		if change == nil || change.Action != action || len(plan.Findings) > 0 {
			t.Fatalf("planned %+v, %+v, %+v", change, plan.Findings, plan.Diagnostics)
		}
		if outcome := c.Apply(t, plan, ""); outcome.Failed() {
			t.Fatalf("%+v", outcome)
		}
		return change
	}
	whole := list(map[string]any{app.Path: with(def), web.Path: with([]any{"read_jobs"})}, map[string]any{group.Path: with(def)})
	apply(whole, core.Options{}, core.Create)
	g.CheckAllowlist(t, source, acctest.Entries{app.Path: "default", web.Path: "read_jobs", group.Path: "default"})
	apply(whole, core.Options{}, core.NoOp)

	g.Permit(t, source, web.Path) // somebody widens it
	change := apply(whole, core.Options{}, core.Update)
	if prior, _ := change.Prior["projects"].(map[string]any); !reflect.DeepEqual(prior[web.Path], map[string]any{"permissions": def, "target": nil}) {
		t.Errorf("the read has %v", prior)
	}
	g.CheckAllowlist(t, source, acctest.Entries{app.Path: "default", web.Path: "read_jobs", group.Path: "default"})

	c.State = core.State{}
	apply(whole, core.Options{Import: map[string]string{"this": source.Path}}, core.NoOp)
	c.State = core.State{}
	apply(entry(def), core.Options{}, core.Create)
	apply(entry(def), core.Options{}, core.NoOp)
	c.State = core.State{}
	apply(entry(def), core.Options{Import: map[string]string{"this": web.Path + ":project:" + app.Path}}, core.NoOp)
	g.CheckAllowlist(t, web, acctest.Entries{app.Path: "default"})

	c.Provider["require_permissions"] = false // null and "default" are one
	apply(entry(def), core.Options{}, core.NoOp)
	c.State = core.State{}
	apply(list(map[string]any{app.Path: none, web.Path: with([]any{"read_jobs"})}, map[string]any{group.Path: with(def)}),
		core.Options{Import: map[string]string{"this": source.Path}}, core.NoOp)
}
