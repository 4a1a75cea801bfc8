// Package coalesce turns many calls for single keys into few calls for many:
// callers of one key share a fetch, keys asked for while a fetch is under way
// share the next one, and a value is kept until it is invalidated.
package coalesce

import (
	"context"
	"errors"
	"sync"
	"time"
)

// ErrMissing is the error of a key that a fetch said nothing about.
var ErrMissing = errors.New("coalesce: no outcome for key")

const defaultTimeout = 2 * time.Minute

// Options shape how keys are gathered and fetched.
type Options struct {
	// MaxBatch is the most keys of one fetch. Below 1 it is 1.
	MaxBatch int
	// Flights is how many fetches are under way at most. Below 1 there is no bound.
	Flights int
	// Timeout bounds one fetch. Default 2 minutes.
	Timeout time.Duration
	// Now is the clock by which values grow old; nil means time.Now.
	Now func() time.Time
	// Split says of a whole-batch error that the batch is to be halved and fetched
	// again, down to single keys. Nil means never.
	Split func(error) bool

	// once marks fetches that are no fetches: see [Queue].
	once bool
}

// Outcome is what a fetch learned about one key: a value or an error.
type Outcome[V any] struct {
	Value V
	Err   error
}

// Fetch gets many keys at once. An error beside the map is the error of every
// key. It must return soon after ctx ends.
type Fetch[K comparable, V any] func(ctx context.Context, keys []K) (map[K]Outcome[V], error)

// kept is a value and the time when what it says was asked for.
type kept[V any] struct {
	value V
	at    time.Time
}

// Loader gathers, shares and keeps. Keys gather while a fetch is under way: a batch
// leaves when one returns, when it is full, when all whom a fetch has answered have
// asked again, or at once when none is under way. So what is asked for in one fetch
// hangs on who asks when, and on no clock.
//
// It is safe for use by many goroutines. All callers of a key get the same value,
// which they must not change.
type Loader[K comparable, V any] struct {
	options Options
	fetch   Fetch[K, V]

	mu sync.Mutex
	// kept holds values; errors are never kept.
	kept map[K]kept[V]
	// calls holds, per key, the call that a new caller joins.
	calls map[K]*call[K, V]
	// waiting are the batches that have not left yet; who asks joins the last.
	waiting []*batch[K, V]
	// flying counts the fetches under way.
	flying int
	// answered counts the callers whom fetches have answered and who have not asked again. Complete means that the last
	// of them has: waiting for another fetch would gather nobody else.
	answered int
	complete bool
	// weight is how much of a batch a key takes; nil means 1.
	weight func(K) int
	// returning are the callers of what has just returned.
	returning returning[K, V]
}

// New makes a loader over a fetch.
func New[K comparable, V any](o Options, fetch Fetch[K, V]) *Loader[K, V] {
	o.MaxBatch = max(o.MaxBatch, 1)
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Loader[K, V]{options: o, fetch: fetch, kept: map[K]kept[V]{}, calls: map[K]*call[K, V]{}}
}

// Load returns the kept value of a key, or waits for a fetch of it until ctx ends.
func (l *Loader[K, V]) Load(ctx context.Context, key K) (V, error) {
	l.mu.Lock()
	if have, ok := l.kept[key]; ok {
		l.mu.Unlock()
		return have.value, nil
	}
	if err := ctx.Err(); err != nil {
		l.mu.Unlock()
		var none V
		return none, err
	}
	c := l.join(ctx, key)
	l.depart()
	l.mu.Unlock()
	return l.wait(ctx, c)
}

// LoadAll asks for all keys at once. Every key, repeated ones too, has exactly one
// outcome.
func (l *Loader[K, V]) LoadAll(ctx context.Context, keys []K) map[K]Outcome[V] {
	outcomes := make(map[K]Outcome[V], len(keys))
	joined := make(map[K]*call[K, V])
	l.mu.Lock()
	for _, key := range keys {
		if have, ok := l.kept[key]; ok {
			outcomes[key] = Outcome[V]{Value: have.value}
		} else if err := ctx.Err(); err != nil {
			outcomes[key] = Outcome[V]{Err: err}
		} else if joined[key] == nil {
			joined[key] = l.join(ctx, key)
		}
	}
	l.depart()
	l.mu.Unlock()
	for key, c := range joined {
		value, err := l.wait(ctx, c)
		outcomes[key] = Outcome[V]{Value: value, Err: err}
	}
	return outcomes
}

// Invalidate drops what is kept of keys and bumps their generation: a fetch begun
// before answers those who asked before, is not kept, and is not joined any more.
func (l *Loader[K, V]) Invalidate(keys ...K) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, key := range keys {
		delete(l.kept, key)
		l.detach(key)
	}
}

// Expire drops what is kept of keys and was asked for longer than age ago. A fetch
// begun that long ago is not joined any more, and not kept.
func (l *Loader[K, V]) Expire(age time.Duration, keys ...K) {
	l.mu.Lock()
	defer l.mu.Unlock()
	limit := l.options.Now().Add(-age)
	for _, key := range keys {
		if have, ok := l.kept[key]; ok && have.at.Before(limit) {
			delete(l.kept, key)
		}
		if c := l.calls[key]; c != nil && c.batch.begun && c.batch.at.Before(limit) {
			l.forget(c)
		}
	}
}

// Kept is the kept value of a key and its age, if there is one. It fetches nothing.
func (l *Loader[K, V]) Kept(key K) (value V, age time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	have, ok := l.kept[key]
	if !ok {
		return value, 0, false
	}
	return have.value, l.options.Now().Sub(have.at), true
}

// Prime keeps a value that was learned elsewhere, by asking at a time. A fetch
// begun before does not overwrite it, and answers only those who asked before.
func (l *Loader[K, V]) Prime(key K, value V, asked time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.detach(key)
	l.kept[key] = kept[V]{value, asked}
}

// Update changes what is kept of a key, if anything is; its age stays. What a fetch
// that has begun says is changed too: it may have come too early or just in time, so
// the change must be one that can be made twice.
func (l *Loader[K, V]) Update(key K, change func(V) V) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c := l.calls[key]; c != nil && c.batch.begun {
		c.changes = append(c.changes, change)
	}
	if have, ok := l.kept[key]; ok {
		l.kept[key] = kept[V]{change(have.value), have.at}
	}
}

// Old are the values that are kept and were asked for longer than age ago.
func (l *Loader[K, V]) Old(age time.Duration) (values []V) {
	l.mu.Lock()
	defer l.mu.Unlock()
	limit := l.options.Now().Add(-age)
	for _, have := range l.kept {
		if have.at.Before(limit) {
			values = append(values, have.value)
		}
	}
	return values
}
