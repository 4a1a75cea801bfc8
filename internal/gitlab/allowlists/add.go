package allowlists

import (
	"context"
	"fmt"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/documents"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/version"
)

func (w *write) add(ctx context.Context, batch []int) error {
	sentTo := w.project.Path
	var added []int
	err := w.mutate(ctx, documents.AddEntries, gitlab.Fit{}, batch, permissionsInput, func(i int, p payload) {
		w.compare(ctx, i, documents.AddEntries, p)
		if w.progress[i].done && w.results[i].Err == nil && !w.results[i].Change.Permissions.Default {
			added = append(added, i)
		}
	})
	w.confirm(ctx, added)
	var present []int
	for _, i := range batch {
		if w.progress[i].done && apierror.Is(w.results[i].Err, apierror.Conflict) && w.alreadyThere(i) {
			present = append(present, i)
		}
	}
	if err != nil || len(present) == 0 {
		return err
	}
	return w.adopt(ctx, present, sentTo)
}

// alreadyThere tells GitLab's "already in the allowlist" from the conflicts found here.
func (w *write) alreadyThere(i int) bool {
	e, ok := apierror.As(w.results[i].Err)
	return ok && e.Note == ""
}

// adopt gives entries that were there already the permissions asked for, once the list confirms that
// they belong to the targets meant: their paths, or the project's, may have passed to someone else.
func (w *write) adopt(ctx context.Context, present []int, sentTo string) error {
	project, err := w.look(ctx)
	if err != nil {
		return nil //nolint:nilerr // the conflicts stand
	}
	var differing []int
	for _, i := range present {
		change := w.results[i].Change
		entry, found := project.entry(change.Target)
		switch {
		case !found && project.Path != sentTo:
			w.progress[i] = progress{doubted: true}
		case !found:
			w.finish(i, w.about(i, &apierror.Error{
				Kind: apierror.Conflict,
				Note: fmt.Sprintf("the path %s now belongs to another %s, which is on the list", change.Target.Path, change.Target.Kind),
			}))
		case holds(project, change):
			w.finish(i, nil)
		default:
			w.results[i].Change.Target.Path = entry.Target.Path
			w.progress[i].done = false
			differing = append(differing, i)
		}
	}
	if len(differing) == 0 {
		return nil
	}
	return w.setPermissions(ctx, differing)
}

func (w *write) setPermissions(ctx context.Context, batch []int) error {
	return w.mutate(ctx, documents.SetPermissions, gitlab.Fit{}, batch, permissionsInput, func(i int, p payload) { w.compare(ctx, i, documents.SetPermissions, p) })
}

// permissionsInput is what adding an entry and changing its permissions have in common.
func permissionsInput(change Change) map[string]any {
	return map[string]any{
		"targetPath":         change.Target.Path,
		"defaultPermissions": change.Permissions.Default,
		"jobTokenPolicies":   change.Permissions.enums(),
	}
}

// alwaysFineGrained is the first GitLab whose fine-grained permissions bind without a setting.
var alwaysFineGrained = version.Version{Major: 18, Minor: 3}

// confirm sets the fine-grained permissions of added entries once more where GitLab may have dropped
// them in silence: below 18.3 a setting of the top-level group decides whether they bind, adding does
// not tell, but changing them does. An entry that is open instead is taken off again.
func (w *write) confirm(ctx context.Context, added []int) {
	server, err := w.service.gitlab.Server(ctx)
	if err != nil || len(added) == 0 || !server.Version.Less(alwaysFineGrained) {
		return
	}
	for _, i := range added {
		w.progress[i] = progress{sent: true, doubted: true} // refused for good the first time
	}
	if err := w.setPermissions(ctx, added); err != nil {
		w.fail(added, err)
	}
	for _, i := range added {
		if w.results[i].Err == nil {
			continue
		}
		stored := Entry{Target: w.results[i].Change.Target, Permissions: DefaultPermissions()}
		if err := w.takeBack(ctx, i, documents.AddEntries, w.project, stored); err != nil {
			if refused, ok := apierror.As(w.results[i].Err); ok {
				left := *refused
				left.AddNote(fmt.Sprintf("the entry could not be taken back (%v): look after it by hand", err))
				w.results[i].Err = &left
			}
		}
	}
}

// compare holds what GitLab stored by a mutation against what was asked. What differs, or belongs to someone else, is
// taken back. Fewer permissions than asked are no better than more: where fine-grained permissions are
// not active GitLab drops the names, and the entry is open. What GitLab does not show is left to the
// next reading of the list.
func (w *write) compare(ctx context.Context, i int, by documents.Name, p payload) {
	source, stored, shown := p.shown()
	if !shown {
		w.learnt.unclear = true
		return
	}
	change := w.results[i].Change
	problem := w.elsewhere(i, source, stored.Target)
	switch {
	case problem != nil:
	case !stored.PermissionsUnreadable && !stored.Permissions.Equal(change.Permissions):
		problem = &apierror.Error{
			Kind: apierror.Unsupported,
			Note: fmt.Sprintf("GitLab stored %s instead of %s: fine-grained permissions are not active there", stored.Permissions, change.Permissions),
		}
	default:
		w.learnt.holds(stored)
		w.finish(i, nil)
		return
	}
	w.learnt.unclear = true
	if err := w.takeBack(ctx, i, by, source, stored); err != nil {
		problem.Note += fmt.Sprintf("; it could not be taken back (%v): look after the entry by hand", err)
	} else {
		problem.Note += "; the entry is again as it was before"
	}
	w.finish(i, w.about(i, problem))
}

// elsewhere is the error of a write that met another project's list or another target; nil if it met
// what was meant.
func (w *write) elsewhere(i int, source, target gitlab.Target) *apierror.Error {
	change := w.results[i].Change
	if source.ID != w.project.ID {
		return &apierror.Error{Kind: apierror.Conflict, Note: fmt.Sprintf(
			"the path %s now belongs to the project with id %d, whose list was written: its entry of the %s with id %d", w.project.Path, source.ID, target.Kind, target.ID)}
	}
	if target.ID != change.Target.ID || target.Kind != change.Target.Kind {
		return &apierror.Error{Kind: apierror.Conflict, Note: fmt.Sprintf("the path %s now belongs to the %s with id %d", change.Target.Path, target.Kind, target.ID)}
	}
	return nil
}
