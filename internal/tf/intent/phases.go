package intent

import (
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
)

// Phases orders the steps so that nobody who stays is refused at any moment, and a full list has room.
type Phases struct {
	// Room are removals that have to go first, since GitLab stores no more entries of their kind.
	Room []allowlists.Change
	// Grant adds entries and changes permissions, before a list is switched on.
	Grant []allowlists.Change
	// Rest are the other removals.
	Rest []allowlists.Change
}

// Phases gives just as many removals the first place as additions need room.
func (i Intent) Phases(project *allowlists.Project) Phases {
	lacking := make(map[gitlab.Kind]int, 2)
	for _, kind := range []gitlab.Kind{gitlab.KindProject, gitlab.KindGroup} {
		lacking[kind] = len(project.Entries(kind)) - allowlists.MaxEntries
	}
	for _, step := range i.Steps {
		if step.Action != allowlists.Remove && !step.Held {
			lacking[step.Target.Kind]++
		}
	}
	var p Phases
	for _, step := range i.Steps {
		switch {
		case step.Action != allowlists.Remove:
			p.Grant = append(p.Grant, step.Change)
		case lacking[step.Target.Kind] > 0:
			lacking[step.Target.Kind]--
			p.Room = append(p.Room, step.Change)
		default:
			p.Rest = append(p.Rest, step.Change)
		}
	}
	return p
}
