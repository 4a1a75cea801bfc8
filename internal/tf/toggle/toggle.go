// Package toggle treats the switch "Limit access to this project", which two resources can hold.
package toggle

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
)

// CheckOff refuses at plan to switch an allowlist off that the instance is known to enforce. One that
// is stored as off already is no error: nothing is to be written.
func CheckOff(ctx context.Context, lists *allowlists.Service, project *allowlists.Project, at path.Path, configured types.Bool) diag.Diagnostics {
	if configured.IsNull() || configured.IsUnknown() || configured.ValueBool() || !project.Settings.InboundAllowlist {
		return nil
	}
	enforcement, err := lists.EnforcementFor(ctx, project)
	if err != nil {
		return diag.Diagnostics{diagnose.AttributeError(at, diagnose.ReadSettings, err)}
	}
	if enforcement != allowlists.Enforced {
		return nil
	}
	return diag.Diagnostics{diagnose.Problem(at, diagnose.Enforced,
		"The allowlist of %s cannot be switched off: the instance enforces it for every project. Leave the attribute out, set it to true, or ask an administrator to end the enforcement.",
		project.Target())}
}

// ChangedMeanwhile warns of a toggle that somebody else has switched and that the plan leaves as it is.
func ChangedMeanwhile(at path.Path, project gitlab.Target, name string, stored bool) diag.Diagnostic {
	now := "off"
	if stored {
		now = "on"
	}
	return diagnose.Warn(at, diagnose.ChangedMeanwhile.For(project.Path),
		"Somebody else has switched %q of %s %s since the state was last read. The plan does not speak of it, so it stays %s. The next plan shows it.", name, project, now, now)
}

// WithoutEffect warns after a toggle was switched off that the instance enforces the allowlist all the
// same: some versions store the value without a word.
func WithoutEffect(ctx context.Context, lists *allowlists.Service, project *allowlists.Project, at path.Path, change *bool) diag.Diagnostics {
	if change == nil || *change {
		return nil
	}
	off := *project
	off.Settings.InboundAllowlist = false
	effective, err := lists.Effective(ctx, &off)
	if err != nil || !effective {
		return nil // what is in effect is for the next plan to tell
	}
	return diag.Diagnostics{diagnose.Warn(at, diagnose.Enforced,
		"GitLab has stored the toggle of %s as off, but the instance enforces the allowlist for every project: access stays limited.", project.Target())}
}
