package credential

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/tokens"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
)

// givenAnother is said of a variable that somebody else has written.
const givenAnother = " was given another value"

// checkAlike warns, before a token is made, of live ones that a killed apply may have left: alike, and named
// by no state that this walk has met. It cannot know what it has not met, so nothing is ever ended for it.
func (p *planner) checkAlike(ctx context.Context, plan attributes, change change, parent gitlab.Target) {
	if parent.ID == 0 || plan.Name.IsUnknown() || plan.Scopes.IsUnknown() || !change.create && !p.mayHaveBeenKilled() {
		return
	}
	found, err := p.Tokens.List(ctx, p.kind.token, parent)
	if err != nil {
		return // what makes the token will say so
	}
	w, now := session.Shared[walk](p.Session), p.GitLab.Now()
	found = slices.DeleteFunc(found, func(t tokens.Token) bool {
		return !t.Active(now) || !p.config.alike(plan, t) || w.holds(token{p.kind.typeName(), t.ID}) ||
			!change.create && t.ID <= p.state.TokenID.ValueInt64()
	})
	if len(found) == 0 || !p.Once(fmt.Sprint("tokens alike ", p.kind.typeName(), parent.ID, plan.Name.ValueString())) {
		return
	}
	noun, pronoun := p.kind.token.String(), "it"
	if len(found) > 1 {
		noun, pronoun = noun+"s", "each"
	}
	p.diags.Append(diagnose.Warn(path.Root("name"), diagnose.LiveTokens.For(parent.Path+": "+plan.Name.ValueString()),
		"Before a new one is made: %s has %d live %s %q with %s that nothing read so far in this run holds: %s. "+
			"Another workspace or resource may manage %s: then leave it. If an earlier apply was killed, nobody knows its secret any more: "+
			"revoke it, or import it (import { to = ADDRESS, id = %q }), and the apply that makes a new one ends it.",
		parent, len(found), noun, plan.Name.ValueString(), p.config.likeness(), enumerate(found), pronoun, fmt.Sprintf("%s:%d", parent.Path, found[0].ID)))
}

// mayHaveBeenKilled tells whether what a renewal repairs may be the work of an apply that was killed, and whose
// token no state names.
func (p *planner) mayHaveBeenKilled() bool {
	return !p.state.RotationDue.IsNull() && (p.private.Due != "" || strings.HasSuffix(p.state.RotationDue.ValueString(), givenAnother))
}

// likeness names what [attributes.alike] compares.
func (v attributes) likeness() string {
	switch {
	case v.accessToken != nil:
		return "these scopes, this role and description"
	case v.Username.IsNull():
		return "these scopes and a user name that GitLab made up"
	default:
		return "these scopes and user name"
	}
}

// alike tells whether a token may be one that this configuration made and nobody used: the plan has the values
// of what is not configured.
func (v attributes) alike(plan attributes, t tokens.Token) bool {
	if t.Name != plan.Name.ValueString() || !slices.Equal(t.Scopes, texts(plan.Scopes)) {
		return false
	}
	if v.deployToken != nil {
		return v.Username.IsNull() && madeUpName(t.Username) || t.Username == v.Username.ValueString()
	}
	if gitlab.RoleLevel(plan.AccessLevel.ValueString()) != t.AccessLevel || plan.Description.ValueString() != t.Description {
		return false
	}
	rotation := v.rotation()
	unused := t.LastUsedAt.IsZero() || t.LastUsedAt.Sub(t.CreatedAt) <= time.Hour
	return unused && (rotation == nil || rotation.expiry(t.CreatedAt).Equal(t.ExpiresAt))
}
