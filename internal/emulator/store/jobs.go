package store

import (
	"slices"
	"time"
)

// Job is a CI/CD job with its job token.
type Job struct {
	ID         int64
	ProjectID  int64
	UserID     int64 // who started the pipeline; the token has this user's rights
	Name       string
	Ref        string
	Secret     string
	CreatedAt  time.Time
	FinishedAt *time.Time // nil while it runs
	// Artifacts is the artifacts archive, a zip file; nil: none.
	Artifacts []byte
}

// Running says whether the job's token authenticates.
func (j *Job) Running() bool { return j.FinishedAt == nil }

type jobs struct {
	last      int64
	byID      map[int64]*Job
	bySecret  map[string]int64
	byProject map[int64][]int64
}

func newJobs() jobs {
	return jobs{byID: map[int64]*Job{}, bySecret: map[string]int64{}, byProject: map[int64][]int64{}}
}

// CreateJob stores a running job; ID, Secret and CreatedAt are filled in.
func (s *State) CreateJob(j Job) *Job {
	s.jobs.last++
	j.ID, j.Secret, j.CreatedAt = s.jobs.last, newSecret("glcbt-64_"), s.Now()
	s.jobs.byID[j.ID] = &j
	s.jobs.bySecret[j.Secret] = j.ID
	s.jobs.byProject[j.ProjectID] = append(s.jobs.byProject[j.ProjectID], j.ID)
	return &j
}

// Job finds a job by id, or nil.
func (s *State) Job(id int64) *Job { return s.jobs.byID[id] }

// JobBySecret finds the job a token was made for, finished ones included, or nil.
func (s *State) JobBySecret(secret string) *Job { return s.jobs.byID[s.jobs.bySecret[secret]] }

// JobsOf lists a project's jobs in the order they were made.
func (s *State) JobsOf(projectID int64) []*Job {
	found := make([]*Job, 0, len(s.jobs.byProject[projectID]))
	for _, id := range s.jobs.byProject[projectID] {
		found = append(found, s.jobs.byID[id])
	}
	return found
}

// UpdateJob replaces a job by a changed copy.
func (s *State) UpdateJob(j *Job, change func(*Job)) *Job {
	changed := *j
	change(&changed)
	s.jobs.byID[j.ID] = &changed
	return &changed
}

// forgetJobs removes a deleted project's jobs.
func (s *State) forgetJobs(projectID int64) {
	for _, id := range s.jobs.byProject[projectID] {
		delete(s.jobs.bySecret, s.jobs.byID[id].Secret)
		delete(s.jobs.byID, id)
	}
	delete(s.jobs.byProject, projectID)
}

// forgetJobsBy removes the jobs a deleted user started.
func (s *State) forgetJobsBy(userID int64) {
	for id, job := range s.jobs.byID {
		if job.UserID == userID {
			delete(s.jobs.bySecret, job.Secret)
			delete(s.jobs.byID, id)
			s.jobs.byProject[job.ProjectID] = slices.DeleteFunc(s.jobs.byProject[job.ProjectID], func(other int64) bool { return other == id })
		}
	}
}
