package emulator_test

import (
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator"
)

const plantPath = "/-/emulator/plant"

// plant is an administrator's request to write past the rules.
func plant(body string) request { return request{"root", post, plantPath, body} }

func TestPlant(t *testing.T) {
	t.Parallel()
	const log = `{project(fullPath:"acme/shared-lib"){ciJobTokenAuthLogs{nodes{originProject{fullPath} lastAuthorizedAt}}}}`
	start(t, emulator.Options{Seed: "acme", AuthLogDelay: 1 << 40}).play(t, []step{
		{"administrators alone", request{"terraform", post, plantPath, `{"project":1,"outbound_enabled":true}`}, 403, `{"message":"403 Forbidden"}`},
		{"outbound, by path", plant(`{"project":"acme/shared-lib","outbound_enabled":true,"outbound_targets":["acme/docs","acme/app"]}`), 204, ``},
		{"is on", request{"terraform", get, scopePath, ""}, 200, `{"inbound_enabled":true,"outbound_enabled":true}`},
		{"with leftovers among the entries", document(t, "terraform", `{project(fullPath:"acme/shared-lib"){ciCdSettings{jobTokenScopeEnabled} ciJobTokenScopeAllowlist{projectsAllowlist(first:2){nodes{direction target{... on CiJobTokenAccessibleProject{path}}}}}}}`), 200,
			`{"data":{"project":{"ciCdSettings":{"jobTokenScopeEnabled":true},"ciJobTokenScopeAllowlist":{"projectsAllowlist":{"nodes":[{"direction":"outbound","target":{"path":"app"}},{"direction":"outbound","target":{"path":"docs"}}]}}}}}`},
		{"which can be removed", mutation(t, "terraform", "ciJobTokenScopeRemoveProject", `projectPath:"acme/shared-lib",targetProjectPath:"acme/docs",direction:OUTBOUND`, ""), 200, `{"data":{"m":{"errors":[]}}}`},
		{"off again", plant(`{"project":1,"outbound_enabled":false}`), 204, ``},
		{"is off", request{"terraform", get, scopePath, ""}, 200, `{"inbound_enabled":true,"outbound_enabled":false}`},
		{"permissions of an entry, and of a new one", plant(`{"project":"1","permissions":[{"target":"acme/app","names":["read_jobs"]},{"target":"outside","names":[]}]}`), 204, ``},
		{"are stored", document(t, "root", `{project(fullPath:"acme/shared-lib"){ciJobTokenScopeAllowlist{groupsAllowlist(first:1){nodes{defaultPermissions jobTokenPolicies target{... on CiJobTokenAccessibleGroup{path}}}} projectsAllowlist(last:1){nodes{defaultPermissions jobTokenPolicies}}}}}`), 200,
			`{"data":{"project":{"ciJobTokenScopeAllowlist":{"groupsAllowlist":{"nodes":[{"defaultPermissions":false,"jobTokenPolicies":[],"target":{"path":"outside"}}]},"projectsAllowlist":{"nodes":[{"defaultPermissions":false,"jobTokenPolicies":["READ_JOBS"]}]}}}}}`},
		{"uses, old and new", plant(`{"project":1,"auth_log":[{"origin":"acme/app","last_authorized_at":"2024-01-02T03:04:05Z"},{"origin":"acme/web","last_authorized_at":"2025-06-07T08:09:10Z"}]}`), 204, ``},
		{"show at once", document(t, "terraform", log), 200, `~[{"originProject":{"fullPath":"acme/web"},"lastAuthorizedAt":"2025-06-07T08:09:10Z"},`},
		{"replaced", document(t, "terraform", log), 200, `~{"originProject":{"fullPath":"acme/app"},"lastAuthorizedAt":"2024-01-02T03:04:05Z"}`},
		{"no project", plant(`{"project":"acme/nothing"}`), 404, `{"message":"404 Project acme/nothing Not Found"}`},
		{"no target: nothing is written", plant(`{"project":1,"outbound_enabled":true,"permissions":[{"target":"acme/nothing"}]}`), 404, `{"message":"404 Target \"acme/nothing\" Not Found"}`},
		{"is still off", request{"terraform", get, scopePath, ""}, 200, `{"inbound_enabled":true,"outbound_enabled":false}`},
		{"no outbound target", plant(`{"project":1,"outbound_targets":["outside"]}`), 404, `{"message":"404 Project \"outside\" Not Found"}`},
		{"no origin", plant(`{"project":1,"auth_log":[{"origin":"acme"}]}`), 404, `{"message":"404 Project \"acme\" Not Found"}`},
		{"an unknown field", plant(`{"project":1,"outbound":true}`), 400, `~unknown field`},
	})
}

// Until 18.6 a list could be filled from the authentication log.
func TestAutopopulate(t *testing.T) {
	t.Parallel()
	do := func(name string) request {
		return document(t, "terraform", `mutation{m:`+name+`(input:{projectPath:"acme/shared-lib"}){status errors}}`)
	}
	const autopopulate, withdraw = "ciJobTokenScopeAutopopulateAllowlist", "ciJobTokenScopeClearAllowlistAutopopulations"
	ids := document(t, "terraform", `{project(fullPath:"acme/shared-lib"){ciCdSettings{inboundJobTokenScopeEnabled} ciJobTokenScope{inboundAllowlistCount inboundAllowlistAutopopulatedIds groupAllowlistAutopopulatedIds}}}`)
	start(t, emulator.Options{Seed: "acme", Version: "18.4"}).play(t, []step{
		{"off", request{"terraform", patch, scopePath, `{"enabled":false}`}, 204, ``},
		{"fill", do(autopopulate), 200, `{"data":{"m":{"status":"complete","errors":[]}}}`},
		{"what was missing, and on", ids, 200, `{"data":{"project":{"ciCdSettings":{"inboundJobTokenScopeEnabled":true},"ciJobTokenScope":{"inboundAllowlistCount":4,"inboundAllowlistAutopopulatedIds":["gid://gitlab/Project/7"],"groupAllowlistAutopopulatedIds":[]}}}}`},
		{"again", do(autopopulate), 200, `{"data":{"m":{"status":"complete","errors":[]}}}`},
		{"the same", ids, 200, `~"inboundAllowlistCount":4,`},
		{"clear", do(withdraw), 200, `{"data":{"m":{"status":"complete","errors":[]}}}`},
		{"as before", ids, 200, `~"inboundAllowlistCount":3,"inboundAllowlistAutopopulatedIds":[]`},
	})
	start(t, emulator.Options{Seed: "acme"}).play(t, []step{
		{"gone", do(autopopulate), 200, `~Field 'ciJobTokenScopeAutopopulateAllowlist' doesn't exist on type 'Mutation'`},
	})
}

// More origins than a list holds become their groups.
func TestAutopopulateCompacts(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "estate:201x1", Version: "17.11"})
	log := make([]map[string]string, 0, 200)
	for n := 2; n <= 202; n++ {
		origin := "pool/q0001"
		if n <= 201 {
			origin = "estate/p" + string([]byte{'0', byte('0' + n/100), byte('0' + n/10%10), byte('0' + n%10)})
		}
		log = append(log, map[string]string{"origin": origin, "last_authorized_at": "2025-01-01T00:00:00Z"})
	}
	i.must(t, plant(`{"project":"estate/p0001","auth_log":`+quote(t, log)+`}`))
	i.must(t, document(t, "root", `mutation{m:ciJobTokenScopeAutopopulateAllowlist(input:{projectPath:"estate/p0001"}){status errors}}`))
	i.play(t, []step{
		{"the groups", document(t, "root", `{project(fullPath:"estate/p0001"){ciJobTokenScope{inboundAllowlistCount groupsAllowlist{nodes{fullPath}}}}}`), 200,
			`{"data":{"project":{"ciJobTokenScope":{"inboundAllowlistCount":2,"groupsAllowlist":{"nodes":[{"fullPath":"estate"},{"fullPath":"pool"}]}}}}}`},
	})
}
