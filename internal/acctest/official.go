package acctest

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

const hostOfTerraform = "registry.terraform.io"

// HostOfCLI is the registry host that the CLI under test takes for granted.
func HostOfCLI() string {
	if host := os.Getenv("TF_ACC_PROVIDER_HOST"); host != "" {
		return host
	}
	return hostOfTerraform
}

// FromOfficial gives the folder a state that gitlabhq/gitlab wrote: one resource of a type, with the
// schema version and attributes recorded from it. A stand-in with its schemas takes that provider's
// place.
func (c *CLI) FromOfficial(t testing.TB, typeName string, version int, attributes map[string]any) {
	t.Helper()
	c.fromOfficial(t, typeName, []any{recorded(version, attributes)})
}

// FromOfficialEach is [CLI.FromOfficial] for a resource with for_each, with the attributes by key.
func (c *CLI) FromOfficialEach(t testing.TB, typeName string, version int, attributes map[string]map[string]any) {
	t.Helper()
	var instances []any
	for _, key := range slices.Sorted(maps.Keys(attributes)) {
		one := recorded(version, attributes[key])
		one["index_key"] = key
		instances = append(instances, one)
	}
	c.fromOfficial(t, typeName, instances)
}

func recorded(version int, attributes map[string]any) map[string]any {
	return map[string]any{"schema_version": version, "attributes": attributes, "sensitive_attributes": []any{}}
}

// fromOfficial adds a resource to the state of the folder.
func (c *CLI) fromOfficial(t testing.TB, typeName string, instances []any) {
	t.Helper()
	c.override(t, "gitlabhq/gitlab", official)
	resource := map[string]any{
		"mode": "managed", "type": typeName, "name": "old",
		"provider":  "provider[\"" + HostOfCLI() + "/gitlabhq/gitlab\"]",
		"instances": instances,
	}
	if len(instances) > 1 {
		resource["each"] = "map"
	}
	state := map[string]any{
		"version": 4, "terraform_version": "1.8.0", "serial": 1, "lineage": "3f6d2a52-6a3f-4a4e-9d0e-0d7c5a2f9b11",
		"outputs": map[string]any{}, "check_results": nil,
		"resources": []any{resource},
	}
	text, err := json.MarshalIndent(state, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	c.write(t, filepath.Join(c.Dir, "terraform.tfstate"), string(text))
}
