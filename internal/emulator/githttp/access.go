package githttp

import (
	"net/http"
	"slices"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/authn"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/jobtoken"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rules"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

const (
	blocked      = "Your account has been blocked."
	noRepository = "A repository for this project does not exist yet."
	noDownload   = "You are not allowed to download code."
	noUpload     = "You are not allowed to upload code."
)

// access is the decision about a request: status 200 and what to serve, or a
// refusal.
type access struct {
	status int
	text   string

	projectID int64
	username  string
	origin    int64 // the project to note in the authentication log, or 0
}

func granted(p *store.Project, c rules.Caller) access {
	if p.NoRepository {
		return access{status: http.StatusNotFound, text: noRepository}
	}
	a := access{status: http.StatusOK, projectID: p.ID}
	if c.SignedIn() {
		a.username = c.User.Username
	}
	return a
}

func forbidden(text string) access { return access{status: http.StatusForbidden, text: text} }

// denied is the answer to a missing and to a wrong credential alike.
func (s *Server) denied() access {
	return access{status: http.StatusUnauthorized, text: "HTTP Basic: Access denied. If a password was provided for Git authentication, " +
		"the password was incorrect or you're required to use a token instead of a password. If a token was provided, it was either " +
		"incorrect, expired, or improperly scoped. See " + s.baseURL +
		"/help/topics/git/troubleshooting_git.md#error-on-git-fetch-http-basic-access-denied"}
}

// decide finds the project, by its present or an old path, and the caller.
func (s *Server) decide(st *store.State, r *http.Request, c call) access {
	project := st.ProjectByPath(c.fullPath)
	if project == nil {
		project = st.ProjectByOldPath(c.fullPath)
	}
	username, secret, sent := r.BasicAuth()
	switch {
	case c.dumb:
		return s.decideDumb(st, secret)
	case !sent:
		return s.decideAnonymous(st, project, c)
	case username == authn.JobUsername:
		return s.decideJob(st, project, secret, c)
	}
	if token := st.DeployTokenBySecret(secret); token != nil {
		return s.decideDeployToken(st, project, token, username, c)
	}
	return s.decideUser(st, project, secret, c)
}

// decideDumb refuses the protocol of dumb clients, which GitLab does not serve, to
// who is known, and asks the others who they are. Its words are not known.
func (s *Server) decideDumb(st *store.State, secret string) access {
	if caller, failed := authn.Caller(st, secret); failed != authn.None || !caller.SignedIn() {
		return s.denied()
	}
	return forbidden(http.StatusText(http.StatusForbidden))
}

func (s *Server) decideAnonymous(st *store.State, p *store.Project, c call) access {
	if p == nil || c.push || !rules.Can(st, rules.Caller{}, p, rules.DownloadCode) {
		return s.denied()
	}
	return granted(p, rules.Caller{})
}

// decideJob takes a running job's token while its user is active and its project has CI
// switched on; otherwise git is told no more than with a wrong password.
func (s *Server) decideJob(st *store.State, p *store.Project, secret string, c call) access {
	caller, failed := jobtoken.Authenticate(st, secret)
	if failed != jobtoken.None || st.Project(caller.Job.ProjectID).Features.Of(store.Builds) == store.FeatureDisabled {
		return s.denied()
	}
	operation := jobtoken.Clone
	if c.push {
		operation = jobtoken.Push
	}
	verdict := jobtoken.Decide(st, s.version, caller, p, operation)
	if status, text := verdict.Git(operation); status != http.StatusOK {
		return access{status: status, text: text}
	}
	a := granted(p, caller)
	if verdict.Recorded {
		a.origin = caller.Job.ProjectID
	}
	return a
}

// decideDeployToken takes the secret with the token's own user name alone. A
// token of another project is worth nothing there, even where everybody may read.
func (s *Server) decideDeployToken(st *store.State, p *store.Project, t *store.DeployToken, username string, c call) access {
	switch {
	case username != t.Username, !t.AuthenticatesAt(st.Now()), p != nil && !rules.DeployTokenOpens(st, t, p),
		p != nil && p.Features.Of(store.Repository) == store.FeatureDisabled:
		return s.denied()
	case c.push:
		return forbidden(noUpload)
	case !slices.Contains(t.Scopes, "read_repository"):
		return forbidden(noDownload)
	case p == nil:
		return access{status: http.StatusNotFound, text: jobtoken.MissingProject}
	}
	a := granted(p, rules.Caller{})
	a.username = t.Username
	return a
}

// decideUser takes a personal, project or group access token as the password,
// whatever the user name is. One of a bot is worth nothing where the bot sees
// nothing.
func (s *Server) decideUser(st *store.State, p *store.Project, secret string, c call) access {
	caller, failed := authn.Caller(st, secret)
	switch failed {
	case authn.None:
	case authn.Blocked:
		return forbidden(blocked)
	case authn.Unknown, authn.Expired, authn.Revoked:
		return s.denied()
	}
	ability := rules.DownloadCode
	if c.push {
		ability = rules.PushCode
	}
	switch {
	case !caller.SignedIn(), // an empty password
		caller.User.Bot && p != nil && !rules.CanReadProject(st, caller, p):
		return s.denied()
	case c.push && !caller.HasScope("api", "write_repository"):
		return forbidden(noUpload)
	case !c.push && !caller.HasScope("api", "read_api", "read_repository", "write_repository"):
		return forbidden(noDownload)
	case p == nil, !rules.CanReadProject(st, caller, p):
		return access{status: http.StatusNotFound, text: jobtoken.MissingProject}
	case !rules.Can(st, caller, p, ability):
		return forbidden(jobtoken.GitRefusal(c.push))
	}
	return granted(p, caller)
}
