package allowlist

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/overlap"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/toggle"
)

// planner makes the plan of one list from the configuration, the state and the server.
type planner struct {
	lookup
	config allowlistModel
	// state is nil for a creation.
	state *allowlistModel
	known known
	// want are the configured entries of both kinds, managed those of the state, and leave what goes by
	// a line of the diff.
	want, managed []entry
	leave         []gitlab.Target
}

// plan completes the proposed plan. It answers whether the resource has to be replaced.
func (p *planner) plan(ctx context.Context, plan *allowlistModel) (replace bool) {
	var stateProject types.String
	var stateID types.Int64
	if p.state != nil {
		stateProject, stateID = p.state.Project, p.state.ProjectID
	}
	project, diags := ref.PlanProject(ctx, p.GitLab, p.config.Project, stateProject, stateID)
	p.diags.Append(diags...)
	switch {
	case diags.HasError() || project.Replace:
		return project.Replace
	case project.Unknown():
		// What would be removed cannot be named, so it is planned that nothing is: Terraform stops
		// the apply where that turns out otherwise.
		plan.Removes = types.ListNull(types.StringType)
		if p.state != nil {
			plan.Removes = p.state.Removes
		}
		return false
	}
	plan.Project, plan.ProjectID = project.Spelling, ref.KeepID(project, stateID, p.state == nil)
	snapshot, err := p.GitLab.Project(ctx, project.ID)
	if err != nil {
		last := p.known.project(types.Int64Value(project.ID))
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
	plan.Removes = paths(removes)
	if len(removes) == 0 && p.state != nil {
		plan.Removes = p.state.Removes // what an earlier apply removed is no news
	}
	if p.diags.HasError() {
		return false
	}
	p.caution(snapshot.Path, p.want, p.managed)
	p.warnRemovals(ctx, removes)
	p.warnStillUsed(ctx, p.leave)
	p.warnRefused(ctx)
	p.diags.Append(p.Claim(snapshot.Target(), p.claim())...)
	p.diags.Append(toggle.CheckOff(ctx, p.GitLab, snapshot, path.Root("enabled"), p.config.Enabled)...)
	p.warnNoEffect(ctx)
	return false
}

// planKind plans the map of a kind and gives the entries that the apply removes without a line of
// their own in the diff.
func (p *planner) planKind(ctx context.Context, kind gitlab.Kind, plan *allowlistModel) []gitlab.Target {
	configured, planned := *p.config.entries(kind), plan.entries(kind)
	if configured.IsNull() || configured.IsUnknown() {
		return nil
	}
	want, diags := expand(ctx, kind, configured)
	p.diags.Append(diags...)
	want = p.resolve(ctx, kind, p.known.ids(kind), want)
	p.checkPermissions(ctx, want)
	p.checkTwoKeys(want)
	for _, e := range want {
		if e.target.ID == 0 {
			continue
		}
		p.diags.Append(ref.Renamed(e.at(), types.StringValue(e.text), e.target)...)
	}
	if p.diags.HasError() {
		return nil
	}
	before := p.before(ctx, kind)
	p.checkCount(kind, want, before)
	p.want, p.managed = append(p.want, want...), append(p.managed, before...)
	if before == nil {
		return p.unlisted(kind, want)
	}
	if sameEntries(want, before) {
		*planned = *p.state.entries(kind)
	} else {
		p.warnRespelled(want, before)
		p.leave = append(p.leave, p.leaving(want, before)...)
	}
	if p.becomesExclusive() {
		return p.unlisted(kind, append(slices.Clone(want), before...))
	}
	return nil
}

// namesRemovals tells whether entries of a kind leave by the attribute removes rather than by lines
// of the diff: where the kind was not managed before, or not exclusively.
func (p *planner) namesRemovals(before []entry) bool { return before == nil || p.becomesExclusive() }

// claim is what the resource manages, by its configuration.
func (p *planner) claim() overlap.Claim {
	claim := overlap.Claim{Resource: "jobtoken_allowlist", Toggle: !p.config.Enabled.IsNull()}
	for _, kind := range kinds {
		switch {
		case p.config.entries(kind).IsNull():
		case p.exclusive():
			claim.Whole = append(claim.Whole, kind)
		default:
			for _, e := range p.want {
				if e.kind == kind && e.target.ID != 0 {
					claim.Targets = append(claim.Targets, e.target)
				}
			}
		}
	}
	return claim
}

// before gives the entries of the state; nil where the kind was not managed.
func (p *planner) before(ctx context.Context, kind gitlab.Kind) []entry {
	if p.state == nil || p.state.entries(kind).IsNull() {
		return nil
	}
	entries, diags := expand(ctx, kind, *p.state.entries(kind))
	p.diags.Append(diags...)
	return identify(entries, p.known.ids(kind), p.project)
}

func (p *planner) exclusive() bool { return !p.config.Exclusive.Equal(types.BoolValue(false)) }

func (p *planner) becomesExclusive() bool {
	return p.exclusive() && p.state != nil && p.state.Exclusive.Equal(types.BoolValue(false))
}

// letsGo tells that the list stops being exclusive: what then leaves the map stays on the server.
func (p *planner) letsGo() bool {
	return !p.exclusive() && p.state != nil && !p.state.Exclusive.Equal(types.BoolValue(false))
}

// unlisted are the entries on the server that an exclusive list does not name.
func (p *planner) unlisted(kind gitlab.Kind, named []entry) []gitlab.Target {
	if !p.exclusive() {
		return nil
	}
	var targets []gitlab.Target
	for _, stored := range p.project.Entries(kind) {
		isNamed := slices.ContainsFunc(named, func(e entry) bool { return e.target.ID == stored.Target.ID })
		if !isNamed && !p.project.IsOwn(stored.Target) {
			targets = append(targets, stored.Target)
		}
	}
	slices.SortFunc(targets, byPath)
	return targets
}

// checkTwoKeys refuses two spellings of one target in one map.
func (p *planner) checkTwoKeys(want []entry) {
	seen := make(map[int64]entry, len(want))
	for _, e := range want {
		if e.target.ID == 0 {
			continue
		}
		if first, twice := seen[e.target.ID]; twice {
			p.diags.Append(diagnose.Problem(e.at(), diagnose.TwoKeys, "%q and %q both mean the %s. Keep one of them.", first.key, e.key, e.target))
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
		for _, stored := range p.project.Entries(kind) {
			leaves := slices.ContainsFunc(before, func(e entry) bool { return e.target.ID == stored.Target.ID })
			counted[stored.Target.ID] = !leaves || p.letsGo()
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
	if count > gitlab.MaxEntries {
		p.diags.Append(diagnose.Problem(path.Root(attribute(kind)), diagnose.TooManyEntries,
			"The allowlist of %s would hold %d %s; GitLab stores at most %d. Allow a common group in place of its projects.",
			p.project.Target(), count, attribute(kind), gitlab.MaxEntries))
	}
}

// leaving are the entries of the state that are not wanted any more.
func (p *planner) leaving(want, before []entry) []gitlab.Target {
	var targets []gitlab.Target
	for _, e := range before {
		if !slices.ContainsFunc(want, func(w entry) bool { return w.target.ID == e.target.ID }) {
			targets = append(targets, e.target)
		}
	}
	return targets
}

// sameEntries tells whether both hold the same targets with the same permissions, under whatever
// spelling.
func sameEntries(want, before []entry) bool {
	permissions := func(entries []entry) map[int64]gitlab.Permissions {
		byID := make(map[int64]gitlab.Permissions, len(entries))
		for _, e := range entries {
			byID[e.target.ID] = e.permissions
		}
		return byID
	}
	undecided := func(e entry) bool { return e.target.ID == 0 || !e.permissionsKnown }
	return !slices.ContainsFunc(want, undecided) &&
		maps.EqualFunc(permissions(want), permissions(before), gitlab.Permissions.Equal)
}

func (p *planner) warnRespelled(want, before []entry) {
	for _, e := range want {
		i := slices.IndexFunc(before, func(b entry) bool { return b.target.ID == e.target.ID && e.target.ID != 0 })
		if i >= 0 && before[i].key != e.key && before[i].permissions.Equal(e.permissions) {
			p.diags.Append(diagnose.Warn(e.at(), diagnose.Respelled,
				"%q is the entry that the state calls %q (%s) under another spelling. The plan shows a line for each; nothing is written for them and the access does not change.",
				e.key, before[i].key, e.target))
		}
	}
}

// warnRemovals repeats what is removed outside the diff, with the project in the title so that it is
// never folded away.
func (p *planner) warnRemovals(ctx context.Context, removes []gitlab.Target) {
	if len(removes) == 0 {
		return
	}
	usage := p.usage(ctx, removes)
	lines := make([]string, 0, len(removes))
	for _, target := range removes {
		lines = append(lines, fmt.Sprintf("  - %s%s", target, usage[target]))
	}
	p.diags.AddWarning(string(diagnose.RemovesEntries.For(p.project.Path)), fmt.Sprintf(
		"These entries are on the job token allowlist of %s and not in the configuration, so the apply removes them (attribute \"removes\"):\n\n%s\n\n"+
			"To see each as a line of the plan, import the list first:\n\nimport {\n  to = jobtoken_allowlist.<name>\n  id = %q\n}",
		p.project.Target(), strings.Join(lines, "\n"), p.project.Path))
}

func (p *planner) warnNoEffect(ctx context.Context) {
	stored, configured := p.project.Settings.InboundAllowlist, p.config.Enabled
	if configured.IsUnknown() || configured.ValueBool() || configured.IsNull() && stored {
		return
	}
	if !stored {
		if effective, err := p.GitLab.EffectiveAllowlist(ctx, p.project); err != nil || effective {
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
