package credential

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/credential/delivery"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
)

// planner completes a proposed plan. What it decides hangs on the configuration and the state alone,
// never on the clock: a plan that was saved can be applied at any time.
type planner struct {
	*session.Session
	kind   kind
	config attributes
	// state is nil for a creation.
	state   *attributes
	private privateState
	// own are variables that a creation takes over from the token that it replaces, and which therefore
	// are no surprise.
	own []delivery.Place
	// mark is what a creation leaves for the destroy half, should it be one of a replacement.
	mark mark

	places
	diags diag.Diagnostics
}

// plan fills the plan. It answers whether the resource has to be replaced.
func (p *planner) plan(ctx context.Context, plan attributes) (replace bool) {
	stateParent, stateID := types.StringNull(), types.Int64Null()
	if p.state != nil {
		stateParent, stateID = *p.state.Parent, *p.state.ParentID
	}
	planned, diags := ref.Plan(ctx, p.GitLab, p.kind.parent, p.kind.at(), *p.config.Parent, stateParent, stateID)
	p.diags.Append(diags...)
	if diags.HasError() || planned.Replace {
		return planned.Replace
	}
	if planned.Unknown() && p.state == nil {
		p.make(plan, change{create: true})
		plan.DeliveryOwners = types.MapUnknown(types.StringType)
		unseen := planner{Session: p.Session, kind: p.kind, config: p.config} // what is wrong is said when it is planned again
		unseen.identify(ctx)
		p.wanted = unseen.wanted
		p.replace(gitlab.Target{}, plan)
		return false
	}
	*plan.Parent, *plan.ParentID = planned.Spelling, ref.KeepID(planned, stateID, p.state == nil)
	if planned.Unknown() {
		*plan.ParentID = stateID // should it turn out to be another one, Terraform stops the apply
	} else if p.state != nil && p.private.Path != "" {
		p.diags.Append(ref.Renamed(p.kind.at(), *p.config.Parent, gitlab.Target{Kind: p.kind.parent, ID: planned.ID, Path: p.private.Path})...)
	}

	if p.config.TokenInState.IsUnknown() {
		p.diags.Append(diagnose.Problem(path.Root("token_in_state"), diagnose.CreateToken,
			"Whether the secret goes into the state has to be known at plan, and this comes from something that is known only after the apply. Write true or false."))
		return false
	}
	p.identify(ctx)
	p.held = heldPlaces(p.state, p.private)
	p.diags.Append(p.twice()...)
	p.places, p.private = p.aligned(p.private)
	p.checkUsername()
	p.claim(false)
	change := decide(p.kind, p.config, p.state, p.private, p.wanted, p.held)
	p.keep(plan, change)
	plan.DeliveryOwners = plannedOwners(p.config.Deliveries, p.wanted)
	if p.state != nil {
		p.settle(p.state.TokenID.ValueInt64(), false)
	}
	switch {
	case change.makes():
		p.make(plan, change)
		if plan.ParentID.IsNull() && !planned.Unknown() {
			*plan.ParentID = types.Int64Value(planned.ID) // moved, and not read since
		}
		parent := gitlab.Target{Kind: p.kind.parent, ID: plan.ParentID.ValueInt64(), Path: cmp.Or(plan.Parent.ValueString(), p.private.Path)}
		if change.create && p.replace(parent, plan) {
			p.foresee(ctx, plan, change, parent)
			return false
		}
		p.checkMaking(ctx, plan, change, parent)
	case change.may:
		p.mayMake(plan)
		p.checkAdjusting(ctx, plan)
	default:
		if change.left {
			plan.RotationDue = p.state.RotationDue
			p.warnLeft(plan, gitlab.Target{Kind: p.kind.parent, ID: plan.ParentID.ValueInt64(), Path: p.private.Path})
		}
		p.checkAdjusting(ctx, plan)
	}
	return false
}

// foresee is the plan of a creation that a token was handed over to. What is wrong is left to the apply:
// a plan that fails would leave that token without anyone who names it.
func (p *planner) foresee(ctx context.Context, plan attributes, change change, parent gitlab.Target) {
	all := p.diags
	p.diags = nil
	p.checkMaking(ctx, plan, change, parent)
	all.Append(p.diags.Warnings()...)
	p.diags = all
}

// keep plans what the state holds for all that is not configured, and the state's spelling for what
// means the same.
func (p *planner) keep(plan attributes, change change) {
	if p.state == nil {
		return
	}
	state := p.state
	plan.TokenID, plan.Active, plan.Revoked, plan.Expired = state.TokenID, state.Active, state.Revoked, state.Expired
	plan.RotationDue = types.StringNull()
	plan.PreviousTokenIDs = idList(change.previous)
	if p.config.ExpiresAt.IsNull() || change.sameExpiry && !state.ExpiresAt.IsNull() {
		plan.ExpiresAt = state.ExpiresAt
	}
	plan.RotatesAt = p.rotatesAt()
	plan.Token = types.StringNull()
	if p.config.tokenInState() {
		plan.Token = state.Token
		if state.Token.IsNull() {
			plan.Token = types.StringUnknown() // a variable tells
		}
	}
	if plan.deployToken != nil && p.config.Username.IsNull() {
		plan.Username = state.Username
	}
	if plan.accessToken != nil {
		plan.UserID = state.UserID
		if p.config.AccessLevel.IsNull() {
			plan.AccessLevel = state.AccessLevel
		}
		if p.config.Description.IsNull() && !(blank(plan.Description) && state.Description.IsNull()) {
			plan.Description = state.Description
		}
	}
	plan.Deliveries = respelled(p.config.Deliveries, change)
}

// rotatesAt is when the token that the state holds is to be made anew, under the configured rotation.
func (p *planner) rotatesAt() types.String {
	r := p.config.rotation()
	switch {
	case p.config.everyUnknown(), p.config.rotationUnknown() && !p.config.ofRotation("every_days").IsNull():
		return types.StringUnknown()
	case !r.scheduled():
		return types.StringNull()
	}
	at := r.rotatesAt(p.private.Born, p.state.expiry())
	if at.IsZero() {
		if held := p.state.rotation(); held != nil && *held == *r {
			return p.state.RotatesAt
		}
		return types.StringUnknown() // counted from the apply on
	}
	if old := p.state.RotatesAt; !old.IsNull() && sameInstant(old, at) {
		return old
	}
	return types.StringValue(at.Format(time.RFC3339))
}

// respelled is the map as configured, with the state's spelling of projects and groups that are the same.
func respelled(config types.Map, change change) types.Map {
	if config.IsNull() || config.IsUnknown() || len(change.respelled) == 0 {
		return config
	}
	elements := config.Elements()
	for label, object := range change.respelled {
		elements[label] = object
	}
	return types.MapValueMust(config.ElementType(context.Background()), elements)
}

// make marks what only the making of a token tells.
func (p *planner) make(plan attributes, change change) {
	plan.TokenID = types.Int64Unknown()
	plan.Active, plan.Revoked, plan.Expired = types.BoolValue(true), types.BoolValue(false), types.BoolValue(false)
	plan.RotationDue = types.StringNull()
	plan.PreviousTokenIDs = idList(change.previous)
	if p.config.rotationUnknown() && !change.create {
		plan.PreviousTokenIDs = types.ListUnknown(types.Int64Type) // hangs on the overlap
	}
	plan.Token = types.StringNull()
	if p.config.tokenInState() {
		plan.Token = types.StringUnknown()
	}
	plan.RotatesAt = types.StringNull()
	switch {
	case p.config.everyUnknown() || !p.config.ofRotation("every_days").IsNull():
		plan.RotatesAt = types.StringUnknown()
		if p.config.ExpiresAt.IsNull() {
			plan.ExpiresAt = types.StringUnknown()
		}
	case p.config.ExpiresAt.IsNull() && (change.create || p.state.ExpiresAt.IsNull() || p.state.rotation().scheduled()):
		plan.ExpiresAt = types.StringNull()
	}
	if plan.deployToken != nil && p.config.Username.IsNull() && (change.create || madeUpName(p.state.Username.ValueString())) {
		plan.Username = types.StringUnknown()
	}
	if plan.accessToken != nil {
		if !change.rotate {
			plan.UserID = types.Int64Unknown()
		}
		if p.config.AccessLevel.IsNull() && change.create {
			plan.AccessLevel = types.StringValue("maintainer")
		}
		if p.config.Description.IsNull() && change.create && !blank(plan.Description) {
			plan.Description = types.StringNull()
		}
	}
	if change.create {
		*plan.ParentID = unlessKnown(*plan.ParentID)
	}
}

// mayMake marks what the making of a token tells, where it is known only after the apply whether one is
// made. If none is, all stays as it is.
func (p *planner) mayMake(plan attributes) {
	state := *p.state
	kept := plan.ExpiresAt
	p.make(plan, change{renew: true})
	plan.PreviousTokenIDs = types.ListUnknown(types.Int64Type)
	if !plan.ExpiresAt.Equal(kept) {
		plan.ExpiresAt = types.StringUnknown()
	}
	if !state.Active.ValueBool() || state.Revoked.ValueBool() || state.Expired.ValueBool() {
		plan.Active, plan.Revoked, plan.Expired = types.BoolUnknown(), types.BoolUnknown(), types.BoolUnknown()
	}
	p.diags.Append(diagnose.Warn(path.Root("rotation").AtName("trigger"), diagnose.NewToken.For(state.Parent.ValueString()+": "+plan.Name.ValueString()),
		"The trigger is known only after the apply. If it is another one then, a new %s is made in place of the one with id %d; if not, nothing is written.", p.kind.token, state.TokenID.ValueInt64()))
}

func unlessKnown(id types.Int64) types.Int64 {
	if id.IsNull() || id.ValueInt64() == 0 {
		return types.Int64Unknown()
	}
	return id
}

// identify finds the configured deliveries and their owners.
//
// What a creation cannot find that a token was handed over to is left to the apply, which keeps that token.
func (p *planner) identify(ctx context.Context) {
	p.wanted = delivery.Expand(p.config.Deliveries)
	var lost diag.Diagnostics
	for label, d := range p.wanted {
		if d.Unknown {
			continue
		}
		owner, deleted, is := knownOwner(p.state, p.private, d)
		if is {
			p.checkOwner(ctx, d, owner, deleted)
		} else {
			found, diags := ref.Resolve(ctx, p.GitLab, d.Owner.Kind, d.Path(string(d.Owner.Kind)), d.Spelled)
			lost.Append(diags...)
			owner = found
		}
		if owner.ID != 0 {
			d.Owner = owner
			p.wanted[label] = d
			session.Shared[walk](p.Session).expect(d.Place(), owner.Path)
		}
	}
	if len(lost) > 0 && !(p.state == nil && p.asPlanned()) {
		p.diags.Append(lost...)
	}
}

// asPlanned gives deliveries whose owner is gone since the plan of a replacement the owner of that plan. False
// if there is none that does.
func (p *planner) asPlanned() bool {
	w := session.Shared[walk](p.Session)
	o := w.offered(p.kind.typeName(), p.variables())
	if o == nil {
		o = w.offeredLike(p.kind.typeName(), p.wanted)
	}
	if o == nil {
		return false
	}
	for label, d := range p.wanted {
		if d.Unknown || d.Owner.ID != 0 {
			continue
		}
		at := slices.IndexFunc(o.planned, func(place delivery.Place) bool {
			return place.Kind == d.Owner.Kind && place.Key == d.Key && place.Scope == d.Scope
		})
		if at < 0 {
			return false
		}
		d.Owner.ID = o.planned[at].ID
		p.wanted[label] = d
	}
	return true
}

// replace prepares for being the creation half of a replacement. Handed tells whether the destroy half has
// come already, and has left its token.
func (p *planner) replace(parent gitlab.Target, plan attributes) (handed bool) {
	variables := p.variables()
	p.mark = mark{Places: variables}
	w, kind := session.Shared[walk](p.Session), p.kind.typeName()
	if o := w.offered(kind, variables); o != nil {
		p.own = o.private.places()
		return true
	}
	if !p.private.isZero() {
		p.own = p.private.places()
		return false
	}
	p.mark.Records, p.own = w.replaced(kind, parent.ID, plan.Name.ValueString(), variables)
	return false
}

// settle notes that the token of a state is planned for itself, to stay or to go. A creation that took its
// variables for those of the token that it replaces was wrong, and has not warned. And what goes may take
// along a hidden variable of what stays, unless a read has told it.
func (p *planner) settle(id int64, goes bool) {
	w, t := session.Shared[walk](p.Session), token{p.kind.typeName(), id}
	for _, sealed := range w.endangered(t, p.private, goes) {
		p.diags.AddWarning(string(diagnose.DeletesAnothers.For(sealed.Path+": "+sealed.Key)), fmt.Sprintf(
			"%s is hidden, and two %ss were delivered into it, of which the older one is destroyed. The apply deletes the variable along with it. Plan again, with a refresh and without -parallelism=1: then it is left to the newer one.",
			sealed.Variable(), p.kind.token))
	}
	for _, place := range w.settle(t) {
		for _, sealed := range p.private.Deliveries {
			if sealed.Place == place {
				p.diags.AddWarning(string(diagnose.OverwritesVariable.For(sealed.Path+": "+sealed.Key)), fmt.Sprintf(
					"%s is there already, and is this resource's. The apply gives it the token of another resource, which is made anew.", sealed.Variable()))
			}
		}
	}
}

// warnLeft tells of a token that has ended without anything being planned for it. A configuration that asks for
// a new one is refused instead, by [planner.checkUse].
func (p *planner) warnLeft(plan attributes, parent gitlab.Target) {
	since := ""
	if !p.private.Ended.IsZero() {
		since = ", as was first seen at " + p.private.Ended.Format(time.RFC3339)
	}
	p.diags.Append(diagnose.Warn(path.Root("deliveries"), diagnose.NotMadeAnew.For(parent.Path+": "+plan.Name.ValueString()),
		"The %s with id %d of the %s was revoked or deleted%s. None is planned in its place, since its secret, which GitLab shows only once, would go nowhere. "+
			"To have a new one made, name a CI/CD variable for it in deliveries, or set token_in_state = true. If nobody needs it any more, take the resource out of the configuration.",
		p.kind.token, p.state.TokenID.ValueInt64(), parent, since))
}
