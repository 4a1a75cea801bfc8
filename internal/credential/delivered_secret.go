package credential

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/credential/delivery"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/variables"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/check"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
)

var _ ephemeral.EphemeralResourceWithConfigure = (*deliveredSecret)(nil)

// NewDeliveredSecret makes the ephemeral resource jobtoken_delivered_secret.
func NewDeliveredSecret() ephemeral.EphemeralResource { return &deliveredSecret{} }

// deliveredSecret reads a CI/CD variable that a token was delivered to, for write-only arguments of other
// providers. It writes nothing, at plan or apply.
type deliveredSecret struct {
	session *session.Session
}

type deliveredSecretModel struct {
	Project          types.String `tfsdk:"project"`
	Group            types.String `tfsdk:"group"`
	Key              types.String `tfsdk:"key"`
	EnvironmentScope types.String `tfsdk:"environment_scope"`
	TokenID          types.Int64  `tfsdk:"token_id"`
	Value            types.String `tfsdk:"value"`
}

func (d *deliveredSecret) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_delivered_secret"
}

func (d *deliveredSecret) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Reads a CI/CD variable that a token resource has delivered its secret to, and hands the value to write-only arguments of other providers. It is in no plan and no state, and nothing is made or written in GitLab.",
		Attributes: map[string]schema.Attribute{
			"project": schema.StringAttribute{
				MarkdownDescription: "Full path or numeric id of the project whose CI/CD variable it is. Exactly one of `project` and `group`.",
				Optional:            true,
				Validators:          []validator.String{ref.Valid(gitlab.KindProject), check.ExactlyOne("project", "group")},
			},
			"group": schema.StringAttribute{
				MarkdownDescription: "Full path or numeric id of the group whose CI/CD variable it is.",
				Optional:            true,
				Validators:          []validator.String{ref.Valid(gitlab.KindGroup)},
			},
			"key": schema.StringAttribute{
				MarkdownDescription: "Key of the variable, as the delivery has it.",
				Required:            true,
				Validators:          []validator.String{delivery.ValidKey()},
			},
			"environment_scope": schema.StringAttribute{
				MarkdownDescription: "Environment scope of the variable, as the delivery has it. Default `*`.",
				Optional:            true,
				Validators:          []validator.String{delivery.ValidScope()},
			},
			"token_id": schema.Int64Attribute{
				MarkdownDescription: "The `token_id` of the token resource that delivers. It is what has Terraform wait for a delivery that is still to come; without it the variable would be read before it is there.",
				Required:            true,
				Validators:          []validator.Int64{check.AtLeast(1)},
			},
			"value": schema.StringAttribute{
				MarkdownDescription: "What the variable holds. Null, with a warning, where the variable is gone, or cannot be read, and the token it is of was read or planned in the same run: what repairs or destroys that is not held up by it. In every other case that is an error.",
				Computed:            true,
				Sensitive:           true,
			},
		},
	}
}

func (d *deliveredSecret) Configure(_ context.Context, req ephemeral.ConfigureRequest, resp *ephemeral.ConfigureResponse) {
	d.session = session.From(req.ProviderData, &resp.Diagnostics)
}

func (d *deliveredSecret) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var m deliveredSecretModel
	if resp.Diagnostics.Append(req.Config.Get(ctx, &m)...); resp.Diagnostics.HasError() {
		return
	}
	value, problem := d.read(ctx, m)
	if problem != nil && session.Shared[walk](d.session).awaits(m.among) {
		problem = diag.NewAttributeWarningDiagnostic(path.Root("key"), problem.Summary(), problem.Detail()+
			"\n\nIts token was read or planned in this run, which may repair or destroy it: the value is null until then.")
	}
	if problem != nil {
		resp.Diagnostics.Append(problem)
	}
	m.Value = value
	resp.Diagnostics.Append(resp.Result.Set(ctx, &m)...)
}

// owner is the kind of what the variable belongs to, and how it is spelled.
func (m deliveredSecretModel) owner() (gitlab.Kind, string) {
	if !m.Group.IsNull() {
		return gitlab.KindGroup, m.Group.ValueString()
	}
	return gitlab.KindProject, m.Project.ValueString()
}

func (m deliveredSecretModel) scope() string {
	if m.EnvironmentScope.IsNull() {
		return variables.EveryEnvironment
	}
	return m.EnvironmentScope.ValueString()
}

// among tells whether the variable is one of some deliveries. An owner that is gone has its last path.
func (m deliveredSecretModel) among(place delivery.Place, path string) bool {
	kind, spelling := m.owner()
	reference, err := gitlab.ParseRef(kind, spelling)
	return err == nil && place.Kind == kind && place.Key == m.Key.ValueString() && place.Scope == m.scope() &&
		(reference.ID == place.ID || reference.ID == 0 && reference.Path == path)
}

// read looks the variable up. The value is null where there is a problem.
func (d *deliveredSecret) read(ctx context.Context, m deliveredSecretModel) (types.String, diag.Diagnostic) {
	kind, spelling := m.owner()
	owner, diags := ref.Resolve(ctx, d.session.GitLab, kind, path.Root(string(kind)), spelling)
	if diags.HasError() {
		return types.StringNull(), diags[0]
	}
	list, err := d.session.Variables.List(ctx, owner)
	if err != nil {
		return types.StringNull(), diagnose.AttributeError(path.Root(string(kind)), diagnose.ReadDelivered, err)
	}
	at := slices.IndexFunc(list, func(v variables.Variable) bool {
		return v.Key == m.Key.ValueString() && v.Scope == m.scope()
	})
	switch name := delivery.Named(m.Key.ValueString(), m.scope(), owner); {
	case at < 0:
		return types.StringNull(), diagnose.Problem(path.Root("key"), diagnose.ReadDelivered,
			"There is no CI/CD variable %s. If it was deleted, the next plan of its token's resource brings it back; otherwise give the key and the environment scope that the delivery has.", name)
	case list[at].Hidden:
		return types.StringNull(), diagnose.Problem(path.Root("key"), diagnose.ReadDelivered,
			"The CI/CD variable %s is hidden: GitLab shows its value to nobody. Read another delivery of the same token that is not hidden, or deliver it without hidden.", name)
	default:
		return types.StringValue(list[at].Value.Reveal()), nil
	}
}
