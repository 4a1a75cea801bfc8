package gitlab

import (
	"context"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/coalesce"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/transport"
)

const (
	batchSize = 50 // GitLab takes at most 50 paths, and answers within its 30 s
	// Flights are the shared requests of one kind under way: more would leave with little in each.
	Flights = 2
	// ReadTimeout bounds all retries of one read together.
	ReadTimeout = 3 * time.Minute
)

// Batched keeps what a fetch reads, many keys to a request.
func Batched[K comparable, V any](c *Client, fetch coalesce.Fetch[K, V]) *coalesce.Loader[K, V] {
	return coalesce.New(coalesce.Options{MaxBatch: batchSize, Flights: Flights, Timeout: ReadTimeout, Now: c.clock, Split: transport.SmallerMayPass}, fetch)
}

// Single keeps what a fetch reads, one key to a request.
func Single[K comparable, V any](c *Client, fetch func(context.Context, K) (V, error)) *coalesce.Loader[K, V] {
	return coalesce.New(coalesce.Options{MaxBatch: 1, Timeout: ReadTimeout, Now: c.clock}, func(ctx context.Context, keys []K) (map[K]coalesce.Outcome[V], error) {
		outcomes := make(map[K]coalesce.Outcome[V], len(keys))
		for _, key := range keys {
			value, err := fetch(ctx, key)
			outcomes[key] = coalesce.Outcome[V]{Value: value, Err: err}
		}
		return outcomes, nil
	})
}
