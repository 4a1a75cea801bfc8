package allowlist

import (
	"slices"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
)

// wish is how one kind of a project's entries is to be.
type wish struct {
	kind gitlab.Kind
	// want are the entries to be there.
	want []entry
	// leave are the targets that are to go, unless they are wanted.
	leave []gitlab.Target
}

// reconcile compares what a project's list holds with what it is to hold, and gives the changes that
// lie between. The plan's warnings and the apply's requests both come from it.
//
// The project's own entry needs no entry to have the default permissions, and is never removed: at
// most it goes back to them.
func reconcile(project *gitlab.Project, wishes ...wish) []gitlab.Change {
	var changes []gitlab.Change
	for _, w := range wishes {
		held := project.Entries(w.kind)
		wanted := make(map[int64]bool, len(w.want))
		for _, e := range w.want {
			wanted[e.target.ID] = true
			if change, due := bring(project, held, e); due {
				changes = append(changes, change)
			}
		}
		for _, target := range w.leave {
			i := slices.IndexFunc(held, func(h gitlab.Entry) bool { return h.Target.ID == target.ID })
			if i < 0 || wanted[target.ID] {
				continue
			}
			change := gitlab.Change{Action: gitlab.Remove, Target: held[i].Target}
			if project.IsOwn(target) {
				if held[i].Permissions.Default {
					continue
				}
				change = gitlab.Change{Action: gitlab.SetPermissions, Target: held[i].Target, Permissions: gitlab.DefaultPermissions()}
			}
			changes = append(changes, change)
		}
	}
	slices.SortStableFunc(changes, func(a, b gitlab.Change) int {
		if a.Action != b.Action {
			return int(a.Action) - int(b.Action)
		}
		return byPath(a.Target, b.Target)
	})
	return changes
}

// bring is the change that makes one entry as wanted.
func bring(project *gitlab.Project, held []gitlab.Entry, e entry) (gitlab.Change, bool) {
	i := slices.IndexFunc(held, func(h gitlab.Entry) bool { return h.Target.ID == e.target.ID })
	switch {
	case i >= 0 && !held[i].PermissionsUnreadable && held[i].Permissions.Equal(e.permissions):
		return gitlab.Change{}, false
	case i >= 0:
		return gitlab.Change{Action: gitlab.SetPermissions, Target: held[i].Target, Permissions: e.permissions}, true
	case project.IsOwn(e.target) && e.permissions.Default:
		return gitlab.Change{}, false
	case project.IsOwn(e.target):
		return gitlab.Change{Action: gitlab.SetPermissions, Target: project.Target(), Permissions: e.permissions}, true
	default:
		return gitlab.Change{Action: gitlab.Add, Target: e.target, Permissions: e.permissions}, true
	}
}

// outcome is the list as the results of changes say it is now.
func outcome(project *gitlab.Project, kind gitlab.Kind, results []gitlab.Result) []gitlab.Entry {
	held := slices.Clone(project.Entries(kind))
	for _, result := range results {
		change := result.Change
		if result.Err != nil || change.Target.Kind != kind {
			continue
		}
		i := slices.IndexFunc(held, func(h gitlab.Entry) bool { return h.Target.ID == change.Target.ID })
		switch {
		case change.Action == gitlab.Remove && i >= 0:
			held = slices.Delete(held, i, i+1)
		case change.Action == gitlab.Remove:
		case i >= 0:
			held[i].Permissions, held[i].PermissionsUnreadable = change.Permissions, false
		default:
			held = append(held, gitlab.Entry{Target: change.Target, Permissions: change.Permissions})
		}
	}
	return held
}
