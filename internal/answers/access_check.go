package answers

import (
	"context"
	"regexp"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/access"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/check"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
)

var _ datasource.DataSourceWithConfigure = (*accessCheck)(nil)

// NewAccessCheck makes the data source jobtoken_access_check.
func NewAccessCheck() datasource.DataSource { return &accessCheck{} }

// userName is what GitLab lets a user be called.
var userName = regexp.MustCompile(`^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,254}$`)

type accessCheck struct {
	session *session.Session
}

// accessCheckModel is the data source jobtoken_access_check.
type accessCheckModel struct {
	From      types.String `tfsdk:"from_project"`
	To        types.String `tfsdk:"to_project"`
	Operation types.String `tfsdk:"operation"`
	User      types.String `tfsdk:"user"`

	Allowed *bool       `tfsdk:"allowed"`
	Reason  *string     `tfsdk:"reason"`
	Missing []string    `tfsdk:"missing"`
	Fix     *string     `tfsdk:"fix"`
	Steps   []stepModel `tfsdk:"steps"`
}

type stepModel struct {
	Step    string `tfsdk:"step"`
	Looked  string `tfsdk:"looked_at"`
	Found   string `tfsdk:"found"`
	Outcome string `tfsdk:"outcome"`
}

func (d *accessCheck) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_access_check"
}

func (d *accessCheck) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	computed := func(about string) schema.StringAttribute {
		return schema.StringAttribute{MarkdownDescription: about, Computed: true}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Whether a job of one project may do something in another by its CI/CD job token, and why not.",
		Attributes: map[string]schema.Attribute{
			"from_project": schema.StringAttribute{
				MarkdownDescription: "Full path or numeric id of the project whose job it is.",
				Required:            true,
				Validators:          []validator.String{ref.Valid(gitlab.KindProject)},
			},
			"to_project": schema.StringAttribute{
				MarkdownDescription: "Full path or numeric id of the project that is reached; it may be the same one.",
				Required:            true,
				Validators:          []validator.String{ref.Valid(gitlab.KindProject)},
			},
			"operation": schema.StringAttribute{
				MarkdownDescription: "What the job does there, such as `clone`, `download_packages`, `publish_packages`, `download_artifacts`, `trigger_pipeline` or `push`; all names are below.",
				Required:            true,
				Validators:          []validator.String{check.OneOf(access.Names()...)},
			},
			"user": schema.StringAttribute{
				MarkdownDescription: "User name of who started the job. Without it `allowed` is null wherever the role of the user counts.",
				Optional:            true,
				Validators:          []validator.String{check.Form(userName, diagnose.InvalidText, "a user name, without @, such as jane.doe")},
			},
			"allowed": schema.BoolAttribute{MarkdownDescription: "Whether GitLab allows it; null where that cannot be known, with what is missing in `missing`.", Computed: true},
			"reason":  computed("The answer in one sentence, for who reads the log of the failed job."),
			"missing": schema.ListAttribute{MarkdownDescription: "What would have to be known where `allowed` is null.", Computed: true, ElementType: types.StringType},
			"fix":     computed("What has to be changed, the least of it: who can do it, as comments, and the HCL where there is any. Null unless `allowed` is false."),
			"steps": schema.ListNestedAttribute{
				MarkdownDescription: "GitLab's steps in their order, up to the first that fails.",
				Computed:            true,
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"step":      computed("Name of the step."),
					"looked_at": computed("What was looked at."),
					"found":     computed("What was found."),
					"outcome":   computed("`passed`, `failed` or `not visible`."),
				}},
			},
		},
	}
}

func (d *accessCheck) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.session = session.From(req.ProviderData, &resp.Diagnostics)
}

func (d *accessCheck) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m accessCheckModel
	if resp.Diagnostics.Append(req.Config.Get(ctx, &m)...); resp.Diagnostics.HasError() {
		return
	}
	facts, diags := gather(ctx, d.session, m)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	m.answer(facts)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// answer fills in what is decided by the facts.
func (m *accessCheckModel) answer(facts access.Facts) {
	operation, _ := access.Lookup(m.Operation.ValueString()) // its name was validated
	decision := access.Decide(facts, operation)
	m.Reason = unlessEmpty(access.Sentence(facts, operation, decision))
	m.Missing = append([]string{}, decision.Missing()...)
	m.Steps = make([]stepModel, 0, len(decision.Steps))
	for _, step := range decision.Steps {
		m.Steps = append(m.Steps, stepModel{Step: string(step.Stage), Looked: step.Looked, Found: step.Found, Outcome: step.Outcome.String()})
	}
	if decision.Outcome == access.Undecided {
		return
	}
	allowed := decision.Outcome == access.Allowed
	m.Allowed = &allowed
	if !allowed {
		m.Fix = unlessEmpty(flattenFix(access.Fix(facts, operation)))
	}
}

func flattenFix(changes []access.Change) string {
	parts := make([]string, 0, len(changes))
	for _, change := range changes {
		part := "# " + change.String()
		if change.HCL != "" {
			part += "\n" + change.HCL
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "\n\n")
}
