package intent

import "github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"

// Phases orders the steps so that nobody who stays is refused at any moment, and a full list has room.
type Phases struct {
	// Room are removals that have to go first, since GitLab stores no more entries of their kind.
	Room []gitlab.Change
	// Grant adds entries and changes permissions, before a list is switched on.
	Grant []gitlab.Change
	// Rest are the other removals.
	Rest []gitlab.Change
}

// Phases gives just as many removals the first place as additions need room.
func (i Intent) Phases(project *gitlab.Project) Phases {
	lacking := make(map[gitlab.Kind]int, 2)
	for _, kind := range []gitlab.Kind{gitlab.KindProject, gitlab.KindGroup} {
		lacking[kind] = len(project.Entries(kind)) - gitlab.MaxEntries
	}
	for _, step := range i.Steps {
		if step.Action != gitlab.Remove && !step.Held {
			lacking[step.Target.Kind]++
		}
	}
	var p Phases
	for _, step := range i.Steps {
		switch {
		case step.Action != gitlab.Remove:
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
