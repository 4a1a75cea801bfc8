// Package traffic counts the requests a server got, so that tests and
// benchmarks can say how many a client needs.
package traffic

import (
	"maps"
	"sync"
)

// Log counts requests. The zero value is ready.
type Log struct {
	mu         sync.Mutex
	total      int
	routes     map[string]int
	operations map[string]int
}

// Counts is what a Log holds at one moment.
type Counts struct {
	Total int `json:"total"`
	// Routes counts by method and route template, such as "GET /api/v4/projects/:id".
	Routes map[string]int `json:"counts"`
	// Operations counts GraphQL operations by name.
	Operations map[string]int `json:"graphql"`
}

// Anonymous stands for a GraphQL operation without a name.
const Anonymous = "(anonymous)"

// Add counts one request.
func (l *Log) Add(method, route string, operations []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.routes == nil {
		l.routes, l.operations = map[string]int{}, map[string]int{}
	}
	l.total++
	l.routes[method+" "+route]++
	for _, name := range operations {
		if name == "" {
			name = Anonymous
		}
		l.operations[name]++
	}
}

// Counts gives what was counted since the last Reset.
func (l *Log) Counts() Counts {
	l.mu.Lock()
	defer l.mu.Unlock()
	counts := Counts{Total: l.total, Routes: map[string]int{}, Operations: map[string]int{}}
	maps.Copy(counts.Routes, l.routes)
	maps.Copy(counts.Operations, l.operations)
	return counts
}

// Reset forgets everything counted.
func (l *Log) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total, l.routes, l.operations = 0, nil, nil
}
