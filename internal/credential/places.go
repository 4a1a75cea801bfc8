package credential

import (
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/credential/delivery"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
)

// places are where a token is to go, and where it has gone so far, by label. Plan and apply share them:
// the plan finds the owners of what is wanted, the apply takes them from the plan.
type places struct {
	wanted, held map[string]delivery.Delivery
}

// heldPlaces are the deliveries of a state, with the owners that they were made for.
func heldPlaces(state *attributes, stored privateState) map[string]delivery.Delivery {
	if state == nil {
		return nil
	}
	held := delivery.Expand(state.Deliveries)
	for label, d := range held {
		d.Owner = stored.Deliveries[label].Owner()
		held[label] = d
	}
	return held
}

// boundPlaces are the deliveries of a plan, with the owners that the plan is bound to.
func boundPlaces(plan attributes) map[string]delivery.Delivery {
	wanted := delivery.Expand(plan.Deliveries)
	for label, d := range wanted {
		d.Owner.ID = ownerOf(plan.DeliveryOwners.Elements()[label]).ID
		wanted[label] = d
	}
	return wanted
}

// aligned gives what is held the labels that it is wanted under: a delivery is its variable, and a label only
// its name. Each still knows the label that the state has. One whose label another takes is left to be deleted.
func (p places) aligned(r privateState) (places, privateState) {
	names := map[delivery.Place]string{}
	for label, d := range p.wanted {
		if !d.Unknown && d.Owner.ID != 0 {
			names[d.Place()] = label
		}
	}
	taken := map[string]bool{}
	for _, d := range p.held {
		if label, wanted := names[d.Place()]; wanted {
			taken[label] = true
		}
	}
	held, sealed := map[string]delivery.Delivery{}, map[string]delivery.Sealed{}
	r = r.clone()
	for label, d := range p.held {
		was, delivered := r.Deliveries[label]
		if name, wanted := names[d.Place()]; wanted {
			label = name
		} else if taken[label] {
			if delivered {
				r.Leaving = append(r.Leaving, was)
			}
			continue
		}
		held[label] = d
		if delivered {
			sealed[label] = was
		}
	}
	for label, was := range r.Deliveries {
		if _, stated := p.held[label]; stated {
			continue
		}
		if _, twice := sealed[label]; twice {
			r.Leaving = append(r.Leaving, was)
		} else {
			sealed[label] = was
		}
	}
	if p.held != nil {
		p.held, r.Deliveries = held, sealed
	}
	return p, r
}

// knownOwner is the owner that a delivery was made for, as long as it is spelled as it was: the path may be
// somebody else's by now. Deleted tells whether that one was found deleted.
func knownOwner(state *attributes, stored privateState, d delivery.Delivery) (owner gitlab.Target, deleted, is bool) {
	if state == nil {
		return gitlab.Target{}, false, false
	}
	if gone, is := stored.Missing[d.Label]; is && gone.Spelled == d.Spelled && gone.Kind == d.Owner.Kind {
		return gone.owner(), false, true
	}
	stated := delivery.Expand(state.Deliveries)
	for _, label := range append([]string{d.Label}, slices.Sorted(maps.Keys(stated))...) {
		sealed, is := stored.Deliveries[label]
		held := stated[label]
		sameVariable := held.Key == d.Key && held.Scope == d.Scope
		if is && held.Spelled == d.Spelled && held.Owner.Kind == d.Owner.Kind && (sameVariable || label == d.Label && !sealed.Deleted) {
			return sealed.Owner(), sealed.Deleted, true
		}
	}
	for _, label := range slices.Sorted(maps.Keys(stored.Missing)) {
		gone := stored.Missing[label]
		if gone.Spelled == d.Spelled && gone.Kind == d.Owner.Kind && gone.Key == d.Key && gone.Scope == d.Scope {
			return gone.owner(), false, true
		}
	}
	return gitlab.Target{}, false, false
}

// twice refuses two deliveries into one variable.
func (p places) twice() (diags diag.Diagnostics) {
	taken := map[delivery.Place]string{}
	for _, label := range slices.Sorted(maps.Keys(p.wanted)) {
		d := p.wanted[label]
		if d.Unknown || d.Owner.ID == 0 {
			continue
		}
		if first, twice := taken[d.Place()]; twice {
			diags.Append(diagnose.Problem(d.Path(""), diagnose.InvalidVariable,
				"The deliveries %q and %q both go into %s. Give one of them another key or environment scope.", first, label, d.Variable()))
		}
		taken[d.Place()] = label
	}
	return diags
}

// variables are the wanted places that are known.
func (p places) variables() (all []delivery.Place) {
	for _, label := range slices.Sorted(maps.Keys(p.wanted)) {
		if d := p.wanted[label]; !d.Unknown && d.Owner.ID != 0 {
			all = append(all, d.Place())
		}
	}
	return all
}

// inBoth are the places that are in both lists.
func inBoth(a, b []delivery.Place) (common []delivery.Place) {
	for _, place := range a {
		if slices.Contains(b, place) {
			common = append(common, place)
		}
	}
	return common
}
