package store

import (
	"cmp"
	"slices"
)

type projects struct {
	last        int64
	byID        map[int64]*Project
	byNamespace map[int64][]int64 // ascending
}

func newProjects() projects {
	return projects{byID: map[int64]*Project{}, byNamespace: map[int64][]int64{}}
}

// CreateProject stores a project; ID, FullPath, FullName and times are filled in.
func (s *State) CreateProject(p Project) *Project {
	s.projects.last++
	p.ID, p.CreatedAt = s.projects.last, s.Now()
	p.UpdatedAt, p.LastActivityAt = p.CreatedAt, p.CreatedAt
	p.FullPath, p.FullName = s.located(p.NamespaceID, p.Path, p.Name)
	s.projects.byID[p.ID] = &p
	s.projects.byNamespace[p.NamespaceID] = append(s.projects.byNamespace[p.NamespaceID], p.ID)
	s.routes.add(p.FullPath, route{project: true, id: p.ID})
	return &p
}

// Project finds a project by id, or nil.
func (s *State) Project(id int64) *Project { return s.projects.byID[id] }

// Projects lists all projects, newest first, as GET /projects does.
func (s *State) Projects() []*Project { return newestFirst(s.projects.byID) }

// ProjectsIn lists the projects directly in a namespace by ascending id.
func (s *State) ProjectsIn(namespaceID int64) []*Project {
	found := make([]*Project, 0, len(s.projects.byNamespace[namespaceID]))
	for _, id := range s.projects.byNamespace[namespaceID] {
		found = append(found, s.projects.byID[id])
	}
	return found
}

// ProjectsUnder lists the projects in a group and its subgroups by ascending id.
func (s *State) ProjectsUnder(groupID int64) []*Project {
	found := s.ProjectsIn(groupID)
	for _, group := range s.DescendantGroups(groupID) {
		found = append(found, s.ProjectsIn(group.ID)...)
	}
	slices.SortFunc(found, func(a, b *Project) int { return cmp.Compare(a.ID, b.ID) })
	return found
}

// UpdateProject replaces a project by a changed copy. A changed path or
// namespace leaves a redirect at the old path.
func (s *State) UpdateProject(p *Project, change func(*Project)) *Project {
	changed := *p
	change(&changed)
	changed.UpdatedAt = s.Now()
	if changed.NamespaceID != p.NamespaceID {
		s.projects.byNamespace[p.NamespaceID] = without(s.projects.byNamespace[p.NamespaceID], p.ID)
		s.projects.byNamespace[changed.NamespaceID] = withSorted(s.projects.byNamespace[changed.NamespaceID], p.ID)
	}
	changed.FullPath, changed.FullName = s.located(changed.NamespaceID, changed.Path, changed.Name)
	s.projects.byID[p.ID] = &changed
	s.routes.move(p.FullPath, changed.FullPath, route{project: true, id: p.ID})
	return &changed
}

// DeleteProject removes a project with its members, its list, and its entries
// on the lists of others.
func (s *State) DeleteProject(id int64) {
	p := s.projects.byID[id]
	if p == nil {
		return
	}
	source := Source{Kind: ProjectSource, ID: id}
	s.forgetMembers(source)
	s.forgetShares(source)
	s.forgetLinks(source)
	s.forgetJobs(id)
	s.forgetAuthorizations(id)
	s.forgetPackages(id)
	s.forgetVariables(source)
	s.forgetDeployTokens(source)
	s.forgetBots(source)
	delete(s.releases, id)
	s.routes.remove(p.FullPath, route{project: true, id: id})
	s.projects.byNamespace[p.NamespaceID] = without(s.projects.byNamespace[p.NamespaceID], id)
	delete(s.projects.byID, id)
}
