// Package graphqlapi is the GraphQL API of the embedded GitLab: the resolvers
// behind the schema, and the HTTP controller of /api/graphql.
package graphqlapi

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/graphql"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rules"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// resolvers hold what the schema's resolvers share.
type resolvers struct {
	store    *store.Store
	services rules.Services
	baseURL  string
}

func (r *resolvers) engine() (engine *graphql.Engine, fields []string, err error) {
	version := r.services.Version
	config := graphql.Config{
		Resolvers:  map[string]graphql.Resolver{},
		TypeOf:     typeName,
		Conceals:   func(ctx context.Context, name string) bool { return callerFrom(ctx).Conceals(name) },
		Hidden:     version.HiddenFromSchema(),
		Extensions: version.AddedToSchema(),
		MaxPageSize: map[string]int{
			allowlistProjects: version.AllowlistPageSize(),
			allowlistGroups:   version.AllowlistPageSize(),
		},
	}
	for _, resolvers := range []map[string]graphql.Resolver{
		r.rootFields(), r.userFields(), r.projectFields(), r.groupFields(), r.namespaceFields(), r.settingsFields(),
		r.scopeFields(), r.allowlistFields(), r.mutationFields(),
	} {
		for coordinate, resolver := range resolvers {
			config.Resolvers[coordinate] = resolver
		}
	}
	if engine, err = graphql.New(config); err != nil {
		return nil, nil, fmt.Errorf("build the GraphQL engine: %w", err)
	}
	return engine, slices.Sorted(maps.Keys(config.Resolvers)), nil
}

// The sources of the schema's object types. Their records never change, so that
// they may be read after the store's lock is given back.
type (
	user              struct{ *store.User }
	project           struct{ *store.Project }
	group             struct{ *store.Namespace }
	namespace         struct{ *store.Namespace }
	scope             struct{ *store.Project }
	allowlist         struct{ *store.Project }
	ciCdSettings      struct{ *store.Project }
	entry             struct{ *store.Link }
	accessibleProject struct{ *store.Project }
	accessibleGroup   struct{ *store.Namespace }
	authLog           struct {
		row    store.Authorization
		origin *store.Project
	}
)

// CursorKey orders a connection's items by id.
func (p project) CursorKey() int64 { return p.ID }

// CursorKey orders a connection's items by id.
func (g group) CursorKey() int64 { return g.ID }

// CursorKey orders a connection's items by id.
func (l authLog) CursorKey() int64 { return l.row.ID }

// CursorKey orders a connection's items by id.
func (e entry) CursorKey() int64 { return e.ID }

// typeName tells the members of the schema's unions and interfaces apart.
func typeName(value any) string {
	switch value.(type) {
	case accessibleProject:
		return "CiJobTokenAccessibleProject"
	case accessibleGroup:
		return "CiJobTokenAccessibleGroup"
	}
	return ""
}

// field reads a value from a source of one type.
func field[S any](read func(S) any) graphql.Resolver {
	return func(_ context.Context, source any, _ map[string]any) (any, error) {
		typed, is := source.(S)
		if !is {
			return nil, fmt.Errorf("source is %T", source)
		}
		return read(typed), nil
	}
}

// query is what a resolver needs while it holds the store's lock.
type query struct {
	ctx    context.Context
	state  *store.State
	caller rules.Caller
	args   map[string]any
}

func (q query) text(name string) string {
	value, _ := q.args[name].(string)
	return value
}

func (q query) boolean(name string) bool {
	value, _ := q.args[name].(bool)
	return value
}

func (q query) texts(name string) (values []string, given bool) {
	return asTexts(q.args[name])
}

func asTexts(value any) (texts []string, given bool) {
	switch value := value.(type) {
	case []string:
		return value, true
	case []any:
		texts = make([]string, 0, len(value))
		for _, item := range value {
			text, _ := item.(string)
			texts = append(texts, text)
		}
		return texts, true
	}
	return nil, false
}

type callerKey struct{}

func callerFrom(ctx context.Context) rules.Caller {
	caller, _ := ctx.Value(callerKey{}).(rules.Caller)
	return caller
}

// reading resolves a field from the store.
func reading[S any](r *resolvers, read func(query, S) (any, error)) graphql.Resolver {
	return func(ctx context.Context, source any, args map[string]any) (value any, err error) {
		typed, is := source.(S)
		if !is && source != nil {
			return nil, fmt.Errorf("source is %T", source)
		}
		r.store.Read(func(st *store.State) {
			value, err = read(query{ctx: ctx, state: st, caller: callerFrom(ctx), args: args}, typed)
		})
		return value, err
	}
}

// root is the source of the fields of Query.
type root = any

// errNoAccess is GitLab's answer for what is not there, or not for the caller.
func errNoAccess() error {
	return &graphql.UserError{Message: "The resource that you are attempting to access does not exist or you don't have permission to perform this action"}
}

func timestamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func optionalTime(t *time.Time) any {
	if t == nil {
		return nil
	}
	return timestamp(*t)
}

func globalID(kind string, id int64) string { return fmt.Sprintf("gid://gitlab/%s/%d", kind, id) }

// connection is a page of items, charged for as many as it holds.
func connection[T any](args map[string]any, items []T, maxPage int, charge func(int)) any {
	size := maxPage
	for _, name := range []string{"first", "last"} {
		if asked, given := args[name].(int); given {
			size = min(size, max(asked, 0))
		}
	}
	charge(min(size, len(items)))
	boxed := make([]any, len(items))
	for i, item := range items {
		boxed[i] = item
	}
	return graphql.Connection(boxed, args, maxPage)
}
