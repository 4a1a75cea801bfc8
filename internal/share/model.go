package share

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/shares"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/private"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/tenure"
)

const typeName = "jobtoken_project_share"

var (
	groupAttribute  = path.Root("group")
	roleAttribute   = path.Root("role")
	expiryAttribute = path.Root("expires_at")
)

// shareModel is the resource jobtoken_project_share. In a state whose share was lost half-way through a change the role
// is null.
type shareModel struct {
	Project   types.String `tfsdk:"project"`
	ProjectID types.Int64  `tfsdk:"project_id"`
	Group     types.String `tfsdk:"group"`
	GroupID   types.Int64  `tfsdk:"group_id"`
	Role      types.String `tfsdk:"role"`
	ExpiresAt types.String `tfsdk:"expires_at"`
	Adopts    types.String `tfsdk:"adopts"`
}

type identityModel struct {
	ProjectID types.Int64 `tfsdk:"project_id"`
	GroupID   types.Int64 `tfsdk:"group_id"`
}

func (m *shareModel) identity() identityModel { return identityModel{m.ProjectID, m.GroupID} }

// handoverKey is how both halves of a replacement know each other.
func (m *shareModel) handoverKey() string {
	return strings.Join([]string{typeName, m.Project.ValueString(), m.Group.ValueString()}, " ")
}

// place is what no two resources are to hold.
func (m *shareModel) place() string {
	return fmt.Sprintf("%s %d %d", typeName, m.ProjectID.ValueInt64(), m.GroupID.ValueInt64())
}

// expand reads the role; nil is none.
func expand(m *shareModel) *shares.Role {
	if m == nil || m.Role.IsNull() || m.Role.IsUnknown() || m.ExpiresAt.IsUnknown() {
		return nil
	}
	return &shares.Role{Level: gitlab.RoleLevel(m.Role.ValueString()), ExpiresAt: m.ExpiresAt.ValueString()}
}

// flatten writes a role into a model; nil is none.
func flatten(m *shareModel, role *shares.Role) {
	m.Role, m.ExpiresAt = types.StringNull(), types.StringNull()
	if role == nil {
		return
	}
	m.Role = types.StringValue(gitlab.RoleName(role.Level))
	if role.ExpiresAt != "" {
		m.ExpiresAt = types.StringValue(role.ExpiresAt)
	}
}

// described is a role as the attribute adopts has it.
func described(role *shares.Role) types.String {
	if role == nil {
		return types.StringNull()
	}
	return types.StringValue(role.String())
}

// privateState is what the resource keeps beside its state.
type privateState struct {
	tenure.Record

	// Path and GroupPath are what the last read has seen.
	Path      string `json:"path"`
	GroupPath string `json:"group_path"`
	// Gone means that the group was deleted, and the share with it.
	Gone bool `json:"gone,omitempty"`
}

var privateFormat = private.Format[privateState]{Key: "share", Version: 1}

func (p privateState) project(m *shareModel) gitlab.Target {
	return gitlab.Target{Kind: gitlab.KindProject, ID: m.ProjectID.ValueInt64(), Path: p.Path}
}

func (p privateState) group(m *shareModel) gitlab.Target {
	return gitlab.Target{Kind: gitlab.KindGroup, ID: m.GroupID.ValueInt64(), Path: p.GroupPath}
}
