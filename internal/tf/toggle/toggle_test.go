package toggle_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/transport"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/toggle"
)

// reply is an answer to a REST request.
type reply struct {
	status int
	body   map[string]any
}

var forbidden = reply{http.StatusForbidden, map[string]any{"message": "403 Forbidden"}}

// instance answers questions about enforcement in one way, and counts them.
func instance(t *testing.T, settings reply) (*atomic.Int32, *allowlists.Service) {
	t.Helper()
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v4/application/settings" {
			t.Errorf("asked for %s", r.URL.Path)
		}
		asked.Add(1)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(settings.status)
		_ = json.NewEncoder(w).Encode(settings.body)
	}))
	t.Cleanup(server.Close)
	client, err := gitlab.New(gitlab.Config{Config: transport.Config{BaseURL: server.URL, Token: "glpat-example", MaxRetries: -1}})
	if err != nil {
		t.Fatal(err)
	}
	return &asked, allowlists.New(client)
}

func enforcing(enforced bool) reply {
	return reply{http.StatusOK, map[string]any{"enforce_ci_inbound_job_token_scope_enabled": enforced}}
}

func TestCheckOff(t *testing.T) {
	t.Parallel()
	on, off := types.BoolValue(true), types.BoolValue(false)
	cases := map[string]struct {
		configured types.Bool
		stored     bool
		settings   reply
		title      diagnose.Title
		asks       bool
	}{
		"switched off where it is enforced":     {off, true, enforcing(true), diagnose.Enforced, true},
		"switched off where it is not enforced": {off, true, enforcing(false), "", true},
		"switched off where nobody may know":    {off, true, forbidden, "", true},
		"switched off where GitLab fails":       {off, true, reply{http.StatusInternalServerError, nil}, diagnose.ReadSettings, true},
		"off already":                           {off, false, enforcing(true), "", false},
		"on":                                    {on, true, enforcing(true), "", false},
		"to be switched on":                     {on, false, enforcing(true), "", false},
		"not configured":                        {types.BoolNull(), true, enforcing(true), "", false},
		"not known yet":                         {types.BoolUnknown(), true, enforcing(true), "", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked, client := instance(t, c.settings)
			project := &allowlists.Project{ID: 12, Path: "acme/app", Settings: allowlists.Settings{InboundAllowlist: c.stored}}
			at := path.Root("enabled")
			diags := toggle.CheckOff(t.Context(), client, project, at, c.configured)
			if (asked.Load() > 0) != c.asks {
				t.Errorf("GitLab was asked %d times", asked.Load())
			}
			if c.title == "" {
				if len(diags) > 0 {
					t.Errorf("refused: %v", diags)
				}
				return
			}
			if len(diags) != 1 || !diags.HasError() || diags[0].Summary() != string(c.title) {
				t.Fatalf("got %v", diags)
			}
			if on, ok := diags[0].(diag.DiagnosticWithPath); !ok || !on.Path().Equal(at) {
				t.Errorf("it is not on the attribute: %v", diags[0])
			}
			if c.title == diagnose.Enforced && !strings.Contains(diags[0].Detail(), project.Target().String()) {
				t.Errorf("the project is not named: %s", diags[0].Detail())
			}
		})
	}
}
