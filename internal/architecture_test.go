package internal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/jobtoken/terraform-provider-jobtoken"

// The parts of the module that rules speak of. A feature is what offers resources and data sources.
var (
	features     = []string{"internal/allowlist", "internal/estate", "internal/settings", "internal/enforcement", "internal/share", "internal/credential/...", "internal/answers/..."}
	decision     = []string{"internal/access/..."}
	client       = []string{"internal/gitlab/..."}
	services     = []string{"internal/gitlab/allowlists", "internal/gitlab/shares", "internal/gitlab/tokens", "internal/gitlab/variables"}
	terraform    = []string{"internal/tf/..."}
	offered      = []string{"internal/provider"}
	embedded     = []string{"internal/emulator/..."}
	acceptance   = []string{"internal/acctest/...", "internal/demo", "internal/faults", "internal/contract", "internal/bench", "internal/release"}
	testTools    = []string{"internal/tf/private/golden", "internal/gitlab/gitlabtest"}
	providerSide = slices.Concat([]string{"."}, features, decision, client, terraform, offered)
	everything   = []string{".", "internal/..."}

	frameworks = []string{"github.com/hashicorp/terraform-plugin-framework/...", "github.com/hashicorp/terraform-plugin-framework-validators/...", "github.com/hashicorp/terraform-plugin-go/...", "github.com/hashicorp/terraform-plugin-log/...", "github.com/hashicorp/terraform-plugin-sdk/...", "github.com/hashicorp/terraform-plugin-testing/..."}
	gitlabSDK  = []string{"gitlab.com/gitlab-org/api/client-go/..."}
)

// rule forbids imports. Patterns are paths below the module, "." for its root, or whole import
// paths; one that ends in /... means what is below it too.
type rule struct {
	name string
	why  string
	from []string
	// but are packages of from for which the rule does not hold.
	but []string
	to  []string
	// self lets a package of from import its own tree: where from and to overlap.
	self bool
	// tests makes the rule hold for the imports of tests too.
	tests bool
	// breaks and allows are made-up imports by which the rule itself is checked.
	breaks, allows edge
}

// edge is one import.
type edge struct{ from, to string }

var rules = []rule{
	{
		name: "only the provider knows features",
		why:  "a new feature is one folder and one line in internal/provider",
		from: everything, but: offered, to: features, self: true, tests: true,
		breaks: edge{"internal/tf/ref", "internal/allowlist"},
		allows: edge{"internal/provider", "internal/allowlist"},
	},
	{
		name: "features do not import each other",
		why:  "each can be read, changed and removed alone",
		from: features, to: features, self: true, tests: true,
		breaks: edge{"internal/allowlist", "internal/settings"},
		allows: edge{"internal/allowlist", "internal/tf/diagnose"},
	},
	{
		name: "nothing below the provider imports it",
		why:  "arrows run one way: provider, features, tf, gitlab",
		from: slices.Concat(features, terraform, client), to: offered, tests: true,
		breaks: edge{"internal/allowlist", "internal/provider"},
		allows: edge{"internal/provider", "internal/settings"},
	},
	{
		name: "the client knows nothing of what uses it",
		why:  "it can be tested, and used, without Terraform",
		from: client, to: slices.Concat(features, terraform, offered, frameworks), tests: true,
		breaks: edge{"internal/gitlab/transport", "github.com/hashicorp/terraform-plugin-log/tflog"},
		allows: edge{"internal/gitlab", "internal/gitlab/transport"},
	},
	{
		name: "services of the client do not import each other",
		why:  "what two of them need is the core's",
		from: services, to: services, self: true, tests: true,
		breaks: edge{"internal/gitlab/tokens", "internal/gitlab/variables"},
		allows: edge{"internal/gitlab/tokens", "internal/gitlab"},
	},
	{
		name: "the core of the client knows no service",
		why:  "each can be read, changed and removed alone",
		from: client, but: slices.Concat(services, []string{"internal/gitlab/gitlabtest"}), to: services, tests: true,
		breaks: edge{"internal/gitlab", "internal/gitlab/tokens"},
		allows: edge{"internal/gitlab/tokens", "internal/gitlab/turns"},
	},
	{
		name: "only the client uses GitLab's library",
		why:  "its types and errors stay in one place",
		from: everything, but: client, to: gitlabSDK, tests: true,
		breaks: edge{"internal/settings", "gitlab.com/gitlab-org/api/client-go/v2"},
		allows: edge{"internal/gitlab/transport", "gitlab.com/gitlab-org/api/client-go/v2"},
	},
	{
		name: "the access decision is pure",
		why:  "it can be held against another reading of GitLab's rules, fact by fact",
		from: decision, to: slices.Concat(features, client, terraform, offered, frameworks, gitlabSDK, []string{"context", "os/...", "io/...", "net/...", "time"}),
		breaks: edge{"internal/access", "internal/gitlab/allowlists"},
		allows: edge{"internal/access", "strings"},
	},
	{
		name: "what answers work out is pure",
		why:  "it can be tested over many made-up groups and logs",
		from: []string{"internal/answers/proposal", "internal/answers/report"}, to: slices.Concat(client, terraform, offered, frameworks, gitlabSDK, []string{"context", "os/...", "io/...", "net/..."}),
		breaks: edge{"internal/answers/report", "internal/gitlab"},
		allows: edge{"internal/answers/report", "time"},
	},
	{
		name: "no HTTP outside the client",
		why:  "paging, statuses and retries are decided once",
		from: slices.Concat(features, terraform, offered), to: []string{"net/http/..."},
		breaks: edge{"internal/tf/ref", "net/http"},
		allows: edge{"internal/gitlab/transport", "net/http"},
	},
	{
		name: "the embedded GitLab knows nothing of the provider",
		why:  "two readings of GitLab's rules are held against each other",
		from: embedded, to: providerSide, tests: true,
		breaks: edge{"internal/emulator/rest", "internal/gitlab/apierror"},
		allows: edge{"internal/emulator/rest", "internal/emulator/store"},
	},
	{
		name: "the provider's side knows nothing of the embedded GitLab",
		why:  "the other half of the same",
		from: providerSide, to: embedded,
		breaks: edge{"internal/gitlab", "internal/emulator/rules"},
		allows: edge{"internal/acctest", "internal/emulator"},
	},
	{
		name: "the client's tests do without the embedded GitLab",
		why:  "they script answers that no rule of GitLab's would give; whole commands are tested above",
		from: slices.Concat(client, terraform), to: slices.Concat(embedded, acceptance), tests: true,
		breaks: edge{"internal/gitlab", "internal/emulator"},
		allows: edge{"internal/settings", "internal/acctest"},
	},
	{
		name: "the judges of the contract know nothing of the provider's code",
		why:  "what is read twice from one source is not checked",
		from: []string{"internal/contract", "internal/acctest/core"}, to: slices.Concat(features, client, terraform), tests: true,
		breaks: edge{"internal/contract", "internal/gitlab"},
		allows: edge{"internal/contract", "internal/acctest/core"},
	},
	{
		name: "test code is not built into the provider",
		why:  "a release holds neither fixtures nor the embedded GitLab",
		from: slices.Concat(providerSide, embedded), but: testTools, to: slices.Concat(acceptance, testTools, []string{"testing/...", "net/http/httptest"}),
		breaks: edge{"internal/settings", "internal/acctest"},
		allows: edge{"internal/acctest", "testing"},
	},
}

// forbids tells whether an import breaks the rule.
func (r rule) forbids(e edge) bool {
	if !matchesAny(r.from, e.from) || matchesAny(r.but, e.from) || !matchesAny(r.to, e.to) {
		return false
	}
	return !r.self || !sameTree(r.to, e)
}

// sameTree tells whether an import stays within one of some parts.
func sameTree(parts []string, e edge) bool {
	return e.from == e.to || slices.ContainsFunc(parts, func(part string) bool { return matches(part, e.from) && matches(part, e.to) })
}

func matchesAny(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return matches(pattern, path) })
}

func matches(pattern, path string) bool {
	tree, isTree := strings.CutSuffix(pattern, "/...")
	return path == tree || isTree && strings.HasPrefix(path, tree+"/")
}

// goPackage is what the go command tells of a package.
type goPackage struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

// edges are the imports of a package, with paths of the module shortened. What a package's external
// tests import of the package itself is left out.
func (p goPackage) edges(tests bool) []edge {
	imports := p.Imports
	if tests {
		imports = slices.Concat(p.Imports, p.TestImports, p.XTestImports)
	}
	edges := make([]edge, 0, len(imports))
	for _, path := range imports {
		if path != p.ImportPath {
			edges = append(edges, edge{short(p.ImportPath), short(path)})
		}
	}
	return edges
}

func short(path string) string {
	if path == module {
		return "."
	}
	return strings.TrimPrefix(path, module+"/")
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	command.Dir = ".."
	var problems bytes.Buffer
	command.Stderr = &problems
	output, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, problems.String())
	}
	var found []goPackage
	for decoder := json.NewDecoder(bytes.NewReader(output)); ; {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return found
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		found = append(found, p)
	}
}

func TestImports(t *testing.T) {
	t.Parallel()
	all := packages(t)
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			concerned := 0
			for _, p := range all {
				if matchesAny(r.from, short(p.ImportPath)) {
					concerned++
				}
				for _, e := range p.edges(r.tests) {
					if r.forbids(e) {
						t.Errorf("%s imports %s, but %s", e.from, e.to, r.why)
					}
				}
			}
			if concerned == 0 {
				t.Error("no package is concerned: has one been renamed?")
			}
		})
	}
}

// TestFeaturesAreKnown makes a new package choose its place in the rules.
func TestFeaturesAreKnown(t *testing.T) {
	t.Parallel()
	placed := slices.Concat(providerSide, embedded, acceptance, []string{"internal"})
	for _, p := range packages(t) {
		if !matchesAny(placed, short(p.ImportPath)) {
			t.Errorf("%s is in no part of the design: add it to those above", p.ImportPath)
		}
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			if !r.forbids(r.breaks) {
				t.Errorf("it lets %s import %s", r.breaks.from, r.breaks.to)
			}
			if r.forbids(r.allows) {
				t.Errorf("it forbids %s to import %s", r.allows.from, r.allows.to)
			}
			if r.why == "" {
				t.Error("it has no reason")
			}
		})
	}
}

func TestMatches(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		pattern, path string
		want          bool
	}{
		"the package itself":        {"internal/gitlab", "internal/gitlab", true},
		"not what is below it":      {"internal/gitlab", "internal/gitlab/version", false},
		"a tree's root":             {"internal/gitlab/...", "internal/gitlab", true},
		"a tree's leaf":             {"internal/gitlab/...", "internal/gitlab/version", true},
		"not a longer name":         {"internal/gitlab/...", "internal/gitlabber", false},
		"the module's root":         {".", ".", true},
		"the root is not the whole": {".", "internal/gitlab", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := matches(c.pattern, c.path); got != c.want {
				t.Errorf("%s matches %s: %t", c.pattern, c.path, got)
			}
		})
	}
}

func TestEdges(t *testing.T) {
	t.Parallel()
	p := goPackage{
		ImportPath: module + "/internal/gitlab", Imports: []string{module, "fmt"},
		TestImports: []string{"testing"}, XTestImports: []string{module + "/internal/gitlab", "net/http"},
	}
	plain := []edge{{"internal/gitlab", "."}, {"internal/gitlab", "fmt"}}
	if got := p.edges(false); !slices.Equal(got, plain) {
		t.Errorf("imports %v", got)
	}
	tests := slices.Concat(plain, []edge{{"internal/gitlab", "testing"}, {"internal/gitlab", "net/http"}})
	if got := p.edges(true); !slices.Equal(got, tests) {
		t.Errorf("with tests %v", got)
	}
}

// Only one place may lead tests to a server that was not started for them.
func TestServersOfTests(t *testing.T) {
	t.Parallel()
	asks := regexp.MustCompile(`os\.(Getenv|LookupEnv)\("(GITLAB_|CI_API_)`)
	eachFile(t, func(path string, content []byte) {
		if strings.HasSuffix(path, ".go") && asks.Match(content) {
			t.Errorf("%s asks the environment for a server: internal/acctest/foreign does, and only with TF_ACC=1", path)
		}
	})
}

// What editors and merges leave behind belongs to nobody's history.
func TestNoLeftovers(t *testing.T) {
	t.Parallel()
	leftover := regexp.MustCompile(`(\.(orig|rej|bak|swp|swo|prof)|~|\.DS_Store)$`)
	eachFile(t, func(path string, _ []byte) {
		if leftover.MatchString(path) {
			t.Errorf("%s should not be here", path)
		}
	})
}

// A tag can be moved, a digest cannot. Of GitLab's images the job looks itself whether they have one.
func TestImagesArePinned(t *testing.T) {
	t.Parallel()
	image := regexp.MustCompile(`(?:image|name): ([\w./-]+:\S+)`)
	pinned := regexp.MustCompile(`@sha256:[0-9a-f]{64}$`)
	eachFile(t, func(path string, content []byte) {
		if path != ".gitlab-ci.yml" {
			return
		}
		found := image.FindAllSubmatch(content, -1)
		if len(found) < 3 || !strings.Contains(string(content), "if: $GITLAB_CE =~ /@sha256:[0-9a-f]{64}$/\n") {
			t.Errorf("%s names %d images, and runs GitLab unpinned", path, len(found))
		}
		for _, match := range found {
			if name := string(match[1]); name != "gitlab/gitlab-ce:$GITLAB_CE" && !pinned.MatchString(name) {
				t.Errorf("%s runs %s", path, name)
			}
		}
	})
}

// eachFile visits what git would take of the module: all but the folders that it ignores.
func eachFile(t *testing.T, visit func(path string, content []byte)) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(".."), ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains([]string{".git", "build", "dist", ".terraform"}, entry.Name()):
			return fs.SkipDir
		case !entry.Type().IsRegular():
			return nil
		}
		content, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(path)))
		visit(path, content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
