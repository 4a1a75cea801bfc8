package provider_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest/core"
)

// TestBadInput holds what the provider says of each configuration against the table, and the table
// against the schemas: a new attribute fails here until it has a row.
func TestBadInput(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	f := fixture{GitLab: g, app: g.Project(t, "app"), web: g.Project(t, "web"), team: g.Group(t, "team", &g.Root), t: t}
	rows := slices.Concat(badInput(f), readOnlyRows(t), missingRows(t))
	t.Logf("%d rows", len(rows))
	g.ForgetRequests(t)

	covered := map[string]bool{}
	for _, r := range rows {
		covered[r.of+" "+r.about] = true
	}
	for _, attribute := range everyAttribute(t) {
		if !covered[attribute] {
			t.Errorf("no row is about %s", attribute)
		}
	}
	p := acctest.NewProtocol(t)
	for _, d := range p.Configure(t, right("provider", f)) {
		t.Fatalf("%s: %s", d.Summary, d.Detail)
	}
	resources := map[string]core.Resource{}
	for i, r := range rows {
		diagnostics, planned := respond(t, p, f, r)
		if planned {
			resources[fmt.Sprintf("%s %d", r.of, i)] = core.Resource{Kind: strings.TrimPrefix(r.of, "resource "), Config: configured(f, r)}
			continue
		}
		r.check(t, diagnostics)
	}
	planned := map[string][]*tfprotov6.Diagnostic{}
	plan := (&core.Core{Provider: right("provider", f)}).Plan(t, resources, core.Options{Parallel: true})
	for _, d := range plan.Diagnostics {
		planned[d.Address] = append(planned[d.Address], d.Diagnostic)
	}
	for i, r := range rows {
		if address := fmt.Sprintf("%s %d", r.of, i); resources[address].Kind != "" {
			r.check(t, planned[address])
		}
	}
	for _, finding := range plan.Findings {
		t.Errorf("%s: %s", finding.Address, finding.Text)
	}
	if requests, ok := g.Requests(t); ok && len(requests.Writes()) > 0 {
		t.Errorf("the rows wrote %v", requests.Writes())
	}
}

// check holds the errors of one row against it.
func (r input) check(t *testing.T, diagnostics []*tfprotov6.Diagnostic) {
	t.Helper()
	var errors []*tfprotov6.Diagnostic
	for _, d := range diagnostics {
		if strings.Contains(d.Detail, "always an error in the provider") {
			t.Errorf("%s, %s: it blames the provider: %s", r.of, r.about, d.Detail)
		}
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			errors = append(errors, d)
		}
	}
	if r.title == "" {
		for _, d := range errors {
			t.Errorf("%s, %v: refused: %s: %s", r.of, r.config, d.Summary, d.Detail)
		}
		return
	}
	if len(errors) != 1 {
		t.Errorf("%s, %v: want one error, got %d", r.of, r.config, len(errors))
		for _, d := range errors {
			t.Logf("%s: %s", d.Summary, d.Detail)
		}
		return
	}
	d := errors[0]
	if at := position(d.Attribute); d.Summary != r.title || at != r.at {
		t.Errorf("%s, %v: %q at %q, want %q at %q: %s", r.of, r.config, d.Summary, at, r.title, r.at, d.Detail)
	}
	_, nested, isNested := strings.Cut(r.about, ".")
	if isNested && !strings.Contains(d.Detail, nested) && r.title != "" && r.of != "import" {
		t.Errorf("%s, %v: it does not name %s: %s", r.of, r.config, nested, d.Detail)
	}
	for _, words := range r.says {
		if !acctest.Says(d.Detail, words) {
			t.Errorf("%s, %v: it does not say %q: %s", r.of, r.config, words, d.Detail)
		}
	}
}

// configured is the whole configuration of a row.
func configured(f fixture, r input) object {
	config := right(r.of, f)
	maps.Copy(config, r.config)
	return config
}

// respond gives what the provider says of a row; a resource that it finds valid is to be planned beside the others.
func respond(t *testing.T, p *acctest.Protocol, f fixture, r input) (diagnostics []*tfprotov6.Diagnostic, planned bool) {
	t.Helper()
	ctx, config := t.Context(), configured(f, r)
	what, name, _ := strings.Cut(r.of, " ")
	encoded := func(schema *tfprotov6.Schema) *tfprotov6.DynamicValue {
		return acctest.Encode(t, schema.ValueType(), config)
	}
	var err error
	switch what {
	case "resource":
		var resp *tfprotov6.ValidateResourceConfigResponse
		resp, err = p.ValidateResourceConfig(ctx, &tfprotov6.ValidateResourceConfigRequest{TypeName: name, Config: encoded(p.Schemas.ResourceSchemas[name])})
		diagnostics, planned = resp.Diagnostics, len(resp.Diagnostics) == 0
	case "data":
		of := encoded(p.Schemas.DataSourceSchemas[name])
		valid, validErr := p.ValidateDataResourceConfig(ctx, &tfprotov6.ValidateDataResourceConfigRequest{TypeName: name, Config: of})
		if diagnostics, err = valid.Diagnostics, validErr; err == nil && len(diagnostics) == 0 {
			read, readErr := p.ReadDataSource(ctx, &tfprotov6.ReadDataSourceRequest{TypeName: name, Config: of})
			diagnostics, err = read.Diagnostics, readErr
		}
	case "ephemeral":
		of := encoded(p.Schemas.EphemeralResourceSchemas[name])
		valid, validErr := p.ValidateEphemeralResourceConfig(ctx, &tfprotov6.ValidateEphemeralResourceConfigRequest{TypeName: name, Config: of})
		if diagnostics, err = valid.Diagnostics, validErr; err == nil && len(diagnostics) == 0 {
			opened, openErr := p.OpenEphemeralResource(ctx, &tfprotov6.OpenEphemeralResourceRequest{TypeName: name, Config: of})
			diagnostics, err = opened.Diagnostics, openErr
		}
	case "list":
		lists, ok := p.ProviderServer.(tfprotov6.ListResourceServer)
		if !ok {
			t.Fatal("the provider serves no lists")
		}
		var resp *tfprotov6.ValidateListResourceConfigResponse
		resp, err = lists.ValidateListResourceConfig(ctx, &tfprotov6.ValidateListResourceConfigRequest{TypeName: name, Config: encoded(p.Schemas.ListResourceSchemas[name])})
		diagnostics = resp.Diagnostics
	case "provider":
		return respondProvider(t, config), false
	case "import":
		id, _ := config["id"].(string)
		var resp *tfprotov6.ImportResourceStateResponse
		resp, err = p.ImportResourceState(ctx, &tfprotov6.ImportResourceStateRequest{TypeName: name, ID: id})
		diagnostics = resp.Diagnostics
	case "identity":
		var resp *tfprotov6.ImportResourceStateResponse
		resp, err = p.ImportResourceState(ctx, &tfprotov6.ImportResourceStateRequest{
			TypeName: name, Identity: &tfprotov6.ResourceIdentityData{IdentityData: acctest.Encode(t, identitySchemas(t)[name].ValueType(), config)},
		})
		diagnostics = resp.Diagnostics
	default:
		t.Fatalf("what is %q?", r.of)
	}
	if err != nil {
		t.Fatalf("%s: %v", r.of, err)
	}
	return diagnostics, planned
}

// respondProvider validates a provider block, and configures a provider with it.
func respondProvider(t *testing.T, config object) []*tfprotov6.Diagnostic {
	t.Helper()
	p := acctest.NewProtocol(t)
	resp, err := p.ValidateProviderConfig(t.Context(), &tfprotov6.ValidateProviderConfigRequest{Config: acctest.Encode(t, p.Schemas.Provider.ValueType(), config)})
	if err != nil {
		t.Fatal(err)
	}
	if len(resp.Diagnostics) > 0 {
		return resp.Diagnostics
	}
	return p.Configure(t, config)
}

func identitySchemas(t *testing.T) map[string]*tfprotov6.ResourceIdentitySchema {
	t.Helper()
	resp, err := acctest.NewProtocol(t).GetResourceIdentitySchemas(t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		t.Fatal(err)
	}
	return resp.IdentitySchemas
}

// blocks are the schemas of everything that a configuration can hold.
func blocks(t *testing.T) map[string]*tfprotov6.Schema {
	t.Helper()
	all, schemas := map[string]*tfprotov6.Schema{}, acctest.Schemas(t)
	for what, of := range map[string]map[string]*tfprotov6.Schema{
		"resource ": schemas.ResourceSchemas, "data ": schemas.DataSourceSchemas, "ephemeral ": schemas.EphemeralResourceSchemas, "list ": schemas.ListResourceSchemas,
	} {
		for name, schema := range of {
			all[what+name] = schema
		}
	}
	all["provider"] = schemas.Provider
	return all
}

// attributes calls for each attribute by its name, such as deliveries.key; those of a computed one are
// nobody's to write.
func attributes(of []*tfprotov6.SchemaAttribute, above string, call func(string, *tfprotov6.SchemaAttribute)) {
	for _, a := range of {
		call(above+a.Name, a)
		if a.NestedType != nil && (a.Optional || a.Required) {
			attributes(a.NestedType.Attributes, above+a.Name+".", call)
		}
	}
}

// everyAttribute names all of them, and the imports.
func everyAttribute(t *testing.T) (all []string) {
	t.Helper()
	for of, schema := range blocks(t) {
		attributes(schema.Block.Attributes, "", func(name string, _ *tfprotov6.SchemaAttribute) { all = append(all, of+" "+name) })
	}
	for name, schema := range identitySchemas(t) {
		all = append(all, "import "+name+" ")
		for _, a := range schema.IdentityAttributes {
			all = append(all, "identity "+name+" "+a.Name)
		}
	}
	slices.Sort(all)
	return all
}

// readOnlyRows write into each attribute that only the provider writes.
func readOnlyRows(t *testing.T) (rows []input) {
	t.Helper()
	for of, schema := range blocks(t) {
		attributes(schema.Block.Attributes, "", func(name string, a *tfprotov6.SchemaAttribute) {
			if !a.Optional && !a.Required {
				rows = append(rows, input{of, name, object{name: something(a.ValueType())}, name, readOnly, []string{"Remove the configuration line"}})
			}
		})
	}
	return rows
}

// missingRows leave out each attribute of a block that has to be there.
func missingRows(t *testing.T) (rows []input) {
	t.Helper()
	for of, schema := range blocks(t) {
		for _, a := range schema.Block.Attributes {
			if a.Required {
				rows = append(rows, input{of, a.Name, object{a.Name: nil}, a.Name, missing, []string{"Must set a configuration value for the " + a.Name}})
			}
		}
	}
	return rows
}

// something is any value of a type.
func something(of tftypes.Type) any {
	switch {
	case of.Is(tftypes.String), of.Is(tftypes.DynamicPseudoType):
		return "x"
	case of.Is(tftypes.Number):
		return 1
	case of.Is(tftypes.Bool):
		return true
	case of.Is(tftypes.Map{}):
		return object{}
	default:
		return []any{}
	}
}

// position is where a diagnostic stands, as a configuration would write it.
func position(at *tftypes.AttributePath) (text string) {
	for _, step := range at.Steps() {
		switch step := step.(type) {
		case tftypes.AttributeName:
			text += strings.TrimPrefix("."+string(step), map[bool]string{true: ".", false: ""}[text == ""])
		case tftypes.ElementKeyString:
			text += fmt.Sprintf("[%q]", string(step))
		case tftypes.ElementKeyInt:
			text += fmt.Sprintf("[%d]", int64(step))
		}
	}
	return text
}

// TestAccBadInput_lines: the CLI shows the line of the element, not one of the same name above it.
func TestAccBadInput_lines(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	app := g.Project(t, "app")
	cli := acctest.NewCLI(t, g, fmt.Sprintf(`
resource "jobtoken_project_deploy_token" "this" {
  project = %[1]q
  name    = "ci"
  scopes  = ["read_registry"]
  deliveries = {
    a = { project = %[1]q, key = "A" }
    b = { project = "it", key = "B" }
    c = { project = %[1]q, key = "C", masked = false, hidden = true }
  }
}

resource "jobtoken_allowlist" "this" {
  project = %[1]q
  projects = {
    "acme/app" = { permissions = ["read_packages", null] }
  }
}
`, app.Path))
	output := cli.Plan(t, acctest.Failed)
	for _, words := range []string{
		`b = { project = "it", key = "B" } "it" cannot be a project`, `The attribute is deliveries["b"].project.`,
		`masked = false, hidden = true } masked = false contradicts hidden = true`, `The attribute is deliveries["c"].masked.`,
		`"acme/app" = { permissions = ["read_packages", null] }`, `An element of projects["acme/app"].permissions is null`,
	} {
		if !acctest.Says(output, words) {
			t.Errorf("the plan does not say %q:\n%s", words, output)
		}
	}
}
