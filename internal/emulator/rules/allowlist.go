package rules

import (
	"fmt"
	"slices"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/release"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// MaxLinks is how many links of a kind and direction a project may hold.
const MaxLinks = 200

const (
	insufficientOnScope  = "Insufficient permissions to modify the job token scope"
	insufficientOnUpdate = "You have insufficient permission to update this job token scope"
	failedToUpdate       = "Failed to update job token scope"
	invalidPolicies      = "Job token policies must be a valid json schema"
)

// Entry is what an allowlist entry grants.
type Entry struct {
	DefaultPermissions bool
	Policies           []string // lower case
}

// Target is a project or a group on an allowlist; the zero value is neither.
type Target struct {
	Project *store.Project
	Group   *store.Namespace
}

// Missing says whether there is no such target.
func (t Target) Missing() bool { return t.Project == nil && t.Group == nil }

func (t Target) kind() store.SourceKind {
	if t.Group != nil {
		return store.GroupSource
	}
	return store.ProjectSource
}

func (t Target) source() store.Source {
	if t.Group != nil {
		return store.Source{Kind: store.GroupSource, ID: t.Group.ID}
	}
	return store.Source{Kind: store.ProjectSource, ID: t.Project.ID}
}

func (t Target) readable(st *store.State, c Caller) bool {
	if t.Group != nil {
		return CanReadGroup(st, c, t.Group)
	}
	return CanReadProject(st, c, t.Project)
}

// FindTarget looks a path up as GitLab's mutations do: a group first, then a
// project, letter case ignored, old paths not followed, sight not asked.
func FindTarget(st *store.State, fullPath string) Target {
	if group := st.GroupByPath(fullPath); group != nil {
		return Target{Group: group}
	}
	return Target{Project: st.ProjectByPath(fullPath)}
}

// AddEntry puts a target on a project's allowlist.
func (s Services) AddEntry(st *store.State, c Caller, p *store.Project, target Target, entry Entry) (*store.Link, *Refusal) {
	if target.Missing() {
		return nil, badRequest("The group or project does not exist.")
	}
	if !CanAdminProject(st, c, p) {
		return nil, badRequest(insufficientOnScope)
	}
	kind := target.kind()
	if !target.readable(st, c) {
		return nil, badRequest(unreadableTarget(kind))
	}
	if st.Link(p.ID, target.source(), store.Inbound) != nil {
		return nil, badRequest(s.duplicate(kind))
	}
	if !PermissionsActive(st, s.Version, p) {
		entry = Entry{DefaultPermissions: true, Policies: []string{}}
	}
	if refusal := s.validateLink(st, p, target, entry); refusal != "" {
		return nil, badRequest("Validation failed: " + refusal)
	}
	return st.CreateLink(store.Link{
		SourceProjectID: p.ID, Target: target.source(), Direction: store.Inbound,
		DefaultPermissions: entry.DefaultPermissions, Policies: entry.Policies, AddedByID: c.ID(),
	}), nil
}

// PermissionsActive says whether fine-grained permissions can be given to the
// entries of a project's allowlist, and bind job tokens.
func PermissionsActive(st *store.State, v release.Version, p *store.Project) bool {
	if v.Flipped(release.PermissionsInactive) {
		return false
	}
	lineage := st.Lineage(p.NamespaceID)
	return v.HasFineGrainedPermissions() || len(lineage) > 0 && lineage[len(lineage)-1].JobTokenPolicies
}

func unreadableTarget(kind store.SourceKind) string {
	return fmt.Sprintf("The target_%s that you are attempting to access does not exist or you don't have permission to perform this action", kind)
}

func (s Services) duplicate(kind store.SourceKind) string {
	if s.Version.SaysTargetIsAlreadyInScope() {
		return fmt.Sprintf("Target %s is already in the job token scope", kind)
	}
	return fmt.Sprintf("This %s is already in the job token allowlist.", kind)
}

// validateLink gives the model's error on a new link, or "".
func (s Services) validateLink(st *store.State, p *store.Project, target Target, entry Entry) string {
	if target.Project != nil && target.Project.ID == p.ID && !s.Version.AcceptsSelfEntry() {
		return "Target project can't be the same as the source project"
	}
	if st.CountLinks(p.ID, target.kind(), store.Inbound) >= MaxLinks {
		if target.Group != nil {
			return "Source project exceeds the allowable number of group links"
		}
		return "Source project exceeds the allowable number of project links in this direction"
	}
	if !s.validPolicies(entry.Policies) {
		return invalidPolicies
	}
	return ""
}

// validPolicies is the JSON schema of job_token_policies: a fixed enumeration,
// no value twice.
func (s Services) validPolicies(policies []string) bool {
	known := s.Version.Permissions()
	for i, policy := range policies {
		if !slices.Contains(known, policy) || slices.Contains(policies[:i], policy) {
			return false
		}
	}
	return true
}

// RemoveProject takes a project off a project's scope, seen or, in newer versions,
// unseen. A nil target matches no link.
func (s Services) RemoveProject(st *store.State, c Caller, p, target *store.Project, direction store.Direction) (*store.Link, *Refusal) {
	if !CanAdminProject(st, c, p) {
		return nil, forbidden(insufficientOnScope)
	}
	if target != nil && target.ID == p.ID {
		return nil, badRequest("Source project cannot be removed from the job token scope")
	}
	if !s.Version.RemovesUnseenProjects() && (target == nil || !CanReadProject(st, c, target)) {
		return nil, badRequest(unreadableTarget(store.ProjectSource))
	}
	var link *store.Link
	if target != nil {
		link = st.Link(p.ID, store.Source{Kind: store.ProjectSource, ID: target.ID}, direction)
	}
	if link == nil {
		return nil, badRequest("Target project is not in the job token scope")
	}
	st.DeleteLink(link)
	return link, nil
}

// RemoveGroup takes a group, seen or unseen, off a project's allowlist. A nil
// target matches no link.
func (s Services) RemoveGroup(st *store.State, c Caller, p *store.Project, target *store.Namespace) (*store.Link, *Refusal) {
	if !CanAdminProject(st, c, p) {
		return nil, forbidden(insufficientOnScope)
	}
	var link *store.Link
	if target != nil {
		link = st.Link(p.ID, store.Source{Kind: store.GroupSource, ID: target.ID}, store.Inbound)
	}
	if link == nil {
		return nil, badRequest("Target group is not in the job token scope")
	}
	st.DeleteLink(link)
	return link, nil
}

// UpdatePolicies replaces what an entry grants. For the project itself it makes
// the entry when there is none.
func (s Services) UpdatePolicies(st *store.State, c Caller, p *store.Project, target Target, entry Entry) (*store.Link, *Refusal) {
	if !PermissionsActive(st, s.Version, p) {
		return nil, badRequest(failedToUpdate)
	}
	if target.Missing() {
		return nil, badRequest("The target does not exist")
	}
	if !CanAdminProject(st, c, p) || !target.readable(st, c) {
		return nil, badRequest(insufficientOnUpdate)
	}
	link := st.Link(p.ID, target.source(), store.Inbound)
	self := target.Project != nil && target.Project.ID == p.ID
	if link == nil && (!self || !s.Version.AcceptsSelfEntry()) {
		return nil, badRequest("Unable to find a job token scope for the given project & target")
	}
	if !s.validPolicies(entry.Policies) {
		return nil, badRequest(invalidPolicies)
	}
	if link == nil {
		return s.AddEntry(st, c, p, target, entry)
	}
	return st.UpdateLink(link, func(l *store.Link) {
		l.DefaultPermissions = entry.DefaultPermissions
		l.Policies = entry.Policies
	}), nil
}
