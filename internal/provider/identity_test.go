package provider_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// identified are the resources that a project's number identifies.
var identified = []string{"jobtoken_allowlist", "jobtoken_settings"}

func TestIdentitySchemas(t *testing.T) {
	t.Parallel()
	for _, name := range identified {
		schema := identities(t, acctest.NewProtocol(t))[name]
		if schema == nil {
			t.Errorf("%s has no identity", name)
			continue
		}
		if len(schema.IdentityAttributes) != 1 {
			t.Fatalf("the identity of %s has %d attributes, want one", name, len(schema.IdentityAttributes))
		}
		attribute := schema.IdentityAttributes[0]
		if attribute.Name != "project_id" || !attribute.Type.Is(tftypes.Number) || !attribute.RequiredForImport || attribute.Description == "" {
			t.Errorf("the identity of %s is %+v", name, attribute)
		}
	}
}

func identities(t *testing.T, p *acctest.Protocol) map[string]*tfprotov6.ResourceIdentitySchema {
	t.Helper()
	resp, err := p.GetResourceIdentitySchemas(t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		t.Fatal(err)
	}
	succeeded(t, resp.Diagnostics)
	return resp.IdentitySchemas
}

// An import by identity stores the id, and the read after it fills in the rest.
func TestImportByIdentity(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	project := g.Project(t, "app")
	p := acctest.NewProtocol(t)
	succeeded(t, p.Configure(t, map[string]any{"base_url": g.BaseURL, "token": g.Token, "allow_plain_http": true}))
	for _, name := range identified {
		imported := importByIdentity(t, p, name, project.ID)
		read := readImported(t, p, imported)
		succeeded(t, read.Diagnostics)

		identity := acctest.Decode(t, identities(t, p)[name].ValueType(), read.NewIdentity.IdentityData)["project_id"]
		state := acctest.Decode(t, p.Schemas.ResourceSchemas[name].ValueType(), read.NewState)
		want := tftypes.NewValue(tftypes.Number, project.ID)
		if !identity.Equal(want) || !state["project_id"].Equal(want) {
			t.Errorf("%s: the identity is %s and the state has %s, want %s", name, identity, state["project_id"], want)
		}
		if path := tftypes.NewValue(tftypes.String, project.Path); !state["project"].Equal(path) {
			t.Errorf("%s: the state has %s, want %s", name, state["project"], path)
		}
	}
}

// A number that is no visible project's is an error, not a resource that is gone.
func TestImportByIdentityOfNothing(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	hidden := g.Hidden(t, "secret")
	p := acctest.NewProtocol(t)
	succeeded(t, p.Configure(t, map[string]any{"base_url": g.BaseURL, "token": g.Token, "allow_plain_http": true}))
	for _, name := range identified {
		read := readImported(t, p, importByIdentity(t, p, name, hidden.ID))
		complains(t, read.Diagnostics, "", "GitLab does not tell what is missing from what is hidden")
	}
}

func importByIdentity(t *testing.T, p *acctest.Protocol, name string, id int64) *tfprotov6.ImportedResource {
	t.Helper()
	of := identities(t, p)[name].ValueType()
	resp, err := p.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{
		TypeName: name,
		Identity: &tfprotov6.ResourceIdentityData{IdentityData: acctest.Encode(t, of, map[string]any{"project_id": id})},
	})
	if err != nil {
		t.Fatal(err)
	}
	succeeded(t, resp.Diagnostics)
	if len(resp.ImportedResources) != 1 {
		t.Fatalf("%s: %d resources were imported, want one", name, len(resp.ImportedResources))
	}
	return resp.ImportedResources[0]
}

func readImported(t *testing.T, p *acctest.Protocol, imported *tfprotov6.ImportedResource) *tfprotov6.ReadResourceResponse {
	t.Helper()
	resp, err := p.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{
		TypeName: imported.TypeName, CurrentState: imported.State, Private: imported.Private, CurrentIdentity: imported.Identity,
	})
	if err != nil {
		t.Fatal(err)
	}
	return resp
}
