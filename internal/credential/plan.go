package credential

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/agnivade/levenshtein"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/credential/delivery"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/tokens"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/variables"
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

// checkOwner warns of a delivery whose project or group has another path than is configured. It stays with
// that one.
func (p *planner) checkOwner(ctx context.Context, d delivery.Delivery, owner gitlab.Target, deleted bool) {
	if owner.Path == "" {
		return // only its id is known
	}
	at := d.Path(string(d.Owner.Kind))
	if deleted {
		p.diags.Append(diagnose.Warn(at, diagnose.DeliveryOwnerGone.For(owner.Path+": "+d.Key),
			"The delivery %q goes to the %s, which was deleted. Nothing is delivered there any more, also if another one has its path by now: name that one by its id, or take the delivery out.",
			d.Label, owner))
		return
	}
	found := ref.Successors(ctx, p.GitLab, []ref.Spelled{{Text: d.Spelled, Target: owner}})[0]
	taker, err := found.Value, found.Err
	switch {
	case err != nil:
		p.diags.Append(diagnose.LookupError(at, ref.NotFound(at), err))
	case taker.ID == 0:
		p.diags.Append(ref.Renamed(at, types.StringValue(d.Spelled), owner)...)
	default:
		p.diags.Append(diagnose.Warn(at, diagnose.PathTakenOver.For(d.Spelled),
			"The delivery %q goes to the %s, and %s belongs to the %s by now. It stays with the one with id %d until the configuration names another, or the token is replaced: write the path or id of the one that is meant.",
			d.Label, owner, d.Spelled, taker, owner.ID))
	}
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

// checkMaking finds out before the apply what would keep a token from being made and delivered.
func (p *planner) checkMaking(ctx context.Context, plan attributes, change change, parent gitlab.Target) {
	if p.diags.HasError() {
		return
	}
	p.checkUse(change)
	p.checkExpiry(ctx, change)
	p.checkScopes()
	p.checkCaller(ctx, plan, change, parent)
	for _, label := range slices.Sorted(maps.Keys(p.wanted)) {
		d := p.wanted[label]
		if p.private.deleted(d) {
			continue
		}
		if !d.Unknown {
			p.checkVariable(ctx, plan, d)
		}
	}
	if change.because != "" {
		old, fate := p.state.TokenID.ValueInt64(), "ends"
		if slices.Contains(change.previous, old) {
			fate = "ends after the overlap"
		}
		p.diags.Append(diagnose.Warn(path.Root("deliveries"), diagnose.NewToken.For(parent.Path+": "+plan.Name.ValueString()),
			"A new %s of the %s is made, and the one with id %d %s, because %s.", p.kind.token, parent, old, fate, change.because))
	}
	p.checkAlike(ctx, plan, change, parent)
}

// checkAdjusting finds out before the apply what would keep deliveries from being changed in place.
func (p *planner) checkAdjusting(ctx context.Context, plan attributes) {
	for _, label := range slices.Sorted(maps.Keys(p.wanted)) {
		d, old := p.wanted[label], p.held[label]
		if _, there := p.held[label]; !d.Unknown && d.Owner.ID != 0 && !(there && d.Same(old) && !d.Flags(old)) {
			p.checkVariable(ctx, plan, d)
		}
	}
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

// checkUse refuses a token whose secret would go nowhere.
func (p *planner) checkUse(change change) {
	if !nowhere(p.config, p.wanted) {
		return
	}
	why := "A token is to be made"
	if !change.create {
		why += " anew"
	}
	p.diags.Append(diagnose.Problem(path.Root("deliveries"), diagnose.NowhereToGo,
		"%s, and its secret, which GitLab shows only once, would go nowhere. Name a CI/CD variable for it in deliveries, or set token_in_state = true, which writes it into the state in plain text.", why))
}

// checkExpiry refuses a token that would be born dead.
func (p *planner) checkExpiry(ctx context.Context, change change) {
	if r := p.config.rotation(); r.scheduled() && p.kind.token == tokens.Access {
		at := r.expiry(p.GitLab.Now())
		p.checkLifetime(ctx, path.Root("rotation"), at, fmt.Sprintf("The end of the rotation's tokens, %s,", at.Format(time.DateOnly)))
	}
	if p.config.ExpiresAt.IsNull() {
		if !change.create && !p.config.rotation().scheduled() && p.state.Expired.ValueBool() && !p.state.rotation().scheduled() {
			p.diags.Append(diagnose.Problem(path.Root("expires_at"), diagnose.InvalidExpiry,
				"A new token is to be made, and the one that it replaces expired at %s. Say until when the new one is to work.", p.state.ExpiresAt.ValueString()))
		}
		return
	}
	if p.config.ExpiresAt.IsUnknown() {
		return
	}
	at, err := parseInstant(p.config.ExpiresAt.ValueString())
	switch {
	case err != nil:
	case !at.IsZero() && !at.After(p.GitLab.Now()):
		p.diags.Append(diagnose.Problem(path.Root("expires_at"), diagnose.InvalidExpiry,
			"%s has passed: the token would be refused from the start (a date begins at midnight UTC). Write a later one.", p.config.ExpiresAt.ValueString()))
	case p.kind.token == tokens.Access:
		p.checkLifetime(ctx, path.Root("expires_at"), at, p.config.ExpiresAt.ValueString())
	}
}

// checkLifetime holds the end of an access token against what the instance allows. Its limits are known to
// administrators alone; nobody is allowed more than the longest of them, unless no expiry is required.
func (p *planner) checkLifetime(ctx context.Context, expires path.Path, at time.Time, spelled string) {
	today := p.GitLab.Now().UTC().Truncate(day)
	usual, longest := today.AddDate(0, 0, tokens.UsualDays), today.AddDate(0, 0, tokens.LongestDays)
	if !at.IsZero() && !at.After(usual) {
		return
	}
	required, err := p.Tokens.Expiry(ctx)
	if err != nil {
		p.diags.Append(diagnose.LookupError(expires, diagnose.CreateToken, err))
		return
	}
	if at.IsZero() {
		server, err := p.GitLab.Server(ctx)
		switch {
		case err != nil:
			p.diags.Append(diagnose.LookupError(expires, diagnose.CreateToken, err))
		case server.Version.Less(tokens.EndlessAccessTokens):
			p.diags.Append(diagnose.Problem(expires, diagnose.InvalidExpiry,
				"GitLab makes access tokens that never end from version %s on; this one is %s. Write a date, at the latest %s, or let rotation.every_days make new ones in time.",
				tokens.EndlessAccessTokens, server.Version, usual.Format(time.DateOnly)))
		case required == tokens.ExpiryRequired:
			p.diags.Append(diagnose.Problem(expires, diagnose.InvalidExpiry,
				"This GitLab requires an expiry of access tokens. Write a date, at the latest %s, or let rotation.every_days make new ones in time.", usual.Format(time.DateOnly)))
		}
		return
	}
	switch {
	case required == tokens.ExpiryNotRequired:
	case at.After(longest):
		p.diags.Append(diagnose.Problem(expires, diagnose.InvalidExpiry,
			"%s is too far away: GitLab lets an access token live for %d days, until %s, and for %d at most where an administrator has allowed that. Write an earlier date, or let rotation.every_days make new ones in time.",
			spelled, tokens.UsualDays, usual.Format(time.DateOnly), tokens.LongestDays))
	default:
		p.diags.Append(diagnose.Warn(expires, diagnose.LongExpiry.For(p.config.Name.ValueString()),
			"%s is more than %d days away. Most GitLabs refuse that, and take %s at the latest.", spelled, tokens.UsualDays, usual.Format(time.DateOnly)))
	}
}

// checkScopes warns of scopes that this provider does not know: GitLab may.
func (p *planner) checkScopes() {
	known := p.kind.scopes()
	for _, scope := range texts(p.config.Scopes) {
		if slices.Contains(known, scope) {
			continue
		}
		spelled := strings.ToLower(scope)
		near := slices.MinFunc(known, func(a, b string) int {
			return cmp.Compare(levenshtein.ComputeDistance(spelled, a), levenshtein.ComputeDistance(spelled, b))
		})
		p.diags.Append(diagnose.Warn(path.Root("scopes"), diagnose.UnknownScope.For(scope),
			"%q is no scope of %ss that this provider knows; the nearest is %q. If this GitLab does not know it either, it refuses the token in the apply.", scope, p.kind.token, near))
	}
}

// checkUsername warns of a configuration that was generated from an imported token.
func (p *planner) checkUsername() {
	if p.kind.token == tokens.Deploy && madeUpName(p.config.Username.ValueString()) {
		p.diags.Append(diagnose.Warn(path.Root("username"), diagnose.MadeUpUsername.For(p.config.Name.ValueString()),
			"GitLab made %q up of a token's id. Leave username out: that changes nothing now, and the next token gets a name of its own id. Written here, every later token has that of this one.", p.config.Username.ValueString()))
	}
}

// checkCaller refuses what GitLab would refuse the provider's user.
func (p *planner) checkCaller(ctx context.Context, plan attributes, change change, parent gitlab.Target) {
	if parent.ID == 0 {
		return
	}
	if p.kind.token == tokens.Access {
		caller, err := p.GitLab.Caller(ctx)
		if err != nil {
			p.diags.Append(diagnose.ReadError(diagnose.CreateToken, err))
			return
		}
		if caller.Bot {
			title, does := diagnose.CreateToken, "make"
			if change.rotate {
				title, does = diagnose.RotateToken, "rotate"
			}
			p.diags.Append(diagnose.Problem(p.kind.at(), title,
				"The provider works as %s, which is the bot user of an access token, and GitLab lets no bot %s access tokens. Give the provider the token of a service account, which all tiers have from GitLab 18.11 on, or the personal access token of a user. Or a deploy token resource will do.", caller.Username, does))
			return
		}
	}
	needed := p.kind.role()
	has, err := p.GitLab.RoleIn(ctx, parent)
	if err != nil {
		p.diags.Append(diagnose.ReadError(diagnose.CreateToken, err))
		return
	}
	if !has.Known {
		return
	}
	lacking := has.Level < needed.Level
	if lacking && has.Custom == "" {
		p.diags.Append(diagnose.Problem(p.kind.at(), diagnose.CreateToken,
			"Making %ss of the %s needs the %s role there; the provider's user has %s.", p.kind.token, parent, needed.Title, roleName(has.Level)))
		return
	}
	if lacking {
		p.diags.Append(diagnose.Warn(p.kind.at(), diagnose.CustomRole.For(parent.Path+": "+plan.Name.ValueString()),
			"Making %ss of the %s needs the %s role there, or a custom role with %s. The provider's user has the custom role %s on top of %s; whether that is enough GitLab tells in the apply.",
			p.kind.token, parent, needed.Title, p.kind.ability(), has.Custom, roleName(has.Level)))
	}
	if plan.accessToken != nil && gitlab.RoleLevel(plan.AccessLevel.ValueString()) > has.Level {
		p.diags.Append(diagnose.Problem(path.Root("access_level"), diagnose.CreateToken,
			"The provider's user has %s in the %s, and can give no token more than that.", roleName(has.Level), parent))
	}
}

func roleName(level int64) string {
	if level == 0 {
		return "no role"
	}
	return "the role " + gitlab.RoleName(level)
}

// checkVariable looks at the variable that a delivery is to go into.
func (p *planner) checkVariable(ctx context.Context, plan attributes, d delivery.Delivery) {
	if d.Store == delivery.StoreUsername && d.Masked && !plan.Username.IsUnknown() {
		if problem := variables.MaskProblem(plan.Username.ValueString(), d.Raw); problem != "" {
			p.diags.Append(diagnose.Problem(d.Path("masked"), diagnose.InvalidVariable,
				"GitLab cannot mask the user name: it %s. Set masked = false; a user name is no secret.", problem))
		}
	}
	if delivery.Holds(p.held, d.Place()) || slices.Contains(p.own, d.Place()) {
		return
	}
	list, err := p.Variables.List(ctx, d.Owner)
	if err != nil {
		p.diags.Append(diagnose.LookupError(d.Path(string(d.Owner.Kind)), diagnose.DeliverToken, err))
		return
	}
	at := slices.IndexFunc(list, func(v variables.Variable) bool { return v.Key == d.Key && v.Scope == d.Scope })
	switch {
	case at < 0:
	case list[at].Hidden != d.Hidden:
		p.diags.Append(diagnose.Problem(d.Path("hidden"), diagnose.DeliverToken,
			"%s is there already with hidden = %t, which GitLab settles when a variable is made. Write hidden = %t, or delete it first.", d.Variable(), list[at].Hidden, list[at].Hidden))
	default:
		p.diags.Append(diagnose.Warn(d.Path("key"), diagnose.OverwritesVariable.For(d.Owner.Path+": "+d.Key),
			"%s is there already. The apply gives it the new token in place of what it holds, and from then on it is this resource's: it is deleted along with it.", d.Variable()))
	}
}

// tokenInState tells whether the configuration asks for the secret in the state.
func (v attributes) tokenInState() bool { return v.TokenInState.ValueBool() }

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
