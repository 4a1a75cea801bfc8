package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"syscall"
)

// gitlab is an embedded GitLab in a process of its own.
type gitlab struct {
	BaseURL    string            `json:"base_url"`
	AdminToken string            `json:"admin_token"`
	Tokens     map[string]string `json:"tokens"`

	cmd *exec.Cmd
}

func (b *bench) gitlab(ctx context.Context, args ...string) (*gitlab, error) {
	args = append([]string{"-latency", b.latency.String()}, args...)
	g := &gitlab{cmd: exec.CommandContext(ctx, b.emulator, args...)} //nolint:gosec // the bench's own build
	g.cmd.Stderr = os.Stderr
	stdout, err := g.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := g.cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, g)
	}
	if err != nil {
		g.close()
		return nil, fmt.Errorf("start the embedded GitLab: %w", err)
	}
	return g, nil
}

func (g *gitlab) close() {
	_ = g.cmd.Process.Signal(syscall.SIGTERM)
	_ = g.cmd.Wait() // it was told to end
}

// call sends a request as the administrator.
func (g *gitlab) call(ctx context.Context, method, path string, body, answer any) error {
	_, err := g.callAs(ctx, g.AdminToken, method, path, body, answer)
	return err
}

// head is what an answer has beside its body.
type head struct {
	status int
	header http.Header
}

// client keeps as many connections as ever run side by side.
var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: atOnce}}

func (g *gitlab) callAs(ctx context.Context, token, method, path string, body, answer any) (head, error) {
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return head{}, err
		}
		sent = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, g.BaseURL+path, sent)
	if err != nil {
		return head{}, err
	}
	req.Header.Set("PRIVATE-TOKEN", token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return head{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return head{}, err
	}
	got := head{resp.StatusCode, resp.Header}
	if resp.StatusCode >= http.StatusBadRequest {
		return got, fmt.Errorf("%s %s: %d %s", method, path, resp.StatusCode, text)
	}
	if answer == nil {
		return got, nil
	}
	return got, json.Unmarshal(text, answer)
}

func (g *gitlab) forget(ctx context.Context) error {
	return g.call(ctx, http.MethodDelete, "/-/emulator/requests", nil, nil)
}

func (g *gitlab) requests(ctx context.Context) (int, error) {
	var counted struct {
		Total int `json:"total"`
	}
	err := g.call(ctx, http.MethodGet, "/-/emulator/requests", nil, &counted)
	return counted.Total, err
}

// projects makes projects in a group.
func (g *gitlab) projects(ctx context.Context, group string, n int, name func(int) string) error {
	var in struct {
		ID int64 `json:"id"`
	}
	if err := g.call(ctx, http.MethodGet, "/api/v4/groups/"+group, nil, &in); err != nil {
		return err
	}
	return each(n, atOnce, func(i int) error {
		return g.call(ctx, http.MethodPost, "/api/v4/projects", map[string]any{"name": name(i), "path": name(i), "namespace_id": in.ID}, nil)
	})
}

// groups makes a group that the provider's user sees, and groups in it.
func (g *gitlab) groups(ctx context.Context, group string, n int, name func(int) string) error {
	var top struct {
		ID int64 `json:"id"`
	}
	if err := g.call(ctx, http.MethodPost, "/api/v4/groups", map[string]any{"name": group, "path": group}, &top); err != nil {
		return err
	}
	var user struct {
		ID int64 `json:"id"`
	}
	if _, err := g.callAs(ctx, g.Tokens["terraform"], http.MethodGet, "/api/v4/user", nil, &user); err != nil {
		return err
	}
	const developer = 30
	member := map[string]any{"user_id": user.ID, "access_level": developer}
	if err := g.call(ctx, http.MethodPost, fmt.Sprintf("/api/v4/groups/%d/members", top.ID), member, nil); err != nil {
		return err
	}
	return each(n, atOnce, func(i int) error {
		return g.call(ctx, http.MethodPost, "/api/v4/groups", map[string]any{"name": name(i), "path": name(i), "parent_id": top.ID}, nil)
	})
}

// atOnce is how many things each does at the same time.
const atOnce = 40

// each does a thing for 0, 1 … n-1, a number of them at the same time.
func each(n, parallel int, do func(i int) error) error {
	var mu sync.Mutex
	var first error
	next := make(chan int)
	var workers sync.WaitGroup
	for range parallel {
		workers.Go(func() {
			for i := range next {
				if err := do(i); err != nil {
					mu.Lock()
					if first == nil {
						first = err
					}
					mu.Unlock()
				}
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	workers.Wait()
	return first
}
