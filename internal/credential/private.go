package credential

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/credential/delivery"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/private"
)

var (
	privateFormat = private.Format[privateState]{Key: "credential", Version: 1}
	// markFormat is of planned private state alone.
	markFormat = private.Format[mark]{Key: "replacement", Version: 1}
)

// privateState is what is kept of a token beside the state. It holds no secret: of what was delivered only a keyed
// hash. Its names in JSON are those that older versions wrote, letter case apart: testdata has one.
type privateState struct {
	// Path is the parent's at the last read.
	Path string `json:"path"`
	// Born is when the token was made; zero where nobody knows.
	Born time.Time `json:"born"`
	// Key is that of the hashes.
	Key        []byte                     `json:"key"`
	Deliveries map[string]delivery.Sealed `json:"deliveries"`
	// Readable means that a variable was last seen to hold the secret, and shows it. Plans go by this alone:
	// what they saw at GitLab may have changed when they are made again.
	Readable bool `json:"readable,omitempty"`
	// Missing are deliveries whose variable is gone: the next one goes to the same project or group.
	Missing map[string]missing `json:"missing,omitempty"`
	// Leaving are variables of former deliveries that are still to be deleted.
	Leaving []delivery.Sealed `json:"leaving,omitempty"`
	// Superseded are variables that a newer token is in: an apply was killed before it ended this one.
	Superseded []delivery.Place `json:"superseded,omitempty"`
	// Previous are older tokens that are to end.
	Previous []previous `json:"previous,omitempty"`
	// Ended is when a read first found the token revoked or gone.
	Ended time.Time `json:"ended,omitzero"`
	// ParentDeleted means that the token went with its project or group, and that variables are left of it.
	ParentDeleted bool `json:"parentDeleted,omitempty"`
	// Due is why a new token is to be made, where nothing else says so.
	Due string `json:"due,omitempty"`
	// Lost is a creation that was never answered.
	Lost *lost `json:"lost,omitempty"`
}

// missing is the owner of a delivery whose variable is gone.
type missing struct {
	Kind gitlab.Kind `json:"kind"`
	ID   int64       `json:"id"`
	Path string      `json:"path"`
	// Spelled is the owner as the configuration had it.
	Spelled string `json:"spelled"`
	// Key and Scope are the variable's.
	Key   string `json:"key,omitempty"`
	Scope string `json:"scope,omitempty"`
}

func (m missing) owner() gitlab.Target { return gitlab.Target{Kind: m.Kind, ID: m.ID, Path: m.Path} }

// previous is a token that a newer one has taken the place of.
type previous struct {
	ID int64 `json:"id"`
	// EndsAt is when it is to end, by itself or by an apply.
	EndsAt time.Time `json:"endsAt"`
	// Over means that it is to end with the next apply.
	Over bool `json:"over"`
	// Of is the project or group that it belongs to, where that is not the token's own.
	Of *home `json:"of,omitempty"`
}

// lost is a token that may have been made, of which nobody knows the id.
type lost struct {
	Request asked `json:"request"`
	// Before are the tokens that there were.
	Before []int64 `json:"before"`
	// Doubt means that even a single token that is found may be somebody else's.
	Doubt bool `json:"doubt,omitempty"`
	// Of is as in [previous].
	Of *home `json:"of,omitempty"`
}

// asked is a [tokens.Request].
type asked struct {
	Name        string    `json:"name"`
	Username    string    `json:"username"`
	Description string    `json:"description"`
	Scopes      []string  `json:"scopes"`
	AccessLevel int64     `json:"accessLevel"`
	ExpiresAt   time.Time `json:"expiresAt"`
}

// home is a project or group that tokens belong to.
type home struct {
	ID   int64  `json:"id"`
	Path string `json:"path"`
}

// or is the home of a token, where it has one that is not the common one.
func (h *home) or(parent gitlab.Target) gitlab.Target {
	if h == nil {
		return parent
	}
	return gitlab.Target{Kind: parent.Kind, ID: h.ID, Path: h.Path}
}

// mark tells the destroy half of a replacement what the creation will hold. Without it Terraform tells
// neither half of the other.
type mark struct {
	// Places are the variables that the creation goes into.
	Places []delivery.Place `json:"places"`
	// Records are those of tokens that may be the one that is replaced, by id: after a taint Terraform
	// withholds the destroy's own.
	Records map[int64]privateState `json:"records,omitempty"`
}

// withheld is the private state of a token of which the state alone tells.
func withheld(state attributes) privateState {
	r := privateState{Deliveries: map[string]delivery.Sealed{}}
	for label, d := range delivery.Expand(state.Deliveries) {
		d.Owner.ID = ownerOf(state.DeliveryOwners.Elements()[label]).ID
		if reference, err := gitlab.ParseRef(d.Owner.Kind, d.Spelled); err == nil && reference.ID == 0 {
			d.Owner.Path = reference.Path
		}
		r.Deliveries[label] = d.Unproved()
	}
	return r
}

// joined adds the previous tokens that the state alone names: a provider that is killed in an update leaves a
// state without private state.
func (r privateState) joined(state attributes) privateState {
	named := slices.Clone(r.Previous)
	for _, element := range state.PreviousTokenIDs.Elements() {
		id, ok := element.(types.Int64)
		known := func(p previous) bool { return p.ID == id.ValueInt64() }
		if !ok || id.ValueInt64() == 0 || id.Equal(state.TokenID) || slices.ContainsFunc(named, known) {
			continue
		}
		p := previous{ID: id.ValueInt64(), Over: true}
		if rotation := state.rotation(); rotation != nil && rotation.Overlap > 0 {
			born := r.Born
			if born.IsZero() {
				born = rotation.latestBirth(state.expiry())
			}
			if !born.IsZero() { // the last of them was replaced when the token was made
				p.EndsAt, p.Over = born.Add(time.Duration(rotation.Overlap)*day), false
			}
		}
		named = append(named, p)
	}
	r.Previous = named
	return r
}

// isZero tells whether there is none.
func (r privateState) isZero() bool {
	return r.Path == "" && len(r.Key) == 0 && len(r.Deliveries) == 0 && len(r.Previous) == 0 && r.Lost == nil && r.Due == ""
}

// clone shares nothing that is written to.
func (r privateState) clone() privateState {
	r.Deliveries, r.Missing = maps.Clone(r.Deliveries), maps.Clone(r.Missing)
	r.Leaving, r.Previous = slices.Clone(r.Leaving), slices.Clone(r.Previous)
	return r
}

// labelled has the deliveries of an earlier private state, under its labels: nothing was delivered since.
func (r privateState) labelled(before privateState) privateState {
	before = before.clone()
	r.Deliveries, r.Missing, r.Leaving = before.Deliveries, before.Missing, before.Leaving
	return r
}

// readable tells whether the secret can be read from one of some variables, as long as nobody changes it.
func readable(deliveries map[string]delivery.Sealed) bool {
	for _, sealed := range deliveries {
		if sealed.ShowsToken() {
			return true
		}
	}
	return false
}

// places are the variables that were delivered into.
func (r privateState) places() (all []delivery.Place) {
	for _, sealed := range r.Deliveries {
		all = append(all, sealed.Place)
	}
	slices.SortFunc(all, func(a, b delivery.Place) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Scope, b.Scope))
	})
	return all
}

// within tells whether a project or group is another one, or was in it at the last read.
func within(of, parent gitlab.Target) bool {
	return of.Kind == parent.Kind && of.ID == parent.ID || parent.Above(of.Path)
}

// deleted tells whether a delivery goes to a project or group that was deleted.
func (r privateState) deleted(d delivery.Delivery) bool {
	for _, sealed := range r.Deliveries {
		if sealed.Deleted && sealed.Place == d.Place() {
			return true
		}
	}
	return false
}

// over are the previous tokens that an apply is to end.
func (r privateState) over() (ids []int64) {
	for _, p := range r.Previous {
		if p.Over {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

// without drops previous tokens.
func (r *privateState) without(ids ...int64) {
	r.Previous = slices.DeleteFunc(slices.Clone(r.Previous), func(p previous) bool { return slices.Contains(ids, p.ID) })
}

// previousIDs are all previous tokens.
func (r privateState) previousIDs() []int64 {
	ids := []int64{}
	for _, p := range r.Previous {
		ids = append(ids, p.ID)
	}
	return ids
}
