package allowlists

import (
	"context"
	"fmt"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/documents"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/transport"
)

// removalsByID is how many removals go one by one over REST, which takes ids. More would take too long.
const removalsByID = 20

// remove sends every open removal. It stops at a lost answer and returns it.
func (w *write) remove(ctx context.Context) (lost error) {
	var byID []int
	due := w.open("", Remove)
	for _, i := range due {
		if !w.progress[i].hidden {
			byID = append(byID, i)
		}
	}
	if len(due) <= removalsByID {
		if lost := w.removeByID(ctx, byID); lost != nil {
			return lost
		}
	}
	for _, kind := range []gitlab.Kind{gitlab.KindProject, gitlab.KindGroup} {
		var byPath []int
		for _, i := range w.open(kind, Remove) {
			if len(due) > removalsByID || w.progress[i].hidden && !w.progress[i].sent {
				byPath = append(byPath, i)
			}
		}
		if len(byPath) > 0 && w.stale {
			w.seen = nil // the paths are those right before
		}
		if lost := w.inBatches(ctx, byPath, w.removeByPath); lost != nil {
			return lost
		}
	}
	return nil
}

func (w *write) removeByID(ctx context.Context, due []int) (lost error) {
	defer w.remember()
	for at, i := range due {
		w.progress[i].sent, w.stale = true, true
		err := w.service.deleteEntry(transport.WithEffect(ctx, transport.Write), w.project.ID, w.results[i].Change.Target)
		e, failed := apierror.As(err)
		w.learnt.unclear = w.learnt.unclear || failed
		switch {
		case !failed:
			w.learnt.gone = append(w.learnt.gone, w.results[i].Change.Target)
			w.finish(i, nil)
		case e.Uncertain:
			return err
		case concernsAll(e):
			w.fail(due[at:], err)
			return nil
		default:
			// GitLab says the same of what is gone and of what the user cannot see: the list tells.
			w.progress[i].hidden = e.Kind == apierror.NotFound
			w.refuse(i, err)
		}
	}
	return nil
}

// concernsAll tells whether the next request would fail as this one has.
func concernsAll(e *apierror.Error) bool {
	switch e.Kind {
	case apierror.Unavailable, apierror.RateLimited, apierror.Unauthenticated, apierror.InsufficientScope, apierror.FineGrained, apierror.Misdirected:
		return true
	default:
		return false
	}
}

// deleteEntry takes an entry off a list by ids.
func (s *Service) deleteEntry(ctx context.Context, project int64, target gitlab.Target) error {
	if _, err := s.gitlab.Server(ctx); err != nil {
		return err
	}
	remove := s.gitlab.REST().JobTokenScope.RemoveProjectFromJobScopeAllowList
	if target.Kind == gitlab.KindGroup {
		remove = s.gitlab.REST().JobTokenScope.RemoveGroupFromJobTokenAllowlist
	}
	response, err := remove(project, target.ID, gitlab.RESTContext(ctx))
	if err != nil {
		return gitlab.Answered(err, response)
	}
	return nil
}

// removeByPath removes entries of one kind under the paths that the list shows right before.
func (w *write) removeByPath(ctx context.Context, batch []int) error {
	list := w.seen
	if !w.seenLately() {
		var err error
		if list, err = w.look(ctx); err != nil {
			return err
		}
	}
	how := gitlab.Fit{}
	var listed []int
	for _, i := range batch {
		target := &w.results[i].Change.Target
		entry, found := list.entry(*target)
		if !found {
			w.finish(i, nil)
			continue
		}
		target.Path = entry.Target.Path
		how.WithoutPolicies = how.WithoutPolicies || entry.PermissionsUnreadable
		listed = append(listed, i)
	}
	if len(listed) == 0 {
		return nil
	}
	name := documents.RemoveProjects
	if w.results[batch[0]].Change.Target.Kind == gitlab.KindGroup {
		name = documents.RemoveGroups
	}
	return w.mutate(ctx, name, how, listed, func(change Change) map[string]any { return removalInput(change.Target) },
		func(i int, p payload) { w.checkRemoved(ctx, i, p, list) })
}

// removalInput names the direction for projects: below GitLab 19 it is outbound where it is left out.
func removalInput(target gitlab.Target) map[string]any {
	if target.Kind == gitlab.KindGroup {
		return map[string]any{"targetGroupPath": target.Path}
	}
	return map[string]any{"targetProjectPath": target.Path, "direction": "INBOUND"}
}

// checkRemoved holds what GitLab removed against what was meant, and puts back what was not. What
// GitLab does not show is left to the next reading of the list.
func (w *write) checkRemoved(ctx context.Context, i int, p payload, list *Project) {
	source, removed, shown := p.shown()
	if !shown {
		w.learnt.unclear = true
		return
	}
	problem := w.elsewhere(i, source, removed.Target)
	if problem == nil {
		w.learnt.gone = append(w.learnt.gone, removed.Target)
		w.finish(i, nil)
		return
	}
	w.learnt.unclear = true
	if former, listed := list.entry(removed.Target); removed.PermissionsUnreadable && source.ID == list.ID && listed {
		removed = former
	}
	if err := w.service.putBack(ctx, source, removed); err != nil {
		problem.Note += fmt.Sprintf("; its entry was removed and could not be put back (%v): look after it by hand", err)
	} else {
		problem.Note += "; its entry was removed, and put back at once"
	}
	w.finish(i, w.about(i, problem))
}
