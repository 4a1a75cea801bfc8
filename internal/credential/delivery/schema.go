// Package delivery puts what a token is made of into CI/CD variables, and tells later, without knowing
// the secret, whether it is still there.
package delivery

import (
	"context"
	"fmt"
	"regexp"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/variables"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/check"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
)

// What a variable can be given.
const (
	// StoreToken is the secret itself.
	StoreToken = "token"
	// StoreUsername is what a deploy token signs in with.
	StoreUsername = "username"
)

// Attribute is the attribute deliveries of a token that has something to store.
func Attribute(stores ...string) schema.MapNestedAttribute {
	attributes := map[string]schema.Attribute{
		"project": schema.StringAttribute{
			MarkdownDescription: "Full path or numeric id of the project whose CI/CD variable it is. Exactly one of `project` and `group`.",
			Optional:            true,
			Validators: []validator.String{
				ref.Valid(gitlab.KindProject),
				check.ExactlyOne("project", "group"),
			},
		},
		"group": schema.StringAttribute{
			MarkdownDescription: "Full path or numeric id of the group whose CI/CD variable it is; all its projects get it.",
			Optional:            true,
			Validators:          []validator.String{ref.Valid(gitlab.KindGroup)},
		},
		"key": schema.StringAttribute{
			MarkdownDescription: "Key of the variable: letters, digits and `_`. A variable that is there already is taken over, which the plan warns of.",
			Required:            true,
			Validators:          []validator.String{keyValidator{}},
		},
		"protected": schema.BoolAttribute{
			MarkdownDescription: "Whether only jobs on protected branches and tags get it. Default `true`.",
			Optional:            true,
		},
		"masked": schema.BoolAttribute{
			MarkdownDescription: masked(stores),
			Optional:            true,
			Validators:          []validator.Bool{maskedValidator{}},
		},
		"hidden": schema.BoolAttribute{
			MarkdownDescription: "Whether the variable is masked, and its value is shown to nobody in GitLab. Default `false`. GitLab settles this when a variable is made, so a change has it deleted and made again, with the secret from a variable that shows it, or with a new token. What another writes into a hidden variable cannot be noticed.",
			Optional:            true,
		},
		"raw": schema.BoolAttribute{
			MarkdownDescription: "Whether the value is taken as it is, without expanding `$` references. Default `true`.",
			Optional:            true,
		},
		"environment_scope": schema.StringAttribute{
			MarkdownDescription: "Environments whose jobs get it, such as `production` or `review/*`. Default `*`, all. In a group it needs GitLab Premium.",
			Optional:            true,
			Validators:          []validator.String{ValidScope()},
		},
		"description": schema.StringAttribute{
			MarkdownDescription: "Description of the variable. Left out, the one that it has stays.",
			Optional:            true,
			Validators:          []validator.String{check.Length(0, 255)},
		},
	}
	if len(stores) > 1 {
		attributes["store"] = schema.StringAttribute{
			MarkdownDescription: "What the variable gets: `token`, the secret (default), or `username`, what it signs in with.",
			Optional:            true,
			Validators:          []validator.String{check.OneOf(stores...)},
		}
	}
	return schema.MapNestedAttribute{
		MarkdownDescription: "CI/CD variables that get the token when it is made and whenever it is made anew. A key is a free label. The secret goes from GitLab's answer, or from one of the variables, into the variables and nowhere else. " +
			"A variable that holds another value plans a new token, and so does one that is gone where no other shows the secret; other flags are put right. One that is taken out is deleted. " +
			"Terraform drops a misspelt key of a delivery without a word: with `enviroment_scope` the secret would go to all environments. The plan shows what is left of it, so read its lines.", //nolint:misspell // the mistake is the example
		Optional:     true,
		Validators:   []validator.Map{check.Labels(), check.Texts()},
		NestedObject: schema.NestedAttributeObject{Attributes: attributes},
	}
}

func masked(stores []string) string {
	if slices.Contains(stores, StoreUsername) {
		return "Whether the value is starred out of job logs. Default `true` for the secret, `false` for a user name."
	}
	return "Whether the value is starred out of job logs. Default `true`."
}

// ObjectType is the type of one delivery of a token that has something to store.
func ObjectType(stores ...string) types.ObjectType {
	attributes := map[string]attr.Type{
		"project": types.StringType, "group": types.StringType, "key": types.StringType, "protected": types.BoolType,
		"masked": types.BoolType, "hidden": types.BoolType, "raw": types.BoolType, "environment_scope": types.StringType,
		"description": types.StringType,
	}
	if len(stores) > 1 {
		attributes["store"] = types.StringType
	}
	return types.ObjectType{AttrTypes: attributes}
}

// ValidKey holds the key of a variable against GitLab's rule.
func ValidKey() validator.String { return keyValidator{} }

// scopePattern is GitLab's rule for an environment scope, which it takes without the white space around it.
var scopePattern = regexp.MustCompile(`^[a-zA-Z0-9_/${}.*-]([a-zA-Z0-9_/${}.* -]*[a-zA-Z0-9_/${}.*-])?$`)

type scopeValidator struct{ validator.String }

// ValidScope holds the environment scope of a variable against GitLab's rule.
func ValidScope() validator.String {
	return scopeValidator{check.Form(scopePattern, diagnose.InvalidVariable,
		"letters, digits, spaces within, and - _ / $ { } . *, such as production or review/*; leave it out for all environments")}
}

// ValidateString implements validator.String.
func (v scopeValidator) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	check.Length(1, longestScope).ValidateString(ctx, req, resp)
	if !resp.Diagnostics.HasError() {
		v.String.ValidateString(ctx, req, resp)
	}
}

const longestScope = 255

// maskedValidator refuses a hidden variable that is not to be masked: GitLab masks what it hides.
type maskedValidator struct{}

// Description implements validator.Describer.
func (maskedValidator) Description(context.Context) string { return "not false beside hidden = true" }

// MarkdownDescription implements validator.Describer.
func (v maskedValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateBool implements validator.Bool.
func (maskedValidator) ValidateBool(ctx context.Context, req validator.BoolRequest, resp *validator.BoolResponse) {
	var hidden types.Bool
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, req.Path.ParentPath().AtName("hidden"), &hidden)...)
	if hidden.ValueBool() && req.ConfigValue.Equal(types.BoolValue(false)) {
		resp.Diagnostics.Append(diagnose.Problem(req.Path, diagnose.InvalidVariable,
			"masked = false contradicts hidden = true: GitLab masks what it hides. Leave one of them out."))
	}
}

// keyValidator holds a key against GitLab's rule.
type keyValidator struct{}

// Description implements validator.Describer.
func (keyValidator) Description(context.Context) string { return "letters, digits and _" }

// MarkdownDescription implements validator.Describer.
func (v keyValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString implements validator.String.
func (keyValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if problem := variables.KeyProblem(req.ConfigValue.ValueString()); problem != "" {
		resp.Diagnostics.Append(diagnose.Problem(req.Path, diagnose.InvalidVariable,
			"%s cannot be the key of a CI/CD variable: it %s.", fmt.Sprintf("%q", req.ConfigValue.ValueString()), problem))
	}
}
