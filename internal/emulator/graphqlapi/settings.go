package graphqlapi

import (
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/graphql"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rules"
)

// settingsOf is null, without an error, for callers who do not administer the project.
func (r *resolvers) settingsOf(q query, p project) (any, error) {
	if !rules.CanAdminProject(q.state, q.caller, p.Project) {
		return nil, nil
	}
	return ciCdSettings(p), nil
}

// settingsFields are the stored toggles, whatever the instance enforces.
func (r *resolvers) settingsFields() map[string]graphql.Resolver {
	fields := map[string]graphql.Resolver{
		"ProjectCiCdSetting.project":                          field(func(s ciCdSettings) any { return project(s) }),
		"ProjectCiCdSetting.inboundJobTokenScopeEnabled":      field(func(s ciCdSettings) any { return s.JobToken.Inbound }),
		"ProjectCiCdSetting.jobTokenScopeEnabled":             field(func(s ciCdSettings) any { return s.JobToken.Outbound }),
		"ProjectCiCdSetting.pushRepositoryForJobTokenAllowed": field(func(s ciCdSettings) any { return s.JobToken.Push }),
		"ProjectCiCdSetting.displayPipelineVariables":         field(func(ciCdSettings) any { return false }),
		"ProjectCiCdSetting.groupRunnersEnabled":              field(func(ciCdSettings) any { return true }),
		"ProjectCiCdSetting.keepLatestArtifact":               field(func(ciCdSettings) any { return true }),
	}
	if r.services.Version.HasCrossProjectPush() {
		fields["ProjectCiCdSetting.crossProjectPushForJobTokenAllowed"] = field(func(s ciCdSettings) any { return s.JobToken.CrossProjectPush })
	}
	return fields
}
