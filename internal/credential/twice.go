package credential

import (
	"encoding/hex"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/credential/delivery"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/overlap"
)

// claim notes what a planned token goes into and what it holds, and warns of what another resource of the walk
// goes into or holds too. Whichever of the two is planned last tells it.
func (p *planner) claim(leaving bool) {
	if p.state == nil && !p.private.isZero() && len(p.private.Key) == 0 {
		return // the creation half of a replacement, of which the other has claimed
	}
	var things []string
	variables, tokens := map[string]delivery.Delivery{}, map[string]int64{}
	for _, d := range p.wanted {
		if place := d.Place(); !leaving && !d.Unknown && place.ID != 0 {
			thing := fmt.Sprintf("variable %s %d %q %q", place.Kind, place.ID, place.Key, place.Scope)
			things, variables[thing] = append(things, thing), d
		}
	}
	if p.state != nil {
		for _, id := range append(p.private.previousIDs(), p.state.TokenID.ValueInt64()) {
			if id != 0 {
				thing := fmt.Sprintf("%s %d", p.kind.token, id)
				things, tokens[thing] = append(things, thing), id
			}
		}
	}
	for _, shared := range p.Overlap.Hold(overlap.Holding{Resource: p.kind.resource(), Self: hex.EncodeToString(p.private.Key), Leaving: leaving, Things: things}) {
		if d, is := variables[shared.Thing]; is {
			p.diags.Append(diagnose.Warn(d.Path("key"), diagnose.DeliveredTwice.For(d.Owner.Path+": "+d.Key),
				"%s gets the token of a %s and that of a %s. Each apply of the one takes it from the other, which then makes a new token: that is what a new value of it comes from. Give one of the two another key or environment scope.",
				d.Variable(), shared.First, shared.Second))
			continue
		}
		p.diags.Append(p.heldTwice(tokens[shared.Thing], shared))
	}
}

func (p *planner) heldTwice(id int64, shared overlap.Shared) diag.Diagnostic {
	parent := gitlab.Target{Kind: p.kind.parent, ID: p.state.ParentID.ValueInt64(), Path: p.private.Path}
	if parent.Path == "" {
		parent.Path = p.state.Parent.ValueString()
	}
	what := "Each would end or replace it behind the other's back: keep one of them, and take the other out of the state with a removed block or terraform state rm."
	if shared.Leaving {
		what = "One of them is destroyed, which ends the token of the other too: take that one out of the state instead, with a removed block or terraform state rm."
	}
	return diagnose.Warn(path.Root("token_id"), diagnose.HeldTwice.For(fmt.Sprintf("%s: %d", parent.Path, id)),
		"The %s with id %d of the %s is held by a %s and by a %s, as its token or as an older one. %s", p.kind.token, id, parent, shared.First, shared.Second, what)
}
