package graphql

import (
	_ "embed"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
)

//go:embed schema.graphql
var schemaText string

var coordinatePattern = regexp.MustCompile(`^(\w+)(?:\.(\w+)(?:\((\w+):\))?)?$`)

func loadSchema(hidden map[string]bool, extensions string) (*ast.Schema, error) {
	sources := []*ast.Source{validator.Prelude, {Name: "schema.graphql", Input: schemaText}}
	if extensions != "" {
		sources = append(sources, &ast.Source{Name: "extensions.graphql", Input: extensions})
	}
	document, err := parser.ParseSchemas(sources...)
	if err != nil {
		return nil, err
	}
	for _, coordinate := range slices.Sorted(maps.Keys(hidden)) {
		if hidden[coordinate] && !hide(document, coordinate) {
			return nil, fmt.Errorf("hidden %q is not in the schema", coordinate)
		}
	}
	schema, err := validator.ValidateSchemaDocument(document)
	if err != nil {
		return nil, err
	}
	// gqlparser knows a directive that graphql-ruby does not have.
	delete(schema.Directives, "defer")
	// Nor are interfaces among the possible types there.
	for name := range schema.PossibleTypes {
		schema.PossibleTypes[name] = slices.DeleteFunc(schema.PossibleTypes[name], func(d *ast.Definition) bool { return d == nil || d.Kind != ast.Object })
	}
	return schema, nil
}

// hide removes the element at a schema coordinate and reports whether there was
// one.
func hide(document *ast.SchemaDocument, coordinate string) bool {
	parts := coordinatePattern.FindStringSubmatch(coordinate)
	if parts == nil {
		return false
	}
	typeName, member, argument := parts[1], parts[2], parts[3]
	definition := document.Definitions.ForName(typeName)
	if definition == nil {
		return false
	}
	if member == "" {
		return remove(&document.Definitions, func(d *ast.Definition) bool { return d == definition })
	}
	if argument != "" {
		field := definition.Fields.ForName(member)
		return field != nil && remove(&field.Arguments, func(a *ast.ArgumentDefinition) bool { return a.Name == argument })
	}
	return remove(&definition.Fields, func(f *ast.FieldDefinition) bool { return f.Name == member }) ||
		remove(&definition.EnumValues, func(v *ast.EnumValueDefinition) bool { return v.Name == member })
}

func remove[List ~[]Element, Element any](list *List, match func(Element) bool) bool {
	before := len(*list)
	*list = slices.DeleteFunc(*list, match)
	return len(*list) < before
}

// hides tells whether the coordinate of a field, or its type, is hidden: one
// table of resolvers serves every version.
func (c Config) hides(coordinate string) bool {
	parts := coordinatePattern.FindStringSubmatch(coordinate)
	return parts != nil && (c.Hidden[coordinate] || c.Hidden[parts[1]])
}

func fieldAt(schema *ast.Schema, coordinate string) *ast.FieldDefinition {
	parts := coordinatePattern.FindStringSubmatch(coordinate)
	if parts == nil {
		return nil
	}
	definition := schema.Types[parts[1]]
	if definition == nil || definition.Kind != ast.Object {
		return nil
	}
	return definition.Fields.ForName(parts[2])
}

// typename is the field that every composite type has.
const typename = "__typename"

func operationRoot(schema *ast.Schema, operation ast.Operation) *ast.Definition {
	switch operation {
	case ast.Mutation:
		return schema.Mutation
	case ast.Subscription:
		return schema.Subscription
	default:
		return schema.Query
	}
}
