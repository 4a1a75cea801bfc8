package emulator_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/release"
)

// outcome is a status and a part of the body.
type outcome struct {
	status int
	part   string
}

// flipCase is a request that tells whether a fact is flipped.
type flipCase struct {
	options  emulator.Options
	with     []string // other flips, in both runs
	prepare  []request
	attempt  []request // after prepare; these may be refused
	do       request
	likely   outcome
	flipped  outcome
	readOnly bool // with a token of the scope read_api
}

const enforced = "Job token scope cannot be disabled for this project because it is enforced for the instance."

// entries reads a list with one field of its entries.
func entries(t *testing.T, selection string) request {
	t.Helper()
	return document(t, "terraform", `{project(fullPath:"acme/shared-lib"){ciJobTokenScopeAllowlist{projectsAllowlist{nodes{`+selection+`}}}}}`)
}

func flipCases(t *testing.T) map[string]flipCase {
	t.Helper()
	const lib = `projectPath:"acme/shared-lib",`
	add := func(input string) request {
		return mutation(t, "terraform", "ciJobTokenScopeAddGroupOrProject", lib+input, `ciJobTokenScopeAllowlistEntry{defaultPermissions jobTokenPolicies createdAt}`)
	}
	update := func(input string) request {
		return mutation(t, "terraform", "ciJobTokenScopeUpdatePolicies", lib+input, `ciJobTokenScopeAllowlistEntry{jobTokenPolicies}`)
	}
	setInbound := func(on bool) request {
		return document(t, "terraform", fmt.Sprintf(`mutation{m:projectCiCdSettingsUpdate(input:{fullPath:"acme/shared-lib",inboundJobTokenScopeEnabled:%t}){errors}}`, on))
	}
	enforce := request{"root", put, "/api/v4/application/settings", `{"enforce_ci_inbound_job_token_scope_enabled":true}`}
	planted := request{"root", post, "/-/emulator/plant", `{"project":"acme/shared-lib","permissions":[{"target":"acme/reports","names":["read_containers","read_jobs"]}]}`}
	hidden := request{"root", post, projectsPath, `{"target_project_id":8}`}
	remove := mutation(t, "terraform", "ciJobTokenScopeRemoveProject", lib+`targetProjectPath:"outside/intruder",direction:INBOUND`, "")
	schedule := request{"root", del, "/api/v4/projects/3", ""}
	policies := `jobTokenPolicies target{... on CiJobTokenAccessibleProject{path}}`
	return map[string]flipCase{
		"self-entry-twice": {
			prepare: []request{add(`targetPath:"acme/shared-lib"`)},
			do:      entries(t, `target{... on CiJobTokenAccessibleProject{path}}`),
			likely:  outcome{200, `[{"target":{"path":"shared-lib"}},{"target":{"path":"reports"}}`},
			flipped: outcome{200, `[{"target":{"path":"shared-lib"}},{"target":{"path":"shared-lib"}},{"target":{"path":"reports"}}`},
		},
		"enforcement-accepts-off": {
			prepare: []request{enforce},
			do:      request{"terraform", patch, scopePath, `{"enabled":false}`}, likely: outcome{400, enforced}, flipped: outcome{204, ""},
		},
		"enforcement-keeps-stored-off": {
			prepare: []request{setInbound(false), enforce},
			do:      setInbound(false), likely: outcome{200, `{"m":{"errors":["` + enforced}, flipped: outcome{200, `{"m":{"errors":[]}}`},
		},
		"permissions-inactive": {
			do:     update(`targetPath:"acme/app",defaultPermissions:false,jobTokenPolicies:[READ_JOBS]`),
			likely: outcome{200, `["READ_JOBS"]`}, flipped: outcome{200, `"errors":["Failed to update job token scope"]`},
		},
		"unknown-permission-null": {
			prepare: []request{planted}, do: entries(t, policies),
			likely: outcome{500, `Internal server error`}, flipped: outcome{200, `{"jobTokenPolicies":null,"target":{"path":"reports"}}`},
		},
		"unknown-permission-left-out": {
			prepare: []request{planted}, do: entries(t, policies),
			likely: outcome{500, `Internal server error`}, flipped: outcome{200, `{"jobTokenPolicies":["READ_JOBS"],"target":{"path":"reports"}}`},
		},
		"null-policies": {
			do: entries(t, policies), likely: outcome{200, `{"jobTokenPolicies":[],"target":{"path":"app"}}`}, flipped: outcome{200, `{"jobTokenPolicies":null,"target":{"path":"app"}}`},
		},
		"old-removes-unseen": {
			options: emulator.Options{Version: "17.11", Seed: "acme"}, prepare: []request{hidden}, do: remove,
			likely: outcome{200, `The target_project that you are attempting to access does not exist`}, flipped: outcome{200, `"errors":[]`},
		},
		"deletion-without-redirect": {
			prepare: []request{schedule}, do: request{"root", get, "/api/v4/projects/acme%2Fweb", ""},
			likely: outcome{301, `/api/v4/projects/3`}, flipped: outcome{404, `404 Project Not Found`},
		},
		"deletion-not-archived": {
			prepare: []request{schedule}, do: request{"root", get, "/api/v4/projects/3", ""},
			likely: outcome{200, `"archived":true`}, flipped: outcome{200, `"archived":false`},
		},
		"read-api-mutation-forbidden": {
			do: add(`targetPath:"acme/web"`), readOnly: true,
			likely: outcome{200, `{"data":{"m":null},"errors":[`}, flipped: outcome{403, `"error":"insufficient_scope"`},
		},
		"user-namespace-hidden": {
			do:     document(t, "terraform", `{namespace(fullPath:"terraform"){path}}`),
			likely: outcome{200, `{"namespace":{"path":"terraform"}}`}, flipped: outcome{200, `{"namespace":null}`},
		},
		"other-duplicate-text": {
			do:     add(`targetPath:"acme/app"`),
			likely: outcome{200, `This project is already in the job token allowlist.`}, flipped: outcome{200, `Target project is already in the job token scope`},
		},
		"throttle-json": {
			options: emulator.Options{Seed: "acme", RateLimit: 1}, prepare: []request{{"terraform", get, scopePath, ""}},
			do: request{"terraform", get, scopePath, ""}, likely: outcome{429, "Retry later"}, flipped: outcome{429, `{"message":{"error":"This endpoint has been requested too many times.`},
		},
		"group-environment-scopes": {
			do:     request{"root", post, groupVariables, `{"key":"A","value":"x","environment_scope":"staging"}`},
			likely: outcome{201, `"environment_scope":"*"`}, flipped: outcome{201, `"environment_scope":"staging"`},
		},
		"group-variable-filter-ignored": {
			prepare: []request{{"root", post, groupVariables, `{"key":"A","value":"x"}`}},
			do:      request{"root", get, groupVariables + "/A?filter[environment_scope]=staging", ""},
			likely:  outcome{404, `404 GroupVariable Not Found`}, flipped: outcome{200, `"key":"A"`},
		},
		"group-variable-text-flags": {
			do:     request{"root", post, groupVariables, `{"key":"A","value":"secret-1","masked_and_hidden":false}`},
			likely: outcome{201, `"hidden":false`}, flipped: outcome{201, `"hidden":true`},
		},
		"hidden-variable-old-text": {
			prepare: []request{{"terraform", post, projectVariables, `{"key":"A","value":"secret-1","masked_and_hidden":true}`}},
			do:      request{"terraform", put, projectVariables + "/A", `{"masked":false}`},
			likely:  outcome{400, `The visibility setting cannot be changed for masked and hidden variables.`}, flipped: outcome{400, `Updating masked attribute is not allowed on updates for hidden variables.`},
		},
		"enterprise-edition": {
			do: request{"dev", get, "/api/v4/metadata", ""}, likely: outcome{200, `"version":"19.4.1","`}, flipped: outcome{200, `"version":"19.4.1-ee","`},
		},
	}
}

func TestFlips(t *testing.T) {
	t.Parallel()
	cases := flipCases(t)
	maps.Copy(cases, tokenFlipCases())
	if got, want := slices.Sorted(maps.Keys(cases)), slices.Sorted(slices.Values(release.FlipNames())); !slices.Equal(got, want) {
		t.Errorf("tested are %v, want each of %v", got, want)
	}
	for name, c := range cases {
		for run, want := range map[string]outcome{"likely": c.likely, "flipped": c.flipped} {
			t.Run(name+"/"+run, func(t *testing.T) {
				t.Parallel()
				options := c.options
				if options.Seed == "" {
					options.Seed = "acme"
				}
				options.Flip = slices.Clone(c.with)
				if run == "flipped" {
					options.Flip = append(options.Flip, name)
				}
				i := start(t, options)
				for _, r := range c.prepare {
					i.must(t, r)
				}
				for _, r := range c.attempt {
					i.send(t, r)
				}
				do := c.do
				if c.readOnly {
					token := i.must(t, request{"root", post, "/api/v4/users/2/personal_access_tokens", `{"name":"reader","scopes":["read_api"]}`})
					do.as = decode[struct{ Token string }](t, token.body).Token
				}
				answer := i.send(t, do)
				if answer.status != want.status || !strings.Contains(answer.body, want.part) {
					t.Errorf("answer %d %s\nwant %d with %s", answer.status, answer.body, want.status, want.part)
				}
			})
		}
	}
}

// The suite's run with everything flipped starts with "all".
func TestUnknownFlip(t *testing.T) {
	t.Parallel()
	if server, err := emulator.Start(emulator.Options{Flip: []string{"all"}}); err != nil {
		t.Errorf("all: %v", err)
	} else {
		server.Close()
	}
	if server, err := emulator.Start(emulator.Options{Flip: []string{"gravity"}}); err == nil || !strings.Contains(err.Error(), "known are self-entry-twice") {
		t.Errorf("an unknown flip: %v", err)
		if err == nil {
			server.Close()
		}
	}
}
