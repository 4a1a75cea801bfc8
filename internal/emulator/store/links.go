package store

import (
	"cmp"
	"slices"
)

// links are the stored job token scopes, found by source and, for deletions,
// by target.
type links struct {
	last     int64
	byKey    map[linkKey]*Link
	bySource map[linkList][]*Link // in the order they were made
	byTarget map[Source]map[linkKey]bool
}

type linkKey struct {
	source    int64
	target    Source
	direction Direction
}

type linkList struct {
	source    int64
	kind      SourceKind
	direction Direction
}

func newLinks() links {
	return links{byKey: map[linkKey]*Link{}, bySource: map[linkList][]*Link{}, byTarget: map[Source]map[linkKey]bool{}}
}

func (l *Link) key() linkKey {
	return linkKey{source: l.SourceProjectID, target: l.Target, direction: l.Direction}
}

func (l *Link) list() linkList {
	return linkList{source: l.SourceProjectID, kind: l.Target.Kind, direction: l.Direction}
}

// CreateLink stores a link; ID is filled in, and CreatedAt when zero.
func (s *State) CreateLink(l Link) *Link {
	s.links.last++
	l.ID = s.links.last
	if l.CreatedAt.IsZero() {
		l.CreatedAt = s.Now()
	}
	key := l.key()
	s.links.byKey[key] = &l
	s.links.bySource[l.list()] = append(s.links.bySource[l.list()], &l)
	if s.links.byTarget[l.Target] == nil {
		s.links.byTarget[l.Target] = map[linkKey]bool{}
	}
	s.links.byTarget[l.Target][key] = true
	return &l
}

// Link finds the link from a project to a target, or nil.
func (s *State) Link(sourceProjectID int64, target Source, direction Direction) *Link {
	return s.links.byKey[linkKey{source: sourceProjectID, target: target, direction: direction}]
}

// Links lists a project's links to targets of one kind in the order they were
// made. The slice belongs to the caller.
func (s *State) Links(sourceProjectID int64, kind SourceKind, direction Direction) []*Link {
	return slices.Clone(s.links.bySource[linkList{source: sourceProjectID, kind: kind, direction: direction}])
}

// LinksByTarget is Links in the order of the targets' ids.
func (s *State) LinksByTarget(sourceProjectID int64, kind SourceKind, direction Direction) []*Link {
	found := s.Links(sourceProjectID, kind, direction)
	slices.SortFunc(found, func(a, b *Link) int { return cmp.Compare(a.Target.ID, b.Target.ID) })
	return found
}

// CountLinks counts a project's links to targets of one kind.
func (s *State) CountLinks(sourceProjectID int64, kind SourceKind, direction Direction) int {
	return len(s.links.bySource[linkList{source: sourceProjectID, kind: kind, direction: direction}])
}

// UpdateLink replaces a link by a changed copy; source, target and direction stay.
func (s *State) UpdateLink(l *Link, change func(*Link)) *Link {
	changed := *l
	change(&changed)
	s.links.byKey[l.key()] = &changed
	list := slices.Clone(s.links.bySource[l.list()])
	for i, other := range list {
		if other.ID == l.ID {
			list[i] = &changed
		}
	}
	s.links.bySource[l.list()] = list
	return &changed
}

// DeleteLink removes a link.
func (s *State) DeleteLink(l *Link) {
	key := l.key()
	delete(s.links.byKey, key)
	delete(s.links.byTarget[l.Target], key)
	s.links.bySource[l.list()] = slices.DeleteFunc(s.links.bySource[l.list()], func(other *Link) bool { return other.ID == l.ID })
}

// forgetLinks removes every link from or to a deleted project or group.
func (s *State) forgetLinks(gone Source) {
	for key := range s.links.byTarget[gone] {
		if link := s.links.byKey[key]; link != nil {
			s.DeleteLink(link)
		}
	}
	delete(s.links.byTarget, gone)
	if gone.Kind != ProjectSource {
		return
	}
	for _, kind := range []SourceKind{ProjectSource, GroupSource} {
		for _, direction := range []Direction{Inbound, Outbound} {
			for _, link := range s.Links(gone.ID, kind, direction) {
				s.DeleteLink(link)
			}
			delete(s.links.bySource, linkList{source: gone.ID, kind: kind, direction: direction})
		}
	}
}
