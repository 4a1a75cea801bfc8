package allowlist

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
)

// listSession finds and checks the entries that a configuration asks for on one project's list.
type listSession struct {
	*session.Session
	project *allowlists.Project
	// stated is what is known of the references in the state.
	stated privateState

	diags diag.Diagnostics
}

// resolve fills the targets of configured entries. A spelling known from the state, or standing on
// the list, is not asked for again; a target that the state knows and that was deleted is dead.
func (l *listSession) resolve(ctx context.Context, kind gitlab.Kind, ids map[string]int64, want []entry) []entry {
	var open []gitlab.Ref
	onIt := indexOf(l.project, kind)
	for i, e := range want {
		if e.unknown {
			continue
		}
		r, err := gitlab.ParseRef(kind, e.text)
		if err != nil {
			l.diags.Append(ref.Malformed(e.at(), kind, e.text, err))
			continue
		}
		if id := ids[e.text]; id != 0 {
			r = gitlab.Ref{ID: id}
		}
		if want[i].target = onIt.find(r); want[i].target.ID == 0 {
			open = append(open, r)
		}
	}
	if len(open) == 0 || l.diags.HasError() {
		return want
	}
	found := l.GitLab.ResolveAll(ctx, kind, open)
	for i, e := range want {
		if e.unknown || e.target.ID != 0 {
			continue
		}
		r := open[0]
		open = open[1:]
		err := found[r].Err
		if err == nil {
			want[i].target = found[r].Value
			continue
		}
		if last, gone := l.wasDeleted(ctx, e, err); gone {
			want[i].target, want[i].dead = last, true
			continue
		}
		l.diags.Append(l.unresolved(ctx, e, r, err))
	}
	return want
}

// wasDeleted tells whether a reference that the state knows by id leads nowhere because its target is gone.
func (l *listSession) wasDeleted(ctx context.Context, e entry, err error) (gitlab.Target, bool) {
	last := gitlab.Target{Kind: e.kind, ID: l.stated.ids(e.kind)[e.text], Path: l.stated.lastPath(e)}
	if last.ID == 0 {
		last = statedBefore(l.Session, l.project.ID, e)
	}
	if last.ID == 0 {
		return gitlab.Target{}, false
	}
	gone, lookupErr := goneForGood(ctx, l.GitLab, e.text, last, err)
	return last, gone && lookupErr == nil
}

// unresolved explains why a target was not found: often it is of the other kind.
func (l *listSession) unresolved(ctx context.Context, e entry, r gitlab.Ref, err error) diag.Diagnostic {
	other := gitlab.KindGroup
	if e.kind == gitlab.KindGroup {
		other = gitlab.KindProject
	}
	if _, parseErr := gitlab.ParseRef(other, e.text); parseErr == nil && r.Path != "" {
		if target, otherErr := l.GitLab.Resolve(ctx, other, r); otherErr == nil {
			advice := "List it under " + attribute(other)
			if e.alone {
				advice = "Write it as target_" + string(other)
			}
			return diagnose.Problem(e.at(), diagnose.WrongKind, "%q is a %s (id %d), not a %s. %s.", e.text, other, target.ID, e.kind, advice)
		}
	}
	return diagnose.LookupError(e.at(), diagnose.FindTarget, err)
}
