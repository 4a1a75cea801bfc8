package faults_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// proxy stands between the provider and GitLab, notes what passes, and strikes.
type proxy struct {
	URL string

	gitLab string

	mu      sync.Mutex
	passed  []request
	strike  strike
	strikes int
	// interrupt is what a fault that interrupts the provider does.
	interrupt func()
	// struck is the first request that was.
	struck request
	// writes are the requests passed that write.
	writes int
	// over ends with the test: until then a request may be held.
	over context.Context
}

// request is one that reached the proxy.
type request struct {
	graphQL bool
	// write means that it may change something.
	write bool
	// creates means that the same once more would not do the same as once.
	creates bool
	method  string
	path    string
	body    string
	// uncertain means that the provider cannot know whether GitLab acted on it.
	uncertain bool
}

// setsVariable tells whether it makes or changes a CI/CD variable.
func (p request) setsVariable() bool {
	return (p.method == http.MethodPost || p.method == http.MethodPut) && strings.Contains(p.path, "/variables")
}

// strike is what is to happen, and when.
type strike struct {
	fault fault
	// at is the number of the request, from 1.
	at int
	// onwards strikes all later requests too.
	onwards bool
	// write is the number of the request among those that write, in place of at.
	write int
}

// hits tells whether a request is the one, or one of those, that are to be struck.
func (s strike) hits(number, write int, p request) bool {
	switch {
	case s.fault.do == nil || !s.fault.suits(p):
		return false
	case s.write > 0:
		return p.write && write == s.write
	default:
		return number == s.at || number > s.at && s.onwards
	}
}

func newProxy(t testing.TB, g *acctest.GitLab) *proxy {
	t.Helper()
	p := &proxy{gitLab: g.BaseURL}
	var end context.CancelFunc
	p.over, end = context.WithCancel(context.Background())
	server := httptest.NewServer(p)
	t.Cleanup(func() { end(); server.CloseClientConnections(); server.Close() })
	p.URL = server.URL
	return p
}

// watch starts the count anew, and says what is to happen.
func (p *proxy) watch(s strike) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.passed, p.writes, p.strike, p.strikes = nil, 0, s, 0
}

// seen are the requests since watch, and how many of them were struck.
func (p *proxy) seen() ([]request, int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.passed), p.strikes
}

// note counts a request and says whether it is struck.
func (p *proxy) note(r *http.Request, body []byte) (fault, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	seen := look(r, body)
	number := len(p.passed) + 1
	if seen.write {
		p.writes++
	}
	struck := p.strike.hits(number, p.writes, seen) ||
		p.strike.fault.stays && p.strikes > 0 && seen.method == p.struck.method && seen.path == p.struck.path
	if struck {
		if p.strikes == 0 {
			p.struck = seen
		}
		p.strikes++
		seen.uncertain = p.strike.fault.uncertain
	}
	p.passed = append(p.passed, seen)
	return p.strike.fault, struck
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the provider has gone
	}
	f, struck := p.note(r, body)
	pass := func(body []byte) *httptest.ResponseRecorder { return p.forward(r, body) }
	if !struck {
		copyAnswer(w, pass(body))
		return
	}
	f.do(&struckRequest{w: w, r: r, body: body, over: p.over, pass: pass, interrupt: p.interrupt})
}

// forward has GitLab answer, whatever becomes of the one who asked.
func (p *proxy) forward(r *http.Request, body []byte) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	req, err := http.NewRequestWithContext(context.WithoutCancel(r.Context()), r.Method, p.gitLab+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		answer.WriteHeader(http.StatusInternalServerError)
		return answer
	}
	req.Header = r.Header.Clone()
	req.Header.Set("Accept-Encoding", "identity")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		answer.WriteHeader(http.StatusBadGateway)
		return answer
	}
	defer func() { _ = resp.Body.Close() }()
	for name, values := range resp.Header {
		answer.Header()[name] = values
	}
	answer.WriteHeader(resp.StatusCode)
	_, _ = io.Copy(answer, resp.Body)
	return answer
}

func copyAnswer(w http.ResponseWriter, answer *httptest.ResponseRecorder) {
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(answer.Body.Len()))
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

func look(r *http.Request, body []byte) request {
	p := request{method: r.Method, path: r.URL.Path, body: string(body), graphQL: strings.HasSuffix(r.URL.Path, "/api/graphql")}
	if p.graphQL {
		p.write = strings.Contains(p.body, `"mutation `)
		p.creates = strings.Contains(p.body, `"mutation AddEntries`)
	} else {
		p.write = r.Method != http.MethodGet && r.Method != http.MethodHead
		p.creates = r.Method == http.MethodPost
	}
	return p
}
