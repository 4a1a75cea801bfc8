package share

import (
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/private/golden"
)

func TestFormats(t *testing.T) {
	t.Parallel()
	golden.Check(t, "share", privateFormat)
}
