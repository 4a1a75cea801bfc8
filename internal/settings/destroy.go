package settings

import (
	"context"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/overlap"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/tenure"
)

const typeName = "jobtoken_settings"

// destroyer returns to their secure defaults the toggles that a resource manages, and leaves those that
// are not its own to take: what an import brought in, what another resource holds, and in a replacement
// what the creation names.
type destroyer struct {
	*session.Session

	state   settingsModel
	private privateState
	// mark is that of the creation half of a replacement.
	mark *tenure.Mark
	kept overlap.Kept
}

// takes tells whether a toggle of the state is taken back.
func (d *destroyer) takes(name string) bool {
	return !d.private.Spares(name) && !d.kept.Whole && !(d.replaced() && d.mark.Holds(name)) && !(name == inboundAttribute && d.kept.Toggle)
}

// replaced tells whether the creation that follows is for the same project.
func (d *destroyer) replaced() bool { return d.mark.For(d.state.ProjectID.ValueInt64()) }

// destroy takes the toggles back. Left tells, after a failure, that the state holds what is stored now.
func (d *destroyer) destroy(ctx context.Context) (left bool, diags diag.Diagnostics) {
	if d.replaced() {
		session.Shared[tenure.Handovers](d.Session).Put(d.mark)
	}
	diags.Append(d.warnSuperseded()...)
	if !slices.ContainsFunc(d.state.managed(), d.takes) {
		return false, diags
	}
	project, err := d.Lists.FreshProject(ctx, d.state.ProjectID.ValueInt64())
	if err != nil {
		_, unreadable := ref.Unreadable(ctx, d.Session, diagnose.ResetSettings, d.private.project(d.state.ProjectID), err)
		diags.Append(unreadable...)
		return false, diags
	}
	change := secure(&d.state, project.Settings, d.takes)
	if change.Empty() {
		return false, diags
	}
	stored, err := d.Lists.UpdateSettings(ctx, project.Target(), change)
	if err != nil {
		diags.Append(diagnose.Error(diagnose.ResetSettings, err))
		unwritten(&d.state, change, stored)
	}
	return err != nil, diags
}

// warnSuperseded tells what is left to a younger resource, unless this destroy is a replacement's.
func (d *destroyer) warnSuperseded() diag.Diagnostics {
	if d.kept.Whole || d.replaced() {
		return nil
	}
	return d.private.WarnSuperseded(diagnose.SettingsStay.For(d.private.Path))
}

// leaving is what a destroy takes back, as the plan knows it.
func (d *destroyer) leaving() overlap.Claim {
	return overlap.Claim{
		Resource: typeName, Project: d.state.ProjectID.ValueInt64(), Leaving: true,
		Toggle: !d.state.InboundAllowlistEnabled.IsNull() && !d.private.Spares(inboundAttribute),
	}
}

// handoverKey is how both halves of a replacement know each other.
func (m *settingsModel) handoverKey() string {
	return strings.Join(append([]string{typeName, m.Project.ValueString()}, m.managed()...), " ")
}

// place is what no two resources are to hold.
func (m *settingsModel) place(name string) string {
	return typeName + " " + m.ProjectID.String() + " " + name
}

// carried are toggles that the state holds though the configuration does not mention them.
func carried(config, state *settingsModel) (names []string) {
	mentioned := config.managed()
	for _, name := range state.managed() {
		if !slices.Contains(mentioned, name) {
			names = append(names, name)
		}
	}
	return names
}
