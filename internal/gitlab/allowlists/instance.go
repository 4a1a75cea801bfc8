package allowlists

import (
	"context"
	"fmt"
	"time"

	client "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/transport"
)

const enforcing = "change whether the instance enforces job token allowlists"

// InstanceEnforces reads whether the instance makes every project's allowlist count as on. To all but
// administrators that is Forbidden.
func (s *Service) InstanceEnforces(ctx context.Context) (bool, error) {
	var on bool
	_, err := s.gitlab.Server(ctx)
	if err == nil {
		on, err = s.enforces.Load(ctx, struct{}{})
	}
	return on, s.gitlab.Annotate(s.administrators(ctx, err), readingInstance, "at "+s.gitlab.BaseURL())
}

// FreshInstanceEnforces is [Service.InstanceEnforces], read again where it is more than five seconds old.
func (s *Service) FreshInstanceEnforces(ctx context.Context) (bool, error) {
	s.enforces.Expire(gitlab.FreshFor, struct{}{})
	return s.InstanceEnforces(ctx)
}

func (s *Service) fetchEnforces(ctx context.Context, _ struct{}) (bool, error) {
	return storedEnforcement(s.gitlab.REST().Settings.GetSettings(gitlab.RESTContext(ctx)))
}

func storedEnforcement(settings *client.Settings, response *client.Response, err error) (bool, error) {
	if err == nil && settings == nil {
		err = gitlab.ErrNothing
	}
	if err != nil {
		return false, gitlab.Answered(err, response)
	}
	return settings.EnforceCIInboundJobTokenScopeEnabled, nil
}

// SetInstanceEnforces writes whether the instance enforces allowlists, and gives what it stores afterwards as
// far as that is known.
func (s *Service) SetInstanceEnforces(ctx context.Context, on bool) (bool, error) {
	s.forgetInstance()
	defer s.forgetInstance()
	now, err := storedEnforcement(s.gitlab.REST().Settings.UpdateSettings(
		&client.UpdateSettingsOptions{EnforceCIInboundJobTokenScopeEnabled: &on},
		gitlab.RESTContext(transport.WithEffect(ctx, transport.Repeatable))))
	if err != nil {
		now = !on
		if apierror.Unsettled(err) {
			settling, cancel := gitlab.CleanUp(ctx)
			defer cancel()
			if read, readErr := s.enforces.Load(settling, struct{}{}); readErr == nil {
				now = read
			}
		}
		if now == on {
			return now, nil
		}
		return now, s.gitlab.Annotate(s.administrators(ctx, err), enforcing, "at "+s.gitlab.BaseURL())
	}
	if now != on {
		return now, s.gitlab.Annotate(&apierror.Error{Kind: apierror.Conflict, Note: fmt.Sprintf("GitLab stored %t", now)}, enforcing, "at "+s.gitlab.BaseURL())
	}
	return now, nil
}

// forgetInstance drops what has been read of the instance, and what follows from it.
func (s *Service) forgetInstance() {
	s.enforces.Invalidate(struct{}{})
	s.instance.Invalidate(struct{}{})
	for _, project := range s.projects.Old(-time.Second) {
		s.effective.Invalidate(project.ID)
	}
}

// administrators says of a refusal who is allowed.
func (s *Service) administrators(ctx context.Context, err error) error {
	e, ok := apierror.As(err)
	if !ok || e.Kind != apierror.Forbidden || e.Connecting {
		return err
	}
	told := *e
	told.Role = apierror.Administrator
	told.AddNote("only an administrator may; where the instance has Admin Mode on, the token needs the scope admin_mode too")
	if caller, callerErr := s.gitlab.Caller(ctx); callerErr == nil && caller.Username != "" && !caller.Admin {
		told.AddNote(fmt.Sprintf("the token's user, %s, is no administrator", caller.Username))
	}
	return &told
}
