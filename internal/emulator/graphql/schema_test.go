package graphql

import (
	"strings"
	"testing"
)

func TestHiddenPartsAreUnknown(t *testing.T) {
	t.Parallel()
	engine := testEngine(t, func(c *Config) {
		c.Hidden = map[string]bool{
			"ProjectCiCdSetting.crossProjectPushForJobTokenAllowed":             true,
			"ProjectCiCdSettingsUpdateInput.crossProjectPushForJobTokenAllowed": true,
			"CiJobTokenScopePolicies.READ_BADGES":                               true,
			"Query.projects(fullPaths:)":                                        true,
			"Project.ciJobTokenScope":                                           true,
			"CiJobTokenScopePolicies.READ_JOBS":                                 false,
		}
		c.Extensions = `extend enum CiJobTokenScopePolicies { READ_CONTAINERS }`
	})
	tests := []struct{ query, want string }{
		{`{project(fullPath:"p"){ciCdSettings{crossProjectPushForJobTokenAllowed}}}`, "Field 'crossProjectPushForJobTokenAllowed' doesn't exist on type 'ProjectCiCdSetting'"},
		{`mutation{projectCiCdSettingsUpdate(input:{fullPath:"p",crossProjectPushForJobTokenAllowed:true}){errors}}`, "InputObject 'ProjectCiCdSettingsUpdateInput' doesn't accept argument 'crossProjectPushForJobTokenAllowed'"},
		{strings.ReplaceAll(`mutation{`+updatePolicies("p")+`}`, "READ_JOBS", "READ_BADGES"), "has an invalid value ([READ_BADGES])"},
		{strings.ReplaceAll(`mutation{`+updatePolicies("p")+`}`, "READ_JOBS", "READ_CONTAINERS, READ_JOBS"), `{"data":{"ciJobTokenScopeUpdatePolicies":{"errors":[]}}}`},
		{`{projects(fullPaths:["p"]){count}}`, "Field 'projects' doesn't accept argument 'fullPaths'"},
		{`{project(fullPath:"p"){ciJobTokenScope{inboundAllowlistCount}}}`, "Field 'ciJobTokenScope' doesn't exist on type 'Project'"},
		{`{__type(name:"ProjectCiCdSetting"){fields{name}}}`, `"fields":[{"name":"project"},{"name":"inboundJobTokenScopeEnabled"},{"name":"jobTokenScopeEnabled"},{"name":"pushRepositoryForJobTokenAllowed"},{"name":"displayPipelineVariables"}`},
	}
	for _, test := range tests {
		if got := execute(t, engine, test.query, nil); !strings.Contains(got, test.want) {
			t.Errorf("%s: got %s, want %s", test.query, got, test.want)
		}
	}
	if got := execute(t, testEngine(t, nil), tests[0].query, nil); !strings.Contains(got, `"data"`) {
		t.Errorf("hidden in an engine that hides nothing: %s", got)
	}
}

func TestNewRefusesUnknownCoordinates(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]Config{
		"resolver":         {Resolvers: map[string]Resolver{"Query.nope": nil}},
		"resolver of enum": {Resolvers: map[string]Resolver{"CiJobTokenScopePolicies.READ_JOBS": nil}},
		"hidden":           {Hidden: map[string]bool{"Project.nope": true}},
		"hidden type":      {Hidden: map[string]bool{"Nope": true}},
		"hidden argument":  {Hidden: map[string]bool{"Query.project(nope:)": true}},
		"malformed":        {Hidden: map[string]bool{"a.b.c": true}},
		"type in use":      {Hidden: map[string]bool{"Project": true}},
		"complexity":       {ResolverComplexity: map[string]int{"Nope.projects": 1}},
		"page size":        {MaxPageSize: map[string]int{"Query": 1}},
		"extensions":       {Extensions: "extend enum"},
	} {
		if _, err := New(config); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
