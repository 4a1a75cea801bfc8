package store

import (
	"cmp"
	"slices"
)

type namespaces struct {
	last     int64
	byID     map[int64]*Namespace
	children map[int64][]int64 // subgroups by parent, ascending; 0 holds the top level
}

func newNamespaces() namespaces {
	return namespaces{byID: map[int64]*Namespace{}, children: map[int64][]int64{}}
}

// CreateNamespace stores a group or user namespace; ID, FullPath, FullName and
// CreatedAt are filled in.
func (s *State) CreateNamespace(n Namespace) *Namespace {
	s.namespaces.last++
	n.ID, n.CreatedAt = s.namespaces.last, s.Now()
	n.FullPath, n.FullName = s.located(n.ParentID, n.Path, n.Name)
	s.namespaces.byID[n.ID] = &n
	s.namespaces.children[n.ParentID] = append(s.namespaces.children[n.ParentID], n.ID)
	s.routes.add(n.FullPath, route{id: n.ID})
	return &n
}

// located gives the full path and full name of something in a namespace.
func (s *State) located(parentID int64, path, name string) (fullPath, fullName string) {
	parent := s.namespaces.byID[parentID]
	if parent == nil {
		return path, name
	}
	return parent.FullPath + "/" + path, parent.FullName + " / " + name
}

// Namespace finds a group or user namespace by id, or nil.
func (s *State) Namespace(id int64) *Namespace { return s.namespaces.byID[id] }

// Group finds a group by id, or nil.
func (s *State) Group(id int64) *Namespace {
	n := s.namespaces.byID[id]
	if n == nil || !n.IsGroup() {
		return nil
	}
	return n
}

// Groups lists all groups by ascending id.
func (s *State) Groups() []*Namespace {
	all := newestFirst(s.namespaces.byID)
	slices.Reverse(all)
	return slices.DeleteFunc(all, func(n *Namespace) bool { return !n.IsGroup() })
}

// Subgroups lists the groups directly in a group by ascending id; 0 is the top level.
func (s *State) Subgroups(parentID int64) []*Namespace {
	found := make([]*Namespace, 0, len(s.namespaces.children[parentID]))
	for _, id := range s.namespaces.children[parentID] {
		if n := s.namespaces.byID[id]; n.IsGroup() {
			found = append(found, n)
		}
	}
	return found
}

// DescendantGroups lists the groups below a group, without itself, by ascending id.
func (s *State) DescendantGroups(id int64) []*Namespace {
	var found []*Namespace
	for pending := s.Subgroups(id); len(pending) > 0; {
		next := pending[0]
		pending = append(pending[1:], s.Subgroups(next.ID)...)
		found = append(found, next)
	}
	slices.SortFunc(found, func(a, b *Namespace) int { return cmp.Compare(a.ID, b.ID) })
	return found
}

// Lineage lists a namespace and its ancestors, from itself to the top.
func (s *State) Lineage(id int64) []*Namespace {
	var found []*Namespace
	for n := s.namespaces.byID[id]; n != nil; n = s.namespaces.byID[n.ParentID] {
		found = append(found, n)
	}
	return found
}

// UpdateNamespace replaces a namespace by a changed copy. A changed path, name
// or parent moves everything below, and leaves redirects at the old paths.
func (s *State) UpdateNamespace(n *Namespace, change func(*Namespace)) *Namespace {
	changed := *n
	change(&changed)
	if changed.ParentID != n.ParentID {
		s.namespaces.children[n.ParentID] = without(s.namespaces.children[n.ParentID], n.ID)
		s.namespaces.children[changed.ParentID] = withSorted(s.namespaces.children[changed.ParentID], n.ID)
	}
	changed.FullPath, changed.FullName = s.located(changed.ParentID, changed.Path, changed.Name)
	s.namespaces.byID[n.ID] = &changed
	s.routes.move(n.FullPath, changed.FullPath, route{id: n.ID})
	if changed.FullPath != n.FullPath || changed.FullName != n.FullName {
		for _, child := range s.namespaces.children[n.ID] {
			s.UpdateNamespace(s.namespaces.byID[child], func(*Namespace) {})
		}
		for _, project := range s.ProjectsIn(n.ID) {
			s.UpdateProject(project, func(*Project) {})
		}
	}
	return &changed
}

// DeleteNamespace removes a namespace with all that is in it.
func (s *State) DeleteNamespace(id int64) {
	n := s.namespaces.byID[id]
	if n == nil {
		return
	}
	for _, child := range slices.Clone(s.namespaces.children[id]) {
		s.DeleteNamespace(child)
	}
	for _, project := range s.ProjectsIn(id) {
		s.DeleteProject(project.ID)
	}
	source := Source{Kind: GroupSource, ID: id}
	s.forgetDeployTokens(source)
	s.forgetBots(source)
	s.forgetMembers(source)
	s.forgetShares(source)
	s.forgetLinks(source)
	s.forgetVariables(source)
	s.routes.remove(n.FullPath, route{id: id})
	s.namespaces.children[n.ParentID] = without(s.namespaces.children[n.ParentID], id)
	delete(s.namespaces.children, id)
	delete(s.namespaces.byID, id)
}
