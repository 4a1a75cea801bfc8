package allowlist

import (
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/private/golden"
)

func TestFormat(t *testing.T) {
	t.Parallel()
	golden.Check(t, "known", privateFormat)
}
