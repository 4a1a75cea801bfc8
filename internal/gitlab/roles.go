package gitlab

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

// GitLab's roles that decide who may make and end tokens, as access levels.
const (
	Maintainer int64 = 40
	Owner      int64 = 50
)

var roleLevels = map[string]int64{
	"guest": 10, "planner": 15, "reporter": 20, "security_manager": 25, "developer": 30, "maintainer": Maintainer, "owner": Owner,
}

// RoleNames are the roles that an access token can have.
func RoleNames() []string { return slices.Sorted(maps.Keys(roleLevels)) }

// RoleLevel is the access level of a role, 0 for a name that is none.
func RoleLevel(name string) int64 { return roleLevels[name] }

// RoleName is the name of an access level; its number where this client knows none.
func RoleName(level int64) string {
	for name, of := range roleLevels {
		if of == level {
			return name
		}
	}
	return strconv.FormatInt(level, 10)
}

// Role is one that something needs.
type Role struct {
	// Title is as GitLab's pages write it.
	Title string
	Level int64
}

var (
	maintainerRole = Role{"Maintainer", Maintainer}
	ownerRole      = Role{"Owner", Owner}
)

// ManagingRole is the role that makes and ends tokens of a project or group.
func ManagingRole(parent Kind) Role {
	if parent == KindGroup {
		return ownerRole
	}
	return maintainerRole
}

// RefusedFor adds to a refusal the role that would be enough, and which the token's user has. GitLab answers a
// bare 401 where a role is missing too: the token itself was accepted when the version was read. An error that
// says what was being done is that reading's own.
func (c *Client) RefusedFor(ctx context.Context, err error, role Role, in Key) error {
	e, ok := apierror.As(err)
	if !ok || e.Doing != "" || e.Kind != apierror.Forbidden && (e.Kind != apierror.Unauthenticated || e.Words != "Unauthorized") {
		return err
	}
	told := *e
	told.Kind = apierror.Forbidden
	if told.Field != "access_level" {
		told.Role = role.Title
	}
	told.AddNote("this needs the " + role.Title + " role in the " + string(in.Kind))
	return c.WithRole(ctx, &told, in)
}

// WithRole adds to a refusal who was refused, and which role they have.
func (c *Client) WithRole(ctx context.Context, err error, in Key) error {
	e, ok := apierror.As(err)
	if !ok || e.Kind != apierror.Forbidden || e.Connecting || e.Enforced() {
		return err
	}
	caller, callerErr := c.Caller(ctx)
	member, roleErr := c.RoleIn(ctx, Target{Kind: in.Kind, ID: in.ID})
	if callerErr != nil || roleErr != nil || caller.Username == "" {
		return err
	}
	told := *e
	switch {
	case !member.Known:
		told.AddNote("the token's user is " + caller.Username)
	case member.Level == 0:
		told.AddNote(fmt.Sprintf("the token's user, %s, is no member of the %s", caller.Username, in.Kind))
	case member.Custom != "":
		told.AddNote(fmt.Sprintf("the token's user, %s, has the custom role %s there, on top of %s", caller.Username, member.Custom, RoleName(member.Level)))
	default:
		told.AddNote(fmt.Sprintf("the token's user, %s, has the role %s there", caller.Username, RoleName(member.Level)))
	}
	return &told
}
