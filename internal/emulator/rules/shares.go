package rules

import (
	"slices"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// sharedLevel is the highest role a user has in a project or group because it is shared
// with a group of theirs: their role there, but not more than what is shared.
func sharedLevel(st *store.State, source store.Source, userID int64) store.AccessLevel {
	highest := store.NoAccess
	for _, share := range st.SharesOf(source) {
		if share.ExpiresAt != nil && !st.Now().Before(*share.ExpiresAt) {
			continue
		}
		highest = max(highest, min(share.Level, memberLevel(st, userID, share.GroupID)))
	}
	return highest
}

// ShareLevels are the roles that a share can give.
func ShareLevels() []store.AccessLevel {
	return slices.DeleteFunc(slices.Clone(grantableLevels), func(level store.AccessLevel) bool { return level == store.MinimalAccess })
}

// CreateShare shares a project or group with a group. What the group is to the caller and to what is shared comes
// first; what is shared already is a conflict.
func (s Services) CreateShare(st *store.State, c Caller, source store.Source, group *store.Namespace, role Role) (*store.Share, *Refusal) {
	if !canManageMembers(st, c, source) {
		return nil, forbidden("")
	}
	if source.Kind == store.ProjectSource {
		if refusal := shareableWith(st, c, st.Project(source.ID), group, role); refusal != nil {
			return nil, refusal
		}
	} else if group == nil || !CanReadGroup(st, c, group) {
		return nil, &Refusal{Reason: NotFound, Text: "404 Not Found"}
	}
	conflict := func(text string) (*store.Share, *Refusal) { return nil, &Refusal{Reason: Conflict, Text: text} }
	switch {
	case st.Share(source, group.ID) != nil && source.Kind == store.GroupSource:
		return conflict("The group has already been shared with this group")
	case st.Share(source, group.ID) != nil:
		return conflict("Project already shared with this group")
	case source.Kind == store.ProjectSource && slices.ContainsFunc(st.Lineage(st.Project(source.ID).NamespaceID), func(n *store.Namespace) bool { return n.ID == group.ID }):
		return conflict("Project cannot be shared with the group it is in or one of its ancestors.")
	}
	return st.CreateShare(store.Share{With: source, GroupID: group.ID, Level: role.Level, ExpiresAt: role.ExpiresAt}), nil
}

// shareableWith is what stands between a project and a group: a lock on its group, a group of which the caller is no
// member, one outside the hierarchy, and Owner, which only Owners give.
func shareableWith(st *store.State, c Caller, p *store.Project, group *store.Namespace, role Role) *Refusal {
	lineage := st.Lineage(p.NamespaceID)
	if st.Namespace(p.NamespaceID).ShareLock {
		return &Refusal{Reason: Plain, Text: "The project sharing with group is disabled"}
	}
	if role.Level == store.Owner && !CanOwnProject(st, c, p) {
		return forbidden("")
	}
	if group == nil || !c.Admin() && NamespaceLevel(st, c.ID(), group.ID) < store.Guest {
		return &Refusal{Reason: NotFound, Text: "Not Found"}
	}
	top := lineage[len(lineage)-1]
	within := slices.ContainsFunc(st.Lineage(group.ID), func(n *store.Namespace) bool { return n.ID == top.ID })
	if top.ShareWithin && !within {
		return &Refusal{Reason: NotFound, Text: "Not Found"}
	}
	return nil
}

// DeleteShare ends a share.
func (s Services) DeleteShare(st *store.State, c Caller, source store.Source, groupID int64) *Refusal {
	if !canManageMembers(st, c, source) {
		return forbidden("")
	}
	share := st.Share(source, groupID)
	if share == nil {
		return &Refusal{Reason: NotFound, Text: "404 Group Link Not Found"}
	}
	// Who owns the project, or the group, ends a share that gives Owner.
	if source.Kind == store.ProjectSource && share.Level == store.Owner && !CanOwnProject(st, c, st.Project(source.ID)) && !CanAdminGroup(st, c, st.Group(groupID)) {
		return forbidden("")
	}
	st.DeleteShare(share)
	return nil
}
