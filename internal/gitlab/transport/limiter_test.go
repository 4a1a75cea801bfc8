package transport

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func rateHeaders(limit, remaining, reset any) http.Header {
	h := http.Header{}
	h.Set("RateLimit-Limit", fmt.Sprint(limit))
	h.Set("RateLimit-Remaining", fmt.Sprint(remaining))
	h.Set("RateLimit-Reset", fmt.Sprint(reset))
	return h
}

// still is a limiter whose clock stands still and whose sleeps are recorded.
func still(concurrent int, now time.Time) (*limiter, *waits) {
	w := &waits{}
	l := newLimiter(concurrent)
	l.now = func() time.Time { return now }
	l.sleep = w.sleepUnlessVoid
	return l, w
}

func TestLimiterSlowsDownWhenLittleIsLeft(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	in := func(d time.Duration) int64 { return now.Add(d).Unix() }
	cases := map[string]struct {
		header http.Header
		want   []time.Duration // the waits of three requests
	}{
		"no headers":           {http.Header{}, nil},
		"plenty is left":       {rateHeaders(100, 11, in(time.Minute)), nil},
		"a tenth is left":      {rateHeaders(100, 10, in(11*time.Second)), []time.Duration{time.Second, 2 * time.Second}},
		"the pause is bounded": {rateHeaders(100, 1, in(time.Hour)), []time.Duration{maxSpacing, 2 * maxSpacing}},
		"nothing is left":      {rateHeaders(100, 0, in(time.Second)), []time.Duration{time.Second, time.Second, time.Second}},
		"nothing for an hour":  {rateHeaders(100, 0, in(time.Hour)), []time.Duration{maxSpacing, 2 * maxSpacing}},
		"the reset has passed": {rateHeaders(100, 0, in(-time.Minute)), nil},
		"nonsense":             {rateHeaders("a", "b", "c"), nil},
		"no limit":             {rateHeaders(0, 0, in(time.Minute)), nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, slept := still(3, now)
			l.observe(c.header)
			for range 3 {
				if _, err := l.acquire(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if got := slept.slept(); fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("waited %v, want %v", got, c.want)
			}
		})
	}
}

// A burst waits no longer than until GitLab's count starts anew.
func TestBookingsEndWithTheWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(100)
		begun := time.Now()
		l.observe(rateHeaders(10, 1, 3)) // one and a half seconds between two
		waits := make([]time.Duration, 30)
		var burst sync.WaitGroup
		for i := range waits {
			burst.Go(func() {
				if _, err := l.acquire(t.Context()); err != nil {
					t.Error(err)
				}
				waits[i] = time.Since(begun)
			})
		}
		burst.Wait()
		slices.Sort(waits)
		if waits[0] != 0 || waits[1] != 1500*time.Millisecond || waits[2] != 3*time.Second || waits[29] != 3*time.Second {
			t.Errorf("waited %v", waits)
		}
		if wait, _ := l.turn(); wait != 0 {
			t.Errorf("in the next window a request waits %v", wait)
		}
	})
}

// What was booked while few were left is void when GitLab says that plenty is left.
func TestBookingsAreVoidWhenPlentyIsLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(2)
		begun := time.Now()
		l.observe(rateHeaders(100, 0, 60))
		var burst sync.WaitGroup
		for range 5 {
			burst.Go(func() {
				release, err := l.acquire(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				defer release()
				if waited := time.Since(begun); waited != time.Second {
					t.Errorf("waited %v", waited)
				}
			})
		}
		time.Sleep(time.Second)
		l.observe(rateHeaders(100, 90, 60))
		burst.Wait()
	})
}

// Who waits for a slot goes by what was said last, not when it came.
func TestNothingIsBookedWithoutASlot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(1)
		release, err := l.acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		begun, waited := time.Now(), make(chan time.Duration)
		go func() {
			if _, err := l.acquire(t.Context()); err != nil {
				t.Error(err)
			}
			waited <- time.Since(begun)
		}()
		synctest.Wait()
		l.observe(rateHeaders(100, 0, 7))
		release()
		if got := <-waited; got != 7*time.Second {
			t.Errorf("waited %v", got)
		}
	})
}

func TestLimiterEndsWithItsContext(t *testing.T) {
	t.Parallel()
	l := newLimiter(1)
	release, err := l.acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(time.Millisecond, cancel)
	if _, err := l.acquire(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	release()
	if _, err := l.acquire(t.Context()); err != nil {
		t.Errorf("the turn was not given back: %v", err)
	}
}

func TestMaxConcurrent(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	under, most := 0, 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		count := func(change int) {
			mu.Lock()
			defer mu.Unlock()
			under += change
			most = max(most, under)
		}
		count(1)
		defer count(-1)
		time.Sleep(2 * time.Millisecond)
		for name, values := range rateHeaders(10_000, 9_000, 60) {
			w.Header()[name] = values
		}
		answer(200, "{}")(w, r)
	}))
	t.Cleanup(server.Close)
	client, _ := newClient(t, server.URL, func(c *Config) { c.MaxConcurrent = 3 })
	var wg sync.WaitGroup
	for range 24 {
		wg.Go(func() {
			if _, err := send(t, client, http.MethodGet, 0); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	mu.Lock()
	defer mu.Unlock()
	if most != 3 {
		t.Errorf("%d requests at once, want 3", most)
	}
}

func FuzzRateLimitHeaders(f *testing.F) {
	f.Add("600", "0", "1700000060", "60", "Tue, 14 Nov 2023 22:13:20 GMT", 429)
	f.Add("600", "599", "30", "", "", 200)
	f.Add("-1", "9223372036854775807", "9223372036854775807", "-5", "x", 503)
	f.Add("1", "1", "0", "1e300", "Thu, 01 Jan 1970 00:00:00 GMT", 429)
	f.Add(" 5 ", "+3", "NaN", "Inf", "", 429)
	f.Fuzz(func(t *testing.T, limit, remaining, reset, retryAfter, date string, status int) {
		now := time.Unix(1_700_000_000, 0)
		h := rateHeaders(limit, remaining, reset)
		h.Set("Retry-After", retryAfter)
		h.Set("Date", date)
		if rate, ok := parseRateLimit(h, now); ok {
			if rate.limit <= 0 || rate.remaining < 0 || rate.remaining > rate.limit || rate.reset < 0 {
				t.Errorf("got %+v", rate)
			}
			if s := rate.spacing(); s < 0 || s > maxSpacing {
				t.Errorf("spacing %v of %+v", s, rate)
			}
		}
		if wait, ok := askedWait(status, h, now); wait < 0 || (!ok && wait != 0) {
			t.Errorf("asked to wait %v, %v", wait, ok)
		}
		l, _ := still(1, now)
		l.observe(h)
		if wait, _ := l.turn(); wait < 0 || wait > maxAskedWait {
			t.Errorf("the next request waits %v", wait)
		}
	})
}
