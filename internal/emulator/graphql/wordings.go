package graphql

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// wording is how graphql-ruby tells what a rule finds.
type wording struct {
	rule  validator.Rule
	order order
	// tell is called for each node where the rule found something, without a rule for all.
	tell func(r *report, at *spot)
}

// noRule is where gqlparser's cannot decide: values are GitLab's scalars, and what a
// default makes of a variable graphql-ruby sees otherwise.
var noRule = validator.Rule{}

// order is when graphql-ruby tells something.
type order int

const (
	// passing errors are told in the order of the document.
	passing order = iota
	// closing ones as well; graphql-ruby does not look into their node.
	closing
	// late ones are told at the end, rule by rule.
	late
)

// wordings are in graphql-ruby's order.
var wordings = []wording{
	{rules.KnownRootTypeRule, closing, on(func(r *report, at *spot, operation *ast.OperationDefinition) {
		kind := string(operation.Operation)
		r.add(at, fmt.Sprintf("Schema is not configured for %ss", kind), code("missing"+strings.ToUpper(kind[:1])+kind[1:]+"Configuration"))
	})},
	{rules.KnownTypeNamesRuleWithoutSuggestions, closing, fragmentCondition("No such type %s, so it can't be a fragment condition", "undefinedType")},
	{rules.FragmentsOnCompositeTypesRule, closing, fragmentCondition("Invalid fragment on type %s (must be Union, Interface or Object)", "fragmentOnNonCompositeType")},
	{rules.FieldsOnCorrectTypeRuleWithoutSuggestions, closing, on(undefinedField)},
	{rules.ScalarLeafsRuleWithoutSuggestions, closing, on(unfitSelections)},
	{rules.KnownDirectivesRule, closing, on(undefinedDirective)},

	{rules.UniqueVariableNamesRule, passing, unique("There can only be one variable named %q", "variableNotUnique", "variableName")},
	{rules.KnownTypeNamesRuleWithoutSuggestions, passing, variableType("defined")},
	{rules.VariablesAreInputTypesRule, passing, variableType("valid")},
	{rules.PossibleFragmentSpreadsRule, passing, on(func(r *report, at *spot, fragment *ast.InlineFragment) {
		impossibleSpread(r, at, fragment.TypeCondition, fragment.ObjectDefinition, "", "unknown")
	})},
	{rules.KnownDirectivesRule, passing, on(misplacedDirective)},
	{rules.ProvidedRequiredArgumentsRule, passing, missingArguments},
	{noRule, passing, on(inputObject)},
	{rules.UniqueArgumentNamesRule, passing, unique("There can be only one argument named %q", "argumentNotUnique", "name")},
	{rules.UniqueInputFieldNamesRule, passing, unique("There can be only one input field named %q", "inputFieldNotUnique", "name")},
	{rules.KnownArgumentNamesRuleWithoutSuggestions, passing, unknownArguments},
	{rules.UniqueDirectivesPerLocationRule, passing, unique("The directive %q can only be used once at this location.", "directiveNotUniqueForLocation", "directiveName")},
	{noRule, passing, on(variablePosition)},
	{noRule, passing, on(literal)},

	{rules.NoUnusedVariablesRule, late, on(func(r *report, at *spot, _ *ast.VariableDefinition) {
		if operation, is := at.parent.node.(*ast.OperationDefinition); is && !operation.VariableDefinitions.ForName(at.name).Used {
			r.add(at.parent, fmt.Sprintf("Variable $%s is declared by %s but not used", at.name, describe(at.parent)), code("variableNotUsed", "variableName", at.name))
		}
	})},
	{undeclaredVariables, late, on(func(r *report, at *spot, value *ast.Value) {
		r.add(at, fmt.Sprintf("Variable $%s is used by %s but not declared", value.Raw, describe(at.definition())), code("variableNotDefined", "variableName", value.Raw))
	})},
	{rules.PossibleFragmentSpreadsRule, late, on(func(r *report, at *spot, spread *ast.FragmentSpread) {
		impossibleSpread(r, at, spread.Definition.TypeCondition, spread.ObjectDefinition, " "+spread.Name, " "+spread.Name)
	})},
	{rules.KnownFragmentNamesRule, late, fragmentNamed[*ast.FragmentSpread]("Fragment %s was used, but not defined", "useAndDefineFragment")},
	{unusedFragments, late, fragmentNamed[*ast.FragmentDefinition]("Fragment %s was defined, but not used", "useAndDefineFragment")},
	{fragmentLoops, late, fragmentNamed[*ast.FragmentDefinition]("Fragment %s contains an infinite loop", "infiniteLoop")},
	{rules.UniqueFragmentNamesRule, late, unique("Fragment name %q must be unique", "fragmentNotUnique", "fragmentName")},
	{rules.LoneAnonymousOperationRule, late, on(func(r *report, at *spot, _ *ast.OperationDefinition) {
		r.add(at.parent, "Operation name is required when multiple operations are present", code("uniquelyNamedOperations"), r.namesakes(at)...)
	})},
	{rules.UniqueOperationNamesRule, late, unique("Operation name %q must be unique", "uniquelyNamedOperations", "operationName")},
}

// on is a wording for nodes of one type.
func on[Node any](tell func(*report, *spot, Node)) func(*report, *spot) {
	return func(r *report, at *spot) {
		if node, is := at.node.(Node); is {
			tell(r, at, node)
		}
	}
}

// unique is the wording of rules about names that occur twice.
func unique(format, name, key string) func(*report, *spot) {
	return func(r *report, at *spot) {
		if positions := r.namesakes(at); at.name != "" && len(positions) > 1 {
			r.add(at.parent, fmt.Sprintf(format, at.name), code(name, key, at.name), positions...)
		}
	}
}

func fragmentCondition(format, name string) func(*report, *spot) {
	return func(r *report, at *spot) {
		condition := ""
		switch node := at.node.(type) {
		case *ast.FragmentDefinition:
			condition = node.TypeCondition
		case *ast.InlineFragment:
			condition = node.TypeCondition
		default:
			return
		}
		r.add(at, fmt.Sprintf(format, condition), code(name, "typeName", condition))
	}
}

func fragmentNamed[Node any](format, name string) func(*report, *spot) {
	return on(func(r *report, at *spot, _ Node) {
		r.add(at, fmt.Sprintf(format, at.name), code(name, "fragmentName", at.name))
	})
}

func variableType(adjective string) func(*report, *spot) {
	return on(func(r *report, at *spot, variable *ast.VariableDefinition) {
		name := variable.Type.Name()
		r.add(at, fmt.Sprintf("%s isn't a %s input type (on $%s)", name, adjective, at.name),
			code("variableRequiresValidType", "typeName", name, "variableName", at.name))
	})
}

func impossibleSpread(r *report, at *spot, condition string, on *ast.Definition, label, fragmentName string) {
	if r.schema.Types[condition].Kind == ast.Union {
		return
	}
	r.add(at, fmt.Sprintf("Fragment%s on %s can't be spread inside %s", label, condition, on.Name),
		code("cannotSpreadFragment", "typeName", condition, "fragmentName", fragmentName, "parentName", on.Name))
}

func undefinedField(r *report, at *spot, field *ast.Field) {
	on := field.ObjectDefinition
	if on.Kind == ast.Union {
		r.add(at, fmt.Sprintf("Selections can't be made directly on unions (see selections on %s)", on.Name), code("selectionMismatch", "nodeName", on.Name))
		return
	}
	r.add(at, fmt.Sprintf("Field '%s' doesn't exist on type '%s'", field.Name, on.Name), code("undefinedField", "typeName", on.Name, "fieldName", field.Name))
}

func unfitSelections(r *report, at *spot, field *ast.Field) {
	result := field.Definition.Type.Name()
	node := fmt.Sprintf("field '%s'", field.Name)
	message := fmt.Sprintf("Field must have selections (%s returns %s but has no selections. Did you mean '%s { ... }'?)", node, result, field.Name)
	if len(field.SelectionSet) > 0 {
		var names []string
		for _, selection := range field.SelectionSet {
			name := r.spots.of[selection].name
			if fragment, is := selection.(*ast.InlineFragment); is {
				name = "... on " + fragment.TypeCondition + " { ... }"
			}
			names = append(names, `"`+name+`"`)
		}
		kind := strings.ToLower(string(r.schema.Types[result].Kind))
		message = fmt.Sprintf("Selections can't be made on %ss (%s returns %s but has selections [%s])", kind, node, result, strings.Join(names, ", "))
	}
	r.add(at, message, code("selectionMismatch", "nodeName", node, "typeName", result))
}

// owner is what arguments are given to: a field, a directive or an input object.
type owner struct {
	*spot
	kind, name  string
	given       ast.ArgumentList
	definitions ast.ArgumentDefinitionList
}

func ownerAt(at *spot) (owner, bool) {
	switch node := at.node.(type) {
	case *ast.Field:
		return owner{at, "Field", node.Alias, node.Arguments, node.Definition.Arguments}, true
	case *ast.Directive:
		return owner{at, "Directive", node.Name, node.Arguments, node.Definition.Arguments}, true
	case *ast.Value:
		return owner{spot: at, kind: "InputObject", name: node.Definition.Name}, true
	}
	return owner{}, false
}

func missingArguments(r *report, at *spot) {
	owner, is := ownerAt(at)
	if !is {
		return
	}
	var missing []string
	for _, definition := range owner.definitions {
		if definition.Type.NonNull && definition.DefaultValue == nil && owner.given.ForName(definition.Name) == nil {
			missing = append(missing, definition.Name)
		}
	}
	list := strings.Join(missing, ", ")
	r.add(at, fmt.Sprintf("%s '%s' is missing required arguments: %s", owner.kind, at.name, list),
		code("missingRequiredArguments", "className", owner.kind, "name", at.name, "arguments", list))
}

func unknownArguments(r *report, at *spot) {
	owner, is := ownerAt(at)
	for _, argument := range owner.given {
		if is && owner.definitions.ForName(argument.Name) == nil {
			owner.refuse(r, r.spots.of[argument])
		}
	}
}

func (o owner) refuse(r *report, argument *spot) {
	r.add(argument, fmt.Sprintf("%s '%s' doesn't accept argument '%s'", o.kind, o.name, argument.name),
		code("argumentNotAccepted", "name", o.name, "typeName", o.kind, "argumentName", argument.name))
}

var locationNames = map[ast.DirectiveLocation]string{
	ast.LocationQuery:              "queries",
	ast.LocationMutation:           "mutations",
	ast.LocationSubscription:       "subscriptions",
	ast.LocationField:              "fields",
	ast.LocationFragmentDefinition: "fragment definitions",
	ast.LocationFragmentSpread:     "fragment spreads",
	ast.LocationInlineFragment:     "inline fragments",
	ast.LocationVariableDefinition: "variable definitions",
}

func misplacedDirective(r *report, at *spot, directive *ast.Directive) {
	if directive.Definition == nil {
		return
	}
	var allowed []string
	for _, possible := range directive.Definition.Locations {
		allowed = append(allowed, locationNames[possible])
	}
	target := locationNames[directive.Location]
	r.add(at, fmt.Sprintf("'@%s' can't be applied to %s (allowed: %s)", at.name, target, strings.Join(allowed, ", ")),
		code("directiveCannotBeApplied", "targetName", target, "name", at.name))
}

// undefinedDirective tells of a directive once, with all its places.
func undefinedDirective(r *report, _ *spot, directive *ast.Directive) {
	var places []*spot
	var positions []*ast.Position
	for _, other := range r.spots.all {
		if node, is := other.node.(*ast.Directive); is && node.Name == directive.Name && !r.isClosed(other.parent) {
			places, positions = append(places, other), append(positions, other.position)
		}
	}
	if directive.Definition == nil && len(places) > 0 {
		r.add(places[0], fmt.Sprintf("Directive @%s is not defined", directive.Name), code("undefinedDirective", "directiveName", directive.Name), positions...)
	}
}

func describe(definition *spot) string {
	if operation, is := definition.node.(*ast.OperationDefinition); is && operation.Name == "" {
		return "anonymous " + string(operation.Operation)
	}
	return definition.name
}

var (
	conflictKeyPattern    = regexp.MustCompile(`(?:Fields|subfields) "(\w+)" conflict because `)
	conflictFieldsPattern = regexp.MustCompile(`"?(\w+)"? and "?(\w+)"? are different fields`)
)

// mergeConflicts tells of fields of one response key that cannot be merged. Which, only
// gqlparser's words say.
func mergeConflicts(found gqlerror.List) []*Error {
	var errs []*Error
	for _, finding := range found {
		keys := conflictKeyPattern.FindAllStringSubmatch(finding.Message, -1)
		if len(keys) == 0 {
			errs = append(errs, &Error{Message: finding.Message, Path: []any{}, Extensions: code("fieldConflict")})
			continue
		}
		key := keys[len(keys)-1][1]
		kind, conflicts := "an argument", "differing arguments"
		if fields := conflictFieldsPattern.FindStringSubmatch(finding.Message); fields != nil {
			kind, conflicts = "a field", fields[1]+" or "+fields[2]
		}
		locations := []Location{}
		for _, location := range finding.Locations {
			locations = append(locations, Location(location))
		}
		errs = append(errs, &Error{
			Message:    fmt.Sprintf("Field '%s' has %s conflict: %s?", key, kind, conflicts),
			Locations:  locations,
			Path:       []any{},
			Extensions: code("fieldConflict", "fieldName", key, "conflicts", conflicts),
		})
	}
	return errs
}
