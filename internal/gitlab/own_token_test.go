package gitlab_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

// GitLab's GraphQL API answers a write with a token that may only read as if its target was not there.
func TestRefusalForWantOfScope(t *testing.T) {
	t.Parallel()
	scopes := func(names ...string) override {
		return func(request, func() reply) reply {
			return reply{body: map[string]any{"id": 1, "scopes": names}}
		}
	}
	cases := map[string]struct {
		token override
		kind  apierror.Kind
	}{
		"a token that may only read":   {scopes("read_api"), apierror.InsufficientScope},
		"a token that may write":       {scopes("read_api", "api"), apierror.NotFound},
		"a token of another kind":      {scopes(), apierror.NotFound},
		"a token that cannot be asked": {notFound, apierror.NotFound},
		"a failure": {
			func(request, func() reply) reply { return reply{status: http.StatusBadGateway} }, apierror.NotFound,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refuseAll := func(request, func() reply) reply {
				return data(map[string]any{"result0": nil, "projectCiCdSettingsUpdate": nil},
					problem(notAccessible, "result0"), problem(notAccessible, "projectCiCdSettingsUpdate"))
			}
			s := changing(t).on("AddEntries", refuseAll).on("UpdateSettings", refuseAll).on(tokenRoute, c.token)
			client := s.client()
			off := false
			_, err := client.UpdateSettings(t.Context(), target(1), gitlab.SettingsChange{PushRepository: &off})
			errs := change(t, client, add(target(2)))
			wantKinds(t, errs, c.kind)
			e, ok := apierror.As(err)
			if !ok || e.Kind != c.kind || !strings.Contains(e.Words, notAccessible) {
				t.Errorf("settings give %v", err)
			}
			if c.kind == apierror.InsufficientScope {
				s.wantRequests(tokenRoute, 1)
				if ok && e.Note != "the token has only the scope read_api" {
					t.Errorf("the scope is not named: %q", e.Note)
				}
			}
		})
	}
}
