package credential_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// killAt applies, and kills the provider when a request of a method to a path with a suffix is under way:
// before GitLab has it, or after.
func killAt(t *testing.T, g *acctest.GitLab, cli *acctest.CLI, method, suffix string, after bool) {
	t.Helper()
	to, err := url.Parse(g.BaseURL)
	if err != nil {
		t.Fatal(err)
	}
	pass := httputil.NewSingleHostReverseProxy(to)
	running, once := make(chan *acctest.Running, 1), sync.Once{}
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != method || !strings.HasSuffix(r.URL.Path, suffix) {
			pass.ServeHTTP(w, r)
			return
		}
		if after {
			pass.ServeHTTP(httptest.NewRecorder(), r)
		}
		once.Do(func() { (<-running).KillProvider() })
		panic(http.ErrAbortHandler)
	}))
	defer proxy.Close()
	cli.NoteProviders(t)
	cli.Setenv("GITLAB_BASE_URL=" + proxy.URL)
	defer cli.Setenv("GITLAB_BASE_URL=" + g.BaseURL)
	r := cli.Start(t, "apply", "-auto-approve", "-input=false", "-no-color")
	running <- r
	if result := r.Wait(); result.Code == 0 {
		t.Fatalf("the provider lives:\n%s", result.Output)
	}
}

// A provider that is killed in an update leaves a state without private state. The older tokens that the
// state names end all the same, with the next apply.
func TestAccKilledInUpdate(t *testing.T) {
	t.Parallel()
	for _, k := range []kind{projectDeploy, projectAccess} {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, k)
			acctest.NeedsEmbedded(t, s.GitLab)
			cli := acctest.NewCLI(t, s.GitLab, s.token(s.delivered()))
			cli.Apply(t, 0)
			first := tokenID(t, cli, s.address())
			s.Refuse(t, "DELETE /api/v4/projects/:id/"+s.tokens+"/:token_id", 10, 403, "application/json", `{"message":"403 Forbidden"}`)
			cli.Configure(t, s.token(s.delivered(), `name = "other"`))
			cli.Apply(t, acctest.Failed)
			s.Calm(t)
			if live := s.live(t); !slices.Contains(live, first) || len(live) != 2 {
				t.Fatalf("%v are live", live)
			}
			killAt(t, s.GitLab, cli, http.MethodDelete, "", false)
			cli.Private(t, s.resource(), func(values map[string][]byte) {
				if len(values) > 0 {
					t.Errorf("private state is there: %v", values)
				}
			})
			cli.Apply(t, 0)
			if live := s.live(t); !slices.Equal(live, []int64{tokenID(t, cli, s.address())}) {
				t.Errorf("%v are live, and the state names %d", live, tokenID(t, cli, s.address()))
			}
			cli.Plan(t, acctest.NoChanges)
		})
	}
}

// Without private state an older token still works for its overlap, and not longer. A destroy ends it, with
// a refresh or without.
func TestAccPreviousWithoutRecord(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{"refreshed": {"destroy", "-auto-approve"}, "not refreshed": {"destroy", "-auto-approve", "-refresh=false"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, projectDeploy)
			acctest.NeedsEmbedded(t, s.GitLab)
			cli := acctest.NewCLI(t, s.GitLab, s.token(s.delivered(), rotation(30, 10)))
			cli.Apply(t, 0)
			first := tokenID(t, cli, s.address())
			s.Advance(t, 30*oneDay+time.Hour)
			cli.Apply(t, 0)
			cli.Private(t, s.resource(), func(values map[string][]byte) { clear(values) })
			cli.Must(t, 0, "apply", "-refresh-only", "-auto-approve", "-input=false")
			holds(t, cli, s.address(), map[string]any{"previous_token_ids": []any{float64(first)}})
			if live := s.live(t); !slices.Contains(live, first) {
				t.Errorf("the old token ended early: %v are live", live)
			}
			cli.Private(t, s.resource(), func(values map[string][]byte) { clear(values) })
			cli.Must(t, 0, append(args, "-input=false")...)
			if live := s.live(t); len(live) > 0 {
				t.Errorf("%v are live", live)
			}
		})
	}
}

// A token whose maker was killed is named before a new one is made, and never ended for it. A plan that makes
// nothing says nothing of it.
func TestAccKilledInCreation(t *testing.T) {
	t.Parallel()
	for _, k := range some(t.Name(), allKinds) {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, k)
			acctest.NeedsEmbedded(t, s.GitLab)
			cli := acctest.NewCLI(t, s.GitLab, s.token(s.delivered()))
			killAt(t, s.GitLab, cli, http.MethodPost, "/"+s.tokens, true)
			orphan := s.live(t)
			if len(orphan) != 1 {
				t.Fatalf("%v are live", orphan)
			}
			words := []string{fmt.Sprintf("Live Tokens of This Name (%s: ci)", s.path), "nothing read so far in this run holds: id " + fmt.Sprint(orphan[0]) + ".",
				"Another workspace or resource may manage it: then leave it", fmt.Sprintf("import { to = ADDRESS, id = \"%s:%d\" }", s.path, orphan[0])}
			planned := cli.PlanJSON(t)
			says(t, planned.Output, words...)
			if strings.Contains(strings.ToLower(planned.Output), "orphan") {
				t.Errorf("it says orphan:\n%s", planned.Output)
			}
			cli.ApplySaved(t, 0)
			if live := s.live(t); len(live) != 2 || !slices.Contains(live, orphan[0]) {
				t.Errorf("%v are live", live)
			}
			if output := cli.Plan(t, acctest.NoChanges); acctest.Says(output, "Live Tokens") {
				t.Errorf("a plan that makes nothing says:\n%s", output)
			}
		})
	}
}

// What the warning says to do works: the import takes the token over, and the apply that makes a new one ends it.
func TestAccKilledInCreation_imported(t *testing.T) {
	t.Parallel()
	s := newStage(t, projectDeploy)
	acctest.NeedsEmbedded(t, s.GitLab)
	cli := acctest.NewCLI(t, s.GitLab, s.token(s.delivered(), `username = "machines"`))
	killAt(t, s.GitLab, cli, http.MethodPost, "/"+s.tokens, true)
	orphan := s.live(t)
	cli.Configure(t, s.token(s.delivered(), `username = "machines"`)+importBlock(s.address(), fmt.Sprintf("%s:%d", s.path, orphan[0])))
	if output := cli.Apply(t, 0); acctest.Says(output, "Live Tokens") {
		t.Errorf("it says of the imported token:\n%s", output)
	}
	if live := s.live(t); !slices.Equal(live, []int64{tokenID(t, cli, s.address())}) || live[0] == orphan[0] {
		t.Errorf("%v are live", live)
	}
}

// Only live tokens that are alike, and that no state of the run is known to hold, are named.
func TestAccLiveTokensOfThisName(t *testing.T) {
	t.Parallel()
	s := newStage(t, projectDeploy)
	acctest.NeedsEmbedded(t, s.GitLab)
	first := s.labelled("first", `name = "ci"`, `scopes = ["read_repository"]`, fmt.Sprintf("deliveries = { ci = { project = %q, key = \"FIRST\" } }", s.app.Path))
	cli := acctest.NewCLI(t, s.GitLab, first)
	cli.Apply(t, 0)
	s.byHand(t, map[string]any{"name": "ci", "scopes": []string{"read_repository", "read_registry"}})
	s.byHand(t, map[string]any{"name": "ci", "scopes": []string{"read_repository"}, "username": "somebody"})
	s.byHand(t, map[string]any{"name": "cd", "scopes": []string{"read_repository"}})
	cli.Configure(t, first+s.token(s.delivered(), "depends_on = [jobtoken_project_deploy_token.first]"))
	if output := cli.Plan(t, acctest.Changes); acctest.Says(output, "Live Tokens") {
		t.Errorf("it says:\n%s", output)
	}
	alike := s.byHand(t, map[string]any{"name": "ci", "scopes": []string{"read_repository"}})
	says(t, cli.Plan(t, acctest.Changes), "1 live deploy token \"ci\" with these scopes and a user name that GitLab made up", fmt.Sprintf("holds: id %d.", alike.ID))
}

// A variable that was given another value may hold the secret of a token whose maker was killed: a newer one.
func TestAccKilledInRenewal(t *testing.T) {
	t.Parallel()
	s := newStage(t, projectDeploy)
	acctest.NeedsEmbedded(t, s.GitLab)
	older := s.byHand(t, map[string]any{"name": "ci", "scopes": []string{"read_repository"}})
	cli := acctest.NewCLI(t, s.GitLab, s.token(s.delivered()))
	cli.Apply(t, 0)
	newer := s.byHand(t, map[string]any{"name": "ci", "scopes": []string{"read_repository"}})
	if output := cli.Plan(t, acctest.NoChanges); acctest.Says(output, "Live Tokens") {
		t.Errorf("it says:\n%s", output)
	}
	changeVariable(t, s.GitLab, s.app, "TOKEN", map[string]any{"value": "another-value"})
	output := cli.Plan(t, acctest.Changes)
	says(t, output, "Live Tokens of This Name", fmt.Sprintf("holds: id %d.", newer.ID))
	if acctest.Says(output, fmt.Sprintf("id %d,", older.ID)) {
		t.Errorf("it names an older one:\n%s", output)
	}
	s.Revoke(t, s.of, s.id, s.tokens, newer.ID)
	if output := cli.Plan(t, acctest.Changes); acctest.Says(output, "Live Tokens") {
		t.Errorf("it says:\n%s", output)
	}
}
