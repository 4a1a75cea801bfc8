package enforcement

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/query"
)

var _ list.ListResourceWithConfigure = (*enforcementList)(nil)

// NewList makes the list resource jobtoken_instance_enforcement.
func NewList() list.ListResource { return &enforcementList{} }

type enforcementList struct{ enforcementResource }

func (l *enforcementList) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Finds the setting by which the instance enforces job token allowlists. Every instance has it once. For administrators.",
	}
}

// List implements [list.ListResource].
func (l *enforcementList) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	query.Stream(ctx, req, stream, func(ctx context.Context, g *query.Gathering) diag.Diagnostics {
		on, err := l.session.Lists.InstanceEnforces(ctx)
		if err != nil {
			return diag.Diagnostics{diagnose.ReadError(diagnose.ReadEnforcement, err)}
		}
		g.Add(query.Found{Name: l.session.GitLab.BaseURL(), Fill: func(ctx context.Context, result *list.ListResult) diag.Diagnostics {
			diags := result.Identity.Set(ctx, identity())
			if req.IncludeResource {
				diags.Append(result.Resource.Set(ctx, &enforcementModel{types.BoolValue(on)})...)
			}
			return diags
		}})
		return nil
	})
}
