package provider_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// protocol speaks to a provider as the CLI does, for what the CLI at hand cannot do.
type protocol struct {
	tfprotov6.ProviderServer

	schemas *tfprotov6.GetProviderSchemaResponse
}

func newProtocol(t *testing.T) *protocol {
	t.Helper()
	server, err := acctest.Factories["jobtoken"]()
	if err != nil {
		t.Fatal(err)
	}
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	succeeded(t, schemas.Diagnostics)
	return &protocol{server, schemas}
}

// configure configures the provider with the values given and null for the rest.
func (p *protocol) configure(t *testing.T, values map[string]any) []*tfprotov6.Diagnostic {
	t.Helper()
	config := encode(t, p.schemas.Provider.ValueType(), values)
	resp, err := p.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{TerraformVersion: "1.12.0", Config: config})
	if err != nil {
		t.Fatal(err)
	}
	return resp.Diagnostics
}

// encode makes an object of a type, with null for attributes that are not given.
func encode(t *testing.T, of tftypes.Type, values map[string]any) *tfprotov6.DynamicValue {
	t.Helper()
	object, ok := of.(tftypes.Object)
	if !ok {
		t.Fatalf("%s is no object", of)
	}
	attributes := make(map[string]tftypes.Value, len(object.AttributeTypes))
	for name, attributeType := range object.AttributeTypes {
		attributes[name] = tftypes.NewValue(attributeType, values[name])
	}
	for name := range values {
		if _, known := object.AttributeTypes[name]; !known {
			t.Fatalf("no attribute %q", name)
		}
	}
	value, err := tfprotov6.NewDynamicValue(of, tftypes.NewValue(of, attributes))
	if err != nil {
		t.Fatal(err)
	}
	return &value
}

// decode reads the attributes of an object.
func decode(t *testing.T, of tftypes.Type, value *tfprotov6.DynamicValue) map[string]tftypes.Value {
	t.Helper()
	decoded, err := value.Unmarshal(of)
	if err != nil {
		t.Fatal(err)
	}
	attributes := map[string]tftypes.Value{}
	if err := decoded.As(&attributes); err != nil {
		t.Fatal(err)
	}
	return maps.Clone(attributes)
}

// succeeded fails the test on any diagnostic.
func succeeded(t *testing.T, diagnostics []*tfprotov6.Diagnostic) {
	t.Helper()
	for _, diagnostic := range diagnostics {
		t.Fatalf("%s: %s", diagnostic.Summary, diagnostic.Detail)
	}
}

// complains expects one error on an attribute (none: "") whose detail has the words.
func complains(t *testing.T, diagnostics []*tfprotov6.Diagnostic, attribute, words string) {
	t.Helper()
	if len(diagnostics) != 1 {
		t.Fatalf("got %d diagnostics, want one", len(diagnostics))
	}
	diagnostic := diagnostics[0]
	at := ""
	if diagnostic.Attribute != nil {
		at = strings.TrimSuffix(strings.TrimPrefix(diagnostic.Attribute.String(), `AttributeName("`), `")`)
	}
	if diagnostic.Severity != tfprotov6.DiagnosticSeverityError || at != attribute || !strings.Contains(diagnostic.Detail, words) {
		t.Errorf("got %s at %q: %s: %s; want an error at %q with %q", diagnostic.Severity, at, diagnostic.Summary, diagnostic.Detail, attribute, words)
	}
}
