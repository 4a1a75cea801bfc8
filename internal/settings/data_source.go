package settings

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
)

var _ datasource.DataSourceWithConfigure = (*settingsDataSource)(nil)

// NewDataSource makes the data source jobtoken_settings.
func NewDataSource() datasource.DataSource { return &settingsDataSource{} }

type settingsDataSource struct {
	session *session.Session
}

func (d *settingsDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_settings"
}

func (d *settingsDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	computed := func(about string) schema.BoolAttribute {
		return schema.BoolAttribute{MarkdownDescription: about, Computed: true}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "A project's CI/CD job token toggles.",
		Attributes: map[string]schema.Attribute{
			"project": schema.StringAttribute{
				MarkdownDescription: aboutProject,
				Required:            true,
				Validators:          []validator.String{ref.Valid(gitlab.KindProject)},
			},
			"project_id":                  schema.Int64Attribute{MarkdownDescription: aboutProjectID, Computed: true},
			"inbound_allowlist_enabled":   computed(aboutInbound),
			"outbound_allowlist_enabled":  computed(aboutOutbound),
			"push_repository_allowed":     computed(aboutPush),
			"cross_project_push_allowed":  computed(aboutCrossProjectPush + " Null below GitLab 19.0."),
			"inbound_allowlist_effective": computed(aboutEffective),
			"enforced_by_instance":        computed(aboutEnforced),
		},
	}
}

func (d *settingsDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.session = session.From(req.ProviderData, &resp.Diagnostics)
}

func (d *settingsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m settingsModel
	if resp.Diagnostics.Append(req.Config.Get(ctx, &m)...); resp.Diagnostics.HasError() {
		return
	}
	project, diags := ref.ReadProject(ctx, d.session, m.Project)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	enforcement, err := d.session.Lists.EnforcementFor(ctx, project)
	if err != nil {
		resp.Diagnostics.Append(diagnose.Error(diagnose.ReadSettings, err))
		return
	}
	m.ProjectID = types.Int64Value(project.ID)
	m.EnforcedByInstance = flattenEnforcement(enforcement)
	flatten(&m, project.Settings, true)
	resp.Diagnostics.Append(flattenEffective(ctx, d.session.Lists, project, &m)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
