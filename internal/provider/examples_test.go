package provider_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	frameworkprovider "github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/provider"
)

const (
	repository = "../.."
	examples   = repository + "/examples"
)

// TestExamples applies every example, each with the provider block of examples/provider, on an
// embedded GitLab with the company that the examples speak of. The folders are listed, so that none
// is forgotten.
func TestExamples(t *testing.T) {
	t.Parallel()
	for _, folder := range folders(t) {
		t.Run(filepath.Base(filepath.Dir(folder))+"/"+filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			for _, file := range names(t, folder) {
				t.Run(file, func(t *testing.T) {
					t.Parallel()
					switch file {
					case "import.sh":
						importByCommand(t, folder)
					case "import.tf":
						importNothingElse(t, folder, file)
					case "import-identity.tf":
						needsIdentity(t)
						importNothingElse(t, folder, file)
					case "plan.txt": // compared where the example is planned
					default:
						applyAndDestroy(t, folder, file)
					}
				})
			}
		})
	}
}

// TestExamplesAreComplete asks for the examples that the documentation embeds.
func TestExamplesAreComplete(t *testing.T) {
	t.Parallel()
	ctx, p := t.Context(), provider.New("test")()
	var metadata frameworkprovider.MetadataResponse
	p.Metadata(ctx, frameworkprovider.MetadataRequest{}, &metadata)

	want := map[string][]string{}
	for _, create := range p.Resources(ctx) {
		var resp resource.MetadataResponse
		create().Metadata(ctx, resource.MetadataRequest{ProviderTypeName: metadata.TypeName}, &resp)
		want[filepath.Join(examples, "resources", resp.TypeName)] = []string{"resource.tf", "import.sh", "import.tf", "import-identity.tf"}
	}
	for _, create := range p.DataSources(ctx) {
		var resp datasource.MetadataResponse
		create().Metadata(ctx, datasource.MetadataRequest{ProviderTypeName: metadata.TypeName}, &resp)
		want[filepath.Join(examples, "data-sources", resp.TypeName)] = []string{"data-source.tf"}
	}
	for folder, files := range want {
		for _, file := range files {
			if _, err := os.Stat(filepath.Join(folder, file)); err != nil {
				t.Error(err)
			}
		}
	}
	for _, folder := range folders(t) {
		if want[folder] == nil {
			t.Errorf("%s is an example of nothing that the provider offers", folder)
		}
	}
}

// TestReadme holds the example and the plan of the first screen to those that are applied above.
func TestReadme(t *testing.T) {
	t.Parallel()
	readme := read(t, filepath.Join(repository, "README.md"))
	for _, file := range []string{"provider/provider.tf", "resources/jobtoken_allowlist/resource.tf", "resources/jobtoken_allowlist/plan.txt", "resources/jobtoken_allowlist/import.tf"} {
		if !strings.Contains(readme, read(t, filepath.Join(examples, file))) {
			t.Errorf("README.md does not show examples/%s as it is", file)
		}
	}
}

// applyAndDestroy applies an example, expects no changes after it, and destroys it.
func applyAndDestroy(t *testing.T, folder, file string) {
	t.Helper()
	c := lay(t, folder, file)
	if shown := filepath.Join(folder, "plan.txt"); file == "resource.tf" && exists(shown) {
		if plan := c.Plan(t, acctest.Changes); !strings.Contains(plan, read(t, shown)) {
			t.Errorf("%s is not what the plan shows:\n%s", shown, plan)
		}
	}
	c.Apply(t, 0)
	c.Plan(t, acctest.NoChanges)
	c.Must(t, 0, "destroy", "-auto-approve", "-input=false")
}

// importNothingElse plans and applies an import that changes nothing.
func importNothingElse(t *testing.T, folder, file string) {
	t.Helper()
	c := lay(t, folder, file)
	const plan = "Plan: 1 to import, 0 to add, 0 to change, 0 to destroy."
	if output := c.Plan(t, acctest.Changes); !strings.Contains(output, plan) {
		t.Errorf("want %q in:\n%s", plan, output)
	}
	c.Apply(t, 0)
	c.Plan(t, acctest.NoChanges)
}

// importByCommand runs each command of import.sh beside the resource of import.tf.
func importByCommand(t *testing.T, folder string) {
	t.Helper()
	commands := 0
	for line := range strings.Lines(read(t, filepath.Join(folder, "import.sh"))) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		commands++
		c := lay(t, folder, "import.tf")
		write(t, filepath.Join(c.Dir, "main.tf"), withoutImport(t, filepath.Join(folder, "import.tf")))
		if result := c.Run(t, words[1:]...); result.Code != 0 {
			t.Fatalf("%s: %s", line, result.Output)
		}
		c.Plan(t, acctest.NoChanges)
	}
	if commands == 0 {
		t.Error("import.sh holds no command")
	}
}

// lay starts the company's GitLab and lays an example out beside the provider block.
func lay(t *testing.T, folder, file string) *acctest.CLI {
	t.Helper()
	server, err := emulator.Start(emulator.Options{Seed: "acme"})
	if err != nil {
		t.Fatalf("start the embedded GitLab: %v", err)
	}
	t.Cleanup(server.Close)
	c := acctest.NewCLI(t, &acctest.GitLab{BaseURL: server.URL(), Token: server.Tokens()["terraform"]}, "")
	write(t, filepath.Join(c.Dir, "provider.tf"), read(t, filepath.Join(examples, "provider", "provider.tf")))
	write(t, filepath.Join(c.Dir, "main.tf"), read(t, filepath.Join(folder, file)))
	return c
}

// needsIdentity skips a test on a CLI that cannot import by identity.
func needsIdentity(t *testing.T) {
	t.Helper()
	var cli struct {
		Version string `json:"terraform_version"`
	}
	c := acctest.NewCLI(t, &acctest.GitLab{}, "")
	if err := json.Unmarshal([]byte(c.Run(t, "version", "-json").Output), &cli); err != nil {
		t.Fatal(err)
	}
	major, rest, _ := strings.Cut(cli.Version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	if number, err := strconv.Atoi(minor); err != nil || major == "1" && number < 12 {
		t.Skipf("import by identity came with Terraform 1.12 and OpenTofu 1.12; this is %s", cli.Version)
	}
}

// withoutImport gives an example without its import block, which comes first.
func withoutImport(t *testing.T, file string) string {
	t.Helper()
	text := read(t, file)
	_, rest, found := strings.Cut(text, "\n}\n")
	if !strings.HasPrefix(text, "import {") || !found {
		t.Fatalf("%s does not begin with an import block", file)
	}
	return rest
}

// folders are the example folders of resources and data sources.
func folders(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(examples, "*", "jobtoken_*"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	slices.Sort(found)
	return found
}

// names are the files of a folder.
func names(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	found := make([]string, len(entries))
	for i, entry := range entries {
		found[i] = entry.Name()
	}
	return found
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
