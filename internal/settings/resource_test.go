package settings_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator"
)

// One toggle of four is written; the others stay as they were set by hand, until they are configured.
func TestAccSettings_basic(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	g.Enforce(t, false)
	project := g.Project(t, "app")
	g.SetSettings(t, project, acctest.Settings{Inbound: false, PushRepository: true, CrossProjectPush: true})
	crossPush, allowed := crossProjectPush(t, g, true)

	acctest.Run(t, g,
		resource.TestStep{
			Config:           toggles(project.Path, "inbound_allowlist_enabled = true"),
			ConfigPlanChecks: planned(plancheck.ResourceActionCreate),
			ConfigStateChecks: attributes(address, map[string]any{
				"project": project.Path, "project_id": project.ID,
				"inbound_allowlist_enabled": true, "outbound_allowlist_enabled": nil,
				"push_repository_allowed": nil, "cross_project_push_allowed": nil,
				"inbound_allowlist_effective": true, "enforced_by_instance": nil,
			}),
		},
		resource.TestStep{
			PreConfig: func() {
				g.CheckSettings(t, project, acctest.Settings{Inbound: true, PushRepository: true, CrossProjectPush: true})
			},
			Config:           toggles(project.Path, "inbound_allowlist_enabled = true", "push_repository_allowed = false"),
			ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
			ConfigStateChecks: attributes(address, map[string]any{
				"push_repository_allowed": false, "cross_project_push_allowed": nil,
			}),
		},
		resource.TestStep{
			PreConfig: func() { g.CheckSettings(t, project, acctest.Settings{Inbound: true, CrossProjectPush: true}) },
			Config: toggles(project.Path, "inbound_allowlist_enabled = false", "outbound_allowlist_enabled = false",
				"push_repository_allowed = true", crossPush),
			ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
			ConfigStateChecks: attributes(address, map[string]any{
				"inbound_allowlist_enabled": false, "outbound_allowlist_enabled": false,
				"push_repository_allowed": true, "cross_project_push_allowed": allowed,
				"inbound_allowlist_effective": false,
			}),
		},
		resource.TestStep{
			PreConfig: func() {
				g.CheckSettings(t, project, acctest.Settings{PushRepository: true, CrossProjectPush: true})
			},
			// No longer configured is left as it is, in the state too.
			Config: toggles(project.Path), ConfigPlanChecks: unchanged(),
			ConfigStateChecks: attributes(address, map[string]any{"inbound_allowlist_enabled": false, "push_repository_allowed": true}),
		},
	)
	// What the state held returns to the secure defaults.
	g.CheckSettings(t, project, acctest.Settings{Inbound: true})
}

// Pushing from other projects is switched on and off by itself.
func TestAccSettings_crossProjectPush(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsVersion(t, g, "19.0")
	project := g.Project(t, "app")
	config := func(allowed bool) string {
		return toggles(project.Path, fmt.Sprintf("cross_project_push_allowed = %t", allowed))
	}
	acctest.Run(t, g,
		resource.TestStep{Config: config(true), ConfigPlanChecks: planned(plancheck.ResourceActionCreate)},
		resource.TestStep{
			PreConfig:         func() { g.CheckSettings(t, project, acctest.Settings{Inbound: true, CrossProjectPush: true}) },
			Config:            config(false),
			ConfigPlanChecks:  planned(plancheck.ResourceActionUpdate),
			ConfigStateChecks: attributes(address, map[string]any{"cross_project_push_allowed": false}),
		},
		resource.TestStep{
			PreConfig: func() { g.CheckSettings(t, project, acctest.Settings{Inbound: true}) },
			Config:    config(true),
		},
	)
	g.CheckSettings(t, project, acctest.Settings{Inbound: true})
}

// A toggle that GitLab 18 does not have is refused at plan; the others work without it.
func TestAccSettings_withoutCrossProjectPush(t *testing.T) {
	t.Parallel()
	g := acctest.NewWith(t, emulator.Options{Version: "18.4"})
	acctest.NeedsEmbedded(t, g)
	project := g.Project(t, "app")
	acctest.Run(t, g,
		resource.TestStep{
			Config:      toggles(project.Path, "cross_project_push_allowed = false"),
			ExpectError: acctest.MessageAt("cross_project_push_allowed", "came with GitLab 19.1; this one is older"),
		},
		resource.TestStep{
			Config:            toggles(project.Path, "push_repository_allowed = true"),
			ConfigPlanChecks:  planned(plancheck.ResourceActionCreate),
			ConfigStateChecks: attributes(address, map[string]any{"push_repository_allowed": true, "cross_project_push_allowed": nil}),
		},
	)
}

// After an import by path, id or identity there is nothing to plan, however much is configured.
func TestAccSettings_import(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	g.Enforce(t, false)
	project := g.Project(t, "app")
	crossPush, _ := crossProjectPush(t, g, false)
	all := toggles(project.Path, "inbound_allowlist_enabled = false", "outbound_allowlist_enabled = false",
		"push_repository_allowed = true", crossPush)
	byBlock := func(config, id string) resource.TestStep {
		return resource.TestStep{
			Config: config, ResourceName: address, ImportState: true,
			ImportStateKind: resource.ImportBlockWithID, ImportStateId: id,
		}
	}
	acctest.Run(t, g,
		resource.TestStep{Config: all, ConfigPlanChecks: planned(plancheck.ResourceActionCreate)},
		byBlock(toggles(project.Path, "push_repository_allowed = true"), project.Path),
		byBlock(toggles(project.ID), fmt.Sprint(project.ID)),
		resource.TestStep{
			ResourceName: address, ImportState: true, ImportStateId: strings.ToUpper(project.Path),
			ImportStateVerify: true, ImportStateVerifyIdentifierAttribute: "project_id",
		},
		resource.TestStep{
			ResourceName: address, ImportState: true, ImportStateId: project.Path + "-missing",
			ExpectError: acctest.Message("Unable to Import"),
		},
		resource.TestStep{
			ResourceName: address, ImportState: true, ImportStateId: "https://gitlab.example.com/acme/app",
			ExpectError: acctest.Message("cannot be a project: it is a URL"),
		},
	)
}

func TestAccSettings_importByIdentity(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	project := g.Project(t, "app")
	config := toggles(project.Path, "inbound_allowlist_enabled = true")
	acctest.RunSince(t, g, []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_12_0)},
		resource.TestStep{
			Config: config,
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectIdentity(address, map[string]knownvalue.Check{"project_id": knownvalue.Int64Exact(project.ID)}),
			},
		},
		resource.TestStep{ResourceName: address, ImportState: true, ImportStateKind: resource.ImportBlockWithResourceIdentity},
	)
}

// What others change by hand is put right, toggle by toggle.
func TestAccSettings_drift(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	g.Enforce(t, false)
	project := g.Project(t, "app")
	crossPush, _ := crossProjectPush(t, g, true)
	config := toggles(project.Path, "inbound_allowlist_enabled = true", "push_repository_allowed = false", crossPush)
	want := acctest.Settings{Inbound: true, CrossProjectPush: true}
	steps := []resource.TestStep{{Config: config, ConfigPlanChecks: planned(plancheck.ResourceActionCreate)}}
	for _, byHand := range []acctest.Settings{
		{Inbound: false, CrossProjectPush: true},
		{Inbound: true, PushRepository: true, CrossProjectPush: true},
		{Inbound: true, CrossProjectPush: false},
	} {
		if crossPush == "" && byHand == (acctest.Settings{Inbound: true}) {
			continue
		}
		steps = append(steps, resource.TestStep{
			PreConfig: func() {
				g.CheckSettings(t, project, want)
				g.SetSettings(t, project, byHand)
			},
			Config: config, ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
		})
	}
	steps = append(steps, resource.TestStep{
		PreConfig: func() { g.CheckSettings(t, project, want) },
		Config:    config, ConfigPlanChecks: unchanged(),
	})
	acctest.Run(t, g, steps...)
}

// Left out means left alone, by the create, the refresh and the destroy: nothing is written at all.
func TestAccSettings_leftOutIsUntouched(t *testing.T) {
	t.Parallel()
	for name, stored := range map[string]acctest.Settings{
		"list on":  {Inbound: true, PushRepository: true},
		"list off": {Inbound: false, CrossProjectPush: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := acctest.New(t)
			g.Enforce(t, false)
			project := g.Project(t, "app")
			g.SetSettings(t, project, stored)
			g.ForgetRequests(t)
			acctest.Run(t, g, resource.TestStep{
				Config:           toggles(project.Path),
				ConfigPlanChecks: planned(plancheck.ResourceActionCreate),
				ConfigStateChecks: attributes(address, map[string]any{
					"inbound_allowlist_enabled": nil, "push_repository_allowed": nil,
					"inbound_allowlist_effective": stored.Inbound,
				}),
			})
			if requests, ok := g.Requests(t); ok && len(requests.Writes()) > 0 {
				t.Errorf("wrote %v", requests.Writes())
			}
			g.CheckSettings(t, project, stored)
		})
	}
}

// The state spells the project as it was first typed; by id, in other letter case, or by another
// path of the same project, it is no change.
func TestAccSettings_spellings(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	project := g.Project(t, "app")
	steps := []resource.TestStep{{
		Config:           toggles(project.Path, "inbound_allowlist_enabled = true"),
		ConfigPlanChecks: planned(plancheck.ResourceActionCreate),
	}}
	renamed := g.Root.Path + "/renamed"
	for _, spelled := range []struct {
		as     string
		before func()
	}{
		{as: fmt.Sprint(project.ID)},
		{as: strings.ToUpper(project.Path)},
		{as: project.Path, before: func() { g.Rename(t, project, "renamed") }},
		{as: strings.ToUpper(project.Path)},
		{as: renamed},
	} {
		steps = append(steps, resource.TestStep{
			PreConfig: spelled.before,
			Config:    toggles(spelled.as, "inbound_allowlist_enabled = true"), ConfigPlanChecks: unchanged(),
			ConfigStateChecks: attributes(address, map[string]any{"project": project.Path, "project_id": project.ID}),
		})
	}
	acctest.Run(t, g, steps...)
}

// Another project is a replacement: the first returns to the secure defaults.
func TestAccSettings_anotherProject(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	first, second := g.Project(t, "first"), g.Project(t, "second")
	acctest.Run(t, g,
		resource.TestStep{Config: toggles(first.Path, "push_repository_allowed = true")},
		resource.TestStep{
			// A reference that leads nowhere is an error, never a replacement.
			Config:      toggles(second.Path+"-missing", "push_repository_allowed = true"),
			ExpectError: acctest.MessageAt("project", "Check the spelling, and that the provider's user can see it"),
		},
		resource.TestStep{
			Config:            toggles(second.Path, "push_repository_allowed = true"),
			ConfigPlanChecks:  planned(plancheck.ResourceActionDestroyBeforeCreate),
			ConfigStateChecks: attributes(address, map[string]any{"project": second.Path, "project_id": second.ID}),
		},
		resource.TestStep{
			PreConfig: func() {
				g.CheckSettings(t, first, acctest.Settings{Inbound: true})
				g.CheckSettings(t, second, acctest.Settings{Inbound: true, PushRepository: true})
			},
			Config: toggles(second.Path, "push_repository_allowed = true"), ConfigPlanChecks: unchanged(),
		},
	)
}

// A project that another resource makes in the same apply is known only then.
func TestAccSettings_unknownAtPlan(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	project := g.Project(t, "app")
	config := fmt.Sprintf("resource \"terraform_data\" \"new\" {\n  input = %q\n}\n", project.Path) +
		"resource \"jobtoken_settings\" \"this\" {\n  project = terraform_data.new.output\n  push_repository_allowed = true\n}\n"
	acctest.Run(t, g, resource.TestStep{
		Config: config,
		ConfigPlanChecks: resource.ConfigPlanChecks{
			PreApply: []plancheck.PlanCheck{
				plancheck.ExpectUnknownValue(address, tfjsonpath.New("project")),
				plancheck.ExpectUnknownValue(address, tfjsonpath.New("project_id")),
			},
			PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
		},
		ConfigStateChecks: attributes(address, map[string]any{"project": project.Path, "project_id": project.ID, "push_repository_allowed": true}),
	})
}

// GitLab only lets the legacy outbound list be switched off.
func TestAccSettings_outbound(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	project := g.Project(t, "app")
	acctest.Run(t, g, resource.TestStep{
		Config:      toggles(project.Path, "outbound_allowlist_enabled = true"),
		PlanOnly:    true,
		ExpectError: acctest.MessageAt("outbound_allowlist_enabled", "GitLab only lets it be switched off since 16.0"),
	})
}

// GitLab 19.0 stores the toggle without an effect, which the plan that switches it on says.
func TestAccSettings_crossProjectPushBeforeItsTime(t *testing.T) {
	t.Parallel()
	for version, warned := range map[string]bool{"19.0": true, "19.4": false} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			g := acctest.NewWith(t, emulator.Options{Version: version})
			acctest.NeedsEmbedded(t, g)
			project := g.Project(t, "app")
			cli := acctest.NewCLI(t, g, toggles(project.Path, "cross_project_push_allowed = true"))
			output := cli.Apply(t, 0)
			if acctest.Says(output, "Cross-Project Push May Have No Effect ("+project.Path+")") != warned || acctest.Says(output, "allow_push_to_allowlisted_projects") != warned {
				t.Errorf("warned is to be %t:\n%s", warned, output)
			}
			g.CheckSettings(t, project, acctest.Settings{Inbound: true, CrossProjectPush: true})
			if output := cli.Plan(t, acctest.NoChanges); acctest.Says(output, "Cross-Project Push") {
				t.Errorf("a plan without a change warns:\n%s", output)
			}
		})
	}
}
