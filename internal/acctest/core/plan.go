package core

import (
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// Options are the flags of a plan.
type Options struct {
	// NoRefresh is -refresh=false.
	NoRefresh bool
	// Targets restricts the run to some addresses; empty is all. It is -target.
	Targets []string
	// Replace are addresses to be replaced though nothing else asks for it.
	Replace []string
	// Import are the ids of objects to take over, by address.
	Import map[string]string
	// Parallel walks all resources at once; otherwise one follows the other, in an order that Seed
	// decides, as with -parallelism=1.
	Parallel bool
	Seed     uint64
}

// Plan is what a plan walk came to. It can be applied if it has no errors.
type Plan struct {
	Changes     []*Change
	Diagnostics []Diagnostic
	Findings    []Finding

	options Options
	// state is the prior one, refreshed.
	state State
}

// Change finds the change at an address that is not of a deposed object, or nil.
func (p *Plan) Change(address string) *Change {
	for _, c := range p.Changes {
		if c.Address == address && c.deposed == nil {
			return c
		}
	}
	return nil
}

// Empty tells whether nothing is to be done.
func (p *Plan) Empty() bool {
	return !slices.ContainsFunc(p.Changes, func(c *Change) bool { return c.Action != NoOp })
}

// planning is a plan walk under way.
type planning struct {
	process   *acctest.Protocol
	resources map[string]Resource
	plan      *Plan
	mu        sync.Mutex
}

// Plan refreshes and plans. The state stays as it is until the plan is applied.
func (c *Core) Plan(t testing.TB, resources map[string]Resource, options Options) *Plan {
	t.Helper()
	p := planning{process: c.Start(t), resources: resources, plan: &Plan{options: options, state: c.State.clone()}}
	if c.Before != nil {
		c.Before(p.process)
	}
	var steps []func()
	for _, address := range p.addresses() {
		for _, deposed := range p.plan.state.Deposed[address] {
			steps = append(steps, func() { p.deposed(t, address, deposed) })
		}
		steps = append(steps, func() { p.instance(t, address) })
	}
	walk(options, steps, func(text string) { p.find([]Finding{{Check: Panic, Text: text}}) })
	p.plan.forgetGone()
	slices.SortFunc(p.plan.Changes, compareChanges)
	return p.plan
}

// addresses are those that concern the run.
func (p *planning) addresses() []string {
	all := map[string]bool{}
	for _, address := range p.plan.state.Addresses() {
		all[address] = true
	}
	for address := range p.resources {
		all[address] = true
	}
	if len(p.plan.options.Targets) > 0 {
		maps.DeleteFunc(all, func(address string, _ bool) bool { return !slices.Contains(p.plan.options.Targets, address) })
	}
	return slices.Sorted(maps.Keys(all))
}

// walk does steps at once, or one by one in an order that the seed decides.
func walk(options Options, steps []func(), panicked func(string)) {
	guarded := func(step func()) {
		defer func() { caught(recover(), panicked) }()
		step()
	}
	if options.Parallel {
		var all sync.WaitGroup
		for _, step := range steps {
			all.Go(func() { guarded(step) })
		}
		all.Wait()
		return
	}
	order := rand.New(rand.NewPCG(options.Seed, 1)).Perm(len(steps)) //nolint:gosec // a seed that replays
	for _, i := range order {
		guarded(steps[i])
	}
}

func (p *planning) say(address, step string, diagnostics []*tfprotov6.Diagnostic) (failed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range diagnostics {
		one := Diagnostic{address, step, d}
		failed = failed || one.IsError()
		p.plan.Diagnostics = append(p.plan.Diagnostics, one)
	}
	return failed
}

func (p *planning) add(c *Change) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.plan.Changes = append(p.plan.Changes, c)
}

func (p *planning) find(findings []Finding) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.plan.Findings = append(p.plan.Findings, findings...)
}

// forgetGone drops from the refreshed state what the refresh did not find.
func (p *Plan) forgetGone() {
	maps.DeleteFunc(p.state.Current, func(_ string, o *Object) bool { return o.Value == nil })
	for address, objects := range p.state.Deposed {
		p.state.Deposed[address] = slices.DeleteFunc(objects, func(o *Object) bool { return o.Value == nil })
	}
}

// instance refreshes and plans one address.
func (p *planning) instance(t testing.TB, address string) {
	t.Helper()
	object := p.object(address)
	resource, configured := p.resources[address]
	if id, imported := p.plan.options.Import[address]; imported && object == nil && configured {
		if object = p.importObject(t, address, resource.Kind, id); object == nil {
			return
		}
	} else if object != nil && !p.plan.options.NoRefresh && p.read(t, address, object) {
		return
	}
	if object != nil && object.Value == nil {
		object = nil
	}
	switch {
	case configured:
		change, diagnostics, findings := planned(t, p.process, request{
			address: address, resource: resource, object: object, replace: slices.Contains(p.plan.options.Replace, address),
		})
		p.find(findings)
		if !p.say(address, "plan", diagnostics) {
			p.add(change)
		}
	case object != nil:
		p.destroy(t, address, object, nil)
	}
}

func (p *planning) object(address string) *Object {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.plan.state.Current[address]
}

// deposed refreshes a deposed object, which is to be destroyed.
func (p *planning) deposed(t testing.TB, address string, object *Object) {
	t.Helper()
	if !p.plan.options.NoRefresh && p.read(t, address, object) || object.Value == nil {
		return
	}
	p.destroy(t, address, object, object)
}

func (p *planning) destroy(t testing.TB, address string, object, deposed *Object) {
	t.Helper()
	change, diagnostics := plannedDestroy(t, p.process, address, object)
	if !p.say(address, "plan of the destroy", diagnostics) {
		change.deposed = deposed
		change.Deposed = deposed != nil
		p.add(change)
	}
}

// read refreshes an object in place; one that is gone has no value afterwards.
func (p *planning) read(t testing.TB, address string, object *Object) (failed bool) {
	t.Helper()
	resp, err := p.process.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{
		TypeName: object.Kind, CurrentState: object.Value, Private: object.Private, CurrentIdentity: object.Identity,
	})
	if err != nil {
		t.Fatal(err)
	}
	if p.say(address, "refresh", resp.Diagnostics) {
		return true
	}
	object.Value, object.Private, object.Identity = resp.NewState, resp.Private, resp.NewIdentity
	if valueOf(t, p.process.Schemas, object.Kind, resp.NewState).IsNull() {
		object.Value = nil
	}
	return false
}

// importObject takes an object over: it is not in the state until the plan is applied.
func (p *planning) importObject(t testing.TB, address, kind, id string) *Object {
	t.Helper()
	resp, err := p.process.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{TypeName: kind, ID: id})
	if err != nil {
		t.Fatal(err)
	}
	if p.say(address, "import", resp.Diagnostics) || len(resp.ImportedResources) != 1 {
		return nil
	}
	imported := resp.ImportedResources[0]
	object := &Object{Kind: kind, Value: imported.State, Private: imported.Private, Identity: imported.Identity}
	if p.read(t, address, object) {
		return nil
	}
	if object.Value == nil {
		p.say(address, "import", []*tfprotov6.Diagnostic{{
			Severity: tfprotov6.DiagnosticSeverityError, Summary: "Cannot import non-existent remote object", Detail: id,
		}})
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.plan.state.Current[address] = object
	return object
}
