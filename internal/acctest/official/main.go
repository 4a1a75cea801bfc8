// Command official stands in for gitlabhq/gitlab in tests of moves: it offers the schemas of that
// provider's job token resources, which the CLI needs to read a state, and nothing more.
package main

import (
	"context"
	"log"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func main() {
	err := providerserver.Serve(context.Background(), func() provider.Provider { return standIn{} },
		providerserver.ServeOpts{Address: "registry.terraform.io/gitlabhq/gitlab", ProtocolVersion: 6})
	if err != nil {
		log.Fatal(err)
	}
}

type standIn struct{}

func (standIn) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "gitlab"
}

func (standIn) Schema(context.Context, provider.SchemaRequest, *provider.SchemaResponse) {}

func (standIn) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {}

func (standIn) DataSources(context.Context) []func() datasource.DataSource { return nil }

func (standIn) Resources(context.Context) []func() resource.Resource {
	scopes := map[string]schema.Attribute{
		"id":                 schema.StringAttribute{Computed: true},
		"project":            schema.StringAttribute{Required: true},
		"enabled":            schema.BoolAttribute{Optional: true, Computed: true},
		"target_project_ids": schema.SetAttribute{Optional: true, Computed: true, ElementType: types.Int64Type},
		"target_group_ids":   schema.SetAttribute{Optional: true, Computed: true, ElementType: types.Int64Type},
	}
	scope := map[string]schema.Attribute{
		"id":                schema.StringAttribute{Computed: true},
		"project":           schema.StringAttribute{Required: true},
		"target_project_id": schema.Int64Attribute{Optional: true},
		"target_group_id":   schema.Int64Attribute{Optional: true},
	}
	return []func() resource.Resource{
		func() resource.Resource { return silent{"gitlab_project_job_token_scopes", scopes} },
		func() resource.Resource { return silent{"gitlab_project_job_token_scope", scope} },
	}
}

// silent has a schema and does nothing.
type silent struct {
	name       string
	attributes map[string]schema.Attribute
}

func (s silent) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = s.name
}

func (s silent) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{Version: 1, Attributes: s.attributes}
}

func (silent) Create(context.Context, resource.CreateRequest, *resource.CreateResponse) {}
func (silent) Read(context.Context, resource.ReadRequest, *resource.ReadResponse)       {}
func (silent) Update(context.Context, resource.UpdateRequest, *resource.UpdateResponse) {}
func (silent) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}
