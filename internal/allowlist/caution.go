package allowlist

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
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
			below := strings.ToLower(d.Target.Path) + "/"
			return d.grants() && d.Target.Kind == gitlab.KindGroup && !d.Permissions.Default && !d.ownListed && strings.HasPrefix(strings.ToLower(d.project.Path), below)
		},
		text: "is a group that holds the project itself: its fine-grained permissions bind the project's own jobs too. List the project itself to give them others.",
	},
}

// caution warns of entries that the plan adds or changes; of the others it was told when they came. The
// subject goes into the titles, so that Terraform does not fold them.
func (l *lookup) caution(subject string, planned intent.Intent, want []entry) {
	decisions := l.decide(planned, want)
	for _, c := range cautions {
		var lines []string
		for _, d := range decisions {
			if c.applies(d) {
				lines = append(lines, d.line())
			}
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

func (l *lookup) tell(subject string, title diagnose.Title, lines []string, text string) {
	if len(lines) > 0 {
		l.diags.AddWarning(string(title.For(subject)), fmt.Sprintf("On the allowlist of %s, each of\n\n%s\n\n%s",
			l.project.Target(), strings.Join(lines, "\n"), text))
	}
}

// decide adds to what the plan changes what cautions hang on.
func (l *lookup) decide(planned intent.Intent, want []entry) []decision {
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
