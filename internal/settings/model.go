package settings

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/intent"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/private"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/tenure"
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
	tenure.Record

	// Path is the project's path when it was last read.
	Path string `json:"path"`
}

var privateFormat = private.Format[privateState]{Key: "project", Version: 1}

// project is the project as it was last seen.
func (p privateState) project(id types.Int64) gitlab.Target {
	return gitlab.Target{Kind: gitlab.KindProject, ID: id.ValueInt64(), Path: p.Path}
}

// field ties a toggle of the model to GitLab's.
type field struct {
	name string
	// label is GitLab's own name of it.
	label string
	value *types.Bool
	// stored is nil where this GitLab has no such toggle.
	stored *bool
	// secure is the value that grants least.
	secure bool
	// change is where a value to write goes.
	change func(*allowlists.SettingsChange) **bool
}

// fields lists the toggles of a model beside those of the server.
func (m *settingsModel) fields(stored allowlists.Settings) []field {
	return []field{
		{
			inboundAttribute, "Limit access to this project", &m.InboundAllowlistEnabled, &stored.InboundAllowlist, true,
			func(c *allowlists.SettingsChange) **bool { return &c.InboundAllowlist },
		},
		{
			"outbound_allowlist_enabled", "Limit access from this project", &m.OutboundAllowlistEnabled, &stored.Outbound, stored.Outbound,
			func(c *allowlists.SettingsChange) **bool { return &c.Outbound },
		},
		{
			"push_repository_allowed", "Allow Git push requests to the repository", &m.PushRepositoryAllowed, &stored.PushRepository, false,
			func(c *allowlists.SettingsChange) **bool { return &c.PushRepository },
		},
		{
			"cross_project_push_allowed", "Allow Git push requests from other projects", &m.CrossProjectPushAllowed, stored.CrossProjectPush, false,
			func(c *allowlists.SettingsChange) **bool { return &c.CrossProjectPush },
		},
	}
}

const inboundAttribute = "inbound_allowlist_enabled"

func (m *settingsModel) equal(other *settingsModel) bool {
	mine, others := m.fields(allowlists.Settings{}), other.fields(allowlists.Settings{})
	for i := range mine {
		if !mine[i].value.Equal(*others[i].value) {
			return false
		}
	}
	return m.Project.Equal(other.Project) && m.ProjectID.Equal(other.ProjectID) &&
		m.InboundAllowlistEffective.Equal(other.InboundAllowlistEffective) && m.EnforcedByInstance.Equal(other.EnforcedByInstance)
}

// managed are the toggles that a configuration mentions, or that a state holds.
func (m *settingsModel) managed() (names []string) {
	for _, f := range m.fields(allowlists.Settings{}) {
		if !f.value.IsNull() {
			names = append(names, f.name)
		}
	}
	return names
}

// difference gives the toggles to write: those that the configuration changes from what the state holds,
// which is all that it mentions in a creation. Meanwhile are those that somebody else has switched and
// that stay as they are.
func difference(config, state *settingsModel, stored allowlists.Settings) (change allowlists.SettingsChange, meanwhile []field) {
	before := state.fields(stored)
	for i, f := range config.fields(stored) {
		switch due := intent.ToggleOf(*f.value, *before[i].value, f.stored != nil && *f.stored); {
		case due.Meanwhile:
			meanwhile = append(meanwhile, f)
		case due.Write != nil:
			*f.change(&change) = due.Write
		}
	}
	return change, meanwhile
}

// secure gives the toggles that a destroy returns to their secure defaults: of those that it takes back,
// the ones that grant more. The legacy outbound list stays as it is.
func secure(state *settingsModel, stored allowlists.Settings, takes func(name string) bool) (change allowlists.SettingsChange) {
	for _, f := range state.fields(stored) {
		if !f.value.IsNull() && takes(f.name) && f.stored != nil && *f.stored != f.secure {
			*f.change(&change) = &f.secure
		}
	}
	return change
}

// flatten writes the stored toggles into a model: all of them after an import, else those that are
// not null. A toggle that this GitLab does not have is null.
func flatten(m *settingsModel, stored allowlists.Settings, all bool) {
	for _, f := range m.fields(stored) {
		if all || !f.value.IsNull() {
			*f.value = types.BoolPointerValue(f.stored)
		}
	}
}

// flattenEnforcement writes what is known of enforcement: null where only an administrator could tell.
func flattenEnforcement(enforcement allowlists.Enforcement) types.Bool {
	if enforcement == allowlists.EnforcementUnknown {
		return types.BoolNull()
	}
	return types.BoolValue(enforcement == allowlists.Enforced)
}
