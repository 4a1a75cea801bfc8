package allowlists

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/documents"
)

// LogEntry says when a project's jobs last used another project with their job token.
type LogEntry struct {
	Origin         gitlab.Target
	LastAuthorized time.Time
}

// logPage is a page of the log as GitLab answers it.
type logPage struct {
	PageInfo *pageInfo  `json:"pageInfo"`
	Nodes    []*logNode `json:"nodes"`
}

type logNode struct {
	LastAuthorized time.Time            `json:"lastAuthorizedAt"`
	Origin         gitlab.ReferenceNode `json:"originProject"`
}

// isWhole tells that GitLab left out nothing of a page.
func (p *logPage) isWhole() bool {
	return p != nil && p.PageInfo != nil && p.Nodes != nil && !slices.Contains(p.Nodes, nil)
}

// AuthenticationLog reads who used a project by job token: one row per origin project, the latest
// use of each, some minutes late, at most 1,000. Uses that were refused are not in it. The log is read once and
// kept.
//
// See https://docs.gitlab.com/ci/jobs/ci_job_token/#job-token-authentication-log.
func (s *Service) AuthenticationLog(ctx context.Context, project gitlab.Target) ([]LogEntry, error) {
	log, err := s.logs.Load(ctx, project)
	if err != nil {
		return nil, err
	}
	return slices.Clone(log), nil
}

func (s *Service) fetchLog(ctx context.Context, project gitlab.Target) ([]LogEntry, error) {
	const doing = "read the job token authentication log of"
	var log []LogEntry
	variables := map[string]any{"ids": gitlab.GIDs("Project", []int64{project.ID})}
	for range gitlab.MaxPages {
		var answer struct {
			Projects struct {
				Nodes []*struct {
					ID  string   `json:"id"`
					Log *logPage `json:"ciJobTokenAuthLogs"`
				} `json:"nodes"`
			} `json:"projects"`
		}
		problems, err := s.gitlab.Query(ctx, documents.AuthenticationLog, gitlab.Fit{}, variables, &answer)
		if err != nil {
			return nil, s.gitlab.Annotate(err, doing, project.String())
		}
		if len(answer.Projects.Nodes) != 1 || answer.Projects.Nodes[0] == nil || !answer.Projects.Nodes[0].Log.isWhole() {
			refused := &apierror.Error{Kind: apierror.NotFound, Note: "GitLab shows no such log to this user"}
			if len(problems) > 0 {
				refused = apierror.FromGraphQL(problems)
			}
			return nil, s.gitlab.ExplainHidden(ctx, refused.With(doing, project.String()))
		}
		page := answer.Projects.Nodes[0].Log
		if _, id := gitlab.ParseGID(answer.Projects.Nodes[0].ID); id != project.ID {
			return nil, gitlab.Unasked(gitlab.Target{Kind: gitlab.KindProject, ID: id}.String(), project.String()).With(doing, project.String())
		}
		for _, node := range page.Nodes {
			log = append(log, LogEntry{Origin: node.Origin.Target(gitlab.KindProject), LastAuthorized: node.LastAuthorized})
		}
		if !page.PageInfo.HasNextPage || page.PageInfo.EndCursor == "" || page.PageInfo.EndCursor == variables["after"] {
			return log, nil
		}
		variables["after"] = page.PageInfo.EndCursor
	}
	return nil, gitlab.Endless().With(doing, project.String())
}

// LogRead is the log of one of several projects, or why it was not read.
type LogRead struct {
	Log []LogEntry
	Err error
}

// logsAtOnce is how many logs are read side by side.
const logsAtOnce = 8

// AuthenticationLogs is [Service.AuthenticationLog] of several projects, in their order.
func (s *Service) AuthenticationLogs(ctx context.Context, projects []gitlab.Target) []LogRead {
	reads := make([]LogRead, len(projects))
	turns := make(chan struct{}, logsAtOnce)
	var all sync.WaitGroup
	for i, project := range projects {
		all.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			reads[i].Log, reads[i].Err = s.AuthenticationLog(ctx, project)
		})
	}
	all.Wait()
	return reads
}

// LastUse is when a project, or any project below a group, last used its access; zero where the log has no use.
func LastUse(target gitlab.Target, log []LogEntry) (last time.Time) {
	for _, use := range log {
		covered := target.Kind == gitlab.KindProject && use.Origin.ID == target.ID ||
			target.Above(use.Origin.Path)
		if covered && use.LastAuthorized.After(last) {
			last = use.LastAuthorized
		}
	}
	return last
}
