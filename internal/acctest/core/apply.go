package core

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// Outcome is what an apply came to.
type Outcome struct {
	Diagnostics []Diagnostic
	// Findings are held against the provider whatever others did meanwhile.
	Findings []Finding
	// Inconsistent are resources that core stopped because the plan came out differently at apply.
	Inconsistent []Finding
	// Killed means that the run ended in the middle, as asked for.
	Killed bool
}

// Failed tells whether the user saw an error.
func (o *Outcome) Failed() bool { return len(Errors(o.Diagnostics)) > 0 || len(o.Inconsistent) > 0 }

// applying is an apply walk under way.
type applying struct {
	core    *Core
	process *acctest.Protocol
	outcome *Outcome
	kill    string

	mu sync.Mutex
}

// Apply applies a plan in a new process of the provider. kill is the address after whose creation
// everything is killed if the old object is still to be destroyed then; empty is none.
func (c *Core) Apply(t testing.TB, p *Plan, kill string) *Outcome {
	t.Helper()
	c.State = p.state.clone()
	// The clone has other objects than the plan: deposed ones are found by their place.
	deposed := map[*Object]*Object{}
	for address, objects := range p.state.Deposed {
		for i, object := range objects {
			deposed[object] = c.State.Deposed[address][i]
		}
	}
	a := &applying{core: c, process: c.Start(t), outcome: &Outcome{}, kill: kill}
	var chains [][]func() bool
	at := map[string]int{}
	for _, change := range p.Changes {
		chain := a.steps(t, change, deposed[change.deposed])
		switch place, made := at[change.Address]; {
		case len(chain) == 0:
		case change.Deposed && made:
			// What was deposed counts as create_before_destroy: it ends after what is made in its place.
			chains[place] = append(chains[place], chain...)
		default:
			chains = append(chains, chain)
			if change.Action != Delete {
				at[change.Address] = len(chains) - 1
			}
		}
	}
	a.walk(p.options, chains)
	return a.outcome
}

// steps are what a change asks for, one after the other; one that says false ends them.
func (a *applying) steps(t testing.TB, change *Change, deposed *Object) []func() bool {
	t.Helper()
	switch change.Action {
	case Create, Update:
		return []func() bool{func() bool { return a.make(t, change) == done }}
	case Delete:
		if change.Deposed {
			return []func() bool{func() bool { return a.destroyDeposed(t, change.Address, deposed) }}
		}
		return []func() bool{func() bool { return a.destroy(t, change) }}
	case DeleteThenCreate:
		return []func() bool{func() bool { return a.destroy(t, change) }, func() bool { return a.make(t, change) == done }}
	case CreateThenDelete:
		var old *Object
		return []func() bool{
			func() bool { old = a.depose(change.Address); return a.makeBefore(t, change, old) },
			func() bool { return a.destroyDeposed(t, change.Address, old) },
		}
	default:
		return nil
	}
}

// walk does the chains at once, or step by step in an order that the seed decides.
func (a *applying) walk(options Options, chains [][]func() bool) {
	guarded := func(step func() bool) (ok bool) {
		defer func() {
			caught(recover(), func(text string) { a.find(&a.outcome.Findings, "", Panic, text) })
		}()
		return step()
	}
	if options.Parallel {
		var all sync.WaitGroup
		for _, chain := range chains {
			all.Go(func() {
				for _, step := range chain {
					if a.killed() || !guarded(step) {
						return
					}
				}
			})
		}
		all.Wait()
		return
	}
	order := rand.New(rand.NewPCG(options.Seed, 2)) //nolint:gosec // a seed that replays
	for len(chains) > 0 && !a.killed() {
		i := order.IntN(len(chains))
		if guarded(chains[i][0]) {
			chains[i] = chains[i][1:]
		} else {
			chains[i] = nil
		}
		if len(chains[i]) == 0 {
			chains = slices.Delete(chains, i, i+1)
		}
	}
}

func (a *applying) killed() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.outcome.Killed
}

func (a *applying) say(address, step string, diagnostics []*tfprotov6.Diagnostic) (failed bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, d := range diagnostics {
		one := Diagnostic{address, step, d}
		failed = failed || one.IsError()
		a.outcome.Diagnostics = append(a.outcome.Diagnostics, one)
	}
	return failed
}

func (a *applying) find(to *[]Finding, address, check string, texts ...string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, text := range texts {
		*to = append(*to, Finding{address, check, text})
	}
}

func (a *applying) current(address string) *Object {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.core.State.Current[address]
}

// store puts what a step has left into the state; no value is none.
func (a *applying) store(address string, object *Object) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if object == nil || object.Value == nil {
		delete(a.core.State.Current, address)
		return
	}
	a.core.State.Current[address] = object
}

// destroy ends the object at an address, with the planned private state of the plan phase: in a
// replacement that of the creation half.
func (a *applying) destroy(t testing.TB, change *Change) bool {
	t.Helper()
	object := a.current(change.Address)
	if object == nil {
		return true
	}
	left, ok := a.end(t, change.Address, object, change.private)
	a.store(change.Address, left)
	return ok
}

// end sends the destroy of an object and gives what is left of it.
func (a *applying) end(t testing.TB, address string, object *Object, private []byte) (*Object, bool) {
	t.Helper()
	left, failed := a.send(t, address, "destroy", object, nil, encode(t, a.process.Schemas, object.Kind, nil), private)
	if left != nil {
		left.Tainted = object.Tainted
		if !failed {
			a.find(&a.outcome.Findings, address, InconsistentResult, "the object is still there after its destroy")
		}
	}
	return left, !failed
}

// send asks for one change and gives the object that the answer holds; nil is none.
func (a *applying) send(t testing.TB, address, step string, prior *Object, config map[string]any, planned *tfprotov6.DynamicValue, private []byte) (*Object, bool) {
	t.Helper()
	kind := prior.Kind
	before := prior.Value
	if before == nil {
		before = encode(t, a.process.Schemas, kind, nil)
	}
	resp, err := a.process.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: kind, PriorState: before, Config: encode(t, a.process.Schemas, kind, config),
		PlannedState: planned, PlannedPrivate: private, PlannedIdentity: prior.Identity,
	})
	if err != nil {
		t.Fatal(err)
	}
	failed := a.say(address, step, resp.Diagnostics)
	if valueOf(t, a.process.Schemas, kind, resp.NewState).IsNull() {
		return nil, failed
	}
	return &Object{Kind: kind, Value: resp.NewState, Private: resp.Private, Identity: resp.NewIdentity}, failed
}

// made is how far a creation or update got.
type made int

const (
	// stopped means that nothing was asked of the provider.
	stopped made = iota
	failing
	done
)

// make plans again, compares with what was approved, and creates or updates.
func (a *applying) make(t testing.TB, change *Change) made {
	t.Helper()
	object := a.current(change.Address)
	again, diagnostics, findings := planned(t, a.process, request{address: change.Address, resource: change.resource, object: object})
	a.mu.Lock()
	a.outcome.Findings = append(a.outcome.Findings, findings...)
	a.mu.Unlock()
	if a.say(change.Address, "plan at apply", diagnostics) || !a.consistent(change, again) {
		return stopped
	}
	if again.Action == NoOp {
		return done
	}
	prior := object
	if prior == nil {
		prior = &Object{Kind: change.Kind}
	}
	result, failed := a.send(t, change.Address, string(again.Action), prior, change.Config, again.planned, again.private)
	if result != nil {
		result.Tainted = object == nil && failed
	}
	if !failed {
		a.compare(t, again, result)
	}
	a.store(change.Address, result)
	if failed {
		return failing
	}
	return done
}

// consistent compares the plan that was made again with the approved one.
func (a *applying) consistent(approved, again *Change) bool {
	action := again.Action
	if action == Create && approved.Action.Replaces() {
		action = approved.Action
	}
	if action != approved.Action && !(approved.Action == Update && action == NoOp) {
		a.find(&a.outcome.Inconsistent, approved.Address, InconsistentPlan, "the action changes from "+string(approved.Action)+" to "+string(action))
		return false
	}
	texts := incompatible("", approved.Planned, again.Planned)
	a.find(&a.outcome.Inconsistent, approved.Address, InconsistentPlan, texts...)
	return len(texts) == 0
}

// compare holds a result against what was planned.
func (a *applying) compare(t testing.TB, planned *Change, result *Object) {
	t.Helper()
	if result == nil {
		a.find(&a.outcome.Findings, planned.Address, InconsistentResult, "there is no object after the apply")
		return
	}
	state := result.Attributes(t)
	a.find(&a.outcome.Findings, planned.Address, InconsistentResult, incompatible("", planned.Planned, state)...)
	if anyUnknown(state) {
		a.find(&a.outcome.Findings, planned.Address, InconsistentResult, "a value is unknown after the apply")
	}
}

// depose sets the object aside that is destroyed after its successor was made.
func (a *applying) depose(address string) *Object {
	a.mu.Lock()
	defer a.mu.Unlock()
	object := a.core.State.Current[address]
	if object != nil {
		delete(a.core.State.Current, address)
		a.core.State.Deposed[address] = append(a.core.State.Deposed[address], object)
	}
	return object
}

// makeBefore makes the successor of a deposed object. If nothing of it was made, the old one is put back.
func (a *applying) makeBefore(t testing.TB, change *Change, old *Object) bool {
	t.Helper()
	got := a.make(t, change)
	a.mu.Lock()
	defer a.mu.Unlock()
	if got == done {
		a.outcome.Killed = a.outcome.Killed || a.kill == change.Address
		return true
	}
	// Core puts it back only after a creation that failed; one that was stopped before leaves it deposed.
	if got == failing && old != nil && a.core.State.Current[change.Address] == nil {
		a.core.State.Current[change.Address] = old
		a.forgetDeposed(change.Address, old)
	}
	return false
}

func (a *applying) forgetDeposed(address string, object *Object) {
	a.core.State.Deposed[address] = slices.DeleteFunc(a.core.State.Deposed[address], func(o *Object) bool { return o == object })
}

// destroyDeposed plans the end of a deposed object in this process, and does it.
func (a *applying) destroyDeposed(t testing.TB, address string, object *Object) bool {
	t.Helper()
	if object == nil {
		return true
	}
	change, diagnostics := plannedDestroy(t, a.process, address, object)
	if a.say(address, "plan of the destroy", diagnostics) {
		return false
	}
	left, ok := a.end(t, address, object, change.private)
	a.mu.Lock()
	defer a.mu.Unlock()
	if left == nil {
		a.forgetDeposed(address, object)
	} else {
		*object = *left
	}
	return ok
}
