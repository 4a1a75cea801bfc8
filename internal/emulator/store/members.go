package store

import (
	"cmp"
	"slices"
)

type members struct {
	bySource map[Source]map[int64]*Member
	byUser   map[int64]map[Source]*Member
}

func newMembers() members {
	return members{bySource: map[Source]map[int64]*Member{}, byUser: map[int64]map[Source]*Member{}}
}

// PutMember adds or replaces a membership; CreatedAt is filled in when zero.
func (s *State) PutMember(m Member) *Member {
	if m.CreatedAt.IsZero() {
		m.CreatedAt = s.Now()
	}
	if s.members.bySource[m.Source] == nil {
		s.members.bySource[m.Source] = map[int64]*Member{}
	}
	if s.members.byUser[m.UserID] == nil {
		s.members.byUser[m.UserID] = map[Source]*Member{}
	}
	s.members.bySource[m.Source][m.UserID] = &m
	s.members.byUser[m.UserID][m.Source] = &m
	return &m
}

// Member finds a user's own membership in a project or group, or nil.
func (s *State) Member(source Source, userID int64) *Member {
	return s.members.bySource[source][userID]
}

// MembersOf lists a project's or group's own members by user id.
func (s *State) MembersOf(source Source) []*Member {
	found := newestFirst(s.members.bySource[source])
	slices.Reverse(found)
	return found
}

// MembershipsOf lists a user's own memberships.
func (s *State) MembershipsOf(userID int64) []*Member {
	found := make([]*Member, 0, len(s.members.byUser[userID]))
	for _, member := range s.members.byUser[userID] {
		found = append(found, member)
	}
	slices.SortFunc(found, func(a, b *Member) int {
		return cmp.Or(cmp.Compare(a.Source.Kind, b.Source.Kind), cmp.Compare(a.Source.ID, b.Source.ID))
	})
	return found
}

// RemoveMember ends a membership.
func (s *State) RemoveMember(source Source, userID int64) {
	delete(s.members.bySource[source], userID)
	delete(s.members.byUser[userID], source)
}

func (s *State) forgetMembers(source Source) {
	for userID := range s.members.bySource[source] {
		delete(s.members.byUser[userID], source)
	}
	delete(s.members.bySource, source)
}
