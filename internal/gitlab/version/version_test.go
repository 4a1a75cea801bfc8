package version_test

import (
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/version"
)

func TestParse(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		want version.Version
		ok   bool
	}{
		"19.4.1":          {version.Version{Major: 19, Minor: 4}, true},
		"18.1.1-ee":       {version.Version{Major: 18, Minor: 1}, true},
		"19.3.0-pre":      {version.Version{Major: 19, Minor: 3}, true},
		"17.11":           {version.Version{Major: 17, Minor: 11}, true},
		"v18.2.0":         {version.Version{Major: 18, Minor: 2}, true},
		"18.10.0-rc42-ee": {version.Version{Major: 18, Minor: 10}, true},
		"":                {},
		"19":              {},
		"19.":             {},
		".4":              {},
		"latest":          {},
		"GitLab 19.4":     {},
		"-1.4":            {},
		"12345.1":         {},
		"19.12345":        {},
	}
	for text, c := range cases {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			got, err := version.Parse(text)
			if got != c.want || (err == nil) != c.ok {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

func TestLess(t *testing.T) {
	t.Parallel()
	// Each is older than all that follow it.
	ordered := []version.Version{{Major: 9, Minor: 5}, {Major: 17, Minor: 9}, {Major: 17, Minor: 11}, {Major: 18}, {Major: 18, Minor: 11}, {Major: 19}}
	for i, v := range ordered {
		for j, other := range ordered {
			if got := v.Less(other); got != (i < j) {
				t.Errorf("%s before %s: %t", v, other, got)
			}
		}
	}
}

func TestString(t *testing.T) {
	t.Parallel()
	if got := (version.Version{Major: 18, Minor: 4}).String(); got != "18.4" {
		t.Errorf("got %q", got)
	}
}
