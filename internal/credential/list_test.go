package credential_test

import (
	"fmt"
	"maps"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// query speaks to list resources as Terraform 1.14 does.
type query struct {
	*acctest.Protocol

	lists      tfprotov6.ListResourceServer
	identities map[string]*tfprotov6.ResourceIdentitySchema
}

// newQuery configures a provider with a token.
func newQuery(t *testing.T, g *acctest.GitLab, token string) query {
	t.Helper()
	p := acctest.NewProtocol(t)
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
	return query{p, lists, schemas.IdentitySchemas}
}

// ask lists with a configuration.
func (q query) ask(t *testing.T, name string, config map[string]any, limit int64, resources bool) []tfprotov6.ListResourceResult {
	t.Helper()
	stream, err := q.lists.ListResource(t.Context(), &tfprotov6.ListResourceRequest{
		TypeName: name, Config: acctest.Encode(t, q.Schemas.ListResourceSchemas[name].ValueType(), config), Limit: limit, IncludeResource: resources,
	})
	if err != nil {
		t.Fatal(err)
	}
	var results []tfprotov6.ListResourceResult
	for result := range stream.Results {
		results = append(results, result)
	}
	return results
}

// named lists names, and fails the test on any diagnostic.
func (q query) named(t *testing.T, name string, config map[string]any, limit int64) []string {
	t.Helper()
	found := []string{}
	for _, result := range q.ask(t, name, config, limit, false) {
		for _, problem := range result.Diagnostics {
			t.Errorf("%s: %s", problem.Summary, problem.Detail)
		}
		if result.Resource != nil {
			t.Error("a resource comes unasked")
		}
		found = append(found, result.DisplayName)
	}
	return found
}

// imported is the state that an import by a result's identity, and the read after it, make.
func (q query) imported(t *testing.T, name string, identity *tfprotov6.ResourceIdentityData) any {
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
	return q.plain(t, name, read.NewState)
}

func (q query) plain(t *testing.T, name string, state *tfprotov6.DynamicValue) any {
	t.Helper()
	value, err := state.Unmarshal(q.Schemas.ResourceSchemas[name].ValueType())
	if err != nil {
		t.Fatal(err)
	}
	return acctest.Plain(t, value)
}

func (q query) identity(t *testing.T, name string, of *tfprotov6.ResourceIdentityData) map[string]any {
	t.Helper()
	attributes := map[string]any{}
	for key, value := range acctest.Decode(t, q.identities[name].ValueType(), of.IdentityData) {
		attributes[key] = acctest.Plain(t, value)
	}
	return attributes
}

// Each list resource finds the tokens of its project or group, and says of each what its import does.
func TestTokenLists(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsEmbedded(t, g)
	lib, libs := g.Project(t, "lib"), g.Group(t, "libs", &g.Root)
	today := g.Clock(t).Truncate(24 * time.Hour)
	parents := map[string]struct {
		id         int64
		path, of   string
		configured string
	}{
		"project": {lib.ID, lib.Path, "projects", lib.Path},
		"group":   {libs.ID, libs.Path, "groups", fmt.Sprint(libs.ID)},
	}
	ids := map[string]int64{}
	for _, parent := range parents {
		for _, kind := range []string{"deploy_tokens", "access_tokens"} {
			for i, name := range []string{"first", "brief", "last"} {
				body := map[string]any{"name": name, "scopes": []string{"read_repository"}, "expires_at": today.AddDate(0, 0, 10*i+20).Format(time.DateOnly)}
				if name == "brief" {
					body["expires_at"] = today.AddDate(0, 0, 1).Format(time.DateOnly)
				}
				ids[parent.of+kind+name] = outside(t, g, parent.of, parent.id, kind, body).ID
			}
		}
	}
	g.Advance(t, 25*time.Hour)
	q := newQuery(t, g, g.Token)
	for on, parent := range parents {
		for _, kind := range []string{"deploy_token", "access_token"} {
			name := "jobtoken_" + on + "_" + kind
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				config := map[string]any{on: parent.configured}
				if got, want := q.named(t, name, config, 0), []string{"first", "last"}; !reflect.DeepEqual(got, want) {
					t.Errorf("live ones are %v, want %v", got, want)
				}
				if got, want := q.named(t, name, config, 1), []string{"first"}; !reflect.DeepEqual(got, want) {
					t.Errorf("with a limit of one: %v, want %v", got, want)
				}
				config["include_inactive"] = true
				if got, want := q.named(t, name, config, 100), []string{"first", "brief", "last"}; !reflect.DeepEqual(got, want) {
					t.Errorf("all are %v, want %v", got, want)
				}
				for _, result := range q.ask(t, name, config, 100, true) {
					if len(result.Diagnostics) > 0 {
						t.Fatalf("%s: %s", result.Diagnostics[0].Summary, result.Diagnostics[0].Detail)
					}
					id := ids[parent.of+kind+"s"+result.DisplayName]
					if got, want := q.identity(t, name, result.Identity), map[string]any{on + "_id": parent.id, "token_id": id}; !maps.Equal(got, want) {
						t.Errorf("the identity of %q is %v, want %v", result.DisplayName, got, want)
					}
					got, want := q.plain(t, name, result.Resource), q.imported(t, name, result.Identity)
					if !reflect.DeepEqual(got, want) {
						t.Errorf("%q is\n%v, and its import\n%v", result.DisplayName, got, want)
					}
					attributes, _ := got.(map[string]any)
					if attributes[on] != parent.path || attributes["name"] != result.DisplayName || attributes["active"] != (result.DisplayName != "brief") {
						t.Errorf("%q is %v", result.DisplayName, got)
					}
				}
			})
		}
	}
}

// One list request serves every list block, and its results are not made where nobody reads on.
func TestTokenLists_requests(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsEmbedded(t, g)
	lib := g.Project(t, "lib")
	for i := range 3 {
		outside(t, g, "projects", lib.ID, "deploy_tokens", map[string]any{"name": fmt.Sprint(i), "scopes": []string{"read_repository"}})
	}
	q := newQuery(t, g, g.Token)
	g.ForgetRequests(t)
	const name = "jobtoken_project_deploy_token"
	stream, err := q.lists.ListResource(t.Context(), &tfprotov6.ListResourceRequest{
		TypeName: name, Config: acctest.Encode(t, q.Schemas.ListResourceSchemas[name].ValueType(), map[string]any{"project": lib.Path}), IncludeResource: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	if requests, _ := g.Requests(t); requests.Total != 0 {
		t.Errorf("GitLab was asked before anybody read: %v", requests.Counts)
	}
	for result := range stream.Results {
		if result.DisplayName != "0" {
			t.Errorf("the first is %q", result.DisplayName)
		}
		break
	}
	if got := q.ask(t, name, map[string]any{"project": fmt.Sprint(lib.ID), "include_inactive": true}, 2, true); len(got) != 2 {
		t.Errorf("%d are listed, want 2", len(got))
	}
	if requests, _ := g.Requests(t); requests.Counts["GET /api/v4/projects/:id/deploy_tokens"] != 1 {
		t.Errorf("requests are %v, want one list", requests.Counts)
	}
}

// What keeps a list from being read is a result, on the attribute where that is at fault.
func TestTokenLists_errors(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	lib, libs, hidden := g.Project(t, "lib"), g.Group(t, "libs", &g.Root), g.Hidden(t, "secret")
	maintainer := g.NewUser(t)
	g.Member(t, "groups", g.Root.ID, maintainer, acctest.Maintainer)
	q, nobody := newQuery(t, g, g.NewToken(t, maintainer, "read_api")), newQuery(t, g, "glpat-of-nobody")
	for name, test := range map[string]struct {
		q         query
		list      string
		config    map[string]any
		attribute string
		words     string
	}{
		"a project that is not there": {q, "project_deploy_token", map[string]any{"project": hidden.Path}, "project", "Could not find project " + hidden.Path},
		"a group that is not there":   {q, "group_access_token", map[string]any{"group": "4711"}, "group", "Could not find group"},
		"a role too low":              {q, "group_access_token", map[string]any{"group": libs.Path}, "group", "This needs the Owner role in the group; the token's user, "},
		"a token of nobody":           {nobody, "project_access_token", map[string]any{"project": lib.Path}, "", "The provider's token is missing, wrong, expired or revoked."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			results := test.q.ask(t, "jobtoken_"+test.list, test.config, 10, true)
			if len(results) != 1 || len(results[0].Diagnostics) != 1 {
				t.Fatalf("got %+v, want one result with one diagnostic", results)
			}
			problem := results[0].Diagnostics[0]
			var at *tftypes.AttributePath
			if test.attribute != "" {
				at = tftypes.NewAttributePath().WithAttributeName(test.attribute)
			}
			if problem.Severity != tfprotov6.DiagnosticSeverityError || !problem.Attribute.Equal(at) || !strings.Contains(problem.Detail, test.words) {
				t.Errorf("got %s at %s: %s: %s", problem.Severity, problem.Attribute, problem.Summary, problem.Detail)
			}
		})
	}
	if got := q.named(t, "jobtoken_group_deploy_token", map[string]any{"group": libs.Path}, 10); len(got) != 0 {
		t.Errorf("a group without deploy tokens has %v, and a Maintainer may list them", got)
	}
}

// The schemas name what is needed and refuse what cannot be a project or group. The pages, which only
// the newest Terraform could generate, say what the schemas do.
func TestTokenLists_schemas(t *testing.T) {
	t.Parallel()
	q := newQuery(t, acctest.New(t), "glpat-of-nobody")
	for _, on := range []string{"project", "group"} {
		for _, kind := range []string{"deploy_token", "access_token"} {
			name := "jobtoken_" + on + "_" + kind
			schema := q.Schemas.ListResourceSchemas[name]
			if schema == nil {
				t.Errorf("%s cannot be listed", name)
				continue
			}
			role := "Maintainer"
			if on == "group" && kind == "access_token" {
				role = "Owner"
			}
			if !strings.Contains(schema.Block.Description, "Needs the "+role+" role in the "+on) {
				t.Errorf("%s does not tell its role: %s", name, schema.Block.Description)
			}
			page, err := os.ReadFile("../../templates/list-resources/" + strings.TrimPrefix(name, "jobtoken_") + ".md")
			if err != nil || !strings.Contains(string(page), "\n\n"+schema.Block.Description+"\n\n") {
				t.Errorf("the page of %s does not describe it: %v", name, err)
			}
			for _, attribute := range schema.Block.Attributes {
				if !strings.Contains(string(page), "- `"+attribute.Name+"` (") || !strings.Contains(string(page), ") "+attribute.Description+"\n") {
					t.Errorf("the page of %s does not describe %s", name, attribute.Name)
				}
				if attribute.Description == "" || attribute.Required != (attribute.Name == on) {
					t.Errorf("%s.%s is %+v", name, attribute.Name, attribute)
				}
			}
			resp, err := q.lists.ValidateListResourceConfig(t.Context(), &tfprotov6.ValidateListResourceConfigRequest{
				TypeName: name, Config: acctest.Encode(t, schema.ValueType(), map[string]any{on: "https://gitlab.example.com/acme"}),
			})
			if err != nil || len(resp.Diagnostics) != 1 || !strings.Contains(resp.Diagnostics[0].Detail, "it is a URL") {
				t.Errorf("%s takes a URL: %+v, %v", name, resp, err)
			}
		}
	}
}
