package gitlab

import (
	"context"
	"slices"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/documents"
)

// sizesAtOnce is how many groups are counted in one request. Each costs 27 of GitLab's 250 points.
const sizesAtOnce = 8

// GroupSize is how many projects there are below a group, subgroups included, of those that the token's user
// sees.
type GroupSize struct {
	Target   Target
	Projects int
}

// GroupSizes counts the projects of groups, by path. What is no group, or out of sight, is left out.
func (c *Client) GroupSizes(ctx context.Context, paths []string) (map[string]GroupSize, error) {
	sizes := make(map[string]GroupSize, len(paths))
	for chunk := range slices.Chunk(paths, sizesAtOnce) {
		variables := make(map[string]any, len(chunk))
		for i, path := range chunk {
			variables[documents.Input(i)] = path
		}
		var answer map[string]*struct {
			ReferenceNode

			Projects struct {
				Count int `json:"count"`
			} `json:"projects"`
		}
		if err := c.queryWhole(ctx, documents.GroupSizes, Fit{Count: len(chunk)}, variables, &answer); err != nil {
			return nil, c.Annotate(err, "count the projects of", "groups below "+chunk[0])
		}
		for i, path := range chunk {
			if node := answer[documents.Result(i)]; node != nil {
				sizes[path] = GroupSize{Target: node.Target(KindGroup), Projects: node.Projects.Count}
			}
		}
	}
	return sizes, nil
}
