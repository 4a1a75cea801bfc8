package graphql

import (
	"context"
	"reflect"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql/introspection"
	"github.com/vektah/gqlparser/v2/ast"
)

// introspectionResolvers answer __schema and __type from the loaded schema.
func introspectionResolvers(schema *ast.Schema) map[string]Resolver {
	resolvers := map[string]Resolver{
		"Query.__schema": func(context.Context, any, map[string]any) (any, error) {
			return introspection.WrapSchema(schema), nil
		},
		"Query.__type": func(_ context.Context, _ any, args map[string]any) (any, error) {
			name, _ := args["name"].(string)
			return introspection.WrapTypeFromDef(schema, schema.Types[name]), nil
		},
	}
	for _, definition := range schema.Types {
		if definition.Kind == ast.Object && strings.HasPrefix(definition.Name, "__") {
			for _, field := range definition.Fields {
				resolvers[definition.Name+"."+field.Name] = described(field.Name)
			}
		}
	}
	return resolvers
}

// listOwners are the kinds of types that have a list; other kinds have null there, where
// gqlgen answers an empty one.
var listOwners = map[string][]ast.DefinitionKind{
	"fields":        {ast.Object, ast.Interface},
	"interfaces":    {ast.Object, ast.Interface},
	"inputFields":   {ast.InputObject},
	"enumValues":    {ast.Enum},
	"possibleTypes": {ast.Interface, ast.Union},
}

// described reads a field of an introspection type from gqlgen's value of that type, where
// it is a method or a field of the same name.
func described(name string) Resolver {
	member := strings.ToUpper(name[:1]) + name[1:]
	return func(_ context.Context, source any, args map[string]any) (any, error) {
		value := reflect.ValueOf(source)
		if value.Kind() != reflect.Pointer { // an element of one of gqlgen's lists; the methods are its pointer's
			value = reflect.New(value.Type())
			value.Elem().Set(reflect.ValueOf(source))
		}
		if owners, isList := listOwners[name]; isList {
			if described, is := value.Interface().(*introspection.Type); is && !slices.Contains(owners, ast.DefinitionKind(described.Kind())) {
				return nil, nil
			}
		}
		includeDeprecated, _ := args["includeDeprecated"].(bool)
		result := value.Elem()
		if method := value.MethodByName(member); !method.IsValid() {
			result = result.FieldByName(member)
		} else if method.Type().NumIn() == 0 {
			result = method.Call(nil)[0]
		} else {
			result = method.Call([]reflect.Value{reflect.ValueOf(includeDeprecated)})[0]
		}
		if inputs, is := result.Interface().([]introspection.InputValue); is && !includeDeprecated { // gqlgen leaves this to its caller
			return slices.DeleteFunc(slices.Clone(inputs), func(i introspection.InputValue) bool { return i.IsDeprecated() }), nil
		}
		return result.Interface(), nil
	}
}
