package allowlist

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/private"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/tenure"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/unchanged"
)

var _ unchanged.Resource = (*entryResource)(nil)

// reread reads the entry again.
func (r *entryResource) reread(ctx context.Context, state entryResourceModel, kept private.Store) *unchanged.Reading[entryResourceModel] {
	done := &unchanged.Reading[entryResourceModel]{State: state}
	done.Diagnostics.Append(tenure.Forget(ctx, kept)...)
	id, diags := ref.ProjectID(ctx, r.session.GitLab, state.ProjectID, state.Project)
	done.State.ProjectID = id
	done.Identity = done.State.identity()
	done.Diagnostics.Append(diags...)
	stored, diags := privateFormat.Get(ctx, kept)
	if done.Diagnostics.Append(diags...); done.Diagnostics.HasError() {
		return done
	}
	session.Shared[session.Reads](r.session).Note(done.State.place())
	births := session.Shared[tenure.Births](r.session)
	births.Note(stored.Born, done.State.place())
	project, err := r.session.Lists.Project(ctx, id.ValueInt64())
	if err != nil {
		done.Gone, diags = ref.UnreadableOnce(ctx, r.session, diagnose.ReadAllowlist, stored.project(id), err)
		done.Diagnostics.Append(diags...)
		return done
	}
	if stored.Moved {
		spelling, _ := done.State.target(done.State.kind())
		*spelling = types.StringNull() // it was spelled by id: now by path
	}
	found, diags := r.read(ctx, project, &done.State, stored)
	if done.Diagnostics.Append(diags...); done.Diagnostics.HasError() {
		return done
	}
	if !found {
		done.Gone = true
		return done
	}
	fresh := entryPrivateState(project, &done.State, stored)
	fresh.Superseded = nil
	if births.Younger(stored.Born, done.State.place()) {
		fresh.Superseded = []string{"entry"}
	}
	holds(r.session, project.ID, done.State.kind(), expandEntry(&done.State).target.ID)
	states(r.session, project.ID, fresh)
	done.Diagnostics.Append(privateFormat.Set(ctx, kept, fresh)...)
	done.Whole = true
	return done
}

// planned completes the proposed plan of the entry.
func (r *entryResource) planned(ctx context.Context, config, plan entryResourceModel, state *entryResourceModel, kept private.Store) *unchanged.Planning[entryResourceModel] {
	done := &unchanged.Planning[entryResourceModel]{Plan: plan}
	p := entryPlanner{listSession: listSession{Session: r.session}, config: config, state: state}
	done.Diagnostics.Append(tenure.Forget(ctx, kept)...)
	stored, diags := privateFormat.Get(ctx, kept)
	done.Diagnostics.Append(diags...)
	if state == nil {
		if p.handed = session.Shared[tenure.Handovers](r.session).Find(p.config.handoverKey()); p.handed != nil {
			p.stated = statedBy(p.handed)
		}
	} else {
		p.stated = stored
		states(r.session, state.ProjectID.ValueInt64(), stored) // for the other half of a replacement
	}
	if done.Diagnostics.HasError() {
		return done
	}
	done.Replace.Append(p.plan(ctx, &done.Plan)...)
	if mark, whole := p.marked(); whole {
		done.Diagnostics.Append(tenure.Leave(ctx, kept, mark)...)
	}
	done.Diagnostics.Append(p.diags...)
	done.Whole = true
	return done
}

// Refresh implements unchanged.Resource.
func (r *entryResource) Refresh(ctx context.Context, state unchanged.Object, kept *unchanged.Private) unchanged.Refreshed {
	return unchanged.Refresh(ctx, state, kept, r.reread)
}

// Replan implements unchanged.Resource.
func (r *entryResource) Replan(ctx context.Context, config, state unchanged.Object, kept *unchanged.Private) (unchanged.Replanned, bool) {
	return unchanged.Replan(ctx, config, state, kept, r.planned), true
}

// Valid implements unchanged.Resource.
func (r *entryResource) Valid(config unchanged.Object) bool {
	var m entryResourceModel
	config.Into(&m)
	return !m.Project.IsNull() && validRef(gitlab.KindProject, m.Project) &&
		m.TargetProject.IsNull() != m.TargetGroup.IsNull() &&
		validRef(gitlab.KindProject, m.TargetProject) && validRef(gitlab.KindGroup, m.TargetGroup) && validPermissions(m.Permissions)
}
