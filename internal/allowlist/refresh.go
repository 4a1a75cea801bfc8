package allowlist

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
)

// refresh writes what the server holds into the state and gives the ids known from it. What the state
// leaves alone (null) stays so; right after an import, which knows the id alone, all is filled.
func refresh(ctx context.Context, client *gitlab.Client, project *gitlab.Project, state *allowlistModel, before known) (known, diag.Diagnostics) {
	imported := state.Project.IsNull()
	fresh := known{Path: project.Path, AddedByFailedCreate: before.AddedByFailedCreate}
	spelling, diags := ref.Respell(ctx, client, state.Project, project.Target())
	state.Project = spelling
	state.Removes = types.ListNull(types.StringType)
	if imported {
		state.Exclusive = types.BoolValue(true)
	}
	if imported || !state.Enabled.IsNull() {
		state.Enabled = types.BoolValue(project.Settings.InboundAllowlist)
	}
	for _, kind := range kinds {
		if !imported && state.entries(kind).IsNull() {
			continue
		}
		entries, expandDiags := expand(ctx, kind, *state.entries(kind))
		diags.Append(expandDiags...)
		spelled, spellDiags := respell(ctx, client, identify(entries, before.ids(kind), project))
		diags.Append(spellDiags...)
		held := project.Entries(kind)
		if !imported && !state.Exclusive.ValueBool() {
			held = slices.DeleteFunc(slices.Clone(held), func(h gitlab.Entry) bool {
				return !slices.ContainsFunc(spelled, func(e entry) bool { return e.target.ID == h.Target.ID })
			})
		}
		elements, ids := flatten(project, kind, held, spelled)
		*state.entries(kind) = elements
		fresh.setIDs(kind, ids)
	}
	return fresh, diags
}
