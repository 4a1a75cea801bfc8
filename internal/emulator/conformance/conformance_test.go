package conformance

import (
	"fmt"
	"slices"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest/foreign"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator"
)

// table is all rows.
func table() []row {
	return slices.Concat(
		scopeRows(), allowlistRows(), deployTokenRows(), accessTokenRows(), variableRows(), memberRows(), projectRows(),
		packageRows(), jobTokenRows(), gitRows(), graphqlRows(), versionRows(),
		shareRows(), readRows(), granularRows(), serviceAccountRows(),
	)
}

// leastRows is how many facts the table has to hold.
const leastRows = 300

func TestAccConformance(t *testing.T) {
	t.Parallel()
	if server, is := foreign.Named(); is {
		runTable(t, func(t *testing.T) *run { t.Helper(); return newRun(t, server.BaseURL, server.Token, true) }, true)
		return
	}
	for _, version := range []string{"17.11", "18.4", "19.0", "19.4"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			runTable(t, func(t *testing.T) *run {
				t.Helper()
				server, err := emulator.Start(emulator.Options{Version: version})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(server.Close)
				return newRun(t, server.URL(), server.AdminToken(), false)
			}, false)
		})
	}
}

// runTable checks every row that the version has. Rows that change the instance get an
// embedded GitLab of their own; a real one they have one after the other, before the rest.
func runTable(t *testing.T, start func(*testing.T) *run, foreign bool) {
	t.Helper()
	shared := start(t)
	for _, r := range table() {
		if !r.alone {
			continue
		}
		t.Run(r.fact, func(t *testing.T) {
			if !shared.has(t, r) {
				return
			}
			of := shared
			if foreign {
				of.keepSettings(t)
			} else {
				of = start(t)
			}
			r.check(t, of)
		})
	}
	for _, r := range table() {
		if r.alone {
			continue
		}
		t.Run(r.fact, func(t *testing.T) {
			t.Parallel()
			if shared.has(t, r) {
				r.check(t, shared)
			}
		})
	}
}

// has says whether a row is about the run's version and can be checked there.
func (r *run) has(t *testing.T, fact row) bool {
	t.Helper()
	switch {
	case fact.since != "" && r.number < number(fact.since), fact.until != "" && r.number >= number(fact.until):
		t.Skip("not known of this version")
	case r.foreign && fact.needsEmbedded():
		t.Skip("needs the embedded GitLab")
	}
	return true
}

func number(version string) int {
	var major, minor int
	_, _ = fmt.Sscanf(version, "%d.%d", &major, &minor)
	return major*100 + minor
}

// keepSettings puts the settings that rows change back.
func (r *run) keepSettings(t *testing.T) {
	t.Helper()
	var before struct {
		Enforce bool `json:"enforce_ci_inbound_job_token_scope_enabled"`
		Expiry  bool `json:"require_personal_access_token_expiry"`
	}
	r.must(t, call{as: "admin", do: "GET /application/settings"}, &before)
	t.Cleanup(func() {
		r.must(t, call{as: "admin", do: "PUT /application/settings", body: fmt.Sprintf(
			`{"enforce_ci_inbound_job_token_scope_enabled":%t,"require_personal_access_token_expiry":%t}`, before.Enforce, before.Expiry)}, nil)
	})
}

// The table holds enough, each fact once, and each with a source.
func TestTable(t *testing.T) {
	t.Parallel()
	rows := table()
	if len(rows) < leastRows {
		t.Errorf("%d rows, want %d", len(rows), leastRows)
	}
	seen := map[string]bool{}
	for _, r := range rows {
		if r.fact == "" || r.source == "" || r.want.status == 0 {
			t.Errorf("incomplete: %+v", r)
		}
		if key := r.fact + r.since + r.until; seen[key] {
			t.Errorf("twice: %s", r.fact)
		} else {
			seen[key] = true
		}
	}
	t.Logf("%d rows", len(rows))
}
