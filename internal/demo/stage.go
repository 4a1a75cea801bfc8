package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator"
)

// stage is the GitLab, the folder and the CLI of one run.
type stage struct {
	gitlab *emulator.Server
	folder string
	// ids are those of the projects by path.
	ids map[string]int64
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
	fmt.Printf("\n━━ %s %s\n\n%s\n", scene.title, strings.Repeat("━", max(0, 74-len(scene.title))), scene.tell)
	if scene.configuration != "" {
		fmt.Printf("\n%s\n", indented("main.tf", scene.configuration))
		if err := s.write("main.tf", scene.configuration); err != nil {
			return err
		}
	}
	if scene.byHand != nil {
		if err := scene.byHand(ctx, s); err != nil {
			return err
		}
		fmt.Println()
	}
	for _, command := range scene.commands {
		if err := s.forgetRequests(ctx); err != nil {
			return err
		}
		fmt.Printf("\n$ terraform %s\n\n", strings.Join(command, " "))
		output, err := s.terraform(ctx, command...)
		fmt.Println(worthReading(output))
		if err != nil {
			return fmt.Errorf("terraform %s: %w", command[0], err)
		}
		if err := s.printRequests(ctx); err != nil {
			return err
		}
	}
	if scene.showList {
		return s.printList(ctx)
	}
	return nil
}

func (s *stage) terraform(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "terraform", append(args, "-no-color")...) //nolint:gosec // the commands of the scenes
	cmd.Dir = s.folder
	cmd.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+os.DevNull, "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1", "TF_LOG=",
		"GITLAB_BASE_URL="+s.gitlab.URL(), "GITLAB_TOKEN="+s.gitlab.Tokens()["terraform"])
	output, err := cmd.CombinedOutput()
	return string(output), err
}

func (s *stage) write(name, text string) error {
	return os.WriteFile(filepath.Join(s.folder, name), []byte(text), 0o600)
}

// boilerplate is what Terraform prints at every plan: the legend, progress, and advice on saved plans.
var boilerplate = regexp.MustCompile(`(?s:Terraform used the selected providers.*?\n\n)` +
	`|Terraform will perform the following actions:\n\n` +
	`|(?s:\n─{5,}\n.*$)` +
	`|(?m:^.*(?:Refreshing state|Preparing import|Still \w+)\.\.\..*\n)`)

var emptyLines = regexp.MustCompile(`\n{3,}`)

func worthReading(output string) string {
	return indent(strings.TrimSpace(emptyLines.ReplaceAllString(boilerplate.ReplaceAllString(output, ""), "\n\n")))
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(strings.ReplaceAll(text, "\n", "\n  "), "\n  \n", "\n\n")
}

func indented(name, text string) string {
	return fmt.Sprintf("  # %s\n%s", name, indent(strings.TrimSpace(text)))
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

// call makes a REST call in which {group/project} stands for the project's id.
func (s *stage) call(ctx context.Context, method, path, body string) error {
	fill := func(text string) string {
		return pathInBraces.ReplaceAllStringFunc(text, func(braced string) string {
			return fmt.Sprint(s.ids[strings.Trim(braced, "{}")])
		})
	}
	fmt.Printf("\n  (by hand: %s %s)", method, pathInBraces.ReplaceAllString(path, "$1"))
	return s.request(ctx, method, "/api/v4"+fill(path), fill(body), nil)
}

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

func (s *stage) forgetRequests(ctx context.Context) error {
	return s.request(ctx, http.MethodDelete, "/-/emulator/requests", "", nil)
}

// printRequests tells what the command asked of GitLab.
func (s *stage) printRequests(ctx context.Context) error {
	var made struct {
		Total   int            `json:"total"`
		Counts  map[string]int `json:"counts"`
		GraphQL map[string]int `json:"graphql"`
	}
	if err := s.request(ctx, http.MethodGet, "/-/emulator/requests", "", &made); err != nil {
		return err
	}
	if made.Total == 0 {
		fmt.Print("\n  API requests: none\n")
		return nil
	}
	delete(made.Counts, "POST /api/graphql")
	maps.Copy(made.Counts, made.GraphQL)
	parts := make([]string, 0, len(made.Counts))
	for _, name := range slices.Sorted(maps.Keys(made.Counts)) {
		parts = append(parts, fmt.Sprintf("%d × %s", made.Counts[name], name))
	}
	fmt.Printf("\n  API requests: %d (%s)\n", made.Total, strings.Join(parts, ", "))
	return nil
}

// printList shows the list as GitLab's REST API gives it.
func (s *stage) printList(ctx context.Context) error {
	at := fmt.Sprintf("/api/v4/projects/%d/job_token_scope", s.ids["acme/shared-lib"])
	var scope struct {
		Inbound bool `json:"inbound_enabled"`
	}
	var projects []struct {
		Path string `json:"path_with_namespace"`
	}
	var groups []struct {
		URL string `json:"web_url"`
	}
	if err := errors.Join(s.request(ctx, http.MethodGet, at, "", &scope),
		s.request(ctx, http.MethodGet, at+"/allowlist", "", &projects),
		s.request(ctx, http.MethodGet, at+"/groups_allowlist", "", &groups)); err != nil {
		return err
	}
	var admitted []string
	for _, project := range projects {
		if project.Path != "acme/shared-lib" { // always on its own list
			admitted = append(admitted, project.Path)
		}
	}
	for _, group := range groups {
		address, err := url.Parse(group.URL)
		if err != nil {
			return err
		}
		admitted = append(admitted, strings.TrimPrefix(address.Path, "/groups/")+"/*")
	}
	fmt.Printf("\n  acme/shared-lib at GitLab now: access limited = %t; admits %s\n", scope.Inbound, orNobody(admitted))
	return nil
}

func orNobody(names []string) string {
	if len(names) == 0 {
		return "nobody but itself"
	}
	return strings.Join(names, ", ")
}
