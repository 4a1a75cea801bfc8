package rest

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/cost"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rules"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

func (a *API) projectEndpoints() []endpoint {
	attributes := []param{
		opt("name", text), opt("path", text), opt("description", text), visibilityParam(),
		opt("ci_push_repository_for_job_token_allowed", boolean),
	}
	for _, feature := range projectFeatures {
		attributes = append(attributes, param{name: accessLevelOf(feature), values: []string{
			string(store.FeatureDisabled), string(store.FeaturePrivate), string(store.FeatureEnabled),
		}})
	}
	return []endpoint{
		{http.MethodGet, "/projects", signedInToWrite, projectFilters(), a.listProjects},
		{http.MethodPost, "/projects", signedInToWrite, append([]param{opt("namespace_id", integer), opt("initialize_with_readme", boolean)}, attributes...), a.createProject},
		{http.MethodGet, "/projects/:id", signedInToWrite, nil, a.getProject},
		{http.MethodPut, "/projects/:id", signedInToWrite, attributes, a.updateProject},
		{http.MethodDelete, "/projects/:id", signedInToWrite, deletionParams(), a.deleteProject},
		{http.MethodPost, "/projects/:id/restore", signedInToWrite, nil, a.restoreProject},
		{http.MethodPost, "/projects/:id/archive", signedInToWrite, nil, a.setArchived(true)},
		{http.MethodPost, "/projects/:id/unarchive", signedInToWrite, nil, a.setArchived(false)},
		{http.MethodPut, "/projects/:id/transfer", signedInToWrite, []param{req("namespace", text)}, a.transferProject},
		{http.MethodGet, "/groups/:id/projects", anyone, append(projectFilters(), opt("include_subgroups", boolean)), a.listGroupProjects},
	}
}

func deletionParams() []param {
	return []param{opt("permanently_remove", boolean), opt("full_path", text)}
}

func projectFilters() []param {
	return paging(
		opt("search", text), opt("membership", boolean), opt("owned", boolean), opt("archived", boolean),
		opt("simple", boolean), opt("min_access_level", integer), opt("id_after", integer), opt("id_before", integer),
		opt("search_namespaces", boolean), visibilityParam(),
		param{name: "order_by", values: []string{"id", "name", "path", "created_at", "updated_at", "last_activity_at"}},
		param{name: "sort", values: []string{"asc", "desc"}},
	)
}

func (a *API) listProjects(r *request) (answer, error) {
	return r.projectPage(r.state.Projects())
}

func (a *API) listGroupProjects(r *request) (answer, error) {
	group, err := r.findGroup()
	if err != nil {
		return answer{}, err
	}
	projects := r.state.ProjectsIn(group.ID)
	if r.boolean("include_subgroups") {
		projects = r.state.ProjectsUnder(group.ID)
	}
	slices.Reverse(projects)
	return r.projectPage(projects)
}

// projectPage shows what the caller may see of the projects, given newest first.
func (r *request) projectPage(projects []*store.Project) (answer, error) {
	found := slices.DeleteFunc(projects, func(p *store.Project) bool {
		return !rules.CanReadProject(r.state, r.caller, p) || !r.matches(p)
	})
	r.sortProjects(found)
	show := func(p *store.Project) any {
		cost.Projects(r.http.Context(), 1)
		if r.boolean("simple") || !r.caller.SignedIn() {
			return r.basicProject(p)
		}
		return r.project(p)
	}
	if r.text("pagination") == "keyset" && r.endpoint.path == "/projects" {
		return r.keysetPage(found, show)
	}
	return paged(r, found, show)
}

func (r *request) matches(p *store.Project) bool {
	level := rules.ProjectLevel(r.state, r.caller.ID(), p)
	archived := given[bool](r, "archived")
	search := strings.ToLower(r.text("search"))
	switch {
	case r.boolean("membership") && level < store.Guest,
		r.boolean("owned") && level < store.Owner,
		int64(level) < r.integer("min_access_level"),
		p.ID <= r.integer("id_after"),
		r.integer("id_before") > 0 && p.ID >= r.integer("id_before"),
		archived != nil && *archived != p.Archived,
		r.text("visibility") != "" && r.text("visibility") != string(p.Visibility):
		return false
	}
	if r.boolean("search_namespaces") && strings.Contains(strings.ToLower(p.FullPath+" "+p.FullName), search) {
		return true
	}
	return strings.Contains(strings.ToLower(p.Name), search) || strings.Contains(strings.ToLower(p.Path), search)
}

func (r *request) sortProjects(projects []*store.Project) {
	order := func(a, b *store.Project) int { return cmp.Compare(a.ID, b.ID) }
	switch r.text("order_by") {
	case "name":
		order = func(a, b *store.Project) int { return cmp.Compare(a.Name, b.Name) }
	case "path":
		order = func(a, b *store.Project) int { return cmp.Compare(a.Path, b.Path) }
	case "updated_at":
		order = func(a, b *store.Project) int { return a.UpdatedAt.Compare(b.UpdatedAt) }
	case "last_activity_at":
		order = func(a, b *store.Project) int { return a.LastActivityAt.Compare(b.LastActivityAt) }
	}
	slices.SortStableFunc(projects, func(a, b *store.Project) int {
		if r.text("sort") == "asc" {
			return order(a, b)
		}
		return order(b, a)
	})
}

func projectAttributes(r *request) rules.ProjectAttributes {
	attrs := rules.ProjectAttributes{
		Name: given[string](r, "name"), Path: given[string](r, "path"), Description: given[string](r, "description"),
		Push: given[bool](r, "ci_push_repository_for_job_token_allowed"),
	}
	if v := r.text("visibility"); v != "" {
		visibility := store.Visibility(v)
		attrs.Visibility = &visibility
	}
	attrs.Features = map[store.Feature]store.FeatureLevel{}
	for _, feature := range projectFeatures {
		if level := r.text(accessLevelOf(feature)); level != "" {
			attrs.Features[feature] = store.FeatureLevel(level)
		}
	}
	return attrs
}

var projectFeatures = []store.Feature{store.Repository, store.Builds, store.PackageRegistry, store.Releases}

// accessLevelOf names the attribute that holds the level of a feature.
func accessLevelOf(f store.Feature) string { return string(f) + "_access_level" }

func (a *API) createProject(r *request) (answer, error) {
	attrs := projectAttributes(r)
	if attrs.Name == nil && attrs.Path == nil {
		return answer{}, invalidParams("name, path are missing, at least one parameter must be provided")
	}
	namespace := r.state.Namespace(r.caller.User.NamespaceID)
	if _, sent := r.params["namespace_id"]; sent {
		namespace = r.state.Namespace(r.integer("namespace_id"))
	}
	project, refusal := a.services.CreateProject(r.state, r.caller, namespace, attrs)
	if refusal != nil {
		return answer{}, refused(refusal)
	}
	return created(r.project(project))
}

func (a *API) getProject(r *request) (answer, error) {
	project, err := r.findProject()
	if err != nil {
		return answer{}, err
	}
	if !r.caller.SignedIn() {
		return ok(r.basicProject(project))
	}
	return ok(r.project(project))
}

func (a *API) updateProject(r *request) (answer, error) {
	if err := r.anyGiven(); err != nil {
		return answer{}, err
	}
	project, err := r.adminProject()
	if err != nil {
		return answer{}, err
	}
	changed, refusal := a.services.UpdateProject(r.state, r.caller, project, projectAttributes(r))
	if refusal != nil {
		return answer{}, refused(refusal)
	}
	return ok(r.project(changed))
}

func (a *API) deleteProject(r *request) (answer, error) {
	project, err := r.findProject()
	if err != nil {
		return answer{}, err
	}
	how := rules.Deletion{Permanently: r.boolean("permanently_remove"), FullPath: r.text("full_path")}
	if refusal := a.services.DeleteProject(r.state, r.caller, project, how); refusal != nil {
		return answer{}, refused(refusal)
	}
	return accepted()
}

func (a *API) restoreProject(r *request) (answer, error) {
	project, err := r.findProject()
	if err != nil {
		return answer{}, err
	}
	restored, refusal := a.services.RestoreProject(r.state, r.caller, project)
	if refusal != nil {
		return answer{}, refused(refusal)
	}
	return created(r.project(restored))
}

func (a *API) setArchived(archived bool) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		project, err := r.findProject()
		if err != nil {
			return answer{}, err
		}
		changed, refusal := a.services.SetArchived(r.state, r.caller, project, archived)
		if refusal != nil {
			return answer{}, refused(refusal)
		}
		return created(r.project(changed))
	}
}

func (a *API) transferProject(r *request) (answer, error) {
	project, err := r.findProject()
	if err != nil {
		return answer{}, err
	}
	if !rules.CanOwnProject(r.state, r.caller, project) {
		return answer{}, forbidden("")
	}
	to := r.lookUpNamespace(r.text("namespace"))
	if to == nil {
		return answer{}, notFound("Namespace")
	}
	moved, refusal := a.services.TransferProject(r.state, r.caller, project, to)
	if refusal != nil {
		return answer{}, refused(refusal)
	}
	return ok(r.project(moved))
}

// lookUpNamespace finds a namespace the caller may see by id or full path, or nil.
func (r *request) lookUpNamespace(id string) *store.Namespace {
	namespace := r.state.NamespaceByPath(id)
	if isID(id) {
		number, _ := strconv.ParseInt(id, 10, 64)
		namespace = r.state.Namespace(number)
	}
	if namespace == nil || !rules.CanReadNamespace(r.state, r.caller, namespace) {
		return nil
	}
	return namespace
}
