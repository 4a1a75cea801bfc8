package gitlab

import (
	"cmp"
	"context"
	"fmt"
	"regexp"

	client "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

// Caller is the user that the client's token belongs to. The zero Caller is not known.
type Caller struct {
	ID       int64
	Username string
	// Bot means a project's or group's bot user, which can neither make nor rotate access tokens. A
	// service account is none, though GitLab calls it a bot too.
	Bot bool
	// Admin is known only where GitLab tells.
	Admin bool
}

// botName is what GitLab calls the bot user of an access token.
var botName = regexp.MustCompile(`^(project|group)_\d+_bot`)

// Known tells whether the caller could be asked for.
func (c Caller) Known() bool { return c.ID != 0 }

// Caller reads once who the client acts as. Where the token's scopes do not allow that, the caller is
// not known, which is no error.
func (c *Client) Caller(ctx context.Context) (Caller, error) {
	caller, err := c.caller.Load(ctx, struct{}{})
	return caller, c.Annotate(err, "read whom the token belongs to", "at "+c.BaseURL())
}

func (c *Client) fetchCaller(ctx context.Context, _ struct{}) (Caller, error) {
	user, response, err := c.REST().Users.CurrentUser(RESTContext(ctx))
	if err != nil {
		if err = Answered(err, response); apierror.Is(err, apierror.InsufficientScope) || apierror.Is(err, apierror.FineGrained) {
			return Caller{}, nil
		}
		return Caller{}, err
	}
	if user == nil {
		return Caller{}, Answered(ErrNothing, response)
	}
	return Caller{ID: user.ID, Username: c.Redact(user.Username), Bot: user.Bot && botName.MatchString(user.Username), Admin: user.IsAdmin}, nil
}

// Membership is what the caller is in a project or group, where it could be found out.
type Membership struct {
	// Level is 10 Guest to 50 Owner, inherited and by invited groups too; 0 for no member.
	Level int64
	// Custom is the name of a custom role, which may allow what its base role at Level does not.
	Custom string
	Known  bool
}

// RoleIn reads once the caller's role in a project or group. It is not known of administrators, who need
// none, where the caller is not known, and where the caller may not see members.
func (c *Client) RoleIn(ctx context.Context, parent Target) (Membership, error) {
	found, err := c.roles.Load(ctx, parent.Key())
	return found, c.Annotate(err, "read the role of the token's user in", parent.String())
}

func (c *Client) fetchRole(ctx context.Context, in Key) (Membership, error) {
	caller, err := c.Caller(ctx)
	if err != nil || !caller.Known() || caller.Admin {
		return Membership{}, err
	}
	return judged(c.membership(ctx, in, caller.ID))
}

func (c *Client) membership(ctx context.Context, in Key, user int64) (Membership, error) {
	if in.Kind == KindGroup {
		member, response, err := c.REST().GroupMembers.GetInheritedGroupMember(in.ID, user, RESTContext(ctx))
		return readMember(c, user, member, response, err, func(m *client.GroupMember) (int64, client.AccessLevelValue, *client.MemberRole) {
			return m.ID, m.AccessLevel, m.MemberRole
		})
	}
	member, response, err := c.REST().ProjectMembers.GetInheritedProjectMember(in.ID, user, RESTContext(ctx))
	return readMember(c, user, member, response, err, func(m *client.ProjectMember) (int64, client.AccessLevelValue, *client.MemberRole) {
		return m.ID, m.AccessLevel, m.MemberRole
	})
}

func readMember[T any](c *Client, user int64, member *T, response *client.Response, err error, read func(*T) (int64, client.AccessLevelValue, *client.MemberRole)) (Membership, error) {
	switch {
	case err != nil:
		return Membership{}, Answered(err, response)
	case member == nil:
		return Membership{}, Answered(ErrNothing, response)
	}
	id, level, custom := read(member)
	if id != user {
		return Membership{}, Unasked(fmt.Sprintf("the user with id %d", id), fmt.Sprintf("the user with id %d", user))
	}
	found := Membership{Level: int64(level), Known: true}
	if custom != nil {
		found.Custom = cmp.Or(c.Redact(custom.Name), fmt.Sprintf("with id %d", custom.ID))
	}
	return found, nil
}
