package contract_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/provider"
)

// The layer for the unchanged answers as the framework does: in every plan of the walks a second process
// without the layer is asked the same in the same order, and all answers are compared.
func TestUnchanged(t *testing.T) { //nolint:paralleltest // its walks take all cores
	var reads, plans atomic.Int64
	for number := range uint64(*walks / 5) { //nolint:gosec // a flag; each costs as much as two walks
		t.Run(fmt.Sprint("seed=", *seed+number), func(t *testing.T) {
			t.Parallel()
			wk := generate(t, *seed+number)
			for i := range wk.Runs {
				wk.Runs[i].Parallel = false // which of two claims comes first decides which one is warned of
			}
			walkBefore(t, wk, func(w *world, p *acctest.Protocol) {
				plain := &acctest.Protocol{ProviderServer: provider.PlainServer("test")(), Schemas: p.Schemas}
				for _, d := range plain.Configure(t, map[string]any{"base_url": w.proxy.URL, "token": w.token, "allow_plain_http": true, "max_retries": int64(1)}) {
					t.Fatal(d.Summary, d.Detail)
				}
				p.ProviderServer = &twins{ProviderServer: p.ProviderServer, plain: plain, t: t, reads: &reads, plans: &plans}
			})
		})
	}
	t.Cleanup(func() {
		if reads.Load() == 0 || plans.Load() == 0 {
			t.Errorf("%d reads and %d plans were answered with the request's own bytes: nothing was compared", reads.Load(), plans.Load())
		}
		fmt.Printf("%d reads and %d plans were answered with the request's own bytes\n", reads.Load(), plans.Load())
	})
}

// twins asks two servers and answers for the first.
type twins struct {
	tfprotov6.ProviderServer
	plain *acctest.Protocol
	t     testing.TB

	reads, plans *atomic.Int64
}

func (w *twins) ImportResourceState(ctx context.Context, req *tfprotov6.ImportResourceStateRequest) (*tfprotov6.ImportResourceStateResponse, error) {
	_, _ = w.plain.ImportResourceState(ctx, req) // it may note something for what comes
	return w.ProviderServer.ImportResourceState(ctx, req)
}

func (w *twins) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	got, err := w.ProviderServer.ReadResource(ctx, req)
	want, plainErr := w.plain.ReadResource(ctx, req)
	if err != nil || plainErr != nil {
		w.t.Errorf("read: %v, %v", err, plainErr)
		return got, err
	}
	if got.NewState == req.CurrentState {
		w.reads.Add(1)
	}
	w.compare("read of "+req.TypeName, w.said(req.TypeName, got.NewState, got.Private, got.NewIdentity, got.Diagnostics),
		w.said(req.TypeName, want.NewState, want.Private, want.NewIdentity, want.Diagnostics))
	return got, err
}

func (w *twins) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	checked := &tfprotov6.ValidateResourceConfigRequest{TypeName: req.TypeName, Config: req.Config}
	valid, validErr := w.ValidateResourceConfig(ctx, checked)
	plainValid, plainValidErr := w.plain.ValidateResourceConfig(ctx, checked)
	got, err := w.ProviderServer.PlanResourceChange(ctx, req)
	want, plainErr := w.plain.PlanResourceChange(ctx, req)
	if err != nil || plainErr != nil || validErr != nil || plainValidErr != nil {
		w.t.Errorf("plan: %v, %v, %v, %v", err, plainErr, validErr, plainValidErr)
		return got, err
	}
	if got.PlannedState == req.ProposedNewState {
		w.plans.Add(1)
	}
	w.compare("validation of "+req.TypeName, w.said(req.TypeName, nil, nil, nil, valid.Diagnostics), w.said(req.TypeName, nil, nil, nil, plainValid.Diagnostics))
	replace := func(paths []*tftypes.AttributePath) string { return fmt.Sprintf(" replaces for %v", paths) }
	w.compare("plan of "+req.TypeName, w.said(req.TypeName, got.PlannedState, got.PlannedPrivate, got.PlannedIdentity, got.Diagnostics)+replace(got.RequiresReplace),
		w.said(req.TypeName, want.PlannedState, want.PlannedPrivate, want.PlannedIdentity, want.Diagnostics)+replace(want.RequiresReplace))
	return got, err
}

func (w *twins) compare(what, got, want string) {
	if got != want {
		w.t.Errorf("%s with the layer:\n%s\nwithout:\n%s", what, got, want)
	}
}

// ownRequest is the id of a request, of which each of the two sends its own.
var ownRequest = regexp.MustCompile(`\brequest [0-9a-f]+`)

// said writes an answer so that two of one meaning are the same text.
func (w *twins) said(kind string, state *tfprotov6.DynamicValue, private []byte, identity *tfprotov6.ResourceIdentityData, diagnostics []*tfprotov6.Diagnostic) string {
	w.t.Helper()
	var lines []string
	if state != nil {
		value, err := state.Unmarshal(w.plain.Schemas.ResourceSchemas[kind].ValueType())
		if err != nil {
			w.t.Fatal(err)
		}
		lines = append(lines, fmt.Sprint("state: ", acctest.Plain(w.t, value)))
	}
	var kept map[string][]byte
	if len(private) > 0 {
		if err := json.Unmarshal(private, &kept); err != nil {
			w.t.Fatal(err)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(kept)) {
		lines = append(lines, fmt.Sprintf("private %s: %s", key, bytes.TrimSpace(kept[key])))
	}
	if identity != nil {
		lines = append(lines, fmt.Sprintf("identity: %x", identity.IdentityData.MsgPack))
	}
	var told []string
	for _, d := range diagnostics {
		told = append(told, fmt.Sprintf("%s at %s: %s: %s", d.Severity, d.Attribute, d.Summary, ownRequest.ReplaceAllString(d.Detail, "request …")))
	}
	slices.Sort(told) // the framework's validators come in any order
	return strings.Join(append(lines, told...), "\n")
}
