package graphql

import (
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// scope is an operation or a fragment with the variables and fragments it uses.
type scope struct {
	operation *ast.OperationDefinition
	fragment  *ast.FragmentDefinition
	uses      []variableUse
	spreads   []spread
}

type variableUse struct {
	node   *ast.Value
	path   []any
	usedBy string
}

func (v *validation) enter(s *scope) {
	v.scope = s
	v.scopes = append(v.scopes, s)
}

func (s *scope) use(node *ast.Value, path []any) {
	s.uses = append(s.uses, variableUse{node: node, path: slices.Clone(path), usedBy: s.describe()})
}

func (s *scope) describe() string {
	switch {
	case s.fragment != nil:
		return s.fragment.Name
	case s.operation.Name != "":
		return s.operation.Name
	default:
		return "anonymous " + string(s.operation.Operation)
	}
}

func (v *validation) variableDefinitions(operation *ast.OperationDefinition) {
	repeated := repetitions(operation.VariableDefinitions, func(d *ast.VariableDefinition) (string, *ast.Position) { return d.Variable, d.Position })
	for _, repetition := range repeated {
		v.add(fmt.Sprintf("There can only be one variable named %q", repetition.name),
			code("variableNotUnique", "variableName", repetition.name), repetition.positions...)
	}
	for _, variable := range operation.VariableDefinitions {
		typeName := variable.Type.Name()
		definition := v.schema.Types[typeName]
		if definition == nil || !definition.IsInputType() {
			what := "defined"
			if definition != nil {
				what = "valid"
			}
			v.add(fmt.Sprintf("%s isn't a %s input type (on $%s)", typeName, what, variable.Variable),
				code("variableRequiresValidType", "typeName", typeName, "variableName", variable.Variable), variable.Position)
			continue
		}
		v.variableDefault(variable)
		v.directiveList(variable.Directives, ast.LocationVariableDefinition)
	}
}

func (v *validation) variableDefault(variable *ast.VariableDefinition) {
	if variable.DefaultValue == nil {
		return
	}
	problem := checkLiteral(v.schema, variable.DefaultValue, variable.Type)
	if problem == nil {
		return
	}
	message := problem.explanation
	if message == "" {
		message = fmt.Sprintf("Default value for $%s doesn't match type %s", variable.Variable, variable.Type)
	}
	v.add(message, code("defaultValueInvalidType", "variableName", variable.Variable, "typeName", variable.Type.String()), variable.Position)
}

// variablePositions checks the types of variables an argument is given. In a
// fragment they are those of the last operation, as in graphql-ruby.
func (v *validation) variablePositions(definition *ast.ArgumentDefinition, argument *ast.Argument) {
	if v.declared == nil {
		return
	}
	values := []*ast.Value{argument.Value}
	inList := argument.Value.Kind == ast.ListValue
	if inList {
		values = nil
		for _, child := range argument.Value.Children {
			values = append(values, child.Value)
		}
	}
	for _, value := range values {
		if value.Kind != ast.Variable {
			continue
		}
		variable := v.declared.ForName(value.Raw)
		if variable == nil || v.schema.Types[variable.Type.Name()] == nil {
			continue
		}
		v.variablePosition(variable, inList, definition, argument)
	}
}

func (v *validation) variablePosition(variable *ast.VariableDefinition, inList bool, definition *ast.ArgumentDefinition, argument *ast.Argument) {
	given, wanted := *variable.Type, *definition.Type
	if variable.DefaultValue != nil {
		given.NonNull = true
	}
	if definition.DefaultValue != nil {
		wanted.NonNull = false
	}
	if inList {
		element := given
		given = ast.Type{Elem: &element, NonNull: true}
	}
	mismatch := ""
	switch {
	case given.Name() != wanted.Name():
		mismatch = "Type mismatch"
	case listDepth(&given) != listDepth(&wanted):
		mismatch = "List dimension mismatch"
	case !nullabilityFits(&given, &wanted):
		mismatch = "Nullability mismatch"
	default:
		return
	}
	v.add(fmt.Sprintf("%s on variable $%s and argument %s (%s / %s)", mismatch, variable.Variable, argument.Name, &given, definition.Type),
		code("variableMismatch", "variableName", variable.Variable, "typeName", given.String(), "argumentName", argument.Name, "errorMessage", mismatch),
		argument.Position)
}

func listDepth(t *ast.Type) int {
	if t.Elem == nil {
		return 0
	}
	return 1 + listDepth(t.Elem)
}

func nullabilityFits(given, wanted *ast.Type) bool {
	if wanted.NonNull && !given.NonNull {
		return false
	}
	return wanted.Elem == nil || given.Elem == nil || nullabilityFits(given.Elem, wanted.Elem)
}

// variableUse reports variables that are declared and not used, or used and not
// declared, through the fragments an operation spreads.
func (v *validation) variableUse() {
	for _, operation := range v.scopes {
		if operation.operation == nil {
			continue
		}
		uses := v.reachableUses(operation, map[string]bool{})
		path := []any{operationStep(operation.operation)}
		for _, variable := range operation.operation.VariableDefinitions {
			if _, used := uses.byName[variable.Variable]; !used {
				v.addAt(path, fmt.Sprintf("Variable $%s is declared by %s but not used", variable.Variable, operation.describe()),
					code("variableNotUsed", "variableName", variable.Variable), operation.operation.Position)
			}
		}
		for _, name := range uses.names {
			if operation.operation.VariableDefinitions.ForName(name) == nil {
				use := uses.byName[name]
				v.addAt(use.path, fmt.Sprintf("Variable $%s is used by %s but not declared", name, use.usedBy),
					code("variableNotDefined", "variableName", name), use.node.Position)
			}
		}
	}
}

func operationStep(operation *ast.OperationDefinition) string {
	if operation.Name == "" {
		return string(operation.Operation)
	}
	return string(operation.Operation) + " " + operation.Name
}

type usedVariables struct {
	names  []string
	byName map[string]variableUse
}

// reachableUses keeps the last use of each variable, as graphql-ruby does.
func (v *validation) reachableUses(from *scope, visited map[string]bool) usedVariables {
	result := usedVariables{byName: map[string]variableUse{}}
	v.gatherUses(from, visited, &result)
	return result
}

func (v *validation) gatherUses(from *scope, visited map[string]bool, result *usedVariables) {
	for _, use := range from.uses {
		if _, known := result.byName[use.node.Raw]; !known {
			result.names = append(result.names, use.node.Raw)
		}
		result.byName[use.node.Raw] = use
	}
	for _, spread := range from.spreads {
		if visited[spread.node.Name] {
			continue
		}
		visited[spread.node.Name] = true
		if fragment := v.fragmentScope(spread.node.Name); fragment != nil {
			v.gatherUses(fragment, visited, result)
		}
	}
}

func (v *validation) fragmentScope(name string) *scope {
	for _, s := range v.scopes {
		if s.fragment != nil && s.fragment.Name == name {
			return s
		}
	}
	return nil
}
