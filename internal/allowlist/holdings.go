package allowlist

import (
	"slices"
	"sync"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
)

const (
	typeName      = "jobtoken_allowlist"
	entryTypeName = "jobtoken_allowlist_entry"
)

// holdings are the entries that the resources of a walk hold, as far as it has met them. An entry that a
// creation finds there is somebody else's unless it is among them.
type holdings struct {
	mu      sync.Mutex
	entries map[list]map[int64]bool
	// stated are the references that reads have met: the private state that knows them is withheld from a
	// replacement after a taint.
	stated map[int64][]privateState
}

// list is one kind of entries of a project.
type list struct {
	project int64
	kind    gitlab.Kind
}

// states notes the references of a state.
func states(s *session.Session, project int64, stored privateState) {
	h := session.Shared[holdings](s)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stated == nil {
		h.stated = map[int64][]privateState{}
	}
	h.stated[project] = append(h.stated[project], stored)
}

// statedBefore is what a reference meant in a state that this walk has read.
func statedBefore(s *session.Session, project int64, e entry) gitlab.Target {
	h := session.Shared[holdings](s)
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, stored := range slices.Backward(h.stated[project]) { // what was met last is what it means
		if id, known := stored.ids(e.kind)[e.text]; known {
			return gitlab.Target{Kind: e.kind, ID: id, Path: stored.lastPath(e)}
		}
	}
	return gitlab.Target{}
}

// holds notes that a resource of the walk holds entries of a project's list.
func holds(s *session.Session, project int64, kind gitlab.Kind, ids ...int64) {
	h := session.Shared[holdings](s)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.entries == nil {
		h.entries = map[list]map[int64]bool{}
	}
	held := h.entries[list{project, kind}]
	if held == nil {
		held = make(map[int64]bool, len(ids))
		h.entries[list{project, kind}] = held
	}
	for _, id := range ids {
		held[id] = true
	}
}

func heldInWalk(s *session.Session, project int64, target gitlab.Target) bool {
	h := session.Shared[holdings](s)
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.entries[list{project, target.Kind}][target.ID]
}
