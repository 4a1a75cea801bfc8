package delivery

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/variables"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
)

var sealedDelivery = Delivery{Owner: gitlab.Target{Kind: gitlab.KindGroup, ID: 7, Path: "acme"}, Key: "KEY", Scope: "*", Store: StoreToken}

// What private state keeps tells nothing of a secret, and is other for the same one elsewhere.
func TestSealKeepsNoSecret(t *testing.T) {
	t.Parallel()
	key, secret := NewKey(), gitlab.NewSecret("gldt-0123456789abcdefghij")
	sealed := seal(sealedDelivery, key, secret)
	kept, err := json.Marshal(sealed)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{secret.Reveal(), "0123456789", "abcdefghij"} {
		if strings.Contains(string(kept), part) {
			t.Errorf("%q is in %s", part, kept)
		}
	}
	if other := seal(sealedDelivery, NewKey(), secret); bytes.Equal(other.MAC, sealed.MAC) {
		t.Error("two resources give one secret the same hash")
	}
	var read Sealed
	if err := json.Unmarshal(kept, &read); err != nil {
		t.Fatal(err)
	}
	if read.Place != sealed.Place || read.Owner() != sealed.Owner() || !bytes.Equal(read.MAC, sealed.MAC) {
		t.Errorf("it comes back as %+v, was %+v", read, sealed)
	}
}

func TestHeldBy(t *testing.T) {
	t.Parallel()
	key := NewKey()
	shown := seal(sealedDelivery, key, gitlab.NewSecret("delivered"))
	hidden := shown
	hidden.Hidden = true
	for name, c := range map[string]struct {
		sealed   Sealed
		variable variables.Variable
		key      []byte
		want     bool
	}{
		"the value":           {shown, variables.Variable{Value: gitlab.NewSecret("delivered")}, key, true},
		"the value in a file": {shown, variables.Variable{Value: gitlab.NewSecret("delivered"), File: true}, key, true},
		"another value":       {shown, variables.Variable{Value: gitlab.NewSecret("Delivered")}, key, false},
		"no value":            {shown, variables.Variable{}, key, false},
		"another key":         {shown, variables.Variable{Value: gitlab.NewSecret("delivered")}, NewKey(), false},
		"hidden by now":       {shown, variables.Variable{Hidden: true}, key, false},
		"hidden as it was":    {hidden, variables.Variable{Hidden: true}, key, true},
		"no longer hidden":    {hidden, variables.Variable{Value: gitlab.NewSecret("delivered")}, key, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := c.sealed.heldBy(c.variable, c.key); got != c.want {
				t.Errorf("got %t, want %t", got, c.want)
			}
		})
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	values := Values{Token: gitlab.NewSecret("secret"), Username: "reader"}
	for store, want := range map[string]string{StoreToken: "secret", StoreUsername: "reader"} {
		if got := values.of(store).Reveal(); got != want {
			t.Errorf("%s gives %q, want %q", store, got, want)
		}
	}
}

// A turn knows who has written before, for one variable and one walk alone.
func TestTurn(t *testing.T) {
	t.Parallel()
	walk := &session.Session{}
	mine, yours := NewKey(), NewKey()
	elsewhere := sealedDelivery.Place()
	elsewhere.Scope = "production"
	enter := func(s *session.Session, place Place) turn {
		turn, err := take(t.Context(), s, place)
		if err != nil {
			t.Fatal(err)
		}
		return turn
	}
	first := enter(walk, sealedDelivery.Place())
	if first.others(mine) {
		t.Error("a variable that nobody has written is another's")
	}
	first.wrote(mine)
	for name, other := range map[string]turn{"variable": enter(walk, elsewhere), "walk": enter(&session.Session{}, sealedDelivery.Place())} {
		if other.others(yours) {
			t.Errorf("another %s is taken too", name)
		}
		other.done()
	}
	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := take(impatient, walk, sealedDelivery.Place()); err == nil {
		t.Error("two are at one variable")
	}
	first.done()
	second := enter(walk, sealedDelivery.Place())
	defer second.done()
	if second.others(mine) || !second.others(yours) {
		t.Error("the turn does not know who has written")
	}
	if second.wrote(nil); second.others(yours) {
		t.Error("a variable that was deleted is another's")
	}
}
