package contract_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// breakage is a mistake in the provider that the walks have to notice.
type breakage struct {
	name string
	// file holds from once; to is what it is replaced with. An empty from: its place is not known yet.
	file, from, to string
	// judge is one that must speak.
	judge string
}

var breakages = []breakage{
	{
		"compared with the server instead of the prior state", "internal/allowlist/apply.go",
		"", "",
		"a write needs a line",
	},
	{
		"removed by path", "internal/gitlab/allowlist_write.go",
		"", "",
		"a write needs a line|nobody who stays is refused",
	},
	{
		"no mark on a replacement", "internal/allowlist/plan.go",
		"", "",
		"a write needs a line|nobody who stays is refused",
	},
	{
		"no claim under create_before_destroy", "internal/allowlist/resource.go",
		"", "",
		"nobody who stays is refused|state = server",
	},
	{
		"the own entry kept in the state", "internal/allowlist/model.go",
		"", "",
		"never wider than the plan",
	},
	{
		"removes taken from a fresh look instead of the record", "internal/allowlist/plan.go",
		"", "",
		"the second plan is the first|a write needs a line",
	},
	{
		"toggles written though unchanged", "internal/settings/resource.go",
		"", "",
		"a write needs a line|never wider than the plan",
	},
	{
		"the fingerprint left out", "internal/allowlist/plan.go",
		"", "",
		"never wider than the plan|a write needs a line",
	},
	{
		"removals before additions", "internal/allowlist/apply.go",
		"", "",
		"nobody who stays is refused",
	},
	{
		"a consumer that is gone written again", "internal/allowlist/plan.go",
		"", "",
		"a plan fails for a reason|an apply fails for a reason",
	},
	{
		"kept permissions set again", "internal/allowlist/reconcile.go",
		"", "",
		"a write needs a line|never wider than the plan",
	},
	{
		"the state recorded as planned after a failure", "internal/allowlist/apply.go",
		"", "",
		"state = server",
	},
}

// The walks can fail: each mistake, made on purpose in a copy of one file, is noticed within 2,000.
//
//nolint:paralleltest // each is a build, and walks that take all cores
func TestBreakages(t *testing.T) {
	if !*breaks {
		t.Skip("make contract runs them")
	}
	for _, b := range breakages {
		t.Run(b.name, func(t *testing.T) {
			if b.from == "" {
				t.Skip("its place in the provider is not known yet")
			}
			mistake := acctest.Mistake{File: b.file, From: b.from, To: b.to}
			output := mistake.Test(t, "-run", "TestWalks", "./internal/contract", "-walks=2000", "-failures=1", "-shrink=false")
			if !regexp.MustCompile(b.judge).MatchString(output) {
				t.Fatalf("no judge says %q:\n%s", b.judge, output)
			}
			fmt.Printf("noticed: %s\n", b.name)
		})
	}
}
