package contract_test

import (
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest/core"
)

// conf is a configuration for a walk by hand.
type conf map[string]core.Resource

func res(address string, config map[string]any) conf {
	return conf{address: {Kind: kindOf(address), Config: config}}
}

func (c conf) cbd() conf {
	for address, r := range c {
		r.CreateBeforeDestroy = true
		c[address] = r
	}
	return c
}

// and puts configurations together.
func (c conf) and(others ...conf) conf {
	for _, other := range others {
		for address, r := range other {
			c[address] = r
		}
	}
	return c
}

type m = map[string]any

func open(names ...string) m {
	entries := m{}
	for _, name := range names {
		entries[name] = m{}
	}
	return entries
}

func only(permissions ...any) m { return m{"permissions": permissions} }

func list(entries m, more ...any) conf {
	config := m{"project": "acme/lib", "enabled": true, "projects": entries}
	for i := 0; i < len(more); i += 2 {
		config[more[i].(string)] = more[i+1] //nolint:forcetypeassert // of the table below
	}
	return res("jobtoken_allowlist.a", config)
}

func single() conf {
	return res("jobtoken_allowlist_entry.e", m{"project": "acme/tool", "target_project": "acme/app"})
}

func toggles(more m) conf {
	more["project"] = "acme/job"
	return res("jobtoken_settings.s", more)
}

// byHand are walks that once went wrong, or that stand for a promise of the contract.
var byHand = map[string][]run{
	"replaced, create_before_destroy": {
		{Resources: list(open("acme/app")).and(single(), toggles(m{"push_repository_allowed": true})).cbd()},
		{
			Resources: list(open("acme/app")).and(single(), toggles(m{"push_repository_allowed": true})).cbd(),
			Replace:   []string{"jobtoken_allowlist.a", "jobtoken_allowlist_entry.e", "jobtoken_settings.s"}, Settle: true,
		},
	},
	"create_before_destroy comes with the replacement, forced by a dependant": {
		{Resources: list(open("acme/app"))},
		{Resources: list(open("acme/app")).cbd(), Replace: []string{"jobtoken_allowlist.a"}, Settle: true},
	},
	"tainted, create_before_destroy": {
		{Resources: single().cbd()},
		{Resources: single().cbd(), Taint: []string{"jobtoken_allowlist_entry.e"}, Settle: true},
	},
	"a creation that fails half-way, create_before_destroy": {
		{Resources: list(open("acme/app", "acme/web")).cbd(), During: &strike{At: 1, Refuse: true}},
		{Resources: list(open("acme/app", "acme/web")).cbd(), Settle: true},
	},
	"a creation that fails half-way": {
		{Resources: list(open("acme/app", "acme/web")), During: &strike{At: 1, Refuse: true}},
		{Resources: list(open("acme/app", "acme/web")), Settle: true},
	},
	"killed between the creation and the destroy of the deposed": {
		{Resources: list(open("acme/app")).cbd()},
		{Resources: list(open("acme/app")).cbd(), Replace: []string{"jobtoken_allowlist.a"}, Kill: "jobtoken_allowlist.a"},
		{Resources: list(open("acme/app")).cbd(), Parallel: true, Settle: true},
	},
	"replaced": {
		{Resources: list(open("acme/app")).and(single(), toggles(m{"push_repository_allowed": true}))},
		{
			Resources: list(open("acme/app")).and(single(), toggles(m{"push_repository_allowed": true})),
			Replace:   []string{"jobtoken_allowlist.a", "jobtoken_allowlist_entry.e", "jobtoken_settings.s"}, Settle: true,
		},
	},
	"replaced while an entry leaves": {
		{Resources: list(open("acme/app", "acme/web"))},
		{Resources: list(open("acme/app")), Replace: []string{"jobtoken_allowlist.a"}, Settle: true},
	},
	"tainted": {
		{Resources: list(open("acme/app"))},
		{Resources: list(open("acme/app")), Taint: []string{"jobtoken_allowlist.a"}, Settle: true},
	},
	"not refreshed, an entry narrowed by hand": {
		{Resources: list(open("acme/app", "acme/web"))},
		{
			Before:    []meddling{{Do: "permit", Of: "lib", Target: "web", Permissions: []string{"read_jobs"}}},
			Resources: list(open("acme/app", "acme/web", "acme/job")), NoRefresh: true, Settle: true,
		},
	},
	"a saved plan, an entry narrowed by hand": {
		{Resources: list(open("acme/app", "acme/web", "acme/job"))},
		{
			Resources: list(open("acme/app", "acme/web")), Settle: true,
			Between: []meddling{{Do: "permit", Of: "lib", Target: "web", Permissions: []string{"read_jobs"}}},
		},
	},
	"a saved plan, an entry removed by hand": {
		{Resources: list(open("acme/app", "acme/web", "acme/job"))},
		{Resources: list(open("acme/app", "acme/web")), Settle: true, Between: []meddling{{Do: "deny", Of: "lib", Target: "web"}}},
	},
	"a saved plan, the list switched on by hand": {
		{Resources: list(open("acme/app"), "enabled", false)},
		{Resources: list(open("acme/app", "acme/web"), "enabled", false), Settle: true, Between: []meddling{{Do: "toggle", Of: "lib", To: inbound, On: true}}},
	},
	"a saved plan, push forbidden by hand": {
		{Before: []meddling{{Do: "toggle", Of: "job", To: inbound}}, Resources: toggles(m{"inbound_allowlist_enabled": false, "push_repository_allowed": true})},
		{
			Resources: toggles(m{"inbound_allowlist_enabled": true, "push_repository_allowed": true}), Settle: true,
			Between: []meddling{{Do: "toggle", Of: "job", To: push}},
		},
	},
	"one entry is narrowed by the plan, another by hand": {
		{Resources: list(m{"acme/app": only("read_jobs", "read_packages"), "acme/web": only("admin_jobs")})},
		{
			Resources: list(m{"acme/app": only("read_jobs"), "acme/web": only("admin_jobs")}), Settle: true,
			Between: []meddling{{Do: "permit", Of: "lib", Target: "web", Permissions: []string{}}},
		},
	},
	"a path taken over between plan and apply": {
		{Resources: single(), Between: []meddling{{Do: "take over", Of: "app", To: "new"}}, Settle: true},
	},
	"paths swapped at the first write": {
		{Resources: list(open("acme/app", "acme/web"))},
		{Resources: list(open("acme/app")), During: &strike{At: 1, Writes: true, Meddle: []meddling{{Do: "swap paths", Of: "lib", Target: "tool"}}}, Settle: true},
	},
	"two consumers swap their paths between plan and apply": {
		{
			Resources: list(m{"acme/app": m{}, "acme/web": only("read_jobs")}), Settle: true,
			Between: []meddling{{Do: "swap paths", Of: "app", Target: "web"}},
		},
	},
	"the list's path is another's at the addition": {
		{Resources: single(), During: &strike{At: 1, Writes: true, Meddle: []meddling{{Do: "swap paths", Of: "tool", Target: "web"}}}, Settle: true},
	},
	"a delivery's path is another's between plan and apply": {
		{
			Resources: res("jobtoken_project_deploy_token.t", m{
				"project": "acme/tool", "name": "reader", "username": "reader", "scopes": []any{"read_repository"},
				"deliveries": m{"first": m{"project": "acme/app", "key": "T_ONE"}},
			}),
			Between: []meddling{{Do: "swap paths", Of: "app", Target: "web"}}, Settle: true,
		},
	},
	"a consumer that is gone for good": {
		{Resources: list(open("acme/app", "acme/web"))},
		{Before: []meddling{{Do: "delete", Of: "web"}}, Resources: list(open("acme/app", "acme/web")), Settle: true},
	},
	"the own entry is narrowed by hand": {
		{Resources: list(open("acme/app"))},
		{Before: []meddling{{Do: "permit", Of: "lib", Target: "lib", Permissions: []string{"read_jobs"}}}, Resources: list(open("acme/app")), Settle: true},
		{Resources: list(open("acme/web")), Settle: true},
	},
}

// The promises of the contract, one by one.
func TestCases(t *testing.T) {
	t.Parallel()
	for name, runs := range byHand {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wk := walk{Version: "19.4", Runs: runs}.clone(t)
			if j := walkOn(t, wk); len(j.findings) > 0 {
				t.Errorf("%s\n\n%s\nwhat happened:\n%s", join(j.findings), wk, strings.Join(j.log, "\n"))
			}
		})
	}
}
