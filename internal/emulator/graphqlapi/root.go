package graphqlapi

import (
	"context"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/graphql"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/release"
)

func (r *resolvers) rootFields() map[string]graphql.Resolver {
	return map[string]graphql.Resolver{
		"Query.currentUser": reading(r, func(q query, _ root) (any, error) {
			if !q.caller.SignedIn() {
				return nil, nil
			}
			return user{q.caller.User}, nil
		}),
		"Query.metadata":  r.metadata,
		"Query.project":   reading(r, r.findProject),
		"Query.projects":  reading(r, r.findProjects),
		"Query.group":     reading(r, r.findGroup),
		"Query.groups":    reading(r, r.findGroups),
		"Query.namespace": reading(r, r.findNamespace),
	}
}

// metadata is for signed-in callers, as its REST counterpart is.
func (r *resolvers) metadata(ctx context.Context, _ any, _ map[string]any) (any, error) {
	if !callerFrom(ctx).SignedIn() {
		return nil, nil
	}
	version := r.services.Version
	return map[string]any{
		"version": version.Text, "revision": version.Revision(), "enterprise": version.Flipped(release.EnterpriseEdition),
		"kas": map[string]any{"enabled": false},
	}, nil
}
