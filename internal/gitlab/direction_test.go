package gitlab_test

import "testing"

// Up to 17.x GitLab takes a removal without a direction for one from the legacy outbound list, and
// answers that the entry is not there.
func TestRemovalNamesTheInboundList(t *testing.T) {
	t.Parallel()
	for _, serverVersion := range []string{"17.11.0", "18.11.0", "19.4.0"} {
		t.Run(serverVersion, func(t *testing.T) {
			t.Parallel()
			s := changing(t, onList(2))
			s.version = serverVersion
			s.on("RemoveProjects", func(r request, _ func() reply) reply {
				return s.aliased(r, func(raw any) any {
					if inputOf(raw)["direction"] != "INBOUND" && serverVersion < "19" {
						return refused("Target project is not in the job token scope")
					}
					return s.remove(raw, "targetProjectPath")
				})
			})
			wantKinds(t, change(t, s.client(), remove(target(2))), 0)
			s.wantList()
		})
	}
}
