// Package graphql answers GraphQL documents as GitLab 19.4 does: the same
// schema for everything about CI/CD job tokens, the same limits and costs, and
// the words and shapes of graphql-ruby's errors.
//
// It knows nothing of projects or permissions. Those come in as resolvers.
package graphql

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// MaxQueryCharacters is the longest query text GitLab accepts, in characters.
// Variables do not count; the texts of a batch are added. The engine leaves the
// check to the HTTP layer, which answers 422 before the schema is asked.
const MaxQueryCharacters = 10_000

// DefaultPageSize is the number of items a connection returns, and the most it
// returns, where the field sets no other maximum.
const DefaultPageSize = 100

// Resolver returns the value of one field. source is the parent's value, nil at
// the root. args are coerced, with defaults filled in; an argument that was not
// given and has no default is absent from the map.
//
// It returns nil, a scalar (string, bool, int, float64), a slice for a list, or
// any Go value as the source of an object type. A time is returned as text.
//
// A [UserError] becomes an entry of the answer's errors. Any other error, and a
// panic, fails the whole request; see [Response.Internal].
type Resolver func(ctx context.Context, source any, args map[string]any) (any, error)

// Config describes the schema's behaviour.
type Config struct {
	// Resolvers are keyed "Type.field". A field without one reads its name from
	// a source of type map[string]any, where a value of type Resolver is called;
	// from any other source it is null.
	Resolvers map[string]Resolver

	// TypeOf names the object type of a value of a union or interface. Without
	// it, or where it returns "", the name is read from the key "__typename" of
	// a map[string]any.
	TypeOf func(value any) string

	// Conceals says whether values of an object type are null to who makes the
	// request; nil conceals nothing.
	Conceals func(ctx context.Context, name string) bool

	// ResolverComplexity overrides, by "Type.field", what a field costs besides
	// its selections. Fields named here count as having a resolver class of
	// GitLab's, so that a connection is also scaled by its page size; 0 takes a
	// field out of the built-in table.
	ResolverComplexity map[string]int

	// Hidden are the parts of the 19.4 schema an older GitLab lacks, by schema
	// coordinate: "Type", "Type.field", "Input.field", "Enum.VALUE" or
	// "Type.field(argument:)".
	Hidden map[string]bool

	// Extensions is schema text added to the schema, for what an older GitLab
	// had and 19.4 no longer has: `extend enum CiJobTokenScopePolicies {
	// READ_CONTAINERS }`.
	Extensions string

	// MaxPageSize is the largest page of a connection field by "Type.field",
	// where it is not DefaultPageSize. It decides the cost of a field with a
	// resolver class; the resolver hands it to [Connection] itself.
	MaxPageSize map[string]int
}

// Limits bound a document before it runs. GitLab grants a complexity of 200 to
// anonymous callers, 250 to users and 300 to administrators, and a depth of 15
// to anonymous callers and 20 to all others. Both are inclusive; 0 is no limit.
type Limits struct {
	Complexity int
	Depth      int
}

// Request is one GraphQL request. Variables are as decoded by encoding/json,
// with or without UseNumber.
type Request struct {
	Query         string
	OperationName string
	Variables     map[string]any
}

// Engine executes documents. It is safe for concurrent use if its resolvers are.
type Engine struct {
	schema             *ast.Schema
	resolvers          map[string]Resolver
	typeOf             func(value any) string
	conceals           func(ctx context.Context, name string) bool
	resolverComplexity map[string]int
	maxPageSize        map[string]int
}

// New loads the schema and checks that every coordinate of the configuration
// exists in it.
func New(config Config) (*Engine, error) {
	schema, err := loadSchema(config.Hidden, config.Extensions)
	if err != nil {
		return nil, fmt.Errorf("load the schema: %w", err)
	}
	engine := &Engine{
		schema:             schema,
		resolvers:          introspectionResolvers(schema),
		typeOf:             config.TypeOf,
		conceals:           config.Conceals,
		resolverComplexity: defaultResolverComplexity(),
		maxPageSize:        config.MaxPageSize,
	}
	engine.resolvers["Query.queryComplexity"] = resolveQueryComplexity
	for _, coordinate := range slices.Concat(
		slices.Sorted(maps.Keys(config.Resolvers)),
		slices.Sorted(maps.Keys(config.ResolverComplexity)),
		slices.Sorted(maps.Keys(config.MaxPageSize)),
	) {
		if fieldAt(schema, coordinate) == nil && !config.hides(coordinate) {
			return nil, fmt.Errorf("%q is not a field of an object type of the schema", coordinate)
		}
	}
	maps.Copy(engine.resolvers, config.Resolvers)
	maps.Copy(engine.resolverComplexity, config.ResolverComplexity)
	return engine, nil
}

// OperationKind tells whether the operation a request selects is a "query" or a
// "mutation", and its name, which may be empty. Both are empty if the text does
// not parse or selects none.
func (e *Engine) OperationKind(request Request) (kind, name string) {
	document, parseError := parseDocument(request.Query)
	if parseError != nil {
		return "", ""
	}
	operation, selectError := selectOperation(document, request.OperationName)
	if selectError != nil || operation == nil {
		return "", ""
	}
	return string(operation.Operation), operation.Name
}

// Execute answers one request.
func (e *Engine) Execute(ctx context.Context, request Request, limits Limits) Response {
	prepared := e.prepare(request, limits)
	if len(prepared.errors) > 0 {
		return Response{Errors: prepared.errors}
	}
	return e.run(ctx, prepared, limits)
}

// ExecuteBatch answers several requests sent as one. Their complexities are
// added: if the sum is over the limit, all of them fail.
func (e *Engine) ExecuteBatch(ctx context.Context, requests []Request, limits Limits) []Response {
	batch := make([]*preparedRequest, len(requests))
	total := 0
	for i, request := range requests {
		batch[i] = e.prepare(request, limits)
		total += batch[i].complexity
	}
	tooComplex := complexityError(total, limits.Complexity)

	responses := make([]Response, len(batch))
	for i, prepared := range batch {
		errs := prepared.errors
		if tooComplex != nil {
			errs = slices.Concat(prepared.invalid(), []*Error{tooComplex}, prepared.analysis())
		}
		if len(errs) > 0 {
			responses[i] = Response{Errors: errs}
			continue
		}
		responses[i] = e.run(ctx, prepared, limits)
	}
	return responses
}

// preparedRequest is a request up to the point where it would run.
type preparedRequest struct {
	operation  *ast.OperationDefinition
	variables  map[string]any
	complexity int

	errors []*Error
	// analysed is set when errors came from the limits, not from validation.
	analysed bool
}

func (p *preparedRequest) invalid() []*Error {
	if p.analysed {
		return nil
	}
	return p.errors
}

func (p *preparedRequest) analysis() []*Error {
	if p.analysed {
		return p.errors
	}
	return nil
}

// prepare parses, validates and weighs, in graphql-ruby's order: what fails
// earlier hides what would fail later.
func (e *Engine) prepare(request Request, limits Limits) *preparedRequest {
	prepared := &preparedRequest{}
	document, parseError := parseDocument(request.Query)
	if parseError != nil {
		prepared.errors = []*Error{parseError}
		return prepared
	}

	operation, selectError := selectOperation(document, request.OperationName)
	if selectError != nil {
		prepared.errors = []*Error{selectError}
		return prepared
	}
	prepared.operation = operation

	if prepared.errors = validateDocument(e.schema, document); len(prepared.errors) > 0 {
		return prepared
	}
	if operation == nil {
		return prepared
	}
	prepared.variables, prepared.errors = coerceVariables(e.schema, operation, request.Variables)
	if len(prepared.errors) > 0 {
		return prepared
	}

	selections := &selector{schema: e.schema, variables: prepared.variables}
	complexity, timeout := e.complexity(selections, operation)
	if timeout != nil {
		prepared.errors = []*Error{timeout}
		return prepared
	}
	prepared.complexity = complexity
	prepared.analysed = true
	prepared.errors = limitErrors(selections, operation, prepared.complexity, limits)
	return prepared
}

// selectOperation finds the operation to run: nil without an error if the
// document has none at all, which validation then reports.
func selectOperation(document *ast.QueryDocument, name string) (*ast.OperationDefinition, *Error) {
	switch {
	case len(document.Operations) == 0:
		return nil, nil
	case name == "" && len(document.Operations) == 1:
		return document.Operations[0], nil
	case name == "":
		return nil, &Error{Message: "An operation name is required"}
	}
	operation := document.Operations.ForName(name)
	if operation == nil {
		return nil, &Error{Message: fmt.Sprintf("No operation named %q", name)}
	}
	return operation, nil
}
