package graphql

import (
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// argumentOf is the argument, input field or variable that a value is written for, with
// what it says.
func argumentOf(at *spot) (*spot, *ast.Value) {
	for ; ; at = at.parent {
		switch node := at.node.(type) {
		case *ast.Argument:
			return at, node.Value
		case *ast.ChildValue:
			return at, node.Value
		case *ast.VariableDefinition:
			return at, node.DefaultValue
		}
	}
}

// variablePosition looks at the variables of an argument, and of a list there.
func variablePosition(r *report, at *spot, use *ast.Value) {
	argument, value := argumentOf(at)
	declared, wanted := use.VariableDefinition, value.ExpectedType
	if use.Kind != ast.Variable || declared == nil || declared.Definition == nil || wanted == nil || at.parent != argument && at.parent.node != value {
		return
	}
	given := *declared.Type
	given.NonNull = given.NonNull || declared.DefaultValue != nil
	if value != use {
		element := given
		given = ast.Type{Elem: &element, NonNull: true}
	}
	mismatch := ""
	switch {
	case given.Name() != wanted.Name():
		mismatch = "Type mismatch"
	case listDepth(&given) != listDepth(wanted):
		mismatch = "List dimension mismatch"
	case !nullabilityFits(&given, wanted, value.ExpectedTypeHasDefault):
		mismatch = "Nullability mismatch"
	default:
		return
	}
	r.add(argument, fmt.Sprintf("%s on variable $%s and argument %s (%s / %s)", mismatch, use.Raw, argument.name, &given, wanted),
		code("variableMismatch", "variableName", use.Raw, "typeName", given.String(), "argumentName", argument.name, "errorMessage", mismatch))
}

func listDepth(t *ast.Type) int {
	if t.Elem == nil {
		return 0
	}
	return 1 + listDepth(t.Elem)
}

func nullabilityFits(given, wanted *ast.Type, hasDefault bool) bool {
	if wanted.NonNull && !given.NonNull && !hasDefault {
		return false
	}
	return wanted.Elem == nil || given.Elem == nil || nullabilityFits(given.Elem, wanted.Elem, false)
}

// inputObject looks at the fields of an input object, also of one in a list where none is
// wanted.
func inputObject(r *report, at *spot, value *ast.Value) {
	if list, is := at.parent.node.(*ast.Value); is && value.Definition == nil {
		value.Definition = list.Definition
	}
	definition := value.Definition
	if value.Kind != ast.ObjectValue || definition == nil || definition.Kind != ast.InputObject {
		return
	}
	owner, _ := ownerAt(at)
	for _, field := range definition.Fields {
		if field.Type.NonNull && field.DefaultValue == nil && value.Children.ForName(field.Name) == nil && !misfitDefault(r, at, "") {
			r.addAt(at, append(at.path(), field.Name),
				fmt.Sprintf("Argument '%s' on InputObject '%s' is required. Expected type %s", field.Name, definition.Name, field.Type),
				code("missingRequiredInputObjectAttribute", "argumentName", field.Name, "argumentType", field.Type.String(), "inputObjectType", definition.Name))
		}
	}
	for _, child := range value.Children {
		if definition.Fields.ForName(child.Name) == nil && !misfitDefault(r, at, "") {
			owner.refuse(r, r.spots.of[child])
		}
	}
}

// literalProblem is why a literal does not fit its type.
func literalProblem(value *ast.Value) *problem {
	expected, definition := value.ExpectedType, value.Definition
	switch {
	case expected == nil || definition == nil || !definition.IsInputType() || value.Kind == ast.Variable:
		return nil
	case value.Kind == ast.NullValue && expected.NonNull, value.Kind == ast.ListValue && expected.Elem == nil:
		return &problem{}
	case value.Kind == ast.NullValue, value.Kind == ast.ListValue, definition.Kind == ast.InputObject && value.Kind == ast.ObjectValue:
		return nil
	case definition.Kind == ast.Enum && value.Kind == ast.EnumValue:
		if definition.EnumValues.ForName(value.Raw) == nil {
			return &problem{explanation: fmt.Sprintf("Expected %q to be one of: %s", value.Raw, enumNames(definition))}
		}
		return nil
	case definition.Kind != ast.Scalar || value.Kind == ast.EnumValue || value.Kind == ast.ObjectValue:
		return &problem{}
	}
	constant, err := value.Value(nil)
	if err != nil {
		return &problem{}
	}
	if _, problems := coerceScalar(definition.Name, constant); len(problems) > 0 {
		return &problems[0]
	}
	return nil
}

// literal tells of a value that does not fit, unless something below its argument was told.
func literal(r *report, at *spot, value *ast.Value) {
	problem := literalProblem(value)
	argument, whole := argumentOf(at)
	if problem == nil || misfitDefault(r, at, problem.explanation) || r.hasToldOf(argument) {
		return
	}
	owner, _ := ownerAt(argument.parent)
	if problem.coercion {
		r.add(argument, problem.explanation, code("argumentLiteralsIncompatible", "typeName", "CoercionError"), owner.position)
		return
	}
	r.add(argument, fmt.Sprintf("Argument '%s' on %s '%s' has an invalid value (%s). Expected type '%s'.", argument.name, owner.kind, owner.name, printLiteral(whole), whole.ExpectedType),
		code("argumentLiteralsIncompatible", "typeName", owner.kind, "argumentName", argument.name), owner.position)
}

// misfitDefault tells of a default that does not fit, once; false for any other value.
func misfitDefault(r *report, at *spot, explanation string) bool {
	for at != nil {
		if variable, is := at.node.(*ast.VariableDefinition); is {
			if explanation == "" {
				explanation = fmt.Sprintf("Default value for $%s doesn't match type %s", variable.Variable, variable.Type)
			}
			if !slices.ContainsFunc(r.told, func(t told) bool { return t.at == at && t.err.Extensions["code"] == "defaultValueInvalidType" }) {
				r.add(at, explanation, code("defaultValueInvalidType", "variableName", variable.Variable, "typeName", variable.Type.String()))
			}
			return true
		}
		at = at.parent
	}
	return false
}
