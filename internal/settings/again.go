package settings

import (
	"context"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/overlap"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/private"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/tenure"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/unchanged"
)

var _ unchanged.Resource = (*settingsResource)(nil)

// reread reads the toggles again.
func (r *settingsResource) reread(ctx context.Context, state settingsModel, kept private.Store) *unchanged.Reading[settingsModel] {
	done := &unchanged.Reading[settingsModel]{State: state, Identity: identityModel{state.ProjectID}}
	done.Diagnostics.Append(tenure.Forget(ctx, kept)...)
	stored, diags := privateFormat.Get(ctx, kept)
	if done.Diagnostics.Append(diags...); done.Diagnostics.HasError() {
		return done
	}
	session.Shared[session.Reads](r.session).Note(state.place(""))
	births := session.Shared[tenure.Births](r.session)
	for _, name := range state.managed() {
		births.Note(stored.Born, state.place(name))
	}
	project, err := r.session.Lists.Project(ctx, state.ProjectID.ValueInt64())
	if err != nil {
		done.Gone, diags = ref.UnreadableOnce(ctx, r.session, diagnose.ReadSettings, stored.project(state.ProjectID), err)
		done.Diagnostics.Append(diags...)
		return done
	}
	stored.Path, stored.Superseded = project.Path, nil
	for _, name := range state.managed() {
		if births.Younger(stored.Born, state.place(name)) {
			stored.Superseded = append(stored.Superseded, name)
		}
	}
	done.Diagnostics.Append(r.read(ctx, project, &done.State)...)
	if done.Diagnostics.HasError() {
		return done
	}
	if state.Project.IsNull() { // imported
		stored.Carried = done.State.managed()
	}
	session.Shared[tenure.Carriers](r.session).Note(typeName, project.ID, stored.Record)
	done.Diagnostics.Append(privateFormat.Set(ctx, kept, stored)...)
	done.Whole = true
	return done
}

// planned completes the proposed plan of the toggles.
func (r *settingsResource) planned(ctx context.Context, config, plan settingsModel, state *settingsModel, kept private.Store) *unchanged.Planning[settingsModel] {
	done := &unchanged.Planning[settingsModel]{Plan: plan}
	done.Diagnostics.Append(tenure.Forget(ctx, kept)...)
	if r.unasked(ctx, &config, state, done, kept) {
		done.Whole = true
		return done
	}
	creating := state == nil
	var handed *tenure.Mark
	if creating {
		state, handed = &settingsModel{}, session.Shared[tenure.Handovers](r.session).Find(config.handoverKey())
	}
	replace, diags := planSettings(ctx, r.session, &config, state, &done.Plan, handed)
	done.Diagnostics.Append(diags...)
	if replace {
		done.Replace.Append(ref.Attribute)
	}
	if mark, whole := marked(r.session, &config, &done.Plan); creating && whole && !diags.HasError() {
		done.Diagnostics.Append(tenure.Leave(ctx, kept, mark)...)
	}
	done.Whole = true
	return done
}

// unasked plans what nobody changes, in a walk that was told not to look (-refresh=false), without asking
// GitLab.
func (r *settingsResource) unasked(ctx context.Context, config, state *settingsModel, done *unchanged.Planning[settingsModel], kept private.Store) bool {
	if state == nil || session.Shared[session.Reads](r.session).Has(state.place("")) || state.ProjectID.IsNull() || !done.Plan.equal(state) {
		return false
	}
	expected := done.Plan
	planEffective(state, &expected)
	stored, diags := privateFormat.Get(ctx, kept)
	if diags.HasError() || stored.Path == "" || !expected.equal(state) {
		return false
	}
	done.Diagnostics.Append(r.session.Claim(stored.project(state.ProjectID),
		overlap.Claim{Resource: typeName, Toggle: !config.InboundAllowlistEnabled.IsNull()})...)
	return true
}

// Refresh implements unchanged.Resource.
func (r *settingsResource) Refresh(ctx context.Context, state unchanged.Object, kept *unchanged.Private) unchanged.Refreshed {
	return unchanged.Refresh(ctx, state, kept, r.reread)
}

// Replan implements unchanged.Resource.
func (r *settingsResource) Replan(ctx context.Context, config, state unchanged.Object, kept *unchanged.Private) (unchanged.Replanned, bool) {
	return unchanged.Replan(ctx, config, state, kept, r.planned), true
}

// Valid implements unchanged.Resource.
func (r *settingsResource) Valid(config unchanged.Object) bool {
	var m settingsModel
	config.Into(&m)
	_, err := gitlab.ParseRef(gitlab.KindProject, m.Project.ValueString())
	return err == nil
}
