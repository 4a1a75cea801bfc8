package graphql

import (
	"context"
	"strings"
	"testing"
)

func TestExecute(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		query     string
		variables map[string]any
		want      string
	}{
		{
			name:  "order, aliases and merged fields",
			query: `{b:currentUser{username} a:currentUser{id} b:currentUser{username id}}`,
			want:  `{"data":{"b":{"username":"root","id":"gid://gitlab/User/1"},"a":{"id":"gid://gitlab/User/1"}}}`,
		},
		{
			name:  "fragments on a union",
			query: `{project(fullPath:"p"){ciJobTokenScopeAllowlist{projectsAllowlist{nodes{...e}} groupsAllowlist{nodes{...e}}}}} fragment e on CiJobTokenScopeAllowlistEntry{target{__typename ...on CiJobTokenAccessibleProject{id} ...on CiJobTokenAccessibleGroup{fullPath}}}`,
			want:  `{"data":{"project":{"ciJobTokenScopeAllowlist":{"projectsAllowlist":{"nodes":[{"target":{"__typename":"CiJobTokenAccessibleProject","id":"gid://gitlab/Project/2"}}]},"groupsAllowlist":{"nodes":[{"target":{"__typename":"CiJobTokenAccessibleGroup","fullPath":"g"}}]}}}}}`,
		},
		{
			name:      "skip and include",
			query:     `query($yes:Boolean!,$no:Boolean=false){currentUser{id @skip(if:$yes) username @include(if:$yes) ...on User @include(if:$no){name}}}`,
			variables: map[string]any{"yes": true},
			want:      `{"data":{"currentUser":{"username":"root"}}}`,
		},
		{
			name:      "one value for a list",
			query:     `query($p:[String!]){projects(fullPaths:$p){nodes{fullPath}} q:projects(fullPaths:"b"){nodes{fullPath}}}`,
			variables: map[string]any{"p": "a"},
			want:      `{"data":{"projects":{"nodes":[{"fullPath":"a"}]},"q":{"nodes":[{"fullPath":"b"}]}}}`,
		},
		{
			name:  "variable default",
			query: `query($p:[String!]=["x","y"]){projects(fullPaths:$p){nodes{fullPath}}}`,
			want:  `{"data":{"projects":{"nodes":[{"fullPath":"x"},{"fullPath":"y"}]}}}`,
		},
		{
			name:  "defaults of input objects",
			query: `mutation{ciJobTokenScopeAddGroupOrProject(input:{projectPath:"p",targetPath:5}){errors}}`,
			want:  `{"data":{"ciJobTokenScopeAddGroupOrProject":{"errors":["{\"defaultPermissions\":true,\"jobTokenPolicies\":[],\"projectPath\":\"p\",\"targetPath\":\"5\"}"]}}}`,
		},
		{
			name:      "defaults of input objects in a variable",
			query:     `mutation($i:CiJobTokenScopeAddGroupOrProjectInput!){ciJobTokenScopeAddGroupOrProject(input:$i){errors}}`,
			variables: map[string]any{"i": map[string]any{"projectPath": "p", "targetPath": float64(5), "jobTokenPolicies": []any{"READ_JOBS"}, "clientMutationId": nil}},
			want:      `{"data":{"ciJobTokenScopeAddGroupOrProject":{"errors":["{\"clientMutationId\":null,\"defaultPermissions\":true,\"jobTokenPolicies\":[\"READ_JOBS\"],\"projectPath\":\"p\",\"targetPath\":\"5\"}"]}}}`,
		},
		{
			name:  "variables without a value are absent",
			query: `mutation($c:String,$d:Boolean){ciJobTokenScopeAddGroupOrProject(input:{projectPath:"p",targetPath:"t",clientMutationId:$c,defaultPermissions:$d}){errors}}`,
			want:  `{"data":{"ciJobTokenScopeAddGroupOrProject":{"errors":["{\"defaultPermissions\":true,\"jobTokenPolicies\":[],\"projectPath\":\"p\",\"targetPath\":\"t\"}"]}}}`,
		},
		{
			name:  "a user error leaves the siblings",
			query: `{project(fullPath:"p"){fullPath ciJobTokenScope{inboundAllowlistCount} name}}`,
			want:  `{"data":{"project":{"fullPath":"p","ciJobTokenScope":null,"name":"one"}},"errors":[{"message":"no access","locations":[{"line":1,"column":33}],"path":["project","ciJobTokenScope"]}]}`,
		},
		{
			name:  "one mutation of several fails",
			query: `mutation{a:` + updatePolicies("x") + ` b:` + updatePolicies("denied") + ` c:` + updatePolicies("y") + `}`,
			want:  `{"data":{"a":{"errors":[]},"b":null,"c":{"errors":[]}},"errors":[{"message":"The resource that you are attempting to access does not exist or you don't have permission to perform this action","locations":[{"line":1,"column":144}],"path":["b"]}]}`,
		},
		{
			name:  "null in a non-null place goes up to the nearest nullable one",
			query: `{project(fullPath:"p"){fullPath maxAccessLevel{integerValue}} metadata{version}}`,
			want:  `{"data":{"project":null,"metadata":{"version":"19.4.0"}},"errors":[{"message":"Cannot return null for non-nullable field Project.maxAccessLevel","locations":[{"line":1,"column":33}],"path":["project","maxAccessLevel"]}]}`,
		},
		{
			name:  "null inside a list of nullable items",
			query: `{projects(fullPaths:["a","b"]){nodes{nameWithNamespace}}}`,
			want:  `{"data":{"projects":{"nodes":[null,null]}},"errors":[{"message":"Cannot return null for non-nullable field Project.nameWithNamespace","locations":[{"line":1,"column":38}],"path":["projects","nodes",0,"nameWithNamespace"]},{"message":"Cannot return null for non-nullable field Project.nameWithNamespace","locations":[{"line":1,"column":38}],"path":["projects","nodes",1,"nameWithNamespace"]}]}`,
		},
		{
			name:  "nothing there",
			query: `{__typename project(fullPath:"nowhere"){id}}`,
			want:  `{"data":{"__typename":"Query","project":null}}`,
		},
	}
	engine := testEngine(t, nil)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := execute(t, engine, test.query, test.variables); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func updatePolicies(path string) string {
	return `ciJobTokenScopeUpdatePolicies(input:{projectPath:"` + path + `",targetPath:"t",defaultPermissions:false,jobTokenPolicies:[READ_JOBS]}){errors}`
}

func TestMutationsRunInOrder(t *testing.T) {
	t.Parallel()
	var order []any
	engine := testEngine(t, func(c *Config) {
		c.Resolvers["Mutation.ciJobTokenScopeRemoveGroup"] = func(_ context.Context, _ any, args map[string]any) (any, error) {
			input, _ := args["input"].(map[string]any)
			order = append(order, input["projectPath"])
			return map[string]any{"errors": []any{}}, nil
		}
	})
	var query strings.Builder
	for _, path := range []string{"c", "a", "b"} {
		query.WriteString(path + `:ciJobTokenScopeRemoveGroup(input:{projectPath:"` + path + `",targetGroupPath:"t"}){errors} `)
	}
	execute(t, engine, "mutation{"+query.String()+"}", nil)
	if len(order) != 3 || order[0] != "c" || order[1] != "a" || order[2] != "b" {
		t.Errorf("ran in the order %v", order)
	}
}

func TestInternalErrorsFailTheRequest(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		query string
		want  string
	}{
		{"error", `mutation{a:` + updatePolicies("broken") + `}`, "Mutation.ciJobTokenScopeUpdatePolicies: broken"},
		{"panic", `mutation{a:` + updatePolicies("panics") + `}`, "Mutation.ciJobTokenScopeUpdatePolicies: panic: boom"},
		{"unknown enum value", `{project(fullPath:"p"){ciJobTokenScopeAllowlist{projectsAllowlist{nodes{jobTokenPolicies}}}}}`, "CiJobTokenScopeAllowlistEntry.jobTokenPolicies: READ_JOBS is no value of CiJobTokenScopePolicies"},
		{"scalar of another type", `{metadata{enterprise}}`, "Metadata.enterprise: yes (string) is no Boolean"},
		{"unknown type of a union", `{project(fullPath:"p"){ciJobTokenScopeAllowlist{projectsAllowlist{nodes{target{__typename}}}}}}`, `CiJobTokenScopeAllowlistEntry.target: "Nothing" is no type of CiJobTokenScopeTarget`},
		{"no list", `{project(fullPath:"p"){ciJobTokenScopeAllowlist{groupsAllowlist{nodes{jobTokenPolicies}}}}}`, "CiJobTokenScopeAllowlistEntry.jobTokenPolicies: string is no list"},
	}
	engine := testEngine(t, func(c *Config) {
		c.Hidden = map[string]bool{"CiJobTokenScopePolicies.READ_JOBS": true}
		c.Resolvers["Metadata.enterprise"] = func(context.Context, any, map[string]any) (any, error) { return "yes", nil }
		c.Resolvers["CiJobTokenScopeAllowlist.groupsAllowlist"] = func(context.Context, any, map[string]any) (any, error) {
			return map[string]any{"nodes": []any{map[string]any{"jobTokenPolicies": "READ_BADGES"}}}, nil
		}
		c.TypeOf = func(any) string { return "Nothing" }
	})
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			query := strings.ReplaceAll(test.query, "READ_JOBS", "READ_BADGES")
			response := engine.Execute(t.Context(), Request{Query: query}, userLimits)
			if response.Internal == nil || response.Internal.Error() != test.want {
				t.Errorf("internal error %v, want %s; answer %s", response.Internal, test.want, marshal(t, response))
			}
			if response.Data != nil || response.Errors != nil {
				t.Errorf("an answer beside the internal error: %s", marshal(t, response))
			}
		})
	}
}

func TestCancelledRequestStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	response := testEngine(t, nil).Execute(ctx, Request{Query: `{currentUser{id}}`}, userLimits)
	if response.Internal == nil {
		t.Errorf("answered %s", marshal(t, response))
	}
}

func TestOperationKind(t *testing.T) {
	t.Parallel()
	engine := testEngine(t, nil)
	tests := []struct {
		request    Request
		kind, name string
	}{
		{Request{Query: `{currentUser{id}}`}, "query", ""},
		{Request{Query: `query Q{currentUser{id}}`}, "query", "Q"},
		{Request{Query: `mutation M{x}`}, "mutation", "M"},
		{Request{Query: `query Q{a} mutation M{b}`, OperationName: "M"}, "mutation", "M"},
		{Request{Query: `query Q{a} mutation M{b}`}, "", ""},
		{Request{Query: `fragment f on Query{id}`}, "", ""},
		{Request{Query: `{`}, "", ""},
	}
	for _, test := range tests {
		if kind, name := engine.OperationKind(test.request); kind != test.kind || name != test.name {
			t.Errorf("%s: %q %q, want %q %q", test.request.Query, kind, name, test.kind, test.name)
		}
	}
}
