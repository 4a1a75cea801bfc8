package contract_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest/core"
)

// generator makes a walk of a seed. It knows where things are by then as far as others have moved them
// already, so that most references lead somewhere.
type generator struct {
	*rand.Rand

	version string
	// paths are the present ones; a project that is gone has none.
	paths     map[string]string
	made      int
	resources map[string]core.Resource
}

func generate(t testing.TB, seed uint64) walk {
	t.Helper()
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 0)), paths: map[string]string{}, resources: map[string]core.Resource{}}
	g.version = one(g, versions...)
	for _, all := range [][]struct{ name, path string }{groupPaths, projectPaths} {
		for _, thing := range all {
			g.paths[thing.name] = thing.path
		}
	}
	w := walk{Version: g.version}
	g.begin()
	g.more(seed)
	w.Admin = g.governs()
	runs := 2 + g.IntN(3)
	for i := range runs {
		w.Runs = append(w.Runs, g.run(i, i == runs-1))
		w = w.clone(t) // later changes must not reach back
	}
	return w
}

func (g *generator) modern() bool { return g.version != versions[0] }

// chance is true in so many of a hundred cases.
func (g *generator) chance(percent int) bool { return g.IntN(100) < percent }

func one[T any](g *generator, of ...T) T { return of[g.IntN(len(of))] }

// some are up to most of a list, each at most once.
func some[T any](g *generator, most int, of ...T) []T {
	chosen := slices.Clone(of)
	g.Shuffle(len(chosen), func(i, j int) { chosen[i], chosen[j] = chosen[j], chosen[i] })
	return chosen[:min(g.IntN(most+1), len(chosen))]
}

// The parts of the world. No two resources may manage the same thing for good, since they would undo
// each other for ever: a list of lib has some consumers, single entries beside it have others.
var (
	sources   = []string{"lib", "tool"}
	spare     = "job" // another project to move a resource of tool to
	listed    = []string{"app", "web", "part"}
	singly    = []string{"deep", "nest"}
	teams     = []string{"team", "guild"}
	wellKnown = []string{"read_jobs", "read_packages", "admin_packages", "read_repositories"}
)

// ref is a way to write a project or group.
func (g *generator) ref(name string) string {
	if g.chance(15) {
		return "#" + name
	}
	return g.paths[name]
}

// here are the names of those that are still there.
func (g *generator) here(names ...string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return g.paths[name] == "" })
}

// permissions are an entry's, nil for the default ones.
func (g *generator) permissions() []any {
	if g.chance(50) {
		return nil
	}
	known := wellKnown
	if !g.modern() {
		known = wellKnown[:3]
	}
	names := some(g, 2, known...)
	slices.Sort(names)
	list := []any{}
	for _, name := range names {
		list = append(list, name)
	}
	return list
}

// stated are permissions as a configuration has them: the default ones are left out, or said in words.
func (g *generator) stated() []any {
	permissions := g.permissions()
	if permissions == nil && g.chance(25) {
		return []any{"default"}
	}
	return permissions
}

func (g *generator) entry() map[string]any {
	if permissions := g.stated(); permissions != nil {
		return map[string]any{"permissions": permissions}
	}
	return map[string]any{}
}

// begin makes the first configuration.
func (g *generator) begin() {
	for i, source := range sources {
		label := string(rune('a' + i))
		style := one(g, "list", "list", "list and entries", "entries", "settings")
		toggleInList := g.chance(70)
		if style == "list" || style == "list and entries" {
			g.add("jobtoken_allowlist."+label, g.list(source, style == "list", toggleInList))
		}
		if style == "entries" || style == "list and entries" {
			for n, target := range singly {
				if g.chance(70) {
					g.add(fmt.Sprintf("jobtoken_allowlist_entry.%s%d", label, n), g.single(source, "target_project", target))
				}
			}
			if style == "entries" && g.chance(50) {
				g.add("jobtoken_allowlist_entry."+label+"g", g.single(source, "target_group", one(g, teams...)))
			}
		}
		if style == "settings" || g.chance(25) {
			g.add("jobtoken_settings."+label, g.settings(source, style == "settings" || style == "entries" || !toggleInList))
		}
	}
	if g.chance(30) {
		g.add("jobtoken_project_deploy_token.t", g.token("project", "tool", "deploy"))
	}
	if g.chance(15) {
		g.add("jobtoken_group_access_token.t", g.token("group", "team", "access"))
	}
	if g.chance(10) {
		g.add("jobtoken_project_access_token.u", g.token("project", "lib", "access"))
	}
	if g.chance(10) {
		g.add("jobtoken_group_deploy_token.u", g.token("group", "guild", "deploy"))
	}
}

func kindOf(address string) string {
	kind, _, _ := strings.Cut(address, ".")
	return kind
}

func (g *generator) add(address string, config map[string]any) {
	g.resources[address] = core.Resource{Kind: kindOf(address), Config: config, CreateBeforeDestroy: g.chance(25)}
}

func (g *generator) addresses() []string { return slices.Sorted(maps.Keys(g.resources)) }

// run makes the next run out of the last configuration.
func (g *generator) run(number int, last bool) run {
	r := run{Order: g.Uint64N(1000), Parallel: g.chance(40)}
	if number == 0 {
		r.Before = g.prepare()
	}
	if g.chance(30) {
		r.Before = append(r.Before, g.meddlings(1)...)
	}
	gone := map[string]core.Resource{}
	if number > 0 {
		g.flags(&r)
		for range 1 + g.IntN(3) {
			g.alter(gone)
		}
	}
	r.Resources = maps.Clone(g.resources)
	if number > 0 && g.chance(12) && len(g.resources) > 1 {
		r.Targets = some(g, len(g.resources), g.addresses()...)
	}
	switch {
	case g.chance(45):
		r.Between = g.meddlings(2)
	case g.chance(40):
		r.During = &strike{At: 1 + g.IntN(6), Writes: g.chance(60), Meddle: g.meddlings(1)}
	case g.chance(20):
		r.During = &strike{At: 1 + g.IntN(3), Refuse: true}
	}
	for address, resource := range gone {
		g.resources[address] = resource // it comes back in the next run, or goes again
	}
	r.Settle = last || g.chance(30)
	return r
}

// prepare is what the server holds before Terraform comes.
func (g *generator) prepare() (all []meddling) {
	for _, source := range append(slices.Clone(sources), spare) {
		if g.chance(40) {
			all = append(all, meddling{Do: "toggle", Of: source, To: inbound, On: g.chance(40)})
		}
		if g.chance(20) {
			all = append(all, meddling{Do: "toggle", Of: source, To: push, On: true})
		}
		for _, target := range some(g, 3, append(slices.Clone(listed), teams...)...) {
			all = append(all, g.byHand("allow", source, target))
		}
	}
	for _, address := range g.addresses() {
		deliveries, _ := g.resources[address].Config["deliveries"].(map[string]any)
		for _, label := range slices.Sorted(maps.Keys(deliveries)) {
			delivery, _ := deliveries[label].(map[string]any)
			if name := g.nameAt(fmt.Sprint(delivery["project"])); name != "" && g.chance(30) {
				all = append(all, meddling{Do: "keep variable", Of: name, To: fmt.Sprint(delivery["key"]), On: delivery["hidden"] == true})
			}
		}
	}
	return all
}

func (g *generator) byHand(do, source, target string) meddling {
	m := meddling{Do: do, Of: source, Target: target}
	for _, p := range g.permissions() {
		m.Permissions = append(m.Permissions, fmt.Sprint(p))
	}
	return m
}

// flags chooses what a user asks of the run, for objects that were there in the last one.
func (g *generator) flags(r *run) {
	r.NoRefresh = g.chance(12)
	addresses := g.addresses()
	if len(addresses) == 0 {
		return
	}
	address := one(g, addresses...)
	switch g.IntN(12) {
	case 0, 1:
		r.Replace = []string{address}
	case 2, 3:
		r.Taint = []string{address}
	case 4:
		resource := g.resources[address]
		if resource.CreateBeforeDestroy {
			r.Replace, r.Kill = []string{address}, address
		}
	case 5:
		to := address + "m"
		r.Moves = map[string]string{address: to}
		g.resources[to] = g.resources[address]
		delete(g.resources, address)
	case 6:
		if id := importID(g.resources[address]); id != "" {
			r.Forget, r.Import = []string{address}, map[string]string{address: id}
		}
	case 7:
		// A token that no state knows any more would live on beside its successor, rightly.
		if !strings.Contains(address, "token") {
			r.Forget = []string{address}
		}
	case 8:
		resource := g.resources[address]
		resource.CreateBeforeDestroy = !resource.CreateBeforeDestroy
		g.resources[address] = resource
	}
}

func importID(r core.Resource) string {
	project := fmt.Sprint(r.Config["project"])
	switch {
	case r.Kind == "jobtoken_allowlist", r.Kind == "jobtoken_settings":
		return project
	case r.Kind == enforcementKind:
		return "enforce_ci_inbound_job_token_scope_enabled"
	case r.Kind == shareKind:
		return fmt.Sprintf("%s:%s", project, r.Config["group"])
	case r.Kind != "jobtoken_allowlist_entry":
		return ""
	case r.Config["target_group"] != nil:
		return fmt.Sprintf("%s:group:%s", project, r.Config["target_group"])
	default:
		return fmt.Sprintf("%s:project:%s", project, r.Config["target_project"])
	}
}

// alter changes one thing of the configuration.
func (g *generator) alter(gone map[string]core.Resource) {
	addresses := g.addresses()
	if len(addresses) == 0 {
		return
	}
	address := one(g, addresses...)
	resource := g.resources[address]
	if g.chance(8) {
		gone[address] = resource
		delete(g.resources, address)
		return
	}
	resource.Config = copied(resource.Config)
	subjects[resource.Kind].alter(g, resource.Config)
	g.resources[address] = resource
}

func copied(config map[string]any) map[string]any {
	fresh := map[string]any{}
	for key, value := range config {
		if inner, is := value.(map[string]any); is {
			value = copied(inner)
		}
		fresh[key] = value
	}
	return fresh
}
