package acctest

import (
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/version"
)

// The variables that choose the embedded GitLab for a whole run: a version such as 18.4, and names of
// uncertain facts to have the other way round, joined by commas, or "all". Tests that ask for a
// version of their own keep it, with no fact flipped but those they name.
const (
	versionVariable = "JOBTOKEN_TEST_GITLAB_VERSION"
	flipsVariable   = "JOBTOKEN_TEST_GITLAB_FLIPS"
)

// chosen are the options with what the environment chooses.
func chosen(options emulator.Options) emulator.Options {
	if options.Version != "" {
		return options
	}
	options.Version = os.Getenv(versionVariable)
	if flips := os.Getenv(flipsVariable); flips != "" {
		options.Flip = append(slices.Clone(options.Flip), strings.Split(flips, ",")...)
	}
	return options
}

// Version is what the GitLab says it is.
func (g *GitLab) Version(t testing.TB) version.Version {
	t.Helper()
	g.versionOnce.Do(func() {
		var metadata struct {
			Version string `json:"version"`
		}
		g.Admin(t, http.MethodGet, "/metadata", nil, &metadata)
		parsed, err := version.Parse(metadata.Version)
		if err != nil {
			t.Fatal(err)
		}
		g.version = parsed
	})
	return g.version
}

// Since tells whether the GitLab is of a version such as 18.1, or newer.
func (g *GitLab) Since(t testing.TB, text string) bool {
	t.Helper()
	wanted, err := version.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return !g.Version(t).Less(wanted)
}

// NeedsVersion skips a test of what came with a version of GitLab, such as 18.1.
func NeedsVersion(t testing.TB, g *GitLab, text string) {
	t.Helper()
	if !g.Since(t, text) {
		t.Skipf("this came with GitLab %s; the GitLab here is %s", text, g.Version(t))
	}
}

// Flipped tells whether the embedded GitLab has an uncertain fact the other way round: a name such as
// "enforcement-keeps-stored-off". Of a real GitLab nobody knows.
func (g *GitLab) Flipped(name string) bool {
	return slices.Contains(g.flips, name) || slices.Contains(g.flips, "all")
}

// Planting is what the embedded GitLab is to hold though no API of it makes such a thing.
type Planting struct {
	OutboundEnabled         *bool                `json:"outbound_enabled,omitempty"`
	OutboundTargets         []string             `json:"outbound_targets,omitempty"`
	Permissions             []PlantedPermissions `json:"permissions,omitempty"`
	AuthLog                 []PlantedUse         `json:"auth_log,omitempty"`
	JobTokenPoliciesEnabled *bool                `json:"job_token_policies_enabled,omitempty"`
}

// PlantedPermissions are stored for the entry of a target, which is made where there is none. GitLab
// need not know the names.
type PlantedPermissions struct {
	Target string   `json:"target"`
	Names  []string `json:"names"`
}

// PlantedUse is a row of the authentication log.
type PlantedUse struct {
	Origin           string    `json:"origin"`
	LastAuthorizedAt time.Time `json:"last_authorized_at"`
}

// Plant writes past GitLab's rules. Tests that need it say so with [NeedsEmbedded].
func (g *GitLab) Plant(t testing.TB, project Project, planting Planting) {
	t.Helper()
	body := struct {
		Project int64 `json:"project"`
		Planting
	}{project.ID, planting}
	g.call(t, g.admin, http.MethodPost, "/-/emulator/plant", body, nil)
}

// permitFineGrained switches fine-grained permissions on for the namespace of a project where a
// setting, and not the version, decides. A real GitLab of that age has it set by hand.
func (g *GitLab) permitFineGrained(t testing.TB, project Project) {
	t.Helper()
	if g.Embedded() && !g.Since(t, "18.3") {
		on := true
		g.Plant(t, project, Planting{JobTokenPoliciesEnabled: &on})
	}
}

// crossProjectPush is the name of the toggle, empty where this GitLab does not have it.
func (g *GitLab) crossProjectPush(t testing.TB) string {
	t.Helper()
	if !g.Since(t, "19.0") {
		return ""
	}
	return "crossProjectPushForJobTokenAllowed"
}
