package allowlist_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest/core"
)

// said are the details of a plan's warnings by their titles.
func said(plan *core.Plan) map[string]string {
	all := map[string]string{}
	for _, d := range plan.Diagnostics {
		all[d.Summary] += strings.Join(strings.Fields(d.Detail), " ")
	}
	return all
}

func coreOf(g *acctest.GitLab) *core.Core {
	return &core.Core{Provider: map[string]any{"base_url": g.BaseURL, "token": g.Token, "allow_plain_http": true}}
}

// TestWideningIsTold: each line "permissions -> null" has its sentence, whatever the server holds by then; one
// entry is spoken of in the singular.
func TestWideningIsTold(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app, web := g.Project(t, "source"), g.Project(t, "app"), g.Project(t, "web")
	fine := map[string]any{"permissions": []any{"read_jobs"}}
	config := func(projects map[string]any) map[string]core.Resource {
		return map[string]core.Resource{"this": {Kind: "jobtoken_allowlist", Config: map[string]any{"project": source.Path, "enabled": true, "projects": projects}}}
	}
	c := coreOf(g)
	plan := c.Plan(t, config(map[string]any{app.Path: fine, web.Path: fine}), core.Options{})
	if outcome := c.Apply(t, plan, ""); outcome.Failed() {
		t.Fatalf("%+v", outcome)
	}
	title := fmt.Sprintf("Job Token Allowlist Entry Is Widened (%s)", source.Path)
	one, two := config(map[string]any{app.Path: map[string]any{}, web.Path: fine}), config(map[string]any{app.Path: map[string]any{}, web.Path: map[string]any{}})
	if got := said(c.Plan(t, one, core.Options{}))[title]; !strings.HasPrefix(got, fmt.Sprintf("On the allowlist of %s, %s, which has read_jobs, gets GitLab's default permissions", source.Target(), app.Target())) {
		t.Errorf("one entry: %q", got)
	}
	if got := said(c.Plan(t, two, core.Options{}))[title]; !strings.Contains(got, "each of - "+app.Target()) || !strings.Contains(got, "- "+web.Target()+", which has read_jobs gets") {
		t.Errorf("two entries: %q", got)
	}
	g.Permit(t, source, app.Path) // somebody widens it, and the state does not know
	if got := said(c.Plan(t, one, core.Options{NoRefresh: true}))[title]; !strings.Contains(got, app.Target()+", which has read_jobs in the state, gets GitLab's default permissions") {
		t.Errorf("wide already: %q", got)
	}
}

// TestRemovesIsExplainedOnce: many new lists in one plan say once what removes means; removes is [] where
// nothing goes, and a read keeps it.
func TestRemovesIsExplainedOnce(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	app := g.Project(t, "app")
	resources, sources := map[string]core.Resource{}, g.Projects(t, "p", 4)
	for i, source := range sources {
		if i > 0 {
			g.Allow(t, source, app.Path)
		}
		resources[source.Path] = core.Resource{Kind: "jobtoken_allowlist", Config: map[string]any{"project": source.Path, "projects": map[string]any{}, "enabled": true}}
	}
	c := coreOf(g)
	plan := c.Plan(t, resources, core.Options{Parallel: true})
	explained := 0
	for i, source := range sources {
		warning := said(plan)[fmt.Sprintf("Job Token Allowlist Entries Are Removed (%s)", source.Path)]
		want := []any{}
		if i > 0 {
			want = append(want, app.Path)
		}
		if got := plan.Change(source.Path).Planned["removes"]; !reflect.DeepEqual(got, want) {
			t.Errorf("%s removes %v, want %v", source.Path, got, want)
		}
		switch line := fmt.Sprintf("The apply removes from the job token allowlist of %s: %s.", source.Target(), app.Target()); {
		case i == 0 && warning == "", warning == line:
		case strings.Contains(warning, "with for_each: jobtoken_allowlist.<name>[\"<key>\"]") && strings.Contains(warning, app.Target()):
			explained++
		default:
			t.Errorf("%s: %q", source.Path, warning)
		}
		if strings.Contains(strings.ToLower(warning), "will be") {
			t.Errorf("it speaks of what is to come, and is shown after the apply too: %s", warning)
		}
	}
	if explained != 1 {
		t.Errorf("it is explained %d times", explained)
	}
	if outcome := c.Apply(t, plan, ""); outcome.Failed() {
		t.Fatalf("%+v", outcome)
	}
	again := c.Plan(t, resources, core.Options{Parallel: true})
	for _, source := range sources {
		if change := again.Change(source.Path); change.Action != core.NoOp || !reflect.DeepEqual(change.Prior["removes"], plan.Change(source.Path).Planned["removes"]) {
			t.Errorf("%s: after a read %+v", source.Path, change)
		}
	}
}

// TestKeyAndTarget: a key that is the path of another project than the target misleads who reads the plan.
func TestKeyAndTarget(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app, web := g.Project(t, "source"), g.Project(t, "app"), g.Project(t, "web")
	for name, c := range map[string]struct {
		key, target string
		warns       bool
	}{
		"a label":               {"app", app.Path, false},
		"a number":              {"1", app.Path, false},
		"the same path":         {app.Path, app.Path, false},
		"the same, by its id":   {app.Path, fmt.Sprint(app.ID), false},
		"a path of nobody":      {g.Root.Path + "/nobody", app.Path, false},
		"the path of another":   {web.Path, app.Path, true},
		"in another case":       {strings.ToUpper(web.Path), app.Path, true},
		"the list's own":        {source.Path, app.Path, true},
		"another, by its id":    {web.Path, fmt.Sprint(app.ID), true},
		"a label with a slash ": {"team / app", app.Path, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan := coreOf(g).Plan(t, map[string]core.Resource{"this": {Kind: "jobtoken_allowlist", Config: map[string]any{
				"project": source.Path, "projects": map[string]any{c.key: map[string]any{"target": c.target}},
			}}}, core.Options{})
			warning, warned := said(plan)["Key and Target Are Two Projects or Groups ("+c.key+")"]
			if warned != c.warns || warned && !strings.Contains(warning, "the target is the "+app.Target()) || len(core.Errors(plan.Diagnostics)) > 0 {
				t.Errorf("it says %q (%+v)", warning, plan.Diagnostics)
			}
		})
	}
}
