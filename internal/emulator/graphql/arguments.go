package graphql

import "github.com/vektah/gqlparser/v2/ast"

// arguments returns a field's arguments as its resolver gets them.
func (s *selector) arguments(definition *ast.FieldDefinition, node *ast.Field) map[string]any {
	arguments := node.ArgumentMap(s.variables)
	for _, argument := range definition.Arguments {
		if value, given := arguments[argument.Name]; given {
			arguments[argument.Name], _ = coerceInput(s.schema, argument.Type, value)
		}
	}
	return arguments
}
