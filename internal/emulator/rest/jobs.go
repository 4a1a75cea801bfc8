package rest

import (
	"archive/zip"
	"bytes"
	"context"
	"io/fs"
	"net/http"
	"strconv"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/jobtoken"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rules"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

func (a *API) jobEndpoints() []endpoint {
	const jobs = "/projects/:id/jobs"
	return []endpoint{
		{http.MethodGet, "/job", signedIn, nil, a.getOwnJob},
		{http.MethodGet, jobs + "/:job_id/artifacts", anyone, []param{req("job_id", integer)}, a.downloadArtifactsOfJob},
		{http.MethodGet, jobs + "/artifacts/:ref_name/download", anyone, []param{req("job", text)}, a.downloadLatestArtifacts},
		{http.MethodGet, jobs + "/artifacts/:ref_name/raw/*artifact_path", anyone, []param{req("job", text)}, a.readLatestArtifact},
		{http.MethodPost, "/projects/:id/trigger/pipeline", anyone, []param{req("ref", text), req("token", text)}, a.triggerPipeline},
	}
}

type jobProjectEntity struct {
	JobTokenScopeEnabled bool `json:"ci_job_token_scope_enabled"`
}

type jobEntity struct {
	ID         int64            `json:"id"`
	Status     string           `json:"status"`
	Stage      string           `json:"stage"`
	Name       string           `json:"name"`
	Ref        string           `json:"ref"`
	Tag        bool             `json:"tag"`
	CreatedAt  string           `json:"created_at"`
	StartedAt  string           `json:"started_at"`
	FinishedAt *string          `json:"finished_at"`
	User       userEntity       `json:"user"`
	Project    jobProjectEntity `json:"project"`
	WebURL     string           `json:"web_url"`
}

// getOwnJob is for job tokens alone; other callers have no job.
func (a *API) getOwnJob(r *request) (answer, error) {
	job := r.caller.Job
	if job == nil {
		return answer{}, notFound("Job")
	}
	project := r.state.Project(job.ProjectID)
	return ok(jobEntity{
		ID: job.ID, Status: "running", Stage: "test", Name: job.Name, Ref: job.Ref,
		CreatedAt: timestamp(job.CreatedAt), StartedAt: timestamp(job.CreatedAt),
		User: r.basicUser(r.caller.User), Project: jobProjectEntity{project.JobToken.Outbound},
		WebURL: a.baseURL + "/" + project.FullPath + "/-/jobs/" + strconv.FormatInt(job.ID, 10),
	})
}

func (a *API) downloadArtifactsOfJob(r *request) (answer, error) {
	project, err := r.authorize(jobtoken.DownloadArtifacts)
	if err != nil {
		return answer{}, err
	}
	job := r.state.Job(r.integer("job_id"))
	if job == nil || job.ProjectID != project.ID {
		return answer{}, recordNotFound()
	}
	return artifactsOf(job)
}

func (a *API) downloadLatestArtifacts(r *request) (answer, error) {
	latest, err := r.latestJob(jobtoken.DownloadArtifacts)
	if err != nil {
		return answer{}, err
	}
	return artifactsOf(latest)
}

// readLatestArtifact gives one file of the archive.
func (a *API) readLatestArtifact(r *request) (answer, error) {
	latest, err := r.latestJob(jobtoken.ReadArtifact)
	if err != nil {
		return answer{}, err
	}
	archive, err := zip.NewReader(bytes.NewReader(latest.Artifacts), int64(len(latest.Artifacts)))
	if err != nil {
		return answer{}, nothingFound()
	}
	content, err := fs.ReadFile(archive, r.pathParam("artifact_path"))
	if err != nil {
		return answer{}, nothingFound()
	}
	return ok(file{"application/octet-stream", content})
}

// latestJob looks for the newest finished job of a name on a ref.
func (r *request) latestJob(op jobtoken.Operation) (*store.Job, error) {
	project, err := r.authorize(op)
	if err != nil {
		return nil, err
	}
	var latest *store.Job
	for _, job := range r.state.JobsOf(project.ID) {
		if !job.Running() && job.Name == r.text("job") && job.Ref == r.pathParam("ref_name") {
			latest = job
		}
	}
	if latest == nil {
		return nil, recordNotFound()
	}
	return latest, nil
}

func artifactsOf(job *store.Job) (answer, error) {
	if job.Artifacts == nil {
		return answer{}, &failure{status: http.StatusNotFound, body: message("404 Not Found")}
	}
	return answer{
		status: http.StatusOK, body: file{"application/zip", job.Artifacts},
		header: http.Header{"Content-Disposition": {`attachment; filename="artifacts.zip"`}},
	}, nil
}

type pipelineEntity struct {
	ID        int64      `json:"id"`
	ProjectID int64      `json:"project_id"`
	SHA       string     `json:"sha"`
	Ref       string     `json:"ref"`
	Status    string     `json:"status"`
	Source    string     `json:"source"`
	CreatedAt string     `json:"created_at"`
	UpdatedAt string     `json:"updated_at"`
	WebURL    string     `json:"web_url"`
	User      userEntity `json:"user"`
}

// triggerPipeline takes the job token as the parameter token, not as the
// caller's credential. Who cannot see the project is told it is not there.
func (a *API) triggerPipeline(r *request) (answer, error) {
	hidden := &failure{status: http.StatusNotFound, body: message("404 Not Found")}
	caller, failed := jobtoken.Authenticate(r.state, r.text("token"))
	switch failed {
	case jobtoken.None:
	case jobtoken.NotRunning:
		return answer{}, &failure{status: http.StatusUnauthorized, body: message("Job is not running")}
	case jobtoken.Unknown, jobtoken.Blocked:
		return answer{}, hidden
	}
	project, _ := r.lookUpProject(r.pathParam("id"))
	verdict := jobtoken.Decide(r.state, a.services.Version, caller, project, jobtoken.TriggerPipeline)
	switch verdict.Reason {
	case jobtoken.Allowed:
	case jobtoken.AbilityMiss:
		return answer{}, pipelineRefused("Insufficient permissions to create a new pipeline")
	default:
		return answer{}, hidden
	}
	if verdict.Recorded {
		r.used = &use{accessed: project.ID, origin: caller.Job.ProjectID}
	}
	ref := r.text("ref")
	return answer{unlocked: func(ctx context.Context) (answer, error) {
		commit, found, err := a.repositories.Commit(ctx, project.ID, "refs/heads/"+ref)
		if err != nil || !found {
			return answer{}, errorOr(err, pipelineRefused("Reference not found"))
		}
		return a.createPipeline(r, caller, project, ref, commit)
	}}, nil
}

func pipelineRefused(text string) error {
	return &failure{status: http.StatusBadRequest, body: message(map[string][]string{"base": {text}})}
}

func (a *API) createPipeline(r *request, caller rules.Caller, p *store.Project, ref, commit string) (answer, error) {
	entity := pipelineEntity{
		ProjectID: p.ID, SHA: commit, Ref: ref, Status: "created", Source: "pipeline", User: r.basicUser(caller.User),
	}
	a.store.Write(func(st *store.State) {
		entity.ID, entity.CreatedAt = st.NextPipelineID(), timestamp(st.Now())
	})
	entity.UpdatedAt = entity.CreatedAt
	entity.WebURL = a.baseURL + "/" + p.FullPath + "/-/pipelines/" + strconv.FormatInt(entity.ID, 10)
	return created(entity)
}

// errorOr is the error, or another where there is none.
func errorOr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}
