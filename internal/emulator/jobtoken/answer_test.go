package jobtoken_test

import (
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/jobtoken"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/release"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rules"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

func TestAnswers(t *testing.T) {
	t.Parallel()
	needs := func(permissions ...string) jobtoken.Operation {
		return jobtoken.Operation{Ability: rules.ReadRelease, Governed: true, Permissions: permissions}
	}
	const notAllowed = "Authentication by CI/CD job token not allowed from origin to project #2."
	for _, c := range []struct {
		name       string
		arrange    func(*world)
		op         jobtoken.Operation
		restStatus int
		rest       string
		gitStatus  int
		git        string
	}{
		{"allowed", func(w *world) { w.allowProject() }, jobtoken.Clone, 200, "", 200, ""},
		{
			"no project", func(w *world) { w.target = nil }, jobtoken.Clone,
			404, "404 Project Not Found", 404, "The project you were looking for could not be found or you don't have permission to view it.",
		},
		{"not on the list", func(*world) {}, jobtoken.Clone, 403, "403 Forbidden - " + notAllowed, 403, notAllowed},
		{
			"no member", func(w *world) { w.allowProject(); w.role(store.NoAccess) }, jobtoken.Clone,
			403, "403 Forbidden - " + notAllowed, 403, "Insufficient permissions to pull from the repository of project #2.",
		},
		{
			"readable, code not", func(w *world) { w.allowProject(); w.role(store.Guest) }, jobtoken.Clone,
			403, "403 Forbidden", 403, "You are not allowed to download code from this project.",
		},
		{
			"no push", func(w *world) { w.allowProject() }, jobtoken.Push,
			403, "403 Forbidden", 403, "You are not allowed to push code to this project.",
		},
		{
			"one permission", func(w *world) { w.allowProject(none...) }, jobtoken.DownloadArtifacts,
			403, "403 Forbidden - Insufficient permissions to access this resource in project #2. The following token permission is required: read_jobs.",
			403, "You are not allowed to download code from this project.",
		},
		{
			"two permissions", func(w *world) { w.allowProject(none...) }, needs("admin_deployments", "admin_environments"),
			403, "403 Forbidden - Insufficient permissions to access this resource in project #2. The following token permissions are required: admin_deployments and admin_environments.",
			403, "You are not allowed to download code from this project.",
		},
		{
			"three permissions", func(w *world) { w.allowProject(none...) }, needs("a", "b", "c"),
			403, "403 Forbidden - Insufficient permissions to access this resource in project #2. The following token permissions are required: a, b, and c.",
			403, "You are not allowed to download code from this project.",
		},
		{
			"undeclared", func(w *world) { w.allowProject(none...) }, needs(),
			403, "403 Forbidden - This action is unauthorized for CI/CD job tokens.",
			403, "You are not allowed to download code from this project.",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			store.New(time.Now).Write(func(st *store.State) {
				w := newWorld(st)
				c.arrange(w)
				verdict := w.decide(t, c.op)
				if status, text := verdict.REST(); status != c.restStatus || text != c.rest {
					t.Errorf("REST: %d %s, want %d %s", status, text, c.restStatus, c.rest)
				}
				if status, text := verdict.Git(c.op); status != c.gitStatus || text != c.git {
					t.Errorf("git: %d %s, want %d %s", status, text, c.gitStatus, c.git)
				}
			})
		})
	}
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	old, err := release.Parse("17.11")
	if err != nil {
		t.Fatal(err)
	}
	const raw = "/projects/:id/repository/files/:file_path/raw"
	for _, c := range []struct {
		version      release.Version
		method, path string
		takes        bool
	}{
		{release.Newest(), "GET", "/job", true},
		{release.Newest(), "POST", "/job", false},
		{release.Newest(), "GET", "/projects/:id", false},
		{release.Newest(), "GET", "/projects/:id/job_token_scope", false},
		{release.Newest(), "POST", "/projects/:id/trigger/pipeline", false},
		{release.Newest(), "GET", raw, true},
		{old, "GET", raw, false},
		{old, "GET", "/projects/:id/releases", true},
	} {
		if _, takes := jobtoken.EndpointOf(c.version, c.method, c.path); takes != c.takes {
			t.Errorf("%s: %s %s takes job tokens: %t, want %t", c.version.Text, c.method, c.path, takes, c.takes)
		}
	}
}
