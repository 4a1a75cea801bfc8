package allowlist

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/toggle"
)

// applier carries out a plan and finds the state that the server's answers amount to.
type applier struct {
	*session.Session
	config, plan allowlistModel
	// state is nil for a creation.
	state *allowlistModel
	known known
	// project is the id of the project.
	project types.Int64
}

// applied is what an apply leaves behind.
type applied struct {
	state allowlistModel
	known known
	// changed tells that the server was changed at all.
	changed bool
}

// apply adds and changes entries, then writes the toggle, then removes: whoever is to have access is
// refused at no moment. An allowlist is not switched on while an entry that it should hold is
// missing. Everything that was done is in the answer, errors or not.
func (a *applier) apply(ctx context.Context) (applied, diag.Diagnostics) {
	var diags diag.Diagnostics
	done := applied{state: a.plan, known: a.known}
	project, err := a.GitLab.Project(ctx, a.project.ValueInt64())
	if err != nil {
		last := gitlab.Target{Kind: gitlab.KindProject, ID: a.project.ValueInt64(), Path: a.plan.Project.ValueString()}
		diags.Append(diagnose.ReadError(diagnose.ReadAllowlist, ref.About(err, last)))
		return done, diags
	}
	done.known.Path = project.Path

	planner := planner{lookup: lookup{Session: a.Session, project: project}, config: a.config, state: a.state, known: a.known}
	var wishes []wish
	for _, kind := range kinds {
		if !a.config.entries(kind).IsNull() {
			wishes = append(wishes, a.wish(ctx, &planner, kind))
		}
	}
	if diags.Append(planner.diags...); diags.HasError() {
		return done, diags
	}

	changes := reconcile(project, wishes...)
	firstRemoval := slices.IndexFunc(changes, func(c gitlab.Change) bool { return c.Action == gitlab.Remove })
	if firstRemoval < 0 {
		firstRemoval = len(changes)
	}
	results := a.GitLab.ChangeAllowlist(ctx, project.Target(), changes[:firstRemoval])
	failed := slices.ContainsFunc(results, func(r gitlab.Result) bool { return r.Err != nil })
	enabled, toggleDiags := a.toggle(ctx, project, failed)
	results = append(results, a.GitLab.ChangeAllowlist(ctx, project.Target(), changes[firstRemoval:])...)

	for _, result := range results {
		if result.Err != nil {
			diags.Append(diagnoseChange(result))
		} else {
			done.changed = true
		}
	}
	diags.Append(toggleDiags...)
	if !a.config.Enabled.IsNull() {
		done.state.Enabled = types.BoolValue(enabled)
		done.changed = done.changed || enabled != project.Settings.InboundAllowlist
	}
	for _, w := range wishes {
		done.record(project, w, w.want, results)
	}
	return done, diags
}

// wish is what the plan asks for one kind: what it holds is wanted; what the state held beyond that,
// and what the plan names as removed, leaves.
func (a *applier) wish(ctx context.Context, p *planner, kind gitlab.Kind) wish {
	w := wish{kind: kind}
	entries, diags := expand(ctx, kind, *a.plan.entries(kind))
	p.diags.Append(diags...)
	w.want = p.resolve(ctx, kind, p.known.ids(kind), entries)
	p.checkTwoKeys(w.want)
	before := p.before(ctx, kind)
	if !p.letsGo() {
		w.leave = p.leaving(w.want, before)
	}
	if !p.namesRemovals(before) {
		return w
	}
	for _, element := range a.plan.Removes.Elements() {
		if text, ok := element.(types.String); ok {
			if target := onList(p.project, kind, gitlab.Ref{Path: text.ValueString()}); target.ID != 0 && !p.project.IsOwn(target) {
				w.leave = append(w.leave, target)
			}
		}
	}
	return w
}

// toggle writes the configured toggle, except switching the list on after an entry failed.
func (a *applier) toggle(ctx context.Context, project *gitlab.Project, entriesFailed bool) (enabled bool, diags diag.Diagnostics) {
	stored := project.Settings.InboundAllowlist
	change := toggle.Change(a.config.Enabled, stored)
	if change == nil {
		return stored, nil
	}
	at := path.Root("enabled")
	if *change && entriesFailed {
		diags.Append(diagnose.Problem(at, diagnose.ChangeSettings,
			"Could not switch the allowlist of %s on: not all of its entries could be written, and those that are missing would be refused.\n\nThe next apply does both.", project.Target()))
		return stored, diags
	}
	settings, err := a.GitLab.UpdateSettings(ctx, project.Target(), gitlab.SettingsChange{InboundAllowlist: change})
	if err != nil {
		diags.Append(diagnose.AttributeError(at, diagnose.ChangeSettings, err))
		return stored, diags
	}
	return settings.InboundAllowlist, toggle.WithoutEffect(ctx, a.GitLab, project, at, change)
}

// record writes one kind into the state: of what was to be there or to leave, what is there now, with
// its permissions, and spelled as it was.
func (done *applied) record(project *gitlab.Project, w wish, spelled []entry, results []gitlab.Result) {
	concerns := make(map[int64]bool, len(w.want)+len(w.leave))
	for _, e := range w.want {
		concerns[e.target.ID] = true
	}
	for _, target := range w.leave {
		concerns[target.ID] = true
	}
	held := slices.DeleteFunc(outcome(project, w.kind, results), func(e gitlab.Entry) bool { return !concerns[e.Target.ID] })
	elements, ids := flatten(project, w.kind, held, spelled)
	*done.state.entries(w.kind) = elements
	done.known.setIDs(w.kind, ids)
}

// destroy takes back what the state holds: the toggle returns to the secure default first, then the
// entries go.
//
// After a creation that failed half-way Terraform replaces the resource, and then alone it withholds
// the private state. Nothing is taken back in that case: the creation that follows completes what is
// there, and jobs are not refused in between.
//
// What could not be taken back stays in the state that it gives; nil leaves the state as it is.
func (a *applier) destroy(ctx context.Context) (left *applied, diags diag.Diagnostics) {
	if a.known.Path == "" && !a.known.Moved {
		diags.AddWarning(string(diagnose.LeftAsItIs.For(a.state.Project.ValueString())),
			"The creation of this list failed half-way, so Terraform makes the resource anew. What is on the list stays there meanwhile; the new creation completes it. "+
				"Should the configuration name another project now, take the entries of this one back by hand.")
		return nil, diags
	}
	project, err := a.GitLab.Project(ctx, a.project.ValueInt64())
	if err != nil {
		_, diags := ref.Unreadable(ctx, a.Session, diagnose.ReadAllowlist, a.known.project(a.project), err)
		return nil, diags
	}
	if !a.state.Enabled.IsNull() && !project.Settings.InboundAllowlist {
		on := true
		if _, err := a.GitLab.UpdateSettings(ctx, project.Target(), gitlab.SettingsChange{InboundAllowlist: &on}); err != nil {
			diags.Append(diagnose.Error(diagnose.ChangeSettings, err))
			return nil, diags
		}
	}
	var wishes []wish
	spelled := map[gitlab.Kind][]entry{}
	for _, kind := range kinds {
		if a.state.entries(kind).IsNull() {
			continue
		}
		entries, expandDiags := expand(ctx, kind, *a.state.entries(kind))
		diags.Append(expandDiags...)
		spelled[kind] = identify(entries, a.known.ids(kind), project)
		w := wish{kind: kind}
		for _, e := range spelled[kind] {
			w.leave = append(w.leave, e.target)
		}
		wishes = append(wishes, w)
	}
	results := a.GitLab.ChangeAllowlist(ctx, project.Target(), reconcile(project, wishes...))
	for _, result := range results {
		if result.Err != nil {
			diags.Append(diagnoseChange(result))
		}
	}
	left = &applied{state: *a.state, known: a.known}
	if !left.state.Enabled.IsNull() {
		left.state.Enabled = types.BoolValue(true)
	}
	for _, w := range wishes {
		left.record(project, w, spelled[w.kind], results)
	}
	return left, diags
}

// diagnoseChange turns a failed change into a diagnostic.
func diagnoseChange(result gitlab.Result) diag.Diagnostic {
	title := diagnose.SetPermissions
	switch project := result.Change.Target.Kind == gitlab.KindProject; {
	case result.Change.Action == gitlab.Add && project:
		title = diagnose.AddProject
	case result.Change.Action == gitlab.Add:
		title = diagnose.AddGroup
	case result.Change.Action == gitlab.Remove && project:
		title = diagnose.RemoveProject
	case result.Change.Action == gitlab.Remove:
		title = diagnose.RemoveGroup
	}
	return diagnose.Error(title, result.Err)
}
