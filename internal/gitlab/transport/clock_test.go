package transport

import (
	"net/http"
	"sync"
	"testing"
	"time"
)

// machine is a clock that a test sets and lets run.
type machine struct {
	mu  sync.Mutex
	now time.Time
}

func (m *machine) read() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

func (m *machine) pass(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = m.now.Add(d)
}

var noon = time.Date(2026, 6, 30, 12, 0, 0, 0, time.UTC)

func dated(at time.Time, pairs ...string) http.Header {
	header := http.Header{"Date": {at.Format(http.TimeFormat)}}
	for i := 0; i < len(pairs); i += 2 {
		header.Set(pairs[i], pairs[i+1])
	}
	return header
}

func TestNow(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		answers []http.Header
		want    time.Time
	}{
		"no answer":                 {nil, noon},
		"the same time":             {[]http.Header{dated(noon)}, noon},
		"a second behind":           {[]http.Header{dated(noon.Add(-time.Second))}, noon},
		"a second ahead":            {[]http.Header{dated(noon.Add(time.Second))}, noon},
		"two seconds ahead":         {[]http.Header{dated(noon.Add(2 * time.Second))}, noon.Add(2 * time.Second)},
		"an hour behind":            {[]http.Header{dated(noon.Add(-time.Hour))}, noon.Add(-time.Hour)},
		"the latest counts":         {[]http.Header{dated(noon.Add(time.Hour)), dated(noon.Add(2 * time.Hour))}, noon.Add(2 * time.Hour)},
		"right again":               {[]http.Header{dated(noon.Add(time.Hour)), dated(noon)}, noon},
		"no date":                   {[]http.Header{dated(noon.Add(time.Hour)), {}}, noon.Add(time.Hour)},
		"no date at all":            {[]http.Header{{}}, noon},
		"a date that is none":       {[]http.Header{{"Date": {"tomorrow"}}}, noon},
		"from a cache":              {[]http.Header{dated(noon.Add(-time.Hour), "Age", "3600")}, noon},
		"through an empty cache":    {[]http.Header{dated(noon.Add(-time.Hour), "Age", "0")}, noon.Add(-time.Hour)},
		"a year ahead, as in tests": {[]http.Header{dated(noon.AddDate(1, 0, 0))}, noon.AddDate(1, 0, 0)},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, _ := newClient(t, "http://127.0.0.1:1")
			m := &machine{now: noon}
			client.trip.clock = newClock(m.read)
			for _, header := range c.answers {
				client.trip.clock.observe(header)
			}
			if got := client.Now(); !got.Equal(c.want) || got.Location() != time.UTC {
				t.Errorf("it is %s, want %s", got, c.want)
			}
			m.pass(90 * time.Second)
			if got := client.Now(); !got.Equal(c.want.Add(90 * time.Second)) {
				t.Errorf("90 s later it is %s, want %s", got, c.want.Add(90*time.Second))
			}
		})
	}
}

func TestNowFollowsEveryAnswer(t *testing.T) {
	t.Parallel()
	ahead := time.Now().Add(time.Hour)
	for name, status := range map[string]int{"an answer": 200, "a refusal": 403, "a failure": 500} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, server := serve(t, answer(status, "{}", "Date", ahead.UTC().Format(http.TimeFormat)))
			client, _ := newClient(t, server.URL, func(c *Config) { c.MaxRetries = -1 })
			var all sync.WaitGroup
			for range 4 {
				all.Go(func() { _ = client.Now() })
			}
			if _, err := send(t, client, http.MethodGet, 0); (err != nil) != (status >= 400) {
				t.Fatal(err)
			}
			all.Wait()
			if off := client.Now().Sub(ahead).Abs(); off > time.Minute {
				t.Errorf("off by %s", off)
			}
		})
	}
}
