package graphqlapi

import (
	"cmp"
	"slices"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/graphql"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/release"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rules"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

func (r *resolvers) groupFields() map[string]graphql.Resolver {
	return map[string]graphql.Resolver{
		"Group.id":                       field(func(g group) any { return globalID("Group", g.ID) }),
		"Group.path":                     field(func(g group) any { return g.Path }),
		"Group.fullPath":                 field(func(g group) any { return g.FullPath }),
		"Group.name":                     field(func(g group) any { return g.Name }),
		"Group.fullName":                 field(func(g group) any { return g.FullName }),
		"Group.webPath":                  field(func(g group) any { return "/groups/" + g.FullPath }),
		"Group.webUrl":                   field(func(g group) any { return r.namespaceURL(g.Namespace) }),
		"Group.visibility":               field(func(g group) any { return g.Visibility }),
		"Group.archived":                 field(func(g group) any { return g.Archived }),
		"Group.isSelfArchived":           field(func(g group) any { return g.Archived }),
		"Group.markedForDeletion":        field(func(g group) any { return g.MarkedForDeletion != nil }),
		"Group.markedForDeletionOn":      field(func(g group) any { return optionalTime(g.MarkedForDeletion) }),
		"Group.isSelfDeletionInProgress": field(func(group) any { return false }),
		"Group.isSelfDeletionScheduled":  field(func(g group) any { return g.MarkedForDeletion != nil }),
		"Group.permanentDeletionDate":    field(func(g group) any { return permanentDeletion(g.MarkedForDeletion) }),
		"Group.createdAt":                field(func(g group) any { return timestamp(g.CreatedAt) }),
		"Group.ciCdSettings":             field(func(group) any { return namespaceSettings() }),
		"Group.parent": reading(r, func(q query, g group) (any, error) {
			return readableGroup(q, q.state.Group(g.ParentID)), nil
		}),
		"Group.rootNamespace": reading(r, func(q query, g group) (any, error) { return rootOf(q, g.Namespace), nil }),
		"Group.projects":      reading(r, func(q query, g group) (any, error) { return projectsOf(q, g.Namespace) }),
		"Group.projectsCount": reading(r, func(q query, g group) (any, error) {
			return len(q.state.ProjectsIn(g.ID)), nil
		}),
		"Group.descendantGroups": reading(r, descendantGroups),
		"Group.descendantGroupsCount": reading(r, func(q query, g group) (any, error) {
			return len(q.state.DescendantGroups(g.ID)), nil
		}),
		"Group.maxAccessLevel": reading(r, func(q query, g group) (any, error) {
			return accessLevel(rules.NamespaceLevel(q.state, q.caller.ID(), g.ID)), nil
		}),
		"Group.userPermissions": reading(r, groupPermissions),
	}
}

func (r *resolvers) namespaceFields() map[string]graphql.Resolver {
	return map[string]graphql.Resolver{
		"Namespace.id": field(func(n namespace) any {
			if n.IsGroup() {
				return globalID("Group", n.ID)
			}
			return globalID("Namespaces::UserNamespace", n.ID)
		}),
		"Namespace.path":         field(func(n namespace) any { return n.Path }),
		"Namespace.fullPath":     field(func(n namespace) any { return n.FullPath }),
		"Namespace.name":         field(func(n namespace) any { return n.Name }),
		"Namespace.fullName":     field(func(n namespace) any { return n.FullName }),
		"Namespace.webPath":      field(func(n namespace) any { return strings.TrimPrefix(r.namespaceURL(n.Namespace), r.baseURL) }),
		"Namespace.webUrl":       field(func(n namespace) any { return r.namespaceURL(n.Namespace) }),
		"Namespace.visibility":   field(func(n namespace) any { return n.Visibility }),
		"Namespace.ciCdSettings": field(func(namespace) any { return namespaceSettings() }),
		"Namespace.rootNamespace": reading(r, func(q query, n namespace) (any, error) {
			return rootOf(q, n.Namespace), nil
		}),
		"Namespace.projects": reading(r, func(q query, n namespace) (any, error) { return projectsOf(q, n.Namespace) }),
		"Namespace.userPermissions": reading(r, func(q query, n namespace) (any, error) {
			return map[string]any{
				"readNamespace":  rules.CanReadNamespace(q.state, q.caller, n.Namespace),
				"adminProject":   q.caller.Admin() || rules.NamespaceLevel(q.state, q.caller.ID(), n.ID) >= store.Maintainer,
				"createProjects": rules.CanCreateProjects(q.state, q.caller, n.Namespace),
			}, nil
		}),
	}
}

func (r *resolvers) namespaceURL(n *store.Namespace) string {
	if n.IsGroup() {
		return r.baseURL + "/groups/" + n.FullPath
	}
	return r.baseURL + "/" + n.FullPath
}

func namespaceSettings() map[string]any {
	return map[string]any{"pipelineVariablesDefaultRole": "no_one_allowed"}
}

func readableGroup(q query, g *store.Namespace) any {
	if g == nil || !rules.CanReadGroup(q.state, q.caller, g) {
		return nil
	}
	return group{g}
}

func readableNamespace(q query, n *store.Namespace) any {
	if n == nil || !rules.CanReadNamespace(q.state, q.caller, n) {
		return nil
	}
	return namespace{n}
}

// rootOf is never null for a namespace that is still there.
func rootOf(q query, n *store.Namespace) any {
	lineage := q.state.Lineage(n.ID)
	if len(lineage) == 0 {
		return nil
	}
	return namespace{lineage[len(lineage)-1]}
}

func (r *resolvers) findGroup(q query, _ root) (any, error) {
	return readableGroup(q, q.state.GroupByPath(q.text("fullPath"))), nil
}

func (r *resolvers) findNamespace(q query, _ root) (any, error) {
	n := q.state.NamespaceByPath(q.text("fullPath"))
	if n != nil && !n.IsGroup() && r.services.Version.Flipped(release.UserNamespaceHidden) {
		return nil, nil
	}
	return readableNamespace(q, n), nil
}

// projectsOf lists a namespace's projects that the caller can see, newest first
// unless sorted.
func projectsOf(q query, n *store.Namespace) (any, error) {
	if err := q.modelled(unmodelledOfNamespaceProjects, projectOrders); err != nil {
		return nil, err
	}
	ids, byID := q.texts("ids")
	wanted, err := recordIDs(ids, "Project")
	if err != nil {
		return nil, err
	}
	candidates := q.state.ProjectsIn(n.ID)
	if q.boolean("includeSubgroups") {
		candidates = q.state.ProjectsUnder(n.ID)
	}
	includeArchived, given := q.args["includeArchived"].(bool)
	found := slices.DeleteFunc(candidates, func(p *store.Project) bool {
		return byID && !slices.Contains(wanted, p.ID) ||
			given && !includeArchived && p.Archived ||
			q.boolean("archivedOnly") && !p.Archived ||
			q.boolean("notAimedForDeletion") && p.MarkedForDeletion != nil ||
			!matchesSearch(q.text("search"), p.Name, p.Path) ||
			!rules.CanReadProject(q.state, q.caller, p)
	})
	sortProjects(found, q.text("sort"))
	return projectConnection(q, found), nil
}

func (r *resolvers) findGroups(q query, _ root) (any, error) {
	if err := q.modelled(unmodelledOfGroups, groupOrders); err != nil {
		return nil, err
	}
	ids, byID := q.texts("ids")
	wanted, err := recordIDs(ids, "Group")
	if err != nil {
		return nil, err
	}
	candidates := q.state.Groups()
	if path := q.text("parentPath"); path != "" {
		parent := q.state.GroupByPath(path)
		if parent == nil || !rules.CanReadGroup(q.state, q.caller, parent) {
			return nil, errNoAccess()
		}
		candidates = q.state.Subgroups(parent.ID)
		if q.boolean("includeSubgroups") {
			candidates = q.state.DescendantGroups(parent.ID)
		}
	}
	return groupConnection(q, candidates, func(g *store.Namespace) bool {
		return (!byID || slices.Contains(wanted, g.ID)) &&
			(!q.boolean("topLevelOnly") || g.ParentID == 0) &&
			(!q.boolean("ownedOnly") || rules.NamespaceLevel(q.state, q.caller.ID(), g.ID) >= store.Owner) &&
			(q.text("visibilityLevel") == "" || q.text("visibilityLevel") == string(g.Visibility))
	}), nil
}

func descendantGroups(q query, g group) (any, error) {
	if err := q.modelled(nil, groupOrders); err != nil {
		return nil, err
	}
	ids, byID := q.texts("ids")
	wanted, err := recordIDs(ids, "Group")
	if err != nil {
		return nil, err
	}
	candidates := q.state.DescendantGroups(g.ID)
	if direct, given := q.args["includeParentDescendants"].(bool); given && !direct {
		candidates = q.state.Subgroups(g.ID)
	}
	return groupConnection(q, candidates, func(g *store.Namespace) bool {
		archived, given := q.args["archived"].(bool)
		return (!byID || slices.Contains(wanted, g.ID)) && (!given || archived == g.Archived) &&
			(!q.boolean("owned") || rules.NamespaceLevel(q.state, q.caller.ID(), g.ID) >= store.Owner)
	}), nil
}

func groupConnection(q query, candidates []*store.Namespace, keep func(*store.Namespace) bool) any {
	var nodes []group
	for _, g := range candidates {
		if rules.CanReadGroup(q.state, q.caller, g) && matchesSearch(q.text("search"), g.FullPath, g.Name) && keep(g) {
			nodes = append(nodes, group{g})
		}
	}
	sortGroups(nodes, q.text("sort"))
	return connection(q.args, nodes, graphql.DefaultPageSize, func(int) {})
}

func sortGroups(groups []group, sort string) {
	attribute, descending := strings.CutSuffix(strings.ToLower(sort), "_desc")
	attribute = strings.TrimSuffix(attribute, "_asc")
	slices.SortFunc(groups, func(a, b group) int {
		order := 0
		switch attribute {
		case "name":
			order = cmp.Compare(a.Name, b.Name)
		case "path":
			order = cmp.Compare(a.Path, b.Path)
		}
		order = cmp.Or(order, cmp.Compare(a.ID, b.ID))
		if descending {
			return -order
		}
		return order
	})
}

func groupPermissions(q query, g group) (any, error) {
	owns := rules.CanAdminGroup(q.state, q.caller, g.Namespace)
	return map[string]any{
		"readGroup":         rules.CanReadGroup(q.state, q.caller, g.Namespace),
		"adminAllResources": q.caller.Admin(),
		"archiveGroup":      owns,
		"changeGroup":       owns,
		"createProjects":    rules.CanCreateProjects(q.state, q.caller, g.Namespace),
		"removeGroup":       owns,
	}, nil
}
