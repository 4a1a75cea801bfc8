package transport

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

const (
	// backoffSpan is the longest wait, as a multiple of the first: 250 ms to 10 s.
	backoffSpan = 40
	// unbounded leaves the number of tries to the configuration.
	unbounded = 1 << 30
	// fewRetries is for failures that rarely pass by waiting: a 500, a 504, and a
	// time that ran out. A batch that causes them must soon be told so, to be halved.
	fewRetries = 2
	// oneRetry is for GitLab's own "Request timed out", which took 30 s to come.
	oneRetry = 1
)

// retriesFor says how many further tries a failed attempt is worth.
func retriesFor(a *attempt, effect Effect) int {
	if a.network != nil {
		return retriesWithoutAnswer(a, effect)
	}
	switch {
	case a.status == http.StatusTooManyRequests:
		return unbounded
	case a.status == http.StatusServiceUnavailable && a.header.Get("Retry-After") != "" && effect != Credential:
		return unbounded
	case !effect.repeatable():
		return 0
	}
	switch a.status {
	case http.StatusInternalServerError, http.StatusGatewayTimeout:
		return fewRetries
	case http.StatusServiceUnavailable:
		// JSON comes from GitLab itself, anything else from what stands before it.
		if isJSON(a.header) {
			return oneRetry
		}
		return unbounded
	case http.StatusRequestTimeout, http.StatusBadGateway,
		// Cloudflare's statuses for an origin that does not answer, as before GitLab.com.
		520, 521, 522, 523, 524:
		return unbounded
	}
	return 0
}

func retriesWithoutAnswer(a *attempt, effect Effect) int {
	switch {
	case apierror.IsPermanent(a.network), errors.Is(a.network, errTooLarge):
		return 0
	case !a.sent:
		return unbounded
	case !effect.repeatable():
		return 0
	case a.timedOut:
		return fewRetries
	default:
		return unbounded
	}
}

// mayHaveActed reports whether GitLab may have acted on an attempt that failed.
func mayHaveActed(a *attempt, effect Effect) bool {
	switch {
	case effect == Read:
		return false
	case a.network != nil:
		return a.sent && !apierror.IsPermanent(a.network)
	case a.status == http.StatusTooManyRequests:
		// GitLab answers JSON where a limit was met inside a mutation: those before
		// it in the same document are done. Plain text comes from its front door.
		return isJSON(a.header) && a.operation != ""
	case a.status == http.StatusServiceUnavailable && effect != Credential:
		return a.header.Get("Retry-After") == ""
	default:
		return a.status == http.StatusRequestTimeout || a.status >= http.StatusInternalServerError
	}
}

// backoff is the wait before try n+1 (n from 1): between half of and the whole of
// base·2ⁿ⁻¹, so that many clients do not come back together.
func backoff(base time.Duration, n int) time.Duration {
	full := base * backoffSpan
	if n < 7 {
		full = min(full, base<<(n-1))
	}
	return full/2 + jitter(full/2)
}

func jitter(upTo time.Duration) time.Duration {
	if upTo <= 0 {
		return 0
	}
	return rand.N(upTo) //nolint:gosec // spreads waits, guards nothing
}
