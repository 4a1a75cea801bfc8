package estate

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/check"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
)

var _ datasource.DataSourceWithConfigure = (*allowlistsDataSource)(nil)

// NewDataSource makes the data source jobtoken_allowlists.
func NewDataSource() datasource.DataSource { return &allowlistsDataSource{} }

type allowlistsDataSource struct {
	session *session.Session
}

func (d *allowlistsDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_allowlists"
}

func (d *allowlistsDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	option := func(about string) schema.BoolAttribute {
		return schema.BoolAttribute{MarkdownDescription: about + " Default `false`.", Optional: true}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "The CI/CD job token allowlists of many projects: those of a group and its subgroups, or of a list of projects. And the configuration that takes them over.",
		Attributes: map[string]schema.Attribute{
			"group": schema.StringAttribute{
				MarkdownDescription: "Full path or numeric id of the group whose projects are read, those of its subgroups too, as far as the provider's user can see them. Exactly one of `group` and `projects`.",
				Optional:            true,
				Validators:          []validator.String{ref.Valid(gitlab.KindGroup), check.ExactlyOne("group", "projects")},
			},
			"projects": schema.SetAttribute{
				MarkdownDescription: "Full paths or numeric ids of the projects to read, such as those of a user's own namespace. What is named is never left out for being archived or scheduled for deletion.",
				Optional:            true,
				ElementType:         types.StringType,
				Validators:          []validator.Set{check.Texts(ref.Valid(gitlab.KindProject))},
			},
			"skip": schema.SetAttribute{
				MarkdownDescription: "Full paths or numeric ids of projects to leave out, such as those that are managed already.",
				Optional:            true,
				ElementType:         types.StringType,
				Validators:          []validator.Set{check.Texts(ref.Valid(gitlab.KindProject))},
			},
			"only_with_entries":          option("Leaves out projects whose list is empty."),
			"include_archived":           option("Shows archived projects of the group too. GitLab refuses to write to them."),
			"include_deletion_scheduled": option("Shows projects of the group that are scheduled for deletion too, by themselves or with a group."),
			"usage":                      option("Asks GitLab's authentication log when each entry was last used: one more request for each project that has entries."),
			"settings":                   option("Writes a `jobtoken_settings` for each project into `configuration` and `files` too."),

			"allowlists": allowlistsAttribute(),
			"configuration": schema.StringAttribute{
				MarkdownDescription: "A configuration that imports all of it and changes nothing: for each project an `import` block and a `jobtoken_allowlist`. As `terraform fmt` would write it, and the same from run to run.",
				Computed:            true,
			},
			"files": schema.MapAttribute{
				MarkdownDescription: "The same in files, one for each group that has projects: the text by file name.",
				Computed:            true,
				ElementType:         types.StringType,
			},
			"estate": schema.DynamicAttribute{
				MarkdownDescription: "The same as the map that the guide \"Projects and consumers in YAML\" reads: `yamlencode` makes its file of it.",
				Computed:            true,
			},
		},
	}
}

func allowlistsAttribute() schema.MapNestedAttribute {
	flag := func(about string) schema.BoolAttribute {
		return schema.BoolAttribute{MarkdownDescription: about, Computed: true}
	}
	return schema.MapNestedAttribute{
		MarkdownDescription: "What was found, by full path of the project. One that cannot be found is there as it was written.",
		Computed:            true,
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"project_id":                 schema.Int64Attribute{MarkdownDescription: "Numeric id of the project.", Computed: true},
			"readable":                   flag("Whether the provider's token may read and so administer the list. What it may not is in neither `configuration`, `files` nor `estate`, and all below is null."),
			"reason":                     schema.StringAttribute{MarkdownDescription: "Why it may not; null where it may.", Computed: true},
			"archived":                   flag("Whether the project is archived."),
			"deletion_scheduled":         flag("Whether the project, or a group that it is in, is scheduled for deletion."),
			"enabled":                    flag("The project's own toggle \"Limit access **to** this project\", as stored."),
			"effective":                  flag("Whether access is limited: the toggle is on, or the instance enforces it. Null where GitLab does not tell."),
			"push_repository_allowed":    flag("Whether jobs of the project may push to its own repository."),
			"cross_project_push_allowed": flag("Whether jobs of projects on the list may push too. Null below GitLab 19.0."),
			"outbound_allowlist_enabled": flag("The legacy \"Limit access **from** this project\"."),
			"projects":                   entriesAttribute("Projects on the list, by full path. The project itself is among them only where an entry for it is stored."),
			"groups":                     entriesAttribute("Groups on the list, by full path."),
		}},
	}
}

func entriesAttribute(about string) schema.MapNestedAttribute {
	return schema.MapNestedAttribute{
		MarkdownDescription: about,
		Computed:            true,
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"id":                  schema.Int64Attribute{MarkdownDescription: "Numeric id.", Computed: true},
			"default_permissions": schema.BoolAttribute{MarkdownDescription: "Whether the entry has GitLab's default permissions: all that the job's user may do.", Computed: true},
			"permissions":         schema.SetAttribute{MarkdownDescription: "Fine-grained permissions; null with the default permissions.", Computed: true, ElementType: types.StringType},
			"added_by":            schema.StringAttribute{MarkdownDescription: "User name of who added the entry; null where that user is gone.", Computed: true},
			"added_at":            schema.StringAttribute{MarkdownDescription: "When the entry was added, in RFC 3339.", Computed: true},
			"last_used":           schema.StringAttribute{MarkdownDescription: "When a job of the project, or of any project below the group, last used its access, in RFC 3339. Null where the log has no use, and without `usage`.", Computed: true},
		}},
	}
}

func (d *allowlistsDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.session = session.From(req.ProviderData, &resp.Diagnostics)
}

func (d *allowlistsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m model
	if resp.Diagnostics.Append(req.Config.Get(ctx, &m)...); resp.Diagnostics.HasError() {
		return
	}
	r := reader{Session: d.session, group: m.Group.ValueString()}
	r.readConfigured(ctx, &m)
	found := selection{
		skip: texts(m.Skip), onlyWithEntries: m.OnlyWithEntries.ValueBool(), named: m.Group.IsNull(),
		archived: m.IncludeArchived.ValueBool(), scheduled: m.IncludeDeletionScheduled.ValueBool(),
	}.of(r.projects)
	r.learnEffective(ctx, found)
	if m.Usage.ValueBool() {
		r.learnUsage(ctx, found)
	}
	warnUnreadablePermissions(&r.diags, found)
	if resp.Diagnostics.Append(r.diags...); resp.Diagnostics.HasError() {
		return
	}
	m.flatten(found, writer{labels: labels(r.group, r.projects), settings: m.Settings.ValueBool()})
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
