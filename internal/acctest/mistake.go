package acctest

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Mistake is one that is made on purpose, to see that tests notice it.
type Mistake struct {
	// File, from the module's root, holds From once; To is what it is replaced with.
	File, From, To string
}

// Test runs "go test" with the mistake in a copy of the file and gives what the tests say. They must fail.
func (m Mistake) Test(t testing.TB, args ...string) string {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	original := filepath.Join(root, m.File)
	text, err := os.ReadFile(original) //nolint:gosec // a file of a table
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(text), m.From) != 1 {
		t.Fatalf("%s holds %q %d times", m.File, m.From, strings.Count(string(text), m.From))
	}
	broken := filepath.Join(t.TempDir(), "broken.go")
	if err := os.WriteFile(broken, []byte(strings.Replace(string(text), m.From, m.To, 1)), 0o600); err != nil { //nolint:gosec // in a folder of the test
		t.Fatal(err)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{original: broken}})
	if err != nil {
		t.Fatal(err)
	}
	at := filepath.Join(t.TempDir(), "overlay.json")
	if err := os.WriteFile(at, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"test", "-overlay", at}, args...)...) //nolint:gosec // as above
	cmd.Dir = root
	output, err := cmd.CombinedOutput()
	if err == nil {
		t.Fatalf("nothing notices it:\n%s", output)
	}
	return string(output)
}
