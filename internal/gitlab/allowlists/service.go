// Package allowlists reads and writes who may reach a project by job token: its allowlist, the settings
// that govern it, and the log of who did.
package allowlists

import (
	"context"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/coalesce"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/documents"
)

// Service keeps what it has read of a project, with what its own writes have changed since. It is safe for
// concurrent use.
type Service struct {
	gitlab      *gitlab.Client
	projects    *coalesce.Loader[int64, *Project]
	pages       *coalesce.Loader[pageKey, *groupPage]
	effective   *coalesce.Loader[int64, bool]
	instance    *coalesce.Loader[struct{}, Enforcement]
	enforces    *coalesce.Loader[struct{}, bool]
	permissions *coalesce.Loader[struct{}, []string]
	logs        *coalesce.Loader[gitlab.Target, []LogEntry]

	mutations map[documents.Name]*coalesce.Queue[mutation, []mutated]

	prefetchGroups []string
	// prefetched keeps what came of it, an error too.
	prefetched *coalesce.Loader[struct{}, error]
}

// New makes the service of a client, without sending a request. All projects of the groups with the full
// paths given are read at the first read of a project.
func New(client *gitlab.Client, prefetchGroups ...string) *Service {
	s := &Service{gitlab: client, prefetchGroups: prefetchGroups}
	s.projects = gitlab.Batched(client, s.fetchProjects)
	s.pages = gitlab.Single(client, s.fetchGroupPage)
	s.effective = gitlab.Single(client, s.fetchEffective)
	s.instance = gitlab.Single(client, s.fetchEnforcement)
	s.enforces = gitlab.Single(client, s.fetchEnforces)
	s.prefetched = gitlab.Single(client, s.prefetch)
	s.permissions = gitlab.Single(client, s.fetchPermissionNames)
	s.logs = gitlab.Single(client, s.fetchLog)
	s.gatherWrites()
	if len(prefetchGroups) > 0 {
		// What names a project by its path asks before it reads: then too a page that is read first has the answer.
		client.BeforeLookups(func(ctx context.Context) { _ = s.prefetchOnce(ctx) }) // its error is that of the first read
	}
	return s
}
