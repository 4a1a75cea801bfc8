package enforcement

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/intent"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/own"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
)

var (
	_ resource.ResourceWithConfigure   = (*enforcementResource)(nil)
	_ resource.ResourceWithIdentity    = (*enforcementResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*enforcementResource)(nil)
	_ resource.ResourceWithImportState = (*enforcementResource)(nil)
	_ resource.ResourceWithMoveState   = (*enforcementResource)(nil)
)

// NewResource makes the resource jobtoken_instance_enforcement.
func NewResource() resource.Resource { return &enforcementResource{} }

type enforcementResource struct {
	session *session.Session
}

func (r *enforcementResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_instance_enforcement"
}

const (
	about        = "Whether the GitLab instance makes the CI/CD job token allowlist of every project binding. For administrators."
	aboutEnabled = "Whether every project's allowlist counts as on, whatever the project's own toggle says. GitLab calls it \"Enable and enforce job token allowlist for all projects\"."
)

func (r *enforcementResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: about,
		Attributes: map[string]schema.Attribute{
			enabledAttribute: schema.BoolAttribute{MarkdownDescription: aboutEnabled, Required: true},
		},
	}
}

func (r *enforcementResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"setting": identityschema.StringAttribute{RequiredForImport: true, Description: "GitLab's name of the setting, " + setting + ": an instance has it once."},
	}}
}

func (r *enforcementResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.session = session.From(req.ProviderData, &resp.Diagnostics)
}

func (r *enforcementResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if r.session == nil {
		return
	}
	var before, after enforcementModel
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(req.State.Get(ctx, &before)...)
	}
	if req.Plan.Raw.IsNull() {
		resp.Diagnostics.AddWarning(string(diagnose.EnforcementStays.For(r.session.GitLab.BaseURL())), fmt.Sprintf(
			"The destroy only takes the setting out of the state: at %s it stays %s, as an administrator last set it. To change it, apply that first.",
			r.session.GitLab.BaseURL(), text(before.Enabled.ValueBool())))
		return
	}
	if resp.Diagnostics.Append(req.Plan.Get(ctx, &after)...); resp.Diagnostics.HasError() || after.Enabled.IsUnknown() || after.Enabled.Equal(before.Enabled) {
		return
	}
	on, err := r.session.Lists.InstanceEnforces(ctx)
	if err != nil {
		resp.Diagnostics.Append(diagnose.ReadError(diagnose.ReadEnforcement, err))
		return
	}
	resp.Diagnostics.Append(r.consequences(on, after.Enabled.ValueBool())...)
}

// consequences warns of what a switch does to all projects.
func (r *enforcementResource) consequences(on, planned bool) diag.Diagnostics {
	at, host := path.Root(enabledAttribute), r.session.GitLab.BaseURL()
	switch {
	case on == planned:
		return nil
	case planned:
		return diag.Diagnostics{diagnose.Warn(at, diagnose.EnforcementBegins.For(host),
			"From the apply on, jobs reach a project of %s only if it lists theirs, also where the project's own \"Limit access to this project\" is off. Whoever used such a project without an entry is refused. "+
				"The data source jobtoken_allowlists shows which lists are off (inbound_allowlist_enabled), and jobtoken_authentication_log who has used a project.", host)}
	default:
		return diag.Diagnostics{diagnose.Warn(at, diagnose.EnforcementEnds.For(host),
			"From the apply on, every project of %s whose own \"Limit access to this project\" is off is open to the job tokens of all projects. "+
				"Look at these toggles first, for instance with the data source jobtoken_allowlists, and switch on what is to stay limited.", host)}
	}
}

func (r *enforcementResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan enforcementModel
	if resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...); resp.Diagnostics.HasError() {
		return
	}
	if resp.Diagnostics.Append(r.write(ctx, enforcementModel{}, plan)...); resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identity())...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
}

func (r *enforcementResource) Read(ctx context.Context, _ resource.ReadRequest, resp *resource.ReadResponse) {
	on, err := r.session.Lists.InstanceEnforces(ctx)
	if err != nil {
		resp.Diagnostics.Append(diagnose.ReadError(diagnose.ReadEnforcement, err))
		return
	}
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identity())...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &enforcementModel{types.BoolValue(on)})...)
}

func (r *enforcementResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var state, plan enforcementModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if resp.Diagnostics.Append(r.write(ctx, state, plan)...); resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identity())...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
}

// Delete leaves the setting: whichever value it had before is not the provider's to know, and each would
// concern every project.
func (r *enforcementResource) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {
}

func (r *enforcementResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	named := types.StringValue(req.ID)
	if req.ID == "" {
		resp.Diagnostics.Append(req.Identity.GetAttribute(ctx, path.Root("setting"), &named)...)
	}
	if named.ValueString() != setting && !resp.Diagnostics.HasError() {
		resp.Diagnostics.AddError(string(diagnose.Import), fmt.Sprintf("%q is not the setting that this resource manages. Write %s.", named.ValueString(), setting))
	}
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &enforcementModel{types.BoolNull()})...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identity())...)
}

// MoveState takes over the setting from another address of this provider.
func (r *enforcementResource) MoveState(context.Context) []resource.StateMover {
	return []resource.StateMover{own.Mover(r)}
}

// write brings what lies between the state and the plan about.
func (r *enforcementResource) write(ctx context.Context, state, plan enforcementModel) diag.Diagnostics {
	on, err := r.session.Lists.FreshInstanceEnforces(ctx)
	if err != nil {
		return diag.Diagnostics{diagnose.ReadError(diagnose.ReadEnforcement, err)}
	}
	if due := intent.ToggleOf(plan.Enabled, state.Enabled, on); due.Write != nil {
		if _, err := r.session.Lists.SetInstanceEnforces(ctx, *due.Write); err != nil {
			return diag.Diagnostics{diagnose.Error(diagnose.ChangeEnforcement, err)}
		}
	}
	return nil
}
