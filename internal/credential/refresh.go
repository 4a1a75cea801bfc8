package credential

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/credential/delivery"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/tokens"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
)

// refresher asks the server, and the clock, what has become of a token. It alone decides that a new one
// is due: plans look at what it wrote.
type refresher struct {
	*session.Session
	kind    kind
	parent  gitlab.Target
	state   attributes
	private privateState

	diags diag.Diagnostics
}

// refresh fills the state. Gone means that no token was made in the end.
func (r *refresher) refresh(ctx context.Context, listed []tokens.Token) (gone bool) {
	now := r.GitLab.Now()
	r.findLost(ctx)
	if r.state.TokenID.IsNull() {
		return true
	}
	token, found := byID(listed, r.state.TokenID.ValueInt64())
	switch {
	case found:
		r.state.flatten(token, now)
		if r.private.Born.IsZero() {
			r.private.Born = token.CreatedAt.UTC().Truncate(time.Second)
		}
	default:
		end := r.state.expiry()
		ended := !end.IsZero() && !now.Before(end)
		r.state.Active, r.state.Revoked, r.state.Expired = types.BoolValue(false), types.BoolValue(true), types.BoolValue(ended)
	}
	switch {
	case !r.state.Revoked.ValueBool():
		r.private.Ended = time.Time{}
	case r.private.Ended.IsZero():
		r.private.Ended = now.UTC().Truncate(time.Second)
	}
	r.previous(ctx, listed, now)
	reasons := r.deliveries(ctx)
	r.rotation(found, now, reasons)
	return false
}

func byID(list []tokens.Token, id int64) (tokens.Token, bool) {
	at := slices.IndexFunc(list, func(t tokens.Token) bool { return t.ID == id })
	if at < 0 {
		return tokens.Token{}, false
	}
	return list[at], true
}

// findLost looks for a token whose making was never answered. One that is found is named in the state,
// for the next apply to end.
func (r *refresher) findLost(ctx context.Context) {
	if r.private.Lost == nil {
		return
	}
	parent := r.private.Lost.Of.or(r.parent)
	found, alone, err := r.Tokens.FindLost(ctx, r.kind.token, parent, tokens.Request(r.private.Lost.Request), r.private.Lost.Before)
	if err != nil {
		r.diags.Append(diagnose.ReadError(diagnose.ReadTokens, err))
		return
	}
	found = slices.DeleteFunc(found, func(t tokens.Token) bool {
		return t.ID == r.state.TokenID.ValueInt64() || slices.Contains(r.private.previousIDs(), t.ID)
	})
	switch {
	case len(found) == 0:
	case len(found) > 1 || !alone || r.private.Lost.Doubt:
		r.diags.AddWarning(string(diagnose.OrphanedToken.For(parent.Path)), fmt.Sprintf(
			"GitLab never answered the creation of the %s %q, and of the tokens of the %s these may be it, or somebody else's: %s. Look which of them nobody uses, and revoke that.",
			r.kind.token, r.private.Lost.Request.Name, parent, enumerate(found)))
	case len(found) == 1 && r.state.TokenID.IsNull():
		r.state.TokenID = types.Int64Value(found[0].ID)
	case len(found) == 1:
		r.private.Previous = append(r.private.Previous, previous{ID: found[0].ID, Over: true, Of: r.private.Lost.Of})
	}
	r.private.Lost = nil
}

func enumerate(listed []tokens.Token) string {
	text := ""
	for i, t := range listed {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("id %d", t.ID)
	}
	return text
}

// previous drops older tokens that have ended, and marks those that an apply has to end: which would
// not end by themselves within a day.
func (r *refresher) previous(ctx context.Context, listed []tokens.Token, now time.Time) {
	var left []previous
	for _, p := range r.private.Previous {
		among := listed
		if p.Of != nil {
			elsewhere, err := r.Tokens.List(ctx, r.kind.token, p.Of.or(r.parent))
			if err != nil { // nothing tells whether it lives
				left = append(left, p)
				continue
			}
			among = elsewhere
		}
		token, found := byID(among, p.ID)
		if !found || !token.Active(now) {
			continue
		}
		soon := !token.ExpiresAt.IsZero() && token.ExpiresAt.Before(now.Add(day+time.Second))
		p.Over = p.Over || !p.EndsAt.IsZero() && !now.Before(p.EndsAt) && !soon
		left = append(left, p)
	}
	r.private.Previous = left
	r.state.PreviousTokenIDs = idList(r.private.previousIDs())
}

// deliveries looks at the variables. It gives the reasons for a new token that they hold.
func (r *refresher) deliveries(ctx context.Context) (reasons []string) {
	r.private.Readable = false
	if r.state.Deliveries.IsNull() || r.state.Deliveries.IsUnknown() {
		return nil
	}
	elements := map[string]attr.Value{}
	held := delivery.Expand(r.state.Deliveries)
	for _, label := range slices.Sorted(maps.Keys(held)) {
		sealed, known := r.private.Deliveries[label]
		if !known { // it is delivered by the next apply
			owner := ownerOf(r.state.DeliveryOwners.Elements()[label])
			r.miss(label, held[label], owner)
			continue
		}
		elements[label] = held[label].Object()
		finding, variable, err := sealed.Inspect(ctx, r.Variables, r.private.Key)
		switch finding {
		case delivery.Gone:
			delete(elements, label)
			delete(r.private.Deliveries, label)
			r.miss(label, held[label], sealed.Owner())
		case delivery.Changed:
			this := token{r.kind.typeName(), r.state.TokenID.ValueInt64()}
			if other, is := session.Shared[walk](r.Session).whose(this, sealed.Place, variable); is {
				reasons = append(reasons, fmt.Sprintf("%s holds the token with id %d of a jobtoken_%s, which is delivered there too", sealed.Variable(), other.id, other.kind))
			} else {
				reasons = append(reasons, sealed.Variable()+givenAnother)
			}
		case delivery.Unseen:
			r.diags.AddAttributeWarning(path.Root("deliveries").AtMapKey(label), string(diagnose.DeliveryUnseen.For(sealed.Path)), diagnose.Detail(err))
		case delivery.InPlace:
			elements[label] = held[label].As(variable)
			r.private.Readable = r.private.Readable || sealed.ShowsToken()
		}
	}
	r.state.Deliveries = types.MapValueMust(delivery.ObjectType(r.kind.stores()...), elements)
	return reasons
}

// miss remembers whose variable is gone.
func (r *refresher) miss(label string, held delivery.Delivery, owner gitlab.Target) {
	if owner.ID == 0 {
		return
	}
	if r.private.Missing == nil {
		r.private.Missing = map[string]missing{}
	}
	r.private.Missing[label] = missing{Kind: owner.Kind, ID: owner.ID, Path: owner.Path, Spelled: held.Spelled, Key: held.Key, Scope: held.Scope}
}

// rotation writes why a new token is due.
func (r *refresher) rotation(found bool, now time.Time, reasons []string) {
	r.state.RotatesAt, r.state.RotationDue = r.rotatesAt(), types.StringNull()
	id := r.state.TokenID.ValueInt64()
	rotation := r.state.rotation()
	switch {
	case r.private.Due != "":
		reasons = append([]string{r.private.Due}, reasons...)
	case !rotation.scheduled() && r.state.Expired.ValueBool():
		r.diags.Append(diagnose.Warn(path.Root("expires_at"), diagnose.TokenExpired.For(r.parent.Path+": "+r.state.Name.ValueString()),
			"The %s with id %d of the %s ended at %s, and nothing is planned for that reason. Write a later expires_at, or let rotation make new ones in time.",
			r.kind.token, id, r.parent, r.state.ExpiresAt.ValueString()))
		return
	case !found:
		reasons = append([]string{fmt.Sprintf("%s %d was deleted", r.kind.token, id)}, reasons...)
	case r.state.Revoked.ValueBool():
		reasons = append([]string{fmt.Sprintf("%s %d was revoked", r.kind.token, id)}, reasons...)
	case rotation != nil && !r.state.RotatesAt.IsNull():
		if at, err := parseInstant(r.state.RotatesAt.ValueString()); err == nil && !now.Before(at) {
			reasons = append([]string{rotation.due(at)}, reasons...)
		}
	}
	if len(reasons) > 0 {
		r.state.RotationDue = types.StringValue(reasons[0])
	}
}

func (r *refresher) rotatesAt() types.String {
	rotation := r.state.rotation()
	if !rotation.scheduled() {
		return types.StringNull()
	}
	at := rotation.rotatesAt(r.private.Born, r.state.expiry())
	switch {
	case at.IsZero(), sameInstant(r.state.RotatesAt, at):
		return r.state.RotatesAt
	default:
		return types.StringValue(at.Format(time.RFC3339))
	}
}
