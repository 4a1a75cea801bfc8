package allowlists

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/documents"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/transport"
)

// takeBack returns an entry that a change wrote by a mutation to what it was before, interrupted or not:
// to its former permissions, or off the list where it landed.
func (w *write) takeBack(ctx context.Context, i int, by documents.Name, source gitlab.Target, stored Entry) error {
	ctx, cancel := gitlab.CleanUp(ctx)
	defer cancel()
	former, was := w.former(source, stored.Target)
	change := w.results[i].Change
	own := source.ID == w.project.ID && stored.Target.Key() == change.Target.Key()
	switch {
	case by == documents.AddEntries && source.ID != w.project.ID, !was && (by == documents.AddEntries || own && change.Action == Add):
		return w.service.takeOff(ctx, source, stored.Target)
	case !was, former.PermissionsUnreadable:
		return &apierror.Error{Kind: apierror.Unsupported, Note: "its former permissions are not known"}
	case !stored.PermissionsUnreadable && former.Permissions.Equal(stored.Permissions):
		return nil
	}
	former.Target = stored.Target
	return w.service.writeEntry(ctx, documents.SetPermissions, source, former)
}

// former is the entry that a list had for a target before a change met it by mistake: what this client
// has read of that list, and written to it since.
func (w *write) former(source, target gitlab.Target) (Entry, bool) {
	list := w.before
	if source.ID != w.project.ID {
		list, _, _ = w.service.projects.Kept(source.ID)
	} else if i := slices.IndexFunc(w.results, func(r Result) bool { return r.Change.Target.Key() == target.Key() }); i >= 0 {
		if made := w.results[i]; w.progress[i].done && made.Err == nil && made.Change.Action != Remove {
			return Entry{Target: target, Permissions: made.Change.Permissions}, true
		}
	}
	if list == nil {
		return Entry{}, false
	}
	if entry, is := list.entry(target); is || !list.IsOwn(target) {
		return entry, is
	}
	// Without an entry of its own a project's jobs have all permissions in it.
	return Entry{Target: target, Permissions: DefaultPermissions()}, true
}

// takeOff takes an entry off the list where it landed.
func (s *Service) takeOff(ctx context.Context, source, target gitlab.Target) error {
	defer s.projects.Invalidate(source.ID)
	err := s.deleteEntry(transport.WithEffect(ctx, transport.Repeatable), source.ID, target)
	if e, ok := apierror.As(err); ok && e.Kind == apierror.NotFound && e.Status == http.StatusBadRequest {
		return nil // not on the list any more
	}
	return err
}

// putBack adds an entry that was removed from a list, interrupted or not.
func (s *Service) putBack(ctx context.Context, source gitlab.Target, removed Entry) error {
	ctx, cancel := gitlab.CleanUp(ctx)
	defer cancel()
	if removed.PermissionsUnreadable {
		return &apierror.Error{Kind: apierror.Unsupported, Note: "its permissions are not known"}
	}
	return s.writeEntry(ctx, documents.AddEntries, source, removed)
}

// writeEntry adds an entry to a list, or sets its permissions, to undo what was done to it. It is not
// undone in turn, except that an addition which met another list or target goes again.
func (s *Service) writeEntry(ctx context.Context, name documents.Name, source gitlab.Target, entry Entry) error {
	defer s.projects.Invalidate(source.ID)
	input := permissionsInput(Change{Target: entry.Target, Permissions: entry.Permissions})
	input["projectPath"] = source.Path
	var answer map[string]*payload
	problems, err := s.gitlab.Send(ctx, name, gitlab.Fit{Count: 1}, map[string]any{documents.Input(0): input}, transport.Repeatable, &answer)
	if err != nil {
		return err
	}
	p := answer[documents.Result(0)]
	if p == nil {
		return topLevel(problems, documents.Result(0))
	}
	if len(p.Errors) > 0 {
		refused := apierror.FromPayload(p.Errors)
		// A first answer that was lost may have put it there.
		if name == documents.AddEntries && refused.Kind == apierror.Conflict {
			return s.isThere(ctx, source, entry)
		}
		return refused
	}
	at, stored, shown := p.shown()
	switch {
	case !shown:
		return s.isThere(ctx, source, entry)
	case at.ID != source.ID || stored.Target.ID != entry.Target.ID || stored.Target.Kind != entry.Target.Kind:
		moved := &apierror.Error{Kind: apierror.Conflict, Note: "the paths have changed hands again"}
		if name == documents.AddEntries {
			if err := s.takeOff(ctx, at, stored.Target); err != nil {
				moved.Note += fmt.Sprintf(", and the project with id %d now lets in the %s with id %d", at.ID, stored.Target.Kind, stored.Target.ID)
			}
		}
		return moved
	case !entry.Permissions.Covers(stored.Permissions) || !stored.Permissions.Covers(entry.Permissions):
		return &apierror.Error{Kind: apierror.Unsupported, Note: fmt.Sprintf("GitLab stored %s instead of %s", stored.Permissions, entry.Permissions)}
	}
	return nil
}

// isThere reads a list to find out whether it holds an entry as it is to be.
func (s *Service) isThere(ctx context.Context, source gitlab.Target, entry Entry) error {
	s.projects.Invalidate(source.ID)
	project, err := s.Project(ctx, source.ID)
	if err != nil {
		return err
	}
	if !holds(project, Change{Action: Add, Target: entry.Target, Permissions: entry.Permissions}) {
		return &apierror.Error{Kind: apierror.Conflict, Note: "the list does not hold it as it was"}
	}
	return nil
}
