package emulator_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator"
)

const jobsPath = "/-/emulator/jobs"

// job is a running job.
type job struct {
	ID    int64  `json:"id"`
	Token string `json:"token"`
}

// startJob makes a job of a project, started by a user.
func (i instance) startJob(t *testing.T, project, user string) job {
	t.Helper()
	return decode[job](t, i.must(t, request{"root", post, jobsPath, fmt.Sprintf(`{"project":%q,"user":%q}`, project, user)}).body)
}

func (i instance) finish(t *testing.T, j job) {
	t.Helper()
	i.must(t, request{"root", del, jobsPath + "/" + strconv.FormatInt(j.ID, 10), ""})
}

// jobCall is a request with a job token.
type jobCall struct {
	token, method, path, body string
	// by says how the token is sent: "" is a header, "parameter", "form" or "basic".
	by string
}

func (i instance) call(t *testing.T, c jobCall) response {
	t.Helper()
	path, body, contentType := c.path, c.body, "application/octet-stream"
	switch {
	case c.by == "parameter":
		path += "?job_token=" + c.token
	case c.by == "form":
		body, contentType = "job_token="+c.token+"&"+c.body, "application/x-www-form-urlencoded"
	case strings.HasPrefix(c.body, "{"):
		contentType = "application/json"
	}
	call, err := http.NewRequestWithContext(t.Context(), c.method, i.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	call.Header.Set("Content-Type", contentType)
	switch c.by {
	case "":
		call.Header.Set("Job-Token", c.token)
	case "basic":
		call.SetBasicAuth("gitlab-ci-token", c.token)
	}
	return i.do(t, call)
}

// do sends a request; redirects are answers.
func (i instance) do(t *testing.T, call *http.Request) response {
	t.Helper()
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	answer, err := client.Do(call)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response{status: answer.StatusCode, header: answer.Header, body: string(content)}
}

func (i instance) expect(t *testing.T, name string, c jobCall, status int, body string) {
	t.Helper()
	answer := i.call(t, c)
	part, isPart := strings.CutPrefix(body, "~")
	if answer.status != status || isPart && !strings.Contains(answer.body, part) || !isPart && answer.body != body {
		t.Errorf("%s: %d %s\nwant %d %s", name, answer.status, answer.body, status, body)
	}
}

// allow puts a project on the allowlist of another.
func (i instance) allow(t *testing.T, project, target int) {
	t.Helper()
	i.must(t, request{"root", post, fmt.Sprintf("/api/v4/projects/%d/job_token_scope/allowlist", project), fmt.Sprintf(`{"target_project_id":%d}`, target)})
}

// permit makes a project's entry on the list of acme/shared-lib a fine-grained one.
func (i instance) permit(t *testing.T, target, permission string) {
	t.Helper()
	answer := i.must(t, mutation(t, "root", "ciJobTokenScopeUpdatePolicies",
		fmt.Sprintf(`projectPath:"acme/shared-lib",targetPath:%q,defaultPermissions:false,jobTokenPolicies:[%s]`, target, permission), ""))
	if !strings.Contains(answer.body, `"errors":[]`) {
		t.Fatal(answer.body)
	}
}

const (
	sharedLib   = "/api/v4/projects/1"
	packagePath = sharedLib + "/packages/generic/tool/1.0/tool.tgz"
	forbids     = `{"message":"403 Forbidden"}`
	denies      = `{"message":"401 Unauthorized"}`
)

// notAllowed and requires are what acme/shared-lib refuses with.
func notAllowed(from string) string {
	return fmt.Sprintf(`{"message":"403 Forbidden - Authentication by CI/CD job token not allowed from %s to project #1."}`, from)
}

func requires(permission string) string {
	return fmt.Sprintf(`{"message":"403 Forbidden - Insufficient permissions to access this resource in project #1. The following token permission is required: %s."}`, permission)
}

func TestControlJobs(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	i.play(t, []step{
		{"for administrators", request{"dev", post, jobsPath, `{"project":"acme/app","user":"dev"}`}, 403, forbids},
		{"by path and name", request{"root", post, jobsPath, `{"project":"acme/app","user":"dev"}`}, 201, `~"token":"glcbt-`},
		{"by ids", request{"root", post, jobsPath, `{"project":2,"user":3}`}, 201, `~"id":2,`},
		{"by ids as text", request{"root", post, jobsPath, `{"project":"2","user":"3","name":"build","ref":"v1"}`}, 201, `~"id":3,`},
		{"no project", request{"root", post, jobsPath, `{"project":"acme/none","user":"dev"}`}, 404, `{"message":"404 Project Not Found"}`},
		{"no user", request{"root", post, jobsPath, `{"project":2,"user":"none"}`}, 404, `{"message":"404 User Not Found"}`},
		{"unknown field", request{"root", post, jobsPath, `{"project":2,"owner":3}`}, 400, `~owner`},
		{"finish", request{"root", del, jobsPath + "/1", ""}, 204, ``},
		{"finish again", request{"root", del, jobsPath + "/1", ""}, 204, ``},
		{"finish another", request{"root", del, jobsPath + "/99", ""}, 404, `{"message":"404 Not Found"}`},
		{"finish nothing", request{"root", del, jobsPath + "/x", ""}, 404, `{"message":"404 Not Found"}`},
		{"something else", request{"root", get, jobsPath + "/1/log", ""}, 404, `{"message":"404 Not Found"}`},
		{"no repository to drop", request{"root", del, "/-/emulator/repositories/acme/none", ""}, 404, `{"message":"404 Project Not Found"}`},
		{"not counted", request{"root", get, requestsPath, ""}, 200, `{"total":0,"counts":{},"graphql":{}}`},
	})
}

func TestJobTokenAsCredential(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	app := i.startJob(t, "acme/app", "dev")
	for _, by := range []string{"", "parameter"} {
		i.expect(t, "own job "+by, jobCall{app.Token, get, "/api/v4/job", "", by}, 200, `~"id":1,"status":"running"`)
		i.expect(t, "a route that takes none "+by, jobCall{app.Token, get, "/api/v4/user", "", by}, 401, denies)
		i.expect(t, "project read takes none "+by, jobCall{app.Token, get, sharedLib, "", by}, 404, `{"message":"404 Project Not Found"}`)
	}
	i.expect(t, "basic on a package route", jobCall{app.Token, put, packagePath, "content", "basic"}, 201, `{"message":"201 Created"}`)
	i.expect(t, "basic elsewhere", jobCall{app.Token, get, sharedLib + "/releases", "", "basic"}, 404, `{"message":"404 Project Not Found"}`)
	i.expect(t, "in a form", jobCall{app.Token, post, sharedLib + "/releases", "tag_name=v0&ref=main", "form"}, 201, `~"tag_name":"v0"`)
	i.expect(t, "unknown", jobCall{"glcbt-64_none", get, "/api/v4/job", "", ""}, 401, denies)
	i.finish(t, app)
	i.expect(t, "finished", jobCall{app.Token, get, "/api/v4/job", "", ""}, 401, denies)
	i.expect(t, "finished, elsewhere", jobCall{app.Token, get, sharedLib + "/releases", "", ""}, 401, denies)
	i.expect(t, "finished, basic", jobCall{app.Token, get, packagePath, "", "basic"}, 401, denies)
	blocked := i.startJob(t, "acme/app", "dev").Token
	i.must(t, request{"root", post, "/api/v4/users/3/block", ""})
	i.expect(t, "of a blocked user", jobCall{blocked, get, "/api/v4/job", "", ""}, 403, `{"message":"403 Forbidden - Your account has been blocked."}`)
	i.refusesClone(t, blocked, "acme/app.git", "HTTP Basic: Access denied.")
	if answer := i.refsCall(t, "dev", i.Tokens()["dev"], "acme/app"+refs); answer.status != 403 || answer.body != "Your account has been blocked." {
		t.Errorf("git of a blocked user: %d %s", answer.status, answer.body)
	}
	i.play(t, []step{
		{"a blocked user starts no job", request{"root", post, jobsPath, `{"project":2,"user":3}`}, 404, `{"message":"404 User Not Found"}`},
		{"unblocked", request{"root", post, "/api/v4/users/3/unblock", ""}, 201, `true`},
		{"nobody to block", request{"root", post, "/api/v4/users/99/block", ""}, 404, `{"message":"404 User Not Found"}`},
	})
	i.expect(t, "of an unblocked user", jobCall{blocked, get, "/api/v4/job", "", ""}, 200, `~"status":"running"`)
	i.play(t, []step{
		{"not a job", request{"dev", get, "/api/v4/job", ""}, 404, `{"message":"404 Job Not Found"}`},
		{"nobody", request{"", get, "/api/v4/job", ""}, 401, denies},
	})
}

func TestPackagesByJobToken(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	app, stranger := i.startJob(t, "acme/app", "dev").Token, i.startJob(t, "acme/app", "mallory").Token
	web, reports := i.startJob(t, "acme/web", "dev").Token, i.startJob(t, "acme/reports", "dev").Token
	intruder := i.startJob(t, "outside/intruder", "mallory").Token
	i.expect(t, "nothing yet", jobCall{app, get, packagePath, "", ""}, 404, `{"message":"404 Package Not Found"}`)
	i.expect(t, "publish", jobCall{app, put, packagePath, "content", ""}, 201, `{"message":"201 Created"}`)
	i.expect(t, "download", jobCall{app, get, packagePath, "", ""}, 200, "content")
	i.expect(t, "by the path", jobCall{app, get, strings.Replace(packagePath, "/1/", "/acme%2FShared-Lib/", 1), "", ""}, 200, "content")
	i.expect(t, "not on the list", jobCall{web, get, packagePath, "", ""}, 404, `{"message":"404 Not Found"}`)
	i.expect(t, "nobody's job", jobCall{intruder, put, packagePath, "worm", ""}, 404, `{"message":"404 Not Found"}`)
	i.expect(t, "on the list, no member", jobCall{stranger, get, packagePath, "", ""}, 404, `{"message":"404 Not Found"}`)
	i.expect(t, "the permission to read reads", jobCall{reports, get, packagePath, "", ""}, 200, "content")
	i.expect(t, "and does not write", jobCall{reports, put, packagePath, "worm", ""}, 403, requires("admin_packages"))
	i.expect(t, "no such project", jobCall{app, get, strings.Replace(packagePath, "/1/", "/99/", 1), "", ""}, 404, `{"message":"404 Not Found"}`)
	i.expect(t, "unchanged", jobCall{app, get, packagePath, "", ""}, 200, "content")
	i.play(t, []step{
		{"a user publishes", request{"dev", put, packagePath, `{"a":1}`}, 201, `{"message":"201 Created"}`},
		{"and downloads", request{"dev", get, packagePath, ""}, 200, `{"a":1}`},
		{"nobody publishes", request{"", put, packagePath, `{"a":1}`}, 401, denies},
		{"who cannot see the project", request{"mallory", get, packagePath, ""}, 404, `{"message":"404 Not Found"}`},
		{"packages are closed", request{"root", put, sharedLib, `{"package_registry_access_level":"disabled"}`}, 200, `~"package_registry_access_level":"disabled"`},
		{"to users", request{"dev", get, packagePath, ""}, 403, forbids},
		{"a level GitLab does not have", request{"root", put, sharedLib, `{"releases_access_level":"open"}`}, 400, `{"error":"releases_access_level does not have a valid value"}`},
	})
	i.expect(t, "and to jobs", jobCall{app, get, packagePath, "", ""}, 403, forbids)

	i.must(t, request{"root", put, "/api/v4/groups/5", `{"visibility":"public"}`})
	i.must(t, request{"root", put, sharedLib, `{"visibility":"public","package_registry_access_level":"enabled"}`})
	i.expect(t, "public packages are open to all jobs", jobCall{intruder, get, packagePath, "", ""}, 200, `{"a":1}`)
	i.play(t, []step{{"and to all", request{"", get, packagePath, ""}, 200, `{"a":1}`}})
	i.must(t, request{"root", put, sharedLib, `{"package_registry_access_level":"private"}`})
	i.expect(t, "packages for members are not", jobCall{intruder, get, packagePath, "", ""}, 403, requires("read_packages"))
	i.play(t, []step{
		{"nor to nobody", request{"", get, packagePath, ""}, 401, denies},
		{"renamed", request{"root", put, sharedLib, `{"path":"lib"}`}, 200, `~"path":"lib"`},
	})
	moved := strings.Replace(packagePath, "/1/", "/acme%2Fshared-lib/", 1)
	i.expect(t, "an old path leads on", jobCall{app, get, moved, "", ""}, 301, "~moved permanently")
	i.expect(t, "but not a write", jobCall{app, put, moved, "x", ""}, 405, `{"message":"Non GET methods are not allowed for moved projects"}`)
}

func TestArtifactsByJobToken(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	built, running, uploaded := i.startJob(t, "acme/shared-lib", "dev"), i.startJob(t, "acme/shared-lib", "dev"), i.startJob(t, "acme/shared-lib", "dev")
	i.finish(t, built)
	app, reports := i.startJob(t, "acme/app", "dev").Token, i.startJob(t, "acme/reports", "dev").Token
	of := func(j job) string { return fmt.Sprintf("%s/jobs/%d/artifacts", sharedLib, j.ID) }
	const latest = sharedLib + "/jobs/artifacts/main/download"

	answer := i.call(t, jobCall{app, get, of(built), "", ""})
	archive, err := zip.NewReader(bytes.NewReader([]byte(answer.body)), int64(len(answer.body)))
	if err != nil || answer.status != http.StatusOK || len(archive.File) != 1 || archive.File[0].Name != "job.txt" {
		t.Errorf("artifacts of a finished job: %d, %v", answer.status, err)
	}
	i.expect(t, "of a running job", jobCall{app, get, of(running), "", ""}, 404, `{"message":"404 Not Found"}`)
	i.expect(t, "of another project's job", jobCall{app, get, sharedLib + "/jobs/4/artifacts", "", ""}, 404, `{"message":"404 Not found"}`)
	i.expect(t, "not on the list", jobCall{i.startJob(t, "acme/web", "dev").Token, get, of(built), "", ""}, 403, notAllowed("web"))
	i.expect(t, "without the permission", jobCall{reports, get, of(built), "", ""}, 403, requires("read_jobs"))
	i.permit(t, "acme/reports", "ADMIN_JOBS")
	i.expect(t, "with one that implies it", jobCall{reports, get, of(built), "", ""}, 200, answer.body)
	i.expect(t, "the latest", jobCall{app, get, latest + "?job=test", "", ""}, 200, answer.body)
	file := sharedLib + "/jobs/artifacts/main/raw/"
	i.expect(t, "a file of the latest", jobCall{app, get, file + "job.txt?job=test", "", ""}, 200, "~job 1 test on main")
	i.expect(t, "no such file", jobCall{app, get, file + "none/at/all.txt?job=test", "", ""}, 404, `{"message":"404 Not Found"}`)
	i.expect(t, "no such job", jobCall{app, get, latest + "?job=lint", "", ""}, 404, `{"message":"404 Not found"}`)
	i.expect(t, "no name", jobCall{app, get, latest, "", ""}, 400, `{"error":"job is missing"}`)

	i.must(t, request{"root", put, fmt.Sprintf("%s/%d/artifacts", jobsPath, uploaded.ID), "an archive"})
	i.expect(t, "uploaded, not finished", jobCall{app, get, latest + "?job=test", "", ""}, 200, answer.body)
	i.finish(t, uploaded)
	i.expect(t, "uploaded", jobCall{app, get, latest + "?job=test", "", ""}, 200, "an archive")
}

func TestReleasesByJobToken(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	app, reports := i.startJob(t, "acme/app", "dev").Token, i.startJob(t, "acme/reports", "dev").Token
	const path = sharedLib + "/releases"
	i.expect(t, "none", jobCall{app, get, path, "", ""}, 200, `[]`)
	i.expect(t, "create", jobCall{app, post, path, `{"tag_name":"v1","description":"First","ref":"main"}`, ""}, 201, `~"name":"v1","tag_name":"v1","description":"First"`)
	i.expect(t, "twice", jobCall{app, post, path, `{"tag_name":"v1"}`, ""}, 409, `{"message":"Release already exists"}`)
	i.expect(t, "a tag that is not there", jobCall{app, post, path, `{"tag_name":"v9"}`, ""}, 422, `{"message":"Ref is not specified"}`)
	i.expect(t, "made from nothing", jobCall{app, post, path, `{"tag_name":"v9","ref":"none"}`, ""}, 422, `{"message":"Target none is invalid"}`)
	i.expect(t, "by its tag", jobCall{app, get, path + "/v1", "", ""}, 200, `~"tag_name":"v1"`)
	i.expect(t, "no such tag", jobCall{app, get, path + "/v9", "", ""}, 404, `{"message":"404 Not Found"}`)
	i.expect(t, "the latest", jobCall{app, get, path + "/permalink/latest", "", ""}, 302, `~/projects/1/releases/v1`)
	i.expect(t, "no tag", jobCall{app, post, path, `{}`, ""}, 400, `{"error":"tag_name is missing"}`)
	i.expect(t, "list", jobCall{app, get, path, "", ""}, 200, `~"author":{"id":3,"username":"dev"`)
	i.expect(t, "without the permission", jobCall{reports, get, path, "", ""}, 403, requires("read_releases"))
	i.permit(t, "acme/reports", "READ_RELEASES")
	i.expect(t, "with it", jobCall{reports, get, path, "", ""}, 200, `~"tag_name":"v1"`)
	i.expect(t, "which does not write", jobCall{reports, post, path, `{"tag_name":"v2"}`, ""}, 403, requires("admin_releases"))
}

func TestTriggerByJobToken(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	const path = sharedLib + "/trigger/pipeline"
	app, web := i.startJob(t, "acme/app", "dev"), i.startJob(t, "acme/web", "dev")
	with := func(token, ref string) jobCall {
		return jobCall{"", post, path, fmt.Sprintf(`{"token":%q,"ref":%q}`, token, ref), ""}
	}
	i.expect(t, "on the list", with(app.Token, "main"), 201, `~"ref":"main","status":"created"`)
	i.expect(t, "no such branch", with(app.Token, "gone"), 400, `{"message":{"base":["Reference not found"]}}`)
	i.expect(t, "not on the list", with(web.Token, "main"), 404, `{"message":"404 Not Found"}`)
	i.expect(t, "on the list, no member", with(i.startJob(t, "acme/app", "mallory").Token, "main"), 404, `{"message":"404 Not Found"}`)
	i.expect(t, "unknown token", with("glcbt-64_none", "main"), 404, `{"message":"404 Not Found"}`)
	i.expect(t, "no project", jobCall{"", post, "/api/v4/projects/99/trigger/pipeline", fmt.Sprintf(`{"token":%q,"ref":"main"}`, app.Token), ""}, 404, `{"message":"404 Not Found"}`)
	i.expect(t, "no ref", jobCall{"", post, path, fmt.Sprintf(`{"token":%q}`, app.Token), ""}, 400, `{"error":"ref is missing"}`)
	i.must(t, request{"root", post, "/api/v4/projects/1/members", `{"user_id":4,"access_level":20}`})
	i.expect(t, "a Reporter", with(i.startJob(t, "acme/app", "mallory").Token, "main"), 400, `{"message":{"base":["Insufficient permissions to create a new pipeline"]}}`)
	i.finish(t, app)
	i.expect(t, "finished", with(app.Token, "main"), 401, `{"message":"Job is not running"}`)
}

func TestRawFilesByJobToken(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	const files = sharedLib + "/repository/files/"
	app, reports := i.startJob(t, "acme/app", "dev").Token, i.startJob(t, "acme/reports", "dev").Token
	i.expect(t, "of the default branch", jobCall{app, get, files + "README.md/raw", "", ""}, 200, "# README\n")
	i.expect(t, "of a branch, with read_repositories", jobCall{reports, get, files + "README.md/raw?ref=main", "", ""}, 200, "# README\n")
	i.expect(t, "no such file", jobCall{app, get, files + "..%2F..%2Fetc%2Fpasswd/raw", "", ""}, 404, `{"message":"404 File Not Found"}`)
	i.expect(t, "no such ref", jobCall{app, get, files + "README.md/raw?ref=--all", "", ""}, 404, `{"message":"404 Commit Not Found"}`)
	i.permit(t, "acme/reports", "READ_JOBS")
	i.expect(t, "without the permission", jobCall{reports, get, files + "README.md/raw", "", ""}, 403, requires("read_repositories"))
}

type authLog struct {
	Data struct {
		Project struct {
			CiJobTokenAuthLogs struct {
				Count int
				Nodes []struct {
					LastAuthorizedAt time.Time
					OriginProject    struct{ FullPath string }
				}
			}
		}
	}
}

// authLog lists who used a project, as "path time".
func (i instance) authLog(t *testing.T, project string) []string {
	t.Helper()
	answer := i.must(t, document(t, "terraform", fmt.Sprintf(`{project(fullPath:%q){ciJobTokenAuthLogs{count nodes{lastAuthorizedAt originProject{fullPath}}}}}`, project)))
	logs := decode[authLog](t, answer.body).Data.Project.CiJobTokenAuthLogs
	found := make([]string, 0, logs.Count)
	for _, node := range logs.Nodes {
		found = append(found, node.OriginProject.FullPath+" "+node.LastAuthorizedAt.Format(time.DateTime))
	}
	return found
}

// clock is a server's clock that a test sets.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(by)
}

func TestAuthenticationLog(t *testing.T) {
	t.Parallel()
	now := &clock{now: time.Date(2026, time.March, 20, 12, 0, 0, 0, time.UTC)}
	i := start(t, emulator.Options{Seed: "acme", Now: now.read})
	logged := func(name string, want ...string) {
		t.Helper()
		if got := i.authLog(t, "acme/shared-lib"); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	const images = "acme/platform/runner-images 2026-03-08 12:00:00"
	logged("the seed's", images, "acme/app 2026-03-17 12:00:00")

	app, web := i.startJob(t, "acme/app", "dev").Token, i.startJob(t, "acme/web", "dev").Token
	own, reports := i.startJob(t, "acme/shared-lib", "dev").Token, i.startJob(t, "acme/reports", "dev").Token
	const path = sharedLib + "/releases"
	i.expect(t, "refused", jobCall{web, get, path, "", ""}, 403, notAllowed("web"))
	i.expect(t, "own", jobCall{own, get, path, "", ""}, 200, `[]`)
	i.expect(t, "without the permission", jobCall{reports, get, path, "", ""}, 403, requires("read_releases"))
	i.expect(t, "let through, to nothing", jobCall{reports, get, packagePath, "", ""}, 404, `{"message":"404 Package Not Found"}`)
	logged("refusals, the own project and failures are not noted", images, "acme/app 2026-03-17 12:00:00")

	i.expect(t, "let through", jobCall{app, get, path, "", ""}, 200, `[]`)
	logged("a row for each project", images, "acme/app 2026-03-20 12:00:00")
	now.advance(time.Minute)
	i.must(t, request{"root", patch, sharedLib + "/job_token_scope", `{"enabled":false}`})
	i.expect(t, "with the list off", jobCall{web, get, path, "", ""}, 200, `[]`)
	logged("the list need not be on", "acme/web 2026-03-20 12:01:00", images, "acme/app 2026-03-20 12:00:00")
	i.must(t, request{"root", put, "/api/v4/projects/3", `{"path":"site"}`})
	logged("under the present path", "acme/site 2026-03-20 12:01:00", images, "acme/app 2026-03-20 12:00:00")
	i.must(t, request{"root", del, "/api/v4/projects/2", ""})
	i.must(t, request{"root", del, "/api/v4/projects/2?permanently_remove=true&full_path=acme/app-deletion_scheduled-2", ""})
	logged("without what is gone", "acme/site 2026-03-20 12:01:00", images)
}

func TestAuthenticationLogDelay(t *testing.T) {
	t.Parallel()
	now := &clock{now: time.Date(2026, time.March, 20, 12, 0, 0, 0, time.UTC)}
	i := start(t, emulator.Options{Seed: "estate:2x0", Now: now.read, AuthLogDelay: 5 * time.Minute})
	i.allow(t, 1, 2)
	other := i.startJob(t, "estate/p0002", "terraform").Token
	use := func() {
		t.Helper()
		i.expect(t, "use", jobCall{other, get, sharedLib + "/releases", "", ""}, 200, `[]`)
	}
	for _, s := range []struct {
		name    string
		after   time.Duration
		use     bool
		logged  string
		missing bool
	}{
		{"used", 0, true, "", true},
		{"used again", 4 * time.Minute, true, "", true},
		{"shown together", time.Minute, false, "estate/p0002 2026-03-20 12:04:00", false},
		{"used once more", time.Minute, true, "estate/p0002 2026-03-20 12:04:00", false},
		{"still the old row", 4 * time.Minute, false, "estate/p0002 2026-03-20 12:04:00", false},
		{"then the new one", time.Minute, false, "estate/p0002 2026-03-20 12:06:00", false},
	} {
		now.advance(s.after)
		if s.use {
			use()
		}
		got := i.authLog(t, "estate/p0001")
		if s.missing && len(got) > 0 || !s.missing && !slices.Equal(got, []string{s.logged}) {
			t.Errorf("%s: %q, want %q", s.name, got, s.logged)
		}
	}
}
