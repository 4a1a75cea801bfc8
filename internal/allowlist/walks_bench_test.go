package allowlist

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/intent"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
)

// wide is a list of many entries, half of them with permissions, as the server and as a state has it.
func wide(size int) (*allowlists.Project, types.Map, privateState) {
	project := &allowlists.Project{ID: 1, Path: "acme/lib"}
	for i := range size {
		granted := all
		if i%2 == 0 {
			granted = read
		}
		project.Projects = append(project.Projects, allowlists.Entry{
			Target:      gitlab.Target{Kind: gitlab.KindProject, ID: int64(i + 2), Path: fmt.Sprintf("acme/app-%03d", i)},
			Permissions: granted,
		})
	}
	m := flatten(project, project.Projects, nil, false)
	return project, m.value(), privateState{Path: project.Path, Projects: m.ids}
}

// Every walk over a list takes time in proportion to it: the two sizes show.
func BenchmarkWalks(b *testing.B) {
	for _, size := range []int{20, 200} {
		project, state, stated := wide(size)
		entries, _ := expand(b.Context(), gitlab.KindProject, state)
		entries = identify(entries, stated.Projects, project)
		for _, walk := range []struct {
			name string
			do   func()
		}{
			{"expand", func() { expand(b.Context(), gitlab.KindProject, state) }},
			{"identify", func() { identify(entries, stated.Projects, project) }},
			{"flatten", func() { flatten(project, project.Projects, entries, false) }},
			{"fingerprint", func() { fingerprint(map[gitlab.Kind]map[string]int64{gitlab.KindProject: stated.Projects}) }},
			{"same", func() { sameEntries(entries, entries) }},
			{"leaving", func() { leaving(side{want: entries, before: entries}) }},
			{"intent", func() {
				intent.Of(project, intent.List{Kind: gitlab.KindProject, Before: intended(entries), Want: intended(entries), Whole: true})
			}},
			{"resolve", func() {
				l := listSession{Session: &session.Session{}, project: project, stated: stated}
				l.resolve(b.Context(), gitlab.KindProject, stated.Projects, entries)
			}},
			{"encode known", func() { _, _ = privateFormat.Encode(stated) }},
		} {
			b.Run(fmt.Sprintf("%s/%d", walk.name, size), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					walk.do()
				}
			})
		}
	}
}
