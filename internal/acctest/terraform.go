package acctest

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/provider"
)

// Factories serve the provider to the real CLI from the test's own process, race detector included.
var Factories = map[string]func() (tfprotov6.ProviderServer, error){
	"jobtoken": func() (tfprotov6.ProviderServer, error) { return provider.Server("test")(), nil },
}

// Run drives the real CLI through steps. The steps' configurations get the provider block of the
// test's GitLab.
func Run(t *testing.T, g *GitLab, steps ...resource.TestStep) {
	t.Helper()
	RunSince(t, g, nil, steps...)
}

// RunSince is [Run] for what only some versions of the CLI can do; others skip the test.
func RunSince(t *testing.T, g *GitLab, versions []tfversion.TerraformVersionCheck, steps ...resource.TestStep) {
	t.Helper()
	for i := range steps {
		if steps[i].Config != "" {
			steps[i].Config = g.Config(steps[i].Config)
		}
	}
	resource.Test(t, resource.TestCase{
		IsUnitTest:               true,
		TerraformVersionChecks:   versions,
		ProtoV6ProviderFactories: Factories,
		Steps:                    steps,
	})
}

// Config puts the provider block of this GitLab before a configuration.
func (g *GitLab) Config(body string) string {
	return fmt.Sprintf("provider \"jobtoken\" {\n  base_url         = %q\n  token            = %q\n  allow_plain_http = true\n}\n\n%s", g.BaseURL, g.Token, body)
}

// Message matches words of a diagnostic however the CLI wraps its lines.
func Message(words string) *regexp.Regexp { return regexp.MustCompile(wrapped(words)) }

// MessageAt matches words of a diagnostic that points at an attribute of the configuration.
func MessageAt(attribute, words string) *regexp.Regexp {
	return regexp.MustCompile(`(?s)\d+:\s+` + regexp.QuoteMeta(attribute) + `\s+= .*` + wrapped(words))
}

func wrapped(words string) string {
	fields := strings.Fields(words)
	for i, field := range fields {
		fields[i] = regexp.QuoteMeta(field)
	}
	return strings.Join(fields, `[\s│]+`)
}
