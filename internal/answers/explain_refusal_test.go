package answers_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// explain calls the function of a provider that was never configured.
func explain(t *testing.T, p *acctest.Protocol, text string) map[string]any {
	t.Helper()
	argument, err := tfprotov6.NewDynamicValue(tftypes.String, tftypes.NewValue(tftypes.String, text))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := p.CallFunction(t.Context(), &tfprotov6.CallFunctionRequest{Name: "explain_refusal", Arguments: []*tfprotov6.DynamicValue{&argument}})
	if err != nil || resp.Error != nil {
		t.Fatal(err, resp.Error)
	}
	value, err := resp.Result.Unmarshal(p.Schemas.Functions["explain_refusal"].Return.Type)
	if err != nil {
		t.Fatal(err)
	}
	result, ok := acctest.Plain(t, value).(map[string]any)
	if !ok {
		t.Fatalf("%v", value)
	}
	return result
}

func TestExplainRefusal(t *testing.T) {
	t.Parallel()
	p := acctest.NewProtocol(t)
	got := explain(t, p, "Cloning into 'lib'...\nremote: Authentication by CI/CD job token not allowed from app to project #7.\nfatal: unable to access 'https://…': The requested URL returned error: 403\n")
	refusals, _ := got["refusals"].([]any)
	if got["known"] != true || len(refusals) != 1 {
		t.Fatalf("%v", got)
	}
	told, _ := refusals[0].(map[string]any)
	if told["from_project"] != "app" || told["to_project"] != "project #7" || told["where"] != "git" {
		t.Errorf("%v", told)
	}
	cases, _ := told["cases"].([]any)
	if len(cases) != 2 {
		t.Fatalf("%v", told)
	}
	first, _ := cases[0].(map[string]any)
	if first["who"] != "target" || !slices.Equal(slices.Sorted(maps.Keys(first)), []string{"cause", "change", "tell", "who"}) {
		t.Errorf("%v", first)
	}

	unknown := explain(t, p, "sh: make: not found")
	if summary, _ := unknown["summary"].(string); unknown["known"] != false || !strings.HasPrefix(summary, "This is none of the texts known here") {
		t.Errorf("%v", unknown)
	}
	named := explain(t, p, `{"message":"404 Project Not Found"}`)
	if refusals, _ := named["refusals"].([]any); len(refusals) != 1 {
		t.Errorf("%v", named)
	} else if told, _ := refusals[0].(map[string]any); told["from_project"] != nil || told["to_project"] != nil {
		t.Errorf("%v", told)
	}
}
