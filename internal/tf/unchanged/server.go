package unchanged

import (
	"bytes"
	"context"
	"slices"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// framework is the framework's server with all that it offers: what is not named here would be lost, since
// Terraform is only told of what the outer server has.
type framework interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
	tfprotov6.StateStoreServer
}

// server is the layer.
type server struct {
	framework

	shapes map[string]shape
	// resources gives those of the configured provider by type; none before.
	resources func() map[string]Resource

	mu      sync.Mutex
	stopped context.Context //nolint:containedctx // it ends the requests under way when Terraform stops the provider
	stop    context.CancelFunc
}

// shape is what the layer has to know of a resource type.
type shape struct {
	resource Resource
	state    types.ObjectType
	version  int64
	identity tftypes.Type
	// readOnly are attributes that a configuration must not mention.
	readOnly []string
	// nobody is the identity of what has none.
	nobody *tfprotov6.ResourceIdentityData
}

// Before puts the layer before the framework's server. Offered are the resource types by name, without
// configuration; resources gives them configured.
func Before(inner tfprotov6.ProviderServer, offered map[string]Resource, resources func() map[string]Resource) tfprotov6.ProviderServer {
	whole, ok := inner.(framework)
	if !ok {
		return inner
	}
	s := &server{framework: whole, shapes: map[string]shape{}, resources: resources}
	s.stopped, s.stop = context.WithCancel(context.Background())
	for name, r := range offered {
		if sh, ok := shapeOf(r); ok {
			s.shapes[name] = sh
		}
	}
	return s
}

func shapeOf(r Resource) (shape, bool) {
	var described resource.SchemaResponse
	r.Schema(background, resource.SchemaRequest{}, &described)
	state, ok := typeOf(described.Schema.Type())
	var identified resource.IdentitySchemaResponse
	r.IdentitySchema(background, resource.IdentitySchemaRequest{}, &identified)
	sh := shape{resource: r, state: state, version: described.Schema.Version, identity: identityType(identified.IdentitySchema)}
	for name, attribute := range described.Schema.Attributes {
		if !attribute.IsRequired() && !attribute.IsOptional() {
			sh.readOnly = append(sh.readOnly, name)
		}
	}
	nobody, err := tfprotov6.NewDynamicValue(sh.identity, tftypes.NewValue(sh.identity, nil))
	sh.nobody = &tfprotov6.ResourceIdentityData{IdentityData: &nobody}
	return sh, ok && err == nil
}

func identityType(schema identityschema.Schema) tftypes.Type {
	return schema.Type().TerraformType(background)
}

// UpgradeResourceState takes a state of this version as it is.
func (s *server) UpgradeResourceState(ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	sh, known := s.shapes[req.TypeName]
	if !known || req.Version != sh.version || req.RawState == nil || !conforms(req.RawState.JSON, sh.state) {
		return s.framework.UpgradeResourceState(ctx, req)
	}
	return &tfprotov6.UpgradeResourceStateResponse{UpgradedState: &tfprotov6.DynamicValue{JSON: req.RawState.JSON}}, nil
}

// ValidateResourceConfig finds nothing wrong with what is valid beyond doubt.
func (s *server) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	if sh, known := s.shapes[req.TypeName]; known && req.Config != nil {
		if config, err := decodeObject(req.Config.MsgPack, sh.state); err == nil && sh.allows(config) && sh.resource.Valid(config) {
			return &tfprotov6.ValidateResourceConfigResponse{}, nil
		}
	}
	return s.framework.ValidateResourceConfig(ctx, req)
}

// allows tells whether a configuration mentions nothing that is read-only.
func (sh shape) allows(config Object) bool {
	return !slices.ContainsFunc(sh.readOnly, func(name string) bool { return !config[name].IsNull() })
}

// ReadResource answers with the state that it was asked for, where that is what there is.
func (s *server) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	r, sh, known := s.find(req.TypeName)
	if !known || req.CurrentState == nil {
		return s.framework.ReadResource(ctx, req)
	}
	state, stateErr := decodeObject(req.CurrentState.MsgPack, sh.state)
	private, privateErr := decodePrivate(req.Private)
	if stateErr != nil || privateErr != nil {
		return s.framework.ReadResource(ctx, req)
	}
	stoppable, end := s.stoppable(ctx)
	done := r.Refresh(stoppable, state, private)
	end()
	identity, same := sh.identified(req.CurrentIdentity, done.Identity)
	diagnostics, told := translate(done.Diagnostics)
	if !same || !told || !done.Same || !private.same() {
		return s.framework.ReadResource(leave(ctx, done.Left), req)
	}
	return &tfprotov6.ReadResourceResponse{NewState: req.CurrentState, Private: req.Private, NewIdentity: identity, Diagnostics: diagnostics}, nil
}

// PlanResourceChange answers with the prior state, where that is what is proposed and what comes of it.
func (s *server) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	r, sh, known := s.find(req.TypeName)
	if !known || req.PriorState == nil || req.ProposedNewState == nil || req.Config == nil {
		return s.framework.PlanResourceChange(ctx, req)
	}
	state, stateErr := decodeObject(req.PriorState.MsgPack, sh.state)
	if stateErr != nil || !sh.alike(state, req.PriorState.MsgPack, req.ProposedNewState.MsgPack) {
		return s.framework.PlanResourceChange(ctx, req)
	}
	config, configErr := decodeObject(req.Config.MsgPack, sh.state)
	private, privateErr := decodePrivate(req.PriorPrivate)
	if configErr != nil || privateErr != nil {
		return s.framework.PlanResourceChange(ctx, req)
	}
	stoppable, end := s.stoppable(ctx)
	done, ok := r.Replan(stoppable, config, state, private)
	end()
	if !ok {
		return s.framework.PlanResourceChange(ctx, req)
	}
	diagnostics, told := translate(done.Diagnostics)
	if !told || !done.Same || !private.same() {
		return s.framework.PlanResourceChange(leave(ctx, done.Left), req)
	}
	identity := req.PriorIdentity
	if identity == nil {
		identity = sh.nobody
	}
	return &tfprotov6.PlanResourceChangeResponse{
		PlannedState: req.ProposedNewState, PlannedPrivate: req.PriorPrivate, PlannedIdentity: identity, Diagnostics: diagnostics,
	}, nil
}

func (s *server) find(name string) (Resource, shape, bool) {
	sh, known := s.shapes[name]
	if !known {
		return nil, sh, false
	}
	r, configured := s.resources()[name]
	return r, sh, configured
}

// alike tells whether a proposed state is the prior one, however its maps and sets are ordered.
func (sh shape) alike(prior Object, encoded, proposed []byte) bool {
	if bytes.Equal(encoded, proposed) {
		return true
	}
	other, err := decodeObject(proposed, sh.state)
	return err == nil && prior.equal(other)
}

// identified gives the identity to answer with, and false where it is not the one that was asked for.
func (sh shape) identified(current *tfprotov6.ResourceIdentityData, model any) (*tfprotov6.ResourceIdentityData, bool) {
	attributes := map[string]tftypes.Value{}
	for name, value := range attributesOf(model) {
		converted, err := value.ToTerraformValue(background)
		if err != nil {
			return nil, false
		}
		attributes[name] = converted
	}
	value := tftypes.NewValue(sh.identity, attributes)
	if current != nil && current.IdentityData != nil {
		had, err := current.IdentityData.Unmarshal(sh.identity)
		if err != nil || !had.IsNull() && !had.Equal(value) {
			return nil, false
		}
	}
	encoded, err := tfprotov6.NewDynamicValue(sh.identity, value)
	return &tfprotov6.ResourceIdentityData{IdentityData: &encoded}, err == nil
}

// stoppable is a context that ends when Terraform stops the provider, as the framework's do.
func (s *server) stoppable(ctx context.Context) (context.Context, func()) {
	s.mu.Lock()
	stopped := s.stopped
	s.mu.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	release := context.AfterFunc(stopped, cancel)
	return ctx, func() { release(); cancel() }
}

// StopProvider ends the requests under way.
func (s *server) StopProvider(ctx context.Context, req *tfprotov6.StopProviderRequest) (*tfprotov6.StopProviderResponse, error) {
	s.mu.Lock()
	s.stop()
	s.stopped, s.stop = context.WithCancel(context.Background())
	s.mu.Unlock()
	return s.framework.StopProvider(ctx, req)
}

// translate writes diagnostics as the protocol has them.
func translate(diags diag.Diagnostics) (translated []*tfprotov6.Diagnostic, ok bool) {
	for _, d := range diags {
		one := &tfprotov6.Diagnostic{Severity: tfprotov6.DiagnosticSeverityWarning, Summary: d.Summary(), Detail: d.Detail()}
		if d.Severity() == diag.SeverityError {
			one.Severity = tfprotov6.DiagnosticSeverityError
		}
		if at, has := d.(diag.DiagnosticWithPath); has {
			if one.Attribute, ok = translatePath(at.Path()); !ok {
				return nil, false
			}
		}
		translated = append(translated, one)
	}
	return translated, true
}

func translatePath(at path.Path) (*tftypes.AttributePath, bool) {
	var steps []tftypes.AttributePathStep
	for _, step := range at.Steps() {
		switch step := step.(type) {
		case path.PathStepAttributeName:
			steps = append(steps, tftypes.AttributeName(step))
		case path.PathStepElementKeyString:
			steps = append(steps, tftypes.ElementKeyString(step))
		case path.PathStepElementKeyInt:
			steps = append(steps, tftypes.ElementKeyInt(step))
		default:
			return nil, false
		}
	}
	return tftypes.NewAttributePathWithSteps(steps), true
}
