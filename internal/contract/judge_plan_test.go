package contract_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest/core"
)

// planFailed holds a plan that fails against the provider if the configuration can be had. It cannot if
// a reference leads nowhere, if two speak of one thing, or if a role was lost. A consumer that the state
// knows and that is gone is no reason: somebody else's deletion does not block the run.
func (j *journey) planFailed(t testing.TB, r run, resources map[string]core.Resource, errors []core.Diagnostic) {
	t.Helper()
	for _, d := range errors {
		j.note("%s of %s: %s: %s", d.Step, d.Address, d.Summary, d.Detail)
	}
	j.book.stated = j.stated(t)
	if r.NoRefresh || len(j.lost) > 0 || len(r.Import) > 0 || !equal(resources, j.repaired(resources, true)) || j.orphaned(t) || j.undeliverable(resources) {
		return
	}
	for _, d := range errors {
		j.hold("a plan fails for a reason", "%s of %s: %s: %s", d.Step, d.Address, d.Summary, d.Detail)
	}
}

// stated are the references to consumers that the state holds, by address, project and kind: on a list that is to
// be another project's they are new.
func (j *journey) stated(t testing.TB) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, h := range j.holds(t) {
		if h.deposed {
			continue // the successor has no state of its own
		}
		of := j.book.projectOf(h.address, h.attributes)
		if reference, is := h.attributes["project"].(string); is && j.book.lookup("project", reference) != of {
			continue // its path is another project's now, for which a list is made anew
		}
		for _, kind := range []string{"project", "group"} {
			entries, _ := h.attributes[kind+"s"].(map[string]any)
			for key, entry := range entries {
				all[j.book.consumer(h.address, of, kind, key)] = true
				if object, is := entry.(map[string]any); is && object["target"] != nil {
					all[j.book.consumer(h.address, of, kind, fmt.Sprint(object["target"]))] = true
				}
			}
			if reference := h.attributes["target_"+kind]; reference != nil {
				all[j.book.consumer(h.address, of, kind, fmt.Sprint(reference))] = true
			}
		}
	}
	return all
}

var (
	listOfWarning = regexp.MustCompile(`^On the allowlist of project \S+ \(id (\d+)\), `)
	named         = regexp.MustCompile(`(project|group) \S+ \(id (\d+)\)`)
)

// warnsOfWhatItDoes holds warnings of a widening against the lines of the plan: each entry has to have one.
func (j *journey) warnsOfWhatItDoes(p *core.Plan) {
	for _, d := range p.Diagnostics {
		list := listOfWarning.FindStringSubmatch(d.Detail)
		if list == nil || !strings.HasPrefix(d.Summary, "Job Token Allowlist Entry Is Widened") {
			continue
		}
		for _, of := range named.FindAllStringSubmatch(strings.TrimPrefix(d.Detail, list[0]), -1) {
			if i := (item{"project:" + list[1], of[1] + ":" + of[2]}); len(j.book.grants[i]) == 0 {
				j.hold("a plan warns of what it does", "no line is about %s of %s: %s", j.w.nameOf(i.what), j.w.nameOf(i.of), d.Detail)
			}
		}
	}
}

func (*book) consumer(address, project, kind, reference string) string {
	return strings.Join([]string{address, project, kind, reference}, " ")
}

// orphaned tells whether the state holds a resource whose project is gone: it cannot be read.
func (j *journey) orphaned(t testing.TB) bool {
	t.Helper()
	end := j.w.look()
	for _, address := range j.core.State.Addresses() {
		if object := j.core.State.Current[address]; object != nil {
			if of := j.book.projectOf(address, object.Attributes(t)); of != "" && end[item{of, inbound}] == "" {
				return true
			}
		}
	}
	return false
}

// undeliverable tells whether a token was delivered to a project that is gone and whose path another has
// taken: the provider may rather ask than hand the secret to the other.
func (j *journey) undeliverable(resources map[string]core.Resource) bool {
	now := j.w.look()
	for address, resource := range resources {
		if resource.Config["deliveries"] == nil {
			continue
		}
		for i := range j.book.variables(address, resource.Config) {
			if now[item{i.of, inbound}] == "" {
				return true
			}
		}
	}
	return false
}

// repaired is a configuration that can be had: without what leads nowhere, and without what another says
// already. knownMayBeGone leaves consumers in that are gone and that the state knows.
func (j *journey) repaired(resources map[string]core.Resource, knownMayBeGone bool) map[string]core.Resource {
	b := j.book
	b.taken, b.knownMayBeGone = map[string]bool{}, knownMayBeGone
	left := map[string]core.Resource{}
	// Lists first: single entries beside them give way.
	addresses := slices.SortedFunc(maps.Keys(resources), strings.Compare)
	for _, address := range addresses {
		resource := resources[address]
		resource.Config = copied(resource.Config)
		b.address = address
		if subjects[resource.Kind].repair(b, resource.Config) {
			left[address] = resource
		}
	}
	return left
}

// take reserves something for one resource; false if it has an owner.
func (b *book) take(of string, what ...any) bool {
	key := of + " " + fmt.Sprint(what...)
	if of == "" || b.taken[key] {
		return false
	}
	b.taken[key] = true
	return true
}

func repairList(b *book, config map[string]any) bool {
	project := b.lookup("project", fmt.Sprint(config["project"]))
	if !b.take(project, "a list") {
		return false
	}
	for _, kind := range []string{"project", "group"} {
		entries, _ := config[kind+"s"].(map[string]any)
		if config["exclusive"] != false && entries != nil {
			b.taken[project+" all "+kind] = true
		}
		for _, key := range slices.Sorted(maps.Keys(entries)) {
			entry, _ := entries[key].(map[string]any)
			reference := key
			if target, is := entry["target"].(string); is {
				reference = target
			}
			id := b.lookup(kind, reference)
			if id == "" && b.knownMayBeGone && b.stated[b.consumer(b.address, project, kind, reference)] {
				continue
			}
			if id == "" || id == project && !b.w.modern || !b.take(project, id) {
				delete(entries, key)
			}
		}
	}
	if config["enabled"] != nil && !b.take(project, inbound) {
		delete(config, "enabled")
	}
	return true
}

func repairSingle(b *book, config map[string]any) bool {
	project := b.lookup("project", fmt.Sprint(config["project"]))
	kind := "project"
	if config["target_group"] != nil {
		kind = "group"
	}
	id := b.lookup(kind, fmt.Sprint(config["target_"+kind]))
	return id != "" && !b.taken[project+" all "+kind] && (id != project || b.w.modern) && b.take(project, id)
}

func repairSettings(b *book, config map[string]any) bool {
	project := b.lookup("project", fmt.Sprint(config["project"]))
	if !b.take(project, "settings") {
		return false
	}
	if config["inbound_allowlist_enabled"] != nil && !b.take(project, inbound) {
		delete(config, "inbound_allowlist_enabled")
	}
	return true
}

func repairToken(b *book, config map[string]any) bool {
	_, parent := tokenKind(b.address)
	if b.lookup(parent, fmt.Sprint(config[parent])) == "" {
		return false
	}
	server := b.w.look()
	deliveries, _ := config["deliveries"].(map[string]any)
	for _, label := range slices.Sorted(maps.Keys(deliveries)) {
		delivery, _ := deliveries[label].(map[string]any)
		of := b.lookup("project", fmt.Sprint(delivery["project"]))
		flags := server[item{of, fmt.Sprintf("flags %v *", delivery["key"])}]
		// GitLab settles whether a variable is hidden when it is made.
		otherwise := flags != "" && strings.Contains(flags, "hidden true") != (delivery["hidden"] == true)
		if !b.take(of, "variable", delivery["key"]) || otherwise {
			delete(deliveries, label)
		}
	}
	return len(deliveries) > 0
}

func wishList(b *book, _ string, config, _ map[string]any) (problems []string) {
	server, project := b.w.look(), b.lookup("project", fmt.Sprint(config["project"]))
	for _, kind := range []string{"project", "group"} {
		configured, managed := config[kind+"s"].(map[string]any)
		if !managed {
			continue
		}
		wanted := map[string]bool{project: true} // a project's own jobs are always admitted
		for key, value := range configured {
			entry, _ := value.(map[string]any)
			reference := key
			if target, is := entry["target"].(string); is {
				reference = target
			}
			id := b.lookup(kind, reference)
			wanted[id] = true
			problems = append(problems, b.differs(server, item{project, id}, accessOf(entry["permissions"] == nil, asList(entry["permissions"])))...)
		}
		for i := range server {
			if config["exclusive"] != false && i.of == project && strings.HasPrefix(i.what, kind+":") && !wanted[i.what] {
				problems = append(problems, fmt.Sprintf("%s is on the list and not configured", b.w.nameOf(i.what)))
			}
		}
	}
	return append(problems, b.togglesDiffer(server, project, config, map[string]string{inbound: "enabled"})...)
}

func (b *book) differs(server snapshot, i item, want string) []string {
	if server[i] == want {
		return nil
	}
	return []string{fmt.Sprintf("%s of %s is %q, configured %q", b.w.nameOf(i.what), b.w.nameOf(i.of), server[i], want)}
}

func (b *book) togglesDiffer(server snapshot, project string, config map[string]any, attributes map[string]string) (problems []string) {
	for what, attribute := range attributes {
		if value, is := config[attribute].(bool); is {
			problems = append(problems, b.differs(server, item{project, what}, strconv.FormatBool(value))...)
		}
	}
	return problems
}

func wishSettings(b *book, _ string, config, _ map[string]any) []string {
	return b.togglesDiffer(b.w.look(), b.lookup("project", fmt.Sprint(config["project"])), config, settingsAttributes)
}

func wishSingle(b *book, _ string, config, _ map[string]any) []string {
	kind := "project"
	if config["target_group"] != nil {
		kind = "group"
	}
	i := item{b.lookup("project", fmt.Sprint(config["project"])), b.lookup(kind, fmt.Sprint(config["target_"+kind]))}
	return b.differs(b.w.look(), i, accessOf(config["permissions"] == nil, asList(config["permissions"])))
}

// triggered holds a plan to the triggers of tokens: the first and each other one plans a new token, and with an
// overlap the old one stays.
func (j *journey) triggered(p *core.Plan) {
	for _, c := range p.Changes {
		if c.Action != core.Update && c.Action != core.NoOp || !strings.Contains(c.Kind, "token") || c.Prior == nil || c.Planned == nil {
			continue
		}
		before, _ := c.Prior["rotation"].(map[string]any)
		after, _ := c.Planned["rotation"].(map[string]any)
		trigger, _ := after["trigger"].(string)
		if trigger == "" || trigger == before["trigger"] {
			continue
		}
		old, known := c.Prior["token_id"].(int64)
		if _, stays := c.Planned["token_id"].(int64); stays {
			j.hold("a trigger makes a new token", "%s: trigger %v -> %s plans none", c.Address, before["trigger"], trigger)
		}
		overlap, _ := after["overlap_days"].(int64)
		if known && overlap > 0 && c.Prior["active"] == true && !slices.Contains(tokenIDs(c.Planned), old) {
			j.hold("a trigger cuts nobody off", "%s: token %d is to end at once under an overlap of %d days", c.Address, old, overlap)
		}
	}
}

func wishToken(b *book, address string, config, state map[string]any) (problems []string) {
	kind, parent := tokenKind(address)
	server, of := b.w.look(), b.lookup(parent, fmt.Sprint(config[parent]))
	living := map[string]bool{}
	for _, id := range tokenIDs(state) {
		what := fmt.Sprintf("%s %d", kind, id)
		living[what] = true
		if server[item{of, what}] == "" {
			problems = append(problems, what+" is in the state and does not live")
		}
	}
	for i := range server {
		// A replacement that core stopped between its halves has left the token to an import, and said so.
		if i.of == of && strings.HasPrefix(i.what, kind) && !living[i.what] && !b.abandoned[of+" "+kind] {
			problems = append(problems, i.what+" lives and is in no state")
		}
	}
	secret := server[item{of, fmt.Sprintf("%s %v", kind, state["token_id"])}]
	// A delivery keeps to the owner that it was sealed with when its path leads elsewhere: one of those
	// that the reference has stood for is to hold the token.
	held, lacking := map[string]bool{}, map[string]item{}
	for i := range b.variables(address, config) {
		lacking[i.what] = i
		// The owner was deleted and its path is another's: that one gets the secret only when the
		// configuration names it by its id, and every plan warns until then.
		held[i.what] = held[i.what] || strings.HasPrefix(i.of, "project:") && server[item{i.of, inbound}] == ""
		held[i.what] = held[i.what] || secret != "" && server[i] == "="+secret
		// What others write into a hidden variable nobody can see.
		held[i.what] = held[i.what] || strings.Contains(server[i.about("flags")], "hidden true")
		if description, said := b.described[i]; said && server[i] != "" && server[i] == "="+secret && server[i.about("about")] != "="+description {
			problems = append(problems, fmt.Sprintf("%s of %s is described as %q", i.what, b.w.nameOf(i.of), server[i.about("about")]))
		}
	}
	for what, i := range lacking {
		if !held[what] {
			problems = append(problems, fmt.Sprintf("%s of %s does not hold the token", what, b.w.nameOf(i.of)))
		}
	}
	return problems
}
