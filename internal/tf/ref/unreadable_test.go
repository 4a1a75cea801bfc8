package ref_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/transport"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
)

// seeing is the session of a user who sees some namespaces; "broken" is one whose lookup fails.
func seeing(t *testing.T, visible ...string) *session.Session {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		status, body := http.StatusOK, any(map[string]any{"version": "19.4.1"})
		if r.URL.Path == "/api/graphql" {
			status, body = namespaces(t, r, visible)
		}
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	}))
	t.Cleanup(server.Close)
	client, err := gitlab.New(gitlab.Config{Config: transport.Config{BaseURL: server.URL, Token: "glpat-example", MaxRetries: -1}})
	if err != nil {
		t.Fatal(err)
	}
	return &session.Session{GitLab: client}
}

func namespaces(t *testing.T, r *http.Request, visible []string) (int, any) {
	var query struct {
		OperationName string
		Variables     map[string]string
	}
	if err := json.NewDecoder(r.Body).Decode(&query); err != nil || query.OperationName != "NamespaceReferences" {
		t.Errorf("asked for %s, %v", query.OperationName, err)
	}
	answers := map[string]any{}
	for input, path := range query.Variables {
		if path == "broken" {
			return http.StatusBadGateway, nil
		}
		alias := strings.Replace(input, "input", "result", 1)
		answers[alias] = nil
		if slices.Contains(visible, path) {
			answers[alias] = map[string]any{"id": "gid://gitlab/Group/5", "fullPath": path}
		}
	}
	return http.StatusOK, map[string]any{"data": answers}
}

func projectAt(path string) gitlab.Target {
	return gitlab.Target{Kind: gitlab.KindProject, ID: 12, Path: path}
}

func failure(kind apierror.Kind) error {
	return &apierror.Error{Kind: kind, Doing: "read the job token allowlist of", Target: "project acme/app (id 12)"}
}

func TestUnreadable(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		last     string
		err      error
		gone     bool
		severity diag.Severity
		title    diagnose.Title
		says     []string
		// shared tells that other projects have the same cause, which a plan reports once.
		shared bool
	}{
		"gone": {
			"acme/app", failure(apierror.NotFound), true, diag.SeverityWarning, diagnose.ProjectGone.For("acme/app"),
			[]string{"project acme/app (id 12) is gone", "namespace acme is still there", "dropped from the state"}, false,
		},
		"gone from a subgroup": {
			"acme/deep/app", failure(apierror.NotFound), true, diag.SeverityWarning, diagnose.ProjectGone.For("acme/deep/app"),
			[]string{"namespace acme/deep is still there"}, false,
		},
		"out of sight": {
			"hidden/app", failure(apierror.NotFound), false, diag.SeverityError, diagnose.FindProject,
			[]string{"project hidden/app (id 12)", "namespace hidden", "stays in the state", "destroy = false"}, true,
		},
		"out of sight, the group above being visible": {
			"acme/hidden/app", failure(apierror.NotFound), false, diag.SeverityError, diagnose.FindProject,
			[]string{"namespace acme/hidden"}, true,
		},
		"the namespace cannot be looked up": {
			"broken/app", failure(apierror.NotFound), false, diag.SeverityError, diagnose.ReachGitLab, nil, false,
		},
		"role too low": {
			"acme/app", failure(apierror.Forbidden), false, diag.SeverityError, diagnose.ReadAllowlist,
			[]string{"project acme/app (id 12)", "Maintainer role", "Other projects of acme", "Nothing was dropped"}, true,
		},
		"a token of the wrong kind": {
			"acme/app", failure(apierror.FineGrained), false, diag.SeverityError, diagnose.UseToken,
			[]string{"project acme/app (id 12)", "scope api"}, true,
		},
		"no last path": {
			"", failure(apierror.NotFound), false, diag.SeverityError, diagnose.ReadAllowlist, []string{"can see it"}, false,
		},
		"GitLab fails": {
			"acme/app", failure(apierror.Unavailable), false, diag.SeverityError, diagnose.ReachGitLab, []string{"project acme/app (id 12)"}, false,
		},
		"an error of another type": {
			"acme/app", errors.New("it is too late"), false, diag.SeverityError, diagnose.ReadAllowlist, []string{"it is too late"}, false,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := seeing(t, "acme", "acme/deep")
			check := func(gone bool, diags diag.Diagnostics) {
				t.Helper()
				if gone != c.gone {
					t.Errorf("gone: %t", gone)
				}
				if len(diags) != 1 || diags[0].Summary() != string(c.title) || diags[0].Severity() != c.severity {
					t.Fatalf("got %v", diags)
				}
				for _, part := range c.says {
					if !strings.Contains(diags[0].Detail(), part) {
						t.Errorf("it does not say %q:\n%s", part, diags[0].Detail())
					}
				}
			}
			last := projectAt(c.last)
			check(ref.UnreadableOnce(t.Context(), s, diagnose.ReadAllowlist, last, c.err))
			// A deletion is told each time, whatever a plan has told before.
			for range 2 {
				check(ref.Unreadable(t.Context(), s, diagnose.ReadAllowlist, last, c.err))
			}
			if gone, diags := ref.UnreadableOnce(t.Context(), s, diagnose.ReadAllowlist, last, c.err); !c.shared {
				check(gone, diags)
			} else if gone || len(diags) > 0 {
				t.Errorf("told twice: %v", diags)
			}
		})
	}
}

func TestUnreadableOnceToANamespace(t *testing.T) {
	t.Parallel()
	for _, kind := range []apierror.Kind{apierror.NotFound, apierror.Forbidden} {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			s := seeing(t)
			for _, step := range []struct {
				path string
				told bool
			}{
				{"hidden/app", true},
				{"hidden/web", false},
				{"hidden/deep/app", true},
				{"elsewhere/app", true},
				{"hidden/deep/web", false},
			} {
				gone, diags := ref.UnreadableOnce(t.Context(), s, diagnose.ReadSettings, projectAt(step.path), failure(kind))
				if gone || diags.HasError() != step.told || len(diags) > 1 {
					t.Errorf("%s: gone %t, says %v", step.path, gone, diags)
				}
			}
		})
	}
	t.Run("each cause by itself", func(t *testing.T) {
		t.Parallel()
		s := seeing(t)
		for _, kind := range []apierror.Kind{apierror.NotFound, apierror.Forbidden} {
			if _, diags := ref.UnreadableOnce(t.Context(), s, diagnose.ReadSettings, projectAt("hidden/app"), failure(kind)); !diags.HasError() {
				t.Errorf("%s is not told", kind)
			}
		}
	})
}

func TestUnplannable(t *testing.T) {
	t.Parallel()
	s := seeing(t, "acme")
	plan := func(path string, kind apierror.Kind) diag.Diagnostics {
		return ref.Unplannable(t.Context(), s, diagnose.ReadSettings, projectAt(path), failure(kind))
	}
	// The configuration names each project that is gone, so each is an error of its own.
	for _, path := range []string{"acme/app", "acme/web"} {
		diags := plan(path, apierror.NotFound)
		if len(diags) != 1 || !diags.HasError() || diags[0].Summary() != string(diagnose.FindProject) {
			t.Fatalf("%s is gone: %v", path, diags)
		}
		if on, ok := diags[0].(diag.DiagnosticWithPath); !ok || !on.Path().Equal(ref.Attribute) {
			t.Errorf("it is not on the attribute: %v", diags[0])
		}
	}
	for path, kind := range map[string]apierror.Kind{"hidden/app": apierror.NotFound, "acme/low": apierror.Forbidden} {
		if diags := plan(path, kind); len(diags) != 1 || !diags.HasError() {
			t.Errorf("%s: %v", path, diags)
		}
		if diags := plan(path, kind); len(diags) != 0 {
			t.Errorf("%s is told twice: %v", path, diags)
		}
	}
}
