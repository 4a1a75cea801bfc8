package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"time"
)

const (
	// defaultMaxBody bounds an answer, in bytes, after it was unpacked: GitLab's largest are a third of that.
	defaultMaxBody = 16 << 20
	// maxHeader bounds an answer's headers.
	maxHeader = 1 << 20
)

var (
	errTooLarge = errors.New("the answer is larger than 16 MiB")
	errCut      = errors.New("the answer ended before it was complete")
)

// attemptTimeout is the error of one attempt that took too long. It is not
// context.DeadlineExceeded, which is left to mean the caller's own deadline.
type attemptTimeout struct{ after time.Duration }

func (e attemptTimeout) Error() string { return fmt.Sprintf("no complete answer within %s", e.after) }

// Timeout reports true, as a net.Error's would.
func (attemptTimeout) Timeout() bool { return true }

// attempt is one request on the wire and what became of it.
type attempt struct {
	number    int
	operation string

	// network is why there is no complete answer; nil if there is one.
	network error
	// sent says that a connection was there, so that GitLab may have seen something.
	sent bool
	// timedOut says that the time for one attempt ran out.
	timedOut bool

	response *http.Response
	status   int
	header   http.Header
	body     []byte
	took     time.Duration
}

func (t *roundTripper) try(req *http.Request, body []byte, effect Effect, number int) *attempt {
	a := &attempt{number: number, operation: operationOf(req.Context())}
	limit := attemptTimeout{after: t.config.RequestTimeout}
	caller, release := unbroken(req.Context(), effect)
	defer release()
	ctx, cancel := context.WithTimeout(caller, limit.after)
	defer cancel()

	// A connection that net/http got and lost without writing is tried again by
	// itself; that no connection was got at all is the only proof seen from here.
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})

	started := time.Now()
	a.response, a.network = t.inner.RoundTrip(t.dress(ctx, req, body, effect)) //nolint:bodyclose // by readBody
	if a.network == nil {
		a.status, a.header = a.response.StatusCode, a.response.Header
		t.clock.observe(a.header)
		a.body, a.network = readBody(a.response, req.Method, t.maxBody)
	}
	a.took = time.Since(started)
	a.sent = connected.Load()
	if a.network != nil && ctx.Err() != nil {
		if a.network = caller.Err(); a.network == nil {
			a.network, a.timedOut = limit, true
		}
	}
	return a
}

// unbroken keeps a request that may change something from being broken off by an interrupt: its answer
// would be lost. A deadline holds all the same.
func unbroken(ctx context.Context, effect Effect) (context.Context, context.CancelFunc) {
	if effect == Read {
		return ctx, func() {}
	}
	free := context.WithoutCancel(ctx)
	if end, ok := ctx.Deadline(); ok {
		return context.WithDeadline(free, end)
	}
	return free, func() {}
}

// dress returns the request as it goes out: with the token and the configured
// headers, which the caller's request never holds.
func (t *roundTripper) dress(ctx context.Context, req *http.Request, body []byte, effect Effect) *http.Request {
	out := req.Clone(ctx)
	out.Body, out.GetBody, out.ContentLength = nil, nil, int64(len(body))
	if body != nil {
		out.Body = io.NopCloser(bytes.NewReader(body))
	}
	// With GetBody net/http itself sends a request again: one that was never written,
	// but over HTTP/2 also one that the peer broke off with PROTOCOL_ERROR.
	if body != nil && effect != Credential {
		out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	}
	for name, values := range t.headers {
		out.Header[name] = values
	}
	out.Header.Set("User-Agent", t.config.UserAgent)
	out.Header.Set("Private-Token", t.token)
	return out
}

// readBody reads an answer to its end, so that one cut short is known here and
// the connection can be used again.
func readBody(resp *http.Response, method string, most int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	if closeErr := resp.Body.Close(); err == nil {
		err = closeErr
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, fmt.Errorf("%w: %w", errCut, err)
	case err != nil:
		return nil, err
	case int64(len(body)) > most:
		return nil, errTooLarge
	case isCutJSON(resp, method, body):
		return nil, errCut
	}
	return body, nil
}

// isCutJSON finds what a missing Content-Length hides: an answer that should be
// JSON and does not end.
func isCutJSON(resp *http.Response, method string, body []byte) bool {
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusCreated {
		return false
	}
	return method != http.MethodHead && isJSON(resp.Header) && len(bytes.TrimSpace(body)) > 0 && !json.Valid(body)
}

func isJSON(header http.Header) bool {
	return strings.Contains(strings.ToLower(header.Get("Content-Type")), "json")
}
