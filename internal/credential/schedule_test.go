package credential

import (
	"testing"
	"time"
)

func TestRotationExpiry(t *testing.T) {
	t.Parallel()
	midnight := noon.Truncate(day)
	for name, c := range map[string]struct {
		rotation rotation
		now      time.Time
		want     time.Time
	}{
		"at noon":             {rotation{30, 7}, noon, midnight.AddDate(0, 0, 39)},
		"at midnight":         {rotation{30, 7}, midnight, midnight.AddDate(0, 0, 38)},
		"just before":         {rotation{30, 7}, midnight.Add(-time.Nanosecond), midnight.AddDate(0, 0, 38)},
		"in another zone":     {rotation{1, 0}, time.Date(2027, 2, 1, 0, 30, 0, 0, time.FixedZone("", 3600)), midnight.AddDate(0, 0, 3)},
		"over a summer time":  {rotation{90, 1}, noon, midnight.AddDate(0, 0, 93)},
		"the longest allowed": {rotation{391, 7}, noon, midnight.AddDate(0, 0, 400)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := c.rotation.expiry(c.now)
			if !got.Equal(c.want) {
				t.Errorf("got %s, want %s", got, c.want)
			}
			// Even applied at the last moment of the overlap, the token still works.
			if needed := c.now.AddDate(0, 0, int(c.rotation.Every+c.rotation.Overlap)); got.Before(needed) {
				t.Errorf("it ends at %s, before %s", got, needed)
			}
		})
	}
}

func TestRotatesAt(t *testing.T) {
	t.Parallel()
	r := rotation{Every: 30, Overlap: 7}
	for name, c := range map[string]struct{ born, expires, want time.Time }{
		"after the interval":       {noon, noon.AddDate(1, 0, 0), noon.AddDate(0, 0, 30)},
		"never ends by itself":     {noon, time.Time{}, noon.AddDate(0, 0, 30)},
		"ends too early":           {noon, noon.AddDate(0, 0, 20), noon.AddDate(0, 0, 13)},
		"ends within the overlap":  {noon, noon.AddDate(0, 0, 3), noon.AddDate(0, 0, -4)},
		"born nobody knows when":   {time.Time{}, noon.AddDate(0, 0, 20), noon.AddDate(0, 0, 13)},
		"nothing is known":         {time.Time{}, time.Time{}, time.Time{}},
		"to the second":            {noon.Add(time.Millisecond), time.Time{}, noon.AddDate(0, 0, 30)},
		"as its own expiry has it": {noon, r.expiry(noon), noon.AddDate(0, 0, 30)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := r.rotatesAt(c.born, c.expires); !got.Equal(c.want) || got.IsZero() != c.want.IsZero() {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestRotationDue(t *testing.T) {
	t.Parallel()
	for every, want := range map[int64]string{1: "every day; due since 2027-01-31T12:00:00Z", 30: "every 30 days; due since 2027-01-31T12:00:00Z"} {
		if got := (rotation{Every: every}).due(noon); got != want {
			t.Errorf("got %q", got)
		}
	}
}
