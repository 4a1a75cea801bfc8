package credential

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/credential/delivery"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
)

const privateKey = "credential"

// record is what private state keeps of a token. It holds no secret: of what was delivered only a keyed
// hash.
type record struct {
	// Path is the parent's at the last read.
	Path string
	// Born is when the token was made; zero where nobody knows.
	Born time.Time
	// Key is that of the hashes.
	Key        []byte
	Deliveries map[string]delivery.Sealed
	// Leaving are variables of former deliveries that are still to be deleted.
	Leaving []delivery.Sealed
	// Previous are older tokens that are to end.
	Previous []previous
	// Due is why a new token is to be made, where nothing else says so.
	Due string
	// Lost is a creation that was never answered.
	Lost *lost
}

// previous is a token that a newer one has taken the place of.
type previous struct {
	ID int64
	// EndsAt is when it is to end, by itself or by an apply.
	EndsAt time.Time
	// Over means that a read found it alive after that.
	Over bool
}

// lost is a token that may have been made, of which nobody knows the id.
type lost struct {
	Request gitlab.TokenRequest
	// Before are the tokens that there were.
	Before []int64
}

// orphanedVariables warns of variables whose token is gone with its parent.
func (r record) orphanedVariables() (diags diag.Diagnostics) {
	var names []string
	for _, label := range slices.Sorted(maps.Keys(r.Deliveries)) {
		names = append(names, r.Deliveries[label].Variable())
	}
	if len(names) > 0 {
		diags.AddWarning(string(diagnose.VariableKept.For(r.Path)),
			fmt.Sprintf("What was delivered of its token opens nothing any more, and stays where it is. Delete it by hand: %s.", strings.Join(names, ", ")))
	}
	return diags
}

// over are the previous tokens that an apply is to end.
func (r record) over() (ids []int64) {
	for _, p := range r.Previous {
		if p.Over {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

// without drops previous tokens.
func (r *record) without(ids ...int64) {
	r.Previous = slices.DeleteFunc(slices.Clone(r.Previous), func(p previous) bool { return slices.Contains(ids, p.ID) })
}

// previousIDs are all previous tokens.
func (r record) previousIDs() []int64 {
	ids := []int64{}
	for _, p := range r.Previous {
		ids = append(ids, p.ID)
	}
	return ids
}
