// Package provider is the provider block and the list of everything the provider offers. It is the
// only package that knows all features.
package provider

import (
	"context"
	"sync/atomic"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/allowlist"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/answers"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/credential"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/enforcement"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/estate"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/settings"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/share"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/check"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/unchanged"
)

// Address is the provider's address in the registry.
const Address = "registry.terraform.io/jobtoken/jobtoken"

// typeName begins the names of all that the provider offers.
const typeName = "jobtoken"

// New makes the provider of a version.
func New(version string) func() provider.Provider {
	return func() provider.Provider { return newProvider(version) }
}

func newProvider(version string) *jobtokenProvider { return &jobtokenProvider{version: version} }

var (
	_ provider.ProviderWithListResources      = (*jobtokenProvider)(nil)
	_ provider.ProviderWithEphemeralResources = (*jobtokenProvider)(nil)
	_ provider.ProviderWithFunctions          = (*jobtokenProvider)(nil)
)

type jobtokenProvider struct {
	version string
	// unchanged are the resources of the configured provider that know themselves unchanged.
	unchanged atomic.Pointer[map[string]unchanged.Resource]
}

func (p *jobtokenProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = typeName
	resp.Version = p.version
}

// Resources lists what can be managed.
func (p *jobtokenProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{
		allowlist.NewResource,
		allowlist.NewEntryResource,
		settings.NewResource,
		enforcement.NewResource,
		share.NewResource,
		credential.NewProjectDeployToken,
		credential.NewGroupDeployToken,
		credential.NewProjectAccessToken,
		credential.NewGroupAccessToken,
	}
}

// DataSources lists what can be read.
func (p *jobtokenProvider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{
		allowlist.NewDataSource,
		settings.NewDataSource,
		enforcement.NewDataSource,
		estate.NewDataSource,
		credential.NewDeployTokensDataSource,
		credential.NewAccessTokensDataSource,
		answers.NewAccessCheck,
		answers.NewAuthenticationLog,
		answers.NewAllowlistProposal,
		answers.NewGroupReport,
	}
}

// EphemeralResources lists what can be read for the time of one run.
func (p *jobtokenProvider) EphemeralResources(context.Context) []func() ephemeral.EphemeralResource {
	return []func() ephemeral.EphemeralResource{credential.NewDeliveredSecret}
}

// ListResources lists what "terraform query" can find.
func (p *jobtokenProvider) ListResources(context.Context) []func() list.ListResource {
	return []func() list.ListResource{
		allowlist.NewList,
		allowlist.NewEntryList,
		settings.NewList,
		enforcement.NewList,
		share.NewList,
		credential.NewProjectDeployTokenList,
		credential.NewGroupDeployTokenList,
		credential.NewProjectAccessTokenList,
		credential.NewGroupAccessTokenList,
	}
}

// Functions lists what can be called without a GitLab.
func (p *jobtokenProvider) Functions(context.Context) []func() function.Function {
	return []func() function.Function{answers.NewExplainRefusal}
}

// providerModel is the provider block.
type providerModel struct {
	BaseURL        types.String `tfsdk:"base_url"`
	Token          types.String `tfsdk:"token"`
	CACertFile     types.String `tfsdk:"ca_cert_file"`
	ClientCertFile types.String `tfsdk:"client_cert_file"`
	ClientKeyFile  types.String `tfsdk:"client_key_file"`
	Insecure       types.Bool   `tfsdk:"insecure"`
	AllowPlainHTTP types.Bool   `tfsdk:"allow_plain_http"`
	Headers        types.Map    `tfsdk:"headers"`
	RequestTimeout types.Int64  `tfsdk:"request_timeout"`
	MaxRetries     types.Int64  `tfsdk:"max_retries"`
	PrefetchGroups types.List   `tfsdk:"prefetch_groups"`
	CheckUsage     types.Bool   `tfsdk:"check_usage"`

	RequirePermissions types.Bool `tfsdk:"require_permissions"`
}

func (p *jobtokenProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Declares who may reach a GitLab project with a CI/CD job token.",
		Attributes: map[string]schema.Attribute{
			"base_url": schema.StringAttribute{
				MarkdownDescription: "Address of GitLab, with or without `/api/v4`, such as `https://gitlab.example.com` or `https://example.com/gitlab`. Default: `GITLAB_BASE_URL`, then `CI_API_V4_URL`, then `https://gitlab.com`.",
				Optional:            true,
				Validators:          []validator.String{check.Filled()},
			},
			"token": schema.StringAttribute{
				MarkdownDescription: "Personal, project or group access token with the scope `api` (`read_api` is enough to plan). Default: `GITLAB_TOKEN`. Prefer the environment: a token in an ordinary variable is part of every saved plan.",
				Optional:            true,
				Sensitive:           true,
			},
			"ca_cert_file": schema.StringAttribute{
				MarkdownDescription: "PEM file of certificate authorities trusted beside the system's.",
				Optional:            true,
				Validators:          []validator.String{check.Filled()},
			},
			"client_cert_file": schema.StringAttribute{
				MarkdownDescription: "PEM file of a client certificate, for a GitLab behind mutual TLS.",
				Optional:            true,
				Validators:          []validator.String{check.Filled(), check.Together("client_key_file")},
			},
			"client_key_file": schema.StringAttribute{
				MarkdownDescription: "PEM file of the client certificate's key.",
				Optional:            true,
				Validators:          []validator.String{check.Filled(), check.Together("client_cert_file")},
			},
			"insecure": schema.BoolAttribute{
				MarkdownDescription: "Do not verify GitLab's TLS certificate. Anyone on the way can then read the token; use `ca_cert_file` instead where you can.",
				Optional:            true,
			},
			"allow_plain_http": schema.BoolAttribute{
				MarkdownDescription: "Send the token over plain http to a host other than this machine.",
				Optional:            true,
			},
			"headers": schema.MapAttribute{
				MarkdownDescription: "Headers to send with every request, for a proxy before GitLab.",
				Optional:            true,
				Sensitive:           true,
				ElementType:         types.StringType,
				Validators:          []validator.Map{check.Texts(), headers{}},
			},
			"request_timeout": schema.Int64Attribute{
				MarkdownDescription: "Seconds that one request may take. Default: 60.",
				Optional:            true,
				Validators:          []validator.Int64{check.Between(1, 600)},
			},
			"max_retries": schema.Int64Attribute{
				MarkdownDescription: "How often a request is tried again where that is safe. Default: 5; 0 never tries again.",
				Optional:            true,
				Validators:          []validator.Int64{check.Between(0, 20)},
			},
			"prefetch_groups": schema.ListAttribute{
				MarkdownDescription: "Full paths of groups whose projects are all read at the first read of a project. For a configuration that covers most of a group.",
				Optional:            true,
				ElementType:         types.StringType,
				Validators:          []validator.List{check.Texts(ref.Valid(gitlab.KindGroup))},
			},
			"check_usage": schema.BoolAttribute{
				MarkdownDescription: "Ask GitLab's authentication log, and warn of projects from which a plan takes access that their jobs have used, with the last use: an entry goes or is narrowed, a group gives way to projects, a list is switched on, a resource is destroyed. One more request for each project that such a plan concerns. Default: `false`.",
				Optional:            true,
			},
			"require_permissions": schema.BoolAttribute{
				MarkdownDescription: "Refuse allowlist entries that state no permissions. Terraform drops a misspelt key of an entry (`permission = [...]`) without a word, and an entry without permissions may do all that its jobs' users may do; with `true` that is an error of the plan. GitLab's default permissions are then asked for with `permissions = [\"default\"]`. Default: `false`.",
				Optional:            true,
			},
		},
	}
}
