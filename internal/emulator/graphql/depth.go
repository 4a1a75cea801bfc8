package graphql

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// maxRecursion is how often GitLab lets a field with selections occur in one
// branch of a document (lib/gitlab/graphql/query_analyzers/ast/recursion_analyzer.rb).
const maxRecursion = 2

var recursionIgnored = []string{"edges", "node", "nodes", "ofType"}

// limitErrors holds a document against GitLab's analyzers, in their order.
func limitErrors(selections *selector, operation *ast.OperationDefinition, complexity int, limits Limits) []*Error {
	measured := &measure{selections: selections, fragments: map[*ast.FragmentDefinition]*branch{}}
	branch := measured.of(operation.SelectionSet)

	var errs []*Error
	if recurring := branch.recurring(); recurring != "" {
		errs = append(errs, &Error{Message: fmt.Sprintf("Recursive query - too many of fields '{%s}' detected in single branch of the query", recurring)})
	}
	if limits.Depth > 0 && branch.depth > limits.Depth {
		errs = append(errs, &Error{Message: fmt.Sprintf("Query has depth of %d, which exceeds max depth of %d", branch.depth, limits.Depth)})
	}
	if err := complexityError(complexity, limits.Complexity); err != nil {
		errs = append(errs, err)
	}
	return errs
}

// branch describes the deepest branch below a selection set, and how often each
// field with selections occurs in the branch where it occurs most.
type branch struct {
	depth   int
	repeats map[string]int
}

func (b *branch) include(other *branch) {
	b.depth = max(b.depth, other.depth)
	for name, count := range other.repeats {
		b.repeats[name] = max(b.repeats[name], count)
	}
}

func (b *branch) recurring() string {
	var fields []string
	for _, name := range slices.Sorted(maps.Keys(b.repeats)) {
		if b.repeats[name] > maxRecursion && !slices.Contains(recursionIgnored, name) {
			fields = append(fields, fmt.Sprintf("%q=>%d", name, b.repeats[name]))
		}
	}
	return strings.Join(fields, ", ")
}

// measure computes branches, each fragment once: spreading fragments within
// fragments would otherwise take exponential time.
type measure struct {
	selections *selector
	fragments  map[*ast.FragmentDefinition]*branch
}

func (m *measure) of(set ast.SelectionSet) *branch {
	result := &branch{repeats: map[string]int{}}
	for _, selection := range set {
		switch selection := selection.(type) {
		case *ast.Field:
			if m.selections.included(selection.Directives) {
				result.include(m.field(selection))
			}
		case *ast.InlineFragment:
			if m.selections.included(selection.Directives) {
				result.include(m.of(selection.SelectionSet))
			}
		case *ast.FragmentSpread:
			if m.selections.included(selection.Directives) {
				result.include(m.fragment(selection.Definition))
			}
		}
	}
	return result
}

func (m *measure) field(field *ast.Field) *branch {
	below := m.of(field.SelectionSet)
	below.depth++
	if len(field.SelectionSet) > 0 {
		below.repeats[field.Name]++
	}
	return below
}

func (m *measure) fragment(fragment *ast.FragmentDefinition) *branch {
	if m.fragments[fragment] == nil {
		m.fragments[fragment] = m.of(fragment.SelectionSet)
	}
	return m.fragments[fragment]
}
