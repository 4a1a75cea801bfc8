package graphql

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// run executes a prepared request, field by field in the order they are
// written, so that the fields of a mutation never overlap.
func (e *Engine) run(ctx context.Context, prepared *preparedRequest, limits Limits) Response {
	if prepared.operation == nil {
		return Response{}
	}
	execution := &execution{
		ctx:      context.WithValue(ctx, complexityKey{}, weight{limit: limits.Complexity, score: prepared.complexity}),
		engine:   e,
		selector: &selector{schema: e.schema, variables: prepared.variables},
	}
	root := operationRoot(e.schema, prepared.operation.Operation)
	object, err := execution.object(root, []ast.SelectionSet{prepared.operation.SelectionSet}, nil, nil)
	if err != nil && !errors.Is(err, errNull) {
		return Response{Internal: err}
	}
	if object == nil {
		return Response{Data: json.RawMessage("null"), Errors: execution.errors}
	}
	var data bytes.Buffer
	if err := appendJSON(&data, object); err != nil {
		return Response{Internal: err}
	}
	return Response{Data: data.Bytes(), Errors: execution.errors}
}

type responseKey struct{}

// MutationKey is the key in the answer of the mutation that a resolver runs: its
// alias, else its name. Outside of a mutation's resolver it is "".
func MutationKey(ctx context.Context) string {
	key, _ := ctx.Value(responseKey{}).(string)
	return key
}

// errNull travels upwards from a null in a place that cannot be null, up to the
// nearest place that can.
var errNull = errors.New("null in a non-null place")

type execution struct {
	ctx      context.Context
	engine   *Engine
	selector *selector
	errors   []*Error
}

// place is where a value goes: what asked for it, and under which path.
type place struct {
	parent *ast.Definition
	field  *responseField
	path   []any
}

func (x *execution) report(at place, message string) {
	x.errors = append(x.errors, &Error{
		Message:   message,
		Locations: locationsOf(at.field.nodes[0].Position),
		Path:      at.path,
	})
}

// object executes selection sets on a value of an object type.
func (x *execution) object(definition *ast.Definition, sets []ast.SelectionSet, source any, path []any) (*orderedObject, error) {
	object := &orderedObject{}
	for _, field := range x.selector.collect(definition, sets) {
		at := place{parent: definition, field: field, path: append(slices.Clip(path), field.key)}
		value, err := x.field(at, source)
		if err != nil {
			return nil, err
		}
		object.add(field.key, value)
	}
	return object, nil
}

func (x *execution) field(at place, source any) (any, error) {
	node := at.field.nodes[0]
	if node.Name == typename {
		return at.parent.Name, nil
	}
	definition := at.parent.Fields.ForName(node.Name)
	value, err := x.resolve(at.parent, definition, node, source)
	var userError *UserError
	switch {
	case errors.As(err, &userError):
		x.report(at, userError.Message)
		if definition.Type.NonNull {
			return nil, errNull
		}
		return nil, nil
	case err != nil:
		return nil, err
	}
	completed, err := x.complete(at, definition.Type, value)
	if errors.Is(err, errNull) && !definition.Type.NonNull {
		return nil, nil
	}
	return completed, err
}

// resolve calls a field's resolver. A panic in it fails the request, not the
// server.
func (x *execution) resolve(parent *ast.Definition, definition *ast.FieldDefinition, node *ast.Field, source any) (value any, err error) {
	coordinate := parent.Name + "." + definition.Name
	if err := x.ctx.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", coordinate, err)
	}
	defer func() {
		if recovered := recover(); recovered != nil {
			err = fmt.Errorf("%s: panic: %v", coordinate, recovered)
		}
	}()
	resolver, ok := x.engine.resolvers[coordinate]
	if !ok {
		fields, isMap := source.(map[string]any)
		if !isMap {
			return nil, nil
		}
		value = fields[definition.Name]
		if resolver, ok = value.(Resolver); !ok {
			return value, nil
		}
	}
	ctx := x.ctx
	if parent == x.engine.schema.Mutation {
		ctx = context.WithValue(ctx, responseKey{}, node.Alias)
	}
	value, err = resolver(ctx, source, x.selector.arguments(node))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", coordinate, err)
	}
	return value, nil
}

// complete turns a resolved value into what the answer holds.
func (x *execution) complete(at place, expected *ast.Type, value any) (any, error) {
	if isNull(value) {
		if !expected.NonNull {
			return nil, nil
		}
		x.report(at, "Cannot return null for non-nullable field "+at.parent.Name+"."+at.field.nodes[0].Name)
		return nil, errNull
	}
	if expected.Elem != nil {
		return x.list(at, expected.Elem, value)
	}
	definition := x.engine.schema.Types[expected.NamedType]
	switch definition.Kind {
	case ast.Scalar, ast.Enum:
		leaf, err := completeLeaf(definition, value)
		if err != nil {
			return nil, fmt.Errorf("%s.%s: %w", at.parent.Name, at.field.nodes[0].Name, err)
		}
		return leaf, nil
	case ast.Interface, ast.Union:
		concrete, err := x.concrete(definition, value)
		if err != nil {
			return nil, fmt.Errorf("%s.%s: %w", at.parent.Name, at.field.nodes[0].Name, err)
		}
		return x.selected(at, expected, concrete, value)
	default:
		return x.selected(at, expected, definition, value)
	}
}

// isConcealed says whether values of an object type are null to who asks.
func (x *execution) isConcealed(name string) bool {
	return x.engine.conceals != nil && x.engine.conceals(x.ctx, name)
}

// isFiltered says whether a list leaves its elements out: connections hold no items of
// concealed types.
func (x *execution) isFiltered(parent *ast.Definition, element *ast.Type) bool {
	if !strings.HasSuffix(parent.Name, "Connection") {
		return false
	}
	if edge := x.engine.schema.Types[element.Name()]; strings.HasSuffix(edge.Name, "Edge") {
		element = edge.Fields.ForName("node").Type
	}
	return x.isConcealed(element.Name())
}

func (x *execution) selected(at place, expected *ast.Type, concrete *ast.Definition, value any) (any, error) {
	if x.isConcealed(concrete.Name) {
		return x.complete(at, expected, nil)
	}
	object, err := x.object(concrete, subselections(at.field.nodes), value, at.path)
	if err != nil {
		return nil, err
	}
	return object, nil
}

func (x *execution) list(at place, element *ast.Type, value any) (any, error) {
	items, ok := listItems(value)
	if !ok {
		return nil, fmt.Errorf("%s.%s: %T is no list", at.parent.Name, at.field.nodes[0].Name, value)
	}
	if x.isFiltered(at.parent, element) {
		return []any{}, nil
	}
	completed := make([]any, 0, len(items))
	for i, item := range items {
		itemAt := place{parent: at.parent, field: at.field, path: append(slices.Clip(at.path), i)}
		if element.NonNull && isNull(item) {
			x.report(itemAt, fmt.Sprintf("Cannot return null for non-nullable element of type '%s' for %s.%s", element, at.parent.Name, at.field.nodes[0].Name))
			return nil, errNull
		}
		result, err := x.complete(itemAt, element, item)
		switch {
		case errors.Is(err, errNull) && !element.NonNull:
			result = nil
		case err != nil:
			return nil, err
		}
		completed = append(completed, result)
	}
	return completed, nil
}

// concrete finds the object type of a value of an abstract type.
func (x *execution) concrete(abstract *ast.Definition, value any) (definition *ast.Definition, err error) {
	defer func() {
		if recovered := recover(); recovered != nil {
			err = fmt.Errorf("panic: %v", recovered)
		}
	}()
	name := ""
	if x.engine.typeOf != nil {
		name = x.engine.typeOf(value)
	}
	if fields, isMap := value.(map[string]any); name == "" && isMap {
		name, _ = fields[typename].(string)
	}
	for _, possible := range x.engine.schema.GetPossibleTypes(abstract) {
		if possible.Name == name {
			return possible, nil
		}
	}
	return nil, fmt.Errorf("%q is no type of %s", name, abstract.Name)
}

// orderedObject is a JSON object whose keys keep the order of the document.
type orderedObject struct {
	keys   []string
	values []any
}

func (o *orderedObject) add(key string, value any) {
	o.keys = append(o.keys, key)
	o.values = append(o.values, value)
}

// appendJSON writes a completed value in one pass.
func appendJSON(out *bytes.Buffer, value any) error {
	switch value := value.(type) {
	case *orderedObject:
		out.WriteByte('{')
		for i, key := range value.keys {
			if i > 0 {
				out.WriteByte(',')
			}
			out.WriteString(`"` + key + `":`)
			if err := appendJSON(out, value.values[i]); err != nil {
				return err
			}
		}
		out.WriteByte('}')
	case []any:
		out.WriteByte('[')
		for i, item := range value {
			if i > 0 {
				out.WriteByte(',')
			}
			if err := appendJSON(out, item); err != nil {
				return err
			}
		}
		out.WriteByte(']')
	default:
		encoded, err := encodeJSON(value)
		if err != nil {
			return err
		}
		out.Write(encoded)
	}
	return nil
}
