package delivery

import (
	"context"
	"maps"
	"slices"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
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
	// Created are the labels whose variables were not there before.
	Created map[string]bool
	// Failed is the delivery that ended the round; its label is empty where none failed.
	Failed Delivery
	Err    error
}

// All writes deliveries, in the order of their labels, until one fails after a second try. Owned are the
// variables that are the resource's own by now: they may be deleted and made again where GitLab asks for
// that.
func All(ctx context.Context, s *session.Session, key []byte, deliveries map[string]Delivery, values Values, owned map[string]Sealed) Delivered {
	done := Delivered{Sealed: map[string]Sealed{}, Created: map[string]bool{}}
	for _, label := range slices.Sorted(maps.Keys(deliveries)) {
		d := deliveries[label]
		value := values.of(d.Store)
		created, err := write(ctx, s, key, d, value, owns(owned, d))
		if err != nil {
			created, err = write(ctx, s, key, d, value, owns(owned, d))
		}
		if created {
			done.Created[label] = true
		}
		if err != nil {
			done.Failed, done.Err = d, err
			return done
		}
		done.Sealed[label] = seal(d, key, value)
	}
	return done
}

// write sets one variable. One that another resource has written in the same apply is a Conflict: the two
// would take it from each other for ever.
func write(ctx context.Context, s *session.Session, key []byte, d Delivery, value gitlab.Secret, own bool) (created bool, err error) {
	turn := take(s, d.Place())
	defer turn.done()
	if turn.others(key) {
		return false, &apierror.Error{
			Kind: apierror.Conflict, Doing: "set the CI/CD variable " + keyAndScope(d.Key, d.Scope) + " of", Target: d.Owner.String(),
			Note: "another resource has just delivered its token there; give one of the two another key or environment scope",
		}
	}
	created, _, err = s.GitLab.SetVariable(ctx, d.Owner, d.variable(value), own)
	if err == nil || created {
		turn.writer = key
	}
	return created, err
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

// SetFlags puts the flags of a variable right without touching its value.
func (d Delivery) SetFlags(ctx context.Context, client *gitlab.Client) error {
	return client.SetVariableFlags(ctx, d.Owner, d.variable(gitlab.Secret{}))
}
