package allowlist

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/intent"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/usage"
)

// warnLosses tells whose jobs lose by the plan what they have used.
func (p *planner) warnLosses(ctx context.Context, steps []intent.Step) {
	p.diags.Append(usage.Warn(ctx, p.Session, p.project, func(before usage.Access) usage.Access {
		after := usage.After(before, steps)
		switch {
		case p.config.Enabled.ValueBool():
			after.Limited = true
		case !p.switchedOff().IsNull() && !p.switchedOff().IsUnknown() && p.project.Settings.InboundAllowlist:
			after.Limited = false
		}
		return after
	})...)
}

// warnLosses tells it of a single entry that comes, changes or goes.
func (l *listSession) warnLosses(ctx context.Context, steps []intent.Step) {
	l.diags.Append(usage.Warn(ctx, l.Session, l.project, func(before usage.Access) usage.Access { return usage.After(before, steps) })...)
}

// warnLosses tells it of a list that is destroyed. What it cannot read the destroy will tell.
func (d *destroyer) warnLosses(ctx context.Context) (diags diag.Diagnostics) {
	if !d.CheckUsage || d.id.IsNull() {
		return nil
	}
	project, err := d.Lists.Project(ctx, d.id.ValueInt64())
	if err != nil {
		return nil
	}
	var lists []intent.List
	for _, kind := range kinds {
		s, problems := d.side(ctx, project, kind)
		diags.Append(problems...)
		lists = append(lists, intent.List{Kind: kind, Before: intended(s.before)})
	}
	diags.Append(usage.Warn(ctx, d.Session, project, func(before usage.Access) usage.Access {
		after := usage.After(before, intent.Of(project, lists...).Steps)
		after.Limited = after.Limited || !d.state.Enabled.IsNull() && d.takes(enabledAttribute)
		return after
	})...)
	return diags
}

// warnLeaves tells it of a single entry that is destroyed, or that leaves for another project.
func warnLeaves(ctx context.Context, s *session.Session, state *entryResourceModel) diag.Diagnostics {
	if !s.CheckUsage || state.ProjectID.IsNull() {
		return nil
	}
	project, err := s.Lists.Project(ctx, state.ProjectID.ValueInt64())
	if err != nil {
		return nil
	}
	return usage.Warn(ctx, s, project, func(before usage.Access) usage.Access {
		return usage.After(before, []intent.Step{removal(expandEntry(state).target)})
	})
}

func removal(target gitlab.Target) intent.Step {
	return intent.Step{Change: allowlists.Change{Action: allowlists.Remove, Target: target}, Held: true}
}

func (p *planner) warnEntriesStay(leaving []gitlab.Target) {
	if !p.letsGo() || len(leaving) == 0 {
		return
	}
	lines := make([]string, 0, len(leaving))
	for _, target := range leaving {
		lines = append(lines, "  - "+target.String())
	}
	p.diags.AddWarning(string(diagnose.EntriesStay.For(p.project.Path)), fmt.Sprintf(
		"With exclusive = false these entries are no longer managed; they stay on the job token allowlist of %s:\n\n%s",
		p.project.Target(), strings.Join(lines, "\n")))
}
