package settings

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/overlap"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/tenure"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/toggle"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/usage"
)

// planSettings completes the proposed plan. It answers whether the resource has to be replaced. Handed is
// what the destroy half of a replacement handed over; nil in all other cases.
func planSettings(ctx context.Context, s *session.Session, config, state, plan *settingsModel, handed *tenure.Mark) (replace bool, diags diag.Diagnostics) {
	client := s.GitLab
	planned, diags := ref.Planned{Spelling: config.Project}, diag.Diagnostics(nil)
	if handed != nil {
		planned.ID = handed.ProjectID
	} else {
		planned, diags = ref.PlanProject(ctx, client, config.Project, state.Project, state.ProjectID)
	}
	if diags.HasError() || planned.Replace {
		return planned.Replace, diags
	}
	if planned.Unknown() {
		plan.ProjectID = types.Int64Unknown()
		return false, diags
	}
	plan.Project, plan.ProjectID = planned.Spelling, types.Int64Value(planned.ID)
	planEffective(state, plan)
	project, err := s.Lists.Project(ctx, planned.ID)
	if err != nil {
		last := gitlab.Target{Kind: gitlab.KindProject, ID: planned.ID, Path: config.Project.ValueString()}
		diags.Append(ref.Unplannable(ctx, s, diagnose.ReadSettings, last, err)...)
		return false, diags
	}
	diags.Append(ref.Renamed(ref.Attribute, config.Project, project.Target())...)
	diags.Append(s.Claim(project.Target(), overlap.Claim{Resource: typeName, Making: state.ProjectID.IsNull(), Toggle: !config.InboundAllowlistEnabled.IsNull()})...)
	if !config.InboundAllowlistEnabled.Equal(state.InboundAllowlistEnabled) {
		diags.Append(toggle.CheckOff(ctx, s.Lists, project, path.Root(inboundAttribute), config.InboundAllowlistEnabled)...)
	}
	if config.InboundAllowlistEnabled.ValueBool() {
		diags.Append(usage.Warn(ctx, s, project, limited)...)
	}
	if config.OutboundAllowlistEnabled.ValueBool() && !project.Settings.Outbound {
		diags.Append(diagnose.Problem(path.Root("outbound_allowlist_enabled"), diagnose.LegacyOutbound,
			"\"Limit access from this project\" is off for %s, and GitLab only lets it be switched off since 16.0. Access is limited on the side of the project that is reached: leave the attribute out or set it to false.",
			project.Target()))
	}
	if !config.CrossProjectPushAllowed.IsNull() && project.Settings.CrossProjectPush == nil {
		diags.Append(diagnose.Problem(path.Root("cross_project_push_allowed"), diagnose.NotSupported,
			"Pushing from other projects with a job token came with GitLab %s; this one is older. Leave the attribute out.", allowlists.CrossProjectPush))
	}
	if config.CrossProjectPushAllowed.ValueBool() && !state.CrossProjectPushAllowed.ValueBool() && project.Settings.CrossProjectPush != nil {
		server, err := client.Server(ctx)
		if err == nil && server.Version.Less(allowlists.CrossProjectPush) {
			diags.Append(diagnose.Warn(path.Root("cross_project_push_allowed"), diagnose.PushNoEffect.For(project.Path),
				"GitLab %s stores it, and lets no other project push to %s unless an administrator has enabled the feature flag allow_push_to_allowlisted_projects. From GitLab %s on it needs none.",
				server.Text, project.Target(), allowlists.CrossProjectPush))
		}
	}
	return false, diags
}

// planEffective plans the effective toggle from state and configuration alone, since what the server
// says may differ by the time of the apply.
func planEffective(state, plan *settingsModel) {
	switch {
	case plan.InboundAllowlistEnabled.ValueBool():
		plan.InboundAllowlistEffective = types.BoolValue(true)
	case state.ProjectID.IsNull() || !plan.InboundAllowlistEnabled.Equal(state.InboundAllowlistEnabled):
		plan.InboundAllowlistEffective = types.BoolUnknown()
	default:
		plan.InboundAllowlistEffective = state.InboundAllowlistEffective
	}
}

// marked is what the destroy half of a replacement has to know of a planned creation.
func marked(s *session.Session, config, plan *settingsModel) (tenure.Mark, bool) {
	if plan.ProjectID.IsUnknown() || plan.ProjectID.ValueInt64() == 0 {
		return tenure.Mark{}, false
	}
	id := plan.ProjectID.ValueInt64()
	mark := tenure.Mark{Key: config.handoverKey(), ProjectID: id, Manages: config.managed()}
	mark.Carried, mark.Read = session.Shared[tenure.Carriers](s).Of(typeName, id)
	return mark, true
}

// limited is an access that a list limits.
func limited(before usage.Access) usage.Access {
	before.Limited = true
	return before
}

// warnLosses tells whose jobs a destroy cuts off, which returns the toggle to the secure value. What it cannot
// read the destroy will tell.
func (d *destroyer) warnLosses(ctx context.Context) diag.Diagnostics {
	if !d.CheckUsage || d.state.InboundAllowlistEnabled.IsNull() || !d.takes(inboundAttribute) {
		return nil
	}
	project, err := d.Lists.Project(ctx, d.state.ProjectID.ValueInt64())
	if err != nil {
		return nil
	}
	return usage.Warn(ctx, d.Session, project, limited)
}
