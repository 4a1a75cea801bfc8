package conformance

import "strings"

// row is one fact: a request, what must be there before it, and its answer.
type row struct {
	// fact says what the row is about, in a few words; it names the test.
	fact string
	// source is where it is written: an URL, or a file of GitLab's own.
	source string
	// since and until bound the versions of which the fact is known, such as "18.1";
	// until is not included. Empty is no bound.
	since, until string
	// given are requests that make the precondition, in order; they must succeed.
	given []call
	ask   call
	want  answer
	// alone is set where given changes the instance, for rows that run by themselves.
	alone bool
}

// call is a request. Its texts may hold placeholders in angle brackets, see world.
type call struct {
	// as is who asks: "" is nobody, "admin", a role such as "developer" (see roles),
	// "token:SECRET" an access token, "deploy:SECRET" a deploy token in its header,
	// "basic:USER:PASSWORD", and "job:PROJECT:ROLE" or "jobgit:PROJECT:ROLE" a running
	// job's token as a header and as git sends it.
	as string
	// do is the method and path below /api/v4, or from the root with a double slash.
	do   string
	body string
	// save keeps fields of a JSON answer for later placeholders, as "name=field".
	save string
}

// answer is what is asked of a response.
type answer struct {
	status int
	// body is the whole JSON, or with "~" in front a part of the text, or with "keys "
	// in front the keys that the object, or the first one of a list, must have. "" is
	// not looked at; "empty" is no body.
	body string
	// header is "Name: value", or "" for none.
	header string
}

// needsJobs says whether the row can be run on the embedded GitLab alone.
func (r row) needsEmbedded() bool {
	for _, c := range append([]call{r.ask}, r.given...) {
		if strings.HasPrefix(c.as, "job") || strings.Contains(c.do, "/-/emulator/") {
			return true
		}
	}
	return false
}

const (
	unauthorized = `{"message":"401 Unauthorized"}`
	forbids      = `{"message":"403 Forbidden"}`
	noProject    = `{"message":"404 Project Not Found"}`
	noGroup      = `{"message":"404 Group Not Found"}`
	nothing      = `{"message":"404 Not Found"}`
	noRecord     = `{"message":"404 Not found"}`
)

func says(status int, body string) answer { return answer{status: status, body: body} }

// message is GitLab's body with a message.
func message(text string) string { return `{"message":` + quoted(text) + `}` }

// complaint is Grape's body about parameters.
func complaint(text string) string { return `{"error":` + quoted(text) + `}` }

func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(text) + `"`
}

// The sources that many rows rest on.
const (
	scopeDocs      = "https://docs.gitlab.com/api/project_job_token_scopes/"
	scopeSpec      = "spec/requests/api/project_job_token_scope_spec.rb"
	deployDocs     = "https://docs.gitlab.com/api/deploy_tokens/"
	deploySpec     = "spec/requests/api/deploy_tokens_spec.rb"
	accessDocs     = "https://docs.gitlab.com/api/project_access_tokens/"
	accessSpec     = "spec/requests/api/resource_access_tokens_spec.rb"
	variableDocs   = "https://docs.gitlab.com/api/project_level_variables/"
	groupVariables = "https://docs.gitlab.com/api/group_level_variables/"
	memberDocs     = "https://docs.gitlab.com/api/members/"
	memberRoleDocs = "https://docs.gitlab.com/api/member_roles/"
	customRoles    = "https://docs.gitlab.com/user/custom_roles/abilities/"
	settingsDocs   = "https://docs.gitlab.com/api/settings/"
	projectDocs    = "https://docs.gitlab.com/api/projects/"
	groupDocs      = "https://docs.gitlab.com/api/groups/"
	restDocs       = "https://docs.gitlab.com/api/rest/"
	graphqlDocs    = "https://docs.gitlab.com/api/graphql/reference/"
	jobTokenDocs   = "https://docs.gitlab.com/ci/jobs/ci_job_token/"
	fineGrained    = "https://docs.gitlab.com/ci/jobs/fine_grained_permissions/"
	helpers        = "lib/api/helpers.rb"
	projectPolicy  = "app/policies/project_policy.rb"
	policySpec     = "spec/policies/project_policy_spec.rb"
	gitAccess      = "lib/gitlab/git_access.rb"
	packageSpec    = "spec/requests/api/generic_packages_spec.rb"
	releaseSpec    = "spec/requests/api/releases_spec.rb"
	releaseService = "spec/services/releases/create_service_spec.rb"
	artifactSpec   = "spec/requests/api/ci/job_artifacts_spec.rb"
	fileSpec       = "spec/requests/api/files_spec.rb"
	updatePolicies = "spec/services/ci/job_token_scope/update_policies_service_spec.rb"
	entriesSpec    = "spec/requests/api/graphql/ci/job_token_scope/allowlist_spec.rb"
)
