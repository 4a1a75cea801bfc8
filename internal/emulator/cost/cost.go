// Package cost counts what a request reads, so that a server can take the time
// a GitLab with a database would.
package cost

import (
	"context"
	"sync/atomic"
	"time"
)

// Meter counts the projects and allowlist entries one request reads.
type Meter struct {
	projects, entries atomic.Int64
}

type key struct{}

// WithMeter puts a new meter into the context of a request.
func WithMeter(ctx context.Context) (context.Context, *Meter) {
	meter := &Meter{}
	return context.WithValue(ctx, key{}, meter), meter
}

func from(ctx context.Context) *Meter {
	meter, _ := ctx.Value(key{}).(*Meter)
	return meter
}

// Projects counts projects read.
func Projects(ctx context.Context, n int) {
	if meter := from(ctx); meter != nil {
		meter.projects.Add(int64(n))
	}
}

// Entries counts allowlist entries read.
func Entries(ctx context.Context, n int) {
	if meter := from(ctx); meter != nil {
		meter.entries.Add(int64(n))
	}
}

// Duration is the time the request's reads take at the given prices.
func (m *Meter) Duration(perProject, perEntry time.Duration) time.Duration {
	return time.Duration(m.projects.Load())*perProject + time.Duration(m.entries.Load())*perEntry
}
