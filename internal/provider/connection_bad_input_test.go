package provider_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// readSettings reads the settings of a project through a provider block, and gives what is complained of.
func readSettings(t *testing.T, block map[string]any, project string) []*tfprotov6.Diagnostic {
	t.Helper()
	p := acctest.NewProtocol(t)
	for _, d := range p.Configure(t, block) {
		t.Fatalf("%s: %s", d.Summary, d.Detail)
	}
	const name = "jobtoken_settings"
	resp, err := p.ReadDataSource(t.Context(), &tfprotov6.ReadDataSourceRequest{
		TypeName: name, Config: acctest.Encode(t, p.Schemas.DataSourceSchemas[name].ValueType(), map[string]any{"project": project}),
	})
	if err != nil {
		t.Fatal(err)
	}
	return resp.Diagnostics
}

// answering answers everything with a status and a body.
func answering(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, body)
	}
}

// A connection that cannot work is never said of the project: the title says what is wrong, the text what to
// look at and where the setting comes from.
func TestConnectionMistakes(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	project := g.Project(t, "app")
	const (
		reach, signIn = "Unable to Reach GitLab", "Unable to Sign In to GitLab"
		fromBlock     = "he address comes from base_url of the provider block"
	)
	for name, c := range map[string]struct {
		baseURL, token string
		title          string
		says           []string
	}{
		"the address of a group":      {g.BaseURL + "/acme", g.Token, reach, []string{"No GitLab answers at " + g.BaseURL + "/acme/api/v4/metadata: is /acme part of its address? A project or a group is not", fromBlock}},
		"the address of a project":    {g.BaseURL + "/acme/app", g.Token, reach, []string{"is /acme/app part of its address?", fromBlock}},
		"an API that is not GitLab's": {serve(t, answering(200, `{"status":"ok"}`)), g.Token, reach, []string{"o GitLab answers at", fromBlock}},
		"an API that knows no route":  {serve(t, answering(404, `{"error":"404 Not Found"}`)), g.Token, reach, []string{"o GitLab answers at", fromBlock}},
		"an API that finds nothing":   {serve(t, answering(404, `{"message":"404 Not Found"}`)), g.Token, reach, []string{"o GitLab answers at"}},
		"a page that is not there":    {serve(t, http.NotFoundHandler()), g.Token, reach, []string{"o GitLab answers at"}},
		"null":                        {serve(t, answering(200, `null`)), g.Token, reach, []string{"o GitLab answers at"}},
		"a list":                      {serve(t, answering(200, `[]`)), g.Token, reach, []string{"o GitLab answers at"}},
		"a login page":                {serve(t, http.HandlerFunc(page)), g.Token, reach, []string{"no login page in between", fromBlock}},
		"a proxy that forbids":        {serve(t, answering(403, `{"message":"403 Forbidden - Your account has been blocked."}`)), g.Token, reach, []string{"Your account has been blocked", "whether the account is blocked"}},
		"an unknown token":            {g.BaseURL, "glpat-of-nobody-at-all", signIn, []string{"he token comes from token of the provider block"}},
		"a scope that reads nothing":  {serve(t, answering(403, `{"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token.","scope":"api read_api"}`)), g.Token, "Unable to Use This Kind of Token", []string{"needed scope: api read_api", "lacks the scope api"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diagnostics := readSettings(t, map[string]any{"base_url": c.baseURL, "token": c.token, "max_retries": 0}, project.Path)
			if len(diagnostics) != 1 || diagnostics[0].Summary != c.title || diagnostics[0].Attribute != nil {
				t.Fatalf("got %v", diagnostics)
			}
			for _, words := range c.says {
				if !strings.Contains(diagnostics[0].Detail, words) {
					t.Errorf("%q is not in:\n%s", words, diagnostics[0].Detail)
				}
			}
		})
	}
}

// A token of a kind that cannot work is named before anything is asked.
func TestTokensThatCannotWork(t *testing.T) {
	t.Parallel()
	for prefix, what := range map[string]string{
		"glcbt-": "a CI/CD job token", "gldt-": "a deploy token", "glrt-": "a runner's authentication token", "glrtr-": "a runner's registration token",
		"glptt-": "a pipeline trigger token", "glft-": "a feed token", "glimt-": "a token for incoming mail", "glagent-": "the token of a Kubernetes agent",
		"glsoat-": "a SCIM token", "glffct-": "the token of a client of feature flags", "gloas-": "the secret of an OAuth application", "glwt-": "the token of a workspace",
	} {
		diagnostics := acctest.NewProtocol(t).Configure(t, map[string]any{"base_url": "https://gitlab.invalid", "token": prefix + "second-half"})
		complains(t, diagnostics, "token", fmt.Sprintf("The token begins with %s, so it is %s, and cannot work", prefix, what))
		if strings.Contains(diagnostics[0].Detail, "second-half") {
			t.Errorf("the token is repeated: %s", diagnostics[0].Detail)
		}
	}
}

// A missing role names the user, the role they have and the one they need.
func TestMissingRole(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	project := g.Project(t, "app")
	user := g.NewUser(t)
	g.Member(t, "projects", project.ID, user, acctest.Developer)
	diagnostics := readSettings(t, map[string]any{"base_url": g.BaseURL, "token": g.NewToken(t, user, "api")}, project.Path)
	complains(t, diagnostics, "project", fmt.Sprintf("The token's user, %s, has the role developer there", user.Username))
	if !strings.Contains(diagnostics[0].Detail, "needs at least the Maintainer role") {
		t.Errorf("the role that is needed is not in: %s", diagnostics[0].Detail)
	}
}

// Without a token there is no error as long as there is nothing to do.
func TestAccConnection_noTokenAndNothingToDo(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	cli := acctest.NewCLI(t, g, "provider \"jobtoken\" {}\n\ndata \"jobtoken_settings\" \"this\" {\n  count   = 0\n  project = \"acme/app\"\n}\n")
	cli.Setenv("GITLAB_TOKEN=")
	cli.Plan(t, acctest.NoChanges)
}
