package emulator

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/fault"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/graphqlapi"
)

// aftermath is what the faults of a request leave to do once it is executed.
type aftermath struct {
	answered bool // do not execute it: the answer is given
	wait     time.Duration
	cut      bool
	half     bool
}

// meet lets faults do to a request what comes before it is executed.
func (s *Server) meet(w http.ResponseWriter, r *http.Request, faults []fault.Fault) (*http.Request, aftermath) {
	then := aftermath{}
	for _, f := range faults {
		pause := time.Duration(f.Milliseconds) * time.Millisecond
		switch f.Kind {
		case fault.Latency:
			waitFor(r, pause)
		case fault.LatencyAfter:
			then.wait += pause
		case fault.Edit:
			s.edit(r.Context(), f)
		case fault.Refuse:
			refusal := graphqlapi.Refusal{Alias: f.Mutation.Alias, Input: f.Mutation.Input, Errors: f.Errors}
			r = r.WithContext(graphqlapi.WithRefusal(r.Context(), refusal))
		case fault.CutAfter:
			then.cut = true
		case fault.CutHalf:
			then.half = true
		case fault.CutBefore:
			panic(http.ErrAbortHandler)
		case fault.Status:
			s.date(w)
			writeFault(w, f)
			then.answered = true
			return r, then
		}
	}
	return r, then
}

// waitFor lets a request wait, and gives it up when its client does. The server
// only sees that once it has read the body.
func waitFor(r *http.Request, d time.Duration) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		r.Body = io.NopCloser(bytes.NewReader(body))
		sleep(r.Context(), d)
	}
	if err != nil || r.Context().Err() != nil {
		panic(http.ErrAbortHandler)
	}
}

// edit makes an administrator's requests; what is refused is noted on the fault.
func (s *Server) edit(ctx context.Context, f fault.Fault) {
	for _, call := range f.Calls {
		request, err := http.NewRequestWithContext(ctx, call.Method, s.options.URL+call.Path, bytes.NewReader(call.Body))
		if err != nil {
			s.faults.Report(f.ID, err.Error())
			continue
		}
		request.Host = strings.TrimPrefix(s.options.URL, "http://")
		request.Header.Set("Private-Token", s.AdminToken())
		request.Header.Set("Content-Type", "application/json")
		response := &bufferedResponse{header: http.Header{}}
		s.dispatch(response, request)
		if response.status >= http.StatusBadRequest {
			s.faults.Report(f.ID, call.Method+" "+call.Path+": "+strconv.Itoa(response.status)+" "+response.body.String())
		}
	}
}

func writeFault(w http.ResponseWriter, f fault.Fault) {
	if f.ContentType != "" {
		w.Header().Set("Content-Type", f.ContentType)
	}
	for name, value := range f.Headers {
		w.Header().Set(name, value)
	}
	w.WriteHeader(f.Status)
	_, _ = w.Write([]byte(f.Body)) // the client may be gone
}
