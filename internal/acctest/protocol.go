package acctest

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Protocol speaks to the provider as the CLI does, for what the CLI at hand cannot do, and for what
// would take it too long.
type Protocol struct {
	tfprotov6.ProviderServer

	Schemas *tfprotov6.GetProviderSchemaResponse
}

// NewProtocol starts a provider in the test's own process.
func NewProtocol(t testing.TB) *Protocol {
	t.Helper()
	server, err := Factories["jobtoken"]()
	if err != nil {
		t.Fatal(err)
	}
	return &Protocol{server, Schemas(t)}
}

// schemas are asked for once: they are the same for every process, and take long to make.
var schemas struct {
	sync.Mutex
	*tfprotov6.GetProviderSchemaResponse
}

// Schemas are the provider's.
func Schemas(t testing.TB) *tfprotov6.GetProviderSchemaResponse {
	t.Helper()
	schemas.Lock()
	defer schemas.Unlock()
	if schemas.GetProviderSchemaResponse != nil {
		return schemas.GetProviderSchemaResponse
	}
	server, err := Factories["jobtoken"]()
	if err != nil {
		t.Fatal(err)
	}
	answer, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, diagnostic := range answer.Diagnostics {
		t.Fatalf("%s: %s", diagnostic.Summary, diagnostic.Detail)
	}
	schemas.GetProviderSchemaResponse = answer
	return answer
}

// Configure configures the provider with the values given and null for the rest.
func (p *Protocol) Configure(t testing.TB, values map[string]any) []*tfprotov6.Diagnostic {
	t.Helper()
	config := Encode(t, p.Schemas.Provider.ValueType(), values)
	resp, err := p.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{TerraformVersion: "1.12.0", Config: config})
	if err != nil {
		t.Fatal(err)
	}
	return resp.Diagnostics
}

// Encode makes a value of a type from maps, slices, strings, numbers and bools, with null for what is
// not given. tftypes.UnknownValue stands for what is not known yet.
func Encode(t testing.TB, of tftypes.Type, plain any) *tfprotov6.DynamicValue {
	t.Helper()
	value, err := tfprotov6.NewDynamicValue(of, Value(t, of, plain))
	if err != nil {
		t.Fatal(err)
	}
	return &value
}

// Value is [Encode] before the encoding.
func Value(t testing.TB, of tftypes.Type, plain any) tftypes.Value {
	t.Helper()
	if plain == nil || plain == tftypes.UnknownValue {
		return tftypes.NewValue(of, plain)
	}
	switch of := of.(type) {
	case tftypes.Object:
		given := cast[map[string]any](t, of, plain)
		attributes := make(map[string]tftypes.Value, len(of.AttributeTypes))
		for name, attribute := range of.AttributeTypes {
			attributes[name] = Value(t, attribute, given[name])
		}
		for name := range given {
			if _, known := of.AttributeTypes[name]; !known {
				t.Fatalf("no attribute %q", name)
			}
		}
		return tftypes.NewValue(of, attributes)
	case tftypes.Map:
		elements := map[string]tftypes.Value{}
		for key, element := range cast[map[string]any](t, of, plain) {
			elements[key] = Value(t, of.ElementType, element)
		}
		return tftypes.NewValue(of, elements)
	case tftypes.Set:
		return tftypes.NewValue(of, values(t, of.ElementType, cast[[]any](t, of, plain)))
	case tftypes.List:
		return tftypes.NewValue(of, values(t, of.ElementType, cast[[]any](t, of, plain)))
	default:
		if text, ok := plain.(string); ok && of.Is(tftypes.DynamicPseudoType) {
			return tftypes.NewValue(tftypes.String, text)
		}
		return tftypes.NewValue(of, plain)
	}
}

func values(t testing.TB, of tftypes.Type, plain []any) []tftypes.Value {
	t.Helper()
	elements := make([]tftypes.Value, len(plain))
	for i, element := range plain {
		elements[i] = Value(t, of, element)
	}
	return elements
}

func cast[T any](t testing.TB, of tftypes.Type, plain any) T {
	t.Helper()
	given, ok := plain.(T)
	if !ok {
		t.Fatalf("%T is no %s", plain, of)
	}
	return given
}

// Decode reads the attributes of an object.
func Decode(t testing.TB, of tftypes.Type, value *tfprotov6.DynamicValue) map[string]tftypes.Value {
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

// Plain makes maps, slices, strings, int64 and bools of a value: what [Value] takes. Sets come sorted;
// what is unknown is the string "(unknown)".
func Plain(t testing.TB, value tftypes.Value) any {
	t.Helper()
	if !value.IsKnown() {
		return "(unknown)"
	}
	if value.IsNull() {
		return nil
	}
	var err error
	var plain any
	switch of := value.Type(); {
	case of.Is(tftypes.String):
		var text string
		err = value.As(&text)
		plain = text
	case of.Is(tftypes.Bool):
		var truth bool
		err = value.As(&truth)
		plain = truth
	case of.Is(tftypes.Number):
		var number big.Float
		err = value.As(&number)
		whole, _ := number.Int64()
		plain = whole
	case of.Is(tftypes.Object{}), of.Is(tftypes.Map{}):
		var elements map[string]tftypes.Value
		err = value.As(&elements)
		object := make(map[string]any, len(elements))
		for key, element := range elements {
			object[key] = Plain(t, element)
		}
		plain = object
	default:
		var elements []tftypes.Value
		err = value.As(&elements)
		list := make([]any, len(elements))
		for i, element := range elements {
			list[i] = Plain(t, element)
		}
		if of.Is(tftypes.Set{}) {
			slices.SortFunc(list, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		}
		plain = list
	}
	if err != nil {
		t.Fatal(err)
	}
	return plain
}
