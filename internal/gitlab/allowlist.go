package gitlab

import (
	"context"
	"fmt"
	"slices"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/documents"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/transport"
)

// MaxEntries is how many projects, and how many groups, one allowlist holds. The project's own entry
// counts only where it is stored.
const MaxEntries = 200

// Action is what a [Change] does to an entry.
type Action int

// The actions, in the order in which [Client.ChangeAllowlist] carries them out: whoever is to have
// access has it before anyone loses it.
const (
	Add Action = iota + 1
	SetPermissions
	Remove
)

// Change is one wish for one entry of an allowlist.
type Change struct {
	Action Action
	Target Target
	// Permissions of the entry afterwards; not used by Remove.
	Permissions Permissions
}

// Result tells what became of a change. Without an error the server has answered that the entry is
// as wished, or gone.
type Result struct {
	Change Change
	Err    error
}

// ChangeAllowlist carries out changes on a project's allowlist and answers each, in the order given.
//
// An entry to add that is there already gets the permissions asked for; one to remove that is gone
// is done. What GitLab stored is compared with what was asked: an added entry that is wider or
// belongs to someone else is removed at once and reported. When an answer is lost the list is read
// and only what is missing is sent again.
func (c *Client) ChangeAllowlist(ctx context.Context, project Target, changes []Change) []Result {
	if len(changes) == 0 {
		return nil
	}
	w := &allowlistWrite{
		client: c, project: project, results: make([]Result, len(changes)),
		open: make([]bool, len(changes)), doubted: make([]bool, len(changes)),
	}
	for i, change := range changes {
		w.results[i].Change = change
		w.open[i] = true
	}
	defer c.projects.Invalidate(project.ID)
	for range maxRounds {
		c.projects.Invalidate(project.ID)
		lost := w.round(ctx)
		if lost == nil && !slices.Contains(w.open, true) {
			break
		}
		w.settle(ctx, lost)
	}
	for i := range w.results {
		w.results[i].Err = c.explainRefusal(ctx, w.results[i].Err)
	}
	return w.results
}

const (
	mutationBatch = 20 // aliased mutations to a request: well within complexity 250, 10,000 characters and 30 s
	maxRounds     = 4
)

// allowlistWrite is the state of one ChangeAllowlist.
type allowlistWrite struct {
	client  *Client
	project Target
	results []Result
	// By index of results.
	open    []bool // not answered yet
	doubted []bool // was not found once, which a rename would explain
}

// round sends every open change once. It stops at a lost answer and returns it.
func (w *allowlistWrite) round(ctx context.Context) (lost error) {
	for _, step := range []struct {
		action Action
		kind   Kind
		send   func(context.Context, []int) error
	}{
		{Add, KindGroup, w.add}, {Add, KindProject, w.add},
		{SetPermissions, "", w.setPermissions},
		{Remove, KindProject, w.remove(documents.RemoveProjects, "targetProjectPath")},
		{Remove, KindGroup, w.remove(documents.RemoveGroups, "targetGroupPath")},
	} {
		var due []int
		for i, result := range w.results {
			if w.open[i] && result.Change.Action == step.action && (step.kind == "" || result.Change.Target.Kind == step.kind) {
				due = append(due, i)
			}
		}
		for batch := range slices.Chunk(due, mutationBatch) {
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
		case !w.open[i]:
		case err != nil && lost != nil:
			w.finish(i, annotate(lost, w.doing(i), w.project.String()))
		case err != nil:
			w.finish(i, w.results[i].Err)
		case holds(project, w.results[i].Change):
			w.finish(i, nil)
		case lost != nil:
			w.results[i].Err = annotate(lost, w.doing(i), w.project.String()) // stands if no round is left
		}
		if w.open[i] && w.doubted[i] {
			w.findAgain(ctx, project, i)
		}
	}
}

// findAgain gives a change the path that its target has now.
func (w *allowlistWrite) findAgain(ctx context.Context, project *Project, i int) {
	target := &w.results[i].Change.Target
	for _, entry := range project.Entries(target.Kind) {
		if entry.Target.ID == target.ID {
			target.Path = entry.Target.Path
			return
		}
	}
	key := reference{target.Kind, target.Ref()}
	w.client.references.Invalidate(key)
	if found, err := w.client.references.Load(ctx, key); err == nil {
		target.Path = found.Path
	}
}

// holds tells whether the server is as a change wishes.
func holds(project *Project, change Change) bool {
	entries := project.Entries(change.Target.Kind)
	i := slices.IndexFunc(entries, func(e Entry) bool { return e.Target.ID == change.Target.ID })
	if change.Action == Remove {
		return i < 0
	}
	return i >= 0 && !entries[i].PermissionsUnreadable && entries[i].Permissions.Equal(change.Permissions)
}

func (w *allowlistWrite) finish(i int, err error) {
	w.open[i] = false
	w.results[i].Err = err
}

// refuse records GitLab's refusal of one change. What was not found may have been renamed since it was
// read: it is looked for once more.
func (w *allowlistWrite) refuse(i int, err error) {
	err = annotate(err, w.doing(i), w.project.String())
	if apierror.Is(err, apierror.NotFound) && !w.doubted[i] {
		w.doubted[i] = true
		w.results[i].Err = err
		return
	}
	w.finish(i, err)
}

func (w *allowlistWrite) fail(batch []int, err error) {
	for _, i := range batch {
		if w.open[i] {
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

// mutate sends one document with an aliased mutation per input and gives each its answer. An error
// of a single mutation goes to refused; the returned error concerns all of them.
func (w *allowlistWrite) mutate(ctx context.Context, name documents.Name, batch []int, inputs []map[string]any, answered func(i int, p payload)) error {
	variables := make(map[string]any, len(batch))
	for at, input := range inputs {
		input["projectPath"] = w.project.Path
		variables[documents.Input(at)] = input
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
	return &apierror.Error{Kind: apierror.Invalid, Words: "GitLab gave no answer to this change"}
}

func (w *allowlistWrite) add(ctx context.Context, batch []int) error {
	inputs := make([]map[string]any, len(batch))
	for at, i := range batch {
		change := w.results[i].Change
		inputs[at] = map[string]any{
			"targetPath":         change.Target.Path,
			"defaultPermissions": change.Permissions.Default,
			"jobTokenPolicies":   change.Permissions.enums(),
		}
	}
	var present []int
	wrong := map[int]Kind{}
	err := w.mutate(ctx, documents.AddEntries, batch, inputs, func(i int, p payload) {
		if len(p.Errors) > 0 {
			if refused := apierror.FromPayload(p.Errors); refused.Kind == apierror.Conflict {
				present = append(present, i)
			} else {
				w.refuse(i, refused)
			}
			return
		}
		if problem := w.differs(i, p.Entry); problem != nil {
			wrong[i] = p.Entry.entry(w.results[i].Change.Target.Kind).Target.Kind
			w.finish(i, problem)
			return
		}
		w.finish(i, nil)
	})
	if err != nil {
		return err
	}
	for i, kind := range wrong {
		w.undo(ctx, i, kind)
	}
	for batch := range slices.Chunk(present, mutationBatch) {
		if err := w.setPermissions(ctx, batch); err != nil {
			return err
		}
	}
	return nil
}

// differs compares what GitLab stored with what was asked; nil when it is the same or narrower.
func (w *allowlistWrite) differs(i int, stored *entryNode) error {
	change := w.results[i].Change
	if stored == nil || stored.Target == nil {
		return nil // nothing to compare with; the next read tells
	}
	entry := stored.entry(change.Target.Kind)
	problem := &apierror.Error{Kind: apierror.Conflict, Doing: w.doing(i), Target: w.project.String()}
	switch {
	case entry.Target.ID != change.Target.ID || entry.Target.Kind != change.Target.Kind:
		problem.Words = fmt.Sprintf("the path %s now belongs to the %s with id %d", change.Target.Path, entry.Target.Kind, entry.Target.ID)
	case !entry.PermissionsUnreadable && !change.Permissions.Covers(entry.Permissions):
		problem.Kind = apierror.Unsupported
		problem.Words = fmt.Sprintf("GitLab stored %s instead of %s; fine-grained permissions may not be active there", entry.Permissions, change.Permissions)
	default:
		return nil
	}
	return problem
}

// undo removes what was added at a path but is not what was asked for.
func (w *allowlistWrite) undo(ctx context.Context, i int, added Kind) {
	name, argument := documents.RemoveProjects, "targetProjectPath"
	if added == KindGroup {
		name, argument = documents.RemoveGroups, "targetGroupPath"
	}
	var answer map[string]*payload
	input := map[string]any{"projectPath": w.project.Path, argument: w.results[i].Change.Target.Path}
	problems, err := w.client.send(ctx, name, fit{count: 1}, map[string]any{documents.Input(0): input}, transport.Repeatable, &answer)
	if p := answer[documents.Result(0)]; err == nil && p == nil {
		err = topLevel(problems, documents.Result(0))
	} else if err == nil && len(p.Errors) > 0 {
		err = apierror.FromPayload(p.Errors)
	}
	if wrong, ok := apierror.As(w.results[i].Err); ok && err != nil && !apierror.Is(err, apierror.NotFound) {
		left := *wrong
		left.Words += fmt.Sprintf("; the entry could not be taken back (%v): remove it by hand", err)
		w.results[i].Err = &left
	}
}

func (w *allowlistWrite) setPermissions(ctx context.Context, batch []int) error {
	inputs := make([]map[string]any, len(batch))
	for at, i := range batch {
		change := w.results[i].Change
		inputs[at] = map[string]any{
			"targetPath":         change.Target.Path,
			"defaultPermissions": change.Permissions.Default,
			"jobTokenPolicies":   change.Permissions.enums(),
		}
	}
	return w.mutate(ctx, documents.SetPermissions, batch, inputs, func(i int, p payload) {
		if len(p.Errors) > 0 {
			w.refuse(i, apierror.FromPayload(p.Errors))
			return
		}
		w.finish(i, w.differs(i, p.Entry))
	})
}

func (w *allowlistWrite) remove(name documents.Name, argument string) func(context.Context, []int) error {
	return func(ctx context.Context, batch []int) error {
		inputs := make([]map[string]any, len(batch))
		for at, i := range batch {
			inputs[at] = map[string]any{argument: w.results[i].Change.Target.Path}
		}
		return w.mutate(ctx, name, batch, inputs, func(i int, p payload) {
			if len(p.Errors) > 0 {
				w.refuse(i, apierror.FromPayload(p.Errors))
				return
			}
			w.finish(i, nil)
		})
	}
}
