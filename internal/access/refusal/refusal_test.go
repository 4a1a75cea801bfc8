package refusal_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/access/refusal"
)

// row is one text that GitLab, or a program on its behalf, is known to print.
type row struct {
	text        string
	where       string
	from, to    string
	permissions []string
	causes      []string // words of each case, in their order
	noHelp      string   // words of what is of no help
}

var rows = map[string]row{
	"git, not listed": {
		"remote: Authentication by CI/CD job token not allowed from app to project #7.", "git", "app", "project #7", nil,
		[]string{"app is not on the job token allowlist of project #7", "legacy switch"}, "a role or membership",
	},
	"git, not listed, before 19": {
		"remote: Authentication by CI/CD job token not allowed from app to shared-lib.", "git", "app", "shared-lib", nil,
		[]string{"app is not on the job token allowlist of shared-lib", "legacy switch"}, "the list of the job's own project",
	},
	"REST, not listed or no member": {
		`{"message":"403 Forbidden - Authentication by CI/CD job token not allowed from app to project #7."}`, "api", "app", "project #7", nil,
		[]string{"not on the job token allowlist", "is no member of project #7", "legacy switch", "IP addresses"}, "own project",
	},
	"REST, before 19": {
		`{"message":"403 Forbidden - Authentication by CI/CD job token not allowed from my.app to shared.lib."}`, "api", "my.app", "shared.lib", nil,
		[]string{"not on the job token allowlist", "is no member", "legacy switch", "IP addresses"}, "own project",
	},
	"npm's body has an error, too": {
		`{"message":"403 Forbidden - Authentication by CI/CD job token not allowed from app to project #7.","error":"403 Forbidden"}`, "api", "app", "project #7", nil,
		[]string{"not on the job token allowlist", "is no member", "legacy switch", "IP addresses"}, "own project",
	},
	"Maven's problem details": {
		`{"type":"about:blank","status":403,"detail":"Authentication by CI/CD job token not allowed from app to project #7."}`, "git or api", "app", "project #7", nil,
		[]string{"not on the job token allowlist", "is no member", "legacy switch", "IP addresses"}, "own project",
	},
	"the sentence alone": {
		"Authentication by CI/CD job token not allowed from app to lib.", "git or api", "app", "lib", nil,
		[]string{"not on the job token allowlist", "not if git said this", "legacy switch", "IP addresses"}, "own project",
	},
	"git, listed and no member": {
		"remote: Insufficient permissions to pull from the repository of project #7.", "git", "", "project #7", nil,
		[]string{"no role in project #7", "IP addresses"}, "listed already",
	},
	"git, listed and no member, before 19": {
		"remote: Insufficient permissions to pull from the repository of project shared-lib.", "git", "", "shared-lib", nil,
		[]string{"no role in shared-lib", "IP addresses"}, "a clone asks none",
	},
	"git, no code": {
		"remote: You are not allowed to download code from this project.", "git", "", "", nil,
		[]string{"no role in the target project, or one that is too low", "repository of the target project is switched off"}, "read_repositories",
	},
	"git, no push": {
		"remote: You are not allowed to push code to this project.", "git", "", "", nil,
		[]string{"may not push", "list is off, or the entry is missing or lacks admin_repositories", "no role", "before 19.0"}, "an entry alone",
	},
	"git, nothing there": {
		"remote: The project you were looking for could not be found or you don't have permission to view it.", "git", "", "", nil,
		[]string{"the path or id is wrong", "before GitLab 17.4"}, "from 17.4 on",
	},
	"the same in HTML": {
		"The project you were looking for could not be found or you don&#39;t have permission to view it.", "git", "", "", nil,
		[]string{"the path or id is wrong", "before GitLab 17.4"}, "from 17.4 on",
	},
	"git, nothing pushed": {
		"remote: A repository for this project does not exist yet.", "git", "", "", nil, []string{"nothing was ever pushed"}, "an entry",
	},
	"git, token not accepted": {
		"remote: HTTP Basic: Access denied. If a password was provided for Git authentication, the password was incorrect or you're required to use a token instead of a password. If a token was provided, it was either incorrect, expired, or improperly scoped. See https://gitlab.example.com/help/topics/git/troubleshooting_git.md#error-on-git-fetch-http-basic-access-denied",
		"git or container registry", "", "", nil,
		[]string{"the job has ended", "not the token of this job", "user is blocked", "CI/CD is switched off in the job's project"}, "before any list",
	},
	"one permission is missing": {
		`{"message":"403 Forbidden - Insufficient permissions to access this resource in project #7. The following token permission is required: read_jobs."}`, "api", "", "project #7", []string{"read_jobs"},
		[]string{"lacks read_jobs", "not listed at all"}, "never united",
	},
	"two are missing": {
		`{"message":"403 Forbidden - Insufficient permissions to access this resource in project #7. The following token permissions are required: admin_deployments and admin_environments."}`,
		"api", "", "project #7", []string{"admin_deployments", "admin_environments"}, []string{"lacks admin_deployments and admin_environments", "not listed at all"}, "a role",
	},
	"three are missing": {
		`Insufficient permissions to access this resource in project shared-lib. The following token permissions are required: read_jobs, read_packages, and read_releases.`,
		"api", "", "shared-lib", []string{"read_jobs", "read_packages", "read_releases"}, []string{"lacks read_jobs and read_packages and read_releases", "not listed"}, "a role",
	},
	"by path, before 19": {
		`{"message":"403 Forbidden - Insufficient permissions to access this resource in project my.lib. The following token permission is required: read_packages."}`,
		"api", "", "my.lib", []string{"read_packages"}, []string{"lacks read_packages", "not listed at all"}, "a role",
	},
	"no permission opens it": {
		`{"message":"403 Forbidden - This action is unauthorized for CI/CD job tokens."}`, "api", "", "", nil,
		[]string{"belongs to none of them", "not listed"}, "more permissions",
	},
	"the registry of another project": {
		`{"message":"403 Forbidden - This project's CI/CD job token cannot be used to authenticate with the container registry of a different project."}`, "container registry", "", "", nil,
		[]string{"another project than the job's own"}, "no list opens this",
	},
	"forbidden, and no more": {
		`{"message":"403 Forbidden"}`, "api", "", "", nil, []string{"role of the user who started the job is too low", "switched off", "no more than the status", "Maven"}, "names those that are missing",
	},
	"Maven's own words":              {"status code: 403, reason phrase: Forbidden (403)", "api", "", "", nil, []string{"too low", "switched off", "no more than the status", "Maven"}, ""},
	"pip's own words":                {"ERROR: HTTP error 403 while getting https://gitlab.example.com/x.whl", "api", "", "", nil, []string{"too low", "switched off", "no more than the status", "Maven"}, ""},
	"twine's own words":              {"ERROR    HTTPError: 403 Client Error: Forbidden for url: https://gitlab.example.com", "api", "", "", nil, []string{"too low", "switched off", "no more than the status", "Maven"}, ""},
	"Terraform's state, forbidden":   {"Error: HTTP remote state endpoint invalid auth", "api", "", "", nil, []string{"too low", "switched off", "no more than the status", "Maven"}, ""},
	"Terraform's state, no token":    {"Error: HTTP remote state endpoint requires auth", "api", "", "", nil, []string{"has ended", "takes no job token", "wrong place"}, "before any list"},
	"a protected package":            {`{"message":"403 Forbidden - Package protected."}`, "packages", "", "", nil, []string{"protection rule"}, "an entry"},
	"a blocked user":                 {`{"message":"403 Forbidden - Your account has been blocked."}`, "api", "", "", nil, []string{"is blocked"}, "an entry"},
	"packages, nothing there":        {`{"message":"404 Not Found"}`, "packages or trigger", "", "", nil, []string{"private and the job's project is not listed", "no role", "no such project, package"}, ""},
	"packages, pip":                  {"ERROR: HTTP error 404 while getting https://gitlab.example.com/simple", "packages or trigger", "", "", nil, []string{"private and the job's project", "no role", "no such"}, ""},
	"packages, twine":                {"HTTPError: 404 Client Error: Not Found for url: https://gitlab.example.com", "packages or trigger", "", "", nil, []string{"private and the job's project", "no role", "no such"}, ""},
	"packages, npm":                  {"npm error code E404", "packages or trigger", "", "", nil, []string{"private and the job's project", "no role", "no such"}, ""},
	"no project":                     {`{"message":"404 Project Not Found"}`, "api", "", "", nil, []string{"the path or id is wrong", "without Premium", "before GitLab 17.4"}, "from 17.4 on"},
	"npm hides the sentence":         {"npm ERR! 403 403 Forbidden - GET https://gitlab.example.com/api/v4/projects/7/packages/npm/lib", "packages", "", "", nil, []string{"npm hides", "not on the job token allowlist", "read_packages", "no role"}, ""},
	"npm's code alone":               {"npm ERR! code E403", "packages", "", "", nil, []string{"npm hides"}, ""},
	"REST, no token":                 {`{"message":"401 Unauthorized"}`, "api", "", "", nil, []string{"has ended", "takes no job token", "wrong place"}, "before any list"},
	"trigger, job over":              {`{"message":"Job is not running"}`, "trigger", "", "", nil, []string{"has ended"}, "an entry"},
	"trigger, role":                  {`{"message":{"base":["Insufficient permissions to create a new pipeline"]}}`, "trigger", "", "", nil, []string{"no role", "public or internal"}, "a trigger asks none"},
	"docker, pull":                   {"Error response from daemon: pull access denied for registry.example.com/acme/lib, repository does not exist or may require 'docker login': denied: requested access to the resource is denied", "container registry", "", "", nil, []string{"not on the job token allowlist", "no role", "container registry of the target project is switched off", "no such image"}, "a pull asks none"},
	"docker, push":                   {"denied: access forbidden", "container registry", "", "", nil, []string{"another project than the job's own", "docker login"}, "no list lets"},
	"trigger job, not found":         {"downstream project could not be found", "pipeline", "", "", nil, []string{"uses the right of the user"}, "has no job token"},
	"trigger job, no right":          {"no permissions to trigger downstream pipeline", "pipeline", "", "", nil, []string{"uses the right of the user"}, "has no job token"},
	"git, the status alone":          {"fatal: unable to access 'https://gitlab.example.com/acme/lib.git/': The requested URL returned error: 403", "git", "", "", nil, []string{"the status alone", "not on the job token allowlist", "no role"}, ""},
	"git, in colour and with a time": {"2026-11-27T04:00:00.000000Z 01E \x1b[0;33mremote: Authentication by CI/CD job token not allowed from app to project #7.\x1b[0;m", "git", "app", "project #7", nil, []string{"not on the job token allowlist", "legacy switch"}, "own project"},
}

// Every text that is known gives its cases.
func TestRead(t *testing.T) {
	t.Parallel()
	for name, c := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := refusal.Read("$ npm ci\n" + c.text + "\nERROR: Job failed: exit code 1\n")
			if len(found) != 1 {
				t.Fatalf("%d refusals: %+v", len(found), found)
			}
			got := found[0]
			if got.Where != c.where || got.From != c.from || got.To != c.to || !slices.Equal(got.Permissions, c.permissions) {
				t.Errorf("%s from %q to %q, permissions %v", got.Where, got.From, got.To, got.Permissions)
			}
			if len(got.Cases) != len(c.causes) {
				t.Fatalf("%d cases, want %d: %+v", len(got.Cases), len(c.causes), got.Cases)
			}
			for i, want := range c.causes {
				if told := got.Cases[i]; !strings.Contains(told.Cause, want) || told.Change == "" || told.Party == "" {
					t.Errorf("case %d: %+v, want %q", i, told, want)
				}
				if len(got.Cases) > 1 && got.Cases[i].Tell == "" {
					t.Errorf("nothing tells case %d from the others: %+v", i, got.Cases[i])
				}
			}
			if noHelp := strings.Join(got.NoHelp, "; "); !strings.Contains(noHelp, c.noHelp) {
				t.Errorf("of no help: %q, want %q", noHelp, c.noHelp)
			}
			summary := refusal.Summary(found)
			if strings.Contains(summary, "\x1b") || strings.Contains(summary, "%!") || !strings.Contains(summary, got.Text) || !strings.Contains(summary, got.Cases[0].Change) {
				t.Errorf("in words:\n%s", summary)
			}
		})
	}
}

// A log may hold several texts, each is told once, and what a program says of one is no second.
func TestReadLogs(t *testing.T) {
	t.Parallel()
	join := func(lines ...string) string { return strings.Join(lines, "\n") }
	for name, c := range map[string]struct {
		log  string
		want []string // where each is from
	}{
		"nothing":               {"", nil},
		"a job without any":     {join("Cloning into 'lib'...", "Receiving objects: 100%", "Job succeeded"), nil},
		"a number is no status": {"Downloaded 403 files, 404 skipped", nil},
		"another refusal":       {"403 is what the ticket says", nil},
		"a clone": {join(
			"Cloning into 'lib'...",
			"remote: Authentication by CI/CD job token not allowed from app to project #7.",
			"fatal: unable to access 'https://gitlab.example.com/acme/lib.git/': The requested URL returned error: 403",
		), []string{"git"}},
		"two submodules": {join(
			"remote: Authentication by CI/CD job token not allowed from app to project #7.",
			"fatal: clone of 'https://gitlab.example.com/acme/lib.git' into submodule path '/builds/lib' failed",
			"remote: Authentication by CI/CD job token not allowed from app to project #8.",
			"remote: Authentication by CI/CD job token not allowed from app to project #7.",
		), []string{"git", "git"}},
		"npm": {join(
			"npm error code E403",
			"npm error 403 403 Forbidden - GET https://gitlab.example.com/api/v4/projects/7/packages/npm/lib",
		), []string{"packages"}},
		"npm with the sentence": {join(
			"npm error code E403",
			"npm error 403 403 Forbidden - GET https://gitlab.example.com/api/v4/lib - Insufficient permissions to access this resource in project #7. The following token permission is required: read_packages.",
		), []string{"api"}},
		"carriage returns": {"remote: HTTP Basic: Access denied\r\nfatal: Authentication failed for 'https://gitlab.example.com'\r\n", []string{"git or container registry"}},
		"two in one line":  {`{"a":"404 Project Not Found","b":"This action is unauthorized for CI/CD job tokens."}`, []string{"api", "api"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, r := range refusal.Read(c.log) {
				got = append(got, r.Where)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
	if got := refusal.Summary(nil); !strings.Contains(got, "none of the texts known here") {
		t.Error(got)
	}
}

// No text makes it fail, and what it finds is whole.
func FuzzRead(f *testing.F) {
	for _, c := range rows {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, log string) {
		found := refusal.Read(log)
		for _, r := range found {
			if r.Where == "" || r.Text == "" || len(r.Cases) == 0 {
				t.Errorf("%+v", r)
			}
		}
		if refusal.Summary(found) == "" {
			t.Error("nothing is said")
		}
	})
}

// The headings of the guide are GitLab's texts: each is one that is known, and none that is known is missing.
func TestGuide(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../templates/guides/a-job-is-refused.md")
	if err != nil {
		t.Fatal(err)
	}
	var headings []string
	for line := range strings.Lines(string(page)) {
		if heading, is := strings.CutPrefix(line, "### "); is {
			headings = append(headings, heading)
			if found := refusal.Read(heading); len(found) != 1 {
				t.Errorf("%s is read as %d refusals", strings.TrimSpace(heading), len(found))
			}
		}
	}
	if len(headings) < 15 {
		t.Errorf("only %d headings", len(headings))
	}
}

// The page of the function shows what the function says.
func TestPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../templates/functions/explain_refusal.md.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	said := refusal.Summary(refusal.Read("Cloning into 'shared-lib'...\n" +
		"remote: Authentication by CI/CD job token not allowed from web to project #7.\n" +
		"fatal: unable to access 'https://gitlab.example.com/acme/shared-lib.git/': The requested URL returned error: 403\n"))
	if !strings.Contains(string(page), "```text\n"+said+"\n```") {
		t.Errorf("the page does not show\n%s", said)
	}
}

// TestEveryRuleIsMet: a rule that no known text meets is one that nobody has seen at work.
func TestEveryRuleIsMet(t *testing.T) {
	t.Parallel()
	met := map[string]bool{}
	for _, r := range rows {
		for line := range strings.Lines(r.text) {
			for _, name := range refusal.RulesOf(line) {
				met[name] = true
			}
		}
	}
	seen := map[string]bool{}
	for _, name := range refusal.AllRules() {
		if !met[name] {
			t.Errorf("no text meets the rule %q", name)
		}
		if seen[name] {
			t.Errorf("two rules are named %q", name)
		}
		seen[name] = true
	}
}
