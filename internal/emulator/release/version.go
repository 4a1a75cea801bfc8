// Package release names the GitLab versions the emulator can be and, switch by
// switch, what differs between them. Everything else in the emulator asks these
// switches and never compares version numbers itself.
package release

import (
	"fmt"
	"slices"
	"strings"
)

// Version is a GitLab release. The zero value is none; use Parse or Newest.
type Version struct {
	// Text is what GET /version and GET /metadata answer, such as "19.4.1".
	Text string

	major, minor int
	flipped      uint64 // by the number of the Flip
}

var versions = []Version{
	{Text: "17.11.7", major: 17, minor: 11},
	{Text: "18.4.6", major: 18, minor: 4},
	{Text: "19.0.4", major: 19, minor: 0},
	{Text: "19.4.1", major: 19, minor: 4},
}

// Newest is the newest release the emulator knows.
func Newest() Version { return versions[len(versions)-1] }

// Parse finds a release by "major.minor" or by its full text; the empty text
// means Newest.
func Parse(text string) (Version, error) {
	if text == "" {
		return Newest(), nil
	}
	known := make([]string, 0, len(versions))
	for _, v := range versions {
		short := fmt.Sprintf("%d.%d", v.major, v.minor)
		if text == v.Text || text == short {
			return v, nil
		}
		known = append(known, short)
	}
	return Version{}, fmt.Errorf("unknown GitLab version %q: known are %s", text, strings.Join(known, ", "))
}

func (v Version) atLeast(major, minor int) bool {
	return v.major > major || v.major == major && v.minor >= minor
}

// Revision is the commit that /version and /metadata name.
func (v Version) Revision() string { return fmt.Sprintf("%02d%02d0e7a1c5", v.major, v.minor) }

// EnforcesAllowlistByDefault says whether a new instance has
// enforce_ci_inbound_job_token_scope_enabled on. Seen on for 18.11 and 19.4, and
// off for 17.11; between them a migration of 18.0 has switched it on everywhere.
func (v Version) EnforcesAllowlistByDefault() bool { return v.atLeast(18, 0) }

// RefusesDisablingUnderEnforcement says whether switching a project's allowlist
// off is refused while the instance enforces it, rather than stored without
// effect. Seen refused on 18.11 and stored on 17.11. For 18.4 nobody knows: what
// was read of 18.x has no such check, so it stores, and is the one version that
// enforces by default and says nothing about it.
func (v Version) RefusesDisablingUnderEnforcement() bool {
	return v.atLeast(18, 11) != v.Flipped(EnforcementAcceptsOff)
}

// AcceptsSelfEntry says whether a project may put itself on its own allowlist,
// a place for the permissions of its own jobs (18.1).
func (v Version) AcceptsSelfEntry() bool { return v.atLeast(18, 1) }

// NarrowsOwnJobs says whether an entry for a project itself, or for a group above it,
// binds the project's own jobs (18.1).
func (v Version) NarrowsOwnJobs() bool { return v.atLeast(18, 1) }

// RemovesInboundByDefault says whether ciJobTokenScopeRemoveProject without a
// direction removes an inbound entry; before 19 it looked for an outbound one.
func (v Version) RemovesInboundByDefault() bool { return v.atLeast(19, 0) }

// SchedulesDeletion says whether DELETE of a project or group renames and
// archives it first (18.0) instead of deleting it at once.
func (v Version) SchedulesDeletion() bool { return v.atLeast(18, 0) }

// HasFineGrainedPermissions says whether the fine-grained permissions of
// allowlist entries are active everywhere (18.3), rather than only below the
// top-level namespaces with the setting job_token_policies_enabled.
func (v Version) HasFineGrainedPermissions() bool { return v.atLeast(18, 3) }

// RemovesUnseenProjects says whether a project that the caller may not see can be
// removed from an allowlist by its path. Read in 19.x; below 18.0 the service
// seems to have asked for read_project.
func (v Version) RemovesUnseenProjects() bool { return v.atLeast(18, 0) || v.Flipped(OldRemovesUnseen) }

// LooksTargetsUpByID says whether REST finds the project to take off an allowlist by its
// id alone and leaves the right to the service, as it does for groups. Read in 19.1; in
// 17.x the target had to be in sight.
func (v Version) LooksTargetsUpByID() bool { return v.atLeast(19, 0) }

// HasAutopopulation says whether an allowlist can be filled from the
// authentication log. It is not in 19.x; its removal was planned for 18.6.
func (v Version) HasAutopopulation() bool { return !v.atLeast(18, 6) }

// HasCrossProjectPush says whether projects have the setting
// crossProjectPushForJobTokenAllowed (19.0).
func (v Version) HasCrossProjectPush() bool { return v.atLeast(19, 0) }

// PushesAcrossProjects says whether that setting has its effect: in 19.0 it waits
// for a feature flag that is off, and from 19.1 on it needs none.
func (v Version) PushesAcrossProjects() bool { return v.atLeast(19, 1) }

// NamesProjectsByID says whether refusals of job tokens name the project they are
// about as "project #7" instead of by the last segment of its path. Read in 19.1;
// the first version is not known.
func (v Version) NamesProjectsByID() bool { return v.atLeast(19, 0) }

// MakesEndlessAccessTokens says whether project and group access tokens may be made
// without expires_at where the instance does not require an expiry. Before, the
// parameter is required whatever the instance's setting says (GitLab issue 574745,
// merge request 209400).
func (v Version) MakesEndlessAccessTokens() bool { return v.atLeast(19, 0) }

// HasAgentScopes says whether access tokens can have the scopes mcp and ai_workflows; the first version is
// not known.
func (v Version) HasAgentScopes() bool { return v.atLeast(19, 0) }

// SaysTargetIsAlreadyInScope says whether a duplicate is refused with the old
// words "Target project is already in the job token scope".
func (v Version) SaysTargetIsAlreadyInScope() bool {
	return v.atLeast(18, 0) == v.Flipped(OtherDuplicateText)
}

// TakesGroupVariableFlagsAsText says whether the flags of group variables are
// declared as texts. They are booleans in the endpoints of 18.4.
func (v Version) TakesGroupVariableFlagsAsText() bool {
	return !v.atLeast(18, 0) != v.Flipped(GroupVariableTextFlags)
}

// ShowsTokenResource says whether project and group access tokens have the fields
// resource_type and resource_id. Read in 18.4; the first version is not known.
func (v Version) ShowsTokenResource() bool { return v.atLeast(18, 4) }

// ShowsTokenAddresses says whether project and group access tokens have the field
// last_used_ips. Read in 19.x; the first version is not known.
func (v Version) ShowsTokenAddresses() bool { return v.atLeast(19, 0) }

// ShowsGranularTokens says whether access tokens of all kinds have the field
// granular. Read in 19.x; the first version is not known.
func (v Version) ShowsGranularTokens() bool { return v.atLeast(19, 0) }

// HasGranularTokens says whether there are fine-grained personal access tokens (beta in
// 18.10, generally available in 19.2).
func (v Version) HasGranularTokens() bool { return v.atLeast(18, 10) }

// HasServiceAccounts says whether every tier has service accounts (18.11). Before, they
// want a licence.
func (v Version) HasServiceAccounts() bool { return v.atLeast(18, 11) }

// HasSecurityManager says whether an access token may have the role 25. Read in
// 19.x; the first version is not known.
func (v Version) HasSecurityManager() bool { return v.atLeast(19, 0) }

// AllowlistPageSize is the largest page of projectsAllowlist and
// groupsAllowlist. Only the newest type file is known to allow a full list.
func (v Version) AllowlistPageSize() int {
	if v.atLeast(19, 0) {
		return 200
	}
	return 100
}

// AddedToSchema is schema text for what the newest GraphQL schema has lost.
func (v Version) AddedToSchema() string {
	added := ""
	if !v.atLeast(18, 0) {
		added += "extend enum CiJobTokenScopePolicies { READ_CONTAINERS ADMIN_CONTAINERS }\n"
	}
	if v.HasAutopopulation() {
		added += autopopulation
	}
	return added
}

const autopopulation = `
extend type Mutation {
  ciJobTokenScopeAutopopulateAllowlist(input: CiJobTokenScopeAutopopulateAllowlistInput!): CiJobTokenScopeAutopopulateAllowlistPayload
  ciJobTokenScopeClearAllowlistAutopopulations(input: CiJobTokenScopeClearAllowlistAutopopulationsInput!): CiJobTokenScopeClearAllowlistAutopopulationsPayload
}
input CiJobTokenScopeAutopopulateAllowlistInput {
  clientMutationId: String
  projectPath: ID!
}
type CiJobTokenScopeAutopopulateAllowlistPayload {
  clientMutationId: String
  errors: [String!]!
  status: String!
}
input CiJobTokenScopeClearAllowlistAutopopulationsInput {
  clientMutationId: String
  projectPath: ID!
}
type CiJobTokenScopeClearAllowlistAutopopulationsPayload {
  clientMutationId: String
  errors: [String!]!
  status: String!
}
`

// HiddenFromSchema lists what of the newest GraphQL schema this version does
// not have, as "Type.field", "Input.field" or "Enum.VALUE".
func (v Version) HiddenFromSchema() map[string]bool {
	hidden := map[string]bool{}
	if !v.HasCrossProjectPush() {
		hidden["ProjectCiCdSetting.crossProjectPushForJobTokenAllowed"] = true
		hidden["ProjectCiCdSettingsUpdateInput.crossProjectPushForJobTokenAllowed"] = true
	}
	for _, permission := range newestPermissions {
		if !slices.Contains(v.Permissions(), permission) {
			hidden["CiJobTokenScopePolicies."+strings.ToUpper(permission)] = true
		}
	}
	return hidden
}

var newestPermissions = []string{
	"read_badges", "admin_badges",
	"read_deployments", "admin_deployments",
	"read_environments", "admin_environments",
	"read_jobs", "admin_jobs",
	"read_merge_requests",
	"read_packages", "admin_packages",
	"read_pipelines", "admin_pipelines",
	"read_releases", "admin_releases",
	"read_repositories", "admin_repositories",
	"read_secure_files", "admin_secure_files",
	"read_terraform_state", "admin_terraform_state",
	"read_work_items",
}

// Permissions lists the fine-grained job token permissions an entry may hold,
// in the stored, lower-case spelling.
func (v Version) Permissions() []string {
	if v.atLeast(19, 0) {
		return newestPermissions
	}
	absent := []string{"read_badges", "admin_badges", "admin_repositories"}
	var since []string
	if !v.atLeast(18, 0) {
		absent = append(absent, "read_merge_requests", "read_repositories", "read_work_items")
		since = []string{"read_containers", "admin_containers"}
	}
	kept := slices.DeleteFunc(slices.Clone(newestPermissions), func(p string) bool { return slices.Contains(absent, p) })
	return append(kept, since...)
}
