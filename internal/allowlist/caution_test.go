package allowlist

import (
	"os"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
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

// A group and a project may have the same number: what the one had is nothing that the other loses.
func TestWideningIsNotToldOfAnothersNumber(t *testing.T) {
	t.Parallel()
	of := func(kind gitlab.Kind, path string, permissions allowlists.Permissions) entry {
		return entry{kind: kind, key: path, text: path, target: gitlab.Target{Kind: kind, ID: 6, Path: path}, permissions: permissions, permissionsKnown: true}
	}
	fine, wide := allowlists.FineGrained("read_jobs"), allowlists.DefaultPermissions()
	before := []entry{of(gitlab.KindProject, "acme/reports", fine), of(gitlab.KindGroup, "acme/platform", wide)}
	if lines := alsoWidened([]entry{of(gitlab.KindProject, "acme/reports", fine), of(gitlab.KindGroup, "acme/platform", wide)}, before, nil); lines != nil {
		t.Errorf("nothing is widened, and it says %q", lines)
	}
	if lines := alsoWidened([]entry{of(gitlab.KindProject, "acme/reports", wide), of(gitlab.KindGroup, "acme/platform", wide)}, before, nil); len(lines) != 1 || !strings.Contains(lines[0], "project acme/reports (id 6), which has read_jobs in the state") {
		t.Errorf("the project is widened, and it says %q", lines)
	}
}
