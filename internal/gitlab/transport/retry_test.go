package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

var effectNames = map[Effect]string{Read: "read", Write: "write", Repeatable: "repeatable", Credential: "credential"}

// TestRetriesFollowWhatMayHaveHappened fails every request the same way and
// counts how many arrive, with five retries allowed.
func TestRetriesFollowWhatMayHaveHappened(t *testing.T) {
	t.Parallel()
	type counts struct{ read, write, credential int }
	asText := []string{"Content-Type", "text/html"}
	cases := map[string]struct {
		step http.HandlerFunc
		want counts
		// acted says whether a write (a credential) stays uncertain.
		writeUncertain, credentialUncertain bool
		kind                                apierror.Kind
	}{
		"throttled":              {answer(429, "Retry later", "Content-Type", "text/plain"), counts{6, 6, 6}, false, false, apierror.RateLimited},
		"503 with Retry-After":   {answer(503, "", "Retry-After", "1"), counts{6, 6, 1}, false, true, apierror.Unavailable},
		"503 of a proxy":         {answer(503, "<html>", asText...), counts{6, 1, 1}, true, true, apierror.Unavailable},
		"503 of GitLab":          {answer(503, `{"message":"503 Service Unavailable"}`), counts{2, 1, 1}, true, true, apierror.Unavailable},
		"500":                    {answer(500, `{"message":"500 Internal Server Error"}`), counts{3, 1, 1}, true, true, apierror.Unavailable},
		"502":                    {answer(502, "<html>", asText...), counts{6, 1, 1}, true, true, apierror.Unavailable},
		"504":                    {answer(504, ""), counts{3, 1, 1}, true, true, apierror.Unavailable},
		"Cloudflare's 522":       {answer(522, ""), counts{6, 1, 1}, true, true, apierror.Unavailable},
		"501":                    {answer(501, ""), counts{1, 1, 1}, true, true, apierror.Unsupported},
		"400":                    {answer(400, `{"message":"no"}`), counts{1, 1, 1}, false, false, apierror.Invalid},
		"401":                    {answer(401, `{"message":"401 Unauthorized"}`), counts{1, 1, 1}, false, false, apierror.Unauthenticated},
		"404":                    {answer(404, `{"message":"404 Project Not Found"}`), counts{1, 1, 1}, false, false, apierror.NotFound},
		"409":                    {answer(409, `{"message":"409 Conflict: Resource lock"}`), counts{1, 1, 1}, false, false, apierror.Conflict},
		"cut before the answer":  {cut(""), counts{6, 1, 1}, true, true, apierror.Unavailable},
		"cut within the headers": {cut("HTTP/1.1 200 OK\r\nContent-"), counts{6, 1, 1}, true, true, apierror.Unavailable},
		"cut within the body":    {cut("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"a\""), counts{6, 1, 1}, true, true, apierror.Unavailable},
		"cut without a length":   {cut("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"a\""), counts{6, 1, 1}, true, true, apierror.Unavailable},
		"login page":             {answer(200, "<html><title>Sign in</title>", asText...), counts{1, 1, 1}, false, false, apierror.Misdirected},
	}
	for name, c := range cases {
		for effect, want := range map[Effect]int{Read: c.want.read, Repeatable: c.want.read, Write: c.want.write, Credential: c.want.credential} {
			t.Run(name+"/"+effectNames[effect], func(t *testing.T) {
				t.Parallel()
				s, server := serve(t, repeat(10, c.step)...)
				client, slept := newClient(t, server.URL)
				_, err := send(t, client, http.MethodPost, effect)
				e := asError(t, err)
				if got := len(s.requests()); got != want || len(slept.slept()) != want-1 {
					t.Errorf("%d requests and %d waits, want %d requests", got, len(slept.slept()), want)
				}
				uncertain := map[Effect]bool{Write: c.writeUncertain, Repeatable: c.writeUncertain, Credential: c.credentialUncertain}[effect]
				if e.Kind != c.kind || e.Uncertain != uncertain {
					t.Errorf("got %v, uncertain %v: %v", e.Kind, e.Uncertain, e)
				}
			})
		}
	}
}

func TestRetrySucceeds(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		method string
		effect Effect
		step   http.HandlerFunc
	}{
		"GET is a read":           {http.MethodGet, 0, cut("")},
		"HEAD is a read":          {http.MethodHead, 0, answer(502, "")},
		"POST said to be a read":  {http.MethodPost, Read, cut("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")},
		"POST is a write":         {http.MethodPost, 0, answer(429, "", "Retry-After", "1")},
		"DELETE is a write":       {http.MethodDelete, 0, answer(503, "", "Retry-After", "1")},
		"credential, rate limits": {http.MethodPost, Credential, answer(429, "")},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, server := serve(t, c.step, c.step)
			client, _ := newClient(t, server.URL)
			got, err := send(t, client, c.method, c.effect)
			if err != nil || (got != "{}" && c.method != http.MethodHead) || len(s.requests()) != 3 {
				t.Errorf("got %q, %v after %d requests", got, err, len(s.requests()))
			}
			for i, r := range s.requests() {
				if r.ContentLength != s.requests()[0].ContentLength {
					t.Errorf("try %d had another body", i+1)
				}
			}
		})
	}
}

// TestReusedConnectionThatDies is about what net/http does by itself: it must not
// send a write again on a new connection when a reused one dies without an answer.
func TestReusedConnectionThatDies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method string
		effect Effect
		want   int
	}{
		{http.MethodPost, Read, 3}, {http.MethodPost, Write, 2}, {http.MethodPost, Credential, 2},
		{http.MethodDelete, Write, 2}, {http.MethodPut, Write, 2},
	} {
		t.Run(c.method+"/"+effectNames[c.effect], func(t *testing.T) {
			t.Parallel()
			s, server := serve(t, answer(200, "{}"), cut(""))
			client, _ := newClient(t, server.URL)
			if _, err := send(t, client, http.MethodGet, 0); err != nil {
				t.Fatal(err)
			}
			_, err := send(t, client, c.method, c.effect)
			seen := s.requests()
			if len(seen) != c.want || (err == nil) != (c.effect == Read) {
				t.Errorf("%d requests, want %d: %v", len(seen), c.want, err)
			}
			if seen[0].RemoteAddr != seen[1].RemoteAddr {
				t.Error("the connection was not reused, so this shows nothing")
			}
		})
	}
}

func TestConnectionsNeverMadeAreTriedAgain(t *testing.T) {
	t.Parallel()
	troubles := map[string]error{
		"refused":     &net.OpError{Op: "dial", Err: errors.New("connection refused")},
		"DNS trouble": &net.DNSError{Err: "server misbehaving", IsTemporary: true},
	}
	for name, trouble := range troubles {
		for effect := range effectNames {
			t.Run(name+"/"+effectNames[effect], func(t *testing.T) {
				t.Parallel()
				s, server := serve(t)
				client, slept := newClient(t, server.URL)
				failDials(t, client, 2, trouble)
				if _, err := send(t, client, http.MethodPost, effect); err != nil {
					t.Error(err)
				}
				if len(s.requests()) != 1 || len(slept.slept()) != 2 {
					t.Errorf("%d requests after %d waits", len(s.requests()), len(slept.slept()))
				}
				unlucky, _ := newClient(t, server.URL)
				tried := failDials(t, unlucky, 100, trouble)
				_, err := send(t, unlucky, http.MethodPost, effect)
				if e := asError(t, err); e.Kind != apierror.Unavailable || e.Uncertain || tried.Load() != 6 {
					t.Errorf("%+v after %d tries", e, tried.Load())
				}
			})
		}
	}
}

// failDials makes the next n connections fail and returns how many were tried.
func failDials(t *testing.T, c *Client, n int32, err error) *atomic.Int32 {
	t.Helper()
	inner, ok := c.trip.inner.(*http.Transport)
	if !ok {
		t.Fatalf("%T is no http.Transport", c.trip.inner)
	}
	var tried atomic.Int32
	var dialer net.Dialer
	inner.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if tried.Add(1) <= n {
			return nil, err
		}
		return dialer.DialContext(ctx, network, address)
	}
	return &tried
}

func TestWhatStaysWrongIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	t.Run("no such host", func(t *testing.T) {
		t.Parallel()
		_, server := serve(t)
		client, _ := newClient(t, server.URL)
		tried := failDials(t, client, 100, &net.DNSError{Err: "no such host", IsNotFound: true})
		_, err := send(t, client, http.MethodGet, 0)
		if e := asError(t, err); e.Kind != apierror.Invalid || tried.Load() != 1 {
			t.Errorf("%v after %d tries", e, tried.Load())
		}
	})
	t.Run("unknown authority", func(t *testing.T) {
		t.Parallel()
		server := newTLSServer(t, &script{})
		client, slept := newClient(t, server.URL)
		_, err := send(t, client, http.MethodPost, Write)
		if e := asError(t, err); e.Kind != apierror.Invalid || e.Uncertain || len(slept.slept()) != 0 || !strings.Contains(e.Note, "certificate") || e.Words != "" {
			t.Errorf("%+v after %d waits", e, len(slept.slept()))
		}
	})
	t.Run("https to a plain port", func(t *testing.T) {
		t.Parallel()
		_, server := serve(t)
		client, slept := newClient(t, strings.Replace(server.URL, "http:", "https:", 1))
		_, err := send(t, client, http.MethodGet, 0)
		if e := asError(t, err); e.Kind != apierror.Invalid || len(slept.slept()) != 0 {
			t.Errorf("%v after %d waits", e, len(slept.slept()))
		}
	})
	t.Run("too large", func(t *testing.T) {
		t.Parallel()
		s, server := serve(t, answer(200, `"`+strings.Repeat("a", 100)+`"`))
		client, _ := newClient(t, server.URL)
		client.trip.maxBody = 50
		_, err := send(t, client, http.MethodGet, 0)
		if e := asError(t, err); e.Kind != apierror.Limit || len(s.requests()) != 1 {
			t.Errorf("%v after %d requests", e, len(s.requests()))
		}
	})
}

func TestNetHTTPCannotRepeatACredential(t *testing.T) {
	t.Parallel()
	client, _ := newClient(t, "https://gitlab.example.com")
	for effect := range effectNames {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, client.BaseURL(), strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		out := client.trip.dress(t.Context(), req, []byte("{}"), effect)
		if got := out.GetBody != nil; got != (effect != Credential) || out.ContentLength != 2 {
			t.Errorf("%s: can be repeated: %v", effectNames[effect], got)
		}
	}
}

func TestTimeoutOfOneTry(t *testing.T) {
	t.Parallel()
	for effect, want := range map[Effect]int{Read: 3, Repeatable: 3, Write: 1, Credential: 1} {
		t.Run(effectNames[effect], func(t *testing.T) {
			t.Parallel()
			s, server := serve(t, repeat(10, hang)...)
			client, _ := newClient(t, server.URL, func(c *Config) { c.RequestTimeout = 300 * time.Millisecond })
			_, err := send(t, client, http.MethodPost, effect)
			e := asError(t, err)
			if len(s.requests()) != want || e.Kind != apierror.Unavailable || e.Uncertain != (effect != Read) {
				t.Errorf("%+v after %d requests", e, len(s.requests()))
			}
			if errors.Is(err, context.DeadlineExceeded) || !strings.Contains(e.Note, "300ms") || e.Words != "" {
				t.Errorf("taken for the caller's deadline: %v", err)
			}
		})
	}
}

func TestCallersContextEndsEverything(t *testing.T) {
	t.Parallel()
	t.Run("before", func(t *testing.T) {
		t.Parallel()
		s, server := serve(t)
		client, _ := newClient(t, server.URL)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := sendIn(ctx, t, client, http.MethodPost)
		if e := asError(t, err); !errors.Is(err, context.Canceled) || e.Uncertain || len(s.requests()) != 0 {
			t.Errorf("%+v after %d requests", e, len(s.requests()))
		}
	})
	t.Run("not a write in flight", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		_, server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			cancel()
			time.Sleep(10 * time.Millisecond)
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, "{}")
		})
		client, _ := newClient(t, server.URL)
		if _, err := sendIn(ctx, t, client, http.MethodPost); err != nil {
			t.Errorf("the answer is lost: %v", err)
		}
	})
	t.Run("a read in flight", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		s, server := serve(t, func(_ http.ResponseWriter, r *http.Request) {
			cancel()
			<-r.Context().Done()
		})
		client, _ := newClient(t, server.URL)
		_, err := sendIn(ctx, t, client, http.MethodGet)
		if e := asError(t, err); !errors.Is(err, context.Canceled) || e.Uncertain || len(s.requests()) != 1 {
			t.Errorf("%+v after %d requests", e, len(s.requests()))
		}
	})
	t.Run("ended when the answer comes", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		s, server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			cancel()
			w.Header().Set("Retry-After", "60")
			w.WriteHeader(http.StatusTooManyRequests)
		})
		client, _ := newClient(t, server.URL)
		_, err := sendIn(ctx, t, client, http.MethodPost)
		if e := asError(t, err); !errors.Is(err, context.Canceled) || e.Kind != apierror.RateLimited || len(s.requests()) != 1 {
			t.Errorf("%+v after %d requests", e, len(s.requests()))
		}
	})
	t.Run("while waiting", func(t *testing.T) {
		t.Parallel()
		s, server := serve(t, repeat(3, answer(429, "Retry later", "Content-Type", "text/plain", "Retry-After", "60"))...)
		client, _ := newClient(t, server.URL)
		ctx, cancel := context.WithCancel(t.Context())
		client.trip.sleep = func(ctx context.Context, d time.Duration) error {
			cancel()
			return sleep(ctx, d)
		}
		_, err := sendIn(ctx, t, client, http.MethodPost)
		e := asError(t, err)
		if !errors.Is(err, context.Canceled) || e.Kind != apierror.RateLimited || len(s.requests()) > 1 {
			t.Errorf("%+v after %d requests", e, len(s.requests()))
		}
	})
	t.Run("a wait that would outlast it is not begun", func(t *testing.T) {
		t.Parallel()
		_, server := serve(t, answer(429, "", "Retry-After", "60"))
		client, slept := newClient(t, server.URL)
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		_, err := sendIn(ctx, t, client, http.MethodPost)
		if e := asError(t, err); e.Kind != apierror.RateLimited || e.RetryAfter != time.Minute || len(slept.slept()) != 0 {
			t.Errorf("%+v after waits of %v", e, slept.slept())
		}
	})
}

func TestWaitsThatAreAskedFor(t *testing.T) {
	t.Parallel()
	now := time.Now()
	in := func(d time.Duration) string { return fmt.Sprint(now.Add(d).Unix()) }
	date := now.UTC().Format(http.TimeFormat)
	cases := map[string]struct {
		status int
		pairs  []string
		want   time.Duration // 0: none was asked for
		gaveUp time.Duration
	}{
		"seconds":               {429, []string{"Retry-After", "7"}, 7 * time.Second, 0},
		"date":                  {503, []string{"Retry-After", now.UTC().Add(9 * time.Second).Format(http.TimeFormat), "Date", date}, 9 * time.Second, 0},
		"reset":                 {429, []string{"RateLimit-Reset", in(30 * time.Second), "Date", date}, 30 * time.Second, 0},
		"reset in seconds":      {429, []string{"RateLimit-Reset", "12"}, 12 * time.Second, 0},
		"Retry-After goes over": {429, []string{"RateLimit-Reset", in(60 * time.Second), "Retry-After", "3", "Date", date}, 3 * time.Second, 0},
		"just short enough":     {429, []string{"Retry-After", "120"}, 2 * time.Minute, 0},
		"too long":              {429, []string{"Retry-After", "121"}, 0, 121 * time.Second},
		"reset is too far":      {429, []string{"RateLimit-Reset", in(time.Hour), "Date", date}, 0, time.Hour},
		"nothing":               {429, nil, 0, 0},
		"nonsense":              {503, []string{"Retry-After", "soon"}, 0, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, server := serve(t, answer(c.status, "", c.pairs...))
			client, slept := newClient(t, server.URL)
			_, err := send(t, client, http.MethodPost, Write)
			if c.gaveUp != 0 {
				if e := asError(t, err); e.RetryAfter != c.gaveUp || len(slept.slept()) != 0 {
					t.Errorf("%+v after waits of %v", e, slept.slept())
				}
				return
			}
			if err != nil || len(slept.slept()) != 1 {
				t.Fatalf("%v after waits of %v", err, slept.slept())
			}
			if got := slept.slept()[0]; got < c.want || got > c.want+defaultRetryWait {
				t.Errorf("waited %v, want %v", got, c.want)
			}
		})
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	const base = 250 * time.Millisecond
	for n, most := range map[int]time.Duration{1: base, 2: 2 * base, 4: 8 * base, 6: 32 * base, 7: 10 * time.Second, 60: 10 * time.Second} {
		for range 50 {
			if got := backoff(base, n); got < most/2 || got > most {
				t.Fatalf("wait %d is %v, want up to %v", n, got, most)
			}
		}
	}
	if got := backoff(1, 1); got < 0 || got > 1 {
		t.Errorf("got %v", got)
	}
}

func TestRetriesCanBeSwitchedOff(t *testing.T) {
	t.Parallel()
	s, server := serve(t, answer(502, ""))
	client, _ := newClient(t, server.URL, func(c *Config) { c.MaxRetries = -1 })
	if _, err := send(t, client, http.MethodGet, 0); err == nil || len(s.requests()) != 1 {
		t.Errorf("%v after %d requests", err, len(s.requests()))
	}
}

// TestUncertaintyStays has a limit met inside a mutation, after which one before it
// in the same document is done, and then another refusal.
func TestUncertaintyStays(t *testing.T) {
	t.Parallel()
	_, server := serve(t, answer(429, `{"errors":[{"message":"too many"}]}`), answer(403, `{"message":"403 Forbidden"}`))
	client, _ := newClient(t, server.URL)
	_, err := client.GraphQL(t.Context(), "Add", "mutation Add { a }", nil, Write, nil)
	if e := asError(t, err); e.Kind != apierror.Forbidden || !e.Uncertain {
		t.Errorf("got %+v", e)
	}
}

func newTLSServer(t *testing.T, handler http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.EnableHTTP2 = true
	server.Config.ErrorLog = silent
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}
