package graphql

import (
	"fmt"
	"regexp"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

var (
	conflictKeyPattern    = regexp.MustCompile(`(?:Fields|subfields) "(\w+)" conflict because `)
	conflictFieldsPattern = regexp.MustCompile(`"?(\w+)"? and "?(\w+)"? are different fields`)
)

// mergeConflicts finds fields of one response key that cannot be merged.
// gqlparser decides; its findings are told in graphql-ruby's form.
func mergeConflicts(schema *ast.Schema, document *ast.QueryDocument) []*Error {
	var errs []*Error
	for _, found := range validator.ValidateWithRules(schema, document, rules.NewRules(rules.OverlappingFieldsCanBeMergedRule)) {
		keys := conflictKeyPattern.FindAllStringSubmatch(found.Message, -1)
		if len(keys) == 0 {
			errs = append(errs, &Error{Message: found.Message, Path: []any{}, Extensions: code("fieldConflict")})
			continue
		}
		key := keys[len(keys)-1][1]
		kind, conflicts := "an argument", "differing arguments"
		if fields := conflictFieldsPattern.FindStringSubmatch(found.Message); fields != nil {
			kind, conflicts = "a field", fields[1]+" or "+fields[2]
		}
		locations := []Location{}
		for _, location := range found.Locations {
			locations = append(locations, Location{Line: location.Line, Column: location.Column})
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
