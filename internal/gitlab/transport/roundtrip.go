package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

// roundTripper is where all that both REST and GraphQL need happens. Other than
// most, it makes errors of statuses: client-go drops the body of a 404, and with
// it GitLab's words.
type roundTripper struct {
	config  Config
	base    *url.URL
	token   string
	headers http.Header
	inner   http.RoundTripper
	limiter *limiter
	secrets *secrets
	clock   *clock

	// Tests change these.
	now     func() time.Time
	sleep   func(context.Context, time.Duration) error
	maxBody int64
}

func newRoundTripper(config Config, base *url.URL, token string, headers http.Header, inner http.RoundTripper) *roundTripper {
	return &roundTripper{
		config:  config,
		base:    base,
		token:   token,
		headers: headers,
		inner:   inner,
		limiter: newLimiter(config.MaxConcurrent),
		secrets: newSecrets(token, headers),
		clock:   newClock(time.Now),
		now:     time.Now,
		sleep:   sleep,
		maxBody: defaultMaxBody,
	}
}

const noToken = "no token is given: set GITLAB_TOKEN, or token in the provider block"

// RoundTrip sends a request until it succeeds, or until another try would be
// useless or unsafe. It returns 2xx answers and redirects that may be followed;
// everything else is an [apierror.Error].
func (t *roundTripper) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := takeBody(req)
	if err != nil {
		return nil, apierror.FromNetwork(err, false)
	}
	if !sameOrigin(req.URL, t.base) {
		return nil, t.elsewhere(req.URL)
	}
	if t.token == "" {
		return nil, &apierror.Error{Kind: apierror.Unauthenticated, Note: noToken}
	}
	effect := effectOf(req)
	var failure *apierror.Error
	acted := false
	for number := 1; ; number++ {
		a, err := t.limited(req, body, effect, number)
		if err != nil {
			return nil, interrupted(failure, err)
		}
		if effect == Credential {
			t.secrets.learn(a.body)
		}
		acted = acted || mayHaveActed(a, effect)
		if failure = t.judge(req, a); failure == nil {
			t.log(req, a, nil, 0)
			return t.answered(a), nil
		}
		failure.Uncertain = acted
		wait, again := t.next(req.Context(), a, effect, failure)
		if ended := req.Context().Err(); again && ended != nil {
			wait, again, failure = 0, false, interrupted(failure, ended)
		}
		t.log(req, a, failure, wait)
		if !again {
			return nil, failure
		}
		if err := t.sleep(req.Context(), wait); err != nil {
			return nil, interrupted(failure, err)
		}
	}
}

// interrupted is the error of a wait that ended with its context: the failure that
// was waited upon, if any, with the context's error as its cause.
func interrupted(failure *apierror.Error, err error) *apierror.Error {
	if failure == nil {
		return apierror.FromNetwork(err, false)
	}
	failure.Cause = err
	return failure
}

func (t *roundTripper) limited(req *http.Request, body []byte, effect Effect, number int) (*attempt, error) {
	release, err := t.limiter.acquire(req.Context())
	if err != nil {
		return nil, err
	}
	defer release()
	a := t.try(req, body, effect, number)
	t.limiter.observe(a.header)
	return a, nil
}

// next decides whether and when an attempt is followed by another one.
func (t *roundTripper) next(ctx context.Context, a *attempt, effect Effect, failure *apierror.Error) (time.Duration, bool) {
	most := min(retriesFor(a, effect), t.config.MaxRetries)
	if a.number > most {
		return 0, false
	}
	wait := backoff(t.config.RetryWait, a.number)
	if asked, ok := askedWait(a.status, a.header, t.now()); ok {
		if asked > maxAskedWait {
			failure.RetryAfter = asked
			return 0, false
		}
		wait = max(wait, asked+jitter(t.config.RetryWait))
	}
	if end, ok := ctx.Deadline(); ok && t.now().Add(wait).After(end) {
		return 0, false
	}
	return wait, true
}

// judge returns what is wrong with an attempt, nil if nothing is.
func (t *roundTripper) judge(req *http.Request, a *attempt) *apierror.Error {
	var failure *apierror.Error
	hide := t.hiding(req.Context())
	switch {
	case a.network != nil:
		failure = hide.FromNetwork(a.network, false)
		if errors.Is(a.network, errTooLarge) {
			failure.Kind = apierror.Limit
		}
		if t.passesProxy(req) {
			failure.AddNote("the proxy that the environment names was not asked, since over plain http it would see the token")
		}
		failure.Status = a.status
		failure.RequestID = a.header.Get("X-Request-Id")
	case isRedirect(a.status):
		failure = t.redirect(req, a)
	case a.status >= http.StatusBadRequest:
		failure = hide.FromResponse(a.status, a.header, a.body)
		if wait, ok := askedWait(a.status, a.header, t.now()); ok {
			failure.RetryAfter = wait
		}
	case req.Method != http.MethodHead && apierror.IsHTML(a.header.Get("Content-Type"), a.body):
		failure = hide.FromResponse(a.status, a.header, a.body)
		failure.Kind, failure.Words, failure.Note = apierror.Misdirected, "", htmlNote(failure.Words)
	}
	if failure == nil {
		return nil
	}
	failure.Words, failure.Note, failure.RequestID = hide(failure.Words), hide(failure.Note), hide(failure.RequestID)
	return failure
}

// passesProxy tells whether a proxy of the environment is left out for the token's sake.
func (t *roundTripper) passesProxy(req *http.Request) bool {
	proxy, err := http.ProxyFromEnvironment(req)
	return t.base.Scheme == "http" && err == nil && proxy != nil
}

func htmlNote(title string) string {
	if title != "" {
		title = fmt.Sprintf(" titled %q", title)
	}
	return "GitLab answered with an HTML page" + title + " instead of data: is base_url right, and is no login page in between?"
}

// takeBody reads and closes the request's body, so that it can be sent again.
func takeBody(req *http.Request) ([]byte, error) {
	if req.Body == nil || req.Body == http.NoBody {
		return nil, nil
	}
	body, err := io.ReadAll(req.Body)
	if closeErr := req.Body.Close(); err == nil {
		err = closeErr
	}
	return body, err
}

func (t *roundTripper) answered(a *attempt) *http.Response {
	body := t.secrets.clean(a.body, a.operation != "")
	a.response.Body, a.response.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return a.response
}
