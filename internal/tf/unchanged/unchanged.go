// Package unchanged answers for resources that do not change with the request's own bytes.
//
// In most plans most resources do not change, and the framework takes many times as long to decode, check,
// complete and encode such a one than the resource takes to find it unchanged. So this layer stands before
// the framework's server. It hands a resource its decoded state and configuration. If those come out of
// the resource's own read or plan as they went in, the request's bytes are the answer. If not, or in any
// doubt, the framework answers as it would without the layer; what the resource has found out by then it
// finds in its context, so that nothing is asked, told or noted twice.
package unchanged

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// Resource is what a resource does for the layer: with [Refresh] and [Replan] it does the same as with
// [Read] and [Plan] for the framework.
type Resource interface {
	resource.ResourceWithConfigure
	resource.ResourceWithIdentity

	// Valid tells whether every validator of the schema and of the resource is beyond doubt content with a
	// configuration. All of it is known.
	Valid(config Object) bool
	// Refresh reads as Read does.
	Refresh(ctx context.Context, state Object, kept *Private) Refreshed
	// Replan plans as ModifyPlan does, where the proposed state is the prior one. False means that nothing was
	// done, and that ModifyPlan is to do it: where a default in the schema would change the proposed state.
	Replan(ctx context.Context, config, state Object, kept *Private) (Replanned, bool)
}

// Refreshed is the outcome of a read, for an answer by the layer.
type Refreshed struct {
	// Same means that the state has come out as it went in.
	Same bool
	// Identity is a struct with tags.
	Identity    any
	Diagnostics diag.Diagnostics
	// Left is for Read, where it has to answer.
	Left any
}

// Replanned is the outcome of a plan, for an answer by the layer.
type Replanned struct {
	// Same means that the prior state is planned, and no replacement.
	Same        bool
	Diagnostics diag.Diagnostics
	// Left is for ModifyPlan, where it has to answer.
	Left any
}

type leftKey struct{}

// leave hands on what has been found out to the framework's method of the resource.
func leave(ctx context.Context, what any) context.Context {
	return context.WithValue(ctx, leftKey{}, what)
}

// left is what was left.
func left[T any](ctx context.Context) (T, bool) {
	found, ok := ctx.Value(leftKey{}).(T)
	return found, ok
}
