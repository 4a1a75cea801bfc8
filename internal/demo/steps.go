package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"
)

// step is one thing that happens in a scene.
type step func(context.Context, *stage) error

var (
	plan    = terraform("plan", "-out=saved.tfplan")
	apply   = terraform("apply", "saved.tfplan")
	destroy = terraform("destroy", "-auto-approve")

	applyAtOnce = terraform("apply", "-auto-approve")
)

// configure replaces the configuration. What it says the plan shows.
func configure(text string) step {
	return func(_ context.Context, s *stage) error {
		return errors.Join(s.write("main.tf", text), s.write("questions.tf", ""))
	}
}

// show shows a part of the configuration.
func show(text string) step {
	return func(context.Context, *stage) error {
		fmt.Println("\n" + indent(strings.TrimSpace(text)))
		return nil
	}
}

// ask adds data sources to the configuration, applies it, which changes nothing, and shows what outputs hold.
func ask(text string, outputs map[string]string) step {
	return func(ctx context.Context, s *stage) error {
		if err := show(text)(ctx, s); err != nil {
			return err
		}
		names := slices.Sorted(maps.Keys(outputs))
		slices.Reverse(names)
		questions := text
		for _, name := range names {
			questions += fmt.Sprintf("output %q {\n  value = %s\n}\n", name, outputs[name])
		}
		if err := s.write("questions.tf", questions); err != nil {
			return err
		}
		if err := quietly(applyAtOnce)(ctx, s); err != nil {
			return err
		}
		for _, name := range names {
			answer, err := s.terraform(ctx, "output", "-raw", name)
			if err != nil {
				return fmt.Errorf("terraform output: %w\n%s", err, answer)
			}
			fmt.Printf("$ terraform output -raw %s\n%s\n", name, indent(strings.TrimSpace(answer)))
		}
		return nil
	}
}

// quietly does a step of which only the command and its requests are shown.
func quietly(do step) step {
	return func(ctx context.Context, s *stage) error {
		s.quiet = true
		defer func() { s.quiet = false }()
		return do(ctx, s)
	}
}

// later moves GitLab's clock, which the provider goes by.
func later(by time.Duration) step {
	return func(ctx context.Context, s *stage) error {
		return s.request(ctx, http.MethodPost, "/-/emulator/clock", fmt.Sprintf(`{"advance": %q}`, by), nil)
	}
}

// tell speaks to the reader in the middle of a scene.
func tell(text string) step {
	return func(context.Context, *stage) error {
		fmt.Printf("\n%s\n", text)
		return nil
	}
}

// terraform runs a command of the CLI, shows what is worth reading, and what it asked of GitLab.
func terraform(args ...string) step {
	return func(ctx context.Context, s *stage) error {
		if err := s.request(ctx, http.MethodDelete, "/-/emulator/requests", "", nil); err != nil {
			return err
		}
		output, err := s.terraform(ctx, args...)
		var made struct {
			Total int `json:"total"`
		}
		if err := s.request(ctx, http.MethodGet, "/-/emulator/requests", "", &made); err != nil {
			return err
		}
		fmt.Printf("\n$ terraform %s   # API requests: %d\n", strings.Join(args, " "), made.Total)
		if err != nil || !s.quiet {
			fmt.Println(worthReading(output))
		}
		if err != nil {
			return fmt.Errorf("terraform %s: %w", args[0], err)
		}
		return nil
	}
}

// byHand makes a REST call behind Terraform's back. {group/project} stands for the project's id.
func byHand(method, path, body string) step {
	return func(ctx context.Context, s *stage) error {
		fmt.Printf("  (by hand: %s %s)\n", method, pathInBraces.ReplaceAllString(path, "$1"))
		fill := func(text string) string {
			return pathInBraces.ReplaceAllStringFunc(text, func(braced string) string {
				return fmt.Sprint(s.ids[strings.Trim(braced, "{}")])
			})
		}
		return s.request(ctx, method, "/api/v4"+fill(path), fill(body), nil)
	}
}

// cloneWorks clones the library as a job of a project, and fails the demo if GitLab refuses it.
func cloneWorks(project, user string) step {
	return func(ctx context.Context, s *stage) error {
		return s.clone(ctx, project, user, true)
	}
}

// cloneRefused fails the demo if GitLab lets the job in.
func cloneRefused(project, user string) step {
	return func(ctx context.Context, s *stage) error {
		return s.clone(ctx, project, user, false)
	}
}

func (s *stage) clone(ctx context.Context, project, user string, admitted bool) error {
	var job struct {
		ID    int64  `json:"id"`
		Token string `json:"token"`
	}
	if err := s.request(ctx, http.MethodPost, "/-/emulator/jobs", fmt.Sprintf(`{"project": %q, "user": %q}`, project, user), &job); err != nil {
		return err
	}
	return s.gitClone(ctx, "gitlab-ci-token", job.Token, fmt.Sprintf("a job of %s, started by %s", project, user), admitted)
}

// cloning is what git says first, whatever comes of it.
var cloning = regexp.MustCompile(`^Cloning into .*\n`)

// gitClone clones the library with a real git client, and fails the demo unless GitLab answers as expected.
func (s *stage) gitClone(ctx context.Context, user, password, who string, admitted bool) error {
	address, err := url.Parse(s.gitlab.URL() + "/acme/shared-lib.git")
	if err != nil {
		return err
	}
	fmt.Printf("$ git clone %s://%s:[MASKED]@%s%s   # %s\n", address.Scheme, user, address.Host, address.Path, who)
	address.User = url.UserPassword(user, password)
	s.clones++
	folder := fmt.Sprintf("clone-%d", s.clones)
	cmd := exec.CommandContext(ctx, "git", "clone", address.String(), folder) //nolint:gosec // the embedded GitLab's address
	cmd.Dir = s.folder
	cmd.Env = append(cmd.Environ(), "HOME="+s.folder, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0")
	output, err := cmd.CombinedOutput()
	if err == nil {
		fmt.Println("  The clone is complete.")
	} else {
		fmt.Println(indent(strings.TrimSpace(cloning.ReplaceAllString(strings.ReplaceAll(string(output), password, "[MASKED]"), ""))))
	}
	if admitted != (err == nil) {
		return fmt.Errorf("git clone, %s: admitted = %t, expected %t", who, err == nil, admitted)
	}
	return nil
}

// showList shows the list as GitLab's REST API gives it.
func showList(ctx context.Context, s *stage) error {
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
	if len(admitted) == 0 {
		admitted = []string{"nobody but itself"}
	}
	fmt.Printf("  acme/shared-lib at GitLab now: access limited = %t; admits %s\n", scope.Inbound, strings.Join(admitted, ", "))
	return nil
}
