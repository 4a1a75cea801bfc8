package credential

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/tokens"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/check"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
)

var _ datasource.DataSourceWithConfigure = (*tokensDataSource)(nil)

// NewDeployTokensDataSource makes the data source jobtoken_deploy_tokens.
func NewDeployTokensDataSource() datasource.DataSource {
	return &tokensDataSource{ofProject: projectDeployTokens, ofGroup: groupDeployTokens}
}

// NewAccessTokensDataSource makes the data source jobtoken_access_tokens.
func NewAccessTokensDataSource() datasource.DataSource {
	return &tokensDataSource{ofProject: projectAccessTokens, ofGroup: groupAccessTokens}
}

// tokensDataSource is both data sources: the tokens of a project, or of a group.
type tokensDataSource struct {
	ofProject, ofGroup kind
	session            *session.Session
}

// tokensModel is either data source.
type tokensModel struct {
	Project       types.String `tfsdk:"project"`
	Group         types.String `tfsdk:"group"`
	Active        types.Bool   `tfsdk:"active"`
	ExpiresBefore types.String `tfsdk:"expires_before"`
	Tokens        types.List   `tfsdk:"tokens"`
}

// token is the kind of token that is listed, whoever it belongs to.
func (d *tokensDataSource) token() tokens.Kind { return d.ofProject.token }

func (d *tokensDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_deploy_tokens"
	if d.token() == tokens.Access {
		resp.TypeName = req.ProviderTypeName + "_access_tokens"
	}
}

func (d *tokensDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: fmt.Sprintf("The %ss of a project or group, without their secrets, which GitLab shows only when it makes one. %s", d.token(), d.needs()),
		Attributes: map[string]schema.Attribute{
			"project": schema.StringAttribute{
				MarkdownDescription: "Full path or numeric id of the project that the tokens belong to. Exactly one of `project` and `group` is given.",
				Optional:            true,
				Validators:          []validator.String{ref.Valid(gitlab.KindProject), check.ExactlyOne("project", "group")},
			},
			"group": schema.StringAttribute{
				MarkdownDescription: "Full path or numeric id of the group that the tokens belong to. Those of its projects and subgroups are not among them.",
				Optional:            true,
				Validators:          []validator.String{ref.Valid(gitlab.KindGroup)},
			},
			"active": schema.BoolAttribute{
				MarkdownDescription: "With `true` only tokens that still work, with `false` only those that do not. Left out, all that GitLab still lists.",
				Optional:            true,
			},
			"expires_before": schema.StringAttribute{
				MarkdownDescription: "Only tokens that end before this date or time of RFC 3339, such as `2027-01-31` or `2027-01-31T12:00:00Z`. Those that have ended already are among them, those that never end are not.",
				Optional:            true,
				Validators:          []validator.String{instant{of: tokens.Deploy}},
			},
			"tokens": schema.ListNestedAttribute{
				MarkdownDescription: "The tokens, by id.",
				Computed:            true,
				NestedObject:        schema.NestedAttributeObject{Attributes: listedAttributes(d.token())},
			},
		},
	}
}

// needs names the roles that list the tokens.
func (d *tokensDataSource) needs() string {
	if d.token() == tokens.Access {
		return "Needs the Maintainer role in the project, or the Owner role in the group."
	}
	return "Needs the Maintainer role in the project or group."
}

func listedAttributes(token tokens.Kind) map[string]schema.Attribute {
	attributes := map[string]schema.Attribute{
		"id":         schema.Int64Attribute{MarkdownDescription: "Numeric id of the token.", Computed: true},
		"name":       schema.StringAttribute{MarkdownDescription: "Name of the token.", Computed: true},
		"scopes":     schema.SetAttribute{MarkdownDescription: "What the token opens.", Computed: true, ElementType: types.StringType},
		"expires_at": schema.StringAttribute{MarkdownDescription: "Time of RFC 3339 from which the token is refused; null if it never ends.", Computed: true},
		"active":     schema.BoolAttribute{MarkdownDescription: "Whether the token still works: it is neither revoked nor past `expires_at`. GitLab's own field of that name turns a day later for a deploy token.", Computed: true},
		"revoked":    schema.BoolAttribute{MarkdownDescription: "Whether the token was revoked. GitLab deletes deploy tokens that are.", Computed: true},
		"expired":    schema.BoolAttribute{MarkdownDescription: "Whether `expires_at` has come.", Computed: true},
	}
	if token == tokens.Deploy {
		attributes["username"] = schema.StringAttribute{MarkdownDescription: "What the token signs in with.", Computed: true}
		return attributes
	}
	maps.Copy(attributes, map[string]schema.Attribute{
		"expires_at":   schema.StringAttribute{MarkdownDescription: "Date from which the token is refused; null if it never ends.", Computed: true},
		"active":       schema.BoolAttribute{MarkdownDescription: "Whether the token still works: it is neither revoked nor past `expires_at`.", Computed: true},
		"revoked":      schema.BoolAttribute{MarkdownDescription: "Whether the token was revoked.", Computed: true},
		"created_at":   schema.StringAttribute{MarkdownDescription: "When the token was made, in RFC 3339.", Computed: true},
		"access_level": schema.StringAttribute{MarkdownDescription: "Role of the token, such as `developer`; null where its bot user is no member any more.", Computed: true},
		"description":  schema.StringAttribute{MarkdownDescription: "Description of the token; null where it has none.", Computed: true},
		"user_id":      schema.Int64Attribute{MarkdownDescription: "Numeric id of the token's bot user.", Computed: true},
	})
	return attributes
}

// listedType is the type of [listedAttributes].
func listedType(token tokens.Kind) types.ObjectType {
	of := map[string]attr.Type{}
	for name, attribute := range listedAttributes(token) {
		of[name] = attribute.GetType()
	}
	return types.ObjectType{AttrTypes: of}
}

func (d *tokensDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.session = session.From(req.ProviderData, &resp.Diagnostics)
}

func (d *tokensDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m tokensModel
	if resp.Diagnostics.Append(req.Config.Get(ctx, &m)...); resp.Diagnostics.HasError() {
		return
	}
	k, spelling := d.ofProject, m.Project
	if !m.Group.IsNull() {
		k, spelling = d.ofGroup, m.Group
	}
	_, tokens, diags := k.list(ctx, d.session, spelling)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	elements, now := []attr.Value{}, d.session.GitLab.Now()
	for _, token := range tokens {
		if m.wants(token, now) {
			elements = append(elements, k.listed(token, now))
		}
	}
	m.Tokens = types.ListValueMust(listedType(d.token()), elements)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// wants applies the filters.
func (m tokensModel) wants(token tokens.Token, now time.Time) bool {
	if !m.Active.IsNull() && m.Active.ValueBool() != token.Active(now) {
		return false
	}
	if m.ExpiresBefore.IsNull() {
		return true
	}
	limit, _ := parseInstant(m.ExpiresBefore.ValueString()) // checked by the schema
	return !token.ExpiresAt.IsZero() && token.ExpiresAt.Before(limit)
}

// list reads the tokens of the project or group that a configuration names, by id.
func (k kind) list(ctx context.Context, s *session.Session, spelling types.String) (gitlab.Target, []tokens.Token, diag.Diagnostics) {
	parent, diags := ref.Resolve(ctx, s.GitLab, k.parent, k.at(), spelling.ValueString())
	if diags.HasError() {
		return parent, nil, diags
	}
	tokens, err := s.Tokens.List(ctx, k.token, parent)
	if err != nil {
		diags.Append(diagnose.LookupError(k.at(), diagnose.ReadTokens, err))
	}
	return parent, tokens, diags
}

// listed writes a token as its resource would.
func (k kind) listed(token tokens.Token, now time.Time) attr.Value {
	v := k.make().attributes()
	v.flatten(token, now)
	values := map[string]attr.Value{
		"id": v.TokenID, "name": v.Name, "scopes": v.Scopes, "expires_at": v.ExpiresAt,
		"active": v.Active, "revoked": v.Revoked, "expired": v.Expired,
	}
	if v.deployToken != nil {
		values["username"] = v.Username
	}
	if v.accessToken != nil {
		created := types.StringNull()
		if !token.CreatedAt.IsZero() {
			created = types.StringValue(token.CreatedAt.UTC().Format(time.RFC3339))
		}
		values["created_at"] = created
		values["access_level"], values["description"], values["user_id"] = v.AccessLevel, v.Description, v.UserID
	}
	return types.ObjectValueMust(listedType(k.token).AttrTypes, values)
}
