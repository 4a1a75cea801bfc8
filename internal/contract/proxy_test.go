package contract_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/graphqlapi"
)

// proxy stands between the provider and GitLab. It looks at the server after every request that writes,
// so that every change has an author, and lets others meddle at a chosen request.
type proxy struct {
	URL string

	w      *world
	server *httptest.Server

	// mu holds writes and meddling apart: each sees the server as the one before has left it.
	mu     sync.Mutex
	last   snapshot
	events []event
	// requests and writes count since watch.
	requests, writes int
	strike           *strike
	meddle           func()
	struck           bool
	// far is how long an answer that writes nothing takes to come.
	far time.Duration
}

// event is something that may have changed the server.
type event struct {
	// provider tells the provider from others.
	provider bool
	what     string
	changes  []change
	after    snapshot
}

// strike is what happens at one request of an apply.
type strike struct {
	// At is the number of the request, from 1; Writes counts those alone that write.
	At     int  `json:"at"`
	Writes bool `json:"writes,omitempty"`
	// Refuse answers one change of the request with an error instead of making it.
	Refuse bool `json:"refuse,omitempty"`
	// Meddle is what others do just before it.
	Meddle []meddling `json:"meddle,omitempty"`
}

func newProxy(w *world) *proxy {
	p := &proxy{w: w, last: w.look()}
	p.server = httptest.NewServer(p)
	p.URL = p.server.URL
	return p
}

func (p *proxy) close() {
	p.server.CloseClientConnections()
	p.server.Close()
}

// watch forgets the events; s strikes once, and meddle is what it does.
func (p *proxy) watch(s *strike, meddle func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.events, p.requests, p.writes, p.strike, p.meddle, p.struck = nil, 0, 0, s, meddle, false
	p.last = p.w.look()
}

// network has answers take as long as over one: what an older and a younger object of one resource are to find
// out about each other they find out while both are read.
func (p *proxy) network(far time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.far = far
}

// seen are the events since watch.
func (p *proxy) seen() []event {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.events
}

// others notes what somebody else has done.
func (p *proxy) others(what string, do func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.othersLocked(what, do)
}

func (p *proxy) othersLocked(what string, do func()) {
	do()
	p.note(false, what)
}

func (p *proxy) note(provider bool, what string) {
	now := p.w.look()
	p.events = append(p.events, event{provider: provider, what: what, changes: p.last.changes(now), after: now})
	p.last = now
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the provider has gone
	}
	writes := isWrite(r, body)
	p.mu.Lock()
	refuse, far := p.hit(writes), p.far
	if !writes {
		p.mu.Unlock()
		time.Sleep(far)
		p.forward(w, r, body)
		return
	}
	defer p.mu.Unlock()
	if refuse {
		if r = refusing(w, r, body); r == nil {
			return
		}
	}
	p.forward(w, r, body)
	p.note(true, describe(r, body))
}

// hit counts a request and does what was to happen before it; the lock is held.
func (p *proxy) hit(writes bool) (refuse bool) {
	p.requests++
	number := p.requests
	if writes {
		p.writes++
	}
	s := p.strike
	if s == nil || p.struck || s.Refuse && !writes {
		return false
	}
	if s.Writes || s.Refuse {
		number = p.writes
		if !writes {
			return false
		}
	}
	if number != s.At {
		return false
	}
	p.struck = true
	if p.meddle != nil {
		p.meddle()
	}
	return s.Refuse
}

func (p *proxy) forward(w http.ResponseWriter, r *http.Request, body []byte) {
	r.Body = io.NopCloser(bytes.NewReader(body))
	p.w.gitLab.ServeHTTP(w, r)
}

const refusal = "Target of this test is refused"

var mutationKeys = regexp.MustCompile(`(\w+): (?:ciJobToken|projectCiCd)`)

// refusing has GitLab refuse the middle one of the changes that a request asks for. Over REST it is the
// whole request, and is answered here.
func refusing(w http.ResponseWriter, r *http.Request, body []byte) *http.Request {
	if !strings.HasSuffix(r.URL.Path, "/api/graphql") {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"message":"400 Bad request - `+refusal+`"}`)
		return nil
	}
	alias := ""
	if keys := mutationKeys.FindAllStringSubmatch(string(body), -1); len(keys) > 0 {
		alias = keys[len(keys)/2][1]
	}
	return r.WithContext(graphqlapi.WithRefusal(r.Context(), graphqlapi.Refusal{Alias: alias, Errors: []string{refusal}}))
}

func isWrite(r *http.Request, body []byte) bool {
	if strings.HasSuffix(r.URL.Path, "/api/graphql") {
		return bytes.Contains(body, []byte(`"mutation `))
	}
	return r.Method != http.MethodGet && r.Method != http.MethodHead
}

var operation = regexp.MustCompile(`mutation (\w+)`)

func describe(r *http.Request, body []byte) string {
	if name := operation.FindSubmatch(body); name != nil {
		return string(name[1])
	}
	return r.Method + " " + r.URL.Path
}

// arm has a strike happen in what comes now.
func (p *proxy) arm(s *strike, meddle func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests, p.writes, p.strike, p.meddle, p.struck = 0, 0, s, meddle, false
}

// hasStruck tells whether the chosen request has come.
func (p *proxy) hasStruck() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.struck
}
