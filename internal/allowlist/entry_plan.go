package allowlist

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/overlap"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
)

// entryPlanner makes the plan of one entry.
type entryPlanner struct {
	lookup
	config entryResourceModel
	// state is nil for a creation.
	state *entryResourceModel
}

// plan completes the proposed plan. It answers the attributes for which the resource has to be
// replaced.
func (p *entryPlanner) plan(ctx context.Context, plan *entryResourceModel) (replace path.Paths) {
	var state entryResourceModel
	if p.state != nil {
		state = *p.state
	}
	project, diags := ref.PlanProject(ctx, p.GitLab, p.config.Project, state.Project, state.ProjectID)
	p.diags.Append(diags...)
	if diags.HasError() || project.Unknown() {
		return nil
	}
	if project.Replace {
		return path.Paths{ref.Attribute}
	}
	plan.Project, plan.ProjectID = project.Spelling, ref.KeepID(project, state.ProjectID, p.state == nil)
	snapshot, err := p.GitLab.Project(ctx, project.ID)
	if err != nil {
		last := gitlab.Target{Kind: gitlab.KindProject, ID: project.ID, Path: p.config.Project.ValueString()}
		p.diags.Append(ref.Unplannable(ctx, p.Session, diagnose.ReadAllowlist, last, err)...)
		return nil
	}
	p.project = snapshot
	p.diags.Append(ref.Renamed(ref.Attribute, p.config.Project, snapshot.Target())...)

	want := expandEntry(&p.config)
	if want.unknown {
		return nil
	}
	ids := map[string]int64{}
	if p.state != nil {
		before := expandEntry(p.state)
		if before.kind != want.kind {
			return path.Paths{path.Root("target_" + string(want.kind))}
		}
		ids[before.text] = before.target.ID
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
			return path.Paths{want.at()}
		}
		*reference = *spelling
	}
	plan.setTarget(want.kind, *reference, types.Int64Value(want.target.ID))
	p.diags.Append(ref.Renamed(want.at(), types.StringValue(want.text), want.target)...)
	var managed []entry
	if p.state != nil {
		managed = []entry{want}
	}
	p.caution(snapshot.Path+", "+want.target.Path, []entry{want}, managed)
	p.checkRoom(want)
	p.diags.Append(p.Claim(snapshot.Target(), overlap.Claim{Resource: "jobtoken_allowlist_entry", Targets: []gitlab.Target{want.target}})...)
	return nil
}

// checkRoom refuses an entry for which GitLab has no room left.
func (p *entryPlanner) checkRoom(want entry) {
	change, due := bring(p.project, p.project.Entries(want.kind), want)
	isNew := due && (change.Action == gitlab.Add || !holdsTarget(p.project.Entries(want.kind), want.target.ID))
	if isNew && len(p.project.Entries(want.kind)) >= gitlab.MaxEntries {
		p.diags.Append(diagnose.Problem(want.at(), diagnose.TooManyEntries,
			"The allowlist of %s holds %d %s already, as many as GitLab stores. Allow a common group in place of its projects.",
			p.project.Target(), gitlab.MaxEntries, attribute(want.kind)))
	}
}
