package provider_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// sample is a value of a type in which as little as possible is null, as JSON.
func sample(of tftypes.Type) string {
	switch of := of.(type) {
	case tftypes.Object:
		var members []string
		for name, member := range of.AttributeTypes {
			members = append(members, fmt.Sprintf("%q:%s", name, sample(member)))
		}
		return "{" + strings.Join(members, ",") + "}"
	case tftypes.Map:
		return fmt.Sprintf(`{"acme/app":%s}`, sample(of.ElementType))
	case tftypes.Set:
		return "[" + sample(of.ElementType) + "]"
	case tftypes.List:
		return "[" + sample(of.ElementType) + "]"
	}
	switch {
	case of.Is(tftypes.Number):
		return "12"
	case of.Is(tftypes.Bool):
		return "true"
	default:
		return `"acme"`
	}
}

// Every resource takes over a state of its own type that another address of this provider has written: state,
// private state and identity as they are.
func TestMoveOwn(t *testing.T) {
	t.Parallel()
	p := acctest.NewProtocol(t)
	identities, err := p.GetResourceIdentitySchemas(t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		t.Fatal(err)
	}
	const private = `{"known":"eyJ2ZXJzaW9uIjoxfQ=="}`
	for name, schema := range p.Schemas.ResourceSchemas {
		for kind, c := range map[string]struct {
			typeName, address string
			version           int64
			wrong             string
		}{
			"OpenTofu's registry":  {name, "registry.opentofu.org/jobtoken/jobtoken", schema.Version, ""},
			"a private namespace":  {name, "registry.example.com/acme/jobtoken", schema.Version, ""},
			"the last part alone":  {name, "jobtoken", schema.Version, ""},
			"a newer version":      {name, "registry.example.com/acme/jobtoken", schema.Version + 1, "A newer version of the provider wrote this state"},
			"another provider":     {name, "registry.terraform.io/acme/notjobtoken", schema.Version, "Source Provider Address"},
			"a type of its own":    {"jobtoken_other", "registry.example.com/acme/jobtoken", schema.Version, "Source Resource Type"},
			"the official address": {name, "registry.terraform.io/gitlabhq/gitlab", schema.Version, "Source Provider Address"},
		} {
			t.Run(name+", "+kind, func(t *testing.T) {
				t.Parallel()
				of := schema.ValueType()
				state := sample(of)
				identityOf := identities.IdentitySchemas[name].ValueType()
				resp, err := p.MoveResourceState(t.Context(), &tfprotov6.MoveResourceStateRequest{
					SourceProviderAddress: c.address, SourceTypeName: c.typeName, SourceSchemaVersion: c.version, TargetTypeName: name,
					// A later version may have more attributes.
					SourceState: &tfprotov6.RawState{JSON: []byte(strings.Replace(state, "{", `{"of_a_later_version":1,`, 1))}, SourcePrivate: []byte(private),
					SourceIdentity: &tfprotov6.RawState{JSON: []byte(sample(identityOf))},
				})
				if err != nil {
					t.Fatal(err)
				}
				if c.wrong != "" {
					if len(resp.Diagnostics) != 1 || !strings.Contains(resp.Diagnostics[0].Detail, c.wrong) {
						t.Errorf("not refused: %v", resp.Diagnostics)
					}
					return
				}
				for _, d := range resp.Diagnostics {
					t.Fatalf("%s: %s", d.Summary, d.Detail)
				}
				want, err := (&tfprotov6.RawState{JSON: []byte(state)}).Unmarshal(of)
				if err != nil {
					t.Fatal(err)
				}
				if got, err := resp.TargetState.Unmarshal(of); err != nil || !got.Equal(want) {
					t.Errorf("the state became %s, %v", got, err)
				}
				if string(resp.TargetPrivate) != private {
					t.Errorf("the private state became %s", resp.TargetPrivate)
				}
				wantIdentity, err := (&tfprotov6.RawState{JSON: []byte(sample(identityOf))}).Unmarshal(identityOf)
				if err != nil {
					t.Fatal(err)
				}
				if got, err := resp.TargetIdentity.IdentityData.Unmarshal(identityOf); err != nil || !got.Equal(wantIdentity) {
					t.Errorf("the identity became %s, %v", got, err)
				}
			})
		}
	}
}

// A state of a private namespace moves to this address without a write, and nothing is planned beside it.
func TestAccMoveOwn_namespace(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, other, app := g.Project(t, "shared-lib"), g.Project(t, "other"), g.Project(t, "app")
	resources := func(label string) string {
		return fmt.Sprintf(`
resource "jobtoken_allowlist" %[1]q {
  project  = %[2]q
  projects = { %[4]q = {} }
}

resource "jobtoken_allowlist_entry" %[1]q {
  project        = %[3]q
  target_project = %[4]q
}

resource "jobtoken_settings" %[1]q {
  project                 = %[3]q
  push_repository_allowed = true
}

resource "jobtoken_project_deploy_token" %[1]q {
  project    = %[2]q
  name       = "machines"
  scopes     = ["read_repository"]
  rotation   = { every_days = 90, overlap_days = 14 }
  deliveries = { password = { project = %[4]q, key = "PASSWORD" } }
}
`, label, source.Path, other.Path, app.Path)
	}
	cli := acctest.NewCLI(t, g, resources("old"))
	cli.Apply(t, 0)
	path := filepath.Join(cli.Dir, "terraform.tfstate")
	state, err := os.ReadFile(path) //nolint:gosec // the test's own folder
	if err != nil {
		t.Fatal(err)
	}
	ours := acctest.HostOfCLI() + "/jobtoken/jobtoken"
	if !strings.Contains(string(state), ours) {
		t.Fatalf("%s is not in the state", ours)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(state), ours, acctest.HostOfCLI()+"/acme/jobtoken")), 0o600); err != nil { //nolint:gosec // as above
		t.Fatal(err)
	}
	cli.OverrideToo(t, "acme/jobtoken")
	moves := ""
	for _, typeName := range []string{"jobtoken_allowlist", "jobtoken_allowlist_entry", "jobtoken_settings", "jobtoken_project_deploy_token"} {
		moves += fmt.Sprintf("moved {\n  from = %[1]s.old\n  to   = %[1]s.new\n}\n", typeName)
	}
	cli.Configure(t, resources("new")+moves)
	g.ForgetRequests(t)
	shows(t, cli.Apply(t, 0), "0 added, 0 changed, 0 destroyed")
	if requests, ok := g.Requests(t); ok && len(requests.Writes()) > 0 {
		t.Errorf("the move wrote %v", requests.Writes())
	}
	// Neither the list nor the token would be known without private state.
	cli.Plan(t, acctest.NoChanges)
}
