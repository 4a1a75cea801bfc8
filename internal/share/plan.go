package share

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/shares"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/overlap"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/tenure"
)

// wanted are the places that resources planned in this walk are to hold: a destroy leaves them.
type wanted struct{ places sync.Map }

func (w *wanted) note(place string) { w.places.Store(place, true) }

func (w *wanted) has(place string) bool { _, has := w.places.Load(place); return has }

// planner makes the plan of one share.
type planner struct {
	*session.Session

	config shareModel
	// state is nil for a creation.
	state  *shareModel
	stored privateState
	// half is the creation half of a replacement. Terraform shows no warning of it.
	half bool
	// handed is what the destroy half of a replacement handed over; nil in all other cases.
	handed *tenure.Mark

	project *shares.Project
	group   gitlab.Target
	diags   diag.Diagnostics
}

// plan completes the proposed plan. It answers the attributes for which the resource has to be replaced.
func (p *planner) plan(ctx context.Context, plan *shareModel) (replace path.Paths) {
	var state shareModel
	if p.state != nil {
		state = *p.state
		plan.Adopts = state.Adopts
	} else {
		// What turns out to be there in the apply was in no plan: Terraform stops at the difference.
		plan.Adopts = types.StringNull()
	}
	if p.unasked(plan) {
		return nil
	}
	project, group := p.references(ctx, state)
	if p.diags.HasError() {
		return nil
	}
	if project.Replace {
		replace = append(replace, ref.Attribute)
	}
	if group.Replace {
		replace = append(replace, groupAttribute)
	}
	to := *plan
	to.ProjectID, to.GroupID = planned(project), planned(group)
	if !project.Unknown() && !group.Unknown() && !p.half {
		p.claim(&to)
	}
	if len(replace) > 0 {
		p.foretell(ctx, *plan)
		return replace
	}
	*plan = to
	plan.Project, plan.Group = project.Spelling, group.Spelling
	if project.Unknown() || group.Unknown() {
		return nil
	}
	session.Shared[wanted](p.Session).note(plan.place())
	found, err := p.Shares.Project(ctx, project.ID)
	if err != nil {
		last := gitlab.Target{Kind: gitlab.KindProject, ID: project.ID, Path: p.config.Project.ValueString()}
		p.diags.Append(ref.Unplannable(ctx, p.Session, diagnose.ReadShare, last, err)...)
		return nil
	}
	p.project = found
	p.diags.Append(ref.Renamed(ref.Attribute, p.config.Project, found.Target())...)
	p.group = p.targetOf(ctx, group.ID)
	if p.stored.Gone {
		p.warnGone()
		return nil
	}
	if p.group.Path != "" {
		p.diags.Append(ref.Renamed(groupAttribute, p.config.Group, p.group)...)
	}
	p.changes(ctx, plan)
	return nil
}

// foretell warns of what the creation half of a replacement meets, of which Terraform shows no warning.
func (p *planner) foretell(ctx context.Context, made shareModel) {
	ahead := planner{Session: p.Session, config: p.config, half: true}
	ahead.plan(ctx, &made)
	p.diags.Append(ahead.diags.Warnings()...)
}

func planned(r ref.Planned) types.Int64 {
	if r.Unknown() {
		return types.Int64Unknown()
	}
	return types.Int64Value(r.ID)
}

// unasked tells that nobody changes anything, in a walk that was told not to look (-refresh=false): GitLab need not be
// asked.
func (p *planner) unasked(plan *shareModel) bool {
	if p.state == nil || session.Shared[session.Reads](p.Session).Has(p.state.place()) || p.stored.Path == "" ||
		!plan.Project.Equal(p.state.Project) || !plan.Group.Equal(p.state.Group) || !plan.Role.Equal(p.state.Role) || !plan.ExpiresAt.Equal(p.state.ExpiresAt) {
		return false
	}
	session.Shared[wanted](p.Session).note(p.state.place())
	p.claim(p.state)
	return true
}

// claim warns of two resources that are to hold one role.
func (p *planner) claim(m *shareModel) {
	if len(p.Overlap.Hold(overlap.Holding{Resource: typeName, Things: []string{m.place()}})) > 0 {
		p.diags.Append(diagnose.Warn(groupAttribute, diagnose.SharedTwice.For(m.Project.ValueString()+", "+m.Group.ValueString()),
			"Two resources %s give the group %s a role in the project %s, and GitLab keeps one role. Each would undo the other at its next apply: keep one of them, and take the other out of the state with a removed block or terraform state rm.",
			typeName, m.Group.ValueString(), m.Project.ValueString()))
	}
}

// references finds project and group.
func (p *planner) references(ctx context.Context, state shareModel) (project, group ref.Planned) {
	if p.handed != nil {
		project = ref.Planned{Spelling: p.config.Project, ID: p.handed.ProjectID}
		return project, ref.Planned{Spelling: p.config.Group, ID: p.handed.Groups[p.config.Group.ValueString()]}
	}
	project, diags := ref.PlanProject(ctx, p.GitLab, p.config.Project, state.Project, state.ProjectID)
	p.diags.Append(diags...)
	group, diags = ref.Plan(ctx, p.GitLab, gitlab.KindGroup, groupAttribute, p.config.Group, state.Group, state.GroupID)
	p.diags.Append(diags...)
	return project, group
}

// targetOf names the group: as the shares do, or as it was looked up.
func (p *planner) targetOf(ctx context.Context, id int64) gitlab.Target {
	if share := p.project.Of(id); share != nil {
		return share.Group
	}
	if found, err := p.GitLab.Resolve(ctx, gitlab.KindGroup, gitlab.Ref{ID: id}); err == nil {
		return found
	}
	return gitlab.Target{Kind: gitlab.KindGroup, ID: id, Path: p.stored.GroupPath}
}

func (p *planner) warnGone() {
	p.diags.Append(diagnose.Warn(groupAttribute, diagnose.GroupGone.For(p.stored.GroupPath),
		"The %s was deleted, and its role in %s with it. Nothing is planned for it. Take this resource out of the configuration.", p.group, p.project.Target()))
}

// changes plans what becomes of the group's role, and tells what the diff does not show.
func (p *planner) changes(ctx context.Context, plan *shareModel) {
	var now *shares.Role
	if share := p.project.Of(p.group.ID); share != nil {
		now = &share.Role
	}
	if p.state == nil {
		plan.Adopts = described(now)
	} else {
		now = expand(p.state)
	}
	want := expand(plan)
	if want == nil || now != nil && *now == *want {
		if p.state == nil && want != nil && p.handed == nil {
			p.diags.Append(diagnose.Warn(groupAttribute, diagnose.AdoptsShare.For(p.name()),
				"The %s has the role %s in %s already. It is taken over as it is; the apply writes nothing.", p.group, now, p.project.Target()))
		}
		return
	}
	p.check(ctx, *want)
	if now != nil && !p.diags.HasError() {
		p.diags.Append(diagnose.Warn(roleAttribute, diagnose.ShareInterrupted.For(p.name()), "%s", p.exchange(*now, *want)))
	}
}

// exchange says what a change of a share comes to.
func (p *planner) exchange(now, want shares.Role) string {
	verb := "changed"
	switch {
	case want.Level < now.Level:
		verb = "lowered"
	case want.Level > now.Level:
		verb = "raised"
	}
	adopted := ""
	if p.state == nil {
		adopted = " already, which the apply takes over"
	}
	return fmt.Sprintf("The %s has the role %s in %s%s. It is %s to %s. GitLab changes no share: the apply ends it and makes it anew at once. "+
		"In between, members of the group who have no other role in the project are refused. If it cannot be made anew, the former one is put back. "+
		"What GitLab does not show is lost: a custom role of the share, and where protected branches or environments name the group.",
		p.group, now, p.project.Target(), adopted, verb, want)
}

// name is the share in the title of a warning.
func (p *planner) name() string { return p.project.Path + ", " + p.group.Path }

// check refuses what GitLab would refuse at the apply, as far as it shows why.
func (p *planner) check(ctx context.Context, want shares.Role) {
	if p.project.Within(p.group) {
		p.diags.Append(diagnose.Problem(groupAttribute, diagnose.CannotShare,
			"The %s is in the %s, or in a group below it, so its members have their roles in the project anyway, and GitLab shares it with no such group. Name another group.", p.project.Target(), p.group))
		return
	}
	today := p.GitLab.Now().UTC().Format(time.DateOnly)
	if want.ExpiresAt != "" && want.ExpiresAt <= today {
		p.diags.Append(diagnose.Problem(expiryAttribute, diagnose.InvalidExpiry, "%s has passed. Write a later one, or leave it out for a role that does not end.", want.ExpiresAt))
		return
	}
	p.checkRoles(ctx, want)
	p.checkLocks(ctx)
}

// checkRoles looks at what the token's user may do. A custom role may allow what its base does not.
func (p *planner) checkRoles(ctx context.Context, want shares.Role) {
	needed := gitlab.Maintainer
	if want.Level >= gitlab.Owner {
		needed = gitlab.Owner
	}
	mine, err := p.GitLab.RoleIn(ctx, p.project.Target())
	if err == nil && mine.Known && mine.Custom == "" && mine.Level < needed {
		p.diags.Append(diagnose.Problem(roleAttribute, diagnose.CannotShare,
			"To give the %s the role %s in %s, the token's user has to be %s of the project. Their role there is %s. Give them that role, or write a lower one here.",
			p.group, gitlab.RoleName(want.Level), p.project.Target(), gitlab.RoleName(needed), roleOrNone(mine.Level)))
		return
	}
	if member, err := p.GitLab.RoleIn(ctx, p.group); err == nil && member.Known && member.Level == 0 {
		p.diags.Append(diagnose.Problem(groupAttribute, diagnose.CannotShare,
			"The token's user is no member of the %s. GitLab shares a project only with a group of which that user is a member, as Guest at least. Make them one.", p.group))
	}
}

func roleOrNone(level int64) string {
	if level == 0 {
		return "none"
	}
	return gitlab.RoleName(level)
}

// checkLocks looks at what the groups above the project say, where the token's user sees them.
func (p *planner) checkLocks(ctx context.Context) {
	last := strings.LastIndexByte(p.project.Path, '/')
	if last < 0 {
		return
	}
	above := p.project.Path[:last]
	top, _, _ := strings.Cut(above, "/")
	parent, err := p.Shares.Rules(ctx, above)
	if err == nil && parent.Locked {
		p.diags.Append(diagnose.Problem(ref.Attribute, diagnose.CannotShare,
			"The group %s has locked the sharing of its projects, so %s can be shared with no group. An Owner of %s can end that (share_with_group_lock).", above, p.project.Target(), above))
		return
	}
	if outside := !strings.HasPrefix(strings.ToLower(p.group.Path)+"/", strings.ToLower(top)+"/"); !outside {
		return
	}
	if rules, err := p.Shares.Rules(ctx, top); err == nil && rules.Within {
		p.diags.Append(diagnose.Problem(groupAttribute, diagnose.CannotShare,
			"The top-level group %s lets its projects be shared with groups below it alone (prevent_sharing_groups_outside_hierarchy), and the %s is outside. Name a group below %s, or ask one of its Owners.", top, p.group, top))
	}
}

// marked is what the destroy half of a replacement has to know of this creation.
func (p *planner) marked() (tenure.Mark, bool) {
	if p.state != nil || p.project == nil || p.group.ID == 0 || p.diags.HasError() {
		return tenure.Mark{}, false
	}
	return tenure.Mark{Key: p.config.handoverKey(), ProjectID: p.project.ID, Groups: map[string]int64{p.config.Group.ValueString(): p.group.ID}}, true
}
