// Package clock is the time of the embedded GitLab, which tests and the demo can
// move forward to see what a date does: tokens expire, windows of rate limits end.
package clock

import (
	"errors"
	"math"
	"sync/atomic"
	"time"
)

// The errors of moving a clock.
var (
	ErrBackwards = errors.New("the clock only moves forward")
	ErrTooFar    = errors.New("the clock moves by at most 290 years in all")
)

// Clock is another clock plus an offset that only grows. It may be read and moved
// by several goroutines at once.
type Clock struct {
	base   func() time.Time
	offset atomic.Int64 // nanoseconds
}

// New makes a clock that shows what base shows until it is moved.
func New(base func() time.Time) *Clock { return &Clock{base: base} }

// Now is the time of the clock.
func (c *Clock) Now() time.Time { return c.base().Add(time.Duration(c.offset.Load())) }

// Advance moves the clock forward by a duration. A negative one is ErrBackwards.
func (c *Clock) Advance(d time.Duration) error {
	if d < 0 {
		return ErrBackwards
	}
	for {
		offset := c.offset.Load()
		if int64(d) > limit-offset {
			return ErrTooFar
		}
		if c.offset.CompareAndSwap(offset, offset+int64(d)) {
			return nil
		}
	}
}

// Set moves the clock forward to a time. One that has passed is ErrBackwards.
func (c *Clock) Set(to time.Time) error { return c.Advance(to.Sub(c.Now())) }

// limit keeps the sums of offsets, and what time.Time.Sub saturates at, apart.
const limit = math.MaxInt64 - int64(24*time.Hour)
