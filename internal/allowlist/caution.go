package allowlist

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/intent"
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
	intent.Step

	project *allowlists.Project
	// ownListed means that the project's own entry is there too, or wanted.
	ownListed bool
	// ours means that a resource of this walk holds the entry: it is being replaced.
	ours bool
}

var cautions = []caution{
	{
		title: diagnose.WidensEntry,
		applies: func(d decision) bool {
			return d.grants() && d.Held && d.Permissions.Default && !d.Stored.Permissions.Default
		},
		text: "gets GitLab's default permissions, all that the job's user may do there, in place of the fine-grained ones that it has now. Write permissions = [] to grant no endpoint.",
	},
	{
		title:   diagnose.ChangesAdopted,
		applies: func(d decision) bool { return d.grants() && d.Held && d.New && !d.ours && !d.Permissions.Default },
		text:    "is on the list already. The apply takes it over and changes its permissions to those of the configuration.",
	},
	{
		title: diagnose.WholeGroup,
		applies: func(d decision) bool {
			return d.grants() && d.Target.Kind == gitlab.KindGroup && d.Permissions.Default && !strings.Contains(d.Target.Path, "/")
		},
		text: "is a top-level group with the default permissions: every project below it, those made later too, gets all that its jobs' users may do. List a subgroup, or give it fine-grained permissions.",
	},
	{
		title:   diagnose.GitStaysOpen,
		applies: func(d decision) bool { return d.grants() && !d.Permissions.Default && len(d.Permissions.Names) == 0 },
		text:    "gets no permissions, which closes every API endpoint to it. Git clone and container image pull do not ask for permissions: they stay open to every entry. Leave the entry out to close them.",
	},
	{
		title: diagnose.BindsOwnJobs,
		applies: func(d decision) bool {
			return d.grants() && !d.Permissions.Default && !d.ownListed && d.Target.Above(d.project.Path)
		},
		text: "is a group that holds the project itself: its fine-grained permissions bind the project's own jobs too. List the project itself to give them others.",
	},
}

// caution warns of entries that the plan adds or changes; of the others it was told when they came. The
// subject goes into the titles, so that Terraform does not fold them.
func (l *listSession) caution(subject string, planned intent.Intent, want, before []entry) {
	decisions := l.decide(planned, want)
	for _, c := range cautions {
		var lines []string
		for _, d := range decisions {
			if c.applies(d) {
				lines = append(lines, d.line())
			}
		}
		if c.title == diagnose.WidensEntry {
			lines = append(lines, alsoWidened(want, before, planned.Steps)...)
		}
		l.tell(subject, c.title, lines, c.text)
	}
	var adopted []string
	for _, target := range planned.Adopted {
		if !heldInWalk(l.Session, l.project.ID, target) {
			adopted = append(adopted, fmt.Sprintf("  - %s", target))
		}
	}
	l.tell(subject, diagnose.AdoptsEntries, adopted,
		"is there already, just as it is configured. The apply writes nothing for it, and takes it over: it is removed when it leaves the configuration.")
}

// alsoWidened are the entries whose permissions go in the plan without a step that widens them: the server
// has them wide already, or not at all, or it is not known yet whose they are. Terraform shows permissions
// -> null for them too.
func alsoWidened(want, before []entry, steps []intent.Step) (lines []string) {
	for _, e := range want {
		at := slices.IndexFunc(before, func(b entry) bool {
			return b.kind == e.kind && (b.target.ID == e.target.ID && e.target.ID != 0 || b.key == e.key && e.target.ID == 0)
		})
		stepped := slices.ContainsFunc(steps, func(s intent.Step) bool { return s.Held && s.Target.Kind == e.kind && s.Target.ID == e.target.ID })
		if at < 0 || stepped || !e.permissionsKnown || !e.permissions.Default || !before[at].permissionsKnown || before[at].permissions.Default {
			continue
		}
		about := string(e.kind) + " " + e.text
		if e.target.ID != 0 {
			about = e.target.String()
		} else if e.unknown {
			about = fmt.Sprintf("the entry %q", e.key)
		}
		lines = append(lines, fmt.Sprintf("  - %s, which has %s in the state", about, before[at].permissions))
	}
	return lines
}

func (l *listSession) tell(subject string, title diagnose.Title, lines []string, text string) {
	if len(lines) > 0 {
		l.diags.AddWarning(string(title.For(subject)), "On the allowlist of "+l.project.Target().String()+", "+enumerated(lines)+text)
	}
}

// enumerated begins a sentence about entries: with one in it, or with a list of several.
func enumerated(lines []string) string {
	if len(lines) > 1 {
		return "each of\n\n" + strings.Join(lines, "\n") + "\n\n"
	}
	one := strings.TrimPrefix(lines[0], "  - ")
	if strings.Contains(one, ", which ") {
		one += ","
	}
	return one + " "
}

// decide adds to what the plan changes what cautions hang on.
func (l *listSession) decide(planned intent.Intent, want []entry) []decision {
	_, ownListed := l.project.OwnEntry()
	ownListed = ownListed || slices.ContainsFunc(want, func(e entry) bool { return l.project.IsOwn(e.target) })
	decisions := make([]decision, 0, len(planned.Steps))
	for _, step := range planned.Steps {
		decisions = append(decisions, decision{
			Step: step, project: l.project, ownListed: ownListed, ours: heldInWalk(l.Session, l.project.ID, step.Target),
		})
	}
	return decisions
}

// grants tells an addition or a change from a removal.
func (d decision) grants() bool { return d.Action != allowlists.Remove }

func (d decision) line() string {
	if !d.Held {
		return fmt.Sprintf("  - %s", d.Target)
	}
	return fmt.Sprintf("  - %s, which has %s", d.Target, d.Stored.Permissions)
}
