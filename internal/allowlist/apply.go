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
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/toggle"
)

// applier carries out the difference between a state and a plan, and finds the state that the server's
// answers amount to.
type applier struct {
	difference

	plan allowlistModel
	// id is that of the project.
	id types.Int64
}

// applied is what an apply leaves behind.
type applied struct {
	state   allowlistModel
	private privateState
	// changed tells that the server was changed at all.
	changed bool
}

// apply adds and changes entries, then writes the toggle, then removes: whoever is to have access is
// refused at no moment. An allowlist is not switched on while an entry that it should hold is
// missing. Everything that was done is in the answer, errors or not.
func (a *applier) apply(ctx context.Context) (applied, diag.Diagnostics) {
	done := applied{state: a.plan, private: a.private}
	project, err := a.Lists.FreshProject(ctx, a.id.ValueInt64())
	if err != nil {
		last := gitlab.Target{Kind: gitlab.KindProject, ID: a.id.ValueInt64(), Path: a.plan.Project.ValueString()}
		return done, diag.Diagnostics{diagnose.ReadError(diagnose.ReadAllowlist, ref.About(err, last))}
	}
	a.project, done.private.Path = project, project.Path

	sides, lists := a.sides(ctx)
	planned := intent.Of(project, lists...)
	if a.refuse(ctx, planned, sides); a.diags.HasError() {
		if a.mark != nil {
			done.handedOver(project, sides)
		}
		return done, a.diags
	}
	phases := planned.Phases(project)
	results := a.Lists.Change(ctx, project.Target(), phases.Room)
	results = append(results, a.Lists.Change(ctx, project.Target(), phases.Grant)...)
	enabled := a.toggle(ctx, incomplete(planned, results))
	results = append(results, a.Lists.Change(ctx, project.Target(), phases.Rest)...)

	done.changed = enabled != project.Settings.InboundAllowlist
	for _, result := range results {
		if result.Err != nil {
			a.diags.Append(diagnoseChange(result))
		} else {
			done.changed = true
		}
	}
	a.diagnoseVanished(planned.Vanished)
	a.warnMeanwhile(planned.Meanwhile)
	if !a.config.Enabled.IsNull() && (a.state == nil || !a.config.Enabled.Equal(a.state.Enabled)) {
		done.state.Enabled = types.BoolValue(enabled)
	}
	for i, s := range sides {
		done.record(project, s, intent.Of(project, lists[i]), results)
	}
	done.private.Paths = pathsOf(project, sides, a.private)
	done.state.TargetIDs = done.private.fingerprint(&done.state)
	if a.plan.TargetIDs.IsNull() {
		done.state.TargetIDs = a.plan.TargetIDs // it is for the next read to fill
	}
	done.private.Listed = listedAfter(project, &done.state, results)
	done.private.Carried = carried(&a.config, &done.state)
	return done, a.diags
}

// sides are the kinds that the configuration mentions, by what the plan has of them.
func (a *applier) sides(ctx context.Context) (sides []side, lists []intent.List) {
	for _, kind := range kinds {
		if a.config.entries(kind).IsNull() {
			continue
		}
		s := a.side(ctx, kind, *a.plan.entries(kind))
		s.named = a.named(s)
		sides, lists = append(sides, s), append(lists, a.intended(s))
	}
	if !a.diags.HasError() && !a.plan.TargetIDs.IsNull() && !a.plan.TargetIDs.IsUnknown() && !a.targetIDs(ctx, sides).Equal(a.plan.TargetIDs) {
		a.diags.Append(a.outOfDate("a reference in the plan means another project or group by now than the one that the plan saw (attribute \"target_ids_fingerprint\")"))
	}
	return sides, lists
}

// named are the entries that the plan's attribute removes names, by the ids that the plan saw.
func (a *applier) named(s side) (targets []gitlab.Target) {
	if a.mark != nil || a.state != nil && !s.taken {
		return a.nameless(s)
	}
	listed := a.listed(s.kind)
	for _, element := range a.plan.Removes.Elements() {
		text, _ := element.(types.String)
		at := slices.IndexFunc(listed, func(t gitlab.Target) bool { return strings.EqualFold(t.Path, text.ValueString()) })
		if at >= 0 {
			targets = append(targets, listed[at])
		}
	}
	return targets
}

// refuse ends an apply before any write where something would have to go that no line of the plan names,
// or where a path of a replacement has changed hands. (In all other cases Terraform notices the latter.)
func (a *applier) refuse(ctx context.Context, planned intent.Intent, sides []side) {
	if len(planned.Unnamed) > 0 {
		names := make([]string, 0, len(planned.Unnamed))
		for _, target := range planned.Unnamed {
			names = append(names, target.String())
		}
		a.diags.Append(a.outOfDate(strings.Join(names, ", ") + " has come onto the list and would have to go, which no line of the plan says"))
	}
	if a.mark == nil {
		return
	}
	a.refuseNewOwner(ctx, ref.Attribute, a.config.Project.ValueString(), a.project.Target())
	for _, s := range sides {
		for _, e := range s.want {
			a.refuseNewOwner(ctx, e.at(), e.text, e.target)
		}
	}
}

// refuseNewOwner ends the creation half of a replacement whose path has changed hands since the plan.
func (l *listSession) refuseNewOwner(ctx context.Context, at path.Path, text string, seen gitlab.Target) {
	owner, err := ref.NewOwner(ctx, l.GitLab, text, seen)
	switch {
	case err != nil:
		l.diags.Append(diagnose.LookupError(at, diagnose.FindTarget, err))
	case owner.ID != 0:
		l.diags.Append(diag.WithPath(at, l.outOfDate(fmt.Sprintf("%s is the path of the %s by now, and the plan saw the one with id %d under it", text, owner, seen.ID))))
	}
}

// outOfDate is the error of a plan that cannot be carried out as it was approved.
func (l *listSession) outOfDate(why string) diag.Diagnostic {
	return diagnose.Outdated("change the job token allowlist of "+l.project.Target().String(), why)
}

// handedOver makes the state of what the destroy half of a replacement left on the list for a creation
// that does not come about.
func (done *applied) handedOver(project *allowlists.Project, sides []side) {
	if !done.state.Enabled.IsNull() {
		done.state.Enabled = types.BoolValue(project.Settings.InboundAllowlist)
	}
	for _, s := range sides {
		concerned := slices.DeleteFunc(slices.Clone(project.Entries(s.kind)), func(stored allowlists.Entry) bool {
			return !slices.ContainsFunc(s.want, func(e entry) bool { return e.target.ID == stored.Target.ID }) &&
				!slices.ContainsFunc(s.named, func(t gitlab.Target) bool { return t.ID == stored.Target.ID })
		})
		m := flatten(project, concerned, s.want, false)
		*done.state.entries(s.kind) = m.value()
		done.private.setIDs(s.kind, m.ids)
	}
	done.state.TargetIDs = done.private.fingerprint(&done.state)
}

// incomplete tells whether an entry that the list is to hold is missing from it.
func incomplete(planned intent.Intent, results []allowlists.Result) bool {
	for _, result := range results {
		if result.Err != nil && result.Change.Action != allowlists.Remove {
			return true
		}
	}
	for _, m := range planned.Meanwhile {
		if m.Gone {
			return true
		}
	}
	return len(planned.Vanished) > 0
}

// toggle writes the toggle where the plan changes it, except switching the list on while it lacks an
// entry. It gives the value that is stored afterwards.
func (a *applier) toggle(ctx context.Context, incomplete bool) (enabled bool) {
	at, stored := path.Root(enabledAttribute), a.project.Settings.InboundAllowlist
	before := types.BoolNull()
	if a.state != nil {
		before = a.state.Enabled
	}
	due := intent.ToggleOf(a.config.Enabled, before, stored)
	switch {
	case a.mark != nil && a.mark.Late && a.config.Enabled.IsNull() && !stored:
		on := true
		due.Write = &on // what the destroy half takes back, now that the entries are in
	case due.Meanwhile:
		a.diags.Append(toggle.ChangedMeanwhile(at, a.project.Target(), "Limit access to this project", stored))
		return stored
	case due.Write == nil:
		return stored
	}
	if *due.Write && incomplete {
		a.diags.Append(diagnose.Problem(at, diagnose.ChangeSettings,
			"Could not switch the allowlist of %s on: not all of its entries are on it, and those that are missing would be refused.\n\nThe next apply does both.", a.project.Target()))
		return stored
	}
	settings, err := a.Lists.UpdateSettings(ctx, a.project.Target(), allowlists.SettingsChange{InboundAllowlist: due.Write})
	if err != nil {
		a.diags.Append(diagnose.AttributeError(at, diagnose.ChangeSettings, err))
		return stored
	}
	a.diags.Append(toggle.WithoutEffect(ctx, a.Lists, a.project, at, due.Write)...)
	return settings.InboundAllowlist
}

// diagnoseVanished reports entries whose permissions the plan changes and that somebody has taken off the
// list: a change of permissions is no reason to let them in again.
func (l *listSession) diagnoseVanished(vanished []gitlab.Target) {
	for _, target := range vanished {
		l.diags.AddError(string(diagnose.SetPermissions), "Could not set the permissions of "+target.String()+" on the job token allowlist of "+l.project.Target().String()+
			": somebody has taken it off the list since the plan was made, so it was not let in again.\n\nPlan again: the plan then says that it is added, or take it out of the configuration.")
	}
}

// warnMeanwhile tells what somebody else has changed and this apply leaves as it is.
func (l *listSession) warnMeanwhile(changes []intent.Meanwhile) {
	if len(changes) == 0 {
		return
	}
	lines := make([]string, 0, len(changes))
	for _, m := range changes {
		line := "  - " + m.Target.String()
		switch {
		case m.Came:
			line += " has been added"
		case m.Gone:
			line += " has been removed"
		default:
			line += " has " + m.Now.String() + " now"
		}
		lines = append(lines, line)
	}
	l.diags.AddWarning(string(diagnose.ChangedMeanwhile.For(l.project.Path)),
		"Somebody else has changed the job token allowlist of "+l.project.Target().String()+" since the state was last read. The plan does not speak of it, so it stays as it is:\n\n"+
			strings.Join(lines, "\n")+"\n\nThe next plan shows it.")
}

// record writes one kind into the state. What the apply did not touch is as planned; of the rest what is
// there now, spelled as it was.
func (done *applied) record(project *allowlists.Project, s side, planned intent.Intent, results []allowlists.Result) {
	held := outcome(project, s.kind, results)
	keys := make(map[string]bool, len(s.want))
	for _, e := range s.want {
		keys[e.key] = true
	}
	wanted := idsOfTargets(s.want)
	refused := map[gitlab.Ref]bool{}
	for _, r := range results {
		if r.Err != nil && r.Change.Target.Kind == s.kind {
			refused[r.Change.Target.Ref()] = true
		}
	}
	failed := func(target gitlab.Target) bool {
		return refused[target.Ref()] || slices.ContainsFunc(planned.Vanished, func(t gitlab.Target) bool { return t.Kind == s.kind && t.ID == target.ID })
	}
	m := newMapping(len(s.want))
	for _, e := range s.want {
		if !failed(e.target) {
			if !e.labelled {
				e.model.Target = types.StringNull()
			}
			m.put(e)
		} else if at := slices.IndexFunc(held, func(h allowlists.Entry) bool { return h.Target.ID == e.target.ID }); at >= 0 {
			m.put(e.granting(held[at]))
		}
	}
	for _, step := range planned.Steps {
		if wanted[step.Target.ID] || !failed(step.Target) {
			continue
		}
		left := byItsPath(step.Stored, keys)
		if at := slices.IndexFunc(s.before, func(b entry) bool { return b.target.ID == step.Target.ID }); at >= 0 {
			left = s.before[at].granting(step.Stored)
		}
		m.put(left)
	}
	*done.state.entries(s.kind) = m.value()
	done.private.setIDs(s.kind, m.ids)
}

// outcome is the list as the results of changes say it is now.
func outcome(project *allowlists.Project, kind gitlab.Kind, results []allowlists.Result) []allowlists.Entry {
	held := slices.Clone(project.Entries(kind))
	for _, result := range results {
		change := result.Change
		if result.Err != nil || change.Target.Kind != kind {
			continue
		}
		i := slices.IndexFunc(held, func(h allowlists.Entry) bool { return h.Target.ID == change.Target.ID })
		switch {
		case change.Action == allowlists.Remove && i >= 0:
			held = slices.Delete(held, i, i+1)
		case change.Action == allowlists.Remove:
		case i >= 0:
			held[i].Permissions, held[i].PermissionsUnreadable = change.Permissions, false
		default:
			held = append(held, allowlists.Entry{Target: change.Target, Permissions: change.Permissions})
		}
	}
	return held
}

// listedAfter is what an apply leaves of the lists that are not managed whole.
func listedAfter(project *allowlists.Project, state *allowlistModel, results []allowlists.Result) map[gitlab.Kind]map[string]int64 {
	after := *project
	after.Projects, after.Groups = outcome(project, gitlab.KindProject, results), outcome(project, gitlab.KindGroup, results)
	return listedBeside(&after, state)
}

// pathsOf are the paths of what is spelled by its id, without which nobody could tell a deletion from
// a loss of sight.
func pathsOf(project *allowlists.Project, sides []side, before privateState) map[string]string {
	paths := maps.Clone(before.Paths)
	for _, s := range sides {
		found := indexOf(project, s.kind)
		for _, e := range s.want {
			path := e.target.Path
			if path == "" {
				path = found.find(e.target.Ref()).Path
			}
			if path == "" || strings.EqualFold(path, e.text) {
				continue
			}
			if paths == nil {
				paths = map[string]string{}
			}
			paths[e.text] = path
		}
	}
	return paths
}

// carried are attributes that the state holds though the configuration does not mention them.
func carried(config, state *allowlistModel) (names []string) {
	mentioned := config.managed()
	for _, name := range state.managed() {
		if !slices.Contains(mentioned, name) {
			names = append(names, name)
		}
	}
	return names
}

// diagnoseChange turns a failed change into a diagnostic.
func diagnoseChange(result allowlists.Result) diag.Diagnostic {
	title := diagnose.SetPermissions
	switch project := result.Change.Target.Kind == gitlab.KindProject; {
	case result.Change.Action == allowlists.Add && project:
		title = diagnose.AddProject
	case result.Change.Action == allowlists.Add:
		title = diagnose.AddGroup
	case result.Change.Action == allowlists.Remove && project:
		title = diagnose.RemoveProject
	case result.Change.Action == allowlists.Remove:
		title = diagnose.RemoveGroup
	}
	return diagnose.Error(title, result.Err)
}
