package gitlab

import (
	"context"
	"slices"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/documents"
)

// TargetSight is what the token's user sees of a project or group that somebody has let in.
type TargetSight struct {
	Target

	// Archived is of a project.
	Archived bool
	// Limited is the stored toggle of a project, nil where GitLab does not show it.
	Limited *bool
	// Projects is how many there are below a group, subgroups included.
	Projects int
}

const lookingAt = "look at"

// TargetSights looks at projects and groups, up to 50 of each in one request. What is gone or out of the
// user's sight is left out.
func (c *Client) TargetSights(ctx context.Context, targets []Target) (map[Key]TargetSight, error) {
	ids := map[Kind][]int64{}
	for _, target := range targets {
		ids[target.Kind] = append(ids[target.Kind], target.ID)
	}
	for kind := range ids {
		slices.Sort(ids[kind])
		ids[kind] = slices.Compact(ids[kind])
	}
	sights := make(map[Key]TargetSight, len(targets))
	for len(ids[KindProject])+len(ids[KindGroup]) > 0 {
		var asked [2][]int64
		for i, kind := range []Kind{KindProject, KindGroup} {
			most := min(batchSize, len(ids[kind]))
			asked[i], ids[kind] = ids[kind][:most], ids[kind][most:]
		}
		if err := c.lookAt(ctx, asked[0], asked[1], sights); err != nil {
			return nil, c.Annotate(err, lookingAt, "what allowlists let in")
		}
	}
	return sights, nil
}

type sightNode struct {
	ReferenceNode

	Archived bool `json:"archived"`
	Settings *struct {
		Limited *bool `json:"inboundJobTokenScopeEnabled"`
	} `json:"ciCdSettings"`
	Projects *struct {
		Count int `json:"count"`
	} `json:"projects"`
}

func (c *Client) lookAt(ctx context.Context, projects, groups []int64, sights map[Key]TargetSight) error {
	var answer map[string]*struct {
		Nodes []*sightNode `json:"nodes"`
	}
	// What an empty list of ids means is left to GitLab: it is not asked.
	err := c.queryWhole(ctx, documents.TargetSights, Fit{}, map[string]any{
		"projects": GIDs("Project", projects), "anyProjects": len(projects) > 0,
		"groups": GIDs("Group", groups), "anyGroups": len(groups) > 0,
	}, &answer)
	if err != nil {
		return err
	}
	for _, part := range []struct {
		kind Kind
		ids  []int64
	}{{KindProject, projects}, {KindGroup, groups}} {
		found := answer[string(part.kind)+"s"]
		if len(part.ids) > 0 && (found == nil || found.Nodes == nil) {
			return c.LeftOut(ctx, "list of "+string(part.kind)+"s")
		}
		if found == nil {
			continue
		}
		for _, node := range found.Nodes {
			if node == nil {
				continue
			}
			target := node.Target(part.kind)
			switch {
			case !slices.Contains(part.ids, target.ID):
				return Unasked(target.String(), "other targets")
			case part.kind == KindGroup && node.Projects == nil:
				return c.LeftOut(ctx, "number of projects")
			}
			sight := TargetSight{Target: target, Archived: node.Archived}
			if node.Settings != nil {
				sight.Limited = node.Settings.Limited
			}
			if node.Projects != nil {
				sight.Projects = node.Projects.Count
			}
			sights[target.Key()] = sight
		}
	}
	return nil
}
