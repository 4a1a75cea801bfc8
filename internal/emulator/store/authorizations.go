package store

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Authorization is a row of a project's authentication log: the latest use of a
// job token of one other project.
type Authorization struct {
	ID               int64
	AccessedID       int64
	OriginID         int64
	LastAuthorizedAt time.Time
	// Permissions are the fine-grained permissions that were used, each with the
	// time of its last use.
	Permissions map[string]time.Time
}

// capture is a row with what is not written into it yet.
type capture struct {
	row     Authorization
	pending Authorization // shown from due on
	due     time.Time     // zero: nothing is pending
}

type authorizations struct {
	last    int64
	byPair  map[[2]int64]*capture // accessed and origin project
	rowsFor map[int64][]int64     // origins by accessed project, oldest row first
}

func newAuthorizations() authorizations {
	return authorizations{byPair: map[[2]int64]*capture{}, rowsFor: map[int64][]int64{}}
}

// Authorize notes that a job of the origin project used the accessed one at the
// time given. The row shows it after the state's AuthorizationDelay; uses until
// then are written together.
func (s *State) Authorize(accessedID, originID int64, at time.Time, permissions ...string) {
	pair := [2]int64{accessedID, originID}
	held := s.authorizations.byPair[pair]
	if held == nil {
		s.authorizations.last++
		empty := Authorization{ID: s.authorizations.last, AccessedID: accessedID, OriginID: originID}
		held = &capture{row: empty, pending: empty}
		s.authorizations.byPair[pair] = held
		s.authorizations.rowsFor[accessedID] = append(s.authorizations.rowsFor[accessedID], originID)
	}
	if s.AuthorizationDelay > 0 && held.due.IsZero() {
		held.due = s.Now().Add(s.AuthorizationDelay)
	}
	if s.shows(held) {
		held.row, held.due = held.pending, time.Time{}
		if s.AuthorizationDelay > 0 {
			held.due = s.Now().Add(s.AuthorizationDelay)
		}
	}
	held.pending.LastAuthorizedAt = at
	used := maps.Clone(held.pending.Permissions)
	if used == nil {
		used = map[string]time.Time{}
	}
	for _, permission := range permissions {
		used[permission] = at
	}
	held.pending.Permissions = used
}

// AuthorizedBefore is Authorize for a use that the log shows already.
func (s *State) AuthorizedBefore(accessedID, originID int64, at time.Time) {
	s.Authorize(accessedID, originID, at)
	held := s.authorizations.byPair[[2]int64{accessedID, originID}]
	held.row, held.due = held.pending, time.Time{}
}

// shows says whether what was captured last is written by now.
func (s *State) shows(c *capture) bool { return !s.Now().Before(c.due) }

// Authorizations lists the rows of a project's authentication log, newest row
// first. Rows of origin projects that are gone are left out.
func (s *State) Authorizations(accessedID int64) []Authorization {
	var rows []Authorization
	for _, originID := range s.authorizations.rowsFor[accessedID] {
		held := s.authorizations.byPair[[2]int64{accessedID, originID}]
		row := held.row
		if s.shows(held) {
			row = held.pending
		}
		if !row.LastAuthorizedAt.IsZero() && s.Project(originID) != nil {
			rows = append(rows, row)
		}
	}
	slices.SortFunc(rows, func(a, b Authorization) int { return cmp.Compare(b.ID, a.ID) })
	return rows
}

// forgetAuthorizations removes a deleted project's log.
func (s *State) forgetAuthorizations(accessedID int64) {
	for _, originID := range s.authorizations.rowsFor[accessedID] {
		delete(s.authorizations.byPair, [2]int64{accessedID, originID})
	}
	delete(s.authorizations.rowsFor, accessedID)
}
