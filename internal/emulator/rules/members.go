package rules

import (
	"cmp"
	"slices"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

var grantableLevels = []store.AccessLevel{
	store.MinimalAccess, store.Guest, store.Planner, store.Reporter, store.SecurityManager,
	store.Developer, store.Maintainer, store.Owner,
}

// Role is a role to give, until a date or, with nil, for good.
type Role struct {
	Level     store.AccessLevel
	RoleID    int64 // of a custom role on that base; 0: none
	ExpiresAt *time.Time
}

// AddMember gives a user a role in a project or group.
func (s Services) AddMember(st *store.State, c Caller, source store.Source, userID int64, role Role) (*store.Member, *Refusal) {
	if !canManageMembers(st, c, source) {
		return nil, forbidden("")
	}
	if st.Member(source, userID) != nil {
		return nil, &Refusal{Reason: Conflict, Text: "Member already exists"}
	}
	if st.User(userID) == nil {
		return nil, &Refusal{Reason: NotFound, Text: "404 User Not Found"}
	}
	if refusal := validRole(st, c, source, userID, role); refusal != nil {
		return nil, refusal
	}
	return st.PutMember(store.Member{
		Source: source, UserID: userID, Level: role.Level, RoleID: role.RoleID, CreatedBy: c.ID(), ExpiresAt: role.ExpiresAt,
	}), nil
}

// UpdateMember changes a user's own role; that of an access token's bot is fixed.
func (s Services) UpdateMember(st *store.State, c Caller, member *store.Member, role Role) (*store.Member, *Refusal) {
	if !canManageMembers(st, c, member.Source) || st.User(member.UserID).Bot {
		return nil, forbidden("")
	}
	if refusal := validRole(st, c, member.Source, member.UserID, role); refusal != nil {
		return nil, refusal
	}
	changed := *member
	changed.Level, changed.RoleID, changed.ExpiresAt = role.Level, role.RoleID, role.ExpiresAt
	return st.PutMember(changed), nil
}

// RemoveMember ends a user's own role; a user may always leave, and the bot of an
// access token only does so by itself.
func (s Services) RemoveMember(st *store.State, c Caller, member *store.Member) *Refusal {
	managed := canManageMembers(st, c, member.Source) && !st.User(member.UserID).Bot
	if !managed && member.UserID != c.ID() {
		return forbidden("")
	}
	st.RemoveMember(member.Source, member.UserID)
	return nil
}

// canManageMembers is admin_project_member (Maintainer) and admin_group_member (Owner).
func canManageMembers(st *store.State, c Caller, source store.Source) bool {
	if source.Kind == store.GroupSource {
		return CanAdminGroup(st, c, st.Group(source.ID))
	}
	return CanAdminProject(st, c, st.Project(source.ID))
}

func validRole(st *store.State, c Caller, source store.Source, userID int64, role Role) *Refusal {
	if !slices.Contains(grantableLevels, role.Level) {
		return invalid("access_level", "is not included in the list")
	}
	if custom := st.MemberRole(role.RoleID); role.RoleID != 0 && (custom == nil || custom.Base != role.Level) {
		return invalid("member_role_id", "the custom role's base access level does not match the current access level")
	}
	if role.Level == store.Owner && source.Kind == store.ProjectSource && !CanOwnProject(st, c, st.Project(source.ID)) {
		return forbidden("")
	}
	if inherited := inheritedLevel(st, source, userID); role.Level < inherited {
		return invalid("access_level", "should be greater than or equal to "+inherited.String()+" inherited membership from group "+inheritedFrom(st, source, userID).FullName)
	}
	return nil
}

func parentID(st *store.State, source store.Source) int64 {
	if source.Kind == store.GroupSource {
		return st.Group(source.ID).ParentID
	}
	return st.Project(source.ID).NamespaceID
}

func inheritedLevel(st *store.State, source store.Source, userID int64) store.AccessLevel {
	highest := store.NoAccess
	for _, n := range st.Lineage(parentID(st, source)) {
		highest = max(highest, levelIn(st, store.Source{Kind: store.GroupSource, ID: n.ID}, userID))
	}
	return highest
}

func inheritedFrom(st *store.State, source store.Source, userID int64) *store.Namespace {
	level := inheritedLevel(st, source, userID)
	for _, n := range st.Lineage(parentID(st, source)) {
		if levelIn(st, store.Source{Kind: store.GroupSource, ID: n.ID}, userID) == level {
			return n
		}
	}
	return nil
}

// EffectiveMembers lists who has a role in a source, by itself or by the groups
// above; each user once, with the highest role, by ascending user id.
func EffectiveMembers(st *store.State, source store.Source) []*store.Member {
	highest := map[int64]*store.Member{}
	collect := func(members []*store.Member) {
		for _, m := range members {
			if have := highest[m.UserID]; have == nil || m.Level > have.Level {
				highest[m.UserID] = m
			}
		}
	}
	collect(st.MembersOf(source))
	for _, n := range st.Lineage(parentID(st, source)) {
		collect(st.MembersOf(store.Source{Kind: store.GroupSource, ID: n.ID}))
	}
	found := make([]*store.Member, 0, len(highest))
	for _, m := range highest {
		found = append(found, m)
	}
	slices.SortFunc(found, func(a, b *store.Member) int { return cmp.Compare(a.UserID, b.UserID) })
	return found
}
