package allowlist_test

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

const address = "jobtoken_allowlist.this"

// list is the configuration of one list.
func list(source any, lines ...string) string {
	return fmt.Sprintf("resource \"jobtoken_allowlist\" \"this\" {\n  project = %q\n  %s\n}\n", fmt.Sprint(source), strings.Join(lines, "\n  "))
}

// planned expects an action, and an empty plan after it.
func planned(action plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{
		PreApply:             []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, action)},
		PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
	}
}

// unchanged expects an empty plan before the apply too.
func unchanged() resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}
}

func attribute(name string, check knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, tfjsonpath.New(name), check)
}

func permissions(kind, key string, check knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, tfjsonpath.New(kind).AtMapKey(key).AtMapKey("permissions"), check)
}

func keys(names ...string) knownvalue.Check {
	elements := make(map[string]knownvalue.Check, len(names))
	for _, name := range names {
		elements[name] = knownvalue.NotNull()
	}
	return knownvalue.MapExact(elements)
}

func TestAccAllowlist_basic(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app, web := g.Project(t, "shared-lib"), g.Project(t, "app"), g.Project(t, "web")
	platform := g.Group(t, "platform", &g.Root)

	acctest.Run(t, g,
		resource.TestStep{
			Config: list(source.Path, "enabled = true",
				fmt.Sprintf(`projects = { %q = {}, %q = { permissions = ["read_packages"] } }`, app.Path, web.Path),
				fmt.Sprintf(`groups = { %q = {} }`, platform.Path)),
			ConfigPlanChecks: planned(plancheck.ResourceActionCreate),
			ConfigStateChecks: []statecheck.StateCheck{
				attribute("project", knownvalue.StringExact(source.Path)),
				attribute("project_id", knownvalue.Int64Exact(source.ID)),
				attribute("enabled", knownvalue.Bool(true)),
				attribute("exclusive", knownvalue.Bool(true)),
				attribute("removes", knownvalue.ListExact(nil)),
				attribute("projects", keys(app.Path, web.Path)),
				attribute("groups", keys(platform.Path)),
				permissions("projects", app.Path, knownvalue.Null()),
				permissions("projects", web.Path, knownvalue.SetExact([]knownvalue.Check{knownvalue.StringExact("read_packages")})),
			},
		},
		resource.TestStep{
			PreConfig: func() {
				g.CheckAllowlist(t, source, acctest.Entries{app.Path: "default", web.Path: "read_packages", platform.Path: "default"})
			},
			Config:           list(source.Path, fmt.Sprintf(`projects = { %q = { permissions = [] } }`, web.Path), `groups = {}`),
			ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
			ConfigStateChecks: []statecheck.StateCheck{
				attribute("enabled", knownvalue.Bool(true)),
				permissions("projects", web.Path, knownvalue.SetExact(nil)),
				attribute("groups", knownvalue.MapExact(nil)),
			},
		},
		resource.TestStep{
			PreConfig:                            func() { g.CheckAllowlist(t, source, acctest.Entries{web.Path: ""}) },
			ResourceName:                         address,
			ImportState:                          true,
			ImportStateId:                        source.Path,
			ImportStateVerify:                    true,
			ImportStateVerifyIdentifierAttribute: "project_id",
		},
	)
	g.CheckAllowlist(t, source, acctest.Entries{})
}

// The state spells entries and project as typed; the same by id, in other letter case, is no change.
func TestAccAllowlist_spellings(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app := g.Project(t, "shared-lib"), g.Project(t, "app")
	platform := g.Group(t, "platform", &g.Root)
	steps := []resource.TestStep{{
		Config:           list(source.Path, fmt.Sprintf(`projects = { %q = {} }`, app.Path), fmt.Sprintf(`groups = { %q = {} }`, platform.Path)),
		ConfigPlanChecks: planned(plancheck.ResourceActionCreate),
	}}
	for _, spelled := range []string{
		list(source.ID, fmt.Sprintf(`projects = { "%d" = {} }`, app.ID), fmt.Sprintf(`groups = { "%d" = {} }`, platform.ID)),
		list(strings.ToUpper(source.Path), fmt.Sprintf(`projects = { %q = {} }`, strings.ToUpper(app.Path)), fmt.Sprintf(`groups = { %q = {} }`, strings.ToUpper(platform.Path))),
		list(source.Path, fmt.Sprintf(`projects = { label = { target = %q } }`, app.Path), fmt.Sprintf(`groups = { label = { target = "%d" } }`, platform.ID)),
	} {
		steps = append(steps, resource.TestStep{
			Config: spelled, ConfigPlanChecks: unchanged(),
			ConfigStateChecks: []statecheck.StateCheck{attribute("project", knownvalue.StringExact(source.Path)), attribute("projects", keys(app.Path))},
		})
	}
	acctest.Run(t, g, steps...)
}

// A change of permissions is one mutation, never a removal and an addition.
func TestAccAllowlist_permissionsInPlace(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app := g.Project(t, "shared-lib"), g.Project(t, "app")
	entry := func(permissions string) string {
		return list(source.Path, fmt.Sprintf(`projects = { %q = { %s } }`, app.Path, permissions))
	}
	onlySetsPermissions := func() {
		if requests, ok := g.Requests(t); ok && strings.Join(requests.Writes(), " ") != "SetPermissions" || requests.GraphQL["SetPermissions"] > 1 {
			t.Errorf("the change took %v", requests.GraphQL)
		}
		g.ForgetRequests(t)
	}
	acctest.Run(t, g,
		resource.TestStep{Config: entry(`permissions = ["read_packages"]`), ConfigPlanChecks: planned(plancheck.ResourceActionCreate)},
		resource.TestStep{
			PreConfig:        func() { g.ForgetRequests(t) },
			Config:           entry(`permissions = ["admin_packages", "read_jobs"]`),
			ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
		},
		resource.TestStep{
			PreConfig: func() {
				onlySetsPermissions()
				g.CheckAllowlist(t, source, acctest.Entries{app.Path: "admin_packages,read_jobs"})
				g.ForgetRequests(t)
			},
			Config:           entry(``),
			ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
		},
		resource.TestStep{
			PreConfig: func() { onlySetsPermissions(); g.CheckAllowlist(t, source, acctest.Entries{app.Path: "default"}) },
			Config:    entry(``), ConfigPlanChecks: unchanged(),
		},
	)
}

// What others change by hand shows by name and is put right.
func TestAccAllowlist_drift(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app, web, intruder := g.Project(t, "shared-lib"), g.Project(t, "app"), g.Project(t, "web"), g.Project(t, "intruder")
	config := list(source.Path, "enabled = true", fmt.Sprintf(`projects = { %q = { permissions = ["read_packages"] }, %q = {} }`, app.Path, web.Path))
	g.Enforce(t, false)
	want := acctest.Entries{app.Path: "read_packages", web.Path: "default"}
	puts := func(change func()) resource.TestStep {
		return resource.TestStep{PreConfig: change, Config: config, ConfigPlanChecks: planned(plancheck.ResourceActionUpdate)}
	}
	check := func() {
		g.CheckAllowlist(t, source, want)
		g.CheckSettings(t, source, acctest.Settings{Inbound: true})
	}
	acctest.Run(t, g,
		resource.TestStep{Config: config, ConfigPlanChecks: planned(plancheck.ResourceActionCreate)},
		puts(func() { g.Allow(t, source, intruder.Path) }),
		puts(func() { check(); g.Permit(t, source, app.Path) }),
		puts(func() { check(); g.Permit(t, source, web.Path, "read_jobs") }),
		puts(func() { check(); g.Deny(t, source, app.Path) }),
		puts(func() { check(); g.SetToggle(t, source, false) }),
		resource.TestStep{PreConfig: check, Config: config, ConfigPlanChecks: unchanged()},
	)
}

// The drift of an entry reads as a line with its name.
func TestAccAllowlist_driftByName(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app, intruder := g.Project(t, "shared-lib"), g.Project(t, "app"), g.Project(t, "intruder")
	config := list(source.Path, fmt.Sprintf(`projects = { %q = { permissions = ["read_packages"] } }`, app.Path))
	entry := func(path string) tfjsonpath.Path { return tfjsonpath.New("projects").AtMapKey(path) }
	acctest.Run(t, g,
		resource.TestStep{Config: config},
		resource.TestStep{
			PreConfig: func() { g.Allow(t, source, intruder.Path); g.Permit(t, source, app.Path, "admin_packages") },
			Config:    config,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
				plancheck.ExpectKnownValue(address, entry(app.Path).AtMapKey("permissions"), knownvalue.SetExact([]knownvalue.Check{knownvalue.StringExact("read_packages")})),
				plancheck.ExpectKnownValue(address, tfjsonpath.New("projects"), keys(app.Path)),
			}},
		},
	)
}

// What is left out of the configuration is never written.
func TestAccAllowlist_leftOutIsUntouched(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app, web := g.Project(t, "shared-lib"), g.Project(t, "app"), g.Project(t, "web")
	platform := g.Group(t, "platform", &g.Root)
	g.Enforce(t, false)
	g.SetToggle(t, source, false)
	g.Allow(t, source, web.Path)
	g.Allow(t, source, platform.Path, "read_jobs")

	acctest.Run(t, g,
		resource.TestStep{
			Config:           list(source.Path),
			ConfigPlanChecks: planned(plancheck.ResourceActionCreate),
			ConfigStateChecks: []statecheck.StateCheck{
				attribute("enabled", knownvalue.Null()), attribute("projects", knownvalue.Null()), attribute("groups", knownvalue.Null()),
			},
		},
		resource.TestStep{
			Config:            list(source.Path, fmt.Sprintf(`projects = { %q = {}, %q = {} }`, web.Path, app.Path)),
			ConfigPlanChecks:  planned(plancheck.ResourceActionUpdate),
			ConfigStateChecks: []statecheck.StateCheck{attribute("groups", knownvalue.Null())},
		},
		resource.TestStep{
			PreConfig: func() {
				g.CheckAllowlist(t, source, acctest.Entries{app.Path: "default", web.Path: "default", platform.Path: "read_jobs"})
				g.CheckSettings(t, source, acctest.Settings{Inbound: false})
			},
			// No longer configured is left alone too, by the plan and by the apply.
			Config: list(source.Path), ConfigPlanChecks: unchanged(),
		},
	)
	// What the state held was shown by the destroy plan and is gone; what it never held stays.
	g.CheckAllowlist(t, source, acctest.Entries{platform.Path: "read_jobs"})
	g.CheckSettings(t, source, acctest.Settings{Inbound: false})
}

// Removals are named in the plan when a list becomes managed, and exactly these are removed.
func TestAccAllowlist_removesAreNamed(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app, old := g.Project(t, "shared-lib"), g.Project(t, "app"), g.Project(t, "old")
	platform := g.Group(t, "platform", &g.Root)
	g.Allow(t, source, old.Path)
	g.Allow(t, source, app.Path)
	g.Allow(t, source, platform.Path)
	names := func(paths ...string) plancheck.PlanCheck {
		elements := make([]knownvalue.Check, len(paths))
		for i, path := range paths {
			elements[i] = knownvalue.StringExact(path)
		}
		return plancheck.ExpectKnownValue(address, tfjsonpath.New("removes"), knownvalue.ListExact(elements))
	}
	acctest.Run(t, g,
		resource.TestStep{
			Config: list(source.Path, fmt.Sprintf(`projects = { %q = {} }`, app.Path)),
			ConfigPlanChecks: resource.ConfigPlanChecks{
				PreApply:             []plancheck.PlanCheck{names(old.Path)},
				PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
			},
		},
		resource.TestStep{
			PreConfig: func() { g.CheckAllowlist(t, source, acctest.Entries{app.Path: "default", platform.Path: "default"}) },
			Config:    list(source.Path, fmt.Sprintf(`projects = { %q = {} }`, app.Path), `groups = {}`),
			ConfigPlanChecks: resource.ConfigPlanChecks{
				PreApply:             []plancheck.PlanCheck{names(platform.Path)},
				PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
			},
		},
		resource.TestStep{
			PreConfig: func() { g.CheckAllowlist(t, source, acctest.Entries{app.Path: "default"}) },
			Config:    list(source.Path, fmt.Sprintf(`projects = { %q = {} }`, app.Path), `groups = {}`), ConfigPlanChecks: unchanged(),
		},
	)
}

// What the last apply removed stays in the state, and is never somebody's drift.
func TestAccAllowlist_removesNeverDrifts(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app, old := g.Project(t, "shared-lib"), g.Project(t, "app"), g.Project(t, "old")
	g.Allow(t, source, old.Path)
	cli := acctest.NewCLI(t, g, list(source.Path, entries("projects", app.Path)))
	cli.Apply(t, 0)
	planned := cli.PlanJSON(t, "-refresh-only")
	if len(planned.ResourceDrift) != 0 || !planned.Says("No changes.") {
		t.Errorf("right after the apply there is drift:\n%s", planned.Output)
	}
	g.Allow(t, source, old.Path)
	planned = cli.PlanJSON(t, "-refresh-only")
	if len(planned.ResourceDrift) != 1 {
		t.Fatalf("%d resources drifted, want the list alone", len(planned.ResourceDrift))
	}
	change := planned.ResourceDrift[0].Change
	before, _ := change.Before.(map[string]any)
	after, _ := change.After.(map[string]any)
	if reflect.DeepEqual(before["projects"], after["projects"]) || !reflect.DeepEqual(before["removes"], after["removes"]) {
		t.Errorf("the drift is not of the entries alone: %v, then %v", before, after)
	}
	if want := []any{old.Path}; !reflect.DeepEqual(after["removes"], want) {
		t.Errorf("removes is %v, want what the apply removed, %v", after["removes"], want)
	}
}

// A list that is not exclusive keeps what it does not name, and removes only what it once named.
func TestAccAllowlist_notExclusive(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app, web, theirs := g.Project(t, "shared-lib"), g.Project(t, "app"), g.Project(t, "web"), g.Project(t, "theirs")
	g.Allow(t, source, theirs.Path)
	config := func(exclusive bool, paths ...string) string {
		entries := ""
		for _, path := range paths {
			entries += fmt.Sprintf("%q = {}, ", path)
		}
		return list(source.Path, fmt.Sprintf("exclusive = %t", exclusive), fmt.Sprintf(`projects = { %s }`, entries))
	}
	acctest.Run(t, g,
		resource.TestStep{
			Config:            config(false, app.Path, web.Path),
			ConfigPlanChecks:  planned(plancheck.ResourceActionCreate),
			ConfigStateChecks: []statecheck.StateCheck{attribute("removes", knownvalue.ListExact(nil)), attribute("projects", keys(app.Path, web.Path))},
		},
		resource.TestStep{
			PreConfig: func() {
				g.CheckAllowlist(t, source, acctest.Entries{app.Path: "default", web.Path: "default", theirs.Path: "default"})
			},
			Config:           config(false, app.Path),
			ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
		},
		resource.TestStep{
			PreConfig: func() { g.CheckAllowlist(t, source, acctest.Entries{app.Path: "default", theirs.Path: "default"}) },
			Config:    config(true, app.Path),
			ConfigPlanChecks: resource.ConfigPlanChecks{
				PreApply: []plancheck.PlanCheck{plancheck.ExpectKnownValue(address, tfjsonpath.New("removes"),
					knownvalue.ListExact([]knownvalue.Check{knownvalue.StringExact(theirs.Path)}))},
				PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
			},
		},
		resource.TestStep{
			PreConfig: func() {
				g.CheckAllowlist(t, source, acctest.Entries{app.Path: "default"})
				g.Allow(t, source, theirs.Path)
			},
			// Leaving exclusive lets go of what is not named; it stays on the server.
			Config:           config(false, app.Path),
			ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
		},
	)
	g.CheckAllowlist(t, source, acctest.Entries{theirs.Path: "default"})
}

// The project's own entry is implied: never drift, never removed, listed or not.
func TestAccAllowlist_ownProject(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsVersion(t, g, "18.1")
	source, app := g.Project(t, "shared-lib"), g.Project(t, "app")
	acctest.Run(t, g,
		resource.TestStep{
			Config:           list(source.Path, fmt.Sprintf(`projects = { %q = {} }`, app.Path)),
			ConfigPlanChecks: planned(plancheck.ResourceActionCreate),
		},
		resource.TestStep{
			Config:            list(source.Path, fmt.Sprintf(`projects = { %q = {}, %q = {} }`, app.Path, source.Path)),
			ConfigPlanChecks:  planned(plancheck.ResourceActionUpdate),
			ConfigStateChecks: []statecheck.StateCheck{attribute("projects", keys(app.Path, source.Path))},
		},
		resource.TestStep{
			PreConfig:        func() { g.CheckAllowlist(t, source, acctest.Entries{app.Path: "default"}) },
			Config:           list(source.Path, fmt.Sprintf(`projects = { %q = {}, %q = { permissions = ["read_jobs"] } }`, app.Path, source.Path)),
			ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
		},
		resource.TestStep{
			PreConfig:        func() { g.CheckAllowlist(t, source, acctest.Entries{app.Path: "default", source.Path: "read_jobs"}) },
			Config:           list(source.Path, fmt.Sprintf(`projects = { %q = {} }`, app.Path)),
			ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
		},
		resource.TestStep{
			PreConfig: func() { g.CheckAllowlist(t, source, acctest.Entries{app.Path: "default", source.Path: "default"}) },
			Config:    list(source.Path, fmt.Sprintf(`projects = { %q = {} }`, app.Path)), ConfigPlanChecks: unchanged(),
		},
	)
}

// A target that is made in the same apply has a label for a key.
func TestAccAllowlist_targetOfTheSameApply(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app := g.Project(t, "shared-lib"), g.Project(t, "app")
	config := fmt.Sprintf("resource \"terraform_data\" \"new\" {\n  input = %q\n}\n", app.Path) +
		list(source.Path, `projects = { new = { target = terraform_data.new.output, permissions = ["read_jobs"] } }`)
	acctest.Run(t, g,
		resource.TestStep{
			Config: config,
			ConfigPlanChecks: resource.ConfigPlanChecks{
				PreApply: []plancheck.PlanCheck{
					plancheck.ExpectUnknownValue(address, tfjsonpath.New("projects").AtMapKey("new").AtMapKey("target")),
				},
				PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
			},
			ConfigStateChecks: []statecheck.StateCheck{attribute("projects", keys("new"))},
		},
		resource.TestStep{
			PreConfig: func() { g.CheckAllowlist(t, source, acctest.Entries{app.Path: "read_jobs"}) },
			Config:    config, ConfigPlanChecks: unchanged(),
		},
	)
}

// A project and a map that are unknown at plan are planned without naming anything known.
func TestAccAllowlist_unknownAtPlan(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app := g.Project(t, "shared-lib"), g.Project(t, "app")
	config := fmt.Sprintf("resource \"terraform_data\" \"new\" {\n  input = [%q, %q]\n}\n", source.Path, app.Path) +
		"resource \"jobtoken_allowlist\" \"this\" {\n  project  = terraform_data.new.output[0]\n  projects = { (terraform_data.new.output[1]) = {} }\n}\n"
	acctest.Run(t, g,
		resource.TestStep{
			Config: config,
			ConfigPlanChecks: resource.ConfigPlanChecks{
				PreApply: []plancheck.PlanCheck{
					plancheck.ExpectUnknownValue(address, tfjsonpath.New("projects")),
					plancheck.ExpectUnknownValue(address, tfjsonpath.New("project")),
				},
				PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
			},
			ConfigStateChecks: []statecheck.StateCheck{attribute("projects", keys(app.Path))},
		},
	)
}

// 200 entries fit, 201 are refused at plan.
func TestAccAllowlist_limit(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source := g.Project(t, "shared-lib")
	var entries []string
	for _, project := range g.Projects(t, "consumer", 200) {
		entries = append(entries, fmt.Sprintf("%q = {}", project.Path))
	}
	full := strings.Join(entries, "\n")
	extra := g.Project(t, "extra")
	refusal := "would hold 201 projects; GitLab stores at most 200"
	if !g.Since(t, "18.1") {
		refusal = "came with GitLab 18.1; this one is older"
	}
	acctest.Run(t, g,
		resource.TestStep{
			Config:      list(source.Path, fmt.Sprintf("projects = {\n%s\n%q = {} }", full, extra.Path)),
			ExpectError: message("would hold 201 projects; GitLab stores at most 200"),
		},
		resource.TestStep{
			// The project's own entry takes no place while it has the default permissions.
			Config:           list(source.Path, fmt.Sprintf("projects = {\n%s\n%q = {} }", full, source.Path)),
			ConfigPlanChecks: planned(plancheck.ResourceActionCreate),
		},
		resource.TestStep{
			Config:      list(source.Path, fmt.Sprintf("projects = {\n%s\n%q = { permissions = [\"read_jobs\"] } }", full, source.Path)),
			ExpectError: message(refusal),
		},
	)
}

// Deleted with its project, the list is planned anew once the project is there again.
func TestAccAllowlist_disappears(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app := g.Project(t, "shared-lib"), g.Project(t, "app")
	config := list(source.Path, fmt.Sprintf(`projects = { %q = {} }`, app.Path))
	acctest.Run(t, g,
		resource.TestStep{Config: config},
		resource.TestStep{
			PreConfig:        func() { g.Delete(t, source); g.Project(t, "shared-lib") },
			Config:           config,
			ConfigPlanChecks: planned(plancheck.ResourceActionCreate),
		},
		resource.TestStep{
			// A target deleted for good takes its entry with it. The state knows it, so nothing is planned.
			PreConfig:        func() { g.Delete(t, app) },
			Config:           config,
			ConfigPlanChecks: unchanged(),
		},
		resource.TestStep{
			PreConfig:        func() { g.Project(t, "app") },
			Config:           config,
			ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
		},
	)
}

// Another project is a replacement; the old list is emptied, the new one filled.
func TestAccAllowlist_anotherProject(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	first, second, app := g.Project(t, "first"), g.Project(t, "second"), g.Project(t, "app")
	entries := fmt.Sprintf(`projects = { %q = {} }`, app.Path)
	acctest.Run(t, g,
		resource.TestStep{Config: list(first.Path, entries)},
		resource.TestStep{
			Config:           list(second.Path, entries),
			ConfigPlanChecks: planned(plancheck.ResourceActionDestroyBeforeCreate),
		},
		resource.TestStep{
			PreConfig: func() {
				g.CheckAllowlist(t, first, acctest.Entries{})
				g.CheckAllowlist(t, second, acctest.Entries{app.Path: "default"})
			},
			// A reference that leads nowhere is an error, never a replacement.
			Config:      list(second.Path+"-missing", entries),
			ExpectError: message("Unable to Find Project"),
		},
	)
}

// The destroy takes back what the state holds and returns the toggle to the secure default.
func TestAccAllowlist_destroyIsSecure(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app := g.Project(t, "shared-lib"), g.Project(t, "app")
	g.Enforce(t, false)
	acctest.Run(t, g, resource.TestStep{
		Config:           list(source.Path, "enabled = false", fmt.Sprintf(`projects = { %q = {} }`, app.Path)),
		ConfigPlanChecks: planned(plancheck.ResourceActionCreate),
		Check: func(*terraformState) error {
			g.CheckSettings(t, source, acctest.Settings{Inbound: false})
			return nil
		},
	})
	g.CheckSettings(t, source, acctest.Settings{Inbound: true})
	g.CheckAllowlist(t, source, acctest.Entries{})
}

// Entries go in before the list is switched on: a switch that fails leaves them there, an entry that
// fails leaves the list off.
func TestAccAllowlist_entriesBeforeToggle(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsEmbedded(t, g)
	source, app := g.Project(t, "shared-lib"), g.Project(t, "app")
	g.Enforce(t, false)
	g.SetToggle(t, source, false)
	config := list(source.Path, "enabled = true", fmt.Sprintf(`projects = { %q = {} }`, app.Path))
	refuse := func(operation string) func() {
		return func() {
			g.Refuse(t, operation, 1, http.StatusForbidden, "application/json", `{"message":"403 Forbidden"}`)
		}
	}
	acctest.Run(t, g,
		resource.TestStep{PreConfig: refuse("AddEntries"), Config: config, ExpectError: message("Unable to Add Project to Job Token Allowlist")},
		resource.TestStep{
			PreConfig: func() {
				g.CheckSettings(t, source, acctest.Settings{Inbound: false})
				refuse(acctest.SwitchAllowlist)()
			},
			Config:      config,
			ExpectError: message("Unable to Change Job Token Settings"),
		},
		resource.TestStep{
			PreConfig: func() {
				g.CheckAllowlist(t, source, acctest.Entries{app.Path: "default"})
				g.CheckSettings(t, source, acctest.Settings{Inbound: false})
			},
			Config: config,
		},
		resource.TestStep{
			PreConfig: func() { g.CheckSettings(t, source, acctest.Settings{Inbound: true}) },
			Config:    config, ConfigPlanChecks: unchanged(),
		},
	)
}
