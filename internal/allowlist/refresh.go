package allowlist

import (
	"context"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
)

// refresh writes what the server holds into the state and gives the ids known from it. What the state
// leaves alone (null) stays so; right after an import, which knows the id alone, all is filled.
func refresh(ctx context.Context, client *gitlab.Client, project *gitlab.Project, state *allowlistModel, before known) (known, diag.Diagnostics) {
	imported := state.Project.IsNull()
	fresh := known{Path: project.Path}
	spelling, diags := ref.Respell(ctx, client, ref.Attribute, state.Project, project.Target())
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
		if before.Moved {
			entries = nil // they were spelled by id: now by path
		}
		spelled, spellDiags := respell(ctx, client, identify(entries, before.ids(kind), project))
		diags.Append(spellDiags...)
		held := project.Entries(kind)
		diags.Append(warnUnreadable(project, kind, held)...)
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

// warnUnreadable tells of entries whose stored permissions GitLab cannot show: one of them is a name
// that its enumeration no longer knows. The state keeps what was last known of them.
func warnUnreadable(project *gitlab.Project, kind gitlab.Kind, held []gitlab.Entry) (diags diag.Diagnostics) {
	var names []string
	for _, e := range held {
		if e.PermissionsUnreadable {
			names = append(names, e.Target.Path)
		}
	}
	if len(names) > 0 {
		diags.Append(diagnose.Warn(path.Root(attribute(kind)), diagnose.Unreadable.For(project.Path),
			"GitLab cannot show the permissions of %s on the allowlist of %s: they hold a name that this version no longer knows. "+
				"What the state knows of them is kept. Changing the permissions of these entries writes them anew and cures it.",
			strings.Join(names, ", "), project.Target()))
	}
	return diags
}
