package delivery

import (
	"bytes"
	"context"
	"sync"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/turns"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
)

// touched are the variables that were written or deleted in this walk. They let one resource at a time at each: one
// that was given another name is destroyed and made side by side, and the new one must not write between the
// old one's look at the value and the deletion.
type touched struct {
	turns turns.Turns[Place]

	mu sync.Mutex
	// writers are the keys of the resources that wrote last.
	writers map[Place][]byte
}

// turn is one resource's time at a variable, which ends with done.
type turn struct {
	all   *touched
	place Place
	done  func()
}

// take waits for a variable's turn, or for the end of ctx.
func take(ctx context.Context, s *session.Session, place Place) (turn, error) {
	all := session.Shared[touched](s)
	done, err := all.turns.Take(ctx, place)
	return turn{all, place, done}, err
}

// others tells whether another resource wrote last, which a hidden value does not show.
func (t turn) others(key []byte) bool {
	t.all.mu.Lock()
	defer t.all.mu.Unlock()
	writer := t.all.writers[t.place]
	return writer != nil && !bytes.Equal(writer, key)
}

// wrote notes who wrote; nil is nobody.
func (t turn) wrote(key []byte) {
	t.all.mu.Lock()
	defer t.all.mu.Unlock()
	if t.all.writers == nil {
		t.all.writers = map[Place][]byte{}
	}
	t.all.writers[t.place] = key
}
