package provider

import (
	"context"
	"maps"
	"net/textproto"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
)

// headers refuses a header that is given twice: names differ by more than their letter case.
type headers struct{}

// Description implements validator.Describer.
func (headers) Description(context.Context) string {
	return "each header once, whatever its letter case"
}

// MarkdownDescription implements validator.Describer.
func (v headers) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateMap implements validator.Map.
func (headers) ValidateMap(_ context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	seen := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(req.ConfigValue.Elements())) {
		canonical := textproto.CanonicalMIMEHeaderKey(name)
		if first, twice := seen[canonical]; twice {
			resp.Diagnostics.Append(diagnose.Problem(req.Path.AtMapKey(name), diagnose.ConfigureProvider,
				"%q and %q are one header: the letter case of a name does not count. Keep one of them.", first, name))
		}
		seen[canonical] = name
	}
}
