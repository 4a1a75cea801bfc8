package graphqlapi

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/graphql"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rules"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

const maxFullPaths = 50

// projectCandidates narrows by paths and ids, which cost no scan.
func projectCandidates(q query) ([]*store.Project, error) {
	if err := q.modelled(unmodelledOfProjects, projectOrders); err != nil {
		return nil, err
	}
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
	compare := func(_, _ *store.Project) int { return 0 }
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
