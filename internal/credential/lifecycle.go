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
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/tokens"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
)

// lifecycle makes, delivers and ends tokens. What it leaves is in plan, or in the state that
// its methods are given, and in private, errors or not: no token that lives is in none of them.
type lifecycle struct {
	*session.Session
	kind    kind
	parent  gitlab.Target
	plan    attributes
	private privateState
	// former is the project or group of the token that is replaced, where that is another one.
	former *home
	// gone means that the project or group was deleted for good, and its tokens with it.
	gone bool
	// settled tells whether the plan has become the state. Otherwise the former one still holds, or none.
	settled bool

	places
	diags diag.Diagnostics
}

// unbroken bounds what an interrupt must not break off: from the making of a token until it is
// delivered, or revoked again, and recorded.
const unbroken = 10 * time.Minute

// withoutInterrupt goes on after an interrupt, unless that came before anything was begun.
func withoutInterrupt(ctx context.Context) (context.Context, context.CancelFunc, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), unbroken)
	return ctx, cancel, nil
}

// name gives the owners of deliveries, which the plan has by id, the paths that messages name them by.
func (l *lifecycle) name(ctx context.Context) (diags diag.Diagnostics) {
	for label, d := range l.wanted {
		sealed := l.private.Deliveries[label]
		if d.Owner.ID == sealed.ID && d.Owner.Kind == sealed.Kind && d.Owner.ID != 0 {
			d.Owner = sealed.Owner()
		} else if reference, err := gitlab.ParseRef(d.Owner.Kind, d.Spelled); err == nil {
			found, err := l.GitLab.Resolve(ctx, d.Owner.Kind, reference)
			switch {
			case err == nil && (d.Owner.ID == 0 || d.Owner.ID == found.ID):
				d.Owner = found
			case err != nil && d.Owner.ID == 0:
				at := d.Path(string(d.Owner.Kind))
				diags.Append(diagnose.LookupError(at, ref.NotFound(at), err))
			}
		}
		l.wanted[label] = d
	}
	return diags
}

// create makes the first token. It is not settled where there is nothing for the state to name.
func (l *lifecycle) create(ctx context.Context) {
	l.private = privateState{Path: l.parent.Path, Key: delivery.NewKey()}
	request := l.plan.request(l.expires())
	token, secret, err := l.Tokens.Create(ctx, l.kind.token, l.parent, request)
	if err != nil {
		l.diags.Append(l.diagnose(diagnose.CreateToken, err))
		l.orphaned(err, request)
		return
	}
	l.private.Born = l.born(token)
	l.made(token, secret)
	done := delivery.All(ctx, l.Session, l.private.Key, l.wanted, values(token, secret), nil)
	l.private.Deliveries, l.private.Readable = done.Sealed, readable(done.Sealed)
	if done.Err == nil {
		l.settled = true
		return
	}
	l.diags.Append(l.undelivered(done))
	l.undo(ctx, token, done)
}

// undo takes back a token that could not be delivered: every variable gets back what it held. Something
// is left of it where a variable that cannot be put back needs it to live.
func (l *lifecycle) undo(ctx context.Context, token tokens.Token, done delivery.Delivered) {
	l.private.Deliveries = map[string]delivery.Sealed{}
	for _, a := range done.Attempts {
		holds, err := a.Settle(ctx, l.Session)
		if holds {
			l.private.Deliveries[a.Label] = a.Seal(l.private.Key)
			l.diags.Append(l.stuck(a, token, err))
		}
	}
	if len(l.private.Deliveries) > 0 {
		l.settled = true
	} else if err := l.Tokens.Revoke(ctx, l.kind.token, l.parent, token.ID); err != nil {
		l.diags.Append(l.diagnose(diagnose.RevokeToken, err))
		l.settled = true
	}
	l.plan.Deliveries = l.deliveries()
}

// stuck says of a variable that it cannot be put back, and what that means for the token.
func (l *lifecycle) stuck(a delivery.Attempt, token tokens.Token, err error) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(a.Path(""), string(diagnose.PutBackVariable.For(a.Owner.Path+": "+a.Key)), fmt.Sprintf(
		"%s\n\n%s holds, or may hold, the %s with id %d, which therefore lives on and is in the state. The next apply goes on from there; or give the variable its former value by hand.",
		diagnose.Detail(err), a.Variable(), l.kind.token, token.ID))
}

// settle ends a round of deliveries that failed. What was somebody else's is put back; a variable that holds
// the new token all the same is noted as delivered.
func (l *lifecycle) settle(ctx context.Context, token tokens.Token, done delivery.Delivered) {
	l.diags.Append(l.undelivered(done))
	a := done.Failed()
	holds, err := a.Settle(ctx, l.Session)
	if err != nil {
		l.diags.Append(l.stuck(a, token, err))
	}
	if holds {
		done.Sealed[a.Label] = a.Seal(l.private.Key)
	}
}

// orphaned names in the state a token that may live though it was never answered.
func (l *lifecycle) orphaned(err error, request tokens.Request) {
	fate, isLost := tokens.LostOf(err)
	if !isLost {
		return
	}
	l.plan.Deliveries = l.deliveries()
	l.plan.settle()
	switch {
	case fate.Fate == tokens.FateNotRevoked && len(fate.IDs) == 1:
		l.plan.TokenID, l.settled = types.Int64Value(fate.IDs[0]), true
	case fate.Fate == tokens.FateUnknown:
		l.plan.TokenID = types.Int64Null()
		l.private.Lost, l.settled = &lost{Request: asked(request), Before: fate.Before, Doubt: fate.Doubt}, true
	}
}

// renew makes a new token beside the old one, delivers it, and then ends the old one or lets it run out.
// State is what the state holds so far.
func (l *lifecycle) renew(ctx context.Context, state attributes, c change) {
	request := l.plan.request(l.expires())
	own := append(l.private.previousIDs(), state.TokenID.ValueInt64())
	token, secret, err := l.Tokens.Create(ctx, l.kind.token, l.parent, request, own...)
	if err != nil {
		l.diags.Append(l.diagnose(diagnose.CreateToken, err))
		l.leftOver(err, request)
		return
	}
	l.haveKey()
	done := delivery.All(ctx, l.Session, l.private.Key, l.reachable(), values(token, secret), l.private.Deliveries)
	if done.Err != nil {
		l.settle(ctx, token, done)
		l.renewedInPart(ctx, state, token, secret, done)
		return
	}
	l.settled, l.private.Born, l.private.Due = true, l.born(token), ""
	l.made(token, secret)
	l.succeed(done.Sealed)
	if old := state.TokenID.ValueInt64(); slices.Contains(c.previous, old) {
		l.leaveBehind(previous{ID: old, EndsAt: l.GitLab.Now().Add(time.Duration(l.plan.rotation().Overlap) * day)})
	} else {
		l.leaveBehind(previous{ID: old, Over: true})
	}
	l.takeBackRemoved(ctx)
	l.end(ctx, slices.DeleteFunc(l.private.previousIDs(), func(id int64) bool { return slices.Contains(c.previous, id) }))
}

// leaveBehind notes the token that a new one has taken the place of, which no longer is that of the state.
func (l *lifecycle) leaveBehind(old previous) {
	if old.ID != 0 {
		l.private.Previous = append(l.private.Previous, old)
	}
	if l.former == nil {
		return
	}
	for i, p := range l.private.Previous {
		if p.Of == nil {
			l.private.Previous[i].Of = l.former
		}
	}
}

// replace makes a token in place of one that the destroy half of a replacement has left as it was: made,
// delivered, then the old one ends with all before it.
func (l *lifecycle) replace(ctx context.Context, old *offer) {
	state := old.state.attributes()
	l.held = heldPlaces(&state, old.private)
	l.places, l.private = l.aligned(old.private)
	if old.parent.ID != l.parent.ID {
		l.former = &home{ID: old.parent.ID, Path: old.parent.Path}
	}
	l.renew(ctx, state, change{create: true, previous: []int64{}})
	if l.settled {
		l.private.Path = l.parent.Path
		return
	}
	l.private = l.private.labelled(old.private)
	l.private.Due = old.private.Due
	state.PreviousTokenIDs = idList(l.private.previousIDs())
}

// away is the project or group of what a failed replacement leaves: the state goes on with the old one.
func (l *lifecycle) away() *home {
	if l.former == nil {
		return nil
	}
	return &home{ID: l.parent.ID, Path: l.parent.Path}
}

// renewedInPart is a renewal whose deliveries failed. As long as no variable can hold the new token, that
// one is revoked and the old one stays; otherwise both live, until a later apply has delivered one.
func (l *lifecycle) renewedInPart(ctx context.Context, state attributes, token tokens.Token, secret gitlab.Secret, done delivery.Delivered) {
	why := fmt.Sprintf("delivery to %s failed", done.Failed().Variable())
	if len(done.Sealed) == 0 {
		err := l.Tokens.Revoke(ctx, l.kind.token, l.parent, token.ID)
		if err == nil {
			l.private.Due = why
			return
		}
		l.diags.Append(l.diagnose(diagnose.RevokeToken, err))
		l.private.Previous = append(l.private.Previous, previous{ID: token.ID, Over: true, Of: l.away()})
		l.private.Due = why
		return
	}
	l.settled = true
	l.made(token, secret)
	l.private.Born = l.born(token)
	l.leaveBehind(previous{ID: state.TokenID.ValueInt64(), Over: true})
	l.due(why)
	l.succeed(done.Sealed)
	l.plan.PreviousTokenIDs = idList(l.private.previousIDs())
	l.plan.Deliveries = l.deliveries()
}

// rotate has GitLab replace the token: the same bot user, and the old secret is dead at once.
func (l *lifecycle) rotate(ctx context.Context, state attributes) {
	request := l.plan.request(l.expires())
	token, secret, err := l.Tokens.Rotate(ctx, l.parent, state.TokenID.ValueInt64(), request.ExpiresAt)
	if err != nil {
		l.diags.Append(l.diagnose(diagnose.RotateToken, err))
		l.leftOver(err, request)
		if fate, isLost := tokens.LostOf(err); isLost && fate.OldRevoked {
			l.private.Due = "the answer to its rotation was lost"
			state.Active, state.Revoked = types.BoolValue(false), types.BoolValue(true)
		}
		return
	}
	l.haveKey()
	l.settled = true
	over := l.private.over()
	l.private.Born, l.private.Due = l.born(token), ""
	l.made(token, secret)
	done := delivery.All(ctx, l.Session, l.private.Key, l.reachable(), values(token, secret), l.private.Deliveries)
	if done.Err != nil {
		l.settle(ctx, token, done)
	}
	l.succeed(done.Sealed)
	if done.Err != nil {
		l.due(fmt.Sprintf("delivery to %s failed", done.Failed().Variable()))
		l.plan.PreviousTokenIDs = idList(l.private.previousIDs())
		l.plan.Deliveries = l.deliveries()
		return
	}
	l.end(ctx, over)
	l.takeBackRemoved(ctx)
}

// adjust does what needs no new token: deliveries whose value is known, flags, and what is to end.
func (l *lifecycle) adjust(ctx context.Context, state attributes) {
	fresh, known := map[string]delivery.Delivery{}, delivery.Values{Token: gitlab.NewSecret(state.Token.ValueString())}
	if state.deployToken != nil {
		known.Username = state.Username.ValueString()
	}
	needed := l.plan.tokenInState()
	start := l.plan.RotatesAt.IsUnknown() // nobody knows when the token was made: the rotation counts from now
	for label, d := range l.wanted {
		if old, there := l.held[label]; !there || !d.Same(old) {
			fresh[label] = d
			needed = needed || d.Store == delivery.StoreToken
		}
	}
	if needed && known.Token.Empty() {
		secret, err := l.find(ctx)
		switch {
		case err != nil:
			l.diags.Append(diagnose.LookupError(path.Root("deliveries"), diagnose.DeliverToken, err))
			return
		case secret.Empty():
			l.private.Due = "its secret is in no variable any more"
			l.diags.Append(diagnose.Problem(path.Root("deliveries"), diagnose.DeliverToken,
				"Could not find the secret of the %s with id %d of the %s.\n\nWhen this was planned, a variable held it. None does any more, and GitLab shows it nowhere else. Nothing was written. Plan again: a new token is made then.",
				l.kind.token, state.TokenID.ValueInt64(), l.parent))
			return
		}
		known.Token = secret
	}
	if l.plan.tokenInState() {
		l.plan.Token = types.StringValue(known.Token.Reveal())
	}
	l.haveKey()
	l.settled = true
	done := delivery.All(ctx, l.Session, l.private.Key, fresh, known, l.private.Deliveries)
	if done.Err != nil {
		l.settle(ctx, tokens.Token{ID: state.TokenID.ValueInt64()}, done)
	}
	l.succeed(done.Sealed)
	for _, label := range slices.Sorted(maps.Keys(l.wanted)) {
		d, old := l.wanted[label], l.held[label]
		if _, there := l.held[label]; !there || !d.Same(old) || !d.Flags(old) || l.private.deleted(d) {
			continue
		}
		if err := d.SetFlags(ctx, l.Variables); err != nil {
			l.diags.Append(diagnose.AttributeError(d.Path(""), diagnose.DeliverToken, err))
			l.wanted[label] = old
		}
	}
	l.end(ctx, l.private.over())
	if done.Err == nil {
		l.takeBackRemoved(ctx)
	}
	if start {
		l.private.Born = l.GitLab.Now().UTC().Truncate(time.Second)
		l.plan.RotatesAt = types.StringValue(l.plan.rotation().rotatesAt(l.private.Born, l.plan.expiry()).Format(time.RFC3339))
	}
	l.private.Readable = l.private.Readable && readable(l.private.Deliveries)
	l.plan.Deliveries = l.deliveries()
}

// find reads the secret from a variable that holds it; it is empty where none does. The error is that of a
// variable that cannot be read, where no other holds it.
func (l *lifecycle) find(ctx context.Context) (gitlab.Secret, error) {
	var failed error
	for _, label := range slices.Sorted(maps.Keys(l.private.Deliveries)) {
		sealed := l.private.Deliveries[label]
		if !sealed.ShowsToken() {
			continue
		}
		secret, held, err := sealed.Value(ctx, l.Variables, l.private.Key)
		if held {
			return secret, nil
		}
		if err != nil {
			failed = err
		}
	}
	return gitlab.Secret{}, failed
}

// end revokes tokens for good. Those that cannot be are kept as previous ones, which the next apply ends.
func (l *lifecycle) end(ctx context.Context, ids []int64) {
	for _, id := range ids {
		if err := l.revoke(ctx, id); err != nil {
			l.diags.Append(l.diagnose(diagnose.RevokeToken, err))
			for i := range l.private.Previous {
				l.private.Previous[i].Over = l.private.Previous[i].Over || l.private.Previous[i].ID == id
			}
			continue
		}
		l.private.without(id)
	}
	l.plan.PreviousTokenIDs = idList(l.private.previousIDs())
}

// revoke ends a token for good. One of a project or group that has been deleted since ended with that.
func (l *lifecycle) revoke(ctx context.Context, id int64) error {
	of := l.homeOf(id)
	if l.gone && of.ID == l.parent.ID {
		return nil
	}
	err := l.Tokens.Revoke(ctx, l.kind.token, of, id)
	if err == nil || of.ID != l.parent.ID && ref.Deleted(ctx, l.Session, of, err) {
		return nil
	}
	return err
}

// homeOf is the project or group that a previous token belongs to.
func (l *lifecycle) homeOf(id int64) gitlab.Target {
	for _, p := range l.private.Previous {
		if p.ID == id {
			return p.Of.or(l.parent)
		}
	}
	return l.parent
}

// takeBackRemoved deletes the variables that nothing is delivered to any more.
func (l *lifecycle) takeBackRemoved(ctx context.Context) {
	l.takeBack(ctx, func(label string, sealed delivery.Sealed) fate {
		_, there := l.wanted[label]
		switch {
		case label != "" && there:
			return stays
		case delivery.Holds(l.wanted, sealed.Place):
			return forgotten
		default:
			return goes
		}
	})
	maps.DeleteFunc(l.private.Missing, func(label string, _ missing) bool { _, there := l.wanted[label]; return !there })
	l.plan.Deliveries = l.deliveries()
}

// fate is what becomes of a variable that was delivered into: it stays, it goes, or it is another's.
type fate int

const (
	stays fate = iota
	goes
	forgotten
)

// takeBack deletes the variables that are to go, and drops them, and those that are another's, from private state.
// Former deliveries, of which nothing but the variable is left, have no label.
func (l *lifecycle) takeBack(ctx context.Context, fateOf func(label string, sealed delivery.Sealed) fate) {
	dropped := func(label string, sealed delivery.Sealed) bool {
		if becomes := fateOf(label, sealed); becomes != goes {
			return becomes == forgotten
		}
		left, err := sealed.TakeBack(ctx, l.Session, l.private.Key)
		switch {
		case err != nil:
			l.diags.Append(l.diagnose(diagnose.TakeBackDelivery, err))
		case left != "" && !(l.gone && within(sealed.Owner(), l.parent)):
			l.diags.Append(diag.NewWarningDiagnostic(string(diagnose.VariableKept.For(sealed.Path+": "+sealed.Key)),
				fmt.Sprintf("%s is not deleted: %s.", sealed.Variable(), left)))
		}
		return err == nil
	}
	maps.DeleteFunc(l.private.Deliveries, dropped)
	l.private.Leaving = slices.DeleteFunc(l.private.Leaving, func(sealed delivery.Sealed) bool { return dropped("", sealed) })
}

// destroy deletes what was delivered and ends every token. It is settled where nothing is left.
func (l *lifecycle) destroy(ctx context.Context, state attributes) {
	l.takeBack(ctx, func(label string, sealed delivery.Sealed) fate {
		if label != "" && l.anothers(state, sealed) {
			return forgotten
		}
		return goes
	})
	l.settled = len(l.private.Deliveries) == 0 && len(l.private.Leaving) == 0
	ids := l.private.previousIDs()
	if id := state.TokenID.ValueInt64(); id != 0 {
		ids = append(ids, id)
	}
	for _, id := range ids {
		if err := l.revoke(ctx, id); err != nil {
			l.diags.Append(l.diagnose(diagnose.RevokeToken, err))
			l.settled = false
			continue
		}
		l.private.without(id)
		if id == state.TokenID.ValueInt64() {
			state.Active, state.Revoked = types.BoolValue(false), types.BoolValue(true)
		}
	}
	state.PreviousTokenIDs = idList(l.private.previousIDs())
	l.wanted = nil
	state.Deliveries = l.deliveries()
}

// anothers tells whether a variable belongs to another token by now: one that an apply made and was killed
// before it ended this one, or, where the value cannot be seen, one of this walk.
func (l *lifecycle) anothers(state attributes, sealed delivery.Sealed) bool {
	return slices.Contains(l.private.Superseded, sealed.Place) ||
		sealed.Hidden && session.Shared[walk](l.Session).shares(token{l.kind.typeName(), state.TokenID.ValueInt64()}, sealed.Place)
}

// reachable are the wanted deliveries but for those to projects and groups that were deleted.
func (l *lifecycle) reachable() map[string]delivery.Delivery {
	reachable := maps.Clone(l.wanted)
	maps.DeleteFunc(reachable, func(_ string, d delivery.Delivery) bool { return l.private.deleted(d) })
	return reachable
}

// expires is when a token that is made now is to end; zero is never.
func (l *lifecycle) expires() time.Time {
	if rotation := l.plan.rotation(); rotation.scheduled() {
		return rotation.expiry(l.GitLab.Now())
	}
	return l.plan.expiry()
}

func (l *lifecycle) born(token tokens.Token) time.Time {
	if !token.CreatedAt.IsZero() {
		return token.CreatedAt.UTC().Truncate(time.Second)
	}
	return l.GitLab.Now().UTC().Truncate(time.Second)
}

// made writes a new token into what becomes the state.
func (l *lifecycle) made(token tokens.Token, secret gitlab.Secret) {
	l.plan.flatten(token, l.GitLab.Now())
	l.private.Readable = false // until it is delivered
	l.plan.Token = types.StringNull()
	if l.plan.tokenInState() {
		l.plan.Token = types.StringValue(secret.Reveal())
	}
	l.plan.RotatesAt, l.plan.RotationDue = types.StringNull(), types.StringNull()
	if rotation := l.plan.rotation(); rotation.scheduled() {
		l.plan.RotatesAt = types.StringValue(rotation.rotatesAt(l.born(token), token.ExpiresAt).Format(time.RFC3339))
	}
}

// due notes why the next apply has to make a new token.
func (l *lifecycle) due(why string) {
	l.private.Due = why
	l.plan.RotationDue = types.StringValue(why)
}

// leftOver notes a token that a failed renewal may have left behind.
func (l *lifecycle) leftOver(err error, request tokens.Request) {
	fate, isLost := tokens.LostOf(err)
	switch {
	case !isLost:
	case fate.Fate == tokens.FateNotRevoked && len(fate.IDs) == 1:
		l.private.Previous = append(l.private.Previous, previous{ID: fate.IDs[0], Over: true, Of: l.away()})
	case fate.Fate == tokens.FateUnknown:
		l.private.Lost = &lost{Request: asked(request), Before: fate.Before, Doubt: fate.Doubt, Of: l.away()}
	}
}

// haveKey makes the key of the hashes for a resource that was imported or moved, with its first delivery.
func (l *lifecycle) haveKey() {
	if len(l.private.Key) == 0 {
		l.private.Key = delivery.NewKey()
	}
}

// succeed takes deliveries over that were made.
func (l *lifecycle) succeed(sealed map[string]delivery.Sealed) {
	all := maps.Clone(l.private.Deliveries)
	if all == nil {
		all = map[string]delivery.Sealed{}
	}
	for label, s := range sealed {
		if old, there := all[label]; there && old.Place != s.Place {
			l.private.Leaving = append(l.private.Leaving, old)
		}
		all[label] = s
		delete(l.private.Missing, label)
	}
	l.private.Deliveries, l.private.Readable = all, l.private.Readable || readable(sealed)
}

func values(token tokens.Token, secret gitlab.Secret) delivery.Values {
	return delivery.Values{Token: secret, Username: token.Username}
}

// undelivered is the diagnostic of deliveries that ended with a failure.
func (l *lifecycle) undelivered(done delivery.Delivered) diag.Diagnostic {
	return diagnose.AttributeError(done.Failed().Path(""), diagnose.DeliverToken, done.Err)
}

// diagnose puts a failure on the attribute that GitLab's words are about.
func (l *lifecycle) diagnose(title diagnose.Title, err error) diag.Diagnostic {
	if e, ok := apierror.As(err); ok && e.Field != "" {
		at := path.Root(e.Field)
		if e.Field == "expires_at" && l.plan.rotation().scheduled() {
			at = path.Root("rotation")
		}
		return diagnose.AttributeError(at, title, err)
	}
	return diagnose.ReadError(title, err)
}

// deliveries are those of the state: what was delivered, as it is wanted now, or as it was.
func (l *lifecycle) deliveries() types.Map {
	elements := map[string]attr.Value{}
	for label, sealed := range l.private.Deliveries {
		if d, there := l.wanted[label]; there && d.Place() == sealed.Place {
			elements[label] = d.Object()
		} else if d, there := l.held[label]; there {
			elements[label] = d.Object()
		}
	}
	if len(elements) == 0 && l.plan.Deliveries.IsNull() {
		return l.plan.Deliveries
	}
	return types.MapValueMust(delivery.ObjectType(l.kind.stores()...), elements)
}
