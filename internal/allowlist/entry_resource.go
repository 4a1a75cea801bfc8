package allowlist

import (
	"context"
	"fmt"
	"maps"
	"slices"

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
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/check"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/intent"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/tenure"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/unchanged"
)

var (
	_ resource.ResourceWithConfigure   = (*entryResource)(nil)
	_ resource.ResourceWithIdentity    = (*entryResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*entryResource)(nil)
	_ resource.ResourceWithImportState = (*entryResource)(nil)
)

// NewEntryResource makes the resource jobtoken_allowlist_entry: one entry of a project's list.
func NewEntryResource() resource.Resource { return &entryResource{} }

type entryResource struct {
	session *session.Session
}

func (r *entryResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_allowlist_entry"
}

func (r *entryResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	id := func(about string) schema.Int64Attribute {
		return schema.Int64Attribute{MarkdownDescription: about, Computed: true, PlanModifiers: []planmodifier.Int64{int64planmodifier.UseStateForUnknown()}}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "One entry of a project's CI/CD job token allowlist. It leaves the other entries alone.",
		Attributes: map[string]schema.Attribute{
			"project": schema.StringAttribute{
				MarkdownDescription: "Full path or numeric id of the project whose list this is. Two spellings of one project are the same: a rename never replaces the resource.",
				Required:            true,
				Validators:          []validator.String{ref.Valid(gitlab.KindProject)},
			},
			"project_id": id("Numeric id of the project."),
			"target_project": schema.StringAttribute{
				MarkdownDescription: "Full path or numeric id of the project that is let in. Exactly one of `target_project` and `target_group`.",
				Optional:            true,
				Validators:          []validator.String{ref.Valid(gitlab.KindProject), check.ExactlyOne("target_project", "target_group")},
			},
			"target_project_id": id("Numeric id of the project that is let in."),
			"target_group": schema.StringAttribute{
				MarkdownDescription: "Full path or numeric id of the group whose projects, those of subgroups too, are let in.",
				Optional:            true,
				Validators:          []validator.String{ref.Valid(gitlab.KindGroup)},
			},
			"target_group_id": id("Numeric id of the group that is let in."),
			"permissions": schema.SetAttribute{
				MarkdownDescription: "Fine-grained permissions, such as `read_packages`. Left out, the entry has GitLab's default permissions: all that the job's user may do; `[\"default\"]` says so in words. `[]` opens no API endpoint (git clone and image pull stay open to every entry).",
				Optional:            true,
				ElementType:         types.StringType,
				Validators:          permissionRules(),
			},
		},
	}
}

func (r *entryResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"project_id":        identityschema.Int64Attribute{RequiredForImport: true, Description: "Numeric id of the project whose list this is."},
		"target_project_id": identityschema.Int64Attribute{OptionalForImport: true, Description: "Numeric id of the project that is let in."},
		"target_group_id":   identityschema.Int64Attribute{OptionalForImport: true, Description: "Numeric id of the group that is let in."},
	}}
}

func (r *entryResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.session = session.From(req.ProviderData, &resp.Diagnostics)
}

func (r *entryResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if r.session == nil || req.Plan.Raw.IsNull() {
		resp.Diagnostics.Append(tenure.Forget(ctx, resp.Private)...)
	}
	if r.session == nil {
		return
	}
	if req.Plan.Raw.IsNull() {
		var state entryResourceModel
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
		resp.Diagnostics.Append(r.session.Claim(state.project(), state.leaving())...)
		resp.Diagnostics.Append(tenure.Note(ctx, resp.Private, r.session.Overlap.Kept(state.ProjectID.ValueInt64(), entryTypeName))...)
		resp.Diagnostics.Append(warnLeaves(ctx, r.session, &state)...)
		return
	}
	unchanged.Plan(ctx, req, resp, r.planned)
}

func (r *entryResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan entryResourceModel
	if resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...); resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
	stored, diags := r.write(ctx, plan.ProjectID, nil, &plan, privateState{})
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		r.keepHandedOver(ctx, &plan, resp)
		return
	}
	stored.Born = tenure.NewSerial()
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	resp.Diagnostics.Append(privateFormat.Set(ctx, resp.Private, stored)...)
}

// keepHandedOver names in the state what the destroy half of a replacement left to a creation that failed:
// the entry is still there.
func (r *entryResource) keepHandedOver(ctx context.Context, plan *entryResourceModel, resp *resource.CreateResponse) {
	if session.Shared[tenure.Handovers](r.session).Find(plan.handoverKey()) == nil {
		return
	}
	project, err := r.session.Lists.Project(ctx, plan.ProjectID.ValueInt64())
	if err != nil {
		return
	}
	left := *plan
	found := false
	if left.Permissions, found = flattenEntry(project, expandEntry(plan)); found {
		resp.Diagnostics.Append(resp.State.Set(ctx, &left)...)
		resp.Diagnostics.Append(privateFormat.Set(ctx, resp.Private, entryPrivateState(project, plan, privateState{}))...)
	}
}

func (r *entryResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	unchanged.Read(ctx, req, resp, r.reread)
}

func (r *entryResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state entryResourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	before, diags := privateFormat.Get(ctx, req.Private)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	identity := plan.identity()
	id, diags := ref.ProjectID(ctx, r.session.GitLab, plan.ProjectID, plan.Project)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	identity.ProjectID = id
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identity)...)
	stored, diags := r.write(ctx, id, &state, &plan, before)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	resp.Diagnostics.Append(privateFormat.Set(ctx, resp.Private, stored)...)
}

func (r *entryResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state entryResourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	stored, knownDiags := privateFormat.Get(ctx, req.Private)
	mark, markDiags := tenure.Left(ctx, req.Private)
	noted, notedDiags := tenure.Noted(ctx, req.Private)
	resp.Diagnostics.Append(slices.Concat(knownDiags, markDiags, notedDiags)...)
	id, diags := ref.ProjectID(ctx, r.session.GitLab, state.ProjectID, state.Project)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	state.ProjectID = id
	e := expandEntry(&state)
	kept := noted.And(r.session.Overlap.Kept(id.ValueInt64(), entryTypeName))
	switch {
	case mark.For(id.ValueInt64()) && slices.Contains(slices.Collect(maps.Values(mark.IDs(e.kind))), e.target.ID):
		session.Shared[tenure.Handovers](r.session).Put(mark)
		holds(r.session, id.ValueInt64(), e.kind, e.target.ID)
		return
	case kept.Has(e.target):
		return
	case len(stored.Superseded) > 0:
		resp.Diagnostics.AddWarning(string(diagnose.LeftAsItIs.For(stored.Path)),
			fmt.Sprintf("Another resource of this configuration was made later and holds the entry for %s too: with create_before_destroy this is what an interrupted apply leaves of the former one. It stays on the list.", e.target))
		return
	}
	project, err := r.session.Lists.FreshProject(ctx, id.ValueInt64())
	if err != nil {
		_, diags := ref.Unreadable(ctx, r.session, diagnose.ReadAllowlist, stored.project(id), err)
		resp.Diagnostics.Append(diags...)
		return
	}
	l := listSession{Session: r.session, project: project}
	l.change(ctx, intent.Of(project, intent.List{Kind: e.kind, Before: intended([]entry{e})}))
	resp.Diagnostics.Append(l.diags...)
}

func (r *entryResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	var identity entryIdentityModel
	if req.ID == "" {
		resp.Diagnostics.Append(req.Identity.Get(ctx, &identity)...)
		resp.Diagnostics.Append(ref.Identified("project_id", identity.ProjectID)...)
		resp.Diagnostics.Append(ref.Identified("target_project_id", identity.TargetProjectID)...)
		resp.Diagnostics.Append(ref.Identified("target_group_id", identity.TargetGroupID)...)
		if identity.TargetProjectID.IsNull() == identity.TargetGroupID.IsNull() {
			resp.Diagnostics.AddError(string(diagnose.Import), "Write exactly one of target_project_id and target_group_id.")
		}
	} else {
		resolved, diags := r.resolveID(ctx, req.ID)
		resp.Diagnostics.Append(diags...)
		identity = resolved
	}
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("project_id"), identity.ProjectID)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("target_project_id"), identity.TargetProjectID)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("target_group_id"), identity.TargetGroupID)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identity)...)
}

// resolveID finds what an import id names. The target is looked for on the list first, where it is
// shown even if the user cannot see it.
func (r *entryResource) resolveID(ctx context.Context, text string) (entryIdentityModel, diag.Diagnostics) {
	var identity entryIdentityModel
	id, err := parseEntryID(text)
	if err != nil {
		return identity, diag.Diagnostics{diag.NewErrorDiagnostic(string(diagnose.Import), fmt.Sprintf("The import id %q cannot be an entry: %s.", text, err))}
	}
	source, err := r.session.GitLab.Resolve(ctx, gitlab.KindProject, id.project)
	if err != nil {
		return identity, diag.Diagnostics{diagnose.Error(diagnose.Import, err)}
	}
	project, err := r.session.Lists.Project(ctx, source.ID)
	if err != nil {
		return identity, diag.Diagnostics{diagnose.Error(diagnose.Import, err)}
	}
	target := onList(project, id.kind, id.target)
	if target.ID == 0 {
		if target, err = r.session.GitLab.Resolve(ctx, id.kind, id.target); err != nil {
			return identity, diag.Diagnostics{diagnose.Error(diagnose.Import, err)}
		}
	}
	identity.ProjectID = types.Int64Value(project.ID)
	if id.kind == gitlab.KindGroup {
		identity.TargetGroupID = types.Int64Value(target.ID)
	} else {
		identity.TargetProjectID = types.Int64Value(target.ID)
	}
	return identity, nil
}

// write brings the difference between the state (nil in a creation) and the plan about: adopts the entry,
// adds it, or changes its permissions.
func (r *entryResource) write(ctx context.Context, id types.Int64, state, plan *entryResourceModel, before privateState) (stored privateState, diags diag.Diagnostics) {
	project, err := r.session.Lists.FreshProject(ctx, id.ValueInt64())
	if err != nil {
		last := gitlab.Target{Kind: gitlab.KindProject, ID: id.ValueInt64(), Path: plan.Project.ValueString()}
		return privateState{}, diag.Diagnostics{diagnose.ReadError(diagnose.ReadAllowlist, ref.About(err, last))}
	}
	l := listSession{Session: r.session, project: project}
	handed := session.Shared[tenure.Handovers](r.session).Find(plan.handoverKey())
	if state == nil && handed != nil {
		l.stated = statedBy(handed)
	} else {
		l.stated = before
	}
	e := expandEntry(plan)
	found := l.resolve(ctx, e.kind, map[string]int64{e.text: e.target.ID}, []entry{e})
	stored = entryPrivateState(project, plan, l.stated)
	stored.Record = before.Record
	if state == nil && handed != nil {
		l.refuseNewOwner(ctx, ref.Attribute, plan.Project.ValueString(), project.Target())
		l.refuseNewOwner(ctx, e.at(), e.text, found[0].target)
	}
	if l.diags.HasError() {
		return stored, l.diags
	}
	l.change(ctx, intent.Of(project, entryDifference(state, found[0])))
	return stored, l.diags
}

// entryPrivateState is what is kept of an entry beside the state.
func entryPrivateState(project *allowlists.Project, m *entryResourceModel, before privateState) privateState {
	e := expandEntry(m)
	fresh := privateState{Path: project.Path, Record: before.Record}
	ids := map[string]int64{e.text: e.target.ID}
	fresh.setIDs(e.kind, ids)
	fresh.keepPaths(project, e.kind, ids, before)
	return fresh
}

// change carries out what lies between the state and the plan of one entry.
func (l *listSession) change(ctx context.Context, planned intent.Intent) {
	phases := planned.Phases(l.project)
	for _, result := range l.Lists.Change(ctx, l.project.Target(), slices.Concat(phases.Room, phases.Grant, phases.Rest)) {
		if result.Err != nil {
			l.diags.Append(diagnoseChange(result))
		}
	}
	l.diagnoseVanished(planned.Vanished)
	l.warnMeanwhile(planned.Meanwhile)
}

// read fills the state from the server. It answers whether the entry is on the list, or was and its
// target was deleted.
func (r *entryResource) read(ctx context.Context, project *allowlists.Project, state *entryResourceModel, stored privateState) (found bool, diags diag.Diagnostics) {
	e := expandEntry(state)
	l := listSession{Session: r.session, project: project}
	permissions, found := flattenEntry(project, e)
	if !found {
		dead := l.dead(ctx, e.kind, []entry{e}, stored)
		return len(dead) > 0, l.diags
	}
	if r.session.RequirePermissions {
		former := state.Permissions
		if state.Project.IsNull() {
			former = types.SetUnknown(types.StringType) // imported
		}
		permissions = stated(permissions, former)
	}
	state.Permissions = permissions
	target := onList(project, e.kind, gitlab.Ref{ID: e.target.ID})
	spelling, id := state.target(e.kind)
	var projectDiags, targetDiags diag.Diagnostics
	state.Project, projectDiags = ref.Respell(ctx, r.session.GitLab, ref.Attribute, state.Project, project.Target())
	*spelling, targetDiags = ref.Respell(ctx, r.session.GitLab, e.at(), *spelling, target)
	*id = types.Int64Value(target.ID)
	diags.Append(projectDiags...)
	diags.Append(targetDiags...)
	return true, diags
}
