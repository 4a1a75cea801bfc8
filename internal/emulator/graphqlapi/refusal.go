package graphqlapi

import (
	"context"
	"slices"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/graphql"
)

// Refusal makes mutations answer with errors in their payload instead of being
// executed.
type Refusal struct {
	// Alias is the mutation's key in the answer; empty is any.
	Alias string
	// Input are texts that the mutation's input must have.
	Input map[string]string
	// Errors are the payload's errors.
	Errors []string
}

type refusalsKey struct{}

// WithRefusal adds a refusal to the context of a request.
func WithRefusal(ctx context.Context, r Refusal) context.Context {
	present, _ := ctx.Value(refusalsKey{}).([]Refusal)
	return context.WithValue(ctx, refusalsKey{}, append(slices.Clip(present), r))
}

// refusedByFault is the payload of a mutation that the context refuses, else nil.
func refusedByFault(ctx context.Context, input map[string]any) payload {
	refusals, _ := ctx.Value(refusalsKey{}).([]Refusal)
	for _, r := range refusals {
		if r.covers(graphql.MutationKey(ctx), input) {
			return payload{"status": "failed", "errors": r.Errors}
		}
	}
	return nil
}

func (r Refusal) covers(alias string, input map[string]any) bool {
	if r.Alias != "" && r.Alias != alias {
		return false
	}
	for name, want := range r.Input {
		if input[name] != want {
			return false
		}
	}
	return true
}
