// Package overlap finds, within one walk, what two resources manage at once.
//
// Only the instances that are planned in a walk are seen: with -target, or at apply, that is a part
// of them, and each provider alias has a walk of its own. So it can only ever warn.
package overlap

import (
	"fmt"
	"slices"
	"sync"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
)

// Claim is what one resource instance manages of a project's job token access.
type Claim struct {
	// Resource is its type: jobtoken_allowlist.
	Resource string
	Project  int64
	// Leaving means that the instance is destroyed.
	Leaving bool
	// Toggle means that it manages "Limit access to this project".
	Toggle bool
	// Whole are the kinds of entries that it manages exclusively.
	Whole []gitlab.Kind
	// Targets are the single entries that it manages.
	Targets []gitlab.Target
}

// Registry holds the claims of a walk. The zero value is empty.
type Registry struct {
	mu     sync.Mutex
	claims map[int64][]Claim
}

// Add notes a claim and describes each conflict with an earlier one: what is managed twice, and what is
// destroyed by one instance and made by another. Conflicts of one sort are named once.
func (r *Registry) Add(claim Claim) (twice, crossed []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, earlier := range r.claims[claim.Project] {
		for _, what := range clashes(earlier, claim) {
			switch conflict := fmt.Sprintf("%s is managed by a %s and by a %s", what, earlier.Resource, claim.Resource); {
			case earlier.Leaving && claim.Leaving:
			case earlier.Leaving != claim.Leaving:
				if !slices.Contains(crossed, what) {
					crossed = append(crossed, what)
				}
			case !slices.Contains(twice, conflict):
				twice = append(twice, conflict)
			}
		}
	}
	if r.claims == nil {
		r.claims = make(map[int64][]Claim)
	}
	r.claims[claim.Project] = append(r.claims[claim.Project], claim)
	return twice, crossed
}

// clashes names what two claims on one project have in common.
func clashes(a, b Claim) []string {
	var common []string
	if a.Toggle && b.Toggle {
		common = append(common, `the toggle "Limit access to this project"`)
	}
	for _, kind := range []gitlab.Kind{gitlab.KindProject, gitlab.KindGroup} {
		if slices.Contains(a.Whole, kind) && (slices.Contains(b.Whole, kind) || has(b.Targets, kind)) ||
			slices.Contains(b.Whole, kind) && has(a.Targets, kind) {
			common = append(common, fmt.Sprintf("the list of %ss", kind))
		}
	}
	for _, target := range a.Targets {
		same := func(other gitlab.Target) bool { return other.Kind == target.Kind && other.ID == target.ID }
		if slices.ContainsFunc(b.Targets, same) && !slices.Contains(a.Whole, target.Kind) && !slices.Contains(b.Whole, target.Kind) {
			common = append(common, "the entry for "+target.String())
		}
	}
	return common
}

func has(targets []gitlab.Target, kind gitlab.Kind) bool {
	return slices.ContainsFunc(targets, func(t gitlab.Target) bool { return t.Kind == kind })
}
