package provider_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator"
)

// made is what somebody made by hand, and what the examples of imports take over.
var made = map[string]struct {
	at   string
	body map[string]any
}{
	"jobtoken_project_deploy_token": {"/projects/3/deploy_tokens", map[string]any{"name": "cluster", "scopes": []string{"read_registry"}}},
	"jobtoken_group_deploy_token":   {"/groups/5/deploy_tokens", map[string]any{"name": "packages", "scopes": []string{"read_package_registry"}}},
	"jobtoken_project_access_token": {"/projects/5/access_tokens", map[string]any{"name": "editor", "scopes": []string{"api"}, "access_level": 30, "expires_at": importedEnd}},
	"jobtoken_project_share":        {"/projects/5/share", map[string]any{"group_id": 6, "group_access": 20}},
	"jobtoken_group_access_token":   {"/groups/5/access_tokens", map[string]any{"name": "reports", "scopes": []string{"read_api"}, "access_level": 20, "expires_at": importedEnd}},
}

// importedEnd is the end that the examples of imports name.
const importedEnd = "2027-06-30"

// prepare gives the company what the examples of a resource count on: a token or share to import, and for the tokens
// of a group its Owner.
func prepare(t *testing.T, server *emulator.Server, typeName string) {
	t.Helper()
	token, ok := made[typeName]
	if !ok {
		return
	}
	ask(t, server, http.MethodPost, token.at, token.body, nil)
	if strings.HasPrefix(token.at, "/groups/") {
		ask(t, server, http.MethodPut, "/groups/5/members/2", map[string]any{"access_level": acctest.Owner}, nil)
	}
}

// TestExampleDeployToken clones with what the example puts into CI/CD variables, and looks for the secret.
func TestExampleDeployToken(t *testing.T) {
	t.Parallel()
	server := company(t)
	g, library := worksAs(server), acctest.Project{ID: 1, Path: "acme/shared-lib"}
	c := layGuide(t, g, "deploy-token")
	c.Apply(t, 0)
	user, secret := variable(t, server, 4, "SHARED_LIB_USER"), variable(t, server, 4, "SHARED_LIB_PASSWORD")
	if output, ok := g.Git(t, library, user, secret, "ls-remote", "origin"); !ok {
		t.Errorf("%s cannot read the library: %s", user, output)
	}
	planned := c.PlanJSON(t)
	state := read(t, filepath.Join(c.Dir, "terraform.tfstate"))
	whole, err := json.Marshal(planned)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(state, secret) || strings.Contains(string(whole), secret) {
		t.Error("the secret is in the state or in a plan")
	}
	if !strings.Contains(state, user) {
		t.Error("the state does not even hold the user name, so nothing was searched")
	}
	c.Must(t, 0, "destroy", "-auto-approve", "-input=false")
	if _, ok := g.Git(t, library, user, secret, "ls-remote", "origin"); ok {
		t.Error("the token works after its destroy")
	}
}

// TestExamplePipelinePush runs the job's script as a runner does, with the token that was delivered.
func TestExamplePipelinePush(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("the script needs a POSIX shell")
	}
	server := company(t)
	g, docs := worksAs(server), acctest.Project{ID: 5, Path: "acme/docs"}
	layGuide(t, g, "pipeline-push").Apply(t, 0)
	token := variable(t, server, docs.ID, "CHANGELOG_TOKEN")
	checkout := filepath.Join(t.TempDir(), "docs")
	scheme, host, _ := strings.Cut(g.BaseURL, "://")
	_, script, found := strings.Cut(read(t, filepath.Join(examples, "pipeline-push", "gitlab-ci.yml")), "  script:\n")
	if !found {
		t.Fatal("the job has no script")
	}
	steps := []string{"git clone -q " + scheme + "://any:" + token + "@" + host + "/" + docs.Path + ".git " + checkout, "cd " + checkout}
	for line := range strings.Lines(script) {
		steps = append(steps, strings.TrimPrefix(strings.TrimSpace(line), "- "))
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-e", "-c", strings.Join(steps, "\n"))
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
		"CI_SERVER_PROTOCOL=" + scheme, "CI_SERVER_FQDN=" + host, "CI_PROJECT_PATH=" + docs.Path, "CHANGELOG_TOKEN=" + token,
	}
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	if output, _ := g.Git(t, docs, "any", token, "ls-remote", "origin"); !strings.Contains(output, "refs/heads/changelog") {
		t.Errorf("the branch was not pushed: %s", output)
	}
}

// TestExampleRotation applies the example every so often, as the scheduled job of it does.
func TestExampleRotation(t *testing.T) {
	t.Parallel()
	_, command, found := strings.Cut(read(t, filepath.Join(examples, "rotation", "gitlab-ci.yml")), "    - terraform apply ")
	if !found {
		t.Fatal("the job applies nothing")
	}
	const day = 24 * time.Hour
	server := company(t)
	g, library, docs := worksAs(server), acctest.Project{ID: 1, Path: "acme/shared-lib"}, acctest.Project{ID: 5, Path: "acme/docs"}
	c := layGuide(t, g, "rotation")
	nightly := func() (machines, job string) {
		c.Must(t, 0, append([]string{"apply"}, strings.Fields(command)...)...)
		return variable(t, server, 4, "SHARED_LIB_PASSWORD"), variable(t, server, docs.ID, "EDITOR_TOKEN")
	}
	opens := func(when string, project acctest.Project, secret string, want bool) {
		t.Helper()
		if output, ok := g.Git(t, project, "machines", secret, "ls-remote", "origin"); ok != want {
			t.Errorf("%s: opens %s = %t, want %t: %s", when, project.Path, ok, want, output)
		}
	}
	machines, editor := nightly()
	server.Advance(30*day - time.Minute)
	if _, same := nightly(); same != editor {
		t.Error("a token was made anew a minute before it is due")
	}
	server.Advance(day)
	opens("a token that is due since the last night", docs, editor, true)
	c.Plan(t, acctest.NoChanges, "-refresh=false")
	if plan := c.Plan(t, acctest.Changes); !acctest.Says(plan, `rotation_due = "every 30 days; due since`) || !acctest.Says(plan, "0 to add, 1 to change, 0 to destroy") {
		t.Errorf("the plan does not say why a new token is due:\n%s", plan)
	}
	same, second := nightly()
	if same != machines {
		t.Error("a token that is not due was made anew")
	}
	opens("the new token of a day's overlap", docs, second, true)
	server.Advance(60 * day)
	renewed, _ := nightly()
	opens("the old token within the overlap", library, machines, true)
	opens("the new token within the overlap", library, renewed, true)
	server.Advance(16 * day)
	opens("the old token after the overlap", library, machines, false)
	opens("the new token after the overlap", library, renewed, true)
	server.Advance(92 * day)
	opens("a token that nobody made anew", library, renewed, false)
}

// TestExampleVault hands the delivered secret to a store, and again when the token is made anew.
func TestExampleVault(t *testing.T) {
	t.Parallel()
	acctest.NeedsCLI(t, 11, "write-only arguments")
	server := company(t)
	c := layGuide(t, worksAs(server), "vault")
	c.WithVault(t)
	c.Apply(t, 0)
	c.Plan(t, acctest.NoChanges)
	first := variable(t, server, 4, "SHARED_LIB_PASSWORD")
	planned := c.PlanJSON(t, "-replace=jobtoken_project_deploy_token.machines")
	line := "~ data_json_wo_version = 1 -> (known after apply)"
	if !planned.Says(line) || !strings.Contains(read(t, filepath.Join(repository, "docs", "guides", "a-secret-for-a-store-outside-gitlab.md")), line) {
		t.Errorf("the guide shows another line than the plan:\n%s", planned.Output)
	}
	c.ApplySaved(t, 0)
	var stored []string
	for _, password := range []string{first, variable(t, server, 4, "SHARED_LIB_PASSWORD")} {
		stored = append(stored, fmt.Sprintf(`{"password":%q,"username":"machines"}`, password))
	}
	if got := c.Stored(t, "gitlab/shared-lib"); !slices.Equal(got, stored) {
		t.Errorf("the store was given %d values, want the %d secrets", len(got), len(stored))
	}
}

// layGuide lays the example of a guide out.
func layGuide(t *testing.T, g *acctest.GitLab, guide string) *acctest.CLI {
	t.Helper()
	c := acctest.NewCLI(t, g, "")
	write(t, filepath.Join(c.Dir, "main.tf"), read(t, filepath.Join(examples, guide, "main.tf")))
	return c
}

// variable is the value of a project's CI/CD variable.
func variable(t *testing.T, server *emulator.Server, project int64, key string) string {
	t.Helper()
	var found acctest.Variable
	ask(t, server, http.MethodGet, fmt.Sprintf("/projects/%d/variables/%s", project, key), nil, &found)
	return found.Value
}

// ask calls GitLab's API as its administrator.
func ask(t *testing.T, server *emulator.Server, method, path string, body, into any) {
	t.Helper()
	sent, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, server.URL()+"/api/v4"+path, bytes.NewReader(sent))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("PRIVATE-TOKEN", server.AdminToken())
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= http.StatusBadRequest {
		t.Fatalf("%s %s: %d %s %v", method, path, resp.StatusCode, answer, err)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(answer, into); err != nil {
		t.Fatal(err)
	}
}
