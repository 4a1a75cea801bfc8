package unchanged

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

var entryType = types.ObjectType{AttrTypes: map[string]attr.Type{"names": types.SetType{ElemType: types.StringType}, "target": types.StringType}}

var objectType = types.ObjectType{AttrTypes: map[string]attr.Type{
	"text": types.StringType, "id": types.Int64Type, "on": types.BoolType,
	"list": types.ListType{ElemType: types.StringType}, "entries": types.MapType{ElemType: entryType},
}}

func texts(names ...string) []attr.Value {
	var values []attr.Value
	for _, name := range names {
		values = append(values, types.StringValue(name))
	}
	return values
}

func anEntry(target types.String, names types.Set) attr.Value {
	return types.ObjectValueMust(entryType.AttrTypes, map[string]attr.Value{"names": names, "target": target})
}

// What the protocol encodes is decoded to the same.
func TestDecode(t *testing.T) {
	t.Parallel()
	null := Object{
		"text": types.StringNull(), "id": types.Int64Null(), "on": types.BoolNull(),
		"list": types.ListNull(types.StringType), "entries": types.MapNull(entryType),
	}
	with := func(name string, value attr.Value) Object {
		object := Object{}
		for other, is := range null {
			object[other] = is
		}
		object[name] = value
		return object
	}
	many := map[string]attr.Value{}
	for i := range 70_000 {
		many[strings.Repeat("k", i%300)+string(rune('a'+i%26))+big.NewInt(int64(i)).String()] = anEntry(types.StringNull(), types.SetNull(types.StringType))
	}
	cases := map[string]Object{
		"nulls":      null,
		"empty":      with("text", types.StringValue("")),
		"short text": with("text", types.StringValue("acme/app")),
		"text":       with("text", types.StringValue(strings.Repeat("ü", 100))),
		"long text":  with("text", types.StringValue(strings.Repeat("x", 300))),
		"huge text":  with("text", types.StringValue(strings.Repeat("x", 70_000))),
		"true":       with("on", types.BoolValue(true)),
		"false":      with("on", types.BoolValue(false)),
		"no items":   with("list", types.ListValueMust(types.StringType, []attr.Value{})),
		"items":      with("list", types.ListValueMust(types.StringType, texts(strings.Fields(strings.Repeat("a b ", 20))...))),
		"no entries": with("entries", types.MapValueMust(entryType, map[string]attr.Value{})),
		"entries": with("entries", types.MapValueMust(entryType, map[string]attr.Value{
			"a": anEntry(types.StringNull(), types.SetNull(types.StringType)),
			"b": anEntry(types.StringValue("acme/app"), types.SetValueMust(types.StringType, texts("y", "x"))),
		})),
		"many entries": with("entries", types.MapValueMust(entryType, many)),
	}
	for _, n := range []int64{0, 1, 127, 128, 255, 256, 65_535, 65_536, math.MaxUint32, math.MaxUint32 + 1, math.MaxInt64, -1, -32, -33, -128, -129, -32_768, -32_769, math.MinInt32, math.MinInt32 - 1, math.MinInt64} {
		cases["id "+big.NewInt(n).String()] = with("id", types.Int64Value(n))
	}
	for name, want := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := decodeObject(encoded(t, want), objectType)
			if err != nil || !got.equal(want) {
				t.Errorf("got %v, %v; want %v", got, err, want)
			}
		})
	}
}

func encoded(t *testing.T, object Object) []byte {
	t.Helper()
	value, err := types.ObjectValueMust(objectType.AttrTypes, object).ToTerraformValue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return encode(t, value)
}

func encode(t *testing.T, value tftypes.Value) []byte {
	t.Helper()
	dynamic, err := tfprotov6.NewDynamicValue(value.Type(), value)
	if err != nil {
		t.Fatal(err)
	}
	return dynamic.MsgPack
}

// What the framework may have something to say of is left to it.
func TestDecodeDoubts(t *testing.T) {
	t.Parallel()
	one := types.ObjectType{AttrTypes: map[string]attr.Type{"a": types.Int64Type}}
	entries := types.ObjectType{AttrTypes: map[string]attr.Type{"a": types.MapType{ElemType: entryType}}}
	number := func(value any) []byte {
		of := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"a": tftypes.Number}}
		return encode(t, tftypes.NewValue(of, map[string]tftypes.Value{"a": tftypes.NewValue(tftypes.Number, value)}))
	}
	element := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"names": tftypes.Set{ElementType: tftypes.String}, "target": tftypes.String}}
	elements := tftypes.Map{ElementType: element}
	holder := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"a": elements}}
	for name, c := range map[string]struct {
		raw []byte
		of  types.ObjectType
	}{
		"nothing":               {nil, one},
		"null":                  {encode(t, tftypes.NewValue(tftypes.Object{AttributeTypes: map[string]tftypes.Type{"a": tftypes.Number}}, nil)), one},
		"unknown":               {number(tftypes.UnknownValue), one},
		"a fraction":            {number(big.NewFloat(1.5)), one},
		"too large":             {number(new(big.Float).SetInt(new(big.Int).Lsh(big.NewInt(1), 63))), one},
		"another attribute":     {[]byte{0x81, 0xa1, 'b', 1}, one},
		"one attribute more":    {[]byte{0x82, 0xa1, 'a', 1, 0xa1, 'b', 1}, one},
		"one attribute twice":   {[]byte{0x82, 0xa1, 'a', 1, 0xa1, 'a', 1}, types.ObjectType{AttrTypes: map[string]attr.Type{"a": types.Int64Type, "b": types.Int64Type}}},
		"an attribute less":     {[]byte{0x80}, one},
		"cut off":               {[]byte{0x81, 0xa1, 'a', 0xcd, 1}, one},
		"something after it":    {[]byte{0x81, 0xa1, 'a', 1, 1}, one},
		"a text for a number":   {[]byte{0x81, 0xa1, 'a', 0xa1, 'x'}, one},
		"a length beyond":       {[]byte{0x81, 0xa1, 'a', 0xdf, 0xff, 0xff, 0xff, 0xff}, entries},
		"a null for an element": {encode(t, tftypes.NewValue(holder, map[string]tftypes.Value{"a": tftypes.NewValue(elements, map[string]tftypes.Value{"x": tftypes.NewValue(element, nil)})})), entries},
		"an unknown element":    {encode(t, tftypes.NewValue(holder, map[string]tftypes.Value{"a": tftypes.NewValue(elements, map[string]tftypes.Value{"x": tftypes.NewValue(element, tftypes.UnknownValue)})})), entries},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := decodeObject(c.raw, c.of); err == nil {
				t.Errorf("got %v", got)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{0x81, 0xa1, 'a', 0xcd, 1, 2})
	f.Add([]byte{0x81, 0xa1, 'a', 0xdf, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(_ *testing.T, raw []byte) {
		_, _ = decodeObject(raw, types.ObjectType{AttrTypes: map[string]attr.Type{"a": types.MapType{ElemType: entryType}}}) // no panic
	})
}

func TestConforms(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`{"text":"x","id":7,"on":true,"list":["a"],"entries":{"k":{"names":["a"],"target":null}}}`: true,
		`{"text":null,"id":null,"on":null,"list":null,"entries":null}`:                             true,
		` {"entries":{},"id":0,"list":[],"on":false,"text":""} `:                                   true,
		`{"text":null,"id":null,"on":null,"list":null}`:                                            false,
		`{"text":null,"id":null,"on":null,"list":null,"entries":null,"more":1}`:                    false,
		`{"text":null,"text":null,"on":null,"list":null,"entries":null}`:                           false,
		`{"text":null,"id":"7","on":null,"list":null,"entries":null}`:                              false,
		`{"text":null,"id":7.5,"on":null,"list":null,"entries":null}`:                              false,
		`{"text":null,"id":1e3,"on":null,"list":null,"entries":null}`:                              false,
		`{"text":null,"id":null,"on":null,"list":[1],"entries":null}`:                              false,
		`{"text":null,"id":null,"on":null,"list":null,"entries":{"k":{"names":null}}}`:             false,
		`{"text":null,"id":null,"on":null,"list":null,"entries":null} {}`:                          false,
		`{"text":null,"id":null,"on":null,"list":null,"entries":null`:                              false,
		`null`: false, `[]`: false, ``: false,
	} {
		if got := conforms([]byte(text), objectType); got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
}
