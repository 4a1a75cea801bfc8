package apierror

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestFromGraphQL(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		errors string
		kind   Kind
		words  string
	}{
		"complexity":         {`[{"message":"Query has complexity of 4, which exceeds max complexity of 3"}]`, Limit, "Query has complexity of 4, which exceeds max complexity of 3"},
		"depth":              {`[{"message":"Query has depth of 2, which exceeds max depth of 1"}]`, Limit, "Query has depth of 2, which exceeds max depth of 1"},
		"unknown field":      {`[{"message":"Field 'nope' doesn't exist on type 'Q'","extensions":{"code":"undefinedField","typeName":"Q","fieldName":"nope"}}]`, Unsupported, "Field 'nope' doesn't exist on type 'Q'"},
		"unknown argument":   {`[{"message":"Field 'a' doesn't accept argument 'x'","extensions":{"code":"argumentNotAccepted"}}]`, Unsupported, "Field 'a' doesn't accept argument 'x'"},
		"unknown input type": {`[{"message":"T isn't a defined input type (on $i)","extensions":{"code":"variableRequiresValidType"}}]`, Unsupported, "T isn't a defined input type (on $i)"},
		"enum in text":       {`[{"message":"Argument 'p' has an invalid value ([X]).","extensions":{"code":"argumentLiteralsIncompatible"}}]`, Invalid, "Argument 'p' has an invalid value ([X])."},
		"enum in a variable": {`[{"message":"Variable $i of type T was provided invalid value for p.1 (Expected \"X does not exist\" to be one of: A, B)","extensions":{"value":{"secret":"hunter2"},"problems":[]}}]`, Invalid, `Variable $i of type T was provided invalid value for p.1 (Expected "X does not exist" to be one of: A, B)`},
		"hidden":             {`[{"message":"The resource that you are attempting to access does not exist or you don't have permission to perform this action","path":["a"]}]`, NotFound, "The resource that you are attempting to access does not exist or you don't have permission to perform this action"},
		"not allowed":        {`[{"message":"You don't have permission to do this"}]`, Forbidden, "You don't have permission to do this"},
		"a missing grant":    {`[{"message":"Access denied: This operation requires a fine-grained personal access token with the following project permissions: [CI/CD Setting: Update].","path":["a"]}]`, FineGrained, "Access denied: This operation requires a fine-grained personal access token with the following project permissions: [CI/CD Setting: Update]."},
		"no grant is made":   {`[{"message":"Access denied: This operation doesn't support fine-grained personal access tokens."}]`, FineGrained, "Access denied: This operation doesn't support fine-grained personal access tokens."},
		"grants are off":     {`[{"message":"Access denied: Fine-grained personal access tokens are not yet supported."},{"message":"The group or project does not exist."}]`, FineGrained, "Access denied: Fine-grained personal access tokens are not yet supported.; The group or project does not exist."},
		"of a grant's name":  {`[{"message":"Name 'Access denied: fine-grained' is too long"}]`, Invalid, "Name 'Access denied: fine-grained' is too long"},
		"validation timeout": {`[{"message":"Timeout on validation of query","extensions":{"code":"validationTimeout"}}]`, Unavailable, "Timeout on validation of query"},
		"field timeout":      {`[{"message":"Timeout on Project.name"}]`, Unavailable, "Timeout on Project.name"},
		"timed out":          {`[{"message":"Request timed out. Please try a less complex query or a smaller set of records."}]`, Unavailable, "Request timed out. Please try a less complex query or a smaller set of records."},
		"internal":           {`[{"message":"Internal server error"}]`, Unavailable, "Internal server error"},
		"a batch of one":     {`[{"message":"no","path":["a"]},{"message":"no","path":["b"]}]`, Invalid, "no"},
		"not all gone":       {`[{"message":"The group or project does not exist."},{"message":"oops"}]`, Invalid, "The group or project does not exist.; oops"},
		"odd extensions":     {`[{"message":"m","extensions":[1]},{"message":"n","extensions":{"code":7,"typeName":null}}]`, Invalid, "m; n"},
		"none":               {`[]`, Invalid, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var errs []GraphQLError
			if err := json.Unmarshal([]byte(c.errors), &errs); err != nil {
				t.Fatal(err)
			}
			got := FromGraphQL(errs)
			if got.Kind != c.kind || got.Words != c.words {
				t.Errorf("got %v %q, want %v %q", got.Kind, got.Words, c.kind, c.words)
			}
			if (got.Note != "") != (c.words == "") {
				t.Errorf("beside the words %q it notes %q", c.words, got.Note)
			}
			if strings.Contains(fmt.Sprintf("%+v %v", errs, got), "hunter2") {
				t.Error("the value of a variable was kept")
			}
		})
	}
}

func TestGraphQLErrorKeepsItsPlace(t *testing.T) {
	t.Parallel()
	var got GraphQLError
	text := `{"message":"m","path":["projects","nodes",3],"extensions":{"code":"c","typeName":"T","fieldName":"f","argumentName":"a","variableName":"v"}}`
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	want := GraphQLError{
		Message:    "m",
		Path:       []any{"projects", "nodes", 3.0},
		Extensions: GraphQLExtensions{Code: "c", TypeName: "T", FieldName: "f", ArgumentName: "a", VariableName: "v"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestFromPayload(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		messages []string
		kind     Kind
	}{
		"projects full":       {[]string{"Validation failed: Source project exceeds the allowable number of project links in this direction"}, Limit},
		"project there":       {[]string{"This project is already in the job token allowlist."}, Conflict},
		"group there":         {[]string{"This group is already in the job token allowlist."}, Conflict},
		"there, 17.x":         {[]string{"Target project is already in the job token scope"}, Conflict},
		"gone":                {[]string{"Target group is not in the job token scope"}, NotFound},
		"nothing to update":   {[]string{"Unable to find a job token scope for the given project & target"}, NotFound},
		"unknown target":      {[]string{"The group or project does not exist."}, NotFound},
		"unreadable target":   {[]string{"The target_group that you are attempting to access does not exist or you don't have permission to perform this action"}, NotFound},
		"role":                {[]string{"You have insufficient permission to update this job token scope"}, Forbidden},
		"role, service":       {[]string{"Insufficient permissions to modify the job token scope"}, Forbidden},
		"enforced":            {[]string{"Job token scope cannot be disabled for this project because it is enforced for the instance."}, Forbidden},
		"anything else":       {[]string{"Source project cannot be removed from the job token scope"}, Invalid},
		"there and forbidden": {[]string{"This project is already in the job token allowlist.", "Insufficient permissions"}, Forbidden},
		"none":                {nil, Invalid},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := FromPayload(c.messages)
			if got.Kind != c.kind || (got.Words == "") != (c.messages == nil) || (got.Note == "") != (c.messages != nil) {
				t.Errorf("got %v %q %q, want %v", got.Kind, got.Words, got.Note, c.kind)
			}
			for _, message := range c.messages {
				if !strings.Contains(got.Words, message) {
					t.Errorf("%q does not hold %q", got.Words, message)
				}
			}
		})
	}
}
