package provider_test

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
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
						acctest.NeedsCLI(t, 12, "import by identity")
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
	offers, ok := p.(frameworkprovider.ProviderWithEphemeralResources)
	if !ok {
		t.Fatal("the provider offers no ephemeral resources")
	}
	for _, create := range offers.EphemeralResources(ctx) {
		var resp ephemeral.MetadataResponse
		create().Metadata(ctx, ephemeral.MetadataRequest{ProviderTypeName: metadata.TypeName}, &resp)
		want[filepath.Join(examples, "ephemeral-resources", resp.TypeName)] = []string{"ephemeral-resource.tf"}
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
	if _, token, found := strings.Cut(read(t, filepath.Join(examples, "deploy-token", "main.tf")), "\nresource "); !found || !strings.Contains(readme, "resource "+token) {
		t.Error("README.md does not show the resource of examples/deploy-token as it is")
	}
}

// TestEstate applies the example of many projects as it is.
func TestEstate(t *testing.T) {
	t.Parallel()
	c := layEstate(t, start(t), read(t, filepath.Join(examples, "estate", "estate.yaml")))
	if output := c.Apply(t, 0); !acctest.Says(output, `"acme/deployer" = tolist([ "acme/shared-lib", "acme/web", ])`) {
		t.Errorf("the output does not tell what a consumer reaches:\n%s", output)
	}
	c.Plan(t, acctest.NoChanges)
	c.Must(t, 0, "destroy", "-auto-approve", "-input=false")
}

// TestEstate_mistakes holds the example to refuse a file that would empty a list by mistake.
func TestEstate_mistakes(t *testing.T) {
	t.Parallel()
	g := start(t)
	for name, mistake := range map[string]struct {
		file string
		says []string
	}{
		"a permission":   {"acme/shared-lib:\n  projects:\n    acme/app: [write_packages]\nacme/web:\n  projects:\n    acme/app: read_jobs\n", []string{"Unknown Permission", `"projects" and "groups" of acme/web are maps`}},
		"no permissions": {"acme/shared-lib:\n  projects:\n    acme/app:\n", []string{"Permissions Are Not Stated"}},
		"of the file": {
			`acme/shared-lib:
  project:
    acme/app: # what is here, there: and everywhere
acme/web:
  projects:
    - acme/app
acme/app:
  projects:
acme/reports:
acme/deployer:
  enabled: never
acme/docs:
  projects:
    "acme/app":
    acme/web: [read_jobs]
    acme/app: [read_jobs]
"acme/platform/runner-images":
  projects:
    acme/app:
acme/platform/runner-images : {}
`, []string{
				`acme/shared-lib may hold "enabled", "projects" and "groups", and nothing else.`,
				`"projects" and "groups" of acme/web are maps`,
				`"projects" and "groups" of acme/app are maps`,
				`acme/reports may hold`,
				`"enabled" of acme/deployer is neither true nor false`,
				`acme/docs or a key of it is there twice`,
				`acme/platform/runner-images or a key of it is there twice`,
			},
		},
		"of other files": {
			`acme/web: {projects: {acme/docs: [], acme/app: [], 'acme/docs' : [default]}}
acme/app:
  projects: {acme/web: [default]}
  enabled: true
  projects: {acme/app: [default]}
acme/docs:
  groups:
    7: []
    7: [default]
acme/reports:
  - projects
acme/deployer: projects
acme/shared-lib:
  enabled:
acme/platform/runner-images:
  groups:
    acme/platform: {permissions: [read_jobs]}
`, []string{
				`acme/web or a key of it is there twice`,
				`acme/app or a key of it is there twice`,
				`acme/docs or a key of it is there twice`,
				`acme/reports may hold`,
				`acme/deployer may hold`,
				`"enabled" of acme/shared-lib is neither true nor false`,
				`"projects" and "groups" of acme/platform/runner-images are maps`,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			output := layEstate(t, g, mistake.file).Plan(t, acctest.Failed)
			if got := strings.Count(output, "is there twice"); got != strings.Count(strings.Join(mistake.says, "\n"), "is there twice") {
				t.Errorf("the plan says %d times that something is there twice", got)
			}
			for _, words := range mistake.says {
				if !acctest.Says(output, words) {
					t.Errorf("the plan does not say %q:\n%s", words, output)
				}
			}
		})
	}
}

// TestEstate_anchors: what is merged, written over, or the number of a project and of a group is not there twice.
func TestEstate_anchors(t *testing.T) {
	t.Parallel()
	file := `acme/web: # a comment, with: colons, with: commas
  enabled: false
  projects: &some
    acme/deployer: [read_jobs] # here, with: words
  groups: &teams
    acme: [default]

acme/shared-lib:
  projects:
    <<: *some
    acme/deployer: []
    6: []
  groups:
    <<: *teams
    6: []
`
	for _, file := range []string{file, strings.ReplaceAll(file, "\n", "\r\n")} {
		c := layEstate(t, start(t), file)
		c.Plan(t, acctest.Changes)
	}
}

// TestAccEstate applies the example to sixty projects, of which each lets three others in.
func TestAccEstate(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	platform := g.Group(t, "platform", &g.Root)
	projects := g.Projects(t, "p", 60)
	var file strings.Builder
	want := make([]acctest.Entries, len(projects))
	for i, project := range projects {
		first, second, third := projects[(i+1)%60].Path, projects[(i+2)%60].Path, projects[(i+3)%60].Path
		fmt.Fprintf(&file, "%s:\n  projects:\n    %s: [default]\n    %s: [read_packages]\n    %s: []\n", project.Path, first, second, third)
		want[i] = acctest.Entries{first: "default", second: "read_packages", third: ""}
		if i%10 == 0 {
			fmt.Fprintf(&file, "  groups:\n    %s: [read_jobs]\n", platform.Path)
			want[i][platform.Path] = "read_jobs"
		}
	}
	c := layEstate(t, g, file.String())
	g.ForgetRequests(t)
	if output := c.Apply(t, 0); !acctest.Says(output, "Resources: 60 imported, 0 added, 60 changed, 0 destroyed.") {
		t.Errorf("the apply did something else:\n%s", output)
	}
	count(t, g, "the first apply", 400)
	for i, project := range projects {
		g.CheckAllowlist(t, project, want[i])
	}
	g.ForgetRequests(t)
	c.Plan(t, acctest.NoChanges)
	count(t, g, "a plan without changes", 65) // a busy machine fills fewer requests; never more than one for each project
	main := filepath.Join(c.Dir, "main.tf")
	write(t, main, strings.Replace(read(t, main), "provider \"jobtoken\" {\n", fmt.Sprintf("provider \"jobtoken\" {\n  prefetch_groups = [%q]\n", g.Root.Path), 1))
	g.ForgetRequests(t)
	c.Plan(t, acctest.NoChanges)
	count(t, g, "a plan without changes that prefetches the group", 8)
}

// TestDriftAlarm runs the script of the scheduled job with a token that may only read.
func TestDriftAlarm(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("the script needs a POSIX shell")
	}
	g := acctest.New(t)
	source, app, intruder := g.Project(t, "shared-lib"), g.Project(t, "app"), g.Project(t, "intruder")
	c := acctest.NewCLI(t, g, fmt.Sprintf("resource \"jobtoken_allowlist\" \"this\" {\n  project = %q\n  enabled = true\n  projects = { %q = {} }\n}\n", source.Path, app.Path))
	c.Apply(t, 0)
	readOnly := g.NewToken(t, g.User, "read_api")
	for _, step := range []struct {
		name, token string
		before      func()
		code        int
		says        string
	}{
		{"no drift", readOnly, func() {}, 0, "No drift."},
		{"an entry added by hand", readOnly, func() { g.Allow(t, source, intruder.Path) }, 2, "Drift: the allowlists are not what the configuration says."},
		{"no answer", "glpat-revoked", func() {}, 1, "The plan failed, so there may be drift or not."},
	} {
		step.before()
		output, code := runAlarm(t, c, g.BaseURL, step.token)
		if code != step.code || !strings.Contains(output, step.says) {
			t.Errorf("%s: the alarm exits with %d, want %d and %q:\n%s", step.name, code, step.code, step.says, output)
		}
	}
}

// runAlarm runs the multi-line command of the job's script as a runner does. "init", the command before
// it, has no use for a provider that was built here.
func runAlarm(t *testing.T, c *acctest.CLI, baseURL, token string) (output string, code int) {
	t.Helper()
	_, block, found := strings.Cut(read(t, filepath.Join(examples, "drift-alarm", "gitlab-ci.yml")), "    - |\n")
	if !found {
		t.Fatal("the job has no multi-line command")
	}
	bin := t.TempDir()
	binary := cmp.Or(os.Getenv("TF_ACC_TERRAFORM_PATH"), "terraform")
	binary, err := exec.LookPath(binary)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(binary, filepath.Join(bin, "terraform")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-e", "-c", strings.ReplaceAll(block, "\n      ", "\n"))
	cmd.Dir = c.Dir
	cmd.Env = []string{
		"PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH"), "HOME=" + t.TempDir(), "CHECKPOINT_DISABLE=1",
		"TF_CLI_CONFIG_FILE=" + filepath.Join(c.Dir, "cli.tfrc"), "CI_API_V4_URL=" + baseURL + "/api/v4", "GITLAB_TOKEN=" + token,
	}
	text, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(text), cmd.ProcessState.ExitCode()
}

// layEstate lays out the example of many projects with a file of its own.
func layEstate(t *testing.T, g *acctest.GitLab, file string) *acctest.CLI {
	t.Helper()
	c := acctest.NewCLI(t, g, "")
	write(t, filepath.Join(c.Dir, "main.tf"), read(t, filepath.Join(examples, "estate", "main.tf")))
	write(t, filepath.Join(c.Dir, "estate.yaml"), file)
	return c
}

// count logs the requests since they were last forgotten and holds them to a limit.
func count(t *testing.T, g *acctest.GitLab, doing string, limit int) {
	t.Helper()
	requests, ok := g.Requests(t)
	if !ok {
		return
	}
	t.Logf("%s made %d requests: %v", doing, requests.Total, requests.GraphQL)
	if requests.Total > limit {
		t.Errorf("%s made %d requests, more than %d", doing, requests.Total, limit)
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
	server := company(t)
	prepare(t, server, filepath.Base(folder))
	g := worksAs(server)
	if filepath.Base(folder) == "jobtoken_instance_enforcement" {
		g.Token = server.AdminToken()
	}
	c := acctest.NewCLI(t, g, "")
	write(t, filepath.Join(c.Dir, "provider.tf"), read(t, filepath.Join(examples, "provider", "provider.tf")))
	write(t, filepath.Join(c.Dir, "main.tf"), read(t, filepath.Join(folder, file)))
	return c
}

// start starts an embedded GitLab that holds the company of the examples.
func start(t *testing.T) *acctest.GitLab {
	t.Helper()
	return worksAs(company(t))
}

// worksAs is a GitLab on which the provider works as the company's user for it.
func worksAs(server *emulator.Server) *acctest.GitLab {
	return &acctest.GitLab{BaseURL: server.URL(), Token: server.Tokens()["terraform"]}
}

// company starts the embedded GitLab of the examples, for a test that has more to ask of it than the provider.
func company(t *testing.T) *emulator.Server {
	t.Helper()
	server, err := emulator.Start(emulator.Options{Seed: "acme"})
	if err != nil {
		t.Fatalf("start the embedded GitLab: %v", err)
	}
	t.Cleanup(server.Close)
	return server
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
