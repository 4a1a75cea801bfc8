package allowlist

import (
	"os"
	"strings"
	"testing"
)

// Each caution is explained in the guide, under its title.
func TestCautionsAreDocumented(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../templates/guides/least-privilege.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cautions {
		if !strings.Contains(string(guide), "\n### "+string(c.title)+"\n") {
			t.Errorf("the guide has no heading %q", c.title)
		}
	}
}
