package credential_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// Private state that cannot be read is never taken for none, which would make the token anew: nothing is planned
// or destroyed, and the error says what to do.
func TestAccUnreadableRecord(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rewrite func(string) string
		says    []string
	}{
		"of a newer version": {
			func(text string) string { return strings.Replace(text, `"version":1`, `"version":7`, 1) },
			[]string{"version 7 of the format", "Use that version of the provider, or a later one"},
		},
		"with a field that is not known": {
			func(text string) string { return strings.Replace(text, `"deliveries":`, `"delivered":`, 1) },
			[]string{`unknown field "delivered"`, "terraform state rm"},
		},
		"that is something else": {
			func(string) string { return `["credential"]` },
			[]string{`key "credential"`, "former version of the state", "terraform import"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, projectDeploy)
			cli := acctest.NewCLI(t, s.GitLab, s.token(s.delivered()))
			cli.Apply(t, 0)
			id := tokenID(t, cli, s.address())
			cli.Private(t, s.resource(), func(values map[string][]byte) {
				before := string(values["credential"])
				values["credential"] = []byte(c.rewrite(before))
				if before == "" || before == string(values["credential"]) {
					t.Fatalf("nothing is rewritten in %q", before)
				}
			})
			s.ForgetRequests(t)
			for _, args := range [][]string{{"plan"}, {"plan", "-refresh=false"}, {"destroy", "-auto-approve"}, {"destroy", "-auto-approve", "-refresh=false"}} {
				output := cli.Must(t, acctest.Failed, append(args, "-input=false")...)
				says(t, output, append(c.says, "Unable to Read Private State", "Nothing was changed")...)
			}
			if done := writes(t, s.GitLab); len(done) > 0 || tokenID(t, cli, s.address()) != id {
				t.Errorf("it wrote %v", done)
			}
			// what the error says to do works
			cli.Must(t, 0, "state", "rm", s.address())
			cli.Must(t, 0, "import", "-input=false", s.address(), fmt.Sprintf("%s:%d", s.path, id))
		})
	}
}
