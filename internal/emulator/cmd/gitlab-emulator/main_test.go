package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

var binary string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		folder, err := os.MkdirTemp("", "gitlab-emulator")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer func() { _ = os.RemoveAll(folder) }()
		binary = filepath.Join(folder, "gitlab-emulator")
		if output, err := exec.CommandContext(context.Background(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil { //nolint:gosec // a path of our own
			fmt.Fprintf(os.Stderr, "build: %v\n%s", err, output)
			return 1
		}
		return m.Run()
	}())
}

func TestServesAndStops(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			command := exec.CommandContext(t.Context(), binary, "-seed", "acme", "-version", "19.4", "-latency", "1ms", "-rate-limit", "100") //nolint:gosec // built by TestMain
			var stderr bytes.Buffer
			command.Stderr = &stderr
			stdout, err := command.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewReader(stdout)
			line, err := lines.ReadBytes('\n')
			if err != nil {
				t.Fatalf("no line: %v; %s", err, &stderr)
			}
			var ready struct {
				BaseURL    string            `json:"base_url"`
				AdminToken string            `json:"admin_token"`
				Tokens     map[string]string `json:"tokens"`
			}
			if err := json.Unmarshal(line, &ready); err != nil {
				t.Fatalf("%v in %s", err, line)
			}
			if ready.AdminToken == "" || ready.Tokens["terraform"] == "" || !strings.HasPrefix(ready.BaseURL, "http://127.0.0.1:") {
				t.Errorf("announced %s", line)
			}
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, ready.BaseURL+"/api/v4/projects/1/job_token_scope", nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Private-Token", ready.Tokens["terraform"])
			answer, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			if err := answer.Body.Close(); err != nil || answer.StatusCode != http.StatusOK || answer.Header.Get("RateLimit-Limit") != "100" {
				t.Errorf("answer %d %v %v", answer.StatusCode, answer.Header, err)
			}
			if err := command.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			stopped := make(chan error, 1)
			go func() { stopped <- command.Wait() }()
			select {
			case err := <-stopped:
				if err != nil {
					t.Errorf("stopped with %v; %s", err, &stderr)
				}
			case <-time.After(10 * time.Second):
				t.Error("still runs 10 s after the signal")
			}
		})
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	for name, arguments := range map[string][]string{
		"an address others can reach": {"-listen", "0.0.0.0:0"},
		"all addresses":               {"-listen", ":0"},
		"an unknown version":          {"-version", "1.0"},
		"an unknown seed":             {"-seed", "chaos"},
		"an unknown flip":             {"-flip", "gravity"},
		"an argument":                 {"acme"},
		"an unknown flag":             {"-colour"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			output, err := exec.CommandContext(t.Context(), binary, arguments...).CombinedOutput() //nolint:gosec // built by TestMain
			if err == nil {
				t.Errorf("served: %s", output)
			}
		})
	}
}

func TestAllowRemote(t *testing.T) {
	t.Parallel()
	address, options, err := parse([]string{"-listen", "0.0.0.0:8080", "-allow-remote", "-cost-per-project", "2ms", "-cost-per-entry", "3us", "-flip", "null-policies,self-entry-twice"}, &bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	if address != "0.0.0.0:8080" || options.CostPerProject != 2*time.Millisecond || options.CostPerEntry != 3*time.Microsecond || len(options.Flip) != 2 {
		t.Errorf("options %+v", options)
	}
}
