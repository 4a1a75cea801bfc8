// Package overlap finds, within one walk, what two resources manage at once, and what a destroy has to
// leave to another resource.
//
// Only the instances that are planned in a walk are seen: with -target, or at apply, that is a part
// of them, and each provider alias has a walk of its own. So two managers are only ever warned of.
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
	// Making means that the instance is created, and that the creation takes over the whole project from
	// one of its type: with create_before_destroy that one is destroyed after it.
	Making bool
	// Toggle means that it manages "Limit access to this project".
	Toggle bool
	// Whole are the kinds of entries that it manages exclusively.
	Whole []gitlab.Kind
	// Targets are the single entries that it manages.
	Targets []gitlab.Target
	// Wants are the entries that are to be there, of an exclusive list too.
	Wants []gitlab.Target
}

// Registry holds the claims of a walk. The zero value is empty.
type Registry struct {
	mu     sync.Mutex
	claims map[int64][]Claim

	holdings []Holding
}

// Add notes a claim and describes each conflict with an earlier one: what is managed twice, and what is
// destroyed by one instance and made by another. Conflicts of one sort are named once. A destroy that is
// planned after what holds the same leaves it: see [Registry.Kept].
func (r *Registry) Add(claim Claim) (twice, crossed []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, earlier := range r.claims[claim.Project] {
		for _, what := range clashes(earlier, claim) {
			switch conflict := fmt.Sprintf("%s is managed by a %s and by a %s", what, earlier.Resource, claim.Resource); {
			case earlier.Leaving && claim.Leaving:
			case claim.Leaving:
			case earlier.Leaving:
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

// Kept is what a destroy has to leave, since other resources of the walk hold it.
type Kept struct {
	// Whole means everything: a creation of the same type has taken over the project.
	Whole bool `json:"whole,omitempty"`
	// Toggle is "Limit access to this project".
	Toggle bool `json:"toggle,omitempty"`
	// Projects and Groups are the ids of entries.
	Projects []int64 `json:"projects,omitempty"`
	Groups   []int64 `json:"groups,omitempty"`
}

// Has tells whether an entry is to be left.
func (k Kept) Has(target gitlab.Target) bool {
	if target.Kind == gitlab.KindGroup {
		return slices.Contains(k.Groups, target.ID)
	}
	return slices.Contains(k.Projects, target.ID)
}

// And joins what was noted in two walks.
func (k Kept) And(other Kept) Kept {
	return Kept{
		Whole: k.Whole || other.Whole, Toggle: k.Toggle || other.Toggle,
		Projects: append(slices.Clone(k.Projects), other.Projects...), Groups: append(slices.Clone(k.Groups), other.Groups...),
	}
}

// Kept gives what a resource that is destroyed has to leave of a project.
func (r *Registry) Kept(project int64, resource string) (kept Kept) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, claim := range r.claims[project] {
		if claim.Leaving {
			continue
		}
		kept.Whole = kept.Whole || claim.Making && claim.Resource == resource
		kept.Toggle = kept.Toggle || claim.Toggle
		for _, target := range claim.Wants {
			if target.Kind == gitlab.KindGroup {
				kept.Groups = append(kept.Groups, target.ID)
			} else {
				kept.Projects = append(kept.Projects, target.ID)
			}
		}
	}
	return kept
}
