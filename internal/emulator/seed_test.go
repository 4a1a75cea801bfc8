package emulator_test

import (
	"slices"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator"
)

// The bounds leave room for the race detector and a busy machine; the times
// themselves are logged.
func TestStartIsFast(t *testing.T) {
	t.Parallel()
	for seed, atMost := range map[string]time.Duration{"empty": time.Second, "acme": time.Second, "estate:500x100": 10 * time.Second} {
		t.Run(seed, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			start(t, emulator.Options{Seed: seed})
			took := time.Since(began)
			t.Logf("start with seed %s took %v", seed, took)
			if took > atMost {
				t.Errorf("start took %v, want at most %v", took, atMost)
			}
		})
	}
}

func TestSeeds(t *testing.T) {
	t.Parallel()
	empty := start(t, emulator.Options{Seed: "empty"})
	if len(empty.Tokens()) != 1 || empty.AdminToken() == "" {
		t.Errorf("an empty instance has the tokens of %d users, want root's", len(empty.Tokens()))
	}
	empty.play(t, []step{{"no projects", request{"root", get, "/api/v4/projects", ""}, 200, `[]`}})

	estate := start(t, emulator.Options{Seed: "estate:3x7"})
	estate.play(t, []step{
		{"projects and entries", document(t, "terraform", `{projects(fullPaths:["estate/p0001","estate/p0003"]){nodes{fullPath ciJobTokenScopeAllowlist{projectsAllowlist{count}}}}}`), 200,
			`{"data":{"projects":{"nodes":[{"fullPath":"estate/p0003","ciJobTokenScopeAllowlist":{"projectsAllowlist":{"count":7}}},{"fullPath":"estate/p0001","ciJobTokenScopeAllowlist":{"projectsAllowlist":{"count":7}}}]}}}`},
		{"targets", document(t, "terraform", `{group(fullPath:"pool"){projectsCount}}`), 200, `{"data":{"group":{"projectsCount":7}}}`},
	})

	acme := start(t, emulator.Options{Seed: "acme"})
	names := make([]string, 0, len(acme.Tokens()))
	for name := range acme.Tokens() {
		names = append(names, name)
	}
	slices.Sort(names)
	if want := []string{"dev", "mallory", "root", "terraform"}; !slices.Equal(names, want) {
		t.Errorf("acme has the users %v, want %v", names, want)
	}
}

func TestStartRefuses(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]emulator.Options{
		"unknown version":  {Version: "9.9"},
		"unknown seed":     {Seed: "chaos"},
		"too many entries": {Seed: "estate:1x201"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if server, err := emulator.Start(options); err == nil {
				server.Close()
				t.Error("started")
			}
		})
	}
}

func TestVersion17(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Version: "17.11", Seed: "estate:1x150"})
	const source = "/api/v4/projects/151/job_token_scope"
	i.play(t, []step{
		{"does not enforce", request{"root", get, "/api/v4/application/settings", ""}, 200, `~"enforce_ci_inbound_job_token_scope_enabled":false`},
		{"old words", request{"terraform", post, source + "/allowlist", `{"target_project_id":1}`}, 400, `{"message":"400 Bad request - Target project is already in the job token scope"}`},
		{"no self entry", request{"terraform", post, source + "/allowlist", `{"target_project_id":151}`}, 400, `{"message":"400 Bad request - Validation failed: Target project can't be the same as the source project"}`},
		{"nor by an update", mutation(t, "terraform", "ciJobTokenScopeUpdatePolicies", `projectPath:"estate/p0001",targetPath:"estate/p0001",defaultPermissions:true,jobTokenPolicies:[]`, ""), 200,
			`{"data":{"m":{"errors":["Failed to update job token scope"]}}}`},
		{"pages of 100", document(t, "terraform", `{project(fullPath:"estate/p0001"){ciJobTokenScopeAllowlist{projectsAllowlist(first:150){count pageInfo{hasNextPage}}}}}`), 200,
			`{"data":{"project":{"ciJobTokenScopeAllowlist":{"projectsAllowlist":{"count":150,"pageInfo":{"hasNextPage":true}}}}}}`},
		{"permissions are not active", mutation(t, "terraform", "ciJobTokenScopeUpdatePolicies", `projectPath:"estate/p0001",targetPath:"pool/q0001",defaultPermissions:false,jobTokenPolicies:[READ_JOBS]`, ""), 200,
			`{"data":{"m":{"errors":["Failed to update job token scope"]}}}`},
		{"and dropped when adding", mutation(t, "terraform", "ciJobTokenScopeAddGroupOrProject", `projectPath:"estate/p0001",targetPath:"pool",defaultPermissions:false,jobTokenPolicies:[READ_JOBS]`, "ciJobTokenScopeAllowlistEntry{defaultPermissions jobTokenPolicies}"), 200,
			`{"data":{"m":{"errors":[],"ciJobTokenScopeAllowlistEntry":{"defaultPermissions":true,"jobTokenPolicies":[]}}}}`},
		{"until the top-level group permits them", request{"root", post, "/-/emulator/plant", `{"project":"estate/p0001","job_token_policies_enabled":true}`}, 204, ``},
		{"containers", mutation(t, "terraform", "ciJobTokenScopeUpdatePolicies", `projectPath:"estate/p0001",targetPath:"pool/q0001",defaultPermissions:false,jobTokenPolicies:[READ_CONTAINERS]`, "ciJobTokenScopeAllowlistEntry{jobTokenPolicies}"), 200,
			`{"data":{"m":{"errors":[],"ciJobTokenScopeAllowlistEntry":{"jobTokenPolicies":["READ_CONTAINERS"]}}}}`},
		{"no repositories", mutation(t, "terraform", "ciJobTokenScopeUpdatePolicies", `projectPath:"estate/p0001",targetPath:"pool/q0001",defaultPermissions:false,jobTokenPolicies:[READ_REPOSITORIES]`, ""), 200, `~has an invalid value`},
		{"deleted at once", request{"root", del, "/api/v4/projects/1", ""}, 202, `{"message":"202 Accepted"}`},
		{"gone", request{"root", get, "/api/v4/projects/1", ""}, 404, `{"message":"404 Project Not Found"}`},
	})
}

func TestVersion18(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Version: "18.4", Seed: "estate:1x1"})
	i.play(t, []step{
		{"version", request{"root", get, "/api/v4/version", ""}, 200, `~"version":"18.4.`},
		{"an enforcing instance lets the toggle be stored", request{"terraform", patch, "/api/v4/projects/2/job_token_scope", `{"enabled":false}`}, 204, ``},
		{"without effect", request{"terraform", get, "/api/v4/projects/2/job_token_scope", ""}, 200, `{"inbound_enabled":true,"outbound_enabled":false}`},
		{"no cross-project push", document(t, "terraform", `{project(fullPath:"estate/p0001"){ciCdSettings{crossProjectPushForJobTokenAllowed}}}`), 200, `~"code":"undefinedField"`},
		{"no badges", document(t, "terraform", `{__type(name:"CiJobTokenScopePolicies"){enumValues{name}}}`), 200, `~{"name":"READ_DEPLOYMENTS"},`},
		{"removal looks outbound by default", mutation(t, "terraform", "ciJobTokenScopeRemoveProject", `projectPath:"estate/p0001",targetProjectPath:"pool/q0001"`, ""), 200,
			`{"data":{"m":{"errors":["Target project is not in the job token scope"]}}}`},
		{"inbound when asked", mutation(t, "terraform", "ciJobTokenScopeRemoveProject", `projectPath:"estate/p0001",targetProjectPath:"pool/q0001",direction:INBOUND`, ""), 200, `{"data":{"m":{"errors":[]}}}`},
	})
}
