package provider

import (
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/located"
)

// NewServer makes what serves the provider of a version over Terraform's protocol.
func NewServer(version string) func() (tfprotov6.ProviderServer, error) {
	framework := providerserver.NewProtocol6(New(version)())
	return func() (tfprotov6.ProviderServer, error) {
		server, ok := framework().(located.Provider)
		if !ok {
			return nil, errors.New("the framework serves no list resources")
		}
		return located.Server(server), nil
	}
}
