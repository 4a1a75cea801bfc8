package emulator_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator"
)

func TestProjectsQuery(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	paths := make([]string, 51)
	for n := range paths {
		paths[n] = fmt.Sprintf(`"acme/%d"`, n)
	}
	i.play(t, []step{
		{"paths, any letter case; hidden and unknown ones are missing", document(t, "terraform", `{projects(fullPaths:["ACME/App","acme/web","outside/intruder","nope/nope"]){count nodes{fullPath}}}`), 200,
			`{"data":{"projects":{"count":2,"nodes":[{"fullPath":"acme/web"},{"fullPath":"acme/app"}]}}}`},
		{"51 paths", document(t, "terraform", `{a:currentUser{username} projects(fullPaths:[`+strings.Join(paths, ",")+`]){count}}`), 200,
			`{"data":{"a":{"username":"terraform"},"projects":null},"errors":[{"message":"You cannot provide more than 50 full_paths","locations":[{"line":1,"column":26}],"path":["projects"]}]}`},
		{"ids", document(t, "terraform", `{projects(ids:["gid://gitlab/Project/2","gid://gitlab/Project/8","gid://gitlab/Project/99"]){nodes{fullPath}}}`), 200,
			`{"data":{"projects":{"nodes":[{"fullPath":"acme/app"}]}}}`},
		{"ids and paths narrow each other", document(t, "terraform", `{projects(ids:["gid://gitlab/Project/2"],fullPaths:["acme/app","acme/web"]){nodes{fullPath}}}`), 200,
			`{"data":{"projects":{"nodes":[{"fullPath":"acme/app"}]}}}`},
		{"a bare number", document(t, "terraform", `{projects(ids:["2"]){nodes{fullPath}}}`), 200, `~"2 is not a valid GitLab ID."`},
		{"another kind", document(t, "terraform", `{projects(ids:["gid://gitlab/Group/2"]){nodes{fullPath}}}`), 200, `~"gid://gitlab/Group/2 is not a valid ID for Project."`},
		{"search and sort", document(t, "terraform", `{projects(search:"RE",sort:"name_asc"){nodes{path}}}`), 200, `{"data":{"projects":{"nodes":[{"path":"reports"},{"path":"shared-lib"}]}}}`},
		{"membership", document(t, "mallory", `{projects(membership:true){nodes{fullPath}}}`), 200, `{"data":{"projects":{"nodes":[{"fullPath":"outside/intruder"}]}}}`},
		{"level", document(t, "dev", `{projects(minAccessLevel:MAINTAINER){nodes{fullPath}}}`), 200, `{"data":{"projects":{"nodes":[]}}}`},
		{"archived", document(t, "terraform", `{projects(archived:ONLY){nodes{fullPath}}}`), 200, `{"data":{"projects":{"nodes":[]}}}`},
		{"anonymous", document(t, "", `{currentUser{id} metadata{version} projects{nodes{fullPath}}}`), 200, `{"data":{"currentUser":null,"metadata":null,"projects":{"nodes":[]}}}`},
	})
}

func TestProjectQuery(t *testing.T) {
	t.Parallel()
	start(t, emulator.Options{Seed: "acme"}).play(t, []step{
		{"fields", document(t, "terraform", `{project(fullPath:"acme/platform/runner-images"){id path fullPath name nameWithNamespace description avatarUrl webPath webUrl visibility archived markedForDeletion markedForDeletionOn permanentDeletionDate
			group{id fullPath parent{fullPath}} rootGroup{fullPath} namespace{id fullPath} maxAccessLevel{integerValue stringValue humanAccess} userPermissions{adminProject renameProject}}}`), 200,
			`{"data":{"project":{"id":"gid://gitlab/Project/7","path":"runner-images","fullPath":"acme/platform/runner-images","name":"runner-images","nameWithNamespace":"acme / platform / runner-images","description":null,"avatarUrl":null,
			"webPath":"/acme/platform/runner-images","webUrl":"{url}/acme/platform/runner-images","visibility":"private","archived":false,"markedForDeletion":false,"markedForDeletionOn":null,"permanentDeletionDate":null,
			"group":{"id":"gid://gitlab/Group/6","fullPath":"acme/platform","parent":{"fullPath":"acme"}},"rootGroup":{"fullPath":"acme"},"namespace":{"id":"gid://gitlab/Group/6","fullPath":"acme/platform"},
			"maxAccessLevel":{"integerValue":40,"stringValue":"MAINTAINER","humanAccess":"Maintainer"},"userPermissions":{"adminProject":true,"renameProject":false}}}}`},
	})
}

func TestGroupQueries(t *testing.T) {
	t.Parallel()
	start(t, emulator.Options{Seed: "acme"}).play(t, []step{
		{"group", document(t, "terraform", `{group(fullPath:"ACME"){id fullName webUrl projectsCount descendantGroupsCount parent{id} rootNamespace{fullPath} descendantGroups{nodes{fullPath}} projects(includeSubgroups:true,first:2){count nodes{path} pageInfo{hasNextPage}} userPermissions{createProjects changeGroup}}}`), 200,
			`{"data":{"group":{"id":"gid://gitlab/Group/5","fullName":"acme","webUrl":"{url}/groups/acme","projectsCount":6,"descendantGroupsCount":1,"parent":null,"rootNamespace":{"fullPath":"acme"},"descendantGroups":{"nodes":[{"fullPath":"acme/platform"}]},
			"projects":{"count":7,"nodes":[{"path":"runner-images"},{"path":"reports"}],"pageInfo":{"hasNextPage":true}},"userPermissions":{"createProjects":true,"changeGroup":false}}}}`},
		{"hidden group", document(t, "terraform", `{group(fullPath:"outside"){id}}`), 200, `{"data":{"group":null}}`},
		{"a user's namespace is no group", document(t, "terraform", `{group(fullPath:"terraform"){id} namespace(fullPath:"terraform"){id fullPath}}`), 200,
			`{"data":{"group":null,"namespace":{"id":"gid://gitlab/Namespaces::UserNamespace/2","fullPath":"terraform"}}}`},
		{"groups", document(t, "root", `{groups(sort:"path_desc"){nodes{fullPath}}}`), 200, `{"data":{"groups":{"nodes":[{"fullPath":"acme/platform"},{"fullPath":"outside"},{"fullPath":"acme"}]}}}`},
		{"top level, by id", document(t, "terraform", `{groups(topLevelOnly:true,ids:["gid://gitlab/Group/5","gid://gitlab/Group/6"]){nodes{fullPath}}}`), 200, `{"data":{"groups":{"nodes":[{"fullPath":"acme"}]}}}`},
	})
}

func TestCiCdSettings(t *testing.T) {
	t.Parallel()
	update := func(input string) request {
		return mutation(t, "terraform", "projectCiCdSettingsUpdate", `fullPath:"acme/app",`+input,
			`ciCdSettings{inboundJobTokenScopeEnabled jobTokenScopeEnabled pushRepositoryForJobTokenAllowed crossProjectPushForJobTokenAllowed}`)
	}
	state := func(errs string, inbound, push, crossProject bool) string {
		return fmt.Sprintf(`{"data":{"m":{"errors":[%s],"ciCdSettings":{"inboundJobTokenScopeEnabled":%t,"jobTokenScopeEnabled":false,"pushRepositoryForJobTokenAllowed":%t,"crossProjectPushForJobTokenAllowed":%t}}}}`, errs, inbound, push, crossProject)
	}
	i := start(t, emulator.Options{Seed: "acme"})
	i.play(t, []step{
		{"push", update(`pushRepositoryForJobTokenAllowed:true`), 200, state("", true, true, false)},
		{"cross-project push; the rest stays", update(`crossProjectPushForJobTokenAllowed:true`), 200, state("", true, true, true)},
		{"outbound off", update(`jobTokenScopeEnabled:false`), 200, state("", true, true, true)},
		{"outbound on", update(`jobTokenScopeEnabled:true`), 200,
			`{"data":{"m":null},"errors":[{"message":"job_token_scope_enabled can only be set to false","locations":[{"line":1,"column":10}],"path":["m"]}]}`},
		{"list off", update(`inboundJobTokenScopeEnabled:false`), 200, state("", false, true, true)},
		{"push as REST shows it", request{"terraform", get, "/api/v4/projects/2", ""}, 200, `~"ci_push_repository_for_job_token_allowed":true`},
		{"enforce", request{"root", put, "/api/v4/application/settings", `{"enforce_ci_inbound_job_token_scope_enabled":true}`}, 200, `~true`},
		{"the stored value shows through", document(t, "terraform", `{project(fullPath:"acme/app"){ciCdSettings{inboundJobTokenScopeEnabled project{fullPath}}}}`), 200,
			`{"data":{"project":{"ciCdSettings":{"inboundJobTokenScopeEnabled":false,"project":{"fullPath":"acme/app"}}}}}`},
		{"while REST tells the effective one", request{"terraform", get, "/api/v4/projects/2/job_token_scope", ""}, 200, `{"inbound_enabled":true,"outbound_enabled":false}`},
		{"on under enforcement", update(`inboundJobTokenScopeEnabled:true`), 200, state("", true, true, true)},
		{"off under enforcement: nothing of it is done", update(`inboundJobTokenScopeEnabled:false,pushRepositoryForJobTokenAllowed:false`), 200,
			state(`"Job token scope cannot be disabled for this project because it is enforced for the instance."`, true, true, true)},
	})
}

// What a list's resolver does not heed is refused, not ignored.
func TestUnheededArgumentsAreRefused(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	for _, argument := range []string{`topics:["a"]`, `trending:true`, `withIssuesEnabled:true`, `searchNamespaces:true`, `sort:"stars_desc"`, `programmingLanguageName:"Go"`} {
		i.play(t, []step{{argument, document(t, "terraform", `{projects(`+argument+`){nodes{id}}}`), 200, `~is not modelled by the embedded GitLab`}})
	}
	for _, argument := range []string{`hasCodeCoverage:true`, `includeSiblingProjects:true`, `sort:SIMILARITY`} {
		i.play(t, []step{{argument, document(t, "terraform", `{group(fullPath:"acme"){projects(`+argument+`){nodes{id}}}}`), 200, `~is not modelled by the embedded GitLab`}})
	}
	for _, argument := range []string{`active:true`, `allAvailable:false`, `markedForDeletionOn:"2027-01-01"`, `sort:"storage_size_desc"`} {
		i.play(t, []step{{argument, document(t, "terraform", `{groups(`+argument+`){nodes{id}}}`), 200, `~is not modelled by the embedded GitLab`}})
	}
	i.play(t, []step{
		{"false is the default", document(t, "terraform", `{projects(trending:false,first:1,sort:"name_asc"){nodes{name}}}`), 200, `~"name":"app"`},
		{"group orders", document(t, "terraform", `{group(fullPath:"acme"){descendantGroups(sort:PATH_DESC){nodes{path}}}}`), 200, `~"nodes"`},
	})
}
