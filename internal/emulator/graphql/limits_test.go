package graphql

import (
	"fmt"
	"strings"
	"testing"
)

const (
	targetFields = `target{... on CiJobTokenAccessibleProject{id fullPath} ... on CiJobTokenAccessibleGroup{id fullPath}}`
	shortEntry   = `nodes{defaultPermissions jobTokenPolicies ` + targetFields + `}`
	fullEntry    = `nodes{defaultPermissions jobTokenPolicies direction autopopulated createdAt addedBy{username} target{__typename ... on CiJobTokenAccessibleProject{id fullPath} ... on CiJobTokenAccessibleGroup{id fullPath}}} pageInfo{hasNextPage endCursor}`
	snapshot     = `query($p:[String!]){projects(fullPaths:$p%s){nodes{fullPath ciCdSettings{inboundJobTokenScopeEnabled} ciJobTokenScopeAllowlist{projectsAllowlist{` + shortEntry + `}}}}}`
	bothLists    = `{projects(first:%d){nodes{ciCdSettings{inboundJobTokenScopeEnabled jobTokenScopeEnabled pushRepositoryForJobTokenAllowed crossProjectPushForJobTokenAllowed} ciJobTokenScopeAllowlist{projectsAllowlist{` + fullEntry + `} groupsAllowlist{` + fullEntry + `}}}}}`
	oneProject   = `{project(fullPath:"a"){id fullPath ciCdSettings{inboundJobTokenScopeEnabled} ciJobTokenScopeAllowlist{projectsAllowlist(first:100){` + shortEntry + ` pageInfo{hasNextPage endCursor}} groupsAllowlist(first:100){` + shortEntry + ` pageInfo{hasNextPage endCursor}}}}}`
	groupReport  = `{group(fullPath:"g"){projects(includeSubgroups:true,first:%d){nodes{id fullPath ciJobTokenScopeAllowlist{projectsAllowlist{` + shortEntry + ` pageInfo{hasNextPage}} groupsAllowlist{` + shortEntry + ` pageInfo{hasNextPage}}}}}}}`
	authLog      = `{project(fullPath:"a"){ciJobTokenAuthLogs%s{count pageInfo{hasNextPage endCursor} nodes{lastAuthorizedAt originProject{id fullPath}}}}}`
)

func TestComplexity(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		query string
		want  int
	}{
		{"half a page of projects", fmt.Sprintf(snapshot, ",first:50"), 19},
		{"a page of projects", fmt.Sprintf(snapshot, ",first:100"), 26},
		{"projects without first", fmt.Sprintf(snapshot, ""), 26},
		{"more than a page of projects", fmt.Sprintf(snapshot, ",first:500"), 26},
		{"half a page with both lists", fmt.Sprintf(bothLists, 50), 60},
		{"a page with both lists", fmt.Sprintf(bothLists, 100), 80},
		{"one project with both lists", oneProject, 26},
		{"half a page of a group", fmt.Sprintf(groupReport, 50), 50},
		{"a page of a group", fmt.Sprintf(groupReport, 100), 67},
		{"sorted projects", `{projects(sort:"id_asc"){count}}`, 6},
		{"searched projects", `{projects(search:"x"){count}}`, 14},
		{"group projects", `{group(fullPath:"g"){projects(first:100){nodes{id}}}}`, 27},
		{"half a page of group projects", `{group(fullPath:"g"){projects(first:50){nodes{id}}}}`, 20},
		{"one auth log page", fmt.Sprintf(authLog, ""), 21},
		{"half an auth log page", fmt.Sprintf(authLog, "(first:50)"), 16},
		{"who and where", `{currentUser{id username} metadata{version revision enterprise} queryComplexity{limit score}}`, 10},
		{"the same key counts once", `{currentUser{id} currentUser{id username}}`, 3},
		{"aliases are added", `{a:currentUser{id} b:currentUser{id}}`, 4},
		{"skipped fields are free", `{currentUser{id username @skip(if:true) name @include(if:false)}}`, 2},
		{"mutation", `mutation{ciJobTokenScopeRemoveGroup(input:{projectPath:"a",targetGroupPath:"b"}){errors}}`, 2},
		{
			"the dearest type of a union",
			`{project(fullPath:"a"){ciJobTokenScopeAllowlist{groupsAllowlist{nodes{target{...on CiJobTokenAccessibleProject{id} ...on CiJobTokenAccessibleGroup{id name path}}}}}}}`,
			1 + 1 + 1 + 1 + 1 + 3,
		},
	}
	engine := testEngine(t, nil)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			prepared := engine.prepare(Request{Query: test.query}, Limits{})
			if len(prepared.errors) > 0 {
				t.Fatal(prepared.errors[0].Message)
			}
			if prepared.complexity != test.want {
				t.Errorf("complexity %d, want %d", prepared.complexity, test.want)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	deep := `{project(fullPath:"a"){` + strings.Repeat("ciCdSettings{project{", 3) + "id" + strings.Repeat("}}", 3) + "}}"
	tests := []struct {
		name   string
		query  string
		limits Limits
		want   string
	}{
		{
			"complexity is inclusive",
			`{currentUser{id}}`, Limits{Complexity: 2},
			`{"data":{"currentUser":{"id":"gid://gitlab/User/1"}}}`,
		},
		{
			"complexity above the limit",
			`{currentUser{id username name}}`, Limits{Complexity: 3},
			`{"errors":[{"message":"Query has complexity of 4, which exceeds max complexity of 3"}]}`,
		},
		{
			"depth above the limit, through a fragment",
			"{...f}\nfragment f on Query{currentUser{id}}", Limits{Depth: 1},
			`{"errors":[{"message":"Query has depth of 2, which exceeds max depth of 1"}]}`,
		},
		{
			"depth is told before complexity",
			`{currentUser{id}}`, Limits{Depth: 1, Complexity: 1},
			`{"errors":[{"message":"Query has depth of 2, which exceeds max depth of 1"},{"message":"Query has complexity of 2, which exceeds max complexity of 1"}]}`,
		},
		{
			"recursion",
			deep, userLimits,
			`{"errors":[{"message":"Recursive query - too many of fields '{\"ciCdSettings\"=>3, \"project\"=>4}' detected in single branch of the query"}]}`,
		},
		{
			"what the limit was",
			`{queryComplexity{limit score} currentUser{id}}`, userLimits,
			`{"data":{"queryComplexity":{"limit":250,"score":5},"currentUser":{"id":"gid://gitlab/User/1"}}}`,
		},
	}
	engine := testEngine(t, nil)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := marshal(t, engine.Execute(t.Context(), Request{Query: test.query}, test.limits))
			if !sameJSON(t, got, test.want) {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestMutationsPerDocument(t *testing.T) {
	t.Parallel()
	engine := testEngine(t, nil)
	document := func(count int) string {
		var text strings.Builder
		text.WriteString("mutation{")
		for i := range count {
			fmt.Fprintf(&text, `m%d:ciJobTokenScopeRemoveGroup(input:{projectPath:"a",targetGroupPath:"b"}){errors}`+"\n", i)
		}
		return text.String() + "}"
	}
	for count, want := range map[int]int{125: 0, 126: 1} {
		if got := engine.prepare(Request{Query: document(count)}, userLimits).errors; len(got) != want {
			t.Errorf("%d mutations: %d errors, want %d", count, len(got), want)
		}
	}
	for count, want := range map[int]int{100: 0, 101: 1} {
		if got := engine.prepare(Request{Query: document(count)}, anonymousLimits).errors; len(got) != want {
			t.Errorf("%d anonymous mutations: %d errors, want %d", count, len(got), want)
		}
	}
}

func TestBatchAddsComplexities(t *testing.T) {
	t.Parallel()
	const (
		sum   = `{"message":"Query has complexity of 6, which exceeds max complexity of %d"}`
		alone = `{"message":"Query has complexity of 4, which exceeds max complexity of 3"}`
	)
	requests := []Request{{Query: `{currentUser{id username name}}`}, {Query: `{currentUser{id}}`}}
	tests := []struct {
		limit int
		want  []string
	}{
		{6, []string{
			`{"data":{"currentUser":{"id":"gid://gitlab/User/1","username":"root","name":"Root"}}}`,
			`{"data":{"currentUser":{"id":"gid://gitlab/User/1"}}}`,
		}},
		{5, []string{`{"errors":[` + fmt.Sprintf(sum, 5) + `]}`, `{"errors":[` + fmt.Sprintf(sum, 5) + `]}`}},
		{3, []string{`{"errors":[` + fmt.Sprintf(sum, 3) + `,` + alone + `]}`, `{"errors":[` + fmt.Sprintf(sum, 3) + `]}`}},
	}
	engine := testEngine(t, nil)
	for _, test := range tests {
		t.Run(fmt.Sprint(test.limit), func(t *testing.T) {
			t.Parallel()
			responses := engine.ExecuteBatch(t.Context(), requests, Limits{Complexity: test.limit})
			for i, response := range responses {
				if got := marshal(t, response); !sameJSON(t, got, test.want[i]) {
					t.Errorf("answer %d: got %s, want %s", i, got, test.want[i])
				}
			}
		})
	}
}

func TestResolverComplexityAndPageSizeCanBeOverridden(t *testing.T) {
	t.Parallel()
	engine := testEngine(t, func(c *Config) {
		c.ResolverComplexity = map[string]int{"Query.projects": 0, "CiJobTokenScopeAllowlist.projectsAllowlist": 4}
		c.MaxPageSize = map[string]int{"CiJobTokenScopeAllowlist.projectsAllowlist": 200}
	})
	tests := map[string]int{
		`{projects{count}}`: 2,
		`{project(fullPath:"a"){ciJobTokenScopeAllowlist{projectsAllowlist{count}}}}`:             5 + 5*2 + 2,
		`{project(fullPath:"a"){ciJobTokenScopeAllowlist{projectsAllowlist(last:20){count}}}}`:    5 + 1 + 2,
		`{project(fullPath:"a"){ciJobTokenScopeAllowlist{projectsAllowlist(first:-1){count}}}}`:   5 + 2,
		`{project(fullPath:"a"){ciJobTokenScopeAllowlist{projectsAllowlist(first:9999){count}}}}`: 5 + 5*2 + 2,
	}
	for query, want := range tests {
		if got := engine.prepare(Request{Query: query}, Limits{}).complexity; got != want {
			t.Errorf("%s: complexity %d, want %d", query, got, want)
		}
	}
}

func TestExplodingFragmentsAreCutOff(t *testing.T) {
	t.Parallel()
	var query strings.Builder
	query.WriteString(`{group(fullPath:"g"){...f0}}`)
	const levels = 60
	for i := range levels {
		fmt.Fprintf(&query, " fragment f%d on Group{a:parent{...f%d} b:parent{...f%d}}", i, i+1, i+1)
	}
	fmt.Fprintf(&query, " fragment f%d on Group{id}", levels)
	got := execute(t, testEngine(t, nil), query.String(), nil)
	want := `{"errors":[{"message":"Timeout on validation of query","locations":[],"extensions":{"code":"validationTimeout"}}]}`
	if !sameJSON(t, got, want) {
		t.Errorf("got %s", got)
	}
}
