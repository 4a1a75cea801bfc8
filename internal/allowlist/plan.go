package allowlist

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

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
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/toggle"
)

// planner makes the plan of one list from the configuration, the state, what the last read stored, and
// the server.
type planner struct {
	difference

	sides []side
}

// plan completes the proposed plan. It answers whether the resource has to be replaced.
func (p *planner) plan(ctx context.Context, plan *allowlistModel) (replace bool) {
	if p.RequirePermissions {
		for _, kind := range kinds {
			entries, diags := expand(ctx, kind, *p.config.entries(kind))
			p.diags.Append(diags...)
			p.requirePermissions(entries)
		}
	}
	if p.unasked(ctx, plan) {
		return false
	}
	project, stateID, diags := p.planProject(ctx)
	p.diags.Append(diags...)
	switch {
	case diags.HasError() || project.Replace:
		return project.Replace
	case project.Unknown():
		// What would be removed cannot be named, so it is planned that nothing is: Terraform stops
		// the apply where that turns out otherwise.
		plan.ProjectID = types.Int64Unknown()
		p.planRemoves(plan, nil)
		return false
	}
	plan.Project, plan.ProjectID = project.Spelling, ref.KeepID(project, stateID, p.state == nil)
	snapshot, err := p.Lists.Project(ctx, project.ID)
	if err != nil {
		last := p.private.project(types.Int64Value(project.ID))
		if last.Path == "" {
			last.Path = p.config.Project.ValueString()
		}
		p.diags.Append(ref.Unplannable(ctx, p.Session, diagnose.ReadAllowlist, last, err)...)
		return false
	}
	p.project = snapshot
	p.diags.Append(ref.Renamed(ref.Attribute, p.config.Project, snapshot.Target())...)

	var removes []gitlab.Target
	for _, kind := range kinds {
		removes = append(removes, p.planKind(ctx, kind, plan)...)
	}
	if p.diags.HasError() {
		return false
	}
	p.planTargetIDs(ctx, plan)
	p.planRemoves(plan, removes)
	p.warn(ctx, removes)
	p.diags.Append(p.Claim(snapshot.Target(), p.claim())...)
	return false
}

// unasked plans what nobody changes, in a walk that was told not to look (-refresh=false), without asking
// GitLab. It is told of an open list, though, that it has no effect: that hangs on the instance.
func (p *planner) unasked(ctx context.Context, plan *allowlistModel) bool {
	if p.state == nil || session.Shared[session.Reads](p.Session).Has(p.state.place()) || p.private.Moved || p.private.Path == "" ||
		p.state.ProjectID.IsNull() || !p.config.Enabled.ValueBool() || p.config.Project.IsUnknown() ||
		!sameApartFromRemoves(plan, p.state) || !plan.Removes.Equal(p.state.Removes) || !p.private.fingerprint(p.state).Equal(p.state.TargetIDs) {
		return false
	}
	var sides []side
	for _, kind := range kinds {
		if p.config.entries(kind).IsNull() {
			continue
		}
		want, diags := expand(ctx, kind, *p.config.entries(kind))
		seen := make(map[int64]bool, len(want))
		for i, e := range want {
			id := p.private.ids(kind)[e.text]
			if id == 0 || seen[id] || e.unknown {
				return false
			}
			seen[id] = true
			want[i].target = gitlab.Target{Kind: kind, ID: id, Path: p.private.lastPath(e)}
		}
		if diags.HasError() {
			return false
		}
		sides = append(sides, side{kind: kind, want: want})
	}
	p.sides = sides
	p.diags.Append(p.Claim(p.private.project(p.state.ProjectID), p.claim())...)
	return true
}

// planProject finds the project: in the creation half of a replacement it is the one that the plan saw.
func (p *planner) planProject(ctx context.Context) (ref.Planned, types.Int64, diag.Diagnostics) {
	if p.mark != nil {
		return ref.Planned{Spelling: p.config.Project, ID: p.mark.ProjectID}, types.Int64Null(), nil
	}
	var stateProject types.String
	var stateID types.Int64
	if p.state != nil {
		stateProject, stateID = p.state.Project, p.state.ProjectID
	}
	project, diags := ref.PlanProject(ctx, p.GitLab, p.config.Project, stateProject, stateID)
	return project, stateID, diags
}

// planKind plans the map of a kind and gives the entries that the apply removes without a line of
// their own in the diff.
func (p *planner) planKind(ctx context.Context, kind gitlab.Kind, plan *allowlistModel) []gitlab.Target {
	configured := *p.config.entries(kind)
	if configured.IsNull() || configured.IsUnknown() {
		return nil
	}
	s := p.side(ctx, kind, configured)
	p.checkPermissions(ctx, s.want)
	for _, e := range s.want {
		if e.dead {
			p.warnDead(e)
		} else if e.target.ID != 0 {
			p.diags.Append(ref.Renamed(e.at(), types.StringValue(e.text), e.target)...)
		}
	}
	if p.diags.HasError() {
		return nil
	}
	p.checkCount(kind, s.want, s.before)
	p.warnOtherKeys(ctx, s)
	if p.state != nil && !p.state.entries(kind).IsNull() && sameEntries(s.want, s.before) {
		*plan.entries(kind) = *p.state.entries(kind)
	} else {
		p.warnRespelled(s.want, s.before)
	}
	s.named = p.nameless(s)
	p.sides = append(p.sides, s)
	return slices.Concat(s.named, p.hidden(s))
}

// hidden are the entries of the state that are null there and leave: Terraform shows no line for null.
func (p *planner) hidden(s side) (targets []gitlab.Target) {
	if p.letsGo() {
		return nil
	}
	for _, target := range leaving(s) {
		if slices.ContainsFunc(s.before, func(b entry) bool { return b.bare && b.target.ID == target.ID }) {
			targets = append(targets, target)
		}
	}
	return targets
}

// warnOtherKeys tells of new entries whose key is the path of something else than their target: whoever reads
// the plan sees the key.
func (p *planner) warnOtherKeys(ctx context.Context, s side) {
	for _, e := range s.want {
		known := func(b entry) bool { return b.key == e.key && b.target.ID == e.target.ID }
		if !e.labelled || e.target.ID == 0 || !strings.Contains(e.key, "/") || strings.EqualFold(e.key, e.target.Path) || slices.ContainsFunc(s.before, known) {
			continue
		}
		r, err := gitlab.ParseRef(e.kind, e.key)
		if err != nil {
			continue // a label, and nothing else
		}
		other := onList(p.project, e.kind, r)
		if other.ID == 0 {
			if other, err = p.GitLab.Resolve(ctx, e.kind, r); err != nil {
				continue
			}
		}
		if other.ID != e.target.ID {
			p.diags.Append(diagnose.Warn(e.at(), diagnose.KeyAndTarget.For(e.key),
				"The key is the path of the %s, and the target is the %s: the target is let in, and the plan names it by the key. Write the one that is meant, or a key that is no path.",
				other, e.target))
		}
	}
}

// warnHidden names the entries that are null in the configuration and come or are widened.
func (p *planner) warnHidden() {
	var lines []string
	for _, s := range p.sides {
		for _, e := range s.want {
			held := func(b entry) bool { return b.target.ID == e.target.ID && b.permissions.Equal(e.permissions) }
			if e.bare && !e.dead && !slices.ContainsFunc(s.before, held) {
				lines = append(lines, fmt.Sprintf("  - %s %s", e.kind, e.text))
			}
		}
	}
	if len(lines) > 0 {
		p.diags.AddWarning(string(diagnose.NullEntries.For(p.project.Path)), fmt.Sprintf(
			"These elements are null, which means {}: an entry with GitLab's default permissions, all that the job's user may do. Terraform shows no line for null in a plan, so this warning names what %s lets in:\n\n%s\n\nWrite {} to see each as a line.",
			p.project.Target(), strings.Join(lines, "\n")))
	}
}

// planRemoves plans what leaves without a line. What an earlier apply removed is no news: it stays in the
// state until something else changes.
func (p *planner) planRemoves(plan *allowlistModel, removes []gitlab.Target) {
	plan.Removes = flattenPaths(removes)
	switch {
	case p.state == nil || p.takesKind():
	case undecided(plan):
		if !p.state.Removes.Equal(plan.Removes) {
			plan.Removes = types.ListUnknown(types.StringType) // it hangs on whether anything changes in the end
		}
	case sameApartFromRemoves(plan, p.state):
		plan.Removes = p.state.Removes
	}
}

// takesKind tells whether a kind becomes managed, or the list exclusive.
func (p *planner) takesKind() bool {
	return p.exclusive() && slices.ContainsFunc(kinds, func(kind gitlab.Kind) bool {
		return !p.config.entries(kind).IsNull() && (p.state.entries(kind).IsNull() || p.state.Exclusive.Equal(types.BoolValue(false)))
	})
}

// undecided tells whether something of a plan is known only after the apply.
func undecided(plan *allowlistModel) bool {
	return plan.ProjectID.IsUnknown() || plan.Enabled.IsUnknown() || plan.Exclusive.IsUnknown() || plan.TargetIDs.IsUnknown() ||
		!whollyKnown(plan.Projects) || !whollyKnown(plan.Groups)
}

func whollyKnown(m types.Map) bool {
	value, err := m.ToTerraformValue(context.Background())
	return err == nil && value.IsFullyKnown()
}

func sameApartFromRemoves(plan, state *allowlistModel) bool {
	return plan.Project.Equal(state.Project) && plan.ProjectID.Equal(state.ProjectID) && plan.Enabled.Equal(state.Enabled) &&
		plan.Exclusive.Equal(state.Exclusive) && plan.Projects.Equal(state.Projects) && plan.Groups.Equal(state.Groups) && plan.TargetIDs.Equal(state.TargetIDs)
}

// planTargetIDs binds the plan to the targets that it saw.
func (p *planner) planTargetIDs(ctx context.Context, plan *allowlistModel) {
	if p.state != nil && plan.Projects.Equal(p.state.Projects) && plan.Groups.Equal(p.state.Groups) &&
		(p.state.TargetIDs.IsNull() || p.private.Moved) {
		plan.TargetIDs = p.state.TargetIDs // of an older version, and not read since
		return
	}
	plan.TargetIDs = types.StringUnknown()
	if !plan.Projects.IsUnknown() && !plan.Groups.IsUnknown() {
		plan.TargetIDs = p.targetIDs(ctx, p.sides)
	}
}

// warn tells what the diff does not show.
func (p *planner) warn(ctx context.Context, removes []gitlab.Target) {
	lists := make([]intent.List, 0, len(p.sides))
	var want, before []entry
	var leave []gitlab.Target
	for _, s := range p.sides {
		lists = append(lists, p.intended(s))
		want, before = append(want, s.want...), append(before, s.before...)
		leave = append(leave, leaving(s)...)
	}
	p.warnHidden()
	p.warnRemovals(removes)
	planned := intent.Of(p.project, lists...)
	p.caution(p.project.Path, planned, want, before)
	p.warnEntriesStay(leave)
	p.warnLosses(ctx, planned.Steps)
	p.diags.Append(toggle.CheckOff(ctx, p.Lists, p.project, path.Root(enabledAttribute), p.switchedOff())...)
	p.warnNoEffect(ctx)
}

// switchedOff is the configured toggle where the plan changes it; what is off in the state already is not
// switched.
func (p *planner) switchedOff() types.Bool {
	if p.state != nil && p.config.Enabled.Equal(p.state.Enabled) {
		return types.BoolNull()
	}
	return p.config.Enabled
}

// claim is what the resource manages, by its configuration.
func (p *planner) claim() overlap.Claim {
	claim := overlap.Claim{Resource: typeName, Toggle: !p.config.Enabled.IsNull(), Making: p.state == nil}
	for _, s := range p.sides {
		for _, e := range s.want {
			if e.target.ID != 0 && !e.dead {
				claim.Wants = append(claim.Wants, e.target)
			}
		}
	}
	if !p.exclusive() {
		claim.Targets = claim.Wants
		return claim
	}
	for _, kind := range kinds {
		if !p.config.entries(kind).IsNull() {
			claim.Whole = append(claim.Whole, kind)
		}
	}
	return claim
}

// marked is what the destroy half of a replacement has to know of this creation; none where something of
// it is unknown.
func (p *planner) marked() (tenure.Mark, bool) {
	if p.state != nil || p.project == nil || p.diags.HasError() {
		return tenure.Mark{}, false
	}
	mark := tenure.Mark{Key: handoverKey(&p.config), ProjectID: p.project.ID, Manages: p.config.managed()}
	for _, kind := range kinds {
		if p.config.entries(kind).IsUnknown() {
			return tenure.Mark{}, false
		}
	}
	for _, s := range p.sides {
		ids := make(map[string]int64, len(s.want))
		for _, e := range s.want {
			if e.target.ID == 0 {
				return tenure.Mark{}, false
			}
			ids[e.text] = e.target.ID
		}
		if s.kind == gitlab.KindGroup {
			mark.Groups = ids
		} else {
			mark.Projects = ids
		}
		for _, target := range s.named {
			mark.Removes = append(mark.Removes, tenure.Removal(target))
		}
	}
	mark.Paths = pathsOf(p.project, p.sides, p.stated)
	mark.Carried, mark.Read = session.Shared[tenure.Carriers](p.Session).Of(typeName, p.project.ID)
	return mark, true
}

// checkTwoKeys refuses two spellings of one target in one map.
func (l *listSession) checkTwoKeys(want []entry) {
	seen := make(map[int64]entry, len(want))
	for _, e := range want {
		if e.target.ID == 0 {
			continue
		}
		if first, twice := seen[e.target.ID]; twice {
			l.diags.Append(diagnose.Problem(e.at(), diagnose.TwoKeys, "%q and %q both mean the %s. Keep one of them.", first.key, e.key, e.target))
		}
		seen[e.target.ID] = e
	}
}

// checkCount refuses more entries than GitLab stores. The project's own counts only where it is
// stored, which default permissions do not need.
func (p *planner) checkCount(kind gitlab.Kind, want, before []entry) {
	counted := make(map[int64]bool)
	unknown := 0
	if !p.exclusive() {
		managed := idsOfTargets(before)
		for _, stored := range p.project.Entries(kind) {
			counted[stored.Target.ID] = !managed[stored.Target.ID] || p.letsGo()
		}
	}
	for _, e := range want {
		switch {
		case e.target.ID == 0:
			unknown++
		case p.project.IsOwn(e.target) && e.permissions.Default && !holdsTarget(p.project.Projects, p.project.ID):
		default:
			counted[e.target.ID] = true
		}
	}
	count := unknown
	for _, stays := range counted {
		if stays {
			count++
		}
	}
	if count > allowlists.MaxEntries {
		p.diags.Append(diagnose.Problem(path.Root(attribute(kind)), diagnose.TooManyEntries,
			"The allowlist of %s would hold %d %s; GitLab stores at most %d. Allow a common group in place of its projects.",
			p.project.Target(), count, attribute(kind), allowlists.MaxEntries))
	}
}

// leaving are the entries of the state that are not wanted any more.
func leaving(s side) []gitlab.Target {
	var targets []gitlab.Target
	wanted := idsOfTargets(s.want)
	for _, e := range s.before {
		if !wanted[e.target.ID] {
			targets = append(targets, e.target)
		}
	}
	return targets
}

// sameEntries tells whether both hold the same targets with the same permissions, under whatever
// spelling.
func sameEntries(want, before []entry) bool {
	permissions := func(entries []entry) map[int64]allowlists.Permissions {
		byID := make(map[int64]allowlists.Permissions, len(entries))
		for _, e := range entries {
			byID[e.target.ID] = e.permissions
		}
		return byID
	}
	undecided := func(e entry) bool { return e.target.ID == 0 || !e.permissionsKnown }
	return !slices.ContainsFunc(want, undecided) &&
		maps.EqualFunc(permissions(want), permissions(before), allowlists.Permissions.Equal)
}

func (p *planner) warnRespelled(want, before []entry) {
	byID := make(map[int64]int, len(before))
	for i, b := range before {
		if _, there := byID[b.target.ID]; !there {
			byID[b.target.ID] = i
		}
	}
	for _, e := range want {
		i, there := byID[e.target.ID]
		if there && e.target.ID != 0 && before[i].key != e.key && before[i].permissions.Equal(e.permissions) {
			p.diags.Append(diagnose.Warn(e.at(), diagnose.Respelled,
				"%q is the entry that the state calls %q (%s) under another spelling. The plan shows a line for each; nothing is written for them and the access does not change.",
				e.key, before[i].key, e.target))
		}
	}
}

// warnRemovals repeats what is removed outside the diff, with the project in the title so that it is
// never folded away.
func (p *planner) warnRemovals(removes []gitlab.Target) {
	if len(removes) == 0 {
		return
	}
	lines := make([]string, 0, len(removes))
	for _, target := range removes {
		lines = append(lines, fmt.Sprintf("  - %s", target))
	}
	title := string(diagnose.RemovesEntries.For(p.project.Path))
	taken := p.state == nil || p.takesKind()
	switch {
	case taken && !p.Once("what removes means"):
		p.diags.AddWarning(title, fmt.Sprintf("The apply removes from the job token allowlist of %s: %s.",
			p.project.Target(), strings.ReplaceAll(strings.TrimPrefix(strings.Join(lines, ","), "  - "), ",  - ", ", ")))
	case taken:
		p.diags.AddWarning(title, fmt.Sprintf(
			"These entries are on the job token allowlist of %s and not in the configuration, so the apply removes them (attribute \"removes\"):\n\n%s\n\n"+
				"A list that is imported before has a line of the plan for each:\n\nimport {\n  to = jobtoken_allowlist.<name> # with for_each: jobtoken_allowlist.<name>[\"<key>\"]\n  id = %q\n}",
			p.project.Target(), strings.Join(lines, "\n"), p.project.Path))
	default:
		p.diags.AddWarning(title, fmt.Sprintf(
			"These entries are null in the state, and Terraform shows no line for null. The apply removes them from the job token allowlist of %s (attribute \"removes\"):\n\n%s",
			p.project.Target(), strings.Join(lines, "\n")))
	}
}

func (p *planner) warnNoEffect(ctx context.Context) {
	stored, configured := p.project.Settings.InboundAllowlist, p.config.Enabled
	if configured.IsUnknown() || configured.ValueBool() || configured.IsNull() && stored {
		return
	}
	if !stored {
		if effective, err := p.Lists.Effective(ctx, p.project); err != nil || effective {
			return // enforced by the instance, whatever is stored
		}
	}
	unless := ""
	if stored {
		unless = ", unless the instance enforces the list"
	}
	p.diags.Append(diagnose.Warn(path.Root("enabled"), diagnose.NoEffect,
		"Access to %s is not limited%s: any project's job token may reach it, on the list or not. Set enabled = true to make the list binding.",
		p.project.Target(), unless))
}
