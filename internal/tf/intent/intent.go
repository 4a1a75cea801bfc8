// Package intent says what an apply may write: what differs between the state and the plan, and what
// the plan names as removed. It is pure. The plan's warnings and the apply's requests both come from it,
// so that no write is without a line that a user has seen.
//
// What is equal in state and plan is not touched, whatever the server holds by now: that is somebody
// else's change, which is told and stays until a plan shows it.
package intent

import (
	"cmp"
	"slices"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
)

// Entry is an entry of an allowlist as a configuration, a plan or a state has it.
type Entry struct {
	// Target has the id 0 while it is unknown; such an entry comes to nothing.
	Target gitlab.Target
	// Permissions are meaningful unless Undecided.
	Permissions allowlists.Permissions
	// Undecided means that the permissions are known only after the apply.
	Undecided bool
	// Dead means that the target was deleted for good. Nothing is written for it.
	Dead bool
}

// List is what a plan says of one kind of entries of a project's list.
type List struct {
	Kind gitlab.Kind
	// Before are the entries of the state, Want those of the plan.
	Before, Want []Entry
	// Named are the targets that the plan names as removed, since they leave without a line of their own.
	Named []gitlab.Target
	// Stay means that what leaves the plan stays on the server, unmanaged.
	Stay bool
	// Whole means that nothing else is to be on the list.
	Whole bool
	// Taken means that the list becomes whole, or managed at all, by this plan: what is on it and has no
	// line has to be named.
	Taken bool
}

// Step is one change with what it meets on the server.
type Step struct {
	allowlists.Change

	// Stored is what the server holds of the target; Held is false where it holds nothing.
	Stored allowlists.Entry
	Held   bool
	// New means that the state does not have the entry: where it is held, it is adopted.
	New bool
}

// Intent is the difference between a state and a plan, as it meets a server.
type Intent struct {
	// Steps bring the difference about.
	Steps []Step
	// Adopted are entries to be added that are on the server already, just as they are wanted.
	Adopted []gitlab.Target
	// Vanished are entries whose permissions were to change and that somebody has taken off the list.
	Vanished []gitlab.Target
	// Unnamed are entries that would have to go and that no line of the plan names.
	Unnamed []gitlab.Target
	// Meanwhile is what somebody else has changed; it is left as it is.
	Meanwhile []Meanwhile
}

// Meanwhile is an entry that somebody else has changed.
type Meanwhile struct {
	Target gitlab.Target
	// Came means that the entry is on the list and in no plan; Gone that it is not on it any more.
	// Otherwise its permissions are others, Now.
	Came, Gone bool
	Now        allowlists.Permissions
}

// Of compares what is planned for lists of one project with what the server holds.
func Of(project *allowlists.Project, lists ...List) Intent {
	var i Intent
	for _, l := range lists {
		i.list(project, l)
	}
	slices.SortStableFunc(i.Steps, func(a, b Step) int {
		return cmp.Or(cmp.Compare(a.Action, b.Action), cmp.Compare(a.Target.Kind, b.Target.Kind), cmp.Compare(a.Target.Path, b.Target.Path))
	})
	return i
}

func (i *Intent) list(project *allowlists.Project, l List) {
	held, before, wants := byTarget(project.Entries(l.Kind), entryTarget), byTarget(l.Before, target), byTarget(l.Want, target)
	for _, want := range l.Want {
		if want.Target.ID == 0 || want.Undecided || want.Dead {
			continue
		}
		before, managed := before[want.Target.ID]
		stored, there := held[want.Target.ID]
		if managed && !before.Undecided && before.Permissions.Equal(want.Permissions) {
			i.kept(project, want, stored, there)
			continue
		}
		i.bring(project, want, stored, there, managed)
	}
	if !l.Stay {
		for _, before := range l.Before {
			if _, wanted := wants[before.Target.ID]; !wanted {
				i.leave(project, held, before.Target)
			}
		}
	}
	for _, named := range l.Named {
		if _, wanted := wants[named.ID]; !wanted && !project.IsOwn(named) {
			i.leave(project, held, named)
		}
	}
	if l.Whole {
		i.strangers(project, l, before, wants)
	}
}

// kept notes what has become of an entry that stays as it is.
func (i *Intent) kept(project *allowlists.Project, want Entry, stored allowlists.Entry, there bool) {
	implied := project.IsOwn(want.Target) && want.Permissions.Default
	switch {
	case !there && !implied:
		i.Meanwhile = append(i.Meanwhile, Meanwhile{Target: want.Target, Gone: true})
	case there && !stored.PermissionsUnreadable && !stored.Permissions.Equal(want.Permissions):
		i.Meanwhile = append(i.Meanwhile, Meanwhile{Target: stored.Target, Now: stored.Permissions})
	}
}

// bring makes one entry as it is wanted. The project's own needs none to have the default permissions.
func (i *Intent) bring(project *allowlists.Project, want Entry, stored allowlists.Entry, there, managed bool) {
	step := Step{
		Change: allowlists.Change{Action: allowlists.SetPermissions, Target: want.Target, Permissions: want.Permissions},
		Stored: stored, Held: there, New: !managed,
	}
	own := project.IsOwn(want.Target)
	switch {
	case there && !stored.PermissionsUnreadable && stored.Permissions.Equal(want.Permissions):
		if !managed && !own {
			i.Adopted = append(i.Adopted, stored.Target)
		}
		return
	case there:
		step.Target = stored.Target
	case own && want.Permissions.Default:
		return
	case own:
		step.Target = project.Target()
	case managed:
		i.Vanished = append(i.Vanished, want.Target)
		return
	default:
		step.Action = allowlists.Add
	}
	i.Steps = append(i.Steps, step)
}

// leave takes an entry off the list. The project's own is never taken off: at most it goes back to the
// default permissions.
func (i *Intent) leave(project *allowlists.Project, held map[int64]allowlists.Entry, target gitlab.Target) {
	stored, there := held[target.ID]
	switch {
	case !there:
	case !project.IsOwn(target):
		i.Steps = append(i.Steps, Step{Change: allowlists.Change{Action: allowlists.Remove, Target: stored.Target}, Stored: stored, Held: true})
	case !stored.Permissions.Default:
		i.Steps = append(i.Steps, Step{
			Change: allowlists.Change{Action: allowlists.SetPermissions, Target: stored.Target, Permissions: allowlists.DefaultPermissions()},
			Stored: stored, Held: true,
		})
	}
}

// strangers are on the server and nowhere in the plan of a whole list.
func (i *Intent) strangers(project *allowlists.Project, l List, before, wants map[int64]Entry) {
	names := byTarget(l.Named, func(t gitlab.Target) gitlab.Target { return t })
	for _, stored := range project.Entries(l.Kind) {
		_, wanted := wants[stored.Target.ID]
		_, managed := before[stored.Target.ID]
		_, named := names[stored.Target.ID]
		switch {
		case wanted || managed || named || project.IsOwn(stored.Target):
		case l.Taken:
			i.Unnamed = append(i.Unnamed, stored.Target)
		default:
			i.Meanwhile = append(i.Meanwhile, Meanwhile{Target: stored.Target, Came: true})
		}
	}
}

// byTarget finds things by the ids of their targets, the first of each; those without an id are not found.
func byTarget[T any](things []T, of func(T) gitlab.Target) map[int64]T {
	found := make(map[int64]T, len(things))
	for _, thing := range things {
		id := of(thing).ID
		if _, there := found[id]; !there && id != 0 {
			found[id] = thing
		}
	}
	return found
}

func target(e Entry) gitlab.Target { return e.Target }

func entryTarget(e allowlists.Entry) gitlab.Target { return e.Target }
