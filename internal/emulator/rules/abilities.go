package rules

import (
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// levelIn is a user's own role in a source, unless the membership has expired.
func levelIn(st *store.State, source store.Source, userID int64) store.AccessLevel {
	member := st.Member(source, userID)
	if member == nil || member.ExpiresAt != nil && !st.Now().Before(*member.ExpiresAt) {
		return store.NoAccess
	}
	return member.Level
}

// memberLevel is the highest role a user has in a namespace as a member, of it or of
// any group above.
func memberLevel(st *store.State, userID, namespaceID int64) store.AccessLevel {
	highest := store.NoAccess
	if userID == 0 {
		return highest
	}
	for _, n := range st.Lineage(namespaceID) {
		if n.OwnerID == userID {
			return store.Owner
		}
		highest = max(highest, levelIn(st, store.Source{Kind: store.GroupSource, ID: n.ID}, userID))
	}
	return highest
}

// NamespaceLevel is the highest role a user has in a namespace, as a member or because
// it, or a group above, is shared with a group of theirs.
func NamespaceLevel(st *store.State, userID, namespaceID int64) store.AccessLevel {
	highest := memberLevel(st, userID, namespaceID)
	if userID == 0 {
		return highest
	}
	for _, n := range st.Lineage(namespaceID) {
		highest = max(highest, sharedLevel(st, store.Source{Kind: store.GroupSource, ID: n.ID}, userID))
	}
	return highest
}

// ProjectLevel is the highest role a user has in a project, by itself, by a share or by
// the groups above it.
func ProjectLevel(st *store.State, userID int64, p *store.Project) store.AccessLevel {
	if userID == 0 {
		return store.NoAccess
	}
	source := store.Source{Kind: store.ProjectSource, ID: p.ID}
	return max(levelIn(st, source, userID), sharedLevel(st, source, userID), NamespaceLevel(st, userID, p.NamespaceID))
}

// hasAbility says whether one of the caller's memberships of a project or group, or
// of a group above it, has a custom role with an ability.
func hasAbility(st *store.State, c Caller, source store.Source, ability string) bool {
	holds := func(source store.Source) bool {
		member := st.Member(source, c.ID())
		return member != nil && levelIn(st, source, c.ID()) > store.NoAccess && st.MemberRole(member.RoleID).Has(ability)
	}
	if !c.SignedIn() {
		return false
	}
	if holds(source) {
		return true
	}
	for _, n := range st.Lineage(parentID(st, source)) {
		if holds(store.Source{Kind: store.GroupSource, ID: n.ID}) {
			return true
		}
	}
	return false
}

// CanAdminVariables is the ability admin_cicd_variables: Maintainer of a project,
// Owner of a group, or a custom role.
func CanAdminVariables(st *store.State, c Caller, container store.Source) bool {
	least := store.Maintainer
	if container.Kind == store.GroupSource {
		least = store.Owner
	}
	return roleIn(st, c, container) >= least || hasAbility(st, c, container, store.AdminCICDVariables)
}

func visibleToAll(c Caller, v store.Visibility) bool {
	return v == store.Public || v == store.Internal && c.SignedIn() && !c.User.External
}

// CanReadProject is the ability read_project.
func CanReadProject(st *store.State, c Caller, p *store.Project) bool {
	return c.Admin() || visibleToAll(c, p.Visibility) || ProjectLevel(st, c.ID(), p) >= store.Guest
}

// CanAdminProject is the ability admin_project: Maintainer and up.
func CanAdminProject(st *store.State, c Caller, p *store.Project) bool {
	return c.Admin() || ProjectLevel(st, c.ID(), p) >= store.Maintainer
}

// CanOwnProject stands for the abilities rename_project, change_namespace,
// change_visibility_level, archive_project and remove_project: Owner.
func CanOwnProject(st *store.State, c Caller, p *store.Project) bool {
	return c.Admin() || ProjectLevel(st, c.ID(), p) >= store.Owner
}

// CanReadGroup is the ability read_group: who has a role in the group, or in a
// project somewhere below it.
func CanReadGroup(st *store.State, c Caller, g *store.Namespace) bool {
	if c.Admin() || visibleToAll(c, g.Visibility) || NamespaceLevel(st, c.ID(), g.ID) >= store.Guest {
		return true
	}
	if !c.SignedIn() {
		return false
	}
	for _, member := range st.MembershipsOf(c.ID()) {
		if member.Level >= store.Guest && leadsInto(st, member.Source, g) {
			return true
		}
	}
	return false
}

// leadsInto says whether a membership is of a project below the group, or of
// a subgroup that has projects.
func leadsInto(st *store.State, source store.Source, g *store.Namespace) bool {
	if source.Kind == store.ProjectSource {
		p := st.Project(source.ID)
		return p != nil && within(p.FullPath, g.FullPath)
	}
	subgroup := st.Group(source.ID)
	return subgroup != nil && within(subgroup.FullPath, g.FullPath) && len(st.ProjectsUnder(subgroup.ID)) > 0
}

func within(fullPath, groupPath string) bool {
	return strings.HasPrefix(strings.ToLower(fullPath), strings.ToLower(groupPath)+"/")
}

// CanReadNamespace is read_group for groups; a user's namespace is read by its
// owner, and by everybody who knows its name in GraphQL.
func CanReadNamespace(st *store.State, c Caller, n *store.Namespace) bool {
	if n.IsGroup() {
		return CanReadGroup(st, c, n)
	}
	return c.Admin() || c.SignedIn() && n.OwnerID == c.ID()
}

// CanAdminGroup is the ability admin_group: Owner.
func CanAdminGroup(st *store.State, c Caller, g *store.Namespace) bool {
	return c.Admin() || NamespaceLevel(st, c.ID(), g.ID) >= store.Owner
}

// CanCreateSubgroup is the ability create_subgroup: Maintainer by default.
func CanCreateSubgroup(st *store.State, c Caller, g *store.Namespace) bool {
	return c.Admin() || NamespaceLevel(st, c.ID(), g.ID) >= store.Maintainer
}

// CanCreateProjects is the ability create_projects: Developer in a group by
// default, and the owner of a user's namespace.
func CanCreateProjects(st *store.State, c Caller, n *store.Namespace) bool {
	return c.Admin() || NamespaceLevel(st, c.ID(), n.ID) >= store.Developer
}

// EffectiveInbound says whether a project's allowlist counts: always under
// instance enforcement, else by the project's own toggle.
func EffectiveInbound(st *store.State, p *store.Project) bool {
	return st.Settings.EnforceInboundJobTokenScope || p.JobToken.Inbound
}
