package store

import "time"

// Records are never changed once they are in the store: an update replaces
// them. A pointer got under the lock may therefore be read after it.

// Visibility is who may see a project or group.
type Visibility string

// The three visibility levels.
const (
	Private  Visibility = "private"
	Internal Visibility = "internal"
	Public   Visibility = "public"
)

// Rank orders visibility levels from private (0) to public (20), with GitLab's numbers.
func (v Visibility) Rank() int {
	switch v {
	case Public:
		return 20
	case Internal:
		return 10
	case Private:
		return 0
	}
	return -1
}

// AccessLevel is a role in GitLab's numbers; 0 is none.
type AccessLevel int

// The roles of the members API.
const (
	NoAccess        AccessLevel = 0
	MinimalAccess   AccessLevel = 5
	Guest           AccessLevel = 10
	Planner         AccessLevel = 15
	Reporter        AccessLevel = 20
	SecurityManager AccessLevel = 25
	Developer       AccessLevel = 30
	Maintainer      AccessLevel = 40
	Owner           AccessLevel = 50
)

// String is the role's name as GitLab writes it in its texts.
func (l AccessLevel) String() string {
	switch l {
	case MinimalAccess:
		return "Minimal Access"
	case Guest:
		return "Guest"
	case Planner:
		return "Planner"
	case Reporter:
		return "Reporter"
	case SecurityManager:
		return "Security Manager"
	case Developer:
		return "Developer"
	case Maintainer:
		return "Maintainer"
	case Owner:
		return "Owner"
	case NoAccess:
	}
	return "No access"
}

// User is an account.
type User struct {
	ID          int64
	Username    string
	Name        string
	Email       string
	State       string // "active" or "blocked"
	Admin       bool
	External    bool
	Bot         bool // a project_bot, the user of a project or group access token
	BotOf       Source
	NamespaceID int64

	ServiceAccount   bool
	ServiceAccountOf Source // a group or project; zero: the instance
	CreatedAt        time.Time
}

// Token is a personal access token; that of a bot is a project or group access
// token.
type Token struct {
	ID          int64
	UserID      int64
	Name        string
	Description *string
	Scopes      []string
	Secret      string
	Revoked     bool
	RevokedAt   time.Time // zero unless Revoked
	CreatedAt   time.Time
	LastUsedAt  *time.Time
	ExpiresAt   *time.Time // midnight UTC of the day it dies; nil: never
	FamilyID    int64      // of the first token, from which this one came by rotation
	Permissions []string   // of a fine-grained token; nil: a classic one
}

// ActiveAt says whether the token authenticates at the given time.
func (t *Token) ActiveAt(now time.Time) bool { return !t.Revoked && !t.ExpiredAt(now) }

// ExpiredAt says whether the token's date has come.
func (t *Token) ExpiredAt(now time.Time) bool { return t.ExpiresAt != nil && !now.Before(*t.ExpiresAt) }

// EndedBy says whether the token had been revoked or had expired by the given time.
func (t *Token) EndedBy(at time.Time) bool {
	return t.Revoked && !at.Before(t.RevokedAt) || t.ExpiredAt(at)
}

// NamespaceKind tells groups from the namespaces of users.
type NamespaceKind string

// The two kinds, in the spelling of the namespaces API.
const (
	GroupNamespace NamespaceKind = "group"
	UserNamespace  NamespaceKind = "user"
)

// Namespace is a group or a user's namespace.
type Namespace struct {
	ID                int64
	Kind              NamespaceKind
	Name              string
	Path              string
	FullPath          string
	FullName          string // names from the top joined by " / "
	ParentID          int64  // 0 at top level
	OwnerID           int64  // of a user's namespace
	Description       string
	Visibility        Visibility
	CreatedAt         time.Time
	Archived          bool
	MarkedForDeletion *time.Time
	JobTokenPolicies  bool // the setting job_token_policies_enabled of a top-level namespace
	ShareLock         bool // share_with_group_lock: its projects are shared with no group
	ShareWithin       bool // prevent_sharing_groups_outside_hierarchy of a top-level group
}

// IsGroup says whether the namespace is a group.
func (n *Namespace) IsGroup() bool { return n.Kind == GroupNamespace }

// JobTokenSettings are the stored toggles of a project that concern job tokens.
type JobTokenSettings struct {
	Inbound          bool // "Limit access to this project": the allowlist counts
	Outbound         bool // the legacy "Limit access from this project"
	Push             bool // job tokens may push to their own project
	CrossProjectPush bool // allowlisted projects' job tokens may push
}

// Project is a project.
type Project struct {
	ID                int64
	NamespaceID       int64
	CreatorID         int64
	Name              string
	Path              string
	FullPath          string
	FullName          string
	Description       *string
	Visibility        Visibility
	Archived          bool
	MarkedForDeletion *time.Time
	CreatedAt         time.Time
	UpdatedAt         time.Time
	LastActivityAt    time.Time
	JobToken          JobTokenSettings
	Features          FeatureLevels
	NoRepository      bool // nothing was ever pushed
}

// Source names something that has members: a project or a group.
type Source struct {
	Kind SourceKind
	ID   int64
}

// SourceKind tells projects from groups where ids alone do not.
type SourceKind string

// The two kinds, in the spelling of GitLab's texts.
const (
	ProjectSource SourceKind = "project"
	GroupSource   SourceKind = "group"
)

// Member is a user's own role in a project or group.
type Member struct {
	Source    Source
	UserID    int64
	Level     AccessLevel
	RoleID    int64 // of a custom role with Level for its base; 0: none
	CreatedBy int64
	CreatedAt time.Time
	ExpiresAt *time.Time
}

// Direction is the direction of a job token scope link.
type Direction string

// Inbound links are the allowlist; outbound ones the legacy scope.
const (
	Inbound  Direction = "inbound"
	Outbound Direction = "outbound"
)

// Link is a stored entry of a project's job token scope.
type Link struct {
	ID                 int64
	SourceProjectID    int64
	Target             Source
	Direction          Direction
	DefaultPermissions bool
	Policies           []string // lower case, in the order they were sent
	Autopopulated      bool
	AddedByID          int64
	CreatedAt          time.Time
}
