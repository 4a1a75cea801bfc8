package graphql

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// literalProblem is why a value written in the text does not fit its type.
type literalProblem struct {
	explanation string
	coercion    bool
}

var misfit = &literalProblem{}

// checkLiteral holds a value written in the text against a type. Variables pass:
// their types are checked on their own.
func checkLiteral(schema *ast.Schema, value *ast.Value, expected *ast.Type) *literalProblem {
	switch {
	case value.Kind == ast.NullValue && expected.NonNull:
		return misfit
	case value.Kind == ast.NullValue, value.Kind == ast.Variable:
		return nil
	case expected.Elem != nil:
		return checkListLiteral(schema, value, expected.Elem)
	}
	definition := schema.Types[expected.NamedType]
	switch {
	case definition == nil:
		return misfit
	case definition.Kind == ast.InputObject && value.Kind == ast.ObjectValue:
		return checkObjectLiteral(schema, value, definition)
	case definition.Kind == ast.Enum:
		if value.Kind != ast.EnumValue {
			return misfit
		}
		if definition.EnumValues.ForName(value.Raw) == nil {
			return &literalProblem{explanation: fmt.Sprintf("Expected %q to be one of: %s", value.Raw, enumNames(definition))}
		}
		return nil
	case definition.Kind == ast.Scalar:
		constant, ok := scalarLiteral(value)
		if !ok {
			return misfit
		}
		_, problems := coerceScalar(definition.Name, constant)
		if len(problems) > 0 {
			return &literalProblem{explanation: problems[0].explanation, coercion: problems[0].coercion}
		}
		return nil
	}
	return misfit
}

func checkListLiteral(schema *ast.Schema, value *ast.Value, element *ast.Type) *literalProblem {
	if value.Kind != ast.ListValue {
		return checkLiteral(schema, value, element)
	}
	for _, child := range value.Children {
		if problem := checkLiteral(schema, child.Value, element); problem != nil {
			return problem
		}
	}
	return nil
}

func checkObjectLiteral(schema *ast.Schema, value *ast.Value, definition *ast.Definition) *literalProblem {
	for _, field := range definition.Fields {
		if field.Type.NonNull && field.DefaultValue == nil && value.Children.ForName(field.Name) == nil {
			return misfit
		}
	}
	for _, child := range value.Children {
		field := definition.Fields.ForName(child.Name)
		if field == nil {
			return misfit
		}
		if problem := checkLiteral(schema, child.Value, field.Type); problem != nil {
			return problem
		}
	}
	return nil
}

// scalarLiteral is the decoded form of a literal, as a variable would bring it.
func scalarLiteral(value *ast.Value) (any, bool) {
	switch value.Kind {
	case ast.StringValue, ast.BlockValue:
		return value.Raw, true
	case ast.IntValue, ast.FloatValue:
		return json.Number(value.Raw), true
	case ast.BooleanValue:
		return value.Raw == "true", true
	default:
		return nil, false
	}
}

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
