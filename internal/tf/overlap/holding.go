package overlap

import "slices"

// Holding is what one resource instance holds that no other can hold beside it, such as a token, or a CI/CD
// variable that it delivers into.
type Holding struct {
	// Resource is its type: jobtoken_project_deploy_token.
	Resource string
	// Self tells the two plans of a replacement from two instances; empty where nothing does.
	Self string
	// Leaving means that the instance is destroyed.
	Leaving bool
	// Things are what it holds, by whatever names each of them alone.
	Things []string
}

// Shared is a thing that two resource instances hold.
type Shared struct {
	Thing string
	// First and Second are their types, in the order of their plans.
	First, Second string
	// Leaving means that one of them is destroyed.
	Leaving bool
}

// Hold notes a holding and tells what others hold too. What all let go of is not told.
func (r *Registry) Hold(holding Holding) (shared []Shared) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, earlier := range r.holdings {
		if earlier.Self == holding.Self && holding.Self != "" || earlier.Leaving && holding.Leaving {
			continue
		}
		for _, thing := range holding.Things {
			if slices.Contains(earlier.Things, thing) {
				shared = append(shared, Shared{thing, earlier.Resource, holding.Resource, earlier.Leaving || holding.Leaving})
			}
		}
	}
	r.holdings = append(r.holdings, holding)
	return shared
}
