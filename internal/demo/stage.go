package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator"
)

// stage is the GitLab, the folder and the CLI of one run.
type stage struct {
	gitlab *emulator.Server
	folder string
	// ids are those of the projects by path.
	ids map[string]int64
	// clones counts them.
	clones int
	// delivered is what CI/CD variables held when they were last read.
	delivered credentials
	// former are what they held before that.
	former credentials
	// quiet leaves out what commands print.
	quiet bool
}

const version = "0.1.0"

const versions = `terraform {
  required_providers {
    jobtoken = {
      source = "jobtoken/jobtoken"
    }
  }
}
`

func setUp(ctx context.Context) (s *stage, err error) {
	s = &stage{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.clear())
		}
	}()
	if s.folder, err = os.MkdirTemp("", "jobtoken-demo-"); err != nil {
		return s, err
	}
	plugins := filepath.Join(s.folder, "plugins")
	binary := filepath.Join(plugins, "registry.terraform.io", "jobtoken", "jobtoken", version, runtime.GOOS+"_"+runtime.GOARCH, "terraform-provider-jobtoken_v"+version)
	fmt.Println("Building the provider …")
	if output, err := exec.CommandContext(ctx, "go", "build", "-o", binary, ".").CombinedOutput(); err != nil { //nolint:gosec // a fixed command
		return s, fmt.Errorf("go build: %w\n%s", err, output)
	}
	if s.gitlab, err = emulator.Start(emulator.Options{Seed: "acme"}); err != nil {
		return s, err
	}
	fmt.Printf("An embedded GitLab answers at %s; the provider works as its user \"terraform\", a Maintainer of acme.\n", s.gitlab.URL())
	if err := s.learnIDs(ctx); err != nil {
		return s, err
	}
	if err := s.write("versions.tf", versions); err != nil {
		return s, err
	}
	if output, err := s.terraform(ctx, "init", "-plugin-dir="+plugins); err != nil {
		return s, fmt.Errorf("terraform init: %w\n%s", err, output)
	}
	return s, nil
}

// clear leaves nothing behind.
func (s *stage) clear() error {
	if s.gitlab != nil {
		s.gitlab.Close()
	}
	return os.RemoveAll(s.folder)
}

func (s *stage) play(ctx context.Context, scene scene) error {
	fmt.Printf("\n━━ %s %s\n%s\n", scene.title, strings.Repeat("━", max(0, 74-len(scene.title))), scene.tell)
	for _, step := range scene.steps {
		if err := step(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) terraform(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "terraform", args...) //nolint:gosec // the commands of the scenes
	cmd.Dir = s.folder
	cmd.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+os.DevNull, "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1", "TF_LOG=", "TF_CLI_ARGS=-no-color",
		"GITLAB_BASE_URL="+s.gitlab.URL(), "GITLAB_TOKEN="+s.gitlab.Tokens()["terraform"])
	output, err := cmd.CombinedOutput()
	return string(output), err
}

func (s *stage) write(name, text string) error {
	return os.WriteFile(filepath.Join(s.folder, name), []byte(text), 0o600)
}

// boilerplate is what Terraform prints at every plan: the legend, progress, and advice on saved plans.
// So are values that come with the apply, places in files that are not shown, and what each resource is doing.
var boilerplate = regexp.MustCompile(`(?s:Terraform used the selected providers.*?\n\n)` +
	`|Terraform will perform the following actions:\n\n` +
	`|(?s:\n─{5,}\n.*$)` +
	`|(?s:\nChanges to Outputs:\n.*?\n\n)` +
	`|(?m:^ +[+~] \S+ += .*\(known after apply\)\n)` +
	`|\n\(and (?:one|\d+) more similar warnings? elsewhere\)\n` +
	`|(?m:^  with [^\n]+,\n  on [^\n]+:\n +\d+: [^\n]*\n\n)` +
	`|(?m:^[a-z_.A-Z-]+: (?:Refreshing state|Reading|Read complete|Still \w+|Creati|Modif|Destr).*\n)`)

var emptyLines = regexp.MustCompile(`\n{3,}`)

func worthReading(output string) string {
	return indent(strings.Trim(emptyLines.ReplaceAllString(boilerplate.ReplaceAllString(output, ""), "\n\n"), "\n"))
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(strings.ReplaceAll(text, "\n", "\n  "), "\n  \n", "\n\n")
}

// request calls the embedded GitLab as its administrator.
func (s *stage) request(ctx context.Context, method, path, body string, answer any) error {
	req, err := http.NewRequestWithContext(ctx, method, s.gitlab.URL()+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("PRIVATE-TOKEN", s.gitlab.AdminToken())
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s %s: %d %s", method, path, resp.StatusCode, text)
	}
	if answer == nil {
		return nil
	}
	return json.NewDecoder(bytes.NewReader(text)).Decode(answer)
}

var pathInBraces = regexp.MustCompile(`\{([^{}"\s]+/[^{}"\s]+)\}`)

func (s *stage) learnIDs(ctx context.Context) error {
	var projects []struct {
		ID   int64  `json:"id"`
		Path string `json:"path_with_namespace"`
	}
	if err := s.request(ctx, http.MethodGet, "/api/v4/projects?per_page=100", "", &projects); err != nil {
		return err
	}
	s.ids = make(map[string]int64, len(projects))
	for _, project := range projects {
		s.ids[project.Path] = project.ID
	}
	return nil
}
