package main

import (
	"archive/zip"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// credentials are a user name and password.
type credentials struct{ user, password string }

// answers is the file that GitLab's answers about variables are kept in.
const answers = "variables.json"

// readVariables asks GitLab for a project's CI/CD variables, as anyone with the Maintainer role may.
func readVariables(project, user, password string) step {
	return func(ctx context.Context, s *stage) error {
		var list []struct {
			Key       string `json:"key"`
			Value     string `json:"value"`
			Protected bool   `json:"protected"`
			Masked    bool   `json:"masked"`
		}
		if err := s.request(ctx, http.MethodGet, fmt.Sprintf("/api/v4/projects/%d/variables", s.ids[project]), "", &list); err != nil {
			return err
		}
		text, err := json.Marshal(list)
		if err != nil {
			return err
		}
		s.former = s.delivered
		for _, v := range list {
			shown := v.Value
			switch v.Key {
			case user:
				s.delivered.user = v.Value
			case password:
				s.delivered.password = v.Value
				shown = v.Value[:min(8, len(v.Value))] + "…"
			}
			fmt.Printf("  %s of %s: %s (protected = %t, masked = %t)\n", v.Key, project, shown, v.Protected, v.Masked)
		}
		return s.write(answers, string(text))
	}
}

// cloneWithVariables clones with what the variables hold.
func cloneWithVariables(ctx context.Context, s *stage) error {
	return s.gitClone(ctx, s.delivered.user, s.delivered.password, "with SHARED_LIB_USER and SHARED_LIB_PASSWORD", true)
}

// cloneWithFormer clones with what they held before, and fails the demo unless it is admitted as expected.
func cloneWithFormer(admitted bool) step {
	return func(ctx context.Context, s *stage) error {
		return s.gitClone(ctx, s.former.user, s.former.password, "with the password before that", admitted)
	}
}

// searchForPassword looks for both passwords in all that Terraform wrote, and in the answers of GitLab that hold
// it. What is packed is unpacked before: a saved plan, which is an archive, and the private state in a state.
func searchForPassword(ctx context.Context, s *stage) error {
	files, err := s.unpack("saved.tfplan")
	if err != nil {
		return err
	}
	for _, state := range []string{"terraform.tfstate", filepath.Join("saved.tfplan.d", "tfstate")} {
		private, err := s.decodePrivate(state)
		if err != nil {
			return err
		}
		files = append(files, private)
	}
	if err := s.write("password", s.delivered.password+"\n"+s.former.password+"\n"); err != nil {
		return err
	}
	args := append([]string{"-cFf", "password", "terraform.tfstate", "terraform.tfstate.backup"}, append(files, answers)...)
	fmt.Printf("$ grep %s\n", strings.Join(args, " "))
	cmd := exec.CommandContext(ctx, "grep", args...) //nolint:gosec // files that the demo wrote
	cmd.Dir = s.folder
	output, err := cmd.CombinedOutput()
	fmt.Println(indent(strings.TrimSpace(string(output))))
	if err != nil {
		return fmt.Errorf("grep: %w", err)
	}
	for line := range strings.Lines(string(output)) {
		file, count, _ := strings.Cut(strings.TrimSpace(line), ":")
		if found := count != "0"; found != (file == answers) {
			return fmt.Errorf("a password is in %s %s times", file, count)
		}
	}
	return nil
}

// unpack extracts what a saved plan holds of the plan and of the state; the configuration in it was shown.
func (s *stage) unpack(plan string) (files []string, err error) {
	archive, err := zip.OpenReader(filepath.Join(s.folder, plan))
	if err != nil {
		return nil, err
	}
	defer func() { _ = archive.Close() }()
	folder := plan + ".d"
	if err := os.Mkdir(filepath.Join(s.folder, folder), 0o700); err != nil {
		return nil, err
	}
	for _, name := range []string{"tfplan", "tfstate"} {
		text, err := fs.ReadFile(archive, name)
		if err != nil {
			return nil, err
		}
		file := filepath.Join(folder, name)
		if err := s.write(file, string(text)); err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}

// decodePrivate writes out what a state file keeps for the provider alone.
func (s *stage) decodePrivate(state string) (file string, err error) {
	text, err := os.ReadFile(filepath.Join(s.folder, state)) //nolint:gosec // a file that the demo wrote
	if err != nil {
		return "", err
	}
	var held struct {
		Resources []struct {
			Instances []struct {
				Private []byte `json:"private"`
			} `json:"instances"`
		} `json:"resources"`
	}
	if err := json.Unmarshal(text, &held); err != nil {
		return "", err
	}
	var decoded strings.Builder
	for _, resource := range held.Resources {
		for _, instance := range resource.Instances {
			var values map[string]string
			if err := json.Unmarshal(instance.Private, &values); err != nil {
				return "", err
			}
			for _, value := range values {
				plain, err := base64.StdEncoding.DecodeString(value)
				if err != nil {
					return "", err
				}
				decoded.Write(plain)
				decoded.WriteByte('\n')
			}
		}
	}
	file = state + ".private"
	return file, s.write(file, decoded.String())
}
