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
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/credential/delivery"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/tokens"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/variables"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
)

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
