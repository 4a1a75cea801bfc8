package rest

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rules"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

func (a *API) groupEndpoints() []endpoint {
	attributes := func(required bool) []param {
		return []param{
			{name: "name", required: required}, {name: "path", required: required},
			opt("description", text), visibilityParam(),
		}
	}
	filters := paging(
		opt("search", text), opt("top_level_only", boolean), opt("owned", boolean), opt("min_access_level", integer), opt("skip_groups", integers),
		param{name: "order_by", values: []string{"name", "path", "id"}}, param{name: "sort", values: []string{"asc", "desc"}},
	)
	return []endpoint{
		{http.MethodGet, "/groups", signedInToWrite, filters, a.listGroups},
		{http.MethodPost, "/groups", signedIn, append(attributes(true), opt("parent_id", integer)), a.createGroup},
		{http.MethodGet, "/groups/:id", anyone, []param{opt("with_projects", boolean)}, a.getGroup},
		{http.MethodPut, "/groups/:id", signedIn, append(attributes(false), opt("share_with_group_lock", boolean), opt("prevent_sharing_groups_outside_hierarchy", boolean)), a.updateGroup},
		{http.MethodDelete, "/groups/:id", signedIn, deletionParams(), a.deleteGroup},
		{http.MethodPost, "/groups/:id/restore", signedIn, nil, a.restoreGroup},
		{http.MethodGet, "/groups/:id/subgroups", anyone, filters, a.listSubgroups((*store.State).Subgroups)},
		{http.MethodGet, "/groups/:id/descendant_groups", anyone, filters, a.listSubgroups((*store.State).DescendantGroups)},
	}
}

type groupEntity struct {
	ID                  int64            `json:"id"`
	WebURL              string           `json:"web_url"`
	Name                string           `json:"name"`
	Path                string           `json:"path"`
	Description         string           `json:"description"`
	Visibility          string           `json:"visibility"`
	AvatarURL           *string          `json:"avatar_url"`
	FullName            string           `json:"full_name"`
	FullPath            string           `json:"full_path"`
	CreatedAt           string           `json:"created_at"`
	ParentID            *int64           `json:"parent_id"`
	Archived            bool             `json:"archived"`
	ShareWithGroupLock  bool             `json:"share_with_group_lock"`
	MarkedForDeletionOn *string          `json:"marked_for_deletion_on"`
	Projects            *[]projectEntity `json:"projects,omitempty"`

	SharedWithGroups *[]sharedGroupEntity `json:"shared_with_groups,omitempty"`
	ShareWithin      *bool                `json:"prevent_sharing_groups_outside_hierarchy,omitempty"`
}

func (r *request) group(g *store.Namespace) groupEntity {
	return groupEntity{
		ID: g.ID, WebURL: r.namespaceURL(g), Name: g.Name, Path: g.Path, Description: g.Description,
		Visibility: string(g.Visibility), FullName: g.FullName, FullPath: g.FullPath,
		CreatedAt: timestamp(g.CreatedAt), ParentID: parentID(g), Archived: g.Archived, ShareWithGroupLock: g.ShareLock,
		MarkedForDeletionOn: date(g.MarkedForDeletion),
	}
}

func (a *API) listGroups(r *request) (answer, error) {
	return r.groupPage(r.state.Groups())
}

func (a *API) listSubgroups(below func(*store.State, int64) []*store.Namespace) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		group, err := r.findGroup()
		if err != nil {
			return answer{}, err
		}
		return r.groupPage(below(r.state, group.ID))
	}
}

func (r *request) groupPage(groups []*store.Namespace) (answer, error) {
	search := strings.ToLower(r.text("search"))
	found := slices.DeleteFunc(groups, func(g *store.Namespace) bool {
		level := rules.NamespaceLevel(r.state, r.caller.ID(), g.ID)
		return !rules.CanReadGroup(r.state, r.caller, g) || slices.Contains(r.integers("skip_groups"), g.ID) ||
			r.boolean("top_level_only") && g.ParentID != 0 ||
			r.boolean("owned") && level < store.Owner ||
			int64(level) < r.integer("min_access_level") ||
			!strings.Contains(strings.ToLower(g.FullPath+" "+g.Name), search)
	})
	order := map[string]func(a, b *store.Namespace) int{
		"":     func(a, b *store.Namespace) int { return strings.Compare(a.Name, b.Name) },
		"path": func(a, b *store.Namespace) int { return strings.Compare(a.Path, b.Path) },
		"id":   func(a, b *store.Namespace) int { return cmp.Compare(a.ID, b.ID) },
	}
	order["name"] = order[""]
	slices.SortStableFunc(found, func(a, b *store.Namespace) int {
		if r.text("sort") == "desc" {
			a, b = b, a
		}
		return cmp.Or(order[r.text("order_by")](a, b), cmp.Compare(a.ID, b.ID))
	})
	return paged(r, found, func(g *store.Namespace) any { return r.group(g) })
}

func groupAttributes(r *request) rules.GroupAttributes {
	attrs := rules.GroupAttributes{
		Name: given[string](r, "name"), Path: given[string](r, "path"), Description: given[string](r, "description"),
		ShareLock: given[bool](r, "share_with_group_lock"), ShareWithin: given[bool](r, "prevent_sharing_groups_outside_hierarchy"),
	}
	if v := r.text("visibility"); v != "" {
		visibility := store.Visibility(v)
		attrs.Visibility = &visibility
	}
	return attrs
}

func (a *API) createGroup(r *request) (answer, error) {
	var parent *store.Namespace
	if id := given[int64](r, "parent_id"); id != nil {
		parent = r.state.Group(*id)
		if parent == nil || !rules.CanReadGroup(r.state, r.caller, parent) {
			return answer{}, notFound("Group")
		}
	}
	group, refusal := a.services.CreateGroup(r.state, r.caller, parent, groupAttributes(r))
	if refusal != nil {
		return answer{}, refused(refusal)
	}
	return created(r.group(group))
}

// maxProjectsOfGroup is how many projects the detail of a group lists.
const maxProjectsOfGroup = 100

func (a *API) getGroup(r *request) (answer, error) {
	group, err := r.findGroup()
	if err != nil {
		return answer{}, err
	}
	entity := r.group(group)
	shared := r.sharedWith(store.Source{Kind: store.GroupSource, ID: group.ID})
	entity.SharedWithGroups = &shared
	if group.ParentID == 0 {
		entity.ShareWithin = &group.ShareWithin
	}
	if wanted := given[bool](r, "with_projects"); wanted == nil || *wanted {
		projects := []projectEntity{}
		for _, p := range slices.Backward(r.state.ProjectsIn(group.ID)) {
			if len(projects) < maxProjectsOfGroup && rules.CanReadProject(r.state, r.caller, p) {
				projects = append(projects, r.project(p))
			}
		}
		entity.Projects = &projects
	}
	return ok(entity)
}

func (a *API) updateGroup(r *request) (answer, error) {
	if err := r.anyGiven(); err != nil {
		return answer{}, err
	}
	group, err := r.findGroup()
	if err != nil {
		return answer{}, err
	}
	changed, refusal := a.services.UpdateGroup(r.state, r.caller, group, groupAttributes(r))
	if refusal != nil {
		return answer{}, refused(refusal)
	}
	return ok(r.group(changed))
}

func (a *API) deleteGroup(r *request) (answer, error) {
	group, err := r.findGroup()
	if err != nil {
		return answer{}, err
	}
	how := rules.Deletion{Permanently: r.boolean("permanently_remove"), FullPath: r.text("full_path")}
	if refusal := a.services.DeleteGroup(r.state, r.caller, group, how); refusal != nil {
		return answer{}, refused(refusal)
	}
	return accepted()
}

func (a *API) restoreGroup(r *request) (answer, error) {
	group, err := r.findGroup()
	if err != nil {
		return answer{}, err
	}
	restored, refusal := a.services.RestoreGroup(r.state, r.caller, group)
	if refusal != nil {
		return answer{}, refused(refusal)
	}
	return created(r.group(restored))
}
