package emulator_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator"
)

const noAccess = `The resource that you are attempting to access does not exist or you don't have permission to perform this action`

// mutation is a document with one mutation that selects its errors and what else is asked.
func mutation(t *testing.T, as, name, input, selection string) request {
	t.Helper()
	return document(t, as, fmt.Sprintf(`mutation{m:%s(input:{%s}){errors %s}}`, name, input, selection))
}

func TestAddGroupOrProject(t *testing.T) {
	t.Parallel()
	const lib = `projectPath:"acme/shared-lib",`
	add := func(as, input string) request {
		return mutation(t, as, "ciJobTokenScopeAddGroupOrProject", input,
			`ciJobTokenScope{inboundAllowlistCount groupsAllowlistCount} ciJobTokenScopeAllowlistEntry{defaultPermissions jobTokenPolicies direction autopopulated addedBy{username} sourceProject{fullPath} target{__typename ... on CiJobTokenAccessibleProject{id fullPath} ... on CiJobTokenAccessibleGroup{id fullPath}}}`)
	}
	refused := func(text string) string {
		return `{"data":{"m":{"errors":["` + text + `"],"ciJobTokenScope":null,"ciJobTokenScopeAllowlistEntry":null}}}`
	}
	const denied = `{"data":{"m":null},"errors":[{"message":"` + noAccess + `","locations":[{"line":1,"column":10}],"path":["m"]}]}`
	start(t, emulator.Options{Seed: "acme"}).play(t, []step{
		{"project with permissions, order kept", add("terraform", lib+`targetPath:"acme/web",defaultPermissions:false,jobTokenPolicies:[READ_RELEASES,ADMIN_JOBS]`), 200,
			`{"data":{"m":{"errors":[],"ciJobTokenScope":{"inboundAllowlistCount":4,"groupsAllowlistCount":1},"ciJobTokenScopeAllowlistEntry":{"defaultPermissions":false,"jobTokenPolicies":["READ_RELEASES","ADMIN_JOBS"],"direction":"inbound","autopopulated":false,"addedBy":{"username":"terraform"},"sourceProject":{"fullPath":"acme/shared-lib"},"target":{"__typename":"CiJobTokenAccessibleProject","id":"gid://gitlab/Project/3","fullPath":"acme/web"}}}}}`},
		{"group, defaults, letter case", add("terraform", `projectPath:"ACME/Shared-Lib",targetPath:"Acme"`), 200,
			`{"data":{"m":{"errors":[],"ciJobTokenScope":{"inboundAllowlistCount":4,"groupsAllowlistCount":2},"ciJobTokenScopeAllowlistEntry":{"defaultPermissions":true,"jobTokenPolicies":[],"direction":"inbound","autopopulated":false,"addedBy":{"username":"terraform"},"sourceProject":{"fullPath":"acme/shared-lib"},"target":{"__typename":"CiJobTokenAccessibleGroup","id":"gid://gitlab/Group/5","fullPath":"acme"}}}}}`},
		{"project again", add("terraform", lib+`targetPath:"acme/web"`), 200, refused("This project is already in the job token allowlist.")},
		{"group again", add("terraform", lib+`targetPath:"acme/platform"`), 200, refused("This group is already in the job token allowlist.")},
		{"unknown", add("terraform", lib+`targetPath:"acme/nothing"`), 200, refused("The group or project does not exist.")},
		{"user namespace", add("terraform", lib+`targetPath:"terraform"`), 200, refused("The group or project does not exist.")},
		{"hidden project", add("terraform", lib+`targetPath:"outside/intruder"`), 200, refused("The target_project that you are attempting to access does not exist or you don't have permission to perform this action")},
		{"hidden group", add("terraform", lib+`targetPath:"outside"`), 200, refused("The target_group that you are attempting to access does not exist or you don't have permission to perform this action")},
		{"twice the same permission", add("terraform", lib+`targetPath:"acme/docs",defaultPermissions:false,jobTokenPolicies:[READ_JOBS,READ_JOBS]`), 200, refused("Validation failed: Job token policies must be a valid json schema")},
		{"itself", add("terraform", lib+`targetPath:"acme/shared-lib",defaultPermissions:false,jobTokenPolicies:[READ_JOBS]`), 200, `~"inboundAllowlistCount":5`},
		{"developer", add("dev", lib+`targetPath:"acme/docs"`), 200, denied},
		{"stranger", add("mallory", lib+`targetPath:"acme/docs"`), 200, denied},
		{"anonymous", add("", lib+`targetPath:"acme/docs"`), 200, denied},
		{"unknown source", add("terraform", `projectPath:"acme/nothing",targetPath:"acme/docs"`), 200, denied},
	})
}

func TestAddAndRemoveProject(t *testing.T) {
	t.Parallel()
	add := func(input string) request {
		return mutation(t, "terraform", "ciJobTokenScopeAddProject", `projectPath:"acme/shared-lib",`+input, `ciJobTokenScopeAllowlistEntry{defaultPermissions}`)
	}
	remove := func(input string) request {
		return mutation(t, "terraform", "ciJobTokenScopeRemoveProject", `projectPath:"acme/shared-lib",`+input, `ciJobTokenScope{inboundAllowlistCount}`)
	}
	removeGroup := func(input string) request {
		return mutation(t, "terraform", "ciJobTokenScopeRemoveGroup", `projectPath:"acme/shared-lib",`+input, `ciJobTokenScope{groupsAllowlistCount}`)
	}
	const notThere = `{"data":{"m":{"errors":["Target project is not in the job token scope"],"ciJobTokenScope":null}}}`
	i := start(t, emulator.Options{Seed: "acme"})
	i.must(t, request{"root", post, projectsPath, `{"target_project_id":8}`})
	i.must(t, request{"root", post, groupsPath, `{"target_group_id":7}`})
	i.play(t, []step{
		{"add", add(`targetProjectPath:"acme/web"`), 200, `{"data":{"m":{"errors":[],"ciJobTokenScopeAllowlistEntry":{"defaultPermissions":true}}}}`},
		{"add outbound", add(`targetProjectPath:"acme/docs",direction:OUTBOUND`), 200,
			`{"data":{"m":null},"errors":[{"message":"direction: OUTBOUND scope entries can only be removed. Only INBOUND scope can be expanded.","locations":[{"line":1,"column":10}],"path":["m"]}]}`},
		{"remove, inbound by default", remove(`targetProjectPath:"acme/web"`), 200, `{"data":{"m":{"errors":[],"ciJobTokenScope":{"inboundAllowlistCount":4}}}}`},
		{"remove again", remove(`targetProjectPath:"acme/web"`), 200, notThere},
		{"remove outbound", remove(`targetProjectPath:"acme/app",direction:OUTBOUND`), 200, notThere},
		{"remove unknown", remove(`targetProjectPath:"acme/nothing"`), 200, notThere},
		{"remove itself", remove(`targetProjectPath:"acme/shared-lib"`), 200, `{"data":{"m":{"errors":["Source project cannot be removed from the job token scope"],"ciJobTokenScope":null}}}`},
		{"remove hidden", remove(`targetProjectPath:"outside/intruder",direction:INBOUND`), 200, `{"data":{"m":{"errors":[],"ciJobTokenScope":{"inboundAllowlistCount":3}}}}`},
		{"remove hidden group", removeGroup(`targetGroupPath:"outside"`), 200, `{"data":{"m":{"errors":[],"ciJobTokenScope":{"groupsAllowlistCount":1}}}}`},
		{"remove group again", removeGroup(`targetGroupPath:"outside"`), 200, `{"data":{"m":{"errors":["Target group is not in the job token scope"],"ciJobTokenScope":null}}}`},
		{"rename a target", request{"root", put, "/api/v4/projects/2", `{"path":"application"}`}, 200, `~application`},
		{"remove by its old path", remove(`targetProjectPath:"acme/app"`), 200, notThere},
	})
}

func TestUpdatePolicies(t *testing.T) {
	t.Parallel()
	update := func(input string) request {
		return mutation(t, "terraform", "ciJobTokenScopeUpdatePolicies", `projectPath:"acme/shared-lib",`+input, `ciJobTokenScopeAllowlistEntry{defaultPermissions jobTokenPolicies}`)
	}
	refused := func(text string) string {
		return `{"data":{"m":{"errors":["` + text + `"],"ciJobTokenScopeAllowlistEntry":null}}}`
	}
	i := start(t, emulator.Options{Seed: "acme"})
	i.must(t, request{"root", post, projectsPath, `{"target_project_id":8}`})
	i.play(t, []step{
		{"project", update(`targetPath:"acme/app",defaultPermissions:false,jobTokenPolicies:[READ_WORK_ITEMS]`), 200,
			`{"data":{"m":{"errors":[],"ciJobTokenScopeAllowlistEntry":{"defaultPermissions":false,"jobTokenPolicies":["READ_WORK_ITEMS"]}}}}`},
		{"group", update(`targetPath:"acme/platform",defaultPermissions:false,jobTokenPolicies:[]`), 200,
			`{"data":{"m":{"errors":[],"ciJobTokenScopeAllowlistEntry":{"defaultPermissions":false,"jobTokenPolicies":[]}}}}`},
		{"unknown", update(`targetPath:"acme/nothing",defaultPermissions:true,jobTokenPolicies:[]`), 200, refused("The target does not exist")},
		{"hidden, though on the list", update(`targetPath:"outside/intruder",defaultPermissions:true,jobTokenPolicies:[]`), 200, refused("You have insufficient permission to update this job token scope")},
		{"not on the list", update(`targetPath:"acme/docs",defaultPermissions:true,jobTokenPolicies:[]`), 200, refused(`Unable to find a job token scope for the given project & target`)},
		{"duplicates", update(`targetPath:"acme/app",defaultPermissions:false,jobTokenPolicies:[READ_JOBS,READ_JOBS]`), 200, refused("Job token policies must be a valid json schema")},
		{"unknown name", update(`targetPath:"acme/app",defaultPermissions:false,jobTokenPolicies:[READ_X]`), 200, `~has an invalid value`},
		{"itself makes the entry", update(`targetPath:"acme/shared-lib",defaultPermissions:false,jobTokenPolicies:[READ_JOBS]`), 200,
			`{"data":{"m":{"errors":[],"ciJobTokenScopeAllowlistEntry":{"defaultPermissions":false,"jobTokenPolicies":["READ_JOBS"]}}}}`},
		{"itself is changed", update(`targetPath:"acme/shared-lib",defaultPermissions:true,jobTokenPolicies:[]`), 200,
			`{"data":{"m":{"errors":[],"ciJobTokenScopeAllowlistEntry":{"defaultPermissions":true,"jobTokenPolicies":[]}}}}`},
		{"and counts twice", document(t, "terraform", `{project(fullPath:"acme/shared-lib"){ciJobTokenScope{inboundAllowlistCount inboundAllowlist{nodes{fullPath}}}}}`), 200,
			`{"data":{"project":{"ciJobTokenScope":{"inboundAllowlistCount":5,"inboundAllowlist":{"nodes":[{"fullPath":"acme/shared-lib"},{"fullPath":"acme/shared-lib"},{"fullPath":"acme/app"},{"fullPath":"acme/reports"},{"fullPath":"outside/intruder"}]}}}}}`},
	})
}

func TestAllowlistQuery(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	i.must(t, request{"root", post, projectsPath, `{"target_project_id":8}`})
	answer := i.must(t, document(t, "terraform", `{project(fullPath:"acme/shared-lib"){ciJobTokenScopeAllowlist{
		projectsAllowlist(last:2){count nodes{createdAt direction defaultPermissions jobTokenPolicies addedBy{username} target{... on CiJobTokenAccessibleProject{id name path fullPath webUrl avatarUrl}}}}
		groupsAllowlist{count nodes{createdAt direction defaultPermissions target{... on CiJobTokenAccessibleGroup{id name path fullPath webUrl avatarUrl}}}}}}}`))
	want := strings.ReplaceAll(`{"data":{"project":{"ciJobTokenScopeAllowlist":{
		"projectsAllowlist":{"count":3,"nodes":[
			{"createdAt":"2025-07-21T09:30:00Z","direction":"inbound","defaultPermissions":false,"jobTokenPolicies":["READ_PACKAGES","READ_REPOSITORIES"],"addedBy":{"username":"terraform"},
			 "target":{"id":"gid://gitlab/Project/6","name":"reports","path":"reports","fullPath":"acme/reports","webUrl":"{url}/acme/reports","avatarUrl":null}},
			{"createdAt":"2022-03-14T09:30:00Z","direction":"inbound","defaultPermissions":true,"jobTokenPolicies":[],"addedBy":{"username":"root"},
			 "target":{"id":"gid://gitlab/Project/2","name":"app","path":"app","fullPath":"acme/app","webUrl":"{url}/acme/app","avatarUrl":null}}]},
		"groupsAllowlist":{"count":1,"nodes":[
			{"createdAt":"2023-11-02T09:30:00Z","direction":"inbound","defaultPermissions":true,
			 "target":{"id":"gid://gitlab/Group/6","name":"platform","path":"platform","fullPath":"acme/platform","webUrl":"{url}/groups/acme/platform","avatarUrl":null}}]}}}}}`, "{url}", i.URL())
	if !sameJSON(t, answer.body, want) {
		t.Errorf("answer\n%s\nwant\n%s", answer.body, want)
	}
	i.play(t, []step{
		{"a hidden target in full", document(t, "terraform", `{project(fullPath:"acme/shared-lib"){ciJobTokenScopeAllowlist{projectsAllowlist(first:1){nodes{target{... on CiJobTokenAccessibleProject{fullPath webUrl}}} pageInfo{hasNextPage}}}}}`), 200,
			`{"data":{"project":{"ciJobTokenScopeAllowlist":{"projectsAllowlist":{"nodes":[{"target":{"fullPath":"outside/intruder","webUrl":"{url}/outside/intruder"}}],"pageInfo":{"hasNextPage":true}}}}}}`},
		{"developer: raised one by one, others answered", document(t, "dev", `{project(fullPath:"acme/app"){name ciCdSettings{inboundJobTokenScopeEnabled} ciJobTokenScope{inboundAllowlistCount} ciJobTokenScopeAllowlist{projectsAllowlist{count}} ciJobTokenAuthLogs{count}}}`), 200,
			`{"data":{"project":{"name":"app","ciCdSettings":null,"ciJobTokenScope":null,"ciJobTokenScopeAllowlist":null,"ciJobTokenAuthLogs":null}},"errors":[
				{"message":"` + noAccess + `","locations":[{"line":1,"column":78}],"path":["project","ciJobTokenScope"]},
				{"message":"` + noAccess + `","locations":[{"line":1,"column":117}],"path":["project","ciJobTokenScopeAllowlist"]},
				{"message":"` + noAccess + `","locations":[{"line":1,"column":168}],"path":["project","ciJobTokenAuthLogs"]}]}`},
		{"hidden project: null, no error", document(t, "mallory", `{project(fullPath:"acme/app"){name}}`), 200, `{"data":{"project":null}}`},
		{"empty log", document(t, "terraform", `{project(fullPath:"acme/app"){ciJobTokenAuthLogs{count nodes{lastAuthorizedAt}}}}`), 200, `{"data":{"project":{"ciJobTokenAuthLogs":{"count":0,"nodes":[]}}}}`},
		{"groups of the scope", document(t, "terraform", `{project(fullPath:"acme/shared-lib"){ciJobTokenScope{groupsAllowlist{nodes{fullPath}} inboundAllowlistAutopopulatedIds groupAllowlistAutopopulatedIds projects{nodes{fullPath}}}}}`), 200,
			`{"data":{"project":{"ciJobTokenScope":{"groupsAllowlist":{"nodes":[{"fullPath":"acme/platform"}]},"inboundAllowlistAutopopulatedIds":[],"groupAllowlistAutopopulatedIds":[],"projects":{"nodes":[{"fullPath":"acme/shared-lib"}]}}}}}`},
	})
}

func TestAddedByADeletedUser(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	i.must(t, request{"root", del, "/api/v4/users/3", ""})
	i.play(t, []step{
		{"null", document(t, "terraform", `{project(fullPath:"acme/shared-lib"){ciJobTokenScopeAllowlist{groupsAllowlist{nodes{addedBy{username}}}}}}`), 200,
			`{"data":{"project":{"ciJobTokenScopeAllowlist":{"groupsAllowlist":{"nodes":[{"addedBy":null}]}}}}}`},
	})
}

func TestAllowlistPages(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "estate:1x200"})
	type answer struct {
		Data struct {
			Project struct {
				CiJobTokenScopeAllowlist struct {
					ProjectsAllowlist struct {
						Nodes    []any
						PageInfo struct {
							HasNextPage bool
							EndCursor   string
						}
					}
				}
			}
		}
	}
	read := func(args string) (int, bool, string) {
		body := i.must(t, document(t, "terraform", `{project(fullPath:"estate/p0001"){ciJobTokenScopeAllowlist{projectsAllowlist`+args+`{nodes{createdAt} pageInfo{hasNextPage endCursor}}}}}`)).body
		list := decode[answer](t, body).Data.Project.CiJobTokenScopeAllowlist.ProjectsAllowlist
		return len(list.Nodes), list.PageInfo.HasNextPage, list.PageInfo.EndCursor
	}
	if n, more, _ := read(""); n != 200 || more {
		t.Errorf("without first: %d entries, more: %t, want all 200", n, more)
	}
	n, more, cursor := read("(first:150)")
	if n != 150 || !more {
		t.Errorf("first 150: %d entries, more: %t", n, more)
	}
	if n, more, _ = read(`(first:150,after:"` + cursor + `")`); n != 50 || more {
		t.Errorf("the rest: %d entries, more: %t, want 50", n, more)
	}
}
