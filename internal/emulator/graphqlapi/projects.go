package graphqlapi

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
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

const maxFullPaths = 50

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

// projectCandidates narrows by paths and ids, which cost no scan.
func projectCandidates(q query) ([]*store.Project, error) {
	paths, byPath := q.texts("fullPaths")
	ids, byID := q.texts("ids")
	if len(paths) > maxFullPaths {
		return nil, &graphql.UserError{Message: "You cannot provide more than 50 full_paths"}
	}
	wanted, err := recordIDs(ids, "Project")
	if err != nil {
		return nil, err
	}
	if !byPath && !byID {
		return q.state.Projects(), nil
	}
	found := map[int64]*store.Project{}
	for _, path := range paths {
		if p := q.state.ProjectByPath(path); p != nil && (!byID || slices.Contains(wanted, p.ID)) {
			found[p.ID] = p
		}
	}
	for _, id := range wanted {
		if p := q.state.Project(id); p != nil && !byPath {
			found[p.ID] = p
		}
	}
	candidates := make([]*store.Project, 0, len(found))
	for _, p := range found {
		candidates = append(candidates, p)
	}
	return candidates, nil
}

// recordIDs reads global ids of one kind of record.
func recordIDs(globalIDs []string, kind string) ([]int64, error) {
	ids := make([]int64, 0, len(globalIDs))
	for _, text := range globalIDs {
		parts := strings.Split(text, "/")
		if len(parts) != 5 || !strings.HasPrefix(text, "gid://gitlab/") {
			return nil, &graphql.UserError{Message: text + " is not a valid GitLab ID."}
		}
		id, err := strconv.ParseInt(parts[4], 10, 64)
		if parts[3] != kind || err != nil {
			return nil, &graphql.UserError{Message: text + " is not a valid ID for " + kind + "."}
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func matchesProjectFilters(q query, p *store.Project) bool {
	level := rules.ProjectLevel(q.state, q.caller.ID(), p)
	marked := p.MarkedForDeletion != nil
	switch {
	case q.boolean("membership") && level < store.Guest,
		q.boolean("personal") && q.state.Namespace(p.NamespaceID).OwnerID != q.caller.ID(),
		q.boolean("aimedForDeletion") && !marked,
		q.boolean("notAimedForDeletion") && marked,
		level < levelNamed(q.text("minAccessLevel")),
		q.text("visibilityLevel") != "" && q.text("visibilityLevel") != string(p.Visibility),
		q.text("archived") == "ONLY" && !p.Archived,
		q.text("archived") == "EXCLUDE" && p.Archived:
		return false
	}
	if active, given := q.args["active"].(bool); given && active == (p.Archived || marked) {
		return false
	}
	if in := q.text("namespacePath"); in != "" {
		n := q.state.NamespaceByPath(in)
		if n == nil || n.ID != p.NamespaceID {
			return false
		}
	}
	return matchesSearch(q.text("search"), p.Name, p.Path)
}

func levelNamed(name string) store.AccessLevel {
	for _, level := range []store.AccessLevel{
		store.MinimalAccess, store.Guest, store.Planner, store.Reporter, store.SecurityManager,
		store.Developer, store.Maintainer, store.Owner,
	} {
		if accessLevel(level)["stringValue"] == name {
			return level
		}
	}
	return store.NoAccess
}

func matchesSearch(search string, texts ...string) bool {
	return slices.ContainsFunc(texts, func(text string) bool {
		return strings.Contains(strings.ToLower(text), strings.ToLower(search))
	})
}

// sortProjects understands the attributes of GitLab's sort texts, such as
// "name_asc"; without one the newest come first.
func sortProjects(projects []*store.Project, sort string) {
	attribute, descending := strings.CutSuffix(strings.ToLower(sort), "_desc")
	attribute = strings.TrimSuffix(attribute, "_asc")
	compare := func(a, b *store.Project) int { return 0 }
	switch attribute {
	case "":
		descending = true
	case "name":
		compare = func(a, b *store.Project) int { return cmp.Compare(a.Name, b.Name) }
	case "path":
		compare = func(a, b *store.Project) int { return cmp.Compare(a.Path, b.Path) }
	case "full_path":
		compare = func(a, b *store.Project) int { return cmp.Compare(a.FullPath, b.FullPath) }
	case "latest_activity", "activity":
		compare = func(a, b *store.Project) int { return a.LastActivityAt.Compare(b.LastActivityAt) }
	}
	slices.SortFunc(projects, func(a, b *store.Project) int {
		order := cmp.Or(compare(a, b), cmp.Compare(a.ID, b.ID))
		if descending {
			return -order
		}
		return order
	})
}
