package session_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
)

func TestOnce(t *testing.T) {
	t.Parallel()
	var s, another session.Session
	for _, matter := range []string{"acme", "acme/platform", ""} {
		if !s.Once(matter) {
			t.Errorf("%q is not told at all", matter)
		}
		if s.Once(matter) {
			t.Errorf("%q is told twice", matter)
		}
	}
	if !another.Once("acme") {
		t.Error("what one walk was told is kept from another")
	}
}

func TestOnceAmongManyResources(t *testing.T) {
	t.Parallel()
	var s session.Session
	var told [3]atomic.Int32
	var all sync.WaitGroup
	for range 50 {
		for matter := range told {
			all.Go(func() {
				if s.Once(fmt.Sprint(matter)) {
					told[matter].Add(1)
				}
			})
		}
	}
	all.Wait()
	for matter := range told {
		if got := told[matter].Load(); got != 1 {
			t.Errorf("matter %d is told %d times", matter, got)
		}
	}
}

func TestFrom(t *testing.T) {
	t.Parallel()
	configured := &session.Session{CheckUsage: true}
	cases := map[string]struct {
		data  any
		want  *session.Session
		wrong string
	}{
		"configured":         {configured, configured, ""},
		"not yet configured": {nil, nil, ""},
		"another provider's": {"a session", nil, "got string"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var diags diag.Diagnostics
			if got := session.From(c.data, &diags); got != c.want {
				t.Errorf("got %v", got)
			}
			if c.wrong == "" && len(diags) > 0 || c.wrong != "" && (len(diags) != 1 || !strings.Contains(diags[0].Detail(), c.wrong)) {
				t.Errorf("says %v", diags)
			}
		})
	}
}

func TestShared(t *testing.T) {
	t.Parallel()
	type notes struct{ count int }
	type others struct{ count int }
	s := &session.Session{}
	session.Shared[notes](s).count = 3
	if got := session.Shared[notes](s).count; got != 3 {
		t.Errorf("the second who asks sees %d", got)
	}
	if got := session.Shared[others](s).count; got != 0 {
		t.Errorf("another type sees %d", got)
	}
	if got := session.Shared[notes](&session.Session{}).count; got != 0 {
		t.Errorf("another session sees %d", got)
	}
}
