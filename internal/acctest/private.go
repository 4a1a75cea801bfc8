package acctest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// Private rewrites the private state, by key, of the resources of a type.
func (c *CLI) Private(t testing.TB, typeName string, rewrite func(values map[string][]byte)) {
	t.Helper()
	path := filepath.Join(c.Dir, "terraform.tfstate")
	text, err := os.ReadFile(path) //nolint:gosec // the state of a test
	if err != nil {
		t.Fatal(err)
	}
	var state map[string]any
	if err := json.Unmarshal(text, &state); err != nil {
		t.Fatal(err)
	}
	found := false
	resources, _ := state["resources"].([]any)
	for _, resource := range resources {
		of, _ := resource.(map[string]any)
		instances, _ := of["instances"].([]any)
		for _, instance := range instances {
			if it, _ := instance.(map[string]any); of["type"] == typeName {
				found = true
				it["private"] = rewritten(t, it["private"], rewrite)
			}
		}
	}
	if !found {
		t.Fatalf("the state has no %s", typeName)
	}
	if text, err = json.Marshal(state); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// rewritten is private state as Terraform stores it: the framework's JSON in base64, values in base64 again.
func rewritten(t testing.TB, stored any, rewrite func(map[string][]byte)) []byte {
	t.Helper()
	var raw []byte
	values := map[string][]byte{}
	text, err := json.Marshal(stored)
	if err == nil {
		err = json.Unmarshal(text, &raw)
	}
	if err == nil && len(raw) > 0 {
		err = json.Unmarshal(raw, &values)
	}
	if err != nil {
		t.Fatal(err)
	}
	rewrite(values)
	if raw, err = json.Marshal(values); err != nil {
		t.Fatal(err)
	}
	return raw
}
