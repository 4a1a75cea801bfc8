package answers

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
)

var _ datasource.DataSourceWithConfigure = (*authenticationLog)(nil)

// NewAuthenticationLog makes the data source jobtoken_authentication_log.
func NewAuthenticationLog() datasource.DataSource { return &authenticationLog{} }

type authenticationLog struct {
	session *session.Session
}

// authenticationLogModel is the data source jobtoken_authentication_log.
type authenticationLogModel struct {
	Project   types.String        `tfsdk:"project"`
	ProjectID types.Int64         `tfsdk:"project_id"`
	Since     types.String        `tfsdk:"since"`
	Projects  map[string]useModel `tfsdk:"projects"`
	Hidden    types.Int64         `tfsdk:"hidden"`
}

type useModel struct {
	ID       int64  `tfsdk:"id"`
	LastUsed string `tfsdk:"last_used_at"`
}

func (d *authenticationLog) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_authentication_log"
}

func (d *authenticationLog) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Which projects' jobs have used a project by their CI/CD job token, and when last.",
		Attributes: map[string]schema.Attribute{
			"project": schema.StringAttribute{
				MarkdownDescription: "Full path or numeric id of the project that was used.",
				Required:            true,
				Validators:          []validator.String{ref.Valid(gitlab.KindProject)},
			},
			"project_id": schema.Int64Attribute{MarkdownDescription: "Numeric id of the project.", Computed: true},
			"since": schema.StringAttribute{
				MarkdownDescription: "Leave out uses before this date, as `2026-01-31` (its beginning in UTC), or time in RFC 3339.",
				Optional:            true,
				Validators:          []validator.String{moment{}},
			},
			"projects": schema.MapNestedAttribute{
				MarkdownDescription: "The projects whose jobs have used it, by full path.",
				Computed:            true,
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"id":           schema.Int64Attribute{MarkdownDescription: "Numeric id.", Computed: true},
					"last_used_at": schema.StringAttribute{MarkdownDescription: "The last use, in RFC 3339. GitLab writes it some minutes late.", Computed: true},
				}},
			},
			"hidden": schema.Int64Attribute{MarkdownDescription: "How many more projects there are whose names GitLab does not show to the token's user.", Computed: true},
		},
	}
}

func (d *authenticationLog) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.session = session.From(req.ProviderData, &resp.Diagnostics)
}

func (d *authenticationLog) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m authenticationLogModel
	if resp.Diagnostics.Append(req.Config.Get(ctx, &m)...); resp.Diagnostics.HasError() {
		return
	}
	at := path.Root("project")
	project, diags := ref.Resolve(ctx, d.session.GitLab, gitlab.KindProject, at, m.Project.ValueString())
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	log, err := d.session.Lists.AuthenticationLog(ctx, project)
	if err != nil {
		resp.Diagnostics.Append(diagnose.LookupError(at, diagnose.ReadLog, err))
		return
	}
	m.ProjectID = types.Int64Value(project.ID)
	m.flatten(log)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// flatten keeps the uses since the time asked for.
func (m *authenticationLogModel) flatten(log []allowlists.LogEntry) {
	since, _ := parseMoment(m.Since.ValueString()) // validated; zero where it is not set
	m.Projects = make(map[string]useModel, len(log))
	hidden := int64(0)
	for _, use := range log {
		switch {
		case use.LastAuthorized.Before(since):
		case use.Origin.Path == "":
			hidden++
		default:
			m.Projects[use.Origin.Path] = useModel{ID: use.Origin.ID, LastUsed: use.LastAuthorized.UTC().Format(time.RFC3339)}
		}
	}
	m.Hidden = types.Int64Value(hidden)
}

// moment is a date or a time.
type moment struct{}

func (moment) Description(context.Context) string {
	return "a date such as 2026-01-31, or a time in RFC 3339 such as 2026-01-31T12:00:00Z"
}

func (v moment) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v moment) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if _, err := parseMoment(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.Append(diagnose.Problem(req.Path, diagnose.InvalidText, "%s is %q. Write %s.", req.Path, req.ConfigValue.ValueString(), v.Description(ctx)))
	}
}

func parseMoment(text string) (time.Time, error) {
	if date, err := time.Parse(time.DateOnly, text); err == nil {
		return date, nil
	}
	return time.Parse(time.RFC3339, text)
}
