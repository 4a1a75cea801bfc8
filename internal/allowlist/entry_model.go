package allowlist

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/overlap"
)

// entryResourceModel is the resource jobtoken_allowlist_entry.
type entryResourceModel struct {
	Project         types.String `tfsdk:"project"`
	ProjectID       types.Int64  `tfsdk:"project_id"`
	TargetProject   types.String `tfsdk:"target_project"`
	TargetProjectID types.Int64  `tfsdk:"target_project_id"`
	TargetGroup     types.String `tfsdk:"target_group"`
	TargetGroupID   types.Int64  `tfsdk:"target_group_id"`
	Permissions     types.Set    `tfsdk:"permissions"`
}

type entryIdentityModel struct {
	ProjectID       types.Int64 `tfsdk:"project_id"`
	TargetProjectID types.Int64 `tfsdk:"target_project_id"`
	TargetGroupID   types.Int64 `tfsdk:"target_group_id"`
}

// kind is what the entry admits.
func (m *entryResourceModel) kind() gitlab.Kind {
	if !m.TargetGroup.IsNull() || !m.TargetGroupID.IsNull() && !m.TargetGroupID.IsUnknown() {
		return gitlab.KindGroup
	}
	return gitlab.KindProject
}

// target gives the attributes of a kind: the reference and its id.
func (m *entryResourceModel) target(kind gitlab.Kind) (*types.String, *types.Int64) {
	if kind == gitlab.KindGroup {
		return &m.TargetGroup, &m.TargetGroupID
	}
	return &m.TargetProject, &m.TargetProjectID
}

// setTarget writes the target of a kind and clears the other.
func (m *entryResourceModel) setTarget(kind gitlab.Kind, spelling types.String, id types.Int64) {
	m.TargetProject, m.TargetProjectID = types.StringNull(), types.Int64Null()
	m.TargetGroup, m.TargetGroupID = types.StringNull(), types.Int64Null()
	reference, number := m.target(kind)
	*reference, *number = spelling, id
}

// project is the entry's project as the state spells it.
func (m *entryResourceModel) project() gitlab.Target {
	return gitlab.Target{Kind: gitlab.KindProject, ID: m.ProjectID.ValueInt64(), Path: m.Project.ValueString()}
}

func (m *entryResourceModel) equal(other *entryResourceModel) bool {
	return m.Project.Equal(other.Project) && m.ProjectID.Equal(other.ProjectID) &&
		m.TargetProject.Equal(other.TargetProject) && m.TargetProjectID.Equal(other.TargetProjectID) &&
		m.TargetGroup.Equal(other.TargetGroup) && m.TargetGroupID.Equal(other.TargetGroupID) && m.Permissions.Equal(other.Permissions)
}

// leaving is what a destroy takes back.
func (m *entryResourceModel) leaving() overlap.Claim {
	return overlap.Claim{Resource: entryTypeName, Leaving: true, Targets: []gitlab.Target{expandEntry(m).target}}
}

// handoverKey is how both halves of a replacement know each other.
func (m *entryResourceModel) handoverKey() string {
	kind := m.kind()
	reference, _ := m.target(kind)
	return strings.Join([]string{entryTypeName, m.Project.ValueString(), string(kind), reference.ValueString()}, " ")
}

// place is what no two resources are to hold.
func (m *entryResourceModel) place() string {
	target := expandEntry(m).target
	return fmt.Sprintf("%s %d %s %d", entryTypeName, m.ProjectID.ValueInt64(), target.Kind, target.ID)
}

func (m *entryResourceModel) identity() entryIdentityModel {
	return entryIdentityModel{ProjectID: m.ProjectID, TargetProjectID: m.TargetProjectID, TargetGroupID: m.TargetGroupID}
}

// expandEntry reads the model as an entry of its own.
func expandEntry(m *entryResourceModel) entry {
	kind := m.kind()
	reference, id := m.target(kind)
	e := entry{
		kind: kind, key: reference.ValueString(), text: reference.ValueString(), alone: true, unknown: reference.IsUnknown(),
		model:  entryModel{Permissions: m.Permissions, Target: types.StringNull()},
		target: gitlab.Target{Kind: kind, ID: id.ValueInt64()},
	}
	e.permissions, e.permissionsKnown = expandPermissions(m.Permissions)
	return e
}

// flattenEntry writes the permissions that the server holds. The project's own entry is implied: it is
// there with the default permissions where none is stored.
func flattenEntry(project *allowlists.Project, e entry) (permissions types.Set, found bool) {
	for _, stored := range project.Entries(e.kind) {
		if stored.Target.ID == e.target.ID {
			return e.granting(stored).model.Permissions, true
		}
	}
	if project.IsOwn(e.target) {
		return e.granting(allowlists.Entry{Target: e.target, Permissions: allowlists.DefaultPermissions()}).model.Permissions, true
	}
	return types.SetNull(types.StringType), false
}
