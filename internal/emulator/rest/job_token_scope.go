package rest

import (
	"net/http"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/cost"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rules"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// jobTokenScopeEndpoints is the API of the page "Project job token scopes".
// GET and PATCH take a path as :id, POST and DELETE only a number.
func (a *API) jobTokenScopeEndpoints() []endpoint {
	const (
		scope    = "/projects/:id/job_token_scope"
		projects = scope + "/allowlist"
		groups   = scope + "/groups_allowlist"
	)
	id := req("id", integer)
	return []endpoint{
		{http.MethodGet, scope, signedIn, nil, a.getScope},
		{http.MethodPatch, scope, signedIn, []param{req("enabled", boolean)}, a.patchScope},
		{http.MethodGet, projects, signedIn, paging(), a.listAllowedProjects},
		{http.MethodPost, projects, signedIn, []param{id, req("target_project_id", integer)}, a.allowProject},
		{http.MethodDelete, projects + "/:target_project_id", signedIn, []param{id, req("target_project_id", integer)}, a.disallowProject},
		{http.MethodGet, groups, signedIn, paging(), a.listAllowedGroups},
		{http.MethodPost, groups, signedIn, []param{id, req("target_group_id", integer)}, a.allowGroup},
		{http.MethodDelete, groups + "/:target_group_id", signedIn, []param{id, req("target_group_id", integer)}, a.disallowGroup},
	}
}

type jobTokenScopeEntity struct {
	InboundEnabled  bool `json:"inbound_enabled"`
	OutboundEnabled bool `json:"outbound_enabled"`
}

func (a *API) getScope(r *request) (answer, error) {
	project, err := r.adminProject()
	if err != nil {
		return answer{}, err
	}
	return ok(jobTokenScopeEntity{
		InboundEnabled:  rules.EffectiveInbound(r.state, project),
		OutboundEnabled: project.JobToken.Outbound,
	})
}

func (a *API) patchScope(r *request) (answer, error) {
	project, err := r.adminProject()
	if err != nil {
		return answer{}, err
	}
	enabled := r.boolean("enabled")
	if _, refusal := a.services.UpdateSettings(r.state, project, rules.SettingsChange{Inbound: &enabled}); refusal != nil {
		return answer{}, refused(refusal)
	}
	return noContent()
}

// listAllowedProjects shows the project itself beside its links: a UNION ALL,
// so a stored self entry makes it appear twice.
func (a *API) listAllowedProjects(r *request) (answer, error) {
	project, err := r.adminProject()
	if err != nil {
		return answer{}, err
	}
	links := r.state.LinksByTarget(project.ID, store.ProjectSource, store.Inbound)
	listed := make([]*store.Project, 0, len(links)+1)
	pending := project
	for _, link := range links {
		if pending != nil && pending.ID <= link.Target.ID {
			listed, pending = append(listed, pending), nil
		}
		listed = append(listed, r.state.Project(link.Target.ID))
	}
	if pending != nil {
		listed = append(listed, pending)
	}
	return paged(r, listed, func(p *store.Project) any {
		cost.Entries(r.http.Context(), 1)
		return r.basicProject(p)
	})
}

type projectLinkEntity struct {
	SourceProjectID int64 `json:"source_project_id"`
	TargetProjectID int64 `json:"target_project_id"`
}

func (a *API) allowProject(r *request) (answer, error) {
	project, err := r.adminProject()
	if err != nil {
		return answer{}, err
	}
	target := r.state.Project(r.integer("target_project_id"))
	if target == nil {
		return answer{}, notFound("target_project_id not found")
	}
	entry := rules.Entry{DefaultPermissions: true, Policies: []string{}}
	if _, refusal := a.services.AddEntry(r.state, r.caller, project, rules.Target{Project: target}, entry); refusal != nil {
		return answer{}, refused(refusal)
	}
	return created(projectLinkEntity{SourceProjectID: project.ID, TargetProjectID: target.ID})
}

// disallowProject looks the target up before the project, and leaves the right on the
// project to the service, since 19; before, it asks for both first.
func (a *API) disallowProject(r *request) (answer, error) {
	if a.services.Version.LooksTargetsUpByID() {
		return a.disallowProjectByID(r)
	}
	project, err := r.adminProject()
	if err != nil {
		return answer{}, err
	}
	target := r.state.Project(r.integer("target_project_id"))
	if target == nil || !rules.CanReadProject(r.state, r.caller, target) {
		return answer{}, notFound("Project")
	}
	if _, refusal := a.services.RemoveProject(r.state, r.caller, project, target, store.Inbound); refusal != nil {
		return answer{}, refused(refusal)
	}
	return noContent()
}

func (a *API) disallowProjectByID(r *request) (answer, error) {
	target := r.state.Project(r.integer("target_project_id"))
	if target == nil {
		return answer{}, notFound("Project")
	}
	project, err := r.findProject()
	if err != nil {
		return answer{}, err
	}
	if _, refusal := a.services.RemoveProject(r.state, r.caller, project, target, store.Inbound); refusal != nil {
		return answer{}, refused(refusal)
	}
	return noContent()
}

type basicGroupEntity struct {
	ID     int64  `json:"id"`
	WebURL string `json:"web_url"`
	Name   string `json:"name"`
}

func (a *API) listAllowedGroups(r *request) (answer, error) {
	project, err := r.adminProject()
	if err != nil {
		return answer{}, err
	}
	links := r.state.LinksByTarget(project.ID, store.GroupSource, store.Inbound)
	return paged(r, links, func(link *store.Link) any {
		cost.Entries(r.http.Context(), 1)
		group := r.state.Group(link.Target.ID)
		return basicGroupEntity{ID: group.ID, WebURL: r.namespaceURL(group), Name: group.Name}
	})
}

type groupLinkEntity struct {
	SourceProjectID int64 `json:"source_project_id"`
	TargetGroupID   int64 `json:"target_group_id"`
}

func (a *API) allowGroup(r *request) (answer, error) {
	project, err := r.adminProject()
	if err != nil {
		return answer{}, err
	}
	target := r.state.Group(r.integer("target_group_id"))
	if target == nil {
		return answer{}, notFound("target_group_id not found")
	}
	entry := rules.Entry{DefaultPermissions: true, Policies: []string{}}
	if _, refusal := a.services.AddEntry(r.state, r.caller, project, rules.Target{Group: target}, entry); refusal != nil {
		return answer{}, refused(refusal)
	}
	return created(groupLinkEntity{SourceProjectID: project.ID, TargetGroupID: target.ID})
}

// disallowGroup looks the group up before the project, and leaves the right on
// the project to the service.
func (a *API) disallowGroup(r *request) (answer, error) {
	target := r.state.Group(r.integer("target_group_id"))
	if target == nil {
		return answer{}, notFound("target_group_id not found")
	}
	project, err := r.findProject()
	if err != nil {
		return answer{}, err
	}
	if _, refusal := a.services.RemoveGroup(r.state, r.caller, project, target); refusal != nil {
		return answer{}, refused(refusal)
	}
	return noContent()
}
