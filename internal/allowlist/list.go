package allowlist

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	tflist "github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/query"
)

var (
	_ tflist.ListResourceWithConfigure = (*allowlistList)(nil)
	_ tflist.ListResourceWithConfigure = (*entryList)(nil)
)

// NewList makes the list resource jobtoken_allowlist.
func NewList() tflist.ListResource { return &allowlistList{} }

// NewEntryList makes the list resource jobtoken_allowlist_entry.
func NewEntryList() tflist.ListResource { return &entryList{} }

type allowlistList struct{ allowlistResource }

func (l *allowlistList) ListResourceConfigSchema(_ context.Context, _ tflist.ListResourceSchemaRequest, resp *tflist.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Finds the CI/CD job token allowlists of a project, or of all projects of a group. Needs the Maintainer role in each project.",
		Attributes:          query.Attributes(nil),
	}
}

// List implements [tflist.ListResource].
func (l *allowlistList) List(ctx context.Context, req tflist.ListRequest, stream *tflist.ListResultsStream) {
	query.Stream(ctx, req, stream, func(ctx context.Context, g *query.Gathering) diag.Diagnostics {
		return g.Projects(ctx, l.session, req.Config, diagnose.ReadAllowlist, func(project *allowlists.Project) []query.Found {
			return []query.Found{{Name: project.Path, Fill: func(ctx context.Context, result *tflist.ListResult) diag.Diagnostics {
				state := allowlistModel{ProjectID: types.Int64Value(project.ID)}
				diags := result.Identity.Set(ctx, identityModel{state.ProjectID})
				if req.IncludeResource {
					_, found := refresh(ctx, l.session, project, &state, privateState{})
					diags.Append(found...)
					diags.Append(result.Resource.Set(ctx, &state)...)
				}
				return diags
			}}}
		})
	})
}

type entryList struct{ entryResource }

func (l *entryList) ListResourceConfigSchema(_ context.Context, _ tflist.ListResourceSchemaRequest, resp *tflist.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Finds the entries of the CI/CD job token allowlists of a project, or of all projects of a group. A project's entry for itself is not among them where it has the default permissions, which it has without an entry too. Needs the Maintainer role in each project.",
		Attributes:          query.Attributes(nil),
	}
}

// List implements [tflist.ListResource].
func (l *entryList) List(ctx context.Context, req tflist.ListRequest, stream *tflist.ListResultsStream) {
	query.Stream(ctx, req, stream, func(ctx context.Context, g *query.Gathering) diag.Diagnostics {
		return g.Projects(ctx, l.session, req.Config, diagnose.ReadAllowlist, func(project *allowlists.Project) (found []query.Found) {
			for _, kind := range kinds {
				for _, e := range project.Entries(kind) {
					if project.IsOwn(e.Target) && e.Permissions.Default {
						continue
					}
					found = append(found, query.Found{
						Name: fmt.Sprintf("%s: %s %s", project.Path, kind, e.Target.Path),
						Fill: func(ctx context.Context, result *tflist.ListResult) diag.Diagnostics {
							return l.fill(ctx, req, result, project, e)
						},
					})
				}
			}
			return found
		})
	})
}

// fill is an entry as the read of its import would write it.
func (l *entryList) fill(ctx context.Context, req tflist.ListRequest, result *tflist.ListResult, project *allowlists.Project, e allowlists.Entry) diag.Diagnostics {
	state := entryResourceModel{ProjectID: types.Int64Value(project.ID), Permissions: types.SetNull(types.StringType)}
	state.setTarget(e.Target.Kind, types.StringNull(), types.Int64Value(e.Target.ID))
	diags := result.Identity.Set(ctx, state.identity())
	if req.IncludeResource {
		_, found := l.read(ctx, project, &state, privateState{})
		diags.Append(found...)
		diags.Append(result.Resource.Set(ctx, &state)...)
	}
	return diags
}
