package coalesce

import (
	"context"
	"time"
)

// Queue gathers what is to be done, as a [Loader] gathers keys. Each item is done
// once and has its own outcome; nothing is shared and nothing kept.
//
// Callers who have just got their outcome are likely to come with the next item. So
// what waits then is not begun until as many have come, or half the time has passed
// that they were away: without that the first of them would go alone each time.
type Queue[T, R any] struct{ loader *Loader[*T, R] }

// maxDone bounds what is done at a time, in case it would never return.
const maxDone = time.Hour

// NewQueue makes a queue over what does many items at once. Batches are bounded by
// the sum of what their items weigh; one that weighs more goes alone. What Split
// says of an error must hold only where nothing was done.
//
// Items whose callers have gone are not begun. Once they are begun each caller waits
// for the outcome, and the context ends when all of them have gone.
func NewQueue[T, R any](o Options, weight func(*T) int, do Fetch[*T, R]) *Queue[T, R] {
	o.once = true
	if o.Timeout <= 0 {
		o.Timeout = maxDone
	}
	l := New(o, do)
	l.weight = weight
	return &Queue[T, R]{l}
}

// Do has an item done, and waits for what comes of it.
func (q *Queue[T, R]) Do(ctx context.Context, item T) (R, error) { return q.loader.Load(ctx, &item) }

// returning are callers who are likely to ask again.
type returning[K comparable, V any] struct {
	count int
	until time.Time
	timer *time.Timer
}

// awaited tells whether a batch waits for more.
func (r *returning[K, V]) awaited(b *batch[K, V]) bool {
	return len(b.calls) < r.count && time.Now().Before(r.until)
}

// awaitReturn has what waits wait for those whose batch has returned. The lock is held.
func (l *Loader[K, V]) awaitReturn(b *batch[K, V]) {
	r := &l.returning
	r.count = b.waiters
	for _, waiting := range l.waiting {
		r.count += len(waiting.calls)
	}
	half := time.Since(b.left) / 2
	r.until = time.Now().Add(half)
	if r.timer != nil {
		r.timer.Stop()
	}
	r.timer = time.AfterFunc(half, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.depart()
	})
}
