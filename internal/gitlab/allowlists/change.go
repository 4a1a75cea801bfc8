package allowlists

import (
	"context"
	"slices"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

// MaxEntries is how many projects, and how many groups, one allowlist holds. The project's own entry
// counts only where it is stored.
const MaxEntries = 200

// Action is what a [Change] does to an entry.
type Action int

// The actions, in the order in which [Service.Change] carries them out: whoever is to have
// access has it before anyone loses it.
const (
	Add Action = iota + 1
	SetPermissions
	Remove
)

// Change is one wish for one entry of an allowlist.
type Change struct {
	Action Action
	Target gitlab.Target
	// Permissions of the entry afterwards; not used by Remove.
	Permissions Permissions
}

// Result tells what became of a change. Without an error the server has answered that the entry is
// as wished, or gone.
type Result struct {
	Change Change
	Err    error
}

// Change carries out changes on a project's allowlist and answers each, in the order given.
//
// An entry to add that is there already gets the permissions asked for; one to remove that is gone is
// done. Project and targets are those of the ids: up to twenty removals go by id, for the others the
// paths are those of the last five seconds. What GitLab stored is compared with what was asked; what
// is wider, or came to another project's list or to another target, is taken back at once and
// reported. When an answer is lost the list is read and only what is missing is sent again; what is
// not found is looked for once more under the path that it has now.
func (s *Service) Change(ctx context.Context, project gitlab.Target, changes []Change) []Result {
	if len(changes) == 0 {
		return nil
	}
	w := &write{service: s, project: project, results: make([]Result, len(changes)), progress: make([]progress, len(changes))}
	for i, change := range changes {
		w.results[i].Change = change
	}
	defer func() {
		if w.learnt.unclear {
			s.projects.Invalidate(project.ID)
		}
	}()
	for range maxRounds {
		lost := w.round(ctx)
		if lost == nil && !w.anyOpen() {
			break
		}
		w.settle(ctx, lost)
	}
	for i := range w.results {
		if !w.progress[i].done && w.results[i].Err == nil {
			w.results[i].Err = w.about(i, &apierror.Error{Kind: apierror.Invalid, Note: "what GitLab made of it cannot be told"})
		}
		w.results[i].Err = s.gitlab.Annotate(s.gitlab.WithRole(ctx, s.gitlab.ExplainRefusal(ctx, w.results[i].Err), project.Key()), w.doing(i), w.project.String())
	}
	return w.results
}

// holds tells whether the server is as a change wishes.
func holds(project *Project, change Change) bool {
	entry, found := project.entry(change.Target)
	if change.Action == Remove {
		return !found
	}
	return found && !entry.PermissionsUnreadable && entry.Permissions.Equal(change.Permissions)
}

// entry finds the entry of a target, by its id.
func (p *Project) entry(target gitlab.Target) (Entry, bool) {
	entries := p.Entries(target.Kind)
	i := slices.IndexFunc(entries, func(e Entry) bool { return e.Target.ID == target.ID })
	if i < 0 {
		return Entry{}, false
	}
	return entries[i], true
}
