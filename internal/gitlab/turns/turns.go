// Package turns lets one caller at a time in.
package turns

import (
	"context"
	"sync"
)

// Turns has one for each key. The zero value is ready for use; it lives in what its callers share.
type Turns[K comparable] struct {
	mu   sync.Mutex
	busy map[K]chan struct{}
}

// Take waits for the key's turn, which ends by calling done, or for the end of ctx.
func (t *Turns[K]) Take(ctx context.Context, key K) (done func(), err error) {
	for {
		t.mu.Lock()
		other, taken := t.busy[key]
		if !taken {
			mine := make(chan struct{})
			if t.busy == nil {
				t.busy = map[K]chan struct{}{}
			}
			t.busy[key] = mine
			t.mu.Unlock()
			return func() {
				t.mu.Lock()
				defer t.mu.Unlock()
				delete(t.busy, key)
				close(mine)
			}, nil
		}
		t.mu.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
