package allowlist

import (
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
//
// Stated are the references that reads have met: the private state that knows them is withheld from a
// replacement after a taint.
type holdings struct{ entries, stated sync.Map }

// reference is how the state of a resource for a project spells a target.
type reference struct {
	project int64
	kind    gitlab.Kind
	text    string
}

// states notes the references of a state.
func states(s *session.Session, project int64, k known) {
	for _, kind := range kinds {
		for text, id := range k.ids(kind) {
			path := k.lastPath(entry{kind: kind, text: text})
			session.Shared[holdings](s).stated.Store(reference{project, kind, text}, gitlab.Target{Kind: kind, ID: id, Path: path})
		}
	}
}

// statedBefore is what a reference meant in a state that this walk has read.
func statedBefore(s *session.Session, project int64, e entry) gitlab.Target {
	found, _ := session.Shared[holdings](s).stated.Load(reference{project, e.kind, e.text})
	target, _ := found.(gitlab.Target) // nothing else is stored
	return target
}

type holding struct {
	project int64
	kind    gitlab.Kind
	id      int64
}

// holds notes that a resource of the walk holds entries of a project's list.
func holds(s *session.Session, project int64, kind gitlab.Kind, ids ...int64) {
	for _, id := range ids {
		session.Shared[holdings](s).entries.Store(holding{project, kind, id}, true)
	}
}

func heldInWalk(s *session.Session, project int64, target gitlab.Target) bool {
	_, held := session.Shared[holdings](s).entries.Load(holding{project, target.Kind, target.ID})
	return held
}
