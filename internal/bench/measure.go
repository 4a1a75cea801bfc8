package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Usage is what one program, or one kind of it, took.
type Usage struct {
	// Wall and CPU are seconds.
	Wall float64 `json:"wall_s"`
	CPU  float64 `json:"cpu_s"`
	// Memory is the peak in MB.
	Memory float64 `json:"peak_mb"`
}

func usage(state *os.ProcessState, since time.Time) Usage {
	u := Usage{Wall: time.Since(since).Seconds(), CPU: (state.UserTime() + state.SystemTime()).Seconds()}
	if r, ok := state.SysUsage().(*syscall.Rusage); ok {
		u.Memory = float64(r.Maxrss) / 1024
	}
	return u
}

// wrapped is the argument by which the CLI starts this command in the place of the provider: Terraform
// tells only what all its processes took together.
const wrapped = "wrapped"

// wrap runs the provider and notes what it took.
func wrap(file string, command []string) int {
	cmd := exec.Command(command[0], command[1:]...) //nolint:gosec,noctx // the provider that the bench has built
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	start := time.Now()
	err := cmd.Run()
	if cmd.ProcessState == nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 1
	}
	line, _ := json.Marshal(usage(cmd.ProcessState, start))                                      // three numbers
	if notes, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err == nil { //nolint:gosec // the bench's own
		_, _ = notes.Write(append(line, '\n'))
		_ = notes.Close()
	}
	return cmd.ProcessState.ExitCode()
}

// noted adds up what the wrapped providers noted, and forgets it.
func noted(file string) (total Usage, err error) {
	text, err := os.ReadFile(file) //nolint:gosec // the bench's own
	if errors.Is(err, os.ErrNotExist) {
		return total, nil
	}
	if err != nil {
		return total, err
	}
	for line := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n") {
		var one Usage
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			return total, err
		}
		total.CPU += one.CPU
		total.Memory = max(total.Memory, one.Memory)
	}
	return total, os.Remove(file)
}

// Sample is one measured command.
type Sample struct {
	Requests int   `json:"requests"`
	CLI      Usage `json:"cli"`
	Provider Usage `json:"provider"`
}

// workspace is a folder with a configuration and a state.
type workspace struct {
	dir    string
	gitlab *gitlab
}

// workspace makes a folder in which the CLI drives a build of the provider; none where the configuration needs none.
func (b *bench) workspace(g *gitlab, provider string) (*workspace, error) {
	dir, err := os.MkdirTemp(b.folder, "work-")
	if err != nil {
		return nil, err
	}
	w := &workspace{dir: dir, gitlab: g}
	plugins := filepath.Join(dir, ".plugins")
	if err := os.Mkdir(plugins, 0o700); err != nil {
		return nil, err
	}
	script := fmt.Sprintf("#!/bin/sh\nexec '%s' %s '%s' '%s' \"$@\"\n", b.self, wrapped, w.notes(), provider)
	if err := os.WriteFile(filepath.Join(plugins, "terraform-provider-jobtoken"), []byte(script), 0o700); err != nil { //nolint:gosec // a program
		return nil, err
	}
	return w, w.write("cli.tfrc", fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"jobtoken/jobtoken\" = %q\n  }\n  direct {}\n}\n", plugins))
}

func (w *workspace) notes() string { return filepath.Join(w.dir, ".usage") }

func (w *workspace) write(name, text string) error {
	return os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600)
}

// run runs a command of the CLI and measures it.
func (w *workspace) run(ctx context.Context, args ...string) (s Sample, err error) {
	if err := w.gitlab.forget(ctx); err != nil {
		return s, err
	}
	cmd := exec.CommandContext(ctx, "terraform", append(args, "-no-color", "-input=false")...) //nolint:gosec // the commands of the cases
	cmd.Dir, cmd.Env = w.dir, w.env()
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return s, fmt.Errorf("terraform %s: %w\n%s", strings.Join(args, " "), err, output.String())
	}
	s.CLI = usage(cmd.ProcessState, start)
	if s.Provider, err = noted(w.notes()); err != nil {
		return s, err
	}
	s.CLI.CPU -= s.Provider.CPU
	s.Requests, err = w.gitlab.requests(ctx)
	return s, err
}

func (w *workspace) env() []string {
	env := slices.DeleteFunc(os.Environ(), func(variable string) bool {
		return slices.ContainsFunc([]string{"TF_", "GITLAB_", "CI_"}, func(prefix string) bool { return strings.HasPrefix(variable, prefix) })
	})
	return append(env, "TF_CLI_CONFIG_FILE="+filepath.Join(w.dir, "cli.tfrc"), "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1",
		"GITLAB_BASE_URL="+w.gitlab.BaseURL, "GITLAB_TOKEN="+w.gitlab.Tokens["terraform"])
}
