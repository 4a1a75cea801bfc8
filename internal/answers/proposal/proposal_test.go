package proposal_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/answers/proposal"
)

var (
	noon  = time.Date(2026, time.January, 31, 12, 0, 0, 0, time.UTC)
	month = noon.AddDate(0, -1, 0)
)

func used(days int, paths ...string) (consumers []proposal.Consumer) {
	for _, path := range paths {
		consumers = append(consumers, proposal.Consumer{Path: path, Last: noon.AddDate(0, 0, -days)})
	}
	return consumers
}

func entry(path string, permissions ...string) proposal.Entry {
	return proposal.Entry{Path: path, Default: permissions == nil, Permissions: permissions}
}

func group(path string, permissions ...string) proposal.Entry {
	e := entry(path, permissions...)
	e.Group = true
	return e
}

// written is a proposal in one line for each entry: cause, path, its consumers.
func written(p proposal.Proposal) (lines []string) {
	causes := map[proposal.Cause]string{
		proposal.Used: "used", proposal.Kept: "kept", proposal.Own: "own",
		proposal.Consumed: "new", proposal.Grouped: "grouped", proposal.Compacted: "compacted",
	}
	for _, e := range p.Entries {
		line := causes[e.Cause] + " " + e.Path
		if e.Group {
			line += "/"
		}
		if e.Permissions != nil {
			line += " " + strings.Join(e.Permissions, ",")
		}
		lines = append(lines, fmt.Sprintf("%s (%d)", line, len(e.Consumers)))
	}
	return lines
}

func unused(p proposal.Proposal) (paths []string) {
	for _, u := range p.Unused {
		paths = append(paths, u.Path)
	}
	return paths
}

func TestPropose(t *testing.T) {
	t.Parallel()
	sizes := map[string]proposal.Group{"acme": {90}, "acme/web": {5}, "acme/ops": {30}, "acme/ops/db": {3}}
	web := used(3, "acme/web/a", "acme/web/b", "acme/web/c")
	ops := used(5, "acme/ops/x", "acme/ops/db/y", "acme/ops/db/z")
	jane := used(40, "jane/old")
	all := slices.Concat(web, ops, jane)
	list := []proposal.Entry{
		entry("acme/lib"), entry("acme/web/a", "read_jobs"), entry("acme/web/b"), entry("jane/old"), entry("acme/never"),
		group("acme/ops/db", "read_packages"), group("other"),
	}
	for name, test := range map[string]struct {
		log     []proposal.Consumer
		list    []proposal.Entry
		wishes  proposal.Wishes
		want    []string
		unused  []string
		tooMany int
	}{
		"nobody":                   {},
		"each project":             {log: all, want: []string{"new acme/ops/db/y (1)", "new acme/ops/db/z (1)", "new acme/ops/x (1)", "new acme/web/a (1)", "new acme/web/b (1)", "new acme/web/c (1)"}},
		"without a time, all":      {log: jane, wishes: proposal.Wishes{Since: time.Unix(0, 0)}, want: []string{"new jane/old (1)"}},
		"three make a group":       {log: all, wishes: proposal.Wishes{GroupWhen: 3}, want: []string{"grouped acme/ops/ (3)", "grouped acme/web/ (3)"}},
		"two make the deepest":     {log: all, wishes: proposal.Wishes{GroupWhen: 2}, want: []string{"grouped acme/ops/db/ (2)", "grouped acme/web/ (3)", "new acme/ops/x (1)"}},
		"a top-level group, asked": {log: all, wishes: proposal.Wishes{GroupWhen: 6, TopLevel: true}, want: []string{"grouped acme/ (6)"}},
		"a top-level group, never": {log: all, wishes: proposal.Wishes{GroupWhen: 6}, want: []string{"new acme/ops/db/y (1)", "new acme/ops/db/z (1)", "new acme/ops/x (1)", "new acme/web/a (1)", "new acme/web/b (1)", "new acme/web/c (1)"}},
		"room for five":            {log: all, wishes: proposal.Wishes{Max: 5}, want: []string{"compacted acme/ops/db/ (2)", "new acme/ops/x (1)", "new acme/web/a (1)", "new acme/web/b (1)", "new acme/web/c (1)"}},
		"room for three":           {log: all, wishes: proposal.Wishes{Max: 3}, want: []string{"compacted acme/ops/db/ (2)", "compacted acme/web/ (3)", "new acme/ops/x (1)"}},
		"room for one":             {log: all, wishes: proposal.Wishes{Max: 1}, tooMany: 1, want: []string{"compacted acme/ops/ (3)", "compacted acme/web/ (3)"}},
		"room for one, allowed":    {log: all, wishes: proposal.Wishes{Max: 1, TopLevel: true}, want: []string{"compacted acme/ (6)"}},
		"what is there stays": {
			log: all, list: list, wishes: proposal.Wishes{KeepExisting: true, GroupWhen: 2},
			want: []string{
				"used acme/ops/db/ read_packages (2)", "kept other/ (0)", "own acme/lib (0)", "kept acme/never (0)", "new acme/ops/x (1)",
				"used acme/web/a read_jobs (1)", "used acme/web/b (1)", "new acme/web/c (1)", "kept jane/old (0)",
			},
			unused: []string{"other", "acme/never", "jane/old"},
		},
		"what is there goes": {
			log: all, list: list, wishes: proposal.Wishes{GroupWhen: 2},
			want:   []string{"used acme/ops/db/ read_packages (2)", "grouped acme/web/ (2)", "own acme/lib (0)", "new acme/ops/x (1)", "used acme/web/a read_jobs (1)"},
			unused: []string{"other", "acme/never", "jane/old"},
		},
		"what is there and is used": {
			log: web, list: list[:3], want: []string{"own acme/lib (0)", "used acme/web/a read_jobs (1)", "used acme/web/b (1)", "new acme/web/c (1)"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wishes := test.wishes
			if wishes.Since.IsZero() {
				wishes.Since = month
			}
			if wishes.Max == 0 {
				wishes.Max = 400
			}
			got := proposal.Propose(proposal.Request{Project: "acme/lib", Log: test.log, Existing: test.list, Groups: sizes, Wishes: wishes})
			if lines := written(got); !slices.Equal(lines, test.want) {
				t.Errorf("got  %q\nwant %q", lines, test.want)
			}
			if paths := unused(got); !slices.Equal(paths, test.unused) {
				t.Errorf("unused are %q, want %q", paths, test.unused)
			}
			if got.Unfit != test.tooMany {
				t.Errorf("%d are too many, want %d", got.Unfit, test.tooMany)
			}
		})
	}
}

// The latest use of what nobody has used lately is told, of a group that of any project below it.
func TestUnusedTellsTheLastUse(t *testing.T) {
	t.Parallel()
	got := proposal.Propose(proposal.Request{
		Log:      slices.Concat(used(50, "acme/web/a"), used(60, "acme/web/b")),
		Existing: []proposal.Entry{group("acme/web"), entry("acme/web/b"), entry("acme/never")}, Wishes: proposal.Wishes{Since: month, Max: 10},
	})
	want := map[string]time.Time{"acme/web": noon.AddDate(0, 0, -50), "acme/web/b": noon.AddDate(0, 0, -60), "acme/never": {}}
	if len(got.Unused) != len(want) || len(got.Entries) != 0 {
		t.Fatalf("got %+v", got)
	}
	for _, u := range got.Unused {
		if !u.Last.Equal(want[u.Path]) {
			t.Errorf("%s was used last at %v, want %v", u.Path, u.Last, want[u.Path])
		}
	}
}

// random is a project with a log and a list.
func random(r *rand.Rand, consumers int) proposal.Request {
	path := func(deepest int) string {
		parts := []string{fmt.Sprintf("g%d", r.IntN(3))}
		for range r.IntN(deepest + 1) {
			parts = append(parts, fmt.Sprintf("s%d", r.IntN(3)))
		}
		return strings.Join(parts, "/")
	}
	request := proposal.Request{
		Project: "g0/lib", Groups: map[string]proposal.Group{},
		Wishes: proposal.Wishes{Since: month, KeepExisting: r.IntN(2) == 0, TopLevel: r.IntN(3) == 0, Max: 1 + r.IntN(max(consumers, 1)), GroupWhen: r.IntN(4) * r.IntN(4)},
	}
	for i := range consumers {
		request.Log = append(request.Log, proposal.Consumer{Path: fmt.Sprintf("%s/p%d", path(3), i), Last: noon.AddDate(0, 0, -r.IntN(45))})
	}
	idle := make([]proposal.Consumer, r.IntN(40))
	for i := range idle {
		idle[i].Path = path(3) + "/idle"
	}
	for _, name := range proposal.Groups(request.Log, 2, true) {
		if r.IntN(8) > 0 {
			request.Groups[name] = proposal.Group{Projects: len(below(request.Log, name)) + len(below(idle, name))}
		}
	}
	on := map[string]bool{}
	for range r.IntN(5) {
		e := group(path(2))
		if len(request.Log) > 0 && r.IntN(2) == 0 {
			e = entry(request.Log[r.IntN(len(request.Log))].Path)
		}
		if r.IntN(2) == 0 {
			e.Default, e.Permissions = false, []string{"read_jobs"}
		}
		if !on[e.Path] {
			request.Existing = append(request.Existing, e)
		}
		on[e.Path] = true
	}
	return request
}

func below(log []proposal.Consumer, group string) (paths []string) {
	for _, consumer := range log {
		if strings.HasPrefix(consumer.Path, group+"/") {
			paths = append(paths, consumer.Path)
		}
	}
	return paths
}

// ruling is the entry that GitLab goes by: the project's own, else the nearest group's.
func ruling(entries []proposal.Entry, project string) (found *proposal.Entry) {
	for i, e := range entries {
		switch {
		case !e.Group && e.Path == project:
			return &entries[i]
		case e.Group && strings.HasPrefix(project, e.Path+"/") && (found == nil || len(found.Path) < len(e.Path)):
			found = &entries[i]
		}
	}
	return found
}

// strangers counts what new group entries let in that is no consumer without an entry.
func strangers(r proposal.Request, groups []string, left []proposal.Consumer) (count int) {
	for _, path := range groups {
		count += max(r.Groups[path].Projects-len(below(left, path)), 0)
	}
	return count
}

func TestProposeKeepsEverybodyWorking(t *testing.T) {
	t.Parallel()
	compacted := 0
	for seed := range uint64(4000) {
		r := random(rand.New(rand.NewPCG(seed, 1)), int(seed%23)) //nolint:gosec // cases, not secrets
		got := proposal.Propose(r)
		var list []proposal.Entry
		for i, choice := range got.Entries {
			list = append(list, choice.Entry)
			if choice.Group && choice.Cause != proposal.Used && choice.Cause != proposal.Kept && !r.Wishes.TopLevel && !strings.Contains(choice.Path, "/") {
				t.Errorf("seed %d: the top-level group %s is proposed", seed, choice.Path)
			}
			if i > 0 && got.Entries[i-1].Path == choice.Path && got.Entries[i-1].Group == choice.Group {
				t.Errorf("seed %d: %s stands there twice", seed, choice.Path)
			}
			if choice.Cause == proposal.Compacted {
				compacted++
			}
		}
		if len(list)-got.Unfit > max(r.Wishes.Max, len(r.Existing)) {
			t.Errorf("seed %d: %d entries, %d of them said to be too many, and %d may be", seed, len(list), got.Unfit, r.Wishes.Max)
		}
		for _, consumer := range r.Log {
			if consumer.Last.Before(r.Wishes.Since) {
				continue
			}
			before, after := ruling(r.Existing, consumer.Path), ruling(list, consumer.Path)
			if after == nil || before == nil && !after.Default || before != nil && (before.Default != after.Default || !slices.Equal(before.Permissions, after.Permissions)) {
				t.Errorf("seed %d: %s was let in by %+v and is by %+v", seed, consumer.Path, before, after)
			}
		}
		for _, e := range r.Existing {
			if r.Wishes.KeepExisting && !slices.ContainsFunc(list, func(other proposal.Entry) bool {
				return e.Path == other.Path && e.Group == other.Group && e.Default == other.Default
			}) {
				t.Errorf("seed %d: %s is gone", seed, e.Path)
			}
		}
	}
	if compacted < 1000 {
		t.Errorf("only %d entries came of a limit: this shows little", compacted)
	}
}

// greedy makes the group an entry that lets in the fewest strangers for each entry it saves, until there are
// few enough. It starts with the groups that were asked for.
func greedy(r proposal.Request, asked []string, left []proposal.Consumer, room int) (groups []string, fits bool) {
	groups = slices.Clone(asked)
	covered := func(groups []string) (entries int) {
		entries = len(groups)
		for _, consumer := range left {
			if !slices.ContainsFunc(groups, func(group string) bool { return strings.HasPrefix(consumer.Path, group+"/") }) {
				entries++
			}
		}
		return entries
	}
	for now := covered(groups); now > room; now = covered(groups) {
		var best []string
		ratio := 0.0
		for candidate := range r.Groups {
			if !r.Wishes.TopLevel && !strings.Contains(candidate, "/") || len(below(left, candidate)) == 0 {
				continue
			}
			with := slices.DeleteFunc(slices.Clone(groups), func(group string) bool { return strings.HasPrefix(group+"/", candidate+"/") })
			with = append(with, candidate)
			if slices.ContainsFunc(groups, func(group string) bool { return strings.HasPrefix(candidate, group+"/") }) {
				continue
			}
			if saved := now - covered(with); saved > 0 {
				price := float64(strangers(r, with, left)-strangers(r, groups, left)) / float64(saved)
				if best == nil || price < ratio || price == ratio && slices.Compare(with, best) < 0 {
					best, ratio = with, price
				}
			}
		}
		if best == nil {
			return groups, false
		}
		groups = best
	}
	return groups, true
}

// A list is never wider than that of somebody who compacts step by step, and fits where theirs does.
func TestProposeIsNeverWiderThanGreedy(t *testing.T) {
	t.Parallel()
	better, same := 0, 0
	for seed := range uint64(4000) {
		r := random(rand.New(rand.NewPCG(seed, 2)), int(seed%29)) //nolint:gosec // cases, not secrets
		r.Existing = nil
		wishes := r.Wishes
		r.Wishes.Max = 2 * proposal.MaxEntries
		var asked []string
		for _, choice := range proposal.Propose(r).Entries {
			if choice.Group {
				asked = append(asked, choice.Path)
			}
		}
		r.Wishes = wishes
		got := proposal.Propose(r)
		var groups []string
		var left []proposal.Consumer
		for _, choice := range got.Entries {
			if choice.Group {
				groups = append(groups, choice.Path)
			}
			left = append(left, choice.Consumers...)
		}
		theirs, fits := greedy(r, asked, left, r.Wishes.Max)
		if fits && got.Unfit > 0 {
			t.Errorf("seed %d: %v fit, and %v do not", seed, theirs, groups)
		}
		mine, steps := strangers(r, groups, left), strangers(r, theirs, left)
		if got.Unfit == 0 && fits && mine > steps {
			t.Errorf("seed %d: %v let in %d, %v let in %d", seed, groups, mine, theirs, steps)
		}
		if mine < steps {
			better++
		} else {
			same++
		}
	}
	t.Logf("better %d times, as good %d times", better, same)
	if better < 20 {
		t.Errorf("better only %d times: this shows little", better)
	}
}

func BenchmarkPropose(b *testing.B) {
	for _, consumers := range []int{10, 500, 5000} {
		b.Run(fmt.Sprint(consumers), func(b *testing.B) {
			r := proposal.Request{Project: "acme/lib", Groups: map[string]proposal.Group{}, Wishes: proposal.Wishes{Max: 200}}
			for i := range consumers {
				r.Log = append(r.Log, proposal.Consumer{Path: fmt.Sprintf("acme/g%d/s%d/p%d", i%40, i%480, i), Last: noon})
			}
			for _, name := range proposal.Groups(r.Log, 2, false) {
				r.Groups[name] = proposal.Group{Projects: 2 * len(below(r.Log, name))}
			}
			b.ReportAllocs()
			for b.Loop() {
				if got := proposal.Propose(r); got.Unfit != 0 {
					b.Fatalf("%d too many", got.Unfit)
				}
			}
		})
	}
}
