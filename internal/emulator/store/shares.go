package store

import (
	"cmp"
	"slices"
	"time"
)

// Share gives the members of a group a role, at most, in a project or another group.
type Share struct {
	ID        int64
	With      Source // what is shared
	GroupID   int64  // whom with
	Level     AccessLevel
	ExpiresAt *time.Time
}

// CreateShare stores a share; ID is filled in.
func (s *State) CreateShare(share Share) *Share {
	s.lastShare++
	share.ID = s.lastShare
	s.shares[share.With] = append(s.shares[share.With], &share)
	return &share
}

// SharesOf lists the groups that a project or group is shared with, by ascending id.
func (s *State) SharesOf(source Source) []*Share {
	found := slices.Clone(s.shares[source])
	slices.SortFunc(found, func(a, b *Share) int { return cmp.Compare(a.ID, b.ID) })
	return found
}

// Share finds the share of a project or group with a group, or nil.
func (s *State) Share(source Source, groupID int64) *Share {
	for _, share := range s.shares[source] {
		if share.GroupID == groupID {
			return share
		}
	}
	return nil
}

// DeleteShare ends a share.
func (s *State) DeleteShare(share *Share) {
	s.shares[share.With] = slices.DeleteFunc(s.shares[share.With], func(other *Share) bool { return other == share })
}

// forgetShares removes those of a deleted project or group, and those with a group.
func (s *State) forgetShares(source Source) {
	delete(s.shares, source)
	if source.Kind != GroupSource {
		return
	}
	for other, shares := range s.shares {
		s.shares[other] = slices.DeleteFunc(shares, func(share *Share) bool { return share.GroupID == source.ID })
	}
}
