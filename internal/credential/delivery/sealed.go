package delivery

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"slices"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/variables"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
)

// Sealed is what private state keeps of a delivery: where it went, and by what its value is known
// again without being known.
type Sealed struct {
	Place

	// Path is the owner's at the last read.
	Path   string `json:"path"`
	Store  string `json:"store"`
	Hidden bool   `json:"hidden"`
	// MAC is that of the value, under a random key of the resource; none where private state was
	// withheld, and nothing tells any more what was delivered.
	MAC []byte `json:"mac"`
	// Deleted means that the last read found the project or group deleted for good: nothing can be
	// delivered there any more.
	Deleted bool `json:"deleted,omitempty"`
}

// Unproved is a delivery of which a state alone tells.
func (d Delivery) Unproved() Sealed {
	return Sealed{Place: d.Place(), Path: d.Owner.Path, Store: d.Store, Hidden: d.Hidden}
}

// NewKey makes the random key of a resource.
func NewKey() []byte {
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // never fails: crypto/rand ends the program instead
	return key
}

// Owner is the project or group the variable belongs to.
func (s Sealed) Owner() gitlab.Target { return gitlab.Target{Kind: s.Kind, ID: s.ID, Path: s.Path} }

// Variable names it for messages: DEPLOY_TOKEN of project acme/app (id 12).
func (s Sealed) Variable() string { return Named(s.Key, s.Scope, s.Owner()) }

// seal notes that a delivery holds a value.
func seal(d Delivery, key []byte, value gitlab.Secret) Sealed {
	return Sealed{Place: d.Place(), Path: d.Owner.Path, Store: d.Store, Hidden: d.Hidden, MAC: mac(key, value)}
}

func mac(key []byte, value gitlab.Secret) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(value.Reveal())) // never fails
	return h.Sum(nil)
}

// Finding is what has become of a delivery.
type Finding int

// What can have become of it.
const (
	// InPlace means that the variable is there, and as far as can be seen with its value.
	InPlace Finding = iota
	// Gone means that there is no such variable any more.
	Gone
	// Changed means that jobs get another value by now: somebody wrote one, or made it a file.
	Changed
	// Unseen means that its project or group is out of sight, or its variables are.
	Unseen
)

// Inspect looks what has become of a delivery. The error is for [Unseen] alone.
func (s Sealed) Inspect(ctx context.Context, in *variables.Service, key []byte) (Finding, variables.Variable, error) {
	list, err := in.List(ctx, s.Owner())
	if err != nil {
		return Unseen, variables.Variable{}, err
	}
	at := slices.IndexFunc(list, func(v variables.Variable) bool { return v.Key == s.Key && v.Scope == s.Scope })
	switch {
	case at < 0:
		return Gone, variables.Variable{}, nil
	case list[at].File || !s.heldBy(list[at], key):
		return Changed, list[at], nil
	default:
		return InPlace, list[at], nil
	}
}

// Holds tells whether a variable has the value that was delivered, as far as can be seen, under the key of its
// resource.
func (s Sealed) Holds(v variables.Variable, key []byte) bool { return s.heldBy(v, key) }

// heldBy tells whether a variable is the one that was written, and as far as can be seen with its value.
func (s Sealed) heldBy(v variables.Variable, key []byte) bool {
	return v.Hidden == s.Hidden && (v.Hidden || hmac.Equal(s.MAC, mac(key, v.Value)))
}

// ShowsToken tells whether it is the secret that was delivered, into a variable that shows what it holds.
func (s Sealed) ShowsToken() bool {
	return s.Store == StoreToken && !s.Hidden && !s.Deleted && len(s.MAC) > 0
}

// Value reads what was delivered from the variable, afresh. Held tells whether it is still there.
func (s Sealed) Value(ctx context.Context, in *variables.Service, key []byte) (value gitlab.Secret, held bool, err error) {
	found, err := in.Get(ctx, s.Owner(), s.Key, s.Scope)
	if err != nil || found == nil || found.File || found.Hidden || !s.heldBy(*found, key) {
		return gitlab.Secret{}, false, err
	}
	return found.Value, true, nil
}

// TakeBack deletes a variable that still holds what was delivered. One that was left alone has a reason,
// as the end of a sentence: it holds something else by now, or its project or group cannot be seen, which
// may be gone with it or not. What went with a project or group that was deleted, and what another resource has delivered there in this walk is that one's, and
// left in silence.
func (s Sealed) TakeBack(ctx context.Context, of *session.Session, key []byte) (left string, err error) {
	turn, err := take(ctx, of, s.Place)
	if err != nil {
		return "", interrupted(err, "delete the CI/CD variable "+keyAndScope(s.Key, s.Scope)+" of", s.Owner())
	}
	defer turn.done()
	if turn.others(key) {
		return "", nil
	}
	finding, variable, err := s.Inspect(ctx, of.Variables, key)
	switch {
	case apierror.Is(err, apierror.NotFound) && ref.Deleted(ctx, of, s.Owner(), err):
		return "", nil
	case apierror.Is(err, apierror.NotFound):
		return "its " + string(s.Kind) + " is gone, or out of sight", nil
	case err != nil:
		return "", err
	case finding == Gone:
		return "", nil
	case len(s.MAC) == 0:
		return "it was not read before, so nothing tells whether it holds what was delivered; delete it by hand if it does", nil
	case !s.heldBy(variable, key):
		return "it holds another value than was delivered", nil
	}
	err = of.Variables.Delete(ctx, s.Owner(), s.Key, s.Scope)
	if apierror.Is(err, apierror.NotFound) {
		err = nil
	}
	if err == nil {
		turn.wrote(nil)
	}
	return "", err
}
