package acctest

import (
	"encoding/json"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// versionOfCLI is asked for once.
var versionOfCLI = sync.OnceValues(func() (string, error) {
	output, err := exec.Command(cli(), "version", "-json").Output() //nolint:gosec,noctx // the CLI under test
	if err != nil {
		return "", err
	}
	var cli struct {
		Version string `json:"terraform_version"` // OpenTofu names its own so
	}
	return cli.Version, json.Unmarshal(output, &cli)
})

// NeedsCLI skips a test of what came with version 1.minor of Terraform, and of OpenTofu too.
func NeedsCLI(t testing.TB, minor int, what string) {
	t.Helper()
	text, err := versionOfCLI()
	if err != nil {
		t.Fatal(err)
	}
	major, rest, _ := strings.Cut(text, ".")
	number, _, _ := strings.Cut(rest, ".")
	if has, err := strconv.Atoi(number); err != nil || major == "1" && has < minor {
		t.Skipf("%s came with Terraform 1.%d and OpenTofu 1.%[2]d; this is %[3]s", what, minor, text)
	}
}

// NeedsTerraform skips a test of what came with version 1.minor of Terraform, and not yet with OpenTofu.
func NeedsTerraform(t testing.TB, minor int, what string) {
	t.Helper()
	if HostOfCLI() != hostOfTerraform {
		t.Skipf("OpenTofu has no %s", what)
	}
	NeedsCLI(t, minor, what)
}
