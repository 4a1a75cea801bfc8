package graphql

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// maxValidationErrors is how many errors GitLab lets validation report
// (validate_max_errors in app/graphql/gitlab_schema.rb).
const maxValidationErrors = 5

// validateDocument checks a document against the schema. Rules, their order and
// their words are graphql-ruby's (lib/graphql/static_validation).
func validateDocument(schema *ast.Schema, document *ast.QueryDocument) []*Error {
	v := &validation{schema: schema, document: document, directives: map[string]*Error{}}
	for _, operation := range document.Operations {
		v.operation(operation)
	}
	for _, fragment := range document.Fragments {
		v.fragmentDefinition(fragment)
	}
	v.variableUse()
	v.spreadTypes()
	v.fragmentUse()
	v.names()
	if len(v.errors) == 0 {
		v.errors = mergeConflicts(schema, document)
	}
	return v.errors[:min(len(v.errors), maxValidationErrors)]
}

// validation walks a document once and gathers what the rules over the whole
// document need.
type validation struct {
	schema   *ast.Schema
	document *ast.QueryDocument
	errors   []*Error
	path     []any

	// scope is the operation or fragment being walked.
	scope  *scope
	scopes []*scope
	// declared are the variables of the operation walked last.
	declared ast.VariableDefinitionList
	// directives holds the one error per undefined directive.
	directives map[string]*Error
}

func (v *validation) add(message string, extensions map[string]any, positions ...*ast.Position) *Error {
	return v.addAt(slices.Clone(v.path), message, extensions, positions...)
}

func (v *validation) addAt(path []any, message string, extensions map[string]any, positions ...*ast.Position) *Error {
	err := &Error{Message: message, Locations: locationsOf(positions...), Path: path, Extensions: extensions}
	v.errors = append(v.errors, err)
	return err
}

// within runs a check one step further down the path.
func (v *validation) within(step any, check func()) {
	v.path = append(v.path, step)
	check()
	v.path = v.path[:len(v.path)-1]
}

func (v *validation) operation(operation *ast.OperationDefinition) {
	v.enter(&scope{operation: operation})
	v.declared = operation.VariableDefinitions
	v.within(operationStep(operation), func() {
		root := operationRoot(v.schema, operation.Operation)
		if root == nil {
			kind := string(operation.Operation)
			v.add(fmt.Sprintf("Schema is not configured for %ss", kind),
				code("missing"+strings.ToUpper(kind[:1])+kind[1:]+"Configuration"), operation.Position)
			return
		}
		v.variableDefinitions(operation)
		v.directiveList(operation.Directives, operationLocation(operation.Operation))
		v.selections(root, operation.SelectionSet)
	})
}

func (v *validation) fragmentDefinition(fragment *ast.FragmentDefinition) {
	v.enter(&scope{fragment: fragment})
	v.within("fragment "+fragment.Name, func() {
		definition := v.fragmentType(fragment.TypeCondition, fragment.Position)
		if definition == nil {
			return
		}
		v.directiveList(fragment.Directives, ast.LocationFragmentDefinition)
		v.selections(definition, fragment.SelectionSet)
	})
}

func (v *validation) selections(on *ast.Definition, selections ast.SelectionSet) {
	for _, selection := range selections {
		switch selection := selection.(type) {
		case *ast.Field:
			v.within(selection.Alias, func() { v.field(on, selection) })
		case *ast.InlineFragment:
			v.inlineFragment(on, selection)
		case *ast.FragmentSpread:
			v.within("... "+selection.Name, func() {
				v.scope.spreads = append(v.scope.spreads, spread{node: selection, on: on, path: slices.Clone(v.path)})
				v.directiveList(selection.Directives, ast.LocationFragmentSpread)
			})
		}
	}
}

func (v *validation) inlineFragment(on *ast.Definition, fragment *ast.InlineFragment) {
	if fragment.TypeCondition == "" {
		v.within("...", func() {
			v.directiveList(fragment.Directives, ast.LocationInlineFragment)
			v.selections(on, fragment.SelectionSet)
		})
		return
	}
	v.within("... on "+fragment.TypeCondition, func() {
		position := spreadPosition(fragment.Position)
		definition := v.fragmentType(fragment.TypeCondition, position)
		if definition == nil {
			return
		}
		v.spreadType(v.path, on, definition, "", position)
		v.directiveList(fragment.Directives, ast.LocationInlineFragment)
		v.selections(definition, fragment.SelectionSet)
	})
}

// fragmentType is the type of a fragment's condition, or nil after an error.
func (v *validation) fragmentType(name string, position *ast.Position) *ast.Definition {
	definition := v.schema.Types[name]
	if definition == nil {
		v.add(fmt.Sprintf("No such type %s, so it can't be a fragment condition", name),
			code("undefinedType", "typeName", name), position)
		return nil
	}
	if !definition.IsCompositeType() {
		v.add(fmt.Sprintf("Invalid fragment on type %s (must be Union, Interface or Object)", name),
			code("fragmentOnNonCompositeType", "typeName", name), position)
		return nil
	}
	return definition
}

func (v *validation) field(on *ast.Definition, field *ast.Field) {
	definition := fieldOf(on, field.Name)
	if definition == nil && on.Kind == ast.Union {
		v.add(fmt.Sprintf("Selections can't be made directly on unions (see selections on %s)", on.Name),
			code("selectionMismatch", "nodeName", on.Name), field.Position)
		return
	}
	if definition == nil {
		v.add(fmt.Sprintf("Field '%s' doesn't exist on type '%s'", field.Name, on.Name),
			code("undefinedField", "typeName", on.Name, "fieldName", field.Name), field.Position)
		return
	}
	result := v.schema.Types[definition.Type.Name()]
	if !v.fits(field, result) {
		return
	}
	v.requiredArguments("Field", field.Name, definition.Arguments, field.Arguments, field.Position)
	v.uniqueArguments(field.Arguments)
	owner := argumentOwner{kind: "Field", name: field.Alias, definitions: definition.Arguments, position: field.Position}
	for _, argument := range field.Arguments {
		v.argument(owner, argument)
	}
	v.directiveList(field.Directives, ast.LocationField)
	v.selections(result, field.SelectionSet)
}

// fits tells whether a field's selections go with its type: objects need some,
// leaves take none.
func (v *validation) fits(field *ast.Field, result *ast.Definition) bool {
	node := fmt.Sprintf("field '%s'", field.Name)
	extensions := code("selectionMismatch", "nodeName", node, "typeName", result.Name)
	switch {
	case result.IsLeafType() && len(field.SelectionSet) > 0:
		names := make([]string, len(field.SelectionSet))
		for i, selection := range field.SelectionSet {
			names[i] = selectionName(selection)
		}
		kind := strings.ToLower(string(result.Kind))
		v.add(fmt.Sprintf("Selections can't be made on %ss (%s returns %s but has selections [%s])", kind, node, result.Name, strings.Join(names, ", ")),
			extensions, field.Position)
		return false
	case !result.IsLeafType() && len(field.SelectionSet) == 0:
		v.add(fmt.Sprintf("Field must have selections (%s returns %s but has no selections. Did you mean '%s { ... }'?)", node, result.Name, field.Name),
			extensions, field.Position)
		return false
	}
	return true
}

func selectionName(selection ast.Selection) string {
	switch selection := selection.(type) {
	case *ast.Field:
		return `"` + selection.Name + `"`
	case *ast.FragmentSpread:
		return `"` + selection.Name + `"`
	case *ast.InlineFragment:
		return `"... on ` + selection.TypeCondition + ` { ... }"`
	}
	return ""
}

// code is an error's extensions: its code and pairs of a key and a value.
func code(name string, pairs ...string) map[string]any {
	extensions := map[string]any{"code": name}
	for i := 0; i+1 < len(pairs); i += 2 {
		extensions[pairs[i]] = pairs[i+1]
	}
	return extensions
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
