package graphql

import (
	"fmt"
	"math"
	"reflect"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
)

// completeLeaf turns a resolver's value into the JSON of a scalar or enum. A
// value the type cannot hold is an error: graphql-ruby raises, too.
func completeLeaf(definition *ast.Definition, value any) (any, error) {
	reflected := reflect.Indirect(reflect.ValueOf(value))
	if definition.Kind == ast.Enum {
		if reflected.Kind() != reflect.String || definition.EnumValues.ForName(reflected.String()) == nil {
			return nil, fmt.Errorf("%v is no value of %s", value, definition.Name)
		}
		return reflected.String(), nil
	}
	var result any
	switch definition.Name {
	case "Boolean":
		if reflected.Kind() == reflect.Bool {
			result = reflected.Bool()
		}
	case "Int":
		if number, ok := wholeNumber(reflected); ok && number >= math.MinInt32 && number <= math.MaxInt32 {
			result = number
		}
	case "Float":
		if reflected.CanFloat() {
			result = reflected.Float()
		} else if number, ok := wholeNumber(reflected); ok {
			result = number
		}
	default:
		if reflected.Kind() == reflect.String {
			result = reflected.String()
		} else if number, ok := wholeNumber(reflected); ok && definition.Name != "String" {
			result = strconv.FormatInt(number, 10)
		}
	}
	if result == nil {
		return nil, fmt.Errorf("%v (%T) is no %s", value, value, definition.Name)
	}
	return result, nil
}

func wholeNumber(value reflect.Value) (int64, bool) {
	switch {
	case value.CanInt():
		return value.Int(), true
	case value.CanFloat():
		number := value.Float()
		return int64(number), number == math.Trunc(number) && math.Abs(number) < 1<<53
	}
	return 0, false
}

// isNull tells whether a resolver answered null: nil, or a nil pointer or map
// inside an interface. A nil slice is an empty list.
func isNull(value any) bool {
	if value == nil {
		return true
	}
	reflected := reflect.ValueOf(value)
	switch reflected.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Interface, reflect.Func:
		return reflected.IsNil()
	default:
		return false
	}
}

func listItems(value any) ([]any, bool) {
	if items, ok := value.([]any); ok {
		return items, true
	}
	reflected := reflect.ValueOf(value)
	if reflected.Kind() != reflect.Slice && reflected.Kind() != reflect.Array {
		return nil, false
	}
	items := make([]any, reflected.Len())
	for i := range items {
		items[i] = reflected.Index(i).Interface()
	}
	return items, true
}
