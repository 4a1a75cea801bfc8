package graphql

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

const policiesList = "READ_BADGES, ADMIN_BADGES, READ_DEPLOYMENTS, ADMIN_DEPLOYMENTS, READ_ENVIRONMENTS, ADMIN_ENVIRONMENTS, READ_JOBS, ADMIN_JOBS, READ_MERGE_REQUESTS, READ_PACKAGES, ADMIN_PACKAGES, READ_PIPELINES, ADMIN_PIPELINES, READ_RELEASES, ADMIN_RELEASES, READ_REPOSITORIES, ADMIN_REPOSITORIES, READ_SECURE_FILES, ADMIN_SECURE_FILES, READ_TERRAFORM_STATE, ADMIN_TERRAFORM_STATE, READ_WORK_ITEMS"

func TestErrorsBeforeExecution(t *testing.T) {
	t.Parallel()
	const inputVariable = `mutation($i: CiJobTokenScopeUpdatePoliciesInput!){ciJobTokenScopeUpdatePolicies(input:$i){errors}}`
	tests := []struct {
		name      string
		query     string
		variables map[string]any
		want      []string
	}{
		{
			name:  "unknown field",
			query: `{nope}`,
			want:  []string{`{"message":"Field 'nope' doesn't exist on type 'Query'","locations":[{"line":1,"column":2}],"path":["query","nope"],"extensions":{"code":"undefinedField","typeName":"Query","fieldName":"nope"}}`},
		},
		{
			name:  "unknown field of a named query, with an alias",
			query: "query Q {\n  a: currentUser {\n    b: nope\n  }\n}",
			want:  []string{`{"message":"Field 'nope' doesn't exist on type 'CurrentUser'","locations":[{"line":3,"column":5}],"path":["query Q","a","b"],"extensions":{"code":"undefinedField","typeName":"CurrentUser","fieldName":"nope"}}`},
		},
		{
			name:  "unknown argument of a field",
			query: `{project(fullPath:"a",x:1){id}}`,
			want:  []string{`{"message":"Field 'project' doesn't accept argument 'x'","locations":[{"line":1,"column":23}],"path":["query","project","x"],"extensions":{"code":"argumentNotAccepted","name":"project","typeName":"Field","argumentName":"x"}}`},
		},
		{
			name:  "unknown field of an input object",
			query: `mutation{ciJobTokenScopeRemoveGroup(input:{projectPath:"a",targetGroupPath:"b",zz:1}){errors}}`,
			want:  []string{`{"message":"InputObject 'CiJobTokenScopeRemoveGroupInput' doesn't accept argument 'zz'","locations":[{"line":1,"column":80}],"path":["mutation","ciJobTokenScopeRemoveGroup","input","zz"],"extensions":{"code":"argumentNotAccepted","name":"CiJobTokenScopeRemoveGroupInput","typeName":"InputObject","argumentName":"zz"}}`},
		},
		{
			name:  "missing field of an input object",
			query: `mutation{m:ciJobTokenScopeUpdatePolicies(input:{projectPath:"a",targetPath:"b",defaultPermissions:true}){errors}}`,
			want:  []string{`{"message":"Argument 'jobTokenPolicies' on InputObject 'CiJobTokenScopeUpdatePoliciesInput' is required. Expected type [CiJobTokenScopePolicies!]!","locations":[{"line":1,"column":48}],"path":["mutation","m","input","jobTokenPolicies"],"extensions":{"code":"missingRequiredInputObjectAttribute","argumentName":"jobTokenPolicies","argumentType":"[CiJobTokenScopePolicies!]!","inputObjectType":"CiJobTokenScopeUpdatePoliciesInput"}}`},
		},
		{
			name:  "unknown enum value in the text",
			query: `mutation{m:ciJobTokenScopeUpdatePolicies(input:{projectPath:"a",targetPath:"b",defaultPermissions:true,jobTokenPolicies:[READ_X]}){errors}}`,
			want:  []string{`{"message":"Argument 'jobTokenPolicies' on InputObject 'CiJobTokenScopeUpdatePoliciesInput' has an invalid value ([READ_X]). Expected type '[CiJobTokenScopePolicies!]!'.","locations":[{"line":1,"column":48}],"path":["mutation","m","input","jobTokenPolicies"],"extensions":{"code":"argumentLiteralsIncompatible","typeName":"InputObject","argumentName":"jobTokenPolicies"}}`},
		},
		{
			name:      "unknown enum value in a variable",
			query:     inputVariable,
			variables: map[string]any{"i": map[string]any{"projectPath": "a", "targetPath": "b", "defaultPermissions": true, "jobTokenPolicies": []any{"READ_JOBS", "READ_X"}}},
			want:      []string{`{"message":"Variable $i of type CiJobTokenScopeUpdatePoliciesInput! was provided invalid value for jobTokenPolicies.1 (Expected \"READ_X\" to be one of: ` + policiesList + `)","locations":[{"line":1,"column":10}],"extensions":{"value":{"projectPath":"a","targetPath":"b","defaultPermissions":true,"jobTokenPolicies":["READ_JOBS","READ_X"]},"problems":[{"path":["jobTokenPolicies",1],"explanation":"Expected \"READ_X\" to be one of: ` + policiesList + `"}]}}`},
		},
		{
			name:      "unknown enum value in a list variable",
			query:     `mutation($p:[CiJobTokenScopePolicies!]!){ciJobTokenScopeUpdatePolicies(input:{projectPath:"a",targetPath:"b",defaultPermissions:true,jobTokenPolicies:$p}){errors}}`,
			variables: map[string]any{"p": []any{"READ_X"}},
			want:      []string{`{"message":"Variable $p of type [CiJobTokenScopePolicies!]! was provided invalid value for 0 (Expected \"READ_X\" to be one of: ` + policiesList + `)","locations":[{"line":1,"column":10}],"extensions":{"value":["READ_X"],"problems":[{"path":[0],"explanation":"Expected \"READ_X\" to be one of: ` + policiesList + `"}]}}`},
		},
		{
			name:      "missing field in a variable",
			query:     inputVariable,
			variables: map[string]any{"i": map[string]any{"projectPath": "a", "targetPath": "b", "defaultPermissions": true}},
			want:      []string{`{"message":"Variable $i of type CiJobTokenScopeUpdatePoliciesInput! was provided invalid value for jobTokenPolicies (Expected value to not be null)","locations":[{"line":1,"column":10}],"extensions":{"value":{"projectPath":"a","targetPath":"b","defaultPermissions":true},"problems":[{"path":["jobTokenPolicies"],"explanation":"Expected value to not be null"}]}}`},
		},
		{
			name:      "unknown field in a variable",
			query:     inputVariable,
			variables: map[string]any{"i": map[string]any{"projectPath": "a", "targetPath": "b", "defaultPermissions": true, "jobTokenPolicies": []any{}, "zz": 1}},
			want:      []string{`{"message":"Variable $i of type CiJobTokenScopeUpdatePoliciesInput! was provided invalid value for zz (Field is not defined on CiJobTokenScopeUpdatePoliciesInput)","locations":[{"line":1,"column":10}],"extensions":{"value":{"projectPath":"a","targetPath":"b","defaultPermissions":true,"jobTokenPolicies":[],"zz":1},"problems":[{"path":["zz"],"explanation":"Field is not defined on CiJobTokenScopeUpdatePoliciesInput"}]}}`},
		},
		{
			name:  "variable missing",
			query: `query($p:ID!){project(fullPath:$p){id}}`,
			want:  []string{`{"message":"Variable $p of type ID! was provided invalid value","locations":[{"line":1,"column":7}],"extensions":{"value":null,"problems":[{"path":[],"explanation":"Expected value to not be null"}]}}`},
		},
		{
			name:      "variable of another type",
			query:     `query($n:Int){projects(first:$n){nodes{id}}}`,
			variables: map[string]any{"n": "5"},
			want:      []string{`{"message":"Variable $n of type Int was provided invalid value","locations":[{"line":1,"column":7}],"extensions":{"value":"5","problems":[{"path":[],"explanation":"Could not coerce value \"5\" to Int"}]}}`},
		},
		{
			name:  "undefined input type",
			query: `query($i:Foo!){project(fullPath:$i){id}}`,
			want:  []string{`{"message":"Foo isn't a defined input type (on $i)","locations":[{"line":1,"column":7}],"path":["query"],"extensions":{"code":"variableRequiresValidType","typeName":"Foo","variableName":"i"}}`},
		},
		{
			name:  "object type for a variable",
			query: `query($i:Project){project(fullPath:$i){id}}`,
			want: []string{
				`{"message":"Project isn't a valid input type (on $i)","locations":[{"line":1,"column":7}],"path":["query"],"extensions":{"code":"variableRequiresValidType","typeName":"Project","variableName":"i"}}`,
				`{"message":"Type mismatch on variable $i and argument fullPath (Project / ID!)","locations":[{"line":1,"column":27}],"path":["query","project","fullPath"],"extensions":{"code":"variableMismatch","variableName":"i","typeName":"Project","argumentName":"fullPath","errorMessage":"Type mismatch"}}`,
			},
		},
		{
			name:  "nullable variable for a required argument",
			query: `query($a:ID){project(fullPath:$a){id}}`,
			want:  []string{`{"message":"Nullability mismatch on variable $a and argument fullPath (ID / ID!)","locations":[{"line":1,"column":22}],"path":["query","project","fullPath"],"extensions":{"code":"variableMismatch","variableName":"a","typeName":"ID","argumentName":"fullPath","errorMessage":"Nullability mismatch"}}`},
		},
		{
			name:  "single variable for a list",
			query: `query($a:String!){projects(fullPaths:$a){nodes{id}}}`,
			want:  []string{`{"message":"List dimension mismatch on variable $a and argument fullPaths (String! / [String!])","locations":[{"line":1,"column":28}],"path":["query","projects","fullPaths"],"extensions":{"code":"variableMismatch","variableName":"a","typeName":"String!","argumentName":"fullPaths","errorMessage":"List dimension mismatch"}}`},
		},
		{
			name:  "unused and undeclared variables",
			query: `query($q:ID){project(fullPath:$x){id}}`,
			want: []string{
				`{"message":"Variable $q is declared by anonymous query but not used","locations":[{"line":1,"column":1}],"path":["query"],"extensions":{"code":"variableNotUsed","variableName":"q"}}`,
				`{"message":"Variable $x is used by anonymous query but not declared","locations":[{"line":1,"column":31}],"path":["query","project","fullPath"],"extensions":{"code":"variableNotDefined","variableName":"x"}}`,
			},
		},
		{
			name:  "missing required argument",
			query: `{project{id}}`,
			want:  []string{`{"message":"Field 'project' is missing required arguments: fullPath","locations":[{"line":1,"column":2}],"path":["query","project"],"extensions":{"code":"missingRequiredArguments","className":"Field","name":"project","arguments":"fullPath"}}`},
		},
		{
			name:  "no selections",
			query: `{currentUser}`,
			want:  []string{`{"message":"Field must have selections (field 'currentUser' returns CurrentUser but has no selections. Did you mean 'currentUser { ... }'?)","locations":[{"line":1,"column":2}],"path":["query","currentUser"],"extensions":{"code":"selectionMismatch","nodeName":"field 'currentUser'","typeName":"CurrentUser"}}`},
		},
		{
			name:  "selections on a leaf",
			query: `{currentUser{id{x ...on User{id}}}}`,
			want:  []string{`{"message":"Selections can't be made on scalars (field 'id' returns UserID but has selections [\"x\", \"... on User { ... }\"])","locations":[{"line":1,"column":14}],"path":["query","currentUser","id"],"extensions":{"code":"selectionMismatch","nodeName":"field 'id'","typeName":"UserID"}}`},
		},
		{
			name:  "fragments: undefined, unused, impossible",
			query: "{...f currentUser{...on Project{id} ...g}}\nfragment g on CurrentUser{id}\nfragment h on Nope{id}",
			want: []string{
				`{"message":"Fragment on Project can't be spread inside CurrentUser","locations":[{"line":1,"column":19}],"path":["query","currentUser","... on Project"],"extensions":{"code":"cannotSpreadFragment","typeName":"Project","fragmentName":"unknown","parentName":"CurrentUser"}}`,
				`{"message":"No such type Nope, so it can't be a fragment condition","locations":[{"line":3,"column":1}],"path":["fragment h"],"extensions":{"code":"undefinedType","typeName":"Nope"}}`,
				`{"message":"Fragment f was used, but not defined","locations":[{"line":1,"column":2}],"path":["query","... f"],"extensions":{"code":"useAndDefineFragment","fragmentName":"f"}}`,
				`{"message":"Fragment h was defined, but not used","locations":[{"line":3,"column":1}],"path":["fragment h"],"extensions":{"code":"useAndDefineFragment","fragmentName":"h"}}`,
			},
		},
		{
			name:  "fragment that spreads itself",
			query: "{...f}\nfragment f on Query{currentUser{id} ...f}",
			want:  []string{`{"message":"Fragment f contains an infinite loop","locations":[{"line":2,"column":1}],"path":["fragment f"],"extensions":{"code":"infiniteLoop","fragmentName":"f"}}`},
		},
		{
			name:  "fields that cannot be merged",
			query: `{currentUser{n:name n:id}}`,
			want:  []string{`{"message":"Field 'n' has a field conflict: name or id?","locations":[{"line":1,"column":21}],"path":[],"extensions":{"code":"fieldConflict","fieldName":"n","conflicts":"name or id"}}`},
		},
		{
			name:  "undefined directive",
			query: `{currentUser{id @nope}}`,
			want:  []string{`{"message":"Directive @nope is not defined","locations":[{"line":1,"column":18}],"path":["query","currentUser","id"],"extensions":{"code":"undefinedDirective","directiveName":"nope"}}`},
		},
		{
			name:  "global id of another model",
			query: `{groups(not:{ids:["gid://gitlab/Project/1"]}){nodes{id}}}`,
			want:  []string{`{"message":"\"gid://gitlab/Project/1\" does not represent an instance of Group","locations":[{"line":1,"column":13}],"path":["query","groups","not","ids"],"extensions":{"code":"argumentLiteralsIncompatible","typeName":"CoercionError"}}`},
		},
		{
			name:  "subscription",
			query: `subscription{x}`,
			want:  []string{`{"message":"Schema is not configured for subscriptions","locations":[{"line":1,"column":1}],"path":["subscription"],"extensions":{"code":"missingSubscriptionConfiguration"}}`},
		},
		{
			name:  "text that ends too early",
			query: `{`,
			want:  []string{`{"message":"Expected NAME, not end of file at [1, 1]","locations":[{"line":1,"column":1}]}`},
		},
		{
			name:  "wrong token",
			query: `{project(fullPath:){id}}`,
			want:  []string{`{"message":"Expected VALUE, actual: RPAREN (\")\") at [1, 19]","locations":[{"line":1,"column":19}]}`},
		},
		{
			name:  "no text",
			query: " \n",
			want:  []string{`{"message":"Unexpected end of document","locations":[]}`},
		},
		{
			name:  "no more than five errors",
			query: `{a b c d e f g}`,
			want: []string{
				undefinedQueryField("a", 2), undefinedQueryField("b", 4), undefinedQueryField("c", 6),
				undefinedQueryField("d", 8), undefinedQueryField("e", 10),
			},
		},
		{
			name:  "operation name missing",
			query: `query A{currentUser{id}} query B{currentUser{id}}`,
			want:  []string{`{"message":"An operation name is required"}`},
		},
	}
	engine := testEngine(t, nil)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := execute(t, engine, test.query, test.variables)
			want := `{"errors":[` + strings.Join(test.want, ",") + `]}`
			if !sameJSON(t, got, want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func undefinedQueryField(name string, column int) string {
	encoded, err := json.Marshal(&Error{
		Message:    "Field '" + name + "' doesn't exist on type 'Query'",
		Locations:  []Location{{Line: 1, Column: column}},
		Path:       []any{"query", name},
		Extensions: map[string]any{"code": "undefinedField", "typeName": "Query", "fieldName": name},
	})
	if err != nil {
		panic(err)
	}
	return string(encoded)
}

func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	var left, right any
	if err := json.Unmarshal([]byte(a), &left); err != nil {
		t.Fatalf("%v in %s", err, a)
	}
	if err := json.Unmarshal([]byte(b), &right); err != nil {
		t.Fatalf("%v in %s", err, b)
	}
	return reflect.DeepEqual(left, right)
}

func TestErrorKeepsTheOrderOfKeys(t *testing.T) {
	t.Parallel()
	got := marshal(t, Response{Data: json.RawMessage(`{}`), Errors: []*Error{{
		Message: "m <&>", Locations: []Location{{Line: 1, Column: 2}}, Path: []any{"a", 0}, Extensions: map[string]any{"code": "c"},
	}}})
	want := `{"data":{},"errors":[{"message":"m \u003c\u0026\u003e","locations":[{"line":1,"column":2}],"path":["a",0],"extensions":{"code":"c"}}]}`
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
