package allowlist

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
)

// caution is what a user should know of an entry that a plan adds or changes. A new one is a line in
// [cautions] and a heading in the guide to least privilege.
type caution struct {
	title diagnose.Title
	// applies tells whether it concerns a decision.
	applies func(decision) bool
	text    string
}

// decision is an entry that a plan adds or changes.
type decision struct {
	entry
	project *gitlab.Project
	// stored is what the server holds of it now, where it is held.
	stored gitlab.Entry
	held   bool
	// adopted means that it is held but was not managed so far.
	adopted bool
	// ownListed means that the project's own entry is there too, or wanted.
	ownListed bool
}

var cautions = []caution{
	{
		title: diagnose.WidensEntry,
		applies: func(d decision) bool {
			return d.held && d.permissions.Default && !d.stored.Permissions.Default
		},
		text: "gets GitLab's default permissions, all that the job's user may do there, in place of the fine-grained ones that it has now. Write permissions = [] to grant no endpoint.",
	},
	{
		title:   diagnose.ChangesAdopted,
		applies: func(d decision) bool { return d.adopted && !d.permissions.Default },
		text:    "is on the list already. The apply takes it over and changes its permissions to those of the configuration.",
	},
	{
		title: diagnose.WholeGroup,
		applies: func(d decision) bool {
			return d.kind == gitlab.KindGroup && d.permissions.Default && !strings.Contains(d.target.Path, "/")
		},
		text: "is a top-level group with the default permissions: every project below it, those made later too, gets all that its jobs' users may do. List a subgroup, or give it fine-grained permissions.",
	},
	{
		title:   diagnose.GitStaysOpen,
		applies: func(d decision) bool { return !d.permissions.Default && len(d.permissions.Names) == 0 },
		text:    "gets no permissions, which closes every API endpoint to it. Git clone and container image pull do not ask for permissions: they stay open to every entry. Leave the entry out to close them.",
	},
	{
		title: diagnose.BindsOwnJobs,
		applies: func(d decision) bool {
			below := strings.ToLower(d.target.Path) + "/"
			return d.kind == gitlab.KindGroup && !d.permissions.Default && !d.ownListed && strings.HasPrefix(strings.ToLower(d.project.Path), below)
		},
		text: "is a group that holds the project itself: its fine-grained permissions bind the project's own jobs too. List the project itself to give them others.",
	},
}

// caution warns of entries that the plan adds or changes; of the others it was told when they came.
// before are the entries managed so far: the project's own, when it leaves, goes back to the default
// permissions. The subject goes into the titles, so that Terraform does not fold them.
func (l *lookup) caution(subject string, want, before []entry) {
	decisions := l.decide(want, before)
	for _, c := range cautions {
		var lines []string
		for _, d := range decisions {
			if c.applies(d) {
				lines = append(lines, d.line())
			}
		}
		if c.title == diagnose.WidensEntry {
			lines = append(lines, l.ownLeaves(want, before)...)
		}
		if len(lines) > 0 {
			l.diags.AddWarning(string(c.title.For(subject)), fmt.Sprintf("On the allowlist of %s, each of\n\n%s\n\n%s",
				l.project.Target(), strings.Join(lines, "\n"), c.text))
		}
	}
}

// decide finds what the plan adds or changes.
func (l *lookup) decide(want, before []entry) []decision {
	_, ownListed := l.project.OwnEntry()
	ownListed = ownListed || slices.ContainsFunc(want, func(e entry) bool { return l.project.IsOwn(e.target) })
	var decisions []decision
	for _, e := range want {
		if e.target.ID == 0 || !e.permissionsKnown {
			continue
		}
		held := l.project.Entries(e.kind)
		if _, due := bring(l.project, held, e); !due {
			continue
		}
		d := decision{entry: e, project: l.project, ownListed: ownListed}
		if i := slices.IndexFunc(held, func(h gitlab.Entry) bool { return h.Target.ID == e.target.ID }); i >= 0 {
			d.stored, d.held = held[i], true
			d.adopted = !slices.ContainsFunc(before, func(b entry) bool { return b.kind == e.kind && b.target.ID == e.target.ID })
		}
		decisions = append(decisions, d)
	}
	return decisions
}

func (d decision) line() string {
	if !d.held {
		return fmt.Sprintf("  - %s", d.target)
	}
	return fmt.Sprintf("  - %s, which has %s", d.target, d.stored.Permissions)
}

// ownLeaves is the project's own entry where it is no longer listed: it loses its fine-grained
// permissions, which opens it.
func (l *lookup) ownLeaves(want, before []entry) []string {
	isOwn := func(e entry) bool { return l.project.IsOwn(e.target) }
	stored, held := l.project.OwnEntry()
	if !held || stored.Permissions.Default || !slices.ContainsFunc(before, isOwn) || slices.ContainsFunc(want, isOwn) {
		return nil
	}
	return []string{decision{entry: entry{target: stored.Target}, stored: stored, held: true}.line()}
}
