package shares

import (
	"context"
	"fmt"

	client "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/transport"
)

// projectNotFound are GitLab's words for a project, and not the group, that is out of sight.
const projectNotFound = "Project Not Found"

// Outcome is what there is after a write, as far as it is known.
type Outcome struct {
	// Now is the role that the group has; nil is none.
	Now *Role
	// Doubtful means that an answer was lost, and that what came of it could not be read.
	Doubtful bool
}

// Make shares a project with a group. A lost answer is looked after; one that is shared already, in another way, is a
// conflict.
func (s *Service) Make(ctx context.Context, project, group gitlab.Target, role Role) (Outcome, error) {
	defer s.projects.Invalidate(project.ID)
	if _, err := s.gitlab.Server(ctx); err != nil {
		return Outcome{}, err
	}
	outcome, err := s.post(ctx, project, group, role)
	return outcome, s.about(ctx, err, "share", project, group, role)
}

// End ends the share of a project with a group. One that has ended already is no error.
func (s *Service) End(ctx context.Context, project, group gitlab.Target, had Role) error {
	defer s.projects.Invalidate(project.ID)
	if _, err := s.gitlab.Server(ctx); err != nil {
		return err
	}
	return s.about(ctx, s.delete(ctx, project, group), "end the share of", project, group, had)
}

// Exchange ends a share and makes it anew with another role, the only way that GitLab has. If it cannot be made anew,
// the former one is put back. An interrupt does not come between.
func (s *Service) Exchange(ctx context.Context, project, group gitlab.Target, from, to Role) (Outcome, error) {
	defer s.projects.Invalidate(project.ID)
	if _, err := s.gitlab.Server(ctx); err != nil {
		return Outcome{Now: &from}, err
	}
	if err := s.delete(ctx, project, group); err != nil {
		outcome := Outcome{Now: &from}
		if apierror.Unsettled(err) {
			outcome = s.look(ctx, project, group, outcome)
		}
		return outcome, s.about(ctx, err, "end the share of", project, group, from)
	}
	ctx, cancel := gitlab.CleanUp(ctx)
	defer cancel()
	outcome, err := s.post(ctx, project, group, to)
	if err == nil {
		return outcome, nil
	}
	err = s.about(ctx, err, "share", project, group, to)
	note := fmt.Sprintf("GitLab changes no share, so the former one (%s) was ended first", from)
	if outcome.Now == nil {
		back, backErr := s.post(ctx, project, group, from)
		switch {
		case back.Now != nil && *back.Now == to:
			return back, nil // it was made late
		case backErr == nil:
			return back, noted(err, note+"; it is back, and nothing has changed")
		}
		outcome = Outcome{Now: back.Now, Doubtful: outcome.Doubtful || back.Doubtful}
		note += fmt.Sprintf("; it could not be put back either (%v)", backErr)
	}
	switch {
	case outcome.Doubtful:
		note += fmt.Sprintf(". Whether the %s has a role in the project now is not known: look, and apply again", group)
	case outcome.Now == nil:
		note += fmt.Sprintf(". The %s has no role in the project by this share now. Apply again once the cause is mended: that makes it anew", group)
	default:
		note += fmt.Sprintf(". Somebody else has shared the project with the %s meanwhile: it has the role %s", group, *outcome.Now)
	}
	return outcome, noted(err, note)
}

func noted(err error, note string) error {
	e, ok := apierror.As(err)
	if !ok {
		return err
	}
	told := *e
	told.AddNote(note)
	return &told
}

// post makes a share, and looks what has come of it where the answer does not tell.
func (s *Service) post(ctx context.Context, project, group gitlab.Target, role Role) (Outcome, error) {
	level := client.AccessLevelValue(role.Level)
	options := client.ShareWithGroupOptions{GroupID: &group.ID, GroupAccess: &level}
	if role.ExpiresAt != "" {
		options.ExpiresAt = &role.ExpiresAt
	}
	response, err := s.gitlab.REST().Projects.ShareProjectWithGroup(project.ID, &options, gitlab.RESTContext(transport.WithEffect(ctx, transport.Write)))
	if err == nil {
		return Outcome{Now: &role}, nil
	}
	err = gitlab.Answered(err, response)
	if !apierror.Unsettled(err) && !apierror.Is(err, apierror.Conflict) {
		return Outcome{}, err
	}
	outcome := s.look(ctx, project, group, Outcome{Doubtful: apierror.Unsettled(err)})
	if outcome.Now != nil && *outcome.Now == role {
		return outcome, nil
	}
	return outcome, err
}

func (s *Service) delete(ctx context.Context, project, group gitlab.Target) error {
	response, err := s.gitlab.REST().Projects.DeleteSharedProjectFromGroup(project.ID, group.ID, gitlab.RESTContext(transport.WithEffect(ctx, transport.Repeatable)))
	if err == nil {
		return nil
	}
	err = gitlab.Answered(err, response)
	if e, ok := apierror.As(err); ok && e.Kind == apierror.NotFound && e.Words != projectNotFound {
		return nil
	}
	return err
}

// look reads what there is; what cannot be read stays as it was believed.
func (s *Service) look(ctx context.Context, project, group gitlab.Target, believed Outcome) Outcome {
	ctx, cancel := gitlab.CleanUp(ctx)
	defer cancel()
	s.projects.Invalidate(project.ID)
	found, err := s.projects.Load(ctx, project.ID)
	if err != nil {
		return believed
	}
	if share := found.Of(group.ID); share != nil {
		return Outcome{Now: &share.Role}
	}
	return Outcome{}
}

// about is an error as it concerns a share: GitLab's answers to what is forbidden, hidden or locked do not name it.
func (s *Service) about(ctx context.Context, err error, doing string, project, group gitlab.Target, role Role) error {
	if err == nil {
		return nil
	}
	need := gitlab.ManagingRole(gitlab.KindProject)
	if role.Level >= gitlab.Owner {
		need = gitlab.ManagingRole(gitlab.KindGroup) // only Owners give and take Owner
	}
	told := *asError(s.gitlab.Annotate(s.gitlab.RefusedFor(ctx, err, need, project.Key()), doing, project.String()))
	told.Target = fmt.Sprintf("%s with %s as %s", project, group, role)
	switch {
	case told.Kind == apierror.NotFound && told.Words != projectNotFound:
		told.AddNote("GitLab shares a project only with a group of which the token's user is a member, and, where the top-level group forbids others, with groups below that")
	case told.Words == "The project sharing with group is disabled":
		told.AddNote("the project's group has locked the sharing of its projects (share_with_group_lock)")
	}
	return &told
}

func asError(err error) *apierror.Error {
	if e, ok := apierror.As(err); ok {
		return e
	}
	return &apierror.Error{Kind: apierror.Unavailable, Note: err.Error(), Cause: err}
}
