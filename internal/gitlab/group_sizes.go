package gitlab

import (
	"context"
	"slices"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/documents"
)

// sizesAtOnce is how many groups are counted in one request. Each costs 27 of GitLab's 250 points.
const sizesAtOnce = 8

const counting = "count the projects of"

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

			Projects *struct {
				Count int `json:"count"`
			} `json:"projects"`
		}
		if err := c.queryWhole(ctx, documents.GroupSizes, Fit{Count: len(chunk)}, variables, &answer); err != nil {
			return nil, c.Annotate(err, counting, Ref{Path: chunk[0]}.describe(KindGroup))
		}
		for i, path := range chunk {
			node := answer[documents.Result(i)]
			if node == nil {
				continue
			}
			target := node.Target(KindGroup)
			switch asked := (Ref{Path: path}); {
			case !strings.EqualFold(target.Path, path) || target.ID == 0:
				return nil, c.Annotate(Unasked(target.String(), asked.describe(KindGroup)), counting, asked.describe(KindGroup))
			case node.Projects == nil:
				return nil, c.Annotate(c.LeftOut(ctx, "number of projects"), counting, asked.describe(KindGroup))
			}
			sizes[path] = GroupSize{Target: target, Projects: node.Projects.Count}
		}
	}
	return sizes, nil
}
