package provider_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// scopePermissions are all that a fine-grained token can hold about job tokens, and what the provider
// asks besides.
var scopePermissions = []string{
	"read_metadata", "read_user", "read_project", "read_group", "read_member", "read_job_token_scope", "update_job_token_scope",
	"read_job_token_scope_allowlist", "create_job_token_scope_allowlist", "delete_job_token_scope_allowlist", "update_ci_cd_setting",
}

// attributesIn are those of all resources in the state.
func attributesIn(t *testing.T, cli *acctest.CLI) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(cli.Dir, "terraform.tfstate"))
	if err != nil {
		t.Fatal(err)
	}
	var state struct {
		Resources []struct {
			Instances []struct {
				Attributes json.RawMessage `json:"attributes"`
				Deposed    string          `json:"deposed"`
			} `json:"instances"`
		} `json:"resources"`
	}
	if err := json.Unmarshal(text, &state); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, resource := range state.Resources {
		for _, instance := range resource.Instances {
			all = append(all, instance.Deposed+string(instance.Attributes))
		}
	}
	return all
}

// A fine-grained token sees no lists and no settings, whatever it is granted. That is one error, which
// says which token works; nothing is dropped from the state, nothing is written, and no role is asked for.
func TestAccFineGrained_listsAndSettings(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	token := g.NewFineGrainedToken(t, g.User, scopePermissions...)
	nothing := g.NewFineGrainedToken(t, g.User)
	lib, other, app, spare := g.Project(t, "lib"), g.Project(t, "other"), g.Project(t, "app"), g.Project(t, "spare")
	configuration := fmt.Sprintf(`
resource "jobtoken_allowlist" "lib" {
  project  = %q
  enabled  = true
  projects = { %q = {} }
  groups   = {}
}
resource "jobtoken_allowlist_entry" "other" {
  project        = %q
  target_project = %q
}
resource "jobtoken_settings" "spare" {
  project                 = %q
  push_repository_allowed = true
}
`, lib.Path, app.Path, other.Path, app.Path, spare.Path)
	reads := fmt.Sprintf("data \"jobtoken_allowlist\" \"lib\" {\n  project = %q\n}\ndata \"jobtoken_settings\" \"spare\" {\n  project = %q\n}\n", lib.Path, spare.Path)
	cli := acctest.NewCLI(t, g, configuration)
	cli.Apply(t, 0)
	before := attributesIn(t, cli)

	holds := func(t *testing.T, output string) {
		t.Helper()
		for _, words := range []string{"Error: Unable to Use This Kind of Token", "scope api", "service account", "fine-grained personal access token"} {
			if !acctest.Says(output, words) {
				t.Errorf("%q is missing in:\n%s", words, output)
			}
		}
		for _, words := range []string{"role", "deleted", "is gone", "dropped"} {
			if acctest.Says(output, words) {
				t.Errorf("it says %q:\n%s", words, output)
			}
		}
		if after := attributesIn(t, cli); !slices.Equal(after, before) {
			t.Errorf("the state has changed from %s to %s", before, after)
		}
		if requests, told := g.Requests(t); told && len(requests.Writes()) > 0 {
			t.Errorf("written: %v", requests.Writes())
		}
		g.CheckAllowlist(t, lib, acctest.Entries{app.Path: "default"})
		g.CheckAllowlist(t, other, acctest.Entries{app.Path: "default"})
	}
	g.ForgetRequests(t)
	cli.Setenv("GITLAB_TOKEN=" + token)
	for name, args := range map[string][]string{
		"plan": {"plan"}, "apply": {"apply", "-auto-approve"}, "destroy": {"destroy", "-auto-approve"},
		"apply without a refresh": {"apply", "-auto-approve", "-refresh=false", "-replace=jobtoken_allowlist.lib"},
		"destroy of the settings": {"destroy", "-auto-approve", "-refresh=false", "-target=jobtoken_settings.spare"},
	} {
		output := cli.Must(t, acctest.Failed, args...)
		holds(t, output)
		if name == "plan" && strings.Count(output, "Error: ") != 1 {
			t.Errorf("more than one error:\n%s", output)
		}
	}
	cli.Configure(t, configuration+reads)
	holds(t, cli.Plan(t, acctest.Failed))
	cli.Configure(t, strings.ReplaceAll(configuration, app.Path, spare.Path))
	holds(t, cli.Plan(t, acctest.Failed))

	cli.Setenv("GITLAB_TOKEN=" + nothing)
	if output := cli.Plan(t, acctest.Failed); !acctest.Says(output, "[Metadata: Read]") || !acctest.Says(output, "the permission that GitLab names") {
		t.Errorf("the missing permission is not named:\n%s", output)
	}
}

// New resources of a fine-grained token are not made, references are not taken for missing, and a
// prefetch of a group is not taken for a wrong path.
func TestAccFineGrained_creations(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	all := g.NewFineGrainedToken(t, g.User, scopePermissions...)
	blind := g.NewFineGrainedToken(t, g.User, "read_metadata", "read_job_token_scope")
	lib, app := g.Project(t, "lib"), g.Project(t, "app")
	for name, block := range map[string]string{
		"list":     fmt.Sprintf("resource \"jobtoken_allowlist\" \"this\" {\n  project = %q\n  projects = { %q = {} }\n}\n", lib.Path, app.Path),
		"entry":    fmt.Sprintf("resource \"jobtoken_allowlist_entry\" \"this\" {\n  project = %d\n  target_group = %q\n}\n", lib.ID, g.Root.Path),
		"settings": fmt.Sprintf("resource \"jobtoken_settings\" \"this\" {\n  project = %q\n  push_repository_allowed = true\n}\n", lib.Path),
		"prefetch": fmt.Sprintf("provider \"jobtoken\" {\n  prefetch_groups = [%q]\n}\ndata \"jobtoken_allowlist\" \"this\" {\n  project = %q\n}\n", g.Root.Path, lib.Path),
	} {
		for kind, token := range map[string]string{"all": all, "blind": blind} {
			t.Run(name+", "+kind, func(t *testing.T) {
				t.Parallel()
				cli := acctest.NewCLI(t, g, block)
				cli.Setenv("GITLAB_TOKEN=" + token)
				output := cli.Apply(t, acctest.Failed)
				if !acctest.Says(output, "Unable to Use This Kind of Token") || !acctest.Says(output, "scope api") {
					t.Errorf("it does not say what is wrong:\n%s", output)
				}
				for _, words := range []string{"role", "Check the spelling", "prefetch_groups names"} {
					if acctest.Says(output, words) {
						t.Errorf("it says %q:\n%s", words, output)
					}
				}
			})
		}
	}
	t.Cleanup(func() {
		g.CheckAllowlist(t, lib, acctest.Entries{})
	})
}

// Deploy tokens, access tokens and their variables are open to a fine-grained token with the permissions
// that the error of one without them names.
func TestAccFineGrained_tokens(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	common := []string{"read_metadata", "read_project", "read_group"}
	with := func(actions string, resources ...string) []string {
		permissions := slices.Clone(common)
		for _, resource := range resources {
			for action := range strings.FieldsSeq(actions) {
				if !(resource == "variable" && action == "rotate" || resource == "deploy_token" && (action == "rotate" || action == "update") || resource == "resource_access_token" && action == "update") {
					permissions = append(permissions, action+"_"+resource)
				}
			}
		}
		return permissions
	}
	full := g.NewFineGrainedToken(t, g.User, with("read create update rotate delete", "deploy_token", "resource_access_token", "variable")...)
	lib, app := g.Project(t, "lib"), g.Project(t, "app")
	block := func(kind, parent, scope, key string) string {
		overlap := 1
		if scope == "read_api" {
			overlap = 0 // which GitLab's own rotation does
		}
		return fmt.Sprintf("resource \"jobtoken_%s\" \"this\" {\n  %s\n  name = \"ci\"\n  scopes = [%q]\n  rotation = { every_days = 30, overlap_days = %d }\n  deliveries = { ci = { project = %q, key = %q } }\n}\n",
			kind, parent, scope, overlap, app.Path, key)
	}
	ofProject, ofGroup := fmt.Sprintf("project = %q", lib.Path), fmt.Sprintf("group = %q", g.Root.Path)
	configuration := block("project_deploy_token", ofProject, "read_repository", "A") + block("group_deploy_token", ofGroup, "read_repository", "B") +
		block("project_access_token", ofProject, "read_api", "C") + block("group_access_token", ofGroup, "read_api", "D")
	cli := acctest.NewCLI(t, g, configuration)
	cli.Setenv("GITLAB_TOKEN=" + full)
	cli.Apply(t, 0)
	cli.Plan(t, acctest.NoChanges)
	delivered := map[string]string{}
	for _, key := range []string{"A", "B", "C", "D"} {
		if delivered[key] = g.Variable(t, "projects", app.ID, key).Value; delivered[key] == "" {
			t.Errorf("variable %s holds nothing", key)
		}
	}
	for _, c := range []struct{ lacks, label string }{
		{"read_deploy_token", "Deploy Token: Read"}, {"read_resource_access_token", "Resource Access Token: Read"},
	} {
		permissions := with("read create update rotate delete", "deploy_token", "resource_access_token", "variable")
		permissions = slices.DeleteFunc(permissions, func(name string) bool { return name == c.lacks })
		cli.Setenv("GITLAB_TOKEN=" + g.NewFineGrainedToken(t, g.User, permissions...))
		output := cli.Plan(t, acctest.Failed)
		if !acctest.Says(output, c.label) || !acctest.Says(output, "the permission that GitLab names") || acctest.Says(output, "role") {
			t.Errorf("without %s it says:\n%s", c.lacks, output)
		}
	}
	cli.Setenv("GITLAB_TOKEN=" + full)
	g.Advance(t, 32*24*time.Hour) // past every rotation
	cli.Apply(t, 0)
	cli.Plan(t, acctest.NoChanges)
	for key, before := range delivered {
		if g.Variable(t, "projects", app.ID, key).Value == before {
			t.Errorf("variable %s holds the old token", key)
		}
	}
	cli.Must(t, 0, "destroy", "-auto-approve")
}
