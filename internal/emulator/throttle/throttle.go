// Package throttle limits requests a minute as GitLab's rack-level throttles
// do: a fixed window on the clock, plain text at 429, RateLimit headers on
// every answer.
package throttle

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

const period = 60 // seconds

// Throttle counts requests by caller. Without a limit it lets everything pass
// and, like a default GitLab, sends no headers.
type Throttle struct {
	limit int
	now   func() time.Time
	json  bool

	mu     sync.Mutex
	window int64
	counts map[string]int
}

// New makes a throttle of so many requests a minute and caller; 0 is no limit.
// With asJSON it answers as GitLab's application rate limits do.
func New(limit int, now func() time.Time, asJSON bool) *Throttle {
	return &Throttle{limit: limit, now: now, json: asJSON, counts: map[string]int{}}
}

// Allow counts a request and writes its headers; when there were too many it
// writes the whole answer and says false.
func (t *Throttle) Allow(w http.ResponseWriter, caller string, authenticated bool) bool {
	if t.limit == 0 {
		return true
	}
	now := t.now().Unix()
	observed := t.count(caller, now/period)
	reset := (now/period + 1) * period
	name := "throttle_unauthenticated_api"
	if authenticated {
		name = "throttle_authenticated_api"
	}
	header := w.Header()
	header.Set("RateLimit-Name", name)
	header.Set("RateLimit-Limit", strconv.Itoa(t.limit))
	header.Set("RateLimit-Observed", strconv.Itoa(observed))
	header.Set("RateLimit-Remaining", strconv.Itoa(max(0, t.limit-observed)))
	header.Set("RateLimit-Reset", strconv.FormatInt(reset, 10))
	if observed <= t.limit {
		return true
	}
	if t.json {
		header.Set("Retry-After", strconv.Itoa(period))
		header.Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = w.Write([]byte(`{"message":{"error":"This endpoint has been requested too many times. Try again later."}}`)) // the client may be gone
		return false
	}
	header.Set("RateLimit-ResetTime", time.Unix(reset, 0).UTC().Format(http.TimeFormat))
	header.Set("Retry-After", strconv.FormatInt(reset-now, 10))
	header.Set("Content-Type", "text/plain")
	w.WriteHeader(http.StatusTooManyRequests)
	_, _ = w.Write([]byte("Retry later\n")) // the client may be gone
	return false
}

func (t *Throttle) count(caller string, window int64) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if window != t.window {
		t.window = window
		clear(t.counts)
	}
	t.counts[caller]++
	return t.counts[caller]
}
