package acctest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// storedSuffix is that of the files in which the stand-in keeps what it is given.
const storedSuffix = ".stored"

// WithVault has the CLI use a stand-in for hashicorp/vault, whose vault_kv_secret_v2 takes a secret by a
// write-only argument.
func (c *CLI) WithVault(t testing.TB) {
	t.Helper()
	c.override(t, "hashicorp/vault", vault)
}

// Stored are the values that reached the stand-in's secret of a name, in order; "null" is none.
func (c *CLI) Stored(t testing.TB, name string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(c.Dir, strings.ReplaceAll(name, "/", "-")+storedSuffix)) //nolint:gosec // of the test
	if err != nil {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}
