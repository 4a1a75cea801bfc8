package official_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/official"
)

type project struct {
	Project official.Text `json:"project"`
}

func TestRead(t *testing.T) {
	t.Parallel()
	const address = "registry.terraform.io/gitlabhq/gitlab"
	for name, c := range map[string]struct {
		typeName, address, state string
		want                     official.Text
		ok, fails                bool
	}{
		"a text":                  {"gitlab_a", address, `{"project":"acme/app"}`, "acme/app", true, false},
		"a number":                {"gitlab_a", address, `{"project":12}`, "12", true, false},
		"null":                    {"gitlab_a", address, `{"project":null}`, "", true, false},
		"left out":                {"gitlab_a", address, `{}`, "", true, false},
		"OpenTofu's registry":     {"gitlab_b", "registry.opentofu.org/gitlabhq/gitlab", `{"project":"1"}`, "1", true, false},
		"OpenTofu before 1.12.4":  {"gitlab_b", "gitlab", `{"project":"1"}`, "1", true, false},
		"OpenTofu with for_each":  {"gitlab_b", "registry.opentofu.org/jobtoken/jobtoken", `{"project":"1"}`, "1", true, false},
		"both":                    {"gitlab_b", "jobtoken", `{"project":"1"}`, "1", true, false},
		"our address, their type": {"gitlab_c", "registry.opentofu.org/jobtoken/jobtoken", `{"project":"1"}`, "", false, false},
		"another type":            {"gitlab_c", address, `{"project":"1"}`, "", false, false},
		"another provider":        {"gitlab_a", "registry.terraform.io/acme/gitlab", `{"project":"1"}`, "", false, false},
		"what cannot be a state":  {"gitlab_a", address, `[]`, "", false, true},
		"a look-alike of the end": {"gitlab_a", "example.com/notgitlabhq/gitlab", `{}`, "", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			state, ok, diags := official.Read[project](resource.MoveStateRequest{
				SourceTypeName: c.typeName, SourceProviderAddress: c.address, SourceRawState: &tfprotov6.RawState{JSON: []byte(c.state)},
			}, "gitlab_a", "gitlab_b")
			if state.Project != c.want || ok != c.ok || diags.HasError() != c.fails {
				t.Errorf("got %q, %t, %v", state.Project, ok, diags)
			}
		})
	}
}

func TestReference(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		texts []official.Text
		text  types.String
		id    types.Int64
	}{
		"a path":       {[]official.Text{"acme/app"}, types.StringValue("acme/app"), types.Int64Null()},
		"an id":        {[]official.Text{"12"}, types.StringValue("12"), types.Int64Value(12)},
		"the second":   {[]official.Text{"", "12"}, types.StringValue("12"), types.Int64Value(12)},
		"none of them": {[]official.Text{"", ""}, types.StringNull(), types.Int64Null()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if text, id := official.Reference(c.texts...); !text.Equal(c.text) || !id.Equal(c.id) {
				t.Errorf("got %s, %s", text, id)
			}
		})
	}
}
