package emulator_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator"
)

// git runs the real client in a folder, without the configuration of whoever
// runs the test, and gives all it prints.
func git(t *testing.T, folder string, arguments ...string) (output string, err error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "git", arguments...)
	command.Dir = folder
	command.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + folder, "LC_ALL=C", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Dev", "GIT_AUTHOR_EMAIL=dev@example.com", "GIT_COMMITTER_NAME=Dev", "GIT_COMMITTER_EMAIL=dev@example.com",
	}
	printed, err := command.CombinedOutput()
	return string(printed), err
}

func mustGit(t *testing.T, folder string, arguments ...string) string {
	t.Helper()
	output, err := git(t, folder, arguments...)
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(arguments, " "), err, output)
	}
	return output
}

func (i instance) remote(username, secret, path string) string {
	return fmt.Sprintf("http://%s:%s@%s/%s", username, secret, strings.TrimPrefix(i.URL(), "http://"), path)
}

// clone clones a project as a job and gives the folder.
func (i instance) clone(t *testing.T, token, path string) string {
	t.Helper()
	folder := t.TempDir()
	mustGit(t, folder, "clone", "--quiet", i.remote("gitlab-ci-token", token, path), "work")
	return filepath.Join(folder, "work")
}

// refusesClone expects a clone to fail with the words after "remote: ".
func (i instance) refusesClone(t *testing.T, token, path, words string) {
	t.Helper()
	output, err := git(t, t.TempDir(), "clone", "--quiet", i.remote("gitlab-ci-token", token, path), "work")
	if err == nil || !strings.Contains(output, "remote: "+words) {
		t.Errorf("clone of %s: %v\n%s\nlacks %q", path, err, output, words)
	}
}

func TestClone(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	web, stranger := i.startJob(t, "acme/web", "dev"), i.startJob(t, "acme/web", "mallory").Token
	i.refusesClone(t, web.Token, "acme/shared-lib.git", "Authentication by CI/CD job token not allowed from web to project #1.")
	i.allow(t, 1, 3)
	work := i.clone(t, web.Token, "acme/shared-lib.git")
	readme, err := os.ReadFile(filepath.Join(work, "README.md"))
	if err != nil || string(readme) != "# README\n" {
		t.Errorf("cloned %q, %v", readme, err)
	}
	if branch := mustGit(t, work, "branch", "--show-current"); branch != "main\n" {
		t.Errorf("the default branch is %q", branch)
	}
	i.refusesClone(t, stranger, "acme/shared-lib.git", "Insufficient permissions to pull from the repository of project #1.")
	i.permit(t, "acme/web", "READ_JOBS")
	i.clone(t, web.Token, "acme/shared-lib.git")
	i.must(t, request{"root", del, sharedLib + "/job_token_scope/allowlist/3", ""})
	i.refusesClone(t, web.Token, "acme/shared-lib.git", "Authentication by CI/CD job token not allowed from web to project #1.")
	i.clone(t, web.Token, "acme/web.git")
	i.finish(t, web)
	i.refusesClone(t, web.Token, "acme/web.git", "HTTP Basic: Access denied.")
}

func TestCloneIsLogged(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	i.allow(t, 2, 3)
	i.refusesClone(t, i.startJob(t, "acme/docs", "dev").Token, "acme/app.git", "Authentication by CI/CD job token not allowed from docs to project #2.")
	i.clone(t, i.startJob(t, "acme/app", "dev").Token, "acme/app.git")
	if got := i.authLog(t, "acme/app"); len(got) != 0 {
		t.Errorf("a refusal or the own project is noted: %q", got)
	}
	i.clone(t, i.startJob(t, "acme/web", "dev").Token, "acme/app.git")
	if got := i.authLog(t, "acme/app"); len(got) != 1 || !strings.HasPrefix(got[0], "acme/web ") {
		t.Errorf("the clone is not noted: %q", got)
	}
}

const (
	refs     = ".git/info/refs?service=git-upload-pack"
	pushRefs = ".git/info/refs?service=git-receive-pack"
)

// refsCall asks what a git client asks first.
func (i instance) refsCall(t *testing.T, username, secret, path string) response {
	t.Helper()
	call, err := http.NewRequestWithContext(t.Context(), get, i.URL()+"/"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if username != "" {
		call.SetBasicAuth(username, secret)
	}
	return i.do(t, call)
}

func TestGitAccess(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	const (
		jobs         = "gitlab-ci-token"
		missing      = "The project you were looking for could not be found or you don't have permission to view it."
		noDownload   = "You are not allowed to download code from this project."
		noPush       = "You are not allowed to push code to this project."
		advertises   = "~# service=git-upload-pack"
		accepts      = "~# service=git-receive-pack"
		accessDenied = "~HTTP Basic: Access denied."
	)
	i.must(t, request{"root", put, "/api/v4/groups/5", `{"visibility":"public"}`})
	i.must(t, request{"root", put, "/api/v4/projects/5", `{"visibility":"public"}`})
	i.must(t, request{"root", put, "/api/v4/projects/3", `{"visibility":"internal"}`})
	i.must(t, request{"root", put, "/api/v4/projects/4", `{"visibility":"public","repository_access_level":"private"}`})
	i.must(t, request{"root", put, "/api/v4/projects/6", `{"path":"figures"}`})
	i.must(t, request{"root", post, "/api/v4/projects/2/members", `{"user_id":4,"access_level":10}`})
	i.must(t, request{"root", del, "/-/emulator/repositories/acme/platform/runner-images", ""})
	app, own, guest := i.startJob(t, "acme/app", "dev"), i.startJob(t, "acme/docs", "dev").Token, i.startJob(t, "acme/app", "mallory").Token
	images := i.startJob(t, "acme/platform/runner-images", "dev").Token
	reports := i.startJob(t, "acme/figures", "dev").Token
	finished := i.startJob(t, "acme/app", "dev")
	i.finish(t, finished)
	dev := i.Tokens()["dev"]
	_, readAPI := i.newToken(t, "3", `["read_api"]`, "")
	_, registry := i.newToken(t, "3", `["read_registry"]`, "")
	_, reads := i.newToken(t, "3", `["read_repository"]`, "")
	_, writes := i.newToken(t, "3", `["write_repository"]`, "")

	for _, c := range []struct {
		name, username, secret, path string
		status                       int
		want                         string
	}{
		{"a job on the list", jobs, app.Token, "acme/shared-lib" + refs, 200, advertises},
		{"letter case does not count", jobs, app.Token, "Acme/Shared-Lib" + refs, 200, advertises},
		{"by a subgroup's entry", jobs, images, "acme/shared-lib" + refs, 200, advertises},
		{"a job not on the list", jobs, own, "acme/shared-lib" + refs, 403, "Authentication by CI/CD job token not allowed from docs to project #1."},
		{"a job of no member", jobs, guest, "acme/shared-lib" + refs, 403, "Insufficient permissions to pull from the repository of project #1."},
		{"a Guest's job", jobs, guest, "acme/app" + refs, 403, noDownload},
		{"a finished job", jobs, finished.Token, "acme/app" + refs, 401, accessDenied},
		{"an unknown token", jobs, "glcbt-64_none", "acme/app" + refs, 401, accessDenied},
		{"an access token is no job token", jobs, dev, "acme/app" + refs, 401, accessDenied},
		{"a job token is no access token", "dev", app.Token, "acme/app" + refs, 401, accessDenied},
		{"no such project", jobs, app.Token, "acme/none" + refs, 404, missing},
		{"a public project", jobs, guest, "acme/docs" + refs, 200, advertises},
		{"an internal project", jobs, guest, "acme/web" + refs, 200, advertises},
		{"a public project's code for members", jobs, app.Token, "acme/deployer" + refs, 403, noDownload},
		{"an old path", jobs, reports, "acme/reports" + refs, 200, advertises},
		{"nothing was ever pushed", jobs, images, "acme/platform/runner-images" + refs, 404, "A repository for this project does not exist yet."},
		{"a push without the toggle", jobs, own, "acme/docs" + pushRefs, 403, noPush},
		{"a push to another project", jobs, app.Token, "acme/shared-lib" + pushRefs, 403, noPush},

		{"nobody, private", "", "", "acme/app" + refs, 401, accessDenied},
		{"nobody, internal", "", "", "acme/web" + refs, 401, accessDenied},
		{"nobody, missing", "", "", "acme/none" + refs, 401, accessDenied},
		{"nobody, public", "", "", "acme/docs" + refs, 200, advertises},
		{"nobody, public for members", "", "", "acme/deployer" + refs, 401, accessDenied},
		{"nobody pushes", "", "", "acme/docs" + pushRefs, 401, accessDenied},

		{"a token with api", "anyone", dev, "acme/shared-lib" + refs, 200, advertises},
		{"pushes", "anyone", dev, "acme/shared-lib" + pushRefs, 200, accepts},
		{"a token with read_repository", "oauth2", reads, "acme/shared-lib" + refs, 200, advertises},
		{"pushes not", "oauth2", reads, "acme/shared-lib" + pushRefs, 403, "You are not allowed to upload code."},
		{"a token with write_repository", "oauth2", writes, "acme/shared-lib" + pushRefs, 200, accepts},
		{"a token with read_api", "oauth2", readAPI, "acme/shared-lib" + refs, 200, advertises},
		{"pushes neither", "oauth2", readAPI, "acme/shared-lib" + pushRefs, 403, "You are not allowed to upload code."},
		{"a token for other things", "oauth2", registry, "acme/shared-lib" + refs, 403, "You are not allowed to download code."},
		{"an unknown access token", "dev", "glpat-none", "acme/shared-lib" + refs, 401, accessDenied},
		{"no password", "dev", "", "acme/shared-lib" + refs, 401, accessDenied},
		{"a token of who cannot see the project", "mallory", i.Tokens()["mallory"], "acme/shared-lib" + refs, 404, missing},
		{"a Guest's token", "mallory", i.Tokens()["mallory"], "acme/app" + refs, 403, noDownload},
		{"a token for a missing project", "dev", dev, "acme/none" + refs, 404, missing},

		{"without .git", "dev", dev, "acme/app/info/refs?service=git-upload-pack", 301, ""},
		{"a dumb client", "dev", dev, "acme/app.git/info/refs", 403, "Forbidden"},
		{"a dumb client, unknown", "", "", "acme/app.git/info/refs", 401, accessDenied},
		{"a dumb client, without .git", "dev", dev, "acme/app/info/refs", 301, ""},
		{"an unknown service", "dev", dev, "acme/app.git/info/refs?service=git-upload-archive", 404, "~could not be found"},
		{"a pack by GET", "dev", dev, "acme/app.git/git-upload-pack", 404, "~could not be found"},
		{"a file of the repository", "dev", dev, "acme/app.git/config", 404, "~could not be found"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			answer := i.refsCall(t, c.username, c.secret, c.path)
			part, isPart := strings.CutPrefix(c.want, "~")
			if answer.status != c.status || isPart && !strings.Contains(answer.body, part) || !isPart && answer.body != c.want {
				t.Errorf("%d %q, want %d %q", answer.status, answer.body, c.status, c.want)
			}
			if challenge := answer.header.Get("WWW-Authenticate"); (challenge == `Basic realm="GitLab"`) != (c.status == http.StatusUnauthorized) {
				t.Errorf("challenge %q with status %d", challenge, answer.status)
			}
		})
	}
}

// No path of a URL reaches the file system: a project is found in the store,
// or there is none.
func TestGitPathsDoNotEscape(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	app := i.startJob(t, "acme/app", "dev").Token
	if answer := i.refsCall(t, "gitlab-ci-token", app, "acme/app"+refs); answer.status != http.StatusOK {
		t.Fatal(answer.body)
	}
	for _, path := range []string{
		"2" + refs, "acme/../acme/app" + refs, "../2" + refs, "..%2f..%2fetc" + refs, "%2e%2e/2" + refs, "/tmp" + refs, "acme/app.git/../../2" + refs,
		refs, "-c" + refs, "acme%00/app" + refs,
	} {
		if answer := i.refsCall(t, "gitlab-ci-token", app, path); answer.status != http.StatusNotFound {
			t.Errorf("%s: %d %s", path, answer.status, answer.body)
		}
	}
	answer := i.refsCall(t, "", "", "/example.com/info/refs?service=git-upload-pack")
	if location := answer.header.Get("Location"); !strings.HasPrefix(location, i.URL()+"/") {
		t.Errorf("redirected to %s", location)
	}
}

// change commits a file in a clone.
func change(t *testing.T, work, name string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(work, name), []byte(name), 0o600); err != nil {
		t.Fatal(err)
	}
	mustGit(t, work, "add", ".")
	mustGit(t, work, "commit", "--quiet", "--message", "Add "+name)
}

func TestPush(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	own, app := i.startJob(t, "acme/shared-lib", "dev").Token, i.startJob(t, "acme/app", "dev").Token
	work := i.clone(t, own, "acme/shared-lib.git")
	change(t, work, "own.txt")
	output, err := git(t, work, "push", "--quiet", "origin", "main")
	if err == nil || !strings.Contains(output, "remote: You are not allowed to push code to this project.") {
		t.Errorf("push without the toggle: %v\n%s", err, output)
	}
	i.must(t, request{"root", put, sharedLib, `{"ci_push_repository_for_job_token_allowed":true}`})
	mustGit(t, work, "push", "--quiet", "origin", "main")

	other := i.clone(t, app, "acme/shared-lib.git")
	if _, err := os.Stat(filepath.Join(other, "own.txt")); err != nil {
		t.Error(err)
	}
	change(t, other, "other.txt")
	if output, err := git(t, other, "push", "--quiet", "origin", "main"); err == nil || !strings.Contains(output, "not allowed to push code") {
		t.Errorf("push from another project: %v\n%s", err, output)
	}
	i.must(t, mutation(t, "terraform", "projectCiCdSettingsUpdate", `fullPath:"acme/shared-lib",crossProjectPushForJobTokenAllowed:true`, ""))
	mustGit(t, other, "push", "--quiet", "origin", "main")
	change(t, other, "more.txt")
	mustGit(t, other, "push", "--quiet", i.remote("anyone", i.Tokens()["dev"], "acme/shared-lib.git"), "main:feature")

	i.expect(t, "the pushed file", jobCall{app, get, sharedLib + "/repository/files/more.txt/raw?ref=feature", "", ""}, 200, "more.txt")
	i.expect(t, "not on the other branch", jobCall{app, get, sharedLib + "/repository/files/more.txt/raw?ref=main", "", ""}, 404, `{"message":"404 File Not Found"}`)
}

// Push options and partial clones are served, as git's own client asks for them.
func TestGitPushOptionsAndPartialClones(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	remote := i.remote("dev", i.Tokens()["dev"], "acme/app.git")
	folder := t.TempDir()
	mustGit(t, folder, "clone", "--quiet", "--filter=blob:none", remote, "work")
	work := filepath.Join(folder, "work")
	change(t, work, "new.txt")
	mustGit(t, work, "push", "--quiet", "-o", "ci.skip", "origin", "main")
	if partial := mustGit(t, work, "config", "remote.origin.partialclonefilter"); partial != "blob:none\n" {
		t.Errorf("the clone's filter is %q", partial)
	}
}

// A symbolic link that was pushed is a file with the link's text.
func TestPushedLinksLeadNowhere(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	app := i.startJob(t, "acme/app", "dev").Token
	work := i.clone(t, app, "acme/shared-lib.git")
	if err := os.Symlink("/etc/passwd", filepath.Join(work, "link")); err != nil {
		t.Fatal(err)
	}
	mustGit(t, work, "add", "link")
	mustGit(t, work, "commit", "--quiet", "--message", "Link")
	mustGit(t, work, "push", "--quiet", i.remote("dev", i.Tokens()["dev"], "acme/shared-lib.git"), "main")
	i.expect(t, "link", jobCall{app, get, sharedLib + "/repository/files/link/raw", "", ""}, 200, "/etc/passwd")
}

// A pushed pack larger than git's buffer comes in chunks.
func TestLargePush(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	work := i.clone(t, i.startJob(t, "acme/app", "dev").Token, "acme/app.git")
	noise := make([]byte, 200_000)
	_, _ = rand.Read(noise) // never fails: crypto/rand ends the program instead
	if err := os.WriteFile(filepath.Join(work, "noise"), noise, 0o600); err != nil {
		t.Fatal(err)
	}
	change(t, work, "small.txt")
	mustGit(t, work, "-c", "http.postBuffer=65536", "push", "--quiet", i.remote("dev", i.Tokens()["dev"], "acme/app.git"), "main")
	answer := i.send(t, request{"dev", get, "/api/v4/projects/2/repository/files/noise/raw", ""})
	if answer.body != string(noise) {
		t.Errorf("%d bytes came back, want %d", len(answer.body), len(noise))
	}
}

func TestGitRequestsAreCountedAndHit(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	app := i.startJob(t, "acme/app", "dev").Token
	i.clone(t, app, "acme/app.git")
	i.play(t, []step{{"counted by route", request{"root", get, requestsPath, ""}, 200,
		`{"total":4,"counts":{"GET /:project.git/info/refs":2,"POST /:project.git/git-upload-pack":2},"graphql":{}}`}})
	i.addFault(t, `{"match":{"route":"/:project.git/git-upload-pack"},"kind":"status","status":502}`)
	if output, err := git(t, t.TempDir(), "clone", "--quiet", i.remote("gitlab-ci-token", app, "acme/app.git"), "work"); err == nil || !strings.Contains(output, "502") {
		t.Errorf("clone through a fault: %v\n%s", err, output)
	}
}

// Many jobs clone the same and other projects at once, while a list changes.
func TestManyClones(t *testing.T) {
	t.Parallel()
	const clones = 6
	i := start(t, emulator.Options{Seed: "acme"})
	app, web := i.startJob(t, "acme/app", "dev").Token, i.startJob(t, "acme/web", "dev").Token
	var group sync.WaitGroup
	for n := range clones {
		folder, admitted := t.TempDir(), n%2 == 0
		token := web
		if admitted {
			token = app
		}
		group.Go(func() {
			output, err := git(t, folder, "clone", "--quiet", i.remote("gitlab-ci-token", token, "acme/shared-lib.git"), "work")
			if admitted && err != nil || !admitted && err == nil {
				t.Errorf("clone, admitted %t: %v\n%s", admitted, err, output)
			}
			if output, err := git(t, folder, "clone", "--quiet", i.remote("gitlab-ci-token", token, "acme/docs.git"), "own"); err == nil {
				t.Errorf("clone of a project with an empty list: %s", output)
			}
			for range 5 {
				_, failed := i.try(t, request{"root", post, sharedLib + "/job_token_scope/allowlist", `{"target_project_id":5}`})
				_, failedToo := i.try(t, request{"root", del, sharedLib + "/job_token_scope/allowlist/5", ""})
				if err := errors.Join(failed, failedToo); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
}
