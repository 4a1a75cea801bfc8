package provider

import (
	"reflect"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
)

// Terraform asks a server what it offers beside the protocol's core. What the framework's server offers the
// layer before it does not hide.
func TestUnchanged_hidesNothing(t *testing.T) {
	t.Parallel()
	plain, layered := reflect.TypeOf(providerserver.NewProtocol6(newProvider("test"))()), reflect.TypeOf(Server("test")())
	if plain == layered {
		t.Fatal("there is no layer")
	}
	for i := range plain.NumMethod() {
		if name := plain.Method(i).Name; !hasMethod(layered, name) {
			t.Errorf("%s is lost", name)
		}
	}
}

func hasMethod(of reflect.Type, name string) bool {
	_, has := of.MethodByName(name)
	return has
}

// A default in a schema changes a plan whose proposed state is the prior one, before ModifyPlan sees it. A
// resource that knows itself unchanged has to ask for each; this is the list of those that do.
func TestUnchanged_defaults(t *testing.T) {
	t.Parallel()
	asked := []string{"jobtoken_allowlist.exclusive"}
	var found []string
	for name, r := range newProvider("test").knowThemselves(t.Context()) {
		var described resource.SchemaResponse
		r.Schema(t.Context(), resource.SchemaRequest{}, &described)
		if len(described.Schema.Blocks) > 0 {
			t.Errorf("%s has blocks, whose defaults are not looked for here", name)
		}
		for attribute, a := range described.Schema.Attributes {
			found = append(found, defaultsOf(name+"."+attribute, a)...)
		}
	}
	slices.Sort(found)
	if !slices.Equal(found, asked) {
		t.Errorf("defaults of %v; asked for are those of %v", found, asked)
	}
}

func defaultsOf(name string, a schema.Attribute) (found []string) {
	if field := reflect.ValueOf(a).FieldByName("Default"); field.IsValid() && !field.IsNil() {
		found = append(found, name)
	}
	if nested, is := a.(schema.NestedAttribute); is {
		for below, inner := range nested.GetNestedObject().GetAttributes() {
			if one, is := inner.(schema.Attribute); is {
				found = append(found, defaultsOf(name+"."+below, one)...)
			}
		}
	}
	return found
}
