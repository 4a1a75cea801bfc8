package provider_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// The provider's token appears in no log at any level, no plan, no state and no error.
func TestAccSecrets_tokenAppearsNowhere(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	source, app := g.Project(t, "source"), g.Project(t, "app")
	cli := acctest.NewCLI(t, g, lists([]acctest.Project{source}, []acctest.Project{app}))
	logFile := filepath.Join(cli.Dir, "trace.log")
	cli.Setenv("TF_LOG=TRACE", "TF_LOG_PATH="+logFile)

	cli.Plan(t, acctest.Changes, "-out=saved.tfplan")
	cli.Must(t, 0, "apply", "saved.tfplan")
	cli.Run(t, "show", "-json", "saved.tfplan")
	// An error of GitLab's and one of the provider's own are logged too.
	if g.Embedded() {
		g.Disturb(t, acctest.Fault{
			"match": map[string]any{"operation": "ProjectSnapshots"}, "times": 1, "kind": "status", "status": 403,
			"content_type": "application/json", "body": `{"message":"403 Forbidden - ` + g.Token + `"}`,
		})
		output := cli.Plan(t, acctest.Failed)
		if bytes.Contains([]byte(output), []byte(g.Token)) {
			t.Errorf("an error that echoes the token shows it:\n%s", output)
		}
	}
	log, err := os.ReadFile(logFile) //nolint:gosec // the test's own folder
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(log, []byte("GitLab request")) || !bytes.Contains(log, []byte("GitLab host chosen")) {
		t.Error("the log holds no request, so it proves nothing")
	}
	err = filepath.WalkDir(cli.Dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path) //nolint:gosec // the test's own folder
		if bytes.Contains(content, []byte(g.Token)) {
			t.Errorf("%s holds the token", entry.Name())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
