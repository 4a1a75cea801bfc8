package faults_test

import (
	"slices"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest/core"
)

// lone is a Terraform with one resource in its configuration.
type lone struct {
	core.Core

	kind string
	// said is what the last plan and apply said.
	said []core.Diagnostic
}

const address = "it"

// newLone starts without a state, with a provider that talks to a URL.
func newLone(kind, url, token string) *lone {
	l := &lone{kind: kind}
	l.Provider = map[string]any{"base_url": url, "token": token, "allow_plain_http": true, "max_retries": int64(1)}
	l.patience(time.Minute)
	return l
}

// patience is how long the provider waits for an answer.
func (l *lone) patience(limit time.Duration) { l.Provider["request_timeout"] = int64(limit.Seconds()) }

// attributes are the state as plain values; nil where there is none.
func (l *lone) attributes(t *testing.T) map[string]any {
	t.Helper()
	return l.State.Current[address].Attributes(t)
}

// plan refreshes and plans a configuration, nil for a destroy; it must not fail.
func (l *lone) plan(t *testing.T, config map[string]any) *core.Plan {
	t.Helper()
	resources := map[string]core.Resource{}
	if config != nil {
		resources[address] = core.Resource{Kind: l.kind, Config: config}
	}
	plan := l.Plan(t, resources, core.Options{})
	mustSucceed(t, "plan", plan.Diagnostics)
	return plan
}

// apply plans and applies; before runs between the two. The diagnostics are those of the apply.
func (l *lone) apply(t *testing.T, config map[string]any, before func()) []core.Diagnostic {
	t.Helper()
	plan := l.plan(t, config)
	if before != nil {
		before()
	}
	outcome := l.Apply(t, plan, "")
	l.said = append(slices.Clone(plan.Diagnostics), outcome.Diagnostics...)
	for _, found := range append(append(plan.Findings, outcome.Findings...), outcome.Inconsistent...) {
		t.Errorf("%s: %s", found.Check, found.Text)
	}
	return outcome.Diagnostics
}

func mustSucceed(t *testing.T, what string, diagnostics []core.Diagnostic) {
	t.Helper()
	for _, d := range core.Errors(diagnostics) {
		t.Fatalf("the %s fails: %s: %s", what, d.Summary, d.Detail)
	}
}
