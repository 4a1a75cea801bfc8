package delivery

import (
	"bytes"
	"sync"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
)

// turns has one for each variable that was written or deleted in this walk, by [Place].
type turns struct{ held sync.Map }

// turn lets one resource at a time at a variable. One that was given another name is destroyed and made
// side by side: the new one must not write between the old one's look at the value and the deletion.
type turn struct {
	mu sync.Mutex
	// writer is the key of the resource that wrote last.
	writer []byte
}

// take waits for a variable's turn, which ends with [turn.done].
func take(s *session.Session, place Place) *turn {
	held, _ := session.Shared[turns](s).held.LoadOrStore(place, &turn{})
	t, _ := held.(*turn) // nothing else is stored
	t.mu.Lock()
	return t
}

func (t *turn) done() { t.mu.Unlock() }

// others tells whether another resource wrote last, which a hidden value does not show.
func (t *turn) others(key []byte) bool { return t.writer != nil && !bytes.Equal(t.writer, key) }
