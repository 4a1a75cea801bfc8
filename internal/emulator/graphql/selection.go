package graphql

import (
	"github.com/vektah/gqlparser/v2/ast"
)

// selector reads selection sets of a valid document with the variables of one
// request.
type selector struct {
	schema    *ast.Schema
	document  *ast.QueryDocument
	variables map[string]any
}

// typedSelections is a selection set and the type it selects on.
type typedSelections struct {
	on         *ast.Definition
	selections ast.SelectionSet
}

// visit calls enter for each field of the sets, through fragments, with the type
// the field was written on. What @skip or @include leave out is not visited, and
// a fragment is visited once.
func (s *selector) visit(sets []typedSelections, enter func(on *ast.Definition, field *ast.Field)) {
	visited := map[string]bool{}
	for _, set := range sets {
		s.visitSet(set.on, set.selections, visited, enter)
	}
}

func (s *selector) visitSet(on *ast.Definition, selections ast.SelectionSet, visited map[string]bool, enter func(*ast.Definition, *ast.Field)) {
	for _, selection := range selections {
		switch selection := selection.(type) {
		case *ast.Field:
			if s.included(selection.Directives) {
				enter(on, selection)
			}
		case *ast.InlineFragment:
			if !s.included(selection.Directives) {
				continue
			}
			inner := on
			if selection.TypeCondition != "" {
				inner = s.schema.Types[selection.TypeCondition]
			}
			s.visitSet(inner, selection.SelectionSet, visited, enter)
		case *ast.FragmentSpread:
			if visited[selection.Name] || !s.included(selection.Directives) {
				continue
			}
			visited[selection.Name] = true
			fragment := s.document.Fragments.ForName(selection.Name)
			s.visitSet(s.schema.Types[fragment.TypeCondition], fragment.SelectionSet, visited, enter)
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
func (s *selector) collect(object *ast.Definition, sets []typedSelections) []*responseField {
	var fields []*responseField
	byKey := map[string]*responseField{}
	s.visit(sets, func(on *ast.Definition, node *ast.Field) {
		if !overlap(s.schema, on, object) {
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
func subselections(on *ast.Definition, nodes []*ast.Field) []typedSelections {
	sets := make([]typedSelections, len(nodes))
	for i, node := range nodes {
		sets[i] = typedSelections{on: on, selections: node.SelectionSet}
	}
	return sets
}
