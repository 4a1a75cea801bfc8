package allowlist

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
)

// caution is what a user should know of an entry that a plan adds or changes. A new one is a line in
// [cautions] and a paragraph in the guide to least privilege.
type caution struct {
	title diagnose.Title
	// applies tells whether it concerns an entry; stored is what the server holds of it now.
	applies func(project *gitlab.Project, e entry, stored gitlab.Entry, held bool) bool
	text    string
}

var cautions = []caution{
	{
		title: diagnose.WidensEntry,
		applies: func(_ *gitlab.Project, e entry, stored gitlab.Entry, held bool) bool {
			return held && e.permissions.Default && !stored.Permissions.Default
		},
		text: "gets GitLab's default permissions, all that the job's user may do there, in place of the fine-grained ones that it has now. Write permissions = [] to grant no endpoint.",
	},
	{
		title: diagnose.WholeGroup,
		applies: func(_ *gitlab.Project, e entry, _ gitlab.Entry, _ bool) bool {
			return e.kind == gitlab.KindGroup && e.permissions.Default && !strings.Contains(e.target.Path, "/")
		},
		text: "is a top-level group with the default permissions: every project below it, those made later too, gets all that its jobs' users may do. List a subgroup, or give it fine-grained permissions.",
	},
	{
		title: diagnose.GitStaysOpen,
		applies: func(_ *gitlab.Project, e entry, _ gitlab.Entry, _ bool) bool {
			return !e.permissions.Default && len(e.permissions.Names) == 0
		},
		text: "gets no permissions, which closes every API endpoint to it. Git clone and container image pull do not ask for permissions: they stay open to every entry. Leave the entry out to close them.",
	},
	{
		title: diagnose.BindsOwnJobs,
		applies: func(project *gitlab.Project, e entry, _ gitlab.Entry, _ bool) bool {
			below := strings.ToLower(e.target.Path) + "/"
			return e.kind == gitlab.KindGroup && !e.permissions.Default && strings.HasPrefix(strings.ToLower(project.Path), below)
		},
		text: "is a group that holds the project itself: its fine-grained permissions bind the project's own jobs too.",
	},
}

// caution warns of entries that the plan adds or changes; of the others it was told when they came.
// The project's own entry, when it leaves, goes back to the default permissions.
func (l *lookup) caution(want, before []entry) {
	for _, c := range cautions {
		var lines []string
		for _, e := range want {
			if e.target.ID == 0 || !e.permissionsKnown {
				continue
			}
			held := l.project.Entries(e.kind)
			if _, due := bring(l.project, held, e); !due {
				continue
			}
			i := slices.IndexFunc(held, func(h gitlab.Entry) bool { return h.Target.ID == e.target.ID })
			stored := gitlab.Entry{}
			if i >= 0 {
				stored = held[i]
			}
			if c.applies(l.project, e, stored, i >= 0) {
				lines = append(lines, line(e.target, stored, i >= 0))
			}
		}
		if c.title == diagnose.WidensEntry {
			lines = append(lines, l.ownLeaves(want, before)...)
		}
		if len(lines) > 0 {
			l.diags.AddWarning(string(c.title.For(l.project.Path)), fmt.Sprintf("On the allowlist of %s, each of\n\n%s\n\n%s",
				l.project.Target(), strings.Join(lines, "\n"), c.text))
		}
	}
}

func line(target gitlab.Target, stored gitlab.Entry, held bool) string {
	if !held {
		return fmt.Sprintf("  - %s", target)
	}
	return fmt.Sprintf("  - %s, which has %s", target, stored.Permissions)
}

// ownLeaves is the project's own entry where it is no longer listed: it loses its fine-grained
// permissions, which opens it.
func (l *lookup) ownLeaves(want, before []entry) []string {
	isOwn := func(e entry) bool { return l.project.IsOwn(e.target) }
	stored, held := l.project.OwnEntry()
	if !held || stored.Permissions.Default || !slices.ContainsFunc(before, isOwn) || slices.ContainsFunc(want, isOwn) {
		return nil
	}
	return []string{line(stored.Target, stored, true)}
}
