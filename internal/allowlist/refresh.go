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
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/tenure"
)

// refresh writes what the server holds into the state and gives the ids known from it. What the state
// leaves alone (null) stays so; right after an import, which knows the id alone, all is filled.
func refresh(ctx context.Context, s *session.Session, project *allowlists.Project, state *allowlistModel, before privateState) (privateState, diag.Diagnostics) {
	imported := state.Project.IsNull()
	fresh := privateState{Path: project.Path, Record: before.Record}
	spelling, diags := ref.Respell(ctx, s.GitLab, ref.Attribute, state.Project, project.Target())
	state.Project = spelling
	if imported {
		state.Exclusive = types.BoolValue(true)
		state.Removes = flattenPaths(nil)
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
		stated := identify(entries, before.ids(kind), project)
		l := listSession{Session: s, project: project}
		dead := l.dead(ctx, kind, stated, before)
		diags.Append(l.diags...)
		spelled, spellDiags := respell(ctx, s.GitLab, stated)
		diags.Append(spellDiags...)
		gone := idsOfTargets(dead)
		for i, e := range spelled {
			spelled[i].dead = gone[e.target.ID]
		}
		held := project.Entries(kind)
		diags.Append(warnUnreadable(project, kind, held)...)
		if !imported && !state.Exclusive.ValueBool() {
			ids := idsOfTargets(spelled)
			held = slices.DeleteFunc(slices.Clone(held), func(h allowlists.Entry) bool { return !ids[h.Target.ID] })
		}
		m := flatten(project, held, spelled, imported)
		if s.RequirePermissions {
			m.state(*state.entries(kind))
		}
		*state.entries(kind) = m.value()
		fresh.setIDs(kind, m.ids)
		fresh.keepPaths(project, kind, m.ids, before)
		holds(s, project.ID, kind, slices.Collect(maps.Values(m.ids))...)
	}
	state.TargetIDs = fresh.fingerprint(state)
	fresh.Listed = listedBeside(project, state)
	if imported {
		fresh.Carried = state.managed()
	}
	return fresh, diags
}

// keepPaths notes the paths of what is spelled by its id.
func (p *privateState) keepPaths(project *allowlists.Project, kind gitlab.Kind, ids map[string]int64, before privateState) {
	found := indexOf(project, kind)
	for text, id := range ids {
		path := found.find(gitlab.Ref{ID: id}).Path
		if path == "" {
			path = before.Paths[text]
		}
		if path == "" || strings.EqualFold(path, text) {
			continue
		}
		if p.Paths == nil {
			p.Paths = map[string]string{}
		}
		p.Paths[text] = path
	}
}

// births registers a list before its read asks the server, and afterwards finds what a younger resource
// holds too.
func births(s *session.Session, state *allowlistModel, r tenure.Record) (compare func() []string) {
	shared := session.Shared[tenure.Births](s)
	place := func(name string) string { return fmt.Sprintf("%s %d %s", typeName, state.ProjectID.ValueInt64(), name) }
	for _, name := range state.managed() {
		shared.Note(r.Born, place(name))
	}
	return func() (superseded []string) {
		for _, name := range state.managed() {
			if shared.Younger(r.Born, place(name)) {
				superseded = append(superseded, name)
			}
		}
		return superseded
	}
}

// warnUnreadable tells of entries whose stored permissions GitLab cannot show: one of them is a name
// that its enumeration no longer knows. The state keeps what was last known of them.
func warnUnreadable(project *allowlists.Project, kind gitlab.Kind, held []allowlists.Entry) (diags diag.Diagnostics) {
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
