package allowlist

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/private"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/tenure"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/unchanged"
)

var _ unchanged.Resource = (*allowlistResource)(nil)

// reread reads the list again.
func (r *allowlistResource) reread(ctx context.Context, state allowlistModel, kept private.Store) *unchanged.Reading[allowlistModel] {
	done := &unchanged.Reading[allowlistModel]{State: state}
	done.Diagnostics.Append(tenure.Forget(ctx, kept)...)
	id, diags := ref.ProjectID(ctx, r.session.GitLab, state.ProjectID, state.Project)
	done.State.ProjectID, done.Identity = id, identityModel{id}
	done.Diagnostics.Append(diags...)
	stored, diags := privateFormat.Get(ctx, kept)
	if done.Diagnostics.Append(diags...); done.Diagnostics.HasError() {
		return done
	}
	session.Shared[session.Reads](r.session).Note(done.State.place())
	superseded := births(r.session, &done.State, stored.Record)
	project, err := r.session.Lists.Project(ctx, id.ValueInt64())
	if err != nil {
		done.Gone, diags = ref.UnreadableOnce(ctx, r.session, diagnose.ReadAllowlist, stored.project(id), err)
		done.Diagnostics.Append(diags...)
		return done
	}
	fresh, diags := refresh(ctx, r.session, project, &done.State, stored)
	if done.Diagnostics.Append(diags...); done.Diagnostics.HasError() {
		return done
	}
	fresh.Superseded = superseded()
	states(r.session, project.ID, fresh)
	session.Shared[tenure.Carriers](r.session).Note(typeName, project.ID, fresh.Record)
	done.Diagnostics.Append(privateFormat.Set(ctx, kept, fresh)...)
	done.Whole = true
	return done
}

// planned completes the proposed plan of the list.
func (r *allowlistResource) planned(ctx context.Context, config, plan allowlistModel, state *allowlistModel, kept private.Store) *unchanged.Planning[allowlistModel] {
	done := &unchanged.Planning[allowlistModel]{Plan: plan}
	p := planner{difference: difference{listSession: listSession{Session: r.session}, config: config, state: state}}
	done.Diagnostics.Append(tenure.Forget(ctx, kept)...)
	stored, diags := privateFormat.Get(ctx, kept) // of the first half too, in a replacement
	done.Diagnostics.Append(diags...)
	p.private = stored
	if state == nil {
		if p.mark = session.Shared[tenure.Handovers](r.session).Find(handoverKey(&p.config)); p.mark != nil {
			p.stated = statedBy(p.mark)
		}
	} else {
		p.stated = stored
		states(r.session, state.ProjectID.ValueInt64(), stored) // for the other half of a replacement
	}
	if done.Diagnostics.HasError() {
		return done
	}
	for _, kind := range kinds {
		*done.Plan.entries(kind) = asBare(*done.Plan.entries(kind), *p.config.entries(kind))
	}
	if p.plan(ctx, &done.Plan) {
		done.Replace.Append(ref.Attribute)
	}
	if mark, whole := p.marked(); whole {
		done.Diagnostics.Append(tenure.Leave(ctx, kept, mark)...)
	}
	done.Diagnostics.Append(p.diags...)
	done.Whole = true
	return done
}

// Refresh implements unchanged.Resource.
func (r *allowlistResource) Refresh(ctx context.Context, state unchanged.Object, kept *unchanged.Private) unchanged.Refreshed {
	return unchanged.Refresh(ctx, state, kept, r.reread)
}

// Replan implements unchanged.Resource.
func (r *allowlistResource) Replan(ctx context.Context, config, state unchanged.Object, kept *unchanged.Private) (unchanged.Replanned, bool) {
	if config["exclusive"].IsNull() && !state["exclusive"].Equal(types.BoolValue(true)) {
		return unchanged.Replanned{}, false // the default changes it
	}
	return unchanged.Replan(ctx, config, state, kept, r.planned), true
}

// Valid implements unchanged.Resource.
func (r *allowlistResource) Valid(config unchanged.Object) bool {
	var m allowlistModel
	config.Into(&m)
	if !validRef(gitlab.KindProject, m.Project) || m.Project.IsNull() {
		return false
	}
	for _, kind := range kinds {
		for key, element := range m.entries(kind).Elements() {
			object, isObject := element.(types.Object)
			if key == "" || !isObject || !validEntry(kind, object.Attributes()) {
				return false
			}
		}
	}
	return true
}

func validEntry(kind gitlab.Kind, attributes map[string]attr.Value) bool {
	target, isText := attributes["target"].(types.String)
	permissions, isSet := attributes["permissions"].(types.Set)
	return isText && isSet && validRef(kind, target) && validPermissions(permissions)
}

func validRef(kind gitlab.Kind, text types.String) bool {
	if text.IsNull() {
		return true
	}
	_, err := gitlab.ParseRef(kind, text.ValueString())
	return err == nil
}

func validPermissions(names types.Set) bool {
	if !aloneIfDefault(names) {
		return false
	}
	for _, element := range names.Elements() {
		name, isText := element.(types.String)
		if !isText || name.IsNull() || !permissionPattern.MatchString(name.ValueString()) {
			return false
		}
	}
	return true
}
