package allowlists_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/gitlabtest"
)

// GitLab's GraphQL API answers a write with a token that may only read as if its target was not there.
func TestRefusalForWantOfScope(t *testing.T) {
	t.Parallel()
	scopes := func(names ...string) gitlabtest.Override {
		return func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
			return gitlabtest.Reply{Body: map[string]any{"id": 1, "scopes": names}}
		}
	}
	cases := map[string]struct {
		token gitlabtest.Override
		kind  apierror.Kind
	}{
		"a token that may only read":   {scopes("read_api"), apierror.InsufficientScope},
		"a token that may write":       {scopes("read_api", "api"), apierror.NotFound},
		"a token of another kind":      {scopes(), apierror.NotFound},
		"a token that cannot be asked": {gitlabtest.NotFound, apierror.NotFound},
		"a failure": {
			func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
				return gitlabtest.Reply{Status: http.StatusBadGateway}
			}, apierror.NotFound,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refuseAll := func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
				return gitlabtest.Data(map[string]any{"result0": nil, "projectCiCdSettingsUpdate": nil},
					gitlabtest.Problem(gitlabtest.NotAccessible, "result0"), gitlabtest.Problem(gitlabtest.NotAccessible, "projectCiCdSettingsUpdate"))
			}
			s := changing(t).On("AddEntries", refuseAll).On("UpdateSettings", refuseAll).On(gitlabtest.TokenRoute, c.token)
			client := connect(s)
			off := false
			_, err := client.UpdateSettings(t.Context(), gitlabtest.Target(1), allowlists.SettingsChange{PushRepository: &off})
			errs := change(t, client, add(gitlabtest.Target(2)))
			wantKinds(t, errs, c.kind)
			e, ok := apierror.As(err)
			if !ok || e.Kind != c.kind || !strings.Contains(e.Words, gitlabtest.NotAccessible) {
				t.Errorf("settings give %v", err)
			}
			if c.kind == apierror.InsufficientScope {
				s.WantRequests(gitlabtest.TokenRoute, 1)
				if ok && e.Note != "the token has only the scope read_api" {
					t.Errorf("the scope is not named: %q", e.Note)
				}
			}
		})
	}
}
