package enforcement

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
)

var _ datasource.DataSourceWithConfigure = (*enforcementDataSource)(nil)

// NewDataSource makes the data source jobtoken_instance_enforcement.
func NewDataSource() datasource.DataSource { return &enforcementDataSource{} }

type enforcementDataSource struct {
	session *session.Session
}

func (d *enforcementDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_instance_enforcement"
}

func (d *enforcementDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: about,
		Attributes: map[string]schema.Attribute{
			enabledAttribute: schema.BoolAttribute{MarkdownDescription: aboutEnabled, Computed: true},
		},
	}
}

func (d *enforcementDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.session = session.From(req.ProviderData, &resp.Diagnostics)
}

func (d *enforcementDataSource) Read(ctx context.Context, _ datasource.ReadRequest, resp *datasource.ReadResponse) {
	on, err := d.session.Lists.InstanceEnforces(ctx)
	if err != nil {
		resp.Diagnostics.Append(diagnose.ReadError(diagnose.ReadEnforcement, err))
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &enforcementModel{types.BoolValue(on)})...)
}
