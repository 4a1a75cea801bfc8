package provider

import (
	"context"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/located"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/unchanged"
)

// shortcutVariable switches the layer for the unchanged off with "off": a bug that goes with it is one of
// the layer.
const shortcutVariable = "JOBTOKEN_SHORTCUT"

// Server makes the provider of a version as Terraform speaks to it: one for each process.
func Server(version string) func() tfprotov6.ProviderServer {
	return func() tfprotov6.ProviderServer {
		if os.Getenv(shortcutVariable) == "off" {
			return PlainServer(version)()
		}
		p := newProvider(version)
		return located.Server(unchanged.Before(providerserver.NewProtocol6(p)(), p.knowThemselves(context.Background()), func() map[string]unchanged.Resource {
			if configured := p.unchanged.Load(); configured != nil {
				return *configured
			}
			return nil
		}))
	}
}

// PlainServer is [Server] without the layer for the unchanged.
func PlainServer(version string) func() tfprotov6.ProviderServer {
	return func() tfprotov6.ProviderServer {
		return located.Server(providerserver.NewProtocol6(newProvider(version))())
	}
}

// knowThemselves are the resources that know themselves unchanged, by type.
func (p *jobtokenProvider) knowThemselves(ctx context.Context) map[string]unchanged.Resource {
	found := map[string]unchanged.Resource{}
	for _, offer := range p.Resources(ctx) {
		if r, knows := offer().(unchanged.Resource); knows {
			var named resource.MetadataResponse
			r.Metadata(ctx, resource.MetadataRequest{ProviderTypeName: typeName}, &named)
			found[named.TypeName] = r
		}
	}
	return found
}

// configureUnchanged hands them the session.
func (p *jobtokenProvider) configureUnchanged(ctx context.Context, s *session.Session) {
	configured := p.knowThemselves(ctx)
	for _, r := range configured {
		r.Configure(ctx, resource.ConfigureRequest{ProviderData: s}, &resource.ConfigureResponse{})
	}
	p.unchanged.Store(&configured)
}
