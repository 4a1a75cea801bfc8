package rest

import (
	"net/http"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/authn"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/jobtoken"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rules"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// authenticate finds the caller. An access token comes before a deploy token and a job
// token, which count only on the routes that take them.
func (r *request) authenticate() error {
	secret := authn.Secret(r.http)
	endpoint, takesJobs := jobtoken.EndpointOf(r.api.services.Version, r.endpoint.method, r.endpoint.path)
	if secret == "" && takesJobs {
		if jobSecret := r.jobSecret(endpoint); jobSecret != "" {
			return r.authenticateJob(jobSecret)
		}
		if endpoint.Package {
			if sent, err := r.authenticateDeployToken(); sent {
				return err
			}
			_, secret, _ = r.http.BasicAuth()
		}
	}
	caller, failed := authn.Caller(r.state, secret)
	r.caller = caller
	if failed == authn.Revoked {
		r.detectReuse(secret)
	}
	return credentialFailure(failed)
}

// authenticateDeployToken takes a deploy token by its header, or by basic
// authentication with its own user name.
func (r *request) authenticateDeployToken() (sent bool, err error) {
	username, secret, basic := r.http.BasicAuth()
	header := r.http.Header.Get("Deploy-Token")
	if header != "" {
		secret = header
	}
	token := r.state.DeployTokenBySecret(secret)
	switch {
	case header == "" && (!basic || token == nil):
		return false, nil
	case token == nil, !token.AuthenticatesAt(r.state.Now()), header == "" && username != token.Username:
		return true, unauthorized()
	}
	r.caller = rules.Caller{Deploy: token}
	return true, nil
}

// jobSecret is the job token a request carries, or "".
func (r *request) jobSecret(endpoint jobtoken.Endpoint) string {
	if secret := r.http.Header.Get("Job-Token"); secret != "" {
		return secret
	}
	if secret, sent := r.sent["job_token"].(string); sent && secret != "" {
		return secret
	}
	if username, secret, sent := r.http.BasicAuth(); sent && endpoint.Package && username == authn.JobUsername {
		return secret
	}
	return ""
}

func (r *request) authenticateJob(secret string) error {
	caller, failed := jobtoken.Authenticate(r.state, secret)
	r.caller = caller
	switch failed {
	case jobtoken.None:
		return nil
	case jobtoken.Blocked:
		return forbidden("Your account has been blocked.")
	case jobtoken.Unknown, jobtoken.NotRunning:
	}
	return unauthorized()
}

// authorize finds the project of the path's :id for an operation, by the
// caller's rights and, with a job token, by the scopes.
func (r *request) authorize(op jobtoken.Operation) (*store.Project, error) {
	if endpoint, _ := jobtoken.EndpointOf(r.api.services.Version, r.endpoint.method, r.endpoint.path); endpoint.Package {
		return r.authorizePackages(op)
	}
	if r.caller.Job != nil {
		return r.authorizeJob(op)
	}
	project, err := r.findProject()
	switch {
	case err != nil:
		return nil, err
	case rules.Can(r.state, r.caller, project, op.Ability):
		return project, nil
	case !r.caller.SignedIn():
		return nil, unauthorized()
	}
	return nil, forbidden("")
}

func (r *request) authorizeJob(op jobtoken.Operation) (*store.Project, error) {
	project, moved := r.lookUpProject(r.pathParam("id"))
	verdict := jobtoken.Decide(r.state, r.api.services.Version, r.caller, project, op)
	if status, text := verdict.REST(); status != http.StatusOK {
		return nil, &failure{status: status, body: message(text)}
	}
	if moved {
		return nil, r.projectMoved(project)
	}
	if verdict.Recorded {
		r.used = &use{accessed: project.ID, origin: r.caller.Job.ProjectID, permissions: op.Permissions}
	}
	return project, nil
}

// authorizePackages is authorize for the package registry. Who cannot see the project
// is told that nothing is there or, without a credential, asked for one.
func (r *request) authorizePackages(op jobtoken.Operation) (*store.Project, error) {
	project, _ := r.lookUpProject(r.pathParam("id"))
	switch {
	case r.caller.Job != nil:
		switch jobtoken.Decide(r.state, r.api.services.Version, r.caller, project, op).Reason {
		case jobtoken.ProjectMissing, jobtoken.NotAdmitted, jobtoken.NotMember:
			return nil, nothingFound()
		}
		return r.authorizeJob(op)
	case r.caller.Deploy != nil:
		return r.authorizeDeployToken(project, op)
	}
	seen := project != nil && rules.CanReadProject(r.state, r.caller, project)
	switch {
	case seen && rules.Can(r.state, r.caller, project, op.Ability):
		return r.findProject()
	case !r.caller.SignedIn():
		return nil, &failure{
			status: http.StatusUnauthorized, body: message("401 Unauthorized"),
			header: http.Header{"Www-Authenticate": {`Basic realm="GitLab Packages Registry"`}},
		}
	case !seen:
		return nil, nothingFound()
	}
	return nil, forbidden("")
}

func (r *request) authorizeDeployToken(project *store.Project, op jobtoken.Operation) (*store.Project, error) {
	switch {
	case project != nil && rules.DeployTokenCan(r.state, r.caller.Deploy, project, op.Ability),
		project != nil && rules.Can(r.state, rules.Caller{}, project, op.Ability):
		return project, nil
	case project == nil, !rules.DeployTokenOpens(r.state, r.caller.Deploy, project) && project.Visibility != store.Public:
		return nil, nothingFound()
	}
	return nil, forbidden("")
}

// use is a use of a job token that the authentication log is to show.
type use struct {
	accessed, origin int64
	permissions      []string
}

// record writes what a request that succeeded has used.
func (a *API) record(u *use) {
	if u != nil {
		a.store.Write(func(st *store.State) { st.Authorize(u.accessed, u.origin, st.Now(), u.permissions...) })
	}
}
