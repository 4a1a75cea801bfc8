package settings

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/query"
)

var _ list.ListResourceWithConfigure = (*settingsList)(nil)

// NewList makes the list resource jobtoken_settings.
func NewList() list.ListResource { return &settingsList{} }

type settingsList struct{ settingsResource }

func (l *settingsList) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Finds the CI/CD job token toggles of a project, or of all projects of a group. Needs the Maintainer role in each project.",
		Attributes:          query.Attributes(nil),
	}
}

// List implements [list.ListResource].
func (l *settingsList) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	query.Stream(ctx, req, stream, func(ctx context.Context, g *query.Gathering) diag.Diagnostics {
		return g.Projects(ctx, l.session, req.Config, diagnose.ReadSettings, func(project *allowlists.Project) []query.Found {
			return []query.Found{{Name: project.Path, Fill: func(ctx context.Context, result *list.ListResult) diag.Diagnostics {
				state := settingsModel{ProjectID: types.Int64Value(project.ID)}
				diags := result.Identity.Set(ctx, identityModel{state.ProjectID})
				if req.IncludeResource {
					diags.Append(l.read(ctx, project, &state)...)
					diags.Append(result.Resource.Set(ctx, &state)...)
				}
				return diags
			}}}
		})
	})
}
