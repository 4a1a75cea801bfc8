package acctest

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Token is a deploy token or access token as GitLab lists it.
type Token struct {
	ID        int64    `json:"id"`
	Name      string   `json:"name"`
	Username  string   `json:"username"`
	Scopes    []string `json:"scopes"`
	ExpiresAt string   `json:"expires_at"`
	Revoked   bool     `json:"revoked"`
	// Active and UserID are an access token's.
	Active      bool  `json:"active"`
	UserID      int64 `json:"user_id"`
	AccessLevel int64 `json:"access_level"`
}

// Tokens lists tokens of a project ("projects") or group ("groups"): "deploy_tokens" or "access_tokens",
// without those that are revoked.
func (g *GitLab) Tokens(t testing.TB, of string, id int64, kind string) []Token {
	t.Helper()
	var live []Token
	for page := 1; ; page++ {
		var list []Token
		g.Admin(t, http.MethodGet, fmt.Sprintf("/%s/%d/%s?per_page=100&page=%d", of, id, kind, page), nil, &list)
		for _, token := range list {
			if !token.Revoked {
				live = append(live, token)
			}
		}
		if len(list) < 100 {
			return live
		}
	}
}

// Revoke ends a token by hand.
func (g *GitLab) Revoke(t testing.TB, of string, id int64, kind string, token int64) {
	t.Helper()
	g.Admin(t, http.MethodDelete, fmt.Sprintf("/%s/%d/%s/%d", of, id, kind, token), nil, nil)
}

// Variable is a CI/CD variable.
type Variable struct {
	Key       string `json:"key"`
	Value     string `json:"value"`
	Type      string `json:"variable_type"`
	Protected bool   `json:"protected"`
	Masked    bool   `json:"masked"`
	Hidden    bool   `json:"hidden"`
	Raw       bool   `json:"raw"`
	Scope     string `json:"environment_scope"`
	// Description is empty where there is none.
	Description string `json:"description"`
}

// Variables lists the CI/CD variables of a project ("projects") or group ("groups").
func (g *GitLab) Variables(t testing.TB, of string, id int64) []Variable {
	t.Helper()
	var list []Variable
	g.Admin(t, http.MethodGet, fmt.Sprintf("/%s/%d/variables?per_page=100", of, id), nil, &list)
	return list
}

// Variable finds the variable of a key; an empty one where there is none.
func (g *GitLab) Variable(t testing.TB, of string, id int64, key string) Variable {
	t.Helper()
	for _, v := range g.Variables(t, of, id) {
		if v.Key == key {
			return v
		}
	}
	return Variable{}
}

// Advance moves the embedded GitLab's clock on. A real one's cannot be moved, and skips the test.
func (g *GitLab) Advance(t testing.TB, by time.Duration) {
	t.Helper()
	NeedsEmbedded(t, g)
	g.call(t, g.admin, http.MethodPost, "/-/emulator/clock", map[string]any{"advance": by.String()}, nil)
}

// Clock is the embedded GitLab's, or this machine's.
func (g *GitLab) Clock(t testing.TB) time.Time {
	t.Helper()
	if !g.Embedded() {
		return time.Now().UTC()
	}
	var answer struct {
		Now time.Time `json:"now"`
	}
	g.call(t, g.admin, http.MethodGet, "/-/emulator/clock", nil, &answer)
	return answer.Now.UTC()
}

// Secrets are those of all tokens that the embedded GitLab ever made, deleted ones too.
func (g *GitLab) Secrets(t testing.TB) []string {
	t.Helper()
	var secrets []string
	g.call(t, g.admin, http.MethodGet, "/-/emulator/secrets", nil, &secrets)
	return secrets
}

// SignsIn tells whether git over http takes a user name and password for fetching from a project.
func (g *GitLab) SignsIn(t testing.TB, project Project, user, password string) bool {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, g.BaseURL+"/"+project.Path+".git/info/refs?service=git-upload-pack", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth(user, password)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// Git runs the real git client against a project with a user name and password, in a folder of its own
// with one commit, which "git push origin HEAD:main" would push.
func (g *GitLab) Git(t testing.TB, project Project, user, password string, args ...string) (output string, ok bool) {
	t.Helper()
	home := t.TempDir()
	remote := strings.Replace(g.BaseURL, "://", "://"+user+":"+password+"@", 1) + "/" + project.Path + ".git"
	run := func(args ...string) (string, bool) {
		cmd := exec.CommandContext(t.Context(), "git", args...) //nolint:gosec // of the tests
		cmd.Dir = filepath.Join(home, "work")
		cmd.Env = append(os.Environ(), "HOME="+home, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", "GIT_CONFIG_GLOBAL=/dev/null",
			"GIT_AUTHOR_NAME=t", "GIT_AUTHOR_EMAIL=t@example.com", "GIT_COMMITTER_NAME=t", "GIT_COMMITTER_EMAIL=t@example.com")
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		err := cmd.Run()
		return out.String(), err == nil
	}
	if err := os.MkdirAll(filepath.Join(home, "work"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, prepare := range [][]string{{"init", "-q", "-b", "main"}, {"commit", "-q", "--allow-empty", "-m", "test"}, {"remote", "add", "origin", remote}} {
		if output, ok := run(prepare...); !ok {
			t.Fatalf("git %v: %s", prepare, output)
		}
	}
	return run(args...)
}
