package gitlab_test

import (
	"slices"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
)

func TestRoles(t *testing.T) {
	t.Parallel()
	for level, want := range map[int64]string{10: "guest", 15: "planner", 20: "reporter", 25: "security_manager", 30: "developer", 40: "maintainer", 50: "owner", 5: "5", 60: "60"} {
		if got := gitlab.RoleName(level); got != want {
			t.Errorf("%d is %q, want %q", level, got, want)
		}
		if known := slices.Contains(gitlab.RoleNames(), want); known != (gitlab.RoleLevel(want) == level) {
			t.Errorf("%q has the level %d", want, gitlab.RoleLevel(want))
		}
	}
}
