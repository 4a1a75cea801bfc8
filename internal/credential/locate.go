package credential

import (
	"context"
	"sync"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
)

// locate asks where the owners of deliveries are by now. It begins at once and is waited for later: side by
// side with what else a read looks up, and with other reads, it is one request. What is out of sight keeps
// its last path.
func (r *tokenResource) locate(ctx context.Context, held privateState) (wait func() privateState) {
	var (
		all     sync.WaitGroup
		mu      sync.Mutex
		paths   = map[gitlab.Target]string{}
		deleted = map[gitlab.Target]bool{}
	)
	ask := func(owner gitlab.Target) {
		last := owner
		owner.Path = ""
		if _, asked := paths[owner]; asked || owner.ID == 0 {
			return
		}
		paths[owner] = ""
		all.Go(func() {
			found, err := r.session.GitLab.Resolve(ctx, owner.Kind, owner.Ref())
			gone := err != nil && ref.Deleted(ctx, r.session, last, err)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				paths[owner] = found.Path
			}
			deleted[owner] = gone
		})
	}
	mu.Lock()
	for _, sealed := range held.Deliveries {
		ask(sealed.Owner())
	}
	for _, gone := range held.Missing {
		ask(gone.owner())
	}
	mu.Unlock()
	return func() privateState {
		all.Wait()
		held = held.clone()
		for label, sealed := range held.Deliveries {
			owner := gitlab.Target{Kind: sealed.Kind, ID: sealed.ID}
			if path := paths[owner]; path != "" {
				sealed.Path = path
			}
			sealed.Deleted = deleted[owner]
			held.Deliveries[label] = sealed
		}
		for label, gone := range held.Missing {
			if path := paths[gitlab.Target{Kind: gone.Kind, ID: gone.ID}]; path != "" {
				gone.Path = path
				held.Missing[label] = gone
			}
		}
		return held
	}
}
