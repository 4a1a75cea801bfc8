package allowlists

import (
	"context"
	"fmt"
	"strings"

	client "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/documents"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/transport"
)

const changingSettings = "change the job token settings of"

// settingsWrite is the state of one [Service.UpdateSettings].
type settingsWrite struct {
	service *Service
	project gitlab.Target
	// stored are the settings as far as GitLab has answered.
	stored Settings
}

// UpdateSettings writes toggles of a project and returns all as stored afterwards. The allowlist's own
// toggle goes by the project's id, the others by its path, in a request of their own: what makes access
// narrower goes first, and the allowlist's own toggle where that leaves a choice. Switching the allowlist off under instance enforcement is Forbidden.
//
// Beside an error the settings are those that the project has as far as they were written, unless the
// project could not be read at first: then nothing was written, and they are the zero value.
func (s *Service) UpdateSettings(ctx context.Context, project gitlab.Target, change SettingsChange) (Settings, error) {
	now, err := s.FreshProject(ctx, project.ID)
	if err != nil {
		return Settings{}, s.about(s.gitlab.WithRole(ctx, err, project.Key()), project)
	}
	w := &settingsWrite{service: s, project: now.Target(), stored: now.Settings}
	inbound, others := SettingsChange{InboundAllowlist: change.InboundAllowlist}, change
	others.InboundAllowlist = nil
	steps := []func() error{
		func() error { return w.inbound(ctx, inbound) },
		func() error { return w.others(ctx, others) },
	}
	if change.InboundAllowlist != nil && !*change.InboundAllowlist && others.narrows() {
		steps[0], steps[1] = steps[1], steps[0]
	}
	for _, step := range steps {
		if err := step(); err != nil {
			w.forget()
			return w.stored, s.about(s.gitlab.WithRole(ctx, err, project.Key()), project)
		}
	}
	if !change.storedAs(w.stored) {
		w.forget()
		return w.stored, s.about(&apierror.Error{Kind: apierror.Conflict, Note: "GitLab stored other values than were sent"}, project)
	}
	w.remember(change)
	return w.stored, nil
}

// narrows tells whether a change of the toggles beside the allowlist's own takes something away.
func (s SettingsChange) narrows() bool {
	return s.PushRepository != nil && !*s.PushRepository || s.CrossProjectPush != nil && !*s.CrossProjectPush
}

// about is an error as it concerns the settings of a project.
func (s *Service) about(err error, project gitlab.Target) error {
	e, ok := apierror.As(s.gitlab.Annotate(err, changingSettings, project.String()))
	if !ok {
		return err
	}
	told := *e
	told.Doing, told.Target = changingSettings, project.String()
	return &told
}

func (w *settingsWrite) forget() {
	w.service.projects.Invalidate(w.project.ID)
	w.service.effective.Invalidate(w.project.ID)
}

// remember changes the settings that are kept, and of these what was written: others may write the rest.
func (w *settingsWrite) remember(change SettingsChange) {
	w.service.effective.Invalidate(w.project.ID)
	w.service.projects.Update(w.project.ID, func(have *Project) *Project {
		now := have.clone()
		change.store(&now.Settings)
		return now
	})
}

// store makes a change in a copy of the settings.
func (s SettingsChange) store(in *Settings) {
	for _, toggle := range []struct {
		sent *bool
		in   *bool
	}{{s.InboundAllowlist, &in.InboundAllowlist}, {s.Outbound, &in.Outbound}, {s.PushRepository, &in.PushRepository}} {
		if toggle.sent != nil {
			*toggle.in = *toggle.sent
		}
	}
	if s.CrossProjectPush != nil {
		allowed := *s.CrossProjectPush
		in.CrossProjectPush = &allowed
	}
}

// inbound writes the allowlist's own toggle, by id. GitLab's yes has no content.
func (w *settingsWrite) inbound(ctx context.Context, change SettingsChange) error {
	if change.Empty() {
		return nil
	}
	response, err := w.service.gitlab.REST().JobTokenScope.PatchProjectJobTokenAccessSettings(
		w.project.ID, &client.PatchProjectJobTokenAccessSettingsOptions{Enabled: *change.InboundAllowlist},
		gitlab.RESTContext(transport.WithEffect(ctx, transport.Repeatable)))
	if err != nil {
		return w.settle(ctx, change, gitlab.Answered(err, response))
	}
	w.stored.InboundAllowlist = *change.InboundAllowlist
	return nil
}

// others writes the toggles that only GraphQL has, by path. A path that is not found is looked for once
// more.
func (w *settingsWrite) others(ctx context.Context, change SettingsChange) error {
	if change.Empty() {
		return nil
	}
	answer, err := w.service.sendSettings(ctx, w.project.Path, change)
	if apierror.Is(err, apierror.NotFound) {
		w.forget()
		if now, readErr := w.service.Project(ctx, w.project.ID); readErr == nil && now.Path != w.project.Path {
			w.project = now.Target()
			answer, err = w.service.sendSettings(ctx, w.project.Path, change)
		}
	}
	switch {
	case err != nil:
		return w.settle(ctx, change, err)
	case answer.Project == nil:
		return w.settle(ctx, change, &apierror.Error{Kind: apierror.Invalid, Note: "GitLab did not say whose settings it stored", Uncertain: true})
	}
	if at := answer.Project.Target(gitlab.KindProject); at.ID != w.project.ID {
		return w.elsewhere(ctx, at, answer.settings(), change)
	}
	w.stored = answer.settings()
	return nil
}

// sendSettings writes toggles of whichever project has a path, and gives what GitLab says it stored.
func (s *Service) sendSettings(ctx context.Context, path string, change SettingsChange) (*settingsNode, error) {
	input := map[string]any{"fullPath": path}
	for name, value := range map[string]*bool{
		"jobTokenScopeEnabled":               change.Outbound,
		"pushRepositoryForJobTokenAllowed":   change.PushRepository,
		"crossProjectPushForJobTokenAllowed": change.CrossProjectPush,
	} {
		if value != nil {
			input[name] = *value
		}
	}
	var answer struct {
		Update *struct {
			Errors   []string      `json:"errors"`
			Settings *settingsNode `json:"ciCdSettings"`
		} `json:"projectCiCdSettingsUpdate"`
	}
	problems, err := s.gitlab.Send(ctx, documents.UpdateSettings, gitlab.Fit{}, map[string]any{"input": input}, transport.Repeatable, &answer)
	switch {
	case err != nil:
		return nil, err
	case answer.Update == nil:
		refused := apierror.FromGraphQL(problems)
		// What is not shown afterwards was stored all the same.
		refused.Uncertain = strings.Contains(refused.Words, "Cannot return null")
		return nil, s.gitlab.ExplainRefusal(ctx, refused)
	case len(answer.Update.Errors) > 0:
		return nil, apierror.FromPayload(answer.Update.Errors)
	case answer.Update.Settings == nil:
		return nil, &apierror.Error{Kind: apierror.Invalid, Note: "GitLab did not say what it stored", Uncertain: true}
	}
	return answer.Update.Settings, nil
}

// settle reads what is stored where an answer does not tell, and gives the error back unless all is as
// it was to be.
func (w *settingsWrite) settle(ctx context.Context, change SettingsChange, err error) error {
	if _, ok := apierror.As(err); ok && !apierror.Unsettled(err) {
		return err // a refusal
	}
	w.forget()
	now, readErr := w.service.Project(ctx, w.project.ID)
	w.forget()
	if readErr != nil {
		return err
	}
	w.stored = now.Settings
	if change.storedAs(now.Settings) {
		return nil
	}
	return err
}

// elsewhere gives another project, which had the path when the toggles were written, its own back where
// they are known.
func (w *settingsWrite) elsewhere(ctx context.Context, at gitlab.Target, wrote Settings, change SettingsChange) error {
	ctx, cancel := gitlab.CleanUp(ctx)
	defer cancel()
	defer w.service.projects.Invalidate(at.ID)
	problem := &apierror.Error{Kind: apierror.Conflict, Note: fmt.Sprintf("the path %s now belongs to the project with id %d, whose settings were written", w.project.Path, at.ID)}
	former, _, known := w.service.projects.Kept(at.ID)
	if !known {
		problem.Note += "; what they were is not known: look after them by hand"
		return problem
	}
	back := change.former(former.Settings, wrote)
	if !back.Empty() {
		answer, err := w.service.sendSettings(ctx, at.Path, back)
		switch {
		case err != nil:
			problem.Note += fmt.Sprintf("; they could not be put back (%v): look after them by hand", err)
			return problem
		case answer.Project == nil || answer.Project.Target(gitlab.KindProject).ID != at.ID || !back.storedAs(answer.settings()):
			problem.Note += "; they could not be put back: look after them by hand"
			return problem
		}
	}
	problem.Note += "; they are again as they were"
	return problem
}

// former is the change that undoes another one, as far as it has changed anything.
func (s SettingsChange) former(was, wrote Settings) (back SettingsChange) {
	undo := func(sent *bool, was, wrote bool) *bool {
		if sent == nil || was == wrote {
			return nil
		}
		return &was
	}
	return SettingsChange{
		Outbound:         undo(s.Outbound, was.Outbound, wrote.Outbound),
		PushRepository:   undo(s.PushRepository, was.PushRepository, wrote.PushRepository),
		CrossProjectPush: undo(s.CrossProjectPush, was.CrossProjectPush != nil && *was.CrossProjectPush, wrote.CrossProjectPush != nil && *wrote.CrossProjectPush),
	}
}
