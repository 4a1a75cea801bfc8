package allowlist_test

import (
	"regexp"
	"strings"

	"github.com/hashicorp/terraform-plugin-testing/terraform"
)

type terraformState = terraform.State

// message matches words of a diagnostic however the CLI wraps its lines.
func message(words string) *regexp.Regexp {
	fields := strings.Fields(words)
	for i, field := range fields {
		fields[i] = regexp.QuoteMeta(field)
	}
	return regexp.MustCompile(strings.Join(fields, `[\s│]+`))
}
