// Package usage tells before an apply whose jobs lose access that they have used, as GitLab's authentication
// log shows.
package usage

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/intent"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
)

// Access is whom a list lets in, and whether it limits access at all.
type Access struct {
	Limited bool
	Entries []allowlists.Entry
}

// After is the access once the steps of a plan are done.
func After(before Access, steps []intent.Step) Access {
	after := Access{Limited: before.Limited}
	changes := map[gitlab.Key]intent.Step{}
	for _, step := range steps {
		changes[step.Target.Key()] = step
	}
	for _, entry := range before.Entries {
		if step, changed := changes[entry.Target.Key()]; !changed {
			after.Entries = append(after.Entries, entry)
		} else if step.Action == allowlists.Remove {
			delete(changes, entry.Target.Key())
		}
	}
	for _, step := range steps {
		if _, left := changes[step.Target.Key()]; left && step.Action != allowlists.Remove {
			after.Entries = append(after.Entries, allowlists.Entry{Target: step.Target, Permissions: step.Permissions})
		}
	}
	return after
}

// rules is the entry that counts for a project: its own, or without one that of the nearest group above it.
func (a Access) rules(project gitlab.Target) (ruling allowlists.Entry, found bool) {
	for _, entry := range a.Entries {
		switch {
		case entry.Target.Kind == gitlab.KindProject:
			if entry.Target.ID == project.ID {
				return entry, true
			}
		case entry.Target.Above(project.Path) && len(entry.Target.Path) > len(ruling.Target.Path):
			ruling, found = entry, true
		}
	}
	return ruling, found
}

// Loss is of a project whose jobs have used another one, and may do less there afterwards.
type Loss struct {
	Origin gitlab.Target
	Last   time.Time
	// Through let it in before; nobody's where no list limited access.
	Through gitlab.Target
	// Narrowed means that it still comes in, with less: Now in place of Before.
	Narrowed    bool
	Before, Now allowlists.Permissions
}

// Losses are those that a change brings, by path. Uses that the log does not name are of no project's.
func Losses(project gitlab.Target, before, after Access, log []allowlists.LogEntry) (losses []Loss) {
	if !after.Limited {
		return nil
	}
	for _, use := range log {
		if use.Origin.Key() == project.Key() || use.Origin.ID == 0 && use.Origin.Path == "" {
			continue
		}
		loss := Loss{Origin: use.Origin, Last: use.LastAuthorized, Before: allowlists.DefaultPermissions()}
		if before.Limited {
			had, admitted := before.rules(use.Origin)
			if !admitted || had.PermissionsUnreadable {
				continue
			}
			loss.Through, loss.Before = had.Target, had.Permissions
		}
		has, admitted := after.rules(use.Origin)
		switch {
		case !admitted:
		case has.PermissionsUnreadable, has.Permissions.Covers(loss.Before):
			continue
		default:
			loss.Narrowed, loss.Now = true, has.Permissions
		}
		losses = append(losses, loss)
	}
	slices.SortFunc(losses, func(a, b Loss) int { return strings.Compare(a.Origin.Path, b.Origin.Path) })
	return losses
}

// mayLose tells whether a change can take anything from anybody: without that the log need not be read.
func mayLose(before, after Access) bool {
	if !after.Limited || before.Limited && len(before.Entries) == 0 {
		return false
	}
	if !before.Limited {
		return true
	}
	for _, had := range before.Entries {
		same := func(e allowlists.Entry) bool {
			return e.Target.Key() == had.Target.Key() && (e.PermissionsUnreadable || e.Permissions.Covers(had.Permissions))
		}
		nearer := func(e allowlists.Entry) bool {
			return had.Target.Kind == gitlab.KindGroup && had.Target.Above(e.Target.Path) && !e.Permissions.Covers(had.Permissions)
		}
		if !slices.ContainsFunc(after.Entries, same) || slices.ContainsFunc(after.Entries, nearer) {
			return true
		}
	}
	return false
}

// Now is the access to a project as it is. It costs a request where the project's own toggle is off.
func Now(ctx context.Context, s *session.Session, project *allowlists.Project) (Access, error) {
	limited, err := s.Lists.Effective(ctx, project)
	return Access{Limited: limited, Entries: slices.Concat(project.Projects, project.Groups)}, err
}

// Warn tells whose jobs a change cuts off or narrows, if the provider's check_usage asks for it: one request
// for each project that the change concerns.
func Warn(ctx context.Context, s *session.Session, project *allowlists.Project, change func(before Access) Access) diag.Diagnostics {
	if !s.CheckUsage {
		return nil
	}
	before, err := Now(ctx, s, project)
	if err != nil {
		return unknown(project, err)
	}
	after := change(before)
	if !mayLose(before, after) {
		return nil
	}
	log, err := s.Lists.AuthenticationLog(ctx, project.Target())
	if err != nil {
		return unknown(project, err)
	}
	return tell(project.Target(), before.Limited, Losses(project.Target(), before, after, log))
}

func unknown(project *allowlists.Project, err error) (diags diag.Diagnostics) {
	diags.AddWarning(string(diagnose.UsageUnknown.For(project.Path)), diagnose.Detail(err))
	return diags
}

// tell writes the losses into warnings, one for each kind.
func tell(project gitlab.Target, limited bool, losses []Loss) (diags diag.Diagnostics) {
	var refused, narrowed []string
	for _, loss := range losses {
		line := fmt.Sprintf("  - %s, last used %s", loss.Origin, loss.Last.UTC().Format(time.DateOnly))
		if loss.Through.Kind == gitlab.KindGroup {
			line += ", let in by the " + loss.Through.String()
		}
		if loss.Narrowed {
			narrowed = append(narrowed, fmt.Sprintf("%s: %s -> %s", line, loss.Before, loss.Now))
		} else {
			refused = append(refused, line)
		}
	}
	if len(refused) > 0 && limited {
		diags.AddWarning(string(diagnose.StillUsed.For(project.Path)), fmt.Sprintf(
			"The plan removes entries from the job token allowlist of %s. Jobs of these projects have used them, as its authentication log tells, and are refused once they are gone:\n\n%s",
			project, strings.Join(refused, "\n")))
	} else if len(refused) > 0 {
		diags.AddWarning(string(diagnose.WillRefuse.For(project.Path)), fmt.Sprintf(
			"The plan limits access to %s. Jobs of these projects have used it, as its authentication log tells, and no entry admits them:\n\n%s",
			project, strings.Join(refused, "\n")))
	}
	if len(narrowed) > 0 {
		diags.AddWarning(string(diagnose.NarrowsUsed.For(project.Path)), fmt.Sprintf(
			"The plan narrows what jobs of these projects may do in %s. They have used it, as its authentication log tells, which does not show what for:\n\n%s",
			project, strings.Join(narrowed, "\n")))
	}
	return diags
}
