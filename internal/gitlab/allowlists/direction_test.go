package allowlists_test

import (
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/gitlabtest"
)

// Up to 17.x GitLab takes a removal without a direction for one from the legacy outbound list, and
// answers that the entry is not there.
func TestRemovalNamesTheInboundList(t *testing.T) {
	t.Parallel()
	for _, serverVersion := range []string{"17.11.0", "18.11.0", "19.4.0"} {
		t.Run(serverVersion, func(t *testing.T) {
			t.Parallel()
			s := changing(t, gitlabtest.OnList(2))
			s.Version = serverVersion
			s.On("RemoveProjects", func(r gitlabtest.Request, _ func() gitlabtest.Reply) gitlabtest.Reply {
				return s.Aliased(r, func(raw any) any {
					if gitlabtest.InputOf(raw)["direction"] != "INBOUND" && serverVersion < "19" {
						return gitlabtest.Refused("Target project is not in the job token scope")
					}
					return s.Remove(raw, "targetProjectPath")
				})
			})
			wantKinds(t, change(t, connect(s), remove(gitlabtest.Target(2))), 0)
			s.WantList()
		})
	}
}
