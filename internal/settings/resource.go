package settings

import (
	"context"
	"reflect"
	"slices"

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
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/own"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/tenure"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/toggle"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/unchanged"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/unconfigured"
)

var (
	_ resource.ResourceWithConfigure   = (*settingsResource)(nil)
	_ resource.ResourceWithIdentity    = (*settingsResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*settingsResource)(nil)
	_ resource.ResourceWithImportState = (*settingsResource)(nil)
	_ resource.ResourceWithMoveState   = (*settingsResource)(nil)
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
	aboutCrossProjectPush = "Whether jobs of projects on the allowlist may push too (GitLab 19.1 and later). Their entry needs the permission `admin_repositories` or the default permissions, and `push_repository_allowed` must be on."
	aboutEffective        = "Whether access is limited: the project's own toggle is on, or the instance enforces it."
	aboutEnforced         = "Whether the instance enforces every project's allowlist. Null where only an administrator could tell."
)

func (r *settingsResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	option := func(about string) schema.BoolAttribute {
		return schema.BoolAttribute{
			MarkdownDescription: about + " Left out, it is left as it is.",
			Optional:            true,
			Computed:            true,
			PlanModifiers:       []planmodifier.Bool{unconfigured.Bool()},
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
	if r.session == nil || req.Plan.Raw.IsNull() {
		resp.Diagnostics.Append(tenure.Forget(ctx, resp.Private)...)
		if r.session != nil {
			r.planDestroy(ctx, req, resp)
		}
		return
	}
	unchanged.Plan(ctx, req, resp, r.planned)
}

// planDestroy notes for the destroy what other resources of the walk hold.
func (r *settingsResource) planDestroy(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	d := destroyer{Session: r.session}
	resp.Diagnostics.Append(req.State.Get(ctx, &d.state)...)
	stored, diags := privateFormat.Get(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	d.private = stored
	resp.Diagnostics.Append(d.private.WarnCarried(diagnose.SettingsStay.For(d.private.Path), d.private.project(d.state.ProjectID))...)
	resp.Diagnostics.Append(r.session.Claim(d.private.project(d.state.ProjectID), d.leaving())...)
	d.kept = r.session.Overlap.Kept(d.state.ProjectID.ValueInt64(), typeName)
	resp.Diagnostics.Append(tenure.Note(ctx, resp.Private, d.kept)...)
	resp.Diagnostics.Append(d.warnLosses(ctx)...)
}

func (r *settingsResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var config, plan settingsModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{plan.ProjectID})...)
	handed := session.Shared[tenure.Handovers](r.session).Find(config.handoverKey()) != nil
	w := r.write(ctx, &config, &settingsModel{}, &plan, handed)
	resp.Diagnostics.Append(w.diags...)
	if w.diags.HasError() && !w.changed && (!handed || w.path == "") {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	resp.Diagnostics.Append(privateFormat.Set(ctx, resp.Private, privateState{tenure.Record{Born: tenure.NewSerial()}, w.path})...)
}

func (r *settingsResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	unchanged.Read(ctx, req, resp, r.reread)
}

func (r *settingsResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var config, plan, state settingsModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	stored, diags := privateFormat.Get(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{plan.ProjectID})...)
	w := r.write(ctx, &config, &state, &plan, false)
	resp.Diagnostics.Append(w.diags...)
	if w.diags.HasError() && !w.changed {
		return
	}
	stored.Path, stored.Carried = w.path, carried(&config, &plan)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	resp.Diagnostics.Append(privateFormat.Set(ctx, resp.Private, stored)...)
}

func (r *settingsResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	d := destroyer{Session: r.session}
	resp.Diagnostics.Append(req.State.Get(ctx, &d.state)...)
	stored, knownDiags := privateFormat.Get(ctx, req.Private)
	mark, markDiags := tenure.Left(ctx, req.Private)
	noted, notedDiags := tenure.Noted(ctx, req.Private)
	resp.Diagnostics.Append(slices.Concat(knownDiags, markDiags, notedDiags)...)
	if resp.Diagnostics.HasError() {
		return
	}
	d.private, d.mark = stored, mark
	if d.replaced() && stored.Path == "" {
		d.private.Carried = mark.Carried
		if !mark.Read {
			d.private.Carried = d.state.managed() // nothing tells, and what is left can still be taken back
		}
	}
	d.kept = noted.And(r.session.Overlap.Kept(d.state.ProjectID.ValueInt64(), typeName))
	left, diags := d.destroy(ctx)
	if resp.Diagnostics.Append(diags...); diags.HasError() && left {
		resp.Diagnostics.Append(resp.State.Set(ctx, &d.state)...)
		resp.Diagnostics.Append(privateFormat.Set(ctx, resp.Private, d.private)...)
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

// MoveState takes over settings of another address of this provider.
func (r *settingsResource) MoveState(context.Context) []resource.StateMover {
	return []resource.StateMover{own.Mover(r)}
}

// written is what a write came to.
type written struct {
	// path is the project's; empty where it could not be read.
	path string
	// changed tells that the server was changed.
	changed bool
	diags   diag.Diagnostics
}

// write brings the difference between the state and the configuration about, and fills what the plan left
// unknown. After a failure the plan holds what is stored. Handed means that this is the creation half of a
// replacement, which goes by the project that the plan saw.
func (r *settingsResource) write(ctx context.Context, config, state, plan *settingsModel, handed bool) (w written) {
	client := r.session.GitLab
	project, err := r.session.Lists.FreshProject(ctx, plan.ProjectID.ValueInt64())
	if err != nil {
		last := gitlab.Target{Kind: gitlab.KindProject, ID: plan.ProjectID.ValueInt64(), Path: plan.Project.ValueString()}
		w.diags.Append(diagnose.ReadError(diagnose.ReadSettings, ref.About(err, last)))
		return w
	}
	w.path = project.Path
	change, meanwhile := difference(config, state, project.Settings)
	if handed {
		w.diags.Append(checkOwner(ctx, client, config, project)...)
		if w.diags.HasError() {
			unwritten(plan, change, project.Settings)
			change = allowlists.SettingsChange{}
		}
	}
	for _, f := range meanwhile {
		w.diags.Append(toggle.ChangedMeanwhile(path.Root(f.name), project.Target(), f.label, *f.stored))
	}
	if !change.Empty() {
		before := project.Settings
		project.Settings, err = r.session.Lists.UpdateSettings(ctx, project.Target(), change)
		w.changed = err == nil || !reflect.DeepEqual(project.Settings, before)
		if err != nil {
			w.diags.Append(atFault(change, err))
			unwritten(plan, change, project.Settings)
		} else {
			w.diags.Append(toggle.WithoutEffect(ctx, r.session.Lists, project, path.Root(inboundAttribute), change.InboundAllowlist)...)
		}
	}
	// The toggles are written: what cannot be learnt now must not keep them out of the state.
	if plan.InboundAllowlistEffective.IsUnknown() {
		plan.InboundAllowlistEffective = types.BoolNull()
		w.diags.Append(asWarnings(flattenEffective(ctx, r.session.Lists, project, plan))...)
	}
	if plan.EnforcedByInstance.IsUnknown() {
		plan.EnforcedByInstance = types.BoolNull()
		w.diags.Append(asWarnings(r.learnEnforcement(ctx, project, plan))...)
	}
	return w
}

// checkOwner refuses a replacement whose project's path has changed hands since the plan.
func checkOwner(ctx context.Context, client *gitlab.Client, config *settingsModel, project *allowlists.Project) diag.Diagnostics {
	owner, err := ref.NewOwner(ctx, client, config.Project.ValueString(), project.Target())
	switch {
	case err != nil:
		return diag.Diagnostics{diagnose.LookupError(ref.Attribute, diagnose.FindProject, err)}
	case owner.ID == 0:
		return nil
	}
	return diag.Diagnostics{diag.WithPath(ref.Attribute, diagnose.Outdated("change the job token settings of "+project.Target().String(),
		config.Project.ValueString()+" is the path of the "+owner.String()+" by now"))}
}

// unwritten puts into a model what is stored of the toggles that a failed change was about.
func unwritten(m *settingsModel, change allowlists.SettingsChange, stored allowlists.Settings) {
	for _, f := range m.fields(stored) {
		if *f.change(&change) != nil && f.stored != nil {
			*f.value = types.BoolValue(*f.stored)
		}
	}
}

func asWarnings(diags diag.Diagnostics) diag.Diagnostics {
	warnings := make(diag.Diagnostics, 0, len(diags))
	for _, d := range diags {
		warnings = append(warnings, diag.NewWarningDiagnostic(d.Summary(), d.Detail()))
	}
	return warnings
}

// read fills a model from the server.
func (r *settingsResource) read(ctx context.Context, project *allowlists.Project, state *settingsModel) (diags diag.Diagnostics) {
	imported := state.Project.IsNull()
	state.Project, diags = ref.Respell(ctx, r.session.GitLab, ref.Attribute, state.Project, project.Target())
	flatten(state, project.Settings, imported)
	diags.Append(flattenEffective(ctx, r.session.Lists, project, state)...)
	diags.Append(r.learnEnforcement(ctx, project, state)...)
	return diags
}

func (r *settingsResource) learnEnforcement(ctx context.Context, project *allowlists.Project, m *settingsModel) diag.Diagnostics {
	enforcement, err := r.session.Lists.EnforcementFor(ctx, project)
	if err != nil {
		return diag.Diagnostics{diagnose.Error(diagnose.ReadSettings, err)}
	}
	m.EnforcedByInstance = flattenEnforcement(enforcement)
	return nil
}

func flattenEffective(ctx context.Context, lists *allowlists.Service, project *allowlists.Project, m *settingsModel) diag.Diagnostics {
	effective, err := lists.Effective(ctx, project)
	if err != nil {
		return diag.Diagnostics{diagnose.Error(diagnose.ReadSettings, err)}
	}
	m.InboundAllowlistEffective = types.BoolValue(effective)
	return nil
}

// atFault puts GitLab's refusal on the one attribute that can have caused it: enforcement concerns
// only the inbound toggle being switched off.
func atFault(change allowlists.SettingsChange, err error) diag.Diagnostic {
	if apierror.Is(err, apierror.Forbidden) && change.InboundAllowlist != nil && !*change.InboundAllowlist {
		return diagnose.AttributeError(path.Root(inboundAttribute), diagnose.ChangeSettings, err)
	}
	return diagnose.Error(diagnose.ChangeSettings, err)
}
