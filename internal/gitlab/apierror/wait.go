package apierror

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// RetryAfter reads how long an answer asks to wait from its Retry-After header,
// in seconds or as an HTTP date; a date is measured against the answer's own
// Date where there is one, since clocks differ. It reports whether the header
// was there and understood. The wait is never negative.
func RetryAfter(header http.Header, now time.Time) (time.Duration, bool) {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if value == "" {
		return 0, false
	}
	if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		if math.IsNaN(seconds) || seconds < 0 {
			return 0, false
		}
		return secondsOf(seconds), true
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	return max(at.Sub(ServerTime(header, now)), 0), true
}

// ServerTime is the answer's Date, or now where it has none.
func ServerTime(header http.Header, now time.Time) time.Time {
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		return date
	}
	return now
}

// secondsOf bounds a wait to ten years, which a Duration can hold.
func secondsOf(seconds float64) time.Duration {
	const most = 10 * 365 * 24 * 3600
	return time.Duration(min(seconds, most) * float64(time.Second))
}
