package contract_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest/core"
)

// licensed holds against the provider every change that no line of the plan allows, by id, and every
// moment at which something is wider than both the server was and the plan says.
func (tr *trial) licensed() {
	// What an item has been without the provider's doing: at the plan, and after each meddling.
	history := map[item][]string{}
	remember := func(s snapshot) {
		for i, value := range s {
			if !slices.Contains(history[i], value) {
				history[i] = append(history[i], value)
			}
		}
	}
	remember(tr.planned)
	remember(tr.start)
	// Before is the value ahead of the provider's first change of an item, and strayed that ahead of a change without
	// a line: going back to it is an undo.
	before, strayed := map[item]string{}, map[item]string{}
	wrong := map[item]finding{}
	changedInPlace := map[item]bool{}
	misled := tr.misled()
	for _, e := range tr.events {
		if !e.provider {
			remember(e.after)
			for _, c := range e.changes {
				delete(before, c.item)
				delete(strayed, c.item)
			}
			continue
		}
		for _, c := range e.changes {
			first, again := before[c.item]
			if !again {
				first = c.from
				before[c.item] = first
			}
			from, away := strayed[c.item]
			switch {
			case again && c.to == first, away && c.to == from:
				// Where paths change hands, writing to another project and taking that back at once is
				// what the contract promises: nobody can know before. Else it is a needless write.
				if misled[c.of] || misled[c.what] {
					delete(wrong, c.item)
					delete(strayed, c.item)
				}
			case tr.allowed(c):
			default:
				if !away {
					strayed[c.item] = c.from
				}
				changedInPlace[c.item] = c.from != nothing && c.to != nothing
				wrong[c.item] = finding{judge: tr.judgeOf(c, history), what: e.what, run: tr.number, text: fmt.Sprintf("%s: %s", e.what, tr.sayChange(c))}
			}
		}
	}
	for _, i := range slices.SortedFunc(maps.Keys(wrong), func(a, b item) int { return strings.Compare(a.of+a.what, b.of+b.what) }) {
		if misled[i.of] && tr.outcome.Failed() && (!i.isEntry() || changedInPlace[i]) {
			// A toggle, and the permissions of an entry that is there, are written with the path alone. If
			// another has it by then, the former value is not known, and the contract asks for an error only.
			continue
		}
		tr.findings = append(tr.findings, wrong[i])
	}
}

// misled are the projects whose paths led elsewhere after the plan.
func (tr *trial) misled() map[string]bool {
	all := map[string]bool{}
	meddled := slices.Clone(tr.run.Between)
	if tr.run.During != nil {
		meddled = append(meddled, tr.run.During.Meddle...)
	}
	for _, m := range meddled {
		if m.movesPaths() {
			for _, name := range []string{m.Of, m.Target, m.To} {
				all[projectRef(tr.w.projects[name])] = true
			}
		}
	}
	return all
}

const notTakenBack = "could not be taken back"

// confessed tells whether an error names the list that a write met by mistake, the entry that was there, and
// what became of that. The permissions of an entry are written with the paths alone: nobody can know before
// whose they are by then.
func (tr *trial) confessed(i item, fate string) bool {
	kind, id, _ := strings.Cut(i.what, ":")
	words := fmt.Sprintf("the %s, whose list was written: its entry of the %s with id %s; ", strings.Replace(i.of, ":", " with id ", 1), kind, id)
	return slices.ContainsFunc(core.Errors(tr.outcome.Diagnostics), func(d core.Diagnostic) bool {
		_, became, is := strings.Cut(strings.Join(strings.Fields(d.Detail), " "), words)
		return is && strings.Contains(became, fate)
	})
}

// judgeOf tells a change that opens more than ever was or is planned from one that is merely not licensed.
func (tr *trial) judgeOf(c change, history map[item][]string) string {
	if !c.isEntry() && !c.isToggle() {
		return "a write needs a line"
	}
	values := slices.Clone(history[c.item])
	for _, g := range tr.book.grants[c.item] {
		values = append(values, g.value)
	}
	for _, value := range values {
		if c.isEntry() && within(c.to, value) || c.isToggle() && (c.to == value || c.to == secure[c.what]) {
			return "a write needs a line"
		}
	}
	if c.isEntry() && c.to == nothing {
		return "a write needs a line"
	}
	return "never wider than the plan"
}

func (tr *trial) allowed(c change) bool {
	if c.isAbout() {
		return tr.allowedAbout(c)
	}
	if c.isToken() {
		if c.from == "" {
			return len(tr.book.makes[c.of]) > 0
		}
		// A token that this apply has made may be ended by it: its delivery has failed.
		if _, there := tr.start[c.item]; !there {
			return true
		}
	}
	return slices.ContainsFunc(tr.book.grants[c.item], func(g grant) bool { return g.any || g.value == c.to })
}

// allowedAbout goes by the lines that speak of the variable. A description stays, whatever becomes of the value,
// unless a line says another.
func (tr *trial) allowedAbout(c change) bool {
	if strings.HasPrefix(c.what, "about ") && c.from != nothing && c.to != nothing {
		return slices.ContainsFunc(tr.book.grants[c.item], func(g grant) bool { return g.value == c.to })
	}
	return tr.allowed(change{c.variable(), c.from, c.to})
}

// touched are items that others changed after the plan, with what depends on them: of a project that is
// gone, everything.
func (tr *trial) touched() map[item]bool {
	all := map[item]bool{}
	for _, e := range tr.events {
		if e.provider {
			continue
		}
		for _, c := range e.changes {
			all[c.item] = true
		}
	}
	return all
}

// effective is what somebody may do at a project: everything while its list is off, and not enforced.
func effective(s snapshot, i item) string {
	if s[item{i.of, inbound}] == "false" && s[enforcement] != "true" {
		return everything
	}
	return s[i]
}

// stays holds against the provider every moment at which somebody is refused who was admitted before the
// apply and is admitted by the plan.
func (tr *trial) stays() {
	touched := tr.touched()
	for _, n := range tr.book.needs {
		toggle := item{n.of, inbound}
		if touched[n.item] || touched[toggle] || touched[enforcement] || tr.leftover(n.address) {
			continue // others have decided anew
		}
		if _, is := tr.start[item{n.what, inbound}]; !is && strings.HasPrefix(n.what, "project:") {
			continue // it is gone, and refused by nobody
		}
		was := effective(tr.start, n.item)
		if !tr.ownToggle(n, toggle) || len(tr.book.grants[enforcement]) > 0 {
			// Another resource may switch the list on in this apply, before or after: then only those
			// who are on the list already can be held against this one.
			was = tr.start[n.item]
		}
		if tr.others(n) {
			continue
		}
		floor := common(was, n.planned)
		for _, e := range tr.events {
			if is := effective(e.after, n.item); e.provider && !within(floor, is) && !tr.confessed(n.item, "") {
				tr.hold("nobody who stays is refused", "%s (%s): %s of %s has %q after %s, had %q before, and is to have %q",
					n.address, tr.actions(n.address), tr.w.nameOf(n.what), tr.w.nameOf(n.of), is, e.what, was, n.planned)
				break
			}
		}
	}
}

// ownToggle tells whether nobody, or the same resource, switches the list.
func (tr *trial) ownToggle(n need, toggle item) bool {
	return !slices.ContainsFunc(tr.book.grants[toggle], func(g grant) bool { return g.address != n.address })
}

// others tells whether another address may take the entry: Terraform runs both side by side.
func (tr *trial) others(n need) bool {
	return slices.ContainsFunc(tr.book.grants[n.item], func(g grant) bool { return g.address != n.address && !within(n.planned, g.value) })
}

func (tr *trial) actions(address string) string {
	var all []string
	for _, c := range tr.plan.Changes {
		if c.Address == address {
			action := string(c.Action)
			if c.Deposed {
				action += " of a deposed object"
			}
			if c.Tainted {
				action += ", tainted"
			}
			all = append(all, action)
		}
	}
	return strings.Join(all, ", ")
}

// stateIsServer compares what the states say with what the server has, for all that the apply touched.
func (tr *trial) stateIsServer() {
	end := tr.w.look()
	touched := tr.touched()
	said := map[item][]claim{}
	by := map[item][]string{}
	var known []claim
	delivered := map[item]bool{}
	for _, h := range tr.holds(tr.t) {
		if h.attributes["deliveries"] != nil {
			for i := range tr.book.variables(h.address, h.attributes) {
				delivered[i] = true
			}
		}
		claims := subjects[h.kind].claim(tr.book, h.address, h.attributes)
		known = append(known, claims...)
		// What a deposed object says is what was so before its successor was made: core keeps it as it
		// is, and the next refresh puts it right. So only the present one is held to its word.
		if h.deposed || tr.leftover(h.address) {
			continue
		}
		for _, c := range claims {
			said[c.item] = append(said[c.item], c)
			by[c.item] = append(by[c.item], h.address)
		}
	}
	tr.claimsHold(end, touched, said, by)
	tr.writesAreKnown(end, touched, known)
	for i, changed := range tr.written() {
		if i.isVariable() && changed && end[i] != nothing && !touched[i] && !delivered[i] && len(tr.lost) == 0 {
			tr.hold("what is undone is put back", "%s of %s has another value than before, and no state says so", tr.w.nameOf(i.what), tr.w.nameOf(i.of))
		}
	}
}

// leftover tells whether the plan ends an object that an earlier run has deposed and that could not know
// of its successor: with -parallelism=1 or -refresh=false the two never meet, and what both hold goes
// until the next apply.
func (tr *trial) leftover(address string) bool {
	return !tr.leftoversStay() && slices.ContainsFunc(tr.plan.Changes, func(c *core.Change) bool { return c.Address == address && c.Deposed })
}

func (tr *trial) leftoversStay() bool { return tr.run.Parallel && !tr.run.NoRefresh }

// claimsHold looks at what a state says of items that its resource had a line for.
func (tr *trial) claimsHold(end snapshot, touched map[item]bool, said map[item][]claim, by map[item][]string) {
	written := tr.written()
	for i, claims := range said {
		if tr.confessed(i, notTakenBack) {
			continue
		}
		if tr.fought(i) {
			continue // two resources write it: the last one has it, and the next plan tells
		}
		if touched[i] || end[item{i.of, inbound}] == "" && !i.isToken() && i != enforcement {
			continue // others had it last, or the project is gone
		}
		if strings.HasPrefix(i.what, "project:") && end[item{i.what, inbound}] == "" {
			continue // a consumer that was deleted stays in the state until the configuration drops it
		}
		for n, c := range claims {
			lines := slices.ContainsFunc(tr.book.grants[i], func(g grant) bool { return g.address == by[i][n] })
			if !lines || tr.run.NoRefresh && !written[i] {
				continue // a resource without a line gets no call, and a stale state stays stale
			}
			if has := end[i]; i.isToken() && has == "" || !i.isToken() && !i.isVariable() && has != c.value {
				tr.hold("state = server", "%s has %q for %s of %s, the server %q", by[i][n], c.value, tr.w.nameOf(i.what), tr.w.nameOf(i.of), hidden(i, has))
			}
		}
	}
}

// fought tells whether lines of two resources are about an item.
func (tr *trial) fought(i item) bool {
	grants := tr.book.grants[i]
	return slices.ContainsFunc(grants, func(g grant) bool { return g.address != grants[0].address })
}

func hidden(i item, value string) string {
	if i.isToken() || i.isVariable() {
		return "…"
	}
	return value
}

// written are the items that the provider has changed in the end.
func (tr *trial) written() map[item]bool {
	first, last := map[item]string{}, map[item]string{}
	for _, e := range tr.events {
		for _, c := range e.changes {
			if e.provider {
				if _, seen := first[c.item]; !seen {
					first[c.item] = c.from
				}
				last[c.item] = c.to
			}
		}
	}
	all := map[item]bool{}
	for i := range last {
		all[i] = first[i] != last[i]
	}
	return all
}

// writesAreKnown looks for what the provider has made and no state knows.
func (tr *trial) writesAreKnown(end snapshot, touched map[item]bool, said []claim) {
	for i, changed := range tr.written() {
		has := end[i]
		if !changed || touched[i] || has == nothing || i.isVariable() || i.isAbout() || i.isOwn() && has == everything || has == secure[i.what] {
			continue
		}
		known := slices.ContainsFunc(said, func(c claim) bool { return c.item == i && (i.isToken() || c.value == has) })
		// Who has lost the role in between can neither take it back nor read what it came to: the error says so.
		known = known || len(tr.lost) > 0 && slices.ContainsFunc(core.Errors(tr.outcome.Diagnostics), func(d core.Diagnostic) bool {
			return strings.Contains(d.Detail, "look after it by hand")
		})
		known = known || tr.confessed(i, notTakenBack)
		// A wrong that was not taken back is the matter of the other judge.
		if !known && (len(tr.book.grants[i]) > 0 || i.isToken()) && !tr.ambiguous(i) {
			tr.hold("state = server", "the provider has written %s of %s, %q, and no state says so", tr.w.nameOf(i.what), tr.w.nameOf(i.of), hidden(i, has))
		}
	}
}

// ambiguous tells whether a state may speak of an item by a reference that has led to several.
func (tr *trial) ambiguous(i item) bool {
	return slices.ContainsFunc(tr.book.grants[i], func(g grant) bool { return !g.sure && !i.isToggle() })
}

// forgets tells whether a creation comes before the destroy of what it replaces: nothing tells its second
// plan then what the state knew, such as that a consumer was deleted.
func (tr *trial) forgets(address string) bool {
	return slices.ContainsFunc(tr.plan.Changes, func(c *core.Change) bool { return c.Address == address && c.Action == core.CreateThenDelete })
}

// failsForAReason holds an error against the provider where nobody has given it a reason for one.
func (tr *trial) failsForAReason() {
	r := tr.run
	if r.NoRefresh || len(tr.lost) > 0 || r.During != nil && r.During.Refuse && tr.w.proxy.hasStruck() {
		return
	}
	meddled := len(r.Between) > 0 || r.During != nil && len(r.During.Meddle) > 0
	for _, f := range tr.outcome.Inconsistent {
		// Two resources of one project change it for each other: what one plans to remove may be gone.
		if !meddled && !tr.shared(f.Address) {
			tr.hold("the second plan is the first", "%s: %s", f.Address, f.Text)
		}
	}
	for _, d := range core.Errors(tr.outcome.Diagnostics) {
		if !meddled && !tr.shared(d.Address) && !tr.forgets(d.Address) {
			tr.hold("an apply fails for a reason", "%s of %s: %s: %s", d.Step, d.Address, d.Summary, d.Detail)
		}
	}
}

// shared tells whether another change of the plan concerns the same project.
func (tr *trial) shared(address string) bool {
	projects := map[string]string{}
	for _, c := range tr.plan.Changes {
		if c.Action == core.NoOp {
			continue
		}
		for _, attributes := range []map[string]any{c.Prior, c.Planned} {
			project := tr.book.projectOf(c.Address, attributes)
			if other, taken := projects[project]; project != "" && taken && other != c.Address && (other == address || c.Address == address) {
				return true
			}
			projects[project] = c.Address
		}
	}
	return false
}

var noWords = regexp.MustCompile(`(?i)bug in the provider|panic|nil pointer|%!|report (this|the) issue|please report`)

// diagnostics holds words against the provider that no user can do anything with.
func (j *journey) diagnostics(all []core.Diagnostic) {
	for _, d := range all {
		if noWords.MatchString(d.Summary + "\n" + d.Detail) {
			j.hold("no bug words", "%s of %s: %s: %s", d.Step, d.Address, d.Summary, d.Detail)
		}
	}
}

func (j *journey) coreSays(findings []core.Finding) {
	for _, f := range findings {
		j.hold("core: "+f.Check, "%s: %s", f.Address, f.Text)
	}
}
