package contract_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// meddlings are one to most things that others do, and where everything is after them.
func (g *generator) meddlings(most int) (all []meddling) {
	for range 1 + g.IntN(most) {
		if m := g.meddling(); m.Do != "" {
			all = append(all, m)
		}
	}
	return all
}

func (g *generator) meddling() meddling {
	all := g.here(append(slices.Clone(sources), spare)...)
	if len(all) == 0 {
		return meddling{}
	}
	if g.governs() && g.chance(40) {
		return meddling{Do: "enforce", On: g.chance(50)}
	}
	if g.has(shareKind) && g.chance(40) {
		return meddling{Do: one(g, "share", "share", "unshare"), Of: one(g, sources...), Target: one(g, teams...), To: one(g, "reporter", "maintainer", "owner")}
	}
	if m := g.aimed(); m.Do != "" {
		return m
	}
	source := one(g, all...)
	consumers := g.here(append(slices.Clone(listed), singly...)...)
	if len(consumers) < 2 {
		return meddling{}
	}
	target := one(g, append(consumers, teams...)...)
	switch g.IntN(22) {
	case 0, 1, 2:
		return g.byHand("allow", source, target)
	case 3, 4, 5:
		return meddling{Do: "deny", Of: source, Target: target}
	case 6, 7, 8, 9:
		return g.byHand("permit", source, target)
	case 10, 11:
		return meddling{Do: "toggle", Of: source, To: inbound, On: g.chance(70)}
	case 12:
		return meddling{Do: "toggle", Of: source, To: one(g, push, cross), On: g.chance(50)}
	case 13, 14, 15:
		return g.moving(one(g, append(consumers, source)...))
	case 16:
		return g.moving(source)
	case 17:
		return meddling{Do: one(g, "set variable", "describe variable"), Of: one(g, "app", "web"), To: one(g, variableKeys...)}
	case 18:
		return meddling{Do: "delete variable", Of: one(g, "app", "web"), To: one(g, variableKeys...)}
	case 19:
		return meddling{Do: "revoke tokens", Of: source}
	case 20:
		return meddling{Do: one(g, "dismiss", "welcome"), Of: one(g, "ext", "ext", "acme")}
	default:
		return meddling{Do: "toggle", Of: source, To: push, On: g.chance(50)}
	}
}

// nameAt is what a reference of a configuration stands for, as far as the generator knows.
func (g *generator) nameAt(reference string) string {
	if name, is := strings.CutPrefix(reference, "#"); is {
		return name
	}
	for _, name := range slices.Sorted(maps.Keys(g.paths)) {
		if g.paths[name] == reference {
			return name
		}
	}
	return ""
}

// aimed is something done to what a resource of the configuration speaks of: there it hurts.
func (g *generator) aimed() meddling {
	addresses := g.addresses()
	if len(addresses) == 0 || g.chance(40) {
		return meddling{}
	}
	config := g.resources[one(g, addresses...)].Config
	source := g.nameAt(fmt.Sprint(config["project"]))
	var targets []string
	for _, kind := range []string{"projects", "groups", "deliveries"} {
		entries, _ := config[kind].(map[string]any)
		for _, key := range slices.Sorted(maps.Keys(entries)) {
			entry, _ := entries[key].(map[string]any)
			for _, inner := range []string{"target", "project"} {
				if reference, is := entry[inner].(string); is {
					key = reference
				}
			}
			targets = append(targets, key)
		}
	}
	for _, attribute := range []string{"target_project", "target_group"} {
		if reference, is := config[attribute].(string); is {
			targets = append(targets, reference)
		}
	}
	if source == "" || g.paths[source] == "" {
		return meddling{}
	}
	if len(targets) == 0 || g.chance(20) {
		return meddling{Do: "toggle", Of: source, To: one(g, inbound, inbound, push), On: g.chance(50)}
	}
	target := g.nameAt(one(g, targets...))
	if target == "" || g.paths[target] == "" {
		return meddling{}
	}
	switch g.IntN(8) {
	case 0, 1:
		return meddling{Do: "deny", Of: source, Target: target}
	case 2, 3, 4:
		return g.byHand("permit", source, target)
	case 5:
		return g.byHand("allow", source, target)
	case 6:
		if !slices.Contains(append(slices.Clone(teams), source), target) {
			return g.moving(target)
		}
		return meddling{}
	default:
		return g.moving(source)
	}
}

// moving has a project's path lead elsewhere.
func (g *generator) moving(name string) meddling {
	path := g.paths[name]
	parent, last := split(path)
	g.made++
	fresh := fmt.Sprintf("new%d", g.made)
	switch g.IntN(6) {
	case 0, 1:
		others := g.here(append(append(slices.Clone(sources), spare), listed...)...)
		others = slices.DeleteFunc(others, func(other string) bool {
			of, _ := split(g.paths[other])
			return other == name || of != parent
		})
		if len(others) == 0 {
			return meddling{}
		}
		other := one(g, others...)
		g.paths[name], g.paths[other] = g.paths[other], g.paths[name]
		return meddling{Do: "swap paths", Of: name, Target: other}
	case 2:
		g.paths[name] = parent + "/" + last + fresh
		return meddling{Do: "rename", Of: name, To: last + fresh}
	case 3:
		g.paths[name] = path + "-moved"
		g.paths[fresh] = path
		return meddling{Do: "take over", Of: name, To: fresh}
	case 4:
		to := one(g, "guild", "inner")
		g.paths[name] = g.paths[to] + "/" + last
		return meddling{Do: "transfer", Of: name, Target: to}
	default:
		g.paths[name] = ""
		if g.chance(50) {
			g.paths[fresh] = path
			return meddling{Do: "delete and take over", Of: name, To: fresh}
		}
		return meddling{Do: "delete", Of: name}
	}
}
