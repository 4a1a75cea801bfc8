package coalesce

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// done is what a queue of a test does, slowly: each text becomes "text!". Items that hold "bad" fail
// with all that is done beside them.
type done struct {
	mu      sync.Mutex
	batches [][]string
}

func (d *done) do(ctx context.Context, items []*string) (map[*string]Outcome[string], error) {
	var texts []string
	outcomes := map[*string]Outcome[string]{}
	for _, item := range items {
		texts = append(texts, *item)
		outcomes[item] = Outcome[string]{Value: *item + "!"}
	}
	slices.Sort(texts)
	d.mu.Lock()
	d.batches = append(d.batches, texts)
	d.mu.Unlock()
	time.Sleep(flightTime)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case slices.Contains(texts, "bad"):
		return nil, errWhole
	}
	return outcomes, nil
}

func queueOf(d *done) *Queue[string, string] {
	return NewQueue(Options{MaxBatch: 4, Flights: 2, Split: func(err error) bool { return errors.Is(err, errWhole) }},
		func(text *string) int { return len(*text) }, d.do)
}

func TestQueueDoesEachItemOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var d done
		q := queueOf(&d)
		var all sync.WaitGroup
		for _, text := range []string{"a", "bb", "bb", "c", "dddd", "e", "too heavy"} {
			all.Go(func() {
				if got, err := q.Do(t.Context(), text); err != nil || got != text+"!" {
					t.Errorf("%s: got %q, %v", text, got, err)
				}
			})
			synctest.Wait()
		}
		all.Wait()
		slices.SortFunc(d.batches, slices.Compare) // two may begin at one time
		got := fmt.Sprint(d.batches)
		if want := "[[a] [bb bb] [c] [dddd] [e] [too heavy]]"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if left := len(q.loader.calls) + len(q.loader.kept); left != 0 {
			t.Errorf("%d items are kept", left)
		}
	})
}

func TestQueueTellsTheGuilty(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := queueOf(new(done))
		var all sync.WaitGroup
		for _, text := range []string{"x", "a", "bad"} {
			all.Go(func() {
				if _, err := q.Do(t.Context(), text); (err != nil) != (text == "bad") {
					t.Errorf("%s: got %v", text, err)
				}
			})
			synctest.Wait()
		}
		all.Wait()
	})
}

// What has begun has an outcome, which its callers wait for; what has not begun is left out.
func TestQueueThatIsInterrupted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var d done
		q := queueOf(&d)
		interrupted, interrupt := context.WithCancel(t.Context())
		var all sync.WaitGroup
		ask := func(ctx context.Context, text string, want error) {
			all.Go(func() {
				if _, err := q.Do(ctx, text); !errors.Is(err, want) {
					t.Errorf("%s: got %v, want %v", text, err, want)
				}
			})
			synctest.Wait()
		}
		begun := time.Now()
		ask(interrupted, "a", context.Canceled) // alone in its flight, which ends with its context
		ask(interrupted, "b", context.Canceled)
		ask(t.Context(), "c", nil)
		interrupt()
		synctest.Wait()
		q.loader.mu.Lock()
		if len(q.loader.waiting) != 1 || len(q.loader.waiting[0].calls) != 1 {
			t.Error("what was not begun is not left out")
		}
		q.loader.mu.Unlock()
		all.Wait()
		if took := time.Since(begun); took != 2*flightTime || fmt.Sprint(d.batches) != "[[a] [c]]" {
			t.Errorf("did %v in %s", d.batches, took)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		q := queueOf(new(done))
		busy, interrupted := make(chan error, 1), make(chan error, 1)
		ctx, interrupt := context.WithCancel(t.Context())
		go func() { _, err := q.Do(t.Context(), "busy"); busy <- err }()
		synctest.Wait()
		for _, caller := range []context.Context{t.Context(), ctx} {
			go func() { _, err := q.Do(caller, "a"); interrupted <- err }()
			synctest.Wait()
		}
		time.Sleep(flightTime)
		if err := <-busy; err != nil {
			t.Error(err)
		}
		time.Sleep(flightTime / 2) // for as long the next ones wait for more
		synctest.Wait()
		interrupt() // the other caller of the flight has not gone
		for range 2 {
			if err := <-interrupted; err != nil {
				t.Error(err)
			}
		}
	})
}

// Callers that come again and again go together each time, also where each takes some time in between.
func TestQueueWaitsForThoseWhoComeAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		callers int
		pause   time.Duration
		want    int
	}{
		"at once":           {10, 0, 12},
		"a little later":    {10, flightTime / 5, 12},
		"one":               {1, 0, 100},
		"one, and no hurry": {1, flightTime, 100},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var d done
				q := NewQueue(Options{MaxBatch: 20, Flights: 2}, func(*string) int { return 1 }, d.do)
				begun := time.Now()
				walk(c.callers, 100, func(i int) {
					if _, err := q.Do(t.Context(), fmt.Sprint(i)); err != nil {
						t.Error(err)
					}
					time.Sleep(c.pause * time.Duration(i%c.callers+1) / time.Duration(c.callers))
				})
				if len(d.batches) > c.want {
					t.Errorf("%d batches, want at most %d", len(d.batches), c.want)
				}
				if took, most := time.Since(begun), time.Duration(c.want)*(flightTime+c.pause); took > most {
					t.Errorf("took %s, want at most %s", took, most)
				}
			})
		})
	}
}

func TestUpdateKeepsTheAge(t *testing.T) {
	t.Parallel()
	g := newGate()
	now := time.Unix(1000, 0)
	l := New(Options{Now: func() time.Time { return now }}, g.fetch)
	l.Prime("a", "first", now.Add(-time.Second))
	l.Update("a", func(have string) string { return have + ", changed" })
	l.Update("b", func(string) string { t.Error("nothing is kept"); return "" })
	if value, age, _ := l.Kept("a"); value != "first, changed" || age != time.Second {
		t.Errorf("got %q, %s", value, age)
	}
	if old := l.Old(500 * time.Millisecond); len(old) != 1 || len(l.Old(time.Second)) != 0 {
		t.Errorf("got %v", old)
	}
	before := load(t.Context(), l, "b")
	<-g.begun
	l.Update("b", func(have string) string { return have + ", changed" })
	g.open <- "as it was before"
	if got := <-before; got.value != "as it was before, changed" {
		t.Errorf("what was read before the change is %q", got.value)
	}
	mustLoad(t, l, "b", "as it was before, changed")
}
