package emulator_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator"
)

func TestGitAccessWithTokens(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	const (
		missing      = "The project you were looking for could not be found or you don't have permission to view it."
		cannotUpload = "You are not allowed to upload code."
		cannotLoad   = "You are not allowed to download code."
		guestLoad    = "You are not allowed to download code from this project."
		guestPush    = "You are not allowed to push code to this project."
		advertises   = "~# service=git-upload-pack"
		accepts      = "~# service=git-receive-pack"
		accessDenied = "~HTTP Basic: Access denied."
	)
	i.must(t, request{"root", put, "/api/v4/groups/5", `{"visibility":"public"}`})
	i.must(t, request{"root", put, "/api/v4/projects/5", `{"visibility":"public"}`})
	i.must(t, request{"root", put, "/api/v4/projects/4", `{"visibility":"public","repository_access_level":"disabled"}`})
	i.must(t, request{"root", put, "/api/v4/projects/6", `{"path":"figures"}`})

	deploy := func(path, rest string) string {
		return i.makeToken(t, path, `{"name":"d","username":"deployer","scopes":`+rest+`}`).Token
	}
	reads, registry := deploy(deployTokensPath, `["read_repository"]`), deploy(deployTokensPath, `["read_registry"]`)
	past := deploy(deployTokensPath, `["read_repository"],"expires_at":"2020-01-01"`)
	ofGroup := deploy(groupDeployTokensPath, `["read_repository"]`)
	ofSubgroup := deploy("/api/v4/groups/6/deploy_tokens", `["read_repository"]`)
	deleted := i.makeToken(t, deployTokensPath, `{"name":"d","scopes":["read_repository"],"username":"deployer"}`)
	i.must(t, request{"root", del, fmt.Sprintf("%s/%d", deployTokensPath, deleted.ID), ""})
	revoked := i.makeToken(t, deployTokensPath, `{"name":"d","scopes":["read_repository"],"username":"deployer"}`)
	i.must(t, plant(fmt.Sprintf(`{"project":1,"revoked_deploy_tokens":[%d]}`, revoked.ID)))
	unnamed := i.makeToken(t, deployTokensPath, `{"name":"d","scopes":["read_repository"]}`)

	access := func(path, scopes string, level int) string {
		return i.makeToken(t, path, fmt.Sprintf(`{"name":"a","scopes":%s,"access_level":%d}`, scopes, level)).Token
	}
	fetches, pushes := access(accessTokensPath, `["read_repository"]`, 30), access(accessTokensPath, `["write_repository"]`, 30)
	guest, reporter := access(accessTokensPath, `["api"]`, 10), access(accessTokensPath, `["write_repository"]`, 20)
	readAPI, groups := access(accessTokensPath, `["read_api"]`, 30), access(groupAccessTokensPath, `["write_repository"]`, 30)
	expired := i.makeToken(t, accessTokensPath, `{"name":"a","scopes":["api"],"expires_at":"2020-01-01"}`).Token
	ended := i.makeToken(t, accessTokensPath, `{"name":"a","scopes":["api"]}`)
	i.must(t, request{"root", del, fmt.Sprintf("%s/%d", accessTokensPath, ended.ID), ""})

	for _, c := range []struct {
		name, username, secret, path string
		status                       int
		want                         string
	}{
		{"a project's deploy token", "deployer", reads, "acme/shared-lib" + refs, 200, advertises},
		{"with the name GitLab made", unnamed.Username, unnamed.Token, "acme/shared-lib" + refs, 200, advertises},
		{"with another's name", "deployer", unnamed.Token, "acme/shared-lib" + refs, 401, accessDenied},
		{"with a person's name", "dev", reads, "acme/shared-lib" + refs, 401, accessDenied},
		{"in another project", "deployer", reads, "acme/app" + refs, 401, accessDenied},
		{"in a public project of others", "deployer", reads, "acme/docs" + refs, 401, accessDenied},
		{"in no project", "deployer", reads, "acme/none" + refs, 404, missing},
		{"pushes not", "deployer", reads, "acme/shared-lib" + pushRefs, 403, cannotUpload},
		{"for the registry", "deployer", registry, "acme/shared-lib" + refs, 403, cannotLoad},
		{"expired", "deployer", past, "acme/shared-lib" + refs, 401, accessDenied},
		{"deleted", "deployer", deleted.Token, "acme/shared-lib" + refs, 401, accessDenied},
		{"revoked", "deployer", revoked.Token, "acme/shared-lib" + refs, 401, accessDenied},
		{"a group's deploy token", "deployer", ofGroup, "acme/app" + refs, 200, advertises},
		{"below a subgroup", "deployer", ofGroup, "acme/platform/runner-images" + refs, 200, advertises},
		{"by an old path", "deployer", ofGroup, "acme/reports" + refs, 200, advertises},
		{"where code is switched off", "deployer", ofGroup, "acme/deployer" + refs, 401, accessDenied},
		{"outside the group", "deployer", ofGroup, "outside/intruder" + refs, 401, accessDenied},
		{"a subgroup's reaches not up", "deployer", ofSubgroup, "acme/app" + refs, 401, accessDenied},
		{"is no job token", "gitlab-ci-token", reads, "acme/shared-lib" + refs, 401, accessDenied},

		{"an access token fetches", "ci", fetches, "acme/shared-lib" + refs, 200, advertises},
		{"pushes not with read_repository", "ci", fetches, "acme/shared-lib" + pushRefs, 403, cannotUpload},
		{"pushes with write_repository", "ci", pushes, "acme/shared-lib" + pushRefs, 200, accepts},
		{"which fetches, too", "ci", pushes, "acme/shared-lib" + refs, 200, advertises},
		{"as a Reporter it pushes not", "ci", reporter, "acme/shared-lib" + pushRefs, 403, guestPush},
		{"as a Guest it reads no private code", "ci", guest, "acme/shared-lib" + refs, 403, guestLoad},
		{"nor pushes", "ci", guest, "acme/shared-lib" + pushRefs, 403, guestPush},
		{"read_api fetches", "ci", readAPI, "acme/shared-lib" + refs, 200, advertises},
		{"read_api pushes not", "ci", readAPI, "acme/shared-lib" + pushRefs, 403, cannotUpload},
		{"in another project it is worth nothing", "ci", pushes, "acme/app" + refs, 401, accessDenied},
		{"in a public one it reads", "ci", pushes, "acme/docs" + refs, 200, advertises},
		{"in a public one it pushes not", "ci", pushes, "acme/docs" + pushRefs, 403, guestPush},
		{"in no project", "ci", pushes, "acme/none" + refs, 404, missing},
		{"a group's pushes below", "ci", groups, "acme/platform/runner-images" + pushRefs, 200, accepts},
		{"a group's outside", "ci", groups, "outside/intruder" + refs, 401, accessDenied},
		{"an expired one", "ci", expired, "acme/shared-lib" + refs, 401, accessDenied},
		{"a revoked one", "ci", ended.Token, "acme/shared-lib" + refs, 401, accessDenied},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			answer := i.refsCall(t, c.username, c.secret, c.path)
			part, isPart := strings.CutPrefix(c.want, "~")
			if answer.status != c.status || isPart && !strings.Contains(answer.body, part) || !isPart && answer.body != c.want {
				t.Errorf("%d %q, want %d %q", answer.status, answer.body, c.status, c.want)
			}
		})
	}
}

// The real client clones with a deploy token, pushes with an access token, and
// shows what GitLab says when either is over.
func TestCloneAndPushWithTokens(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme", Now: midday})
	deploy := i.makeToken(t, deployTokensPath, `{"name":"d","scopes":["read_repository"],"expires_at":"2027-02-01T12:00:00Z"}`)
	access := i.makeToken(t, accessTokensPath, `{"name":"ci","scopes":["write_repository"],"access_level":30,"expires_at":"2027-02-10"}`)
	byDeploy, byAccess := i.remote(deploy.Username, deploy.Token, "acme/shared-lib.git"), i.remote("ci", access.Token, "acme/shared-lib.git")
	folder := t.TempDir()
	work := filepath.Join(folder, "work")
	mustGit(t, folder, "clone", "--quiet", byDeploy, "work")
	change(t, work, "new.txt")
	fails := func(words string, arguments ...string) {
		t.Helper()
		if output, err := git(t, work, arguments...); err == nil || !strings.Contains(output, words) {
			t.Errorf("git %s: %v\n%s\nlacks %q", arguments[0], err, output, words)
		}
	}
	fails("remote: You are not allowed to upload code.", "push", "--quiet", "origin", "main")
	mustGit(t, work, "push", "--quiet", byAccess, "main:feature")
	mustGit(t, folder, "clone", "--quiet", "--branch", "feature", byDeploy, "again")
	if _, err := os.Stat(filepath.Join(folder, "again", "new.txt")); err != nil {
		t.Error(err)
	}

	next := i.makeToken(t, fmt.Sprintf("%s/%d/rotate", accessTokensPath, access.ID), "")
	change(t, work, "more.txt")
	fails("remote: HTTP Basic: Access denied.", "push", "--quiet", byAccess, "main:feature")
	mustGit(t, work, "push", "--quiet", i.remote("ci", next.Token, "acme/shared-lib.git"), "main:feature")

	i.Advance(24 * time.Hour)
	fails("remote: HTTP Basic: Access denied.", "fetch", "--quiet", "origin")
}
