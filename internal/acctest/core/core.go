package core

import (
	"context"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// Core is a Terraform with a state, for one working folder.
type Core struct {
	// Provider is the provider block.
	Provider map[string]any
	// State is what the last run has left.
	State State
	// Before, where there is one, stands before the process of a plan once it is configured.
	Before func(*acctest.Protocol)

	mu      sync.Mutex
	running *acctest.Protocol
}

// Object is what a state holds of one object.
type Object struct {
	Kind     string
	Value    *tfprotov6.DynamicValue
	Private  []byte
	Identity *tfprotov6.ResourceIdentityData
	// Tainted means that its creation failed half-way: the next apply replaces it.
	Tainted bool
}

// State holds the objects by address. Deposed ones were replaced and not destroyed yet.
type State struct {
	Current map[string]*Object
	Deposed map[string][]*Object
}

// Resource is a block of a configuration.
type Resource struct {
	Kind   string
	Config map[string]any
	// CreateBeforeDestroy is the resource's own, or forced by another that depends on it.
	CreateBeforeDestroy bool
}

// Diagnostic is an error or warning, and where in a run it came from.
type Diagnostic struct {
	Address string
	// Step is what was done: "refresh", "plan", "apply" and so on.
	Step string

	*tfprotov6.Diagnostic
}

// IsError tells errors from warnings.
func (d Diagnostic) IsError() bool { return d.Severity == tfprotov6.DiagnosticSeverityError }

// Finding is something that core holds against a provider.
type Finding struct{ Address, Check, Text string }

func (s State) clone() State {
	copied := State{Current: map[string]*Object{}, Deposed: map[string][]*Object{}}
	for address, object := range s.Current {
		one := *object
		copied.Current[address] = &one
	}
	for address, objects := range s.Deposed {
		for _, object := range objects {
			one := *object
			copied.Deposed[address] = append(copied.Deposed[address], &one)
		}
	}
	return copied
}

// Start starts a process of the provider and configures it.
func (c *Core) Start(t testing.TB) *acctest.Protocol {
	t.Helper()
	p := acctest.NewProtocol(t)
	for _, d := range p.Configure(t, c.Provider) {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			t.Fatalf("%s: %s", d.Summary, d.Detail)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running = p
	return p
}

// Stop interrupts the provider's process that was started last, as Ctrl-C does.
func (c *Core) Stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = c.running.StopProvider(context.Background(), &tfprotov6.StopProviderRequest{}) // it answers nothing
}

// Addresses are those of all objects, sorted.
func (s State) Addresses() []string {
	all := maps.Clone(s.Current)
	for address, objects := range s.Deposed {
		if len(objects) > 0 {
			all[address] = objects[0]
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// Attributes are the object as plain values; nil where there is none.
func (o *Object) Attributes(t testing.TB) map[string]any {
	t.Helper()
	if o == nil {
		return nil
	}
	return plainOf(t, schemas(t), o.Kind, o.Value)
}

func schemas(t testing.TB) *tfprotov6.GetProviderSchemaResponse {
	t.Helper()
	return acctest.Schemas(t)
}

func block(s *tfprotov6.GetProviderSchemaResponse, kind string) *tfprotov6.SchemaBlock {
	return s.ResourceSchemas[kind].Block
}

func valueOf(t testing.TB, s *tfprotov6.GetProviderSchemaResponse, kind string, encoded *tfprotov6.DynamicValue) tftypes.Value {
	t.Helper()
	of := s.ResourceSchemas[kind].ValueType()
	if encoded == nil {
		return tftypes.NewValue(of, nil)
	}
	value, err := encoded.Unmarshal(of)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func plainOf(t testing.TB, s *tfprotov6.GetProviderSchemaResponse, kind string, encoded *tfprotov6.DynamicValue) map[string]any {
	t.Helper()
	plain, _ := acctest.Plain(t, valueOf(t, s, kind, encoded)).(map[string]any)
	return plain
}

// encode writes plain attributes as a value of the resource; nil is null.
func encode(t testing.TB, s *tfprotov6.GetProviderSchemaResponse, kind string, plain map[string]any) *tfprotov6.DynamicValue {
	t.Helper()
	if plain == nil {
		return acctest.Encode(t, s.ResourceSchemas[kind].ValueType(), nil)
	}
	return acctest.Encode(t, s.ResourceSchemas[kind].ValueType(), plain)
}

// Errors are the errors among diagnostics.
func Errors(diagnostics []Diagnostic) []Diagnostic {
	var errors []Diagnostic
	for _, d := range diagnostics {
		if d.IsError() {
			errors = append(errors, d)
		}
	}
	return errors
}
