package allowlist

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/private"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/tenure"
)

// privateState is what is kept of a list or an entry beside the state: the ids that the server gave to what the state spells.
type privateState struct {
	tenure.Record

	// Path is the project's path when it was last read.
	Path string `json:"path"`
	// Projects and Groups hold the id of each reference in the two maps, as it is spelled.
	Projects map[string]int64 `json:"projects,omitempty"`
	Groups   map[string]int64 `json:"groups,omitempty"`
	// Listed is what was last seen on the lists that are not managed whole: the ids by path. Should such a
	// list become managed, it tells what leaves, alike at plan and at apply.
	Listed map[gitlab.Kind]map[string]int64 `json:"listed,omitempty"`
	// Paths are the last known paths of what is spelled by its id.
	Paths map[string]string `json:"paths,omitempty"`
	// Moved means that the state comes from another provider and was not read yet: it spells by id.
	Moved bool `json:"moved,omitempty"`
}

var privateFormat = private.Format[privateState]{Key: "known", Version: 1}

// project is the project as it was last seen.
func (p *privateState) project(id types.Int64) gitlab.Target {
	return gitlab.Target{Kind: gitlab.KindProject, ID: id.ValueInt64(), Path: p.Path}
}

func (p *privateState) ids(kind gitlab.Kind) map[string]int64 {
	if kind == gitlab.KindGroup {
		return p.Groups
	}
	return p.Projects
}

func (p *privateState) setIDs(kind gitlab.Kind, ids map[string]int64) {
	if kind == gitlab.KindGroup {
		p.Groups = ids
	} else {
		p.Projects = ids
	}
}
