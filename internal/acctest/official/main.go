// Command official stands in for gitlabhq/gitlab in tests of moves: it offers the schemas of that
// provider's job token and token resources, which the CLI needs to read a state, and nothing more.
package main

import (
	"context"
	"log"
	"maps"

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
	resources := []func() resource.Resource{
		func() resource.Resource { return silent{"gitlab_project_job_token_scopes", 1, scopes} },
		func() resource.Resource { return silent{"gitlab_project_job_token_scope", 1, scope} },
	}
	for name, attributes := range tokens() {
		resources = append(resources, func() resource.Resource { return silent{name, 0, attributes} })
	}
	return resources
}

// tokens are the schemas of that provider's token resources: version 18.11 for gitlab_deploy_token, which
// 19.0 dropped, and 19.1 for the others.
func tokens() map[string]map[string]schema.Attribute {
	with := func(more map[string]schema.Attribute, parents ...string) map[string]schema.Attribute {
		attributes := map[string]schema.Attribute{
			"id":         schema.StringAttribute{Computed: true},
			"name":       schema.StringAttribute{Required: true},
			"scopes":     schema.SetAttribute{Required: true, ElementType: types.StringType},
			"expires_at": schema.StringAttribute{Optional: true, Computed: true},
			"token":      schema.StringAttribute{Computed: true, Sensitive: true},
		}
		for _, parent := range parents {
			attributes[parent] = schema.StringAttribute{Optional: true}
		}
		maps.Copy(attributes, more)
		return attributes
	}
	either := map[string]schema.Attribute{
		"username":        schema.StringAttribute{Optional: true, Computed: true},
		"deploy_token_id": schema.Int64Attribute{Computed: true},
	}
	deploy := map[string]schema.Attribute{
		"username":                      schema.StringAttribute{Optional: true, Computed: true},
		"validate_past_expiration_date": schema.BoolAttribute{Optional: true, Computed: true},
		"expired":                       schema.BoolAttribute{Computed: true},
		"revoked":                       schema.BoolAttribute{Computed: true},
	}
	access := map[string]schema.Attribute{
		"access_level":                  schema.StringAttribute{Optional: true, Computed: true},
		"description":                   schema.StringAttribute{Optional: true, Computed: true},
		"validate_past_expiration_date": schema.BoolAttribute{Optional: true, Computed: true},
		"active":                        schema.BoolAttribute{Computed: true},
		"created_at":                    schema.StringAttribute{Computed: true},
		"revoked":                       schema.BoolAttribute{Computed: true},
		"user_id":                       schema.Int64Attribute{Computed: true},
		"rotation_configuration": schema.SingleNestedAttribute{Optional: true, Attributes: map[string]schema.Attribute{
			"expiration_days":    schema.Int64Attribute{Required: true},
			"rotate_before_days": schema.Int64Attribute{Required: true},
		}},
	}
	return map[string]map[string]schema.Attribute{
		"gitlab_deploy_token":         with(either, "project", "group"),
		"gitlab_project_deploy_token": with(deploy, "project"),
		"gitlab_group_deploy_token":   with(deploy, "group"),
		"gitlab_project_access_token": with(access, "project"),
		"gitlab_group_access_token":   with(access, "group"),
	}
}

// silent has a schema and does nothing.
type silent struct {
	name       string
	version    int64
	attributes map[string]schema.Attribute
}

func (s silent) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = s.name
}

func (s silent) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{Version: s.version, Attributes: s.attributes}
}

func (silent) Create(context.Context, resource.CreateRequest, *resource.CreateResponse) {}
func (silent) Read(context.Context, resource.ReadRequest, *resource.ReadResponse)       {}
func (silent) Update(context.Context, resource.UpdateRequest, *resource.UpdateResponse) {}
func (silent) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}
