package acctest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// Running is a command of the CLI that has not ended yet.
type Running struct {
	cli    *CLI
	cmd    *exec.Cmd
	output bytes.Buffer
	pids   string
}

// Start starts a command that is to be interrupted.
func (c *CLI) Start(t testing.TB, args ...string) *Running {
	t.Helper()
	r := &Running{cli: c, cmd: exec.Command(cli(), append(args, "-no-color")...), pids: filepath.Join(t.TempDir(), "pids")} //nolint:gosec,noctx // the CLI under test
	r.cmd.Dir, r.cmd.Env = c.Dir, slices.Concat(c.env, []string{pidsVariable + "=" + r.pids})
	r.cmd.Stdout, r.cmd.Stderr = &r.output, &r.output
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.cmd.Process.Kill() })
	return r
}

// Interrupt asks the CLI to stop, as Ctrl-C does.
func (r *Running) Interrupt() { _ = r.cmd.Process.Signal(syscall.SIGINT) }

// Kill ends the CLI at once, and the provider with it.
func (r *Running) Kill() {
	_ = r.cmd.Process.Kill()
	r.KillProvider()
}

// KillProvider ends the provider's processes at once. It needs [CLI.NoteProviders].
func (r *Running) KillProvider() {
	noted, err := os.ReadFile(r.pids)
	if err != nil {
		return
	}
	for line := range strings.SplitSeq(strings.TrimSpace(string(noted)), "\n") {
		if pid, err := strconv.Atoi(line); err == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// Wait waits for the end and gives what the user saw.
func (r *Running) Wait() Result {
	_ = r.cmd.Wait() // the code tells
	r.cli.see(r.output.Bytes())
	return Result{Output: strings.ReplaceAll(r.output.String(), "│ ", ""), Code: r.cmd.ProcessState.ExitCode()}
}

const pidsVariable = "JOBTOKEN_TEST_PIDS"

// NoteProviders notes the provider's processes, for [Running.KillProvider].
func (c *CLI) NoteProviders(t testing.TB) {
	t.Helper()
	c.wrap(t, "echo $$ >>\"${"+pidsVariable+":-/dev/null}\"\nexec '"+c.provider.path(t)+"' \"$@\"\n")
}

// KeepErrors keeps what the provider's processes write to their error stream, which is what Terraform
// takes for its log, from Terraform. What it gives reads it.
func (c *CLI) KeepErrors(t testing.TB) (kept func() string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "stderr")
	c.wrap(t, "exec '"+c.provider.path(t)+"' \"$@\" 2>>'"+file+"'\n")
	return func() string {
		t.Helper()
		text, err := os.ReadFile(file) //nolint:gosec // made here
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
}

// wrap puts a script in the place of the provider.
func (c *CLI) wrap(t testing.TB, script string) {
	t.Helper()
	program := &program{name: ours.name, dir: t.TempDir()}
	program.once.Do(func() {})
	if err := os.WriteFile(filepath.Join(program.dir, program.name), []byte("#!/bin/sh\n"+script), 0o700); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	c.overrides = ""
	c.override(t, "jobtoken/jobtoken", program)
}
