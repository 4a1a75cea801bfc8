package graphql

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"
)

// spread is a use of a fragment, and the type it is spread on.
type spread struct {
	node *ast.FragmentSpread
	on   *ast.Definition
	path []any
}

// spreadTypes checks that each spread can apply to some value.
func (v *validation) spreadTypes() {
	for _, s := range v.scopes {
		for _, spread := range s.spreads {
			fragment := v.document.Fragments.ForName(spread.node.Name)
			if fragment == nil {
				continue
			}
			if definition := v.schema.Types[fragment.TypeCondition]; definition != nil {
				v.spreadType(spread.path, spread.on, definition, fragment.Name, spreadPosition(spread.node.Position))
			}
		}
	}
}

func (v *validation) spreadType(path []any, on, fragmentType *ast.Definition, name string, position *ast.Position) {
	isUnion := fragmentType.Kind == ast.Union
	if isUnion || !fragmentType.IsCompositeType() || overlap(v.schema, on, fragmentType) {
		return
	}
	label, fragmentName := "", "unknown"
	if name != "" {
		label, fragmentName = " "+name, " "+name
	}
	v.addAt(append([]any{}, path...), fmt.Sprintf("Fragment%s on %s can't be spread inside %s", label, fragmentType.Name, on.Name),
		code("cannotSpreadFragment", "typeName", fragmentType.Name, "fragmentName", fragmentName, "parentName", on.Name), position)
}

// fragmentUse checks that fragments that are used exist, that those that exist
// are used, and that none spreads itself.
func (v *validation) fragmentUse() {
	used := map[string]bool{}
	for _, s := range v.scopes {
		for _, spread := range s.spreads {
			if v.document.Fragments.ForName(spread.node.Name) == nil {
				v.addAt(spread.path, fmt.Sprintf("Fragment %s was used, but not defined", spread.node.Name),
					code("useAndDefineFragment", "fragmentName", spread.node.Name), spreadPosition(spread.node.Position))
			}
		}
		if s.operation != nil {
			v.reach(s, used)
		}
	}
	for _, fragment := range v.document.Fragments {
		path := []any{"fragment " + fragment.Name}
		if !used[fragment.Name] {
			v.addAt(path, fmt.Sprintf("Fragment %s was defined, but not used", fragment.Name),
				code("useAndDefineFragment", "fragmentName", fragment.Name), fragment.Position)
		}
	}
	for _, fragment := range v.document.Fragments {
		reached := map[string]bool{}
		if s := v.fragmentScope(fragment.Name); s != nil {
			v.reach(s, reached)
		}
		if reached[fragment.Name] {
			v.addAt([]any{"fragment " + fragment.Name}, fmt.Sprintf("Fragment %s contains an infinite loop", fragment.Name),
				code("infiniteLoop", "fragmentName", fragment.Name), fragment.Position)
		}
	}
}

func (v *validation) reach(from *scope, reached map[string]bool) {
	for _, spread := range from.spreads {
		if reached[spread.node.Name] {
			continue
		}
		reached[spread.node.Name] = true
		if s := v.fragmentScope(spread.node.Name); s != nil {
			v.reach(s, reached)
		}
	}
}

// names checks the names of fragments and operations.
func (v *validation) names() {
	fragments := repetitions(v.document.Fragments, func(f *ast.FragmentDefinition) (string, *ast.Position) { return f.Name, f.Position })
	for _, repetition := range fragments {
		v.addAt([]any{}, fmt.Sprintf("Fragment name %q must be unique", repetition.name),
			code("fragmentNotUnique", "fragmentName", repetition.name), repetition.positions...)
	}
	var anonymous []*ast.Position
	for _, operation := range v.document.Operations {
		if operation.Name == "" {
			anonymous = append(anonymous, operation.Position)
		}
	}
	if len(anonymous) > 0 && len(v.document.Operations) > 1 {
		v.addAt([]any{}, "Operation name is required when multiple operations are present", code("uniquelyNamedOperations"), anonymous...)
	}
	operations := repetitions(v.document.Operations, func(o *ast.OperationDefinition) (string, *ast.Position) { return o.Name, o.Position })
	for _, repetition := range operations {
		if repetition.name != "" {
			v.addAt([]any{}, fmt.Sprintf("Operation name %q must be unique", repetition.name),
				code("uniquelyNamedOperations", "operationName", repetition.name), repetition.positions...)
		}
	}
}
