package gitlab_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

const (
	instanceRoute  = "GET /api/v4/application/settings"
	effectiveRoute = "GET /api/v4/projects/1/job_token_scope"
	enforcedText   = "Job token scope cannot be disabled for this project because it is enforced for the instance."
)

func TestUpdateSettingsSendsOnlyWhatChanges(t *testing.T) {
	t.Parallel()
	on, off := true, false
	cases := map[string]struct {
		change gitlab.SettingsChange
		want   map[string]any
	}{
		"one": {gitlab.SettingsChange{PushRepository: &on}, map[string]any{"pushRepositoryForJobTokenAllowed": true}},
		"all": {
			gitlab.SettingsChange{InboundAllowlist: &off, Outbound: &off, PushRepository: &on, CrossProjectPush: &on},
			map[string]any{"jobTokenScopeEnabled": false, "pushRepositoryForJobTokenAllowed": true, "crossProjectPushForJobTokenAllowed": true},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStub(t, numbered(1)...)
			stored, err := s.client().UpdateSettings(t.Context(), target(1), c.change)
			if err != nil || !stored.PushRepository || stored.InboundAllowlist != (c.change.InboundAllowlist == nil) {
				t.Errorf("got %+v, %v", stored, err)
			}
			if c.change.InboundAllowlist != nil && !maps.Equal(s.asked(switching)[0].variables, map[string]any{"enabled": false}) {
				t.Errorf("switched with %v", s.asked(switching))
			}
			sent := inputOf(s.asked("UpdateSettings")[0].variables["input"])
			c.want["fullPath"] = "acme/p1"
			if !maps.Equal(sent, input(c.want)) {
				t.Errorf("sent %v", sent)
			}
		})
	}
}

func TestUpdateSettingsRefused(t *testing.T) {
	t.Parallel()
	off, on := false, true
	update := func(errors []string, settings any) reply {
		return data(map[string]any{"projectCiCdSettingsUpdate": map[string]any{"errors": errors, "ciCdSettings": settings}})
	}
	withoutPush := map[string]any{
		"inboundJobTokenScopeEnabled": true, "jobTokenScopeEnabled": false, "pushRepositoryForJobTokenAllowed": false, "project": reference("Project", 1, "acme/p1"),
	}
	whose := map[string]any{"inboundJobTokenScopeEnabled": true, "jobTokenScopeEnabled": false, "pushRepositoryForJobTokenAllowed": true}
	cases := map[string]struct {
		answer reply
		kind   apierror.Kind
		words  string
		note   string
	}{
		"enforced by the instance": {refusal(400, "400 Bad request - "+enforcedText), apierror.Forbidden, enforcedText, ""},
		"project out of reach": {
			data(map[string]any{"projectCiCdSettingsUpdate": nil}, problem(notAccessible, "projectCiCdSettingsUpdate")), apierror.NotFound, notAccessible, "",
		},
		"other values stored": {update(nil, withoutPush), apierror.Conflict, "", "GitLab stored other values than were sent"},
		"nothing said":        {update(nil, nil), apierror.Invalid, "", "GitLab did not say what it stored"},
		"not said whose":      {update(nil, whose), apierror.Invalid, "", "GitLab did not say whose settings it stored"},
		"refused":             {update([]string{"No."}, nil), apierror.Invalid, "No.", ""},
		"scope too small": {
			reply{status: http.StatusForbidden, body: map[string]any{"error": "insufficient_scope", "error_description": "The request requires higher privileges than provided by the access token."}},
			apierror.InsufficientScope, "privileges", "",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			change, route := gitlab.SettingsChange{PushRepository: &on}, "UpdateSettings"
			if c.words == enforcedText {
				change, route = gitlab.SettingsChange{InboundAllowlist: &off}, switching
			}
			s := newStub(t, numbered(1)...).on(route, func(request, func() reply) reply { return c.answer })
			stored, err := s.client().UpdateSettings(t.Context(), target(1), change)
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
	s := newStub(t, numbered(1)...).on("UpdateSettings", func(_ request, usual func() reply) reply {
		answer := usual()
		if !lost {
			lost = true
			return reply{cut: true}
		}
		return answer
	})
	on := true
	client := s.client(func(c *gitlab.Config) { c.MaxRetries = 3 })
	stored, err := client.UpdateSettings(t.Context(), target(1), gitlab.SettingsChange{PushRepository: &on})
	if err != nil || !stored.PushRepository {
		t.Errorf("got %+v, %v", stored, err)
	}
	s.wantRequests("UpdateSettings", 2)
}

func TestSettingsChangeEmpty(t *testing.T) {
	t.Parallel()
	off := false
	if !(gitlab.SettingsChange{}).Empty() || (gitlab.SettingsChange{Outbound: &off}).Empty() {
		t.Error("what has nothing to write is not told from what has")
	}
}

// scope answers the effective toggle of project 1.
func scope(inbound bool) override {
	return func(request, func() reply) reply {
		return reply{body: map[string]any{"inbound_enabled": inbound, "outbound_enabled": false}}
	}
}

func TestEffectiveAllowlistReadDuringAWriteIsNotKept(t *testing.T) {
	t.Parallel()
	s := newStub(t, numbered(1)...).on(effectiveRoute, scope(false))
	client := s.client()
	ask := func() {
		if _, err := client.EffectiveAllowlist(t.Context(), storedAs(false)); err != nil {
			t.Error(err)
		}
	}
	s.during(switching, ask)
	off := false
	if _, err := client.UpdateSettings(t.Context(), target(1), gitlab.SettingsChange{InboundAllowlist: &off}); err != nil {
		t.Fatal(err)
	}
	ask()
	s.wantRequests(effectiveRoute, 2)
}

// instance answers the instance's settings.
func instance(enforced bool) override {
	return func(request, func() reply) reply {
		return reply{body: map[string]any{"enforce_ci_inbound_job_token_scope_enabled": enforced}}
	}
}

func forbidden(request, func() reply) reply {
	return reply{status: http.StatusForbidden, body: map[string]any{"message": "403 Forbidden"}}
}

func storedAs(inbound bool) *gitlab.Project {
	return &gitlab.Project{ID: 1, Path: "acme/p1", Settings: gitlab.Settings{InboundAllowlist: inbound}}
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
			s := newStub(t).on(effectiveRoute, scope(c.answered))
			client := s.client()
			for range 2 {
				if got, err := client.EffectiveAllowlist(t.Context(), storedAs(c.stored)); err != nil || got != c.want {
					t.Errorf("got %t, %v", got, err)
				}
			}
			if got := len(s.names()); got != c.requests {
				t.Errorf("%d requests, want %d", got, c.requests)
			}
		})
	}
}

func TestEffectiveAllowlistIsReadAgainAfterAWrite(t *testing.T) {
	t.Parallel()
	s := newStub(t, numbered(1)...).on(effectiveRoute, scope(false))
	client := s.client()
	off := false
	for range 2 {
		if _, err := client.EffectiveAllowlist(t.Context(), storedAs(false)); err != nil {
			t.Fatal(err)
		}
		if _, err := client.UpdateSettings(t.Context(), target(1), gitlab.SettingsChange{PushRepository: &off}); err != nil {
			t.Fatal(err)
		}
	}
	s.wantRequests(effectiveRoute, 2)
}

func TestEnforcement(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		answer override
		want   gitlab.Enforcement
		kind   apierror.Kind
	}{
		"enforced":             {instance(true), gitlab.Enforced, 0},
		"not enforced":         {instance(false), gitlab.NotEnforced, 0},
		"not an administrator": {forbidden, gitlab.EnforcementUnknown, 0},
		"hidden":               {notFound, gitlab.EnforcementUnknown, 0},
		"a failure": {
			func(request, func() reply) reply { return reply{status: http.StatusBadGateway} }, gitlab.EnforcementUnknown, apierror.Unavailable,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStub(t).on(instanceRoute, c.answer)
			client := s.client()
			for range 3 {
				got, err := client.Enforcement(t.Context())
				if kind, _ := apierror.KindOf(err); got != c.want || kind != c.kind {
					t.Errorf("got %v, %v", got, err)
				}
			}
			if c.kind == 0 {
				s.wantRequests(instanceRoute, 1)
			}
		})
	}
}

func TestEnforcementFor(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		stored bool
		routes map[string]override
		want   gitlab.Enforcement
		asked  []string
	}{
		"stored as on, an administrator":    {true, map[string]override{instanceRoute: instance(true)}, gitlab.Enforced, []string{instanceRoute}},
		"stored as on, no administrator":    {true, map[string]override{instanceRoute: forbidden}, gitlab.EnforcementUnknown, []string{instanceRoute}},
		"stored as off and still effective": {false, map[string]override{effectiveRoute: scope(true)}, gitlab.Enforced, []string{effectiveRoute}},
		"stored as off and not effective":   {false, map[string]override{effectiveRoute: scope(false)}, gitlab.NotEnforced, []string{effectiveRoute}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStub(t)
			s.overrides = c.routes
			client := s.client()
			if got, err := client.EnforcementFor(t.Context(), storedAs(c.stored)); err != nil || got != c.want {
				t.Errorf("got %v, %v", got, err)
			}
			// What one project has told holds for the instance.
			if got, err := client.Enforcement(t.Context()); err != nil || got != c.want {
				t.Errorf("the instance: %v, %v", got, err)
			}
			if names := s.names(); !slices.Equal(names, c.asked) {
				t.Errorf("asked %v, want %v", names, c.asked)
			}
		})
	}
}

func TestEnforcementForAProjectThatFails(t *testing.T) {
	t.Parallel()
	s := newStub(t).on(effectiveRoute, forbidden)
	got, err := s.client().EnforcementFor(t.Context(), storedAs(false))
	if e, ok := apierror.As(err); got != gitlab.EnforcementUnknown || !ok || e.Kind != apierror.Forbidden || e.Target != "project with id 1" {
		t.Errorf("got %v, %v", got, err)
	}
}
