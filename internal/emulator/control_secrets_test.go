package emulator_test

import (
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator"
)

// The tokens of users, which every instance has, are none of the secrets.
func TestSecretsAreForAdministrators(t *testing.T) {
	t.Parallel()
	start(t, emulator.Options{Seed: "acme"}).play(t, []step{
		{"none yet", request{"root", get, "/-/emulator/secrets", ""}, 200, `[]`},
		{"for administrators", request{"terraform", get, "/-/emulator/secrets", ""}, 403, `{"message":"403 Forbidden"}`},
	})
}
