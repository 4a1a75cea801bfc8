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

// CreateShare shares a project or group with a group. Every mistake in what is sent is
// a conflict, as what is shared already.
func (s Services) CreateShare(st *store.State, c Caller, source store.Source, group *store.Namespace, role Role) (*store.Share, *Refusal) {
	if !canManageMembers(st, c, source) {
		return nil, forbidden("")
	}
	if group == nil || !CanReadGroup(st, c, group) {
		return nil, &Refusal{Reason: NotFound, Text: "404 Not Found"}
	}
	conflict := func(text string) (*store.Share, *Refusal) { return nil, &Refusal{Reason: Conflict, Text: text} }
	switch {
	case st.Share(source, group.ID) != nil && source.Kind == store.GroupSource:
		return conflict("The group has already been shared with this group")
	case st.Share(source, group.ID) != nil:
		return conflict("Group already shared with this group")
	case !slices.Contains(grantableLevels, role.Level) || role.Level == store.MinimalAccess:
		return conflict("Group access is not included in the list")
	}
	return st.CreateShare(store.Share{With: source, GroupID: group.ID, Level: role.Level, ExpiresAt: role.ExpiresAt}), nil
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
	st.DeleteShare(share)
	return nil
}
