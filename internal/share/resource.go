package share

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/check"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/overlap"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/own"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/tenure"
)

var (
	_ resource.ResourceWithConfigure   = (*shareResource)(nil)
	_ resource.ResourceWithIdentity    = (*shareResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*shareResource)(nil)
	_ resource.ResourceWithImportState = (*shareResource)(nil)
	_ resource.ResourceWithMoveState   = (*shareResource)(nil)
)

// NewResource makes the resource jobtoken_project_share: a group's role in a project.
func NewResource() resource.Resource { return &shareResource{} }

type shareResource struct {
	session *session.Session
}

func (r *shareResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_project_share"
}

const (
	aboutProjectID = "Numeric id of the project."
	aboutGroupID   = "Numeric id of the group."
)

func (r *shareResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	id := func(about string) schema.Int64Attribute {
		return schema.Int64Attribute{MarkdownDescription: about, Computed: true, PlanModifiers: []planmodifier.Int64{int64planmodifier.UseStateForUnknown()}}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "A group's role in a project: the project is shared with the group. A job reaches a private project only if the user who started it has a role there; this gives it to all members of a group.",
		Attributes: map[string]schema.Attribute{
			"project": schema.StringAttribute{
				MarkdownDescription: "Full path or numeric id of the project. Two spellings of one project are the same: a rename never replaces the resource.",
				Required:            true,
				Validators:          []validator.String{ref.Valid(gitlab.KindProject)},
			},
			"project_id": id(aboutProjectID),
			"group": schema.StringAttribute{
				MarkdownDescription: "Full path or numeric id of the group whose members get the role, those of groups above it too. Not one that the project is in.",
				Required:            true,
				Validators:          []validator.String{ref.Valid(gitlab.KindGroup)},
			},
			"group_id": id(aboutGroupID),
			"role": schema.StringAttribute{
				MarkdownDescription: "The most that members of the group may do in the project: `guest`, `planner`, `reporter`, `security_manager`, `developer`, `maintainer` or `owner`. A member whose role in the group is lower has that one.",
				Required:            true,
				Validators:          []validator.String{check.OneOf(gitlab.RoleNames()...)},
			},
			"expires_at": schema.StringAttribute{
				MarkdownDescription: "Day on which the role ends, such as `2027-01-31`. Left out, it does not end.",
				Optional:            true,
				Validators:          []validator.String{date{}},
			},
			"adopts": schema.StringAttribute{
				MarkdownDescription: "The role, with its end, that the group had in the project already when the resource was made. Null where it had none. A plan that does not show a role that is there by the time of the apply is not carried out.",
				Computed:            true,
			},
		},
	}
}

func (r *shareResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"project_id": identityschema.Int64Attribute{RequiredForImport: true, Description: aboutProjectID},
		"group_id":   identityschema.Int64Attribute{RequiredForImport: true, Description: aboutGroupID},
	}}
}

func (r *shareResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.session = session.From(req.ProviderData, &resp.Diagnostics)
}

func (r *shareResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	resp.Diagnostics.Append(tenure.Forget(ctx, resp.Private)...)
	if r.session == nil {
		return
	}
	var state shareModel
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if req.Plan.Raw.IsNull() {
		if session.Shared[wanted](r.session).has(state.place()) {
			resp.Diagnostics.Append(tenure.Note(ctx, resp.Private, overlap.Kept{Groups: []int64{state.GroupID.ValueInt64()}})...)
		}
		return
	}
	p := planner{Session: r.session}
	var plan shareModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &p.config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	stored, diags := privateFormat.Get(ctx, req.Private)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	if req.State.Raw.IsNull() {
		p.half = stored.Path != ""
		p.handed = session.Shared[tenure.Handovers](r.session).Find(p.config.handoverKey())
	} else {
		p.state, p.stored = &state, stored
	}
	resp.RequiresReplace.Append(p.plan(ctx, &plan)...)
	resp.Diagnostics.Append(p.diags...)
	if mark, whole := p.marked(); whole {
		resp.Diagnostics.Append(tenure.Leave(ctx, resp.Private, mark)...)
	}
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
	}
}

func (r *shareResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan shareModel
	if resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...); resp.Diagnostics.HasError() {
		return
	}
	handed := session.Shared[tenure.Handovers](r.session).Find(plan.handoverKey()) != nil
	w := r.write(ctx, nil, &plan, handed)
	resp.Diagnostics.Append(w.diags...)
	if resp.Diagnostics.HasError() {
		// What the destroy half of a replacement left is this resource's still.
		if !handed || w.now == nil {
			return
		}
		flatten(&plan, w.now)
	}
	w.stored.Born = tenure.NewSerial()
	resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	resp.Diagnostics.Append(privateFormat.Set(ctx, resp.Private, w.stored)...)
}

func (r *shareResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state shareModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(tenure.Forget(ctx, resp.Private)...)
	stored, diags := privateFormat.Get(ctx, req.Private)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	session.Shared[session.Reads](r.session).Note(state.place())
	births := session.Shared[tenure.Births](r.session)
	births.Note(stored.Born, state.place())
	resp.Diagnostics.Append(resp.Identity.Set(ctx, state.identity())...)
	gone, diags := r.read(ctx, &state, &stored)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	if gone {
		resp.State.RemoveResource(ctx)
		return
	}
	stored.Superseded = nil
	if births.Younger(stored.Born, state.place()) {
		stored.Superseded = []string{"role"}
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	resp.Diagnostics.Append(privateFormat.Set(ctx, resp.Private, stored)...)
}

func (r *shareResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state shareModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	stored, diags := privateFormat.Get(ctx, req.Private)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	w := r.write(ctx, &state, &plan, false)
	resp.Diagnostics.Append(w.diags...)
	if resp.Diagnostics.HasError() {
		if !w.changed {
			return
		}
		plan = state
		flatten(&plan, w.now)
	}
	w.stored.Record = stored.Record
	resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	resp.Diagnostics.Append(privateFormat.Set(ctx, resp.Private, w.stored)...)
}

func (r *shareResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state shareModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	stored, knownDiags := privateFormat.Get(ctx, req.Private)
	mark, markDiags := tenure.Left(ctx, req.Private)
	noted, notedDiags := tenure.Noted(ctx, req.Private)
	resp.Diagnostics.Append(slices.Concat(knownDiags, markDiags, notedDiags)...)
	if resp.Diagnostics.HasError() {
		return
	}
	group := stored.group(&state)
	switch {
	case mark.For(state.ProjectID.ValueInt64()) && slices.Contains(slices.Collect(maps.Values(mark.Groups)), group.ID):
		session.Shared[tenure.Handovers](r.session).Put(mark)
		return
	case noted.Has(group), session.Shared[wanted](r.session).has(state.place()), stored.Gone:
		return
	case len(stored.Superseded) > 0:
		resp.Diagnostics.AddWarning(string(diagnose.ShareStays.For(stored.Path+", "+stored.GroupPath)), fmt.Sprintf(
			"Another resource of this configuration was made later and holds the role of %s in %s too: with create_before_destroy this is what an interrupted apply leaves of the former one. It stays as it is.", group, stored.project(&state)))
		return
	}
	resp.Diagnostics.Append(r.end(ctx, &state, stored)...)
}

func (r *shareResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	var identity identityModel
	if req.ID == "" {
		resp.Diagnostics.Append(req.Identity.Get(ctx, &identity)...)
		resp.Diagnostics.Append(ref.Identified("project_id", identity.ProjectID)...)
		resp.Diagnostics.Append(ref.Identified("group_id", identity.GroupID)...)
	} else {
		resolved, diags := r.resolveID(ctx, req.ID)
		resp.Diagnostics.Append(diags...)
		identity = resolved
	}
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("project_id"), identity.ProjectID)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("group_id"), identity.GroupID)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identity)...)
}

// MoveState takes over shares of another address of this provider.
func (r *shareResource) MoveState(context.Context) []resource.StateMover {
	return []resource.StateMover{own.Mover(r)}
}

// resolveID finds what an import id names. The group is looked for among the shares first, where it is shown even if
// the user cannot see it.
func (r *shareResource) resolveID(ctx context.Context, text string) (identity identityModel, diags diag.Diagnostics) {
	id, err := parseID(text)
	if err != nil {
		diags.AddError(string(diagnose.Import), fmt.Sprintf("The import id %q cannot be a group's role in a project: %s.", text, err))
		return identity, diags
	}
	project, err := r.session.GitLab.Resolve(ctx, gitlab.KindProject, id.project)
	if err != nil {
		return identity, diag.Diagnostics{diagnose.Error(diagnose.Import, err)}
	}
	found, err := r.session.Shares.Project(ctx, project.ID)
	if err != nil {
		return identity, diag.Diagnostics{diagnose.Error(diagnose.Import, err)}
	}
	identity.ProjectID = types.Int64Value(project.ID)
	for _, share := range found.Shares {
		if id.group.ID == share.Group.ID || id.group.ID == 0 && strings.EqualFold(id.group.Path, share.Group.Path) {
			identity.GroupID = types.Int64Value(share.Group.ID)
			return identity, nil
		}
	}
	group, err := r.session.GitLab.Resolve(ctx, gitlab.KindGroup, id.group)
	if err != nil {
		return identity, diag.Diagnostics{diagnose.Error(diagnose.Import, err)}
	}
	identity.GroupID = types.Int64Value(group.ID)
	return identity, nil
}
