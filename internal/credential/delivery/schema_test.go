package delivery

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func TestAttributeHasTheTypeOfItsObjects(t *testing.T) {
	t.Parallel()
	for name, stores := range map[string][]string{"deploy token": {StoreToken, StoreUsername}, "access token": {StoreToken}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			attribute := Attribute(stores...)
			if want := (types.MapType{ElemType: ObjectType(stores...)}); !attribute.GetType().Equal(want) {
				t.Errorf("the attribute has the type %s, its objects %s", attribute.GetType(), want)
			}
			_, has := attribute.NestedObject.Attributes["store"]
			if has != (len(stores) > 1) {
				t.Errorf("it has the attribute store: %t", has)
			}
			for attributeName, of := range attribute.NestedObject.Attributes {
				if of.GetMarkdownDescription() == "" {
					t.Errorf("%s has no description", attributeName)
				}
			}
		})
	}
}

func TestKeyValidator(t *testing.T) {
	t.Parallel()
	for key, problem := range map[string]string{
		"LIB_TOKEN":              "",
		"_1":                     "",
		strings.Repeat("K", 255): "",
		strings.Repeat("K", 256): "longer than 255",
		"":                       "is empty",
		"LIB-TOKEN":              "other than letters, digits and _",
		"LIB TOKEN":              "other than letters, digits and _",
		"SCHLÜSSEL":              "other than letters, digits and _",
	} {
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			var resp validator.StringResponse
			keyValidator{}.ValidateString(t.Context(), validator.StringRequest{Path: path.Root("key"), ConfigValue: types.StringValue(key)}, &resp)
			if problem == "" {
				if resp.Diagnostics.HasError() {
					t.Errorf("it is refused: %s", resp.Diagnostics[0].Detail())
				}
				return
			}
			if !resp.Diagnostics.HasError() || !strings.Contains(resp.Diagnostics[0].Detail(), problem) {
				t.Errorf("got %v, want %q", resp.Diagnostics, problem)
			}
		})
	}
	for name, value := range map[string]types.String{"null": types.StringNull(), "unknown": types.StringUnknown()} {
		var resp validator.StringResponse
		keyValidator{}.ValidateString(t.Context(), validator.StringRequest{ConfigValue: value}, &resp)
		if resp.Diagnostics.HasError() {
			t.Errorf("%s is refused: %v", name, resp.Diagnostics)
		}
	}
}
