// Package private keeps values of Go types in a resource's private state.
package private

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// Reader is the private state of a request.
type Reader interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

// Writer is the private state of a response.
type Writer interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// Get reads the value of a key; the zero value where there is none, or one that an earlier version
// of the provider wrote in another form.
func Get[T any](ctx context.Context, from Reader, key string) (T, diag.Diagnostics) {
	var value T
	raw, diags := from.GetKey(ctx, key)
	if len(raw) == 0 || diags.HasError() {
		return value, diags
	}
	if err := json.Unmarshal(raw, &value); err != nil {
		var none T
		return none, diags
	}
	return value, diags
}

// Set writes the value of a key.
func Set[T any](ctx context.Context, to Writer, key string, value T) diag.Diagnostics {
	raw, err := json.Marshal(value)
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("Unable to Store Private State", err.Error())}
	}
	return to.SetKey(ctx, key, raw)
}
