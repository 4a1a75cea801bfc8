package emulator

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

const maxArchive = 64 << 20

// newJob is what POST jobs takes.
type newJob struct {
	// Project is an id, as a number or text, or a full path.
	Project any `json:"project"`
	// User is an id, as a number or text, or a user name.
	User any `json:"user"`
	// Name and Ref are "test" and "main" unless given.
	Name string `json:"name"`
	Ref  string `json:"ref"`
}

type startedJob struct {
	ID    int64  `json:"id"`
	Token string `json:"token"`
}

// startJob makes a running job. Whether its user could start a pipeline in the
// project is not asked.
func (s *Server) startJob(w http.ResponseWriter, r *http.Request) {
	var sent newJob
	decoder := json.NewDecoder(r.Body)
	decoder.UseNumber()
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&sent); err != nil {
		reply(w, http.StatusBadRequest, map[string]string{"message": err.Error()})
		return
	}
	var job *store.Job
	missing := ""
	s.store.Write(func(st *store.State) {
		project, user := findProject(st, sent.Project), findUser(st, sent.User)
		switch {
		case project == nil:
			missing = "404 Project Not Found"
		case user == nil || user.State != "active":
			missing = "404 User Not Found"
		default:
			job = st.CreateJob(store.Job{
				ProjectID: project.ID, UserID: user.ID, Name: cmp.Or(sent.Name, "test"), Ref: cmp.Or(sent.Ref, "main"),
			})
		}
	})
	if missing != "" {
		reply(w, http.StatusNotFound, map[string]string{"message": missing})
		return
	}
	reply(w, http.StatusCreated, startedJob{ID: job.ID, Token: job.Secret})
}

func findProject(st *store.State, reference any) *store.Project {
	text := fmt.Sprint(reference)
	if id, err := strconv.ParseInt(text, 10, 64); err == nil {
		return st.Project(id)
	}
	return st.ProjectByPath(text)
}

func findUser(st *store.State, reference any) *store.User {
	text := fmt.Sprint(reference)
	if id, err := strconv.ParseInt(text, 10, 64); err == nil {
		return st.User(id)
	}
	return st.UserByUsername(text)
}

// finishJob ends a job, successfully and with artifacts: those that were
// uploaded, else a small archive that names the job.
func finishJob(st *store.State, job *store.Job) error {
	if !job.Running() {
		return nil
	}
	archive := job.Artifacts
	if archive == nil {
		var buffer bytes.Buffer
		writer := zip.NewWriter(&buffer)
		entry, err := writer.Create("job.txt")
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(entry, "job %d %s on %s\n", job.ID, job.Name, job.Ref); err != nil {
			return err
		}
		if err := writer.Close(); err != nil {
			return err
		}
		archive = buffer.Bytes()
	}
	now := st.Now()
	st.UpdateJob(job, func(j *store.Job) { j.Artifacts, j.FinishedAt = archive, &now })
	return nil
}

// controlJob serves what is below one job: its end, and its artifacts.
func (s *Server) controlJob(w http.ResponseWriter, r *http.Request) {
	rest := strings.TrimPrefix(r.URL.Path, controlPrefix+"jobs/")
	number, below, _ := strings.Cut(rest, "/")
	id, _ := strconv.ParseInt(number, 10, 64)
	content, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxArchive))
	if err != nil {
		reply(w, http.StatusRequestEntityTooLarge, map[string]string{"message": err.Error()})
		return
	}
	status := http.StatusNoContent
	s.store.Write(func(st *store.State) {
		job := st.Job(id)
		switch {
		case job == nil:
			status = http.StatusNotFound
		case r.Method == http.MethodDelete && below == "":
			err = finishJob(st, job)
		case r.Method == http.MethodPut && below == "artifacts":
			st.UpdateJob(job, func(j *store.Job) { j.Artifacts = content })
		default:
			status = http.StatusNotFound
		}
	})
	switch {
	case err != nil:
		reply(w, http.StatusInternalServerError, map[string]string{"message": err.Error()})
	case status == http.StatusNotFound:
		reply(w, status, map[string]string{"message": "404 Not Found"})
	default:
		w.WriteHeader(status)
	}
}

// dropRepository leaves a project without a repository, as one that nothing
// was ever pushed to.
func (s *Server) dropRepository(w http.ResponseWriter, r *http.Request) {
	found := false
	s.store.Write(func(st *store.State) {
		project := findProject(st, strings.TrimPrefix(r.URL.Path, controlPrefix+"repositories/"))
		if found = project != nil; found {
			st.UpdateProject(project, func(p *store.Project) { p.NoRepository = true })
		}
	})
	if !found {
		reply(w, http.StatusNotFound, map[string]string{"message": "404 Project Not Found"})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
