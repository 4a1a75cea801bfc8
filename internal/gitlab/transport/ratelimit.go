package transport

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

const (
	// maxAskedWait is the longest wait GitLab may ask for; above it a request fails at once.
	maxAskedWait = 2 * time.Minute
	// maxSpacing bounds the pause between two requests when few are left.
	maxSpacing = 2 * time.Second
	// epochFrom is from where on a RateLimit-Reset is a time and no longer a number of seconds.
	epochFrom = 1_000_000_000
)

// rateLimit is what the RateLimit-* headers say.
// See https://docs.gitlab.com/security/user_and_ip_rate_limits/#response-headers.
type rateLimit struct {
	limit     int64
	remaining int64
	// reset is how long until the count starts anew.
	reset time.Duration
}

func parseRateLimit(header http.Header, now time.Time) (rateLimit, bool) {
	limit, okLimit := count(header, "RateLimit-Limit")
	remaining, okRemaining := count(header, "RateLimit-Remaining")
	at, okReset := count(header, "RateLimit-Reset")
	if !okLimit || !okRemaining || !okReset || limit == 0 {
		return rateLimit{}, false
	}
	return rateLimit{limit: limit, remaining: min(remaining, limit), reset: untilReset(at, header, now)}, true
}

func untilReset(at int64, header http.Header, now time.Time) time.Duration {
	const mostSeconds = math.MaxInt64 / int64(time.Second)
	if at >= epochFrom {
		at -= apierror.ServerTime(header, now).Unix()
	}
	return time.Duration(min(max(at, 0), mostSeconds)) * time.Second
}

func count(header http.Header, name string) (int64, bool) {
	n, err := strconv.ParseInt(strings.TrimSpace(header.Get(name)), 10, 64)
	return n, err == nil && n >= 0
}

// spacing is 0 while more than a tenth is left; below, what is left is spread
// over the time until the reset.
func (r rateLimit) spacing() time.Duration {
	if r.remaining > r.limit/10 {
		return 0
	}
	return min(r.reset/time.Duration(r.remaining+1), maxSpacing)
}

// askedWait is how long a refusal asks to wait, from Retry-After or, for a 429,
// from RateLimit-Reset.
func askedWait(status int, header http.Header, now time.Time) (time.Duration, bool) {
	if wait, ok := apierror.RetryAfter(header, now); ok {
		return wait, true
	}
	if status != http.StatusTooManyRequests {
		return 0, false
	}
	at, ok := count(header, "RateLimit-Reset")
	if !ok {
		return 0, false
	}
	return untilReset(at, header, now), true
}
