package contract_test

import (
	"fmt"
	"slices"
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
		return meddling{Do: "set variable", Of: one(g, "app", "web"), To: one(g, variableKeys...)}
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
