package allowlist

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/intent"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/overlap"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/tenure"
)

// entryPlanner makes the plan of one entry.
type entryPlanner struct {
	listSession
	config entryResourceModel
	// state is nil for a creation.
	state *entryResourceModel
	// handed is what the destroy half of a replacement handed over; nil in all other cases.
	handed *tenure.Mark

	// want is the entry once it is resolved.
	want entry
}

// plan completes the proposed plan. It answers the attributes for which the resource has to be
// replaced.
func (p *entryPlanner) plan(ctx context.Context, plan *entryResourceModel) (replace path.Paths) {
	if p.unasked(plan) {
		return nil
	}
	var state entryResourceModel
	if p.state != nil {
		state = *p.state
	}
	p.requirePermissions([]entry{expandEntry(&p.config)})
	project, diags := p.planProject(ctx, state)
	p.diags.Append(diags...)
	switch {
	case diags.HasError():
		return nil
	case project.Unknown():
		plan.ProjectID = types.Int64Unknown()
		return nil
	case project.Replace:
		p.diags.Append(warnLeaves(ctx, p.Session, p.state)...)
		return path.Paths{ref.Attribute}
	}
	plan.Project, plan.ProjectID = project.Spelling, ref.KeepID(project, state.ProjectID, p.state == nil)
	snapshot, err := p.Lists.Project(ctx, project.ID)
	if err != nil {
		last := gitlab.Target{Kind: gitlab.KindProject, ID: project.ID, Path: p.config.Project.ValueString()}
		p.diags.Append(ref.Unplannable(ctx, p.Session, diagnose.ReadAllowlist, last, err)...)
		return nil
	}
	p.project = snapshot
	p.diags.Append(ref.Renamed(ref.Attribute, p.config.Project, snapshot.Target())...)
	return p.planTarget(ctx, plan)
}

// unasked plans what nobody changes, in a walk that was told not to look (-refresh=false), without asking
// GitLab.
func (p *entryPlanner) unasked(plan *entryResourceModel) bool {
	if p.state == nil || session.Shared[session.Reads](p.Session).Has(p.state.place()) || p.stated.Moved || p.stated.Path == "" ||
		p.state.ProjectID.IsNull() || !plan.equal(p.state) {
		return false
	}
	e := expandEntry(p.state)
	if e.target.ID == 0 || e.unknown || e.text == "" {
		return false
	}
	e.target.Path = p.stated.lastPath(e)
	holds(p.Session, p.state.ProjectID.ValueInt64(), e.kind, e.target.ID)
	targets := []gitlab.Target{e.target}
	p.diags.Append(p.Claim(p.stated.project(p.state.ProjectID), overlap.Claim{Resource: entryTypeName, Targets: targets, Wants: targets})...)
	return true
}

func (p *entryPlanner) planProject(ctx context.Context, state entryResourceModel) (ref.Planned, diag.Diagnostics) {
	if p.handed != nil {
		return ref.Planned{Spelling: p.config.Project, ID: p.handed.ProjectID}, nil
	}
	return ref.PlanProject(ctx, p.GitLab, p.config.Project, state.Project, state.ProjectID)
}

// planTarget plans whom the entry lets in.
func (p *entryPlanner) planTarget(ctx context.Context, plan *entryResourceModel) (replace path.Paths) {
	want := expandEntry(&p.config)
	if want.unknown {
		_, id := plan.target(want.kind)
		*id = types.Int64Unknown()
		return nil
	}
	ids := p.handed.IDs(want.kind)
	if p.state != nil {
		before := expandEntry(p.state)
		if before.kind != want.kind {
			p.warnLosses(ctx, []intent.Step{removal(before.target)})
			return path.Paths{path.Root("target_" + string(want.kind))}
		}
		ids = map[string]int64{before.text: before.target.ID}
		holds(p.Session, p.project.ID, before.kind, before.target.ID)
	}
	found := p.resolve(ctx, want.kind, ids, []entry{want})
	p.checkPermissions(ctx, found)
	if p.diags.HasError() {
		return nil
	}
	want = found[0]
	reference, _ := plan.target(want.kind)
	if p.state != nil {
		spelling, before := p.state.target(want.kind)
		if before.ValueInt64() != 0 && before.ValueInt64() != want.target.ID {
			p.warnLosses(ctx, []intent.Step{
				removal(gitlab.Target{Kind: want.kind, ID: before.ValueInt64()}),
				{Change: allowlists.Change{Action: allowlists.Add, Target: want.target, Permissions: want.permissions}},
			})
			return path.Paths{want.at()}
		}
		*reference = *spelling
	}
	plan.setTarget(want.kind, *reference, types.Int64Value(want.target.ID))
	p.want = want
	p.warn(ctx)
	return nil
}

// warn tells what the diff does not show.
func (p *entryPlanner) warn(ctx context.Context) {
	want := p.want
	if want.dead {
		p.warnDead(want)
	} else {
		p.diags.Append(ref.Renamed(want.at(), types.StringValue(want.text), want.target)...)
	}
	planned := intent.Of(p.project, entryDifference(p.state, want))
	var before []entry
	if p.state != nil {
		before = []entry{expandEntry(p.state)}
	}
	p.caution(p.project.Path+", "+want.target.Path, planned, []entry{want}, before)
	p.checkRoom(planned)
	p.warnLosses(ctx, planned.Steps)
	claim := overlap.Claim{Resource: entryTypeName, Targets: []gitlab.Target{want.target}}
	if !want.dead {
		claim.Wants = claim.Targets
	}
	p.diags.Append(p.Claim(p.project.Target(), claim)...)
}

// entryDifference is what a plan says of one entry. The state is nil in a creation.
func entryDifference(state *entryResourceModel, want entry) intent.List {
	l := intent.List{Kind: want.kind, Want: intended([]entry{want})}
	if state != nil {
		l.Before = intended([]entry{expandEntry(state)})
	}
	return l
}

// marked is what the destroy half of a replacement has to know of this creation.
func (p *entryPlanner) marked() (tenure.Mark, bool) {
	if p.state != nil || p.project == nil || p.want.target.ID == 0 || p.diags.HasError() {
		return tenure.Mark{}, false
	}
	mark := tenure.Mark{Key: p.config.handoverKey(), ProjectID: p.project.ID}
	ids := map[string]int64{p.want.text: p.want.target.ID}
	if p.want.kind == gitlab.KindGroup {
		mark.Groups = ids
	} else {
		mark.Projects = ids
	}
	mark.Paths = pathsOf(p.project, []side{{kind: p.want.kind, want: []entry{p.want}}}, p.stated)
	return mark, true
}

// checkRoom refuses an entry for which GitLab has no room left. Where resources of this walk hold entries
// of the list, one of them may leave first.
func (p *entryPlanner) checkRoom(planned intent.Intent) {
	entries := p.project.Entries(p.want.kind)
	takesRoom := func(s intent.Step) bool { return s.Action != allowlists.Remove && !s.Held }
	if !slices.ContainsFunc(planned.Steps, takesRoom) || len(entries) < allowlists.MaxEntries {
		return
	}
	ours := func(e allowlists.Entry) bool { return heldInWalk(p.Session, p.project.ID, e.Target) }
	if slices.ContainsFunc(entries, ours) {
		p.diags.Append(diagnose.Warn(p.want.at(), diagnose.ListIsFull.For(p.project.Path),
			"The allowlist of %s holds %d %s, as many as GitLab stores. There is room for %s only once another entry has left.",
			p.project.Target(), allowlists.MaxEntries, attribute(p.want.kind), p.want.target))
		return
	}
	p.diags.Append(diagnose.Problem(p.want.at(), diagnose.TooManyEntries,
		"The allowlist of %s holds %d %s already, as many as GitLab stores. Allow a common group in place of its projects.",
		p.project.Target(), allowlists.MaxEntries, attribute(p.want.kind)))
}
