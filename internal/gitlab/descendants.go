package gitlab

import (
	"context"

	client "gitlab.com/gitlab-org/api/client-go/v2"
)

// Descendants are the groups below a group, all levels of them, that the user can see.
func (c *Client) Descendants(ctx context.Context, group Target) ([]Target, error) {
	targets, err := AllPages(func(page client.ListOptions) ([]Target, *client.Response, error) {
		groups, response, err := c.REST().Groups.ListDescendantGroups(group.ID, &client.ListDescendantGroupsOptions{ListOptions: page}, RESTContext(ctx))
		found := make([]Target, 0, len(groups))
		for _, g := range groups {
			if g != nil {
				found = append(found, Target{Kind: KindGroup, ID: g.ID, Path: g.FullPath})
			}
		}
		return found, response, err
	})
	return targets, c.Annotate(err, "list the groups below", group.String())
}
