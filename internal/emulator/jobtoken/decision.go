// Package jobtoken decides what a CI/CD job token opens: whether a job of one
// project, started by some user, may do something in another project, and what
// GitLab says when it may not.
//
// The decision is that of GitLab 18.3 and later: Ci::JobToken::Scope, the
// project policy, and the fine-grained permissions of allowlist entries. All
// functions expect the lock of the store whose State they are given.
package jobtoken

import (
	"slices"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/release"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rules"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// Failure is why a job token is not accepted at all.
type Failure int

// The failures of a job token.
const (
	None       Failure = iota
	Unknown            // no job has this token
	NotRunning         // the job has finished
	Blocked            // the job's user is not active
)

// Authenticate finds the caller behind a job token.
func Authenticate(st *store.State, secret string) (rules.Caller, Failure) {
	job := st.JobBySecret(secret)
	if job == nil {
		return rules.Caller{}, Unknown
	}
	user := st.User(job.UserID)
	switch {
	case !job.Running():
		return rules.Caller{}, NotRunning
	case user.State != "active":
		return rules.Caller{}, Blocked
	}
	return rules.Caller{User: user, Job: job}, None
}

// Reason is what a decision rests on.
type Reason int

// The reasons, in the order in which they are looked for.
const (
	Allowed         Reason = iota
	ProjectMissing         // no such project
	NotAdmitted            // out of sight: the job's project is not let in
	NotMember              // out of sight: let in, but the user has no role
	Unauthorized           // the operation is for default permissions alone
	PermissionsMiss        // the ruling entry lacks a fine-grained permission
	AbilityMiss            // the user's role, a feature's level, archiving or a toggle is in the way
)

// Verdict is a decision with what its texts name.
type Verdict struct {
	Reason Reason
	// Recorded says whether the use goes to the authentication log: it came from
	// another project and passed both scopes.
	Recorded bool

	origin, accessed *store.Project
	permissions      []string
	byID             bool // see release.Version.NamesProjectsByID
}

// Decide says whether a job's caller may do something in a project; accessed is
// nil where there is no such project.
func Decide(st *store.State, version release.Version, c rules.Caller, accessed *store.Project, op Operation) Verdict {
	v := Verdict{origin: st.Project(c.Job.ProjectID), accessed: accessed, permissions: op.Permissions, byID: version.NamesProjectsByID()}
	if accessed == nil {
		v.Reason = ProjectMissing
		return v
	}
	inScope := Accessible(st, v.origin, accessed)
	visible := accessed.Visibility == store.Public || accessed.Visibility == store.Internal && !c.User.External
	switch {
	case !inScope && !visible:
		v.Reason = NotAdmitted
	case !visible && rules.ProjectLevel(st, c.ID(), accessed) < store.Guest:
		v.Reason = NotMember
	case op.Governed && rules.PermissionsActive(st, version, accessed) && !permitted(st, version, v.origin, accessed, op):
		v.Reason = PermissionsMiss
		if len(op.Permissions) == 0 {
			v.Reason = Unauthorized
		}
	case inScope && !rules.Can(st, c, accessed, op.Ability),
		!inScope && !rules.AnyoneCan(accessed, op.Ability),
		op.Pushes && !pushAllowed(st, version, v.origin, accessed):
		v.Reason = AbilityMiss
	}
	v.Recorded = v.Reason == Allowed && inScope && v.origin.ID != accessed.ID
	return v
}

// Accessible says whether a project is in the scope of another's jobs: by both
// the legacy outbound list of the one and the allowlist of the other.
func Accessible(st *store.State, origin, accessed *store.Project) bool {
	return origin.ID == accessed.ID || outboundAccessible(st, origin, accessed) && inboundAccessible(st, origin, accessed)
}

// outboundAccessible is the legacy "Limit access from this project", which
// only ever kept jobs from private projects.
func outboundAccessible(st *store.State, origin, accessed *store.Project) bool {
	return !origin.JobToken.Outbound || accessed.Visibility != store.Private ||
		st.Link(origin.ID, store.Source{Kind: store.ProjectSource, ID: accessed.ID}, store.Outbound) != nil
}

func inboundAccessible(st *store.State, origin, accessed *store.Project) bool {
	return !rules.EffectiveInbound(st, accessed) || rulingEntry(st, origin, accessed) != nil
}

// rulingEntry is the one entry that counts: the project's own or, without it,
// that of the nearest group above the project. Entries are never united.
func rulingEntry(st *store.State, origin, accessed *store.Project) *store.Link {
	if own := st.Link(accessed.ID, store.Source{Kind: store.ProjectSource, ID: origin.ID}, store.Inbound); own != nil {
		return own
	}
	for _, namespace := range st.Lineage(origin.NamespaceID) {
		if !namespace.IsGroup() {
			continue
		}
		if entry := st.Link(accessed.ID, store.Source{Kind: store.GroupSource, ID: namespace.ID}, store.Inbound); entry != nil {
			return entry
		}
	}
	return nil
}

// permitted asks the fine-grained permissions. From 18.1 on a project's own jobs are
// bound by an entry for the project itself and for a group above it.
func permitted(st *store.State, version release.Version, origin, accessed *store.Project, op Operation) bool {
	if len(op.PublicWhen) > 0 && accessed.Visibility != store.Private && rules.OpenToAll(accessed, op.PublicWhen...) {
		return true
	}
	if !rules.EffectiveInbound(st, accessed) {
		return true
	}
	own := origin.ID == accessed.ID
	entry := rulingEntry(st, origin, accessed)
	if entry == nil || own && !version.NarrowsOwnJobs() {
		return own
	}
	return entry.DefaultPermissions || len(op.Permissions) > 0 && covers(entry, op.Permissions...)
}

// covers says whether an entry holds permissions, where admin_x implies read_x.
func covers(entry *store.Link, permissions ...string) bool {
	for _, needed := range permissions {
		implying := ""
		if what, reads := strings.CutPrefix(needed, "read_"); reads {
			implying = "admin_" + what
		}
		if !slices.Contains(entry.Policies, needed) && !slices.Contains(entry.Policies, implying) {
			return false
		}
	}
	return true
}

// pushAllowed holds the toggles of the accessed project. A push from another
// project needs an allowlist that is on, with an entry that covers it.
func pushAllowed(st *store.State, version release.Version, origin, accessed *store.Project) bool {
	if !accessed.JobToken.Push {
		return false
	}
	if origin.ID == accessed.ID {
		return true
	}
	if !version.PushesAcrossProjects() || !accessed.JobToken.CrossProjectPush || !rules.EffectiveInbound(st, accessed) {
		return false
	}
	entry := rulingEntry(st, origin, accessed)
	return entry != nil && (entry.DefaultPermissions || covers(entry, "admin_repositories"))
}
