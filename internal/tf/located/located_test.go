package located_test

import (
	"context"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/located"
)

// saying is a server that says the same at every step.
type saying struct {
	located.Provider
	diagnostics func() []*tfprotov6.Diagnostic
}

func (s saying) ValidateProviderConfig(context.Context, *tfprotov6.ValidateProviderConfigRequest) (*tfprotov6.ValidateProviderConfigResponse, error) {
	return &tfprotov6.ValidateProviderConfigResponse{Diagnostics: s.diagnostics()}, nil
}

func (s saying) ConfigureProvider(context.Context, *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	return &tfprotov6.ConfigureProviderResponse{Diagnostics: s.diagnostics()}, nil
}

func (s saying) ValidateResourceConfig(context.Context, *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return &tfprotov6.ValidateResourceConfigResponse{Diagnostics: s.diagnostics()}, nil
}

func (s saying) ReadResource(context.Context, *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return &tfprotov6.ReadResourceResponse{Diagnostics: s.diagnostics()}, nil
}

func (s saying) PlanResourceChange(context.Context, *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	return &tfprotov6.PlanResourceChangeResponse{Diagnostics: s.diagnostics()}, nil
}

func (s saying) ApplyResourceChange(context.Context, *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	return &tfprotov6.ApplyResourceChangeResponse{Diagnostics: s.diagnostics()}, nil
}

func (s saying) ValidateDataResourceConfig(context.Context, *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	return &tfprotov6.ValidateDataResourceConfigResponse{Diagnostics: s.diagnostics()}, nil
}

func (s saying) ValidateEphemeralResourceConfig(context.Context, *tfprotov6.ValidateEphemeralResourceConfigRequest) (*tfprotov6.ValidateEphemeralResourceConfigResponse, error) {
	return &tfprotov6.ValidateEphemeralResourceConfigResponse{Diagnostics: s.diagnostics()}, nil
}

// steps asks the server at each step that can have diagnostics with a place.
func steps(t *testing.T, s tfprotov6.ProviderServer) map[string][]*tfprotov6.Diagnostic {
	t.Helper()
	ctx, all := t.Context(), map[string][]*tfprotov6.Diagnostic{}
	validated, err := s.ValidateProviderConfig(ctx, nil)
	if all["ValidateProviderConfig"] = validated.Diagnostics; err != nil {
		t.Fatal(err)
	}
	configured, err := s.ConfigureProvider(ctx, nil)
	if all["ConfigureProvider"] = configured.Diagnostics; err != nil {
		t.Fatal(err)
	}
	resource, err := s.ValidateResourceConfig(ctx, nil)
	if all["ValidateResourceConfig"] = resource.Diagnostics; err != nil {
		t.Fatal(err)
	}
	read, err := s.ReadResource(ctx, nil)
	if all["ReadResource"] = read.Diagnostics; err != nil {
		t.Fatal(err)
	}
	planned, err := s.PlanResourceChange(ctx, nil)
	if all["PlanResourceChange"] = planned.Diagnostics; err != nil {
		t.Fatal(err)
	}
	applied, err := s.ApplyResourceChange(ctx, nil)
	if all["ApplyResourceChange"] = applied.Diagnostics; err != nil {
		t.Fatal(err)
	}
	data, err := s.ValidateDataResourceConfig(ctx, nil)
	if all["ValidateDataResourceConfig"] = data.Diagnostics; err != nil {
		t.Fatal(err)
	}
	ephemeral, err := s.ValidateEphemeralResourceConfig(ctx, nil)
	if all["ValidateEphemeralResourceConfig"] = ephemeral.Diagnostics; err != nil {
		t.Fatal(err)
	}
	return all
}

func TestServer(t *testing.T) {
	t.Parallel()
	root := tftypes.NewAttributePath().WithAttributeName
	for name, c := range map[string]struct {
		at, want *tftypes.AttributePath
		says     string
	}{
		"no place":                   {nil, nil, "it is wrong"},
		"an attribute":               {root("name"), root("name"), "it is wrong"},
		"an element":                 {root("deliveries").WithElementKeyString("a"), root("deliveries").WithElementKeyString("a"), "it is wrong"},
		"an element of a list":       {root("groups").WithElementKeyInt(1), root("groups").WithElementKeyInt(1), "it is wrong"},
		"an attribute of an element": {root("deliveries").WithElementKeyString("a").WithAttributeName("project"), root("deliveries").WithElementKeyString("a"), "it is wrong\n\nThe attribute is deliveries[\"a\"].project."},
		"an attribute of an object":  {root("rotation").WithAttributeName("every_days"), root("rotation"), "it is wrong\n\nThe attribute is rotation.every_days."},
		"an element of a set": {
			root("scopes").WithElementKeyValue(tftypes.NewValue(tftypes.String, "x")), root("scopes"), "it is wrong",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := located.Server(saying{diagnostics: func() []*tfprotov6.Diagnostic {
				return []*tfprotov6.Diagnostic{{Summary: "Wrong", Detail: "it is wrong", Attribute: c.at}}
			}})
			for step, diagnostics := range steps(t, s) {
				if len(diagnostics) != 1 || !diagnostics[0].Attribute.Equal(c.want) || diagnostics[0].Detail != c.says {
					t.Errorf("%s: got %+v", step, diagnostics[0])
				}
			}
		})
	}
}

// TestServer_named: who names the attribute already need not hear it twice.
func TestServer_named(t *testing.T) {
	t.Parallel()
	at := tftypes.NewAttributePath().WithAttributeName("rotation").WithAttributeName("every_days")
	s := located.Server(saying{diagnostics: func() []*tfprotov6.Diagnostic {
		return []*tfprotov6.Diagnostic{{Detail: "rotation.every_days is 0", Attribute: at}}
	}})
	for step, diagnostics := range steps(t, s) {
		if diagnostics[0].Detail != "rotation.every_days is 0" {
			t.Errorf("%s: %s", step, diagnostics[0].Detail)
		}
	}
}

// TestServer_null: of an element without a value nothing else is said.
func TestServer_null(t *testing.T) {
	t.Parallel()
	element := func(key string) *tftypes.AttributePath {
		return tftypes.NewAttributePath().WithAttributeName("deliveries").WithElementKeyString(key)
	}
	s := located.Server(saying{diagnostics: func() []*tfprotov6.Diagnostic {
		return []*tfprotov6.Diagnostic{
			{Summary: "Missing", Attribute: element("a").WithAttributeName("key")},
			{Summary: string(diagnose.NoValue), Attribute: element("a")},
			{Summary: "Missing", Attribute: element("b").WithAttributeName("key")},
		}
	}})
	for step, diagnostics := range steps(t, s) {
		if len(diagnostics) != 2 || diagnostics[0].Summary != string(diagnose.NoValue) || !diagnostics[1].Attribute.Equal(element("b")) {
			t.Errorf("%s: got %+v", step, diagnostics)
		}
	}
}
