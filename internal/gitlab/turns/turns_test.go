package turns_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/turns"
)

// A turn keeps a second caller out until the first is done, for one key alone, and no longer than the
// second one waits.
func TestTake(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var all turns.Turns[string]
		first, err := all.Take(t.Context(), "one")
		if err != nil {
			t.Fatal(err)
		}
		other, err := all.Take(t.Context(), "two")
		if err != nil {
			t.Fatal(err)
		}
		other()

		impatient, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		if _, err := all.Take(impatient, "one"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("who waits no longer gets %v", err)
		}

		entered := make(chan func())
		go func() {
			done, _ := all.Take(context.WithoutCancel(t.Context()), "one")
			entered <- done
		}()
		synctest.Wait() // until nobody can go on by himself
		select {
		case <-entered:
			t.Fatal("two are in")
		default:
		}
		first()
		(<-entered)()
	})
}
