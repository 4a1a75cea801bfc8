package access

import (
	"fmt"
	"slices"
	"strings"
)

// Version is a GitLab release, without its patch.
type Version struct{ Major, Minor int }

func (v Version) since(major, minor int) bool {
	return v.Major > major || v.Major == major && v.Minor >= minor
}

// String is the version as GitLab writes it.
func (v Version) String() string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }

// Visibility is who may see a project.
type Visibility string

// GitLab's visibility levels.
const (
	Private  Visibility = "private"
	Internal Visibility = "internal"
	Public   Visibility = "public"
)

// Feature is a part of a project with an access level of its own, by the name of its setting.
type Feature string

// The features that operations of job tokens need.
const (
	Repository        Feature = "repository"
	Builds            Feature = "builds"
	PackageRegistry   Feature = "package_registry"
	ContainerRegistry Feature = "container_registry"
	Releases          Feature = "releases"
	Environments      Feature = "environments"
	Infrastructure    Feature = "infrastructure"
	MergeRequests     Feature = "merge_requests"
	Issues            Feature = "issues"
)

// Level is who may use a feature.
type Level string

// The levels of a feature.
const (
	Disabled Level = "disabled" // nobody
	Members  Level = "private"  // members only
	Everyone Level = "enabled"  // everyone who sees the project
	Anyone   Level = "public"   // of packages: also who does not see the project
)

// Role is an access level, 0 for no member.
type Role int

// GitLab's roles.
const (
	NoRole     Role = 0
	Guest      Role = 10
	Planner    Role = 15
	Reporter   Role = 20
	Security   Role = 25
	Developer  Role = 30
	Maintainer Role = 40
	Owner      Role = 50
)

// String is the role's name in GitLab's pages.
func (r Role) String() string {
	switch r {
	case NoRole:
		return "no member"
	case Guest:
		return "Guest"
	case Planner:
		return "Planner"
	case Reporter:
		return "Reporter"
	case Security:
		return "Security Manager"
	case Developer:
		return "Developer"
	case Maintainer:
		return "Maintainer"
	case Owner:
		return "Owner"
	}
	return fmt.Sprintf("access level %d", int(r))
}

// Target is a project or group on an allowlist.
type Target struct {
	Group bool
	ID    int64
	Path  string
}

// String names the target.
func (t Target) String() string {
	if t.Group {
		return "group " + t.Path
	}
	return "project " + t.Path
}

// is tells whether two targets are the same: by id, and where one has none by the path.
func (t Target) is(other Target) bool {
	if t.Group != other.Group {
		return false
	}
	if t.ID != 0 && other.ID != 0 {
		return t.ID == other.ID
	}
	return strings.EqualFold(t.Path, other.Path)
}

// Entry is a line of an allowlist.
type Entry struct {
	Target  Target
	Default bool
	// Permissions are the fine-grained ones; not known where GitLab could not show them.
	Permissions Maybe[[]string]
}

// covers tells whether an entry holds permissions: to administer implies to read.
func (e Entry) covers(needed []string) truth {
	if e.Default {
		return yes
	}
	return is(e.Permissions, func(granted []string) bool {
		for _, permission := range needed {
			what, reads := strings.CutPrefix(permission, "read_")
			if !slices.Contains(granted, permission) && !(reads && slices.Contains(granted, "admin_"+what)) {
				return false
			}
		}
		return true
	})
}

// From is the project whose job asks.
type From struct {
	ID   int64
	Path string
	// Groups are those above the project, the nearest first. A project of a user has none.
	Groups []Target
	// Outbound is the legacy switch "Limit access from this project", OutboundHolds whether its list
	// holds the other project.
	Outbound, OutboundHolds Maybe[bool]
	// BuildsOff is whether CI/CD is switched off in the project.
	BuildsOff Maybe[bool]
}

// To is the project that is reached.
type To struct {
	// Missing is known to be true where there is no such project; the rest then says nothing.
	Missing    Maybe[bool]
	ID         int64
	Path       string
	Visibility Maybe[Visibility]
	// ReadOnly is an archived project, or one that is scheduled for deletion.
	ReadOnly Maybe[bool]
	// Features that are not in it are not known.
	Features map[Feature]Level
	// PublicPipelines lets Guests see jobs and artifacts.
	PublicPipelines Maybe[bool]
	// Limited is whether the allowlist counts: by the project's own toggle or the instance's enforcement.
	Limited Maybe[bool]
	Entries Maybe[[]Entry]
	// PermissionsActive is the setting of the top-level namespace that decides below GitLab 18.3
	// whether fine-grained permissions bind.
	PermissionsActive      Maybe[bool]
	Push, CrossProjectPush Maybe[bool]
}

// User is who started the job.
type User struct {
	Username string
	// Blocked users' jobs are refused.
	Blocked  Maybe[bool]
	External Maybe[bool]
	Admin    Maybe[bool]
	// Role is that in the project that is reached, inherited and by shares too.
	Role Maybe[Role]
	// CustomRole is the name of a custom role on top of Role.
	CustomRole string
}

// Facts is all that a decision rests on.
type Facts struct {
	Version Version
	// Enterprise is the Enterprise Edition; Premium whether it has such a licence.
	Enterprise, Premium Maybe[bool]
	From                From
	To                  To
	User                User
}

func (f *Facts) project() Target { return Target{ID: f.From.ID, Path: f.From.Path} }

func (f *Facts) own() bool { return f.From.ID == f.To.ID }

// ruling is the one entry that counts: that of the project or, without one, of the nearest group above
// it. Entries are never united.
func (f *Facts) ruling() (Entry, bool) {
	for _, candidate := range append([]Target{f.project()}, f.From.Groups...) {
		for _, entry := range f.To.Entries.Value {
			if entry.Target.is(candidate) {
				return entry, true
			}
		}
	}
	return Entry{}, false
}

func (f *Facts) level(feature Feature) Maybe[Level] {
	level, known := f.To.Features[feature]
	return Maybe[Level]{level, known}
}

// open tells whether features are open to everyone who sees the project.
func (f *Facts) open(features []Feature) truth {
	open := yes
	for _, feature := range features {
		open = all(open, is(f.level(feature), func(l Level) bool { return l == Everyone || l == Anyone }))
	}
	return open
}
