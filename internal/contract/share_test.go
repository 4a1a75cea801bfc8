package contract_test

import (
	"strconv"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest/core"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

const shareKind = "jobtoken_project_share"

// shareOf is the item of a group's role in a project; its value is the level.
func shareOf(group string) string { return "share " + group }

var levels = map[string]string{"guest": "10", "reporter": "20", "developer": "30", "maintainer": "40", "owner": "50"}

var shareRoles = []string{"guest", "reporter", "developer", "maintainer"}

// shares adds the roles of groups in a project.
func (seen snapshot) shares(s *store.State, p *store.Project, of string) {
	for _, share := range s.SharesOf(store.Source{Kind: store.ProjectSource, ID: p.ID}) {
		seen[item{of, shareOf(groupRef(share.GroupID))}] = strconv.Itoa(int(share.Level))
	}
}

func alterShare(g *generator, config map[string]any) {
	switch {
	case g.chance(70):
		config["role"] = one(g, shareRoles...)
	case g.chance(50):
		config["group"] = g.ref(one(g, teams...))
	default:
		moveSource(g, config)
	}
}

// shareLine is what a plan or state says of a share: the groups that its reference may mean.
func (b *book) shareLine(address string, attributes map[string]any) (of string, groups []string, level string) {
	if id, is := attributes["group_id"].(int64); is {
		groups = []string{groupRef(id)}
	} else if reference, is := attributes["group"].(string); is {
		groups = b.ids(address, "group", reference)
	}
	role, _ := attributes["role"].(string)
	return b.projectOf(address, attributes), groups, levels[role]
}

// grantShare allows a change to end the share and to make it anew, as GitLab alone can. One that only replaces the
// resource is none, and an adoption of another role has to be shown.
func grantShare(b *book, c *core.Change) {
	from, before, was := b.shareLine(c.Address, c.Prior)
	to, after, is := b.shareLine(c.Address, c.Planned)
	for _, group := range before {
		if c.Planned == nil || from != to || len(after) == 1 && after[0] != group || was != is {
			b.allow(c, from, shareOf(group), nothing, true)
		}
	}
	for _, group := range after {
		if c.Action != core.Update || was != is || from != to {
			b.allow(c, to, shareOf(group), is, true)
		}
		if adopts, shown := c.Planned["adopts"].(string); shown && c.Action != core.Update && levels[adopts] != is {
			b.allow(c, to, shareOf(group), nothing, true)
		}
	}
}

func claimShare(b *book, address string, state map[string]any) (claims []claim) {
	of, groups, level := b.shareLine(address, state)
	if len(groups) == 1 && of != "" {
		claims = append(claims, claim{item{of, shareOf(groups[0])}, level})
	}
	return claims
}

func repairShare(b *book, config map[string]any) bool {
	of, group := b.lookup("project", config["project"].(string)), b.lookup("group", config["group"].(string)) //nolint:forcetypeassert // as more makes them
	within := false                                                                                           // GitLab shares a project with no group that it is in
	b.w.gitLab.Inspect(func(s *store.State) {
		for _, p := range s.Projects() {
			for _, n := range s.Lineage(p.NamespaceID) {
				within = within || projectRef(p.ID) == of && groupRef(n.ID) == group
			}
		}
	})
	return group != "" && !within && b.take(of, shareOf(group))
}

func wishShare(b *book, _ string, config, _ map[string]any) []string {
	of, group := b.lookup("project", config["project"].(string)), b.lookup("group", config["group"].(string)) //nolint:forcetypeassert // as more makes them
	return b.differs(b.w.look(), item{of, shareOf(group)}, levels[config["role"].(string)])                   //nolint:forcetypeassert // as more makes them
}
