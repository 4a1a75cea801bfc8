package credential

import (
	"fmt"
	"time"
)

const day = 24 * time.Hour

// expiry is when a token made now under a rotation ends by itself, should nobody ever apply again: at
// the midnight that follows the interval, the overlap and one day more. Someone who applies once a day
// is in time even without an overlap.
func (r rotation) expiry(now time.Time) time.Time {
	at := now.UTC().Add(time.Duration(r.Every+r.Overlap+1) * day)
	if midnight := at.Truncate(day); !midnight.Equal(at) {
		return midnight.Add(day)
	}
	return at
}

// latestBirth is the latest time at which a token can have been made that ends by itself at a time; see
// [rotation.expiry].
func (r rotation) latestBirth(expires time.Time) time.Time {
	if expires.IsZero() {
		return time.Time{}
	}
	return expires.Add(-time.Duration(r.Every+r.Overlap+1) * day)
}

// rotatesAt is when a token is to be made anew: at the interval's end, and early enough for the overlap
// before it ends by itself. Zero means that nobody knows when it was made.
func (r rotation) rotatesAt(born, expires time.Time) time.Time {
	var at time.Time
	if !born.IsZero() {
		at = born.Add(time.Duration(r.Every) * day)
	}
	if expires.IsZero() {
		return at.UTC().Truncate(time.Second)
	}
	latest := expires.Add(-time.Duration(r.Overlap) * day)
	if at.IsZero() || latest.Before(at) {
		at = latest
	}
	return at.UTC().Truncate(time.Second)
}

// due says of a time that has come since when a new token is due.
func (r rotation) due(at time.Time) string {
	return fmt.Sprintf("every %s; due since %s", days(r.Every), at.Format(time.RFC3339))
}

func days(count int64) string {
	if count == 1 {
		return "day"
	}
	return fmt.Sprintf("%d days", count)
}
