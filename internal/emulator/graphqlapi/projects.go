package graphqlapi

import (
	"slices"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/cost"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/graphql"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rules"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// deletionDelay is how long after its scheduling a deletion is carried out.
const deletionDelay = 30 * 24 * time.Hour

func permanentDeletion(marked *time.Time) any {
	if marked == nil {
		return nil
	}
	return marked.Add(deletionDelay).UTC().Format(time.DateOnly)
}

func (r *resolvers) projectFields() map[string]graphql.Resolver {
	return map[string]graphql.Resolver{
		"Project.id":                       field(func(p project) any { return globalID("Project", p.ID) }),
		"Project.path":                     field(func(p project) any { return p.Path }),
		"Project.fullPath":                 field(func(p project) any { return p.FullPath }),
		"Project.name":                     field(func(p project) any { return p.Name }),
		"Project.nameWithNamespace":        field(func(p project) any { return p.FullName }),
		"Project.description":              field(func(p project) any { return p.Description }),
		"Project.webPath":                  field(func(p project) any { return "/" + p.FullPath }),
		"Project.webUrl":                   field(func(p project) any { return r.baseURL + "/" + p.FullPath }),
		"Project.visibility":               field(func(p project) any { return p.Visibility }),
		"Project.archived":                 field(func(p project) any { return p.Archived }),
		"Project.isSelfArchived":           field(func(p project) any { return p.Archived }),
		"Project.markedForDeletion":        field(func(p project) any { return p.MarkedForDeletion != nil }),
		"Project.markedForDeletionOn":      field(func(p project) any { return optionalTime(p.MarkedForDeletion) }),
		"Project.isSelfDeletionInProgress": field(func(project) any { return false }),
		"Project.isSelfDeletionScheduled":  field(func(p project) any { return p.MarkedForDeletion != nil }),
		"Project.permanentDeletionDate":    field(func(p project) any { return permanentDeletion(p.MarkedForDeletion) }),
		"Project.createdAt":                field(func(p project) any { return timestamp(p.CreatedAt) }),
		"Project.updatedAt":                field(func(p project) any { return timestamp(p.UpdatedAt) }),
		"Project.lastActivityAt":           field(func(p project) any { return timestamp(p.LastActivityAt) }),
		"Project.group":                    reading(r, r.groupOf),
		"Project.rootGroup":                reading(r, r.rootGroupOf),
		"Project.namespace":                reading(r, r.namespaceOf),
		"Project.ciCdSettings":             reading(r, r.settingsOf),
		"Project.ciJobTokenScope":          reading(r, r.scopeOf),
		"Project.ciJobTokenScopeAllowlist": reading(r, r.allowlistOf),
		"Project.ciJobTokenAuthLogs":       reading(r, r.authLogsOf),
		"Project.maxAccessLevel": reading(r, func(q query, p project) (any, error) {
			return accessLevel(rules.ProjectLevel(q.state, q.caller.ID(), p.Project)), nil
		}),
		"Project.userPermissions": reading(r, projectPermissions),
	}
}

func projectPermissions(q query, p project) (any, error) {
	st, caller := q.state, q.caller
	level := rules.ProjectLevel(st, caller.ID(), p.Project)
	owns := rules.CanOwnProject(st, caller, p.Project)
	writes := (caller.Admin() || level >= store.Developer) && !p.Archived
	return map[string]any{
		"readProject":           rules.CanReadProject(st, caller, p.Project),
		"adminProject":          rules.CanAdminProject(st, caller, p.Project),
		"adminAllResources":     caller.Admin(),
		"archiveProject":        owns,
		"changeNamespace":       owns,
		"changeVisibilityLevel": owns,
		"createPipeline":        writes,
		"downloadCode":          caller.Admin() || level >= store.Reporter || p.Visibility != store.Private,
		"pushCode":              writes,
		"removeProject":         owns,
		"renameProject":         owns,
	}, nil
}

func readableProject(q query, p *store.Project) any {
	if p == nil || !rules.CanReadProject(q.state, q.caller, p) {
		return nil
	}
	cost.Projects(q.ctx, 1)
	return project{p}
}

// findProject ignores letter case and does not follow old paths.
func (r *resolvers) findProject(q query, _ root) (any, error) {
	return readableProject(q, q.state.ProjectByPath(q.text("fullPath"))), nil
}

func (r *resolvers) groupOf(q query, p project) (any, error) {
	return readableGroup(q, q.state.Group(p.NamespaceID)), nil
}

func (r *resolvers) rootGroupOf(q query, p project) (any, error) {
	lineage := q.state.Lineage(p.NamespaceID)
	if len(lineage) == 0 {
		return nil, nil
	}
	return readableGroup(q, q.state.Group(lineage[len(lineage)-1].ID)), nil
}

func (r *resolvers) namespaceOf(q query, p project) (any, error) {
	return readableNamespace(q, q.state.Namespace(p.NamespaceID)), nil
}

// findProjects lists what the caller can see, newest first unless sorted.
func (r *resolvers) findProjects(q query, _ root) (any, error) {
	candidates, err := projectCandidates(q)
	if err != nil {
		return nil, err
	}
	found := slices.DeleteFunc(candidates, func(p *store.Project) bool {
		return !rules.CanReadProject(q.state, q.caller, p) || !matchesProjectFilters(q, p)
	})
	sortProjects(found, q.text("sort"))
	return projectConnection(q, found), nil
}

func projectConnection(q query, found []*store.Project) any {
	nodes := make([]project, len(found))
	for i, p := range found {
		nodes[i] = project{p}
	}
	return connection(q.args, nodes, graphql.DefaultPageSize, func(n int) { cost.Projects(q.ctx, n) })
}
