package gitlab

import (
	"context"
	"regexp"

	client "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

// Caller is the user that the client's token belongs to. The zero Caller is not known.
type Caller struct {
	ID       int64
	Username string
	// Bot means a project's or group's bot user, which cannot make access tokens.
	Bot bool
	// Admin is known only where GitLab tells.
	Admin bool
}

// Known tells whether the caller could be asked for.
func (c Caller) Known() bool { return c.ID != 0 }

// Caller reads once who the client acts as. Where the token's scopes do not allow that, the caller is
// not known, which is no error.
func (c *Client) Caller(ctx context.Context) (Caller, error) {
	caller, err := c.caller.Load(ctx, struct{}{})
	return caller, annotate(err, "read whom the token belongs to", "at "+c.transport.BaseURL())
}

func (c *Client) fetchCaller(ctx context.Context, _ struct{}) (Caller, error) {
	user, response, err := c.transport.REST().Users.CurrentUser(restContext(ctx))
	if err != nil {
		if err = answered(err, response); apierror.Is(err, apierror.InsufficientScope) || apierror.Is(err, apierror.FineGrained) {
			return Caller{}, nil
		}
		return Caller{}, err
	}
	if user == nil {
		return Caller{}, answered(errNothing, response)
	}
	return Caller{ID: user.ID, Username: user.Username, Bot: user.Bot && tokenBot.MatchString(user.Username), Admin: user.IsAdmin}, nil
}

// tokenBot are the user names of the bots behind access tokens. GitLab says bot of service accounts too.
var tokenBot = regexp.MustCompile(`^(project|group)_\d+_bot(_?\w+)?$`)

// role is an access level, where it could be found out.
type role struct {
	level int64
	known bool
}

// RoleIn reads once the caller's role in a project or group: 10 Guest to 50 Owner, inherited and by
// invited groups too; 0 for no member. It is not known of administrators, who need none, where the
// caller is not known, and where the caller may not see members.
func (c *Client) RoleIn(ctx context.Context, parent Target) (accessLevel int64, known bool, err error) {
	found, err := c.roles.Load(ctx, ownerOf(parent))
	return found.level, found.known, annotate(err, "read the role of the token's user in", parent.String())
}

func (c *Client) fetchRole(ctx context.Context, in owner) (role, error) {
	caller, err := c.Caller(ctx)
	if err != nil || !caller.Known() || caller.Admin {
		return role{}, err
	}
	level, err := c.membership(ctx, in, caller.ID)
	e, failed := apierror.As(err)
	switch {
	case !failed:
		return role{level: level, known: true}, nil
	case e.Kind == apierror.NotFound && !parentMissing(e):
		return role{known: true}, nil
	case e.Kind == apierror.Forbidden, e.Kind == apierror.InsufficientScope, e.Kind == apierror.FineGrained:
		return role{}, nil
	default:
		return role{}, err
	}
}

func (c *Client) membership(ctx context.Context, in owner, user int64) (int64, error) {
	if in.kind == KindGroup {
		member, response, err := c.transport.REST().GroupMembers.GetInheritedGroupMember(in.id, user, restContext(ctx))
		return levelOf(member, response, err, func(m *client.GroupMember) client.AccessLevelValue { return m.AccessLevel })
	}
	member, response, err := c.transport.REST().ProjectMembers.GetInheritedProjectMember(in.id, user, restContext(ctx))
	return levelOf(member, response, err, func(m *client.ProjectMember) client.AccessLevelValue { return m.AccessLevel })
}

func levelOf[T any](member *T, response *client.Response, err error, level func(*T) client.AccessLevelValue) (int64, error) {
	switch {
	case err != nil:
		return 0, answered(err, response)
	case member == nil:
		return 0, answered(errNothing, response)
	}
	return int64(level(member)), nil
}
