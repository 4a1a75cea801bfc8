package transport

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// limiter bounds how many requests are under way and slows their start down
// when GitLab says that few are left.
type limiter struct {
	slots chan struct{}
	now   func() time.Time
	sleep func(context.Context, time.Duration) error

	mu sync.Mutex
	// next is the earliest start of the next request, spacing what follows between two.
	next    time.Time
	spacing time.Duration
}

func newLimiter(concurrent int) *limiter {
	return &limiter{slots: make(chan struct{}, concurrent), now: time.Now, sleep: sleep}
}

// acquire waits for a turn and returns how to give it back.
func (l *limiter) acquire(ctx context.Context) (release func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if wait := l.turn(); wait > 0 {
		if err := l.sleep(ctx, wait); err != nil {
			return nil, err
		}
	}
	select {
	case l.slots <- struct{}{}:
		return func() { <-l.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *limiter) turn() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if l.next.Before(now) {
		l.next = now
	}
	wait := l.next.Sub(now)
	l.next = l.next.Add(l.spacing)
	return wait
}

// observe learns from an answer's headers.
func (l *limiter) observe(header http.Header) {
	now := l.now()
	rate, ok := parseRateLimit(header, now)
	if !ok {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.spacing = rate.spacing()
	if rate.remaining == 0 && rate.reset <= maxAskedWait {
		if until := now.Add(rate.reset); until.After(l.next) {
			l.next = until
		}
	}
}

// sleep waits for d, or for the end of ctx, whose error it then returns.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
