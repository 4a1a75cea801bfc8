package allowlists

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/documents"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/transport"
)

const (
	mutationBatch = 20 // aliased mutations to a request: well within complexity 250, 10,000 characters and 30 s
	maxRounds     = 4
)

// write is the state of one [Service.Change].
type write struct {
	service *Service
	project gitlab.Target
	// before is the list as it was before the first addition or change of permissions.
	before *Project
	// seen is the list as it was last read, and seenAt when. Stale means that something was sent since.
	seen   *Project
	seenAt time.Time
	stale  bool
	// learnt is what the answers have told since that was last remembered.
	learnt  learnt
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
	// hidden means that REST does not find the target of a removal, which GraphQL may.
	hidden bool
}

func (w *write) anyOpen() bool {
	return slices.ContainsFunc(w.progress, func(p progress) bool { return !p.done })
}

// open are the changes still to do of some action and, unless it is empty, kind.
func (w *write) open(kind gitlab.Kind, actions ...Action) (due []int) {
	for i, result := range w.results {
		if !w.progress[i].done && slices.Contains(actions, result.Change.Action) && (kind == "" || result.Change.Target.Kind == kind) {
			due = append(due, i)
		}
	}
	return due
}

// round sends every open change once. It stops at a lost answer and returns it.
func (w *write) round(ctx context.Context) (lost error) {
	for i := range w.progress {
		w.progress[i].sent = false
	}
	w.confirmPaths(ctx)
	for _, step := range []struct {
		action Action
		kind   gitlab.Kind
		send   func(context.Context, []int) error
	}{
		{Add, gitlab.KindGroup, w.add}, {Add, gitlab.KindProject, w.add},
		{SetPermissions, gitlab.KindProject, w.setPermissions}, {SetPermissions, gitlab.KindGroup, w.setPermissions},
	} {
		if lost := w.inBatches(ctx, w.open(step.kind, step.action), step.send); lost != nil {
			return lost
		}
	}
	return w.remove(ctx)
}

// inBatches sends changes and fails those of a batch that failed as a whole. A lost answer is returned.
func (w *write) inBatches(ctx context.Context, due []int, send func(context.Context, []int) error) (lost error) {
	for batch := range slices.Chunk(due, mutationBatch) {
		err := send(ctx, batch)
		if e, ok := apierror.As(err); ok && e.Uncertain {
			return err
		}
		if err != nil {
			w.fail(batch, err)
		}
	}
	return nil
}

// look reads the list as it is now.
func (w *write) look(ctx context.Context) (*Project, error) {
	at := w.service.gitlab.Clock()
	w.service.projects.Invalidate(w.project.ID)
	return w.saw(at)(w.service.Project(ctx, w.project.ID))
}

// saw notes a reading of the list, and the path that the project has.
func (w *write) saw(at time.Time) func(*Project, error) (*Project, error) {
	return func(project *Project, err error) (*Project, error) {
		if err == nil {
			w.seen, w.seenAt, w.stale, w.project = project, at, false, project.Target()
		}
		return project, err
	}
}

// seenLately tells whether the last reading is young enough to write by.
func (w *write) seenLately() bool {
	return w.seen != nil && w.service.gitlab.Clock().Sub(w.seenAt) <= gitlab.FreshFor
}

// confirmPaths makes sure, before something is added or changed, that the paths to be written are
// those that list and targets have now.
func (w *write) confirmPaths(ctx context.Context) {
	due := w.open("", Add, SetPermissions)
	if len(due) == 0 {
		return
	}
	if !w.seenLately() {
		project, err := w.service.FreshProject(ctx, w.project.ID)
		_, age, _ := w.service.projects.Kept(w.project.ID)
		if _, err = w.saw(w.service.gitlab.Clock().Add(-age))(project, err); err != nil {
			w.fail(due, err)
			return
		}
	}
	if w.before == nil {
		w.before = w.seen
	}
	var unsure []int
	for _, i := range due {
		target := &w.results[i].Change.Target
		if entry, listed := w.seen.entry(*target); listed {
			target.Path = entry.Target.Path
		} else if w.seen.IsOwn(*target) {
			target.Path = w.seen.Path
		} else if w.progress[i].doubted {
			w.service.gitlab.Forget(*target)
			unsure = append(unsure, i)
		} else if path, known := w.service.gitlab.KnownPath(*target); known {
			target.Path = path
		} else {
			unsure = append(unsure, i)
		}
	}
	w.findTargets(ctx, unsure)
}

// findTargets asks for the paths that targets have now.
func (w *write) findTargets(ctx context.Context, unsure []int) {
	targets := make([]gitlab.Target, len(unsure))
	for at, i := range unsure {
		targets[at] = w.results[i].Change.Target
	}
	for at, outcome := range w.service.gitlab.Refind(ctx, targets) {
		i := unsure[at]
		switch {
		case outcome.Err == nil:
			w.results[i].Change.Target.Path = outcome.Value.Path
		case w.results[i].Err != nil: // GitLab has said already what is wrong
			w.finish(i, w.results[i].Err)
		case apierror.Is(outcome.Err, apierror.NotFound):
			w.finish(i, w.about(i, &apierror.Error{Kind: apierror.NotFound, Note: fmt.Sprintf("GitLab does not show this %s to the user any more: it is gone, or out of sight", targets[at].Kind)}))
		default:
			w.finish(i, w.about(i, outcome.Err))
		}
	}
}

// settle reads the list after a lost answer, after something was not found, and where an answer did not
// show what was done. It marks what turns out to be done. What is still to do is sent again, by the
// paths of now.
func (w *write) settle(ctx context.Context, lost error) {
	project, err := w.look(ctx)
	for i := range w.results {
		switch {
		case w.progress[i].done:
			continue
		case err == nil && holds(project, w.results[i].Change):
			w.finish(i, nil)
		case lost != nil:
			w.results[i].Err = w.lostFor(i, lost) // stands if no round is left
		}
		if err == nil || w.progress[i].done {
			continue
		}
		if w.results[i].Err == nil {
			w.results[i].Err = w.about(i, err)
		}
		w.finish(i, w.results[i].Err)
	}
}

// lostFor is the lost answer as it concerns one change: only what was sent may have been made.
func (w *write) lostFor(i int, lost error) error {
	e, ok := apierror.As(w.service.gitlab.Annotate(lost, w.doing(i), w.project.String()))
	if !ok || w.progress[i].sent {
		return w.service.gitlab.Annotate(lost, w.doing(i), w.project.String())
	}
	notSent := *e
	notSent.Uncertain = false
	return &notSent
}

func (w *write) finish(i int, err error) {
	w.progress[i].done = true
	w.results[i].Err = err
}

// refuse records GitLab's refusal of one change. What was not found may have been renamed since it was
// read: it is looked for once more.
func (w *write) refuse(i int, err error) {
	err = w.service.gitlab.Annotate(err, w.doing(i), w.project.String())
	if apierror.Is(err, apierror.NotFound) && !w.progress[i].doubted {
		w.progress[i].doubted = true
		w.results[i].Err = err
		return
	}
	w.finish(i, w.explained(i, err))
}

// explained adds what GitLab's words leave out.
func (w *write) explained(i int, err error) error {
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

func (w *write) fail(batch []int, err error) {
	for _, i := range batch {
		if !w.progress[i].done {
			w.finish(i, w.about(i, err))
		}
	}
}

// about is an error of something else as it concerns one change.
func (w *write) about(i int, err error) error {
	e, ok := apierror.As(transport.Wrap(err))
	if !ok {
		return err
	}
	told := *e
	told.Doing, told.Target = w.doing(i), w.project.String()
	return &told
}

func (w *write) doing(i int) string {
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

// shown is the entry that GitLab says it wrote or removed, and on whose list; false where it does not say.
func (p payload) shown() (source gitlab.Target, entry Entry, ok bool) {
	if p.Entry == nil || p.Entry.Target == nil || p.Entry.Source == nil {
		return gitlab.Target{}, Entry{}, false
	}
	return p.Entry.Source.Target(gitlab.KindProject), p.Entry.entry(gitlab.KindProject), true
}

// mutate sends an aliased mutation for each of a batch, beside those of other writes, and hands out the
// answers. An error of a single mutation is recorded; the returned error concerns all of them.
func (w *write) mutate(ctx context.Context, name documents.Name, fit gitlab.Fit, batch []int, input func(Change) map[string]any, answered func(int, payload)) error {
	inputs := make(mutation, len(batch))
	for at, i := range batch {
		inputs[at] = input(w.results[i].Change)
		inputs[at]["projectPath"] = w.project.Path
		w.progress[i].sent = true
	}
	w.stale = true
	var answers []mutated
	var err error
	if queue := w.service.mutations[name]; queue != nil {
		answers, err = queue.Do(ctx, inputs)
	} else {
		answers, err = w.service.mutate(ctx, name, fit, inputs)
	}
	if err != nil {
		w.learnt.unclear = true
		return err
	}
	defer w.remember()
	for at, i := range batch {
		if err := answers[at].problem; err != nil {
			w.learnt.unclear = true
			w.refuse(i, err)
			continue
		}
		answered(i, answers[at].payload)
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
