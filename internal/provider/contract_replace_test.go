package provider_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// trio is a list, an entry and toggles, each on a project of its own.
type trio struct {
	list, entry, settings acctest.Project
	app, web              acctest.Project
	team                  acctest.Group
}

// The addresses of a [trio].
var trioAddresses = []string{"jobtoken_allowlist.this", "jobtoken_allowlist_entry.this", "jobtoken_settings.this"}

func newTrio(t *testing.T, g *acctest.GitLab) trio {
	t.Helper()
	return trio{
		g.Project(t, "listed"), g.Project(t, "entered"), g.Project(t, "toggled"),
		g.Project(t, "app"), g.Project(t, "web"), g.Group(t, "team", &g.Root),
	}
}

// wish is what a [trio] is to be.
type wish struct {
	// consumers are the elements of the list's projects, groups its line of groups.
	consumers []string
	groups    string
	// target and permissions are the entry's.
	target      acctest.Project
	permissions string
	// toggles are the lines of the settings.
	toggles []string
	// lifecycle is that of all three; beside holds other resources.
	lifecycle, beside string
}

// standard is the wish that tests start from.
func (p trio) standard() wish {
	return wish{
		consumers: []string{limited(p.app, "read_jobs"), limited(p.web, "read_jobs")}, groups: admit("groups", p.team.Path),
		target: p.app, permissions: permitted("read_jobs"),
		toggles: []string{"inbound_allowlist_enabled = true", "push_repository_allowed = true"},
	}
}

// configuration is a wish in HCL.
func (p trio) configuration(w wish) string {
	lifecycle := ""
	if w.lifecycle != "" {
		lifecycle = "lifecycle { " + w.lifecycle + " }"
	}
	return block("jobtoken_allowlist", "this", of(p.list), "enabled = true", fmt.Sprintf("projects = { %s }", strings.Join(w.consumers, ", ")), w.groups, lifecycle) +
		block("jobtoken_allowlist_entry", "this", of(p.entry), towards(w.target), w.permissions, lifecycle) +
		block("jobtoken_settings", "this", append([]string{of(p.settings), lifecycle}, w.toggles...)...) + w.beside
}

// check compares the server with the standard wish.
func (p trio) check(t *testing.T, g *acctest.GitLab) {
	t.Helper()
	g.CheckAllowlist(t, p.list, acctest.Entries{p.app.Path: "read_jobs", p.web.Path: "read_jobs", p.team.Path: "default"})
	g.CheckAllowlist(t, p.entry, acctest.Entries{p.app.Path: "read_jobs"})
	g.CheckSettings(t, p.settings, acctest.Settings{Inbound: true, PushRepository: true})
	if !g.Settings(t, p.list).Inbound {
		t.Errorf("the list of %s is off", p.list.Path)
	}
}

// replaceAll asks for the replacement of the whole [trio].
func replaceAll() []string {
	args := make([]string, len(trioAddresses))
	for i, address := range trioAddresses {
		args[i] = "-replace=" + address
	}
	return args
}

const createFirst = "create_before_destroy = true"

// A resource that is replaced by itself, for whatever reason, is the same afterwards as before: nobody
// is refused and no toggle flips in between, and the next plan is empty.
func TestAccContractReplace_byItself(t *testing.T) {
	t.Parallel()
	revision := func(number int) string {
		return fmt.Sprintf("resource \"terraform_data\" \"revision\" {\n  input = %d\n}\n", number)
	}
	triggered := func(w wish, number int) wish {
		w.lifecycle, w.beside = "replace_triggered_by = [terraform_data.revision]", revision(number)
		return w
	}
	forced := func(w wish, number int) wish {
		w = triggered(w, number)
		for i, address := range trioAddresses {
			w.beside += block("terraform_data", fmt.Sprintf("after%d", i), "input = "+address+".project_id", fmt.Sprintf("triggers_replace = %d", number), "lifecycle { "+createFirst+" }")
		}
		return w
	}
	asIs := func(w wish, _ int) wish { return w }
	createdFirst := func(w wish, _ int) wish { w.lifecycle = createFirst; return w }
	for name, row := range map[string]struct {
		wish  func(w wish, number int) wish
		taint bool
		args  []string
	}{
		"replace":                                        {asIs, false, replaceAll()},
		"taint":                                          {asIs, true, nil},
		"replace_triggered_by":                           {triggered, false, nil},
		"create_before_destroy, replace":                 {createdFirst, false, replaceAll()},
		"create_before_destroy, taint":                   {createdFirst, true, nil},
		"create_before_destroy by a dependant":           {forced, false, nil},
		"replace without refresh":                        {asIs, false, append(replaceAll(), "-refresh=false", "-parallelism=1")},
		"create_before_destroy, replace without refresh": {createdFirst, false, append(replaceAll(), "-refresh=false", "-parallelism=1")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := acctest.New(t)
			p := newTrio(t, g)
			cli, wire := newWired(t, g, p.configuration(row.wish(p.standard(), 1)))
			cli.Apply(t, 0)
			p.check(t, g)
			if row.taint {
				for _, address := range trioAddresses {
					cli.Must(t, 0, "taint", address)
				}
			}
			cli.Configure(t, p.configuration(row.wish(p.standard(), 2)))
			wire.forget()
			output := ends(t, cli, 0, append([]string{"apply", "-auto-approve"}, row.args...)...)
			for _, address := range trioAddresses {
				if !regexp.MustCompile("# " + regexp.QuoteMeta(address) + " .*be replaced").MatchString(output) {
					t.Errorf("the apply does not replace %s:\n%s", address, output)
				}
			}
			p.check(t, g)
			wire.none(t, "somebody was refused in between", written.removes)
			wire.none(t, "a toggle was written", written.toggles)
			empty(t, cli)
		})
	}
}

// Where the run ended between the creation and the destroy of create_before_destroy, the state holds
// both. The next apply destroys the older one, which takes nothing from its successor.
func TestAccContractReplace_deposedLeftBehind(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	p := newTrio(t, g)
	w := p.standard()
	w.lifecycle = createFirst
	cli, wire := newWired(t, g, p.configuration(w))
	cli.Apply(t, 0)
	p.check(t, g)
	older := readState(t, cli)
	ends(t, cli, 0, append([]string{"apply", "-auto-approve"}, replaceAll()...)...)
	p.check(t, g)
	state := readState(t, cli)
	for _, resource := range older.resources(t) {
		for _, instance := range resource.instances(t) {
			instance["deposed"] = "0badc0de"
			state.add(t, resource.address(), instance)
		}
	}
	state.write(t, cli)
	wire.forget()
	// The older ones find their successors while both are read, which takes a network's time.
	if g.Embedded() {
		g.Disturb(t, acctest.Fault{"match": map[string]any{"operation": "ProjectSnapshots"}, "kind": "latency", "ms": 500})
	}
	if output := ends(t, cli, 0, "apply", "-auto-approve"); strings.Count(output, "(deposed object 0badc0de)") < len(trioAddresses) && strings.Count(output, "(0badc0de)") < len(trioAddresses) {
		t.Errorf("the apply does not destroy the older ones:\n%s", output)
	}
	p.check(t, g)
	wire.none(t, "somebody was refused", written.removes)
	wire.none(t, "a toggle was written", written.toggles)
	empty(t, cli)
}

// A creation that GitLab refused in its middle is completed by the next apply: what it made before is
// not taken away.
func TestAccContractReplace_halfFailedCreation(t *testing.T) {
	t.Parallel()
	for name, lifecycle := range map[string]string{"destroy first": "", "create first": createFirst} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := acctest.New(t)
			acctest.NeedsEmbedded(t, g)
			g.Enforce(t, false)
			p := newTrio(t, g)
			g.SetToggle(t, p.settings, false)
			refuseMutation(t, g, map[string]string{"projectPath": p.list.Path, "targetPath": p.web.Path})
			refuseMutation(t, g, map[string]string{"projectPath": p.entry.Path})
			refuseMutation(t, g, map[string]string{"fullPath": p.settings.Path})
			w := p.standard()
			w.lifecycle = lifecycle
			cli, wire := newWired(t, g, p.configuration(w))
			cli.Apply(t, 1)
			g.CheckAllowlist(t, p.list, acctest.Entries{p.app.Path: "read_jobs", p.team.Path: "default"})
			g.CheckAllowlist(t, p.entry, acctest.Entries{})
			g.Calm(t)
			wire.forget()
			ends(t, cli, 0, "apply", "-auto-approve")
			p.check(t, g)
			wire.none(t, "somebody was refused in between", written.removes)
			wire.none(t, "a toggle was switched off", written.switchesOff)
			empty(t, cli)
		})
	}
}

// An entry that leaves the configuration along with a replacement is named, and is all that goes.
func TestAccContractReplace_anEntryLeaves(t *testing.T) {
	t.Parallel()
	for name, lifecycle := range map[string]string{"destroy first": "", "create first": createFirst} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := acctest.New(t)
			p := newTrio(t, g)
			w := p.standard()
			w.lifecycle = lifecycle
			cli, wire := newWired(t, g, p.configuration(w))
			cli.Apply(t, 0)
			p.check(t, g)
			w.consumers, w.target = w.consumers[:1], p.web
			cli.Configure(t, p.configuration(w))
			plan := cli.PlanJSON(t, replaceAll()...)
			for _, address := range trioAddresses {
				if !plan.Actions(address).Replace() {
					t.Errorf("the plan of %s is %v", address, plan.Actions(address))
				}
			}
			if got, want := removesOf(t, plan.Plan, trioAddresses[0]), []string{p.web.Path}; !slices.Equal(got, want) {
				t.Errorf("the plan removes %v, want %v", got, want)
			}
			wire.forget()
			ends(t, cli, 0, "apply", "saved.tfplan")
			g.CheckAllowlist(t, p.list, acctest.Entries{p.app.Path: "read_jobs", p.team.Path: "default"})
			g.CheckAllowlist(t, p.entry, acctest.Entries{p.web.Path: "read_jobs"})
			g.CheckSettings(t, p.settings, acctest.Settings{Inbound: true, PushRepository: true})
			if gone := wire.sent(written.removes); len(gone) != 2 {
				t.Errorf("other entries left too: %v", gone)
			}
			wire.none(t, "a toggle was written", written.toggles)
			empty(t, cli)
		})
	}
}

// Where the project changes, the old one is taken back and the new one made.
func TestAccContractReplace_anotherProject(t *testing.T) {
	t.Parallel()
	for name, lifecycle := range map[string]string{"destroy first": "", "create first": createFirst} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := acctest.New(t)
			old := newTrio(t, g)
			w := old.standard()
			w.lifecycle = lifecycle
			cli := acctest.NewCLI(t, g, old.configuration(w))
			cli.Apply(t, 0)
			old.check(t, g)
			p := old
			p.list, p.entry, p.settings = g.Project(t, "new-listed"), g.Project(t, "new-entered"), g.Project(t, "new-toggled")
			cli.Configure(t, p.configuration(w))
			ends(t, cli, 0, "apply", "-auto-approve")
			p.check(t, g)
			g.CheckAllowlist(t, old.list, acctest.Entries{})
			g.CheckAllowlist(t, old.entry, acctest.Entries{})
			g.CheckSettings(t, old.settings, acctest.Settings{Inbound: true})
			empty(t, cli)
		})
	}
}

// A kind or toggle that leaves the configuration along with a replacement is taken back by the
// destroy. With create_before_destroy the creation stands for the whole project, and it stays.
func TestAccContractReplace_aKindIsDropped(t *testing.T) {
	t.Parallel()
	for name, lifecycle := range map[string]string{"destroy first": "", "create first": createFirst} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := acctest.New(t)
			p := newTrio(t, g)
			w := p.standard()
			w.lifecycle = lifecycle
			cli, wire := newWired(t, g, p.configuration(w))
			cli.Apply(t, 0)
			p.check(t, g)
			w.groups, w.toggles = "", w.toggles[:1]
			cli.Configure(t, p.configuration(w))
			wire.forget()
			ends(t, cli, 0, append([]string{"apply", "-auto-approve"}, replaceAll()...)...)
			entries := acctest.Entries{p.app.Path: "read_jobs", p.web.Path: "read_jobs"}
			if lifecycle != "" {
				entries[p.team.Path] = "default"
			}
			g.CheckAllowlist(t, p.list, entries)
			g.CheckAllowlist(t, p.entry, acctest.Entries{p.app.Path: "read_jobs"})
			g.CheckSettings(t, p.settings, acctest.Settings{Inbound: true, PushRepository: lifecycle != ""})
			wire.none(t, "a consumer that stays was removed", written.removes, func(w written) bool { return !w.removesGroup() })
			empty(t, cli)
		})
	}
}

// Who is added by hand between plan and apply of a replacement stays, and the next plan names them.
func TestAccContractReplace_addedBetween(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	p, newcomer := newTrio(t, g), g.Project(t, "newcomer")
	cli, wire := newWired(t, g, p.configuration(p.standard()))
	cli.Apply(t, 0)
	p.check(t, g)
	cli.PlanJSON(t, replaceAll()...)
	g.Allow(t, p.list, newcomer.Path)
	wire.forget()
	ends(t, cli, 0, "apply", "saved.tfplan")
	g.CheckAllowlist(t, p.list, acctest.Entries{p.app.Path: "read_jobs", p.web.Path: "read_jobs", p.team.Path: "default", newcomer.Path: "default"})
	wire.none(t, "somebody was refused in between", written.removes)
	if plan := cli.PlanJSON(t); !differs(t, plan, trioAddresses[0], "projects") || !acctest.Says(plan.Output, fmt.Sprintf("- %q", newcomer.Path)) {
		t.Errorf("the next plan does not name %s:\n%s", newcomer.Path, plan.Output)
	}
}

// GitLab refuses what the creation half adds: nothing is lost, the state still names all three, and
// the next apply brings them about.
func TestAccContractReplace_creationRefused(t *testing.T) {
	t.Parallel()
	for name, lifecycle := range map[string]string{"destroy first": "", "create first": createFirst} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := acctest.New(t)
			acctest.NeedsEmbedded(t, g)
			p := newTrio(t, g)
			w := p.standard()
			w.lifecycle, w.consumers, w.permissions, w.toggles = lifecycle, w.consumers[:1], permitted("read_packages"), []string{"inbound_allowlist_enabled = true", "push_repository_allowed = false"}
			cli, wire := newWired(t, g, p.configuration(w))
			cli.Apply(t, 0)
			check := func() {
				t.Helper()
				g.CheckAllowlist(t, p.list, acctest.Entries{p.app.Path: "read_jobs", p.team.Path: "default"})
				g.CheckAllowlist(t, p.entry, acctest.Entries{p.app.Path: "read_packages"})
				g.CheckSettings(t, p.settings, acctest.Settings{Inbound: true})
			}
			check()
			for _, input := range []map[string]string{{"projectPath": p.list.Path}, {"projectPath": p.entry.Path}, {"fullPath": p.settings.Path}} {
				refuseMutation(t, g, input)
			}
			w.consumers, w.permissions, w.toggles = p.standard().consumers, p.standard().permissions, p.standard().toggles
			cli.Configure(t, p.configuration(w))
			wire.forget()
			ends(t, cli, 1, append([]string{"apply", "-auto-approve"}, replaceAll()...)...)
			check()
			wire.none(t, "somebody was refused in between", written.removes)
			if held := addressesIn(t, cli); len(slices.Compact(held)) != len(trioAddresses) {
				t.Errorf("the state names no more than %v", held)
			}
			g.Calm(t)
			wire.forget()
			ends(t, cli, 0, "apply", "-auto-approve")
			p.check(t, g)
			wire.none(t, "somebody was refused in between", written.removes)
			wire.none(t, "a toggle was switched off", written.switchesOff)
			empty(t, cli)
		})
	}
}
