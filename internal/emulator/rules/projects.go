package rules

import (
	"fmt"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/release"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// ProjectAttributes are what a caller may say of a project; nil says nothing.
type ProjectAttributes struct {
	Name        *string
	Path        *string
	Description *string
	Visibility  *store.Visibility
	Push        *bool
	Features    map[store.Feature]store.FeatureLevel
}

// CreateProject makes a project in a namespace.
func (s Services) CreateProject(st *store.State, c Caller, n *store.Namespace, attrs ProjectAttributes) (*store.Project, *Refusal) {
	if n == nil || !CanCreateProjects(st, c, n) {
		return nil, invalid("namespace", "is not valid")
	}
	project := store.Project{
		NamespaceID: n.ID, CreatorID: c.ID(), Visibility: store.Private, Description: attrs.Description,
		JobToken: store.JobTokenSettings{Inbound: true},
	}
	assign(&project.Name, attrs.Name)
	assign(&project.Path, attrs.Path)
	assign(&project.Visibility, attrs.Visibility)
	assign(&project.JobToken.Push, attrs.Push)
	project.Features = project.Features.With(attrs.Features)
	if project.Path == "" {
		project.Path = pathFromName(project.Name)
	}
	if project.Name == "" {
		project.Name = project.Path
	}
	errs := projectErrors(st, 0, n, project.Name, project.Path)
	if n.IsGroup() && project.Visibility.Rank() > n.Visibility.Rank() {
		errs.add("visibility_level", fmt.Sprintf("%s is not allowed in a %s group.", project.Visibility, n.Visibility))
	}
	if refusal := errs.refusal(); refusal != nil {
		return nil, refusal
	}
	created := st.CreateProject(project)
	if !n.IsGroup() {
		st.PutMember(store.Member{
			Source: store.Source{Kind: store.ProjectSource, ID: created.ID},
			UserID: n.OwnerID, Level: store.Owner, CreatedBy: c.ID(),
		})
	}
	return created, nil
}

// UpdateProject changes a project's attributes.
func (s Services) UpdateProject(st *store.State, c Caller, p *store.Project, attrs ProjectAttributes) (*store.Project, *Refusal) {
	if !CanAdminProject(st, c, p) || attrs.Name != nil && !CanOwnProject(st, c, p) ||
		attrs.Visibility != nil && *attrs.Visibility != p.Visibility && !CanOwnProject(st, c, p) {
		return nil, forbidden("")
	}
	changed := *p
	assign(&changed.Name, attrs.Name)
	assign(&changed.Path, attrs.Path)
	assign(&changed.Visibility, attrs.Visibility)
	n := st.Namespace(p.NamespaceID)
	errs := projectErrors(st, p.ID, n, changed.Name, changed.Path)
	if n.IsGroup() && changed.Visibility.Rank() > n.Visibility.Rank() {
		errs.add("visibility_level", fmt.Sprintf("%s is not allowed in a %s group.", changed.Visibility, n.Visibility))
	}
	if refusal := errs.refusal(); refusal != nil {
		return nil, refusal
	}
	return st.UpdateProject(p, func(p *store.Project) {
		p.Name, p.Path, p.Visibility = changed.Name, changed.Path, changed.Visibility
		if attrs.Description != nil {
			p.Description = attrs.Description
		}
		assign(&p.JobToken.Push, attrs.Push)
		p.Features = p.Features.With(attrs.Features)
	}), nil
}

// TransferProject moves a project into another namespace.
func (s Services) TransferProject(st *store.State, c Caller, p *store.Project, to *store.Namespace) (*store.Project, *Refusal) {
	if !CanOwnProject(st, c, p) {
		return nil, forbidden("")
	}
	if p.Archived || p.MarkedForDeletion != nil {
		return nil, forbidden("") // change_namespace is lost with archiving
	}
	refuse := func(text string) (*store.Project, *Refusal) {
		return nil, plain(fmt.Sprintf("Failed to transfer project {:new_namespace=>[%q]}", text))
	}
	switch {
	case to.ID == p.NamespaceID:
		return refuse("Project is already in this namespace.")
	case !CanCreateProjects(st, c, to):
		return refuse("You don't have permission to transfer projects into the new namespace.")
	case len(projectErrors(st, p.ID, to, p.Name, p.Path)) > 0:
		return refuse("Project with same name or path in target namespace already exists")
	}
	return st.UpdateProject(p, func(p *store.Project) {
		p.NamespaceID = to.ID
		if to.IsGroup() && p.Visibility.Rank() > to.Visibility.Rank() {
			p.Visibility = to.Visibility
		}
	}), nil
}

// SetArchived archives or unarchives a project.
func (s Services) SetArchived(st *store.State, c Caller, p *store.Project, archived bool) (*store.Project, *Refusal) {
	if !CanOwnProject(st, c, p) {
		return nil, forbidden("")
	}
	return st.UpdateProject(p, func(p *store.Project) { p.Archived = archived }), nil
}

// Deletion is how a caller asks for something to be deleted.
type Deletion struct {
	Permanently bool
	FullPath    string // must be the present full path for a permanent deletion
}

// DeleteProject schedules a project's deletion or, when it is scheduled
// already and asked to, removes it at once.
func (s Services) DeleteProject(st *store.State, c Caller, p *store.Project, how Deletion) *Refusal {
	if !CanOwnProject(st, c, p) {
		return forbidden("")
	}
	scheduled := p.MarkedForDeletion != nil
	switch {
	case !s.Version.SchedulesDeletion():
		st.DeleteProject(p.ID)
	case how.Permanently && !scheduled:
		return plain("Project must be marked for deletion first.")
	case how.Permanently && how.FullPath != p.FullPath:
		return plain("`full_path` is incorrect. You must enter the complete path for the project.")
	case how.Permanently:
		st.DeleteProject(p.ID)
	case scheduled:
		return plain("Project has been already marked for deletion")
	default:
		now := st.Now()
		suffix := deletionSuffix(p.ID)
		archived := p.Archived || !s.Version.Flipped(release.DeletionNotArchived)
		st.UpdateProject(p, func(p *store.Project) {
			p.Path, p.Name, p.Archived, p.MarkedForDeletion = p.Path+suffix, p.Name+suffix, archived, &now
		})
		if s.Version.Flipped(release.DeletionWithoutRedirect) {
			st.ForgetOldPath(p.FullPath)
		}
	}
	return nil
}

func deletionSuffix(id int64) string { return fmt.Sprintf("-deletion_scheduled-%d", id) }

// RestoreProject takes a scheduled deletion back; the old path must be free.
func (s Services) RestoreProject(st *store.State, c Caller, p *store.Project) (*store.Project, *Refusal) {
	if !CanOwnProject(st, c, p) {
		return nil, forbidden("")
	}
	if p.MarkedForDeletion == nil {
		return nil, plain("Project has not been marked for deletion")
	}
	suffix := deletionSuffix(p.ID)
	path, name := strings.TrimSuffix(p.Path, suffix), strings.TrimSuffix(p.Name, suffix)
	if refusal := projectErrors(st, p.ID, st.Namespace(p.NamespaceID), name, path).refusal(); refusal != nil {
		return nil, refusal
	}
	return st.UpdateProject(p, func(p *store.Project) {
		p.Path, p.Name, p.Archived, p.MarkedForDeletion = path, name, false, nil
	}), nil
}
