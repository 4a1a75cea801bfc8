package clock_test

import (
	"errors"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/clock"
)

func TestMoves(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		move func(*clock.Clock) error
		err  error
		want time.Time
	}{
		"stands":             {func(*clock.Clock) error { return nil }, nil, start},
		"by days":            {func(c *clock.Clock) error { return c.Advance(48 * time.Hour) }, nil, start.Add(48 * time.Hour)},
		"by nothing":         {func(c *clock.Clock) error { return c.Advance(0) }, nil, start},
		"to a time":          {func(c *clock.Clock) error { return c.Set(start.AddDate(1, 0, 0)) }, nil, start.AddDate(1, 0, 0)},
		"back by a second":   {func(c *clock.Clock) error { return c.Advance(-time.Second) }, clock.ErrBackwards, start},
		"back to a time":     {func(c *clock.Clock) error { return c.Set(start.Add(-time.Second)) }, clock.ErrBackwards, start},
		"to the end of time": {func(c *clock.Clock) error { return c.Set(start.AddDate(5000, 0, 0)) }, clock.ErrTooFar, start},
		"twice too far": {func(c *clock.Clock) error {
			return errors.Join(c.Advance(math.MaxInt64/2), c.Advance(math.MaxInt64/2))
		}, clock.ErrTooFar, start.Add(math.MaxInt64 / 2)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			moved := clock.New(func() time.Time { return start })
			if err := c.move(moved); !errors.Is(err, c.err) {
				t.Errorf("error %v, want %v", err, c.err)
			}
			if got := moved.Now(); !got.Equal(c.want) {
				t.Errorf("now %v, want %v", got, c.want)
			}
		})
	}
}

func TestMovesAtOnce(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	moved := clock.New(func() time.Time { return start })
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			before := moved.Now()
			if err := moved.Advance(time.Minute); err != nil {
				t.Error(err)
			}
			if !moved.Now().After(before) {
				t.Error("the clock did not move")
			}
		})
	}
	group.Wait()
	if got, want := moved.Now(), start.Add(50*time.Minute); !got.Equal(want) {
		t.Errorf("now %v, want %v", got, want)
	}
}
