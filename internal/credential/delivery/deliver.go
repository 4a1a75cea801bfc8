package delivery

import (
	"context"
	"maps"
	"slices"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/variables"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
)

// Values are what can be stored.
type Values struct {
	Token    gitlab.Secret
	Username string
}

func (v Values) of(store string) gitlab.Secret {
	if store == StoreUsername {
		return gitlab.NewSecret(v.Username)
	}
	return v.Token
}

// Delivered is what a round of deliveries came to.
type Delivered struct {
	// Sealed are the deliveries that were made, by label.
	Sealed map[string]Sealed
	// Attempts are all that were tried. The last one ended the round where there is an error.
	Attempts []Attempt
	Err      error
}

// Failed is the delivery that ended the round.
func (d Delivered) Failed() Attempt { return d.Attempts[len(d.Attempts)-1] }

// Attempt is a delivery that was tried.
type Attempt struct {
	Delivery
	variables.Written

	// Own means that the variable was the resource's own before.
	Own   bool
	value gitlab.Secret
}

// All writes deliveries, in the order of their labels, until one fails after a second try. Owned are the
// variables that are the resource's own by now: they may be deleted and made again where GitLab asks for
// that.
func All(ctx context.Context, s *session.Session, key []byte, deliveries map[string]Delivery, values Values, owned map[string]Sealed) Delivered {
	done := Delivered{Sealed: map[string]Sealed{}}
	for _, label := range slices.Sorted(maps.Keys(deliveries)) {
		a := Attempt{Delivery: deliveries[label], Own: owns(owned, deliveries[label]), value: values.of(deliveries[label].Store)}
		a.Written, done.Err = a.write(ctx, s, key)
		done.Attempts = append(done.Attempts, a)
		if done.Err != nil {
			return done
		}
		done.Sealed[label] = a.Seal(key)
	}
	return done
}

// write sets one variable. One that another resource has written in the same apply is a Conflict: the two
// would take it from each other for ever.
func (a Attempt) write(ctx context.Context, s *session.Session, key []byte) (variables.Written, error) {
	doing := "set the CI/CD variable " + keyAndScope(a.Key, a.Scope) + " of"
	turn, err := take(ctx, s, a.Place())
	if err != nil {
		return variables.Written{}, interrupted(err, doing, a.Owner)
	}
	defer turn.done()
	if turn.others(key) {
		return variables.Written{}, &apierror.Error{
			Kind: apierror.Conflict, Doing: doing, Target: a.Owner.String(),
			Note: "another resource has just delivered its token there; give one of the two another key or environment scope",
		}
	}
	change := a.change(a.value)
	change.Recreate, change.Again, change.Public = a.Own, 1, a.Store == StoreUsername
	written, err := s.Variables.Set(ctx, a.Owner, change)
	if written.Outcome != variables.Untouched {
		turn.wrote(key)
	}
	return written, err
}

func interrupted(err error, doing string, owner gitlab.Target) error {
	return &apierror.Error{Kind: apierror.Unavailable, Doing: doing, Target: owner.String(), Note: "interrupted while another resource was at it", Cause: err}
}

// owns tells whether the variable of a delivery is one of the resource's own.
func owns(owned map[string]Sealed, d Delivery) bool {
	for _, s := range owned {
		if s.Place == d.Place() {
			return true
		}
	}
	return false
}

// Seal notes that the variable holds what was delivered.
func (a Attempt) Seal(key []byte) Sealed { return seal(a.Delivery, key, a.value) }

// Settle finds out whether a variable holds, or may hold, what was tried to deliver. One that was somebody
// else's is put back as it was. The error is why that cannot be, or why nobody can tell.
func (a Attempt) Settle(ctx context.Context, s *session.Session) (holds bool, err error) {
	if a.Outcome == variables.Untouched {
		return false, nil
	}
	doing := "put back the CI/CD variable " + keyAndScope(a.Key, a.Scope) + " of"
	turn, err := take(ctx, s, a.Place())
	if err != nil {
		return true, interrupted(err, doing, a.Owner)
	}
	defer turn.done()
	now, err := s.Variables.Get(ctx, a.Owner, a.Key, a.Scope)
	switch {
	case apierror.Is(err, apierror.NotFound):
		return false, nil
	case err != nil && a.Own:
		return true, nil
	case err != nil:
		return true, err
	case now == nil, !now.Hidden && now.Value.Reveal() != a.value.Reveal():
		return false, nil
	case a.Own:
		return true, nil
	case a.Before == nil:
		err = s.Variables.Delete(ctx, a.Owner, a.Key, a.Scope)
	case a.Before.Hidden:
		return true, &apierror.Error{
			Kind: apierror.Conflict, Doing: doing, Target: a.Owner.String(), Note: "it was there before and is hidden, so GitLab shows nobody what it held",
		}
	default:
		_, err = s.Variables.Set(ctx, a.Owner, variables.Change{Variable: *a.Before, Describe: true, Again: 1})
	}
	if err != nil {
		return true, err
	}
	turn.wrote(nil)
	return false, nil
}

// SetFlags puts the flags of a variable, and its description, right without touching its value.
func (d Delivery) SetFlags(ctx context.Context, in *variables.Service) error {
	return in.SetFlags(ctx, d.Owner, d.change(gitlab.Secret{}))
}
