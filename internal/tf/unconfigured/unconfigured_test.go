package unconfigured_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/unconfigured"
)

var (
	emptyObject = tftypes.Object{}
	created     = tfsdk.State{Raw: tftypes.NewValue(emptyObject, nil)}
	updated     = tfsdk.State{Raw: tftypes.NewValue(emptyObject, map[string]tftypes.Value{})}
)

func TestBool(t *testing.T) {
	t.Parallel()
	yes, no, null, unknown := types.BoolValue(true), types.BoolValue(false), types.BoolNull(), types.BoolUnknown()
	cases := map[string]struct {
		state                     tfsdk.State
		config, prior, plan, want types.Bool
	}{
		"created and left out":           {created, null, null, unknown, null},
		"created and configured":         {created, no, null, no, no},
		"left out keeps what is there":   {updated, null, yes, unknown, yes},
		"left out keeps what was not":    {updated, null, null, unknown, null},
		"configured":                     {updated, no, yes, no, no},
		"configured and not yet known":   {updated, unknown, yes, unknown, unknown},
		"taken out of the configuration": {updated, null, no, unknown, no},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resp := planmodifier.BoolResponse{PlanValue: c.plan}
			unconfigured.Bool().PlanModifyBool(t.Context(), planmodifier.BoolRequest{State: c.state, ConfigValue: c.config, StateValue: c.prior, PlanValue: c.plan}, &resp)
			if !resp.PlanValue.Equal(c.want) {
				t.Errorf("got %s, want %s", resp.PlanValue, c.want)
			}
		})
	}
}

func TestMap(t *testing.T) {
	t.Parallel()
	of := func(keys ...string) types.Map {
		elements := map[string]attr.Value{}
		for _, key := range keys {
			elements[key] = types.StringValue("")
		}
		return types.MapValueMust(types.StringType, elements)
	}
	null, unknown := types.MapNull(types.StringType), types.MapUnknown(types.StringType)
	cases := map[string]struct {
		state                     tfsdk.State
		config, prior, plan, want types.Map
	}{
		"created and left out":         {created, null, null, unknown, null},
		"created and configured":       {created, of("a"), null, of("a"), of("a")},
		"left out keeps what is there": {updated, null, of("a"), unknown, of("a")},
		"left out keeps what was not":  {updated, null, null, unknown, null},
		"empty is not left out":        {updated, of(), of("a"), of(), of()},
		"configured and not yet known": {updated, unknown, of("a"), unknown, unknown},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resp := planmodifier.MapResponse{PlanValue: c.plan}
			unconfigured.Map().PlanModifyMap(t.Context(), planmodifier.MapRequest{State: c.state, ConfigValue: c.config, StateValue: c.prior, PlanValue: c.plan}, &resp)
			if !resp.PlanValue.Equal(c.want) {
				t.Errorf("got %s, want %s", resp.PlanValue, c.want)
			}
		})
	}
}

func TestDescription(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		unconfigured.Bool().Description(t.Context()), unconfigured.Bool().MarkdownDescription(t.Context()),
		unconfigured.Map().Description(t.Context()), unconfigured.Map().MarkdownDescription(t.Context()),
	} {
		if text != "Left out, it is left as it is." {
			t.Errorf("got %q", text)
		}
	}
}
