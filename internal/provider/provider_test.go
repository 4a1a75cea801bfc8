package provider_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
	jobtoken "github.com/jobtoken/terraform-provider-jobtoken/internal/provider"
)

// The framework's own rules for schemas hold for everything the provider offers.
func TestSchemasAreValid(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	p := jobtoken.New("test")()
	var block provider.SchemaResponse
	p.Schema(ctx, provider.SchemaRequest{}, &block)
	if diags := block.Schema.ValidateImplementation(ctx); diags.HasError() {
		t.Errorf("provider: %v", diags)
	}
	for _, newResource := range p.Resources(ctx) {
		r := newResource()
		var name resource.MetadataResponse
		r.Metadata(ctx, resource.MetadataRequest{ProviderTypeName: "jobtoken"}, &name)
		var schema resource.SchemaResponse
		r.Schema(ctx, resource.SchemaRequest{}, &schema)
		if diags := schema.Schema.ValidateImplementation(ctx); diags.HasError() {
			t.Errorf("resource %s: %v", name.TypeName, diags)
		}
		identified, ok := r.(resource.ResourceWithIdentity)
		if !ok {
			t.Errorf("resource %s has no identity", name.TypeName)
			continue
		}
		var identity resource.IdentitySchemaResponse
		identified.IdentitySchema(ctx, resource.IdentitySchemaRequest{}, &identity)
		if diags := identity.IdentitySchema.ValidateImplementation(ctx); diags.HasError() {
			t.Errorf("identity of %s: %v", name.TypeName, diags)
		}
	}
	for _, newDataSource := range p.DataSources(ctx) {
		d := newDataSource()
		var name datasource.MetadataResponse
		d.Metadata(ctx, datasource.MetadataRequest{ProviderTypeName: "jobtoken"}, &name)
		var schema datasource.SchemaResponse
		d.Schema(ctx, datasource.SchemaRequest{}, &schema)
		if diags := schema.Schema.ValidateImplementation(ctx); diags.HasError() {
			t.Errorf("data source %s: %v", name.TypeName, diags)
		}
	}
}

// The documentation is made of descriptions: every attribute, at every depth, has one in Markdown.
func TestEverythingIsDescribed(t *testing.T) {
	t.Parallel()
	schemas := acctest.NewProtocol(t).Schemas
	blocks := map[string]*tfprotov6.Schema{"provider": schemas.Provider}
	for name, schema := range schemas.ResourceSchemas {
		blocks["resource "+name] = schema
	}
	for name, schema := range schemas.DataSourceSchemas {
		blocks["data source "+name] = schema
	}
	for name, schema := range blocks {
		if schema.Block.Description == "" || schema.Block.DescriptionKind != tfprotov6.StringKindMarkdown {
			t.Errorf("%s has no description in Markdown", name)
		}
		described(t, name, schema.Block.Attributes)
	}
}

func described(t *testing.T, of string, attributes []*tfprotov6.SchemaAttribute) {
	t.Helper()
	for _, attribute := range attributes {
		name := of + "." + attribute.Name
		if attribute.Description == "" || attribute.DescriptionKind != tfprotov6.StringKindMarkdown {
			t.Errorf("%s has no description in Markdown", name)
		}
		if attribute.NestedType != nil {
			described(t, name, attribute.NestedType.Attributes)
		}
	}
}

// What holds secrets is never shown in a plan.
func TestSecretsAreSensitive(t *testing.T) {
	t.Parallel()
	want := map[string]bool{"token": true, "headers": true}
	got := map[string]bool{}
	for _, attribute := range acctest.NewProtocol(t).Schemas.Provider.Block.Attributes {
		if attribute.Sensitive {
			got[attribute.Name] = true
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("sensitive are %v, want %v", got, want)
	}
}

// A plan decodes configuration, state and plan into the models: each has a field for every attribute.
// What is required being unknown, GitLab is not asked.
func TestModelsFitSchemas(t *testing.T) {
	t.Parallel()
	p := acctest.NewProtocol(t)
	succeeded(t, p.Configure(t, map[string]any{"base_url": "https://gitlab.invalid", "token": "glpat-of-nobody"}))
	for name, schema := range p.Schemas.ResourceSchemas {
		of := schema.ValueType()
		required := map[string]any{}
		for _, attribute := range schema.Block.Attributes {
			if attribute.Required && slices.Contains([]string{"project", "group", "enabled"}, attribute.Name) {
				required[attribute.Name] = tftypes.UnknownValue
			}
		}
		if len(required) == 0 {
			t.Errorf("%s requires nothing that may be unknown", name)
		}
		config := acctest.Encode(t, of, required)
		prior, err := tfprotov6.NewDynamicValue(of, tftypes.NewValue(of, nil))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := p.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{
			TypeName: name, PriorState: &prior, ProposedNewState: config, Config: config,
		})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		succeeded(t, resp.Diagnostics)
		planned := acctest.Decode(t, of, resp.PlannedState)
		for parent := range required {
			if id, is := planned[parent+"_id"]; is && id.IsKnown() {
				t.Errorf("%s: %s_id is planned as %s while the %s is unknown", name, parent, id, parent)
			}
		}
	}
}
