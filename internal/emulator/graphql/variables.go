package graphql

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// problem is one thing wrong with an input value, at a path inside it.
type problem struct {
	path        []any
	explanation string
	// coercion marks a scalar's own refusal, which replaces the usual message
	// where the value is written in the text.
	coercion bool
}

func (p problem) within(step any) problem {
	p.path = append([]any{step}, p.path...)
	return p
}

// coerceVariables checks the variables sent with a request and turns them into
// arguments, in graphql-ruby's words.
func coerceVariables(schema *ast.Schema, operation *ast.OperationDefinition, sent map[string]any) (map[string]any, []*Error) {
	variables := map[string]any{}
	var errs []*Error
	for _, definition := range operation.VariableDefinitions {
		if len(errs) >= maxValidationErrors {
			errs = append(errs, tooManyVariableErrors())
			break
		}
		value, given := sent[definition.Variable]
		if !given && definition.DefaultValue != nil {
			variables[definition.Variable] = constant(schema, definition.DefaultValue, definition.Type)
			continue
		}
		coerced, problems := coerceInput(schema, definition.Type, value)
		switch {
		case len(problems) > 0:
			errs = append(errs, variableError(definition, value, problems))
		case given:
			variables[definition.Variable] = coerced
		}
	}
	return variables, errs
}

func tooManyVariableErrors() *Error {
	const message = "Too many errors processing variables, max validation error limit reached. Execution aborted"
	return &Error{Message: message, Extensions: map[string]any{
		"value":    nil,
		"problems": []any{map[string]any{"path": []any{}, "explanation": message}},
	}}
}

func variableError(definition *ast.VariableDefinition, value any, problems []problem) *Error {
	message := fmt.Sprintf("Variable $%s of type %s was provided invalid value", definition.Variable, definition.Type)
	var places []string
	listed := make([]any, len(problems))
	for i, problem := range problems {
		if len(problem.path) > 0 {
			places = append(places, fmt.Sprintf("%s (%s)", joinPath(problem.path), problem.explanation))
		}
		entry := map[string]any{"path": append([]any{}, problem.path...), "explanation": problem.explanation}
		if problem.coercion {
			entry["message"] = problem.explanation
		}
		listed[i] = entry
	}
	if len(places) > 0 {
		message += " for " + strings.Join(places, ", ")
	}
	return &Error{
		Message:    message,
		Locations:  locationsOf(definition.Position),
		Extensions: map[string]any{"value": value, "problems": listed},
	}
}

func joinPath(path []any) string {
	steps := make([]string, len(path))
	for i, step := range path {
		steps[i] = fmt.Sprint(step)
	}
	return strings.Join(steps, ".")
}

// coerceInput turns a decoded JSON value into an input of a type.
func coerceInput(schema *ast.Schema, expected *ast.Type, value any) (any, []problem) {
	if value == nil {
		if expected.NonNull {
			return nil, []problem{{explanation: "Expected value to not be null"}}
		}
		return nil, nil
	}
	if expected.Elem != nil {
		return coerceInputList(schema, expected.Elem, value)
	}
	definition := schema.Types[expected.NamedType]
	switch definition.Kind {
	case ast.InputObject:
		return coerceInputObject(schema, definition, value)
	case ast.Enum:
		name, isString := value.(string)
		if !isString || definition.EnumValues.ForName(name) == nil {
			return nil, []problem{{explanation: fmt.Sprintf("Expected %s to be one of: %s", printJSONValue(value), enumNames(definition))}}
		}
		return name, nil
	default:
		return coerceScalar(definition.Name, value)
	}
}

func coerceInputList(schema *ast.Schema, element *ast.Type, value any) (any, []problem) {
	items, isList := value.([]any)
	if !isList {
		items = []any{value}
	}
	var problems []problem
	coerced := make([]any, len(items))
	for i, item := range items {
		result, wrong := coerceInput(schema, element, item)
		for _, p := range wrong {
			problems = append(problems, p.within(i))
		}
		coerced[i] = result
	}
	return coerced, problems
}

func coerceInputObject(schema *ast.Schema, definition *ast.Definition, value any) (any, []problem) {
	fields, isMap := value.(map[string]any)
	if !isMap {
		return nil, []problem{{explanation: fmt.Sprintf("Expected %s to be a key-value object.", printJSONValue(value))}}
	}
	var problems []problem
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if definition.Fields.ForName(name) == nil {
			problems = append(problems, problem{path: []any{name}, explanation: "Field is not defined on " + definition.Name})
		}
	}
	coerced := map[string]any{}
	for _, field := range definition.Fields {
		item, given := fields[field.Name]
		if !given && field.DefaultValue != nil {
			coerced[field.Name] = constant(schema, field.DefaultValue, field.Type)
			continue
		}
		result, wrong := coerceInput(schema, field.Type, item)
		for _, p := range wrong {
			problems = append(problems, p.within(field.Name))
		}
		if given && len(wrong) == 0 {
			coerced[field.Name] = result
		}
	}
	return coerced, problems
}

// constant is a default, which was valid when it was written.
func constant(schema *ast.Schema, literal *ast.Value, expected *ast.Type) any {
	value, _ := literal.Value(nil)
	coerced, _ := coerceInput(schema, expected, value)
	return coerced
}

func enumNames(definition *ast.Definition) string {
	names := make([]string, len(definition.EnumValues))
	for i, value := range definition.EnumValues {
		names[i] = value.Name
	}
	return strings.Join(names, ", ")
}

// coerceScalar accepts what graphql-ruby's scalars accept: no strings for
// numbers, whole numbers for ids.
func coerceScalar(name string, value any) (any, []problem) {
	var coerced any
	switch name {
	case "String":
		if text, ok := value.(string); ok {
			coerced = text
		}
	case "Boolean":
		if condition, ok := value.(bool); ok {
			coerced = condition
		}
	case "Int":
		if number, ok := integer(value); ok && number >= math.MinInt32 && number <= math.MaxInt32 {
			coerced = int(number)
		}
	case "Float":
		if number, ok := float(value); ok {
			coerced = number
		}
	case "ID":
		if text, ok := value.(string); ok {
			coerced = text
		} else if number, ok := integer(value); ok {
			coerced = strconv.FormatInt(number, 10)
		}
	default:
		return coerceCustomScalar(name, value)
	}
	if coerced == nil {
		return nil, []problem{{explanation: fmt.Sprintf("Could not coerce value %s to %s", printJSONValue(value), name)}}
	}
	return coerced, nil
}

func integer(value any) (int64, bool) {
	if number, is := value.(json.Number); is {
		result, err := number.Int64()
		return result, err == nil
	}
	return wholeNumber(reflect.ValueOf(value))
}

func float(value any) (float64, bool) {
	if number, is := value.(json.Number); is {
		result, err := number.Float64()
		return result, err == nil
	}
	if number, is := value.(float64); is {
		return number, true
	}
	number, ok := integer(value)
	return float64(number), ok
}
