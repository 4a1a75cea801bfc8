package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Severity is how bad a risk is.
type Severity string

// The severities, the worst first.
const (
	High   Severity = "high"
	Medium Severity = "medium"
	Low    Severity = "low"
)

var severities = []Severity{High, Medium, Low}

// Rule is a kind of risk.
type Rule string

// The rules, in the order in which risks of one severity are told.
const (
	Open               Rule = "open"
	TopLevelGroup      Rule = "top_level_group"
	EnforcedByInstance Rule = "enforced_only_by_instance"
	GroupWithDefault   Rule = "group_with_default_permissions"
	CrossProjectPush   Rule = "cross_project_push"
	EndlessDeployToken Rule = "deploy_token_never_ends" //nolint:gosec // the name of a rule
	EndlessAccessToken Rule = "access_token_never_ends"
	TargetScheduled    Rule = "target_deletion_scheduled"
	TargetHidden       Rule = "target_hidden"
	Unused             Rule = "unused"
	TargetArchived     Rule = "target_archived"
	OutboundLeftovers  Rule = "outbound_leftovers"
)

// Rules are all of them with their severities.
func Rules() map[Rule]Severity {
	return map[Rule]Severity{
		Open: High, TopLevelGroup: High,
		EnforcedByInstance: Medium, GroupWithDefault: Medium, CrossProjectPush: Medium,
		EndlessDeployToken: Medium, EndlessAccessToken: Medium, TargetScheduled: Medium, TargetHidden: Medium,
		Unused: Low, TargetArchived: Low, OutboundLeftovers: Low,
	}
}

var order = []Rule{
	Open, TopLevelGroup, EnforcedByInstance, GroupWithDefault, CrossProjectPush, EndlessDeployToken, EndlessAccessToken,
	TargetScheduled, TargetHidden, Unused, TargetArchived, OutboundLeftovers,
}

// Risk is something of a project that is wider than it need be.
type Risk struct {
	Rule     Rule
	Severity Severity
	Project  string
	// Entry is the entry that it is about; nil where it is about the project.
	Entry *Target
	// About says what there is, in one sentence.
	About string
	// Fix says what mends it: where to click, or where the line of HCL goes.
	Fix string
	// HCL is that line; empty where none mends it.
	HCL string
}

const clicks = "Settings > CI/CD > Job token permissions"

// Risks are what the rules find, the worst first. Of a project that is scheduled for deletion there are none:
// GitLab takes no changes to it.
func (r *Report) Risks() (risks []Risk) {
	for _, p := range r.Projects {
		if !p.Readable || p.Scheduled {
			continue
		}
		found := append(p.risks(), p.tokenRisks()...)
		for _, e := range p.Entries {
			found = append(found, r.entryRisks(p, e)...)
		}
		for i := range found {
			found[i].Project, found[i].Severity = p.Path, Rules()[found[i].Rule]
			if p.Archived {
				found[i].Fix = "Unarchive the project first: GitLab takes no changes to it now. " + found[i].Fix
			}
		}
		risks = append(risks, found...)
	}
	slices.SortStableFunc(risks, func(a, b Risk) int {
		return cmp.Or(
			cmp.Compare(slices.Index(severities, a.Severity), slices.Index(severities, b.Severity)),
			cmp.Compare(slices.Index(order, a.Rule), slices.Index(order, b.Rule)),
			strings.Compare(a.Project, b.Project),
		)
	})
	return risks
}

// risks are those of the project's toggles.
func (p Project) risks() (risks []Risk) {
	const limit = `In ` + clicks + ` choose "Only this project and any groups and projects in the allowlist", or write this into its jobtoken_allowlist.`
	switch {
	case p.Open():
		risks = append(risks, Risk{
			Rule: Open, About: "Any project's job token may reach " + p.Path + ": its list is off.", Fix: limit, HCL: "enabled = true",
		})
	case !p.Limited && p.bound():
		risks = append(risks, Risk{
			Rule: EnforcedByInstance, About: "Access to " + p.Path + " is limited by the instance alone: once that no longer enforces it, any project's job token may reach it.",
			Fix: limit, HCL: "enabled = true",
		})
	}
	if p.CrossProjectPush {
		risks = append(risks, Risk{
			Rule: CrossProjectPush, About: "Jobs of other projects on the list of " + p.Path + " may push to its repository.",
			Fix: "Switch it off in " + clicks + ", or write this into its jobtoken_settings.", HCL: "cross_project_push_allowed = false",
		})
	}
	if p.Outbound || len(p.OutboundTargets) > 0 {
		risk := Risk{Rule: OutboundLeftovers, HCL: "outbound_allowlist_enabled = false"}
		risk.About = fmt.Sprintf("The legacy outbound list of %s has %s left.", p.Path, plural(len(p.OutboundTargets), "project"))
		risk.Fix = "They let nobody in. Only GraphQL removes them: ciJobTokenScopeRemoveProject with direction OUTBOUND."
		if p.Outbound {
			risk.About = fmt.Sprintf("The legacy outbound list of %s is on, with %s: its jobs reach no other private project.", p.Path, plural(len(p.OutboundTargets), "project"))
			risk.Fix = "Write this into its jobtoken_settings. GitLab lets it go off, and never on again."
		} else {
			risk.HCL = ""
		}
		risks = append(risks, risk)
	}
	return risks
}

func (p Project) tokenRisks() (risks []Risk) {
	for _, t := range p.Endless {
		words := strings.ReplaceAll(t.Kind, "_", " ")
		risk := Risk{Rule: EndlessDeployToken, About: fmt.Sprintf("The %s %s of %s (id %d) never ends.", words, strconv.Quote(t.Name), p.Path, t.ID)}
		place := "Settings > Repository > Deploy tokens"
		if t.Kind == "access_token" {
			risk.Rule, place = EndlessAccessToken, "Settings > Access tokens"
		}
		risk.Fix = fmt.Sprintf("Revoke it in %s, or import it as jobtoken_project_%s and have it rotated.", place, t.Kind)
		risk.HCL = "rotation = { every_days = 90, overlap_days = 14 }"
		risks = append(risks, risk)
	}
	return risks
}

// entryRisks are those of one entry. The project's own lets nobody else in.
func (r *Report) entryRisks(p Project, e Entry) (risks []Risk) {
	if !e.Group && strings.EqualFold(e.Path, p.Path) {
		return nil
	}
	add := func(rule Rule, about, fix, hcl string) {
		entry := e.Target
		risks = append(risks, Risk{Rule: rule, Entry: &entry, About: about, Fix: fix, HCL: hcl})
	}
	remove := fmt.Sprintf("Take %q out of %s in its jobtoken_allowlist, or remove it in %s.", e.Path, e.attribute(), clicks)
	name := upperFirst(e.String())
	if e.Group && !strings.Contains(e.Path, "/") {
		fix := "List the subgroups or projects below it that need it: jobtoken_allowlist_proposal finds them."
		if lines := e.consumers(); lines != "" {
			fix = "Replace it by the projects that have used it, in projects of its jobtoken_allowlist."
			add(TopLevelGroup, e.size(p), fix, lines)
		} else {
			add(TopLevelGroup, e.size(p), fix, "")
		}
	}
	if e.Group && e.Default {
		add(GroupWithDefault, fmt.Sprintf("Jobs of every project below %s may do in %s all that their users may.", e.Path, p.Path),
			"Give it, in groups of its jobtoken_allowlist, the permissions that its jobs need. With none, as in this line, git clone and image pulls still work.",
			fmt.Sprintf("%q = { permissions = [] }", e.Path))
	}
	switch {
	case e.Scheduled:
		add(TargetScheduled, fmt.Sprintf("%s on the list of %s is scheduled for deletion.", name, p.Path), remove, "")
	case e.Hidden:
		add(TargetHidden, fmt.Sprintf("%s on the list of %s is not visible to the token's user, who cannot judge it.", name, p.Path),
			"Ask who owns it. "+remove, "")
	case e.Archived:
		add(TargetArchived, fmt.Sprintf("%s on the list of %s is archived, and has no jobs.", name, p.Path), remove, "")
	}
	if about := r.unused(p, e); about != "" {
		add(Unused, fmt.Sprintf("%s on the list of %s %s.", name, p.Path, about), remove, "")
	}
	return risks
}

// unused says since when nobody has used an entry; it is empty for one that is in use, too new to tell, or
// perhaps used by a project that the log does not name.
func (r *Report) unused(p Project, e Entry) string {
	if r.UnusedDays == 0 || !p.Logged || e.Group && p.Unnamed {
		return ""
	}
	since := r.Now.AddDate(0, 0, -r.UnusedDays)
	switch {
	case !e.Used.Before(since), !e.Added.Before(since):
		return ""
	case e.Used.IsZero():
		return "has never been used, as far as the log goes back"
	}
	return "was used last on " + e.Used.UTC().Format(time.DateOnly)
}

// consumerLines is the most projects that are named in place of a group.
const consumerLines = 20

// consumers are lines of HCL for the projects that have used a group's entry.
func (e Entry) consumers() string {
	if len(e.Consumers) == 0 || len(e.Consumers) > consumerLines {
		return ""
	}
	names := make([]string, 0, len(e.Permissions))
	for _, permission := range e.Permissions {
		names = append(names, strconv.Quote(permission))
	}
	value := "{}"
	if !e.Default {
		value = "{ permissions = [" + strings.Join(names, ", ") + "] }"
	}
	lines := make([]string, 0, len(e.Consumers))
	for _, path := range slices.Sorted(slices.Values(e.Consumers)) {
		lines = append(lines, fmt.Sprintf("%q = %s", path, value))
	}
	return strings.Join(lines, "\n")
}

func (e Entry) size(p Project) string {
	count := "all projects"
	if e.Projects != nil {
		count = "the " + plural(*e.Projects, "project")
	}
	return fmt.Sprintf("The top-level group %s is on the list of %s: %s below it, and all that come, are let in.", e.Path, p.Path, count)
}

// attribute is the map of jobtoken_allowlist that holds the target.
func (t Target) attribute() string {
	if t.Group {
		return "groups"
	}
	return "projects"
}

func upperFirst(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

func itoa(n int) string { return strconv.Itoa(n) }
