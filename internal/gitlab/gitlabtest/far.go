package gitlabtest

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
)

// Far has a client reach the stub without a network, each answer taking some time: in a bubble of
// testing/synctest that is no real time, and who asks while another waits is the same in every run.
func (s *Stub) Far(latency time.Duration) func(*gitlab.Config) {
	return func(c *gitlab.Config) { c.Wire = wire{s, latency} }
}

type wire struct {
	stub    *Stub
	latency time.Duration
}

func (w wire) RoundTrip(req *http.Request) (resp *http.Response, err error) {
	if trace := httptrace.ContextClientTrace(req.Context()); trace != nil && trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	defer func() {
		if cut, ok := recover().(error); ok && errors.Is(cut, http.ErrAbortHandler) {
			resp, err = nil, io.ErrUnexpectedEOF
		}
	}()
	timer := time.NewTimer(w.latency)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
	answer := httptest.NewRecorder()
	w.stub.serve(answer, req)
	return answer.Result(), nil
}
