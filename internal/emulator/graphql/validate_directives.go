package graphql

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

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

func operationLocation(operation ast.Operation) ast.DirectiveLocation {
	return ast.DirectiveLocation(strings.ToUpper(string(operation)))
}

func (v *validation) directiveList(directives ast.DirectiveList, location ast.DirectiveLocation) {
	repeated := repetitions(directives, func(d *ast.Directive) (string, *ast.Position) { return d.Name, d.Position })
	for _, repetition := range repeated {
		v.add(fmt.Sprintf("The directive %q can only be used once at this location.", repetition.name),
			code("directiveNotUniqueForLocation", "directiveName", repetition.name), repetition.positions...)
	}
	for _, directive := range directives {
		v.directive(directive, location)
	}
}

func (v *validation) directive(directive *ast.Directive, location ast.DirectiveLocation) {
	definition := v.schema.Directives[directive.Name]
	if definition == nil {
		if err := v.directives[directive.Name]; err != nil {
			err.Locations = append(err.Locations, locationsOf(directive.Position)...)
			return
		}
		v.directives[directive.Name] = v.add(fmt.Sprintf("Directive @%s is not defined", directive.Name),
			code("undefinedDirective", "directiveName", directive.Name), directive.Position)
		return
	}
	if !slices.Contains(definition.Locations, location) {
		var allowed []string
		for _, possible := range definition.Locations {
			allowed = append(allowed, locationNames[possible])
		}
		v.add(fmt.Sprintf("'@%s' can't be applied to %s (allowed: %s)", directive.Name, locationNames[location], strings.Join(allowed, ", ")),
			code("directiveCannotBeApplied", "targetName", locationNames[location], "name", directive.Name), directive.Position)
	}
	v.requiredArguments("Directive", directive.Name, definition.Arguments, directive.Arguments, directive.Position)
	v.uniqueArguments(directive.Arguments)
	owner := argumentOwner{kind: "Directive", name: directive.Name, definitions: definition.Arguments, position: directive.Position}
	for _, argument := range directive.Arguments {
		v.argument(owner, argument)
	}
}
