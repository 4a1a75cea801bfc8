package graphql

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// resolverExtra is what GitLab's BaseResolver charges for a resolver class,
// besides the selections.
const resolverExtra = 1

// namespaceProjectsExtra is the higher price of listing a namespace's projects.
const namespaceProjectsExtra = resolverExtra + 10

// defaultResolverComplexity lists the fields GitLab resolves with a class of
// their own (app/graphql/resolvers). Every other field costs 1.
func defaultResolverComplexity() map[string]int {
	return map[string]int{
		"Query.group":                      resolverExtra,
		"Query.groups":                     resolverExtra,
		"Query.metadata":                   resolverExtra,
		"Query.namespace":                  resolverExtra,
		"Query.project":                    resolverExtra,
		"Query.projects":                   resolverExtra,
		"Group.descendantGroups":           resolverExtra,
		"Group.projects":                   namespaceProjectsExtra,
		"Namespace.projects":               namespaceProjectsExtra,
		"Project.ciJobTokenAuthLogs":       resolverExtra,
		"Project.ciJobTokenScope":          resolverExtra,
		"Project.ciJobTokenScopeAllowlist": resolverExtra,
	}
}

// maxWeighedFields ends the weighing of documents that name one field again
// and again through fragments. GitLab ends it after 0.2 seconds; a number gives
// the same answer on every machine.
const maxWeighedFields = 100_000

// complexity weighs an operation as graphql-ruby's QueryComplexity with the
// prices of GitLab's BaseField: fields of one response key count once, and of
// the object types a selection can meet the dearest counts.
func (e *Engine) complexity(selections *selector, operation *ast.OperationDefinition) (int, *Error) {
	w := &weighing{engine: e, selections: selections}
	total := w.dearest([]ast.SelectionSet{operation.SelectionSet})
	if w.fields > maxWeighedFields {
		return 0, &Error{
			Message:    "Timeout on validation of query",
			Locations:  []Location{},
			Extensions: code("validationTimeout"),
		}
	}
	return total, nil
}

// weighing is the state of one complexity calculation.
type weighing struct {
	engine     *Engine
	selections *selector
	fields     int
}

func (w *weighing) dearest(sets []ast.SelectionSet) int {
	scopes := newComplexityScopes(w.selections, sets)
	highest := 0
	for _, object := range scopes.objects {
		highest = max(highest, w.costOn(scopes, object))
	}
	return highest
}

func (w *weighing) costOn(scopes *complexityScopes, object *ast.Definition) int {
	total := 0
	for _, key := range scopes.keys {
		var fields []*ast.Field
		for _, field := range scopes.fields[key] {
			if slices.Contains(w.engine.schema.GetPossibleTypes(field.ObjectDefinition), object) {
				fields = append(fields, field)
			}
		}
		if len(fields) > 0 {
			total += w.fieldCost(fields)
		}
	}
	return total
}

func (w *weighing) fieldCost(fields []*ast.Field) int {
	if w.fields++; w.fields > maxWeighedFields {
		return 0
	}
	children := w.dearest(subselections(fields))
	highest := 0
	priced := map[*ast.Definition]bool{}
	for _, field := range fields {
		if !priced[field.ObjectDefinition] {
			priced[field.ObjectDefinition] = true
			highest = max(highest, w.engine.price(w.selections, field, children))
		}
	}
	return highest
}

// price is what one field costs with its selections.
func (e *Engine) price(selections *selector, field *ast.Field, children int) int {
	coordinate := field.ObjectDefinition.Name + "." + field.Name
	extra := e.resolverComplexity[coordinate]
	if extra == 0 {
		return 1 + children
	}
	arguments := selections.arguments(field)
	if arguments["sort"] != nil {
		extra++
	}
	if arguments["search"] != nil {
		extra += 5
	}
	cost := children + extra
	if !strings.HasSuffix(field.Definition.Type.Name(), "Connection") {
		return cost
	}
	limit := DefaultPageSize
	if size := e.maxPageSize[coordinate]; size > 0 {
		limit = size
	}
	for _, name := range []string{"first", "last"} {
		if size, ok := arguments[name].(int); ok {
			limit = max(0, min(limit, size))
		}
	}
	return cost + cost*limit/100
}

// complexityScopes are the fields of merged selection sets by response key, and
// the object types those can meet.
type complexityScopes struct {
	keys    []string
	fields  map[string][]*ast.Field
	objects []*ast.Definition
}

func newComplexityScopes(selections *selector, sets []ast.SelectionSet) *complexityScopes {
	scopes := &complexityScopes{fields: map[string][]*ast.Field{}}
	seen := map[*ast.Definition]bool{}
	selections.visit(sets, func(node *ast.Field) {
		if _, ok := scopes.fields[node.Alias]; !ok {
			scopes.keys = append(scopes.keys, node.Alias)
		}
		scopes.fields[node.Alias] = append(scopes.fields[node.Alias], node)
		for _, object := range selections.schema.GetPossibleTypes(node.ObjectDefinition) {
			if !seen[object] {
				seen[object] = true
				scopes.objects = append(scopes.objects, object)
			}
		}
	})
	return scopes
}

func complexityError(complexity, limit int) *Error {
	if limit <= 0 || complexity <= limit {
		return nil
	}
	return &Error{Message: fmt.Sprintf("Query has complexity of %d, which exceeds max complexity of %d", complexity, limit)}
}

type complexityKey struct{}

// weight is what the field queryComplexity tells.
type weight struct{ limit, score int }

func resolveQueryComplexity(ctx context.Context, _ any, _ map[string]any) (any, error) {
	weight, ok := ctx.Value(complexityKey{}).(weight)
	if !ok {
		return nil, nil
	}
	return map[string]any{"limit": weight.limit, "score": weight.score}, nil
}
