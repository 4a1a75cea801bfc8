package variables_test

import (
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/gitlabtest"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/variables"
)

// An answer about another variable is refused, and the other one is left alone.
func TestAnswerAboutAnotherVariable(t *testing.T) {
	t.Parallel()
	gitlabtest.EachOwner(t, func(t *testing.T, in gitlab.Target) {
		for _, method := range []string{"GET", "POST"} {
			s := gitlabtest.NewStub(t)
			client := connect(s)
			set := func(key string) error {
				_, err := client.Set(t.Context(), in, variables.Change{Variable: variables.Variable{Key: key, Value: gitlab.NewSecret("value-of-" + key)}})
				return err
			}
			if err := set("OTHER"); err != nil {
				t.Fatal(err)
			}
			route := gitlabtest.RESTRoute(method, in, "variables")
			if method == "GET" {
				route = gitlabtest.RESTRoute(method, in, "variables/OURS")
			}
			s.On(route, func(_ gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
				usual()
				return gitlabtest.Reply{Body: gitlabtest.Record{"key": "OTHER", "value": "x", "environment_scope": "*", "variable_type": "env_var"}}
			})
			if err := set("OURS"); method == "GET" {
				gitlabtest.WantError(t, err, apierror.Misdirected, "about the CI/CD variable OURS and answered about the CI/CD variable OTHER")
			} else if err != nil {
				t.Errorf("what is there after all is an error: %v", err)
			}
			other, err := client.Get(t.Context(), in, "OTHER", "*")
			if err != nil || other == nil || other.Value.Reveal() != "value-of-OTHER" {
				t.Errorf("%s: the other variable is %+v, %v", method, other, err)
			}
		}
	})
}
