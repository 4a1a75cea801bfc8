// Package unconfigured holds the plan modifiers behind "null means: leave it as it is".
//
// Such attributes are Optional and Computed. Left out of the configuration they keep what the state
// holds, so that an import plans nothing; in a new resource that is null, and nothing is written.
package unconfigured

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

const description = "Left out, it is left as it is."

type prior struct{}

// Description implements planmodifier.Describer.
func (prior) Description(context.Context) string { return description }

// MarkdownDescription implements planmodifier.Describer.
func (prior) MarkdownDescription(context.Context) string { return description }

// Bool keeps the prior value of a bool that is not configured.
func Bool() planmodifier.Bool { return prior{} }

// Map keeps the prior value of a map that is not configured.
func Map() planmodifier.Map { return prior{} }

// PlanModifyBool implements planmodifier.Bool.
func (prior) PlanModifyBool(_ context.Context, req planmodifier.BoolRequest, resp *planmodifier.BoolResponse) {
	if !req.ConfigValue.IsNull() {
		return
	}
	if req.State.Raw.IsNull() {
		resp.PlanValue = types.BoolNull()
		return
	}
	resp.PlanValue = req.StateValue
}

// PlanModifyMap implements planmodifier.Map.
func (prior) PlanModifyMap(_ context.Context, req planmodifier.MapRequest, resp *planmodifier.MapResponse) {
	if !req.ConfigValue.IsNull() {
		return
	}
	if req.State.Raw.IsNull() {
		resp.PlanValue = types.MapNull(req.PlanValue.ElementType(context.Background()))
		return
	}
	resp.PlanValue = req.StateValue
}
