package allowlist

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/check"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/tenure"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/unchanged"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/unconfigured"
)

var (
	_ resource.ResourceWithConfigure   = (*allowlistResource)(nil)
	_ resource.ResourceWithIdentity    = (*allowlistResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*allowlistResource)(nil)
	_ resource.ResourceWithImportState = (*allowlistResource)(nil)
)

// NewResource makes the resource jobtoken_allowlist: one project's inbound job token allowlist.
func NewResource() resource.Resource { return &allowlistResource{} }

type allowlistResource struct {
	session *session.Session
}

func (r *allowlistResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_allowlist"
}

func (r *allowlistResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "One project's CI/CD job token allowlist: which projects and groups may reach the project with a job token, and what they may do there.",
		Attributes: map[string]schema.Attribute{
			"project": schema.StringAttribute{
				MarkdownDescription: "Full path or numeric id of the project whose list this is. Two spellings of one project are the same: a rename never replaces the resource.",
				Required:            true,
				Validators:          []validator.String{ref.Valid(gitlab.KindProject)},
			},
			"project_id": schema.Int64Attribute{
				MarkdownDescription: "Numeric id of the project.",
				Computed:            true,
				PlanModifiers:       []planmodifier.Int64{int64planmodifier.UseStateForUnknown()},
			},
			"enabled": schema.BoolAttribute{
				MarkdownDescription: "GitLab's \"Limit access **to** this project\". It is switched on only after the entries are in. Left out, it is left as it is.",
				Optional:            true,
				Computed:            true,
				PlanModifiers:       []planmodifier.Bool{unconfigured.Bool()},
			},
			"exclusive": schema.BoolAttribute{
				MarkdownDescription: "Whether the maps are the whole list. `true` (the default) removes entries that are not configured, each named in the plan; `false` leaves them alone.",
				Optional:            true,
				Computed:            true,
				Default:             booldefault.StaticBool(true),
			},
			"projects": entriesAttribute(gitlab.KindProject),
			"groups":   entriesAttribute(gitlab.KindGroup),
			"removes": schema.ListAttribute{
				MarkdownDescription: "Entries that an apply removes without a line of their own in the plan: what is on the list, and not configured, when a map becomes managed. The apply removes exactly these, and stops if the list has changed meanwhile. `[]` where nothing goes so.",
				Computed:            true,
				ElementType:         types.StringType,
			},
			"target_ids_fingerprint": schema.StringAttribute{
				MarkdownDescription: "A fingerprint of the ids of all targets. It binds an apply to the projects and groups that its plan saw: if a path belongs to another one by then, the fingerprint differs, and Terraform stops before any write. A rename does not change it.",
				Computed:            true,
			},
		},
	}
}

// aboutElements tells of an entry what no plan shows.
const aboutElements = " Terraform drops a misspelt key of an entry without a word, and an entry without `permissions` may do everything; `require_permissions` in the provider block makes that an error. An entry that is null means `{}`; Terraform's plan shows no line for it, so a warning names it."

func entriesAttribute(kind gitlab.Kind) schema.MapNestedAttribute {
	description := map[gitlab.Kind]string{
		gitlab.KindProject: "Projects whose jobs may reach this one. A key is a full path or numeric id, or a label where `target` is set. Left out, the projects are left as they are; `{}` means none. The project itself is always admitted; listing it gives its own jobs fine-grained permissions.",
		gitlab.KindGroup:   "Groups all of whose projects, those of subgroups too, may reach this one. A key is a full path or numeric id, or a label where `target` is set. Left out, the groups are left as they are; `{}` means none.",
	}[kind]
	return schema.MapNestedAttribute{
		MarkdownDescription: description + aboutElements,
		Optional:            true,
		Computed:            true,
		PlanModifiers:       []planmodifier.Map{unconfigured.Map()},
		Validators:          []validator.Map{check.Labels()},
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"permissions": schema.SetAttribute{
				MarkdownDescription: "Fine-grained permissions, such as `read_packages`. Left out, the entry has GitLab's default permissions: all that the job's user may do; `[\"default\"]` says so in words. `[]` opens no API endpoint (git clone and image pull stay open to every entry).",
				Optional:            true,
				ElementType:         types.StringType,
				Validators:          permissionRules(),
			},
			"target": schema.StringAttribute{
				MarkdownDescription: "Full path or numeric id, where the key is only a label. For a target that is made in the same apply.",
				Optional:            true,
				Validators:          []validator.String{ref.Valid(kind)},
			},
		}},
	}
}

func (r *allowlistResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"project_id": identityschema.Int64Attribute{RequiredForImport: true, Description: "Numeric id of the project."},
	}}
}

func (r *allowlistResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.session = session.From(req.ProviderData, &resp.Diagnostics)
}

func (r *allowlistResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
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
func (r *allowlistResource) planDestroy(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	d := destroyer{Session: r.session}
	resp.Diagnostics.Append(req.State.Get(ctx, &d.state)...)
	stored, diags := privateFormat.Get(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	d.private, d.id = stored, d.state.ProjectID
	resp.Diagnostics.Append(d.private.WarnCarried(diagnose.LeftAsItIs.For(d.private.Path), d.private.project(d.id))...)
	resp.Diagnostics.Append(r.session.Claim(d.state.project(), d.leaving())...)
	d.kept = r.session.Overlap.Kept(d.id.ValueInt64(), typeName)
	resp.Diagnostics.Append(tenure.Note(ctx, resp.Private, d.kept)...)
	resp.Diagnostics.Append(d.warnLosses(ctx)...)
}

func (r *allowlistResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	a := applier{difference: difference{listSession: listSession{Session: r.session}}}
	resp.Diagnostics.Append(req.Config.Get(ctx, &a.config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &a.plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	a.id = a.plan.ProjectID
	a.mark = session.Shared[tenure.Handovers](r.session).Find(handoverKey(&a.config))
	if a.mark != nil {
		a.stated = statedBy(a.mark)
	}
	a.private.Born = tenure.NewSerial()
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{a.id})...)
	done, diags := a.apply(ctx)
	resp.Diagnostics.Append(diags...)
	if diags.HasError() && !done.changed && a.mark == nil {
		return // nothing to keep: the next apply creates it afresh
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, done.state)...)
	resp.Diagnostics.Append(privateFormat.Set(ctx, resp.Private, done.private)...)
}

func (r *allowlistResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	unchanged.Read(ctx, req, resp, r.reread)
}

func (r *allowlistResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	a := applier{difference: difference{listSession: listSession{Session: r.session}, state: &allowlistModel{}}}
	resp.Diagnostics.Append(req.Config.Get(ctx, &a.config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &a.plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, a.state)...)
	stored, diags := privateFormat.Get(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	a.private, a.stated = stored, stored
	if a.id, diags = ref.ProjectID(ctx, r.session.GitLab, a.plan.ProjectID, a.plan.Project); diags.HasError() {
		resp.Diagnostics.Append(diags...)
		return
	}
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{a.id})...)
	done, diags := a.apply(ctx)
	resp.Diagnostics.Append(diags...)
	if diags.HasError() && !done.changed {
		return // the state stays as it was
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, done.state)...)
	resp.Diagnostics.Append(privateFormat.Set(ctx, resp.Private, done.private)...)
}

func (r *allowlistResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	d := destroyer{Session: r.session}
	resp.Diagnostics.Append(req.State.Get(ctx, &d.state)...)
	stored, knownDiags := privateFormat.Get(ctx, req.Private)
	mark, markDiags := tenure.Left(ctx, req.Private)
	noted, notedDiags := tenure.Noted(ctx, req.Private)
	resp.Diagnostics.Append(slices.Concat(knownDiags, markDiags, notedDiags)...)
	id, diags := ref.ProjectID(ctx, r.session.GitLab, d.state.ProjectID, d.state.Project)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	d.private, d.mark, d.id = stored, mark, id
	if d.replaced() && stored.Path == "" {
		d.private.Carried = mark.Carried
		if !mark.Read {
			d.private.Carried = d.state.managed() // nothing tells, and what is left can still be taken back
		}
	}
	d.kept = noted.And(r.session.Overlap.Kept(id.ValueInt64(), typeName))
	left, diags := d.destroy(ctx)
	if resp.Diagnostics.Append(diags...); diags.HasError() && left != nil {
		resp.Diagnostics.Append(resp.State.Set(ctx, left.state)...)
		resp.Diagnostics.Append(privateFormat.Set(ctx, resp.Private, left.private)...)
	}
}

func (r *allowlistResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	id := ref.ImportProject(ctx, r.session.GitLab, req, resp)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("project_id"), id)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{types.Int64Value(id)})...)
}
