package provider_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// A path that another project takes over between plan and apply gets nothing that the plan meant for
// the one before: the apply stops, and nothing is written for any of these resources.
func TestAccContractPaths_takenOverBetween(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source := map[string]acctest.Project{}
	for _, name := range []string{"create-target", "create-entry", "create-list", "create-settings", "create-of-entry", "update", "update-settings", "replace", "replace-entry"} {
		source[name] = g.Project(t, name)
	}
	kept, target := g.Project(t, "kept"), g.Project(t, "target")
	before := block("jobtoken_allowlist", "update", of(source["update"]), admit("projects", kept.Path)) +
		block("jobtoken_allowlist", "replace", of(source["replace"]), admit("projects", target.Path)) +
		block("jobtoken_allowlist_entry", "replace", of(source["replace-entry"]), towards(target)) +
		block("jobtoken_settings", "update", of(source["update-settings"]), "push_repository_allowed = false")
	cli, wire := newWired(t, g, before)
	cli.Apply(t, 0)
	g.CheckAllowlist(t, source["update"], acctest.Entries{kept.Path: "default"})
	for _, name := range []string{"replace", "replace-entry"} {
		g.CheckAllowlist(t, source[name], acctest.Entries{target.Path: "default"})
	}
	changed := strings.NewReplacer(admit("projects", kept.Path), admit("projects", kept.Path, target.Path), "push_repository_allowed = false", "push_repository_allowed = true")
	cli.Configure(t, changed.Replace(before)+
		block("jobtoken_allowlist", "target", of(source["create-target"]), admit("projects", target.Path))+
		block("jobtoken_allowlist_entry", "target", of(source["create-entry"]), towards(target))+
		block("jobtoken_allowlist", "source", of(source["create-list"]), admit("projects", kept.Path))+
		block("jobtoken_settings", "source", of(source["create-settings"]), "push_repository_allowed = true")+
		block("jobtoken_allowlist_entry", "source", of(source["create-of-entry"]), towards(kept)))
	cli.PlanJSON(t, "-replace=jobtoken_allowlist.replace", "-replace=jobtoken_allowlist_entry.replace")
	moved, usurper := usurp(t, g, target)
	usurpers := []acctest.Project{usurper}
	for _, name := range []string{"create-list", "create-settings", "create-of-entry", "update-settings"} {
		var at acctest.Project
		source[name], at = usurp(t, g, source[name])
		usurpers = append(usurpers, at)
	}
	wire.forget()
	output := cli.Must(t, 1, "apply", "saved.tfplan")
	// An update knows its project by id: its change may be made there, and nowhere else.
	wire.none(t, "something was written", func(w written) bool { return !w.concerns(source["update-settings"]) })
	// A replacement may stop as well, or go on with the one it saw.
	for _, address := range []string{
		"jobtoken_allowlist.update", "jobtoken_allowlist.target", "jobtoken_allowlist_entry.target",
		"jobtoken_allowlist.source", "jobtoken_settings.source", "jobtoken_allowlist_entry.source",
	} {
		if !diagnosed(output, "Error: ", address) {
			t.Errorf("no error names %s", address)
		}
	}
	for _, attribute := range []string{".target_ids_fingerprint", ".target_project_id", ".project_id"} {
		if !acctest.Says(output, attribute) {
			t.Errorf("no error names the attribute %s", attribute)
		}
	}
	if t.Failed() {
		t.Log(output)
	}
	for _, project := range usurpers {
		g.CheckAllowlist(t, project, acctest.Entries{})
		g.CheckSettings(t, project, acctest.Settings{Inbound: true})
	}
	for name, entries := range map[string]acctest.Entries{
		"create-target": {}, "create-entry": {}, "create-list": {}, "create-of-entry": {}, "create-settings": {},
		"update": {kept.Path: "default"}, "replace": {moved.Path: "default"}, "replace-entry": {moved.Path: "default"},
	} {
		g.CheckAllowlist(t, source[name], entries)
	}
	g.CheckSettings(t, source["create-settings"], acctest.Settings{Inbound: true})
}

// exchange is one write during which two projects swap their paths: the source of the resource with a
// bystander, or its target.
type exchange struct {
	name, resourceType string
	ofTarget           bool
	before, after      func(p players) []string // nil: no such resource
	// bystander prepares the one whose path is swapped.
	bystander func(testing.TB, *acctest.GitLab, players)
	// reported means that what went elsewhere cannot be taken back: an error with both ids is enough.
	reported bool
}

// players take part in an exchange.
type players struct {
	source, target, bystander acctest.Project
	crowd                     []string
}

func (x exchange) block(p players, lines func(players) []string) string {
	if lines == nil {
		return ""
	}
	return block(x.resourceType, x.name, append([]string{of(p.source)}, lines(p)...)...)
}

// The bystanders: one that admits the target with permissions of its own, and one whose toggles are off.
func admits(t testing.TB, g *acctest.GitLab, p players) {
	t.Helper()
	g.Allow(t, p.bystander, p.target.Path, "read_packages")
}

func off(t testing.TB, g *acctest.GitLab, p players) {
	t.Helper()
	g.SetToggle(t, p.source, false)
	g.SetToggle(t, p.bystander, false)
}

const (
	aList     = "jobtoken_allowlist"
	anEntry   = "jobtoken_allowlist_entry"
	theirPush = "push_repository_allowed = "
)

func lines(text ...string) func(players) []string { return func(players) []string { return text } }

func onlyTarget(p players) []string    { return []string{admit("projects", p.target.Path)} }
func onlyBystander(p players) []string { return []string{admit("projects", p.bystander.Path)} }
func bothPlayers(p players) []string {
	return []string{admit("projects", p.target.Path, p.bystander.Path)}
}
func limitedTarget(p players) []string { return []string{both(limited(p.target, "read_jobs"))} }
func crowded(p players) []string {
	return []string{admit("projects", append([]string{p.target.Path}, p.crowd...)...)}
}
func toTarget(p players) []string { return []string{towards(p.target)} }
func toTargetLimited(p players) []string {
	return []string{towards(p.target), permitted("read_jobs")}
}

var exchanges = []exchange{
	{name: "add_target", resourceType: aList, ofTarget: true, before: lines("projects = {}"), after: onlyTarget},
	{name: "add_source", resourceType: aList, before: lines("projects = {}"), after: onlyTarget},
	{name: "permit_target", resourceType: aList, ofTarget: true, before: bothPlayers, after: func(p players) []string {
		return []string{both(limited(p.target, "read_jobs"), fmt.Sprintf("%q = {}", p.bystander.Path))}
	}},
	{name: "permit_source", resourceType: aList, before: onlyTarget, after: limitedTarget, bystander: admits, reported: true},
	{name: "remove_target", resourceType: aList, ofTarget: true, before: bothPlayers, after: onlyBystander},
	{name: "remove_source", resourceType: aList, before: onlyTarget, after: lines("projects = {}"), bystander: admits},
	{name: "remove_many_target", resourceType: aList, ofTarget: true, after: onlyBystander, before: func(p players) []string {
		return []string{admit("projects", append([]string{p.target.Path, p.bystander.Path}, p.crowd...)...)}
	}},
	{name: "remove_many_source", resourceType: aList, before: crowded, after: lines("projects = {}"), bystander: admits},
	{name: "switch_on_source", resourceType: aList, before: lines("enabled = false"), after: lines("enabled = true"), bystander: off},
	{name: "switch_off_source", resourceType: aList, before: lines("enabled = true"), after: lines("enabled = false")},
	{name: "inbound_source", resourceType: "jobtoken_settings", before: lines("inbound_allowlist_enabled = true"), after: lines("inbound_allowlist_enabled = false")},
	{name: "push_source", resourceType: "jobtoken_settings", before: lines(theirPush + "false"), after: lines(theirPush + "true"), reported: true},
	{name: "entry_add_target", resourceType: anEntry, ofTarget: true, after: toTarget},
	{name: "entry_add_source", resourceType: anEntry, after: toTarget},
	{name: "entry_permit_source", resourceType: anEntry, before: toTarget, after: toTargetLimited, bystander: admits, reported: true},
	{name: "entry_permit_target", resourceType: anEntry, ofTarget: true, before: toTarget, after: toTargetLimited, bystander: func(t testing.TB, g *acctest.GitLab, p players) {
		t.Helper()
		g.Allow(t, p.source, p.bystander.Path, "read_packages")
	}},
	{name: "entry_remove_source", resourceType: anEntry, before: toTarget, bystander: admits},
	{name: "entry_remove_target", resourceType: anEntry, ofTarget: true, before: toTarget, bystander: func(t testing.TB, g *acctest.GitLab, p players) {
		t.Helper()
		g.Allow(t, p.source, p.bystander.Path, "read_packages")
	}},
}

// holding is what a bystander has: its list and toggles, or its place on the list of the source.
type holding struct {
	entries  acctest.Entries
	settings acctest.Settings
	place    string
}

// gained tells whether somebody is let in who was not before.
func (h holding) gained(before holding) bool {
	for path := range h.entries {
		if _, was := before.entries[path]; !was {
			return true
		}
	}
	return h.place != "" && before.place == ""
}

// Two projects swap their paths right before a write by the path of one of them, for every write that
// there is, and in a second run before what undoes it too: the other keeps its list, its place on a
// list and its toggles, or an error says which ids are concerned where that cannot be taken back.
func TestAccContractPaths_swappedAtTheWrite(t *testing.T) {
	t.Parallel()
	for name, again := range map[string]bool{"once": false, "at every write": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			swapAtTheWrite(t, again)
		})
	}
}

func swapAtTheWrite(t *testing.T, again bool) {
	t.Helper()
	g := acctest.New(t)
	g.Enforce(t, false)
	var crowd []string
	for _, project := range g.Projects(t, "crowd", 24) {
		crowd = append(crowd, project.Path)
	}
	cast := make([]players, len(exchanges))
	var before, after strings.Builder
	for i, x := range exchanges {
		name := strings.ReplaceAll(x.name, "_", "-")
		p := players{g.Project(t, name), g.Project(t, name+"-target"), g.Project(t, name+"-bystander"), crowd}
		if x.bystander != nil {
			x.bystander(t, g, p)
		}
		cast[i] = p
		before.WriteString(x.block(p, x.before))
		after.WriteString(x.block(p, x.after))
	}
	cli, wire := newWired(t, g, before.String())
	cli.Apply(t, 0)
	// swaps counts how often the paths changed hands: after an even number they are as at first.
	swaps := make([]int, len(exchanges))
	read := func(i int) holding {
		t.Helper()
		held := holding{settings: g.Settings(t, cast[i].bystander)}
		switch {
		case exchanges[i].ofTarget && swaps[i]%2 == 1:
			held.place = g.Allowlist(t, cast[i].source)[cast[i].target.Path]
		case exchanges[i].ofTarget:
			held.place = g.Allowlist(t, cast[i].source)[cast[i].bystander.Path]
		default:
			held.entries = g.Allowlist(t, cast[i].bystander)
		}
		return held
	}
	want := make([]holding, len(exchanges))
	for i := range exchanges {
		want[i] = read(i)
	}
	cli.Configure(t, after.String())
	wire.meddle(func(w written) {
		for i, p := range cast {
			ofTarget := exchanges[i].ofTarget
			if !w.concerns(p.source) && !w.concerns(p.bystander) || ofTarget && !w.concerns(p.target) && !w.concerns(p.bystander) || swaps[i] > 0 && !again {
				continue
			}
			one := p.source
			if ofTarget {
				one = p.target
			}
			swap(t, g, one, p.bystander, swaps[i]%2 == 1)
			swaps[i]++
		}
	})
	output := cli.Run(t, "apply", "-auto-approve", "-no-color", "-input=false").Output
	wire.meddle(nil) // which also waits for who is at it
	for i, x := range exchanges {
		if swaps[i] == 0 {
			t.Errorf("%s: nothing was written", x.name)
			continue
		}
		got := read(i)
		if fmt.Sprint(got) == fmt.Sprint(want[i]) {
			continue
		}
		one, other := cast[i].source, cast[i].bystander
		if x.ofTarget {
			one = cast[i].target
		}
		reported := (x.reported || again) && diagnosed(output, "Error: ", fmt.Sprintf("id %d", one.ID), fmt.Sprintf("id %d", other.ID))
		if !reported || got.gained(want[i]) {
			t.Errorf("%s: %s has %+v, had %+v", x.name, other.Target(), got, want[i])
		}
	}
	if t.Failed() {
		t.Log(output)
	}
}
