package provider_test

import (
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// What nobody reads is not written: half of a plan's time went into it.
func TestAccQuiet(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	project := g.Project(t, "lib")
	c := acctest.NewCLI(t, g, `data "jobtoken_settings" "lib" { project = "`+project.Path+`" }`)
	kept := c.KeepErrors(t)

	c.Setenv("TF_LOG_PROVIDER=", "TF_LOG_PATH=")
	c.Plan(t, acctest.NoChanges)
	if text := kept(); text != "" {
		t.Errorf("nobody asked for a log, and the provider wrote %d bytes of it:\n%.2000s", len(text), text)
	}

	c.Setenv("TF_LOG=TRACE", "TF_LOG_PATH="+c.Dir+"/trace.log")
	c.Plan(t, acctest.NoChanges)
	text := kept()
	for _, line := range []string{
		`"@module":"sdk.proto"`, `"@module":"sdk.framework"`, `"@message":"plugin address"`,
		`"@message":"GitLab host chosen"`, `"@message":"GitLab request"`,
	} {
		if !strings.Contains(text, line) {
			t.Errorf("everything was asked for, and this is not written: %s", line)
		}
	}
}
