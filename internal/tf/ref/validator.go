// Package ref treats references to projects and groups in configurations: a full path or a numeric
// id, two spellings of which may mean the same.
package ref

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
)

// valid checks the form of references without asking GitLab.
type valid struct{ kind gitlab.Kind }

// Valid checks that a string is a full path or numeric id of a kind.
func Valid(kind gitlab.Kind) validator.String { return valid{kind} }

// Description implements validator.Describer.
func (v valid) Description(context.Context) string {
	return fmt.Sprintf("full path or numeric id of a %s", v.kind)
}

// MarkdownDescription implements validator.Describer.
func (v valid) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString implements validator.String.
func (v valid) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if _, err := gitlab.ParseRef(v.kind, req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.Append(Malformed(req.Path, v.kind, req.ConfigValue.ValueString(), err))
	}
}

// Malformed is the diagnostic for a reference that cannot be one.
func Malformed(at path.Path, kind gitlab.Kind, text string, err error) diag.Diagnostic {
	return diagnose.Problem(at, diagnose.InvalidReference, "%q cannot be a %s: %s.", text, kind, err)
}
