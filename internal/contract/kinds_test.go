package contract_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest/core"
)

// subject is what the walks and the judges know of a resource.
type subject struct {
	// alter changes a configuration at random.
	alter func(*generator, map[string]any)
	// grant says what the line of a plan allows.
	grant func(*book, *core.Change)
	// claim says what a state holds to be so at GitLab.
	claim func(*book, string, map[string]any) []claim
	// repair takes out of a configuration what leads nowhere; false if nothing can be left of it.
	repair func(*book, map[string]any) bool
	// wish says where GitLab is not as configured; state is what Terraform holds of it.
	wish func(b *book, address string, config, state map[string]any) []string
}

// subjects are all resources. A new one joins by a line here, and a line in begin.
var subjects map[string]subject

func init() {
	tokens := subject{alterToken, grantToken, claimToken, repairToken, wishToken}
	subjects = map[string]subject{
		"jobtoken_allowlist":            {alterList, grantList, claimList, repairList, wishList},
		"jobtoken_allowlist_entry":      {alterSingle, grantSingle, claimSingle, repairSingle, wishSingle},
		"jobtoken_settings":             {alterSettings, grantSettings, claimSettings, repairSettings, wishSettings},
		"jobtoken_instance_enforcement": {alterEnforcement, grantEnforcement, claimEnforcement, repairEnforcement, wishEnforcement},
		shareKind:                       {alterShare, grantShare, claimShare, repairShare, wishShare},
		"jobtoken_project_deploy_token": tokens,
		"jobtoken_group_deploy_token":   tokens,
		"jobtoken_project_access_token": tokens,
		"jobtoken_group_access_token":   tokens,
	}
}

// list makes a configuration of jobtoken_allowlist.
func (g *generator) list(source string, exclusive, toggle bool) map[string]any {
	config := map[string]any{"project": g.ref(source)}
	if toggle && g.chance(75) {
		config["enabled"] = g.chance(75)
	}
	if !exclusive {
		config["exclusive"] = false
	} else if g.chance(20) {
		config["exclusive"] = true
	}
	if g.chance(85) {
		entries := map[string]any{}
		for _, name := range some(g, 3, g.here(listed...)...) {
			g.put(entries, name)
		}
		if g.modern() && g.chance(12) {
			entries[g.paths[source]] = map[string]any{"permissions": []any{"read_jobs"}}
		}
		config["projects"] = entries
	}
	if g.chance(50) {
		entries := map[string]any{}
		for _, name := range some(g, 1, teams...) {
			g.put(entries, name)
		}
		config["groups"] = entries
	}
	return config
}

// put adds an entry by a path, an id, or a label.
func (g *generator) put(entries map[string]any, name string) {
	entry := g.entry()
	if g.chance(15) {
		entry["target"] = g.ref(name)
		entries["the_"+name] = entry
		return
	}
	entries[g.ref(name)] = entry
}

func alterList(g *generator, config map[string]any) {
	kind, names := "projects", g.here(listed...)
	if g.chance(25) {
		kind, names = "groups", teams
	}
	entries, managed := config[kind].(map[string]any)
	switch g.IntN(12) {
	case 0:
		if managed {
			delete(config, kind)
		} else {
			config[kind] = map[string]any{}
		}
	case 1:
		switch config["exclusive"] {
		case true:
			config["exclusive"] = false
		case nil:
			config["exclusive"] = true
		}
	case 2, 3:
		if enabled, is := config["enabled"].(bool); is {
			config["enabled"] = !enabled
		}
	case 4:
		moveSource(g, config)
	case 5, 6:
		if managed && len(entries) > 0 {
			delete(entries, one(g, slices.Sorted(maps.Keys(entries))...))
		}
	case 7, 8:
		if managed && len(entries) > 0 {
			key := one(g, slices.Sorted(maps.Keys(entries))...)
			entry := g.entry()
			if old, is := entries[key].(map[string]any); is && old["target"] != nil {
				entry["target"] = old["target"]
			}
			entries[key] = entry
		}
	default:
		if managed && len(names) > 0 {
			name := one(g, names...)
			if !slices.Contains(slices.Sorted(maps.Keys(entries)), "the_"+name) && entries[g.paths[name]] == nil && entries["#"+name] == nil {
				g.put(entries, name)
			}
		}
	}
}

// moveSource gives a resource of the second source another project, and back.
func moveSource(g *generator, config map[string]any) {
	switch config["project"] {
	case g.paths["tool"]:
		config["project"] = g.paths[spare]
	case g.paths[spare]:
		config["project"] = g.paths["tool"]
	}
}

// single makes a configuration of jobtoken_allowlist_entry.
func (g *generator) single(source, attribute, target string) map[string]any {
	config := map[string]any{"project": g.ref(source), attribute: g.ref(target)}
	if permissions := g.stated(); permissions != nil {
		config["permissions"] = permissions
	}
	return config
}

func alterSingle(g *generator, config map[string]any) {
	if g.chance(70) {
		delete(config, "permissions")
		if permissions := g.stated(); permissions != nil {
			config["permissions"] = permissions
		}
		return
	}
	moveSource(g, config)
}

// settings makes a configuration of jobtoken_settings.
func (g *generator) settings(source string, inboundToo bool) map[string]any {
	config := map[string]any{"project": g.ref(source)}
	if inboundToo && g.chance(60) {
		config["inbound_allowlist_enabled"] = g.chance(70)
	}
	if g.chance(70) {
		config["push_repository_allowed"] = g.chance(50)
	}
	if g.version == "19.4" && g.chance(40) {
		config["cross_project_push_allowed"] = g.chance(50)
	}
	if g.chance(20) {
		config["outbound_allowlist_enabled"] = false
	}
	return config
}

func alterSettings(g *generator, config map[string]any) {
	names := slices.Sorted(maps.Keys(config))
	name := one(g, names...)
	switch value := config[name].(type) {
	case bool:
		switch {
		case g.chance(25):
			delete(config, name)
		case name != "outbound_allowlist_enabled":
			config[name] = !value
		}
	default:
		if g.chance(50) {
			moveSource(g, config)
		} else {
			config["push_repository_allowed"] = g.chance(50)
		}
	}
}

var variableKeys = []string{"T_ONE", "T_TWO"}

// token makes a configuration of a token. A fixed end and a rotation lie far ahead: nothing is due.
func (g *generator) token(of, parent, kind string) map[string]any {
	config := map[string]any{of: g.paths[parent], "name": "token-" + parent + kind, "scopes": []any{"read_repository"}}
	if kind == "deploy" {
		config["username"] = "reader"
	}
	if g.chance(50) {
		config["rotation"] = map[string]any{"every_days": int64(90), "overlap_days": int64(1 + g.IntN(3))}
	} else if kind == "access" {
		config["expires_at"] = time.Now().UTC().AddDate(0, 0, 180).Format(time.DateOnly) // GitLab makes none without
	}
	config["deliveries"] = map[string]any{"first": g.delivery("app", parent+kind, 0)}
	return config
}

// delivery puts the token into a variable that no other token has.
func (g *generator) delivery(to, token string, number int) map[string]any {
	if g.paths[to] == "" {
		to = "web"
	}
	key := variableKeys[number]
	if token != "tooldeploy" {
		key = fmt.Sprintf("T_%s_%d", token, number)
	}
	delivery := map[string]any{"project": g.paths[to], "key": key}
	if g.chance(20) {
		delivery["hidden"] = true
	}
	if g.chance(15) {
		delivery["description"] = "a token"
	}
	return delivery
}

// pull gives a token another trigger, or takes that out; with or without an overlap.
func pull(g *generator, config map[string]any) {
	rotation, _ := config["rotation"].(map[string]any)
	if rotation["trigger"] != nil && g.chance(20) {
		delete(rotation, "trigger")
		return
	}
	if rotation == nil {
		rotation = map[string]any{"overlap_days": int64(g.IntN(3))}
		config["rotation"] = rotation
	}
	if g.chance(30) {
		rotation["overlap_days"] = int64(g.IntN(3))
	}
	rotation["trigger"] = fmt.Sprintf("leak %d", g.IntN(1000))
}

func alterToken(g *generator, config map[string]any) {
	deliveries, _ := config["deliveries"].(map[string]any)
	switch g.IntN(7) {
	case 5:
		pull(g, config)
	case 0:
		config["name"] = fmt.Sprint(config["name"], "x")
	case 1:
		if len(deliveries) < 2 {
			name := strings.ReplaceAll(strings.TrimRight(fmt.Sprint(config["name"]), "x"), "-", "_")
			deliveries["second"] = map[string]any{"project": g.paths["web"], "key": "SECOND_" + name}
			if g.paths["web"] == "" {
				delete(deliveries, "second")
			}
		} else {
			delete(deliveries, "second")
		}
	case 2:
		// A label is only a name: this is to change nothing at GitLab.
		for _, label := range slices.Sorted(maps.Keys(deliveries)) {
			deliveries[label+"_"] = deliveries[label]
			delete(deliveries, label)
			break
		}
	case 3:
		config["scopes"] = []any{one(g, "read_repository", "read_registry")}
	case 4:
		if len(deliveries) == 0 {
			return
		}
		label := one(g, slices.Sorted(maps.Keys(deliveries))...)
		changed := copied(deliveries[label].(map[string]any)) //nolint:forcetypeassert // as delivery makes them
		if changed["description"] != nil {
			delete(changed, "description")
		} else {
			changed["description"] = one(g, "a token", "of the walk")
		}
		deliveries[label] = changed
	default:
		if config["project"] == g.paths["tool"] {
			moveSource(g, config)
		}
	}
}
