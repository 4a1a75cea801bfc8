// Package own takes over states of this provider's own types that another address of it has written.
//
// A state that leaves OpenTofu, or a private namespace, is of another provider in the eyes of the CLI: a
// moved block then asks for a move although the type is the same.
package own

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
)

const providerType = "jobtoken"

// Address tells whether an address is one of this provider, whatever its host and namespace. OpenTofu
// before 1.12.4 sends the last part alone.
func Address(address string) bool {
	return address[strings.LastIndex(address, "/")+1:] == providerType
}

// Mover takes over a state of the resource's own type as it is, with its private state and identity. The
// CLI asks for no move where the address is the same.
func Mover(r resource.Resource) resource.StateMover {
	return resource.StateMover{StateMover: func(ctx context.Context, req resource.MoveStateRequest, resp *resource.MoveStateResponse) {
		var meta resource.MetadataResponse
		r.Metadata(ctx, resource.MetadataRequest{ProviderTypeName: providerType}, &meta)
		if req.SourceTypeName != meta.TypeName || !Address(req.SourceProviderAddress) {
			return
		}
		if known := resp.TargetState.Schema.GetVersion(); req.SourceSchemaVersion > known {
			resp.Diagnostics.AddError(string(diagnose.MoveOwn), fmt.Sprintf(
				"A newer version of the provider wrote this state of a %s, with schema version %d; this one reads up to %d. Use that version of the provider, or a later one.",
				req.SourceTypeName, req.SourceSchemaVersion, known))
			return
		}
		value, err := decode(req.SourceRawState, resp.TargetState.Schema.Type().TerraformType(ctx))
		if err != nil {
			resp.Diagnostics.AddError(string(diagnose.MoveOwn), fmt.Sprintf("The state of the %s that %s wrote cannot be read: %v.", req.SourceTypeName, req.SourceProviderAddress, err))
			return
		}
		resp.TargetState.Raw = value
		resp.TargetPrivate = req.SourcePrivate
		if resp.TargetIdentity == nil || req.SourceIdentity == nil || len(req.SourceIdentity.JSON) == 0 {
			return // the next read gives it one
		}
		if identity, err := decode(req.SourceIdentity, resp.TargetIdentity.Schema.Type().TerraformType(ctx)); err == nil {
			resp.TargetIdentity.Raw = identity
		}
	}}
}

// decode reads JSON as a state is read, passing over attributes that this version does not know.
func decode(raw *tfprotov6.RawState, of tftypes.Type) (tftypes.Value, error) {
	return raw.UnmarshalWithOpts(of, tfprotov6.UnmarshalOpts{ValueFromJSONOpts: tftypes.ValueFromJSONOpts{IgnoreUndefinedAttributes: true}})
}
