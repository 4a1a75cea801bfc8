package coalesce

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

var errWhole = errors.New("too much")

// recorder is a fetch that answers every key with "key@n", n counting the
// fetches of that key, and keeps what it was asked.
type recorder struct {
	mu      sync.Mutex
	batches [][]string
	times   map[string]int
}

func (r *recorder) fetch(_ context.Context, keys []string) (map[string]Outcome[string], error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.times == nil {
		r.times = map[string]int{}
	}
	r.batches = append(r.batches, slices.Clone(keys))
	outcomes := map[string]Outcome[string]{}
	for _, key := range keys {
		r.times[key]++
		outcomes[key] = Outcome[string]{Value: fmt.Sprintf("%s@%d", key, r.times[key])}
	}
	return outcomes, nil
}

func (r *recorder) asked() [][]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.batches)
}

func mustLoad(t *testing.T, l *Loader[string, string], key, want string) {
	t.Helper()
	got, err := l.Load(t.Context(), key)
	if err != nil || got != want {
		t.Errorf("%s: got %q, %v; want %q", key, got, err, want)
	}
}

func TestLoadKeepsValues(t *testing.T) {
	t.Parallel()
	var r recorder
	l := New(Options{MaxBatch: 10}, r.fetch)
	mustLoad(t, l, "a", "a@1")
	mustLoad(t, l, "a", "a@1")
	l.Invalidate("a", "never asked")
	mustLoad(t, l, "a", "a@2")
	l.Prime("a", "primed", time.Now())
	mustLoad(t, l, "a", "primed")
	if n := len(r.asked()); n != 2 {
		t.Errorf("%d fetches, want 2", n)
	}
}

func TestAge(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	var r recorder
	l := New(Options{MaxBatch: 10, Now: func() time.Time { return now }}, r.fetch)
	mustLoad(t, l, "a", "a@1")
	l.Prime("b", "primed", now.Add(-3*time.Second))
	now = now.Add(5 * time.Second)
	if value, age, ok := l.Kept("b"); value != "primed" || age != 8*time.Second || !ok {
		t.Errorf("got %q, %s, %t", value, age, ok)
	}
	if _, _, ok := l.Kept("c"); ok {
		t.Error("what was never asked for is kept")
	}
	l.Expire(5*time.Second, "a", "b", "never asked")
	mustLoad(t, l, "a", "a@1")
	mustLoad(t, l, "b", "b@1")
	now = now.Add(time.Nanosecond)
	l.Expire(5*time.Second, "a", "b")
	mustLoad(t, l, "a", "a@2")
	mustLoad(t, l, "b", "b@1")
}

func TestOldFetchIsNotJoined(t *testing.T) {
	t.Parallel()
	var seconds atomic.Int64
	g := newGate()
	l := New(Options{MaxBatch: 1, Now: func() time.Time { return time.Unix(seconds.Load(), 0) }}, g.fetch)
	before := load(t.Context(), l, "a")
	<-g.begun
	l.Expire(5*time.Second, "a") // young enough
	also := load(t.Context(), l, "a")
	awaitWaiters(t, l, "a", 2)
	seconds.Store(6)
	l.Expire(5*time.Second, "a")
	after := load(t.Context(), l, "a")
	<-g.begun
	awaitWaiters(t, l, "a", 1)
	g.open <- "x"
	g.open <- "x"
	for _, got := range []result{<-before, <-also, <-after} {
		if got != (result{"x", nil}) {
			t.Errorf("got %v", got)
		}
	}
	if _, age, ok := l.Kept("a"); !ok || age != 0 {
		t.Errorf("what was kept is %s old", age)
	}
}

func TestErrorsAreNotKept(t *testing.T) {
	t.Parallel()
	var n atomic.Int32
	l := New(Options{MaxBatch: 1}, func(_ context.Context, keys []string) (map[string]Outcome[int], error) {
		switch n.Add(1) {
		case 1:
			return nil, errWhole
		case 2:
			return map[string]Outcome[int]{keys[0]: {Err: errWhole}}, nil
		case 3:
			return map[string]Outcome[int]{"other": {Value: 7}}, nil
		default:
			return map[string]Outcome[int]{keys[0]: {Value: 4}}, nil
		}
	})
	for i, want := range []error{errWhole, errWhole, ErrMissing, nil, nil} {
		if _, err := l.Load(t.Context(), "a"); !errors.Is(err, want) {
			t.Errorf("load %d: got %v, want %v", i, err, want)
		}
	}
	if n.Load() != 4 {
		t.Errorf("%d fetches, want 4", n.Load())
	}
}

// Who asks while a fetch is under way shares the next one, however slow the machine is.
func TestKeysGatherWhileAFetchIsUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var r recorder
		l := New(Options{MaxBatch: 4, Flights: 2}, slow(r.fetch))
		var callers sync.WaitGroup
		ask := func(keys ...string) {
			for _, key := range keys {
				callers.Go(func() { mustLoad(t, l, key, key+"@1") })
				synctest.Wait()
			}
		}
		wantFlights := func(want ...string) {
			t.Helper()
			if got := r.flights(); !slices.Equal(got, want) {
				t.Errorf("fetched %v, want %v", got, want)
			}
		}
		ask("a") // nothing is under way: at once
		wantFlights("a")
		ask("b", "c", "b", "a", "d")
		wantFlights("a")
		ask("e") // full: it needs not wait
		wantFlights("a", "bcde")
		ask("f", "g", "h", "i", "j") // two are under way, and there is no room for a third
		wantFlights("a", "bcde")
		time.Sleep(flightTime)
		synctest.Wait()
		wantFlights("a", "bcde", "fghi", "j")
		callers.Wait()
		ask("k")
		wantFlights("a", "bcde", "fghi", "j", "k")
		callers.Wait()
	})
}

// Ten callers that ask on and on, as Terraform does by default, need few fetches, and always as many. None of them waits
// for another one's fetch while a second may be under way.
func TestFetchesOfManyCallers(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ callers, flights, want, took int }{
		"ten":   {10, 2, 21, 12},
		"fifty": {50, 2, 5, 4},
		"one":   {1, 2, 100, 100},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var r recorder
				l := New(Options{MaxBatch: 50, Flights: c.flights}, slow(r.fetch))
				begun := time.Now()
				walk(c.callers, 100, func(i int) {
					key := fmt.Sprintf("k%d", i)
					mustLoad(t, l, key, key+"@1")
				})
				if got := len(r.asked()); got != c.want {
					t.Errorf("%d fetches, want %d", got, c.want)
				}
				if took := time.Since(begun); took != time.Duration(c.took)*flightTime {
					t.Errorf("took %s, want that of %d fetches", took, c.took)
				}
			})
		})
	}
}

func TestSingleKeysAreFetchedSideBySide(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var r recorder
		l := New(Options{}, slow(r.fetch))
		begun := time.Now()
		walk(10, 10, func(i int) { _, _ = l.Load(t.Context(), fmt.Sprint(i)) })
		if took := time.Since(begun); took != flightTime || len(r.asked()) != 10 {
			t.Errorf("%d fetches took %s", len(r.asked()), took)
		}
	})
}

// flightTime is how long a slow fetch takes.
const flightTime = 100 * time.Millisecond

func slow(fetch Fetch[string, string]) Fetch[string, string] {
	return func(ctx context.Context, keys []string) (map[string]Outcome[string], error) {
		outcomes, err := fetch(ctx, keys)
		time.Sleep(flightTime)
		return outcomes, err
	}
}

// walk does things in order, so many at once.
func walk(parallelism, count int, do func(int)) {
	due := make(chan int)
	var workers sync.WaitGroup
	for range parallelism {
		workers.Go(func() {
			for i := range due {
				do(i)
			}
		})
	}
	for i := range count {
		due <- i
	}
	close(due)
	workers.Wait()
}

// flights are the keys of each fetch so far, sorted: two may begin at one time.
func (r *recorder) flights() (flights []string) {
	for _, keys := range r.asked() {
		flights = append(flights, strings.Join(keys, ""))
	}
	slices.Sort(flights)
	return flights
}

func TestLoadAll(t *testing.T) {
	t.Parallel()
	var r recorder
	l := New(Options{MaxBatch: 3, Flights: 2}, r.fetch)
	l.Prime("kept", "primed", time.Now())
	got := l.LoadAll(t.Context(), []string{"a", "b", "kept", "c", "a", "d", "e", "f", "g"})
	want := map[string]Outcome[string]{"kept": {Value: "primed"}}
	for _, key := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		want[key] = Outcome[string]{Value: key + "@1"}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
	var sizes []int
	for _, batch := range r.asked() {
		sizes = append(sizes, len(batch))
	}
	if slices.Sort(sizes); !slices.Equal(sizes, []int{1, 3, 3}) {
		t.Errorf("batches of %v", sizes)
	}
	if empty := l.LoadAll(t.Context(), nil); len(empty) != 0 {
		t.Errorf("got %v for no keys", empty)
	}
}

func TestSplit(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		split   func(error) bool
		guilty  []string
		fetches int
		failed  []string
	}{
		"the guilty key stands alone":     {func(err error) bool { return errors.Is(err, errWhole) }, []string{"c"}, 7, []string{"c"}},
		"all are guilty":                  {func(error) bool { return true }, []string{"a", "b", "c", "d", "e", "f", "g", "h"}, 15, []string{"a", "b", "c", "d", "e", "f", "g", "h"}},
		"another error is not split over": {func(error) bool { return false }, []string{"c"}, 1, []string{"a", "b", "c", "d", "e", "f", "g", "h"}},
		"no split":                        {nil, []string{"c"}, 1, []string{"a", "b", "c", "d", "e", "f", "g", "h"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fetches := 0
			var r recorder
			l := New(Options{MaxBatch: 8, Split: c.split}, func(ctx context.Context, keys []string) (map[string]Outcome[string], error) {
				fetches++
				if slices.ContainsFunc(keys, func(key string) bool { return slices.Contains(c.guilty, key) }) {
					return nil, errWhole
				}
				return r.fetch(ctx, keys)
			})
			outcomes := l.LoadAll(t.Context(), strings.Split("abcdefgh", ""))
			var failed []string
			for key, outcome := range outcomes {
				if errors.Is(outcome.Err, errWhole) {
					failed = append(failed, key)
				} else if outcome.Value != key+"@1" {
					t.Errorf("%s: got %+v", key, outcome)
				}
			}
			slices.Sort(failed)
			if fetches != c.fetches || !slices.Equal(failed, c.failed) {
				t.Errorf("%d fetches, failed %v", fetches, failed)
			}
		})
	}
}

// gate is a fetch that waits to be let through, and tells how it ended.
type gate struct {
	begun chan []string
	open  chan string
	ended chan error
}

func newGate() *gate {
	return &gate{begun: make(chan []string, 8), open: make(chan string), ended: make(chan error, 8)}
}

func (g *gate) fetch(ctx context.Context, keys []string) (map[string]Outcome[string], error) {
	g.begun <- slices.Clone(keys)
	select {
	case value := <-g.open:
		outcomes := map[string]Outcome[string]{}
		for _, key := range keys {
			outcomes[key] = Outcome[string]{Value: value}
		}
		g.ended <- nil
		return outcomes, nil
	case <-ctx.Done():
		g.ended <- ctx.Err()
		return nil, ctx.Err()
	}
}

type result struct {
	value string
	err   error
}

func load(ctx context.Context, l *Loader[string, string], key string) <-chan result {
	out := make(chan result, 1)
	go func() {
		value, err := l.Load(ctx, key)
		out <- result{value, err}
	}()
	return out
}

// awaitWaiters returns when n callers wait for the key.
func awaitWaiters(t *testing.T, l *Loader[string, string], key string, n int) {
	t.Helper()
	for range 2000 {
		l.mu.Lock()
		c := l.calls[key]
		waiting := c != nil && c.waiters == n
		l.mu.Unlock()
		if waiting {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("%s never had %d callers", key, n)
}

func TestOneCancelledCallerDoesNotFailOthers(t *testing.T) {
	t.Parallel()
	g := newGate()
	l := New(Options{MaxBatch: 1}, g.fetch)
	first, cancel := context.WithCancel(t.Context())
	one := load(first, l, "a")
	<-g.begun
	two := load(t.Context(), l, "a")
	awaitWaiters(t, l, "a", 2)
	cancel()
	if r := <-one; !errors.Is(r.err, context.Canceled) {
		t.Errorf("the cancelled caller got %v", r)
	}
	g.open <- "v"
	if r := <-two; r != (result{"v", nil}) {
		t.Errorf("the other caller got %v", r)
	}
	mustLoad(t, l, "a", "v")
}

func TestFetchWithoutCallersIsCancelled(t *testing.T) {
	t.Parallel()
	g := newGate()
	l := New(Options{MaxBatch: 2}, g.fetch)
	ctx, cancel := context.WithCancel(t.Context())
	both := make(chan map[string]Outcome[string])
	go func() { both <- l.LoadAll(ctx, []string{"a", "b"}) }()
	<-g.begun
	cancel()
	for key, outcome := range <-both {
		if !errors.Is(outcome.Err, context.Canceled) {
			t.Errorf("%s: got %v", key, outcome)
		}
	}
	if err := <-g.ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the fetch ended with %v", err)
	}
	three := load(t.Context(), l, "a")
	<-g.begun
	g.open <- "new"
	if r := <-three; r != (result{"new", nil}) {
		t.Errorf("who asked after the cancelled fetch got %v", r)
	}
}

func TestCallerLeavesBeforeTheBatchBegins(t *testing.T) {
	t.Parallel()
	g := newGate()
	l := New(Options{MaxBatch: 3}, g.fetch)
	busy := load(t.Context(), l, "busy")
	<-g.begun
	ctx, cancel := context.WithCancel(t.Context())
	gone := load(ctx, l, "gone")
	awaitWaiters(t, l, "gone", 1)
	cancel()
	<-gone
	one, two := load(t.Context(), l, "a"), load(t.Context(), l, "b")
	awaitWaiters(t, l, "a", 1)
	awaitWaiters(t, l, "b", 1)
	g.open <- "v"
	<-busy
	keys := <-g.begun
	slices.Sort(keys)
	if !slices.Equal(keys, []string{"a", "b"}) {
		t.Errorf("fetched %v", keys)
	}
	g.open <- "v"
	<-one
	<-two
}

func TestEndedContext(t *testing.T) {
	t.Parallel()
	var r recorder
	l := New(Options{MaxBatch: 1}, r.fetch)
	l.Prime("kept", "v", time.Now())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Load(ctx, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	got := l.LoadAll(ctx, []string{"a", "kept"})
	if !errors.Is(got["a"].Err, context.Canceled) || got["kept"] != (Outcome[string]{Value: "v"}) {
		t.Errorf("got %v", got)
	}
	if len(r.asked()) != 0 {
		t.Error("something was fetched")
	}
}

func TestInvalidateDuringAFetch(t *testing.T) {
	t.Parallel()
	g := newGate()
	l := New(Options{MaxBatch: 1}, g.fetch)
	before := load(t.Context(), l, "a")
	<-g.begun
	l.Invalidate("a")
	after := load(t.Context(), l, "a")
	<-g.begun
	awaitWaiters(t, l, "a", 1)
	g.open <- "x"
	g.open <- "x"
	if r := <-before; r.err != nil {
		t.Errorf("who asked before got %v", r)
	}
	if r := <-after; r.err != nil {
		t.Errorf("who asked after got %v", r)
	}
}

func TestFetchBegunBeforeAWriteIsNotKept(t *testing.T) {
	t.Parallel()
	writes := map[string]func(*Loader[string, string]){
		"invalidate": func(l *Loader[string, string]) { l.Invalidate("a") },
		"prime":      func(l *Loader[string, string]) { l.Prime("a", "new", time.Now()) },
	}
	for name, write := range writes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGate()
			l := New(Options{MaxBatch: 1}, g.fetch)
			before := load(t.Context(), l, "a")
			<-g.begun
			write(l)
			g.open <- "old"
			if r := <-before; r != (result{"old", nil}) {
				t.Errorf("who asked before got %v", r)
			}
			after := load(t.Context(), l, "a")
			if name == "invalidate" {
				<-g.begun
				g.open <- "new"
			}
			if r := <-after; r != (result{"new", nil}) {
				t.Errorf("who asked after got %v", r)
			}
		})
	}
}

func TestInvalidateBeforeTheBatchBegins(t *testing.T) {
	t.Parallel()
	g := newGate()
	l := New(Options{MaxBatch: 2, Flights: 1}, g.fetch)
	busy := load(t.Context(), l, "busy")
	<-g.begun
	one := load(t.Context(), l, "a")
	awaitWaiters(t, l, "a", 1)
	l.Invalidate("a")
	two := load(t.Context(), l, "a")
	awaitWaiters(t, l, "a", 2)
	g.open <- "v"
	if keys := <-g.begun; !slices.Equal(keys, []string{"a"}) {
		t.Errorf("fetched %v", keys)
	}
	g.open <- "v"
	for _, got := range []result{<-busy, <-one, <-two} {
		if got.err != nil {
			t.Errorf("got %v", got)
		}
	}
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	g := newGate()
	l := New(Options{MaxBatch: 1, Timeout: time.Millisecond}, g.fetch)
	if _, err := l.Load(t.Context(), "a"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestFetchSeesTheCallersValuesButNotItsEnd(t *testing.T) {
	t.Parallel()
	type valueKey struct{}
	l := New(Options{MaxBatch: 1}, func(ctx context.Context, keys []string) (map[string]Outcome[any], error) {
		return map[string]Outcome[any]{keys[0]: {Value: ctx.Value(valueKey{})}}, nil
	})
	got, err := l.Load(context.WithValue(t.Context(), valueKey{}, 7), "a")
	if err != nil || got != 7 {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestFetchThatDoesNotReturn(t *testing.T) {
	t.Parallel()
	t.Run("panic", func(t *testing.T) {
		t.Parallel()
		l := New(Options{MaxBatch: 2}, func(context.Context, []string) (map[string]Outcome[string], error) { panic("boom") })
		for key, outcome := range l.LoadAll(t.Context(), []string{"a", "b"}) {
			var failure *PanicError
			if !errors.As(outcome.Err, &failure) || failure.Value != "boom" || len(failure.Stack) == 0 {
				t.Errorf("%s: got %v", key, outcome.Err)
			}
		}
	})
	t.Run("goexit", func(t *testing.T) {
		t.Parallel()
		l := New(Options{MaxBatch: 1}, func(context.Context, []string) (map[string]Outcome[string], error) {
			runtime.Goexit()
			return nil, nil
		})
		if _, err := l.Load(t.Context(), "a"); !errors.Is(err, errGoexit) {
			t.Errorf("got %v", err)
		}
	})
}

// TestNoCallIsLeft mixes everything, and then looks for what would leak.
func TestNoCallIsLeft(t *testing.T) {
	t.Parallel()
	var fetching atomic.Int32
	l := New(Options{MaxBatch: 4, Flights: 2, Split: func(err error) bool { return errors.Is(err, errWhole) }},
		func(ctx context.Context, keys []int) (map[int]Outcome[int], error) {
			fetching.Add(1)
			defer fetching.Add(-1)
			if len(keys) == 3 {
				return nil, errWhole
			}
			outcomes := map[int]Outcome[int]{}
			for _, key := range keys {
				outcomes[key] = Outcome[int]{Value: key}
			}
			return outcomes, ctx.Err()
		})
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			for j := range 20 {
				key := (i + j*7) % 23
				ctx, cancel := context.WithCancel(t.Context())
				switch (i + j) % 5 {
				case 0:
					time.AfterFunc(50*time.Microsecond, cancel)
				case 1:
					l.Invalidate(key)
				case 2:
					for key, outcome := range l.LoadAll(ctx, []int{key, key + 1, key + 2}) {
						if outcome.Err != nil || outcome.Value != key {
							t.Errorf("%d: got %+v", key, outcome)
						}
					}
				}
				value, err := l.Load(ctx, key)
				if err == nil && value != key || err != nil && !errors.Is(err, context.Canceled) {
					t.Errorf("%d: got %d, %v", key, value, err)
				}
				cancel()
			}
		})
	}
	wg.Wait()
	for range 2000 {
		l.mu.Lock()
		left := len(l.calls)
		l.mu.Unlock()
		if left == 0 && fetching.Load() == 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("calls are left: %v, fetches: %d", l.calls, fetching.Load())
}
