package acctest

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// Query speaks to list resources as Terraform 1.14 does.
type Query struct {
	*Protocol

	lists      tfprotov6.ListResourceServer
	identities map[string]*tfprotov6.ResourceIdentitySchema
}

// NewQuery configures a provider with a token.
func NewQuery(t testing.TB, g *GitLab, token string) Query {
	t.Helper()
	p := NewProtocol(t)
	lists, ok := p.ProviderServer.(tfprotov6.ListResourceServer)
	if !ok {
		t.Fatal("the provider has no list resources")
	}
	for _, problem := range p.Configure(t, map[string]any{"base_url": g.BaseURL, "token": token, "allow_plain_http": true}) {
		t.Fatalf("%s: %s", problem.Summary, problem.Detail)
	}
	schemas, err := p.GetResourceIdentitySchemas(t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		t.Fatal(err)
	}
	return Query{p, lists, schemas.IdentitySchemas}
}

// Stream begins a list, of which nothing is read yet.
func (q Query) Stream(t testing.TB, name string, config map[string]any, limit int64, resources bool) *tfprotov6.ListResourceServerStream {
	t.Helper()
	stream, err := q.lists.ListResource(t.Context(), &tfprotov6.ListResourceRequest{
		TypeName: name, Config: Encode(t, q.Schemas.ListResourceSchemas[name].ValueType(), config), Limit: limit, IncludeResource: resources,
	})
	if err != nil {
		t.Fatal(err)
	}
	return stream
}

// Ask lists with a configuration, and gives what says something apart from what is found.
func (q Query) Ask(t testing.TB, name string, config map[string]any, limit int64, resources bool) (found []tfprotov6.ListResourceResult, problems []*tfprotov6.Diagnostic) {
	t.Helper()
	for result := range q.Stream(t, name, config, limit, resources).Results {
		problems = append(problems, result.Diagnostics...)
		if len(result.Diagnostics) > 0 && len(found) > 0 && int64(len(found)) == limit {
			t.Errorf("Terraform hears nothing that comes after its limit: %s", result.Diagnostics[0].Summary)
		}
		if result.Identity != nil {
			found = append(found, result)
		}
	}
	return found, problems
}

// Named lists names, and the titles of what is said.
func (q Query) Named(t testing.TB, name string, config map[string]any, limit int64) (names, titles []string) {
	t.Helper()
	found, problems := q.Ask(t, name, config, limit, false)
	names = []string{}
	for _, result := range found {
		if result.Resource != nil {
			t.Error("a resource comes unasked")
		}
		names = append(names, result.DisplayName)
	}
	for _, problem := range problems {
		titles = append(titles, problem.Summary)
	}
	return names, titles
}

// Imported is the state that an import by a result's identity, and the read after it, make.
func (q Query) Imported(t testing.TB, name string, identity *tfprotov6.ResourceIdentityData) any {
	t.Helper()
	resp, err := q.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{TypeName: name, Identity: identity})
	if err != nil || len(resp.ImportedResources) != 1 {
		t.Fatalf("the import of a %s gave %+v, %v", name, resp, err)
	}
	found := resp.ImportedResources[0]
	read, err := q.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{
		TypeName: name, CurrentState: found.State, Private: found.Private, CurrentIdentity: found.Identity,
	})
	if err != nil {
		t.Fatal(err)
	}
	return q.Resource(t, name, read.NewState)
}

// Resource is a state in plain values.
func (q Query) Resource(t testing.TB, name string, state *tfprotov6.DynamicValue) any {
	t.Helper()
	value, err := state.Unmarshal(q.Schemas.ResourceSchemas[name].ValueType())
	if err != nil {
		t.Fatal(err)
	}
	return Plain(t, value)
}

// Identity is an identity in plain values.
func (q Query) Identity(t testing.TB, name string, of *tfprotov6.ResourceIdentityData) map[string]any {
	t.Helper()
	attributes := map[string]any{}
	for key, value := range Decode(t, q.identities[name].ValueType(), of.IdentityData) {
		attributes[key] = Plain(t, value)
	}
	return attributes
}

// Validate holds a list block against the rules of its schema.
func (q Query) Validate(t testing.TB, name string, config map[string]any) []*tfprotov6.Diagnostic {
	t.Helper()
	resp, err := q.lists.ValidateListResourceConfig(t.Context(), &tfprotov6.ValidateListResourceConfigRequest{
		TypeName: name, Config: Encode(t, q.Schemas.ListResourceSchemas[name].ValueType(), config),
	})
	if err != nil {
		t.Fatal(err)
	}
	return resp.Diagnostics
}
