// Package check holds configurations against rules that need no GitLab, in the provider's own words.
package check

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
)

// described is what a rule says of itself.
type described string

// Description implements validator.Describer.
func (d described) Description(context.Context) string { return string(d) }

// MarkdownDescription implements validator.Describer.
func (d described) MarkdownDescription(context.Context) string { return string(d) }

// text is a rule for one text that is known.
type text struct {
	described
	title   diagnose.Title
	problem func(string) string
}

// ValidateString implements validator.String.
func (v text) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if problem := v.problem(req.ConfigValue.ValueString()); problem != "" {
		resp.Diagnostics.Append(diagnose.Problem(req.Path, v.title, "%s %s", name(req.Path), problem))
	}
}

// Length asks for a text of so many characters.
func Length(least, most int) validator.String {
	return text{described(fmt.Sprintf("%d to %d characters", least, most)), diagnose.InvalidText, func(value string) string {
		switch count := utf8.RuneCountInString(value); {
		case count == 0 && least > 0:
			return "is empty. Write a value, or leave it out where it is optional."
		case count < least || count > most:
			return fmt.Sprintf("has %d characters. Write %d to %d.", count, least, most)
		}
		return ""
	}}
}

// Filled asks for a text that is not empty.
func Filled() validator.String {
	return text{"not empty", diagnose.InvalidText, func(value string) string {
		if value == "" {
			return "is empty. Write a value, or leave it out."
		}
		return ""
	}}
}

// Form asks for a text of a form, which words describe.
func Form(pattern *regexp.Regexp, title diagnose.Title, words string) validator.String {
	return text{described(words), title, func(value string) string {
		if pattern.MatchString(value) {
			return ""
		}
		return fmt.Sprintf("is %q. Write %s.", value, words)
	}}
}

// OneOf asks for one of some words.
func OneOf(words ...string) validator.String {
	list := strings.Join(words, ", ")
	return text{described("one of " + list), diagnose.InvalidValue, func(value string) string {
		if slices.Contains(words, value) {
			return ""
		}
		return fmt.Sprintf("is %q. Write one of %s.", value, list)
	}}
}

type between struct {
	described
	least, most int64
	open        bool
}

// Between asks for a number in a range.
func Between(least, most int64) validator.Int64 {
	return between{described: described(fmt.Sprintf("a whole number from %d to %d", least, most)), least: least, most: most}
}

// AtLeast asks for a number that is not too small.
func AtLeast(least int64) validator.Int64 {
	return between{described: described(fmt.Sprintf("a whole number, %d or more", least)), least: least, open: true}
}

// ValidateInt64 implements validator.Int64.
func (v between) ValidateInt64(_ context.Context, req validator.Int64Request, resp *validator.Int64Response) {
	value := req.ConfigValue.ValueInt64()
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() || value >= v.least && (v.open || value <= v.most) {
		return
	}
	resp.Diagnostics.Append(diagnose.Problem(req.Path, diagnose.InvalidValue, "%s is %d. Write %s.", name(req.Path), value, v.described))
}

// elements is a rule for what a collection holds.
type elements struct {
	described
	of   []validator.String
	some bool
}

// Texts asks for elements that have a value, each by some rules.
func Texts(rules ...validator.String) interface {
	validator.Set
	validator.List
	validator.Map
} {
	return elements{described: "elements with a value", of: rules}
}

// SomeTexts is [Texts] that are at least one.
func SomeTexts(rules ...validator.String) validator.Set {
	return elements{described: "at least one element, each with a value", of: rules, some: true}
}

// ValidateSet implements validator.Set. Terraform shows no element of a set, so all stand on the set.
func (v elements) ValidateSet(ctx context.Context, req validator.SetRequest, resp *validator.SetResponse) {
	if v.some && !req.ConfigValue.IsNull() && !req.ConfigValue.IsUnknown() && len(req.ConfigValue.Elements()) == 0 {
		resp.Diagnostics.Append(diagnose.Problem(req.Path, diagnose.InvalidValue, "%s is empty. Write at least one.", name(req.Path)))
	}
	for _, element := range req.ConfigValue.Elements() {
		v.validate(ctx, req.Path, "An element of "+name(req.Path), element, &resp.Diagnostics)
	}
}

// ValidateList implements validator.List.
func (v elements) ValidateList(ctx context.Context, req validator.ListRequest, resp *validator.ListResponse) {
	for i, element := range req.ConfigValue.Elements() {
		at := req.Path.AtListIndex(i)
		v.validate(ctx, at, name(at), element, &resp.Diagnostics)
	}
}

// ValidateMap implements validator.Map.
func (v elements) ValidateMap(ctx context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	for key, element := range req.ConfigValue.Elements() {
		at := req.Path.AtMapKey(key)
		v.validate(ctx, at, name(at), element, &resp.Diagnostics)
	}
}

func (v elements) validate(ctx context.Context, at path.Path, subject string, element attr.Value, diags *diag.Diagnostics) {
	if element.IsNull() {
		diags.Append(diagnose.Problem(at, diagnose.NoValue, "%s is null. Give it a value, or leave it out; a for expression does that with: if value != null", subject))
		return
	}
	value, ok := element.(types.String)
	if !ok {
		return
	}
	for _, rule := range v.of {
		var resp validator.StringResponse
		rule.ValidateString(ctx, validator.StringRequest{Path: at, ConfigValue: value}, &resp)
		diags.Append(resp.Diagnostics...)
	}
}

type labels struct{ described }

// Labels asks for keys that are not empty. What they name is another rule's.
func Labels() validator.Map { return labels{"keys that are not empty"} }

// ValidateMap implements validator.Map.
func (labels) ValidateMap(_ context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	if _, found := req.ConfigValue.Elements()[""]; found {
		resp.Diagnostics.Append(diagnose.Problem(req.Path.AtMapKey(""), diagnose.InvalidText, "A key of %s is empty. Write one that names the element.", name(req.Path)))
	}
}

type exactlyOne struct {
	described
	names [2]string
}

// ExactlyOne asks for one of two attributes, side by side in a block or in an element. It goes to the
// first of them.
func ExactlyOne(first, second string) validator.String {
	return exactlyOne{described("exactly one of " + first + " and " + second), [2]string{first, second}}
}

// ValidateString implements validator.String.
func (v exactlyOne) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	var second attr.Value
	other := req.Path.ParentPath().AtName(v.names[1])
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, other, &second)...)
	switch {
	case resp.Diagnostics.HasError(), req.ConfigValue.IsUnknown(), second.IsUnknown():
	case req.ConfigValue.IsNull() && second.IsNull():
		resp.Diagnostics.Append(diagnose.Problem(req.Path, diagnose.ExactlyOne, "Write exactly one of %s and %s; there is neither.", v.names[0], v.names[1]))
	case !req.ConfigValue.IsNull() && !second.IsNull():
		resp.Diagnostics.Append(diagnose.Problem(other, diagnose.ExactlyOne, "Write exactly one of %s and %s; there are both.", v.names[0], v.names[1]))
	}
}

type together struct {
	described
	other string
}

// Together asks for another attribute beside this one.
func Together(other string) validator.String {
	return together{described("together with " + other), other}
}

// ValidateString implements validator.String.
func (v together) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	var other types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, req.Path.ParentPath().AtName(v.other), &other)...)
	if !req.ConfigValue.IsNull() && !req.ConfigValue.IsUnknown() && other.IsNull() && !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(diagnose.Problem(req.Path, diagnose.InvalidValue, "%s is of no use without %s. Write both, or neither.", name(req.Path), v.other))
	}
}

// name is a path as a user reads it.
func name(at path.Path) string { return at.String() }
