package allowlist

import (
	"context"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/official"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/own"
)

var (
	_ resource.ResourceWithMoveState = (*allowlistResource)(nil)
	_ resource.ResourceWithMoveState = (*entryResource)(nil)
)

// A move takes over the ids of the official provider's state, and the read that follows gives them
// their paths.

// officialState holds what is of use in the states of gitlab_project_job_token_scopes (schema
// versions 0 and 1) and gitlab_project_job_token_scope (0 and 1).
type officialState struct {
	ID               string        `json:"id"`
	Project          official.Text `json:"project"`
	ProjectID        official.Text `json:"project_id"`
	Enabled          *bool         `json:"enabled"`
	TargetProjectIDs []int64       `json:"target_project_ids"`
	TargetGroupIDs   []int64       `json:"target_group_ids"`
	TargetProjectID  *int64        `json:"target_project_id"`
	TargetGroupID    *int64        `json:"target_group_id"`
}

// project is the reference as it was typed, and its id where that is what was typed.
func (s officialState) project() (types.String, types.Int64) {
	id, _, _ := strings.Cut(s.ID, ":")
	return official.Reference(s.Project, s.ProjectID, official.Text(id))
}

// MoveState takes over gitlab_project_job_token_scopes, and lists of another address of this provider.
func (r *allowlistResource) MoveState(context.Context) []resource.StateMover {
	return []resource.StateMover{{StateMover: func(ctx context.Context, req resource.MoveStateRequest, resp *resource.MoveStateResponse) {
		source, ok, diags := official.Read[officialState](req, "gitlab_project_job_token_scopes")
		if resp.Diagnostics.Append(diags...); !ok {
			return
		}
		moved := privateState{Moved: true}
		state := allowlistModel{Enabled: types.BoolPointerValue(source.Enabled), Exclusive: types.BoolValue(true), Removes: flattenPaths(nil)}
		state.Project, state.ProjectID = source.project()
		state.Projects, moved.Projects = movedEntries(source.TargetProjectIDs)
		state.Groups, moved.Groups = movedEntries(source.TargetGroupIDs)
		resp.Diagnostics.Append(resp.TargetState.Set(ctx, state)...)
		resp.Diagnostics.Append(privateFormat.Set(ctx, resp.TargetPrivate, moved)...)
		if resp.TargetIdentity != nil && !state.ProjectID.IsNull() {
			resp.Diagnostics.Append(resp.TargetIdentity.Set(ctx, identityModel{state.ProjectID})...)
		}
	}}, {StateMover: singleToList}, own.Mover(r)}
}

// singleToList refuses the move of a single entry to a list, which one entry cannot stand for.
func singleToList(_ context.Context, req resource.MoveStateRequest, resp *resource.MoveStateResponse) {
	if req.SourceTypeName == "gitlab_project_job_token_scope" {
		resp.Diagnostics.AddError(string(diagnose.Move),
			"A gitlab_project_job_token_scope is one entry and moves to a jobtoken_allowlist_entry. To gather entries in a jobtoken_allowlist, "+
				"import the list and let go of the entries with removed blocks (lifecycle { destroy = false }).")
	}
}

// movedEntries makes a map of ids, with the default permissions that the official provider knows alone.
func movedEntries(ids []int64) (types.Map, map[string]int64) {
	if ids == nil {
		return types.MapNull(entryType), nil
	}
	elements := make(map[string]attr.Value, len(ids))
	spelled := make(map[string]int64, len(ids))
	for _, id := range ids {
		key := strconv.FormatInt(id, 10)
		spelled[key] = id
		elements[key] = types.ObjectValueMust(entryType.AttrTypes, map[string]attr.Value{
			"permissions": types.SetNull(types.StringType), "target": types.StringNull(),
		})
	}
	return types.MapValueMust(entryType, elements), spelled
}

// MoveState takes over gitlab_project_job_token_scope, and entries of another address of this provider.
func (r *entryResource) MoveState(context.Context) []resource.StateMover {
	return []resource.StateMover{{StateMover: func(ctx context.Context, req resource.MoveStateRequest, resp *resource.MoveStateResponse) {
		source, ok, diags := official.Read[officialState](req, "gitlab_project_job_token_scope")
		if resp.Diagnostics.Append(diags...); !ok {
			return
		}
		state := entryResourceModel{Permissions: types.SetNull(types.StringType)}
		state.Project, state.ProjectID = source.project()
		if source.TargetGroupID != nil {
			state.TargetGroup, state.TargetGroupID = types.StringValue(strconv.FormatInt(*source.TargetGroupID, 10)), types.Int64PointerValue(source.TargetGroupID)
		} else if source.TargetProjectID != nil {
			state.TargetProject, state.TargetProjectID = types.StringValue(strconv.FormatInt(*source.TargetProjectID, 10)), types.Int64PointerValue(source.TargetProjectID)
		}
		resp.Diagnostics.Append(resp.TargetState.Set(ctx, state)...)
		resp.Diagnostics.Append(privateFormat.Set(ctx, resp.TargetPrivate, privateState{Moved: true})...)
		if resp.TargetIdentity != nil && !state.ProjectID.IsNull() {
			resp.Diagnostics.Append(resp.TargetIdentity.Set(ctx, state.identity())...)
		}
	}}, own.Mover(r)}
}
