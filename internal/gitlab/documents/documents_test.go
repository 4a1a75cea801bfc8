package documents_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	graphql "github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	graphqlparser "github.com/vektah/gqlparser/v2/parser"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/documents"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/version"
)

var (
	oldest = documents.Server{Version: version.Version{Major: 17, Minor: 11}}
	newest = documents.Server{Version: version.Version{Major: 99}}
)

// largestText is how many characters GitLab takes in one query, without its variables.
const largestText = 10_000

// repeats are the documents that go out with several fields, and the most that the client sends.
var repeats = map[documents.Name]int{
	documents.AddEntries:            20,
	documents.SetPermissions:        20,
	documents.RemoveProjects:        20,
	documents.RemoveGroups:          20,
	documents.GroupReferencesByPath: 50,
	documents.NamespaceReferences:   50,
	documents.GroupSizes:            8,
}

// names reads the constants out of the package's source, so that none can be forgotten here.
func names(t *testing.T) []documents.Name {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "documents.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var found []documents.Name
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); !ok || kind.Name != "Name" {
			return false
		}
		for i, value := range spec.Values {
			literal, ok := value.(*ast.BasicLit)
			if !ok {
				t.Fatalf("%s is no literal", spec.Names[i])
			}
			text, err := strconv.Unquote(literal.Value)
			if err != nil || text != spec.Names[i].Name {
				t.Errorf("constant %s has the value %s", spec.Names[i], literal.Value)
			}
			found = append(found, documents.Name(text))
		}
		return false
	})
	if len(found) == 0 {
		t.Fatal("no constants are found")
	}
	return found
}

func parse(t *testing.T, text string) *graphql.QueryDocument {
	t.Helper()
	document, err := graphqlparser.ParseQuery(&graphql.Source{Input: text})
	if err != nil {
		t.Fatalf("not a document: %v\n%s", err, text)
	}
	return document
}

// operation is the one operation of a text.
func operation(t *testing.T, text string) *graphql.OperationDefinition {
	t.Helper()
	operations := parse(t, text).Operations
	if len(operations) != 1 {
		t.Fatalf("%d operations in one document", len(operations))
	}
	return operations[0]
}

func TestEveryConstantIsADocument(t *testing.T) {
	t.Parallel()
	for _, name := range names(t) {
		for what, server := range map[string]documents.Server{
			"oldest": oldest, "newest": newest, "without policies": {Version: newest.Version, WithoutPolicies: true},
		} {
			t.Run(fmt.Sprintf("%s %s", name, what), func(t *testing.T) {
				t.Parallel()
				text := documents.Text(name, server)
				if got := operation(t, text).Name; got != string(name) {
					t.Errorf("the operation is %s", got)
				}
				if strings.Contains(text, "#") {
					t.Error("a mark is left in the text")
				}
				if len(text) >= largestText {
					t.Errorf("%d characters", len(text))
				}
				usesItsFragments(t, text)
			})
		}
	}
}

// usesItsFragments checks that no fragment is missing and none is left over, both of which GitLab refuses.
func usesItsFragments(t *testing.T, text string) {
	t.Helper()
	document := parse(t, text)
	var walk func(graphql.SelectionSet)
	used := map[string]bool{}
	walk = func(set graphql.SelectionSet) {
		for _, selection := range set {
			switch s := selection.(type) {
			case *graphql.Field:
				walk(s.SelectionSet)
			case *graphql.InlineFragment:
				walk(s.SelectionSet)
			case *graphql.FragmentSpread:
				used[s.Name] = true
			}
		}
	}
	for _, o := range document.Operations {
		walk(o.SelectionSet)
	}
	for _, f := range document.Fragments {
		walk(f.SelectionSet)
	}
	for _, f := range document.Fragments {
		if !used[f.Name] {
			t.Errorf("fragment %s is not used", f.Name)
		}
		delete(used, f.Name)
	}
	for name := range used {
		t.Errorf("fragment %s is missing", name)
	}
}

func TestEveryFileHasAConstant(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.graphql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	constants := names(t)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if name := operation(t, string(text)).Name; !slices.Contains(constants, documents.Name(name)) {
			t.Errorf("%s holds %s, which no constant names", file, name)
		}
	}
	if len(files) != len(constants) {
		t.Errorf("%d files for %d constants", len(files), len(constants))
	}
}

func TestFragmentsOfOneNameAreTheSame(t *testing.T) {
	t.Parallel()
	texts := map[string]string{}
	shared := 0
	for _, name := range names(t) {
		for _, fragment := range parse(t, documents.Text(name, newest)).Fragments {
			var text strings.Builder
			formatter.NewFormatter(&text).FormatQueryDocument(&graphql.QueryDocument{Fragments: graphql.FragmentDefinitionList{fragment}})
			switch other, known := texts[fragment.Name]; {
			case !known:
				texts[fragment.Name] = text.String()
			case other != text.String():
				t.Errorf("fragment %s of %s differs from that of another document:\n%s\n%s", fragment.Name, name, text.String(), other)
			default:
				shared++
			}
		}
	}
	if shared == 0 {
		t.Error("no fragment is in two documents, so nothing was compared")
	}
}

func TestRepeatableDocumentsRepeat(t *testing.T) {
	t.Parallel()
	for name, most := range repeats {
		for _, count := range []int{1, 2, most} {
			t.Run(fmt.Sprintf("%s %d", name, count), func(t *testing.T) {
				t.Parallel()
				once := operation(t, documents.Text(name, newest))
				text := documents.Repeat(name, newest, count)
				repeated := operation(t, text)
				if len(text) >= largestText {
					t.Errorf("%d characters", len(text))
				}
				if repeated.Name != string(name) || repeated.Operation != once.Operation {
					t.Errorf("it is now the %s %s", repeated.Operation, repeated.Name)
				}
				if len(repeated.SelectionSet) != count || len(repeated.VariableDefinitions) != count {
					t.Fatalf("%d fields and %d variables", len(repeated.SelectionSet), len(repeated.VariableDefinitions))
				}
				original := fieldOf(t, once.SelectionSet[0])
				for i := range count {
					isRepetition(t, fieldOf(t, repeated.SelectionSet[i]), original, i)
					variable := repeated.VariableDefinitions[i]
					if variable.Variable != documents.Input(i) || variable.Type.String() != once.VariableDefinitions[0].Type.String() {
						t.Errorf("variable %d is $%s: %s", i, variable.Variable, variable.Type)
					}
				}
				usesItsFragments(t, text)
			})
		}
	}
}

func fieldOf(t *testing.T, selection graphql.Selection) *graphql.Field {
	t.Helper()
	field, ok := selection.(*graphql.Field)
	if !ok {
		t.Fatalf("%T is no field", selection)
	}
	return field
}

func isRepetition(t *testing.T, field, original *graphql.Field, at int) {
	t.Helper()
	if field.Alias != documents.Result(at) || field.Name != original.Name {
		t.Errorf("field %d is %s: %s", at, field.Alias, field.Name)
	}
	for i, argument := range field.Arguments {
		if argument.Name != original.Arguments[i].Name || argument.Value.Raw != documents.Input(at) {
			t.Errorf("field %d takes %s: $%s", at, argument.Name, argument.Value.Raw)
		}
	}
	if len(field.SelectionSet) != len(original.SelectionSet) || len(field.Arguments) != len(original.Arguments) {
		t.Errorf("field %d is not as it was written", at)
	}
}

func TestOnlyRepeatableDocumentsRepeat(t *testing.T) {
	t.Parallel()
	for _, name := range names(t) {
		if strings.Contains(documents.Text(name, newest), "($input: ") {
			continue
		}
		t.Run(string(name), func(t *testing.T) {
			t.Parallel()
			defer func() {
				if recover() == nil {
					t.Error("a document that does not take the one variable $input was repeated")
				}
			}()
			documents.Repeat(name, newest, 2)
		})
	}
}

func TestMarks(t *testing.T) {
	t.Parallel()
	const push, policies = "crossProjectPushForJobTokenAllowed", "jobTokenPolicies"
	cases := map[string]struct {
		name     documents.Name
		server   documents.Server
		push     bool
		policies bool
	}{
		"before the toggle":          {documents.ProjectSnapshots, documents.Server{Version: version.Version{Major: 18, Minor: 11}}, false, true},
		"first with the toggle":      {documents.ProjectSnapshots, documents.Server{Version: version.Version{Major: 19}}, true, true},
		"permissions not readable":   {documents.ProjectSnapshots, documents.Server{Version: version.Version{Major: 19}, WithoutPolicies: true}, true, false},
		"both left out":              {documents.GroupSnapshots, documents.Server{Version: version.Version{Major: 18}, WithoutPolicies: true}, false, false},
		"settings before the toggle": {documents.UpdateSettings, oldest, false, false},
		"settings with the toggle":   {documents.UpdateSettings, newest, true, false},
		"further pages":              {documents.AllowlistPage, newest, false, true},
		"further pages not readable": {documents.AllowlistPage, documents.Server{Version: newest.Version, WithoutPolicies: true}, false, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := documents.Text(c.name, c.server)
			for field, want := range map[string]bool{push: c.push, policies: c.policies} {
				if got := strings.Contains(text, field); got != want {
					t.Errorf("%s is asked for: %t, want %t", field, got, want)
				}
			}
		})
	}
}

// TestOnlyKnownMarks finds a misspelt mark, which would leave its line in for every server.
func TestOnlyKnownMarks(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.graphql")
	if err != nil {
		t.Fatal(err)
	}
	marks := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := documents.Name(operation(t, string(text)).Name)
		lines := func(server documents.Server) int { return strings.Count(documents.Text(name, server), "\n") }
		marked := strings.Count(string(text), "#")
		marks += marked
		if dropped := lines(newest) - lines(documents.Server{WithoutPolicies: true}); dropped != marked {
			t.Errorf("%s has %d marks, but %d lines fall away for a server that has nothing", file, marked, dropped)
		}
	}
	if marks == 0 {
		t.Error("no file has a mark, so nothing was compared")
	}
}
