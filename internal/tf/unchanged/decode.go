package unchanged

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Object is a decoded state or configuration, all of it known: its attributes by name.
type Object map[string]attr.Value

// Into fills a struct whose fields have the tag tfsdk, as the framework does.
func (o Object) Into(model any) {
	value := reflect.ValueOf(model).Elem()
	for i := range value.NumField() {
		if name, tagged := value.Type().Field(i).Tag.Lookup("tfsdk"); tagged {
			value.Field(i).Set(reflect.ValueOf(o[name]))
		}
	}
}

// same tells whether two models of one type hold the same.
func same[T any](a, b *T) bool {
	first, second := reflect.ValueOf(a).Elem(), reflect.ValueOf(b).Elem()
	for i := range first.NumField() {
		one, isValue := first.Field(i).Interface().(attr.Value)
		other, _ := second.Field(i).Interface().(attr.Value)
		if !isValue || !one.Equal(other) {
			return false
		}
	}
	return true
}

// errDoubt is that of values that are for the framework to decode: unknown ones, and what is not written
// as Terraform writes it.
var errDoubt = errors.New("not for here")

// decoder reads MessagePack, the part of it that known values of our types come in.
type decoder struct{ rest []byte }

// decodeObject decodes a whole value; null is no object.
func decodeObject(raw []byte, of types.ObjectType) (Object, error) {
	d := decoder{raw}
	object, err := d.object(of)
	if err == nil && len(d.rest) > 0 {
		return nil, errDoubt
	}
	return object, err
}

// The first bytes of values; https://github.com/msgpack/msgpack/blob/master/spec.md.
const (
	codeNil                                   = 0xc0
	codeFalse, codeTrue                       = 0xc2, 0xc3
	codeUint8, codeUint16, codeUint32         = 0xcc, 0xcd, 0xce
	codeUint64                                = 0xcf
	codeInt8, codeInt16, codeInt32, codeInt64 = 0xd0, 0xd1, 0xd2, 0xd3
	codeStr8, codeStr16, codeStr32            = 0xd9, 0xda, 0xdb
	codeArray16, codeArray32                  = 0xdc, 0xdd
	codeMap16, codeMap32                      = 0xde, 0xdf
)

func (d *decoder) take(n int) ([]byte, error) {
	if n < 0 || n > len(d.rest) {
		return nil, errDoubt
	}
	taken := d.rest[:n]
	d.rest = d.rest[n:]
	return taken, nil
}

func (d *decoder) byte() (byte, error) {
	taken, err := d.take(1)
	if err != nil {
		return 0, err
	}
	return taken[0], nil
}

func (d *decoder) isNull() bool {
	if len(d.rest) > 0 && d.rest[0] == codeNil {
		d.rest = d.rest[1:]
		return true
	}
	return false
}

// number reads an unsigned number of some bytes.
func (d *decoder) number(size int) (uint64, error) {
	taken, err := d.take(size)
	if err != nil {
		return 0, err
	}
	var whole [8]byte
	copy(whole[8-size:], taken)
	return binary.BigEndian.Uint64(whole[:]), nil
}

// length reads the length of something: short holds it in the first byte, below mask.
func (d *decoder) length(short, mask byte, sizes map[byte]int) (int, error) {
	code, err := d.byte()
	if err != nil {
		return 0, err
	}
	if code&^mask == short {
		return int(code & mask), nil
	}
	size, ok := sizes[code]
	if !ok {
		return 0, errDoubt
	}
	n, err := d.number(size)
	if n > uint64(len(d.rest)) {
		return 0, errDoubt
	}
	return int(n), err //nolint:gosec // bounded above
}

var (
	stringSizes = map[byte]int{codeStr8: 1, codeStr16: 2, codeStr32: 4}
	arraySizes  = map[byte]int{codeArray16: 2, codeArray32: 4}
	mapSizes    = map[byte]int{codeMap16: 2, codeMap32: 4}
)

func (d *decoder) text() (string, error) {
	n, err := d.length(0xa0, 0x1f, stringSizes)
	if err != nil {
		return "", err
	}
	taken, err := d.take(n)
	return string(taken), err
}

func (d *decoder) integer() (int64, error) {
	code, err := d.byte()
	if err != nil {
		return 0, err
	}
	switch code {
	case codeUint8, codeUint16, codeUint32, codeUint64:
		n, err := d.number(1 << (code - codeUint8))
		if int64(n) < 0 { //nolint:gosec // that is the question
			return 0, errDoubt
		}
		return int64(n), err //nolint:gosec // see above
	case codeInt8:
		n, err := d.number(1)
		return int64(int8(n)), err //nolint:gosec // as it is written
	case codeInt16:
		n, err := d.number(2)
		return int64(int16(n)), err //nolint:gosec // as it is written
	case codeInt32:
		n, err := d.number(4)
		return int64(int32(n)), err //nolint:gosec // as it is written
	case codeInt64:
		n, err := d.number(8)
		return int64(n), err //nolint:gosec // as it is written
	}
	if code <= 0x7f || code >= 0xe0 {
		return int64(int8(code)), nil //nolint:gosec // as it is written
	}
	return 0, errDoubt
}

// value decodes a value of a type.
func (d *decoder) value(of attr.Type) (attr.Value, error) {
	switch of := of.(type) {
	case types.ObjectType:
		if d.isNull() {
			return nil, errDoubt // the framework has something to say of it
		}
		attributes, err := d.object(of)
		if err != nil {
			return nil, err
		}
		return checked(types.ObjectValue(of.AttrTypes, attributes))
	case types.MapType:
		if d.isNull() {
			return types.MapNull(of.ElemType), nil
		}
		elements, err := d.elements(of.ElemType)
		if err != nil {
			return nil, err
		}
		return checked(types.MapValue(of.ElemType, elements))
	case types.ListType:
		if d.isNull() {
			return types.ListNull(of.ElemType), nil
		}
		items, err := d.items(of.ElemType)
		if err != nil {
			return nil, err
		}
		return checked(types.ListValue(of.ElemType, items))
	case types.SetType:
		if d.isNull() {
			return types.SetNull(of.ElemType), nil
		}
		items, err := d.items(of.ElemType)
		if err != nil {
			return nil, err
		}
		return checked(types.SetValue(of.ElemType, items))
	}
	return d.primitive(of)
}

func (d *decoder) primitive(of attr.Type) (attr.Value, error) {
	null := d.isNull()
	switch of {
	case types.StringType:
		if null {
			return types.StringNull(), nil
		}
		text, err := d.text()
		return types.StringValue(text), err
	case types.Int64Type:
		if null {
			return types.Int64Null(), nil
		}
		n, err := d.integer()
		return types.Int64Value(n), err
	case types.BoolType:
		if null {
			return types.BoolNull(), nil
		}
		code, err := d.byte()
		if code != codeTrue && code != codeFalse {
			return nil, errDoubt
		}
		return types.BoolValue(code == codeTrue), err
	}
	return nil, errDoubt
}

// checked gives a value that was made without complaint.
func checked[V attr.Value, D interface{ HasError() bool }](value V, diags D) (attr.Value, error) {
	if diags.HasError() {
		return nil, errDoubt
	}
	return value, nil
}

// object decodes the attributes of an object: all of them, and no others.
func (d *decoder) object(of types.ObjectType) (Object, error) {
	n, err := d.length(0x80, 0x0f, mapSizes)
	if err != nil || n != len(of.AttrTypes) {
		return nil, errDoubt
	}
	object := make(Object, n)
	for range n {
		name, err := d.text()
		if err != nil {
			return nil, err
		}
		attribute, known := of.AttrTypes[name]
		if !known {
			return nil, errDoubt
		}
		if object[name], err = d.value(attribute); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if len(object) != n {
		return nil, errDoubt
	}
	return object, nil
}

func (d *decoder) elements(of attr.Type) (map[string]attr.Value, error) {
	n, err := d.length(0x80, 0x0f, mapSizes)
	if err != nil {
		return nil, err
	}
	elements := make(map[string]attr.Value, n)
	for range n {
		key, err := d.text()
		if err != nil {
			return nil, err
		}
		if elements[key], err = d.value(of); err != nil {
			return nil, err
		}
	}
	return elements, nil
}

func (d *decoder) items(of attr.Type) ([]attr.Value, error) {
	n, err := d.length(0x90, 0x0f, arraySizes)
	if err != nil {
		return nil, err
	}
	items := make([]attr.Value, n)
	for i := range items {
		if items[i], err = d.value(of); err != nil {
			return nil, err
		}
	}
	return items, nil
}

// attributesOf gives the fields of a struct with tags.
func attributesOf(model any) Object {
	value := reflect.ValueOf(model)
	object := Object{}
	for i := range value.NumField() {
		if name, tagged := value.Type().Field(i).Tag.Lookup("tfsdk"); tagged {
			object[name], _ = value.Field(i).Interface().(attr.Value)
		}
	}
	return object
}

// equal tells whether two objects hold the same.
func (o Object) equal(other Object) bool {
	if len(o) != len(other) {
		return false
	}
	for name, value := range o {
		if value == nil || !value.Equal(other[name]) {
			return false
		}
	}
	return true
}

// typeOf is a schema's type, if it is made of what the decoder knows.
func typeOf(of attr.Type) (types.ObjectType, bool) {
	object, ok := of.(types.ObjectType)
	return object, ok && decodable(object)
}

func decodable(of attr.Type) bool {
	switch of := of.(type) {
	case types.ObjectType:
		for _, attribute := range of.AttrTypes {
			if !decodable(attribute) {
				return false
			}
		}
		return true
	case types.MapType:
		return decodable(of.ElemType)
	case types.ListType:
		return decodable(of.ElemType)
	case types.SetType:
		return decodable(of.ElemType)
	}
	return of == types.StringType || of == types.Int64Type || of == types.BoolType
}

// background is for conversions that ask nobody.
var background = context.Background()
