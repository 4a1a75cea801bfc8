// Package fault holds the failures a server was asked to show: which requests
// they hit, how often, and what they do.
package fault

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
)

// Kind is what a fault does to a request.
type Kind string

// The kinds of faults. Status and the cuts end the request; the others let it
// go on.
//
// A GraphQL answer with top-level errors alone is a Status of 200 whose body has
// them; nothing is executed. A client's timeout is a latency above it: Latency
// where the request is not to be executed, LatencyAfter where it is.
const (
	Status       Kind = "status"        // answer with a status, body and headers of choice; nothing is executed
	CutBefore    Kind = "cut_before"    // close the connection; nothing is executed
	CutAfter     Kind = "cut_after"     // execute, then close the connection without an answer
	CutHalf      Kind = "cut_half"      // execute, then close the connection in the middle of the answer's body
	Latency      Kind = "latency"       // wait first; nothing is executed for a client that has gone meanwhile
	LatencyAfter Kind = "latency_after" // execute, then wait
	Edit         Kind = "edit"          // let an administrator make other requests first
	Refuse       Kind = "refuse"        // answer some mutations with errors of choice; they alone are not executed
)

// Match selects requests; an empty field matches all.
type Match struct {
	Method    string `json:"method,omitempty"`
	Route     string `json:"route,omitempty"`     // a template, such as "/api/v4/projects/:id"
	Operation string `json:"operation,omitempty"` // a GraphQL operation's name
}

// Call is a request another actor makes.
type Call struct {
	Method string          `json:"method"`
	Path   string          `json:"path"` // from the root, such as "/api/v4/projects/1" or "/api/graphql"
	Body   json.RawMessage `json:"body,omitempty"`
}

// Mutation selects mutations among those of a GraphQL request; what is empty
// matches all.
type Mutation struct {
	// Alias is the key of the mutation in the answer: its alias, else its name.
	Alias string `json:"alias,omitempty"`
	// Input are values of the mutation's input, such as {"targetPath": "acme/web"}.
	Input map[string]string `json:"input,omitempty"`
}

// Fault is one failure.
type Fault struct {
	ID    int   `json:"id"`
	Match Match `json:"match"`
	// Skip is how many matching requests go through unharmed first.
	Skip int `json:"skip,omitempty"`
	// Times is how many requests the fault hits; 0 is all.
	Times int  `json:"times,omitempty"`
	Kind  Kind `json:"kind"`

	Status      int               `json:"status,omitempty"`
	Body        string            `json:"body,omitempty"`
	Headers     map[string]string `json:"headers,omitempty"`
	ContentType string            `json:"content_type,omitempty"`
	// Milliseconds is how long a Latency and a LatencyAfter wait.
	Milliseconds int    `json:"ms,omitempty"`
	Calls        []Call `json:"calls,omitempty"`
	// Mutation is what a Refuse refuses.
	Mutation Mutation `json:"mutation,omitzero"`
	// Errors are what the payload of a refused mutation lists.
	Errors []string `json:"errors,omitempty"`

	// Hits is how many requests the fault has hit.
	Hits int `json:"hits"`
	// Failures tells which calls of an Edit were refused.
	Failures []string `json:"failures,omitempty"`
}

func (f Fault) validate() error {
	switch {
	case !slices.Contains([]Kind{Status, CutBefore, CutAfter, CutHalf, Latency, LatencyAfter, Edit, Refuse}, f.Kind):
		return fmt.Errorf("unknown kind %q", f.Kind)
	case f.Kind == Status && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("status %d is none", f.Status)
	case f.Kind == Refuse && len(f.Errors) == 0:
		return fmt.Errorf("%s needs errors", Refuse)
	case f.Skip < 0, f.Times < 0, f.Milliseconds < 0:
		return fmt.Errorf("skip, times and ms cannot be negative")
	}
	return nil
}

// Plan is the list of faults of a server. The zero value is empty.
type Plan struct {
	mu     sync.Mutex
	last   int
	faults []*planned
}

type planned struct {
	Fault

	seen int
}

// Add puts a fault on the plan and gives it its id.
func (p *Plan) Add(f Fault) (Fault, error) {
	if err := f.validate(); err != nil {
		return Fault{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last++
	f.ID, f.Hits, f.Failures = p.last, 0, nil
	p.faults = append(p.faults, &planned{Fault: f})
	return f, nil
}

// List gives the faults with how often they have hit.
func (p *Plan) List() []Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := make([]Fault, len(p.faults))
	for i, f := range p.faults {
		list[i] = f.Fault
		list[i].Failures = slices.Clone(f.Failures)
	}
	return list
}

// Clear takes all faults off the plan.
func (p *Plan) Clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = nil
}

// Hit gives the faults a request meets, in the order they were added, and
// counts it.
func (p *Plan) Hit(method, route string, operations []string) []Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	var hit []Fault
	for _, f := range p.faults {
		if !f.Match.covers(method, route, operations) {
			continue
		}
		f.seen++
		if f.seen <= f.Skip || f.Times > 0 && f.Hits >= f.Times {
			continue
		}
		f.Hits++
		hit = append(hit, f.Fault)
	}
	return hit
}

// Report notes that a call of an Edit was refused.
func (p *Plan) Report(id int, failure string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range p.faults {
		if f.ID == id {
			f.Failures = append(f.Failures, failure)
		}
	}
}

func (m Match) covers(method, route string, operations []string) bool {
	return (m.Method == "" || m.Method == method) &&
		(m.Route == "" || m.Route == route) &&
		(m.Operation == "" || slices.Contains(operations, m.Operation))
}
