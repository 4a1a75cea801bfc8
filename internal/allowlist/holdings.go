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
type holdings struct{ entries sync.Map }

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
