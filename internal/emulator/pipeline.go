package emulator

import (
	"bytes"
	"cmp"
	"context"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/authn"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/cost"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/graphqlapi"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rest"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// unknownRoute is counted for requests no route takes.
const unknownRoute = "(unknown)"

// handle takes a request through everything between the socket and the APIs:
// counting, throttling, faults, and the time it takes.
func (s *Server) handle(w http.ResponseWriter, r *http.Request) {
	s.date(w)
	if strings.HasPrefix(r.URL.Path, controlPrefix) {
		s.control(w, r)
		return
	}
	w.Header().Set("X-Request-Id", newRequestID())
	route, operations := s.identify(r)
	s.traffic.Add(r.Method, route, operations)
	if !s.admit(w, r) {
		return
	}
	r, then := s.meet(w, r, s.faults.Hit(r.Method, route, operations))
	if then.answered {
		return
	}
	response := s.execute(r)
	sleep(r.Context(), then.wait)
	s.date(w)
	switch {
	case then.cut:
		panic(http.ErrAbortHandler)
	case then.half:
		response.sendHalf(w)
	}
	response.send(w)
}

// identify names the route and the GraphQL operations of a request.
func (s *Server) identify(r *http.Request) (route string, operations []string) {
	if graphqlapi.Serves(r.URL.Path) {
		return graphqlapi.Path, s.graphql.Operations(r)
	}
	return cmp.Or(s.rest.Template(r), s.git.Template(r), unknownRoute), nil
}

// admit throttles the APIs by user, or by address for the anonymous.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) bool {
	if !strings.HasPrefix(r.URL.Path, "/api") {
		return true
	}
	caller, _, _ := net.SplitHostPort(r.RemoteAddr)
	authenticated := false
	s.store.Read(func(st *store.State) {
		if c, failed := authn.Caller(st, authn.Secret(r)); failed == authn.None && c.SignedIn() {
			caller, authenticated = strconv.FormatInt(c.ID(), 10), true
		}
	})
	return s.throttle.Allow(w, caller, authenticated)
}

// execute lets the API answer and takes the time the options ask for.
func (s *Server) execute(r *http.Request) *bufferedResponse {
	ctx, meter := cost.WithMeter(r.Context())
	response := &bufferedResponse{header: http.Header{}}
	s.dispatch(response, r.WithContext(ctx))
	reading := meter.Duration(s.options.CostPerProject, s.options.CostPerEntry)
	if timeout := s.options.StatementTimeout; graphqlapi.Serves(r.URL.Path) && reading > timeout {
		reading, response = timeout, &bufferedResponse{header: http.Header{}}
		graphqlapi.TimedOut(response)
	}
	sleep(ctx, s.options.Latency+reading)
	return response
}

func (s *Server) dispatch(w http.ResponseWriter, r *http.Request) {
	s.noteUse(r)
	switch {
	case graphqlapi.Serves(r.URL.Path):
		s.graphql.ServeHTTP(w, r)
	case strings.HasPrefix(r.URL.Path, rest.Prefix+"/"):
		s.rest.ServeHTTP(w, r)
	case s.git.Template(r) != "":
		s.git.ServeHTTP(w, r)
	default:
		http.Error(w, "The page could not be found or you don't have permission to view it.", http.StatusNotFound)
	}
}

func sleep(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// bufferedResponse keeps an answer until it may be sent.
type bufferedResponse struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header is part of http.ResponseWriter.
func (b *bufferedResponse) Header() http.Header { return b.header }

// WriteHeader is part of http.ResponseWriter.
func (b *bufferedResponse) WriteHeader(status int) {
	if b.status == 0 {
		b.status = status
	}
}

// Write is part of http.ResponseWriter.
func (b *bufferedResponse) Write(p []byte) (int, error) {
	b.WriteHeader(http.StatusOK)
	return b.body.Write(p)
}

func (b *bufferedResponse) send(w http.ResponseWriter) {
	for name, values := range b.header {
		w.Header()[name] = values
	}
	w.WriteHeader(b.status)
	_, _ = w.Write(b.body.Bytes()) // the client may be gone
}

// sendHalf promises the whole body, sends half of it and closes the connection.
// Without a body nothing is sent at all.
func (b *bufferedResponse) sendHalf(w http.ResponseWriter) {
	if content := b.body.Bytes(); len(content) > 0 {
		b.header.Set("Content-Length", strconv.Itoa(len(content)))
		b.body.Truncate(len(content) / 2)
		b.send(w)
		_ = http.NewResponseController(w).Flush() // the client may be gone
	}
	panic(http.ErrAbortHandler)
}
