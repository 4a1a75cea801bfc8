package allowlists_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/gitlabtest"
)

func TestUpdateSettingsSendsOnlyWhatChanges(t *testing.T) {
	t.Parallel()
	on, off := true, false
	cases := map[string]struct {
		change allowlists.SettingsChange
		want   map[string]any
	}{
		"one": {allowlists.SettingsChange{PushRepository: &on}, map[string]any{"pushRepositoryForJobTokenAllowed": true}},
		"all": {
			allowlists.SettingsChange{InboundAllowlist: &off, Outbound: &off, PushRepository: &on, CrossProjectPush: &on},
			map[string]any{"jobTokenScopeEnabled": false, "pushRepositoryForJobTokenAllowed": true, "crossProjectPushForJobTokenAllowed": true},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := gitlabtest.NewStub(t, gitlabtest.Numbered(1)...)
			stored, err := connect(s).UpdateSettings(t.Context(), gitlabtest.Target(1), c.change)
			if err != nil || !stored.PushRepository || stored.InboundAllowlist != (c.change.InboundAllowlist == nil) {
				t.Errorf("got %+v, %v", stored, err)
			}
			if c.change.InboundAllowlist != nil && !maps.Equal(s.Asked(gitlabtest.Switching)[0].Variables, map[string]any{"enabled": false}) {
				t.Errorf("switched with %v", s.Asked(gitlabtest.Switching))
			}
			sent := gitlabtest.InputOf(s.Asked("UpdateSettings")[0].Variables["input"])
			c.want["fullPath"] = "acme/p1"
			if !maps.Equal(sent, gitlabtest.Input(c.want)) {
				t.Errorf("sent %v", sent)
			}
		})
	}
}

func TestUpdateSettingsRefused(t *testing.T) {
	t.Parallel()
	off, on := false, true
	update := func(errors []string, settings any) gitlabtest.Reply {
		return gitlabtest.Data(map[string]any{"projectCiCdSettingsUpdate": map[string]any{"errors": errors, "ciCdSettings": settings}})
	}
	withoutPush := map[string]any{
		"inboundJobTokenScopeEnabled": true, "jobTokenScopeEnabled": false, "pushRepositoryForJobTokenAllowed": false, "project": gitlabtest.Reference("Project", 1, "acme/p1"),
	}
	whose := map[string]any{"inboundJobTokenScopeEnabled": true, "jobTokenScopeEnabled": false, "pushRepositoryForJobTokenAllowed": true}
	cases := map[string]struct {
		answer gitlabtest.Reply
		kind   apierror.Kind
		words  string
		note   string
	}{
		"enforced by the instance": {gitlabtest.Refusal(400, "400 Bad request - "+gitlabtest.EnforcedText), apierror.Forbidden, gitlabtest.EnforcedText, ""},
		"project out of reach": {
			gitlabtest.Data(map[string]any{"projectCiCdSettingsUpdate": nil}, gitlabtest.Problem(gitlabtest.NotAccessible, "projectCiCdSettingsUpdate")), apierror.NotFound, gitlabtest.NotAccessible, "",
		},
		"other values stored": {update(nil, withoutPush), apierror.Conflict, "", "GitLab stored other values than were sent"},
		"nothing said":        {update(nil, nil), apierror.Invalid, "", "GitLab did not say what it stored"},
		"not said whose":      {update(nil, whose), apierror.Invalid, "", "GitLab did not say whose settings it stored"},
		"refused":             {update([]string{"No."}, nil), apierror.Invalid, "No.", ""},
		"scope too small": {
			gitlabtest.Reply{Status: http.StatusForbidden, Body: map[string]any{"error": "insufficient_scope", "error_description": "The request requires higher privileges than provided by the access token."}},
			apierror.InsufficientScope, "privileges", "",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			change, route := allowlists.SettingsChange{PushRepository: &on}, "UpdateSettings"
			if c.words == gitlabtest.EnforcedText {
				change, route = allowlists.SettingsChange{InboundAllowlist: &off}, gitlabtest.Switching
			}
			s := gitlabtest.NewStub(t, gitlabtest.Numbered(1)...).On(route, func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply { return c.answer })
			stored, err := connect(s).UpdateSettings(t.Context(), gitlabtest.Target(1), change)
			if !stored.InboundAllowlist || stored.PushRepository {
				t.Errorf("what was not written is given as %+v", stored)
			}
			e, ok := apierror.As(err)
			if !ok || e.Kind != c.kind || !strings.Contains(e.Words, c.words) || e.Note != c.note || e.Target != "project acme/p1 (id 1)" || e.Doing == "" || c.words == "" && e.Words != "" {
				t.Errorf("got %+v", e)
			}
		})
	}
}

func TestUpdateSettingsIsSentAgainAfterALostAnswer(t *testing.T) {
	t.Parallel()
	lost := false
	s := gitlabtest.NewStub(t, gitlabtest.Numbered(1)...).On("UpdateSettings", func(_ gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
		answer := usual()
		if !lost {
			lost = true
			return gitlabtest.Reply{Cut: true}
		}
		return answer
	})
	on := true
	client := connect(s, func(c *gitlab.Config) { c.MaxRetries = 3 })
	stored, err := client.UpdateSettings(t.Context(), gitlabtest.Target(1), allowlists.SettingsChange{PushRepository: &on})
	if err != nil || !stored.PushRepository {
		t.Errorf("got %+v, %v", stored, err)
	}
	s.WantRequests("UpdateSettings", 2)
}

func TestSettingsChangeEmpty(t *testing.T) {
	t.Parallel()
	off := false
	if !(allowlists.SettingsChange{}).Empty() || (allowlists.SettingsChange{Outbound: &off}).Empty() {
		t.Error("what has nothing to write is not told from what has")
	}
}

// scope answers the effective toggle of project 1.
func scope(inbound bool) gitlabtest.Override {
	return func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
		return gitlabtest.Reply{Body: map[string]any{"inbound_enabled": inbound, "outbound_enabled": false}}
	}
}

func TestEffectiveAllowlistReadDuringAWriteIsNotKept(t *testing.T) {
	t.Parallel()
	s := gitlabtest.NewStub(t, gitlabtest.Numbered(1)...).On(gitlabtest.EffectiveRoute, scope(false))
	client := connect(s)
	ask := func() {
		if _, err := client.Effective(t.Context(), storedAs(false)); err != nil {
			t.Error(err)
		}
	}
	s.During(gitlabtest.Switching, ask)
	off := false
	if _, err := client.UpdateSettings(t.Context(), gitlabtest.Target(1), allowlists.SettingsChange{InboundAllowlist: &off}); err != nil {
		t.Fatal(err)
	}
	ask()
	s.WantRequests(gitlabtest.EffectiveRoute, 2)
}

// instance answers the instance's settings.
func instance(enforced bool) gitlabtest.Override {
	return func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
		return gitlabtest.Reply{Body: map[string]any{"enforce_ci_inbound_job_token_scope_enabled": enforced}}
	}
}

func forbidden(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
	return gitlabtest.Reply{Status: http.StatusForbidden, Body: map[string]any{"message": "403 Forbidden"}}
}

func storedAs(inbound bool) *allowlists.Project {
	return &allowlists.Project{ID: 1, Path: "acme/p1", Settings: allowlists.Settings{InboundAllowlist: inbound}}
}

func TestEffectiveAllowlist(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		stored, answered, want bool
		requests               int
	}{
		"on needs no request":  {true, false, true, 0},
		"off and not enforced": {false, false, false, 1},
		"off and enforced":     {false, true, true, 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := gitlabtest.NewStub(t).On(gitlabtest.EffectiveRoute, scope(c.answered))
			client := connect(s)
			for range 2 {
				if got, err := client.Effective(t.Context(), storedAs(c.stored)); err != nil || got != c.want {
					t.Errorf("got %t, %v", got, err)
				}
			}
			if got := len(s.Names()); got != c.requests {
				t.Errorf("%d requests, want %d", got, c.requests)
			}
		})
	}
}

func TestEffectiveAllowlistIsReadAgainAfterAWrite(t *testing.T) {
	t.Parallel()
	s := gitlabtest.NewStub(t, gitlabtest.Numbered(1)...).On(gitlabtest.EffectiveRoute, scope(false))
	client := connect(s)
	off := false
	for range 2 {
		if _, err := client.Effective(t.Context(), storedAs(false)); err != nil {
			t.Fatal(err)
		}
		if _, err := client.UpdateSettings(t.Context(), gitlabtest.Target(1), allowlists.SettingsChange{PushRepository: &off}); err != nil {
			t.Fatal(err)
		}
	}
	s.WantRequests(gitlabtest.EffectiveRoute, 2)
}

func TestEnforcement(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		answer gitlabtest.Override
		want   allowlists.Enforcement
		kind   apierror.Kind
	}{
		"enforced":             {instance(true), allowlists.Enforced, 0},
		"not enforced":         {instance(false), allowlists.NotEnforced, 0},
		"not an administrator": {forbidden, allowlists.EnforcementUnknown, 0},
		"hidden":               {gitlabtest.NotFound, allowlists.EnforcementUnknown, 0},
		"a failure": {
			func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
				return gitlabtest.Reply{Status: http.StatusBadGateway}
			}, allowlists.EnforcementUnknown, apierror.Unavailable,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := gitlabtest.NewStub(t).On(gitlabtest.InstanceRoute, c.answer)
			client := connect(s)
			for range 3 {
				got, err := client.Enforcement(t.Context())
				if kind, _ := apierror.KindOf(err); got != c.want || kind != c.kind {
					t.Errorf("got %v, %v", got, err)
				}
			}
			if c.kind == 0 {
				s.WantRequests(gitlabtest.InstanceRoute, 1)
			}
		})
	}
}

func TestEnforcementFor(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		stored bool
		now    bool // the toggle when it is read once more
		routes map[string]gitlabtest.Override
		want   allowlists.Enforcement
		asked  []string
	}{
		"stored as on, an administrator":    {true, true, map[string]gitlabtest.Override{gitlabtest.InstanceRoute: instance(true)}, allowlists.Enforced, []string{gitlabtest.InstanceRoute}},
		"stored as on, no administrator":    {true, true, map[string]gitlabtest.Override{gitlabtest.InstanceRoute: forbidden}, allowlists.EnforcementUnknown, []string{gitlabtest.InstanceRoute}},
		"stored as off and still effective": {false, false, map[string]gitlabtest.Override{gitlabtest.EffectiveRoute: scope(true)}, allowlists.Enforced, []string{gitlabtest.EffectiveRoute, "ProjectSnapshots"}},
		"stored as off and not effective":   {false, false, map[string]gitlabtest.Override{gitlabtest.EffectiveRoute: scope(false)}, allowlists.NotEnforced, []string{gitlabtest.EffectiveRoute}},
		"switched on between two readings": {
			false, true, map[string]gitlabtest.Override{gitlabtest.EffectiveRoute: scope(true), gitlabtest.InstanceRoute: forbidden},
			allowlists.EnforcementUnknown, []string{gitlabtest.EffectiveRoute, "ProjectSnapshots", gitlabtest.InstanceRoute},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := gitlabtest.NewStub(t, &gitlabtest.Project{ID: 1, Path: "acme/p1", Inbound: c.now})
			s.Overrides = c.routes
			client := connect(s)
			if got, err := client.EnforcementFor(t.Context(), storedAs(c.stored)); err != nil || got != c.want {
				t.Errorf("got %v, %v", got, err)
			}
			// What one project has told holds for the instance.
			if got, err := client.Enforcement(t.Context()); err != nil || got != c.want {
				t.Errorf("the instance: %v, %v", got, err)
			}
			if names := s.Names(); !slices.Equal(names, c.asked) {
				t.Errorf("asked %v, want %v", names, c.asked)
			}
		})
	}
}

func TestEnforcementForAProjectThatFails(t *testing.T) {
	t.Parallel()
	s := gitlabtest.NewStub(t).On(gitlabtest.EffectiveRoute, forbidden)
	got, err := connect(s).EnforcementFor(t.Context(), storedAs(false))
	if e, ok := apierror.As(err); got != allowlists.EnforcementUnknown || !ok || e.Kind != apierror.Forbidden || e.Target != "project with id 1" {
		t.Errorf("got %v, %v", got, err)
	}
}
