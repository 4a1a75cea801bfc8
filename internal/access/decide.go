package access

import (
	"fmt"
	"slices"
	"strings"
)

// Outcome is what a step, or the whole decision, came to.
type Outcome int

// The outcomes.
const (
	// Undecided is what cannot be known from what was seen.
	Undecided Outcome = iota
	Allowed
	Denied
)

// String is the outcome of a step in one word or two.
func (o Outcome) String() string {
	switch o {
	case Allowed:
		return "passed"
	case Denied:
		return "failed"
	case Undecided:
	}
	return "not visible"
}

func outcome(a truth) Outcome {
	switch a {
	case yes:
		return Allowed
	case no:
		return Denied
	case maybe:
	}
	return Undecided
}

// Stage is one of GitLab's steps.
type Stage string

// The stages, in GitLab's order.
const (
	StageToken       Stage = "job token"
	StageRoute       Stage = "endpoint"
	StageTarget      Stage = "project"
	StageOutbound    Stage = "outbound switch"
	StageList        Stage = "allowlist"
	StageSight       Stage = "membership"
	StagePermissions Stage = "permissions"
	StageFeature     Stage = "feature"
	StageState       Stage = "state of the project"
	StageRole        Stage = "role"
	StagePush        Stage = "push settings"
)

// Step is one of GitLab's steps with what was looked at and found.
type Step struct {
	Stage   Stage
	Looked  string
	Found   string
	Outcome Outcome
	// Missing is what would settle a step that is Undecided.
	Missing string
}

// Decision is GitLab's answer, as far as it can be known.
type Decision struct {
	Outcome Outcome
	// Steps end with the first that failed.
	Steps []Step
	// Logged is whether GitLab's authentication log would show the use.
	Logged Outcome
}

// Failed is the step that refused.
func (d Decision) Failed() (Step, bool) {
	i := slices.IndexFunc(d.Steps, func(s Step) bool { return s.Outcome == Denied })
	if i < 0 {
		return Step{}, false
	}
	return d.Steps[i], true
}

// Missing is what would have to be known of an answer that is Undecided.
func (d Decision) Missing() []string {
	if d.Outcome != Undecided {
		return nil
	}
	var missing []string
	for _, step := range d.Steps {
		if step.Outcome == Undecided && !slices.Contains(missing, step.Missing) {
			missing = append(missing, step.Missing)
		}
	}
	return missing
}

// deciding goes through the steps.
type deciding struct {
	*Facts
	operation Operation
	steps     []Step
	stopped   bool
}

func (d *deciding) step(stage Stage, result truth, looked, found, missing string) {
	if d.stopped {
		return
	}
	step := Step{Stage: stage, Looked: looked, Found: found, Outcome: outcome(result)}
	if result == maybe {
		step.Missing = missing
	}
	d.steps = append(d.steps, step)
	d.stopped = result == no
}

// Decide tells whether the job may do it. A later step that surely fails refuses, whatever an earlier one
// that cannot be seen comes to.
func Decide(f Facts, operation Operation) Decision {
	d := &deciding{Facts: &f, operation: operation}
	d.token()
	d.route()
	d.target()
	d.scope()
	d.sight()
	d.permissions()
	d.ability()
	d.pushing()
	decision := Decision{Outcome: Allowed, Steps: d.steps}
	for _, step := range d.steps {
		if step.Outcome == Denied {
			decision.Outcome = Denied
		} else if step.Outcome == Undecided && decision.Outcome == Allowed {
			decision.Outcome = Undecided
		}
	}
	decision.Logged = d.logged(decision.Outcome)
	return decision
}

// logged is whether a use goes to the authentication log: it came from another project, was in scope, and
// was not refused.
func (d *deciding) logged(came Outcome) Outcome {
	switch {
	case came == Denied, d.own(), d.inScope() == no:
		return Denied
	case came == Undecided:
		return Undecided
	}
	return outcome(d.inScope())
}

// token only refuses what is known: the question is about a job that runs.
func (d *deciding) token() {
	const looked = "the job's token and its user"
	switch {
	case flag(d.User.Blocked) == yes:
		d.step(StageToken, no, looked, d.user()+" is blocked", "")
	case d.operation.git && flag(d.From.BuildsOff) == yes:
		d.step(StageToken, no, looked, "CI/CD is switched off in "+d.From.Path, "")
	default:
		d.step(StageToken, yes, looked, "a running job is taken for granted", "")
	}
}

func (d *deciding) user() string {
	if d.User.Username == "" {
		return "the job's user"
	}
	return "user " + d.User.Username
}

func (d *deciding) route() {
	const looked = "whether GitLab takes a job token for this"
	o := d.operation
	switch {
	case o.impossible != "":
		d.step(StageRoute, no, looked, o.impossible, "")
	case o.since != (Version{}) && !d.Version.since(o.since.Major, o.since.Minor):
		d.step(StageRoute, no, looked, fmt.Sprintf("GitLab %s does not; %s and later do", d.Version, o.since), "")
	case o.ownOnly && !d.own():
		d.step(StageRoute, no, looked, "only in the job's own project", "")
	case o.asksPremium && flag(d.Enterprise) != no:
		premium := flag(d.Premium)
		if premium == no && flag(d.Enterprise) == maybe {
			premium = maybe
		}
		found := map[truth]string{yes: "it does, with Premium", no: "the Enterprise Edition does not without Premium", maybe: "the Enterprise Edition does with Premium alone"}[premium]
		d.step(StageRoute, premium, looked, found, "whether this GitLab has a Premium licence")
	default:
		d.step(StageRoute, yes, looked, "it does", "")
	}
}

func (d *deciding) target() {
	there := not(flag(d.To.Missing))
	found := map[truth]string{
		yes: "it is there", no: "there is no such project, or it is being deleted", maybe: "it is not shown",
	}[there]
	d.step(StageTarget, there, "project "+d.To.Path, found, "whether project "+d.To.Path+" exists")
}

func (d *deciding) private() truth { return equal(d.To.Visibility, Private) }

// visible is who sees the project without a role.
func (d *deciding) visible() truth {
	return anyOf(equal(d.To.Visibility, Public), all(equal(d.To.Visibility, Internal), not(flag(d.User.External))))
}

func (d *deciding) listed() truth {
	return is(d.To.Entries, func([]Entry) bool { _, listed := d.ruling(); return listed })
}

func (d *deciding) inbound() truth {
	return anyOf(holds(d.own()), not(flag(d.To.Limited)), d.listed())
}

// outbound is the legacy switch of the job's project, which only kept jobs from private projects. Whether
// it still counts from 18.0 on is not settled.
func (d *deciding) outbound() truth {
	passes := anyOf(holds(d.own()), not(flag(d.From.Outbound)), not(d.private()), flag(d.From.OutboundHolds))
	if passes == no && d.Version.since(18, 0) {
		return maybe
	}
	return passes
}

func (d *deciding) inScope() truth { return all(d.outbound(), d.inbound()) }

func (d *deciding) scope() {
	switch {
	case d.own():
		d.step(StageList, yes, "the allowlist of "+d.To.Path, "a project always reaches itself", "")
		return
	case d.outbound() == yes:
	default:
		admitted := anyOf(d.outbound(), d.visible())
		missing := "whether the legacy switch \"Limit access from this project\" of " + d.From.Path + " is on"
		found := "it is not shown"
		if d.From.Outbound.Known {
			found = "it is on, and its list does not hold " + d.To.Path
			missing = "whether GitLab " + d.Version.String() + " still heeds the legacy switch \"Limit access from this project\" of " + d.From.Path + ", which is on"
		}
		d.step(StageOutbound, admitted, "the legacy switch \"Limit access from this project\" of "+d.From.Path, found, missing)
	}
	d.step(StageList, anyOf(d.inbound(), d.visible()), "the allowlist of "+d.To.Path, d.foundOnList(), d.missingOfList())
}

func (d *deciding) foundOnList() string {
	entry, listed := d.ruling()
	switch {
	case flag(d.To.Limited) == no:
		return "it is off: every project's jobs are let in"
	case !d.To.Entries.Known:
		return "it is not shown"
	case listed:
		return d.describe(entry)
	case flag(d.To.Limited) == maybe:
		return "it does not hold " + d.From.Path + "; whether it is on is not shown"
	}
	found := "it is on, and holds neither " + d.From.Path + " nor a group above it"
	if d.visible() == yes {
		found += fmt.Sprintf("; the project is %s, so what is open to everyone stays open", d.To.Visibility.Value)
	}
	return found
}

// describe tells of the entry that rules, and of the wider ones that do not.
func (d *deciding) describe(entry Entry) string {
	found := "the entry for " + entry.Target.String() + " rules, with " + grants(entry)
	if entry.Target.Group {
		found += " (the nearest group on the list)"
	}
	if others := d.others(entry); len(others) > 0 {
		found += "; " + strings.Join(others, " and ") + " would admit it too and count for nothing"
	}
	return found
}

func (d *deciding) others(ruling Entry) (others []string) {
	for _, entry := range d.To.Entries.Value {
		if entry.Target != ruling.Target && slices.ContainsFunc(d.From.Groups, entry.Target.is) {
			others = append(others, "that for "+entry.Target.String())
		}
	}
	return others
}

func grants(entry Entry) string {
	switch {
	case entry.Default:
		return "the default permissions"
	case !entry.Permissions.Known:
		return "permissions that are not shown"
	case len(entry.Permissions.Value) == 0:
		return "no permissions"
	}
	return "the permissions " + strings.Join(entry.Permissions.Value, ", ")
}

func (d *deciding) missingOfList() string {
	var missing []string
	if !d.To.Visibility.Known {
		missing = append(missing, "the visibility of "+d.To.Path)
	}
	if !d.To.Limited.Known {
		missing = append(missing, "whether the allowlist of "+d.To.Path+" is on")
	}
	if !d.To.Entries.Known {
		missing = append(missing, "the entries of the allowlist of "+d.To.Path)
	}
	if equal(d.To.Visibility, Internal) == yes && !d.User.External.Known {
		missing = append(missing, "whether "+d.user()+" is external")
	}
	return strings.Join(missing, " and ")
}

// atLeast tells whether the user's role is enough. Neither a custom role nor an administrator can be
// judged by it. Who is not shown to be an administrator is taken for none.
func (d *deciding) atLeast(least Role) truth {
	enough := is(d.User.Role, func(r Role) bool { return r >= least })
	if enough == no && (d.User.CustomRole != "" && d.User.Role.Value > NoRole || flag(d.User.Admin) == yes) {
		return maybe
	}
	return enough
}

func (d *deciding) role() string {
	switch {
	case !d.User.Role.Known:
		return "the role of " + d.user() + " in " + d.To.Path + " is not shown"
	case d.User.Role.Value == NoRole:
		return d.user() + " is no member of " + d.To.Path
	}
	found := d.user() + " is " + d.User.Role.Value.String() + " of " + d.To.Path
	if d.User.CustomRole != "" {
		found += ", with the custom role " + d.User.CustomRole
	}
	return found
}

func (d *deciding) missingOfRole() string {
	switch {
	case !d.User.Role.Known:
		return "the role of " + d.user() + " in " + d.To.Path
	case d.User.CustomRole != "":
		return "what the custom role " + d.User.CustomRole + " allows"
	}
	return "whether a job of an administrator needs a role in " + d.To.Path
}

func (d *deciding) sight() {
	d.step(StageSight, anyOf(d.visible(), d.atLeast(Guest)), "who sees "+d.To.Path, d.sighted(), d.missingOfSight())
}

func (d *deciding) sighted() string {
	if d.visible() == yes {
		return fmt.Sprintf("it is %s", d.To.Visibility.Value)
	}
	return d.role()
}

func (d *deciding) missingOfSight() string {
	if !d.To.Visibility.Known {
		return "the visibility of " + d.To.Path
	}
	return d.missingOfRole()
}

// active tells whether fine-grained permissions bind at all.
func (d *deciding) active() truth {
	if d.Version.since(18, 3) {
		return yes
	}
	return flag(d.To.PermissionsActive)
}

func (d *deciding) permissions() {
	o := d.operation
	governed := all(o.governed(d.Version), d.active())
	looked := "the permissions of the entry that rules"
	if governed == no {
		found := "this asks none: any entry will do"
		if d.active() == no {
			found = "they do not bind: the setting of the top-level namespace is off"
		}
		d.step(StagePermissions, yes, looked, found, "")
		return
	}
	passes := d.permitted()
	if passes != yes {
		passes = anyOf(passes, not(governed))
	}
	d.step(StagePermissions, passes, looked, d.foundPermissions(passes), d.missingPermissions())
}

// permitted is whether an operation that asks permissions has them.
func (d *deciding) permitted() truth {
	o := d.operation
	if len(o.OpenWhen) > 0 && all(not(d.private()), d.open(o.OpenWhen)) == yes {
		return yes
	}
	open := no
	if len(o.OpenWhen) > 0 {
		open = all(not(d.private()), d.open(o.OpenWhen))
	}
	return anyOf(open, not(flag(d.To.Limited)), d.covered())
}

// covered is whether the entry that rules has the permissions. From 18.1 on it may be one for the project
// itself, or its own group, that binds the project's own jobs.
func (d *deciding) covered() truth {
	if d.own() && !d.Version.since(18, 1) {
		return yes
	}
	if !d.To.Entries.Known {
		return maybe
	}
	entry, listed := d.ruling()
	switch {
	case !listed:
		return holds(d.own())
	case entry.Default:
		return yes
	case d.operation.unsettled != nil && d.operation.unsettled(d.Version):
		return entry.covers(d.operation.Permissions)
	case len(d.operation.Permissions) == 0:
		return no
	}
	return entry.covers(d.operation.Permissions)
}

func (d *deciding) needs() string {
	if len(d.operation.Permissions) == 0 {
		return "the default permissions"
	}
	return strings.Join(d.operation.Permissions, " and ")
}

func (d *deciding) foundPermissions(passes truth) string {
	entry, listed := d.ruling()
	switch {
	case passes == yes && flag(d.To.Limited) == no:
		return "none are asked while the list is off"
	case passes == yes && !(listed && entry.covers(d.operation.Permissions) == yes) && !d.own():
		return "none are asked: the features are open to everyone"
	case passes == yes && !listed:
		return "no entry binds the project's own jobs"
	case !listed && d.To.Entries.Known:
		return "this asks " + d.needs() + ", and " + d.From.Path + " is not listed"
	case !listed:
		return "this asks " + d.needs() + "; the entries are not shown"
	}
	found := "this asks " + d.needs() + "; the entry for " + entry.Target.String() + " has " + grants(entry)
	if d.own() && passes == no {
		found += ", and binds the project's own jobs too"
	}
	return found
}

func (d *deciding) missingPermissions() string {
	entry, listed := d.ruling()
	switch {
	case d.active() == maybe:
		return "whether fine-grained permissions are switched on in the top-level namespace of " + d.To.Path
	case d.operation.governed(d.Version) == maybe:
		return "which permission GitLab " + d.Version.String() + " asks for this"
	case listed && !entry.Default && !entry.Permissions.Known:
		return "the permissions of the entry for " + entry.Target.String()
	case !d.To.Entries.Known:
		return "the entries of the allowlist of " + d.To.Path
	case !d.To.Limited.Known:
		return "whether the allowlist of " + d.To.Path + " is on"
	case !d.To.Visibility.Known:
		return "the visibility of " + d.To.Path
	}
	return "who may use " + names(d.operation.OpenWhen) + " of " + d.To.Path
}

func names(features []Feature) string {
	texts := make([]string, len(features))
	for i, feature := range features {
		texts[i] = string(feature)
	}
	return strings.Join(texts, " and ")
}

// ability is the endpoint's own question. Out of scope only what an anonymous visitor of a public project
// may do is left, and a role adds nothing.
func (d *deciding) ability() {
	scope := d.inScope()
	for _, feature := range d.operation.Features {
		level := d.level(feature)
		within := d.within(feature, level)
		outside := is(level, func(l Level) bool { return l == Everyone || l == Anyone })
		if scope == no && !d.operation.Open {
			outside = no
		}
		passes := choose(scope, within, outside)
		missing := "who may use " + string(feature) + " of " + d.To.Path
		if level.Known {
			missing = d.missingOfAbility()
		}
		d.step(StageFeature, passes, "who may use "+string(feature)+" of "+d.To.Path, d.foundFeature(level, passes), missing)
	}
	d.state()
	least := d.least()
	within := anyOf(d.guestsMay(least), all(holds(d.operation.Open), d.visible()))
	passes := choose(scope, within, holds(d.operation.Open))
	found := "this needs " + least.String() + " or more; " + d.role()
	switch {
	case scope == no && passes == no:
		found = "not let in by the allowlist, a role counts for nothing"
	case d.operation.Open && d.visible() == yes:
		found = "this is open to everyone who sees the project"
	}
	d.step(StageRole, passes, "the role of "+d.user()+" in "+d.To.Path, found, d.missingOfAbility())
}

func (d *deciding) missingOfAbility() string {
	switch {
	case d.inScope() == maybe && d.outbound() == maybe:
		return "whether the legacy switch \"Limit access from this project\" of " + d.From.Path + " still counts"
	case d.inScope() == maybe:
		return d.missingOfList()
	case !d.User.Role.Known || d.User.CustomRole != "":
		return d.missingOfRole()
	case d.operation.asksPipelines && !d.To.PublicPipelines.Known && d.User.Role.Value < Reporter:
		return "whether pipelines of " + d.To.Path + " are public"
	case d.operation.guestFlag && d.User.Role.Value >= Guest:
		return "whether a feature flag lets Guests download packages"
	}
	return d.missingOfRole()
}

// within is who may use a feature in scope.
func (d *deciding) within(feature Feature, level Maybe[Level]) truth {
	member := choose(d.private(), d.guestsMay(leastOf(feature, true)), d.guestsMay(leastOf(feature, false)))
	return anyOf(is(level, func(l Level) bool { return l == Everyone || l == Anyone }), all(equal(level, Members), member))
}

// leastOf is what a feature for members asks of them.
func leastOf(feature Feature, private bool) Role {
	switch feature {
	case PackageRegistry, ContainerRegistry, MergeRequests:
		return Reporter
	case Repository:
		if private {
			return Reporter
		}
	case Builds, Releases, Environments, Infrastructure, Issues:
	}
	return Guest
}

func (d *deciding) foundFeature(level Maybe[Level], passes truth) string {
	switch {
	case !level.Known:
		return "it is not shown"
	case level.Value == Disabled:
		return "nobody: it is switched off"
	case level.Value == Members && passes == no && d.inScope() == no:
		return "members only, and only by way of the allowlist"
	case level.Value == Members:
		return "members only; " + d.role()
	case passes == no:
		return "everyone who sees the project, but not by a job that the allowlist does not let in"
	}
	return "everyone who sees the project"
}

func (d *deciding) state() {
	if !d.operation.Writes {
		return
	}
	writable := not(flag(d.To.ReadOnly))
	if d.inScope() == no {
		return
	}
	found := map[truth]string{
		yes: "it can be written to", no: "it is archived or scheduled for deletion, and only read", maybe: "it is not shown",
	}[writable]
	d.step(StageState, writable, "whether "+d.To.Path+" is archived or scheduled for deletion", found, "whether "+d.To.Path+" is archived")
}

// least is the role that an operation needs.
func (d *deciding) least() Role {
	if d.operation.asksPipelines && flag(d.To.PublicPipelines) != yes {
		return Reporter
	}
	return d.operation.Role
}

// guestsMay is [deciding.atLeast], where it is not settled of Guests.
func (d *deciding) guestsMay(least Role) truth {
	enough := d.atLeast(least)
	unsettled := d.operation.guestFlag || d.operation.asksPipelines && !d.To.PublicPipelines.Known
	if enough == no && unsettled && d.User.Role.Value >= Guest {
		return maybe
	}
	return enough
}

// pushing is what the project's toggles say of a push.
func (d *deciding) pushing() {
	if !d.operation.push {
		return
	}
	const looked = "the push settings of the project"
	switch pushes := flag(d.To.Push); {
	case pushes != yes:
		found := map[truth]string{no: "\"Allow Git push requests to the repository\" is off", maybe: "they are not shown"}[pushes]
		d.step(StagePush, pushes, looked, found, "whether job tokens may push to "+d.To.Path)
	case !d.own() && !d.Version.since(19, 0):
		d.step(StagePush, no, looked, "before 19.1 no job pushes to another project", "")
	case !d.own() && !d.Version.since(19, 1):
		d.step(StagePush, no, looked, "in 19.0 cross-project push waits for a feature flag that is off", "")
	case !d.own():
		cross := flag(d.To.CrossProjectPush)
		found := map[truth]string{yes: "cross-project push is on", no: "cross-project push is off", maybe: "cross-project push is not shown"}[cross]
		d.step(StagePush, cross, looked, found, "whether cross-project push is on in "+d.To.Path)
		d.pushingByList()
	default:
		d.step(StagePush, yes, looked, "jobs of the project may push to it; the rules of the branch still apply", "")
	}
}

func (d *deciding) pushingByList() {
	limited := flag(d.To.Limited)
	if limited != yes {
		found := map[truth]string{no: "the allowlist is off, and then no other project pushes", maybe: "whether it is on is not shown"}[limited]
		d.step(StagePush, limited, "the allowlist of "+d.To.Path, found, "whether the allowlist of "+d.To.Path+" is on")
		return
	}
	entry, listed := d.ruling()
	covered := is(d.To.Entries, func([]Entry) bool { return listed })
	found, missing := "no entry", "the entries of the allowlist of "+d.To.Path
	if listed {
		covered = entry.covers(pushPermissions)
		found = "the entry for " + entry.Target.String() + " has " + grants(entry) + "; a push needs admin_repositories, and the rules of the branch still apply"
		missing = "the permissions of the entry for " + entry.Target.String()
	}
	d.step(StagePush, covered, "the entry that rules", found, missing)
}

var pushPermissions = []string{"admin_repositories"}
