package credential_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// What a pipeline does with a deploy token: it signs in with two variables and clones, in a project and
// below a group; it may not push, and after the destroy it may not even clone.
func TestAccGit_clone(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	lib, app, elsewhere := g.Project(t, "lib"), g.Project(t, "app"), g.Project(t, "elsewhere")
	below := g.Group(t, "below", &g.Root)
	inGroup := g.ProjectIn(t, below, "inner")
	lines := func(prefix string) string {
		return deliver(app, map[string]string{
			"secret": fmt.Sprintf("key = %q", prefix+"_TOKEN"), "user": fmt.Sprintf("key = %q\n store = \"username\"", prefix+"_USER"),
		})
	}
	ofLib, ofBelow := ofProject(lib, "deploy"), ofGroup(below, "deploy")
	cli := acctest.NewCLI(t, g, ofLib.block("lib", lines("LIB"))+ofBelow.block("below", "  username = \"pipeline\"\n"+lines("BELOW")))
	cli.Apply(t, 0)
	commit(t, g, lib)
	commit(t, g, inGroup)

	value := func(key string) string { return g.Variable(t, "projects", app.ID, key).Value }
	if name := value("LIB_USER"); name != mustState(t, cli, "lib").Username || !strings.HasPrefix(name, "gitlab+deploy-token-") {
		t.Errorf("the user name in the variable is %q", name)
	}
	clone := []string{"fetch", "origin", "main"}
	push := []string{"push", "origin", "HEAD:refs/heads/topic"}
	for _, c := range []struct {
		name    string
		project acctest.Project
		prefix  string
		args    []string
		ok      bool
	}{
		{"clone", lib, "LIB", clone, true},
		{"clone below the group", inGroup, "BELOW", clone, true},
		{"push", lib, "LIB", push, false},
		{"push below the group", inGroup, "BELOW", push, false},
		{"clone of another project", elsewhere, "LIB", clone, false},
		{"clone beside the group", lib, "BELOW", clone, false},
	} {
		if output, ok := g.Git(t, c.project, value(c.prefix+"_USER"), value(c.prefix+"_TOKEN"), c.args...); ok != c.ok {
			t.Errorf("%s succeeds: %t, want %t:\n%s", c.name, ok, c.ok, output)
		}
	}

	libUser, libSecret := value("LIB_USER"), value("LIB_TOKEN")
	cli.Configure(t, "")
	cli.Apply(t, 0)
	if output, ok := g.Git(t, lib, libUser, libSecret, clone...); ok {
		t.Errorf("the clone still succeeds after the destroy:\n%s", output)
	}
	checkKeys(t, g, "projects", app.ID)
}

// A delivered access token of a Developer pushes with write_repository, and neither with
// read_repository, nor as a Reporter, nor after it was destroyed.
func TestAccGit_push(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	lib, app := g.Project(t, "lib"), g.Project(t, "app")
	inRoot := g.Project(t, "in-root")
	token := func(parent parentage, label, level, scope string) string {
		return strings.Replace(parent.block(label, fmt.Sprintf("  access_level = %q\n", level)+deliver(app, map[string]string{
			"push": fmt.Sprintf("key = %q", strings.ToUpper(label)),
		})), "read_repository", scope, 1)
	}
	cli := acctest.NewCLI(t, g, token(ofProject(lib, "access"), "writes", "developer", "write_repository")+
		token(ofProject(lib, "access"), "reads", "developer", "read_repository")+
		token(ofProject(lib, "access"), "reports", "reporter", "write_repository")+
		token(ofGroup(g.Root, "access"), "everywhere", "developer", "write_repository"))
	cli.Apply(t, 0)
	commit(t, g, lib)
	commit(t, g, inRoot)
	secrets := map[string]string{}
	for _, c := range []struct {
		label   string
		project acctest.Project
		ok      bool
	}{
		{"writes", lib, true},
		{"reads", lib, false},
		{"reports", lib, false},
		{"everywhere", inRoot, true},
		{"writes", inRoot, false},
	} {
		secrets[c.label] = g.Variable(t, "projects", app.ID, strings.ToUpper(c.label)).Value
		branch := "HEAD:refs/heads/" + c.label
		if output, ok := g.Git(t, c.project, "ci", secrets[c.label], "push", "origin", branch); ok != c.ok {
			t.Errorf("%s pushes to %s: %t, want %t:\n%s", c.label, c.project.Path, ok, c.ok, output)
		}
	}
	cli.Configure(t, "")
	cli.Apply(t, 0)
	for label, secret := range secrets {
		if output, ok := g.Git(t, lib, "ci", secret, "ls-remote", "origin"); ok {
			t.Errorf("%s still opens the project after the destroy:\n%s", label, output)
		}
	}
}

// commit gives a project a first commit on main, which the embedded GitLab's have from the start.
func commit(t *testing.T, g *acctest.GitLab, project acctest.Project) {
	t.Helper()
	if _, there := g.Git(t, project, "owner", g.Token, "fetch", "origin", "main"); there {
		return
	}
	if output, ok := g.Git(t, project, "owner", g.Token, "push", "origin", "HEAD:main"); !ok {
		t.Fatalf("push the first commit: %s", output)
	}
}
