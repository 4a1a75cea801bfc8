package share

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/shares"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/query"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
)

var _ list.ListResourceWithConfigure = (*shareList)(nil)

// NewList makes the list resource jobtoken_project_share.
func NewList() list.ListResource { return &shareList{} }

type shareList struct{ shareResource }

func (l *shareList) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Finds the groups that have a role in a project, or in each project of a group, because it is shared with them. Needs the Maintainer role in each project.",
		Attributes:          query.Attributes(nil),
	}
}

// List implements [list.ListResource].
func (l *shareList) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	query.Stream(ctx, req, stream, func(ctx context.Context, g *query.Gathering) diag.Diagnostics {
		scope, diags := query.ReadScope(ctx, req.Config)
		if diags.HasError() {
			return diags
		}
		g.In(scope)
		for page, diags := range scope.Members(ctx, l.session) {
			if diags.HasError() {
				return diags
			}
			for _, m := range page {
				err := m.Err
				var project *shares.Project
				if err == nil {
					project, err = l.session.Shares.Project(ctx, m.Project.ID)
				}
				switch {
				case err == nil:
					g.Add(l.found(req, project)...)
				case scope.Group.IsNull() || !g.Withhold(m.Target, err):
					return diag.Diagnostics{diagnose.LookupError(ref.Attribute, diagnose.ReadShare, err)}
				}
				if g.Full() {
					return nil
				}
			}
		}
		return nil
	})
}

// found are the shares of a project as the read of their import would write them.
func (l *shareList) found(req list.ListRequest, project *shares.Project) (found []query.Found) {
	for _, share := range project.Shares {
		found = append(found, query.Found{
			Name: fmt.Sprintf("%s: %s (%s)", project.Path, share.Group.Path, share.Role),
			Fill: func(ctx context.Context, result *list.ListResult) diag.Diagnostics {
				state := shareModel{ProjectID: types.Int64Value(project.ID), GroupID: types.Int64Value(share.Group.ID)}
				diags := result.Identity.Set(ctx, state.identity())
				if req.IncludeResource {
					_, read := l.read(ctx, &state, &privateState{})
					diags.Append(read...)
					diags.Append(result.Resource.Set(ctx, &state)...)
				}
				return diags
			},
		})
	}
	return found
}
