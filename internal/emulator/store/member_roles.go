package store

import "slices"

// The abilities of custom roles that concern what the emulator serves, under
// GitLab's names.
const (
	AdminCICDVariables        = "admin_cicd_variables"
	AdminPushRules            = "admin_push_rules"
	ManageDeployTokens        = "manage_deploy_tokens"
	ManageGroupAccessTokens   = "manage_group_access_tokens"
	ManageProjectAccessTokens = "manage_project_access_tokens"
)

// MemberRoleAbilities are the abilities a custom role may have, in the order in
// which GitLab shows them.
var MemberRoleAbilities = []string{
	AdminCICDVariables, AdminPushRules, ManageDeployTokens, ManageGroupAccessTokens, ManageProjectAccessTokens,
}

// MemberRole is a custom role of the instance: abilities on top of a base role.
type MemberRole struct {
	ID          int64
	Name        string
	Description *string
	Base        AccessLevel
	Abilities   []string
}

// Has says whether the role has an ability. A nil role has none.
func (r *MemberRole) Has(ability string) bool {
	return r != nil && slices.Contains(r.Abilities, ability)
}

// CreateMemberRole stores a custom role; ID is filled in.
func (s *State) CreateMemberRole(r MemberRole) *MemberRole {
	s.lastMemberRole++
	r.ID = s.lastMemberRole
	s.memberRoles[r.ID] = &r
	return &r
}

// MemberRole finds a custom role by id, or nil.
func (s *State) MemberRole(id int64) *MemberRole { return s.memberRoles[id] }

// MemberRoles lists the custom roles by ascending id.
func (s *State) MemberRoles() []*MemberRole { return oldestFirst(s.memberRoles) }

// DeleteMemberRole removes a custom role. Nobody may hold it.
func (s *State) DeleteMemberRole(r *MemberRole) { delete(s.memberRoles, r.ID) }

// HoldersOf counts the memberships with a custom role.
func (s *State) HoldersOf(r *MemberRole) int {
	count := 0
	for _, members := range s.members.bySource {
		for _, member := range members {
			if member.RoleID == r.ID {
				count++
			}
		}
	}
	return count
}
