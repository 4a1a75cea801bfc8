package graphql

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// typeDescription is the source of a __Type: a type, or a wrapper around one.
type typeDescription struct {
	definition *ast.Definition
	wrapper    *ast.Type
}

// inputDescription is the source of an __InputValue: an argument or a field of
// an input object.
type inputDescription struct {
	name         string
	typ          *ast.Type
	defaultValue *ast.Value
	description  string
	directives   ast.DirectiveList
}

// introspectionResolvers answer __schema and __type from the loaded schema.
func introspectionResolvers(schema *ast.Schema) map[string]Resolver {
	in := introspection{schema: schema}
	resolvers := map[string]Resolver{
		"Query.__schema": func(context.Context, any, map[string]any) (any, error) { return schema, nil },
		"Query.__type": func(_ context.Context, _ any, args map[string]any) (any, error) {
			name, _ := args["name"].(string)
			return in.named(name), nil
		},
	}
	describe(resolvers, "__Schema", map[string]func(*ast.Schema, bool) any{
		"description":      func(s *ast.Schema, _ bool) any { return optional(s.Description) },
		"types":            func(*ast.Schema, bool) any { return in.types() },
		"queryType":        func(s *ast.Schema, _ bool) any { return in.root(s.Query) },
		"mutationType":     func(s *ast.Schema, _ bool) any { return in.root(s.Mutation) },
		"subscriptionType": func(s *ast.Schema, _ bool) any { return in.root(s.Subscription) },
		"directives":       func(*ast.Schema, bool) any { return in.directives() },
	})
	describe(resolvers, "__Type", map[string]func(typeDescription, bool) any{
		"kind":           func(t typeDescription, _ bool) any { return in.kind(t) },
		"name":           func(t typeDescription, _ bool) any { return optional(t.name()) },
		"description":    func(t typeDescription, _ bool) any { return in.description(t) },
		"specifiedByURL": func(typeDescription, bool) any { return nil },
		"isOneOf": func(t typeDescription, _ bool) any {
			return t.definition != nil && t.definition.Kind == ast.InputObject && t.definition.Directives.ForName("oneOf") != nil
		},
		"fields":        in.fields,
		"inputFields":   in.inputFields,
		"enumValues":    in.enumValues,
		"interfaces":    func(t typeDescription, _ bool) any { return in.interfaces(t) },
		"possibleTypes": func(t typeDescription, _ bool) any { return in.possibleTypes(t) },
		"ofType":        func(t typeDescription, _ bool) any { return in.ofType(t) },
	})
	describe(resolvers, "__Field", map[string]func(*ast.FieldDefinition, bool) any{
		"name":              func(f *ast.FieldDefinition, _ bool) any { return f.Name },
		"description":       func(f *ast.FieldDefinition, _ bool) any { return optional(f.Description) },
		"args":              func(f *ast.FieldDefinition, all bool) any { return argumentDescriptions(f.Arguments, all) },
		"type":              func(f *ast.FieldDefinition, _ bool) any { return in.typeOf(f.Type) },
		"isDeprecated":      func(f *ast.FieldDefinition, _ bool) any { return isDeprecated(f.Directives) },
		"deprecationReason": func(f *ast.FieldDefinition, _ bool) any { return deprecationReason(f.Directives) },
	})
	describe(resolvers, "__InputValue", map[string]func(inputDescription, bool) any{
		"name":        func(i inputDescription, _ bool) any { return i.name },
		"description": func(i inputDescription, _ bool) any { return optional(i.description) },
		"type":        func(i inputDescription, _ bool) any { return in.typeOf(i.typ) },
		"defaultValue": func(i inputDescription, _ bool) any {
			if i.defaultValue == nil {
				return nil
			}
			return printLiteral(i.defaultValue)
		},
		"isDeprecated":      func(i inputDescription, _ bool) any { return isDeprecated(i.directives) },
		"deprecationReason": func(i inputDescription, _ bool) any { return deprecationReason(i.directives) },
	})
	describe(resolvers, "__EnumValue", map[string]func(*ast.EnumValueDefinition, bool) any{
		"name":              func(v *ast.EnumValueDefinition, _ bool) any { return v.Name },
		"description":       func(v *ast.EnumValueDefinition, _ bool) any { return optional(v.Description) },
		"isDeprecated":      func(v *ast.EnumValueDefinition, _ bool) any { return isDeprecated(v.Directives) },
		"deprecationReason": func(v *ast.EnumValueDefinition, _ bool) any { return deprecationReason(v.Directives) },
	})
	describe(resolvers, "__Directive", map[string]func(*ast.DirectiveDefinition, bool) any{
		"name":         func(d *ast.DirectiveDefinition, _ bool) any { return d.Name },
		"description":  func(d *ast.DirectiveDefinition, _ bool) any { return optional(d.Description) },
		"isRepeatable": func(d *ast.DirectiveDefinition, _ bool) any { return d.IsRepeatable },
		"locations":    func(d *ast.DirectiveDefinition, _ bool) any { return d.Locations },
		"args":         func(d *ast.DirectiveDefinition, all bool) any { return argumentDescriptions(d.Arguments, all) },
	})
	return resolvers
}

// describe registers the fields of one introspection type. The second argument
// of a field is includeDeprecated.
func describe[Source any](resolvers map[string]Resolver, typeName string, fields map[string]func(Source, bool) any) {
	for name, field := range fields {
		resolvers[typeName+"."+name] = func(_ context.Context, source any, args map[string]any) (any, error) {
			described, ok := source.(Source)
			if !ok {
				return nil, nil
			}
			includeDeprecated, _ := args["includeDeprecated"].(bool)
			return field(described, includeDeprecated), nil
		}
	}
}

type introspection struct{ schema *ast.Schema }

func (in introspection) named(name string) any {
	return in.root(in.schema.Types[name])
}

func (in introspection) root(definition *ast.Definition) any {
	if definition == nil {
		return nil
	}
	return typeDescription{definition: definition}
}

func (in introspection) types() []any {
	var types []any
	for _, name := range slices.Sorted(maps.Keys(in.schema.Types)) {
		types = append(types, in.named(name))
	}
	return types
}

func (in introspection) directives() []any {
	var directives []any
	for _, name := range slices.Sorted(maps.Keys(in.schema.Directives)) {
		directives = append(directives, in.schema.Directives[name])
	}
	return directives
}

func (in introspection) typeOf(typ *ast.Type) typeDescription {
	if typ.NonNull || typ.Elem != nil {
		return typeDescription{wrapper: typ}
	}
	return typeDescription{definition: in.schema.Types[typ.NamedType]}
}

func (in introspection) kind(t typeDescription) string {
	switch {
	case t.definition != nil:
		return string(t.definition.Kind)
	case t.wrapper.NonNull:
		return "NON_NULL"
	default:
		return "LIST"
	}
}

func (in introspection) ofType(t typeDescription) any {
	switch {
	case t.wrapper == nil:
		return nil
	case t.wrapper.NonNull:
		inner := *t.wrapper
		inner.NonNull = false
		return in.typeOf(&inner)
	default:
		return in.typeOf(t.wrapper.Elem)
	}
}

func (t typeDescription) name() string {
	if t.definition == nil {
		return ""
	}
	return t.definition.Name
}

func (in introspection) description(t typeDescription) any {
	if t.definition == nil {
		return nil
	}
	return optional(t.definition.Description)
}

func (in introspection) fields(t typeDescription, includeDeprecated bool) any {
	if t.definition == nil || t.definition.Kind != ast.Object && t.definition.Kind != ast.Interface {
		return nil
	}
	fields := []any{}
	for _, field := range t.definition.Fields {
		if !strings.HasPrefix(field.Name, "__") && (includeDeprecated || !isDeprecated(field.Directives)) {
			fields = append(fields, field)
		}
	}
	return fields
}

func (in introspection) inputFields(t typeDescription, includeDeprecated bool) any {
	if t.definition == nil || t.definition.Kind != ast.InputObject {
		return nil
	}
	inputs := []any{}
	for _, field := range t.definition.Fields {
		if includeDeprecated || !isDeprecated(field.Directives) {
			inputs = append(inputs, inputDescription{
				name: field.Name, typ: field.Type, defaultValue: field.DefaultValue,
				description: field.Description, directives: field.Directives,
			})
		}
	}
	return inputs
}

func argumentDescriptions(arguments ast.ArgumentDefinitionList, includeDeprecated bool) []any {
	inputs := []any{}
	for _, argument := range arguments {
		if includeDeprecated || !isDeprecated(argument.Directives) {
			inputs = append(inputs, inputDescription{
				name: argument.Name, typ: argument.Type, defaultValue: argument.DefaultValue,
				description: argument.Description, directives: argument.Directives,
			})
		}
	}
	return inputs
}

func (in introspection) enumValues(t typeDescription, includeDeprecated bool) any {
	if t.definition == nil || t.definition.Kind != ast.Enum {
		return nil
	}
	values := []any{}
	for _, value := range t.definition.EnumValues {
		if includeDeprecated || !isDeprecated(value.Directives) {
			values = append(values, value)
		}
	}
	return values
}

func (in introspection) interfaces(t typeDescription) any {
	if t.definition == nil || t.definition.Kind != ast.Object && t.definition.Kind != ast.Interface {
		return nil
	}
	interfaces := []any{}
	for _, name := range t.definition.Interfaces {
		interfaces = append(interfaces, in.named(name))
	}
	return interfaces
}

func (in introspection) possibleTypes(t typeDescription) any {
	if t.definition == nil || !t.definition.IsAbstractType() {
		return nil
	}
	possible := []any{}
	for _, definition := range possibleTypes(in.schema, t.definition) {
		possible = append(possible, in.root(definition))
	}
	return possible
}

func isDeprecated(directives ast.DirectiveList) bool {
	return directives.ForName("deprecated") != nil
}

func deprecationReason(directives ast.DirectiveList) any {
	directive := directives.ForName("deprecated")
	if directive == nil {
		return nil
	}
	if reason := directive.Arguments.ForName("reason"); reason != nil {
		return reason.Value.Raw
	}
	return "No longer supported"
}

func optional(text string) any {
	if text == "" {
		return nil
	}
	return text
}
