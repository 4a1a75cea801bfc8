package allowlist

import (
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
)

func TestFingerprint(t *testing.T) {
	t.Parallel()
	of := func(projects, groups map[string]int64) string {
		ids := map[gitlab.Kind]map[string]int64{}
		if projects != nil {
			ids[gitlab.KindProject] = projects
		}
		if groups != nil {
			ids[gitlab.KindGroup] = groups
		}
		return fingerprint(ids).String()
	}
	one := of(map[string]int64{"acme/app": 2, "acme/web": 3}, nil)
	if again := of(map[string]int64{"acme/web": 3, "acme/app": 2}, nil); again != one {
		t.Errorf("the order counts: %s, %s", one, again)
	}
	for name, other := range map[string]string{
		"another id":             of(map[string]int64{"acme/app": 2, "acme/web": 4}, nil),
		"two that swapped paths": of(map[string]int64{"acme/app": 3, "acme/web": 2}, nil),
		"one less":               of(map[string]int64{"acme/app": 2}, nil),
		"groups of these ids":    of(nil, map[string]int64{"acme/app": 2, "acme/web": 3}),
		"nothing":                of(map[string]int64{}, nil),
		"not managed":            of(nil, nil),
	} {
		if other == one {
			t.Errorf("%s: it is the same", name)
		}
	}
}
