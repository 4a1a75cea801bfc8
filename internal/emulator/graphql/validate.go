package graphql

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// maxValidationErrors is how many errors GitLab lets validation report
// (validate_max_errors in app/graphql/gitlab_schema.rb).
const maxValidationErrors = 5

// ruleSet is what a document is held against, mergeRules what one without errors is: it
// compares each field with each.
var (
	ruleSet    = newRuleSet()
	mergeRules = rules.NewRules(rules.OverlappingFieldsCanBeMergedRule)
)

func newRuleSet() *rules.Rules {
	set := rules.NewRules()
	for _, wording := range wordings {
		if wording.rule.RuleFunc != nil {
			set.AddRule(wording.rule.Name, wording.rule.RuleFunc)
		}
	}
	return set
}

// validateDocument checks a document against the schema: gqlparser finds what is wrong,
// and it is told as graphql-ruby tells it (lib/graphql/static_validation).
func validateDocument(schema *ast.Schema, document *ast.QueryDocument) []*Error {
	errs := examine(schema, document).errors()
	if len(errs) == 0 {
		errs = mergeConflicts(validator.ValidateWithRules(schema, document, mergeRules))
	}
	return errs[:min(len(errs), maxValidationErrors)]
}

func examine(schema *ast.Schema, document *ast.QueryDocument) *report {
	found := validator.ValidateWithRules(schema, document, ruleSet)
	r := &report{schema: schema, spots: spotsOf(document), closed: map[any]bool{}}
	r.tell(found, closing)
	if len(r.closed) > 0 {
		r.removeClosed(document)
		found = validator.ValidateWithRules(schema, document, ruleSet)
	}
	r.tell(found, passing, late)
	return r
}

// removeClosed takes out of an invalid document what graphql-ruby does not look into:
// nothing in there is told, and nothing is used by it.
func (r *report) removeClosed(document *ast.QueryDocument) {
	for _, operation := range document.Operations {
		for _, variable := range operation.VariableDefinitions {
			variable.Used = false
		}
		operation.SelectionSet = r.open(operation, operation.SelectionSet)
	}
	for _, fragment := range document.Fragments {
		fragment.SelectionSet = r.open(fragment, fragment.SelectionSet)
	}
	for _, at := range r.spots.all {
		if directive, is := at.node.(*ast.Directive); is && (directive.Definition == nil || r.isClosed(at)) {
			directive.Arguments = nil
		}
	}
}

func (r *report) open(node any, selections ast.SelectionSet) ast.SelectionSet {
	if r.closed[node] {
		return nil
	}
	return slices.DeleteFunc(selections, func(selection ast.Selection) bool {
		switch selection := selection.(type) {
		case *ast.Field:
			selection.SelectionSet = r.open(selection, selection.SelectionSet)
		case *ast.InlineFragment:
			selection.SelectionSet = r.open(selection, selection.SelectionSet)
		}
		return r.closed[selection]
	})
}

// report gathers what graphql-ruby tells of a document.
type report struct {
	schema *ast.Schema
	spots  *spots
	closed map[any]bool
	told   []told

	// order and rank are those of the wording at work.
	order order
	rank  int
}

// told is an error and where it comes among the others.
type told struct {
	at          *spot
	phase, rank int
	err         *Error
}

// tell words what was found, for the wordings of some orders.
func (r *report) tell(found gqlerror.List, orders ...order) {
	for rank, wording := range wordings {
		if !slices.Contains(orders, wording.order) {
			continue
		}
		r.order, r.rank = wording.order, rank
		var places []*spot
		if wording.rule.Name == noRule.Name {
			places = slices.DeleteFunc(slices.Clone(r.spots.all), r.isClosed)
		}
		for _, finding := range found {
			if finding.Rule == wording.rule.Name {
				places = append(places, r.spots.at[Location(finding.Locations[0])]...)
			}
		}
		told := map[*spot]bool{}
		for _, at := range places {
			if !told[at] {
				told[at] = true
				wording.tell(r, at)
			}
		}
	}
}

// add tells an error, once for whatever found it. Without positions it is where the spot is.
func (r *report) add(at *spot, message string, extensions map[string]any, positions ...*ast.Position) {
	r.addAt(at, at.path(), message, extensions, positions...)
}

func (r *report) addAt(at *spot, path []any, message string, extensions map[string]any, positions ...*ast.Position) {
	if slices.ContainsFunc(r.told, func(t told) bool { return t.at == at && t.err.Message == message }) {
		return
	}
	if len(positions) == 0 {
		positions = []*ast.Position{at.position}
	}
	err := &Error{Message: message, Locations: locationsOf(positions...), Path: path, Extensions: extensions}
	phase := 0
	switch r.order {
	case closing:
		r.closed[at.node] = true
	case late:
		phase = r.rank
	}
	r.told = append(r.told, told{at: at, phase: phase, rank: r.rank, err: err})
}

// hasToldOf says whether something was told on the way to the end of a spot, under its
// path.
func (r *report) hasToldOf(at *spot) bool {
	path := at.path()
	return slices.ContainsFunc(r.told, func(t told) bool {
		return (t.at.order < at.order || t.at.isWithin(at)) && len(t.err.Path) >= len(path) && slices.Equal(t.err.Path[:len(path)], path)
	})
}

// isClosed says whether graphql-ruby does not look at a node, or into it.
func (r *report) isClosed(at *spot) bool {
	return at != nil && (r.closed[at.node] || r.isClosed(at.parent))
}

func (r *report) errors() []*Error {
	slices.SortStableFunc(r.told, func(a, b told) int {
		return cmp.Or(
			cmp.Compare(a.phase, b.phase), cmp.Compare(a.at.order, b.at.order), cmp.Compare(a.rank, b.rank),
			cmp.Compare(a.err.Locations[0].Line, b.err.Locations[0].Line), cmp.Compare(a.err.Locations[0].Column, b.err.Locations[0].Column),
		)
	})
	var errs []*Error
	for _, told := range r.told {
		if !r.isClosed(told.at.parent) {
			errs = append(errs, told.err)
		}
	}
	return errs
}

// namesakes are the positions of a node and of those beside it that have its name.
func (r *report) namesakes(at *spot) []*ast.Position {
	var positions []*ast.Position
	for _, other := range r.spots.all {
		if other.parent == at.parent && other.name == at.name && fmt.Sprintf("%T", other.node) == fmt.Sprintf("%T", at.node) {
			positions = append(positions, other.position)
		}
	}
	return positions
}

// code is an error's extensions: its code and pairs of a key and a value.
func code(name string, pairs ...string) map[string]any {
	extensions := map[string]any{"code": name}
	for i := 0; i+1 < len(pairs); i += 2 {
		extensions[pairs[i]] = pairs[i+1]
	}
	return extensions
}
