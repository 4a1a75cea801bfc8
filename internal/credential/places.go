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
func heldPlaces(state *view, record record) map[string]delivery.Delivery {
	if state == nil {
		return nil
	}
	held := delivery.Expand(state.Deliveries)
	for label, d := range held {
		d.Owner = record.Deliveries[label].Owner()
		held[label] = d
	}
	return held
}

// boundPlaces are the deliveries of a plan, with the owners that the plan is bound to.
func boundPlaces(plan view) map[string]delivery.Delivery {
	wanted := delivery.Expand(plan.Deliveries)
	for label, d := range wanted {
		d.Owner.ID = ownerOf(plan.DeliveryOwners.Elements()[label]).ID
		wanted[label] = d
	}
	return wanted
}

// knownOwner is the owner that a delivery was made for, as long as it is spelled as it was: the path may be
// somebody else's by now.
func knownOwner(state *view, record record, label string, d delivery.Delivery) (gitlab.Target, bool) {
	if state == nil {
		return gitlab.Target{}, false
	}
	if gone, is := record.Missing[label]; is && gone.Spelled == d.Spelled && gone.Kind == d.Owner.Kind {
		return gone.owner(), true
	}
	sealed, is := record.Deliveries[label]
	stated := delivery.Expand(state.Deliveries)[label]
	if is && stated.Spelled == d.Spelled && stated.Owner.Kind == d.Owner.Kind {
		return sealed.Owner(), true
	}
	return gitlab.Target{}, false
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
