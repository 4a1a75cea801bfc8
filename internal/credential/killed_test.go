package credential_test

import (
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
func killAt(t *testing.T, g *acctest.GitLab, cli *acctest.CLI, method, suffix string, after bool) acctest.Result {
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
	result := r.Wait()
	if result.Code == 0 {
		t.Fatalf("the provider lives:\n%s", result.Output)
	}
	return result
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
