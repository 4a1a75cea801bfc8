package allowlist

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
)

// identify fills the targets of entries in the state from the ids known of them; what is not known
// there is matched with the paths on the list.
func identify(entries []entry, ids map[string]int64, project *allowlists.Project) []entry {
	identified := make([]entry, 0, len(entries))
	if len(entries) == 0 {
		return identified
	}
	found := indexOf(project, entries[0].kind)
	for _, e := range entries {
		if id := ids[e.text]; id != 0 {
			e.target = found.find(gitlab.Ref{ID: id})
			if e.target.ID == 0 {
				e.target = gitlab.Target{Kind: e.kind, ID: id}
			}
		} else if r, err := gitlab.ParseRef(e.kind, e.text); err == nil {
			e.target = found.find(r)
		}
		if e.target.ID != 0 {
			identified = append(identified, e)
		}
	}
	return identified
}

// index finds many references on one list.
type index struct {
	byID   map[int64]gitlab.Target
	byPath map[string]gitlab.Target
}

// indexOf has the entries of a kind, and the project itself: it is admitted without one.
func indexOf(project *allowlists.Project, kind gitlab.Kind) index {
	held := project.Entries(kind)
	l := index{make(map[int64]gitlab.Target, len(held)+1), make(map[string]gitlab.Target, len(held)+1)}
	for _, stored := range held {
		l.put(stored.Target)
	}
	if kind == gitlab.KindProject {
		l.put(project.Target())
	}
	return l
}

func (l index) put(target gitlab.Target) {
	if _, there := l.byID[target.ID]; !there {
		l.byID[target.ID] = target
	}
	if path := strings.ToLower(target.Path); l.byPath[path].ID == 0 {
		l.byPath[path] = target
	}
}

// find gives the zero target for what is not there.
func (l index) find(r gitlab.Ref) gitlab.Target {
	if r.ID != 0 {
		return l.byID[r.ID]
	}
	if target, there := l.byPath[strings.ToLower(r.Path)]; there {
		return target
	}
	if !isASCII(r.Path) { // letters that only fold alike
		for path, target := range l.byPath {
			if strings.EqualFold(path, r.Path) {
				return target
			}
		}
	}
	return gitlab.Target{}
}

func isASCII(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r > unicode.MaxASCII }) < 0
}

// onList finds a reference among the entries of a project and the project itself.
func onList(project *allowlists.Project, kind gitlab.Kind, r gitlab.Ref) gitlab.Target {
	matches := func(t gitlab.Target) bool {
		return r.ID != 0 && t.ID == r.ID || r.Path != "" && strings.EqualFold(t.Path, r.Path)
	}
	for _, stored := range project.Entries(kind) {
		if matches(stored.Target) {
			return stored.Target
		}
	}
	if kind == gitlab.KindProject && matches(project.Target()) {
		return project.Target()
	}
	return gitlab.Target{}
}

// respell gives entries whose path now belongs to someone else the current path of their target, so
// that the plan shows what the configured path would admit.
func respell(ctx context.Context, client *gitlab.Client, entries []entry) ([]entry, diag.Diagnostics) {
	var diags diag.Diagnostics
	respelled := slices.Clone(entries)
	spelled := make([]ref.Spelled, len(entries))
	for i, e := range entries {
		if e.target.Path != "" {
			spelled[i] = ref.Spelled{Text: e.text, Target: e.target}
		}
	}
	owners := ref.Successors(ctx, client, spelled)
	for i, e := range respelled {
		owner, err := owners[i].Value, owners[i].Err
		if err != nil {
			diags.Append(diagnose.AttributeError(e.at(), diagnose.FindTarget, err))
			continue
		}
		if owner.ID == 0 {
			continue
		}
		diags.Append(ref.TakenOver(e.at(), e.text, e.target, owner))
		respelled[i].text = e.target.Path
		if e.labelled {
			respelled[i].model.Target = types.StringValue(e.target.Path)
		} else {
			respelled[i].key = e.target.Path
		}
	}
	return respelled, diags
}
