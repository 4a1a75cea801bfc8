package rules

import (
	"slices"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// Autopopulate fills a project's allowlist from its authentication log, in place
// of what an earlier autopopulation added, and switches the allowlist on. What
// would be too many entries becomes their groups, the deepest first.
func (s Services) Autopopulate(st *store.State, c Caller, p *store.Project) {
	s.ClearAutopopulations(st, p)
	for _, source := range compacted(st, origins(st, p), MaxLinks) {
		if st.Link(p.ID, source, store.Inbound) != nil || st.CountLinks(p.ID, source.Kind, store.Inbound) >= MaxLinks {
			continue
		}
		st.CreateLink(store.Link{
			SourceProjectID: p.ID, Target: source, Direction: store.Inbound,
			DefaultPermissions: true, Policies: []string{}, Autopopulated: true, AddedByID: c.ID(),
		})
	}
	st.UpdateProject(p, func(p *store.Project) { p.JobToken.Inbound = true })
}

// ClearAutopopulations removes the entries that an autopopulation added.
func (s Services) ClearAutopopulations(st *store.State, p *store.Project) {
	for _, kind := range []store.SourceKind{store.ProjectSource, store.GroupSource} {
		for _, link := range st.Links(p.ID, kind, store.Inbound) {
			if link.Autopopulated {
				st.DeleteLink(link)
			}
		}
	}
}

func origins(st *store.State, p *store.Project) []store.Source {
	var found []store.Source
	for _, row := range st.Authorizations(p.ID) {
		found = append(found, store.Source{Kind: store.ProjectSource, ID: row.OriginID})
	}
	return found
}

// compacted replaces the deepest sources by the group above them until there
// are few enough, or only top-level groups and users' projects are left.
func compacted(st *store.State, sources []store.Source, limit int) []store.Source {
	for len(sources) > limit {
		deepest := 0
		for _, source := range sources {
			deepest = max(deepest, depth(st, source))
		}
		var lifted []store.Source
		changed := false
		for _, source := range sources {
			if above, has := groupAbove(st, source); has && depth(st, source) == deepest {
				source, changed = above, true
			}
			if !slices.Contains(lifted, source) {
				lifted = append(lifted, source)
			}
		}
		if !changed {
			return sources
		}
		sources = lifted
	}
	return sources
}

func depth(st *store.State, source store.Source) int {
	if source.Kind == store.GroupSource {
		return len(st.Lineage(source.ID))
	}
	return 1 + len(st.Lineage(st.Project(source.ID).NamespaceID))
}

func groupAbove(st *store.State, source store.Source) (store.Source, bool) {
	var above int64
	if source.Kind == store.GroupSource {
		above = st.Group(source.ID).ParentID
	} else {
		above = st.Project(source.ID).NamespaceID
	}
	group := st.Group(above)
	if group == nil {
		return store.Source{}, false
	}
	return store.Source{Kind: store.GroupSource, ID: group.ID}, true
}
