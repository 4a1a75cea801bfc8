package emulator_test

import (
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator"
)

// What cannot be granted is refused, rather than granted in name.
func TestFineGrainedTokensAreRefusedHonestly(t *testing.T) {
	t.Parallel()
	const path = "/-/emulator/tokens"
	grant := func(body string) request { return request{"root", post, path, body} }
	i := start(t, emulator.Options{Seed: "acme"})
	i.play(t, []step{
		{"for administrators", request{"terraform", post, path, `{"user":"terraform"}`}, 403, `{"message":"403 Forbidden"}`},
		{"nobody", grant(`{"user":"nobody"}`), 404, `{"message":"404 User Not Found"}`},
		{"an unknown permission", grant(`{"user":"terraform","permissions":["read_everything"]}`), 400, `{"message":"the permission read_everything is not modelled"}`},
		{"an unknown member", grant(`{"user":"terraform","scopes":["api"]}`), 400, `~unknown field`},
		{"no permission", grant(`{"user":"terraform"}`), 201, `~"token":"glpat-`},
	})
	for _, version := range []string{"17.11", "18.4"} {
		old := start(t, emulator.Options{Seed: "acme", Version: version})
		old.play(t, []step{{version, grant(`{"user":"terraform"}`), 400, `~has no fine-grained tokens`}})
	}
}
