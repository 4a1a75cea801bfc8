package allowlist_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// renames is the variable by which a provisioner has this program rename a project, as another
// provider's resource would in the same apply: base URL, token, id and new path.
const renames = "JOBTOKEN_TEST_RENAME"

func TestMain(m *testing.M) {
	if order := strings.Fields(os.Getenv(renames)); len(order) == 4 {
		if err := rename(order[0], order[1], order[2], order[3]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	code := m.Run()
	acctest.RemoveBinary()
	os.Exit(code)
}

func rename(baseURL, token, id, path string) error {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPut, baseURL+"/api/v4/projects/"+id, strings.NewReader(`{"path":"`+path+`"}`))
	if err != nil {
		return err
	}
	req.Header.Set("PRIVATE-TOKEN", token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("rename project %s: %s", id, resp.Status)
	}
	return nil
}
