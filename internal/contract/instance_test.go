package contract_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest/core"
)

const (
	enforcementKind = "jobtoken_instance_enforcement"
	instance        = "instance"
	enforced        = "enforced"
)

// enforcement is the instance's switch.
var enforcement = item{instance, enforced}

// more adds what came later to the first configuration, by dice of its own: the walks of the other seeds stay what they
// are. Under enforcement a project's toggle cannot be switched off: beside that switch there are entries only.
func (g *generator) more(seed uint64) {
	dice := rand.New(rand.NewPCG(seed, 1))
	roll := dice.IntN(100)
	if roll >= 6 && roll < 20 {
		for i, source := range sources[:1+dice.IntN(2)] {
			g.add(fmt.Sprintf("%s.s%d", shareKind, i), map[string]any{"project": g.ref(source), "group": g.ref(one(g, teams...)), "role": one(g, shareRoles...)})
		}
	}
	if roll >= 6 {
		return
	}
	for address := range g.resources {
		if !strings.Contains(address, "entry") {
			delete(g.resources, address)
		}
	}
	g.add(enforcementKind+".e", map[string]any{"enabled": dice.IntN(2) == 0})
}

// governs tells whether a configuration has the instance's switch, for which the provider's user has to be an administrator.
func (g *generator) governs() bool { return g.has(enforcementKind) }

func (g *generator) has(kind string) bool {
	for address := range g.resources {
		if kindOf(address) == kind {
			return true
		}
	}
	return false
}

func alterEnforcement(_ *generator, config map[string]any) {
	config["enabled"] = config["enabled"] != true
}

// grantEnforcement allows nothing for a destroy, which leaves the switch.
func grantEnforcement(b *book, c *core.Change) {
	after, planned := c.Planned["enabled"].(bool)
	if planned && (c.Action != core.Update || c.Prior["enabled"] != after) {
		b.allow(c, instance, enforced, strconv.FormatBool(after), true)
	}
}

func claimEnforcement(_ *book, _ string, state map[string]any) (claims []claim) {
	if on, is := state["enabled"].(bool); is {
		claims = append(claims, claim{enforcement, strconv.FormatBool(on)})
	}
	return claims
}

func repairEnforcement(b *book, _ map[string]any) bool { return b.take(instance, enforced) }

func wishEnforcement(b *book, _ string, config, _ map[string]any) []string {
	return b.differs(b.w.look(), enforcement, strconv.FormatBool(config["enabled"] == true))
}
