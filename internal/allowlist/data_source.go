package allowlist

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
)

var _ datasource.DataSourceWithConfigure = (*allowlistDataSource)(nil)

// NewDataSource makes the data source jobtoken_allowlist.
func NewDataSource() datasource.DataSource { return &allowlistDataSource{} }

type allowlistDataSource struct {
	session *session.Session
}

// dataSourceModel is the data source jobtoken_allowlist.
type dataSourceModel struct {
	Project   types.String `tfsdk:"project"`
	ProjectID types.Int64  `tfsdk:"project_id"`
	Enabled   types.Bool   `tfsdk:"enabled"`
	Effective types.Bool   `tfsdk:"effective"`
	Projects  types.Map    `tfsdk:"projects"`
	Groups    types.Map    `tfsdk:"groups"`
	Outbound  types.List   `tfsdk:"outbound_projects"`
}

var storedEntryType = types.ObjectType{AttrTypes: map[string]attr.Type{
	"id":                  types.Int64Type,
	"default_permissions": types.BoolType,
	"permissions":         types.SetType{ElemType: types.StringType},
	"added_by":            types.StringType,
	"added_at":            types.StringType,
}}

func (d *allowlistDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_allowlist"
}

func (d *allowlistDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	entries := func(about string) schema.MapNestedAttribute {
		return schema.MapNestedAttribute{
			MarkdownDescription: about,
			Computed:            true,
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"id":                  schema.Int64Attribute{MarkdownDescription: "Numeric id.", Computed: true},
				"default_permissions": schema.BoolAttribute{MarkdownDescription: "Whether the entry has GitLab's default permissions: all that the job's user may do.", Computed: true},
				"permissions":         schema.SetAttribute{MarkdownDescription: "Fine-grained permissions; null with the default permissions.", Computed: true, ElementType: types.StringType},
				"added_by":            schema.StringAttribute{MarkdownDescription: "User name of who added the entry; null where that user is gone.", Computed: true},
				"added_at":            schema.StringAttribute{MarkdownDescription: "When the entry was added, in RFC 3339.", Computed: true},
			}},
		}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "One project's CI/CD job token allowlist as GitLab stores it, with who added each entry and when.",
		Attributes: map[string]schema.Attribute{
			"project": schema.StringAttribute{
				MarkdownDescription: "Full path or numeric id of the project whose list this is.",
				Required:            true,
				Validators:          []validator.String{ref.Valid(gitlab.KindProject)},
			},
			"project_id": schema.Int64Attribute{MarkdownDescription: "Numeric id of the project.", Computed: true},
			"enabled":    schema.BoolAttribute{MarkdownDescription: "The project's own toggle \"Limit access **to** this project\", as stored.", Computed: true},
			"effective":  schema.BoolAttribute{MarkdownDescription: "Whether access is limited: the toggle is on, or the instance enforces it.", Computed: true},
			"projects":   entries("Projects on the list, by full path. The project itself is among them only where an entry for it is stored."),
			"groups":     entries("Groups on the list, by full path."),
			"outbound_projects": schema.ListAttribute{
				MarkdownDescription: "Full paths on the legacy outbound list (\"Limit access **from** this project\"), of which GitLab keeps what is left over. They let nobody in.",
				Computed:            true,
				ElementType:         types.StringType,
			},
		},
	}
}

func (d *allowlistDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.session = session.From(req.ProviderData, &resp.Diagnostics)
}

func (d *allowlistDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m dataSourceModel
	if resp.Diagnostics.Append(req.Config.Get(ctx, &m)...); resp.Diagnostics.HasError() {
		return
	}
	project, diags := ref.ReadProject(ctx, d.session, m.Project)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	effective, err := d.session.Lists.Effective(ctx, project)
	if err != nil {
		resp.Diagnostics.Append(diagnose.Error(diagnose.ReadAllowlist, err))
		return
	}
	m.ProjectID = types.Int64Value(project.ID)
	m.Enabled = types.BoolValue(project.Settings.InboundAllowlist)
	m.Effective = types.BoolValue(effective)
	m.Projects = flattenStored(project.Projects)
	m.Groups = flattenStored(project.Groups)
	m.Outbound = flattenPaths(project.Outbound)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

func flattenStored(entries []allowlists.Entry) types.Map {
	elements := make(map[string]attr.Value, len(entries))
	for _, e := range entries {
		addedBy, addedAt := types.StringNull(), types.StringNull()
		if e.AddedBy != "" {
			addedBy = types.StringValue(e.AddedBy)
		}
		if !e.CreatedAt.IsZero() {
			addedAt = types.StringValue(e.CreatedAt.UTC().Format(time.RFC3339))
		}
		elements[e.Target.Path] = types.ObjectValueMust(storedEntryType.AttrTypes, map[string]attr.Value{
			"id":                  types.Int64Value(e.Target.ID),
			"default_permissions": types.BoolValue(e.Permissions.Default),
			"permissions":         flattenPermissions(e.Permissions),
			"added_by":            addedBy,
			"added_at":            addedAt,
		})
	}
	return types.MapValueMust(storedEntryType, elements)
}

func flattenPaths(targets []gitlab.Target) types.List {
	elements := make([]attr.Value, 0, len(targets))
	for _, target := range targets {
		elements = append(elements, types.StringValue(target.Path))
	}
	return types.ListValueMust(types.StringType, elements)
}
