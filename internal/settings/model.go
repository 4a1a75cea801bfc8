package settings

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/toggle"
)

// settingsModel is the resource and the data source jobtoken_settings.
type settingsModel struct {
	Project                   types.String `tfsdk:"project"`
	ProjectID                 types.Int64  `tfsdk:"project_id"`
	InboundAllowlistEnabled   types.Bool   `tfsdk:"inbound_allowlist_enabled"`
	OutboundAllowlistEnabled  types.Bool   `tfsdk:"outbound_allowlist_enabled"`
	PushRepositoryAllowed     types.Bool   `tfsdk:"push_repository_allowed"`
	CrossProjectPushAllowed   types.Bool   `tfsdk:"cross_project_push_allowed"`
	InboundAllowlistEffective types.Bool   `tfsdk:"inbound_allowlist_effective"`
	EnforcedByInstance        types.Bool   `tfsdk:"enforced_by_instance"`
}

type identityModel struct {
	ProjectID types.Int64 `tfsdk:"project_id"`
}

// privateState is what the resource keeps beside its state.
type privateState struct {
	// Path is the project's path when it was last read.
	Path string `json:"path"`
}

const privateKey = "project"

// project is the project as it was last seen.
func (p privateState) project(id types.Int64) gitlab.Target {
	return gitlab.Target{Kind: gitlab.KindProject, ID: id.ValueInt64(), Path: p.Path}
}

// field ties a toggle of the model to GitLab's.
type field struct {
	name  string
	value *types.Bool
	// stored is nil where this GitLab has no such toggle.
	stored *bool
	// secure is the value that grants least.
	secure bool
}

// fields lists the toggles of a model beside those of the server.
func (m *settingsModel) fields(stored gitlab.Settings) []field {
	return []field{
		{"inbound_allowlist_enabled", &m.InboundAllowlistEnabled, &stored.InboundAllowlist, true},
		{"outbound_allowlist_enabled", &m.OutboundAllowlistEnabled, &stored.Outbound, stored.Outbound},
		{"push_repository_allowed", &m.PushRepositoryAllowed, &stored.PushRepository, false},
		{"cross_project_push_allowed", &m.CrossProjectPushAllowed, stored.CrossProjectPush, false},
	}
}

// expand gives the toggles to write: those configured and not so already.
func expand(config *settingsModel, stored gitlab.Settings) gitlab.SettingsChange {
	return gitlab.SettingsChange{
		InboundAllowlist: toggle.Change(config.InboundAllowlistEnabled, stored.InboundAllowlist),
		Outbound:         toggle.Change(config.OutboundAllowlistEnabled, stored.Outbound),
		PushRepository:   toggle.Change(config.PushRepositoryAllowed, stored.PushRepository),
		CrossProjectPush: toggle.Change(config.CrossProjectPushAllowed, stored.CrossProjectPush != nil && *stored.CrossProjectPush),
	}
}

// secure gives the toggles that a destroy returns to their secure defaults: of those that the state
// holds, the ones that grant more. The legacy outbound list stays as it is.
func secure(state *settingsModel, stored gitlab.Settings) gitlab.SettingsChange {
	defaults := *state
	for _, f := range defaults.fields(stored) {
		if !f.value.IsNull() {
			*f.value = types.BoolValue(f.secure)
		}
	}
	return expand(&defaults, stored)
}

// flatten writes the stored toggles into a model: all of them after an import, else those that are
// not null. A toggle that this GitLab does not have is null.
func flatten(m *settingsModel, stored gitlab.Settings, all bool) {
	for _, f := range m.fields(stored) {
		if all || !f.value.IsNull() {
			*f.value = types.BoolPointerValue(f.stored)
		}
	}
}

// flattenEnforcement writes what is known of enforcement: null where only an administrator could tell.
func flattenEnforcement(enforcement gitlab.Enforcement) types.Bool {
	if enforcement == gitlab.EnforcementUnknown {
		return types.BoolNull()
	}
	return types.BoolValue(enforcement == gitlab.Enforced)
}
