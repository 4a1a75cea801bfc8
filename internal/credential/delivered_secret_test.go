package credential_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// handedOn is a token whose delivered secret goes into a store outside GitLab.
type handedOn struct {
	*stage
	*acctest.CLI
}

func handOn(t *testing.T, k kind, delivery string) handedOn {
	t.Helper()
	acctest.NeedsCLI(t, 11, "write-only arguments")
	s := newStage(t, k)
	c := acctest.NewCLI(t, s.GitLab, "")
	c.WithVault(t)
	h := handedOn{s, c}
	h.write(t, delivery, "first")
	return h
}

// write is the configuration with more lines of the delivery, and a version of the store's own.
func (h handedOn) write(t *testing.T, delivery, version string) {
	t.Helper()
	h.Configure(t, h.token(fmt.Sprintf("deliveries = { ci = { project = %q, key = \"TOKEN\"%s } }", h.app.Path, delivery))+
		h.reads("TOKEN")+h.stores(version))
}

func (h handedOn) reads(key string) string {
	return fmt.Sprintf(`
ephemeral "jobtoken_delivered_secret" "ci" {
  project  = %q
  key      = %q
  token_id = %s.token_id
}
`, h.app.Path, key, h.address())
}

func (h handedOn) stores(mount string) string {
	return fmt.Sprintf(`
resource "vault_kv_secret_v2" "ci" {
  mount                = %q
  name                 = "ci"
  data_json_wo         = ephemeral.jobtoken_delivered_secret.ci.value
  data_json_wo_version = %s.token_id
}
`, mount, h.address())
}

func (h handedOn) has(t *testing.T, want ...string) {
	t.Helper()
	if got := h.Stored(t, "ci"); !slices.Equal(got, want) {
		t.Fatalf("the store was given %d values, want %d, or others", len(got), len(want))
	}
}

// A store outside GitLab has every secret in the apply that makes it, and plans read alone.
func TestAccDeliveredSecret(t *testing.T) {
	t.Parallel()
	for _, k := range []kind{projectDeploy, groupAccess} {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			h := handOn(t, k, "")
			h.Apply(t, 0)
			first := h.secret(t)
			h.has(t, first)

			h.ForgetRequests(t)
			for _, args := range [][]string{{"plan"}, {"plan", "-refresh=false"}, {"plan", "-refresh-only"}, {"plan", "-destroy"}, {"apply", "-auto-approve"}} {
				h.Must(t, 0, append(args, "-input=false")...)
			}
			if requests, ok := h.Requests(t); ok && len(requests.Writes()) > 0 {
				t.Errorf("reading writes: %v", requests.Writes())
			}
			h.has(t, first)

			planned := h.PlanJSON(t, "-replace="+h.address())
			h.ApplySaved(t, 0)
			second := h.secret(t)
			if planned.Actions("vault_kv_secret_v2.ci")[0] != "update" || second == first {
				t.Errorf("the store is to be planned with the new token, is %v", planned.Actions("vault_kv_secret_v2.ci"))
			}
			h.has(t, first, second)

			h.Revoke(t, h.of, h.id, h.tokens, h.live(t)[0])
			h.Apply(t, 0)
			h.has(t, first, second, h.secret(t))
			h.Plan(t, acctest.NoChanges)
		})
	}
}

// A variable that is gone holds up neither its own repair nor a destroy, and no store is given null for it.
func TestAccDeliveredSecret_variableGone(t *testing.T) {
	t.Parallel()
	h := handOn(t, projectDeploy, "")
	h.Apply(t, 0)
	first := h.secret(t)
	remove := func() { h.Admin(t, "DELETE", fmt.Sprintf("/projects/%d/variables/TOKEN", h.app.ID), nil, nil) }

	remove()
	for _, args := range [][]string{{"plan"}, {"plan", "-refresh-only"}, {"plan", "-destroy"}} {
		h.Must(t, 0, append(args, "-input=false")...)
	}
	h.Apply(t, 0)
	second := h.secret(t)
	h.has(t, first, second)

	t.Run("since the plan", func(t *testing.T) {
		h.write(t, "", "second")
		h.PlanJSON(t)
		remove()
		output := h.ApplySaved(t, 1)
		if !acctest.Says(output, "Unable to Read Delivered Secret") || !acctest.Says(output, "There is no CI/CD variable TOKEN of project "+h.app.Path) {
			t.Errorf("says\n%s", output)
		}
		h.has(t, first, second)
	})
	h.Must(t, 0, "apply", "-refresh-only", "-auto-approve", "-input=false", "-target="+h.address())
	h.Must(t, 0, "plan", "-destroy", "-refresh=false", "-input=false")
	h.Must(t, 0, "destroy", "-auto-approve", "-input=false")
	h.has(t, first, second)
}

// GitLab shows a hidden value to nobody: that is an error where it matters, and never in the way of a destroy.
func TestAccDeliveredSecret_hidden(t *testing.T) {
	t.Parallel()
	h := handOn(t, projectDeploy, ", hidden = true")
	output := h.Apply(t, 1)
	if !acctest.Says(output, "Unable to Read Delivered Secret") || !acctest.Says(output, "is hidden: GitLab shows its value to nobody") {
		t.Errorf("says\n%s", output)
	}
	h.has(t)
	if len(h.live(t)) != 1 {
		t.Error("the token itself is made")
	}
	if planned := h.PlanJSON(t); !planned.Says("is hidden") {
		t.Errorf("the plan says\n%s", planned.Output)
	}
	h.Must(t, 0, "destroy", "-auto-approve", "-input=false")
	h.has(t)
}

func TestAccDeliveredSecret_invalid(t *testing.T) {
	t.Parallel()
	h := handOn(t, projectDeploy, "")
	h.Apply(t, 0)
	token := h.token(h.delivered())
	for name, c := range map[string]struct{ from, to, says string }{ //nolint:paralleltest // one folder serves all
		"no owner":          {`project  = "` + h.app.Path + `"`, "", "exactly one of project and group"},
		"two owners":        {"key ", `group = "acme"` + "\n  key ", "exactly one of project and group"},
		"unknown project":   {h.app.Path, h.app.Path + "-x", "Unable to Find Project"},
		"malformed project": {h.app.Path, "acme//x", "Invalid Project or Group Reference"},
		"another key":       {`"TOKEN"`, `"TOKENS"`, "There is no CI/CD variable TOKENS of project"},
		"malformed key":     {`"TOKEN"`, `"TO KEN"`, "cannot be the key of a CI/CD variable"},
		"no token":          {"token_id = " + h.address() + ".token_id", "", "The argument \"token_id\" is required"},
	} {
		t.Run(name, func(t *testing.T) {
			h.Configure(t, token+strings.Replace(h.reads("TOKEN"), c.from, c.to, 1)+h.stores("first"))
			if output := h.Plan(t, acctest.Failed); !acctest.Says(output, c.says) {
				t.Errorf("says\n%s", output)
			}
		})
	}
}
