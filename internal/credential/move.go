package credential

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/credential/delivery"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/tokens"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/official"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/own"
)

var _ resource.ResourceWithMoveState = (*tokenResource)(nil)

// officialToken holds what is of use in the states of the official provider's token resources. The
// secret is not: it stays behind.
type officialToken struct {
	ID          string        `json:"id"`
	Project     official.Text `json:"project"`
	Group       official.Text `json:"group"`
	Name        string        `json:"name"`
	Scopes      []string      `json:"scopes"`
	ExpiresAt   *string       `json:"expires_at"`
	Username    *string       `json:"username"`
	AccessLevel *string       `json:"access_level"`
	Description *string       `json:"description"`
	UserID      *int64        `json:"user_id"`
}

// given is a text that the SDK, which knows no null, may have written as an empty one.
func given(text *string) types.String {
	if text == nil || *text == "" {
		return types.StringNull()
	}
	return types.StringValue(*text)
}

// tokenID is what follows the last colon of an id such as 12:34 or project:12:34.
func (s officialToken) tokenID() types.Int64 {
	id, err := strconv.ParseInt(s.ID[strings.LastIndex(s.ID, ":")+1:], 10, 64)
	if err != nil {
		return types.Int64Null()
	}
	return types.Int64Value(id)
}

// parent is the project or group that a kind of token belongs to.
func (s officialToken) parent(k kind) (types.String, types.Int64) {
	typed := s.Project
	if k.parent == gitlab.KindGroup {
		typed = s.Group
	}
	return official.Reference(typed)
}

// movable are the official types that become a kind of token.
func (k kind) movable() []string {
	if k.token == tokens.Access {
		return []string{"gitlab_" + k.typeName()}
	}
	return []string{"gitlab_" + k.typeName(), "gitlab_deploy_token"}
}

// MoveState takes over the official provider's resource of the same kind, and tokens of another address of
// this provider.
func (r *tokenResource) MoveState(context.Context) []resource.StateMover {
	return []resource.StateMover{{StateMover: func(ctx context.Context, req resource.MoveStateRequest, resp *resource.MoveStateResponse) {
		source, ok, diags := official.Read[officialToken](req, r.kind.movable()...)
		parent, parentID := source.parent(r.kind)
		if resp.Diagnostics.Append(diags...); !ok {
			return
		}
		if parent.IsNull() || source.tokenID().IsNull() {
			resp.Diagnostics.AddError(string(diagnose.Move), fmt.Sprintf(
				"The %s with the id %q is no token of a %s. A gitlab_deploy_token of a project moves to a jobtoken_project_deploy_token, one of a group to a jobtoken_group_deploy_token.",
				req.SourceTypeName, source.ID, r.kind.parent))
			return
		}
		m := r.kind.make()
		v := m.attributes()
		*v.Parent, *v.ParentID, v.TokenID = parent, parentID, source.tokenID()
		v.Name, v.ExpiresAt = types.StringValue(source.Name), given(source.ExpiresAt)
		scopes, scopeDiags := types.SetValueFrom(ctx, types.StringType, source.Scopes)
		resp.Diagnostics.Append(scopeDiags...)
		v.Scopes, v.TokenInState, v.PreviousTokenIDs = scopes, types.BoolValue(false), idList(nil)
		v.Rotation, v.Deliveries = types.ObjectNull(rotationType.AttrTypes), types.MapNull(delivery.ObjectType(r.kind.stores()...))
		v.DeliveryOwners = types.MapNull(types.StringType)
		v.Active, v.Revoked, v.Expired = types.BoolValue(true), types.BoolValue(false), types.BoolValue(false)
		if v.deployToken != nil {
			v.Username = given(source.Username)
		}
		if v.accessToken != nil {
			v.AccessLevel, v.Description = given(source.AccessLevel), given(source.Description)
			v.UserID = types.Int64PointerValue(source.UserID)
		}
		resp.Diagnostics.Append(resp.TargetState.Set(ctx, m)...)
		if resp.TargetIdentity != nil && !parentID.IsNull() {
			resp.Diagnostics.Append(resp.TargetIdentity.SetAttribute(ctx, path.Root(r.kind.idName()), parentID)...)
			resp.Diagnostics.Append(resp.TargetIdentity.SetAttribute(ctx, path.Root("token_id"), v.TokenID)...)
		}
	}}, own.Mover(r)}
}
