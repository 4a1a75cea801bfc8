package provider_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// succeeded fails the test on any diagnostic.
func succeeded(t *testing.T, diagnostics []*tfprotov6.Diagnostic) {
	t.Helper()
	for _, diagnostic := range diagnostics {
		t.Fatalf("%s: %s", diagnostic.Summary, diagnostic.Detail)
	}
}

// complains expects one error on an attribute (none: "") whose detail has the words.
func complains(t *testing.T, diagnostics []*tfprotov6.Diagnostic, attribute, words string) {
	t.Helper()
	if len(diagnostics) != 1 {
		t.Fatalf("got %d diagnostics, want one", len(diagnostics))
	}
	diagnostic := diagnostics[0]
	at := ""
	if diagnostic.Attribute != nil {
		at = strings.TrimSuffix(strings.TrimPrefix(diagnostic.Attribute.String(), `AttributeName("`), `")`)
	}
	if diagnostic.Severity != tfprotov6.DiagnosticSeverityError || at != attribute || !strings.Contains(diagnostic.Detail, words) {
		t.Errorf("got %s at %q: %s: %s; want an error at %q with %q", diagnostic.Severity, at, diagnostic.Summary, diagnostic.Detail, attribute, words)
	}
}
