package graphql

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func TestIntrospection(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, query, want string }{
		{
			"enum",
			`{__type(name:"CiJobTokenScopeDirection"){kind name fields{name} enumValues{name isDeprecated}}}`,
			`{"__type":{"kind":"ENUM","name":"CiJobTokenScopeDirection","fields":null,"enumValues":[{"name":"INBOUND","isDeprecated":false},{"name":"OUTBOUND","isDeprecated":false}]}}`,
		},
		{
			"input object",
			`{__type(name:"CiJobTokenScopeAddGroupOrProjectInput"){inputFields{name defaultValue type{kind name ofType{kind name}}}}}`,
			`{"__type":{"inputFields":[
				{"name":"clientMutationId","defaultValue":null,"type":{"kind":"SCALAR","name":"String","ofType":null}},
				{"name":"projectPath","defaultValue":null,"type":{"kind":"NON_NULL","name":null,"ofType":{"kind":"SCALAR","name":"ID"}}},
				{"name":"targetPath","defaultValue":null,"type":{"kind":"NON_NULL","name":null,"ofType":{"kind":"SCALAR","name":"ID"}}},
				{"name":"defaultPermissions","defaultValue":"true","type":{"kind":"SCALAR","name":"Boolean","ofType":null}},
				{"name":"jobTokenPolicies","defaultValue":"[]","type":{"kind":"LIST","name":null,"ofType":{"kind":"NON_NULL","name":null}}}]}}`,
		},
		{
			"wrappers",
			`{__type(name:"CiJobTokenScopeType"){fields{name type{kind ofType{kind ofType{kind ofType{kind name ofType{name}}}}}}}}`,
			`{"__type":{"fields":[
				{"name":"inboundAllowlist","type":{"kind":"NON_NULL","ofType":{"kind":"OBJECT","ofType":null}}},
				{"name":"inboundAllowlistCount","type":{"kind":"NON_NULL","ofType":{"kind":"SCALAR","ofType":null}}},
				{"name":"inboundAllowlistAutopopulatedIds","type":{"kind":"NON_NULL","ofType":{"kind":"LIST","ofType":{"kind":"NON_NULL","ofType":{"kind":"SCALAR","name":"ProjectID","ofType":null}}}}},
				{"name":"groupsAllowlist","type":{"kind":"NON_NULL","ofType":{"kind":"OBJECT","ofType":null}}},
				{"name":"groupsAllowlistCount","type":{"kind":"NON_NULL","ofType":{"kind":"SCALAR","ofType":null}}},
				{"name":"groupAllowlistAutopopulatedIds","type":{"kind":"NON_NULL","ofType":{"kind":"LIST","ofType":{"kind":"NON_NULL","ofType":{"kind":"SCALAR","name":"GroupID","ofType":null}}}}}]}}`,
		},
		{
			"deprecated fields",
			`{__type(name:"CiJobTokenScopeAllowlistEntry"){a:fields{name} b:fields(includeDeprecated:true){name deprecationReason}}}`,
			`{"__type":{
				"a":[{"name":"sourceProject"},{"name":"target"},{"name":"defaultPermissions"},{"name":"jobTokenPolicies"},{"name":"addedBy"},{"name":"autopopulated"},{"name":"createdAt"}],
				"b":[{"name":"sourceProject","deprecationReason":null},{"name":"target","deprecationReason":null},{"name":"direction","deprecationReason":"Deprecated in GitLab 18.0."},{"name":"defaultPermissions","deprecationReason":null},{"name":"jobTokenPolicies","deprecationReason":null},{"name":"addedBy","deprecationReason":null},{"name":"autopopulated","deprecationReason":null},{"name":"createdAt","deprecationReason":null}]}}`,
		},
		{
			"union",
			`{__type(name:"CiJobTokenScopeTarget"){kind possibleTypes{name} interfaces{name}}}`,
			`{"__type":{"kind":"UNION","possibleTypes":[{"name":"CiJobTokenAccessibleProject"},{"name":"CiJobTokenAccessibleGroup"}],"interfaces":null}}`,
		},
		{
			"interfaces and arguments",
			`{__type(name:"QueryComplexity"){interfaces{name} fields{name args{name}}} p:__type(name:"CiJobTokenAuthLogConnection"){fields{name args{name type{name}}}}}`,
			`{"__type":{"interfaces":[],"fields":[{"name":"limit","args":[]},{"name":"score","args":[]}]},
			  "p":{"fields":[{"name":"count","args":[{"name":"limit","type":{"name":"Int"}}]},{"name":"edges","args":[]},{"name":"nodes","args":[]},{"name":"pageInfo","args":[]}]}}`,
		},
		{
			"deprecated input fields",
			`{__type(name:"CiJobTokenScopeRemoveProjectInput"){a:inputFields{name} b:inputFields(includeDeprecated:true){name isDeprecated}}}`,
			`{"__type":{"a":[{"name":"clientMutationId"},{"name":"projectPath"},{"name":"targetProjectPath"}],
			  "b":[{"name":"clientMutationId","isDeprecated":false},{"name":"projectPath","isDeprecated":false},{"name":"targetProjectPath","isDeprecated":false},{"name":"direction","isDeprecated":true}]}}`,
		},
		{
			"interface, without the interfaces that implement it",
			`{__type(name:"Todoable"){kind inputFields{name} enumValues{name} interfaces{name} possibleTypes{name}}}`,
			`{"__type":{"kind":"INTERFACE","inputFields":null,"enumValues":null,"interfaces":[],"possibleTypes":[{"name":"Project"},{"name":"Group"},{"name":"Namespace"},{"name":"CurrentUser"},{"name":"UserCore"}]}}`,
		},
		{"unknown type", `{__type(name:"Nope"){name}}`, `{"__type":null}`},
		{
			"roots",
			`{__schema{queryType{name} mutationType{name} subscriptionType{name} directives{name}}}`,
			`{"__schema":{"queryType":{"name":"Query"},"mutationType":{"name":"Mutation"},"subscriptionType":null,"directives":[{"name":"deprecated"},{"name":"include"},{"name":"oneOf"},{"name":"skip"},{"name":"specifiedBy"}]}}`,
		},
	}
	engine := testEngine(t, nil)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got, want := execute(t, engine, test.query, nil), `{"data":`+test.want+`}`; !sameJSON(t, got, want) {
				t.Errorf("got %s\nwant %s", got, want)
			}
		})
	}
}

// introspectionQuery is what GraphQL tools send first.
const introspectionQuery = `query IntrospectionQuery{__schema{queryType{name} mutationType{name} subscriptionType{name}
types{...FullType} directives{name description locations args{...InputValue}}}}
fragment FullType on __Type{kind name description fields(includeDeprecated:true){name description args{...InputValue} type{...TypeRef} isDeprecated deprecationReason}
inputFields{...InputValue} interfaces{...TypeRef} enumValues(includeDeprecated:true){name description isDeprecated deprecationReason} possibleTypes{...TypeRef}}
fragment InputValue on __InputValue{name description type{...TypeRef} defaultValue}
fragment TypeRef on __Type{kind name ofType{kind name ofType{kind name ofType{kind name ofType{kind name ofType{kind name ofType{kind name ofType{kind name}}}}}}}}`

func TestIntrospectionQueryOfTools(t *testing.T) {
	t.Parallel()
	response := testEngine(t, nil).Execute(t.Context(), Request{Query: introspectionQuery}, anonymousLimits)
	if response.Internal != nil || len(response.Errors) > 0 {
		t.Fatalf("%v %s", response.Internal, marshal(t, response))
	}
	var data struct {
		Schema struct {
			Types []struct{ Kind, Name string }
		} `json:"__schema"`
	}
	if err := json.Unmarshal(response.Data, &data); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, described := range data.Schema.Types {
		names = append(names, described.Name)
	}
	for _, name := range []string{"Project", "CiJobTokenScopePolicies", "__Type", "Boolean"} {
		if !slices.Contains(names, name) {
			t.Errorf("no type %s among %s", name, strings.Join(names, " "))
		}
	}
}
