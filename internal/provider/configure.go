package provider

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/shares"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/tokens"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/transport"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/variables"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/check"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
)

// Configure makes the client. It sends nothing: the first use of a resource does.
func (p *jobtokenProvider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	p.unchanged.Store(nil)
	var block providerModel
	if resp.Diagnostics.Append(req.Config.Get(ctx, &block)...); resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(block.unknown()...)
	if resp.Diagnostics.Append(block.empty(ctx)...); resp.Diagnostics.HasError() {
		return
	}
	config, diags := block.expand(ctx, os.Getenv)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	config.UserAgent = "terraform-provider-jobtoken/" + p.version + " terraform/" + req.TerraformVersion
	client, err := gitlab.New(config.Config)
	if err != nil {
		resp.Diagnostics.Append(block.diagnoseConfig(err, config))
		return
	}
	if config.Insecure {
		resp.Diagnostics.Append(diagnose.Warn(path.Root("insecure"), diagnose.NotVerified,
			"The TLS certificate of %s is not verified: anyone on the way can read the token. Set ca_cert_file instead.", config.BaseURL))
	}
	s := &session.Session{
		GitLab: client, Lists: allowlists.New(client, config.PrefetchGroups...), Shares: shares.New(client), Tokens: tokens.New(client), Variables: variables.New(client),
		CheckUsage: block.CheckUsage.ValueBool(), RequirePermissions: block.RequirePermissions.ValueBool(),
	}
	resp.ResourceData, resp.DataSourceData, resp.ListResourceData, resp.EphemeralResourceData = s, s, s, s
	p.configureUnchanged(ctx, s)
}

// unknown refuses settings that cannot be known before the apply: without them nothing can be read.
func (m *providerModel) unknown() (diags diag.Diagnostics) {
	for name, value := range map[string]attr.Value{
		"base_url": m.BaseURL, "token": m.Token, "ca_cert_file": m.CACertFile, "client_cert_file": m.ClientCertFile,
		"client_key_file": m.ClientKeyFile, "insecure": m.Insecure, "allow_plain_http": m.AllowPlainHTTP, "headers": m.Headers,
		"request_timeout": m.RequestTimeout, "max_retries": m.MaxRetries, "prefetch_groups": m.PrefetchGroups, "check_usage": m.CheckUsage,
		"require_permissions": m.RequirePermissions,
	} {
		if value.IsUnknown() {
			diags.Append(unknownSetting(path.Root(name), name))
		}
	}
	for name, value := range m.Headers.Elements() {
		if at := path.Root("headers").AtMapKey(name); value.IsUnknown() {
			diags.Append(unknownSetting(at, at.String()))
		}
	}
	for i, value := range m.PrefetchGroups.Elements() {
		if at := path.Root("prefetch_groups").AtListIndex(i); value.IsUnknown() {
			diags.Append(unknownSetting(at, at.String()))
		}
	}
	return diags
}

func unknownSetting(at path.Path, name string) diag.Diagnostic {
	return diagnose.Problem(at, diagnose.ConfigureProvider,
		"%q comes from something that is only known after an apply, so nothing can be planned yet. Give a value that is known, or apply what it comes from first with -target.", name)
}

// empty refuses elements without a value, which the validation of the block could not know yet.
func (m *providerModel) empty(ctx context.Context) (diags diag.Diagnostics) {
	var headers validator.MapResponse
	check.Texts().ValidateMap(ctx, validator.MapRequest{Path: path.Root("headers"), ConfigValue: m.Headers}, &headers)
	var groups validator.ListResponse
	check.Texts().ValidateList(ctx, validator.ListRequest{Path: path.Root("prefetch_groups"), ConfigValue: m.PrefetchGroups}, &groups)
	diags.Append(headers.Diagnostics...)
	diags.Append(groups.Diagnostics...)
	return diags
}

// expanded is what the block and the environment come to.
type expanded struct {
	gitlab.Config
	// PrefetchGroups are groups whose projects are all read at the first read of one.
	PrefetchGroups []string
}

// expand reads the block and the environment together.
func (m *providerModel) expand(ctx context.Context, getenv func(string) string) (expanded, diag.Diagnostics) {
	var diags diag.Diagnostics
	host, reason := m.host(getenv)
	token, tokenFrom := m.token(getenv)
	config := expanded{Config: gitlab.Config{AddressFrom: reason, TokenFrom: tokenFrom, Config: transport.Config{
		BaseURL:        host,
		Token:          token,
		CACertFile:     m.CACertFile.ValueString(),
		ClientCertFile: m.ClientCertFile.ValueString(),
		ClientKeyFile:  m.ClientKeyFile.ValueString(),
		Insecure:       m.Insecure.ValueBool(),
		AllowPlainHTTP: m.AllowPlainHTTP.ValueBool(),
		RequestTimeout: time.Duration(m.RequestTimeout.ValueInt64()) * time.Second,
		MaxRetries:     int(m.MaxRetries.ValueInt64()),
		Logger:         logger(host, reason),
	}}}
	if !m.Token.IsNull() && strings.TrimSpace(token) == "" {
		diags.Append(emptyToken(getenv("GITLAB_TOKEN") != ""))
	}
	if !m.MaxRetries.IsNull() && config.MaxRetries == 0 {
		config.MaxRetries = -1 // the client's zero value means its default
	}
	if !m.Headers.IsNull() {
		diags.Append(m.Headers.ElementsAs(ctx, &config.Headers, false)...)
	}
	if !m.PrefetchGroups.IsNull() {
		diags.Append(m.PrefetchGroups.ElementsAs(ctx, &config.PrefetchGroups, false)...)
	}
	return config, diags
}

// byDefault is why GitLab.com is talked to.
const byDefault = "the default, since neither base_url nor GITLAB_BASE_URL nor CI_API_V4_URL is set"

// host chooses the GitLab to talk to, and says where its address comes from.
func (m *providerModel) host(getenv func(string) string) (host, from string) {
	if !m.BaseURL.IsNull() {
		return m.BaseURL.ValueString(), "base_url of the provider block"
	}
	for _, name := range []string{"GITLAB_BASE_URL", "CI_API_V4_URL"} {
		if value := getenv(name); value != "" {
			return value, "the environment variable " + name
		}
	}
	return "https://gitlab.com", byDefault
}

// token is the one to use, and where it comes from.
func (m *providerModel) token(getenv func(string) string) (token, from string) {
	if m.Token.IsNull() {
		return getenv("GITLAB_TOKEN"), "the environment variable GITLAB_TOKEN"
	}
	return m.Token.ValueString(), "token of the provider block"
}

// emptyToken is the error of a token that is there and says nothing. The environment is not asked then.
func emptyToken(another bool) diag.Diagnostic {
	advice := "Set GITLAB_TOKEN, or token in the provider block."
	if another {
		advice = "GITLAB_TOKEN is set and is not used, since token wins over it. Leave token out, or give it null where the variable behind it is empty."
	}
	return diagnose.Problem(path.Root("token"), diagnose.ConfigureProvider, "No token is given: token is empty. %s", advice)
}

// logger writes the client's messages to Terraform's log; the first tells which host was chosen.
func logger(host, reason string) transport.Logger {
	var once sync.Once
	return func(ctx context.Context, message string, fields map[string]any) {
		once.Do(func() {
			tflog.Info(ctx, "GitLab host chosen", map[string]any{"base_url": host, "because": reason})
		})
		tflog.Debug(ctx, message, fields)
	}
}

// diagnoseConfig puts an unusable setting on its attribute, or names the variable that it comes from.
func (m *providerModel) diagnoseConfig(err error, config expanded) diag.Diagnostic {
	var problem *transport.ConfigError
	if !errors.As(err, &problem) {
		return diagnose.Error(diagnose.ConfigureProvider, err)
	}
	text := strings.TrimSpace(problem.Problem + " " + problem.Advice)
	switch {
	case problem.Field == "base_url" && m.BaseURL.IsNull():
		return diag.NewErrorDiagnostic(string(diagnose.ConfigureProvider), text+"\n\nThe address comes from "+config.AddressFrom+".")
	case problem.Field == "token" && m.Token.IsNull():
		return diag.NewErrorDiagnostic(string(diagnose.ConfigureProvider), text+"\n\nThe token comes from "+config.TokenFrom+".")
	}
	return diagnose.Problem(path.Root(problem.Field), diagnose.ConfigureProvider, "%s", text)
}
