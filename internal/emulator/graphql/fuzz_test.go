package graphql

import (
	"encoding/json"
	"strings"
	"testing"
)

func FuzzExecute(f *testing.F) {
	seeds := []struct{ query, variables string }{
		{introspectionQuery, `{}`},
		{`{`, ``},
		{`{}`, `null`},
		{`query($p:[String!]){projects(fullPaths:$p,first:2){nodes{...f}}} fragment f on Project{id ...on Todoable{name}}`, `{"p":["a","b"]}`},
		{`mutation($i:CiJobTokenScopeUpdatePoliciesInput!){ciJobTokenScopeUpdatePolicies(input:$i){errors}}`, `{"i":{"projectPath":"a","jobTokenPolicies":["READ_X",1]}}`},
		{`mutation{ciJobTokenScopeAddGroupOrProject(input:{projectPath:"a",targetPath:[1],jobTokenPolicies:READ_JOBS}){errors}}`, `{}`},
		{`query($x:Int=5,$y:Boolean!){projects(first:$x)@skip(if:$y){count(limit:$x)}}`, `{"x":1e99,"y":"no"}`},
		{`{project(fullPath:"p"){ciJobTokenScopeAllowlist{projectsAllowlist{nodes{target{id ...on Project{id}}}}}}}`, `{}`},
		{"{...a} fragment a on Query{...b} fragment b on Query{...a}", `{}`},
		{"{project(fullPath:\"\"\"block\"\"\"){id}} # comment\n\xff", `{}`},
		{`{groups(not:{ids:["gid://gitlab/Group/1",{a:[$q]}]},sort:null){nodes{id}}}`, `{"q":[[{}]]}`},
		{`query A @include(if:true){a:__typename @x @x} query A{b} {c}`, `[]`},
	}
	for _, seed := range seeds {
		f.Add(seed.query, seed.variables)
	}
	engine := testEngine(f, nil)
	f.Fuzz(func(t *testing.T, query, variables string) {
		if len(query) > MaxQueryCharacters {
			t.Skip("refused before the engine")
		}
		var values map[string]any
		if err := json.Unmarshal([]byte(variables), &values); err != nil {
			values = nil
		}
		request := Request{Query: query, Variables: values}
		response := engine.Execute(t.Context(), request, userLimits)
		if response.Internal != nil && strings.Contains(response.Internal.Error(), "panic") && !strings.Contains(query+variables, "panics") {
			t.Fatal(response.Internal)
		}
		if encoded, err := json.Marshal(response); err != nil {
			t.Fatalf("%v in %+v", err, response)
		} else if !json.Valid(encoded) {
			t.Fatalf("invalid JSON: %s", encoded)
		}
		if kind, _ := engine.OperationKind(request); kind == "" && response.Data != nil {
			t.Fatalf("data without an operation: %s", response.Data)
		}
	})
}
