package credential

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/credential/delivery"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/tokens"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/private"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
)

var (
	_ resource.ResourceWithConfigure      = (*tokenResource)(nil)
	_ resource.ResourceWithIdentity       = (*tokenResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*tokenResource)(nil)
	_ resource.ResourceWithValidateConfig = (*tokenResource)(nil)
	_ resource.ResourceWithImportState    = (*tokenResource)(nil)
)

// NewProjectDeployToken makes the resource jobtoken_project_deploy_token.
func NewProjectDeployToken() resource.Resource { return &tokenResource{kind: projectDeployTokens} }

// NewGroupDeployToken makes the resource jobtoken_group_deploy_token.
func NewGroupDeployToken() resource.Resource { return &tokenResource{kind: groupDeployTokens} }

// NewProjectAccessToken makes the resource jobtoken_project_access_token.
func NewProjectAccessToken() resource.Resource { return &tokenResource{kind: projectAccessTokens} }

// NewGroupAccessToken makes the resource jobtoken_group_access_token.
func NewGroupAccessToken() resource.Resource { return &tokenResource{kind: groupAccessTokens} }

// tokenResource is all four resources.
type tokenResource struct {
	kind    kind
	session *session.Session
}

func (r *tokenResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + r.kind.typeName()
	resp.ResourceBehavior.MutableIdentity = true // a new token has a new id
}

func (r *tokenResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = r.kind.schema()
}

func (r *tokenResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = r.kind.identitySchema()
}

func (r *tokenResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.session = session.From(req.ProviderData, &resp.Diagnostics)
}

func (r *tokenResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	config := r.kind.make()
	if resp.Diagnostics.Append(req.Config.Get(ctx, config)...); !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(r.kind.checkEnd(config.attributes())...)
	}
}

func (r *tokenResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	resp.Diagnostics.Append(unmark(ctx, resp.Private)...)
	if r.session == nil {
		return
	}
	p := planner{Session: r.session, kind: r.kind}
	held, diags := privateFormat.Get(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	p.private = held
	state := r.kind.make()
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(req.State.Get(ctx, state)...)
		attributes := state.attributes()
		p.state, p.private = &attributes, held.joined(attributes)
		session.Shared[walk](r.session).hold(r.kind.typeName(), append(p.private.previousIDs(), attributes.TokenID.ValueInt64())...)
	}
	if req.Plan.Raw.IsNull() {
		if !resp.Diagnostics.HasError() {
			p.settle(p.state.TokenID.ValueInt64(), true)
			p.claim(true)
		}
		resp.Diagnostics.Append(p.diags...)
		return
	}
	config, plan := r.kind.make(), r.kind.make()
	resp.Diagnostics.Append(req.Config.Get(ctx, config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	p.config = configured(config)
	if p.state != nil && p.private.ParentDeleted {
		resp.RequiresReplace.Append(p.outlive(ctx, plan.attributes(), resp.Plan.Raw.Equal(req.State.Raw))...)
		resp.Diagnostics.Append(p.diags...)
		resp.Diagnostics.Append(resp.Plan.Set(ctx, plan)...)
		return
	}
	if p.plan(ctx, plan.attributes()) {
		resp.RequiresReplace.Append(r.kind.at())
	}
	resp.Diagnostics.Append(p.diags...)
	resp.Diagnostics.Append(r.setPlan(ctx, req, resp, plan)...)
	if p.state == nil {
		resp.Diagnostics.Append(markFormat.Set(ctx, resp.Private, p.mark)...)
	}
}

// setPlan keeps the plan empty of a state that an older version wrote, and that was not read since: the
// owners of its deliveries come with the next read.
func (r *tokenResource) setPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse, plan model) (diags diag.Diagnostics) {
	if req.State.Raw.IsNull() {
		return resp.Plan.Set(ctx, plan)
	}
	state := r.kind.make()
	diags.Append(req.State.Get(ctx, state)...)
	if state.attributes().DeliveryOwners.IsNull() && !plan.attributes().DeliveryOwners.IsNull() {
		owners := plan.attributes().DeliveryOwners
		plan.attributes().DeliveryOwners = state.attributes().DeliveryOwners
		if diags.Append(resp.Plan.Set(ctx, plan)...); resp.Plan.Raw.Equal(req.State.Raw) {
			return diags
		}
		plan.attributes().DeliveryOwners = owners
	}
	diags.Append(resp.Plan.Set(ctx, plan)...)
	return diags
}

func (r *tokenResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	plan := r.kind.make()
	if resp.Diagnostics.Append(req.Plan.Get(ctx, plan)...); resp.Diagnostics.HasError() {
		return
	}
	old := session.Shared[walk](r.session).offered(r.kind.typeName(), places{wanted: boundPlaces(plan.attributes())}.variables())
	l, ctx, cancel := r.begin(ctx, plan, nil, privateState{}, &resp.Diagnostics)
	defer cancel()
	switch {
	case resp.Diagnostics.HasError() && old != nil: // untouched, and not to be lost
		resp.Diagnostics.Append(r.store(ctx, &resp.State, resp.Identity, resp.Private, old.state, old.private)...)
	case resp.Diagnostics.HasError():
	case old != nil:
		l.replace(ctx, old)
		left := plan
		if !l.settled {
			left = old.state
		}
		resp.Diagnostics.Append(l.diags...)
		resp.Diagnostics.Append(r.store(ctx, &resp.State, resp.Identity, resp.Private, left, l.private)...)
	default:
		l.create(ctx)
		resp.Diagnostics.Append(l.diags...)
		if l.settled {
			resp.Diagnostics.Append(r.store(ctx, &resp.State, resp.Identity, resp.Private, plan, l.private)...)
		}
	}
}

func (r *tokenResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	resp.Diagnostics.Append(unmark(ctx, resp.Private)...)
	state := r.kind.make()
	resp.Diagnostics.Append(req.State.Get(ctx, state)...)
	held, diags := privateFormat.Get(ctx, req.Private)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	attributes := state.attributes()
	held = held.joined(attributes)
	resp.Diagnostics.Append(r.identify(ctx, resp.Identity, attributes)...)
	w := session.Shared[walk](r.session)
	w.hold(r.kind.typeName(), append(held.previousIDs(), attributes.TokenID.ValueInt64())...)
	seen := w.see(sighting{token: token{r.kind.typeName(), attributes.TokenID.ValueInt64()}, parent: attributes.ParentID.ValueInt64(), name: attributes.Name.ValueString(), private: held})
	for _, sealed := range held.Deliveries {
		w.expect(sealed.Place, sealed.Path)
	}
	located := r.locate(ctx, held)
	parent, listed, err := r.look(ctx, attributes, held)
	held = located()
	if err != nil {
		last := r.last(attributes, held)
		gone, diags := ref.UnreadableOnce(ctx, r.session, diagnose.ReadTokens, last, err)
		if !gone {
			resp.Diagnostics.Append(diags...)
			return
		}
		left := held.outliving(ctx, r.session, last)
		if len(left) == 0 {
			resp.Diagnostics.Append(diags...)
			resp.State.RemoveResource(ctx)
			return
		}
		resp.Diagnostics.Append(outlived(last, left))
		held.endWithParent(attributes, r.session.GitLab.Now())
		w.update(seen, held)
		resp.Diagnostics.Append(r.store(ctx, &resp.State, resp.Identity, resp.Private, state, held)...)
		return
	}
	*attributes.ParentID, held.Path, held.ParentDeleted = types.Int64Value(parent.ID), parent.Path, false
	spelling, diags := ref.Respell(ctx, r.session.GitLab, r.kind.at(), *attributes.Parent, parent)
	resp.Diagnostics.Append(diags...)
	*attributes.Parent = spelling
	if attributes.TokenInState.IsNull() {
		attributes.TokenInState = types.BoolValue(false) // imported
	}
	f := refresher{Session: r.session, kind: r.kind, parent: parent, state: attributes, private: held}
	gone := f.refresh(ctx, listed)
	if resp.Diagnostics.Append(f.diags...); resp.Diagnostics.HasError() {
		return
	}
	if gone {
		resp.State.RemoveResource(ctx)
		return
	}
	f.private.Superseded = w.superseded(seen.token, f.private)
	w.update(seen, f.private)
	resp.Diagnostics.Append(r.store(ctx, &resp.State, resp.Identity, resp.Private, state, f.private)...)
}

func (r *tokenResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	config, plan, state := r.kind.make(), r.kind.make(), r.kind.make()
	resp.Diagnostics.Append(req.Config.Get(ctx, config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, state)...)
	held, diags := privateFormat.Get(ctx, req.Private)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	old := state.attributes()
	held = held.joined(old)
	l, ctx, cancel := r.begin(ctx, plan, &old, held, &resp.Diagnostics)
	defer cancel()
	if resp.Diagnostics.HasError() {
		return
	}
	left := plan
	change := decide(r.kind, configured(config), &old, l.private, l.wanted, l.held)
	switch {
	case change.renew:
		l.renew(ctx, old, change)
	case change.rotate:
		l.rotate(ctx, old)
	default:
		l.adjust(ctx, old)
	}
	if !l.settled {
		left, l.private = state, l.private.labelled(held)
		old.PreviousTokenIDs = idList(l.private.previousIDs())
		if l.private.Due != "" {
			old.RotationDue = types.StringValue(l.private.Due)
		}
	}
	resp.Diagnostics.Append(l.diags...)
	resp.Diagnostics.Append(r.store(ctx, &resp.State, resp.Identity, resp.Private, left, l.private)...)
}

func (r *tokenResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	state := r.kind.make()
	resp.Diagnostics.Append(req.State.Get(ctx, state)...)
	held, diags := privateFormat.Get(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	half, diags := markFormat.Get(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(unmark(ctx, resp.Private)...)
	if resp.Diagnostics.HasError() {
		return
	}
	attributes := state.attributes()
	if held.isZero() {
		held = half.Records[attributes.TokenID.ValueInt64()]
	}
	if held.isZero() {
		held = withheld(attributes)
	}
	held = held.joined(attributes)
	parent, listed, err := r.look(ctx, attributes, held)
	if err != nil {
		gone, diags := ref.Unreadable(ctx, r.session, diagnose.RevokeToken, r.last(attributes, held), err)
		if !gone || !held.ParentDeleted { // which the read has said
			resp.Diagnostics.Append(diags...)
		}
		if gone {
			l := lifecycle{Session: r.session, kind: r.kind, parent: r.last(attributes, held), gone: true, plan: attributes, private: held.clone(), places: places{held: heldPlaces(&attributes, held)}}
			r.end(ctx, &l, state, resp)
		}
		return
	}
	token, found := byID(listed, attributes.TokenID.ValueInt64())
	session.Shared[walk](r.session).hold(r.kind.typeName(), append(held.previousIDs(), attributes.TokenID.ValueInt64())...)
	if common := inBoth(half.Places, held.places()); len(common) > 0 && found && token.Active(r.session.GitLab.Now()) {
		session.Shared[walk](r.session).leave(&offer{kind: r.kind.typeName(), parent: parent, state: state, private: held, planned: half.Places}, common)
		resp.Diagnostics.AddWarning(string(diagnose.HandedOver.For(parent.Path+": "+attributes.Name.ValueString())), fmt.Sprintf(
			"The %s with id %d of the %s is not ended before the one that replaces it is delivered: nobody is refused in between. "+
				"If this apply ends without that, it works on while no state names it. Take it back then, with the resource's address: terraform import ADDRESS %s:%d",
			r.kind.token, token.ID, parent, parent.Path, token.ID))
		return
	}
	l := lifecycle{Session: r.session, kind: r.kind, parent: parent, plan: attributes, private: held.clone(), places: places{held: heldPlaces(&attributes, held)}}
	r.end(ctx, &l, state, resp)
}

// end destroys a token, and keeps in the state what is left of it.
func (r *tokenResource) end(ctx context.Context, l *lifecycle, state model, resp *resource.DeleteResponse) {
	l.destroy(ctx, state.attributes())
	resp.Diagnostics.Append(l.diags...)
	if !l.settled && l.diags.HasError() {
		resp.Diagnostics.Append(r.store(ctx, &resp.State, resp.Identity, resp.Private, state, l.private)...)
	}
}

// ImportState takes the parent and the token's id: acme/app:12, 34:12, or the identity.
func (r *tokenResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	parent, token, of := types.Int64Null(), types.Int64Null(), gitlab.Target{Kind: r.kind.parent}
	if req.ID == "" {
		resp.Diagnostics.Append(req.Identity.GetAttribute(ctx, path.Root(r.kind.idName()), &parent)...)
		resp.Diagnostics.Append(req.Identity.GetAttribute(ctx, path.Root("token_id"), &token)...)
		resp.Diagnostics.Append(ref.Identified(r.kind.idName(), parent)...)
		resp.Diagnostics.Append(ref.Identified("token_id", token)...)
		of.ID = parent.ValueInt64()
	} else {
		target, id, diags := r.parseID(ctx, req.ID)
		resp.Diagnostics.Append(diags...)
		parent, token, of = types.Int64Value(target.ID), types.Int64Value(id), target
	}
	if resp.Diagnostics.HasError() {
		return
	}
	session.Shared[walk](r.session).hold(r.kind.typeName(), token.ValueInt64())
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(r.kind.idName()), parent)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("token_id"), token)...)
	resp.Diagnostics.Append(resp.Identity.SetAttribute(ctx, path.Root(r.kind.idName()), parent)...)
	resp.Diagnostics.Append(resp.Identity.SetAttribute(ctx, path.Root("token_id"), token)...)
	resp.Diagnostics.Append(r.checkImported(ctx, of, token.ValueInt64())...)
}

func (r *tokenResource) parseID(ctx context.Context, text string) (gitlab.Target, int64, diag.Diagnostics) {
	wrong := func(why string) diag.Diagnostics {
		return diag.Diagnostics{diag.NewErrorDiagnostic(string(diagnose.Import),
			fmt.Sprintf("The import id %q cannot be a %s: %s. Write the %s's full path or id, a colon, and the token's id, such as acme/app:12.", text, r.kind.token, why, r.kind.parent))}
	}
	at := strings.LastIndex(text, ":")
	if at < 0 {
		return gitlab.Target{}, 0, wrong("it has no colon")
	}
	token, err := gitlab.ParseRef(r.kind.parent, text[at+1:])
	if err != nil || token.ID == 0 {
		return gitlab.Target{}, 0, wrong("what follows the last colon is no id")
	}
	parent, err := gitlab.ParseRef(r.kind.parent, text[:at])
	if err != nil {
		return gitlab.Target{}, 0, wrong(err.Error())
	}
	target, err := r.session.GitLab.Resolve(ctx, r.kind.parent, parent)
	if err != nil {
		return gitlab.Target{}, 0, diag.Diagnostics{diagnose.Error(diagnose.Import, err)}
	}
	return target, token.ID, nil
}

// checkImported refuses an import of what is not there, which a read could only take for deleted.
func (r *tokenResource) checkImported(ctx context.Context, parent gitlab.Target, id int64) diag.Diagnostics {
	listed, err := r.session.Tokens.List(ctx, r.kind.token, parent)
	if err != nil {
		return diag.Diagnostics{diagnose.ReadError(diagnose.Import, err)}
	}
	if _, found := byID(listed, id); !found {
		return diag.Diagnostics{diag.NewErrorDiagnostic(string(diagnose.Import),
			fmt.Sprintf("The %s has no %s with the id %d. A token of another project or group has to be imported with that one.", parent, r.kind.token, id))}
	}
	return nil
}

// begin prepares an apply: what is planned, with all references resolved.
func (r *tokenResource) begin(ctx context.Context, plan model, state *attributes, held privateState, diags *diag.Diagnostics) (*lifecycle, context.Context, context.CancelFunc) {
	attributes := plan.attributes()
	l := &lifecycle{Session: r.session, kind: r.kind, plan: attributes, private: held.clone(), places: places{boundPlaces(attributes), heldPlaces(state, held)}}
	parent, err := r.parent(ctx, attributes, held.Path)
	if err != nil {
		diags.Append(diagnose.LookupError(r.kind.at(), ref.NotFound(r.kind.at()), err))
		return l, ctx, func() {}
	}
	l.parent = parent
	if !attributes.ParentID.IsNull() { // a state that was moved and not read since goes on without it
		*attributes.ParentID = types.Int64Value(parent.ID)
	}
	if state != nil && state.ParentID.ValueInt64() != parent.ID && state.ParentID.ValueInt64() != 0 {
		diags.Append(diagnose.Problem(r.kind.at(), diagnose.CreateToken, "It is the %s now, and was the one with id %d when this was planned. Plan again.", parent, state.ParentID.ValueInt64()))
	}
	l.places, l.private = l.aligned(l.private)
	diags.Append(l.name(ctx)...)
	diags.Append(l.twice()...)
	unbroken, cancel, err := withoutInterrupt(ctx)
	if err != nil {
		diags.AddError(string(diagnose.CreateToken), fmt.Sprintf(
			"Could not go on with the %s %q of the %s: the apply was interrupted before it was touched.\n\nNothing was changed; apply again.", r.kind.token, attributes.Name.ValueString(), parent))
		return l, ctx, func() {}
	}
	return l, unbroken, func() {
		cancel()
		for _, place := range l.variables() {
			session.Shared[walk](r.session).wrote(place)
		}
	}
}

// parentText is the parent by id where it is known: its path may have changed since the plan.
func parentText(v attributes) string {
	if id := v.ParentID.ValueInt64(); id != 0 {
		return strconv.FormatInt(id, 10)
	}
	return v.Parent.ValueString()
}

// parent finds the project or group of a token, by id where that is known. An error names it by its
// last known path too.
func (r *tokenResource) parent(ctx context.Context, v attributes, last string) (gitlab.Target, error) {
	reference, err := gitlab.ParseRef(r.kind.parent, parentText(v))
	if err != nil {
		return gitlab.Target{}, err
	}
	target, err := r.session.GitLab.Resolve(ctx, r.kind.parent, reference)
	return target, ref.About(err, gitlab.Target{Kind: r.kind.parent, ID: reference.ID, Path: cmp.Or(last, v.Parent.ValueString())})
}

// last is the parent as it was last seen.
func (r *tokenResource) last(v attributes, held privateState) gitlab.Target {
	return gitlab.Target{Kind: r.kind.parent, ID: v.ParentID.ValueInt64(), Path: held.Path}
}

// look reads the parent of a token, and the parent's tokens.
func (r *tokenResource) look(ctx context.Context, v attributes, held privateState) (parent gitlab.Target, listed []tokens.Token, err error) {
	if parent, err = r.parent(ctx, v, held.Path); err == nil {
		listed, err = r.session.Tokens.List(ctx, r.kind.token, parent)
	}
	return parent, listed, err
}

// identify writes the identity, first thing in everything: without one the framework fails.
func (r *tokenResource) identify(ctx context.Context, identity *tfsdk.ResourceIdentity, v attributes) (diags diag.Diagnostics) {
	diags.Append(identity.SetAttribute(ctx, path.Root(r.kind.idName()), *v.ParentID)...)
	diags.Append(identity.SetAttribute(ctx, path.Root("token_id"), v.TokenID)...)
	return diags
}

func (r *tokenResource) store(ctx context.Context, state *tfsdk.State, identity *tfsdk.ResourceIdentity, to private.Writer, m model, held privateState) (diags diag.Diagnostics) {
	attributes := m.attributes()
	if attributes.Deliveries.IsUnknown() {
		attributes.Deliveries = types.MapValueMust(delivery.ObjectType(r.kind.stores()...), map[string]attr.Value{})
	}
	attributes.DeliveryOwners = held.owners(attributes.Deliveries)
	diags.Append(r.identify(ctx, identity, attributes)...)
	diags.Append(state.Set(ctx, m)...)
	diags.Append(privateFormat.Set(ctx, to, held)...)
	diags.Append(unmark(ctx, to)...)
	return diags
}

// unmark drops the [mark] wherever it could outlive its replacement: a destroy that failed stores it.
func unmark(ctx context.Context, from private.Writer) diag.Diagnostics {
	return markFormat.Drop(ctx, from)
}
