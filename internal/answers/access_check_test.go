package answers_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/access"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	acctest.RemoveBinary()
	os.Exit(code)
}

// configured is a provider in the test's own process that works with a token.
func configured(t *testing.T, g *acctest.GitLab, token string) *acctest.Protocol {
	t.Helper()
	p := acctest.NewProtocol(t)
	for _, d := range p.Configure(t, map[string]any{"base_url": g.BaseURL, "token": token}) {
		t.Fatalf("%s: %s", d.Summary, d.Detail)
	}
	return p
}

// ask reads a data source.
func ask(t *testing.T, p *acctest.Protocol, name string, config map[string]any) (map[string]any, []*tfprotov6.Diagnostic) {
	t.Helper()
	of := p.Schemas.DataSourceSchemas[name].ValueType()
	resp, err := p.ReadDataSource(t.Context(), &tfprotov6.ReadDataSourceRequest{TypeName: name, Config: acctest.Encode(t, of, config)})
	if err != nil {
		t.Fatal(err)
	}
	if len(resp.Diagnostics) > 0 {
		return nil, resp.Diagnostics
	}
	answer := map[string]any{}
	for key, value := range acctest.Decode(t, of, resp.State) {
		answer[key] = acctest.Plain(t, value)
	}
	return answer, nil
}

// request sends a job's token to the API.
func request(t *testing.T, g *acctest.GitLab, method, route, token, body string) (status int, words string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, g.BaseURL+"/api/v4"+route, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("JOB-TOKEN", token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// does has a job do an operation, and tells whether GitLab let it.
func does(t *testing.T, g *acctest.GitLab, operation string, target acctest.Project, token string) (allowed bool, words string) {
	t.Helper()
	file := fmt.Sprintf("/projects/%d/packages/generic/tool/1.0/", target.ID)
	var status int
	switch operation {
	case "clone":
		return g.CanClone(t, target, token)
	case "download_packages":
		status, words = request(t, g, http.MethodGet, file+"tool.tgz", token, "")
	case "publish_packages":
		status, words = request(t, g, http.MethodPut, file+"other.tgz", token, "content")
	case "read_releases":
		status, words = request(t, g, http.MethodGet, fmt.Sprintf("/projects/%d/releases", target.ID), token, "")
	}
	return status < http.StatusBadRequest, words
}

// What the data source says is what a job then meets: git, packages and the API.
func TestAccAccessCheck(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsEmbedded(t, g)
	consumers := g.Group(t, "consumers", &g.Root)
	app := g.ProjectIn(t, consumers, "app")
	p := configured(t, g, g.Token)
	dev, guest, stranger := g.NewUser(t), g.NewUser(t), g.NewUser(t)
	target := func(name string) acctest.Project {
		lib := g.Project(t, name)
		g.Member(t, "projects", lib.ID, dev, acctest.Developer)
		g.Member(t, "projects", lib.ID, guest, acctest.Guest)
		file := fmt.Sprintf("/projects/%d/packages/generic/tool/1.0/tool.tgz", lib.ID)
		if status, words := request(t, g, http.MethodPut, file, g.Job(t, lib, g.User), "content"); status != http.StatusCreated {
			t.Fatal(status, words)
		}
		return lib
	}
	unlisted, listed, narrow, grouped, public := target("unlisted"), target("listed"), target("narrow"), target("grouped"), target("public")
	g.Allow(t, listed, app.Path)
	g.Allow(t, narrow, app.Path, "read_releases")
	g.Allow(t, grouped, consumers.Path, "read_packages")
	g.Admin(t, http.MethodPut, fmt.Sprintf("/groups/%d", g.Root.ID), map[string]any{"visibility": "public"}, nil)
	g.Admin(t, http.MethodPut, fmt.Sprintf("/projects/%d", public.ID), map[string]any{"visibility": "public"}, nil)

	compared, undecided := 0, 0
	for _, lib := range []acctest.Project{unlisted, listed, narrow, grouped, public, app} {
		for _, user := range []acctest.User{dev, guest, stranger} {
			token := g.Job(t, app, user)
			for _, operation := range []string{"clone", "download_packages", "publish_packages", "read_releases"} {
				what := fmt.Sprintf("%s by %s of %s", operation, user.Username, lib.Path)
				answer, diags := ask(t, p, "jobtoken_access_check", map[string]any{
					"from_project": app.Path, "to_project": lib.Path, "operation": operation, "user": user.Username,
				})
				if diags != nil {
					t.Fatalf("%s: %s", what, diags[0].Detail)
				}
				missing, _ := answer["missing"].([]any)
				if answer["allowed"] == nil {
					undecided++
					if old := !g.Since(t, "18.3"); !old && (user != guest || operation != "download_packages") || len(missing) == 0 {
						t.Errorf("%s cannot be known: %v", what, missing)
					}
					continue
				}
				compared++
				allowed, words := does(t, g, operation, lib, token)
				if lib == app && operation == "download_packages" && strings.Contains(words, "Package Not Found") {
					allowed = true // nothing was published there
				}
				if answer["allowed"] != allowed || (answer["fix"] == nil) != allowed {
					t.Errorf("%s: %v, and a job gets %t %s\n%v\n%v", what, answer["allowed"], allowed, words, answer["reason"], answer["steps"])
				}
			}
		}
	}
	if compared < 50 || undecided == 0 {
		t.Errorf("%d compared, %d cannot be known", compared, undecided)
	}
}

// A token that sees less leaves open what it does not see, and names it.
func TestAccAccessCheck_sight(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	app, lib, secret := g.Project(t, "app"), g.Project(t, "lib"), g.Hidden(t, "secret")
	g.Allow(t, lib, app.Path)
	reporter := g.NewUser(t)
	g.Member(t, "projects", app.ID, reporter, acctest.Reporter)
	g.Member(t, "projects", lib.ID, reporter, acctest.Reporter)
	p := configured(t, g, g.NewToken(t, reporter, "read_api"))
	for name, c := range map[string]struct {
		to, user string
		missing  []string
	}{
		"the lists":         {lib.Path, reporter.Username, []string{"\"Limit access from this project\" of " + app.Path, "the entries of the allowlist of " + lib.Path}},
		"the project":       {secret.Path, reporter.Username, []string{"whether project " + secret.Path + " exists"}},
		"the user, unnamed": {lib.Path, "", []string{"the role of the job's user in " + lib.Path}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := map[string]any{"from_project": app.Path, "to_project": c.to, "operation": "clone"}
			if c.user != "" {
				config["user"] = c.user
			}
			answer, diags := ask(t, p, "jobtoken_access_check", config)
			if diags != nil {
				t.Fatal(diags[0].Summary, diags[0].Detail)
			}
			missing := fmt.Sprint(answer["missing"])
			for _, want := range c.missing {
				if !strings.Contains(missing, want) {
					t.Errorf("missing is %s, want %s", missing, want)
				}
			}
			if reason, _ := answer["reason"].(string); answer["allowed"] != nil || answer["fix"] != nil || !strings.HasPrefix(reason, "Whether a job of ") {
				t.Errorf("%v", answer)
			}
		})
	}
	for name, config := range map[string]map[string]any{
		"from_project": {"from_project": g.Root.Path + "/missing", "to_project": lib.Path, "operation": "clone"},
		"user":         {"from_project": app.Path, "to_project": lib.Path, "operation": "clone", "user": "nobody-of-this-name"},
	} {
		_, diags := ask(t, p, "jobtoken_access_check", config)
		if len(diags) != 1 || diags[0].Attribute == nil || diags[0].Attribute.String() != fmt.Sprintf("AttributeName(%q)", name) {
			t.Errorf("%s: %+v", name, diags)
		}
	}
}

// The HCL that mends a refusal is applied as it stands, and the job is let in.
func TestAccAccessCheck_fix(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsEmbedded(t, g)
	app, lib := g.Project(t, "app"), g.Project(t, "lib")
	dev := g.NewUser(t)
	g.Member(t, "projects", lib.ID, dev, acctest.Developer)
	answer, diags := ask(t, configured(t, g, g.Token), "jobtoken_access_check", map[string]any{
		"from_project": app.Path, "to_project": lib.Path, "operation": "clone", "user": dev.Username,
	})
	if diags != nil {
		t.Fatal(diags[0].Detail)
	}
	if reason, _ := answer["reason"].(string); !strings.Contains(reason, "may not clone the repository of "+lib.Path) || !strings.Contains(reason, "nor a group above it") {
		t.Error(reason)
	}
	fix, _ := answer["fix"].(string)
	acctest.NewCLI(t, g, fix).Apply(t, 0)
	if allowed, words := g.CanClone(t, lib, g.Job(t, app, dev)); !allowed {
		t.Errorf("with\n%s\nthe job gets %s", fix, words)
	}
}

func TestAccAuthenticationLog(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	acctest.NeedsEmbedded(t, g)
	lib := g.Project(t, "lib")
	uses := []acctest.PlantedUse{}
	at := time.Date(2026, time.January, 31, 12, 0, 0, 0, time.UTC)
	apps := g.Projects(t, "app", 120)
	for i, app := range apps {
		uses = append(uses, acctest.PlantedUse{Origin: app.Path, LastAuthorizedAt: at.AddDate(0, 0, -i)})
	}
	g.Plant(t, lib, acctest.Planting{AuthLog: uses})
	p := configured(t, g, g.Token)
	for name, c := range map[string]struct {
		since any
		count int
	}{
		"all pages":  {nil, len(apps)},
		"since then": {"2026-01-30T12:00:00Z", 2},
		"since day":  {"2026-01-29", 3},
	} {
		answer, diags := ask(t, p, "jobtoken_authentication_log", map[string]any{"project": lib.Path, "since": c.since})
		if diags != nil {
			t.Fatalf("%s: %s", name, diags[0].Detail)
		}
		projects, _ := answer["projects"].(map[string]any)
		if len(projects) != c.count || answer["project_id"] != lib.ID {
			t.Errorf("%s: %d projects of %v", name, len(projects), answer["project_id"])
		}
		if used, _ := projects[apps[0].Path].(map[string]any); used["id"] != apps[0].ID || used["last_used_at"] != "2026-01-31T12:00:00Z" {
			t.Errorf("%s: %v", name, used)
		}
	}

	reporter := g.NewUser(t)
	g.Member(t, "projects", lib.ID, reporter, acctest.Reporter)
	_, diags := ask(t, configured(t, g, g.NewToken(t, reporter, "read_api")), "jobtoken_authentication_log", map[string]any{"project": lib.Path})
	if !slices.ContainsFunc(diags, func(d *tfprotov6.Diagnostic) bool {
		return d.Summary == "Unable to Read Job Token Authentication Log"
	}) {
		t.Errorf("a Reporter gets %+v", diags)
	}
}

// The page names every operation that the data source takes.
func TestOperationsAreDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/data-sources/access_check.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range access.Names() {
		if !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("%s is not in it", name)
		}
	}
}
