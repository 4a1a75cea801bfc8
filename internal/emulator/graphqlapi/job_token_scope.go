package graphqlapi

import (
	"cmp"
	"slices"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/cost"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/graphql"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/release"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rules"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

const (
	allowlistProjects = "CiJobTokenScopeAllowlist.projectsAllowlist"
	allowlistGroups   = "CiJobTokenScopeAllowlist.groupsAllowlist"
)

// scopeOf raises where the caller may read but not administer the project.
func (r *resolvers) scopeOf(q query, p project) (any, error) {
	if !rules.CanAdminProject(q.state, q.caller, p.Project) {
		return nil, errNoAccess()
	}
	return scope(p), nil
}

func (r *resolvers) allowlistOf(q query, p project) (any, error) {
	if !rules.CanAdminProject(q.state, q.caller, p.Project) {
		return nil, errNoAccess()
	}
	return allowlist(p), nil
}

// maxAuthLogs is how many rows of the authentication log the resolver looks at.
const maxAuthLogs = 1000

func (r *resolvers) authLogsOf(q query, p project) (any, error) {
	if !rules.CanAdminProject(q.state, q.caller, p.Project) {
		return nil, errNoAccess()
	}
	rows := q.state.Authorizations(p.ID)
	nodes := make([]authLog, 0, min(len(rows), maxAuthLogs))
	for _, row := range rows[:min(len(rows), maxAuthLogs)] {
		nodes = append(nodes, authLog{row, q.state.Project(row.OriginID)})
	}
	return connection(q.args, nodes, graphql.DefaultPageSize, func(int) {}), nil
}

// scopeFields are the plain lists; neither inbound list is filtered by what the
// caller can see, the legacy ones are.
func (r *resolvers) scopeFields() map[string]graphql.Resolver {
	autopopulated := func(kind store.SourceKind, name string) graphql.Resolver {
		return reading(r, func(q query, s scope) (any, error) {
			ids := []string{}
			for _, link := range q.state.LinksByTarget(s.ID, kind, store.Inbound) {
				if link.Autopopulated {
					ids = append(ids, globalID(name, link.Target.ID))
				}
			}
			return ids, nil
		})
	}
	outbound := reading(r, func(q query, s scope) (any, error) {
		nodes := []project{{s.Project}}
		for _, link := range q.state.LinksByTarget(s.ID, store.ProjectSource, store.Outbound) {
			if target := q.state.Project(link.Target.ID); rules.CanReadProject(q.state, q.caller, target) {
				nodes = append(nodes, project{target})
			}
		}
		return connection(q.args, nodes, graphql.DefaultPageSize, func(n int) { cost.Entries(q.ctx, n) }), nil
	})
	return map[string]graphql.Resolver{
		"CiJobTokenScopeType.inboundAllowlist": reading(r, func(q query, s scope) (any, error) {
			nodes := []accessibleProject{{s.Project}}
			for _, link := range q.state.LinksByTarget(s.ID, store.ProjectSource, store.Inbound) {
				nodes = append(nodes, accessibleProject{q.state.Project(link.Target.ID)})
			}
			slices.SortStableFunc(nodes, func(a, b accessibleProject) int { return cmp.Compare(a.ID, b.ID) })
			return connection(q.args, nodes, graphql.DefaultPageSize, func(n int) { cost.Entries(q.ctx, n) }), nil
		}),
		"CiJobTokenScopeType.inboundAllowlistCount": reading(r, func(q query, s scope) (any, error) {
			return 1 + q.state.CountLinks(s.ID, store.ProjectSource, store.Inbound), nil
		}),
		"CiJobTokenScopeType.inboundAllowlistAutopopulatedIds": autopopulated(store.ProjectSource, "Project"),
		"CiJobTokenScopeType.groupsAllowlist": reading(r, func(q query, s scope) (any, error) {
			var nodes []accessibleGroup
			for _, link := range q.state.LinksByTarget(s.ID, store.GroupSource, store.Inbound) {
				nodes = append(nodes, accessibleGroup{q.state.Group(link.Target.ID)})
			}
			return connection(q.args, nodes, graphql.DefaultPageSize, func(n int) { cost.Entries(q.ctx, n) }), nil
		}),
		"CiJobTokenScopeType.groupsAllowlistCount": reading(r, func(q query, s scope) (any, error) {
			return q.state.CountLinks(s.ID, store.GroupSource, store.Inbound), nil
		}),
		"CiJobTokenScopeType.groupAllowlistAutopopulatedIds": autopopulated(store.GroupSource, "Group"),
		"CiJobTokenScopeType.outboundAllowlist":              outbound,
		"CiJobTokenScopeType.projects":                       outbound,
	}
}

// allowlistFields are the lists of stored links: without the project itself,
// unless it put itself on its list, and with leftovers of the outbound scope.
func (r *resolvers) allowlistFields() map[string]graphql.Resolver {
	fields := map[string]graphql.Resolver{
		allowlistProjects: reading(r, func(q query, a allowlist) (any, error) {
			links := append(q.state.Links(a.ID, store.ProjectSource, store.Inbound),
				q.state.Links(a.ID, store.ProjectSource, store.Outbound)...)
			return r.entryConnection(q, links), nil
		}),
		allowlistGroups: reading(r, func(q query, a allowlist) (any, error) {
			return r.entryConnection(q, q.state.Links(a.ID, store.GroupSource, store.Inbound)), nil
		}),
		"CiJobTokenAuthLog.originProject":    field(func(l authLog) any { return accessibleProject{l.origin} }),
		"CiJobTokenAuthLog.lastAuthorizedAt": field(func(l authLog) any { return timestamp(l.row.LastAuthorizedAt) }),

		"CiJobTokenScopeAllowlistEntry.createdAt":          field(func(e entry) any { return timestamp(e.CreatedAt) }),
		"CiJobTokenScopeAllowlistEntry.autopopulated":      field(func(e entry) any { return e.Autopopulated }),
		"CiJobTokenScopeAllowlistEntry.defaultPermissions": field(func(e entry) any { return e.DefaultPermissions }),
		"CiJobTokenScopeAllowlistEntry.direction":          field(func(e entry) any { return e.Direction }),
		"CiJobTokenScopeAllowlistEntry.jobTokenPolicies":   field(r.policies),
		"CiJobTokenScopeAllowlistEntry.addedBy": reading(r, func(q query, e entry) (any, error) {
			by := q.state.User(e.AddedByID)
			if by == nil {
				return nil, nil
			}
			return user{by}, nil
		}),
		"CiJobTokenScopeAllowlistEntry.sourceProject": reading(r, func(q query, e entry) (any, error) {
			return readableProject(q, q.state.Project(e.SourceProjectID)), nil
		}),
		"CiJobTokenScopeAllowlistEntry.target": reading(r, targetOf),
	}
	for _, name := range []string{"CiJobTokenAccessibleProject", "CiJobTokenAccessibleGroup"} {
		fields[name+".id"] = accessible(func(kind string, id int64, _, _, _ string) any { return globalID(kind, id) })
		fields[name+".name"] = accessible(func(_ string, _ int64, name, _, _ string) any { return name })
		fields[name+".path"] = accessible(func(_ string, _ int64, _, path, _ string) any { return path })
		fields[name+".fullPath"] = accessible(func(_ string, _ int64, _, _, fullPath string) any { return fullPath })
		fields[name+".webUrl"] = accessible(func(kind string, _ int64, _, _, fullPath string) any {
			if kind == "Group" {
				return r.baseURL + "/groups/" + fullPath
			}
			return r.baseURL + "/" + fullPath
		})
	}
	return fields
}

// entryConnection lists links newest first: GitLab pages what has no order of
// its own by descending primary key.
func (r *resolvers) entryConnection(q query, links []*store.Link) any {
	slices.SortFunc(links, func(a, b *store.Link) int { return cmp.Compare(b.ID, a.ID) })
	nodes := make([]entry, 0, len(links))
	for _, link := range links {
		nodes = append(nodes, entry{link})
		self := link.Target == store.Source{Kind: store.ProjectSource, ID: link.SourceProjectID}
		if self && r.services.Version.Flipped(release.SelfEntryTwice) {
			nodes = append(nodes, entry{link})
		}
	}
	return connection(q.args, nodes, r.services.Version.AllowlistPageSize(), func(n int) { cost.Entries(q.ctx, n) })
}

// policies are stored names, which the enum of this version need not know.
func (r *resolvers) policies(e entry) any {
	if len(e.Policies) == 0 && r.services.Version.Flipped(release.NullPolicies) && e.DefaultPermissions {
		return nil
	}
	known := r.services.Version.Permissions()
	policies := make([]string, 0, len(e.Policies))
	for _, policy := range e.Policies {
		if !slices.Contains(known, policy) {
			if r.services.Version.Flipped(release.UnknownPermissionNull) {
				return nil
			}
			if r.services.Version.Flipped(release.UnknownPermissionLeftOut) {
				continue
			}
		}
		policies = append(policies, strings.ToUpper(policy))
	}
	return policies
}

// targetOf shows a target in full, seen or unseen; null only when it is gone.
func targetOf(q query, e entry) (any, error) {
	if e.Target.Kind == store.GroupSource {
		if g := q.state.Group(e.Target.ID); g != nil {
			return accessibleGroup{g}, nil
		}
		return nil, nil
	}
	if p := q.state.Project(e.Target.ID); p != nil {
		return accessibleProject{p}, nil
	}
	return nil, nil
}

// accessible reads what the two accessible types have in common.
func accessible(read func(kind string, id int64, name, path, fullPath string) any) graphql.Resolver {
	return field(func(source any) any {
		switch target := source.(type) {
		case accessibleProject:
			return read("Project", target.ID, target.Name, target.Path, target.FullPath)
		case accessibleGroup:
			return read("Group", target.ID, target.Name, target.Path, target.FullPath)
		}
		return nil
	})
}
