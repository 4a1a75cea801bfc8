package graphql

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// spot is a node of a document, and where graphql-ruby says that it is.
type spot struct {
	parent *spot
	// step is what the node adds to the path, nil for nothing.
	step     any
	name     string
	node     any
	position *ast.Position
	order    int
}

func (s *spot) path() []any {
	if s.parent == nil {
		return []any{}
	}
	path := s.parent.path()
	if s.step != nil {
		path = append(path, s.step)
	}
	return path
}

func (s *spot) isWithin(outer *spot) bool {
	return s == outer || s.parent != nil && s.parent.isWithin(outer)
}

// definition is the spot of the operation or fragment that a spot is in.
func (s *spot) definition() *spot {
	if s.parent == nil || s.parent.parent == nil {
		return s
	}
	return s.parent.definition()
}

// spots are the nodes of a document in the order in which graphql-ruby goes through them.
type spots struct {
	all []*spot
	of  map[any]*spot
	at  map[Location][]*spot
}

func spotsOf(document *ast.QueryDocument) *spots {
	s := &spots{of: map[any]*spot{}, at: map[Location][]*spot{}}
	root := s.add(nil, nil, "", document, nil)
	for _, operation := range document.Operations {
		step := strings.TrimSuffix(string(operation.Operation)+" "+operation.Name, " ")
		at := s.add(root, step, operation.Name, operation, operation.Position)
		for _, variable := range operation.VariableDefinitions {
			declared := s.add(at, nil, variable.Variable, variable, variable.Position)
			s.value(declared, nil, variable.DefaultValue)
			s.below(declared, nil, variable.Directives, nil)
		}
		s.below(at, nil, operation.Directives, operation.SelectionSet)
	}
	for _, fragment := range document.Fragments {
		at := s.add(root, "fragment "+fragment.Name, fragment.Name, fragment, fragment.Position)
		s.below(at, nil, fragment.Directives, fragment.SelectionSet)
	}
	return s
}

func (s *spots) add(parent *spot, step any, name string, node any, position *ast.Position) *spot {
	at := &spot{parent: parent, step: step, name: name, node: node, position: position, order: len(s.all)}
	s.all = append(s.all, at)
	s.of[node] = at
	if position != nil {
		found := Location{Line: position.Line, Column: position.Column}
		s.at[found] = append(s.at[found], at)
	}
	return at
}

func (s *spots) below(at *spot, arguments ast.ArgumentList, directives ast.DirectiveList, selections ast.SelectionSet) {
	for _, argument := range arguments {
		s.value(s.add(at, argument.Name, argument.Name, argument, argument.Position), nil, argument.Value)
	}
	for _, directive := range directives {
		s.below(s.add(at, nil, directive.Name, directive, directive.Position), directive.Arguments, nil, nil)
	}
	for _, selection := range selections {
		switch selection := selection.(type) {
		case *ast.Field:
			field := s.add(at, selection.Alias, selection.Name, selection, selection.Position)
			s.below(field, selection.Arguments, selection.Directives, selection.SelectionSet)
		case *ast.InlineFragment:
			step := strings.TrimSuffix("... on "+selection.TypeCondition, " on ")
			fragment := s.add(at, step, selection.TypeCondition, selection, selection.Position)
			fragment.position = spreadPosition(selection.Position)
			s.below(fragment, nil, selection.Directives, selection.SelectionSet)
		case *ast.FragmentSpread:
			spread := s.add(at, "... "+selection.Name, selection.Name, selection, selection.Position)
			spread.position = spreadPosition(selection.Position)
			s.below(spread, nil, selection.Directives, nil)
		}
	}
}

func (s *spots) value(parent *spot, step any, value *ast.Value) {
	if value == nil {
		return
	}
	at := s.add(parent, step, "", value, value.Position)
	for i, child := range value.Children {
		switch {
		case value.Kind == ast.ObjectValue:
			s.value(s.add(at, child.Name, child.Name, child, child.Position), nil, child.Value)
		case child.Value.Kind == ast.ObjectValue:
			s.value(at, i, child.Value)
		default:
			s.value(at, nil, child.Value)
		}
	}
}

// spreadPosition is where the dots of an inline fragment stand; gqlparser keeps
// only what follows them.
func spreadPosition(position *ast.Position) *ast.Position {
	if position == nil || position.Src == nil {
		return position
	}
	text := position.Src.Input
	dots := strings.LastIndex(text[:runeOffset(text, position.Start)], "...")
	if dots < 0 {
		return position
	}
	lineStart := strings.LastIndexByte(text[:dots], '\n') + 1
	return &ast.Position{
		Line:   1 + strings.Count(text[:dots], "\n"),
		Column: 1 + len([]rune(text[lineStart:dots])),
	}
}
