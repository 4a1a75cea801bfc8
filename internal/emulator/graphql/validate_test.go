package graphql

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestEveryWording holds documents against what graphql-ruby tells of them, and sees to it
// that there is one for each wording: the names of gqlparser's rules are not ours.
func TestEveryWording(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, query string
		// want are the errors as code, locations, path and message.
		want []string
	}{
		{
			"what only an undefined field uses is not used",
			`query($q:ID){nope(a:$q){...f}} fragment f on Query{currentUser{id}}`,
			[]string{
				`undefinedField 1:14 query.nope Field 'nope' doesn't exist on type 'Query'`,
				`variableNotUsed 1:1 query Variable $q is declared by anonymous query but not used`,
				`useAndDefineFragment 1:32 fragment f Fragment f was defined, but not used`,
			},
		},
		{
			"what only an undefined directive uses is not used",
			`query($q:Boolean){currentUser @nope(if:$q){id @nope}}`,
			[]string{
				`undefinedDirective 1:32,1:48 query.currentUser Directive @nope is not defined`,
				`variableNotUsed 1:1 query Variable $q is declared by anonymous query but not used`,
			},
		},
		{
			"nothing below selections on a leaf",
			`{currentUser{id{x @nope ...f}}}`,
			[]string{`selectionMismatch 1:14 query.currentUser.id Selections can't be made on scalars (field 'id' returns UserID but has selections ["x", "f"])`},
		},
		{
			"selections on a union",
			`{project(fullPath:"p"){ciJobTokenScopeAllowlist{projectsAllowlist{nodes{target{id}}}}}}`,
			[]string{`selectionMismatch 1:80 query.project.ciJobTokenScopeAllowlist.projectsAllowlist.nodes.target.id Selections can't be made directly on unions (see selections on CiJobTokenScopeTarget)`},
		},
		{
			"no subscriptions",
			`subscription{x{y}}`,
			[]string{`missingSubscriptionConfiguration 1:1 subscription Schema is not configured for subscriptions`},
		},
		{
			"fragments on what is no object",
			`{currentUser{... on Int{a} ... on Nope{b}}}`,
			[]string{
				`fragmentOnNonCompositeType 1:14 query.currentUser.... on Int Invalid fragment on type Int (must be Union, Interface or Object)`,
				`undefinedType 1:28 query.currentUser.... on Nope No such type Nope, so it can't be a fragment condition`,
			},
		},
		{
			"names of variables, arguments and directives that occur twice",
			`query($a:ID!,$a:ID!){project(fullPath:$a,fullPath:"b"){id @skip(if:true) @skip(if:false)}}`,
			[]string{
				`variableNotUnique 1:7,1:14 query There can only be one variable named "a"`,
				`argumentNotUnique 1:30,1:42 query.project There can be only one argument named "fullPath"`,
				`directiveNotUniqueForLocation 1:60,1:75 query.project.id The directive "skip" can only be used once at this location.`,
			},
		},
		{
			"names of operations and fragments that occur twice",
			`query Q{...f} query Q{...f} {...f} fragment f on Query{currentUser{id}} fragment f on Query{metadata{version}}`,
			[]string{
				`fragmentNotUnique 1:36,1:73  Fragment name "f" must be unique`,
				`uniquelyNamedOperations 1:29  Operation name is required when multiple operations are present`,
				`uniquelyNamedOperations 1:1,1:15  Operation name "Q" must be unique`,
			},
		},
		{
			"input fields: twice, unknown, missing",
			`mutation{ciJobTokenScopeRemoveGroup(input:{projectPath:"a",zz:1,projectPath:"c"}){errors}}`,
			[]string{
				`missingRequiredInputObjectAttribute 1:43 mutation.ciJobTokenScopeRemoveGroup.input.targetGroupPath Argument 'targetGroupPath' on InputObject 'CiJobTokenScopeRemoveGroupInput' is required. Expected type ID!`,
				`inputFieldNotUnique 1:44,1:65 mutation.ciJobTokenScopeRemoveGroup.input There can be only one input field named "projectPath"`,
				`argumentNotAccepted 1:60 mutation.ciJobTokenScopeRemoveGroup.input.zz InputObject 'CiJobTokenScopeRemoveGroupInput' doesn't accept argument 'zz'`,
			},
		},
		{
			"a list where an input object is wanted",
			`mutation{ciJobTokenScopeRemoveGroup(input:[{projectPath:"a"}]){errors}}`,
			[]string{`missingRequiredInputObjectAttribute 1:44 mutation.ciJobTokenScopeRemoveGroup.input.0.targetGroupPath Argument 'targetGroupPath' on InputObject 'CiJobTokenScopeRemoveGroupInput' is required. Expected type ID!`},
		},
		{
			"directives: misplaced, with a wrong argument, without one",
			`query @skip(if:true,unless:1){currentUser @include{id}}`,
			[]string{
				`directiveCannotBeApplied 1:8 query '@skip' can't be applied to queries (allowed: fields, fragment spreads, inline fragments)`,
				`argumentNotAccepted 1:21 query.unless Directive 'skip' doesn't accept argument 'unless'`,
				`missingRequiredArguments 1:44 query.currentUser Directive 'include' is missing required arguments: if`,
			},
		},
		{
			"types of variables",
			`query($a:Nope,$b:Project){projects(search:$a,sort:$b){count}}`,
			[]string{
				`variableRequiresValidType 1:7 query Nope isn't a defined input type (on $a)`,
				`variableRequiresValidType 1:15 query Project isn't a valid input type (on $b)`,
				`variableMismatch 1:46 query.projects.sort Type mismatch on variable $b and argument sort (Project / String)`,
			},
		},
		{
			"defaults that do not fit",
			`query($n:Int="x",$p:[String!]=[1],$i:CiJobTokenScopeRemoveGroupInput={zz:1}){projects(first:$n,fullPaths:$p){count}}`,
			[]string{
				`defaultValueInvalidType 1:7 query Could not coerce value "x" to Int`,
				`defaultValueInvalidType 1:18 query Could not coerce value 1 to String`,
				`defaultValueInvalidType 1:35 query Default value for $i doesn't match type CiJobTokenScopeRemoveGroupInput`,
				`variableNotUsed 1:1 query Variable $i is declared by anonymous query but not used`,
			},
		},
		{
			"variables in lists",
			`query($a:String,$n:String){projects(fullPaths:[$a,"x"],search:[$n]){count}}`,
			[]string{
				`variableMismatch 1:37 query.projects.fullPaths Nullability mismatch on variable $a and argument fullPaths ([String]! / [String!])`,
				`variableMismatch 1:56 query.projects.search List dimension mismatch on variable $n and argument search ([String]! / String)`,
			},
		},
		{
			"values of every wrong kind",
			`{a:projects(first:{}){count} b:projects(search:RAW){count} c:projects(membership:"x"){count} d:projects(fullPaths:[1,2]){count} e:projects(first:99999999999){count}}`,
			[]string{
				`argumentLiteralsIncompatible 1:2 query.a.first Argument 'first' on Field 'a' has an invalid value ({}). Expected type 'Int'.`,
				`argumentLiteralsIncompatible 1:30 query.b.search Argument 'search' on Field 'b' has an invalid value (RAW). Expected type 'String'.`,
				`argumentLiteralsIncompatible 1:60 query.c.membership Argument 'membership' on Field 'c' has an invalid value ("x"). Expected type 'Boolean'.`,
				`argumentLiteralsIncompatible 1:94 query.d.fullPaths Argument 'fullPaths' on Field 'd' has an invalid value ([1, 2]). Expected type '[String!]'.`,
				`argumentLiteralsIncompatible 1:129 query.e.first Argument 'first' on Field 'e' has an invalid value (99999999999). Expected type 'Int'.`,
			},
		},
		{
			"fragments: in a loop, used by no operation, not defined",
			`{...a} fragment a on Query{...b ...x} fragment b on Query{...a} fragment c on Query{...d} fragment d on Query{currentUser{id}}`,
			[]string{
				`useAndDefineFragment 1:33 fragment a.... x Fragment x was used, but not defined`,
				`useAndDefineFragment 1:65 fragment c Fragment c was defined, but not used`,
				`useAndDefineFragment 1:91 fragment d Fragment d was defined, but not used`,
				`infiniteLoop 1:8 fragment a Fragment a contains an infinite loop`,
				`infiniteLoop 1:39 fragment b Fragment b contains an infinite loop`,
			},
		},
		{
			"fragments on other types, told at once and late",
			`{currentUser{...f ... on Project{id} nope}} fragment f on Project{id}`,
			[]string{
				`cannotSpreadFragment 1:19 query.currentUser.... on Project Fragment on Project can't be spread inside CurrentUser`,
				`undefinedField 1:38 query.currentUser.nope Field 'nope' doesn't exist on type 'CurrentUser'`,
				`cannotSpreadFragment 1:14 query.currentUser.... f Fragment f on Project can't be spread inside CurrentUser`,
			},
		},
		{
			"the last use of an undeclared variable",
			`query Q{a:project(fullPath:$p){id} ...f} fragment f on Query{b:project(fullPath:$p){id}}`,
			[]string{`variableNotDefined 1:81 fragment f.b.fullPath Variable $p is used by f but not declared`},
		},
	}
	schema := testEngine(t, nil).schema
	told := map[int]bool{}
	for _, test := range tests {
		document, parseError := parseDocument(test.query)
		if parseError != nil {
			t.Fatal(parseError.Message)
		}
		examined := examine(schema, document)
		var got []string
		for _, err := range examined.errors() {
			var at, path []string
			for _, location := range err.Locations {
				at = append(at, fmt.Sprintf("%d:%d", location.Line, location.Column))
			}
			for _, step := range err.Path {
				path = append(path, fmt.Sprint(step))
			}
			got = append(got, fmt.Sprint(err.Extensions["code"], " ", strings.Join(at, ","), " ", strings.Join(path, "."), " ", err.Message))
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: got\n%s\nwant\n%s", test.name, strings.Join(got, "\n"), strings.Join(test.want, "\n"))
		}
		for _, one := range examined.told {
			told[one.rank] = true
		}
	}
	for rank, wording := range wordings {
		if !told[rank] {
			t.Errorf("wording %d, of rule %q, is never told", rank, wording.rule.Name)
		}
	}
}
