package allowlist

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
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

// destroyer takes back what a list manages, and leaves what is not its own to take: what an import
// brought in, what another resource holds, and in a replacement all that the creation names.
type destroyer struct {
	*session.Session

	state   allowlistModel
	private privateState
	id      types.Int64
	// mark is that of the creation half of a replacement.
	mark *tenure.Mark
	kept overlap.Kept
}

// takes tells whether an attribute of the state is taken back.
func (d *destroyer) takes(name string) bool {
	return !d.private.Spares(name) && !d.kept.Whole && !(d.replaced() && d.mark.Holds(name)) && !(name == enabledAttribute && d.kept.Toggle)
}

// replaced tells whether the creation that follows is for the same project.
func (d *destroyer) replaced() bool { return d.mark.For(d.id.ValueInt64()) }

// destroy returns the toggle to the secure default first, then the entries go. What could not be taken
// back stays in the state that it gives; nil leaves the state as it is.
func (d *destroyer) destroy(ctx context.Context) (left *applied, diags diag.Diagnostics) {
	if d.replaced() {
		session.Shared[tenure.Handovers](d.Session).Put(d.mark)
		for _, kind := range kinds {
			holds(d.Session, d.id.ValueInt64(), kind, slices.Collect(maps.Values(d.mark.IDs(kind)))...)
		}
	}
	if !slices.ContainsFunc(d.state.managed(), d.takes) {
		return nil, d.warnSuperseded()
	}
	project, err := d.Lists.FreshProject(ctx, d.id.ValueInt64())
	if err != nil {
		_, diags := ref.Unreadable(ctx, d.Session, diagnose.ReadAllowlist, d.private.project(d.id), err)
		return nil, diags
	}
	diags.Append(d.warnSuperseded()...)
	switch due := !d.state.Enabled.IsNull() && !project.Settings.InboundAllowlist && d.takes(enabledAttribute); {
	case due && d.replaced():
		d.mark.Late = true // the creation's entries come first, or their jobs would be refused
	case due:
		on := true
		if _, err := d.Lists.UpdateSettings(ctx, project.Target(), allowlists.SettingsChange{InboundAllowlist: &on}); err != nil {
			diags.Append(diagnose.Error(diagnose.ChangeSettings, err))
			return nil, diags
		}
	}
	var sides []side
	var lists []intent.List
	for _, kind := range kinds {
		s, sideDiags := d.side(ctx, project, kind)
		diags.Append(sideDiags...)
		sides, lists = append(sides, s), append(lists, intent.List{Kind: kind, Before: intended(s.before)})
	}
	phases := intent.Of(project, lists...).Phases(project)
	results := d.Lists.Change(ctx, project.Target(), slices.Concat(phases.Grant, phases.Rest))
	for _, result := range results {
		if result.Err != nil {
			diags.Append(diagnoseChange(result))
		}
	}
	left = &applied{state: d.state, private: d.private}
	if !left.state.Enabled.IsNull() && d.takes(enabledAttribute) {
		left.state.Enabled = types.BoolValue(true)
	}
	for i, s := range sides {
		if !d.state.entries(s.kind).IsNull() && d.takes(attribute(s.kind)) {
			left.record(project, s, intent.Of(project, lists[i]), results)
		}
	}
	left.state.TargetIDs = left.private.fingerprint(&left.state)
	return left, diags
}

// side is what of a kind is taken back.
func (d *destroyer) side(ctx context.Context, project *allowlists.Project, kind gitlab.Kind) (s side, diags diag.Diagnostics) {
	s.kind = kind
	if d.state.entries(kind).IsNull() || !d.takes(attribute(kind)) {
		return s, nil
	}
	entries, diags := expand(ctx, kind, *d.state.entries(kind))
	for _, e := range identify(entries, d.private.ids(kind), project) {
		if !d.kept.Has(e.target) {
			s.before = append(s.before, e)
		}
	}
	return s, diags
}

// warnSuperseded tells what is left to a younger resource, unless this destroy is a replacement's.
func (d *destroyer) warnSuperseded() diag.Diagnostics {
	if d.kept.Whole || d.replaced() {
		return nil
	}
	return d.private.WarnSuperseded(diagnose.LeftAsItIs.For(d.private.Path))
}

// leaving is what a destroy takes back, as the plan knows it.
func (d *destroyer) leaving() overlap.Claim {
	claim := overlap.Claim{Resource: typeName, Leaving: true, Toggle: !d.state.Enabled.IsNull() && !d.private.Spares(enabledAttribute)}
	for _, kind := range kinds {
		if !d.state.entries(kind).IsNull() && !d.private.Spares(attribute(kind)) {
			claim.Whole = append(claim.Whole, kind)
		}
	}
	return claim
}
