package gitlab

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/documents"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/transport"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/version"
)

const (
	mutationBatch = 20 // aliased mutations to a request: well within complexity 250, 10,000 characters and 30 s
	maxRounds     = 4
)

// allowlistWrite is the state of one ChangeAllowlist.
type allowlistWrite struct {
	client  *Client
	project Target
	// before is the list as it was; nil where it could not be read.
	before  *Project
	results []Result
	// progress is by index of results.
	progress []progress
}

type progress struct {
	// done means answered for good, whatever the answer.
	done bool
	// sent means that the last round sent it.
	sent bool
	// doubted means that it was not found once, which a rename would explain.
	doubted bool
}

func (w *allowlistWrite) anyOpen() bool {
	return slices.ContainsFunc(w.progress, func(p progress) bool { return !p.done })
}

// round sends every open change once. It stops at a lost answer and returns it.
func (w *allowlistWrite) round(ctx context.Context) (lost error) {
	for i := range w.progress {
		w.progress[i].sent = false
	}
	for _, step := range []struct {
		action Action
		kind   Kind
		send   func(context.Context, []int) error
	}{
		{Add, KindGroup, w.add}, {Add, KindProject, w.add},
		{SetPermissions, KindProject, w.setPermissions}, {SetPermissions, KindGroup, w.setPermissions},
		{Remove, KindProject, w.remove}, {Remove, KindGroup, w.remove},
	} {
		var due []int
		for i, result := range w.results {
			if !w.progress[i].done && result.Change.Action == step.action && result.Change.Target.Kind == step.kind {
				due = append(due, i)
			}
		}
		for batch := range slices.Chunk(due, mutationBatch) {
			for _, i := range batch {
				w.progress[i].sent = true
			}
			err := step.send(ctx, batch)
			if e, ok := apierror.As(err); ok && e.Uncertain {
				return err
			}
			if err != nil {
				w.fail(batch, err)
			}
		}
	}
	return nil
}

// settle reads the list after a lost answer, or after something was not found, and marks what turns
// out to be done. What is still to do is sent again, by the paths of now.
func (w *allowlistWrite) settle(ctx context.Context, lost error) {
	w.client.projects.Invalidate(w.project.ID)
	project, err := w.client.Project(ctx, w.project.ID)
	if err == nil {
		w.project = project.Target()
	}
	for i := range w.results {
		switch {
		case w.progress[i].done:
		case err == nil && holds(project, w.results[i].Change):
			w.finish(i, nil)
		case lost != nil:
			w.results[i].Err = w.lostFor(i, lost) // stands if no round is left
		}
		if err != nil {
			w.finish(i, w.results[i].Err)
		} else if !w.progress[i].done && w.progress[i].doubted {
			w.findAgain(ctx, project, i)
		}
	}
}

// lostFor is the lost answer as it concerns one change: only what was sent may have been made.
func (w *allowlistWrite) lostFor(i int, lost error) error {
	e, ok := apierror.As(annotate(lost, w.doing(i), w.project.String()))
	if !ok || w.progress[i].sent {
		return annotate(lost, w.doing(i), w.project.String())
	}
	notSent := *e
	notSent.Uncertain = false
	return &notSent
}

// findAgain gives a change the path that its target has now.
func (w *allowlistWrite) findAgain(ctx context.Context, project *Project, i int) {
	target := &w.results[i].Change.Target
	if entry, found := project.entry(*target); found {
		target.Path = entry.Target.Path
		return
	}
	key := reference{target.Kind, target.Ref()}
	w.client.references.Invalidate(key)
	if found, err := w.client.references.Load(ctx, key); err == nil {
		target.Path = found.Path
	}
}

func (w *allowlistWrite) finish(i int, err error) {
	w.progress[i].done = true
	w.results[i].Err = err
}

// refuse records GitLab's refusal of one change. What was not found may have been renamed since it was
// read: it is looked for once more.
func (w *allowlistWrite) refuse(i int, err error) {
	err = annotate(err, w.doing(i), w.project.String())
	if apierror.Is(err, apierror.NotFound) && !w.progress[i].doubted {
		w.progress[i].doubted = true
		w.results[i].Err = err
		return
	}
	w.finish(i, w.explained(i, err))
}

// explained adds what GitLab's words leave out.
func (w *allowlistWrite) explained(i int, err error) error {
	refused, ok := apierror.As(err)
	if !ok || refused.Note != "" {
		return err
	}
	told := *refused
	switch action := w.results[i].Change.Action; {
	case action != Remove && refused.Kind == apierror.Unsupported:
		told.Note = "fine-grained permissions are not active there: below GitLab 18.3 a setting of the top-level group decides"
	case action == Remove && refused.Kind == apierror.NotFound && strings.Contains(refused.Words, "permission"):
		told.Kind = apierror.Forbidden
		told.Note = "the entry is still on the list: below GitLab 18.0 only targets that the user can see are removed"
	default:
		return err
	}
	return &told
}

func (w *allowlistWrite) fail(batch []int, err error) {
	for _, i := range batch {
		if !w.progress[i].done {
			w.finish(i, annotate(err, w.doing(i), w.project.String()))
		}
	}
}

func (w *allowlistWrite) doing(i int) string {
	change := w.results[i].Change
	switch change.Action {
	case Add:
		return fmt.Sprintf("add %s to the job token allowlist of", change.Target)
	case SetPermissions:
		return fmt.Sprintf("set the permissions of %s on the job token allowlist of", change.Target)
	default:
		return fmt.Sprintf("remove %s from the job token allowlist of", change.Target)
	}
}

// payload is the answer of one aliased mutation.
type payload struct {
	Errors []string   `json:"errors"`
	Entry  *entryNode `json:"ciJobTokenScopeAllowlistEntry"`
}

// mutate sends one document with an aliased mutation for each of a batch and hands out the answers.
// An error of a single mutation is recorded; the returned error concerns all of them.
func (w *allowlistWrite) mutate(ctx context.Context, name documents.Name, batch []int, input func(Change) map[string]any, answered func(int, payload)) error {
	variables := make(map[string]any, len(batch))
	for at, i := range batch {
		fields := input(w.results[i].Change)
		fields["projectPath"] = w.project.Path
		variables[documents.Input(at)] = fields
	}
	var answer map[string]*payload
	problems, err := w.client.send(ctx, name, fit{count: len(batch)}, variables, transport.Write, &answer)
	if err != nil {
		return err
	}
	for at, i := range batch {
		p := answer[documents.Result(at)]
		switch {
		case p == nil:
			w.refuse(i, topLevel(problems, documents.Result(at)))
		case len(p.Errors) > 0:
			w.refuse(i, apierror.FromPayload(p.Errors))
		default:
			answered(i, *p)
		}
	}
	return nil
}

// topLevel is the error of one aliased field.
func topLevel(problems []apierror.GraphQLError, alias string) error {
	for _, problem := range problems {
		if problem.Within(alias) {
			return apierror.FromGraphQL([]apierror.GraphQLError{problem})
		}
	}
	return &apierror.Error{Kind: apierror.Invalid, Note: "GitLab gave no answer to this change"}
}

func (w *allowlistWrite) add(ctx context.Context, batch []int) error {
	var added []int
	err := w.mutate(ctx, documents.AddEntries, batch, permissionsInput, func(i int, p payload) {
		w.compare(ctx, i, p)
		if w.results[i].Err == nil && !w.results[i].Change.Permissions.Default {
			added = append(added, i)
		}
	})
	w.confirm(ctx, added)
	var present []int
	for _, i := range batch {
		if w.progress[i].done && apierror.Is(w.results[i].Err, apierror.Conflict) && w.results[i].Change.Action == Add && w.alreadyThere(i) {
			present = append(present, i)
		}
	}
	if err != nil || len(present) == 0 {
		return err
	}
	return w.adopt(ctx, present)
}

// alreadyThere tells GitLab's "already in the allowlist" from the conflicts found here.
func (w *allowlistWrite) alreadyThere(i int) bool {
	e, ok := apierror.As(w.results[i].Err)
	return ok && e.Note == ""
}

// adopt gives entries that were there already the permissions asked for, once the list confirms that
// they belong to the targets meant: their paths may have passed to someone else.
func (w *allowlistWrite) adopt(ctx context.Context, present []int) error {
	w.client.projects.Invalidate(w.project.ID)
	project, err := w.client.Project(ctx, w.project.ID)
	if err != nil {
		return nil //nolint:nilerr // the conflicts stand
	}
	w.client.projects.Invalidate(w.project.ID)
	w.before = cmp.Or(w.before, project)
	var differing []int
	for _, i := range present {
		change := w.results[i].Change
		entry, found := project.entry(change.Target)
		switch {
		case !found:
			w.finish(i, &apierror.Error{
				Kind: apierror.Conflict, Doing: w.doing(i), Target: w.project.String(),
				Note: fmt.Sprintf("the path %s now belongs to another %s, which is on the list", change.Target.Path, change.Target.Kind),
			})
		case holds(project, change):
			w.finish(i, nil)
		default:
			w.results[i].Change.Target.Path = entry.Target.Path
			w.progress[i].done = false
			differing = append(differing, i)
		}
	}
	if len(differing) == 0 {
		return nil
	}
	return w.setPermissions(ctx, differing)
}

func (w *allowlistWrite) setPermissions(ctx context.Context, batch []int) error {
	return w.mutate(ctx, documents.SetPermissions, batch, permissionsInput, func(i int, p payload) { w.compare(ctx, i, p) })
}

func (w *allowlistWrite) remove(ctx context.Context, batch []int) error {
	name := documents.RemoveProjects
	if w.results[batch[0]].Change.Target.Kind == KindGroup {
		name = documents.RemoveGroups
	}
	return w.mutate(ctx, name, batch, func(change Change) map[string]any { return removalInput(change.Target) },
		func(i int, _ payload) { w.finish(i, nil) })
}

// permissionsInput is what adding an entry and changing its permissions have in common.
func permissionsInput(change Change) map[string]any {
	return map[string]any{
		"targetPath":         change.Target.Path,
		"defaultPermissions": change.Permissions.Default,
		"jobTokenPolicies":   change.Permissions.enums(),
	}
}

// confirm sets the fine-grained permissions of added entries once more where GitLab may have dropped
// them in silence: below 18.3 a setting of the top-level group decides whether they bind, adding does
// not tell, but changing them does. An entry that is open instead is taken off again.
func (w *allowlistWrite) confirm(ctx context.Context, added []int) {
	server, err := w.client.Server(ctx)
	if err != nil || len(added) == 0 || !server.Version.Less(alwaysFineGrained) {
		return
	}
	for _, i := range added {
		w.progress[i] = progress{sent: true, doubted: true} // refused for good the first time
	}
	if err := w.mutate(ctx, documents.SetPermissions, added, permissionsInput, func(i int, p payload) { w.compare(ctx, i, p) }); err != nil {
		w.fail(added, err)
	}
	for _, i := range added {
		change := w.results[i].Change
		if w.results[i].Err == nil {
			continue
		}
		if err := w.takeBack(ctx, i, Entry{Target: change.Target, Permissions: DefaultPermissions()}); err != nil {
			if refused, ok := apierror.As(w.results[i].Err); ok {
				left := *refused
				left.Note = fmt.Sprintf("%s; the entry could not be taken back (%v): look after it by hand", left.Note, err)
				w.results[i].Err = &left
			}
		}
	}
}

// alwaysFineGrained is the first GitLab whose fine-grained permissions bind without a setting.
var alwaysFineGrained = version.Version{Major: 18, Minor: 3}

// removalInput names the direction for projects: below GitLab 19 it is outbound where it is left out.
func removalInput(target Target) map[string]any {
	if target.Kind == KindGroup {
		return map[string]any{"targetGroupPath": target.Path}
	}
	return map[string]any{"targetProjectPath": target.Path, "direction": "INBOUND"}
}

// compare holds what GitLab stored against what was asked. What differs, or belongs to someone else, is
// taken back. Fewer permissions than asked are no better than more: where fine-grained permissions are
// not active GitLab drops the names, and the entry is open.
func (w *allowlistWrite) compare(ctx context.Context, i int, p payload) {
	if p.Entry == nil || p.Entry.Target == nil {
		w.finish(i, nil) // nothing to compare with; the next read tells
		return
	}
	change := w.results[i].Change
	stored := p.Entry.entry(change.Target.Kind)
	problem := &apierror.Error{Doing: w.doing(i), Target: w.project.String()}
	switch {
	case stored.Target.ID != change.Target.ID || stored.Target.Kind != change.Target.Kind:
		problem.Kind = apierror.Conflict
		problem.Note = fmt.Sprintf("the path %s now belongs to the %s with id %d", change.Target.Path, stored.Target.Kind, stored.Target.ID)
	case !stored.PermissionsUnreadable && !stored.Permissions.Equal(change.Permissions):
		problem.Kind = apierror.Unsupported
		problem.Note = fmt.Sprintf("GitLab stored %s instead of %s: fine-grained permissions are not active there", stored.Permissions, change.Permissions)
	default:
		w.finish(i, nil)
		return
	}
	if err := w.takeBack(ctx, i, stored); err != nil {
		problem.Note += fmt.Sprintf("; it could not be taken back (%v): look after the entry by hand", err)
	} else {
		problem.Note += "; the entry is again as it was before"
	}
	w.finish(i, problem)
}

// takeBack returns an entry to what it was before: to its former permissions, or off the list.
func (w *allowlistWrite) takeBack(ctx context.Context, i int, stored Entry) error {
	var former Entry
	var was bool
	if w.before != nil {
		former, was = w.before.entry(stored.Target)
	}
	name, input := documents.RemoveProjects, removalInput(stored.Target)
	switch {
	case was && former.PermissionsUnreadable, w.before == nil && w.results[i].Change.Action == SetPermissions:
		return &apierror.Error{Kind: apierror.Unsupported, Note: "its former permissions are not known"}
	case was && former.Permissions.Covers(stored.Permissions):
		return nil
	case was:
		name, input = documents.SetPermissions, permissionsInput(Change{Target: stored.Target, Permissions: former.Permissions})
	case stored.Target.Kind == KindGroup:
		name = documents.RemoveGroups
	}
	input["projectPath"] = w.project.Path
	var answer map[string]*payload
	problems, err := w.client.send(ctx, name, fit{count: 1}, map[string]any{documents.Input(0): input}, transport.Repeatable, &answer)
	switch p := answer[documents.Result(0)]; {
	case err != nil:
		return err
	case p == nil:
		return topLevel(problems, documents.Result(0))
	case len(p.Errors) > 0:
		if refused := apierror.FromPayload(p.Errors); refused.Kind != apierror.NotFound {
			return refused
		}
	case was && p.Entry != nil && p.Entry.Target != nil:
		if again := p.Entry.entry(stored.Target.Kind); !former.Permissions.Covers(again.Permissions) {
			return &apierror.Error{Kind: apierror.Unsupported, Note: fmt.Sprintf("GitLab stored %s instead of %s", again.Permissions, former.Permissions)}
		}
	}
	return nil
}
