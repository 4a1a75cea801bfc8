package internal_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// documents are the texts that are read where the code is. The registries' pages link to each other.
func documents(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	eachFile(t, func(path string, content []byte) {
		if strings.HasSuffix(path, ".md") && !strings.HasPrefix(path, "docs/") && !strings.HasPrefix(path, "templates/") && !strings.HasPrefix(path, ".git") {
			found[path] = string(content)
		}
	})
	return found
}

func exists(path string) bool {
	_, err := os.Stat(filepath.Join("..", filepath.FromSlash(path)))
	return err == nil
}

// Whatever a document links to is there, heading included.
func TestLinks(t *testing.T) {
	t.Parallel()
	all := documents(t)
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	for name, text := range all {
		for _, found := range link.FindAllStringSubmatch(text, -1) {
			to, heading, _ := strings.Cut(found[1], "#")
			if strings.Contains(to, "://") {
				continue
			}
			at := name
			if to != "" {
				at = path.Join(path.Dir(name), to)
			}
			if !exists(at) {
				t.Errorf("%s links to %s, which is not there", name, found[1])
			} else if content, known := all[at]; known && heading != "" && !slices.Contains(anchors(content), heading) {
				t.Errorf("%s links to the heading %s, which is not there", name, found[1])
			}
		}
	}
}

// anchors are the names by which headings are linked to.
func anchors(text string) (names []string) {
	dropped := regexp.MustCompile("[^a-z0-9 _-]")
	for line := range strings.Lines(text) {
		if heading, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); ok && strings.HasPrefix(line, "#") {
			names = append(names, strings.ReplaceAll(dropped.ReplaceAllString(strings.ToLower(strings.TrimSpace(heading)), ""), " ", "-"))
		}
	}
	return names
}

// Tests and files that a document names are there. A name may end in "…", and a path may leave out
// internal/.
func TestNamesInDocuments(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	eachFile(t, func(path string, content []byte) {
		if strings.HasSuffix(path, "_test.go") {
			for _, found := range declared.FindAllSubmatch(content, -1) {
				tests[string(found[1])] = true
			}
		}
	})
	test, file := regexp.MustCompile("`(Test\\w+)(…?)`"), regexp.MustCompile("`([a-z][\\w./-]*/[\\w.-]+\\.(?:go|sh|md|txt|graphql|tmpl))`")
	for _, name := range []string{"DESIGN.md", "CONTRIBUTING.md", "RECIPES.md", "RELEASING.md"} {
		text, ok := documents(t)[name]
		if !ok {
			t.Errorf("%s is not there", name)
		}
		for _, found := range test.FindAllStringSubmatch(text, -1) {
			there := tests[found[1]]
			for known := range tests {
				there = there || found[2] != "" && strings.HasPrefix(known, found[1])
			}
			if !there {
				t.Errorf("%s speaks of %s, which is not there", name, found[0])
			}
		}
		for _, found := range file.FindAllStringSubmatch(text, -1) {
			if !exists(found[1]) && !exists("internal/"+found[1]) {
				t.Errorf("%s speaks of %s, which is not there", name, found[0])
			}
		}
	}
}

// The layout in CONTRIBUTING.md has every package, and nothing else. The embedded GitLab has a README of its own.
func TestLayout(t *testing.T) {
	t.Parallel()
	there := map[string]bool{}
	eachFile(t, func(name string, _ []byte) {
		folder := path.Dir(name)
		if strings.HasSuffix(name, ".go") && strings.HasPrefix(folder, "internal/") && !strings.HasPrefix(folder, "internal/emulator/") {
			there[folder] = true
		}
	})
	told := map[string]bool{"internal/tools": true}
	above := []string{}
	for _, line := range regexp.MustCompile(`(?m)^( *)([a-z]+)/(?:  .*)?$`).FindAllStringSubmatch(documents(t)["CONTRIBUTING.md"], -1) {
		depth := len(line[1]) / 2
		if depth > len(above) {
			t.Fatalf("%s/ is below nothing", line[2])
		}
		above = append(above[:depth], line[2])
		if depth > 0 {
			told[path.Join(above...)] = true
		}
	}
	for folder := range there {
		if !told[folder] {
			t.Errorf("CONTRIBUTING.md does not say what %s is for", folder)
		}
	}
	for folder := range told {
		if !exists(folder) {
			t.Errorf("CONTRIBUTING.md speaks of %s, which is not there", folder)
		}
	}
}

// README.md has every guide and every page of the registry; list resources go by the resources' names.
func TestReadmeHasEveryPage(t *testing.T) {
	t.Parallel()
	readme := documents(t)["README.md"]
	eachFile(t, func(name string, _ []byte) {
		if strings.HasPrefix(name, "docs/") && !strings.HasPrefix(name, "docs/list-resources/") && !strings.Contains(readme, "("+name+")") {
			t.Errorf("%s is not linked", name)
		}
	})
}

// Decisions are numbered without a gap and stand once in their index, under their topic; one that has
// fallen and the one that it fell to name each other.
func TestDecisions(t *testing.T) {
	t.Parallel()
	var names []string
	all := documents(t)
	for name := range all {
		if strings.HasPrefix(name, "decisions/") && name != "decisions/README.md" {
			names = append(names, strings.TrimPrefix(name, "decisions/"))
		}
	}
	slices.Sort(names)
	topics := map[string]string{}
	topic, line := "", regexp.MustCompile(`^\* (\d{3}) \[(.*)\]\((\S+\.md)\)( \((?:amended|overturned).*\))?$`)
	for text := range strings.Lines(all["decisions/README.md"]) {
		text = strings.TrimSpace(text)
		if heading, ok := strings.CutPrefix(text, "## "); ok {
			topic = heading
		} else if found := line.FindStringSubmatch(text); found != nil {
			if topics[found[3]] != "" {
				t.Errorf("%s stands in the index twice", found[3])
			}
			topics[found[3]] = topic
			decision := all["decisions/"+found[3]]
			if !strings.HasPrefix(decision, "# "+found[2]+"\n") || !strings.HasPrefix(found[3], found[1]+"-") {
				t.Errorf("the index has another number or title for %s", found[3])
			}
			if fallen := !strings.Contains(decision, "\n* Status: Stands\n"); fallen != (found[4] != "") {
				t.Errorf("the index and %s do not agree on whether it stands", found[3])
			}
		}
	}
	head := regexp.MustCompile(`^# .+\n\n\* Date: \d{4}-\d\d-\d\d\n\* Status: (Stands|Amended, see the last paragraph|(Amended|Overturned) by \[.+\]\((\S+)\))\n(?:\* (?:Overturns|Amends): .*\n)*\* Topic: (.*)\n\n`)
	for i, name := range names {
		if !strings.HasPrefix(name, fmt.Sprintf("%03d-", i+1)) {
			t.Errorf("%s should have the number %03d", name, i+1)
		}
		found := head.FindStringSubmatch(all["decisions/"+name])
		switch {
		case found == nil:
			t.Errorf("%s has no date, status and topic", name)
		case topics[name] != found[4]:
			t.Errorf("%s is about %q, and stands in the index under %q", name, found[4], topics[name])
		case found[3] != "" && !strings.Contains(all["decisions/"+found[3]], "s: ["+strings.TrimPrefix(strings.SplitN(all["decisions/"+name], "\n", 2)[0], "# ")+"]("+name+")"):
			t.Errorf("%s does not say that it changes %s", found[3], name)
		}
	}
}

// titles are the fixed titles of errors and warnings.
func titles(t *testing.T) (titles []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "tf/diagnose/diagnose.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(node ast.Node) bool {
		if spec, ok := node.(*ast.ValueSpec); ok && fmt.Sprint(spec.Type) == "Title" {
			for _, value := range spec.Values {
				if literal, ok := value.(*ast.BasicLit); ok {
					title, err := strconv.Unquote(literal.Value)
					if err != nil {
						t.Fatal(err)
					}
					titles = append(titles, title)
				}
			}
		}
		return true
	})
	if len(titles) < 50 {
		t.Fatalf("only %d titles were found", len(titles))
	}
	return titles
}

// What the documentation quotes of errors and warnings is what the provider says: titles to the letter,
// and of the text below them most of the words in a row.
func TestQuotedDiagnostics(t *testing.T) {
	t.Parallel()
	all, said := titles(t), sayings(t)
	quoted, subject := regexp.MustCompile(`(?m)^(?:│ )?(?:Error|Warning): (.+)$`), regexp.MustCompile(` \([^()]*\)$`)
	count := 0
	eachFile(t, func(path string, content []byte) {
		if path != "README.md" && !strings.HasPrefix(path, "templates/") && !strings.HasPrefix(path, "examples/") {
			return
		}
		text := string(content)
		for _, at := range quoted.FindAllStringSubmatchIndex(text, -1) {
			count++
			title := text[at[2]:at[3]]
			if !slices.Contains(all, title) && !slices.Contains(all, subject.ReplaceAllString(title, "")) {
				t.Errorf("%s quotes %q, which is no title", path, title)
			}
			body, _, _ := strings.Cut(text[at[3]:], "\n```")
			if known := familiar(body, said); known < 0.5 {
				t.Errorf("%s quotes below %q what the provider does not say (%.0f %% of it is known):%s", path, title, 100*known, body)
			}
		}
		for _, title := range headings(text) {
			if !slices.Contains(all, title) {
				t.Errorf("%s has the heading %q, which looks like a title and is none", path, title)
			}
		}
	})
	if count < 10 {
		t.Errorf("only %d quotations were found", count)
	}
}

// small are words that a title has without a capital.
var small = []string{"and", "for", "from", "the", "into"}

// headings are those of the third level that look like titles: every longer word has a capital.
func headings(text string) (found []string) {
	for line := range strings.Lines(text) {
		heading, ok := strings.CutPrefix(strings.TrimSpace(line), "### ")
		words := strings.Fields(heading)
		if ok && len(words) > 2 && len(words[0]) > 2 && !slices.ContainsFunc(words, func(word string) bool {
			return len(word) > 2 && !slices.Contains(small, word) && strings.ToLower(word[:1]) == word[:1]
		}) {
			found = append(found, heading)
		}
	}
	return found
}

// inARow is how many words make a saying.
const inARow = 3

// sayings are all runs of words in the texts of the code. GitLab's are in those of the embedded one.
func sayings(t *testing.T) map[string]bool {
	t.Helper()
	said := map[string]bool{}
	eachFile(t, func(path string, content []byte) {
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, content, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(node ast.Node) bool {
			if literal, ok := node.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				if text, err := strconv.Unquote(literal.Value); err == nil {
					for _, run := range runs(text) {
						said[run] = true
					}
				}
			}
			return true
		})
	})
	return said
}

// What stands for a value in a format is no word, and neither are names of what is there.
var (
	word  = regexp.MustCompile(`[\w/-]+`)
	value = regexp.MustCompile(`%[a-z]|"[^" ]+"|\((?:id \d+|HTTP[^)]*)\)|\b[\w-]+/[\w/-]+`)
)

func runs(text string) (found []string) {
	words := word.FindAllString(strings.ToLower(value.ReplaceAllString(strings.Join(strings.Fields(text), " "), " ")), -1)
	for i := range max(0, len(words)-inARow+1) {
		found = append(found, strings.Join(words[i:i+inARow], " "))
	}
	return found
}

// familiar is the part of a text that is said. Lists and configurations are left out: they are the user's.
func familiar(text string, said map[string]bool) float64 {
	var prose strings.Builder
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		if trimmed := strings.TrimSpace(paragraph); trimmed != "" && strings.Contains(trimmed, " ") && !strings.ContainsAny(trimmed[:1], "-#{}") && !strings.Contains(trimmed, " = ") {
			prose.WriteString(trimmed + "\n")
		}
	}
	all, known := runs(prose.String()), 0
	for _, run := range all {
		if said[run] {
			known++
		}
	}
	if len(all) == 0 {
		return 1
	}
	return float64(known) / float64(len(all))
}

func TestFamiliar(t *testing.T) {
	t.Parallel()
	said := map[string]bool{}
	for _, run := range runs("Could not read the list of %s. Look at the address and try again.") {
		said[run] = true
	}
	for text, want := range map[string]bool{
		"\n\nCould not read the list of acme/app. Look at\nthe address and try again.": true,
		"\n\nCould not read it. Have another look at the address.":                     false,
		"\n\n": true,
	} {
		if got := familiar(text, said) >= 0.5; got != want {
			t.Errorf("%q is familiar: %t", text, got)
		}
	}
}
