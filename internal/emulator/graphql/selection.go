package graphql

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// selector reads selection sets of a valid document with the variables of one
// request. What the nodes mean, validation has written into them.
type selector struct {
	schema    *ast.Schema
	variables map[string]any
}

// visit calls enter for each field of the sets, through fragments. What @skip or @include
// leave out is not visited, and a fragment is visited once.
func (s *selector) visit(sets []ast.SelectionSet, enter func(*ast.Field)) {
	visited := map[string]bool{}
	for _, set := range sets {
		s.visitSet(set, visited, enter)
	}
}

func (s *selector) visitSet(selections ast.SelectionSet, visited map[string]bool, enter func(*ast.Field)) {
	for _, selection := range selections {
		switch selection := selection.(type) {
		case *ast.Field:
			if s.included(selection.Directives) {
				enter(selection)
			}
		case *ast.InlineFragment:
			if s.included(selection.Directives) {
				s.visitSet(selection.SelectionSet, visited, enter)
			}
		case *ast.FragmentSpread:
			if !visited[selection.Name] && s.included(selection.Directives) {
				visited[selection.Name] = true
				s.visitSet(selection.Definition.SelectionSet, visited, enter)
			}
		}
	}
}

func (s *selector) included(directives ast.DirectiveList) bool {
	return !s.directiveIf(directives, "skip", false) && s.directiveIf(directives, "include", true)
}

func (s *selector) directiveIf(directives ast.DirectiveList, name string, otherwise bool) bool {
	directive := directives.ForName(name)
	if directive == nil {
		return otherwise
	}
	if condition, is := directive.ArgumentMap(s.variables)["if"].(bool); is {
		return condition
	}
	return otherwise
}

// responseField is what one response key selects: one field, written once or
// several times.
type responseField struct {
	key   string
	nodes []*ast.Field
}

// collect groups the fields that apply to an object type by response key, in
// the order they are written.
func (s *selector) collect(object *ast.Definition, sets []ast.SelectionSet) []*responseField {
	var fields []*responseField
	byKey := map[string]*responseField{}
	s.visit(sets, func(node *ast.Field) {
		if !slices.Contains(s.schema.GetPossibleTypes(node.ObjectDefinition), object) {
			return
		}
		field := byKey[node.Alias]
		if field == nil {
			field = &responseField{key: node.Alias}
			byKey[node.Alias] = field
			fields = append(fields, field)
		}
		field.nodes = append(field.nodes, node)
	})
	return fields
}

// subselections are the selection sets of a field's nodes.
func subselections(nodes []*ast.Field) []ast.SelectionSet {
	sets := make([]ast.SelectionSet, len(nodes))
	for i, node := range nodes {
		sets[i] = node.SelectionSet
	}
	return sets
}

// arguments returns a field's arguments as its resolver gets them.
func (s *selector) arguments(node *ast.Field) map[string]any {
	arguments := node.ArgumentMap(s.variables)
	for _, argument := range node.Definition.Arguments {
		if value, given := arguments[argument.Name]; given {
			arguments[argument.Name], _ = coerceInput(s.schema, argument.Type, value)
		}
	}
	return arguments
}
