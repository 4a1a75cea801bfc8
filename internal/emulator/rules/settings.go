package rules

import (
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/release"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// SettingsChange names the toggles to write; nil leaves one as it is.
type SettingsChange struct {
	Inbound          *bool
	Outbound         *bool
	Push             *bool
	CrossProjectPush *bool
}

// UpdateSettings writes a project's job token toggles, all or none.
func (s Services) UpdateSettings(st *store.State, p *store.Project, change SettingsChange) (*store.Project, *Refusal) {
	disables := change.Inbound != nil && !*change.Inbound
	if s.Version.Flipped(release.EnforcementKeepsStoredOff) {
		disables = disables && p.JobToken.Inbound
	}
	if disables && st.Settings.EnforceInboundJobTokenScope && s.Version.RefusesDisablingUnderEnforcement() {
		return p, badRequest("Job token scope cannot be disabled for this project because it is enforced for the instance.")
	}
	return st.UpdateProject(p, func(p *store.Project) {
		assign(&p.JobToken.Inbound, change.Inbound)
		assign(&p.JobToken.Outbound, change.Outbound)
		assign(&p.JobToken.Push, change.Push)
		assign(&p.JobToken.CrossProjectPush, change.CrossProjectPush)
	}), nil
}

func assign[T any](to, value *T) {
	if value != nil {
		*to = *value
	}
}
