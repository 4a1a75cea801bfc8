package refusal

import (
	"regexp"
	"strings"
)

// project is how GitLab names a project in its texts.
const project = `(?:project )?(?:#\d+|[\p{L}\p{N}_.\-/]*[\p{L}\p{N}_\-])`

// Causes that several texts share.

func notListed(r Refusal) Case {
	return Case{
		Cause:  r.origin() + " is not on the job token allowlist of " + r.target(),
		Tell:   "the list of " + r.target() + " (Settings > CI/CD > Job token permissions) holds neither the job's project nor a group above it",
		Party:  Target,
		Change: "an entry for the job's project, or a group above it, on the list of " + r.target() + ", by a Maintainer there (jobtoken_allowlist, jobtoken_allowlist_entry)",
	}
}

func outbound(r Refusal) Case {
	return Case{
		Cause:  "the legacy switch \"Limit access from this project\" of " + r.origin() + " is on and its list does not hold " + r.target() + "; whether GitLab 18.0 and later still heed it is not known",
		Tell:   "data \"jobtoken_settings\" of the job's project shows outbound_allowlist_enabled = true",
		Party:  Origin,
		Change: "jobtoken_settings with outbound_allowlist_enabled = false for the job's project",
	}
}

func role(r Refusal, least, what string) Case {
	return Case{
		Cause:  "the user who started the job has no role in " + r.target() + ", or one that is too low",
		Tell:   "the members of " + r.target() + ", those inherited and of invited groups too, do not show the user with " + least + " or more",
		Party:  Target,
		Change: "the role " + least + " or more for that user in " + r.target() + " or a group above it, which " + what + " needs",
	}
}

func restricted() Case {
	return Case{
		Cause:  "a group above the project restricts IP addresses or asks for a SSO session, or an external authorization service refuses",
		Tell:   "the same is refused to the same user outside a job, from the runner's address",
		Party:  Instance,
		Change: "the runner's address among the group's allowed ones, or the service's answer: by an Owner of the group or an administrator",
	}
}

func missing() Case {
	return Case{
		Cause:  "the path or id is wrong, or the project was deleted, is being deleted or is hidden",
		Tell:   "a member of the project opens the address in a browser",
		Party:  Job,
		Change: "the path in the job's script, or in .gitmodules",
	}
}

func jobOver() Case {
	return Case{
		Cause:  "the job has ended, or was erased: its token ended with it",
		Tell:   "the request was sent by something that outlives the job, or with a token kept from another job",
		Party:  Job,
		Change: "a request while the job runs; for what goes on after it a deploy token (jobtoken_project_deploy_token)",
	}
}

func featureClosed(r Refusal, feature string) Case {
	return Case{
		Cause:  "the " + feature + " of " + r.target() + " is switched off, or for members only while the job's project is not listed",
		Tell:   "Settings > General > Visibility of the project",
		Party:  Target,
		Change: "the feature's level, or an entry on the list; then the user's role counts",
	}
}

func oldPrivate() Case {
	return Case{
		Cause:  "before GitLab 17.4: any refusal of a private project, so that it is not listed or the user is no member",
		Tell:   "the version under /help",
		Party:  Target,
		Change: "an entry on the list and a role for the user",
	}
}

func narrow(r Refusal) Case {
	needs := strings.Join(r.Permissions, " and ")
	return Case{
		Cause:  "the one entry that rules lacks " + needs + ": the project's own entry or, without one, that of the nearest group above it. In the job's own project an entry for it or its group rules from 18.1 on",
		Tell:   "the list of " + r.target() + " has an entry for the job's project or a group above it, with permissions of its own",
		Party:  Target,
		Change: "that entry, with " + needs + " among its permissions, or an entry for the job's project alone with what it has and " + needs + ". For a project's own jobs: an entry for the project itself with the default permissions",
	}
}

func of(cases ...Case) func(Refusal) []Case {
	return func(Refusal) []Case { return cases }
}

// gitOutOfScope is said by git alone, which tells it from a missing role.
func gitOutOfScope(r Refusal) []Case { return []Case{notListed(r), outbound(r)} }

func restOutOfScope(r Refusal) []Case {
	listed, member := notListed(r), role(r, "the role that the request needs", "it")
	listed.Tell += "; \"git ls-remote\" from a job says the same sentence"
	member.Cause = "the user who started the job is no member of " + r.target() + ", although the project is listed"
	member.Tell = "\"git ls-remote\" from a job says \"Insufficient permissions to pull from the repository\" instead"
	return []Case{listed, member, outbound(r), restricted()}
}

// rules are GitLab's texts, the clear ones before the faint ones.
var rules = []rule{
	{
		name: "out of scope, git", where: "git",
		pattern: regexp.MustCompile(`remote:\s*(?:ERROR: )?Authentication by CI/CD job token not allowed from (?P<from>` + project + `) to (?P<to>` + project + `)\.?(?:[\s"\\]|$)`),
		cases:   gitOutOfScope,
		noHelp: []string{
			"a role or membership for the user, while the project is not listed",
			"an entry on the list of the job's own project: the list that counts is that of the project that is reached",
		},
	},
	{
		name: "out of scope, REST", where: "api",
		pattern: regexp.MustCompile(`403 Forbidden - Authentication by CI/CD job token not allowed from (?P<from>` + project + `) to (?P<to>` + project + `)\.?(?:[\s"\\]|$)`),
		cases:   restOutOfScope,
		noHelp:  []string{"an entry on the list of the job's own project", "permissions, while the project is not listed"},
	},
	{
		name: "out of scope", where: "git or api", faint: true,
		pattern: regexp.MustCompile(`Authentication by CI/CD job token not allowed from (?P<from>` + project + `) to (?P<to>` + project + `)\.?(?:[\s"\\]|$)`),
		cases: func(r Refusal) []Case {
			cases := restOutOfScope(r)
			cases[1].Cause += " (not if git said this: git says something else then)"
			return cases
		},
		noHelp: []string{"an entry on the list of the job's own project"},
	},
	{
		name: "listed, no member", where: "git",
		pattern: regexp.MustCompile(`Insufficient permissions to pull from the repository of (?P<to>` + project + `)\.?(?:[\s"\\]|$)`),
		cases: func(r Refusal) []Case {
			return []Case{role(r, "Reporter", "a clone of a private project"), restricted()}
		},
		noHelp: []string{"an entry on the list: the project is listed already", "other permissions of the entry: a clone asks none"},
	},
	{
		name: "code closed", where: "git",
		pattern: regexp.MustCompile(`You are not allowed to download code from this project`),
		cases: func(r Refusal) []Case {
			return []Case{role(r, "Reporter", "a clone"), featureClosed(r, "repository")}
		},
		noHelp: []string{"the permission read_repositories: it opens API endpoints, and a clone asks none"},
	},
	{
		name: "no push", where: "git",
		pattern: regexp.MustCompile(`You are not allowed to push code to this project`),
		cases: func(r Refusal) []Case {
			return []Case{
				{
					Cause:  "job tokens may not push: the project's switch for it is off or, for jobs of other projects, that for cross-project push (GitLab 19.1; in 19.0 behind a feature flag that is off)",
					Tell:   "data \"jobtoken_settings\" of the target",
					Party:  Target,
					Change: "jobtoken_settings with push_repository_allowed = true, and cross_project_push_allowed = true for jobs of other projects",
				},
				{
					Cause:  "for jobs of another project: the target's list is off, or the entry is missing or lacks admin_repositories",
					Tell:   "the list of the target",
					Party:  Target,
					Change: "the list switched on, and an entry with admin_repositories or the default permissions",
				},
				role(r, "Developer", "a push"),
				{
					Cause: "before 19.0 no job token pushes to another project, whatever is set", Tell: "the version under /help", Party: Job,
					Change: "a project access token of the target (jobtoken_project_access_token)",
				},
			}
		},
		noHelp: []string{"an entry alone: the switches count too", "the permission read_repositories"},
	},
	{
		name: "git project missing", where: "git",
		pattern: regexp.MustCompile(`The project you were looking for could not be found or you don.{1,8}t have permission to view it`),
		cases:   of(missing(), oldPrivate()),
		noHelp:  []string{"from 17.4 on an entry or a role: a project that is there is refused with another text"},
	},
	{
		name: "no repository", where: "git",
		pattern: regexp.MustCompile(`A repository for this project does not exist yet`),
		cases: of(Case{
			Cause: "the project is there and lets the job in, but nothing was ever pushed to it", Party: Target, Change: "a first push",
		}),
		noHelp: []string{"an entry on the list", "a role for the user"},
	},
	{
		name: "basic token not accepted", where: "git or container registry",
		pattern: regexp.MustCompile(`HTTP Basic: Access denied`),
		cases: func(Refusal) []Case {
			return []Case{jobOver(),
				{Cause: "it is not the token of this job, or the user name is not gitlab-ci-token", Tell: "git asks with another credential: from .netrc, insteadOf, a stored remote", Party: Job, Change: "https://gitlab-ci-token:${CI_JOB_TOKEN}@… as the address"},
				{Cause: "the job's user is blocked", Tell: "the user's page", Party: Instance, Change: "the user unblocked, or the pipeline started by another one"},
				{Cause: "CI/CD is switched off in the job's project", Tell: "Settings > General > Visibility of the job's project", Party: Origin, Change: "CI/CD switched on there"},
			}
		},
		noHelp: []string{"an entry on the list: the token is refused before any list is looked at"},
	},
	{
		name: "permissions missing", where: "api",
		pattern: regexp.MustCompile(`Insufficient permissions to access this resource in (?P<to>project (?:#\d+|[^\s.]+(?:\.[^\s.]+)*))\. The following token permissions? (?:is|are) required: (?P<permissions>[a-z_]+(?:(?:, and |, | and )[a-z_]+)*)`),
		cases: func(r Refusal) []Case {
			listed := notListed(r)
			listed.Cause = "the job's project is not listed at all, and the target is public or internal (npm: also private)"
			return []Case{narrow(r), listed}
		},
		noHelp: []string{"a role for the user", "a wider entry for a group further up: only the nearest entry rules, and entries are never united"},
	},
	{
		name: "no permission opens it", where: "api",
		pattern: regexp.MustCompile(`This action is unauthorized for CI/CD job tokens`),
		cases: func(r Refusal) []Case {
			listed := notListed(r)
			listed.Cause = "the job's project is not listed"
			return []Case{{
				Cause:  "the entry that rules has fine-grained permissions, and this endpoint belongs to none of them",
				Tell:   "the list of the target has an entry for the job's project or a group above it, with permissions of its own",
				Party:  Target,
				Change: "the default permissions for that entry (no permissions attribute), or another way to the same",
			}, listed}
		},
		noHelp: []string{"more permissions: none opens this endpoint"},
	},
	{
		name: "registry of another project", where: "container registry",
		pattern: regexp.MustCompile(`cannot be used to authenticate with the container registry of a different`),
		cases: of(Case{
			Cause: "the container registry's API was asked for another project than the job's own, or for one that is not there", Party: Job,
			Change: "a deploy token or access token of the target (jobtoken_project_deploy_token with read_registry)",
		}),
		noHelp: []string{"an entry on the list, with whatever permissions: no list opens this"},
	},
	{
		name: "blocked", where: "api",
		pattern: regexp.MustCompile(`Your account has been blocked`),
		cases:   of(Case{Cause: "the user who started the job is blocked", Party: Instance, Change: "the user unblocked, or the pipeline started by another one"}),
		noHelp:  []string{"an entry on the list"},
	},
	{
		name: "package protected", where: "packages",
		pattern: regexp.MustCompile(`403 Forbidden - Package protected`),
		cases: of(Case{
			Cause: "a protection rule asks a higher role for this package than the job's user has", Tell: "Settings > Packages and registries > Protected packages of the target", Party: Target,
			Change: "the rule, or the role of the user",
		}),
		noHelp: []string{"an entry on the list, or more permissions"},
	},
	{
		name: "job not running", where: "trigger",
		pattern: regexp.MustCompile(`Job is not running`),
		cases:   of(jobOver()),
		noHelp:  []string{"an entry on the list"},
	},
	{
		name: "trigger refused", where: "trigger",
		pattern: regexp.MustCompile(`Insufficient permissions to create a new pipeline`),
		cases: func(r Refusal) []Case {
			listed := notListed(r)
			listed.Cause = "the target is public or internal, and the job's project is not listed"
			return []Case{role(r, "Developer", "a pipeline"), listed}
		},
		noHelp: []string{"permissions of the entry: a trigger asks none"},
	},
	{
		name: "downstream", where: "pipeline",
		pattern: regexp.MustCompile(`(?i)downstream project could not be found|no permissions to trigger downstream|insufficient permissions to (?:create|trigger) (?:a )?downstream`),
		cases: func(r Refusal) []Case {
			member := role(r, "Developer", "a trigger job")
			member.Cause = "a trigger job uses the right of the user who started the pipeline, and no token: the user has no role in the downstream project that may start pipelines, or the path is wrong"
			return []Case{member}
		},
		noHelp: []string{"an entry on any allowlist: a trigger job has no job token"},
	},
	{
		name: "image pull", where: "container registry",
		pattern: regexp.MustCompile(`pull access denied|requested access to the resource is denied|denied: requested access`),
		cases: func(r Refusal) []Case {
			listed := notListed(r)
			listed.Tell = "one text for all of these: look at the list first"
			return []Case{listed, role(r, "Reporter", "a pull"), featureClosed(r, "container registry"),
				{Cause: "there is no such image or tag, or docker is not logged in", Tell: "docker login -u gitlab-ci-token to the registry succeeds, and a member sees the tag in the browser", Party: Job, Change: "the image's name, or a docker login before the pull"},
			}
		},
		noHelp: []string{"permissions of the entry: a pull asks none"},
	},
	{
		name: "image push", where: "container registry",
		pattern: regexp.MustCompile(`denied: access forbidden`),
		cases: of(Case{
			Cause: "an image was pushed to another project than the job's own", Tell: "the image's name does not begin with $CI_REGISTRY_IMAGE", Party: Job,
			Change: "a deploy token of the target with write_registry (jobtoken_project_deploy_token)",
		}, Case{
			Cause: "docker login was not accepted", Tell: "the lines of docker login", Party: Job, Change: "docker login -u gitlab-ci-token with the token of the running job",
		}),
		noHelp: []string{"an entry on the list, with whatever permissions: no list lets a job push images to another project"},
	},
	{
		name: "npm forbidden", where: "packages",
		pattern: regexp.MustCompile(`403 Forbidden - (?:GET|PUT|POST|DELETE) https?://`), faint: true,
		cases: func(r Refusal) []Case {
			return []Case{{
				Cause: "npm hides GitLab's sentence, which tells more", Tell: "curl --header \"JOB-TOKEN: $CI_JOB_TOKEN\" the address, and give its answer to this function", Party: Job, Change: "nothing yet",
			}, notListed(r), narrow(Refusal{To: r.To, Permissions: []string{"read_packages (admin_packages to publish)"}}), role(r, "Reporter (Developer to publish)", "the package registry")}
		},
	},
	{
		name: "npm code forbidden", where: "packages",
		pattern: regexp.MustCompile(`(?:npm (?:ERR!|error) code E403|YN0041|Invalid authentication \(as an anonymous user\))`), faint: true, echo: true,
		cases: func(Refusal) []Case {
			return []Case{{
				Cause: "npm hides GitLab's sentence, which tells more", Tell: "curl --header \"JOB-TOKEN: $CI_JOB_TOKEN\" the address, and give its answer to this function", Party: Job, Change: "nothing yet",
			}}
		},
	},
	{
		name: "project not found", where: "api",
		pattern: regexp.MustCompile(`404 Project Not Found`),
		cases: func(Refusal) []Case {
			return []Case{missing(), {
				Cause: "artifacts were asked for on the Enterprise Edition without Premium, which takes no job token there", Tell: "the address ends in artifacts, and the instance has no Premium licence", Party: Job,
				Change: "an access token of the target (jobtoken_project_access_token with read_api)",
			}, oldPrivate()}
		},
		noHelp: []string{"from 17.4 on an entry or a role: a project that is there is refused with 403"},
	},
	{
		name: "nothing there", where: "packages or trigger",
		pattern: regexp.MustCompile(`404 Not Found|404 Client Error: Not Found|HTTP error 404|code E404|status code:? 404`), faint: true,
		cases: func(r Refusal) []Case {
			listed := notListed(r)
			listed.Cause = "the project is private and the job's project is not listed: the package registry by user name and password (Maven, PyPI, Helm, NuGet, generic uploads) and the trigger API then say that nothing is there"
			return []Case{listed, role(r, "Reporter (Developer to publish or trigger)", "it"), {
				Cause: "there is no such project, package, version or file", Tell: "a member finds it in the browser", Party: Job, Change: "the address, name or version",
			}}
		},
	},
	{
		name: "not signed in", where: "api",
		pattern: regexp.MustCompile(`401 Unauthorized|401 Client Error: Unauthorized|status code:? 401|HTTP error 401|HTTP remote state endpoint requires auth|code E401`), faint: true,
		cases: func(Refusal) []Case {
			return []Case{jobOver(),
				{Cause: "this endpoint takes no job token, GraphQL among them", Tell: "GitLab's page of the endpoint does not name job tokens", Party: Job, Change: "an access token (jobtoken_project_access_token)"},
				{Cause: "the token came in the wrong place: the header is JOB-TOKEN and not PRIVATE-TOKEN, the user name of package clients gitlab-ci-token", Tell: "the job's script", Party: Job, Change: "the header or user name"},
			}
		},
		noHelp: []string{"an entry on the list: the token is refused before any list is looked at"},
	},
	{
		name: "forbidden", where: "api",
		pattern: regexp.MustCompile(`403 Forbidden|403 Client Error: Forbidden|status code:? 403|HTTP error 403|HTTP remote state endpoint invalid auth|Forbidden \(403\)`), faint: true,
		cases: func(r Refusal) []Case {
			least := role(r, "the role that it needs", "it")
			least.Cause = "the project is listed, and the role of the user who started the job is too low, such as a Guest who downloads packages or a Reporter who publishes them"
			return []Case{least, featureClosed(r, "feature"), {
				Cause: "the program shows no more than the status of a longer answer", Tell: "curl --header \"JOB-TOKEN: $CI_JOB_TOKEN\" the address, and give its answer to this function", Party: Job, Change: "nothing yet",
			}, {
				Cause: "Maven at the level of the instance: the path of the package is not known there", Tell: "the address has /api/v4/packages/maven without a project", Party: Job, Change: "the address of the project",
			}}
		},
		noHelp: []string{"more permissions of the entry: GitLab names those that are missing"},
	},
	{
		name: "git status", where: "git",
		pattern: regexp.MustCompile(`The requested URL returned error: (?:401|403|404)|fatal: Authentication failed for|clone of .* into submodule path .* failed`), faint: true, echo: true,
		cases: func(r Refusal) []Case {
			return []Case{{
				Cause: "git tells the status alone", Tell: "the lines before it that begin with \"remote:\" say which refusal it is: give them to this function", Party: Job, Change: "nothing yet",
			}, notListed(r), role(r, "Reporter", "a clone of a private project")}
		},
	},
}
