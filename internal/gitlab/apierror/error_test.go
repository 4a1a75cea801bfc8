package apierror

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestErrorText(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		err  Error
		want string
	}{
		"full": {
			Error{Kind: Forbidden, Doing: "read the job token allowlist", Target: "project acme/app (id 12)", Status: 403, Words: "Forbidden", RequestID: "01J"},
			"could not read the job token allowlist project acme/app (id 12): Forbidden (HTTP 403, request id 01J)",
		},
		"no words":   {Error{Kind: NotFound, Status: 404}, "GitLab answered Not Found and gave no reason (HTTP 404)"},
		"nothing":    {Error{Kind: Limit}, "limit"},
		"a note":     {Error{Kind: Invalid, Doing: "add it", Note: "its path has passed on", Cause: io.EOF}, "could not add it: its path has passed on"},
		"both":       {Error{Kind: Forbidden, Words: "No.", Note: "the scope is too small"}, "No."},
		"token":      {Error{Kind: Unauthenticated, Status: 401}, "GitLab does not accept the token: it is missing, unknown, expired or revoked (HTTP 401)"},
		"wait":       {Error{Kind: RateLimited, Words: "Retry later", RetryAfter: 1600 * time.Millisecond}, "Retry later (to be tried again in 2s)"},
		"uncertain":  {Error{Kind: Unavailable, Doing: "add an entry", Uncertain: true, Cause: io.ErrUnexpectedEOF}, "could not add an entry: unexpected EOF; the change may have been made all the same"},
		"only where": {Error{Kind: Invalid, Target: "group acme", Words: "no"}, "group acme: no"},
		"a secret":   {Error{Kind: Invalid, Target: "glpat-abcdefghijklmnop", Words: "no"}, "[redacted]: no"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := c.err.Error(); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestWithFillsOnlyWhatIsEmpty(t *testing.T) {
	t.Parallel()
	first := &Error{Kind: Invalid, Doing: "read"}
	second := first.With("write", "project a")
	if second.Doing != "read" || second.Target != "project a" || first.Target != "" {
		t.Errorf("got %+v from %+v", second, first)
	}
	if (*Error)(nil).With("a", "b") != nil {
		t.Error("nil did not stay nil")
	}
}

func TestKindIsFoundThroughWrapping(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("outer: %w", &Error{Kind: Conflict})
	if kind, ok := KindOf(err); !ok || kind != Conflict {
		t.Errorf("got %v %v", kind, ok)
	}
	if !Is(err, Conflict) || Is(err, NotFound) || Is(io.EOF, Conflict) || Is(nil, Conflict) {
		t.Error("Is does not tell kinds apart")
	}
	if _, ok := KindOf((*Error)(nil)); ok {
		t.Error("a nil error has a kind")
	}
}

func TestKindNames(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for kind := NotFound; kind <= Invalid; kind++ {
		name := kind.String()
		if strings.HasPrefix(name, "kind ") || seen[name] {
			t.Errorf("kind %d has no name of its own: %q", kind, name)
		}
		seen[name] = true
	}
	if got := Kind(99).String(); got != "kind 99" {
		t.Errorf("got %q", got)
	}
}

func TestFromNetwork(t *testing.T) {
	t.Parallel()
	through := func(err error) error {
		return &url.Error{Op: "Get", URL: "https://gitlab.example.com/x?private_token=hunter2hunter2", Err: err}
	}
	cases := map[string]struct {
		err       error
		sent      bool
		kind      Kind
		is        error
		permanent bool
		note      string
	}{
		"cancelled":   {through(context.Canceled), true, Unavailable, context.Canceled, false, "the request was cancelled"},
		"deadline":    {through(context.DeadlineExceeded), true, Unavailable, context.DeadlineExceeded, false, "the time for this operation ran out"},
		"cut":         {through(io.ErrUnexpectedEOF), true, Unavailable, io.ErrUnexpectedEOF, false, "no proper answer from GitLab: unexpected EOF"},
		"certificate": {through(x509.UnknownAuthorityError{}), false, Invalid, x509.UnknownAuthorityError{}, true, "no TLS connection to GitLab: x509: certificate signed by unknown authority; if its authority is your own, set ca_cert_file to that authority's certificate"},
		"alert":       {&net.OpError{Op: "remote error", Err: errors.New("tls: bad certificate")}, true, Invalid, nil, true, "no TLS connection to GitLab: remote error: tls: bad certificate; the server does not accept the client certificate: is client_cert_file of the authority that it trusts?"},
		"no host":     {through(&net.DNSError{Err: "no such host", Name: "gitlab.example.com", IsNotFound: true}), false, Invalid, nil, true, "no such host: lookup gitlab.example.com: no such host"},
		"DNS trouble": {&net.DNSError{Err: "server misbehaving", Name: "a", IsTemporary: true}, false, Unavailable, nil, false, "no proper answer from GitLab: lookup a: server misbehaving"},
		"none":        {nil, false, Unavailable, nil, false, "no proper answer from GitLab: the connection gave no reason"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := FromNetwork(c.err, c.sent)
			if got.Kind != c.kind || got.Note != c.note || got.Words != "" || got.Uncertain != c.sent {
				t.Errorf("got %v %q %q %v", got.Kind, got.Words, got.Note, got.Uncertain)
			}
			if c.is != nil && !errors.Is(got, c.is) {
				t.Errorf("%v is not reachable", c.is)
			}
			if c.err != nil && IsPermanent(c.err) != c.permanent {
				t.Errorf("permanent: got %v", !c.permanent)
			}
			if strings.Contains(got.Error()+errors.Unwrap(got).Error(), "hunter2") {
				t.Errorf("the query is repeated: %v", got)
			}
		})
	}
}

func TestScrub(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"token glpat-AbC_123-xyz.01.0w1 end":                 "token [redacted] end",
		"gldt-aaaaaaaa glcbt-64_bbbbbbbb glptt-cccccccc":     "[redacted] [redacted] [redacted]",
		"glrtr-aaaaaaaaaa and glft-bbbbbbbbbb":               "[redacted] and [redacted]",
		"GET /x?private_token=abc&page=2":                    "GET /x?private_token=[redacted]&page=2",
		"GET /x?job_token=abc":                               "GET /x?job_token=[redacted]",
		"Private-Token: abc def":                             "Private-Token: [redacted] def",
		`{"private_token": "a b"}`:                           `{"private_token": [redacted]}`,
		`"deploy_token":"cut of`:                             `"deploy_token":[redacted]`,
		"Authorization: Bearer abcdefghij":                   "Authorization: Bearer [redacted]",
		"https://user:pass@host/a and https://tok@host":      "https://[redacted]@host/a and https://[redacted]@host",
		"acme/global-deployments, glue-thing, a token: none": "acme/global-deployments, glue-thing, a token: none",
		"already in the job token allowlist":                 "already in the job token allowlist",
	}
	for text, want := range cases {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			got := Scrub(text)
			if got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			if again := Scrub(got); again != got {
				t.Errorf("a second time it gives %q", again)
			}
		})
	}
}
