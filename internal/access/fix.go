package access

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Remedy is one kind of change that opens the way.
type Remedy int

// The remedies.
const (
	// AddEntry puts the job's project on the list, with Permissions or, where they are nil, the defaults.
	AddEntry Remedy = iota
	// ChangeEntry gives the entry of the project Permissions, nil for the defaults.
	ChangeEntry
	// GiveRole makes the job's user a member with Role.
	GiveRole
	// LetMembers opens Feature to members.
	LetMembers
	// LetPush and LetCrossProjectPush switch the toggles on, LimitAccess the list.
	LetPush
	LetCrossProjectPush
	LimitAccess
	// DropOutbound switches the legacy outbound list of the job's project off.
	DropOutbound
	// MakeWritable takes the project back from the archive, or from its deletion.
	MakeWritable
	// Unblock lets the job's user in again, SwitchOnCI switches CI/CD on in the job's project.
	Unblock
	SwitchOnCI
	// UseToken is for what no job token opens.
	UseToken
	// Create is for a project that is not there.
	Create
)

// Change is one thing that has to be changed, and nobody else than Who can.
type Change struct {
	Remedy      Remedy
	Permissions []string
	Role        Role
	Feature     Feature
	Who         string
	Text        string
	HCL         string
}

// Fix is the least that has to be changed for a denied operation to be allowed, in the order in which
// GitLab asks. It is empty for what is allowed, or not decided.
func Fix(f Facts, operation Operation) []Change {
	var changes []Change
	// Each change passes one step for good, so there are no more rounds than steps.
	for range 12 {
		decision := Decide(f, operation)
		failed, denied := decision.Failed()
		if !denied {
			return changes
		}
		change := f.remedy(operation, failed)
		change.explain(&f)
		changes = append(changes, change)
		if change.Remedy == UseToken || change.Remedy == Create {
			return changes
		}
		f = f.with(change)
	}
	return changes
}

func (f *Facts) remedy(o Operation, failed Step) Change {
	d := &deciding{Facts: f, operation: o}
	switch failed.Stage {
	case StageToken:
		if flag(f.User.Blocked) == yes {
			return Change{Remedy: Unblock}
		}
		return Change{Remedy: SwitchOnCI}
	case StageRoute:
		return Change{Remedy: UseToken, Text: failed.Found}
	case StageTarget:
		return Change{Remedy: Create}
	case StageOutbound:
		return Change{Remedy: DropOutbound}
	case StageList:
		return Change{Remedy: AddEntry, Permissions: f.least(o)}
	case StageSight:
		return Change{Remedy: GiveRole, Role: d.least()}
	case StagePermissions:
		return f.widen(o.Permissions, o)
	case StageFeature:
		return f.openFeature(d)
	case StageState:
		return Change{Remedy: MakeWritable}
	case StageRole:
		if d.inScope() == no {
			return f.enter(d)
		}
		return Change{Remedy: GiveRole, Role: d.least()}
	case StagePush:
	}
	return f.allowPush(o)
}

// enter makes the scope reach the project.
func (f *Facts) enter(d *deciding) Change {
	if d.inbound() == yes {
		return Change{Remedy: DropOutbound}
	}
	return Change{Remedy: AddEntry, Permissions: f.least(d.operation)}
}

func (f *Facts) openFeature(d *deciding) Change {
	for _, feature := range d.operation.Features {
		level := f.level(feature)
		switch {
		case equal(level, Disabled) == yes:
			return Change{Remedy: LetMembers, Feature: feature}
		case d.inScope() == no && (equal(level, Members) == yes || !d.operation.Open):
			return f.enter(d)
		case d.within(feature, level) == no:
			private := f.To.Visibility.Value == Private
			return Change{Remedy: GiveRole, Role: max(d.least(), leastOf(feature, private))}
		}
	}
	return Change{Remedy: GiveRole, Role: d.least()}
}

// least are the permissions of the smallest new entry: none where the operation asks none, nil (the
// defaults) where no permission would do or none bind.
func (f *Facts) least(o Operation) []string {
	d := &deciding{Facts: f, operation: o}
	needed := o.Permissions
	if o.push {
		needed = pushPermissions
	}
	switch {
	case d.active() != yes, o.governed(f.Version) != no && len(needed) == 0, f.own():
		return nil
	case o.governed(f.Version) == no && !o.push:
		return []string{}
	}
	return slices.Clone(needed)
}

// widen adds permissions to the entry that rules. Where that is a group's, an entry for the project alone
// with what it has now and what it needs is the smaller change.
func (f *Facts) widen(needed []string, o Operation) Change {
	entry, listed := f.ruling()
	permissions := slices.Clone(needed)
	if listed && len(permissions) > 0 {
		permissions = union(entry.Permissions.Value, permissions)
	}
	switch {
	case f.own(): // its own jobs were meant to have all
		permissions = nil
	case len(needed) == 0, f.Version != (Version{}) && (&deciding{Facts: f, operation: o}).active() != yes:
		permissions = nil
	}
	remedy := AddEntry
	if listed && !entry.Target.Group {
		remedy = ChangeEntry
	}
	return Change{Remedy: remedy, Permissions: permissions}
}

func union(a, b []string) []string {
	together := map[string]bool{}
	for _, name := range slices.Concat(a, b) {
		together[name] = true
	}
	return slices.Sorted(maps.Keys(together))
}

func (f *Facts) allowPush(o Operation) Change {
	switch {
	case flag(f.To.Push) == no:
		return Change{Remedy: LetPush}
	case !f.own() && !f.Version.since(19, 1):
		return Change{Remedy: UseToken, Text: "GitLab " + f.Version.String() + " lets no job push to another project"}
	case flag(f.To.CrossProjectPush) == no:
		return Change{Remedy: LetCrossProjectPush}
	case flag(f.To.Limited) == no:
		return Change{Remedy: LimitAccess}
	}
	return f.widen(pushPermissions, o)
}

// with is what the facts are after a change.
func (f Facts) with(c Change) Facts {
	switch c.Remedy {
	case AddEntry, ChangeEntry:
		entries := slices.DeleteFunc(slices.Clone(f.To.Entries.Value), func(e Entry) bool { return e.Target.is(f.project()) })
		f.To.Entries = Known(append(entries, Entry{Target: f.project(), Default: c.Permissions == nil, Permissions: Known(c.Permissions)}))
	case GiveRole:
		f.User.Role = Known(c.Role)
	case LetMembers:
		f.To.Features = maps.Clone(f.To.Features)
		f.To.Features[c.Feature] = Members
	case LetPush:
		f.To.Push = Known(true)
	case LetCrossProjectPush:
		f.To.CrossProjectPush = Known(true)
	case LimitAccess:
		f.To.Limited = Known(true)
	case DropOutbound:
		f.From.Outbound = Known(false)
	case MakeWritable:
		f.To.ReadOnly = Known(false)
	case Unblock:
		f.User.Blocked = Known(false)
	case SwitchOnCI:
		f.From.BuildsOff = Known(false)
	case UseToken, Create:
	}
	return f
}

func (c *Change) explain(f *Facts) {
	to, from := f.To.Path, f.From.Path
	maintainer := "a Maintainer of " + to
	switch c.Remedy {
	case AddEntry, ChangeEntry:
		c.Who, c.HCL = maintainer, entryHCL(f, c.Permissions)
		c.Text = fmt.Sprintf("add %s to the allowlist of %s", from, to)
		if c.Remedy == ChangeEntry {
			c.Text = fmt.Sprintf("change the entry of %s on the allowlist of %s", from, to)
		}
		c.Text += ", with " + grants(Entry{Default: c.Permissions == nil, Permissions: Known(c.Permissions)})
		if entry, listed := f.ruling(); listed && entry.Target.Group {
			c.Text += ": an entry of its own rules over that for " + entry.Target.String()
		}
	case GiveRole:
		c.Who = maintainer
		c.Text = fmt.Sprintf("give %s the role %s in %s, or in a group above it", (&deciding{Facts: f}).user(), c.Role, to)
	case LetMembers:
		c.Who = maintainer
		c.Text = fmt.Sprintf("switch %s on in %s (Settings > General > Visibility), for members at least", c.Feature, to)
	case LetPush:
		c.Who, c.HCL = maintainer, settingsHCL(to, "push_repository_allowed")
		c.Text = "let job tokens push to " + to
	case LetCrossProjectPush:
		c.Who, c.HCL = maintainer, settingsHCL(to, "cross_project_push_allowed")
		c.Text = "let jobs of listed projects push to " + to
	case LimitAccess:
		c.Who, c.HCL = maintainer, settingsHCL(to, "inbound_allowlist_enabled")
		c.Text = "limit access to " + to + ": without that no other project pushes. Every project that is not on its list is refused from then on"
	case DropOutbound:
		c.Who = "a Maintainer of " + from
		c.HCL = strings.Replace(settingsHCL(from, "outbound_allowlist_enabled"), "= true", "= false", 1)
		c.Text = "switch off the legacy \"Limit access from this project\" of " + from
	case MakeWritable:
		c.Who = "an Owner of " + to
		c.Text = "unarchive " + to + ", or restore it from its deletion"
	case Unblock:
		c.Who = "an administrator"
		c.Text = "unblock " + (&deciding{Facts: f}).user()
	case SwitchOnCI:
		c.Who = "a Maintainer of " + from
		c.Text = "switch CI/CD on in " + from
	case UseToken:
		c.Who = maintainer
		c.Text = "use a deploy token or access token of " + to + " instead of the job token: " + c.Text
	case Create:
		c.Who = "nobody but the author of the job"
		c.Text = "correct the path: there is no project " + to
	}
}

// String is the change as a sentence.
func (c Change) String() string { return fmt.Sprintf("%s can %s.", upperFirst(c.Who), c.Text) }

func upperFirst(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// label is a name for a block, made of a path.
func label(path string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_':
			return r
		}
		return '_'
	}, path[strings.LastIndex(path, "/")+1:])
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		return "_" + name
	}
	return name
}

func entryHCL(f *Facts, permissions []string) string {
	lines := []string{
		fmt.Sprintf("resource \"jobtoken_allowlist_entry\" %q {", label(f.From.Path)),
		fmt.Sprintf("  project        = %q", f.To.Path),
		fmt.Sprintf("  target_project = %q", f.From.Path),
	}
	if permissions != nil {
		lines = append(lines, "  permissions    = ["+quoted(permissions)+"]")
	}
	return strings.Join(append(lines, "}"), "\n")
}

func quoted(names []string) string {
	texts := make([]string, len(names))
	for i, name := range names {
		texts[i] = fmt.Sprintf("%q", name)
	}
	return strings.Join(texts, ", ")
}

func settingsHCL(project, attribute string) string {
	return fmt.Sprintf("resource \"jobtoken_settings\" %q {\n  project = %q\n\n  %s = true\n}", label(project), project, attribute)
}
