package settings

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/boolplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/keep"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/private"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/toggle"
)

var (
	_ resource.ResourceWithConfigure   = (*settingsResource)(nil)
	_ resource.ResourceWithIdentity    = (*settingsResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*settingsResource)(nil)
	_ resource.ResourceWithImportState = (*settingsResource)(nil)
)

// NewResource makes the resource jobtoken_settings: a project's job token toggles.
func NewResource() resource.Resource { return &settingsResource{} }

type settingsResource struct {
	session *session.Session
}

func (r *settingsResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_settings"
}

// The meaning of each toggle, for the resource and the data source.
const (
	aboutProject          = "Full path or numeric id of the project."
	aboutProjectID        = "Numeric id of the project."
	aboutInbound          = "GitLab's \"Limit access **to** this project\": only projects and groups on the allowlist reach it with a job token. This is the project's own stored value."
	aboutOutbound         = "The legacy \"Limit access **from** this project\". GitLab only lets it be switched off."
	aboutPush             = "Whether jobs of the project may push to its own repository with their job token."
	aboutCrossProjectPush = "Whether jobs of projects on the allowlist may push too (GitLab 19.0 and later). Their entry needs the permission `admin_repositories` or the default permissions, and `push_repository_allowed` must be on."
	aboutEffective        = "Whether access is limited: the project's own toggle is on, or the instance enforces it."
	aboutEnforced         = "Whether the instance enforces every project's allowlist. Null where only an administrator could tell."
)

func (r *settingsResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	option := func(about string) schema.BoolAttribute {
		return schema.BoolAttribute{
			MarkdownDescription: about + " Left out, it is left as it is.",
			Optional:            true,
			Computed:            true,
			PlanModifiers:       []planmodifier.Bool{keep.Bool()},
		}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "A project's CI/CD job token toggles, without its allowlist.",
		Attributes: map[string]schema.Attribute{
			"project": schema.StringAttribute{
				MarkdownDescription: aboutProject + " Two spellings of one project are the same: a rename never replaces the resource.",
				Required:            true,
				Validators:          []validator.String{ref.Valid(gitlab.KindProject)},
			},
			"project_id": schema.Int64Attribute{
				MarkdownDescription: aboutProjectID,
				Computed:            true,
				PlanModifiers:       []planmodifier.Int64{int64planmodifier.UseStateForUnknown()},
			},
			"inbound_allowlist_enabled":  option(aboutInbound),
			"outbound_allowlist_enabled": option(aboutOutbound),
			"push_repository_allowed":    option(aboutPush),
			"cross_project_push_allowed": option(aboutCrossProjectPush),
			"inbound_allowlist_effective": schema.BoolAttribute{
				MarkdownDescription: aboutEffective,
				Computed:            true,
			},
			"enforced_by_instance": schema.BoolAttribute{
				MarkdownDescription: aboutEnforced,
				Computed:            true,
				PlanModifiers:       []planmodifier.Bool{boolplanmodifier.UseStateForUnknown()},
			},
		},
	}
}

func (r *settingsResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"project_id": identityschema.Int64Attribute{RequiredForImport: true, Description: aboutProjectID},
	}}
}

func (r *settingsResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.session = session.From(req.ProviderData, &resp.Diagnostics)
}

func (r *settingsResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || r.session == nil {
		return
	}
	var config, state, plan settingsModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	replace, diags := planSettings(ctx, r.session, &config, &state, &plan)
	resp.Diagnostics.Append(diags...)
	if replace {
		resp.RequiresReplace.Append(ref.Attribute)
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
}

func (r *settingsResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var config, plan settingsModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{plan.ProjectID})...)
	path, diags := r.write(ctx, &config, &plan)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	resp.Diagnostics.Append(private.Set(ctx, resp.Private, privateKey, privateState{path})...)
}

func (r *settingsResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state settingsModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{state.ProjectID})...)
	stored, diags := private.Get[privateState](ctx, req.Private, privateKey)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	project, err := r.session.GitLab.Project(ctx, state.ProjectID.ValueInt64())
	if err != nil {
		gone, diags := ref.UnreadableOnce(ctx, r.session, diagnose.ReadSettings, stored.project(state.ProjectID), err)
		resp.Diagnostics.Append(diags...)
		if gone {
			resp.State.RemoveResource(ctx)
		}
		return
	}
	resp.Diagnostics.Append(r.read(ctx, project, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	resp.Diagnostics.Append(private.Set(ctx, resp.Private, privateKey, privateState{project.Path})...)
}

func (r *settingsResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var config, plan settingsModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{plan.ProjectID})...)
	path, diags := r.write(ctx, &config, &plan)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	resp.Diagnostics.Append(private.Set(ctx, resp.Private, privateKey, privateState{path})...)
}

func (r *settingsResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state settingsModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	stored, diags := private.Get[privateState](ctx, req.Private, privateKey)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	project, err := r.session.GitLab.Project(ctx, state.ProjectID.ValueInt64())
	if err != nil {
		_, diags := ref.Unreadable(ctx, r.session, diagnose.ResetSettings, stored.project(state.ProjectID), err)
		resp.Diagnostics.Append(diags...)
		return
	}
	if change := secure(&state, project.Settings); !change.Empty() {
		if _, err := r.session.GitLab.UpdateSettings(ctx, project.Target(), change); err != nil {
			resp.Diagnostics.Append(diagnose.Error(diagnose.ResetSettings, err))
		}
	}
}

func (r *settingsResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	id := ref.ImportProject(ctx, r.session.GitLab, req, resp)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("project_id"), id)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{types.Int64Value(id)})...)
}

// write brings the configured toggles about and fills what the plan left unknown.
func (r *settingsResource) write(ctx context.Context, config, plan *settingsModel) (projectPath string, diags diag.Diagnostics) {
	client := r.session.GitLab
	project, err := client.Project(ctx, plan.ProjectID.ValueInt64())
	if err != nil {
		last := gitlab.Target{Kind: gitlab.KindProject, ID: plan.ProjectID.ValueInt64(), Path: plan.Project.ValueString()}
		return "", diag.Diagnostics{diagnose.ReadError(diagnose.ReadSettings, ref.About(err, last))}
	}
	if change := expand(config, project.Settings); !change.Empty() {
		if project.Settings, err = client.UpdateSettings(ctx, project.Target(), change); err != nil {
			return "", diag.Diagnostics{atFault(change, err)}
		}
		diags.Append(toggle.WithoutEffect(ctx, client, project, path.Root("inbound_allowlist_enabled"), change.InboundAllowlist)...)
	}
	// The toggles are written: what cannot be learnt now must not keep them out of the state.
	if plan.InboundAllowlistEffective.IsUnknown() {
		plan.InboundAllowlistEffective = types.BoolNull()
		diags.Append(asWarnings(flattenEffective(ctx, client, project, plan))...)
	}
	if plan.EnforcedByInstance.IsUnknown() {
		plan.EnforcedByInstance = types.BoolNull()
		diags.Append(asWarnings(r.learnEnforcement(ctx, project, plan))...)
	}
	return project.Path, diags
}

func asWarnings(diags diag.Diagnostics) diag.Diagnostics {
	warnings := make(diag.Diagnostics, 0, len(diags))
	for _, d := range diags {
		warnings = append(warnings, diag.NewWarningDiagnostic(d.Summary(), d.Detail()))
	}
	return warnings
}

// read fills a model from the server.
func (r *settingsResource) read(ctx context.Context, project *gitlab.Project, state *settingsModel) (diags diag.Diagnostics) {
	imported := state.Project.IsNull()
	state.Project, diags = ref.Respell(ctx, r.session.GitLab, ref.Attribute, state.Project, project.Target())
	flatten(state, project.Settings, imported)
	diags.Append(flattenEffective(ctx, r.session.GitLab, project, state)...)
	diags.Append(r.learnEnforcement(ctx, project, state)...)
	return diags
}

func (r *settingsResource) learnEnforcement(ctx context.Context, project *gitlab.Project, m *settingsModel) diag.Diagnostics {
	enforcement, err := r.session.GitLab.EnforcementFor(ctx, project)
	if err != nil {
		return diag.Diagnostics{diagnose.Error(diagnose.ReadSettings, err)}
	}
	m.EnforcedByInstance = flattenEnforcement(enforcement)
	return nil
}

func flattenEffective(ctx context.Context, client *gitlab.Client, project *gitlab.Project, m *settingsModel) diag.Diagnostics {
	effective, err := client.EffectiveAllowlist(ctx, project)
	if err != nil {
		return diag.Diagnostics{diagnose.Error(diagnose.ReadSettings, err)}
	}
	m.InboundAllowlistEffective = types.BoolValue(effective)
	return nil
}

// atFault puts GitLab's refusal on the one attribute that can have caused it: enforcement concerns
// only the inbound toggle being switched off.
func atFault(change gitlab.SettingsChange, err error) diag.Diagnostic {
	if apierror.Is(err, apierror.Forbidden) && change.InboundAllowlist != nil && !*change.InboundAllowlist {
		return diagnose.AttributeError(path.Root("inbound_allowlist_enabled"), diagnose.ChangeSettings, err)
	}
	return diagnose.Error(diagnose.ChangeSettings, err)
}
