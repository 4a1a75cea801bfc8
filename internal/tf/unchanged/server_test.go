package unchanged

import (
	"context"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/private"
)

// beneath is a framework's server that notes what comes to it.
type beneath struct {
	framework
	asked int
	left  any
}

func (b *beneath) ReadResource(ctx context.Context, _ *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	b.asked++
	b.left, _ = left[*Reading[model]](ctx)
	return &tfprotov6.ReadResourceResponse{}, nil
}

func (b *beneath) PlanResourceChange(ctx context.Context, _ *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	b.asked++
	b.left, _ = left[*Planning[model]](ctx)
	return &tfprotov6.PlanResourceChangeResponse{}, nil
}

func (b *beneath) StopProvider(context.Context, *tfprotov6.StopProviderRequest) (*tfprotov6.StopProviderResponse, error) {
	return &tfprotov6.StopProviderResponse{}, nil
}

type model struct {
	ID   types.Int64  `tfsdk:"id"`
	Name types.String `tfsdk:"name"`
}

type identity struct {
	ID types.Int64 `tfsdk:"id"`
}

// thing is a resource whose read and plan do what a test says.
type thing struct {
	read Reader[model]
	plan Planner[model]
}

func (thing) Metadata(context.Context, resource.MetadataRequest, *resource.MetadataResponse)    {}
func (thing) Configure(context.Context, resource.ConfigureRequest, *resource.ConfigureResponse) {}
func (thing) Create(context.Context, resource.CreateRequest, *resource.CreateResponse)          {}
func (thing) Read(context.Context, resource.ReadRequest, *resource.ReadResponse)                {}
func (thing) Update(context.Context, resource.UpdateRequest, *resource.UpdateResponse)          {}
func (thing) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse)          {}

func (thing) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{Attributes: map[string]schema.Attribute{"id": schema.Int64Attribute{Computed: true}, "name": schema.StringAttribute{Required: true}}}
}

func (thing) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{"id": identityschema.Int64Attribute{RequiredForImport: true}}}
}

func (thing) Valid(Object) bool { return true }

func (r thing) Refresh(ctx context.Context, state Object, kept *Private) Refreshed {
	return Refresh(ctx, state, kept, r.read)
}

func (r thing) Replan(ctx context.Context, config, state Object, kept *Private) (Replanned, bool) {
	return Replan(ctx, config, state, kept, r.plan), true
}

func layer(r thing) (tfprotov6.ProviderServer, *beneath) {
	inner := &beneath{}
	all := map[string]Resource{"thing": r}
	return Before(inner, all, func() map[string]Resource { return all }), inner
}

func value(t *testing.T, id any, name any) *tfprotov6.DynamicValue {
	t.Helper()
	of := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"id": tftypes.Number, "name": tftypes.String}}
	return &tfprotov6.DynamicValue{MsgPack: encode(t, tftypes.NewValue(of, map[string]tftypes.Value{
		"id": tftypes.NewValue(tftypes.Number, id), "name": tftypes.NewValue(tftypes.String, name),
	}))}
}

var problem = diag.NewAttributeErrorDiagnostic(path.Root("name"), "No", "It is not there.")

func TestRead(t *testing.T) {
	t.Parallel()
	const stored = `{"key":"eyJhIjoxfQ=="}` // {"a":1}
	whole := func(state model) *Reading[model] {
		return &Reading[model]{State: state, Identity: identity{state.ID}, Whole: true}
	}
	for name, c := range map[string]struct {
		read      Reader[model]
		private   string
		beneath   bool
		diagnosed int
	}{
		"nothing has changed": {read: func(_ context.Context, state model, _ private.Store) *Reading[model] { return whole(state) }, private: stored},
		"private state is written as it was": {read: func(ctx context.Context, state model, kept private.Store) *Reading[model] {
			kept.SetKey(ctx, "key", []byte(`{"a":1}`))
			return whole(state)
		}, private: stored},
		"with a warning": {read: func(_ context.Context, state model, _ private.Store) *Reading[model] {
			done := whole(state)
			done.Diagnostics.AddWarning("Look", "out")
			return done
		}, diagnosed: 1},
		"with an error": {read: func(_ context.Context, state model, _ private.Store) *Reading[model] {
			return &Reading[model]{State: state, Identity: identity{state.ID}, Diagnostics: diag.Diagnostics{problem}}
		}, diagnosed: 1},
		"the state has changed": {read: func(_ context.Context, state model, _ private.Store) *Reading[model] {
			state.Name = types.StringValue("other")
			return whole(state)
		}, beneath: true},
		"it is gone": {read: func(_ context.Context, state model, _ private.Store) *Reading[model] {
			return &Reading[model]{State: state, Identity: identity{state.ID}, Gone: true}
		}, beneath: true},
		"another identity": {read: func(_ context.Context, state model, _ private.Store) *Reading[model] {
			done := whole(state)
			done.Identity = identity{types.Int64Value(8)}
			return done
		}, beneath: true},
		"private state has changed": {read: func(ctx context.Context, state model, kept private.Store) *Reading[model] {
			kept.SetKey(ctx, "key", []byte(`{"a":2}`))
			return whole(state)
		}, private: stored, beneath: true},
		"private state has gone": {read: func(ctx context.Context, state model, kept private.Store) *Reading[model] {
			kept.SetKey(ctx, "key", nil)
			return whole(state)
		}, private: stored, beneath: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, inner := layer(thing{read: c.read})
			of := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"id": tftypes.Number}}
			current := &tfprotov6.ResourceIdentityData{IdentityData: &tfprotov6.DynamicValue{
				MsgPack: encode(t, tftypes.NewValue(of, map[string]tftypes.Value{"id": tftypes.NewValue(tftypes.Number, 7)})),
			}}
			req := &tfprotov6.ReadResourceRequest{TypeName: "thing", CurrentState: value(t, 7, "x"), Private: []byte(c.private), CurrentIdentity: current}
			resp, err := server.ReadResource(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			if (inner.asked == 1) != c.beneath || (inner.left != (*Reading[model])(nil) && inner.left != nil) != c.beneath {
				t.Fatalf("the framework was asked %d times, with %v left to it", inner.asked, inner.left)
			}
			if c.beneath {
				return
			}
			if resp.NewState != req.CurrentState || string(resp.Private) != c.private || len(resp.Diagnostics) != c.diagnosed || resp.NewIdentity == nil {
				t.Errorf("got %+v", resp)
			}
		})
	}
}

func TestPlan(t *testing.T) {
	t.Parallel()
	same := func(_ context.Context, _, plan model, _ *model, _ private.Store) *Planning[model] {
		return &Planning[model]{Plan: plan, Whole: true}
	}
	for name, c := range map[string]struct {
		plan             Planner[model]
		config, proposed any
		// begun means that the resource has planned before the framework was asked.
		beneath, begun bool
	}{
		"nothing changes":        {same, "x", "x", false, false},
		"something is proposed":  {same, "y", "y", true, false},
		"something is not known": {same, tftypes.UnknownValue, tftypes.UnknownValue, true, false},
		"the plan comes out anew": {func(_ context.Context, _, plan model, _ *model, _ private.Store) *Planning[model] {
			plan.Name = types.StringValue("z")
			return &Planning[model]{Plan: plan, Whole: true}
		}, "x", "x", true, true},
		"it is to be replaced": {func(_ context.Context, _, plan model, _ *model, _ private.Store) *Planning[model] {
			return &Planning[model]{Plan: plan, Whole: true, Replace: path.Paths{path.Root("name")}}
		}, "x", "x", true, true},
		"private state is written": {func(ctx context.Context, _, plan model, _ *model, kept private.Store) *Planning[model] {
			kept.SetKey(ctx, "key", []byte("{}"))
			return &Planning[model]{Plan: plan, Whole: true}
		}, "x", "x", true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, inner := layer(thing{plan: c.plan})
			req := &tfprotov6.PlanResourceChangeRequest{
				TypeName: "thing", PriorState: value(t, 7, "x"), Config: value(t, nil, c.config), ProposedNewState: value(t, 7, c.proposed),
			}
			resp, err := server.PlanResourceChange(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			begun := inner.left != (*Planning[model])(nil) && inner.left != nil
			if (inner.asked == 1) != c.beneath || begun != c.begun {
				t.Fatalf("the framework was asked %d times, with %v left to it", inner.asked, inner.left)
			}
			if !c.beneath && (resp.PlannedState != req.ProposedNewState || resp.PlannedIdentity == nil) {
				t.Errorf("got %+v", resp)
			}
		})
	}
}

// What is under way ends when Terraform stops the provider, and what comes then goes on.
func TestStop(t *testing.T) {
	t.Parallel()
	begun, ended := make(chan bool), make(chan error, 1)
	server, _ := layer(thing{read: func(ctx context.Context, state model, _ private.Store) *Reading[model] {
		if state.ID.ValueInt64() == 7 {
			close(begun)
			<-ctx.Done()
		}
		ended <- ctx.Err()
		return &Reading[model]{State: state, Identity: identity{state.ID}}
	}})
	read := func(id int64) {
		_, _ = server.ReadResource(context.Background(), &tfprotov6.ReadResourceRequest{TypeName: "thing", CurrentState: value(t, id, "x")})
	}
	go read(7)
	<-begun
	if _, err := server.StopProvider(t.Context(), &tfprotov6.StopProviderRequest{}); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Error("it was not told to end")
	}
	read(8)
	if err := <-ended; err != nil {
		t.Errorf("what came after it ended with %v", err)
	}
}
