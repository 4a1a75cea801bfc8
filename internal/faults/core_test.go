package faults_test

import (
	"context"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// core is Terraform's part for one resource: it refreshes, plans and applies, each walk with a provider
// of its own, and keeps the state.
type core struct {
	kind     string
	provider map[string]any

	state    *tfprotov6.DynamicValue
	private  []byte
	identity *tfprotov6.ResourceIdentityData
	// stop interrupts the apply that is under way.
	stop func()
	// tainted means that the creation failed half-way: the next apply destroys first.
	tainted bool
}

// newCore starts without a state, with a provider that talks to a URL.
func newCore(kind, url, token string) *core {
	c := &core{kind: kind, provider: map[string]any{"base_url": url, "token": token, "allow_plain_http": true, "max_retries": int64(1)}}
	c.patience(time.Minute)
	return c
}

// patience is how long the provider waits for an answer.
func (c *core) patience(limit time.Duration) { c.provider["request_timeout"] = int64(limit.Seconds()) }

func (c *core) walk(t *testing.T) *acctest.Protocol {
	t.Helper()
	p := acctest.NewProtocol(t)
	for _, d := range p.Configure(t, c.provider) {
		t.Fatalf("%s: %s", d.Summary, d.Detail)
	}
	return p
}

// plan is what a plan walk came to.
type plan struct {
	planned *tfprotov6.DynamicValue
	private []byte
	replace bool
	changes bool
}

// read refreshes the state, as every plan does first.
func (c *core) read(t *testing.T, p *acctest.Protocol) []*tfprotov6.Diagnostic {
	t.Helper()
	if c.state == nil {
		return nil
	}
	resp, err := p.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{
		TypeName: c.kind, CurrentState: c.state, Private: c.private, CurrentIdentity: c.identity,
	})
	if err != nil {
		t.Fatal(err)
	}
	if !failed(resp.Diagnostics) {
		c.keep(t, p, resp.NewState, resp.Private, resp.NewIdentity)
	}
	return resp.Diagnostics
}

// keep takes a new state over; a null one is none.
func (c *core) keep(t *testing.T, p *acctest.Protocol, state *tfprotov6.DynamicValue, private []byte, identity *tfprotov6.ResourceIdentityData) {
	t.Helper()
	if c.value(t, p, state).IsNull() {
		c.state, c.private, c.identity, c.tainted = nil, nil, nil, false
		return
	}
	c.state, c.private, c.identity = state, private, identity
}

func (c *core) value(t *testing.T, p *acctest.Protocol, encoded *tfprotov6.DynamicValue) tftypes.Value {
	t.Helper()
	of := p.Schemas.ResourceSchemas[c.kind].ValueType()
	if encoded == nil {
		return tftypes.NewValue(of, nil)
	}
	value, err := encoded.Unmarshal(of)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func (c *core) encode(t *testing.T, p *acctest.Protocol, plain any) *tfprotov6.DynamicValue {
	t.Helper()
	if plain, is := plain.(map[string]any); is && plain == nil {
		return acctest.Encode(t, p.Schemas.ResourceSchemas[c.kind].ValueType(), nil)
	}
	return acctest.Encode(t, p.Schemas.ResourceSchemas[c.kind].ValueType(), plain)
}

// attributes are the state as plain values; nil where there is none.
func (c *core) attributes(t *testing.T) map[string]any {
	t.Helper()
	if c.state == nil {
		return nil
	}
	plain, _ := acctest.Plain(t, c.value(t, acctest.NewProtocol(t), c.state)).(map[string]any)
	return plain
}

// plan asks what a configuration would change; nil is a destroy.
func (c *core) plan(t *testing.T, p *acctest.Protocol, config map[string]any, prior *tfprotov6.DynamicValue, private []byte) (plan, []*tfprotov6.Diagnostic) {
	t.Helper()
	if prior == nil {
		prior = c.encode(t, p, nil)
	}
	resp, err := p.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: c.kind, PriorState: prior, Config: c.encode(t, p, config), PriorPrivate: private, PriorIdentity: c.identity,
		ProposedNewState: c.proposed(t, p, config, prior),
	})
	if err != nil {
		t.Fatal(err)
	}
	if failed(resp.Diagnostics) {
		return plan{}, resp.Diagnostics
	}
	return plan{
		planned: resp.PlannedState, private: resp.PlannedPrivate, replace: len(resp.RequiresReplace) > 0,
		changes: !c.value(t, p, resp.PlannedState).Equal(c.value(t, p, prior)),
	}, resp.Diagnostics
}

// proposed is the configuration with the prior values of computed attributes that it leaves out.
func (c *core) proposed(t *testing.T, p *acctest.Protocol, config map[string]any, prior *tfprotov6.DynamicValue) *tfprotov6.DynamicValue {
	t.Helper()
	if config == nil {
		return c.encode(t, p, nil)
	}
	old, _ := acctest.Plain(t, c.value(t, p, prior)).(map[string]any)
	proposed := map[string]any{}
	for _, attribute := range p.Schemas.ResourceSchemas[c.kind].Block.Attributes {
		if value, given := config[attribute.Name]; given {
			proposed[attribute.Name] = value
		} else if attribute.Computed {
			proposed[attribute.Name] = old[attribute.Name]
		}
	}
	return c.encode(t, p, proposed)
}

// change does one planned action.
func (c *core) change(t *testing.T, p *acctest.Protocol, config map[string]any, prior *tfprotov6.DynamicValue, planned plan) []*tfprotov6.Diagnostic {
	t.Helper()
	if prior == nil {
		prior = c.encode(t, p, nil)
	}
	resp, err := p.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: c.kind, PriorState: prior, Config: c.encode(t, p, config), PlannedState: planned.planned, PlannedPrivate: planned.private,
	})
	if err != nil {
		t.Fatal(err)
	}
	c.keep(t, p, resp.NewState, resp.Private, resp.NewIdentity)
	return resp.Diagnostics
}

// apply refreshes, plans and applies; before runs between the plan and the apply. The errors are those
// of the apply: a plan that fails ends the test.
func (c *core) apply(t *testing.T, config map[string]any, before func()) []*tfprotov6.Diagnostic {
	t.Helper()
	first := c.walk(t)
	mustSucceed(t, "refresh", c.read(t, first))
	if config == nil && c.state == nil {
		return nil
	}
	planned, diagnostics := c.planFor(t, first, config)
	mustSucceed(t, "plan", diagnostics)
	replace := c.state != nil && config != nil && (planned.replace || c.tainted)
	if planned.replace { // its creation half is planned with what the first plan left in private state
		planned, diagnostics = c.plan(t, first, config, nil, planned.private)
		mustSucceed(t, "plan of the creation", diagnostics)
	}

	if before != nil {
		before()
	}
	second := c.walk(t)
	c.stop = func() {
		_, _ = second.StopProvider(context.WithoutCancel(t.Context()), &tfprotov6.StopProviderRequest{}) // it answers nothing
	}
	if replace {
		nothing := plan{planned: c.encode(t, second, nil), private: planned.private}
		if diagnostics := c.change(t, second, nil, c.state, nothing); failed(diagnostics) {
			return diagnostics
		}
	}
	if config == nil {
		return c.destroy(t, second)
	}
	again, diagnostics := c.plan(t, second, config, c.state, c.private)
	if failed(diagnostics) {
		return diagnostics
	}
	creates := c.state == nil
	diagnostics = c.change(t, second, config, c.state, again)
	c.tainted = creates && c.state != nil && failed(diagnostics)
	return diagnostics
}

// planFor plans as a creation what is to be replaced.
func (c *core) planFor(t *testing.T, p *acctest.Protocol, config map[string]any) (plan, []*tfprotov6.Diagnostic) {
	t.Helper()
	if c.tainted {
		return c.plan(t, p, config, nil, nil)
	}
	return c.plan(t, p, config, c.state, c.private)
}

func (c *core) destroy(t *testing.T, p *acctest.Protocol) []*tfprotov6.Diagnostic {
	t.Helper()
	planned, diagnostics := c.plan(t, p, nil, c.state, c.private)
	if failed(diagnostics) {
		return diagnostics
	}
	return c.change(t, p, nil, c.state, planned)
}

func failed(diagnostics []*tfprotov6.Diagnostic) bool { return len(errorsOf(diagnostics)) > 0 }

func errorsOf(diagnostics []*tfprotov6.Diagnostic) (errors []*tfprotov6.Diagnostic) {
	for _, d := range diagnostics {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			errors = append(errors, d)
		}
	}
	return errors
}

func mustSucceed(t *testing.T, what string, diagnostics []*tfprotov6.Diagnostic) {
	t.Helper()
	for _, d := range errorsOf(diagnostics) {
		t.Fatalf("the %s fails: %s: %s", what, d.Summary, d.Detail)
	}
}
