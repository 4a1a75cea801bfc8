package gitlab

import (
	"context"
	"fmt"
	"net/http"

	client "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

// ProjectSight is what GitLab shows of a project beyond its list. Nil, and an empty level, is what it does
// not show to this token.
type ProjectSight struct {
	Visibility string `json:"visibility"`
	Archived   *bool  `json:"archived"`
	// DeletionOn is the date of a deletion that is scheduled.
	DeletionOn *string `json:"marked_for_deletion_on"`
	PublicJobs *bool   `json:"public_jobs"`
	// Outbound is the legacy "Limit access from this project", PushRepository whether its own jobs may push.
	Outbound       *bool `json:"ci_job_token_scope_enabled"`
	PushRepository *bool `json:"ci_push_repository_for_job_token_allowed"`
	Namespace      struct {
		Kind     string `json:"kind"`
		FullPath string `json:"full_path"`
	} `json:"namespace"`

	Repository        string `json:"repository_access_level"`
	Builds            string `json:"builds_access_level"`
	PackageRegistry   string `json:"package_registry_access_level"`
	ContainerRegistry string `json:"container_registry_access_level"`
	Releases          string `json:"releases_access_level"`
	Environments      string `json:"environments_access_level"`
	Infrastructure    string `json:"infrastructure_access_level"`
	MergeRequests     string `json:"merge_requests_access_level"`
	Issues            string `json:"issues_access_level"`
}

// ProjectSight reads what GitLab shows of a project. The library's own type does not tell what is not
// shown from what is off.
func (c *Client) ProjectSight(ctx context.Context, project Target) (ProjectSight, error) {
	var sight ProjectSight
	err := c.GetRaw(ctx, fmt.Sprintf("projects/%d", project.ID), nil, &sight)
	return sight, c.Annotate(err, "read", project.String())
}

// UserSight is what GitLab shows of a user; nil is what it shows to administrators alone.
type UserSight struct {
	ID       int64  `json:"id"`
	Username string `json:"username"`
	State    string `json:"state"`
	External *bool  `json:"external"`
	Admin    *bool  `json:"is_admin"`
}

// UserSight finds a user by name.
func (c *Client) UserSight(ctx context.Context, username string) (UserSight, error) {
	const doing = "find"
	var found []UserSight
	named := struct {
		Username string `url:"username"`
	}{username}
	if err := c.GetRaw(ctx, "users", named, &found); err != nil {
		return UserSight{}, c.Annotate(err, doing, "user "+username)
	}
	if len(found) != 1 {
		return UserSight{}, &apierror.Error{Kind: apierror.NotFound, Doing: doing, Target: "user " + username}
	}
	return found[0], nil
}

// GetRaw reads what the client library has no type for that holds all of it.
func (c *Client) GetRaw(ctx context.Context, path string, query, into any) error {
	request, err := c.REST().NewRequest(http.MethodGet, path, query, []client.RequestOptionFunc{RESTContext(ctx)})
	if err != nil {
		return err
	}
	response, err := c.REST().Do(request, into)
	return Answered(err, response)
}

// RoleOf reads a user's role in a project or group, inherited and by invited groups too. It is not known
// where the token may not see members.
func (c *Client) RoleOf(ctx context.Context, parent Target, user int64) (Membership, error) {
	found, err := c.membership(ctx, parent.Key(), user)
	found, err = judged(found, err)
	return found, c.Annotate(err, "read the members of", parent.String())
}

// judged tells a user who is no member from members that are not shown.
func judged(found Membership, err error) (Membership, error) {
	e, failed := apierror.As(err)
	switch {
	case !failed:
		return found, nil
	case e.Kind == apierror.NotFound && !parentMissing(e):
		return Membership{Known: true}, nil
	case e.Kind == apierror.Forbidden, e.Kind == apierror.InsufficientScope, e.Kind == apierror.FineGrained:
		return Membership{}, nil
	default:
		return Membership{}, err
	}
}
