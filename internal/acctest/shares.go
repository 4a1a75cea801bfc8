package acctest

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"
)

// Share gives a group a role in a project by hand.
func (g *GitLab) Share(t testing.TB, project Project, group Group, role Role) {
	t.Helper()
	g.Admin(t, http.MethodPost, fmt.Sprintf("/projects/%d/share", project.ID), map[string]any{"group_id": group.ID, "group_access": role}, nil)
}

// Unshare takes a group's role in a project away by hand.
func (g *GitLab) Unshare(t testing.TB, project Project, group Group) {
	t.Helper()
	g.Admin(t, http.MethodDelete, fmt.Sprintf("/projects/%d/share/%d", project.ID, group.ID), nil, nil)
}

// Shares are the roles that groups have in a project, by path: "30", or "30 until 2027-01-31".
func (g *GitLab) Shares(t testing.TB, project Project) map[string]string {
	t.Helper()
	var answer struct {
		Shares []struct {
			Path      string  `json:"group_full_path"`
			Level     int     `json:"group_access_level"`
			ExpiresAt *string `json:"expires_at"`
		} `json:"shared_with_groups"`
	}
	g.Admin(t, http.MethodGet, fmt.Sprintf("/projects/%d", project.ID), nil, &answer)
	shares := map[string]string{}
	for _, share := range answer.Shares {
		shares[share.Path] = strconv.Itoa(share.Level)
		if share.ExpiresAt != nil {
			shares[share.Path] += " until " + *share.ExpiresAt
		}
	}
	return shares
}
