package allowlist

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/intent"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/tenure"
)

// difference is what plan and apply have in common: both sides of what changes, by id.
type difference struct {
	listSession

	config allowlistModel
	// state is nil for a creation.
	state   *allowlistModel
	private privateState
	// mark is what the destroy half of a replacement handed over; nil in all other cases.
	mark *tenure.Mark
}

// side is one kind of entries: those of the state, and those to be there.
type side struct {
	kind         gitlab.Kind
	before, want []entry
	// taken means that the list becomes managed, or exclusive, by this plan.
	taken bool
	// named are the entries that leave without a line of their own.
	named []gitlab.Target
}

// side resolves both sides of a kind that the configuration mentions. Wanted is the map of the
// configuration, or of the plan.
func (d *difference) side(ctx context.Context, kind gitlab.Kind, wanted types.Map) side {
	s := side{kind: kind, before: d.before(ctx, kind)}
	s.taken = d.exclusive() && d.state != nil && (d.state.entries(kind).IsNull() || d.state.Exclusive.Equal(types.BoolValue(false)))
	want, diags := expand(ctx, kind, wanted)
	d.diags.Append(diags...)
	var ids map[string]int64
	switch {
	case d.mark != nil:
		ids = d.mark.IDs(kind)
	case d.state != nil: // a creation half that is planned first must come out as the one at apply does
		ids = d.private.ids(kind)
	}
	s.want = d.resolve(ctx, kind, ids, want)
	d.checkTwoKeys(s.want)
	return s
}

// before gives the entries of the state; none where the kind was not managed.
func (d *difference) before(ctx context.Context, kind gitlab.Kind) []entry {
	if d.state == nil || d.state.entries(kind).IsNull() {
		return nil
	}
	entries, diags := expand(ctx, kind, *d.state.entries(kind))
	d.diags.Append(diags...)
	return identify(entries, d.private.ids(kind), d.project)
}

// intended is the side as a difference takes it.
func (d *difference) intended(s side) intent.List {
	return intent.List{
		Kind: s.kind, Before: intended(s.before), Want: intended(s.want), Named: s.named,
		Stay: d.letsGo(), Whole: d.exclusive(), Taken: s.taken,
	}
}

func (d *difference) exclusive() bool { return !d.config.Exclusive.Equal(types.BoolValue(false)) }

// letsGo tells that the list stops being exclusive: what then leaves the map stays on the server.
func (d *difference) letsGo() bool {
	return !d.exclusive() && d.state != nil && !d.state.Exclusive.Equal(types.BoolValue(false))
}

// nameless are the entries that leave without a line: of a list that is created, or that becomes managed
// or exclusive. For the latter the last read tells them, so that plan and apply cannot differ.
func (d *difference) nameless(s side) []gitlab.Target {
	switch {
	case d.mark != nil:
		return d.mark.Removed(s.kind)
	case d.state != nil && !s.taken, !d.exclusive():
		return nil
	}
	var targets []gitlab.Target
	wanted, managed := idsOfTargets(s.want), idsOfTargets(s.before)
	for _, target := range d.listed(s.kind) {
		if !wanted[target.ID] && !managed[target.ID] && !d.project.IsOwn(target) {
			targets = append(targets, target)
		}
	}
	slices.SortFunc(targets, byPath)
	return targets
}

// listed is what is on the list: as the last read found it, or in a creation as it is now.
func (d *difference) listed(kind gitlab.Kind) (targets []gitlab.Target) {
	if recorded, read := d.private.Listed[kind]; read && d.state != nil {
		for _, path := range slices.Sorted(maps.Keys(recorded)) {
			targets = append(targets, gitlab.Target{Kind: kind, ID: recorded[path], Path: path})
		}
		return targets
	}
	for _, stored := range d.project.Entries(kind) {
		targets = append(targets, stored.Target)
	}
	return targets
}

// targetIDs is the fingerprint of what is wanted, and of what the state holds of the kinds that are not
// configured, or that are the same under other spellings.
func (d *difference) targetIDs(ctx context.Context, sides []side) types.String {
	ids := map[gitlab.Kind]map[string]int64{}
	if d.state != nil {
		for _, kind := range kinds {
			if !d.state.entries(kind).IsNull() {
				ids[kind] = idsOf(d.before(ctx, kind))
			}
		}
	}
	for _, s := range sides {
		if slices.ContainsFunc(s.want, func(e entry) bool { return e.target.ID == 0 }) {
			return types.StringUnknown()
		}
		if _, stated := ids[s.kind]; !stated || !sameEntries(s.want, s.before) {
			ids[s.kind] = idsOf(s.want)
		}
	}
	return fingerprint(ids)
}

func idsOf(entries []entry) map[string]int64 {
	ids := make(map[string]int64, len(entries))
	for _, e := range entries {
		ids[e.text] = e.target.ID
	}
	return ids
}

// listedBeside is what a read or a write leaves of the lists that are not managed whole.
func listedBeside(project *allowlists.Project, state *allowlistModel) map[gitlab.Kind]map[string]int64 {
	listed := map[gitlab.Kind]map[string]int64{}
	for _, kind := range kinds {
		if !state.entries(kind).IsNull() && state.Exclusive.ValueBool() {
			continue
		}
		listed[kind] = map[string]int64{}
		for _, stored := range project.Entries(kind) {
			listed[kind][stored.Target.Path] = stored.Target.ID
		}
	}
	return listed
}

// statedBy is what a mark tells of references: the creation half of a replacement has no private state.
func statedBy(mark *tenure.Mark) privateState {
	return privateState{Projects: mark.Projects, Groups: mark.Groups, Paths: mark.Paths}
}

// handoverKey is how both halves of a replacement know each other.
func handoverKey(config *allowlistModel) string {
	key := "jobtoken_allowlist " + config.Project.ValueString()
	for _, name := range config.managed() {
		key += " " + name
	}
	return key
}
