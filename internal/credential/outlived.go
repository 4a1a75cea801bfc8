package credential

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/credential/delivery"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
)

// outliving are the variables that hold what was delivered though the parent was deleted, and the token with
// it. One that is out of sight may be such a one.
func (r privateState) outliving(ctx context.Context, s *session.Session, parent gitlab.Target) (left []delivery.Sealed) {
	all := slices.Clone(r.Leaving)
	for _, label := range slices.Sorted(maps.Keys(r.Deliveries)) {
		all = append(all, r.Deliveries[label])
	}
	for _, sealed := range all {
		if sealed.Deleted || within(sealed.Owner(), parent) {
			continue
		}
		finding, _, err := sealed.Inspect(ctx, s.Variables, r.Key)
		if finding == delivery.InPlace || finding == delivery.Unseen && !ref.Deleted(ctx, s, sealed.Owner(), err) {
			left = append(left, sealed)
		}
	}
	return left
}

// outlived tells why a token stays in the state that went with its parent.
func outlived(parent gitlab.Target, left []delivery.Sealed) diag.Diagnostic {
	title := diagnose.ProjectGone
	if parent.Kind == gitlab.KindGroup {
		title = diagnose.GroupGone
	}
	names := make([]string, len(left))
	for i, sealed := range left {
		names[i] = sealed.Variable()
	}
	return diag.NewWarningDiagnostic(string(title.For(parent.Path)), fmt.Sprintf(
		"The %s is gone, and its token with it. What was delivered of it opens nothing any more, and is still there: %s. "+
			"Take the resource out of the configuration, or destroy it: the apply deletes these variables. Until then it stays in the state for them alone.",
		parent, strings.Join(names, ", ")))
}

// endWithParent has the state say that the token ended with its parent, where nothing can be made in place of it.
func (r *privateState) endWithParent(state attributes, now time.Time) {
	state.Active, state.Revoked, state.RotationDue = types.BoolValue(false), types.BoolValue(true), types.StringNull()
	r.ParentDeleted, r.Lost, r.Due = true, nil, ""
	r.Previous = slices.DeleteFunc(slices.Clone(r.Previous), func(p previous) bool { return p.Of == nil })
	state.PreviousTokenIDs = idList(r.previousIDs())
	if r.Ended.IsZero() {
		r.Ended = now.UTC().Truncate(time.Second)
	}
}

// outlive plans a token that went with its parent: another one in the project or group that the configuration
// leads to by now. Where that is none, what is unchanged stays, so that nothing keeps a destroy from taking back
// what was delivered.
func (p *planner) outlive(ctx context.Context, plan attributes, unchanged bool) (replace path.Paths) {
	replace = path.Paths{path.Root(p.kind.idName())} // the reference may read as it did
	if p.config.Parent.IsUnknown() {
		*plan.ParentID = types.Int64Unknown()
		return replace
	}
	reference, err := gitlab.ParseRef(p.kind.parent, p.config.Parent.ValueString())
	if err != nil {
		p.diags.Append(ref.Malformed(p.kind.at(), p.kind.parent, p.config.Parent.ValueString(), err))
		return nil
	}
	target, err := p.GitLab.Resolve(ctx, p.kind.parent, reference)
	switch {
	case apierror.Is(err, apierror.NotFound) && unchanged:
		return nil
	case err != nil:
		p.diags.Append(diagnose.LookupError(p.kind.at(), ref.NotFound(p.kind.at()), err))
		return nil
	}
	*plan.ParentID = types.Int64Value(target.ID)
	return replace
}
