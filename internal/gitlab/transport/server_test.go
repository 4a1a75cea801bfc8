package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

const testToken = "glpat-hunter2-hunter2-01"

// script is a server that answers each request by the next step, and by 200 "{}"
// when none is left.
type script struct {
	mu    sync.Mutex
	steps []http.HandlerFunc
	seen  []*http.Request
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	s.mu.Lock()
	s.seen = append(s.seen, r)
	step := answer(http.StatusOK, "{}")
	if len(s.steps) > 0 {
		step, s.steps = s.steps[0], s.steps[1:]
	}
	s.mu.Unlock()
	step(w, r)
}

func (s *script) requests() []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*http.Request(nil), s.seen...)
}

// answer writes a status and a body; pairs are headers.
func answer(status int, body string, pairs ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i < len(pairs); i += 2 {
			w.Header().Set(pairs[i], pairs[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// cut closes the connection when the request has been read, after having
// written what is given.
func cut(written string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = io.WriteString(conn, written)
		_ = conn.Close()
	}
}

// hang answers nothing until the client goes away.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func repeat(n int, step http.HandlerFunc) []http.HandlerFunc {
	steps := make([]http.HandlerFunc, n)
	for i := range steps {
		steps[i] = step
	}
	return steps
}

// waits records what a client would have slept.
type waits struct {
	mu  sync.Mutex
	all []time.Duration
}

func (w *waits) sleep(ctx context.Context, d time.Duration) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, d)
	return ctx.Err()
}

func (w *waits) sleepUnlessVoid(ctx context.Context, d time.Duration, _ <-chan struct{}) (bool, error) {
	return false, w.sleep(ctx, d)
}

func (w *waits) slept() []time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]time.Duration(nil), w.all...)
}

func serve(t *testing.T, steps ...http.HandlerFunc) (*script, *httptest.Server) {
	t.Helper()
	s := &script{steps: steps}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, server
}

// newClient makes a client that does not really wait.
func newClient(t *testing.T, base string, changes ...func(*Config)) (*Client, *waits) {
	t.Helper()
	config := Config{BaseURL: base, Token: testToken, RequestTimeout: 5 * time.Second}
	for _, change := range changes {
		change(&config)
	}
	c, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	w := &waits{}
	c.trip.sleep = w.sleep
	c.trip.limiter.sleep = w.sleepUnlessVoid
	t.Cleanup(c.http.CloseIdleConnections)
	return c, w
}

// send makes a request of an effect, and returns the body of its answer.
func send(t *testing.T, c *Client, method string, effect Effect) (string, error) {
	t.Helper()
	ctx := t.Context()
	if effect != 0 {
		ctx = WithEffect(ctx, effect)
	}
	return sendIn(ctx, t, c, method)
}

func sendIn(ctx context.Context, t *testing.T, c *Client, method string) (string, error) {
	t.Helper()
	var body io.Reader
	if method != http.MethodGet && method != http.MethodHead && method != http.MethodDelete {
		body = strings.NewReader(`{"name":"x"}`)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.BaseURL()+"/api/v4/projects/acme%2Fapp?search=hunter2", body)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return "", Wrap(err)
	}
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(resp.Body)
	return string(got), err
}

func asError(t *testing.T, err error) *apierror.Error {
	t.Helper()
	var e *apierror.Error
	if !errors.As(err, &e) {
		t.Fatalf("%v (%T) is no apierror.Error", err, err)
	}
	return e
}
