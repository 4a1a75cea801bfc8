package graphql

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// printLiteral prints a value of the text as graphql-ruby's printer does.
func printLiteral(value *ast.Value) string {
	switch value.Kind {
	case ast.Variable:
		return "$" + value.Raw
	case ast.StringValue, ast.BlockValue:
		return printJSONValue(value.Raw)
	case ast.ListValue:
		items := make([]string, len(value.Children))
		for i, child := range value.Children {
			items[i] = printLiteral(child.Value)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case ast.ObjectValue:
		fields := make([]string, len(value.Children))
		for i, child := range value.Children {
			fields[i] = child.Name + ": " + printLiteral(child.Value)
		}
		return "{" + strings.Join(fields, ", ") + "}"
	default:
		return value.Raw
	}
}

// printJSONValue prints a decoded JSON value as a GraphQL literal.
func printJSONValue(value any) string {
	switch value := value.(type) {
	case []any:
		items := make([]string, len(value))
		for i, item := range value {
			items[i] = printJSONValue(item)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case map[string]any:
		fields := make([]string, 0, len(value))
		for _, name := range slices.Sorted(maps.Keys(value)) {
			fields = append(fields, name+": "+printJSONValue(value[name]))
		}
		return "{" + strings.Join(fields, ", ") + "}"
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64)
	default:
		encoded, err := encodeJSON(value)
		if err != nil {
			return fmt.Sprint(value)
		}
		return string(encoded)
	}
}
