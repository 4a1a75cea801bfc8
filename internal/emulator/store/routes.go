package store

import "strings"

// routes is the one space of full paths that groups, users' namespaces and
// projects share, and the old paths that lead to where they are now.
type routes struct {
	current   map[string]route
	redirects map[string]route
}

type route struct {
	project bool
	id      int64
}

func newRoutes() routes {
	return routes{current: map[string]route{}, redirects: map[string]route{}}
}

func (r *routes) add(fullPath string, to route) {
	key := strings.ToLower(fullPath)
	r.current[key] = to
	delete(r.redirects, key)
}

// move gives a record its new path and leaves a redirect at the old one.
func (r *routes) move(from, to string, target route) {
	if strings.EqualFold(from, to) {
		return
	}
	old := strings.ToLower(from)
	if r.current[old] == target {
		delete(r.current, old)
		r.redirects[old] = target
	}
	r.add(to, target)
}

func (r *routes) remove(fullPath string, target route) {
	delete(r.current, strings.ToLower(fullPath))
	for path, to := range r.redirects {
		if to == target {
			delete(r.redirects, path)
		}
	}
}

// PathTaken says whether a group, user or project has the full path now.
func (s *State) PathTaken(fullPath string) bool {
	_, taken := s.routes.current[strings.ToLower(fullPath)]
	return taken
}

// NamespaceByPath finds a group or user namespace by its present full path,
// without regard to letter case, or nil. Old paths are not followed.
func (s *State) NamespaceByPath(fullPath string) *Namespace {
	found, ok := s.routes.current[strings.ToLower(fullPath)]
	if !ok || found.project {
		return nil
	}
	return s.namespaces.byID[found.id]
}

// GroupByPath is NamespaceByPath for groups alone.
func (s *State) GroupByPath(fullPath string) *Namespace {
	n := s.NamespaceByPath(fullPath)
	if n == nil || !n.IsGroup() {
		return nil
	}
	return n
}

// ProjectByPath finds a project by its present full path, without regard to
// letter case, or nil. Old paths are not followed.
func (s *State) ProjectByPath(fullPath string) *Project {
	found, ok := s.routes.current[strings.ToLower(fullPath)]
	if !ok || !found.project {
		return nil
	}
	return s.projects.byID[found.id]
}

// ProjectByOldPath finds the project that used to have the full path, or nil.
func (s *State) ProjectByOldPath(fullPath string) *Project {
	found, ok := s.routes.redirects[strings.ToLower(fullPath)]
	if !ok || !found.project {
		return nil
	}
	return s.projects.byID[found.id]
}

// ForgetOldPath removes the redirect at a full path.
func (s *State) ForgetOldPath(fullPath string) { delete(s.routes.redirects, strings.ToLower(fullPath)) }
