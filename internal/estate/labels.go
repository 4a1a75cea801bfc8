package estate

import (
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

var notOfALabel = regexp.MustCompile(`[^A-Za-z0-9_-]`)

// label is a name that a resource of a project can have: its path below a group.
func label(group, path string) string {
	if below := len(group) + 1; group != "" && len(path) > below && strings.EqualFold(path[:below], group+"/") {
		path = path[below:]
	}
	name := notOfALabel.ReplaceAllString(path, "_")
	if !hclsyntax.ValidIdentifier(name) {
		name = "_" + name
	}
	return name
}

// labels names the resources of projects, by path. They hang on nothing but paths and ids: neither the
// order of the projects nor what else is asked for renames one. Names that only letter case tells apart
// count as the same.
func labels(group string, projects []*project) map[string]string {
	named := make(map[string]string, len(projects))
	projects = slices.DeleteFunc(slices.Clone(projects), func(p *project) bool { return p.ID == 0 }) // not found
	for _, p := range projects {
		named[p.Path] = label(group, p.Path)
	}
	for clash := true; clash; {
		clash = false
		uses := map[string]int{}
		for _, name := range named {
			uses[strings.ToLower(name)]++
		}
		for _, p := range projects {
			if uses[strings.ToLower(named[p.Path])] > 1 {
				named[p.Path] += "_" + p.Ref().String()
				clash = true
			}
		}
	}
	return named
}
