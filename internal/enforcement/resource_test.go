package enforcement_test

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	acctest.RemoveBinary()
	os.Exit(code)
}

func enabled(on bool) string {
	return fmt.Sprintf("resource \"jobtoken_instance_enforcement\" \"this\" {\n  enabled = %t\n}\n", on)
}

// A life: switched on with a warning, drift, switched off with another, and left as it is by the destroy.
func TestAccInstanceEnforcement(t *testing.T) {
	t.Parallel()
	g := acctest.NewAdmin(t)
	g.Enforce(t, false)
	c := acctest.NewCLI(t, g, enabled(true))
	expect := func(what, output string, on bool, words ...string) {
		t.Helper()
		for _, w := range words {
			if !acctest.Says(output, w) {
				t.Errorf("%s does not say %q:\n%s", what, w, output)
			}
		}
		if got := g.Enforces(t); got != on {
			t.Errorf("after %s the instance enforces: %t", what, got)
		}
	}
	expect("the creation", c.Apply(t, 0), true, "Job Token Allowlists Become Binding for the Instance", "Whoever used such a project without an entry is refused")
	c.Plan(t, acctest.NoChanges)

	g.Enforce(t, false)
	expect("the plan after somebody switched it", c.Plan(t, acctest.Changes), false, "~ enabled = false -> true")
	c.Apply(t, 0)

	c.Configure(t, enabled(false))
	expect("the update", c.Apply(t, 0), false, "Job Token Allowlists Are No Longer Binding for the Instance", "is open to the job tokens of all projects")

	g.Enforce(t, true)
	g.ForgetRequests(t)
	output := c.Must(t, 0, "destroy", "-auto-approve", "-input=false")
	expect("the destroy", output, true, "Enforcement of Job Token Allowlists Stays as It Is", "The destroy only takes the setting out of the state")
	if requests, counted := g.Requests(t); counted && len(requests.Writes()) > 0 {
		t.Errorf("the destroy writes %v", requests.Writes())
	}
}

// What is there already is not written, and what somebody switches between plan and apply stays if the plan does not
// speak of it.
func TestAccInstanceEnforcement_writesOnlyItsLine(t *testing.T) {
	t.Parallel()
	g := acctest.NewAdmin(t)
	g.Enforce(t, true)
	c := acctest.NewCLI(t, g, enabled(true))
	g.ForgetRequests(t)
	if output := c.Apply(t, 0); strings.Contains(output, "for the Instance") {
		t.Errorf("what stays as it is is warned of:\n%s", output)
	}
	c.Apply(t, 0)
	if requests, counted := g.Requests(t); counted && len(requests.Writes()) > 0 {
		t.Errorf("written is %v", requests.Writes())
	}
}

// Who is no administrator is told so at plan, in the data source too.
func TestAccInstanceEnforcement_notForOthers(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	for _, configuration := range []string{enabled(true), "data \"jobtoken_instance_enforcement\" \"this\" {}\n"} {
		output := acctest.NewCLI(t, g, configuration).Plan(t, acctest.Failed)
		for _, words := range []string{
			"Unable to Read Whether Job Token Allowlists Are Enforced", "Only an administrator may", "the token's user, " + g.User.Username + ", is no administrator",
			"Give the provider the token of an administrator",
		} {
			if !acctest.Says(output, words) {
				t.Errorf("the plan does not say %q:\n%s", words, output)
			}
		}
	}
}

// What a list shows is what its import makes.
func TestList(t *testing.T) {
	t.Parallel()
	g := acctest.NewAdmin(t)
	g.Enforce(t, true)
	const name = "jobtoken_instance_enforcement"
	q := acctest.NewQuery(t, g, g.Token)
	found, problems := q.Ask(t, name, map[string]any{}, 100, true)
	if len(found) != 1 || len(problems) > 0 {
		t.Fatalf("found %v, %v", found, problems)
	}
	if got, want := q.Resource(t, name, found[0].Resource), q.Imported(t, name, found[0].Identity); !reflect.DeepEqual(got, want) || !reflect.DeepEqual(got, map[string]any{"enabled": true}) {
		t.Errorf("it is %v, and its import %v", got, want)
	}
}
