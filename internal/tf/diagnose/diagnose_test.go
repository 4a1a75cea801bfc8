package diagnose_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
)

const (
	doing  = "read the job token allowlist of"
	target = "project acme/app (id 12)"
	words  = "Job token scope is what it is."
)

func TestDetail(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		err apierror.Error
		// advice are parts of what the user is told to do; none means that GitLab's words say it all.
		advice []string
	}{
		"not found":          {apierror.Error{Kind: apierror.NotFound, Words: words}, []string{"Check the spelling", "can see it"}},
		"forbidden":          {apierror.Error{Kind: apierror.Forbidden, Words: words}, []string{"Maintainer role"}},
		"enforced":           {apierror.Error{Kind: apierror.Forbidden, Words: "It is enforced for the instance."}, []string{"An administrator", "set it to true"}},
		"scope too small":    {apierror.Error{Kind: apierror.InsufficientScope, Words: words}, []string{"lacks the scope api", "read_api"}},
		"fine-grained":       {apierror.Error{Kind: apierror.FineGrained, Note: "it is hidden"}, []string{"no fine-grained personal access token", "scope api", "service account"}},
		"a missing grant":    {apierror.Error{Kind: apierror.FineGrained, Words: "… with the following project permissions: [Deploy Token: Read]."}, []string{"scope api", "the permission that GitLab names", "Metadata: Read", "make a new one"}},
		"a grant, uncertain": {apierror.Error{Kind: apierror.FineGrained, Uncertain: true}, []string{"may have been made"}},
		"unauthenticated":    {apierror.Error{Kind: apierror.Unauthenticated, Words: words}, []string{"GITLAB_TOKEN", "expired"}},
		"size of a request":  {apierror.Error{Kind: apierror.Limit, Words: words}, []string{"-parallelism"}},
		"limit":              {apierror.Error{Kind: apierror.Limit, Words: "Source project exceeds the allowable number of project links."}, []string{"at most 200 projects and 200 groups", "common group"}},
		"rate limited":       {apierror.Error{Kind: apierror.RateLimited, Words: words}, []string{"later", "-parallelism"}},
		"asked to wait":      {apierror.Error{Kind: apierror.RateLimited, Words: words, RetryAfter: 90 * time.Second}, []string{"1m30s", "-parallelism"}},
		"unsupported":        {apierror.Error{Kind: apierror.Unsupported, Words: words}, []string{"too old", "administrator"}},
		"unavailable":        {apierror.Error{Kind: apierror.Unavailable, Words: words}, []string{"Nothing was written", "run it again"}},
		"an answer lost":     {apierror.Error{Kind: apierror.Unavailable, Words: words, Uncertain: true}, []string{"may or may not have been made", "next plan"}},
		"conflict":           {apierror.Error{Kind: apierror.Conflict, Words: words}, nil},
		"invalid":            {apierror.Error{Kind: apierror.Invalid, Words: words}, nil},
		"without any words":  {apierror.Error{Kind: apierror.NotFound}, []string{"Check the spelling"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.err.Doing, c.err.Target = doing, target
			c.err.Status, c.err.RequestID = 418, "01HREQUEST"
			got := diagnose.Detail(fmt.Errorf("wrapped: %w", &c.err))
			parts := append([]string{"Could not " + doing + " " + target + ".", "HTTP 418", "request 01HREQUEST", c.err.Words}, c.advice...)
			for _, part := range parts {
				if !strings.Contains(got, part) {
					t.Errorf("it does not say %q:\n%s", part, got)
				}
			}
			if c.err.Words == "" && strings.Contains(got, "GitLab says") {
				t.Errorf("words are put into GitLab's mouth:\n%s", got)
			}
			if c.err.Kind == apierror.FineGrained && strings.Contains(got, "role") {
				t.Errorf("a role is asked for:\n%s", got)
			}
			if c.advice == nil && !strings.HasSuffix(got, ")") {
				t.Errorf("advice where there is none to give:\n%s", got)
			}
		})
	}
}

func TestDetailTellsNotesFromGitLabsWords(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		err  apierror.Error
		want string
	}{
		"a note":     {apierror.Error{Note: "the path has passed on"}, "\n\nThe path has passed on."},
		"a question": {apierror.Error{Note: "redirected; is base_url right?"}, "\n\nRedirected; is base_url right?"},
		"both":       {apierror.Error{Note: "the token may only read", Words: "No."}, "\n\nThe token may only read.\n\nGitLab says: No."},
		"neither":    {apierror.Error{}, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.err.Kind, c.err.Doing, c.err.Target = apierror.Invalid, doing, target
			if got, want := diagnose.Detail(&c.err), "Could not "+doing+" "+target+"."+c.want; got != want {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
}

func TestLookupError(t *testing.T) {
	t.Parallel()
	at := path.Root("project")
	cases := map[apierror.Kind]struct {
		title       diagnose.Title
		onAttribute bool
	}{
		apierror.NotFound:        {diagnose.FindProject, true},
		apierror.Forbidden:       {diagnose.FindProject, true},
		apierror.Invalid:         {diagnose.FindProject, true},
		apierror.Unavailable:     {diagnose.ReachGitLab, false},
		apierror.RateLimited:     {diagnose.ReachGitLab, false},
		apierror.Unauthenticated: {diagnose.SignIn, false},
		apierror.FineGrained:     {diagnose.UseToken, false},
		apierror.Unsupported:     {diagnose.NotSupported, false},
	}
	for kind, c := range cases {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			got := diagnose.LookupError(at, diagnose.FindProject, &apierror.Error{Kind: kind, Doing: doing, Target: target, Words: words})
			on, isOn := got.(diag.DiagnosticWithPath)
			if got.Summary() != string(c.title) || isOn != c.onAttribute || isOn && !on.Path().Equal(at) || got.Severity() != diag.SeverityError {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestDetailOfOtherErrors(t *testing.T) {
	t.Parallel()
	if got := diagnose.Detail(errors.New("it is empty")); got != "it is empty" {
		t.Errorf("got %q", got)
	}
	bare := diagnose.Detail(&apierror.Error{Kind: apierror.Invalid, Doing: "look up 3 projects", Words: words})
	if !strings.HasPrefix(bare, "Could not look up 3 projects.") || strings.Contains(bare, "HTTP") {
		t.Errorf("got %q", bare)
	}
}

func TestEveryKindIsTreated(t *testing.T) {
	t.Parallel()
	silent := map[apierror.Kind]bool{apierror.Conflict: true, apierror.Invalid: true}
	for kind := apierror.Kind(1); !strings.HasPrefix(kind.String(), "kind "); kind++ {
		without := diagnose.Detail(&apierror.Error{Doing: doing, Target: target, Words: words})
		with := diagnose.Detail(&apierror.Error{Kind: kind, Doing: doing, Target: target, Words: words})
		if (with == without) != silent[kind] {
			t.Errorf("%s: is advice given? %q", kind, with)
		}
	}
}

func TestDiagnostics(t *testing.T) {
	t.Parallel()
	at := path.Root("projects").AtMapKey("acme/app")
	failure := errors.New("it is empty")
	cases := map[string]struct {
		got      diag.Diagnostic
		severity diag.Severity
		at       path.Path
		detail   string
	}{
		"an error":                 {diagnose.Error(diagnose.ReadAllowlist, failure), diag.SeverityError, path.Empty(), "it is empty"},
		"an error on an attribute": {diagnose.AttributeError(at, diagnose.ReadAllowlist, failure), diag.SeverityError, at, "it is empty"},
		"a problem":                {diagnose.Problem(at, diagnose.ReadAllowlist, "%q is %d", "x", 3), diag.SeverityError, at, `"x" is 3`},
		"a warning":                {diagnose.Warn(at, diagnose.ReadAllowlist, "%q is %d", "x", 3), diag.SeverityWarning, at, `"x" is 3`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.got.Summary() != string(diagnose.ReadAllowlist) || c.got.Detail() != c.detail || c.got.Severity() != c.severity {
				t.Errorf("got %v %q: %q", c.got.Severity(), c.got.Summary(), c.got.Detail())
			}
			where := path.Empty()
			if on, ok := c.got.(diag.DiagnosticWithPath); ok {
				where = on.Path()
			}
			if !where.Equal(c.at) {
				t.Errorf("it is on %s", where)
			}
		})
	}
}

// TestTitleFor: Terraform folds warnings of equal titles into one.
func TestTitleFor(t *testing.T) {
	t.Parallel()
	one, other := diagnose.RemovesEntries.For("acme/app"), diagnose.RemovesEntries.For("acme/web")
	if one == other || !strings.Contains(string(one), "acme/app") || !strings.HasPrefix(string(one), string(diagnose.RemovesEntries)) {
		t.Errorf("got %q and %q", one, other)
	}
}
