package graphql

import (
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
)

// arguments returns a field's arguments as its resolver gets them.
func (s *selector) arguments(definition *ast.FieldDefinition, node *ast.Field) map[string]any {
	arguments := map[string]any{}
	for _, argument := range definition.Arguments {
		if written := node.Arguments.ForName(argument.Name); written != nil {
			if value, given := s.literal(written.Value, argument.Type); given {
				arguments[argument.Name] = value
				continue
			}
		}
		if argument.DefaultValue != nil {
			if value, given := s.literal(argument.DefaultValue, argument.Type); given {
				arguments[argument.Name] = value
			}
		}
	}
	return arguments
}

// literal coerces a validated value. given is false for a variable that has no
// value.
func (s *selector) literal(value *ast.Value, expected *ast.Type) (result any, given bool) {
	switch {
	case value.Kind == ast.Variable:
		result, given = s.variables[value.Raw]
		return result, given
	case value.Kind == ast.NullValue:
		return nil, true
	case expected.Elem != nil:
		return s.listLiteral(value, expected.Elem), true
	}
	switch value.Kind {
	case ast.ObjectValue:
		return s.objectLiteral(value, s.schema.Types[expected.NamedType]), true
	case ast.IntValue:
		return intLiteral(value.Raw, expected.NamedType), true
	case ast.FloatValue:
		number, err := strconv.ParseFloat(value.Raw, 64)
		if err != nil {
			return value.Raw, true
		}
		return number, true
	case ast.BooleanValue:
		return value.Raw == "true", true
	default:
		return value.Raw, true
	}
}

func (s *selector) listLiteral(value *ast.Value, element *ast.Type) []any {
	if value.Kind != ast.ListValue {
		item, _ := s.literal(value, element)
		return []any{item}
	}
	items := make([]any, 0, len(value.Children))
	for _, child := range value.Children {
		item, _ := s.literal(child.Value, element)
		items = append(items, item)
	}
	return items
}

func (s *selector) objectLiteral(value *ast.Value, definition *ast.Definition) map[string]any {
	object := map[string]any{}
	for _, field := range definition.Fields {
		if child := value.Children.ForName(field.Name); child != nil {
			if item, given := s.literal(child, field.Type); given {
				object[field.Name] = item
				continue
			}
		}
		if field.DefaultValue != nil {
			if item, given := s.literal(field.DefaultValue, field.Type); given {
				object[field.Name] = item
			}
		}
	}
	return object
}

func intLiteral(raw, typeName string) any {
	switch typeName {
	case "Int":
		if number, err := strconv.Atoi(raw); err == nil {
			return number
		}
	case "Float":
		if number, err := strconv.ParseFloat(raw, 64); err == nil {
			return number
		}
	}
	return raw
}
