package graphql

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// argumentOwner is what arguments are given to: a field, a directive or an
// input object.
type argumentOwner struct {
	kind        string
	name        string
	definitions ast.ArgumentDefinitionList
	position    *ast.Position
}

func (v *validation) argument(owner argumentOwner, argument *ast.Argument) {
	v.within(argument.Name, func() {
		definition := owner.definitions.ForName(argument.Name)
		if definition == nil {
			v.add(fmt.Sprintf("%s '%s' doesn't accept argument '%s'", owner.kind, owner.name, argument.Name),
				code("argumentNotAccepted", "name", owner.name, "typeName", owner.kind, "argumentName", argument.Name),
				argument.Position)
			v.useVariables(argument.Value)
			return
		}
		v.variablePositions(definition, argument)
		v.value(definition.Type, argument.Value)
		v.literal(owner, definition, argument)
	})
}

// value goes into the input objects of an argument and notes the variables used.
func (v *validation) value(expected *ast.Type, value *ast.Value) {
	switch value.Kind {
	case ast.Variable:
		v.scope.use(value, v.path)
	case ast.ListValue:
		element := expected
		if expected.Elem != nil {
			element = expected.Elem
		}
		for i, child := range value.Children {
			if child.Value.Kind == ast.ObjectValue {
				v.within(i, func() { v.value(element, child.Value) })
			} else {
				v.value(element, child.Value)
			}
		}
	case ast.ObjectValue:
		definition := v.schema.Types[expected.Name()]
		if definition == nil || definition.Kind != ast.InputObject {
			v.useVariables(value)
			return
		}
		v.inputObject(definition, value)
	}
}

func (v *validation) useVariables(value *ast.Value) {
	if value.Kind == ast.Variable {
		v.scope.use(value, v.path)
	}
	for _, child := range value.Children {
		v.useVariables(child.Value)
	}
}

func (v *validation) inputObject(definition *ast.Definition, value *ast.Value) {
	definitions := inputFields(definition)
	for _, field := range definitions {
		if !field.Type.NonNull || field.DefaultValue != nil || value.Children.ForName(field.Name) != nil {
			continue
		}
		v.addAt(append(slices.Clone(v.path), field.Name),
			fmt.Sprintf("Argument '%s' on InputObject '%s' is required. Expected type %s", field.Name, definition.Name, field.Type),
			code("missingRequiredInputObjectAttribute", "argumentName", field.Name, "argumentType", field.Type.String(), "inputObjectType", definition.Name),
			value.Position)
	}
	fields := make(ast.ArgumentList, len(value.Children))
	for i, child := range value.Children {
		fields[i] = &ast.Argument{Name: child.Name, Value: child.Value, Position: child.Position}
	}
	for _, repeated := range repeatedArguments(fields) {
		v.add(fmt.Sprintf("There can be only one input field named %q", repeated.name),
			code("inputFieldNotUnique", "name", repeated.name), repeated.positions...)
	}
	owner := argumentOwner{kind: "InputObject", name: definition.Name, definitions: definitions, position: value.Position}
	for _, field := range fields {
		v.argument(owner, field)
	}
}

// inputFields are an input object's fields in the form of arguments.
func inputFields(definition *ast.Definition) ast.ArgumentDefinitionList {
	arguments := make(ast.ArgumentDefinitionList, len(definition.Fields))
	for i, field := range definition.Fields {
		arguments[i] = &ast.ArgumentDefinition{Name: field.Name, Type: field.Type, DefaultValue: field.DefaultValue}
	}
	return arguments
}

// literal checks a value written in the text, unless something below it was
// already reported.
func (v *validation) literal(owner argumentOwner, definition *ast.ArgumentDefinition, argument *ast.Argument) {
	if argument.Value.Kind == ast.Variable {
		return
	}
	reported := slices.ContainsFunc(v.errors, func(err *Error) bool {
		return len(err.Path) >= len(v.path) && slices.Equal(err.Path[:len(v.path)], v.path)
	})
	if reported {
		return
	}
	problem := checkLiteral(v.schema, argument.Value, definition.Type)
	if problem == nil {
		return
	}
	if problem.coercion {
		v.add(problem.explanation, code("argumentLiteralsIncompatible", "typeName", "CoercionError"), owner.position)
		return
	}
	v.add(fmt.Sprintf("Argument '%s' on %s '%s' has an invalid value (%s). Expected type '%s'.",
		argument.Name, owner.kind, owner.name, printLiteral(argument.Value), definition.Type),
		code("argumentLiteralsIncompatible", "typeName", owner.kind, "argumentName", argument.Name), owner.position)
}

func (v *validation) requiredArguments(kind, name string, definitions ast.ArgumentDefinitionList, given ast.ArgumentList, position *ast.Position) {
	var missing []string
	for _, definition := range definitions {
		if definition.Type.NonNull && definition.DefaultValue == nil && given.ForName(definition.Name) == nil {
			missing = append(missing, definition.Name)
		}
	}
	if len(missing) > 0 {
		list := strings.Join(missing, ", ")
		v.add(fmt.Sprintf("%s '%s' is missing required arguments: %s", kind, name, list),
			code("missingRequiredArguments", "className", kind, "name", name, "arguments", list), position)
	}
}

func (v *validation) uniqueArguments(arguments ast.ArgumentList) {
	for _, repeated := range repeatedArguments(arguments) {
		v.add(fmt.Sprintf("There can be only one argument named %q", repeated.name),
			code("argumentNotUnique", "name", repeated.name), repeated.positions...)
	}
}

type repetition struct {
	name      string
	positions []*ast.Position
}

func repeatedArguments(arguments ast.ArgumentList) []repetition {
	return repetitions(arguments, func(a *ast.Argument) (string, *ast.Position) { return a.Name, a.Position })
}

// repetitions are the names that occur more than once, in order.
func repetitions[Item any](items []Item, describe func(Item) (string, *ast.Position)) []repetition {
	var names []string
	positions := map[string][]*ast.Position{}
	for _, item := range items {
		name, position := describe(item)
		if len(positions[name]) == 0 {
			names = append(names, name)
		}
		positions[name] = append(positions[name], position)
	}
	var repeated []repetition
	for _, name := range names {
		if len(positions[name]) > 1 {
			repeated = append(repeated, repetition{name: name, positions: positions[name]})
		}
	}
	return repeated
}
