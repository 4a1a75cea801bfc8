// Package shares reads and writes the groups that a project is shared with: their members have a role in it.
//
// GitLab can make a share and end it, and nothing else: no route changes one.
package shares

import (
	"context"
	"fmt"

	client "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/coalesce"
)

// Service keeps what it has read of a project until it writes a share there. It is safe for concurrent use.
type Service struct {
	gitlab   *gitlab.Client
	projects *coalesce.Loader[int64, *Project]
	groups   *coalesce.Loader[string, Rules]
}

// New makes the service of a client, without sending a request.
func New(client *gitlab.Client) *Service {
	s := &Service{gitlab: client}
	s.projects = gitlab.Single(client, s.fetch)
	s.groups = gitlab.Single(client, s.fetchRules)
	return s
}

// Project is a project with the groups that it is shared with.
type Project struct {
	ID       int64
	Path     string
	Archived bool
	Shares   []Share
}

// Share is a group's role in a project.
type Share struct {
	Group gitlab.Target
	Role  Role
}

// Role is what a share gives, and for how long.
type Role struct {
	Level int64
	// ExpiresAt is the day on which it ends, as 2027-01-31; empty is never.
	ExpiresAt string
}

func (r Role) String() string {
	if r.ExpiresAt == "" {
		return gitlab.RoleName(r.Level)
	}
	return gitlab.RoleName(r.Level) + " until " + r.ExpiresAt
}

// Target is the project.
func (p *Project) Target() gitlab.Target {
	return gitlab.Target{Kind: gitlab.KindProject, ID: p.ID, Path: p.Path}
}

// Of is the share with a group; nil is none.
func (p *Project) Of(group int64) *Share {
	for _, share := range p.Shares {
		if share.Group.ID == group {
			return &share
		}
	}
	return nil
}

// Within tells whether the project is in a group, at whatever depth.
func (p *Project) Within(group gitlab.Target) bool {
	return group.Above(p.Path)
}

const reading = "read the groups that share"

// Project reads a project and its shares by id. Callers share the answer and do not change it.
func (s *Service) Project(ctx context.Context, id int64) (*Project, error) {
	var project *Project
	_, err := s.gitlab.Server(ctx)
	if err == nil {
		project, err = s.projects.Load(ctx, id)
	}
	if project != nil {
		return project, nil
	}
	return nil, s.gitlab.Annotate(s.gitlab.ExplainHidden(ctx, err), reading, gitlab.Target{Kind: gitlab.KindProject, ID: id}.String())
}

// Fresh is [Service.Project], read again where it is more than five seconds old: what a write goes by.
func (s *Service) Fresh(ctx context.Context, id int64) (*Project, error) {
	s.projects.Expire(gitlab.FreshFor, id)
	return s.Project(ctx, id)
}

type projectNode struct {
	ID       int64       `json:"id"`
	Path     string      `json:"path_with_namespace"`
	Archived bool        `json:"archived"`
	Shares   []shareNode `json:"shared_with_groups"`
}

type shareNode struct {
	ID        int64   `json:"group_id"`
	Path      string  `json:"group_full_path"`
	Level     int64   `json:"group_access_level"`
	ExpiresAt *string `json:"expires_at"`
}

func (s *Service) fetch(ctx context.Context, id int64) (*Project, error) {
	var node projectNode
	if err := s.gitlab.GetRaw(ctx, fmt.Sprintf("projects/%d", id), nil, &node); err != nil {
		return nil, err
	}
	switch {
	case node.ID != id:
		return nil, gitlab.Unasked(fmt.Sprintf("the project with id %d", node.ID), fmt.Sprintf("the project with id %d", id))
	case node.Shares == nil:
		return nil, s.gitlab.LeftOut(ctx, "shared_with_groups")
	}
	project := &Project{ID: id, Path: s.gitlab.Redact(node.Path), Archived: node.Archived}
	for _, share := range node.Shares {
		role := Role{Level: share.Level}
		if share.ExpiresAt != nil {
			role.ExpiresAt = *share.ExpiresAt
		}
		project.Shares = append(project.Shares, Share{gitlab.Target{Kind: gitlab.KindGroup, ID: share.ID, Path: s.gitlab.Redact(share.Path)}, role})
	}
	return project, nil
}

// Rules are what a group says of the sharing of its projects.
type Rules struct {
	// Locked means that they are shared with no group.
	Locked bool `json:"share_with_group_lock"`
	// Within means, of a top-level group, that they are shared with groups below it alone.
	Within bool `json:"prevent_sharing_groups_outside_hierarchy"`
}

// Rules reads what the group with a path says. Who may not see the group learns nothing of it, which is no error.
func (s *Service) Rules(ctx context.Context, path string) (Rules, error) {
	rules, err := s.groups.Load(ctx, path)
	if apierror.Is(err, apierror.NotFound) || apierror.Is(err, apierror.Forbidden) || apierror.Is(err, apierror.FineGrained) {
		return Rules{}, nil // a user's namespace, too, is no group
	}
	return rules, s.gitlab.Annotate(err, "read", "group "+path)
}

func (s *Service) fetchRules(ctx context.Context, path string) (rules Rules, err error) {
	brief := struct {
		WithProjects bool `url:"with_projects"`
	}{false}
	err = s.gitlab.GetRaw(ctx, "groups/"+client.PathEscape(path), brief, &rules)
	return rules, err
}
