package unchanged

import (
	"bytes"
	"encoding/json"
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// conforms tells whether a stored state is just what a schema's type asks for: no attribute is missing, and
// none is there that is not the schema's. Terraform then takes it as it is.
func conforms(raw []byte, of types.ObjectType) bool {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	first, err := d.Token()
	return err == nil && first == json.Delim('{') && conformsObject(d, of) && !d.More()
}

var wholeNumber = regexp.MustCompile(`^(0|-?[1-9][0-9]{0,17})$`)

func conformsValue(d *json.Decoder, of attr.Type) bool {
	token, err := d.Token()
	if err != nil {
		return false
	}
	if token == nil {
		return true
	}
	switch of := of.(type) {
	case types.ObjectType:
		return token == json.Delim('{') && conformsObject(d, of)
	case types.MapType:
		return token == json.Delim('{') && conformsElements(d, of.ElemType)
	case types.ListType:
		return token == json.Delim('[') && conformsItems(d, of.ElemType)
	case types.SetType:
		return token == json.Delim('[') && conformsItems(d, of.ElemType)
	}
	switch token := token.(type) {
	case string:
		return of == types.StringType
	case bool:
		return of == types.BoolType
	case json.Number:
		return of == types.Int64Type && wholeNumber.MatchString(token.String())
	}
	return false
}

// conformsObject reads on after the opening brace, to the closing one.
func conformsObject(d *json.Decoder, of types.ObjectType) bool {
	seen := make(map[string]bool, len(of.AttrTypes))
	for d.More() {
		name, ok := key(d)
		attribute, known := of.AttrTypes[name]
		if !ok || !known || seen[name] || !conformsValue(d, attribute) {
			return false
		}
		seen[name] = true
	}
	_, err := d.Token()
	return err == nil && len(seen) == len(of.AttrTypes)
}

func conformsElements(d *json.Decoder, of attr.Type) bool {
	for d.More() {
		if _, ok := key(d); !ok || !conformsValue(d, of) {
			return false
		}
	}
	_, err := d.Token()
	return err == nil
}

func conformsItems(d *json.Decoder, of attr.Type) bool {
	for d.More() {
		if !conformsValue(d, of) {
			return false
		}
	}
	_, err := d.Token()
	return err == nil
}

func key(d *json.Decoder) (string, bool) {
	token, err := d.Token()
	name, ok := token.(string)
	return name, ok && err == nil
}
