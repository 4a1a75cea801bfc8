package credential

import (
	"slices"
	"sync"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/credential/delivery"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/variables"
)

// walk is what the tokens of one walk tell each other.
type walk struct {
	mu     sync.Mutex
	seen   []*sighting
	offers map[delivery.Place]*offer
	// settled are tokens whose own plan is made: they stay, or go, which Terraform may plan before it
	// reads them. The plan of a replacement after a taint is that of a creation alone, and never settles
	// what it replaces.
	settled []token
	planned []intent
	// expected are the variables that tokens of this walk hold or are to go into.
	expected map[delivery.Place]*expectation
	// held are the tokens that states of this walk name, the older ones too.
	held map[token]bool
}

// expectation is a variable that a token of the walk holds or is to go into.
type expectation struct {
	// path is the last one of its owner.
	path string
	// written means that it was, in this walk.
	written bool
}

// intent is what is planned for a token itself.
type intent struct {
	token

	private privateState
	goes    bool
}

// token names one by its resource's type and id.
type token struct {
	kind string
	id   int64
}

// sighting is a token that this walk has read.
type sighting struct {
	token

	parent  int64
	name    string
	private privateState
	// presumed are places that a creation took for its own because they are this token's.
	presumed []delivery.Place
}

// offer is a token that the destroy half of a replacement leaves to the creation.
type offer struct {
	kind    string
	parent  gitlab.Target
	state   model
	private privateState
	// planned are the variables that the creation was planned to go into.
	planned []delivery.Place
}

// see notes a token, before anything is asked of it: of two that are read at once each sees the other.
func (w *walk) see(s sighting) *sighting {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = append(w.seen, &s)
	return &s
}

// hold notes the tokens that a state names, before anything is asked of them.
func (w *walk) hold(kind string, ids ...int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held == nil {
		w.held = map[token]bool{}
	}
	for _, id := range ids {
		w.held[token{kind, id}] = true
	}
}

// holds tells whether a state of this walk is known to name a token.
func (w *walk) holds(t token) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.held[t]
}

// update notes what a token's read has found.
func (w *walk) update(s *sighting, found privateState) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s.private = found
}

// superseded are the places of a token that a newer one was delivered into: GitLab counts the ids of a
// kind of tokens up.
func (w *walk) superseded(t token, of privateState) (places []delivery.Place) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, place := range of.places() {
		if slices.ContainsFunc(w.seen, func(s *sighting) bool {
			return s.kind == t.kind && s.id > t.id && slices.Contains(s.private.places(), place)
		}) {
			places = append(places, place)
		}
	}
	return places
}

// shares tells whether another token of this walk was delivered into a place.
func (w *walk) shares(t token, place delivery.Place) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.seen, func(s *sighting) bool {
		return s.token != t && slices.Contains(s.private.places(), place)
	})
}

// whose tells of which other token a variable holds the value.
func (w *walk) whose(t token, place delivery.Place, variable variables.Variable) (other token, found bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.seen {
		for _, sealed := range s.private.Deliveries {
			if s.token != t && sealed.Place == place && sealed.Holds(variable, s.private.Key) {
				return s.token, true
			}
		}
	}
	return token{}, false
}

// replaced are the records, by token id, of tokens that a creation may replace: of the kind, not settled,
// and with one of its places or its name. The places that are theirs are presumed to be its own.
func (w *walk) replaced(kind string, parent int64, name string, wanted []delivery.Place) (records map[int64]privateState, own []delivery.Place) {
	w.mu.Lock()
	defer w.mu.Unlock()
	records = map[int64]privateState{}
	for _, s := range w.seen {
		if s.kind != kind || slices.Contains(w.settled, s.token) {
			continue
		}
		common := inBoth(wanted, s.private.places())
		if len(common) > 0 || s.name == name && s.parent == parent {
			records[s.id] = s.private
			own, s.presumed = append(own, common...), append(s.presumed, common...)
		}
	}
	return records, own
}

// settle notes that a token's own plan is made. It gives the places that a creation has taken for its own
// before, wrongly.
func (w *walk) settle(t token) (presumed []delivery.Place) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.settled = append(w.settled, t)
	for _, s := range w.seen {
		if s.token == t {
			presumed = append(presumed, s.presumed...)
			s.presumed = nil
		}
	}
	return presumed
}

// endangered are hidden variables that an older token, which goes, takes along though a newer one was
// delivered there. Whichever of the two is planned last learns of it.
func (w *walk) endangered(t token, of privateState, goes bool) (all []delivery.Sealed) {
	w.mu.Lock()
	defer w.mu.Unlock()
	this := intent{t, of, goes}
	for _, other := range w.planned {
		older, newer := this, other
		if older.id > newer.id {
			older, newer = newer, older
		}
		if older.kind != newer.kind || older.id == newer.id || !older.goes || newer.goes {
			continue
		}
		for _, sealed := range older.private.Deliveries {
			if sealed.Hidden && slices.Contains(newer.private.places(), sealed.Place) && !slices.Contains(older.private.Superseded, sealed.Place) {
				all = append(all, sealed)
			}
		}
	}
	w.planned = append(w.planned, this)
	return all
}

// leave hands a token on to the creation of what goes into one of some places.
func (w *walk) leave(o *offer, at []delivery.Place) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.offers == nil {
		w.offers = map[delivery.Place]*offer{}
	}
	for _, place := range at {
		w.offers[place] = o
	}
}

// offered looks whether a token was left to who goes into one of some places; nil is none.
func (w *walk) offered(kind string, wanted []delivery.Place) *offer {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, place := range wanted {
		if o := w.offers[place]; o != nil && o.kind == kind {
			return o
		}
	}
	return nil
}

// offeredLike looks for the one token that was left to who goes into variables like these, whose owners cannot
// be found any more; nil is none, or more than one.
func (w *walk) offeredLike(kind string, wanted map[string]delivery.Delivery) (one *offer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for place, o := range w.offers {
		if o.kind != kind || o == one {
			continue
		}
		for _, d := range wanted {
			if d.Owner.ID == 0 && place.Kind == d.Owner.Kind && place.Key == d.Key && place.Scope == d.Scope {
				if one != nil {
					return nil
				}
				one = o
				break
			}
		}
	}
	return one
}

// expect notes where tokens of this walk are, or are to go.
func (w *walk) expect(place delivery.Place, path string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.expected == nil {
		w.expected = map[delivery.Place]*expectation{}
	}
	if w.expected[place] == nil {
		w.expected[place] = &expectation{path: path}
	}
}

// wrote notes that an apply has come to its end: what is missing now is not still to come.
func (w *walk) wrote(place delivery.Place) {
	w.expect(place, "")
	w.mu.Lock()
	defer w.mu.Unlock()
	w.expected[place].written = true
}

// awaits tells whether a variable is of a token that this walk has read or planned, and not written so
// far: an apply that makes nothing anew has neither.
func (w *walk) awaits(is func(place delivery.Place, path string) bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for place, e := range w.expected {
		if !e.written && is(place, e.path) {
			return true
		}
	}
	return false
}
