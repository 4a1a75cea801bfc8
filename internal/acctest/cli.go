package acctest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	tfjson "github.com/hashicorp/terraform-json"
)

// CLI drives the real CLI with the built provider binary in a folder of its own.
type CLI struct {
	// Dir is the working folder.
	Dir string
	env []string
	// provider is what the CLI drives.
	provider *program
	// overrides are the lines of the dev_overrides block.
	overrides string
	// seen is what a user saw of all commands.
	seen   bytes.Buffer
	seenMu sync.Mutex
	// secretsInState excuses secrets in states and plans.
	secretsInState bool
}

// Result is what a command of the CLI left.
type Result struct {
	// Output is what a user sees, both streams.
	Output string
	Code   int
}

// raceVariable has every CLI drive a provider with the race detector, which takes four times as long.
const raceVariable = "JOBTOKEN_TEST_PROVIDER_RACE"

// NewCLI prepares a folder for a configuration. The provider is built without the race detector: where
// many resources go through one command, take [NewRacingCLI].
func NewCLI(t testing.TB, g *GitLab, configuration string) *CLI {
	t.Helper()
	if os.Getenv(raceVariable) != "" {
		return NewRacingCLI(t, g, configuration)
	}
	return newCLI(t, g, configuration, ours)
}

// NewRacingCLI is [NewCLI] with a provider that has the race detector, if the tests have it.
func NewRacingCLI(t testing.TB, g *GitLab, configuration string) *CLI {
	t.Helper()
	return newCLI(t, g, configuration, racing)
}

func newCLI(t testing.TB, g *GitLab, configuration string, provider *program) *CLI {
	t.Helper()
	c := &CLI{Dir: t.TempDir(), provider: provider}
	// GORACE takes no comma in a path, and the test's own folder may have one.
	reports, err := os.MkdirTemp("", "jobtoken-race-") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	rc := filepath.Join(c.Dir, "cli.tfrc")
	c.override(t, "jobtoken/jobtoken", provider)
	// Certificates between CLI and plugin are none of ours, and would be half of a plan's time.
	c.env = append(withoutTerraform(os.Environ()), "TF_CLI_CONFIG_FILE="+rc, "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1",
		"TF_DISABLE_PLUGIN_TLS=1", "GOGC=400", "TF_LOG_PROVIDER=TRACE", "TF_LOG_PATH="+filepath.Join(c.Dir, "trace.log"),
		"GITLAB_BASE_URL="+g.BaseURL, "GITLAB_TOKEN="+g.Token, "GORACE=atexit_sleep_ms=0 log_path="+filepath.Join(reports, "race"))
	t.Cleanup(func() {
		defer func() { _ = os.RemoveAll(reports) }()
		if races, _ := filepath.Glob(filepath.Join(reports, "race.*")); len(races) > 0 {
			report, _ := os.ReadFile(races[0])
			t.Errorf("the provider has a data race:\n%s", report)
		}
	})
	if g.Embedded() && g.admin != "" {
		t.Cleanup(func() { c.searchSecrets(t, g) })
	}
	c.Configure(t, configuration)
	return c
}

const required = `terraform {
  required_providers {
    jobtoken = {
      source = "jobtoken/jobtoken"
    }
  }
}

`

// Configure replaces the configuration.
func (c *CLI) Configure(t testing.TB, configuration string) {
	t.Helper()
	c.write(t, filepath.Join(c.Dir, "main.tf"), required+configuration)
}

// Setenv adds variables to the environment of later commands.
func (c *CLI) Setenv(variables ...string) { c.env = append(c.env, variables...) }

// Run runs a command and answers whatever came of it.
func (c *CLI) Run(t testing.TB, args ...string) Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, cli(), args...) //nolint:gosec // the CLI under test
	cmd.Dir, cmd.Env = c.Dir, c.env
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("run %v: %v", args, err)
	}
	if !slices.Contains(args, "-json") { // the state and the plans are searched themselves
		c.see(output.Bytes())
	}
	return Result{Output: strings.ReplaceAll(output.String(), "│ ", ""), Code: cmd.ProcessState.ExitCode()}
}

// see notes what a user saw.
func (c *CLI) see(output []byte) {
	c.seenMu.Lock()
	defer c.seenMu.Unlock()
	c.seen.Write(output)
}

// Must runs a command and fails the test unless it exits with the code.
func (c *CLI) Must(t testing.TB, code int, args ...string) string {
	t.Helper()
	result := c.Run(t, append(args, "-no-color")...)
	if result.Code != code {
		t.Fatalf("%v exited with %d, want %d:\n%s", args, result.Code, code, result.Output)
	}
	return result.Output
}

// The exit codes of plan -detailed-exitcode.
const (
	NoChanges = 0
	Failed    = 1
	Changes   = 2
)

// Plan plans with -detailed-exitcode.
func (c *CLI) Plan(t testing.TB, code int, args ...string) string {
	t.Helper()
	return c.Must(t, code, append([]string{"plan", "-detailed-exitcode", "-input=false"}, args...)...)
}

// Apply plans and applies.
func (c *CLI) Apply(t testing.TB, code int, args ...string) string {
	t.Helper()
	return c.Must(t, code, append([]string{"apply", "-auto-approve", "-input=false"}, args...)...)
}

// ShowJSON decodes what show -json says of a saved plan, or of the state.
func (c *CLI) ShowJSON(t testing.TB, into any, args ...string) {
	t.Helper()
	result := c.Run(t, append([]string{"show", "-json"}, args...)...)
	start := strings.Index(result.Output, "{")
	if start < 0 || result.Code != 0 {
		t.Fatalf("show: %s", result.Output)
	}
	if err := json.NewDecoder(strings.NewReader(result.Output[start:])).Decode(into); err != nil {
		t.Fatalf("show: %v", err)
	}
}

func (c *CLI) write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// cli is the Terraform or OpenTofu under test, named as terraform-plugin-testing names it.
func cli() string {
	if path := os.Getenv("TF_ACC_TERRAFORM_PATH"); path != "" {
		return path
	}
	return "terraform"
}

// withoutTerraform drops variables that would change what the CLI does.
func withoutTerraform(env []string) []string {
	kept := make([]string, 0, len(env))
	for _, variable := range env {
		if !strings.HasPrefix(variable, "TF_") && !strings.HasPrefix(variable, "GITLAB_") && !strings.HasPrefix(variable, "CI_") {
			kept = append(kept, variable)
		}
	}
	return kept
}

// override has the CLI use a program that was built here for a provider.
func (c *CLI) override(t testing.TB, source string, program *program) {
	t.Helper()
	c.overrides += fmt.Sprintf("    %q = %q\n", source, filepath.Dir(program.path(t)))
	c.write(t, filepath.Join(c.Dir, "cli.tfrc"), "provider_installation {\n  dev_overrides {\n"+c.overrides+"  }\n  direct {}\n}\n")
}

// OverrideToo has the CLI use the provider under a second address.
func (c *CLI) OverrideToo(t testing.TB, source string) {
	t.Helper()
	c.override(t, source, c.provider)
}

// program is built once for all tests of a process.
type program struct {
	name, source string
	// flag says whether it has the race detector.
	flag string
	once sync.Once
	dir  string
	err  error
}

const module = "github.com/jobtoken/terraform-provider-jobtoken"

var (
	ours     = &program{name: "terraform-provider-jobtoken", source: module}
	racing   = &program{name: "terraform-provider-jobtoken", source: module, flag: raceFlag}
	official = &program{name: "terraform-provider-gitlab", source: module + "/internal/acctest/official"}
	vault    = &program{name: "terraform-provider-vault", source: module + "/internal/acctest/vault"}
)

func (p *program) path(t testing.TB) string {
	t.Helper()
	p.once.Do(func() {
		if p.dir, p.err = os.MkdirTemp("", "jobtoken-acctest-"); p.err != nil { //nolint:usetesting // it outlives the test that asks first
			return
		}
		cmd := exec.Command("go", "build", cmp.Or(p.flag, "-race=false"), "-o", filepath.Join(p.dir, p.name), p.source) //nolint:gosec,noctx // a fixed command
		if output, err := cmd.CombinedOutput(); err != nil {
			p.err = fmt.Errorf("%w: %s", err, output)
		}
	})
	if p.err != nil {
		t.Fatalf("build %s: %v", p.source, p.err)
	}
	return filepath.Join(p.dir, p.name)
}

// RemoveBinary deletes what NewCLI has built. Packages that use it call it at the end of TestMain.
func RemoveBinary() {
	for _, p := range []*program{ours, racing, official, vault} {
		if p.dir != "" {
			_ = os.RemoveAll(p.dir)
		}
	}
}

// Planned is what a saved plan says in JSON, beside what the user saw.
type Planned struct {
	tfjson.Plan
	Output string
}

// PlanJSON plans into saved.tfplan and reads it back.
func (c *CLI) PlanJSON(t testing.TB, args ...string) Planned {
	t.Helper()
	output := c.Must(t, 0, append([]string{"plan", "-input=false", "-out=saved.tfplan"}, args...)...)
	planned := Planned{Output: output}
	c.ShowJSON(t, &planned.Plan, "saved.tfplan")
	return planned
}

// ApplySaved applies the plan of [CLI.PlanJSON].
func (c *CLI) ApplySaved(t testing.TB, code int) string {
	t.Helper()
	return c.Must(t, code, "apply", "-input=false", "saved.tfplan")
}

// Actions are what the plan does to a resource; no-op where it is not in the plan.
func (p Planned) Actions(address string) tfjson.Actions {
	for _, change := range p.ResourceChanges {
		if change.Address == address {
			return change.Change.Actions
		}
	}
	return tfjson.Actions{tfjson.ActionNoop}
}

// Says tells whether the user saw these words, however the CLI wrapped its lines.
func (p Planned) Says(words string) bool { return Says(p.Output, words) }

// Says tells whether an output holds words, however the CLI wrapped its lines.
func Says(output, words string) bool {
	plain := strings.Join(strings.Fields(strings.ReplaceAll(output, "│", " ")), " ")
	return strings.Contains(plain, strings.Join(strings.Fields(words), " "))
}
