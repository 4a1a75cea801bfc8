package store

import (
	"slices"
	"time"
)

// Release is a release of a project.
type Release struct {
	ProjectID   int64
	Tag         string
	Name        string
	Description string
	AuthorID    int64
	CreatedAt   time.Time
}

// CreateRelease stores a release; CreatedAt is filled in.
func (s *State) CreateRelease(r Release) *Release {
	r.CreatedAt = s.Now()
	s.releases[r.ProjectID] = append(s.releases[r.ProjectID], &r)
	return &r
}

// Releases lists a project's releases, newest first.
func (s *State) Releases(projectID int64) []*Release {
	found := slices.Clone(s.releases[projectID])
	slices.Reverse(found)
	return found
}

// NextPipelineID counts a new pipeline of the instance.
func (s *State) NextPipelineID() int64 {
	s.pipelines++
	return s.pipelines
}
