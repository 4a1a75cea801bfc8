package allowlists

import (
	"context"
	"iter"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/documents"
)

// Member is a project of a group or of one of its subgroups.
type Member struct {
	gitlab.Target

	Archived bool
	// Project is the snapshot; nil where Err says why it is not shown to the user.
	Project *Project
	Err     error
}

// aimedForDeletion is a segment of a path that GitLab (18.0 and later) has moved aside to delete it. Older
// ones archive what they are to delete.
var aimedForDeletion = regexp.MustCompile(`-deletion_scheduled-\d+(/|$)`)

// DeletionScheduled tells whether the project, or a group that it is in, is scheduled for deletion.
func (m Member) DeletionScheduled() bool { return aimedForDeletion.MatchString(m.Path) }

// Group reads the projects of a group and of its subgroups that the user can see, 50 to a request and
// no page before it is asked for. Pages are kept, and what they tell of projects and of their paths is not
// asked for again. A group that is gone or out of sight is NotFound. What may not be read of a single
// project is the error of its member.
func (s *Service) Group(ctx context.Context, path string) iter.Seq2[[]Member, error] {
	return func(yield func([]Member, error) bool) {
		key := pageKey{group: path}
		for range gitlab.MaxPages {
			page, err := s.pages.Load(ctx, key)
			if err != nil {
				yield(nil, s.gitlab.Annotate(err, readingGroup, "group "+path))
				return
			}
			members, err := s.members(ctx, page)
			if !yield(members, err) || err != nil || page.next == "" {
				return
			}
			key.after = page.next
		}
		yield(nil, s.gitlab.Annotate(gitlab.Endless(), readingGroup, "group "+path))
	}
}

// Members are projects by their targets, in that order, as [Service.Group] gives them.
func (s *Service) Members(ctx context.Context, targets []gitlab.Target) ([]Member, error) {
	page := &groupPage{}
	for _, target := range targets {
		page.members = append(page.members, Member{Target: target})
	}
	return s.members(ctx, page)
}

// atOnce is how many projects GitLab takes by their paths.
const atOnce = 50

// Ahead reads projects before their references are resolved, 50 to a request: what it tells of a project and
// its path is not asked for again. What it does not tell, and its errors, are left to that.
func (s *Service) Ahead(ctx context.Context, refs []gitlab.Ref) {
	_ = s.prefetchOnce(ctx)
	var paths []string
	var ids []int64
	for _, ref := range refs {
		switch {
		case s.gitlab.Knows(gitlab.KindProject, ref):
		case ref.ID != 0:
			ids = append(ids, ref.ID)
		default:
			paths = append(paths, strings.ToLower(ref.Path))
		}
	}
	asked := s.gitlab.Clock()
	for _, outcome := range s.projects.LoadAll(ctx, ids) {
		if outcome.Err == nil {
			s.gitlab.Learn(outcome.Value.Target(), asked)
		}
	}
	for some := range slices.Chunk(paths, atOnce) {
		s.aheadByPath(ctx, some)
	}
}

func (s *Service) aheadByPath(ctx context.Context, paths []string) {
	asked := s.gitlab.Clock()
	var answer struct {
		Projects struct {
			Nodes []*projectNode `json:"nodes"`
		} `json:"projects"`
	}
	if _, err := s.gitlab.Query(ctx, documents.ProjectSnapshotsByPath, gitlab.Fit{}, map[string]any{"fullPaths": paths}, &answer); err != nil {
		return
	}
	shown := slices.DeleteFunc(answer.Projects.Nodes, func(node *projectNode) bool {
		return node == nil || !node.isWhole() || !slices.ContainsFunc(paths, func(path string) bool { return strings.EqualFold(path, node.project().Path) })
	})
	for id, outcome := range s.snapshots(ctx, shown, nil, nil, gitlab.Fit{}) {
		if outcome.Err == nil {
			s.projects.Prime(id, outcome.Value, asked)
			s.gitlab.Learn(outcome.Value.Target(), asked)
		}
	}
}

const readingGroup = "read the projects of"

type pageKey struct{ group, after string }

// groupPage has the members without their snapshots, which are kept by project: a write makes them anew.
type groupPage struct {
	members []Member
	next    string
}

// members fills in the snapshots of a page.
func (s *Service) members(ctx context.Context, page *groupPage) ([]Member, error) {
	members := slices.Clone(page.members)
	var ids []int64
	for _, m := range members {
		if m.Err == nil {
			ids = append(ids, m.ID)
		}
	}
	found := s.projects.LoadAll(ctx, ids)
	for i := range members {
		m := &members[i]
		if m.Err != nil {
			continue
		}
		outcome := found[m.ID]
		if outcome.Err != nil {
			m.Err = s.gitlab.Annotate(outcome.Err, readingProject, m.String())
		} else {
			m.Project = outcome.Value.clone()
			m.Path, m.Archived = m.Project.Path, m.Project.Archived
		}
		if m.Err != nil && !withheld(m.Err) {
			return nil, m.Err
		}
	}
	return members, nil
}

// withheld tells that GitLab answered, and shows the user less than the list.
func withheld(err error) bool {
	return apierror.Is(err, apierror.Forbidden) || apierror.Is(err, apierror.NotFound) || apierror.Is(err, apierror.FineGrained)
}

func (s *Service) fetchGroupPage(ctx context.Context, key pageKey) (*groupPage, error) {
	page, err := s.askGroupPage(ctx, key, gitlab.Fit{})
	if failure, ok := apierror.As(err); ok && failure.Status == http.StatusInternalServerError {
		// See fetchProjects: one name that cannot be shown fails them all. Each is then read by its id.
		return s.askGroupPage(ctx, key, gitlab.Fit{WithoutPolicies: true})
	}
	return page, err
}

func (s *Service) askGroupPage(ctx context.Context, key pageKey, fit gitlab.Fit) (*groupPage, error) {
	asked := s.gitlab.Clock()
	var answer struct {
		Group *struct {
			Projects struct {
				PageInfo pageInfo       `json:"pageInfo"`
				Nodes    []*projectNode `json:"nodes"`
			} `json:"projects"`
		} `json:"group"`
	}
	variables := map[string]any{"fullPath": key.group}
	if key.after != "" {
		variables["after"] = key.after
	}
	problems, err := s.gitlab.Query(ctx, documents.GroupSnapshots, fit, variables, &answer)
	switch {
	case err != nil:
		return nil, err
	case answer.Group == nil && len(problems) > 0:
		return nil, apierror.FromGraphQL(problems)
	case answer.Group == nil:
		return nil, s.gitlab.ExplainHidden(ctx, &apierror.Error{Kind: apierror.NotFound, Doing: "find", Target: "group " + key.group})
	}
	page := &groupPage{}
	if info := answer.Group.Projects.PageInfo; info.HasNextPage {
		if info.EndCursor == "" || info.EndCursor == key.after {
			return nil, &apierror.Error{Kind: apierror.Invalid, Note: "GitLab's pages do not advance"}
		}
		page.next = info.EndCursor
	}
	outcomes := s.snapshots(ctx, answer.Group.Projects.Nodes, problems, []string{"group", "projects", "nodes"}, fit)
	for _, node := range answer.Group.Projects.Nodes {
		if node == nil {
			continue
		}
		project := node.project()
		if !below(project.Path, key.group) {
			return nil, gitlab.Unasked(project.Target().String(), "the projects of group "+key.group)
		}
		m := Member{Target: project.Target(), Archived: project.Archived, Err: outcomes[project.ID].Err}
		if m.Err == nil && !fit.WithoutPolicies {
			s.projects.Prime(m.ID, outcomes[project.ID].Value, asked)
		}
		s.gitlab.Learn(m.Target, asked)
		page.members = append(page.members, m)
	}
	return page, nil
}
