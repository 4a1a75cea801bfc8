package transport

import (
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// sameClock is the difference below which two clocks count as one: a Date header
// is whole seconds, and was written some time before it arrives.
const sameClock = 2 * time.Second

// clock tells GitLab's time: this machine's, corrected by what GitLab's answers say.
type clock struct {
	now   func() time.Time
	begun time.Time
	// offset is how far GitLab is ahead, in nanoseconds.
	offset atomic.Int64
}

func newClock(now func() time.Time) *clock { return &clock{now: now, begun: now()} }

// local goes by the monotonic clock: setting this machine's clock does not move it.
func (c *clock) local() time.Time { return c.begun.Add(c.now().Sub(c.begun)).Round(0) }

// observe learns from an answer that has just arrived. One from a cache tells the
// time when the cache was filled.
func (c *clock) observe(header http.Header) {
	if age := strings.TrimSpace(header.Get("Age")); age != "" && age != "0" {
		return
	}
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return
	}
	offset := date.Sub(c.local())
	if offset.Abs() < sameClock {
		offset = 0
	}
	c.offset.Store(int64(offset))
}

// Now is GitLab's time in UTC, as the Date of its latest answer tells it, within
// two seconds. Before the first answer, and where no answer has a readable Date,
// it is this machine's.
func (c *Client) Now() time.Time {
	return c.trip.clock.local().Add(time.Duration(c.trip.clock.offset.Load())).UTC()
}
