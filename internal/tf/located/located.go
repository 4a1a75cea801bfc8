// Package located has every diagnostic stand on the line that is at fault.
//
// Terraform finds the line of an attribute, and of an element in one. Of what lies deeper it looks for
// the last name in the block itself: an error on the project of a delivery would stand on the project of
// the token. So a path ends where Terraform can follow it, and the text names the rest.
package located

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
)

// Provider serves a provider that has list resources too.
type Provider interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
	tfprotov6.StateStoreServer
}

// Server is a provider's server with its diagnostics in their places. One that is not the framework's stays as
// it is.
func Server(of tfprotov6.ProviderServer) tfprotov6.ProviderServer {
	if whole, ok := of.(Provider); ok {
		return server{whole}
	}
	return of
}

type server struct{ Provider }

// ValidateProviderConfig implements [tfprotov6.ProviderServer].
func (s server) ValidateProviderConfig(ctx context.Context, req *tfprotov6.ValidateProviderConfigRequest) (*tfprotov6.ValidateProviderConfigResponse, error) {
	resp, err := s.Provider.ValidateProviderConfig(ctx, req)
	if resp != nil {
		resp.Diagnostics = place(resp.Diagnostics)
	}
	return resp, err
}

// ConfigureProvider implements [tfprotov6.ProviderServer].
func (s server) ConfigureProvider(ctx context.Context, req *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	resp, err := s.Provider.ConfigureProvider(ctx, req)
	if resp != nil {
		resp.Diagnostics = place(resp.Diagnostics)
	}
	return resp, err
}

// ValidateResourceConfig implements [tfprotov6.ResourceServer].
func (s server) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	resp, err := s.Provider.ValidateResourceConfig(ctx, req)
	if resp != nil {
		resp.Diagnostics = place(resp.Diagnostics)
	}
	return resp, err
}

// ReadResource implements [tfprotov6.ResourceServer].
func (s server) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	resp, err := s.Provider.ReadResource(ctx, req)
	if resp != nil {
		resp.Diagnostics = place(resp.Diagnostics)
	}
	return resp, err
}

// PlanResourceChange implements [tfprotov6.ResourceServer].
func (s server) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	resp, err := s.Provider.PlanResourceChange(ctx, req)
	if resp != nil {
		resp.Diagnostics = place(resp.Diagnostics)
	}
	return resp, err
}

// ApplyResourceChange implements [tfprotov6.ResourceServer].
func (s server) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	resp, err := s.Provider.ApplyResourceChange(ctx, req)
	if resp != nil {
		resp.Diagnostics = place(resp.Diagnostics)
	}
	return resp, err
}

// ValidateDataResourceConfig implements [tfprotov6.DataSourceServer].
func (s server) ValidateDataResourceConfig(ctx context.Context, req *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	resp, err := s.Provider.ValidateDataResourceConfig(ctx, req)
	if resp != nil {
		resp.Diagnostics = place(resp.Diagnostics)
	}
	return resp, err
}

// ValidateEphemeralResourceConfig implements [tfprotov6.EphemeralResourceServer].
func (s server) ValidateEphemeralResourceConfig(ctx context.Context, req *tfprotov6.ValidateEphemeralResourceConfigRequest) (*tfprotov6.ValidateEphemeralResourceConfigResponse, error) {
	resp, err := s.Provider.ValidateEphemeralResourceConfig(ctx, req)
	if resp != nil {
		resp.Diagnostics = place(resp.Diagnostics)
	}
	return resp, err
}

// place ends each path where Terraform can follow it. What an element without a value lacks is left out:
// one error tells that it has none.
func place(diagnostics []*tfprotov6.Diagnostic) []*tfprotov6.Diagnostic {
	var empty []string
	for _, d := range diagnostics {
		if d.Summary == string(diagnose.NoValue) {
			empty = append(empty, written(d.Attribute))
		}
	}
	placed := make([]*tfprotov6.Diagnostic, 0, len(diagnostics))
	for _, d := range diagnostics {
		whole := written(d.Attribute)
		if slices.ContainsFunc(empty, func(at string) bool { return strings.HasPrefix(whole, at+".") }) {
			continue
		}
		at := followed(d.Attribute)
		if written(at) != whole && !strings.Contains(d.Detail, whole) {
			d.Detail += fmt.Sprintf("\n\nThe attribute is %s.", whole)
		}
		d.Attribute = at
		placed = append(placed, d)
	}
	return placed
}

// followed is a path as far as Terraform finds it: an attribute, or an element in one.
func followed(at *tftypes.AttributePath) *tftypes.AttributePath {
	steps := at.Steps()
	end := min(1, len(steps))
	if len(steps) > 1 {
		switch steps[1].(type) {
		case tftypes.ElementKeyString, tftypes.ElementKeyInt:
			end = 2
		}
	}
	if end == len(steps) {
		return at
	}
	return tftypes.NewAttributePathWithSteps(steps[:end])
}

// written is a path as a configuration has it, as far as the protocol can tell it: deliveries["a"].key.
func written(at *tftypes.AttributePath) string {
	var text strings.Builder
	for _, step := range at.Steps() {
		switch step := step.(type) {
		case tftypes.AttributeName:
			if text.Len() > 0 {
				text.WriteByte('.')
			}
			text.WriteString(string(step))
		case tftypes.ElementKeyString:
			text.WriteString("[" + strconv.Quote(string(step)) + "]")
		case tftypes.ElementKeyInt:
			text.WriteString("[" + strconv.FormatInt(int64(step), 10) + "]")
		default:
			return text.String()
		}
	}
	return text.String()
}
