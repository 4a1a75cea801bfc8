package core

import (
	"cmp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// Action is what is to be done to an object.
type Action string

// The actions of a plan.
const (
	NoOp             Action = "no-op"
	Create           Action = "create"
	Update           Action = "update"
	Delete           Action = "delete"
	DeleteThenCreate Action = "delete then create"
	CreateThenDelete Action = "create then delete"
)

// Replaces tells whether an object is made anew.
func (a Action) Replaces() bool { return a == DeleteThenCreate || a == CreateThenDelete }

// Change is what a plan says of one object.
type Change struct {
	Address string
	Kind    string
	Action  Action
	// Config, Prior and Planned are plain values, "(unknown)" for what is not known; Prior is
	// refreshed. nil is none.
	Config, Prior, Planned map[string]any
	// Deposed means the destroy of an object that was replaced in an earlier run.
	Deposed bool
	// Tainted means a replacement because a creation has failed half-way.
	Tainted bool

	resource Resource
	deposed  *Object
	planned  *tfprotov6.DynamicValue
	// private is the planned private state of the plan phase.
	private []byte
}

func compareChanges(a, b *Change) int {
	if order := strings.Compare(a.Address, b.Address); order != 0 || a.Deposed == b.Deposed {
		return order
	}
	if b.Deposed {
		return -1
	}
	return 1
}

// request is what is to be planned: an object, none where it is to be made, and its configuration.
type request struct {
	address  string
	resource Resource
	object   *Object
	replace  bool
}

// planned plans a configured resource. The same is done at apply: then the object of a replacement is
// gone, or deposed, already.
func planned(t testing.TB, p *acctest.Protocol, r request) (*Change, []*tfprotov6.Diagnostic, []Finding) {
	t.Helper()
	kind, config := r.resource.Kind, r.resource.Config
	change := &Change{Address: r.address, Kind: kind, Config: config, resource: r.resource}
	var prior *tfprotov6.DynamicValue
	var private []byte
	var identity *tfprotov6.ResourceIdentityData
	if r.object != nil {
		change.Prior = plainOf(t, p.Schemas, kind, r.object.Value)
		change.Tainted = r.object.Tainted
		if !r.object.Tainted {
			// What is tainted is planned as if there were nothing, without its private state.
			prior, private, identity = r.object.Value, r.object.Private, r.object.Identity
		}
	}
	first := ask(t, p, kind, config, prior, private, identity)
	if failed(first.Diagnostics) {
		return nil, first.Diagnostics, nil
	}
	var findings []Finding
	for _, text := range invalid(block(p.Schemas, kind).Attributes, "", plainOf(t, p.Schemas, kind, prior), config, plainOf(t, p.Schemas, kind, first.PlannedState)) {
		findings = append(findings, Finding{r.address, InvalidPlan, text})
	}
	before, after := valueOf(t, p.Schemas, kind, prior), valueOf(t, p.Schemas, kind, first.PlannedState)
	last := first
	switch {
	case r.object == nil:
		change.Action = Create
	case r.object.Tainted:
		change.Action = replacement(r.resource)
	case r.replace || requiresReplace(before, after, first.RequiresReplace):
		change.Action = replacement(r.resource)
		last = ask(t, p, kind, config, nil, first.PlannedPrivate, nil)
		if failed(last.Diagnostics) {
			return nil, append(first.Diagnostics, last.Diagnostics...), findings
		}
		last.Diagnostics = append(first.Diagnostics, last.Diagnostics...)
	case before.Equal(after):
		change.Action = NoOp
	default:
		change.Action = Update
	}
	change.Planned, change.planned, change.private = plainOf(t, p.Schemas, kind, last.PlannedState), last.PlannedState, last.PlannedPrivate
	return change, last.Diagnostics, findings
}

func replacement(r Resource) Action {
	if r.CreateBeforeDestroy {
		return CreateThenDelete
	}
	return DeleteThenCreate
}

// requiresReplace leaves out attributes that do not change, as core does.
func requiresReplace(before, after tftypes.Value, paths []*tftypes.AttributePath) bool {
	for _, path := range paths {
		old, _, oldErr := tftypes.WalkAttributePath(before, path)
		changed, _, newErr := tftypes.WalkAttributePath(after, path)
		a, isValue := old.(tftypes.Value)
		b, isValueToo := changed.(tftypes.Value)
		if oldErr != nil || newErr != nil || !isValue || !isValueToo || !a.Equal(b) {
			return true
		}
	}
	return false
}

// plannedDestroy plans the end of an object.
func plannedDestroy(t testing.TB, p *acctest.Protocol, address string, o *Object) (*Change, []*tfprotov6.Diagnostic) {
	t.Helper()
	resp := ask(t, p, o.Kind, nil, o.Value, o.Private, o.Identity)
	change := &Change{
		Address: address, Kind: o.Kind, Action: Delete, Prior: plainOf(t, p.Schemas, o.Kind, o.Value), Tainted: o.Tainted,
		resource: Resource{Kind: o.Kind}, private: resp.PlannedPrivate,
	}
	return change, resp.Diagnostics
}

// ask sends PlanResourceChange; no configuration is a destroy, no prior a creation.
func ask(t testing.TB, p *acctest.Protocol, kind string, config map[string]any, prior *tfprotov6.DynamicValue, private []byte, identity *tfprotov6.ResourceIdentityData) *tfprotov6.PlanResourceChangeResponse {
	t.Helper()
	old := plainOf(t, p.Schemas, kind, prior)
	resp, err := p.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: kind, PriorState: cmp.Or(prior, encode(t, p.Schemas, kind, nil)), Config: encode(t, p.Schemas, kind, config),
		ProposedNewState: encode(t, p.Schemas, kind, proposed(block(p.Schemas, kind).Attributes, config, old)),
		PriorPrivate:     private, PriorIdentity: identity,
	})
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func failed(diagnostics []*tfprotov6.Diagnostic) bool {
	for _, d := range diagnostics {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			return true
		}
	}
	return false
}
