package credential

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/credential/delivery"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/tokens"
)

// change is what a plan comes to.
type change struct {
	// create makes the first token, renew a new one beside the old, rotate has GitLab replace it.
	create, renew, rotate bool
	// may means that it is known only after the apply whether a new token is made.
	may bool
	// left means that the token has ended, and that none is made in its place: its secret would go nowhere.
	left bool
	// because is why, where the plan's lines do not say so.
	because string
	// previous are the older tokens that are left afterwards.
	previous []int64
	// sameExpiry means that the configured expiry is the state's in other words.
	sameExpiry bool
	// respelled are deliveries whose project or group is only spelled otherwise.
	respelled map[string]attr.Value
}

func (c change) makes() bool { return c.create || c.renew || c.rotate }

// decide compares what is configured with what the state holds. It is pure: the same answer at plan and
// at apply.
func decide(k kind, config attributes, state *attributes, stored privateState, wanted, held map[string]delivery.Delivery) change {
	if state == nil {
		return change{create: true, previous: []int64{}}
	}
	c := change{respelled: map[string]attr.Value{}, sameExpiry: !config.ExpiresAt.IsUnknown() && sameText(config.ExpiresAt, state.ExpiresAt)}
	fixed := fixedDiffer(config, *state, c.sameExpiry)
	reasons := secretNeeded(config, *state, stored, wanted, held, &c)
	trigger, before := config.trigger(), state.trigger()
	if !trigger.IsNull() && !trigger.IsUnknown() && before.IsNull() {
		reasons = append(reasons, "rotation.trigger was set")
	}
	pulled := !trigger.IsNull() && !trigger.IsUnknown() && !trigger.Equal(before)
	due := !state.RotationDue.IsNull()
	asked := fixed || pulled || len(reasons) > 0
	c.left = due && !asked && state.Revoked.ValueBool() && nowhere(config, wanted)
	c.renew = asked || due && !c.left
	c.may = !c.renew && trigger.IsUnknown()
	c.because = strings.Join(reasons, ", and ")
	rotation := config.rotation()
	ends := rotation.scheduled() || !config.expiry().IsZero() // GitLab rotates to nothing else
	if c.renew && !fixed && ends && k.token == tokens.Access && rotation != nil && rotation.Overlap == 0 && state.Active.ValueBool() {
		c.renew, c.rotate = false, true
	}
	stored.without(stored.over()...)
	c.previous = stored.previousIDs()
	if c.renew && rotation != nil && rotation.Overlap > 0 && state.Active.ValueBool() {
		c.previous = append(c.previous, state.TokenID.ValueInt64())
	}
	return c
}

// sameText compares two spellings of an instant.
func sameText(a, b types.String) bool {
	if b.IsNull() {
		return sameInstant(a, time.Time{})
	}
	at, err := parseInstant(b.ValueString())
	return err == nil && sameInstant(a, at)
}

// fixedDiffer tells whether something differs that GitLab fixes when it makes a token.
func fixedDiffer(config, state attributes, sameExpiry bool) bool {
	differs := func(config, state attr.Value) bool { return !config.IsNull() && !config.Equal(state) }
	if differs(config.Name, state.Name) || differs(config.Scopes, state.Scopes) || !config.ExpiresAt.IsNull() && !sameExpiry {
		return true
	}
	if config.deployToken != nil {
		return differs(config.Username, state.Username)
	}
	return differs(config.AccessLevel, state.AccessLevel) || differs(config.Description, state.Description)
}

// secretNeeded says why the secret is needed again, where neither the state nor a variable tells it.
func secretNeeded(config, state attributes, stored privateState, wanted, held map[string]delivery.Delivery, c *change) (reasons []string) {
	known := !state.Token.IsNull() || stored.Readable && state.Active.ValueBool()
	if config.tokenInState() && !known {
		reasons = append(reasons, "token_in_state asks for its secret, which nobody knows any more")
	}
	for _, label := range slices.Sorted(maps.Keys(wanted)) {
		d, old := wanted[label], held[label]
		_, there := held[label]
		switch {
		case there && d.Same(old):
			if d.Spelled != old.Spelled && old.Label == label { // core accepts the state's words only where the state has them
				c.respelled[label] = d.SpelledAs(old)
			}
		case d.Store == delivery.StoreToken && !known:
			reasons = append(reasons, fmt.Sprintf("the delivery %q needs its secret, which nobody knows any more", label))
		}
	}
	return reasons
}

// nowhere tells whether the secret of a new token would be lost at once.
func nowhere(config attributes, wanted map[string]delivery.Delivery) bool {
	for _, d := range wanted {
		if d.Store == delivery.StoreToken {
			return false
		}
	}
	return !config.tokenInState()
}

// tokenInState tells whether the configuration asks for the secret in the state.
func (v attributes) tokenInState() bool { return v.TokenInState.ValueBool() }
