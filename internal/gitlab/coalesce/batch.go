package coalesce

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"
)

// call is one key's place in one fetch. Its mutable fields belong to the loader's lock.
type call[K comparable, V any] struct {
	key     K
	batch   *batch[K, V]
	waiters int
	// changes are made to what the fetch says.
	changes []func(V) V
	// done is closed when outcome is set.
	done    chan struct{}
	outcome Outcome[V]
}

// batch is what is fetched together. Its mutable fields belong to the loader's lock.
type batch[K comparable, V any] struct {
	// parent gives the fetch its values; its end does not end the fetch.
	parent context.Context //nolint:containedctx // the first caller's, for the time of one batch
	calls  []*call[K, V]
	weight int
	begun  bool
	// at is when it was begun, by the loader's clock and by ours.
	at, left time.Time
	// waiters counts the callers of all calls; at none the fetch is cancelled.
	waiters int
	cancel  context.CancelFunc
}

// join adds a caller to the key's call, opening one in a batch that waits where
// there is none. The lock is held.
func (l *Loader[K, V]) join(ctx context.Context, key K) *call[K, V] {
	c := l.calls[key]
	if c == nil {
		c = l.open(ctx, key)
	}
	c.waiters++
	c.batch.waiters++
	if l.answered > 0 {
		l.answered--
		l.complete = l.answered == 0
	}
	return c
}

func (l *Loader[K, V]) open(ctx context.Context, key K) *call[K, V] {
	weight := 1
	if l.weight != nil {
		weight = l.weight(key)
	}
	if len(l.waiting) == 0 || l.waiting[len(l.waiting)-1].weight+weight > l.options.MaxBatch {
		l.waiting = append(l.waiting, &batch[K, V]{parent: ctx})
	}
	b := l.waiting[len(l.waiting)-1]
	b.weight += weight
	c := &call[K, V]{key: key, batch: b, done: make(chan struct{})}
	b.calls = append(b.calls, c)
	l.calls[key] = c
	return c
}

// depart lets those batches leave that need not wait for a fetch to return. The
// lock is held.
func (l *Loader[K, V]) depart() {
	for len(l.waiting) > 0 {
		bounded := l.options.Flights > 0 && l.flying >= l.options.Flights
		full := l.waiting[0].weight >= l.options.MaxBatch || len(l.waiting) > 1 || l.complete && !l.options.once
		if l.flying > 0 && (bounded || !full) || !full && l.returning.awaited(l.waiting[0]) {
			return
		}
		l.dispatch()
	}
}

// dispatch begins the fetch of the batch that has waited longest. The lock is held.
func (l *Loader[K, V]) dispatch() {
	b := l.waiting[0]
	l.waiting = l.waiting[1:]
	l.flying++
	l.complete = false
	b.begun, b.at, b.left = true, l.options.Now(), time.Now()
	ctx, cancel := context.WithCancel(context.WithoutCancel(b.parent))
	b.cancel = cancel
	keys := make([]K, len(b.calls))
	for i, c := range b.calls {
		keys[i] = c.key
	}
	go l.run(ctx, cancel, b, keys)
}

// landed notes that a fetch has returned, and lets the next batch leave. The lock
// is held.
func (l *Loader[K, V]) landed(b *batch[K, V]) {
	l.flying--
	l.answered += b.waiters
	if l.options.once {
		l.awaitReturn(b)
	} else if len(l.waiting) > 0 {
		l.dispatch()
	}
	l.depart()
}

func (l *Loader[K, V]) run(ctx context.Context, cancel context.CancelFunc, b *batch[K, V], keys []K) {
	defer cancel()
	outcomes := l.fetchSplitting(ctx, keys)
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range b.calls {
		outcome, ok := outcomes[c.key]
		if !ok {
			outcome.Err = fmt.Errorf("%w: %v", ErrMissing, c.key)
		}
		if outcome.Err == nil {
			for _, change := range c.changes {
				outcome.Value = change(outcome.Value)
			}
		}
		c.outcome = outcome
		if l.calls[c.key] == c {
			delete(l.calls, c.key)
			if outcome.Err == nil && !l.options.once {
				l.kept[c.key] = kept[V]{outcome.Value, b.at}
			}
		}
		close(c.done)
	}
	l.landed(b)
}

// fetchSplitting fetches keys; where the whole fails in a way that Split accepts,
// it fetches both halves one after the other, since the server has just said that
// it has too much to do.
func (l *Loader[K, V]) fetchSplitting(ctx context.Context, keys []K) map[K]Outcome[V] {
	outcomes, err := l.fetchOnce(ctx, keys)
	if err == nil {
		return outcomes
	}
	if len(keys) > 1 && ctx.Err() == nil && l.options.Split != nil && l.options.Split(err) {
		all := make(map[K]Outcome[V], len(keys))
		half := len(keys) / 2
		for _, part := range [][]K{keys[:half], keys[half:]} {
			for key, outcome := range l.fetchSplitting(ctx, part) {
				all[key] = outcome
			}
		}
		return all
	}
	all := make(map[K]Outcome[V], len(keys))
	for _, key := range keys {
		all[key] = Outcome[V]{Err: err}
	}
	return all
}

// PanicError is what callers get when a fetch panics.
type PanicError struct {
	// Value is what the fetch panicked with, Stack where.
	Value any
	Stack []byte
}

// Error repeats the panic's value; the stack is left to who wants it.
func (e *PanicError) Error() string { return fmt.Sprintf("coalesce: fetch panicked: %v", e.Value) }

var errGoexit = errors.New("coalesce: fetch ended its goroutine")

func (l *Loader[K, V]) fetchOnce(ctx context.Context, keys []K) (outcomes map[K]Outcome[V], err error) {
	ctx, cancel := context.WithTimeout(ctx, l.options.Timeout)
	defer cancel()
	returned := make(chan struct{})
	go func() {
		defer close(returned)
		// Holds unless the fetch returns or panics: runtime.Goexit, as of a test's FailNow.
		err = errGoexit
		defer func() {
			if value := recover(); value != nil {
				err = &PanicError{Value: value, Stack: debug.Stack()}
			}
		}()
		got, failed := l.fetch(ctx, keys)
		outcomes, err = got, failed
	}()
	<-returned
	return outcomes, err
}

// wait waits for a call until ctx ends.
func (l *Loader[K, V]) wait(ctx context.Context, c *call[K, V]) (V, error) {
	select {
	case <-c.done:
		return c.outcome.Value, c.outcome.Err
	case <-ctx.Done():
		if l.leave(c) {
			<-c.done
			return c.outcome.Value, c.outcome.Err
		}
		var none V
		return none, ctx.Err()
	}
}

// leave takes a caller off its call. A call without callers is taken out of a
// batch that still waits, and a fetch without callers is cancelled; who asks next
// must not join it. It tells whether the outcome has to be waited for all the same.
func (l *Loader[K, V]) leave(c *call[K, V]) (stay bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c.waiters--
	b := c.batch
	b.waiters--
	switch {
	case b.begun && l.options.once:
		if b.waiters == 0 {
			b.cancel()
		}
		return true
	case b.begun && b.waiters == 0:
		b.cancel()
		for _, abandoned := range b.calls {
			l.forget(abandoned)
		}
	case !b.begun && c.waiters == 0:
		l.forget(c)
		l.drop(c)
		if len(b.calls) == 0 {
			l.waiting = slices.DeleteFunc(l.waiting, func(other *batch[K, V]) bool { return other == b })
		}
	}
	return false
}

func (l *Loader[K, V]) drop(c *call[K, V]) {
	b := c.batch
	b.weight--
	if l.weight != nil {
		b.weight -= l.weight(c.key) - 1
	}
	b.calls = slices.DeleteFunc(b.calls, func(other *call[K, V]) bool { return other == c })
}

// detach makes the next caller of a key start a new call. The lock is held.
func (l *Loader[K, V]) detach(key K) {
	if c := l.calls[key]; c != nil && c.batch.begun {
		l.forget(c)
	}
}

func (l *Loader[K, V]) forget(c *call[K, V]) {
	if l.calls[c.key] == c {
		delete(l.calls, c.key)
	}
}
