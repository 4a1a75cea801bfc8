package settings_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	acctest.RemoveBinary()
	os.Exit(code)
}

const (
	address     = "jobtoken_settings.this"
	dataAddress = "data.jobtoken_settings.this"
)

// toggles is the configuration of one project's toggles.
func toggles(project any, lines ...string) string {
	return fmt.Sprintf("resource \"jobtoken_settings\" \"this\" {\n  project = %q\n  %s\n}\n", fmt.Sprint(project), strings.Join(lines, "\n  "))
}

// crossProjectPush is the line of the toggle that came with GitLab 19.0, and what the state holds of
// it; neither is there on an older one.
func crossProjectPush(t *testing.T, g *acctest.GitLab, allowed bool) (line string, value any) {
	t.Helper()
	if !g.Since(t, "19.0") {
		return "", nil
	}
	return fmt.Sprintf("cross_project_push_allowed = %t", allowed), allowed
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

// attributes expects values of a resource or data source: a bool, a string, an id, or nil for null.
func attributes(at string, want map[string]any) []statecheck.StateCheck {
	checks := make([]statecheck.StateCheck, 0, len(want))
	for name, value := range want {
		checks = append(checks, statecheck.ExpectKnownValue(at, tfjsonpath.New(name), exactly(value)))
	}
	return checks
}

func exactly(value any) knownvalue.Check {
	switch value := value.(type) {
	case bool:
		return knownvalue.Bool(value)
	case string:
		return knownvalue.StringExact(value)
	case int64:
		return knownvalue.Int64Exact(value)
	default:
		return knownvalue.Null()
	}
}
