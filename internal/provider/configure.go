package provider

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/tokens"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/variables"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/transport"
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
	if resp.Diagnostics.Append(block.unknown()...); resp.Diagnostics.HasError() {
		return
	}
	config, diags := block.expand(ctx, os.Getenv)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	config.UserAgent = "terraform-provider-jobtoken/" + p.version + " terraform/" + req.TerraformVersion
	client, err := gitlab.New(config.Config)
	if err != nil {
		resp.Diagnostics.Append(diagnoseConfig(err))
		return
	}
	if config.Insecure {
		resp.Diagnostics.Append(diagnose.Warn(path.Root("insecure"), diagnose.NotVerified,
			"The TLS certificate of %s is not verified: anyone on the way can read the token. Set ca_cert_file instead.", config.BaseURL))
	}
	s := &session.Session{
		GitLab: client, Lists: allowlists.New(client, config.PrefetchGroups...), Tokens: tokens.New(client), Variables: variables.New(client),
		CheckUsage: block.CheckUsage.ValueBool(),
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
	} {
		if value.IsUnknown() {
			diags.Append(diagnose.Problem(path.Root(name), diagnose.ConfigureProvider,
				"%q comes from something that is only known after an apply, so nothing can be planned yet. Give a value that is known, or apply what it comes from first with -target.", name))
		}
	}
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
	config := expanded{Config: gitlab.Config{Config: transport.Config{
		BaseURL:        host,
		Token:          m.Token.ValueString(),
		CACertFile:     m.CACertFile.ValueString(),
		ClientCertFile: m.ClientCertFile.ValueString(),
		ClientKeyFile:  m.ClientKeyFile.ValueString(),
		Insecure:       m.Insecure.ValueBool(),
		AllowPlainHTTP: m.AllowPlainHTTP.ValueBool(),
		RequestTimeout: time.Duration(m.RequestTimeout.ValueInt64()) * time.Second,
		MaxRetries:     int(m.MaxRetries.ValueInt64()),
		Logger:         logger(host, reason),
	}}}
	if m.Token.IsNull() {
		config.Token = getenv("GITLAB_TOKEN")
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

// host chooses the GitLab to talk to, and says why.
func (m *providerModel) host(getenv func(string) string) (host, reason string) {
	if !m.BaseURL.IsNull() {
		return m.BaseURL.ValueString(), "base_url of the provider block"
	}
	for _, name := range []string{"GITLAB_BASE_URL", "CI_API_V4_URL"} {
		if value := getenv(name); value != "" {
			return value, "environment variable " + name
		}
	}
	return "https://gitlab.com", "nothing else is configured"
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

// diagnoseConfig puts an unusable setting on its attribute.
func diagnoseConfig(err error) diag.Diagnostic {
	var problem *transport.ConfigError
	if errors.As(err, &problem) {
		return diagnose.Problem(path.Root(problem.Field), diagnose.ConfigureProvider, "%s %s", problem.Problem, problem.Advice)
	}
	return diagnose.Error(diagnose.ConfigureProvider, err)
}
