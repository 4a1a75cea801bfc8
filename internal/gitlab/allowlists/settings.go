package allowlists

import (
	"context"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/version"
)

// CrossProjectPush is the first GitLab in which the cross-project push toggle has an effect. 19.0 stores
// it, behind a feature flag that is off.
var CrossProjectPush = version.Version{Major: 19, Minor: 1}

// OwnEntry is the first GitLab that stores an allowlist entry for the project itself.
var OwnEntry = version.Version{Major: 18, Minor: 1}

// SettingsChange holds the toggles to write; nil leaves one as it is.
type SettingsChange struct {
	InboundAllowlist, Outbound, PushRepository, CrossProjectPush *bool
}

// Empty tells whether there is nothing to write.
func (s SettingsChange) Empty() bool { return s == SettingsChange{} }

func (s SettingsChange) storedAs(stored Settings) bool {
	same := func(sent *bool, got bool) bool { return sent == nil || *sent == got }
	crossProjectPush := stored.CrossProjectPush != nil && *stored.CrossProjectPush
	return same(s.InboundAllowlist, stored.InboundAllowlist) && same(s.Outbound, stored.Outbound) &&
		same(s.PushRepository, stored.PushRepository) && same(s.CrossProjectPush, crossProjectPush)
}

// Effective tells whether the allowlist limits access: the project's own toggle is on, or
// the instance enforces it. Only a stored false costs a request.
func (s *Service) Effective(ctx context.Context, project *Project) (bool, error) {
	if project.Settings.InboundAllowlist {
		return true, nil
	}
	effective, err := s.effective.Load(ctx, project.ID)
	return effective, s.gitlab.Annotate(err, readingEffect, project.Target().String())
}

const readingEffect = "read whether the job token allowlist is in effect for"

func (s *Service) fetchEffective(ctx context.Context, id int64) (bool, error) {
	scope, response, err := s.gitlab.REST().JobTokenScope.GetProjectJobTokenAccessSettings(id, gitlab.RESTContext(ctx))
	if err == nil && scope == nil {
		err = gitlab.Answered(gitlab.ErrNothing, response)
	}
	if err != nil {
		return false, s.gitlab.Annotate(err, readingEffect, gitlab.Target{Kind: gitlab.KindProject, ID: id}.String())
	}
	return scope.InboundEnabled, nil
}

// Enforcement tells whether the instance enforces every project's allowlist.
type Enforcement int

// What can be known of enforcement.
const (
	EnforcementUnknown Enforcement = iota // only administrators may read the setting
	Enforced
	NotEnforced
)

// Enforcement learns once per walk whether the instance enforces allowlists, which only an
// administrator may read. A project whose stored toggle is off tells without that right: see
// [Service.EnforcementFor].
func (s *Service) Enforcement(ctx context.Context) (Enforcement, error) {
	enforcement, err := s.instance.Load(ctx, struct{}{})
	return enforcement, s.gitlab.Annotate(err, readingInstance, "at "+s.gitlab.BaseURL())
}

const readingInstance = "read the instance's settings"

// EnforcementFor adds what one project's toggles tell to what the instance tells.
func (s *Service) EnforcementFor(ctx context.Context, project *Project) (Enforcement, error) {
	return s.enforcementFor(ctx, project, s.stillOff)
}

// A StillOff tells a list that the instance enforces from one that was switched on between the reading of its
// toggle and that of its effect: it reads the toggle again.
type StillOff func(context.Context, *Project) (bool, error)

func (s *Service) enforcementFor(ctx context.Context, project *Project, stillOff StillOff) (Enforcement, error) {
	if project.Settings.InboundAllowlist {
		return s.Enforcement(ctx)
	}
	effective, err := s.Effective(ctx, project)
	if err != nil {
		return EnforcementUnknown, err
	}
	known := NotEnforced
	if effective {
		known = Enforced
		// Once in a walk is enough.
		if kept, _, ok := s.instance.Kept(struct{}{}); !ok || kept != Enforced {
			if off, err := stillOff(ctx, project); err != nil {
				return EnforcementUnknown, err
			} else if !off {
				return s.Enforcement(ctx)
			}
		}
	}
	s.instance.Prime(struct{}{}, known, s.gitlab.Clock())
	return known, nil
}

// Effects tells for each project whether its list limits access, nil where GitLab does not tell. What one
// project whose toggle is off tells of the instance holds for all of them. Who reads projects once more anyway
// passes a stillOff that does so on the way; nil costs a request where the instance enforces.
func (s *Service) Effects(ctx context.Context, projects []*Project, stillOff StillOff) ([]*bool, error) {
	if stillOff == nil {
		stillOff = s.stillOff
	}
	var enforced *bool
	for _, p := range projects {
		if p.Settings.InboundAllowlist || enforced != nil {
			continue
		}
		switch enforcement, err := s.enforcementFor(ctx, p, stillOff); {
		case err != nil && !withheld(err):
			return nil, err
		case err == nil && enforcement != EnforcementUnknown:
			known := enforcement == Enforced
			enforced = &known
		}
	}
	effects, on := make([]*bool, len(projects)), true
	for i, p := range projects {
		effects[i] = enforced
		if p.Settings.InboundAllowlist {
			effects[i] = &on
		}
	}
	return effects, nil
}

func (s *Service) stillOff(ctx context.Context, project *Project) (bool, error) {
	s.projects.Invalidate(project.ID)
	again, err := s.Project(ctx, project.ID)
	return err == nil && !again.Settings.InboundAllowlist, err
}

func (s *Service) fetchEnforcement(ctx context.Context, _ struct{}) (Enforcement, error) {
	on, err := s.enforces.Load(ctx, struct{}{})
	err = s.gitlab.Annotate(err, readingInstance, "at "+s.gitlab.BaseURL())
	switch {
	case apierror.Is(err, apierror.Forbidden), apierror.Is(err, apierror.NotFound), apierror.Is(err, apierror.FineGrained):
		return EnforcementUnknown, nil
	case err != nil:
		return EnforcementUnknown, err
	case on:
		return Enforced, nil
	default:
		return NotEnforced, nil
	}
}
