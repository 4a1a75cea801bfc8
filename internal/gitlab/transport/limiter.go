package transport

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// limiter bounds how many requests are under way and slows their start down
// when GitLab says that few are left. What it books for a request ends with the
// window that GitLab counts in, and is void once GitLab says that plenty is left.
type limiter struct {
	slots chan struct{}
	now   func() time.Time
	sleep func(ctx context.Context, d time.Duration, void <-chan struct{}) (voided bool, err error)

	mu sync.Mutex
	// next is the earliest start of the next request, spacing what follows between two.
	next    time.Time
	spacing time.Duration
	// until is when GitLab's count starts anew.
	until time.Time
	// void is closed when what is booked is void, and replaced.
	void chan struct{}
}

func newLimiter(concurrent int) *limiter {
	return &limiter{slots: make(chan struct{}, concurrent), now: time.Now, sleep: sleepUnlessVoid, void: make(chan struct{})}
}

// acquire waits for a turn and returns how to give it back. Those who wait for a
// slot have nothing booked: they go by what GitLab has said by then.
func (l *limiter) acquire(ctx context.Context) (release func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case l.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	release = func() { <-l.slots }
	for {
		wait, void := l.turn()
		if wait <= 0 {
			return release, nil
		}
		voided, err := l.sleep(ctx, wait, void)
		switch {
		case err != nil:
			release()
			return nil, err
		case !voided:
			return release, nil
		}
	}
}

// turn books the next start, and gives the wait until then and what makes it void.
func (l *limiter) turn() (time.Duration, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if !now.Before(l.until) {
		l.spacing = 0
	}
	at := l.next
	if at.After(l.until) {
		at = l.until
	}
	if at.Before(now) {
		at = now
	}
	l.next = at.Add(l.spacing)
	return at.Sub(now), l.void
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
	l.spacing, l.until = rate.spacing(), now.Add(rate.reset)
	switch {
	case l.spacing == 0:
		l.next = now
		close(l.void)
		l.void = make(chan struct{})
	case rate.remaining == 0 && rate.reset <= maxAskedWait:
		l.next = l.until
	}
}

// sleepUnlessVoid is [sleep], broken off where what is waited for is void.
func sleepUnlessVoid(ctx context.Context, d time.Duration, void <-chan struct{}) (voided bool, err error) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return false, nil
	case <-void:
		return true, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// sleep waits for d, or for the end of ctx, whose error it then returns.
func sleep(ctx context.Context, d time.Duration) error {
	_, err := sleepUnlessVoid(ctx, d, nil)
	return err
}
