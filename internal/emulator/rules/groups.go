package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// GroupAttributes are what a caller may say of a group; nil says nothing.
type GroupAttributes struct {
	Name        *string
	Path        *string
	Description *string
	Visibility  *store.Visibility
	// ShareLock is share_with_group_lock, ShareWithin prevent_sharing_groups_outside_hierarchy.
	ShareLock, ShareWithin *bool
}

// CreateGroup makes a group at the top level (parent nil) or in another; its
// maker becomes its owner.
func (s Services) CreateGroup(st *store.State, c Caller, parent *store.Namespace, attrs GroupAttributes) (*store.Namespace, *Refusal) {
	if parent != nil && !CanCreateSubgroup(st, c, parent) {
		return nil, forbidden("")
	}
	group := store.Namespace{Kind: store.GroupNamespace, Visibility: store.Private}
	if parent != nil {
		group.ParentID, group.Visibility = parent.ID, parent.Visibility
	}
	assign(&group.Name, attrs.Name)
	assign(&group.Path, attrs.Path)
	assign(&group.Description, attrs.Description)
	assign(&group.Visibility, attrs.Visibility)
	if text := groupError(st, 0, parent, group); text != "" {
		return nil, plain("Failed to save group " + text)
	}
	created := st.CreateNamespace(group)
	st.PutMember(store.Member{
		Source: store.Source{Kind: store.GroupSource, ID: created.ID},
		UserID: c.ID(), Level: store.Owner, CreatedBy: c.ID(),
	})
	return created, nil
}

// groupError is the model's first error in the form of a Ruby hash, or "".
func groupError(st *store.State, id int64, parent *store.Namespace, g store.Namespace) string {
	full := g.Path
	if parent != nil {
		full = parent.FullPath + "/" + g.Path
	}
	other := st.NamespaceByPath(full)
	switch {
	case g.Name == "":
		return fmt.Sprintf("{:name=>[%q]}", blank)
	case !validPath(g.Path):
		return fmt.Sprintf("{:path=>[%q]}", invalidPath)
	case other != nil && other.ID != id, other == nil && st.PathTaken(full):
		return fmt.Sprintf("{:path=>[%q]}", taken)
	case parent != nil && g.Visibility.Rank() > parent.Visibility.Rank():
		return fmt.Sprintf("{:visibility_level=>[%q]}", fmt.Sprintf("%s is not allowed since the parent group has a %s visibility.", g.Visibility, parent.Visibility))
	}
	return ""
}

// UpdateGroup changes a group's attributes; a new path moves all below it.
func (s Services) UpdateGroup(st *store.State, c Caller, g *store.Namespace, attrs GroupAttributes) (*store.Namespace, *Refusal) {
	if !CanAdminGroup(st, c, g) {
		return nil, forbidden("")
	}
	changed := *g
	assign(&changed.Name, attrs.Name)
	assign(&changed.Path, attrs.Path)
	assign(&changed.Description, attrs.Description)
	assign(&changed.Visibility, attrs.Visibility)
	assign(&changed.ShareLock, attrs.ShareLock)
	assign(&changed.ShareWithin, attrs.ShareWithin)
	if text := groupError(st, g.ID, st.Namespace(g.ParentID), changed); text != "" {
		return nil, plain("Failed to save group " + text)
	}
	if tooOpen(st, g, changed.Visibility) {
		return nil, invalid("visibility_level", fmt.Sprintf("%s is not allowed since this group contains projects with higher visibility.", changed.Visibility))
	}
	return st.UpdateNamespace(g, func(n *store.Namespace) {
		n.Name, n.Path, n.Description, n.Visibility = changed.Name, changed.Path, changed.Description, changed.Visibility
		n.ShareLock, n.ShareWithin = changed.ShareLock, changed.ShareWithin
	}), nil
}

func tooOpen(st *store.State, g *store.Namespace, v store.Visibility) bool {
	return v.Rank() < g.Visibility.Rank() &&
		slices.ContainsFunc(st.ProjectsUnder(g.ID), func(p *store.Project) bool { return p.Visibility.Rank() > v.Rank() })
}

// DeleteGroup schedules a group's deletion or, when it is scheduled already
// and asked to, removes it with all that is in it.
func (s Services) DeleteGroup(st *store.State, c Caller, g *store.Namespace, how Deletion) *Refusal {
	if !CanAdminGroup(st, c, g) {
		return forbidden("")
	}
	scheduled := g.MarkedForDeletion != nil
	switch {
	case !s.Version.SchedulesDeletion():
		st.DeleteNamespace(g.ID)
	case how.Permanently && !scheduled:
		return plain("Group must be marked for deletion first.")
	case how.Permanently && how.FullPath != g.FullPath:
		return plain("`full_path` is incorrect. You must enter the complete path for the subgroup.")
	case how.Permanently:
		st.DeleteNamespace(g.ID)
	case scheduled:
		return plain("Group has been already marked for deletion")
	default:
		now := st.Now()
		suffix := deletionSuffix(g.ID)
		st.UpdateNamespace(g, func(n *store.Namespace) {
			n.Path, n.Name, n.Archived, n.MarkedForDeletion = n.Path+suffix, n.Name+suffix, true, &now
		})
	}
	return nil
}

// RestoreGroup takes a scheduled deletion back; the old path must be free.
func (s Services) RestoreGroup(st *store.State, c Caller, g *store.Namespace) (*store.Namespace, *Refusal) {
	if !CanAdminGroup(st, c, g) {
		return nil, forbidden("")
	}
	if g.MarkedForDeletion == nil {
		return nil, plain("Group has not been marked for deletion")
	}
	suffix := deletionSuffix(g.ID)
	restored := *g
	restored.Path, restored.Name = strings.TrimSuffix(g.Path, suffix), strings.TrimSuffix(g.Name, suffix)
	if text := groupError(st, g.ID, st.Namespace(g.ParentID), restored); text != "" {
		return nil, plain("Failed to save group " + text)
	}
	return st.UpdateNamespace(g, func(n *store.Namespace) {
		n.Path, n.Name, n.Archived, n.MarkedForDeletion = restored.Path, restored.Name, false, nil
	}), nil
}
