package emulator_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator"
)

// Many callers at once: each works on a project of its own, all rename and read
// what the others use. What is left must be what each has left behind.
func TestManyCallers(t *testing.T) {
	t.Parallel()
	const callers, rounds = 12, 8
	i := start(t, emulator.Options{Seed: fmt.Sprintf("estate:%dx10", callers)})
	// The pool is the projects 1 to 10, the estate 11 and up.
	var group sync.WaitGroup
	for c := range callers {
		id := 11 + c
		path := fmt.Sprintf("/api/v4/projects/%d", id)
		group.Go(func() {
			for round := range rounds {
				target := 1 + (c+round)%10
				for _, r := range []request{
					{"terraform", del, fmt.Sprintf("%s/job_token_scope/allowlist/%d", path, target), ""},
					document(t, "terraform", `{projects{nodes{fullPath ciJobTokenScopeAllowlist{projectsAllowlist{nodes{addedBy{username} sourceProject{fullPath} target{... on CiJobTokenAccessibleProject{fullPath}}}}}}}}`),
					{"root", put, path, fmt.Sprintf(`{"path":"renamed-%d-%d"}`, c, round)},
					{"root", put, "/api/v4/groups/3", fmt.Sprintf(`{"description":"%d"}`, round)},
					{"terraform", get, path + "/job_token_scope/allowlist", ""},
					{"terraform", post, path + "/job_token_scope/allowlist", fmt.Sprintf(`{"target_project_id":%d}`, target)},
					{"root", get, requestsPath, ""},
				} {
					if answer, err := i.try(t, r); err != nil || answer.status >= http.StatusBadRequest {
						t.Errorf("%s %s: %v %d %s", r.method, r.path, err, answer.status, answer.body)
					}
				}
			}
		})
	}
	group.Wait()
	for c := range callers {
		answer := i.must(t, request{"terraform", get, fmt.Sprintf("/api/v4/projects/%d/job_token_scope/allowlist", 11+c), ""})
		if got := answer.header.Get("X-Total"); got != "11" {
			t.Errorf("project %d lists %s projects, want 11", 11+c, got)
		}
	}
}

// Callers who add the same entry: one does it, all others are told it is there.
func TestSameEntryAtOnce(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	var group sync.WaitGroup
	statuses := make([]int, 16)
	for c := range statuses {
		group.Go(func() {
			answer, err := i.try(t, request{"terraform", post, projectsPath, `{"target_project_id":3}`})
			if err != nil {
				t.Error(err)
			}
			statuses[c] = answer.status
		})
	}
	group.Wait()
	created := 0
	for _, status := range statuses {
		if status == http.StatusCreated {
			created++
		} else if status != http.StatusBadRequest {
			t.Errorf("status %d", status)
		}
	}
	if created != 1 {
		t.Errorf("%d of %d callers made the entry, want one", created, len(statuses))
	}
}
