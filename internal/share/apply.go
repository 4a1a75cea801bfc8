package share

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/shares"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
)

// written is what a write came to.
type written struct {
	stored privateState
	// now is what the group has, as far as it is known; nil is no role.
	now *shares.Role
	// changed tells that GitLab may hold something else than the state says.
	changed bool
	diags   diag.Diagnostics
}

// write brings the difference between the state (nil in a creation) and the plan about. What it meets has to be what
// the plan went by: a role that somebody has changed since is nobody's to overwrite.
func (r *shareResource) write(ctx context.Context, state, plan *shareModel, handed bool) (w written) {
	project, err := r.session.Shares.Fresh(ctx, plan.ProjectID.ValueInt64())
	if err != nil {
		last := gitlab.Target{Kind: gitlab.KindProject, ID: plan.ProjectID.ValueInt64(), Path: plan.Project.ValueString()}
		w.diags.Append(diagnose.ReadError(diagnose.ReadShare, ref.About(err, last)))
		return w
	}
	group := gitlab.Target{Kind: gitlab.KindGroup, ID: plan.GroupID.ValueInt64()}
	if share := project.Of(group.ID); share != nil {
		group, w.now = share.Group, &share.Role
	} else if found, err := r.session.GitLab.Resolve(ctx, gitlab.KindGroup, group.Ref()); err == nil {
		group = found
	}
	w.stored = privateState{Path: project.Path, GroupPath: group.Path}
	want := expand(plan)
	if want == nil {
		return w // neither role nor end is ever unknown in an apply
	}
	expected := described(expand(state))
	if state == nil {
		expected = plan.Adopts
	}
	if handed {
		w.diags.Append(r.refuseNewOwner(ctx, ref.Attribute, plan.Project, project.Target())...)
		w.diags.Append(r.refuseNewOwner(ctx, groupAttribute, plan.Group, group)...)
	}
	switch now := described(w.now); {
	case w.diags.HasError(), w.now != nil && *w.now == *want:
		return w
	case !now.Equal(expected):
		w.diags.Append(outdated(project.Target(), group, w.now, expected))
		return w
	}
	title, before, outcome := diagnose.MakeShare, w.now, shares.Outcome{}
	if before == nil {
		outcome, err = r.session.Shares.Make(ctx, project.Target(), group, *want)
	} else {
		title = diagnose.ChangeShare
		outcome, err = r.session.Shares.Exchange(ctx, project.Target(), group, *before, *want)
	}
	w.now = outcome.Now
	if err != nil {
		w.changed = !described(w.now).Equal(described(before))
		w.diags.Append(diagnose.Error(title, err))
	}
	return w
}

// outdated is the error where the group has another role than the plan went by.
func outdated(project, group gitlab.Target, now *shares.Role, expected types.String) diag.Diagnostic {
	has, had := "no role", "none"
	if now != nil {
		has = "the role " + now.String()
	}
	if !expected.IsNull() {
		had = expected.ValueString()
	}
	return diag.WithPath(roleAttribute, diagnose.Outdated(fmt.Sprintf("change the role of %s in %s", group, project),
		fmt.Sprintf("the group has %s there by now, and the plan went by %s", has, had)))
}

// refuseNewOwner refuses a replacement whose path has changed hands since the plan: the destroy half has handed ids
// over, and nothing else holds them against the paths.
func (r *shareResource) refuseNewOwner(ctx context.Context, at path.Path, spelling types.String, target gitlab.Target) diag.Diagnostics {
	owner, err := ref.NewOwner(ctx, r.session.GitLab, spelling.ValueString(), target)
	switch {
	case err != nil:
		return diag.Diagnostics{diagnose.LookupError(at, ref.NotFound(at), err)}
	case owner.ID == 0:
		return nil
	}
	return diag.Diagnostics{diag.WithPath(at, diagnose.Outdated("give a role in or to "+target.String(), spelling.ValueString()+" is the path of the "+owner.String()+" by now"))}
}

// read fills the state from the server. Gone means that there is nothing of it any more.
func (r *shareResource) read(ctx context.Context, state *shareModel, stored *privateState) (gone bool, diags diag.Diagnostics) {
	project, err := r.session.Shares.Project(ctx, state.ProjectID.ValueInt64())
	if err != nil {
		return ref.UnreadableOnce(ctx, r.session, diagnose.ReadShare, stored.project(state), err)
	}
	stored.Path = project.Path
	share := project.Of(state.GroupID.ValueInt64())
	if share == nil {
		if err := r.hidden(ctx, project); err != nil {
			return false, diag.Diagnostics{diagnose.Error(diagnose.ReadShare, err)}
		}
		if stored.Gone = stored.Gone || r.groupGone(ctx, state, stored); stored.Gone {
			return false, nil
		}
		return true, nil
	}
	stored.Gone, stored.GroupPath = false, share.Group.Path
	flatten(state, &share.Role)
	var projectDiags, groupDiags diag.Diagnostics
	state.Project, projectDiags = ref.Respell(ctx, r.session.GitLab, ref.Attribute, state.Project, project.Target())
	state.Group, groupDiags = ref.Respell(ctx, r.session.GitLab, groupAttribute, state.Group, share.Group)
	diags.Append(projectDiags...)
	diags.Append(groupDiags...)
	return false, diags
}

// hidden is the error where a share that is not shown may be there all the same: whoever is no Maintainer sees those of
// groups alone that they see.
func (r *shareResource) hidden(ctx context.Context, project *shares.Project) error {
	mine, err := r.session.GitLab.RoleIn(ctx, project.Target())
	if err != nil || !mine.Known || mine.Custom != "" || mine.Level >= gitlab.Maintainer {
		return err
	}
	return r.session.GitLab.RefusedFor(ctx, &apierror.Error{
		Kind: apierror.Forbidden, Target: project.Target().String(),
		Note: "the share is not among those that GitLab shows, which are not all to this role. It stays in the state",
	}, gitlab.ManagingRole(gitlab.KindProject), project.Target().Key())
}

// groupGone tells whether the group was deleted: a share that is gone with its group is somebody else's doing, and
// stops no plan.
func (r *shareResource) groupGone(ctx context.Context, state *shareModel, stored *privateState) bool {
	last := stored.group(state)
	if last.Path == "" {
		return false // imported, and never seen
	}
	_, err := r.session.GitLab.Resolve(ctx, gitlab.KindGroup, last.Ref())
	if !ref.Deleted(ctx, r.session, last, err) {
		return false
	}
	// A path that leads to another group means that one.
	spelled, parseErr := gitlab.ParseRef(gitlab.KindGroup, state.Group.ValueString())
	if parseErr != nil || spelled.ID != 0 {
		return parseErr == nil
	}
	_, err = r.session.GitLab.Resolve(ctx, gitlab.KindGroup, spelled)
	return apierror.Is(err, apierror.NotFound)
}

// end takes the role away.
func (r *shareResource) end(ctx context.Context, state *shareModel, stored privateState) diag.Diagnostics {
	project, err := r.session.Shares.Fresh(ctx, state.ProjectID.ValueInt64())
	if err != nil {
		_, diags := ref.Unreadable(ctx, r.session, diagnose.EndShare, stored.project(state), err)
		return diags
	}
	share := project.Of(state.GroupID.ValueInt64())
	if share == nil {
		return nil
	}
	if err := r.session.Shares.End(ctx, project.Target(), share.Group, share.Role); err != nil {
		return diag.Diagnostics{diagnose.Error(diagnose.EndShare, err)}
	}
	return nil
}

// date is a day as GitLab writes it.
type date struct{}

// Description implements validator.Describer.
func (date) Description(context.Context) string { return "a date such as 2027-01-31" }

// MarkdownDescription implements validator.Describer.
func (d date) MarkdownDescription(ctx context.Context) string { return d.Description(ctx) }

// ValidateString implements validator.String.
func (d date) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if _, err := time.Parse(time.DateOnly, req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.Append(diagnose.Problem(req.Path, diagnose.InvalidExpiry, "%q is not %s.", req.ConfigValue.ValueString(), d.Description(ctx)))
	}
}
