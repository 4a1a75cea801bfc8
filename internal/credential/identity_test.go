package credential_test

import (
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// identified speaks to the provider as a CLI that knows identities.
type identified struct {
	*acctest.Protocol
	*stage
	identity *tfprotov6.ResourceIdentitySchema
}

func identify(t *testing.T, g *acctest.GitLab, k kind) identified {
	t.Helper()
	p := acctest.NewProtocol(t)
	if diagnostics := p.Configure(t, map[string]any{"base_url": g.BaseURL, "token": g.Token, "allow_plain_http": true}); len(diagnostics) > 0 {
		t.Fatalf("%v", diagnostics)
	}
	schemas, err := p.GetResourceIdentitySchemas(t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		t.Fatal(err)
	}
	return identified{p, stageIn(t, g, k), schemas.IdentitySchemas[k.resource()]}
}

func (i identified) encode(t *testing.T, token int64) *tfprotov6.ResourceIdentityData {
	t.Helper()
	return &tfprotov6.ResourceIdentityData{IdentityData: acctest.Encode(t, i.identity.ValueType(), map[string]any{i.parent + "_id": i.id, "token_id": token})}
}

func (i identified) check(t *testing.T, got *tfprotov6.ResourceIdentityData, token int64) {
	t.Helper()
	if got == nil {
		t.Fatal("there is no identity")
	}
	held := acctest.Decode(t, i.identity.ValueType(), got.IdentityData)
	if parent := acctest.Plain(t, held[i.parent+"_id"]); len(held) != 2 || parent != i.id || acctest.Plain(t, held["token_id"]) != token {
		t.Errorf("the identity is %v, want %d and %d", held, i.id, token)
	}
}

func quiet(t *testing.T, diagnostics []*tfprotov6.Diagnostic) {
	t.Helper()
	for _, d := range diagnostics {
		t.Fatalf("%s: %s", d.Summary, d.Detail)
	}
}

// TestIdentity_import: an import by identity ends in the same state as one by id.
func TestIdentity_import(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	for _, k := range allKinds {
		i := identify(t, g, k)
		token := i.byHand(t, nil)
		imported, err := i.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{TypeName: k.resource(), Identity: i.encode(t, token.ID)})
		if err != nil {
			t.Fatal(err)
		}
		quiet(t, imported.Diagnostics)
		one := imported.ImportedResources[0]
		read, err := i.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{TypeName: k.resource(), CurrentState: one.State, Private: one.Private, CurrentIdentity: one.Identity})
		if err != nil {
			t.Fatal(err)
		}
		quiet(t, read.Diagnostics)
		i.check(t, read.NewIdentity, token.ID)
		state := acctest.Decode(t, i.Schemas.ResourceSchemas[k.resource()].ValueType(), read.NewState)
		if acctest.Plain(t, state["token_id"]) != token.ID || acctest.Plain(t, state[k.parent]) != i.path || acctest.Plain(t, state["name"]) != "ci" {
			t.Errorf("%s: the state is %v", k.name, state)
		}
		none, err := i.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{TypeName: k.resource(), Identity: i.encode(t, 999999)})
		if err != nil || len(none.Diagnostics) != 1 || none.Diagnostics[0].Summary != "Unable to Import" {
			t.Errorf("%s: an identity of nothing gives %v, %v", k.name, none.Diagnostics, err)
		}
	}
}

// TestIdentity_followsTheToken: a token that is made anew has a new identity, which the resource declares
// that it may have: Terraform from 1.12 on fails the apply otherwise.
func TestIdentity_followsTheToken(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	for _, k := range allKinds {
		i := identify(t, g, k)
		of := i.Schemas.ResourceSchemas[k.resource()].ValueType()
		config := acctest.Encode(t, of, map[string]any{k.parent: i.path, "name": "ci", "scopes": []any{k.scope}, "token_in_state": true,
			"rotation": map[string]any{"every_days": 3, "overlap_days": 1}})
		var state *tfprotov6.DynamicValue
		var private []byte
		var identity *tfprotov6.ResourceIdentityData
		prior := acctest.Encode(t, of, nil)
		for range 2 {
			if state != nil {
				read, err := i.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{TypeName: k.resource(), CurrentState: state, Private: private, CurrentIdentity: identity})
				if err != nil {
					t.Fatal(err)
				}
				quiet(t, read.Diagnostics)
				prior, private, identity = read.NewState, read.Private, read.NewIdentity
			}
			planned, err := i.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{
				TypeName: k.resource(), Config: config, PriorState: prior, ProposedNewState: proposed(t, i, k, config, prior), PriorPrivate: private, PriorIdentity: identity,
			})
			if err != nil {
				t.Fatal(err)
			}
			quiet(t, planned.Diagnostics)
			applied, err := i.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{
				TypeName: k.resource(), Config: config, PriorState: prior, PlannedState: planned.PlannedState, PlannedPrivate: planned.PlannedPrivate, PlannedIdentity: planned.PlannedIdentity,
			})
			if err != nil {
				t.Fatal(err)
			}
			quiet(t, applied.Diagnostics)
			state, private, identity = applied.NewState, applied.Private, applied.NewIdentity
			live := i.live(t)
			i.check(t, identity, live[len(live)-1])
			g.Advance(t, 3*24*time.Hour)
		}
		if live := i.live(t); len(live) != 2 {
			t.Errorf("%s: live are %v", k.name, live)
		}
	}
}

// proposed is what the CLI proposes: the configuration, with the prior value of what the provider may fill.
func proposed(t *testing.T, i identified, k kind, config, prior *tfprotov6.DynamicValue) *tfprotov6.DynamicValue {
	t.Helper()
	schema := i.Schemas.ResourceSchemas[k.resource()]
	of := schema.ValueType()
	before, err := prior.Unmarshal(of)
	if err != nil {
		t.Fatal(err)
	}
	values := acctest.Decode(t, of, config)
	for _, attribute := range schema.Block.Attributes {
		switch {
		case !attribute.Computed || !values[attribute.Name].IsNull():
		case before.IsNull():
			values[attribute.Name] = tftypes.NewValue(attribute.Type, tftypes.UnknownValue)
		default:
			values[attribute.Name] = acctest.Decode(t, of, prior)[attribute.Name]
		}
	}
	value, err := tfprotov6.NewDynamicValue(of, tftypes.NewValue(of, values))
	if err != nil {
		t.Fatal(err)
	}
	return &value
}
