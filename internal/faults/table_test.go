package faults_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest/core"
)

// all asks for the whole table; without it a slice of it runs.
var all = flag.Bool("all", false, "every fault at every position, once and from there on")

// ran counts the combinations.
var ran atomic.Int64

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	acctest.RemoveBinary()
	if *all && code == 0 {
		fmt.Printf("%d combinations of resource, write, fault and request\n", ran.Load())
	}
	os.Exit(code)
}

// write is a step of a resource's life that writes.
type write struct {
	name string
	// reach brings the resource to where the write starts; do does it.
	reach, do func(scenario) map[string]any
}

var (
	none    = func(scenario) map[string]any { return nil }
	created = func(s scenario) map[string]any { return s.created }
	updated = func(s scenario) map[string]any { return s.updated }
	writeOf = []write{{"create", none, created}, {"update", created, updated}, {"destroy", updated, none}}
)

// trial is a resource in front of a write.
type trial struct {
	scenario
	write

	proxy *proxy
	core  *lone
	// root is the path that the paths of all concerned begin with.
	root string
	// before is what the server had.
	before map[string]any
}

func prepare(t *testing.T, s subject, w write) *trial {
	t.Helper()
	g := acctest.New(t)
	acctest.NeedsEmbedded(t, g)
	g.Enforce(t, false)
	p := newProxy(t, g)
	life := s.prepare(t, g)
	tr := &trial{scenario: life, write: w, proxy: p, root: g.Root.Path, core: newLone(s.kind(), p.URL, cmp.Or(life.token, g.Token))}
	if start := w.reach(tr.scenario); start != nil {
		mustSucceed(t, "apply before the write", tr.core.apply(t, start, nil))
	}
	if w.name == "update" && tr.meanwhile != nil {
		tr.meanwhile(t)
	}
	if tr.withheld && w.name == "update" {
		mustSucceed(t, "renewal before the write", tr.core.apply(t, w.reach(tr.scenario), nil))
		tr.core.State.Current[address].Private = nil
	}
	p.interrupt = func() { tr.core.Stop() }
	tr.before = tr.server(t)
	return tr
}

// Every write of every resource meets every fault at its first, a middle and its last request, once and
// from there on.
func TestFaults(t *testing.T) { //nolint:paralleltest // its rows are; the tests with the real CLI would slow them down
	for _, s := range resources {
		for _, w := range writeOf {
			t.Run(s.name+" "+w.name, func(t *testing.T) {
				t.Parallel()
				calm := prepare(t, s, w)
				mustSucceed(t, "apply without a fault", calm.apply(t, strike{}))
				calm.check(t, nil)
				passed, _ := calm.proxy.seen()
				writes := slices.ContainsFunc(passed, func(p request) bool { return p.write })
				if calm.lets && w.name == "destroy" {
					if writes {
						t.Fatalf("a destroy that changes nothing writes: %v", passed)
					}
					return
				}
				if !writes {
					t.Fatal("this writes nothing")
				}
				if calm.keeps && w.name == "update" && slices.ContainsFunc(passed, func(p request) bool { return p.method == "PUT" || p.write && strings.HasSuffix(p.path, "_tokens") }) {
					t.Fatalf("a token is made, or a variable changed, that needs neither: %v", passed)
				}
				for _, f := range chosen() {
					for _, at := range positions(passed) {
						for _, onwards := range []bool{false, true} {
							if onwards && !*all || !suitsAny(f, passed[at-1:], onwards) {
								continue
							}
							name := fmt.Sprintf("%s at request %d of %d", f.name, at, len(passed))
							if onwards {
								name += " and all later ones"
							}
							t.Run(name, func(t *testing.T) {
								t.Parallel()
								ran.Add(1)
								endure(t, prepare(t, s, w), strike{fault: f, at: at, onwards: onwards})
							})
						}
					}
				}
			})
		}
	}
}

// chosen are the faults to try: without -all three that stand for the others.
func chosen() (some []fault) {
	for _, f := range faults {
		if *all || slices.Contains([]string{"429 without Retry-After", "cut after the write", "payload error for one of many"}, f.name) {
			some = append(some, f)
		}
	}
	return some
}

// positions are the numbers of the first, a middle and the last of all requests, and of those that
// write; without -all it is the middle one of those.
func positions(passed []request) (numbers []int) {
	var every, writing []int
	for i, p := range passed {
		every = append(every, i+1)
		if p.write {
			writing = append(writing, i+1)
		}
	}
	if !*all {
		return []int{writing[len(writing)/2]}
	}
	for _, of := range [][]int{writing, every} {
		numbers = append(numbers, of[0], of[len(of)/2], of[len(of)-1])
	}
	slices.Sort(numbers)
	return slices.Compact(numbers)
}

// suitsAny tells whether a fault can strike the first of some requests, or any of them.
func suitsAny(f fault, passed []request, later bool) bool {
	for _, p := range passed {
		if f.suits(p) {
			return true
		}
		if !later {
			return false
		}
	}
	return false
}

// apply does the write while the proxy strikes.
func (tr *trial) apply(t *testing.T, s strike) []core.Diagnostic {
	t.Helper()
	defer tr.core.patience(time.Minute)
	return tr.core.apply(t, tr.do(tr.scenario), func() {
		if s.fault.patience > 0 {
			tr.core.patience(s.fault.patience)
		}
		tr.proxy.watch(s)
	})
}

// endure does the write under a strike, and then again without.
func endure(t *testing.T, tr *trial, s strike) {
	t.Helper()
	diagnostics := tr.apply(t, s)
	passed, strikes := tr.proxy.seen()
	tr.proxy.watch(strike{})
	if strikes == 0 {
		t.Fatalf("no request was struck, of %d", len(passed))
	}
	sentOnce(t, passed)
	tr.clear(t, core.Errors(diagnostics), s)
	tr.follow(t, !s.onwards && tr.leaves(s.fault, passed[s.at-1]))
	if !s.onwards || !s.fault.uncertain { // else nobody but GitLab can know
		tr.check(t, core.Errors(diagnostics))
	}

	mustSucceed(t, "second apply", tr.apply(t, strike{}))
	tr.follow(t, false)
	tr.check(t, nil)
	tr.settled(t)
}

// leaves tells whether a fault leaves a token of which nobody can know whose it is.
func (tr *trial) leaves(f fault, struck request) bool {
	makes := struck.creates && regexp.MustCompile(`/(deploy|access)_tokens(/\d+/rotate)?$`).MatchString(struck.path)
	return makes && (f.proxied || tr.inUse && f.name == "cut after the write")
}

var byID = regexp.MustCompile(`(project|group) with id \d+`)

// left are the words that name tokens which may be somebody else's.
var left = regexp.MustCompile(`\((id \d+)\), which was not revoked|may be it, or somebody else's: (id \d+(?:, id \d+)*)\.`)

// follow does what errors and warnings leave to the user: to look whose a token is, and to end it. There has
// to be one where a fault leaves one.
func (tr *trial) follow(t *testing.T, leaves bool) {
	t.Helper()
	found := false
	for _, d := range tr.core.said {
		for _, words := range left.FindAllString(d.Detail, -1) {
			for _, number := range regexp.MustCompile(`\d+`).FindAllString(words, -1) {
				id, err := strconv.ParseInt(number, 10, 64)
				if err != nil {
					t.Fatal(err)
				}
				found = true
				tr.revoke(t, id)
			}
		}
	}
	if leaves && !found {
		t.Error("a token that may be somebody else's is not left to the user")
	}
}

// sentOnce holds against the provider what it sent again without knowing what became of it.
func sentOnce(t *testing.T, passed []request) {
	t.Helper()
	for i, first := range passed {
		for _, later := range passed[i+1:] {
			if !later.write {
				break // it has looked
			}
			if first.uncertain && first.creates && later.method == first.method && later.path == first.path && later.body == first.body {
				t.Errorf("%s %s is sent again though GitLab may have acted on it", first.method, first.path)
			}
		}
	}
}

var unclear = regexp.MustCompile(`<html|%!|0x[0-9a-f]{6}|&\{|nil pointer|context canceled`)

// clear holds against the provider an error that a user cannot do anything with.
func (tr *trial) clear(t *testing.T, errors []core.Diagnostic, s strike) {
	t.Helper()
	said := len(errors) == 0
	for _, d := range errors {
		text := d.Summary + "\n" + d.Detail
		said = said || s.fault.says.MatchString(text)
		switch {
		case !strings.HasPrefix(d.Summary, "Unable to "):
			t.Errorf("the title does not say what was impossible: %s", text)
		case !strings.Contains(d.Detail, "Could not ") || len(strings.Split(d.Detail, "\n\n")) < 2:
			t.Errorf("the error does not say what could not be done, and what to do: %s", text)
		case unclear.MatchString(text):
			t.Errorf("the error shows what is no user's: %s", text)
		case tr.withheld && byID.MatchString(text): // without private state the path has to be asked for
		case !strings.Contains(text, tr.root) && !strings.Contains(text, tr.proxy.URL):
			t.Errorf("the error names neither a project nor the server: %s", text)
		}
	}
	if !said {
		t.Errorf("no error speaks of the fault: %s: %s", errors[0].Summary, errors[0].Detail)
	}
}

// check compares the state with the server, and without errors both with the wish.
func (tr *trial) check(t *testing.T, errors []core.Diagnostic) {
	t.Helper()
	server, state := tr.server(t), tr.look(tr.core.attributes(t))
	wish := tr.look(tr.do(tr.scenario))
	switch {
	case wish == nil && len(errors) == 0:
		compare(t, "the server, after the destroy,", server, tr.destroyed)
		compare(t, "the state, after the destroy,", state, nil)
		return
	case state == nil:
		// What is in no state must not have been made.
		compare(t, "the server, without a state,", server, tr.before)
		return
	}
	if tr.seen == nil {
		compare(t, "the state", only(state, server), server)
	} else {
		compare(t, "the server", only(server, state), state)
	}
	if len(errors) == 0 {
		compare(t, "the server", only(server, wish), normal(wish, server))
	}
}

// look is a configuration or a state as it can be compared with the server.
func (tr *trial) look(attributes map[string]any) map[string]any {
	if tr.seen == nil || attributes == nil {
		return attributes
	}
	return tr.seen(attributes)
}

// settled holds against the provider a plan that is not empty.
func (tr *trial) settled(t *testing.T) {
	t.Helper()
	wish := tr.do(tr.scenario)
	if wish == nil {
		return
	}
	if tainted := tr.core.State.Current[address]; tainted != nil && tainted.Tainted {
		t.Error("the resource is still tainted")
	}
	if plan := tr.core.plan(t, wish); !plan.Empty() {
		t.Errorf("the plan after all is not empty: from %v to %v", plan.Change(address).Prior, plan.Change(address).Planned)
	}
}

func compare(t *testing.T, what string, got, want map[string]any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s has %s", what, difference(got, want))
	}
}

// difference names the attributes, and the keys of maps, that differ.
func difference(got, want map[string]any) string {
	if got == nil || want == nil {
		return fmt.Sprintf("%v, want %v", got, want)
	}
	var parts []string
	for name := range want {
		if !reflect.DeepEqual(got[name], want[name]) {
			a, isMap := got[name].(map[string]any)
			b, areMaps := want[name].(map[string]any)
			if !isMap || !areMaps {
				parts = append(parts, fmt.Sprintf("%s = %v, want %v", name, got[name], want[name]))
				continue
			}
			for key := range a {
				if _, known := b[key]; !known {
					parts = append(parts, fmt.Sprintf("%s[%s] = %v, want none", name, key, a[key]))
				}
			}
			for key := range b {
				if !reflect.DeepEqual(a[key], b[key]) {
					parts = append(parts, fmt.Sprintf("%s[%s] = %v, want %v", name, key, a[key], b[key]))
				}
			}
		}
	}
	return strings.Join(parts, "; ")
}

// only keeps the attributes that another object has.
func only(of, names map[string]any) map[string]any {
	if of == nil {
		return nil
	}
	kept := map[string]any{}
	for name := range names {
		kept[name] = of[name]
	}
	return kept
}

// normal writes a configuration as the state would: with null for what is left out of nested objects
// that the server speaks of.
func normal(wish, server map[string]any) map[string]any {
	written := map[string]any{}
	for name, value := range wish {
		entries, nested := value.(map[string]any)
		if !nested {
			written[name] = value
			continue
		}
		all := map[string]any{}
		stored, _ := server[name].(map[string]any)
		for key, entry := range entries {
			object, _ := entry.(map[string]any)
			has, _ := stored[key].(map[string]any)
			full := map[string]any{}
			for attribute := range has {
				full[attribute] = nil
			}
			for attribute, value := range object {
				full[attribute] = value
			}
			all[key] = full
		}
		written[name] = all
	}
	return written
}
