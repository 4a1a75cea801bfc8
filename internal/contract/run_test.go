package contract_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest/core"
)

// finding is something that a judge holds against the provider.
type finding struct {
	judge string
	// what is the request, or the kind of error, that walks are told apart by.
	what string
	run  int
	text string
}

func (f finding) String() string { return fmt.Sprintf("[%s] run %d: %s", f.judge, f.run+1, f.text) }

// journey is a walk under way.
type journey struct {
	w    *world
	core core.Core
	book *book
	// lost are groups in which the provider's user has no role at the moment.
	lost map[string]bool

	// holds is what the state holds.
	holds func(testing.TB) []holding

	number   int
	findings []finding
	// log is what happened, for a report.
	log []string
}

// holding is what a state holds of one object.
type holding struct {
	address, kind string
	attributes    map[string]any
	deposed       bool
}

// simulated is the state of the simulated core.
func (j *journey) simulated(t testing.TB) (all []holding) {
	t.Helper()
	state := j.core.State
	for _, address := range state.Addresses() {
		for _, object := range state.Deposed[address] {
			all = append(all, holding{address, object.Kind, object.Attributes(t), true})
		}
		if object := state.Current[address]; object != nil {
			all = append(all, holding{address, object.Kind, object.Attributes(t), false})
		}
	}
	return all
}

// trial is one plan and apply before the judges.
type trial struct {
	*journey
	t testing.TB

	run     run
	plan    *core.Plan
	outcome *core.Outcome
	// planned is the server at the time of the plan, start when the apply began.
	planned, start snapshot
	events         []event
}

// walkOn goes a walk until its end, or until the first run that a judge holds something against: what
// comes after a wrong is not judged.
func walkOn(t testing.TB, wk walk) *journey {
	t.Helper()
	return walkBefore(t, wk, nil)
}

// walkBefore is [walkOn] with something before the provider of each plan.
func walkBefore(t testing.TB, wk walk, before func(*world, *acctest.Protocol)) *journey {
	t.Helper()
	w := newWorld(t, wk.Version, wk.Admin)
	defer w.close()
	j := &journey{w: w, book: newBook(w), lost: map[string]bool{}}
	j.holds = j.simulated
	j.core.State = core.State{Current: map[string]*core.Object{}, Deposed: map[string][]*core.Object{}}
	j.core.Provider = map[string]any{"base_url": w.proxy.URL, "token": w.token, "allow_plain_http": true, "max_retries": int64(1)}
	if before != nil {
		j.core.Before = func(p *acctest.Protocol) { before(w, p) }
	}
	for i, r := range wk.Runs {
		j.number = i
		j.go1(t, r)
		if r.Settle && len(j.findings) == 0 {
			j.settle(t, r)
		}
		if len(j.findings) > 0 {
			break
		}
	}
	return j
}

func (j *journey) note(format string, args ...any) {
	j.log = append(j.log, fmt.Sprintf(format, args...))
}

func (j *journey) hold(judge, format string, args ...any) {
	j.findings = append(j.findings, finding{judge: judge, run: j.number, text: fmt.Sprintf(format, args...)})
}

// meddle has others do something.
func (j *journey) meddle(t testing.TB, all []meddling) {
	t.Helper()
	j.w.meddle(t, all)
	j.roles(all)
}

func (j *journey) roles(all []meddling) {
	for _, m := range all {
		switch m.Do {
		case "dismiss":
			j.lost[m.Of] = true
		case "welcome":
			delete(j.lost, m.Of)
		}
	}
}

// go1 is one run.
func (j *journey) go1(t testing.TB, r run) {
	t.Helper()
	for _, from := range slices.Sorted(maps.Keys(r.Moves)) {
		j.core.State.Move(from, r.Moves[from])
		j.book.moved(from, r.Moves[from])
	}
	for _, address := range r.Forget {
		j.core.State.Forget(address)
	}
	for _, address := range r.Taint {
		j.core.State.Taint(address)
	}
	j.meddle(t, r.Before)
	j.note("run %d", j.number+1)
	resources := j.resolved(r.Resources)
	if tr := j.planned(t, r, resources); tr != nil {
		tr.apply(t)
	}
}

// resolved puts ids in the place of references such as "#app".
func (j *journey) resolved(resources map[string]core.Resource) map[string]core.Resource {
	all := map[string]core.Resource{}
	for address, resource := range resources {
		resource.Config, _ = j.withIDs(resource.Config).(map[string]any)
		all[address] = resource
	}
	return all
}

func (j *journey) withIDs(plain any) any {
	switch p := plain.(type) {
	case string:
		if name, is := strings.CutPrefix(p, "#"); is {
			if id, isProject := j.w.projects[name]; isProject {
				return fmt.Sprint(id)
			}
			return fmt.Sprint(j.w.groups[name])
		}
	case map[string]any:
		all := map[string]any{}
		for key, value := range p {
			all[fmt.Sprint(j.withIDs(key))] = j.withIDs(value)
		}
		return all
	case []any:
		all := []any{}
		for _, value := range p {
			all = append(all, j.withIDs(value))
		}
		return all
	}
	return plain
}

// planned makes the plan; nil means that there is nothing to apply.
func (j *journey) planned(t testing.TB, r run, resources map[string]core.Resource) *trial {
	t.Helper()
	options := core.Options{NoRefresh: r.NoRefresh, Targets: r.Targets, Replace: r.Replace, Parallel: r.Parallel, Seed: r.Order, Import: map[string]string{}}
	for address, id := range r.Import {
		var parts []string
		for part := range strings.SplitSeq(id, ":") {
			parts = append(parts, fmt.Sprint(j.withIDs(part)))
		}
		options.Import[address] = strings.Join(parts, ":")
	}
	j.book.frozen = false
	for address := range r.Import {
		j.book.narrows[address] = true
	}
	j.w.proxy.watch(nil, nil)
	tr := &trial{journey: j, t: t, run: r, planned: j.w.look()}
	if slices.ContainsFunc(slices.Collect(maps.Values(j.core.State.Deposed)), func(objects []*core.Object) bool { return len(objects) > 0 }) {
		j.w.proxy.network(20 * time.Millisecond)
		defer j.w.proxy.network(0)
	}
	tr.plan = j.core.Plan(t, resources, options)
	j.diagnostics(tr.plan.Diagnostics)
	j.coreSays(tr.plan.Findings)
	for _, e := range j.w.proxy.seen() {
		j.hold("a plan writes nothing", "%s in the plan", e.what)
	}
	for _, c := range tr.plan.Changes {
		if c.Action != core.NoOp {
			j.note("plan: %s is %s: %s", c.Address, c.Action, difference(c.Prior, c.Planned))
		}
	}
	if errors := core.Errors(tr.plan.Diagnostics); len(errors) > 0 {
		j.planFailed(t, r, resources, errors)
		return nil
	}
	j.book.read(tr.plan, tr.leftoversStay(), tr.run.NoRefresh)
	j.triggered(tr.plan)
	j.warnsOfWhatItDoes(tr.plan)
	if !r.NoRefresh {
		for _, address := range j.book.minted {
			j.hold("nothing is minted that nobody needs", "%s makes a new token, though a variable shows the secret of the one that works", address)
		}
	}
	return tr
}

// apply has others meddle, applies, and calls the judges.
func (tr *trial) apply(t testing.TB) {
	t.Helper()
	tr.begin(t)
	tr.outcome = tr.core.Apply(t, tr.plan, tr.run.Kill)
	tr.judge()
	tr.diagnostics(tr.outcome.Diagnostics)
	tr.coreSays(tr.outcome.Findings)
	tr.failsForAReason()
}

// begin has others meddle between plan and apply, and gets them ready for its requests.
func (tr *trial) begin(t testing.TB) {
	t.Helper()
	p := tr.w.proxy
	tr.meddle(t, tr.run.Between)
	tr.start = tr.w.look()
	if s := tr.run.During; s != nil {
		p.arm(s, func() {
			for _, m := range s.Meddle {
				p.othersLocked(m.String(), func() { doings[m.Do](t, tr.w, m) })
			}
		})
	}
}

// judge takes down what has happened, and calls the judges of what the server saw.
func (tr *trial) judge() {
	p := tr.w.proxy
	tr.events = p.seen()
	if tr.run.During != nil && p.hasStruck() {
		tr.roles(tr.run.During.Meddle)
	}
	for _, e := range tr.events {
		who := "others"
		if e.provider {
			who = "provider"
		}
		for _, c := range e.changes {
			tr.note("%s, %s: %s", who, e.what, tr.sayChange(c))
		}
	}
	for _, d := range core.Errors(tr.outcome.Diagnostics) {
		tr.note("%s of %s: %s: %s", d.Step, d.Address, d.Summary, d.Detail)
	}
	for _, f := range tr.outcome.Inconsistent {
		tr.note("core stops %s: %s %s", f.Address, f.Check, f.Text)
		tr.abandons(func(c *core.Change) bool { return c.Address == f.Address })
	}
	tr.abandons(func(*core.Change) bool { return tr.run.Kill != "" })
	tr.licensed()
	tr.stays()
	tr.stateIsServer()
}

// abandons notes tokens whose replacement may have ended between its halves.
func (tr *trial) abandons(ended func(*core.Change) bool) {
	for _, c := range tr.plan.Changes {
		if kind, _ := tokenKind(c.Address); ended(c) && c.Action == core.DeleteThenCreate && strings.HasSuffix(c.Kind, "_token") {
			tr.book.abandoned[tr.book.holder(c.Address, c.Prior)+" "+kind] = true
		}
	}
}

func (j *journey) sayChange(c change) string {
	value := func(v string) string {
		if c.isToken() || c.isVariable() {
			if v == "" {
				return "gone"
			}
			return "a secret"
		}
		if v == nothing {
			return "off the list"
		}
		return v
	}
	return fmt.Sprintf("%s of %s: %s -> %s", j.w.nameOf(c.what), j.w.nameOf(c.of), value(c.from), value(c.to))
}

// difference names what a plan changes.
func difference(before, after map[string]any) string {
	if before == nil || after == nil {
		return fmt.Sprintf("%v -> %v", before, after)
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if !equal(before[name], after[name]) {
			parts = append(parts, fmt.Sprintf("%s = %v -> %v", name, before[name], after[name]))
		}
	}
	return strings.Join(parts, "; ")
}

// kind tells failing walks apart: the judge, the request, and what was special of the run.
func (j *journey) kind(wk walk) string {
	f := j.findings[0]
	r := wk.Runs[f.run]
	parts := []string{f.judge, f.what}
	for _, special := range []struct {
		is   bool
		name string
	}{
		{len(r.Replace) > 0, "replaced"}, {len(r.Taint) > 0, "tainted"}, {r.NoRefresh, "not refreshed"}, {len(r.Targets) > 0, "targets"},
		{len(r.Import) > 0, "imported"}, {len(r.Moves) > 0, "moved"}, {len(r.Between) > 0, "meddled between"}, {r.Kill != "", "killed"},
		{r.During != nil && r.During.Refuse, "refused"}, {r.During != nil && !r.During.Refuse, "meddled during"},
		{slices.ContainsFunc(slices.Collect(maps.Values(r.Resources)), func(r core.Resource) bool { return r.CreateBeforeDestroy }), "create_before_destroy"},
	} {
		if special.is {
			parts = append(parts, special.name)
		}
	}
	return strings.Join(parts, " | ")
}

// settle goes on without meddling until nothing is left to do, which must be soon.
func (j *journey) settle(t testing.TB, r run) {
	t.Helper()
	j.meddle(t, []meddling{{Do: "welcome", Of: "acme"}, {Do: "welcome", Of: "ext"}})
	resources := j.repaired(j.resolved(r.Resources), false)
	// Another address is destroyed while one is made: that may take two applies, as the docs say, and what
	// such an apply has deposed and not ended crosses the next one too.
	limit := 1
	refreshed := map[string]map[string]any{}
	for applies := 0; ; applies++ {
		j.note("settle %d", applies+1)
		quiet := run{Resources: resources, Parallel: r.Parallel, Order: r.Order + uint64(applies)} //nolint:gosec // a small number
		tr := j.planned(t, quiet, resources)
		if tr == nil {
			return // the plan has failed, and its judge has said what there is to say
		}
		if tr.plan.Empty() {
			for _, c := range tr.plan.Changes {
				refreshed[c.Address] = c.Prior
			}
			break
		}
		if applies > 0 && applies >= limit {
			for _, c := range tr.plan.Changes {
				if c.Action != core.NoOp {
					j.hold("next plan", "after %d applies without meddling, %s is to be %s: %s", applies, c.Address, c.Action, difference(c.Prior, c.Planned))
				}
			}
			return
		}
		if tr.crosses() {
			limit = min(applies+2, 3)
		}
		tr.apply(t)
		if len(j.findings) > 0 {
			return
		}
	}
	for _, address := range slices.Sorted(maps.Keys(resources)) {
		resource := resources[address]
		for _, problem := range subjects[resource.Kind].wish(j.book, address, resource.Config, refreshed[address]) {
			j.hold("the wish", "%s: %s", address, problem)
		}
	}
}

// crosses tells whether two resources of a plan write to one project, one of them by a destroy: Terraform
// runs them side by side, and nobody can say which comes first.
func (tr *trial) crosses() bool {
	ends := false
	for _, c := range tr.plan.Changes {
		ends = ends || c.Action == core.Delete || c.Action.Replaces()
	}
	return ends
}
