package unchanged

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/private"
)

// Reading is what comes of reading an object again. M is the resource's model.
type Reading[M any] struct {
	State M
	// Identity is a struct with tags.
	Identity any
	// Whole means that the state is to be written; Gone, that there is none any more. With neither, it stays.
	Whole, Gone bool
	Diagnostics diag.Diagnostics

	kept *Private
}

// Reader reads an object again: state and private state as they were come in.
type Reader[M any] func(ctx context.Context, state M, kept private.Store) *Reading[M]

// Read is a resource's Read.
func Read[M any](ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse, read Reader[M]) {
	done, begun := left[*Reading[M]](ctx)
	if begun {
		resp.Diagnostics.Append(done.kept.replay(ctx, resp.Private)...)
	} else {
		var state M
		if resp.Diagnostics.Append(req.State.Get(ctx, &state)...); resp.Diagnostics.HasError() {
			return
		}
		done = read(ctx, state, resp.Private)
	}
	resp.Diagnostics.Append(done.Diagnostics...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, done.Identity)...)
	switch {
	case done.Gone:
		resp.State.RemoveResource(ctx)
	case done.Whole:
		resp.Diagnostics.Append(resp.State.Set(ctx, &done.State)...)
	}
}

// Refresh is a resource's [Resource.Refresh].
func Refresh[M any](ctx context.Context, object Object, kept *Private, read Reader[M]) Refreshed {
	var state M
	object.Into(&state)
	done := read(ctx, state, kept)
	done.kept = kept
	return Refreshed{
		Same: !done.Gone && (!done.Whole || same(&state, &done.State)), Identity: done.Identity, Diagnostics: done.Diagnostics, Left: done,
	}
}

// Planning is what comes of planning an object. M is the resource's model.
type Planning[M any] struct {
	Plan M
	// Replace are the attributes for which the object is to be replaced.
	Replace path.Paths
	// Whole means that the plan is to be written; otherwise it stays as proposed.
	Whole       bool
	Diagnostics diag.Diagnostics

	kept *Private
}

// Planner completes the proposed plan of an object that is not destroyed. The state is nil for a creation.
type Planner[M any] func(ctx context.Context, config, plan M, state *M, kept private.Store) *Planning[M]

// Plan is a resource's ModifyPlan, but for destroys.
func Plan[M any](ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse, plan Planner[M]) {
	done, begun := left[*Planning[M]](ctx)
	if begun {
		resp.Diagnostics.Append(done.kept.replay(ctx, resp.Private)...)
	} else {
		var config, proposed M
		var state *M
		resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
		resp.Diagnostics.Append(req.Plan.Get(ctx, &proposed)...)
		if !req.State.Raw.IsNull() {
			state = new(M)
			resp.Diagnostics.Append(req.State.Get(ctx, state)...)
		}
		if resp.Diagnostics.HasError() {
			return
		}
		done = plan(ctx, config, proposed, state, resp.Private)
	}
	resp.Diagnostics.Append(done.Diagnostics...)
	resp.RequiresReplace.Append(done.Replace...)
	if done.Whole {
		resp.Diagnostics.Append(resp.Plan.Set(ctx, &done.Plan)...)
	}
}

// Replan is a resource's [Resource.Replan].
func Replan[M any](ctx context.Context, configured, prior Object, kept *Private, plan Planner[M]) Replanned {
	var config, state, before M
	configured.Into(&config)
	prior.Into(&state)
	prior.Into(&before)
	done := plan(ctx, config, state, &before, kept)
	done.kept = kept
	return Replanned{
		Same: len(done.Replace) == 0 && (!done.Whole || same(&state, &done.Plan)), Diagnostics: done.Diagnostics, Left: done,
	}
}
