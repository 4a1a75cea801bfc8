package check_test

import (
	"context"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/check"
)

// wants holds what a rule said against words; none are right.
func wants(t *testing.T, diags diag.Diagnostics, words string) {
	t.Helper()
	switch {
	case words == "" && len(diags) > 0:
		t.Errorf("refused: %v", diags)
	case words != "" && (len(diags) != 1 || !strings.Contains(diags[0].Detail(), words)):
		t.Errorf("want %q, got %v", words, diags)
	}
}

func TestStrings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rule  validator.String
		value types.String
		says  string
	}{
		"null":         {check.Length(1, 3), types.StringNull(), ""},
		"unknown":      {check.Length(1, 3), types.StringUnknown(), ""},
		"letters":      {check.Length(1, 3), types.StringValue("äöü"), ""},
		"too long":     {check.Length(1, 3), types.StringValue("abcd"), "has 4 characters. Write 1 to 3."},
		"too short":    {check.Length(2, 3), types.StringValue("a"), "has 1 characters"},
		"empty":        {check.Length(1, 3), types.StringValue(""), "x is empty. Write a value"},
		"may be empty": {check.Length(0, 3), types.StringValue(""), ""},
		"filled":       {check.Filled(), types.StringValue(" "), ""},
		"not filled":   {check.Filled(), types.StringValue(""), "x is empty"},
		"a word":       {check.OneOf("a", "b"), types.StringValue("b"), ""},
		"another word": {check.OneOf("a", "b"), types.StringValue("B"), `x is "B". Write one of a, b.`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var resp validator.StringResponse
			c.rule.ValidateString(t.Context(), validator.StringRequest{Path: path.Root("x"), ConfigValue: c.value}, &resp)
			wants(t, resp.Diagnostics, c.says)
		})
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rule  validator.Int64
		value types.Int64
		says  string
	}{
		"null":      {check.Between(1, 3), types.Int64Null(), ""},
		"unknown":   {check.AtLeast(1), types.Int64Unknown(), ""},
		"least":     {check.Between(1, 3), types.Int64Value(1), ""},
		"most":      {check.Between(1, 3), types.Int64Value(3), ""},
		"too small": {check.Between(1, 3), types.Int64Value(0), "x is 0. Write a whole number from 1 to 3."},
		"too large": {check.Between(1, 3), types.Int64Value(4), "x is 4"},
		"huge":      {check.AtLeast(1), types.Int64Value(1 << 62), ""},
		"less":      {check.AtLeast(1), types.Int64Value(0), "Write a whole number, 1 or more."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var resp validator.Int64Response
			c.rule.ValidateInt64(t.Context(), validator.Int64Request{Path: path.Root("x"), ConfigValue: c.value}, &resp)
			wants(t, resp.Diagnostics, c.says)
		})
	}
}

func TestTexts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		element types.String
		says    string
	}{
		"right":   {types.StringValue("a"), ""},
		"unknown": {types.StringUnknown(), ""},
		"null":    {types.StringNull(), "is null. Give it a value, or leave it out"},
		"wrong":   {types.StringValue("b"), `is "b". Write one of a.`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rule := check.Texts(check.OneOf("a"))
			var set validator.SetResponse
			rule.ValidateSet(t.Context(), validator.SetRequest{Path: path.Root("x"), ConfigValue: types.SetValueMust(types.StringType, []attr.Value{c.element})}, &set)
			wants(t, set.Diagnostics, c.says)
			var list validator.ListResponse
			rule.ValidateList(t.Context(), validator.ListRequest{Path: path.Root("x"), ConfigValue: types.ListValueMust(types.StringType, []attr.Value{c.element})}, &list)
			wants(t, list.Diagnostics, c.says)
			var mapping validator.MapResponse
			rule.ValidateMap(t.Context(), validator.MapRequest{Path: path.Root("x"), ConfigValue: types.MapValueMust(types.StringType, map[string]attr.Value{"k": c.element})}, &mapping)
			wants(t, mapping.Diagnostics, c.says)
			for at, diags := range map[string]diag.Diagnostics{`x`: set.Diagnostics, `x[0]`: list.Diagnostics, `x["k"]`: mapping.Diagnostics} {
				for _, d := range diags {
					if on, ok := d.(diag.DiagnosticWithPath); !ok || on.Path().String() != at {
						t.Errorf("want it on %s: %v", at, d)
					}
				}
			}
		})
	}
	for name, c := range map[string]struct {
		value types.Set
		says  string
	}{
		"null":    {types.SetNull(types.StringType), ""},
		"unknown": {types.SetUnknown(types.StringType), ""},
		"empty":   {types.SetValueMust(types.StringType, nil), "x is empty. Write at least one."},
	} {
		var resp validator.SetResponse
		check.SomeTexts().ValidateSet(t.Context(), validator.SetRequest{Path: path.Root("x"), ConfigValue: c.value}, &resp)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wants(t, resp.Diagnostics, c.says)
		})
	}
}

// side makes a configuration of two attributes; "?" is what is not known yet, "" what is left out.
func side(t *testing.T, a, b string) tfsdk.Config {
	t.Helper()
	value := func(text string) tftypes.Value {
		switch text {
		case "":
			return tftypes.NewValue(tftypes.String, nil)
		case "?":
			return tftypes.NewValue(tftypes.String, tftypes.UnknownValue)
		}
		return tftypes.NewValue(tftypes.String, text)
	}
	of := schema.Schema{Attributes: map[string]schema.Attribute{"a": schema.StringAttribute{Optional: true}, "b": schema.StringAttribute{Optional: true}}}
	return tfsdk.Config{Schema: of, Raw: tftypes.NewValue(of.Type().TerraformType(context.Background()), map[string]tftypes.Value{"a": value(a), "b": value(b)})}
}

func TestSideBySide(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ a, b, exactly, together string }{
		"neither":          {"", "", "Write exactly one of a and b; there is neither.", ""},
		"both":             {"x", "x", "Write exactly one of a and b; there are both.", ""},
		"the first":        {"x", "", "", "a is of no use without b. Write both, or neither."},
		"the second":       {"", "x", "", ""},
		"one is not known": {"?", "", "", ""},
		"nor the other":    {"x", "?", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := side(t, c.a, c.b)
			req := validator.StringRequest{Path: path.Root("a"), Config: config}
			if diags := config.GetAttribute(t.Context(), path.Root("a"), &req.ConfigValue); diags.HasError() {
				t.Fatal(diags)
			}
			var exactly, together validator.StringResponse
			check.ExactlyOne("a", "b").ValidateString(t.Context(), req, &exactly)
			wants(t, exactly.Diagnostics, c.exactly)
			check.Together("b").ValidateString(t.Context(), req, &together)
			wants(t, together.Diagnostics, c.together)
		})
	}
}
