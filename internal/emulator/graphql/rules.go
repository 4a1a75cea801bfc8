package graphql

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/core"
)

// The rules in which graphql-ruby decides otherwise than gqlparser. A fragment is used by
// an operation, and of a loop every fragment is told that is in it.
var (
	unusedFragments = validator.Rule{Name: "UnusedFragments", RuleFunc: func(observers *validator.Events, addError validator.AddErrFunc) {
		used := map[string]bool{}
		observers.OnFragmentSpread(func(w *validator.Walker, s *ast.FragmentSpread) {
			used[s.Name] = used[s.Name] || w.CurrentOperation != nil
		})
		observers.OnFragment(func(_ *validator.Walker, fragment *ast.FragmentDefinition) {
			if !used[fragment.Name] {
				addError(core.At(fragment.Position))
			}
		})
	}}

	fragmentLoops = validator.Rule{Name: "FragmentLoops", RuleFunc: func(observers *validator.Events, addError validator.AddErrFunc) {
		spread := map[string]bool{}
		observers.OnFragmentSpread(func(_ *validator.Walker, s *ast.FragmentSpread) { spread[s.Name] = true })
		observers.OnOperation(func(*validator.Walker, *ast.OperationDefinition) { clear(spread) })
		observers.OnFragment(func(_ *validator.Walker, fragment *ast.FragmentDefinition) {
			if spread[fragment.Name] {
				addError(core.At(fragment.Position))
			}
			clear(spread)
		})
	}}

	// undeclaredVariables finds the last use of each, as graphql-ruby does.
	undeclaredVariables = validator.Rule{Name: "UndeclaredVariables", RuleFunc: func(observers *validator.Events, addError validator.AddErrFunc) {
		last := map[string]*ast.Position{}
		observers.OnValue(func(w *validator.Walker, value *ast.Value) {
			if w.CurrentOperation == nil || value.Kind != ast.Variable || value.VariableDefinition != nil {
				return
			}
			if known := last[value.Raw]; known == nil || known.Start < value.Position.Start {
				last[value.Raw] = value.Position
			}
		})
		observers.OnOperation(func(*validator.Walker, *ast.OperationDefinition) {
			for _, position := range last {
				addError(core.At(position))
			}
			clear(last)
		})
	}}
)
